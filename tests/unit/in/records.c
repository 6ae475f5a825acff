#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "in_util.h"
#include "unit.h"

static void expect(const char *pointer, const char *text, const char *want)
{
    struct kc_in_opts o = input_defaults;
    o.records = pointer;
    char *got = input_text(text, strlen(text), &o, 0, 1);
    CHECK_MSG(strcmp(got, want) == 0, "%s of %.300s\n  gives    %s  expected %s", pointer ? pointer : "(auto)", text,
              got, want);
    for (size_t block = 1; block <= strlen(text) + 1; block++) {
        char *again = input_text(text, strlen(text), &o, block, block % 7 == 0 ? 2 : 1);
        CHECK_MSG(strcmp(got, again) == 0, "%.300s\nin blocks of %zu: %s  whole: %s", text, block, again, got);
        free(again);
    }
    free(got);
}

TEST(in_records_array)
{
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1,2]},{\"term\":\"b\",\"vec\":[3,4]}]", "a|1.0,2.0\nb|3.0,4.0\n");
    expect(NULL, "\n [\n  {\n    \"term\": \"a]}\\\"\",\n    \"vec\": [\n      1,\n      2\n    ]\n  }\n]\n",
           "a]}\"|1.0,2.0\n");
    expect(NULL, "[]", "error 1 FILE0:0: no records\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]}][{\"term\":\"b\",\"vec\":[2]}]\n[]", "a|1.0\nb|2.0\n");
    expect(NULL, "[[1,2],[3,4]]", "0|1.0,2.0\n1|3.0,4.0\n");
    expect(NULL, "[[1,2],{\"term\":\"a\",\"vec\":[1,2]}]",
           "error 1 FILE0:1: the record is an object, expected an array of numbers\n");
    expect(NULL, "[[1,2],[3]]", "error 1 FILE0:1: the record has 1 number, expected 2\n");
    expect(NULL, "[1,2]", "0|1.0,2.0\n");
    expect(NULL, "[1,2]\n\n[3,4]", "0|1.0,2.0\n1|3.0,4.0\n");
    expect(NULL, "[1,\n2]\n[3,\n4]", "0|1.0,2.0\n1|3.0,4.0\n");
    expect(NULL, "[1,\n2]\n\x01", "error 1 FILE0:3: unexpected byte 0x01 at column 1, expected a record\n");
    expect(NULL, "[\"[\",2]", "error 1 FILE0:1: the record: its vector has no closing bracket\n");
    expect(NULL, "[\n{\"term\":\"a\",\"vec\":[1]},\n{\"term\":\"b\",\n \"vec\":[1,\nx]}\n]",
           "error 1 FILE0:5: unexpected 'x' at column 1, expected a value\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]}, {\"term\":\n  x}]",
           "error 1 FILE0:2: unexpected 'x' at column 3, expected a value\n");
    expect(NULL, "[ {\"term\":\"a\",\"vec\":[01]}]", "error 1 FILE0:1: a number has a leading zero, at column 23\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]}", "error 1 FILE0:1: unexpected end of input in the array of records\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]},",
           "error 1 FILE0:1: unexpected end of input in the array of records\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]},{\"te", "error 1 FILE0:1: unexpected end of input in a record\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]},]",
           "error 1 FILE0:1: unexpected ']' at column 25, expected a record\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]} {}]",
           "error 1 FILE0:1: unexpected '{' at column 25, expected ',' or ']' after a record\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]}]{}",
           "error 1 FILE0:1: the JSON text is an object, expected an array of records\n");
    expect(NULL, "[{\"term\":\"a\",\"vec\":[1]}]x", "error 1 FILE0:1: unexpected 'x' at column 25, expected a value\n");
    /* the first error in the order of the input, also when it is in front of a structural one */
    expect(NULL, "[{\"term\":\"a\"},{\"term\":\"a\",\"vec\":[1]}",
           "error 1 FILE0:1: no vector under a usual name: the record has term\n");
}

TEST(in_records_pointer)
{
    expect("/data",
           "{\"object\":\"list\",\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[2]}],"
           "\"model\":\"m\\u0041\xd0\x96\",\"usage\":{\"n\":-1.5e+3,\"x\":[true,false,null,[],{},\"\"]}}",
           "0|1.0\n1|2.0\n");
    expect("/data", "{\"data\":[]}{\"data\":[{\"term\":1,\"vec\":[1]}]}\n\n{\"data\":[{\"term\":2,\"vec\":[2]}]}",
           "1|1.0\n2|2.0\n");
    expect("/a/1/b~1c/",
           "{\"a\":[[0,{\"b/c\":{}}],{\"x\":1,\"b\\/c\":{\"\":[{\"term\":\"t\",\"vec\":[1]}]}},[]],\"z\":0}",
           "t|1.0\n");
    expect("/d\xc3\xa9", "{\"d\\u00e9\":[{\"term\":\"t\",\"vec\":[1]}]}", "t|1.0\n");
    expect("/data", "{\"x\":{\"data\":[1]},\"error\":{\"message\":\"no\"}}",
           "error 1 FILE0:1: no array of records at '/data' in this JSON text, which has the keys x, error\n");
    expect("/data", "{}", "error 1 FILE0:1: no array of records at '/data' in this JSON text, which has no keys\n");
    expect("/data",
           "{\"data\":[],\"x\":1} {\"\\u00e9\":1,\"\":{},\"c\":{},\"d\":{},\"e\":{},\"f\":{\"data\":[]}}",
           "error 1 FILE0:1: no array of records at '/data' in this JSON text, "
           "which has the keys \\u00e9, '', c, d, e, ...\n");
    expect("/data", "{\"data\":\n{}}", "error 1 FILE0:2: '/data' is an object, expected an array of records\n");
    expect("/data", "{\"data\":[],\"data\":[]}", "error 1 FILE0:1: '/data' comes twice in one JSON text\n");
    expect("/data", "[1]", "error 1 FILE0:1: no array of records at '/data' in this JSON text\n");
    expect("/a/b", "{\"a\":{\"q\":1},\"x\":{\"b\":[{\"term\":1,\"vec\":[1]}]}}",
           "error 1 FILE0:1: no array of records at '/a/b' in this JSON text, which has the keys a, x\n");
    expect("/data/x", "{\"data\":[]}",
           "error 1 FILE0:1: no array of records at '/data/x' in this JSON text, which has the key data\n");
    expect("data", "{}", "error 2 :0: --records: 'data' is not a JSON Pointer: it must be empty or start with '/'\n");
}

TEST(in_records_outside)
{
    static const struct { const char *text, *msg; } t[] = {
        {"{\"a\":01,\"d\":[]}", "'01' is not JSON, at column 6"},
        {"{\"a\":1.,\"d\":[]}", "'1.' is not JSON, at column 6"},
        {"{\"a\":tru,\"d\":[]}", "'tru' is not JSON, at column 6"},
        {"{\"a\":NaN,\"d\":[]}", "'NaN' is not JSON, at column 6"},
        {"{\"a\": None,\"d\":[]}", "'None' is not JSON, at column 7"},
        {"{\"a\":1\xEF\xBB\xBF}", "a byte order mark inside the file, at column 7"},
        {"{\"a\":1\xEF\xBC\x8C}", "unexpected byte 0xef at column 7, expected ',' or '}'"},
        {"{\"a\":1\xEF", "unexpected byte 0xef at column 7, expected ',' or '}'"},
        {"{\"a\":-Infinity,\"d\":[]}", "'-Infinity' is not JSON, at column 6"},
        {"{\"a\" 1}", "unexpected '1' at column 6, expected ':'"},
        {"{a:1}", "unexpected 'a' at column 2, expected a key or '}'"},
        {"{\"a\":1,}", "unexpected '}' at column 8, expected a key"},
        {"{\"a\":[1,]}", "unexpected ']' at column 9, expected a value"},
        {"{\"a\":[1}", "unexpected '}' at column 8, expected ',' or ']'"},
        {"{\"a\":{]", "unexpected ']' at column 7, expected a key or '}'"},
        {"{\"a\":\"\\x\"}", "unexpected 'x' at column 8, expected an escape's letter"},
        {"{\"a\":\"\\u00g0\"}", "unexpected 'g' at column 11, expected a hexadecimal digit"},
        {"{\"a\":\"\t\"}", "a string has an unescaped control byte, at column 7"},
        {"{\"a\":\"\xff\"}", "not UTF-8, at column 7"},
        {"{\"a\":\"\xc3(\"}", "unexpected '(' at column 8, expected the rest of a UTF-8 sequence"},
        {"{\"a\":\"\xed\xa0\x80\"}", "unexpected byte 0xa0 at column 8, expected the rest of a UTF-8 sequence"},
        {"{\"a\":\"", "unexpected end of input in a JSON text"}, {"{", "unexpected end of input in a JSON text"}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char want[200], text[200];
        snprintf(want, sizeof want, "error 1 FILE0:1: %s\n", t[i].msg);
        expect("/d", t[i].text, want);
        snprintf(text, sizeof text, "{\"d\":[]}\n%s", t[i].text); /* and in a later text, on another line */
        snprintf(want, sizeof want, "error 1 FILE0:2: %s\n", t[i].msg);
        expect("/d", text, want);
    }
    char deep[1400];
    char *o = deep + sprintf(deep, "{\"a\":");
    memset(o, '[', 512);
    o[512] = '\0';
    struct kc_in_opts opts = input_defaults;
    opts.records = "/d";
    char *got = input_text(deep, strlen(deep), &opts, 0, 1);
    CHECK_MSG(strcmp(got, "error 1 FILE0:1: nested deeper than 512 levels, at column 517\n") == 0, "%s", got);
    free(got);
}

TEST(in_records_too_long)
{
    const char *t = "{\"d\":[\n{\"term\":\"a\",\"vec\":[1]},\n{\"term\":\"b\",\n\"vec\":[1       "
                    "]},\n{\"term\":\"c\",\"vec\":[2]}]}";
    struct kc_in_opts o = input_defaults;
    o.records = "/d";
    o.max_line = 24;
    for (size_t block = 1; block < 120; block++) {
        o.skip_bad = 0;
        char *got = input_text(t, strlen(t), &o, block, 1);
        CHECK_MSG(strcmp(got, "error 1 FILE0:3: longer than 24 bytes; --max-line raises the limit\n") == 0,
                  "block %zu: %s", block, got);
        free(got);
        o.skip_bad = 1;
        got = input_text(t, strlen(t), &o, block, 2);
        CHECK_MSG(strcmp(got,
                         "a|1.0\nc|2.0\nskipped 1\nwarning FILE0:3: longer than 24 bytes; --max-line raises the "
                         "limit; skipped\n") == 0,
                  "block %zu: %s", block, got);
        free(got);
    }
}

TEST(in_records_skip)
{
    struct kc_in_opts o = input_defaults;
    o.records = "/d";
    o.skip_bad = 1;
    const char *t = "{\"d\":[5,{\"term\":\"a\",\"vec\":[1]},\"x\",{\"term\":\"b\"},\n{\"term\":\"c\",\"vec\":[2]}]}";
    for (size_t block = 1; block < 80; block += 3) {
        char *got = input_text(t, strlen(t), &o, block, 1);
        CHECK_MSG(strcmp(got,
                         "a|1.0\nc|2.0\nskipped 0 2 3\nwarning FILE0:1: the record is a number, expected an object; "
                         "skipped\n"
                         "warning FILE0:1: the record is a string, expected an object; skipped\nwarning FILE0:1: no "
                         "field 'vec'; the record has term; skipped\n") == 0,
                  "block %zu: %s", block, got);
        free(got);
    }
    /* broken outside the records: fatal all the same */
    t = "{\"d\":[{\"term\":\"a\",\"vec\":[1]},},{\"term\":\"c\",\"vec\":[2]}]}";
    char *got = input_text(t, strlen(t), &o, 0, 1);
    CHECK_MSG(strcmp(got, "error 1 FILE0:1: unexpected '}' at column 30, expected a record\n") == 0, "%s", got);
    free(got);
}

/* Damaged texts of any kind give the same verdict for every cut; the sanitizers watch what is read. */
TEST(in_records_mutations)
{
    static const char whole[] = "{\"m\":[1,{\"k\\u0041\":\"\xd0\x96\"}],"
                                "\"d\":[{\"term\":\"a\\\"]\",\"vec\":[1,2]},{\"term\":2,\"vec\":[3.5,4]}],\"z\":null}";
    static const char some[] = "\"\\[]{}:,0-.eE+tfnu \n\x01\xff";
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 21, 0);
    struct kc_in_opts o = input_defaults;
    o.records = "/d";
    for (int i = 0; i < 600; i++) {
        char s[sizeof whole];
        memcpy(s, whole, sizeof whole);
        for (uint64_t k = kc_rng_below(&r, 3) + 1; k > 0; k--)
            s[kc_rng_below(&r, sizeof whole - 1)] = some[kc_rng_below(&r, sizeof some - 1)];
        size_t n = kc_rng_below(&r, 4) == 0 ? (size_t)kc_rng_below(&r, sizeof whole) : sizeof whole - 1;
        o.skip_bad = i % 2;
        char *a = input_text(s, n, &o, 0, 1);
        char *b = input_text(s, n, &o, 1 + (size_t)kc_rng_below(&r, 40), 1);
        CHECK_MSG(strcmp(a, b) == 0, "%.*s\nwhole: %s  cut: %s", (int)n, s, a, b);
        free(a);
        free(b);
    }
}
