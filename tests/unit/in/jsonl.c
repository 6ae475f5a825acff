#include <stdlib.h>
#include <string.h>
#include "in_util.h"
#include "unit.h"

static void expect(const char *text, size_t n, const struct kc_in_opts *o, const char *want)
{
    char *got = input_text(text, n, o, 0, 1);
    CHECK_MSG(strcmp(got, want) == 0, "%.200s\n  gives    %s  expected %s", text, got, want);
    free(got);
}

static void reads(const char *text, const char *want)
{
    expect(text, strlen(text), NULL, want);
}

/* The same whatever the block size and the number of threads. */
static void same_in_pieces(const char *text, size_t n, const struct kc_in_opts *o)
{
    char *whole = input_text(text, n, o, 0, 1);
    for (size_t block = 1; block <= n + 1; block++) {
        char *got = input_text(text, n, o, block, block % 5 == 0 ? 3 : 1);
        CHECK_MSG(strcmp(got, whole) == 0, "in blocks of %zu:\n%s  whole:\n%s", block, got, whole);
        free(got);
    }
    free(whole);
}

TEST(in_jsonl_plain)
{
    reads("{\"term\":\"a\",\"vec\":[1,2]}\n{\"term\":\"b\",\"vec\":[3,-4.5]}\n", "a|1.0,2.0\nb|3.0,-4.5\n");
    reads("{\"term\":\"a\",\"vec\":[1,2]}\r\n\r\n \t\n{\"vec\" : [ 3 , 4 ] , \"term\" : \"b\"}",
          "a|1.0,2.0\nb|3.0,4.0\n");
    reads("\xef\xbb\xbf\n\n{\"term\":\"a\",\"vec\":[1]}", "a|1.0\n");
    reads("{\"term\":7,\"vec\":[1]}\n{\"term\":-8.50e1,\"vec\":[1]}", "7|1.0\n-8.50e1|1.0\n");
    reads("{\"term\":\"\\u0416\\n\\\"\",\"vec\":[1]}", "\xd0\x96\n\"|1.0\n");
    reads("{\"term\":\"x\",\"vec\":[9],\"term\":\"a\",\"vec\":null,\"vec\":[1]}", "a|1.0\n");
    reads("{\"x\":{\"vec\":[1,[{}]],\"term\":0},\"t\\u0065rm\":\"a\",\"v\\u0065c\":[1]}", "a|1.0\n");
    reads("{\"term\":\"a\",\"vec\":[0]}", "a|0.0\n");
}

TEST(in_jsonl_fields)
{
    struct kc_in_opts o = input_defaults;
    reads("{\"id\":\"i\",\"text\":\"t\",\"embedding\":[1]}", "i|1.0\n");
    reads("{\"id\":null,\"text\":\"t\",\"vector\":\"\",\"embedding\":[1]}", "t|1.0\n");
    reads("{\"object\":\"embedding\",\"index\":0,\"embedding\":[1]}\n{\"index\":1,\"embedding\":[2]}",
          "0|1.0\n1|2.0\n");
    reads("{\"id\":\"i\",\"values\":[1]}\n{\"term\":\"x\",\"vec\":[1]}", "error 1 FILE0:2: no field 'values'; numbers are in vec; --vec-field takes it\n");
    reads("{\"id\":\"i\",\"values\":[1]}\n{\"term\":\"x\",\"values\":[1]}", "error 1 FILE0:2: no field 'id'; the record has term, values\n");
    reads("{\"x\":[1]}",
          "error 1 FILE0:1: no vector under a usual name: numbers are in x; --vec-field takes it\n");
    reads("{\"vec\":[1]}", "0|1.0\n");
    reads("{\"vec\":[1],\"x\":2}",
          "error 1 FILE0:1: no term under a usual name: name its field with --term-field, or give terms with --terms; "
          "the record has vec, x\n");
    reads("{\"id\":1,\"embedding\":\"AAAA\"}",
          "error 1 FILE0:1: embedding is a string, expected an array of numbers, or a text that is one: [1, 2], or "
          "base64 or hexadecimal of float32\n");
    const char *deep = "{\"a\":{\"v\":[0,[1,2]],\"t\":9},\"b/~\":[{\"x\":1},{\"\":\"y\"}],\"a\":{\"v\":[0,[3,4]]}}";
    o.term_field = "/b~1~0/1/";
    o.vec_field = "/a/v/1";
    expect(deep, strlen(deep), &o, "y|3.0,4.0\n");
    o.vec_field = "/a/v/2";
    expect(deep, strlen(deep), &o, "error 1 FILE0:1: no field '/a/v/2'; the record has a, b/~, a\n");
    o.term_field = "/a/t"; /* the last a has none */
    o.vec_field = "/a/v/1";
    expect(deep, strlen(deep), &o, "error 1 FILE0:1: no field '/a/t'; the record has a, b/~, a\n");
    const char *gone = "{\"t\":1,\"a\":{\"v\":[1]},\"a\":{\"w\":[1]}}";
    o.term_field = "t";
    o.vec_field = "/a/v";
    expect(gone, strlen(gone), &o, "error 1 FILE0:1: no field '/a/v'; numbers are in /a/v and /a/w; --vec-field takes one of them\n");
    o.term_field = "a";
    o.vec_field = "/a/v/1";
    expect(deep, strlen(deep), &o, "error 1 FILE0:1: a is an object, expected a string or a number\n");
    o.term_field = "/a~2";
    expect(deep, strlen(deep), &o, "error 2 :0: --term-field: in a JSON Pointer '~' is written '~0' and '/' '~1'\n");
}

TEST(in_jsonl_bad)
{
    static const struct { const char *line, *msg; } t[] = {
        {"{\"term\":\"b\",\"vec\":[1,2]", "unexpected end of line, expected ',' or '}'"},
        {"{\"term\":\"b\",\"vec\":[1,", "unexpected end of line, expected a value"},
        {"{\"term\":\"b\",\"vec\":[1", "unexpected end of line, expected ',' or ']'"},
        {"{\"term\":\"b", "unexpected end of line, expected the string's closing quote"},
        {"{", "unexpected end of line, expected a key or '}'"},
        {"{\"term\":\"b\",\"vec\":[1]}", "vec has 1 number, expected 2"},
        {"{\"term\":\"b\",\"vec\":[1,2,3]}", "vec has 3 numbers, expected 2"},
        {"{\"term\":\"b\",\"vec\":[]}", "vec is empty, expected 2 numbers"},
        {"{\"term\":\"b\",\"vec\":[[1,2]]}", "vec[0] is an array, expected a number"},
        {"{\"term\":\"b\",\"vec\":[1,\"2\"]}", "vec[1] is a string, expected a number"},
        {"{\"term\":\"b\",\"vec\":[1,null]}", "vec[1] is null, expected a number"},
        {"{\"term\":\"b\",\"vec\":[true,2]}", "vec[0] is true, expected a number"},
        {"{\"term\":\"b\",\"vec\":[1,2,3,{}]}", "vec[3] is an object, expected a number"},
        {"{\"term\":\"b\",\"vec\":[NaN,2]}", "vec[0] is NaN, expected a number"},
        {"{\"term\":\"b\",\"vec\":[1,Infinity]}", "vec[1] is Infinity, expected a number"},
        {"{\"term\":\"b\",\"vec\":[1,-Infinity]}", "vec[1] is -Infinity, expected a number"},
        {"{\"term\":\"b\",\"vec\":[1,1e39]}", "vec[1] is 1e39, beyond the range of float32"},
        {"{\"term\":\"b\",\"vec\":[-1e999,1]}", "vec[0] is -1e999, beyond the range of float32"},
        {"{\"term\":\"b\",\"vec\":[1,01]}", "a number has a leading zero, at column 23"},
        {"{\"term\":\"b\",\"vec\":[1,.5]}", "unexpected '.' at column 22, expected a value"},
        {"{\"term\":\"b\",\"vec\":[1,5.]}", "unexpected ']' at column 24, expected a digit"},
        {"{\"term\":\"b\",\"vec\":[1,2,]}", "unexpected ']' at column 24, expected a value"},
        {"{\"term\":\"b\",\"vec\":[1 2]}", "unexpected '2' at column 22, expected ',' or ']'"},
        {"{\"term\":\"b\",\"vec\":{}}", "vec is an object, expected an array of numbers"},
        {"{\"term\":\"b\",\"vec\":null}", "vec is null, expected an array of numbers"},
        {"{\"term\":\"b\"}", "no field 'vec'; the record has term"},
        {"{\"vec\":[1,2]}", "no field 'term'; the record has vec"},
        {"{}", "no field 'vec'; the record has no fields"},
        {"{\"term\":null,\"vec\":[1,2]}", "term is null, expected a string or a number"},
        {"{\"term\":[],\"vec\":[1,2]}", "term is an array, expected a string or a number"},
        {"{\"term\":\"\\udc00\",\"vec\":[1,2]}", "term has a lone surrogate, which UTF-8 cannot write"},
        {"{\"term\":\"b\",\"vec\":[1,2]}{\"term\":\"c\",\"vec\":[1,2]}",
         "unexpected '{' at column 25, expected the end of the line: one record per line"},
        {"[1,2]", "the record is an array, expected an object"},
        {"17", "the record is a number, expected an object"},
        {"hello", "'hello' is not JSON, at column 1"},
        {"{\"term\":\"b\",\"vec\":[1,nan]}", "'nan' is not JSON, at column 22"},
        {"{\"term\":\"b\",\"x\":tru", "'tru' is not JSON, at column 17"},
        {"\xEF\xBB\xBF{}", "a byte order mark inside the file, at column 1"},
        {"{\"term\":\"b\"\xEF\xBB\xBF}", "a byte order mark inside the file, at column 12"},
        {"{\"term\":\"b\"\xEF\xBC\x8C}", "unexpected byte 0xef at column 12, expected ',' or '}'"},
        {"{\"term\":\"b\",\"vec\":[1,2],}", "unexpected '}' at column 25, expected a key"},
        {"{\"term\":\"b\",\"x\":NaN,\"vec\":[1,2]}", "NaN is not JSON, at column 17"},
        {"{\"term\":\"b\xff\",\"vec\":[1,2]}", "not UTF-8: byte 0xff at column 11"},
        {"{\"term\":\"b\",\"x\":\"\xed\xa0\x80\",\"vec\":[1,2]}", "not UTF-8: byte 0xed at column 18"},
        {"{\"term\":\"b\x01\",\"vec\":[1,2]}", "a string has an unescaped control byte, at column 11"},
        {"\x80", "not UTF-8: byte 0x80 at column 1"}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char text[512], want[512];
        for (int last = 0; last < 2; last++) { /* the last line, or not */
            snprintf(text, sizeof text, "{\"term\":\"a\",\"vec\":[1,2]}\n\n%s%s", t[i].line,
                     last ? "" : "\n{\"term\":\"c\",\"vec\":[1,2]}\n");
            snprintf(want, sizeof want, "error 1 FILE0:3: %s\n", t[i].msg);
            reads(text, want);
        }
        struct kc_in_opts o = input_defaults;
        o.skip_bad = 1;
        char *got;
        snprintf(want, sizeof want, "c|1.0,2.0\nskipped 1\nwarning FILE0:3: %s; skipped\n", t[i].msg);
        got = input_text(text, strlen(text), &o, 0, 1);
        free(got);
        snprintf(text, sizeof text, "{\"term\":\"a\",\"vec\":[1,2]}\n\n%s\n{\"term\":\"c\",\"vec\":[1,2]}\n",
                 t[i].line);
        got = input_text(text, strlen(text), &o, 0, 2);
        CHECK_MSG(strncmp(got, "a|1.0,2.0\nc|1.0,2.0\nskipped 1\nwarning FILE0:3: ", 46) == 0, "%s gives %s", t[i].line,
                  got);
        free(got);
    }
    expect("{\"term\":\"a\",\"vec\":[1]}\n{\"term\":\"\0\",\"vec\":[1]}\n", 45, NULL,
           "error 1 FILE0:2: NUL byte at column 10\n");
    expect("{\"term\":\"a\",\"vec\":[1]}\0\n", 24, NULL, "error 1 FILE0:1: NUL byte at column 23\n");
    reads("", "error 1 FILE0:0: no records\n");
    reads(" \n\r\n\t", "error 1 FILE0:0: no records\n");
    reads("hello",
          "error 1 FILE0:0: not a format that kclust knows: starts with 'hello', expected one of kclust-formats(5)\n");
    reads("\x7f""ELF",
          "error 1 FILE0:0: not a format that kclust knows: starts with 0x7f 0x45 0x4c 0x46, expected one of "
          "kclust-formats(5); rows of float32 without a header need -i raw --dim N\n");
}

TEST(in_jsonl_depth)
{
    char text[3000], want[200];
    for (int n = 510; n <= 513; n++) { /* the record itself is one level */
        char *o = text + sprintf(text, "{\"term\":\"a\",\"vec\":[1],\"x\":");
        memset(o, '[', (size_t)n);
        memset(o + n, ']', (size_t)n);
        strcpy(o + 2 * n, "}");
        snprintf(want, sizeof want, "%s",
                 n <= 511 ? "a|1.0\n" : "error 1 FILE0:1: nested deeper than 512 levels, at column 538\n");
        reads(text, want);
    }
    size_t deep = 100000;
    char *s = malloc(deep + 8);
    if (!s)
        abort();
    strcpy(s, "{\"a\":");
    memset(s + 5, '[', deep);
    expect(s, 5 + deep, NULL, "error 1 FILE0:1: nested deeper than 512 levels, at column 517\n");
    free(s);
}

TEST(in_jsonl_normalise)
{
    struct kc_in_opts o = input_defaults;
    o.normalise = 1;
    const char *t = "{\"term\":\"a\",\"vec\":[3,4]}\n{\"term\":\"b\",\"vec\":[0,-0.0]}\n"
                    "{\"term\":\"c\",\"vec\":[0,-2]}";
    expect(t, strlen(t), &o, "error 1 FILE0:2: vec is all zeros, so it has no direction "
           "(--on-bad skip leaves such records out)\n");
    o.skip_bad = 1;
    expect(t, strlen(t), &o,
           "a|0.6,0.8\nc|0.0,-1.0\nskipped 1\nwarning FILE0:2: vec is all zeros, so it has no direction; skipped\n");
}

TEST(in_jsonl_max_line)
{
    const char *t = "{\"term\":\"a\",\"vec\":[1]}\n{\"term\":\"b\",\"vec\":[1      ]}\n{\"term\":\"c\",\"vec\":[1]}\n";
    struct kc_in_opts o = input_defaults;
    o.max_line = 22;
    for (size_t block = 1; block < 90; block++) {
        char *got = input_text(t, strlen(t), &o, block, 1 + block % 2);
        CHECK_MSG(strcmp(got, "error 1 FILE0:2: longer than 22 bytes; --max-line raises the limit\n") == 0,
                  "block %zu: %s", block, got);
        free(got);
        o.skip_bad = 1;
        got = input_text(t, strlen(t), &o, block, 1 + block % 2);
        CHECK_MSG(strcmp(got,
                         "a|1.0\nc|1.0\nskipped 1\nwarning FILE0:2: longer than 22 bytes; --max-line raises the "
                         "limit; skipped\n") == 0,
                  "block %zu: %s", block, got);
        free(got);
        o.skip_bad = 0;
    }
    /* rows and lines go on counting behind it */
    const char *more = "{\"term\":\"a\",\"vec\":[1]}\n{\"term\":\"b\",\"vec\":[1         ]}\n{}\n";
    o.skip_bad = 1;
    for (size_t block = 0; block < 90; block++) {
        char *got = input_text(more, strlen(more), &o, block, 1);
        CHECK_MSG(strstr(got, "skipped 1 2\n") != NULL &&
                  strstr(got, "warning FILE0:3: no field 'vec'; the record has no fields; skipped\n") != NULL,
                  "block %zu: %s", block, got);
        free(got);
    }
    o.skip_bad = 0;
    o.max_line = 28;
    expect(t, strlen(t), &o, "a|1.0\nb|1.0\nc|1.0\n");
}

TEST(in_jsonl_pieces)
{
    static const char t[] = "\xef\xbb\xbf \n"
                            "{\"term\":\"a\",\"vec\":[1,2]}\r\n\n{\"term\":\"\\u0416\xd0\x96\",\"vec\":[3,0.25]}\n"
                            "{\"term\":3,\"x\":[{}],\"vec\":[1e1,2]}\n   \n{\"term\":\"\",\"vec\":[0.0,12345.678]}";
    same_in_pieces(t, sizeof t - 1, NULL);
    struct kc_in_opts o = input_defaults;
    o.skip_bad = 1;
    o.want_raw = 1;
    static const char bad[] = "x\n{\"vec\":[1],\"term\":1, \"k\" : 2}\n\n{\"vec\":[1,2],\"term\":1}\n{}\n"
                              "{\"vec\":[3],\"term\":\"z\"}\ny\ny\ny\n{\"vec\":[4],\"term\":\"z\"}";
    same_in_pieces(bad + 2, sizeof bad - 3, &o);
    o.skip_bad = 0;
    same_in_pieces(bad + 2, sizeof bad - 3, &o);
    o.format = KC_IN_JSONL;
    same_in_pieces(bad, sizeof bad - 1, &o);
    o.skip_bad = 1;
    same_in_pieces(bad, sizeof bad - 1, &o);
}

/* The end of the input is seen while much of it is still to be taken: a long line, then short ones. */
TEST(in_jsonl_long_then_short)
{
    static const char t[] = "{\"term\":\"a\",\"vec\":[1],\"long\":\"----------------------------------------\"}\n"
                            "{\"term\":\"b\",\"vec\":[2]}\n{\"term\":\"c\",\"vec\":[3]}\n{\"term\":\"d\",\"vec\":[4]}";
    same_in_pieces(t, sizeof t - 1, NULL);
    reads(t, "a|1.0\nb|2.0\nc|3.0\nd|4.0\n");
}

TEST(in_jsonl_skip_report)
{
    struct kc_in_opts o = input_defaults;
    o.skip_bad = 1;
    const char *t = "{\"term\":1,\"vec\":[1]}\n1\n2\n3\n4\n5\n6\n7\n";
    expect(t, strlen(t), &o,
           "1|1.0\nskipped 1 2 3 4 5 6 7\n"
           "warning FILE0:2: the record is a number, expected an object; skipped\n"
           "warning FILE0:3: the record is a number, expected an object; skipped\n"
           "warning FILE0:4: the record is a number, expected an object; skipped\n"
           "warning FILE0:5: the record is a number, expected an object; skipped\n"
           "warning FILE0:6: the record is a number, expected an object; skipped\n"
           "warning 2 more bad records skipped\n");
    t = "{\"term\":1}\n{\"term\":2}\n";
    char *got = input_text(t, strlen(t), &o, 0, 1);
    CHECK_MSG(strstr(got, "error 1 FILE0:0: no records: all 2 were bad; the first: FILE0:1: no vector under a usual name: "
                          "the record has term\n") != NULL, "%s", got);
    free(got);
}

TEST(in_jsonl_raw)
{
    struct kc_in_opts o = input_defaults;
    o.want_raw = 1;
    static const struct { const char *in, *want; } t[] = {
        {"{\"term\":\"a\",\"vec\":[1]}", "a|{\"term\":\"a\"}|1.0\n"},
        {"{ \"vec\" : [ 1 ] , \"term\" : \"a\" }", "a|{\"term\":\"a\"}|1.0\n"},
        {"{\"x\":[ 1 , {\"vec\": [ 2 ]} ],\"vec\":[1],\"term\":\"a b\",\"cluster_id\":7,\"y\":{ }}",
         "a b|{\"x\":[1,{\"vec\":[2]}],\"term\":\"a b\",\"y\":{}}|1.0\n"},
        {"{\"v\\u0065c\":[2],\"vec\":[1],\"term\":\"\\u0061\",\"y\":{\"cluster_id\":1}}",
         "a|{\"term\":\"\\u0061\",\"y\":{\"cluster_id\":1}}|1.0\n"},
        {"{\"term\":\"a\",\"vec\":[1],\"s\":\"\\\" [ \\\\\", \"t\":[ ]}",
         "a|{\"term\":\"a\",\"s\":\"\\\" [ \\\\\",\"t\":[]}|1.0\n"}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        expect(t[i].in, strlen(t[i].in), &o, t[i].want);
    const char *deep = "{\"m\":{\"v\":[1],\"n\":[ 1,[2] ]},\"term\":\"a\",\"z\":{\"v\":[9]}}";
    const char *own = "{\"m\":{\"cluster_id\":1,\"v\":[1]},\"term\":\"a\",\"cluster_id\":2}";
    o.vec_field = "/m/v";
    expect(own, strlen(own), &o, "a|{\"m\":{\"cluster_id\":1},\"term\":\"a\"}|1.0\n");
    expect(deep, strlen(deep), &o, "a|{\"m\":{\"n\":[1,[2]]},\"term\":\"a\",\"z\":{\"v\":[9]}}|1.0\n");
    o.vec_field = "/m/n/1";
    expect(deep, strlen(deep), &o, "a|{\"m\":{\"v\":[1],\"n\":[1,null]},\"term\":\"a\",\"z\":{\"v\":[9]}}|2.0\n");
    o.vec_field = "vec";
    deep = "{\"term\":\"a\",\n\"vec\":\n[1]}";
    o.records = "";
    char text[100];
    snprintf(text, sizeof text, "[%s]", deep);
    expect(text, strlen(text), &o, "a|{\"term\":\"a\"}|1.0\n");
}
