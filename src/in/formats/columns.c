/* Parse records with columns: csv as in RFC 4180, with any separator, and tsv as kclust and PostgreSQL's COPY write it,
 * or with csv's quotes. Runs of numbers go through kc_num_listed, several at a time; a field that it does not accept is
 * parsed alone, and gives the message if it is bad. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/text.h"
#include "in/piece/opts.h"
#include "io/lines.h"
#include "json/jsonw.h"

/* Return the '"' that closes the quotes which p is in, or NULL. */
static const char *closing_quote(const char *p, const char *end)
{
    while ((p = memchr(p, '"', (size_t)(end - p))) != NULL) {
        if (p + 1 == end || p[1] != '"')
            return p;
        p += 2;
    }
    return NULL;
}

/* Return 1 if a '"' in the field follows a backslash. */
static int has_escaped_quote(const char *p, const char *end)
{
    for (; end - p > 1; p++)
        if (p[0] == '\\' && p[1] == '"')
            return 1;
    return 0;
}

int kc_columns_field(const struct kc_columns *c, const char *p, const char *end, size_t column, struct kc_field *f,
                     char msg[512])
{
    f->quoted = p < end && *p == '"' && c->escapes != KC_ESCAPES_COPY;
    if (f->quoted) {
        const char *q = closing_quote(p + 1, end);
        if (q && (q + 1 == end || q[1] == c->sep)) {
            f->p = p + 1;
            f->end = q;
            f->after = q + 1;
            return 0;
        }
        f->quoted = 0;
        if (c->multiline) {
            snprintf(msg, 512, "column %zu %s", column + 1,
                     q ? "continues after its closing quote" : "is in quotes that are not closed");
            return -1;
        }
        if (c->escapes == KC_ESCAPES_UNKNOWN && !q) {
            snprintf(msg, 512, "column %zu begins with a quote that is not closed on its line: --tsv-dialect csv reads "
                     "quotes, --tsv-dialect copy takes them as text", column + 1);
            return -1;
        }
    }
    f->p = p;
    f->after = p < end ? memchr(p, c->sep, (size_t)(end - p)) : NULL;
    f->after = f->after ? f->after : end;
    f->end = f->after;
    if (p < end && *p == '"' && c->escapes == KC_ESCAPES_NONE && has_escaped_quote(p, f->end)) {
        snprintf(msg, 512, "column %zu has quotes within quotes as \\\", which R's write.table writes: qmethod = "
                 "\"double\" writes them as csv does", column + 1);
        return -1;
    }
    return 0;
}

/* Parse the vector that is written as a text in the field at p; *after is set to the field's end. */
static int parse_vector(const struct kc_columns *c, const char *p, const char *end, size_t column,
                        struct kc_text_row *r, const char **after)
{
    char what[32];
    struct kc_field f;
    if (kc_columns_field(c, p, end, column, &f, r->msg) != 0)
        return -1;
    *after = f.after;
    const char *q = f.p;
    while (q < f.end && *q == ' ')
        q++;
    enum kc_vectext how = q < f.end && *q == '[' ? KC_VECTEXT_LIST : q < f.end && *q == '{' ? KC_VECTEXT_BRACES :
                          (enum kc_vectext)c->text;
    struct kc_vectext_row v = {r->row, r->d, r->floor, 0};
    snprintf(what, sizeof what, "column %zu", column + 1);
    if (*q == '[' && !f.quoted && f.after < end && !memchr(q, ']', (size_t)(f.end - q))) {
        snprintf(r->msg, sizeof r->msg, "column %zu begins with '[' and has no ']': a vector in brackets stands in "
                 "quotes if its numbers have the columns' separator", column + 1);
        return -1;
    }
    if (kc_vectext_parse(how, f.p, f.end, what, &v, r->msg, sizeof r->msg) != 0)
        return -1;
    r->count = v.count;
    return r->count > KC_MAX_DIM || (r->d > 0 && r->count != r->d) ? kc_text_bad_count(r) : 0;
}

/* Parse the single number in the field at p, which may be written otherwise than in JSON. */
static int parse_number(const struct kc_columns *c, const char *p, const char *end, size_t column, float *out,
                        struct kc_text_row *r, const char **after)
{
    struct kc_field f;
    if (kc_columns_field(c, p, end, column, &f, r->msg) != 0)
        return -1;
    *after = f.after;
    if (kc_text_number(f.p, f.end, out) == KC_NUM_OK)
        return 0;
    const char *q = f.p;
    while (q < f.end && *q == ' ')
        q++;
    if (q < f.end && (*q == '[' || *q == '{')) {
        snprintf(r->msg, sizeof r->msg, "column %zu is a vector in %s, expected a number", column + 1,
                 *q == '[' ? "brackets" : "braces");
        return -1;
    }
    return kc_text_bad_number(r, "column", column + 1, f.p, f.end);
}

/* Return 1 if the column holds a number of the vector. */
static int is_number_column(const struct kc_columns *c, size_t column)
{
    return column >= c->first && column <= c->last && (c->dim ? c->dim[column] != KC_NO_DIM : column != c->term);
}

/* Return how many columns from `column` on hold numbers whose places follow each other. */
static size_t count_run(const struct kc_columns *c, size_t column)
{
    size_t n = 1;
    if (!c->dim)
        return (c->term > column && c->term <= c->last ? c->term : c->last + 1) - column;
    while (column + n <= c->last && c->dim[column + n] == c->dim[column] + n)
        n++;
    return n;
}

/* Parse numbers from column *column on, as many as follow each other; *pp moves after the last. */
static int parse_numbers(const struct kc_columns *c, const char **pp, const char *end, size_t *column,
                         struct kc_text_row *r)
{
    const struct kc_num_list list = {c->sep, '\n'};
    const char *p = *pp, *q = p;
    size_t run = count_run(c, *column), at = c->dim ? c->dim[*column] : r->count;
    enum kc_num_status st = KC_NUM_SYNTAX;
    float one;
    while (*q == ' ')
        q++;
    size_t n = r->row ? kc_num_listed(&q, r->floor, r->row + at, run, &list, &st) : 0;
    if (n > 0 && st == KC_NUM_OK && (q == end || (n == run && *q == c->sep))) {
        *column += n;
        r->count += n;
        *pp = q;
        return 0;
    }
    n -= n > 0 && st == KC_NUM_OK; /* the last one is followed by something that ends no number */
    while (q > p && q[-1] != c->sep)
        q--;
    *column += n;
    r->count += n;
    if (parse_number(c, q, end, *column, r->row ? r->row + at + n : &one, r, pp) != 0)
        return -1;
    ++*column;
    r->count++;
    return 0;
}

/* Report a wrong number of columns. */
static int report_bad_columns(const struct kc_columns *c, const char *p, const char *end, size_t column,
                              struct kc_text_row *r)
{
    struct kc_field f;
    for (; p < end; column++) { /* p is at a separator */
        if (kc_columns_field(c, p + 1, end, column, &f, r->msg) != 0)
            return -1;
        p = f.after;
    }
    snprintf(r->msg, sizeof r->msg, "%zu column%s, expected %zu", column, column == 1 ? "" : "s", c->count);
    return -1;
}

/* Return 1 if the field may have escapes. */
static int has_escapes(const struct kc_columns *c, const struct kc_field *f)
{
    return c->escapes != KC_ESCAPES_NONE && memchr(f->p, '\\', (size_t)(f->end - f->p)) != NULL;
}

int kc_columns_unclear(struct kc_text_row *r, size_t column)
{
    snprintf(r->msg, sizeof r->msg, "column %zu has a backslash, which may begin an escape or stand for itself: say "
             "which with --tsv-dialect copy or --tsv-dialect csv", column + 1);
    return -1;
}

int kc_columns_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r)
{
    size_t column = 0;
    r->how = KC_TERM_NONE;
    r->count = 0;
    for (;; p++) {
        struct kc_field f;
        if (c->text && column == c->first) {
            if (parse_vector(c, p, end, column, r, &p) != 0)
                return -1;
            column++;
        } else if (is_number_column(c, column)) {
            if (parse_numbers(c, &p, end, &column, r) != 0)
                return -1;
        } else {
            if (kc_columns_field(c, p, end, column, &f, r->msg) != 0)
                return -1;
            const char *bad = column == c->term ? NULL : kc_utf8_bad(f.p, f.end);
            if (bad) {
                snprintf(r->msg, sizeof r->msg, "column %zu is not UTF-8: byte 0x%02x", column + 1,
                         (unsigned char)*bad);
                return -1;
            }
            if (column == c->term) {
                r->term = f.p;
                r->term_n = (size_t)(f.end - f.p);
                r->how = f.quoted ? KC_TERM_QUOTED : has_escapes(c, &f) ? KC_TERM_ESCAPED : KC_TERM_PLAIN;
            }
            column++;
            p = f.after;
        }
        if (p == end || column == c->count)
            break;
    }
    if (p < end || column < c->count)
        return report_bad_columns(c, p, end, column, r);
    if (r->how == KC_TERM_ESCAPED && c->escapes == KC_ESCAPES_UNKNOWN)
        return kc_columns_unclear(r, c->term);
    if (r->how != KC_TERM_NONE && (r->term_n == 0 || (r->how == KC_TERM_ESCAPED && r->term_n == 2 &&
                                                      memcmp(r->term, "\\N", 2) == 0))) {
        snprintf(r->msg, sizeof r->msg, "column %zu is %s, expected a term", c->term + 1,
                 r->term_n ? "null" : "empty");
        return -1;
    }
    return r->count > KC_MAX_DIM || (r->d > 0 && r->count != r->d) ? kc_text_bad_count(r) : 0;
}

size_t kc_columns_unquote(char *p, size_t n)
{
    size_t o = 0;
    for (size_t i = 0; i < n; i++) {
        p[o++] = p[i];
        i += p[i] == '"';
    }
    return o;
}

int kc_columns_split(const struct kc_columns *c, const char *p, const char *end, struct kc_strs *fields, char msg[512],
                     struct kc_err *e)
{
    struct kc_buf b = {NULL, 0, 0};
    int rc = 0;
    kc_strs_clear(fields);
    for (;; p++) {
        struct kc_field f;
        rc = kc_columns_field(c, p, end, fields->n, &f, msg) != 0;
        if (rc != 0)
            break;
        b.n = 0;
        rc = kc_buf_add(&b, f.p, (size_t)(f.end - f.p), e) != 0 ? -1 : 0;
        if (rc == 0 && f.quoted) {
            b.n = kc_columns_unquote(b.p, b.n);
        } else if (rc == 0 && c->escapes == KC_ESCAPES_COPY && has_escapes(c, &f)) {
            size_t n = kc_lines_unescape(b.p, b.n);
            b.n = n == SIZE_MAX ? b.n : n;
        }
        if (rc == 0)
            rc = kc_strs_add(fields, b.p, b.n, e);
        p = f.after;
        if (rc != 0 || p == end)
            break;
    }
    kc_buf_free(&b);
    return rc;
}

/* Find the field of a column in the record [p, end), which is good. */
static struct kc_field field_of(const struct kc_columns *c, const char *p, const char *end, size_t column)
{
    struct kc_field f = {p, p, p, 0};
    char msg[512];
    for (size_t i = 0; i <= column; i++, p = f.after + 1)
        if (p > end || kc_columns_field(c, p, end, i, &f, msg) != 0)
            return (struct kc_field){end, end, end, 0};
    return f;
}

int kc_columns_value(const struct kc_columns *c, const struct kc_field *f, const char *none, struct kc_buf *out,
                     struct kc_err *e)
{
    const char *bad;
    size_t n = (size_t)(f->end - f->p), from = out->n;
    if (n == 0 || (c->escapes == KC_ESCAPES_COPY && n == 2 && memcmp(f->p, "\\N", 2) == 0))
        return kc_buf_adds(out, none, e);
    if (kc_buf_add(out, f->p, n, e) != 0 || kc_buf_reserve(out, KC_NUM_PAD, e) != 0)
        return -1;
    memset(out->p + out->n, 0, KC_NUM_PAD);
    if (!f->quoted && c->escapes == KC_ESCAPES_UNKNOWN && memchr(f->p, '\\', n))
        return 1;
    if (!f->quoted && kc_num_skip(out->p + from, &bad) == out->p + out->n)
        return 0;
    char *copy = kc_mem_alloc(n, 1, e);
    if (!copy)
        return -1;
    memcpy(copy, f->p, n);
    n = f->quoted ? kc_columns_unquote(copy, n) : n;
    if (!f->quoted && c->escapes == KC_ESCAPES_COPY && memchr(copy, '\\', n)) {
        size_t plain = kc_lines_unescape(copy, n);
        n = plain == SIZE_MAX ? n : plain;
    }
    out->n = from;
    int rc = kc_jsonw_quote(out, copy, n, e);
    kc_mem_free(copy);
    return rc;
}

int kc_columns_attrs(const struct kc_columns *c, const char *p, const char *end, struct kc_buf *tmp,
                     struct kc_strs *out, struct kc_text_row *r, struct kc_err *e)
{
    for (size_t i = 0; i < c->nattr; i++) {
        struct kc_field f = field_of(c, p, end, c->attr[i]);
        tmp->n = 0;
        int rc = kc_columns_value(c, &f, "", tmp, e);
        if (rc > 0)
            return kc_columns_unclear(r, c->attr[i]) != 0;
        if (rc < 0 || kc_strs_add(out, tmp->n ? tmp->p : "", tmp->n, e) != 0)
            return -1;
    }
    return 0;
}

void kc_table_sample_free(struct kc_table_sample *s)
{
    for (size_t i = 0; i < KC_SAMPLE; i++)
        kc_strs_free(&s->rec[i]);
    s->n = 0;
}

int kc_table_sample_read(struct kc_table_sample *s, const struct kc_columns *c, const char *p, const char *end,
                         int whole, struct kc_err *e)
{
    char msg[512];
    s->damaged = 0;
    for (s->n = 0; s->n < KC_SAMPLE && p < end;) {
        struct kc_strs *rec = &s->rec[s->n];
        const char *q = c->multiline ? kc_cut_end(p, end, c->sep) : memchr(p, '\n', (size_t)(end - p)), *from = p;
        q = q ? q : end;
        if (q == end && !whole)
            return 0;
        p = q < end ? q + 1 : q;
        q -= q > from && q[-1] == '\r';
        const char *blank = from;
        while (blank < q && *blank == ' ')
            blank++;
        if (blank == q)
            continue;
        int rc = kc_columns_split(c, from, q, rec, msg, e);
        s->damaged += rc > 0;
        if (rc < 0 || (rec->n == 0 && kc_strs_add(rec, "", 0, e) != 0) ||
            kc_buf_reserve(&rec->bytes, KC_NUM_PAD, e) != 0)
            return -1;
        memset(rec->bytes.p + rec->bytes.n, 0, KC_NUM_PAD);
        s->n++;
    }
    return s->n == KC_SAMPLE || whole;
}
