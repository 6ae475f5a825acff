/* The writers of labels, vectors and JSON, byte by byte. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "json/jsonw.h"
#include "report/labels.h"
#include "report/vectors.h"
#include "report/width.h"
#include "report/writer.h"
#include "report_util.h"
#include "unit.h"

static int buf_is(struct kc_buf *b, const char *text)
{
    int same = b->n == strlen(text) && memcmp(b->p, text, b->n) == 0;
    if (!same)
        fprintf(stderr, "got: %.*s\nexpected: %s\n", (int)b->n, b->p, text);
    b->n = 0;
    return same;
}

TEST(jsonw_quotes_every_byte)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    CHECK(kc_jsonw_quote(&b, "", 0, &e) == 0 && buf_is(&b, "\"\""));
    CHECK(kc_jsonw_quote(&b, "a\"b\\c/\0d\x1f\x7f", 10, &e) == 0);
    CHECK(buf_is(&b, "\"a\\\"b\\\\c/\\u0000d\\u001f\\u007f\""));
    CHECK(kc_jsonw_quote(&b, "\b\t\n\f\r", 5, &e) == 0 && buf_is(&b, "\"\\b\\t\\n\\f\\r\""));
    CHECK(kc_jsonw_quote(&b, "\xD0\x96\xE2\x82\xAC\xF0\x9F\x98\x80", 9, &e) == 0);
    CHECK(buf_is(&b, "\"\xD0\x96\xE2\x82\xAC\xF0\x9F\x98\x80\""));
    /* a lone continuation, an overlong slash, a surrogate, a cut sequence: each byte is replaced */
    CHECK(kc_jsonw_quote(&b, "\x80\xC0\xAF\xED\xA0\x80\xE2\x82", 8, &e) == 0);
    char expected[64] = "\"";
    for (int i = 0; i < 8; i++)
        strcat(expected, "\xEF\xBF\xBD");
    CHECK(buf_is(&b, strcat(expected, "\"")));
    kc_buf_free(&b);
}

TEST(jsonw_layout)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct kc_jsonw w = KC_JSONW(&b, &e);
    kc_jsonw_open(&w, NULL, '{', 0);
    kc_jsonw_u64(&w, "n", UINT64_MAX);
    kc_jsonw_open(&w, "empty", '[', 0);
    kc_jsonw_close(&w, ']');
    kc_jsonw_open(&w, "list", '[', 0);
    kc_jsonw_open(&w, NULL, '{', 1);
    kc_jsonw_double(&w, "x", 0.5);
    kc_jsonw_double(&w, "nan", (double)NAN);
    kc_jsonw_close(&w, '}');
    kc_jsonw_bool(&w, NULL, 1);
    kc_jsonw_close(&w, ']');
    kc_jsonw_cstr(&w, "none", NULL);
    kc_jsonw_fixed(&w, "s", 1.23456, 3);
    kc_jsonw_close(&w, '}');
    CHECK(kc_jsonw_end(&w) == 0);
    CHECK(buf_is(&b, "{\n  \"n\": 18446744073709551615,\n  \"empty\": [],\n  \"list\": [\n"
                     "    {\"x\": 0.5, \"nan\": null},\n    true\n  ],\n  \"none\": null,\n  \"s\": 1.235\n}\n"));
    kc_buf_free(&b);
}

TEST(reals_have_six_decimals_and_no_minus_zero)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        {0, "0.000000"}, {-1e-9, "0.000000"}, {1, "1.000000"}, {-0.5, "-0.500000"}, {0.1234567, "0.123457"},
        {0.9999999, "1.000000"}, {-0.0000015, "-0.000002"}, {0.0000025, "0.000002"}, {123.000001, "123.000001"},
        {(double)NAN, ""}, {(double)INFINITY, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char t[KC_OUT_REAL_MAX];
        size_t n = kc_out_real(t, cases[i].x);
        CHECK_MSG(n == strlen(cases[i].text) && memcmp(t, cases[i].text, n) == 0, "%.17g gave %.*s", cases[i].x,
                  (int)n, t);
    }
}

TEST(columns_are_parsed_whole)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_out_opts o = KC_OUT_OPTS_DEFAULT;
    CHECK(kc_out_columns_parse("row,cluster,silhouette", &o, &e) == 0 && o.ncolumns == 3);
    CHECK(o.columns[0] == KC_COL_ROW && o.columns[1] == KC_COL_CLUSTER && o.columns[2] == KC_COL_SILHOUETTE);
    CHECK(kc_out_wants_figures(&o) && kc_out_has_column(&o, KC_COL_ROW) && !kc_out_has_column(&o, KC_COL_TERM));
    static const char *const bad[] = {"", "term,", ",term", "term,,row", "terms", "te", "term,term", "term row"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        e = (struct kc_err)KC_ERR_INIT;
        CHECK_MSG(kc_out_columns_parse(bad[i], &o, &e) != 0 && e.code == KC_EUSAGE, "'%s' was taken", bad[i]);
    }
}

static int add(struct kc_strs *s, const char *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    return kc_strs_add(s, p, n, &e);
}

static int labels_are(const struct kc_labels *t, const struct kc_out_opts *o, const char *text)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    const char *path = out_path("labels");
    int ok = kc_outfile_open(&f, path, &e) == 0 && kc_out_labels(f, t, o, &e) == 0 && kc_outfile_commit(f, &e) == 0;
    kc_outfile_free(f);
    return ok && out_is(path, text);
}

TEST(labels_in_every_format)
{
    static const uint32_t labels[3] = {2, 0, 4000000000u};
    static const float sim[3] = {1.0f, 0.25f, -0.5f};
    const float nans[3] = {NAN, NAN, NAN};
    static const uint64_t skipped[3] = {0, 2, 3};
    struct kc_strs terms = {0}, raws = {0};
    CHECK(add(&terms, "a\tb\n\\c\r\x01\x7F", 9) == 0 && add(&terms, "say \"hi\", you", 13) == 0 &&
          add(&terms, "\xD0\x96", 2) == 0);
    CHECK(add(&raws, "{}", 2) == 0 && add(&raws, "{\"term\":\"x\"}", 12) == 0 && add(&raws, "{\"a\":{}}", 8) == 0);
    struct kc_labels t = {.n = 3, .terms = &terms, .raws = &raws, .labels = labels, .similarity = sim, .margin = nans,
                          .silhouette = nans, .skipped = skipped, .nskipped = 3};
    struct kc_out_opts o = KC_OUT_OPTS_DEFAULT;
    struct kc_err e = KC_ERR_INIT;
    CHECK(labels_are(&t, &o, "a\\tb\\n\\\\c\\r\\x01\\x7f\t2\nsay \"hi\", you\t0\n\xD0\x96\t4000000000\n"));
    CHECK(kc_out_columns_parse("row,term,margin,similarity,cluster", &o, &e) == 0);
    CHECK(labels_are(&t, &o, "1\ta\\tb\\n\\\\c\\r\\x01\\x7f\t\t1.000000\t2\n4\tsay \"hi\", you\t\t0.250000\t0\n"
                             "5\t\xD0\x96\t\t-0.500000\t4000000000\n"));
    o.format = KC_OUT_CSV;
    CHECK(labels_are(&t, &o, "row,term,margin,similarity,cluster_id\n1,\"a\tb\n\\c\r\x01\x7F\",,1.000000,2\n"
                             "4,\"say \"\"hi\"\", you\",,0.250000,0\n5,\xD0\x96,,-0.500000,4000000000\n"));
    o.format = KC_OUT_JSONL;
    CHECK(labels_are(&t, &o,
                     "{\"row\":1,\"term\":\"a\\tb\\n\\\\c\\r\\u0001\\u007f\",\"margin\":null,\"similarity\":1.000000,"
                     "\"cluster_id\":2}\n"
                     "{\"row\":4,\"term\":\"say \\\"hi\\\", you\",\"margin\":null,\"similarity\":0.250000,"
                     "\"cluster_id\":0}\n"
                     "{\"row\":5,\"term\":\"\xD0\x96\",\"margin\":null,\"similarity\":-0.500000,"
                     "\"cluster_id\":4000000000}\n"));
    o.annotate = 1;
    CHECK(kc_out_columns_parse("term,similarity", &o, &e) == 0);
    CHECK(labels_are(&t, &o,
                     "{\"cluster_id\":2,\"similarity\":1.000000}\n"
                     "{\"term\":\"x\",\"cluster_id\":0,\"similarity\":0.250000}\n"
                     "{\"a\":{},\"cluster_id\":4000000000,\"similarity\":-0.500000}\n"));
    kc_strs_free(&terms);
    kc_strs_free(&raws);
}

TEST(an_empty_csv_field_is_quoted)
{
    static const uint32_t labels[1] = {0};
    struct kc_strs terms = {0};
    CHECK(add(&terms, "", 0) == 0);
    struct kc_labels t = {.n = 1, .terms = &terms, .labels = labels};
    struct kc_out_opts o = {KC_OUT_CSV, 1, {KC_COL_TERM}, 0, NULL, 0, 0, 0, 0};
    CHECK(labels_are(&t, &o, "term\n\"\"\n"));
    kc_strs_free(&terms);
}

/* Two chunks, the second one without terms, through a writer of vectors. */
static int vectors_to(const char *path, enum kc_in_format format, int with_terms)
{
    static const float x[4] = {1.0f, -0.5f, 0.0f, 2.0f}, y[2] = {3.0f, 4.0f};
    static const uint64_t rows[2] = {0, 1}, more[1] = {7};
    struct kc_err e = KC_ERR_INIT;
    struct kc_strs terms = {0};
    struct kc_vectors *v;
    int lost = 0;
    CHECK(add(&terms, "a\nb", 3) == 0 && add(&terms, "c", 1) == 0);
    struct kc_chunk one = {.n = 2, .d = 2, .x = x, .terms = with_terms ? &terms : NULL, .rows = rows};
    struct kc_chunk two = {.n = 1, .d = 2, .x = y, .rows = more};
    int rc = kc_out_vectors_open(&v, path, format, &e) != 0 || kc_out_vectors_write(v, &one, &e) != 0 ||
             kc_out_vectors_write(v, &two, &e) != 0 || kc_out_vectors_commit(v, &lost, &e) != 0;
    kc_out_vectors_free(v);
    kc_strs_free(&terms);
    CHECK(lost == 0);
    return rc;
}

TEST(vectors_in_every_format)
{
    size_t n;
    CHECK(vectors_to(out_path("v.jsonl"), KC_IN_JSONL, 1) == 0);
    CHECK(out_is(out_path("v.jsonl"), "{\"term\":\"a\\nb\",\"vec\":[1.0,-0.5]}\n{\"term\":\"c\",\"vec\":[0.0,2.0]}\n"
                                      "{\"term\":\"7\",\"vec\":[3.0,4.0]}\n"));
    CHECK(vectors_to(out_path("v.kvec"), KC_IN_KVEC, 1) == 0);
    static const char kvec[] = "KCV1\2\0\0\0" "\3\0\0\0a\nb" "\0\0\x80\x3f\0\0\0\xbf" "\1\0\0\0c" "\0\0\0\0\0\0\0\x40"
                               "\1\0\0\0" "7" "\0\0\x40\x40\0\0\x80\x40";
    char *p = out_slurp(out_path("v.kvec"), &n);
    CHECK(p && n == sizeof kvec - 1 && memcmp(p, kvec, n) == 0);
    free(p);
    CHECK(vectors_to(out_path("v.npy"), KC_IN_NPY, 1) == 0);
    static const char rows[] = "\0\0\x80\x3f\0\0\0\xbf\0\0\0\0\0\0\0\x40\0\0\x40\x40\0\0\x80\x40";
    p = out_slurp(out_path("v.npy"), &n);
    CHECK(p && n == 128 + 24 && memcmp(p, "\x93NUMPY\1\0\x76\0", 10) == 0 && p[127] == '\n');
    CHECK(p && strstr(p + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }") == p + 10);
    CHECK(p && n == 152 && memcmp(p + 128, rows, 24) == 0);
    free(p);
    CHECK(out_is(out_path("v.npy.terms"), "a\\nb\nc\n7\n"));
}

TEST(npy_without_terms_leaves_no_stale_ones)
{
    CHECK(vectors_to(out_path("w.npy"), KC_IN_NPY, 0) == 0);
    CHECK(out_slurp(out_path("w.npy.terms"), NULL) == NULL);
    CHECK(out_spit(out_path("w.npy.terms"), "old\nterms\nhere\n") == 0);
    CHECK(vectors_to(out_path("w.npy"), KC_IN_NPY, 0) == 0);
    CHECK(out_is(out_path("w.npy.terms"), "0\n1\n7\n"));
}

static int cut_is(const char *s, unsigned columns, const char *text)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    int same = kc_out_add_cut(&b, s, strlen(s), columns, &e) == 0 && (*text ? buf_is(&b, text) : b.n == 0);
    kc_buf_free(&b);
    return same;
}

TEST(terms_are_cut_by_display_width)
{
    CHECK(cut_is("abcdef", 6, "abcdef"));
    CHECK(cut_is("abcdefg", 6, "abcde\xE2\x80\xA6"));
    CHECK(cut_is("\xD0\xB6\xD0\xB6\xD0\xB6", 3, "\xD0\xB6\xD0\xB6\xD0\xB6"));
    CHECK(cut_is("\xE6\x97\xA5\xE6\x9C\xAC", 4, "\xE6\x97\xA5\xE6\x9C\xAC"));
    CHECK(cut_is("\xE6\x97\xA5\xE6\x9C\xAC", 3, "\xE6\x97\xA5\xE2\x80\xA6"));
    CHECK(cut_is("e\xCC\x81x", 2, "e\xCC\x81x"));
    CHECK(cut_is("a\x1b[31m\n", 40, "a\\x1b[31m\\x0a"));
    CHECK(cut_is("\xC2\x9B" "2J", 9, "?2J"));
    CHECK(cut_is("\xE2\x80\xAE" "abc", 9, "abc"));
    CHECK(cut_is("\xFF\xC3", 9, "\\xff\\xc3"));
    CHECK(cut_is("", 9, ""));
}
