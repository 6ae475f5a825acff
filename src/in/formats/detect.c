/* Recognise text formats (word2vec, GloVe, csv, tsv) by their first two lines, where these leave no doubt. The tests
 * run on all bytes in view; as long as one of them could still succeed with more, more bytes are read, up to 1 MiB. */
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/formats.h"
#include "in/formats/text.h"

#define MOST ((size_t)1 << 20) /* bytes that are examined at most */
#define STEP ((size_t)65536)

enum verdict { NO, YES, MORE }; /* more: it may be one, with more bytes in view */

/* The beginning of a file. */
struct text_view {
    const char *p, *end; /* KC_NUM_PAD NULs follow */
    int whole;           /* the file ends there */
    const struct kc_in_opts *o;
};

static const char *drop_last_cr(const char *p, const char *end)
{
    return end > p && end[-1] == '\r' ? end - 1 : end;
}

/* Return the end of the line at p, without the line break; *next is after it. NULL if the line is not all in view. */
static const char *line_end(const struct text_view *v, const char *p, const char **next)
{
    const char *nl = memchr(p, '\n', (size_t)(v->end - p));
    if (!nl && !v->whole)
        return NULL;
    *next = nl ? nl + 1 : v->end;
    return drop_last_cr(p, nl ? nl : v->end);
}

/* Return the verdict if bytes are missing: NO at the end of the file, where none will come, else MORE. */
static enum verdict judge_missing_bytes(const struct text_view *v)
{
    return v->whole ? NO : MORE;
}

/* Return d if the line is a term and d numbers, else 0. d == 0: any number of them; return how many. */
static size_t count_numbers(const char *p, const char *end, size_t d, struct kc_text_row *r)
{
    *r = (struct kc_text_row){.d = d, .floor = p};
    return p < end && kc_words_parse(NULL, p, end, r) == 0 ? r->count : 0;
}

/* Test for word2vec: `N D` alone on the first line; then as text a term and D numbers, or in binary form a term, a
 * blank and 4 D bytes, among them some that no text has. */
static enum verdict test_word2vec(const struct text_view *v, int binary)
{
    uint64_t rows, d;
    const char *p, *end, *next, *q;
    struct kc_text_row r;
    if (!memchr(v->p, '\n', (size_t)(v->end - v->p)))
        return v->end - v->p > 64 ? NO : judge_missing_bytes(v);
    if (!kc_word2vec_header(v->p, v->end, &rows, &d, &p) || rows == 0 || d == 0 || d > KC_MAX_DIM)
        return NO;
    end = line_end(v, p, &next);
    if (end && count_numbers(p, end, (size_t)d, &r) == d)
        return binary ? NO : YES;
    if (!binary)
        return end ? NO : judge_missing_bytes(v);
    q = memchr(p, ' ', (size_t)(v->end - p));
    if (!q || (uint64_t)(v->end - q - 1) < 4 * d)
        return judge_missing_bytes(v);
    end = q + 1 + 4 * d;
    for (const char *c = q + 1; c < end; c++)
        if ((unsigned char)*c < ' ' && *c != '\t' && *c != '\r' && *c != '\n')
            return YES;
    q = kc_utf8_bad(q + 1, end);
    return q && end - q > 3 ? YES : NO; /* more than a character that is cut off */
}

/* Test for GloVe: on each of the first two lines, a term that is no number, then two numbers or more. */
static enum verdict test_glove(const struct text_view *v)
{
    const char *second, *next, *end = line_end(v, v->p, &second);
    struct kc_text_row r;
    float x;
    if (!end)
        return judge_missing_bytes(v);
    size_t d = count_numbers(v->p, end, 0, &r);
    if (d < 2 || kc_text_number(r.term, r.term + r.term_n, &x) == KC_NUM_OK)
        return NO;
    if (second == v->end)
        return v->whole ? YES : MORE;
    end = line_end(v, second, &next);
    if (!end)
        return judge_missing_bytes(v);
    return count_numbers(second, end, d, &r) == d ? YES : NO;
}

/* Find the next record from *pp on that is not blank. Return 1; 0 if there is none; -1 if it is not all in view. */
static int next_record(const struct text_view *v, const struct kc_columns *c, const char **pp, const char **from,
                       const char **to)
{
    while (*pp < v->end) {
        const char *p = *pp, *q = c->multiline ? kc_cut_end(p, v->end, c->sep) :
                                                 memchr(p, '\n', (size_t)(v->end - p));
        q = q ? q : v->end;
        if (q == v->end && !v->whole)
            return -1;
        *pp = q < v->end ? q + 1 : q;
        *from = p;
        *to = drop_last_cr(p, q);
        for (; p < *to && *p == ' '; p++)
            ;
        if (p < *to)
            return 1;
    }
    return v->whole ? 0 : -1;
}

/* Return 1 if the record is a row by the columns of the first row. Without --vec-field, a row must have two numbers or
 * more. */
static int is_row(const struct text_view *v, const struct kc_columns *c, const char *p, const char *end)
{
    struct kc_text_row r = {.d = 0, .floor = v->p};
    return kc_columns_parse(c, p, end, &r) == 0 && r.count > (v->o->vec_field == NULL);
}

/* Test the first two records as a header and a row, or as two rows. */
static int check_columns(const struct text_view *v, struct kc_columns *c, struct kc_strs *names, struct kc_strs *row,
                         enum verdict *is, struct kc_err *e)
{
    const char *p = v->p, *from[2], *to[2];
    char msg[512];
    int n = 0, rc;
    while (n < 2 && (rc = next_record(v, c, &p, &from[n], &to[n])) != 0) {
        if (rc < 0) {
            *is = judge_missing_bytes(v);
            return 0;
        }
        n++;
    }
    if (n == 0 || (c->sep == ',' && memchr(from[0], '\t', (size_t)(to[n - 1] - from[0]))))
        return 0;
    rc = kc_columns_split(c, from[0], to[0], names, msg, e);
    if (rc != 0 || names->n < 2)
        return rc < 0 ? -1 : 0;
    enum kc_first first = kc_columns_first(v->o, names);
    int header = first == KC_FIRST_HEADER, at = first == KC_FIRST_ROW ? 0 : 1;
    if (at == n) {
        *is = header ? NO : YES;
        return 0;
    }
    rc = kc_columns_split(c, from[at], to[at], row, msg, e);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    rc = kc_columns_resolve(c, v->o, header ? names : NULL, row, msg);
    c->count = row->n; /* if the options must say more, the reader will report it */
    if (rc <= 0 && is_row(v, c, from[at], to[at]) && (at == 1 || n == 1 || is_row(v, c, from[1], to[1])))
        *is = YES;
    if (rc != 0 && row->n == names->n && (v->o->term_field || v->o->vec_field)) /* the reader reports why */
        *is = YES;
    return 0;
}

/* Test for csv or tsv, by its separator. */
static int test_columns(const struct text_view *v, char sep, enum verdict *is, struct kc_err *e)
{
    struct kc_columns c = {sep, sep == ',', 0, SIZE_MAX, 0, 0};
    struct kc_strs names = {{NULL, 0, 0}, NULL, 0, 0}, row = names;
    const char *p = v->p, *from = p, *to = p;
    int one = next_record(v, &c, &p, &from, &to);
    *is = one < 0 ? judge_missing_bytes(v) : NO;
    if (one <= 0 || !memchr(from, sep, (size_t)(to - from)) || memchr(from, '\0', (size_t)(to - from)))
        return 0;
    int rc = check_columns(v, &c, &names, &row, is, e);
    kc_strs_free(&names);
    kc_strs_free(&row);
    return rc;
}

int kc_detect_text(struct kc_feed *f, const struct kc_reader **rd, struct kc_err *e)
{
    static const struct kc_reader *const readers[] = {&kc_reader_word2vec, &kc_reader_word2vec_bin, &kc_reader_glove,
                                                      &kc_reader_csv, &kc_reader_tsv};
    for (;;) {
        enum verdict is[5];
        int yes = 0, unknown = 0;
        if (kc_buf_reserve(&f->carry, KC_NUM_PAD, e) != 0)
            return -1;
        memset(f->carry.p + f->carry.n, 0, KC_NUM_PAD);
        size_t n = f->carry.n - f->carry_at;
        struct text_view v = {f->carry.p + f->carry_at, f->carry.p + f->carry.n, f->src_eof, f->o};
        is[0] = test_word2vec(&v, 0);
        is[1] = test_word2vec(&v, 1);
        is[2] = test_glove(&v);
        if (test_columns(&v, ',', &is[3], e) != 0 || test_columns(&v, '\t', &is[4], e) != 0)
            return -1;
        *rd = NULL;
        for (size_t i = 0; i < 5; i++) {
            yes += is[i] == YES;
            unknown += is[i] == MORE;
            if (is[i] == YES)
                *rd = readers[i];
        }
        if (unknown == 0 || n >= MOST) {
            *rd = yes == 1 ? *rd : NULL;
            return 0;
        }
        if (kc_feed_more(f, n < STEP ? STEP : n, e) != 0)
            return -1;
    }
}
