#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "in_util.h"
#include "unit.h"

struct bytes {
    unsigned char p[4096];
    size_t n;
};

static void add(struct bytes *b, const void *p, size_t n)
{
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void add_u32(struct bytes *b, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        b->p[b->n++] = (unsigned char)(v >> 8 * i);
}

static void add_f32(struct bytes *b, float f)
{
    uint32_t v;
    memcpy(&v, &f, sizeof v);
    add_u32(b, v);
}

static void add_header(struct bytes *b, uint32_t d)
{
    add(b, "KCV1", 4);
    add_u32(b, d);
}

static void add_record(struct bytes *b, const char *term, float x, float y)
{
    add_u32(b, (uint32_t)strlen(term));
    add(b, term, strlen(term));
    add_f32(b, x);
    add_f32(b, y);
}

static void expect(const struct bytes *b, size_t n, const struct kc_in_opts *o, const char *want)
{
    char *got = input_text((const char *)b->p, n, o, 0, 1);
    CHECK_MSG(strcmp(got, want) == 0, "gives    %s  expected %s", got, want);
    for (size_t block = 1; block < 80; block += block < 20 ? 1 : 13) {
        char *again = input_text((const char *)b->p, n, o, block, 1 + block % 2);
        CHECK_MSG(strcmp(got, again) == 0, "in blocks of %zu: %s  whole: %s", block, again, got);
        free(again);
    }
    free(got);
}

TEST(in_kvec)
{
    struct bytes b = {.n = 0};
    struct kc_in_opts o = input_defaults;
    add_header(&b, 2);
    add_record(&b, "a", 1, 2);
    add_record(&b, "", -3, 4);
    add_header(&b, 2); /* as cat joins files */
    add_header(&b, 2);
    add_record(&b, "\xd0\x96", 5, 0);
    size_t whole = b.n;
    expect(&b, whole, NULL, "a|1.0,2.0\n|-3.0,4.0\n\xd0\x96|5.0,0.0\n");
    for (size_t n = 0; n < whole; n++) {
        char *s = input_text((char *)b.p, n, NULL, n % 2 ? 0 : 5, 1);
        size_t first = 8 + 13, second = first + 12;
        if (n == first)
            CHECK_MSG(strcmp(s, "a|1.0,2.0\n") == 0, "%zu bytes: %s", n, s);
        else if (n == second || n == second + 8 || n == second + 16)
            CHECK_MSG(strcmp(s, "a|1.0,2.0\n|-3.0,4.0\n") == 0, "%zu bytes: %s", n, s);
        else
            CHECK_MSG(strncmp(s, "error 1 FILE0:0: ", 17) == 0, "%zu bytes: %s", n, s);
        free(s);
    }
    expect(&b, whole - 3, NULL, "error 1 FILE0:0: row 2 is cut short: 11 bytes of 14 are there\n");
    expect(&b, 7, NULL, "error 1 FILE0:0: the kvec header is cut short: 7 bytes of 8 are there\n");
    expect(&b, 9, NULL, "error 1 FILE0:0: row 0 is cut short: 1 byte of 4 is there\n");
    add_header(&b, 3);
    expect(&b, b.n - 1, NULL, "error 1 FILE0:0: the kvec header is cut short: 7 bytes of 8 are there\n");
    expect(&b, b.n, NULL, "error 1 FILE0:0: the header before row 3 states 3 numbers per row, expected 2\n");
    b.n = whole;
    add_record(&b, "x", NAN, 1);
    expect(&b, b.n, NULL, "error 1 FILE0:0: row 3: column 0 is NaN\n");
    b.n = whole;
    add_record(&b, "x", 1, -INFINITY);
    add_record(&b, "\xff", 1, 1);
    add_record(&b, "z", 0, 0);
    expect(&b, b.n, NULL, "error 1 FILE0:0: row 3: column 1 is infinite\n");
    o.skip_bad = o.normalise = 1;
    expect(&b, b.n, &o, "a|0.4472136,0.8944272\n|-0.6,0.8\n\xd0\x96|1.0,0.0\nskipped 3 4 5\n"
           "warning FILE0: row 3: column 1 is infinite; skipped\n"
           "warning FILE0: row 4: its term is not UTF-8: byte 0xff at column 1; skipped\n"
           "warning FILE0: row 5: all zeros, so it has no direction; skipped\n");
    o = input_defaults;
    o.want_raw = 1;
    expect(&b, whole, &o, "error 2 FILE0:0: --annotate needs JSON, csv or tsv input, this is kvec\n");
}

/* Lengths that lie are refused at once, whatever they say. */
TEST(in_kvec_lies)
{
    struct bytes b = {.n = 0};
    struct kc_in_opts o = input_defaults;
    add_header(&b, 0xFFFFFFFF);
    expect(&b, b.n, NULL,
           "error 1 FILE0:0: its header states 4294967295 numbers per row, more than the limit of 1048576\n");
    b.n = 0;
    add_header(&b, 1 << 20);
    add_u32(&b, 0);
    expect(&b, b.n, NULL, "error 1 FILE0:0: row 0 is cut short: 4 bytes of 4194308 are there\n");
    b.n = 0;
    add_header(&b, 0);
    expect(&b, b.n, NULL, "error 1 FILE0:0: its rows have no numbers\n");
    b.n = 0;
    add_header(&b, 2);
    expect(&b, b.n, NULL, "error 1 FILE0:0: no records\n");
    add_record(&b, "a", 1, 2);
    add_u32(&b, 0xFFFFFFFF);
    expect(&b, b.n, NULL,
           "error 1 FILE0:0: row 1 states a term of 4294967295 bytes, more than 16777216 (--max-line)\n");
    o.max_line = (uint64_t)1 << 40;
    expect(&b, b.n, &o, "error 1 FILE0:0: row 1 states a term of 4294967295 bytes, more than 268435455\n");
    b.n = 21;
    add_u32(&b, (1 << 28) - 1);
    expect(&b, b.n, &o, "error 1 FILE0:0: row 1 is cut short: 4 bytes of 268435467 are there\n");
}

static void start_npy(struct bytes *b, int version, const char *dict)
{
    size_t n = strlen(dict), before = version == 1 ? 10 : 12, pad = (64 - (before + n + 1) % 64) % 64;
    b->n = 0;
    add(b, "\x93NUMPY", 6);
    b->p[b->n++] = (unsigned char)version;
    b->p[b->n++] = 0;
    uint32_t len = (uint32_t)(n + pad + 1);
    b->p[b->n++] = (unsigned char)len;
    b->p[b->n++] = (unsigned char)(len >> 8);
    if (version > 1) {
        b->p[b->n++] = 0;
        b->p[b->n++] = 0;
    }
    add(b, dict, n);
    memset(b->p + b->n, ' ', pad);
    b->n += pad;
    b->p[b->n++] = '\n';
}

static void npy_type(const char *type, const void *numbers, size_t width, const char *want)
{
    for (int version = 1; version <= 3; version++) {
        struct bytes b;
        char dict[128];
        snprintf(dict, sizeof dict, "{'descr': '%s', 'fortran_order': False, 'shape': (2, 2), }", type);
        start_npy(&b, version, dict);
        add(&b, numbers, 4 * width);
        expect(&b, b.n, NULL, want);
    }
}

TEST(in_npy_types)
{
    static const unsigned char f2[] = {0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0xFF, 0x7B},
        f2be[] = {0x3C, 0x00, 0xC0, 0x00, 0x00, 0x01, 0x7B, 0xFF},
        f4[] = {0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F, 0, 0, 0x80, 0x7E},
        f4be[] = {0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0, 0x3F, 0, 0, 0, 0x7E, 0x80, 0, 0},
        f8[] = {0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0, 0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F,
                0, 0, 0, 0, 0, 0, 0, 0},
        f8be[] = {0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99,
                  0x9A,
                  0, 0, 0, 0, 0, 0, 0, 0};
    npy_type("<f2", f2, 2, "0|1.0,-2.0\n1|5.9604645e-08,65504.0\n");
    npy_type(">f2", f2be, 2, "0|1.0,-2.0\n1|5.9604645e-08,65504.0\n");
    npy_type("<f4", f4, 4, "0|1.0,-2.0\n1|0.5,8.507059e+37\n");
    npy_type(">f4", f4be, 4, "0|1.0,-2.0\n1|0.5,8.507059e+37\n");
    npy_type("<f8", f8, 8, "0|1.0,-2.0\n1|0.1,0.0\n");
    npy_type(">f8", f8be, 8, "0|1.0,-2.0\n1|0.1,0.0\n");
}

TEST(in_npy_bad_numbers)
{
    struct bytes b;
    double x[4] = {1, 2, 1e39, 3};
    start_npy(&b, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }");
    add(&b, x, sizeof x);
    expect(&b, b.n, NULL, "error 1 FILE0:0: row 1: column 0 is 1e+39, beyond the range of float32\n");
    x[2] = -INFINITY;
    b.n -= sizeof x;
    add(&b, x, sizeof x);
    expect(&b, b.n, NULL, "error 1 FILE0:0: row 1: column 0 is infinite\n");
    start_npy(&b, 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }");
    add(&b, "\0\x3c\0\x7e\0\x7c\0\xfc", 8); /* 1, NaN, infinity, -infinity */
    struct kc_in_opts o = input_defaults;
    o.skip_bad = 1;
    expect(&b, b.n, &o,
           "skipped 0 1\nwarning FILE0: row 0: column 1 is NaN; skipped\nwarning FILE0: row 1: column 0 is infinite; "
           "skipped\n"
           "error 1 FILE0:0: no records: all 2 were bad; the first: FILE0: row 0: column 1 is NaN\n");
}

TEST(in_npy_headers)
{
    static const struct { const char *dict, *msg; } t[] = {
        {"{'descr': '<b8', 'fortran_order': False, 'shape': (2, 2), }",
         "holds numbers of type <b8, expected floats or integers (x.astype(numpy.float32) makes it so)"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (2, 2), }",
         "holds numbers of type |O, expected floats or integers (x.astype(numpy.float32) makes it so)"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (2, 2), }",
         "holds numbers of type <f16, expected floats or integers (x.astype(numpy.float32) makes it so)"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2), }",
         "holds structures, expected a matrix of numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", "has 1 dimension, expected 2: rows and numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "has 0 dimensions, expected 2: rows and numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2), }",
         "has 3 dimensions, expected 2: rows and numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0), }", "its rows have no numbers"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }",
         "holds 16 bytes of numbers, its header states 24"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", "holds 16 bytes of numbers, its header states 8"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 4), }",
         "its npy header is damaged: its shape is larger than any file"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 9223372036854775807), }",
         "its header states 9223372036854775807 numbers per row, more than the limit of 1048576"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2), }",
         "its npy header is damaged: an entry that numpy would not write"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }",
         "its npy header is damaged: an entry that numpy would not write"},
        {"{'descr': '<f4', 'fortran_order': False, }",
         "its npy header is damaged: descr, fortran_order or shape is missing"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'x': 1}",
         "its npy header is damaged: an entry that numpy would not write"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)", "its npy header is damaged: no '}'"},
        {"{'descr': '<f4, 'fortran_order': False, 'shape': (2, 2)}", "its npy header is damaged: no '}'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)} x",
         "its npy header is damaged: something follows its '}'"},
        {"", "its npy header is damaged: no dictionary"}};
    static const float x[4] = {1, 2, 3, 4};
    struct bytes b;
    char want[256];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        start_npy(&b, 1, t[i].dict);
        add(&b, x, sizeof x);
        snprintf(want, sizeof want, "error 1 FILE0:0: %s\n", t[i].msg);
        expect(&b, b.n, NULL, want);
    }
    start_npy(&b, 1, "{'descr':'<f4','fortran_order':True,'shape':(1L,4L)}"); /* one row is the same in either order */
    add(&b, x, sizeof x);
    expect(&b, b.n, NULL, "0|1.0,2.0,3.0,4.0\n");
    for (size_t n = 0; n < b.n; n++) {
        char *s = input_text((char *)b.p, n, NULL, 0, 1);
        CHECK_MSG(strncmp(s, "error 1 FILE0:0: ", 17) == 0, "%zu of %zu bytes: %s", n, b.n, s);
        free(s);
    }
    start_npy(&b, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }");
    expect(&b, b.n, NULL, "error 1 FILE0:0: no records\n");
    b.p[6] = 4;
    expect(&b, b.n, NULL, "error 1 FILE0:0: is npy version 4.0, expected 1.0, 2.0 or 3.0\n");
    b.p[6] = 1;
    b.p[7] = 1;
    expect(&b, b.n, NULL, "error 1 FILE0:0: is npy version 1.1, expected 1.0, 2.0 or 3.0\n");
    b.p[7] = 0;
    b.p[6] = 2;
    b.p[11] = 0x7F;
    expect(&b, b.n, NULL, "error 1 FILE0:0: its npy header is damaged: it is longer than 1 MiB\n");
}

/* What no size can tell beforehand, on a pipe or inside gzip, is found while reading; with several files too. */
TEST(in_several_files)
{
    struct input in = {.o = input_defaults};
    struct bytes b;
    static const float x[4] = {1, 2, 3, 4};
    char *s;
    static const char json[] = "{\"id\":\"a\",\"vec\":[1,2]}\n{\"id\":\"b\",\"vec\":[1]}\n";
    start_npy(&b, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }");
    add(&b, x, sizeof x);
    input_add(&in, "\n \n", 3, "");
    input_add(&in, b.p, b.n, ".npy");
    input_add(&in, json, 23, "");
    b.n = 0;
    add_header(&b, 2);
    add_record(&b, "k", 7, 8);
    input_add(&in, b.p, b.n, "");
    input_add(&in, "", 0, "");
    input_add(&in, "[{\"id\":\"z\",\"vec\":[9,9]}]", 24, "");
    s = input_read(&in);
    CHECK_MSG(strcmp(s, "0|1.0,2.0\n1|3.0,4.0\na|1.0,2.0\nk|7.0,8.0\nz|9.0,9.0\n") == 0, "%s", s);
    free(s);
    input_add(&in, json, sizeof json - 1, "");
    for (in.threads = 1; in.threads <= 3; in.threads++) {
        s = input_read(&in);
        CHECK_MSG(strcmp(s, "error 1 FILE6:2: vec has 1 number, expected 2 as in FILE1\n") == 0, "%s", s);
        free(s);
    }
    in.o.skip_bad = 1;
    s = input_read(&in);
    CHECK_MSG(strstr(s,
                     "z|9.0,9.0\na|1.0,2.0\nskipped 6\nwarning FILE6:2: vec has 1 number, expected 2 as in FILE1; "
                     "skipped\n") != NULL, "%s", s);
    free(s);
    b.n = 0;
    add_header(&b, 5);
    input_add(&in, b.p, b.n, "");
    s = input_read(&in);
    CHECK_MSG(strstr(s, "error 1 FILE7:0: has 5 numbers per row, expected 2 as in FILE1\n") != NULL, "%s", s);
    free(s);
    input_clear(&in);
    input_add(&in, json, sizeof json - 1, "");
    in.o.format = KC_IN_NPY;
    s = input_read(&in);
    CHECK_MSG(strcmp(s, "error 1 FILE0:0: not npy: starts with '{\"id\":\"a'\n") == 0, "%s", s);
    free(s);
    input_clear(&in);
    input_add(&in, b.p, b.n, "");
    in.o.format = KC_IN_JSONL;
    s = input_read(&in);
    CHECK_MSG(strcmp(s, "error 1 FILE0:0: not jsonl: starts as kvec does\n") == 0, "%s", s);
    free(s);
    input_clear(&in);
}

TEST(in_npy_terms)
{
    struct input in = {.o = input_defaults};
    struct bytes b;
    char path[80], *s;
    static const float x[6] = {1, 2, NAN, 4, 5, 6};
    start_npy(&b, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
    add(&b, x, sizeof x);
    const char *npy = input_add(&in, b.p, b.n, ".npy");
    snprintf(path, sizeof path, "%s.terms", npy);
    static const struct { const char *terms, *want; } t[] = {
        {"a\nb\nc\n", "a|1.0,2.0\nc|5.0,6.0\nskipped 1\n"},
        {"a\\tb\\\\\nb\n\\x07\\n", "a\tb\\|1.0,2.0\n\a\n|5.0,6.0\nskipped 1\n"},
        {"a\r\nb\r\nc", "a|1.0,2.0\nc|5.0,6.0\nskipped 1\n"},
        {"a\nb\n", "error 1 FILE0.terms:0: has 2 terms, FILE0 has 3 rows\n"},
        {"a\nb\nc\nd", "error 1 FILE0.terms:0: has 4 terms, FILE0 has 3 rows\n"},
        {"a\n\\y\n", "error 1 FILE0.terms:2: an escape that is none of \\t \\n \\r \\\\ \\xHH\n"},
        {"a\nb\xff\n", "error 1 FILE0.terms:2: not UTF-8: byte 0xff at column 2\n"}};
    in.o.skip_bad = 1;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        for (in.block = 0; in.block < 20; in.block += 7) {
            FILE *f = fopen(path, "wb");
            if (!f || fputs(t[i].terms, f) < 0 || fclose(f) != 0)
                abort();
            s = input_read(&in);
            CHECK_MSG(strncmp(s, t[i].want, strlen(t[i].want)) == 0, "gives    %s  expected %s", s, t[i].want);
            free(s);
        }
    }
    remove(path);
    in.block = 0;
    s = input_read(&in);
    CHECK_MSG(strncmp(s, "0|1.0,2.0\n2|5.0,6.0\nskipped 1\n", 30) == 0, "%s", s);
    free(s);
    input_clear(&in);
}

TEST(in_terms_file)
{
    struct input in = {.o = input_defaults}, terms = {.o = input_defaults};
    char *s;
    static const char json[] = "{\"vec\":[1]}\n\n{\"vec\":[2,3]}\n{\"vec\":[4]}\n";
    in.o.skip_bad = 1;
    input_add(&in, json, sizeof json - 1, "");
    static const struct { const char *terms, *want; } t[] = {
        {"\xef\xbb\xbf""a\\t\r\nb\nc\n",
         "a\\t|1.0\nc|4.0\nskipped 1\nwarning FILE0:3: vec has 2 numbers, expected 1; skipped\n"},
        {"a\nb", "has 2 terms, the input has 3 rows\n"},
        {"a\nb\nc\n\n", "has 4 terms, the input has 3 rows: is its first line a header? leave it out, as tail -n +2 does\n"},
        {"", "has 0 terms, the input has 3 rows\n"}, {"a\n\xc3\n", ":2: not UTF-8: byte 0xc3 at column 1\n"}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        in.o.terms_file = input_add(&terms, t[i].terms, strlen(t[i].terms), "");
        for (in.block = 0; in.block < 30; in.block += 9) {
            s = input_read(&in);
            CHECK_MSG(strstr(s, t[i].want) != NULL, "gives    %s  expected %s", s, t[i].want);
            free(s);
        }
    }
    input_clear(&terms);
    input_clear(&in);
}

TEST(in_load_limit)
{
    struct input in = {.o = input_defaults};
    char line[64];
    struct kc_buf b = {NULL, 0, 0};
    struct kc_err e = KC_ERR_INIT;
    for (int i = 0; i < 2000; i++) {
        int n = snprintf(line, sizeof line, "{\"id\":%d,\"vec\":[1,2,3,4,5,6,7,8]}\n", i);
        if (kc_buf_add(&b, line, (size_t)n, &e) != 0)
            abort();
    }
    input_add(&in, b.p, b.n, "");
    in.block = 500;
    in.o.max_memory = 2000 * 32 + 2000 * 16 + 30000;
    char *s = input_read(&in);
    CHECK_MSG(strncmp(s, "0|1.0,2.0", 9) == 0 && in.storage == KC_STORAGE_MEMORY, "%.80s", s);
    in.o.max_memory = 2000 * 32;
    char *again = input_read(&in);
    CHECK_MSG(strcmp(s, again) == 0 && in.storage == KC_STORAGE_SPILL, "%.80s", again);
    free(again);
    free(s);
    in.o.max_memory = 20000;
    s = input_read(&in);
    CHECK_MSG(strncmp(s, "error 4 :0: the text of the first ", 34) == 0 &&
              strstr(s, ", more than --max-memory 20.0 kB allows\n"),
              "%.200s", s);
    free(s);
    kc_buf_free(&b);
    input_clear(&in);
}
