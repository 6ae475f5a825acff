/* The JSON reader. Records come one per line, or split.h cuts them out of larger texts; shape.h says where they are.
 * Fields and dimension are decided by the first good record, before any other thread sees its slot. The records before
 * it are bad: the worker parses them once more to report why.
 *
 * Vectors in an array may have their terms in another array beside it, before or after. So the input is read twice
 * then: first for the terms, by a splitter of its own, then for the vectors. What cannot be read twice is kept in
 * memory. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/formats/formats.h"
#include "in/formats/record.h"
#include "in/formats/shape.h"
#include "in/formats/split.h"
#include "in/formats/text.h"
#include "in/piece/dims.h"

#define STEP ((size_t)65536) /* bytes that are looked at first */

struct jsonl_state {
    struct kc_shape shape;
    int by_line;
    int wrapped; /* the splitter makes records {"term": ..., "vec": ...} */
    struct kc_cut cut;
    struct kc_split split;
    struct kc_split_sides sides; /* what stands beside the vectors */
};

/* The fields of the records that the splitter makes, without and with terms. */
static const struct kc_fields wrapped_fields[2] = {
    {.vec = {.name = "vec", .text = "vec", .off = {0, 3}, .n = 1}},
    {.term = {.name = "term", .text = "term", .off = {0, 4}, .n = 1},
     .vec = {.name = "vec", .text = "vec", .off = {0, 3}, .n = 1},
     .want_term = 1}};

/* Return 1 if the fields are of records that the splitter makes. */
static int is_wrapped(const struct kc_fields *f)
{
    return f == &wrapped_fields[0] || f == &wrapped_fields[1];
}

/* Return the fields of the records that the splitter makes. */
static const struct kc_fields *fields_of_wrapped(const struct jsonl_state *st)
{
    return &wrapped_fields[st->split.want_term && (st->sides.terms || st->shape.kind == KC_SHAPE_MAP)];
}

/* Determine the shape of the input by its beginning: by its first value, or if that is long by its first 64 KiB, or
 * twice as much, and so on. So it does not matter in what pieces the bytes arrive. */
static int find_shape(struct kc_feed *f, struct kc_shape *shape, struct kc_err *e)
{
    for (size_t most = STEP, tried = 0;;) {
        if (kc_buf_reserve(&f->carry, KC_NUM_PAD, e) != 0)
            return -1;
        char *p = f->carry.p + f->carry_at;
        size_t n = f->carry.n - f->carry_at, view = n < most ? n : most;
        int whole = f->src_eof && view == n, rc = 0;
        memset(f->carry.p + f->carry.n, 0, KC_NUM_PAD);
        /* a text that arrives in small pieces is not looked at again for each of them */
        if (view == most || whole || n >= tried + tried / 2 || !kc_source_ready(f->src)) {
            char after = p[view];
            p[view] = '\0';
            rc = kc_shape_find(p, p + view, whole, f->o->records, f->o->vec_field, shape);
            p[view] = after;
            tried = n;
        }
        if (rc == 1 || (rc == 2 && (view == most || whole)) || whole || view > f->o->max_line)
            return 0;
        most *= view == most ? 2 : 1;
        if (n < most && kc_feed_more(f, n < STEP ? STEP : n, e) != 0)
            return -1;
    }
}

/* Skip the blanks at p. */
static const char *skip_line_blanks(const char *p, const char *stop)
{
    while (p < stop && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

/* Return 1 if a record may be a vector and nothing else, 2 if it is one as numpy prints it. */
static int bare_ok(const struct jsonl_state *st)
{
    if (st->shape.printed)
        return 2;
    return st->shape.keyed ? 0 :
           st->shape.bare || st->shape.kind == KC_SHAPE_ARRAY || (st->shape.kind == KC_SHAPE_MAP && !st->wrapped);
}

/* Pass [p, end) to the splitter that collects terms. */
static int list_terms(struct kc_split *sp, const char *p, const char *end, const char *file, struct kc_err *e)
{
    enum kc_split_event ev = KC_SPLIT_MORE;
    struct kc_buf nothing = {NULL, 0, 0};
    while (p < end && (ev = kc_split_next(sp, &p, end, &nothing, 0, file, e)) == KC_SPLIT_TOO_LONG)
        ;
    return ev == KC_SPLIT_FAULT ? -1 : 0;
}

/* Collect the terms beside the vectors from the whole input. What is no JSON ends the collection: it is reported when
 * the reading comes to it. */
static int collect_terms(struct kc_feed *f, struct kc_split *sp, struct kc_err *e)
{
    int again = kc_source_size(f->path) > 0, rc;
    struct kc_source *src = NULL;
    struct kc_buf b = {NULL, 0, 0};
    size_t got = 1;
    if (!again) {
        uint64_t most = f->o->max_memory ? f->o->max_memory : UINT64_MAX;
        while (!f->src_eof && f->carry.n - f->carry_at <= most)
            if (kc_feed_more(f, f->carry.n - f->carry_at + STEP, e) != 0)
                return -1;
        if (!f->src_eof)
            return kc_err_at(e, KC_ESYS, f->name, 0,
                             "has its terms beside its vectors, so all of it must be in "
                             "memory, which --max-memory does not allow; from a file it is read twice");
        return list_terms(sp, f->carry.p + f->carry_at, f->carry.p + f->carry.n, f->name, e);
    }
    sp->line = 1; /* from the file's beginning */
    rc = kc_source_open(&src, f->path, e) != 0 || kc_buf_reserve(&b, f->block, e) != 0 ? -1 : 0;
    for (int first = 1; rc == 0 && got > 0; first = 0) {
        struct kc_err late = KC_ERR_INIT;
        if (kc_source_read(src, b.p, f->block, &got, &late) != 0)
            break;
        const char *p = b.p, *end = b.p + got;
        p += first && got >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        rc = list_terms(sp, p, end, f->name, e);
    }
    kc_source_free(src);
    kc_buf_free(&b);
    return rc;
}

/* Read what stands beside the vectors into st->sides: the terms, and if options name fields all of it. */
static int read_sides(struct kc_feed *f, struct jsonl_state *st, struct kc_err *e)
{
    struct kc_split sp;
    struct kc_err bad = KC_ERR_INIT;
    if (kc_split_init(&sp, st->shape.pointer, f->o->max_line, f->line0 + 1, e) != 0)
        return -1;
    st->sides.term_name = f->o->term_field;
    st->sides.no_terms = !f->given.want_term;
    st->sides.all = f->o->want_raw || (!f->o->metadata && (f->o->nattrs > 0 || f->o->nwhere > 0));
    st->sides.wanted = f->o->attrs;
    st->sides.nwanted = f->o->metadata ? 0 : f->o->nattrs;
    sp.sides = &st->sides;
    sp.kind = st->split.kind;
    sp.list = 1;
    sp.only = !f->o->records && sp.kind == KC_SPLIT_ARRAY;
    int rc = collect_terms(f, &sp, &bad);
    int damaged = rc != 0 && bad.code == KC_EINPUT && sp.state != KC_SPLIT_TOP && !sp.listing;
    if (rc != 0 && !damaged)
        *e = bad;
    rc = rc == 0 ? kc_split_sides_end(&st->sides, f->name, e) : rc;
    if (rc == 0 && st->sides.terms)
        snprintf(f->st->term_field, sizeof f->st->term_field, "%s", st->sides.terms->name);
    else if (rc == 0 && f->o->term_field && sp.kind == KC_SPLIT_ARRAY)
        rc = kc_err_at(e, KC_EINPUT, f->name, 0, "no array '%s' beside its vectors (--term-field)", f->o->term_field);
    kc_split_free(&sp);
    if (damaged)
        kc_split_sides_free(&st->sides);
    return damaged ? 0 : rc;
}

/* Parse one record for its number of numbers alone, and count it. */
static void vote_record(struct kc_feed *f, const struct jsonl_state *st, const char *p, const char *end,
                        const char *floor, struct kc_dim_votes *votes)
{
    struct kc_fields fields = f->given;
    struct kc_record r = {.unit = "line", .floor = floor};
    if (st->wrapped)
        fields = *fields_of_wrapped(st);
    else if (f->decided)
        fields = f->fields;
    else
        kc_fields_guess(&fields, p, end, bare_ok(st));
    if ((uint64_t)(end - p) <= f->o->max_line && kc_record_parse(p, end, &fields, &r) == 0)
        kc_dim_vote(votes, r.count);
}

/* Count the first lines in [p, end). */
static void vote_lines(struct kc_feed *f, const struct jsonl_state *st, char *p, char *end, struct kc_dim_votes *votes)
{
    const char *floor = p;
    for (int rows = 0; rows < KC_DIM_ROWS && p < end;) {
        char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end, after = *stop;
        if (!nl && !f->src_eof)
            break;
        if (skip_line_blanks(p, stop) < stop) {
            *stop = '\0';
            vote_record(f, st, p, stop, floor, votes);
            *stop = after;
            rows++;
        }
        p = stop + 1;
    }
}

/* Count the first elements in [p, end), which a splitter of its own cuts out. */
static int vote_elements(struct kc_feed *f, const struct jsonl_state *st, const char *p, const char *end,
                         struct kc_dim_votes *votes, struct kc_err *e)
{
    struct kc_split sp;
    struct kc_buf out = {NULL, 0, 0};
    struct kc_err ignored = KC_ERR_INIT;
    if (kc_split_init(&sp, st->shape.pointer, f->o->max_line, 1, e) != 0)
        return -1;
    sp.kind = st->split.kind;
    sp.printed = st->split.printed;
    sp.sides = st->split.sides;
    sp.keyed = st->split.keyed;
    sp.want_term = st->split.want_term;
    int rc = 0;
    for (int rows = 0; rc == 0 && rows < KC_DIM_ROWS; rows++) {
        out.n = 0;
        enum kc_split_event ev = kc_split_next(&sp, &p, end, &out, 0, f->name, &ignored);
        if (ev == KC_SPLIT_MORE || ev == KC_SPLIT_FAULT)
            break;
        rc = kc_buf_reserve(&out, KC_NUM_PAD, e);
        if (rc == 0 && ev == KC_SPLIT_RECORD) {
            memset(out.p + out.n, 0, KC_NUM_PAD);
            vote_record(f, st, out.p, out.p + out.n, out.p, votes);
        }
    }
    kc_split_free(&sp);
    kc_buf_free(&out);
    return rc;
}

/* With --on-bad skip, set f->d to the number of numbers that most of the first records have. */
static int vote_dim(struct kc_feed *f, const struct jsonl_state *st, struct kc_err *e)
{
    struct kc_dim_votes votes = {.n = 0};
    if (f->d != 0 || !f->o->skip_bad || f->o->prompt)
        return 0;
    while (!f->src_eof && f->carry.n - f->carry_at < KC_DIM_BYTES)
        if (kc_feed_more(f, KC_DIM_BYTES, e) != 0)
            return -1;
    if (kc_buf_reserve(&f->carry, KC_NUM_PAD, e) != 0)
        return -1;
    memset(f->carry.p + f->carry.n, 0, KC_NUM_PAD);
    char *p = f->carry.p + f->carry_at, *end = f->carry.p + f->carry.n;
    int cut = (size_t)(end - p) > KC_DIM_BYTES, eof = f->src_eof;
    end = cut ? p + KC_DIM_BYTES : end;
    f->src_eof &= !cut;
    if (st->by_line)
        vote_lines(f, st, p, end, &votes);
    else if (vote_elements(f, st, p, end, &votes, e) != 0)
        return -1;
    f->src_eof = eof;
    f->d = kc_dim_most(&votes);
    f->d_name = f->d ? f->name : f->d_name;
    return 0;
}

static int begin_jsonl(struct kc_feed *f, struct kc_err *e)
{
    struct jsonl_state *st = kc_mem_zalloc(1, sizeof *st, e);
    if (!st)
        return -1;
    f->state = st;
    if (find_shape(f, &st->shape, e) != 0)
        return -1;
    const struct kc_shape *shape = &st->shape;
    if (shape->kind == KC_SHAPE_DOUBT)
        return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1,
                         "vectors are in '%s' and in '%s': say which with "
                         "--records %s or --records %s",
                         shape->pointer, shape->other, shape->pointer, shape->other);
    if (shape->kind == KC_SHAPE_SPLIT || shape->kind == KC_SHAPE_COLUMNS)
        return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1,
                         "a table as pandas writes it with orient=\"%s\": to_json(orient=\"records\") is read%s",
                         shape->kind == KC_SHAPE_SPLIT ? "split" : "columns",
                         shape->kind != KC_SHAPE_SPLIT ? "" :
                                                         ", or --records /data if its numbers are all of the vector");
    st->by_line = shape->kind == KC_SHAPE_LINES;
    if (st->by_line)
        return vote_dim(f, st, e);
    if (f->st->format == KC_IN_JSONL && f->st->how[0] == '\0')
        snprintf(f->st->how, sizeof f->st->how,
             shape->printed ? "arrays as numpy prints them" :
             shape->kind == KC_SHAPE_TEXTS ? "records over several lines" :
             shape->keyed ? "an object of records at '%.80s'" :
             shape->kind == KC_SHAPE_MAP ? "an object of vectors at '%.80s'" : "the array at '%.80s'", shape->pointer);
    if (kc_split_init(&st->split, shape->pointer, f->o->max_line, f->line0 + 1, e) != 0)
        return -1;
    st->split.kind = shape->kind == KC_SHAPE_MAP   ? KC_SPLIT_MAP :
                     shape->kind == KC_SHAPE_TEXTS ? KC_SPLIT_TEXTS :
                                                     KC_SPLIT_ARRAY;
    st->split.printed = shape->printed;
    int sides = shape->inside && ((shape->kind == KC_SHAPE_MAP && !shape->keyed) ||
                                  (shape->kind == KC_SHAPE_ARRAY && shape->bare));
    if (sides && read_sides(f, st, e) != 0)
        return -1;
    st->split.sides = st->sides.n > 0 ? &st->sides : NULL;
    st->split.only = !f->o->records && st->split.kind == KC_SPLIT_ARRAY;
    st->split.want_term = f->given.want_term;
    st->split.keyed = shape->keyed;
    st->wrapped = !shape->keyed && (st->sides.n > 0 || (shape->kind == KC_SHAPE_MAP && st->split.want_term));
    if (st->wrapped || (shape->kind == KC_SHAPE_MAP && !shape->keyed) || shape->bare)
        snprintf(f->st->vec_field, sizeof f->st->vec_field, "%s", shape->pointer);
    if (shape->kind == KC_SHAPE_MAP && !shape->keyed && !st->sides.terms)
        snprintf(f->st->term_field, sizeof f->st->term_field, "the keys");
    return vote_dim(f, st, e);
}

static void end_jsonl(struct kc_feed *f)
{
    struct jsonl_state *st = f->state;
    kc_split_free(&st->split);
    kc_split_sides_free(&st->sides);
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
        *span = (struct kc_span){off, (size_t)(stop - p), *line, 0, 0, 0};
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
    r->want_index = s->by_index;
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
        if (s->fields)
            fields = *s->fields;
        else
            kc_fields_guess(&fields, p, p + span.n, s->bare_ok);
        int good = span.n <= f->o->max_line && parse_record(s, &span, &fields, &r) == 0;
        if (s->whole_lines && span.off + span.n < s->buf.n)
            p[span.n] = '\n'; /* decoding must find the lines again */
        if (good) {
            if (f->st->keys[0] == '\0')
                kc_fields_keys(p, p + span.n, f->st->keys, sizeof f->st->keys);
            if (!s->fields) {
                f->fields = fields;
                f->decided = 1;
            }
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
            struct kc_span span = {start,         s->buf.n - start, sp->element_line, sp->element_column,
                                   sp->count - 1, sp->first};
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
    s->bare_ok = bare_ok(st);
    s->fields = NULL;
    if (st->wrapped)
        s->fields = s->given = fields_of_wrapped(st);
    s->by_index = st->shape.kind == KC_SHAPE_ARRAY && st->shape.inside && !st->shape.bare &&
                  (f->o->terms_file || (f->o->metadata && !f->o->metadata_key));
    if (!*eof && (s->fields ? f->d == 0 : !f->decided))
        decide_fields(f, s);
    s->fields = s->fields ? s->fields : &f->fields;
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
                     kc_attrs_check(o->attrs, o->kinds, o->nattrs, &s->attrs, first, &s->check, p, p + span->n,
                                    r->msg, sizeof r->msg, &s->err);
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
    if (r->term_kind && (r->term.escaped ? kc_strs_add(&s->terms, s->tmp.p, s->tmp.n, &s->err) :
                                           kc_strs_add(&s->terms, r->term.p, r->term.n, &s->err)) != 0)
        return -1;
    if (s->by_index && kc_slot_place(s, r->index >= 0 ? span->base + (uint64_t)r->index : span->no) != 0)
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
            if (!is_wrapped(s->given))
                kc_fields_guess(&local, p, p + span.n, s->bare_ok);
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

/* Restrict lines to this rank's. */
static int narrow_jsonl(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct jsonl_state *st = f->state;
    int first;
    if (!st->by_line)
        return 1;
    return kc_part_decide(f, s, &f->decided, e) != 0 ? -1 : kc_cut_narrow(f, &st->cut, &first, e);
}

const struct kc_reader kc_reader_jsonl = {
    .format = KC_IN_JSONL, .has_fields = 1, .begin = begin_jsonl, .narrow = narrow_jsonl,
    .fill = fill_jsonl_piece, .work = decode_jsonl_piece, .end = end_jsonl};
