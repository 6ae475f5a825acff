/* The JSON reader. Records come one per line, or are the elements of an array, which split.h cuts out. Fields and
 * dimension are decided by the first good record, before any other thread sees its slot. The records before it are bad:
 * the worker parses them once more to report why. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/formats/formats.h"
#include "in/formats/record.h"
#include "in/formats/split.h"
#include "in/formats/text.h"

struct jsonl_state {
    int by_line;
    struct kc_cut cut;
    struct kc_split split;
};

static int begin_jsonl(struct kc_feed *f, struct kc_err *e)
{
    const char *pointer = f->o->records ? f->o->records : "";
    struct jsonl_state *st = kc_mem_zalloc(1, sizeof *st, e);
    if (!st)
        return -1;
    f->state = st;
    st->by_line = !f->o->records && !f->array;
    return st->by_line ? 0 : kc_split_init(&st->split, pointer, f->o->max_line, f->line0 + 1, e);
}

static void end_jsonl(struct kc_feed *f)
{
    struct jsonl_state *st = f->state;
    kc_split_free(&st->split);
}

/* Skip the blanks at p. */
static const char *skip_line_blanks(const char *p, const char *stop)
{
    while (p < stop && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

/* Find the next record of the slot from *at on, and NUL-terminate its text in place. Return 1 and its span, 0 if there
 * is none. *line counts the lines of the slot so far. */
static int next_record(struct kc_slot *s, size_t *at, uint64_t *line, struct kc_span *span)
{
    if (!s->whole_lines) {
        if (*at == s->nspans)
            return 0;
        *span = s->spans[(*at)++];
        return 1;
    }
    while (*at < s->buf.n) {
        char *p = s->buf.p + *at, *nl = memchr(p, '\n', s->buf.n - *at), *stop = nl ? nl : s->buf.p + s->buf.n;
        size_t off = *at;
        *at = (size_t)(stop - s->buf.p) + (nl != NULL);
        ++*line;
        if (skip_line_blanks(p, stop) == stop)
            continue;
        *stop = '\0'; /* there is room after the last line */
        *span = (struct kc_span){off, (size_t)(stop - p), *line, 0};
        return 1;
    }
    return 0;
}

/* Parse the record at the span. */
static int parse_record(const struct kc_slot *s, const struct kc_span *span, const struct kc_fields *fields,
                        struct kc_record *r)
{
    const char *p = s->buf.p + span->off;
    r->unit = s->whole_lines ? "line" : "record";
    r->column = span->column;
    r->floor = s->buf.p;
    return kc_record_parse(p, p + span->n, fields, r);
}

/* Decide the fields and the dimension by the first good record of the slot, if there is one. This happens before any
 * other thread sees the slot. */
static void decide_fields(struct kc_feed *f, struct kc_slot *s)
{
    struct kc_span span;
    size_t at = 0;
    uint64_t line = 0;
    while (next_record(s, &at, &line, &span)) {
        struct kc_fields fields = f->given;
        struct kc_record r = {.row = NULL};
        char *p = s->buf.p + span.off;
        kc_fields_guess(&fields, p, p + span.n, !s->whole_lines);
        int good = span.n <= f->o->max_line && parse_record(s, &span, &fields, &r) == 0;
        if (s->whole_lines && span.off + span.n < s->buf.n)
            p[span.n] = '\n'; /* decoding must find the lines again */
        if (good) {
            f->fields = fields;
            f->decided = 1;
            if (f->d == 0) {
                f->d = r.count;
                f->d_name = f->name;
            }
            return;
        }
        s->undecided++;
        if (!f->o->skip_bad)
            return;
    }
}

/* Fill the slot with the next elements of the array. */
static int fill_elements(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct jsonl_state *st = f->state;
    struct kc_split *sp = &st->split;
    size_t start = 0; /* start of the element that is not complete */
    while (start < f->block && s->nspans < KC_SLOT_SPANS) {
        if (f->carry_at == f->carry.n && kc_feed_peek(f, f->block, e) != 0)
            return -1;
        if (f->carry_at == f->carry.n) {
            *eof = s->nspans == 0;
            if (*eof && (kc_feed_broken(f, e) != 0 || kc_split_end(sp, f->name, e) != 0))
                return -1;
            break;
        }
        struct kc_err fault = KC_ERR_INIT;
        const char *p = f->carry.p + f->carry_at;
        enum kc_split_event ev = kc_split_next(sp, &p, f->carry.p + f->carry.n, &s->buf, start, f->name, &fault);
        f->carry_at = (size_t)(p - f->carry.p);
        if (ev == KC_SPLIT_FAULT && sp->near_end && !f->src_eof) { /* again, with more bytes in view to name it */
            if (kc_feed_peek(f, KC_SPLIT_LOOK, e) != 0)
                return -1;
        } else if (ev == KC_SPLIT_FAULT) { /* end the input here, once the records before are done */
            f->broken = fault;
            f->carry_at = f->carry.n;
            f->src_eof = 1;
        } else if (ev == KC_SPLIT_TOO_LONG) {
            s->overlong = 1;
            s->overlong_line = sp->element_line;
            f->stop = !f->o->skip_bad;
            break;
        } else if (ev == KC_SPLIT_RECORD) {
            struct kc_span span = {start, s->buf.n - start, sp->element_line, sp->element_column};
            if (kc_buf_addc(&s->buf, '\0', e) != 0)
                return -1;
            if (kc_slot_span(s, &span) != 0) {
                *e = s->err;
                return -1;
            }
            start = s->buf.n;
        }
    }
    if (kc_buf_reserve(&s->buf, KC_NUM_PAD, e) != 0)
        return -1;
    memset(s->buf.p + s->buf.n, 0, KC_NUM_PAD);
    return 0;
}

static int fill_jsonl_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct jsonl_state *st = f->state;
    if ((st->by_line ? kc_cut_fill(f, s, &st->cut, eof, e) : fill_elements(f, s, eof, e)) != 0)
        return -1;
    if (!*eof && !f->decided)
        decide_fields(f, s);
    s->fields = &f->fields;
    return 0;
}

/* Append the record's attributes to the slot's. Return 1; 0 if one is not of its required kind and the record meets the
 * conditions; -1 if memory is short. */
static int append_attrs(struct kc_slot *s, const struct kc_span *span, struct kc_record *r)
{
    const char *p = s->buf.p + span->off;
    const struct kc_in_opts *o = s->o;
    size_t first = s->attrs.n;
    if (kc_attrs_take(s->want, p, p + span->n, r->vec, r->vec_end, &s->attrs, &s->err) != 0)
        return -1;
    if (!o->kinds || s->want->n == 0)
        return 1;
    int rc = kc_where_all(s->where, s->nwhere, &s->attrs, first + o->nattrs, &s->check, &s->err);
    return rc <= 0 ? (rc < 0 ? -1 : 1) :
           kc_attrs_check(o->attrs, o->kinds, o->nattrs, &s->attrs, first, &s->check, r->msg, sizeof r->msg, &s->err);
}

/* Decode one record into the slot: row, term, attributes and compact copy. Return 1; 0 if the record is bad, with the
 * reason in r->msg; -1 if memory is short. */
static int decode_record(struct kc_slot *s, const struct kc_span *span, const struct kc_fields *fields,
                         struct kc_record *r)
{
    const char *p = s->buf.p + span->off;
    if (parse_record(s, span, fields, r) != 0)
        return 0;
    s->tmp.n = 0;
    if (r->term_kind && r->term.escaped) {
        int rc = kc_json_decode(&r->term, &s->tmp, &s->err);
        if (rc < 0)
            return -1;
        if (rc > 0) {
            snprintf(r->msg, sizeof r->msg, "%s has a lone surrogate, which UTF-8 cannot write", fields->term.name);
            return 0;
        }
    }
    size_t attrs = s->attrs.n;
    int rc = append_attrs(s, span, r);
    if (rc > 0 && kc_slot_check(s, kc_fields_subject(fields), r->msg, sizeof r->msg) != 0)
        rc = 0;
    if (rc <= 0) {
        kc_strs_cut(&s->attrs, attrs);
        return rc;
    }
    if (r->term_kind && (r->term.escaped ? kc_strs_add(&s->terms, s->tmp.p, s->tmp.n, &s->err)
                                         : kc_strs_add(&s->terms, r->term.p, r->term.n, &s->err)) != 0)
        return -1;
    if (s->o->want_raw && !fields->bare) {
        s->tmp.n = 0;
        if (kc_record_raw(p, p + span->n, fields, &s->tmp, &s->err) != 0 ||
            kc_strs_add(&s->raws, s->tmp.p, s->tmp.n, &s->err) != 0)
            return -1;
    }
    return 1;
}

/* Decode the slot's records. */
static void decode_jsonl_piece(struct kc_slot *s)
{
    size_t at = 0;
    struct kc_span span;
    struct kc_fields local;
    for (; next_record(s, &at, &s->lines, &span); s->records++) {
        const struct kc_fields *fields = s->fields;
        struct kc_record r = {.row = kc_slot_row(s), .d = s->d, .d_from = s->d_from};
        int rc = 0;
        if (!r.row)
            return;
        if (s->records < s->undecided) { /* a bad record: parse it as it was when nothing was decided */
            const char *p = s->buf.p + span.off;
            local = *s->given;
            kc_fields_guess(&local, p, p + span.n, !s->whole_lines);
            fields = &local;
            r.d = 0;
        }
        if (span.n > s->o->max_line)
            snprintf(r.msg, sizeof r.msg, "longer than %llu bytes; --max-line raises the limit",
                     (unsigned long long)s->o->max_line);
        else if (fields->bare && s->o->want_raw)
            snprintf(r.msg, sizeof r.msg, "the record is an array: --annotate needs objects");
        else if (fields->bare && s->want->n > 0)
            snprintf(r.msg, sizeof r.msg, "the record is an array, so it has no field '%s'", s->want->path[0].name);
        else
            rc = decode_record(s, &span, fields, &r);
        if (rc < 0 || (rc == 0 && !kc_slot_bad(s, span.line + (s->whole_lines ? 0 : r.lines), r.msg)))
            return;
    }
    s->has_terms = s->n > 0 && s->fields->want_term && !s->fields->bare;
}

const struct kc_reader kc_reader_jsonl = {
    .format = KC_IN_JSONL, .has_fields = 1, .begin = begin_jsonl, .fill = fill_jsonl_piece, .work = decode_jsonl_piece,
    .end = end_jsonl};
