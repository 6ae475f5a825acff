/* Parse records with columns: csv as in RFC 4180, and tsv as kclust and PostgreSQL's COPY write it, or with csv's
 * quotes. Runs of numbers go through kc_num_listed, several at a time; a field that it does not accept is parsed alone,
 * and gives the message if it is bad. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/formats/text.h"
#include "in/piece/opts.h"
#include "io/lines.h"

/* A field as it is written in the record. */
struct field {
    const char *p, *end; /* without its quotes */
    const char *after;  /* the separator after it, or the record's end */
    int quoted;
};

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

/* Find the field at p. Return -1, with the reason in msg, if its quotes are damaged; in tsv they are then ordinary
 * text. */
static int find_field(const struct kc_columns *c, const char *p, const char *end, size_t column, struct field *f,
                      char msg[512])
{
    f->quoted = p < end && *p == '"';
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
    }
    f->p = p;
    f->after = memchr(p, c->sep, (size_t)(end - p));
    f->after = f->after ? f->after : end;
    f->end = f->after;
    return 0;
}

/* Parse the vector `[1,2,3]` in the field at p, quoted or not; *after is set to the field's end. */
static int parse_brackets(const struct kc_columns *c, const char *p, const char *end, size_t column,
                          struct kc_text_row *r, const char **after)
{
    static const struct kc_num_list listed = {',', ']'};
    float beyond[64];
    int quoted = *p == '"';
    const char *q = p + quoted + 1;
    enum kc_num_status st;
    if (!quoted && c->sep == ',') {
        snprintf(r->msg, sizeof r->msg, "column %zu begins with '[': in csv a vector in brackets stands in quotes",
                 column + 1);
        return -1;
    }
    r->count = 0;
    while (*q == ' ')
        q++;
    for (;;) {
        float *to = r->count < r->d ? r->row + r->count : beyond;
        size_t room = r->count < r->d ? r->d - r->count : sizeof beyond / sizeof beyond[0];
        r->count += kc_num_listed(&q, r->floor, to, room, &listed, &st);
        if (st != KC_NUM_OK) {
            const char *stop = q;
            float x;
            while (stop < end && *stop != ',' && *stop != ']' && *stop != '"')
                stop++;
            if (stop == end || kc_text_number(q, stop, &x) != KC_NUM_OK)
                return kc_text_bad_number(r, "number", r->count + 1, q, stop);
            if (r->count < r->d)
                r->row[r->count] = x;
            r->count++;
            q = stop;
        }
        if (*q != ',')
            break;
        q++;
        while (*q == ' ')
            q++;
    }
    if (q >= end || *q != ']') {
        snprintf(r->msg, sizeof r->msg, "column %zu: number %zu is followed by %s, expected ',' or ']'", column + 1,
                 r->count, q < end ? "something else" : "the line's end");
        return -1;
    }
    q++;
    if (q > end || (quoted && (q == end || *q++ != '"')) || (q < end && *q != c->sep)) {
        snprintf(r->msg, sizeof r->msg, "column %zu continues after the ']' of its vector", column + 1);
        return -1;
    }
    *after = q;
    return r->count > KC_MAX_DIM || (r->d > 0 && r->count != r->d) ? kc_text_bad_count(r) : 0;
}

/* Parse the single number in the field at p, which may be written otherwise than in JSON. */
static int parse_number(const struct kc_columns *c, const char *p, const char *end, size_t column, float *out,
                        struct kc_text_row *r, const char **after)
{
    struct field f;
    if (find_field(c, p, end, column, &f, r->msg) != 0)
        return -1;
    *after = f.after;
    if (kc_text_number(f.p, f.end, out) == KC_NUM_OK)
        return 0;
    const char *q = f.p;
    while (q < f.end && *q == ' ')
        q++;
    if (q < f.end && (*q == '[' || *q == '{')) {
        snprintf(r->msg, sizeof r->msg, *q == '[' ? "column %zu is a vector in brackets, expected a number" :
                 "column %zu is in braces, expected a number: sparse vectors are not read", column + 1);
        return -1;
    }
    return kc_text_bad_number(r, "column", column + 1, f.p, f.end);
}

/* Return 1 if the column holds a number of the vector. */
static int is_number_column(const struct kc_columns *c, size_t column)
{
    return column >= c->first && column <= c->last && column != c->term;
}

/* Parse numbers from column *column on, as many as follow each other; *pp moves after the last. */
static int parse_numbers(const struct kc_columns *c, const char **pp, const char *end, size_t *column,
                         struct kc_text_row *r)
{
    const struct kc_num_list list = {c->sep, '\n'};
    const char *p = *pp, *q = p;
    size_t run = (c->term > *column && c->term <= c->last ? c->term : c->last + 1) - *column;
    enum kc_num_status st = KC_NUM_SYNTAX;
    float one;
    while (*q == ' ')
        q++;
    size_t n = r->row ? kc_num_listed(&q, r->floor, r->row + r->count, run, &list, &st) : 0;
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
    if (parse_number(c, q, end, *column, r->row ? r->row + r->count : &one, r, pp) != 0)
        return -1;
    ++*column;
    r->count++;
    return 0;
}

/* Report a wrong number of columns. */
static int report_bad_columns(const struct kc_columns *c, const char *p, const char *end, size_t column,
                              struct kc_text_row *r)
{
    struct field f;
    for (; p < end; column++) { /* p is at a separator */
        if (find_field(c, p + 1, end, column, &f, r->msg) != 0)
            return -1;
        p = f.after;
    }
    snprintf(r->msg, sizeof r->msg, "%zu column%s, expected %zu", column, column == 1 ? "" : "s", c->count);
    return -1;
}

int kc_columns_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r)
{
    size_t column = 0;
    r->how = KC_TERM_NONE;
    r->count = 0;
    for (;; p++) {
        struct field f;
        if (is_number_column(c, column) && c->first == c->last && (*p == '[' || (*p == '"' && p[1] == '['))) {
            if (parse_brackets(c, p, end, column, r, &p) != 0)
                return -1;
            column++;
        } else if (is_number_column(c, column)) {
            if (parse_numbers(c, &p, end, &column, r) != 0)
                return -1;
        } else {
            if (find_field(c, p, end, column, &f, r->msg) != 0)
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
                r->how = f.quoted ? KC_TERM_QUOTED : !c->multiline && memchr(f.p, '\\', r->term_n) ? KC_TERM_ESCAPED :
                         KC_TERM_PLAIN;
            }
            column++;
            p = f.after;
        }
        if (p == end || column == c->count)
            break;
    }
    if (p < end || column < c->count)
        return report_bad_columns(c, p, end, column, r);
    if (r->how != KC_TERM_NONE && (r->term_n == 0 || (r->how == KC_TERM_ESCAPED && r->term_n == 2 &&
                                                      memcmp(r->term, "\\N", 2) == 0))) {
        snprintf(r->msg, sizeof r->msg, "column %zu is %s, expected a term", c->term + 1,
                 r->term_n ? "null" : "empty");
        return -1;
    }
    return r->d > 0 && r->count != r->d ? kc_text_bad_count(r) : 0;
}

int kc_columns_split(const struct kc_columns *c, const char *p, const char *end, struct kc_strs *fields, char msg[512],
                     struct kc_err *e)
{
    struct kc_buf b = {NULL, 0, 0};
    int rc = 0;
    kc_strs_clear(fields);
    for (;; p++) {
        struct field f;
        rc = find_field(c, p, end, fields->n, &f, msg) != 0;
        if (rc != 0)
            break;
        b.n = 0;
        rc = kc_buf_add(&b, f.p, (size_t)(f.end - f.p), e) != 0 ? -1 : 0;
        if (rc == 0 && f.quoted) {
            size_t o = 0;
            for (size_t i = 0; i < b.n; i++) {
                b.p[o++] = b.p[i];
                i += b.p[i] == '"';
            }
            b.n = o;
        } else if (rc == 0 && !c->multiline && memchr(f.p, '\\', (size_t)(f.end - f.p))) {
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
