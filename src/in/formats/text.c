/* Rows of text: what the formats other than JSON share. The reader decides the dimension by the first good row of a
 * file; workers parse the rows of a piece with the parser of the format. */
#include "in/formats/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "in/piece/dims.h"
#include "in/piece/feed.h"
#include "in/piece/slot.h"
#include "io/lines.h"

int kc_text_bad_number(struct kc_text_row *r, const char *what, size_t no, const char *p, const char *end)
{
    char shown[KC_TEXT_SHOWN];
    float x;
    const char *colon = memchr(p, ':', (size_t)(end - p));
    if (p == end)
        snprintf(r->msg, sizeof r->msg, "%s %zu is empty, expected a number", what, no);
    else if (kc_text_number(p, end, &x) == KC_NUM_RANGE)
        snprintf(r->msg, sizeof r->msg, "%s %zu is %s, beyond the range of float32", what, no,
                 kc_text_show(shown, p, end));
    else if (colon && kc_text_number(p, colon, &x) == KC_NUM_OK && kc_text_number(colon + 1, end, &x) == KC_NUM_OK)
        snprintf(r->msg, sizeof r->msg, "%s %zu is %s, expected a number: sparse vectors are not read", what, no,
                 kc_text_show(shown, p, end));
    else
        snprintf(r->msg, sizeof r->msg, "%s %zu is %s, expected a number", what, no, kc_text_show(shown, p, end));
    return -1;
}

int kc_text_bad_count(struct kc_text_row *r)
{
    int n;
    if (r->count > KC_MAX_DIM)
        return snprintf(r->msg, sizeof r->msg, "the vector has %zu numbers, more than the limit of %zu",
                        r->count, KC_MAX_DIM), -1;
    n = snprintf(r->msg, sizeof r->msg, "the vector has %zu number%s, expected %zu", r->count,
                 r->count == 1 ? "" : "s", r->d);
    if (r->d_from)
        snprintf(r->msg + n, sizeof r->msg - (size_t)n, " as in %s", r->d_from);
    return -1;
}

int kc_text_next(const struct kc_slot *s, size_t *at, uint64_t *line, struct kc_span *span)
{
    const char *end = s->buf.p + s->buf.n;
    while (*at < s->buf.n) {
        const char *p = s->buf.p + *at, *stop, *q;
        if (s->columns.multiline)
            stop = kc_cut_end(p, end, s->columns.sep);
        else if (!(stop = memchr(p, '\n', (size_t)(end - p))))
            stop = end;
        *span = (struct kc_span){*at, (size_t)(stop - p), *line + 1, 0, 0, 0};
        *at = (size_t)(stop - s->buf.p) + (stop < end);
        ++*line;
        for (q = p; s->columns.multiline && (q = memchr(q, '\n', (size_t)(stop - q))) != NULL; q++)
            ++*line;
        if (span->n > 0 && p[span->n - 1] == '\r')
            span->n--;
        for (q = p; q < p + span->n && *q == ' '; q++)
            ;
        if (q < p + span->n)
            return 1;
    }
    return 0;
}

/* Return 1, with the message, if the record is longer than --max-line. */
static int is_too_long(const struct kc_slot *s, const struct kc_span *span, struct kc_text_row *r)
{
    if (span->n <= s->o->max_line)
        return 0;
    snprintf(r->msg, sizeof r->msg, "longer than %llu bytes; --max-line raises the limit",
             (unsigned long long)s->o->max_line);
    return 1;
}

/* Return 1, with the reason in r->msg, if the term is not UTF-8 or holds NUL. */
static int has_bad_bytes(struct kc_text_row *r)
{
    const char *p = r->term, *bad = r->how == KC_TERM_NONE ? NULL : kc_utf8_bad(p, p + r->term_n);
    if (!bad && r->how != KC_TERM_NONE)
        bad = memchr(p, '\0', r->term_n);
    if (!bad)
        return 0;
    snprintf(r->msg, sizeof r->msg, "its term %s: byte 0x%02x at column %zu", *bad ? "is not UTF-8" : "holds NUL",
             (unsigned char)*bad, (size_t)(bad - p) + 1);
    return 1;
}

/* Append the row's term to the slot's, decoded. Return 1 if it is bad, -1 if memory is short. */
static int append_term(struct kc_slot *s, struct kc_text_row *r)
{
    const char *p = r->term;
    size_t n = r->term_n;
    if (has_bad_bytes(r))
        return 1;
    if (r->how != KC_TERM_PLAIN) {
        s->tmp.n = 0;
        if (kc_buf_add(&s->tmp, p, n, &s->err) != 0)
            return -1;
        p = s->tmp.p;
    }
    if (r->how == KC_TERM_ESCAPED) {
        n = kc_lines_unescape(s->tmp.p, n);
        if (n == SIZE_MAX) {
            snprintf(r->msg, sizeof r->msg, "its term has an escape that is none of \\t \\n \\r \\\\ \\xHH");
            return 1;
        }
    } else if (r->how == KC_TERM_QUOTED) {
        n = kc_columns_unquote(s->tmp.p, n);
    }
    return s->given->want_term ? kc_strs_add(&s->terms, p, n, &s->err) : 0;
}

int kc_text_term(struct kc_slot *s, struct kc_text_row *r)
{
    int rc = r->how == KC_TERM_NONE ? 0 : append_term(s, r);
    s->n -= rc != 0;
    return rc;
}

int kc_text_vote(struct kc_feed *f, const struct kc_columns *c, int header, kc_text_parse *parse, struct kc_err *e)
{
    struct kc_dim_votes votes = {.n = 0};
    struct kc_span span;
    if (f->d != 0 || !f->o->skip_bad || f->o->prompt)
        return 0;
    while (!f->src_eof && f->carry.n - f->carry_at < KC_DIM_BYTES)
        if (kc_feed_more(f, KC_DIM_BYTES, e) != 0)
            return -1;
    struct kc_slot *s = kc_mem_zalloc(1, sizeof *s, e);
    if (!s || kc_buf_reserve(&f->carry, KC_NUM_PAD, e) != 0) {
        kc_mem_free(s);
        return -1;
    }
    memset(f->carry.p + f->carry.n, 0, KC_NUM_PAD);
    s->o = f->o;
    s->columns = *c;
    s->buf.p = f->carry.p + f->carry_at;
    s->buf.n = f->carry.n - f->carry_at < KC_DIM_BYTES ? f->carry.n - f->carry_at : KC_DIM_BYTES;
    size_t at = 0;
    uint64_t line = 0;
    for (int rows = -header; rows < KC_DIM_ROWS && kc_text_next(s, &at, &line, &span); rows++) {
        const char *p = s->buf.p + span.off;
        struct kc_text_row r = {.row = NULL, .floor = s->buf.p};
        if (at == s->buf.n && (!f->src_eof || s->buf.n == KC_DIM_BYTES)) /* it may go on */
            break;
        if (rows >= 0 && !is_too_long(s, &span, &r) && parse(&s->columns, p, p + span.n, &r) == 0 && !has_bad_bytes(&r))
            kc_dim_vote(&votes, r.count);
    }
    kc_mem_free(s);
    f->d = kc_dim_most(&votes);
    f->d_name = f->d ? f->name : f->d_name;
    return 0;
}

void kc_text_decide(struct kc_feed *f, struct kc_slot *s, kc_text_parse *parse)
{
    struct kc_span span;
    size_t at = 0, skip = s->before;
    uint64_t line = s->lines;
    s->o = f->o;
    while (f->d == 0 && kc_text_next(s, &at, &line, &span)) {
        const char *p = s->buf.p + span.off;
        struct kc_text_row r = {.row = NULL, .floor = s->buf.p};
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!is_too_long(s, &span, &r) && parse(&s->columns, p, p + span.n, &r) == 0 && !has_bad_bytes(&r)) {
            f->d = r.count;
            f->d_name = f->name;
            return;
        }
        s->before++;
        int on = kc_slot_bad(s, span.line, r.msg);
        s->records++;
        if (!on)
            return;
    }
}

/* Append the row's attributes to the slot's. Return 1 if one is not of its required kind and the row meets the
 * conditions, -1 if memory is short. */
static int append_attrs(struct kc_slot *s, const char *p, const char *end, struct kc_text_row *r)
{
    const struct kc_in_opts *o = s->o;
    size_t first = s->attrs.n;
    if (s->columns.nattr == 0)
        return 0;
    int rc = kc_columns_attrs(&s->columns, p, end, &s->tmp, &s->attrs, r, &s->err);
    if (rc != 0 || !o->kinds)
        return rc;
    rc = kc_where_all(s->where, s->nwhere, &s->attrs, first + o->nattrs, &s->check, &s->err);
    if (rc <= 0)
        return rc;
    rc = kc_attrs_check(o->attrs, o->kinds, o->nattrs, &s->attrs, first, &s->check, NULL, NULL, r->msg, sizeof r->msg,
                        &s->err);
    return rc < 0 ? -1 : rc == 0;
}

void kc_text_work(struct kc_slot *s, kc_text_parse *parse)
{
    size_t at = 0, skip = s->before;
    struct kc_span span;
    if (s->nbads > 0 && !s->o->skip_bad)
        return;
    while (kc_text_next(s, &at, &s->lines, &span)) {
        const char *p = s->buf.p + span.off;
        struct kc_text_row r = {.d = s->d, .d_from = s->d_from, .floor = s->buf.p};
        int rc = 1;
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!(r.row = kc_slot_row(s)))
            return;
        if (!is_too_long(s, &span, &r) && parse(&s->columns, p, p + span.n, &r) == 0)
            rc = append_attrs(s, p, p + span.n, &r);
        if (rc == 0 && s->columns.keep)
            rc = kc_columns_copy(&s->columns, p, p + span.n, &s->tmp, &s->raws, &r, &s->err);
        if (rc == 0)
            rc = kc_slot_check(s, "the vector", r.msg, sizeof r.msg) != 0;
        if (rc == 0)
            rc = kc_text_term(s, &r);
        if (rc != 0) {
            kc_strs_cut(&s->attrs, s->n * s->columns.nattr);
            kc_strs_cut(&s->raws, s->columns.keep ? s->n : 0);
        }
        if (rc < 0 || (rc > 0 && !kc_slot_bad(s, span.line, r.msg)))
            return;
        s->records++;
    }
    s->has_terms = s->n > 0 && s->given->want_term && !s->columns.words &&
                   (s->columns.sep == '\0' || s->columns.term != SIZE_MAX);
}
