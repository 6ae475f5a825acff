/* The csv and tsv reader: with or without a header, a term, and a vector over several columns or in brackets in one.
 * The first records settle what the columns are, by header.c; only then are pieces decoded in parallel. */
#include <stdio.h>
#include <string.h>
#include "in/formats/formats.h"
#include "in/formats/text.h"

struct csv_state {
    struct kc_cut cut;
    struct kc_columns columns; /* count == 0: not settled yet */
    struct kc_strs names;      /* the header's names, if has_names */
    int has_names;
    int begun;                 /* the first record has been seen */
    uint64_t first_line;       /* its line */
    struct kc_strs row;        /* fields of the record at hand */
    uint64_t line;             /* lines before the slot's */
};

static int begin_csv(struct kc_feed *f, struct kc_err *e)
{
    struct csv_state *st = kc_mem_zalloc(1, sizeof *st, e);
    f->state = st;
    if (!st)
        return -1;
    int csv = f->rd == &kc_reader_csv;
    st->columns = (struct kc_columns){csv ? ',' : '\t', csv, 0, SIZE_MAX, 0, 0};
    st->cut.sep = csv ? ',' : '\0';
    st->line = f->line0;
    return 0;
}

static void end_csv(struct kc_feed *f)
{
    struct csv_state *st = f->state;
    kc_strs_free(&st->names);
    kc_strs_free(&st->row);
}

/* Set the names of the columns in use, for info. A column without a name is shown by its number. */
static void set_column_names(struct kc_feed *f)
{
    struct csv_state *st = f->state;
    const struct kc_columns *c = &st->columns;
    size_t n = 0;
    const char *p = "";
    if (f->st->term_field[0] || f->st->vec_field[0])
        return;
    if (c->term != SIZE_MAX && st->has_names)
        p = kc_strs_get(&st->names, c->term, &n);
    if (n > 0)
        snprintf(f->st->term_field, sizeof f->st->term_field, "%.*s", (int)(n < 255 ? n : 255), p);
    else if (c->term != SIZE_MAX)
        snprintf(f->st->term_field, sizeof f->st->term_field, "%zu", c->term + 1);
    n = 0;
    if (c->first == c->last && st->has_names)
        p = kc_strs_get(&st->names, c->first, &n);
    size_t first = c->first + (c->first == c->term), last = c->last - (c->last == c->term);
    if (n > 0)
        snprintf(f->st->vec_field, sizeof f->st->vec_field, "%.*s", (int)(n < 255 ? n : 255), p);
    else if (first == last)
        snprintf(f->st->vec_field, sizeof f->st->vec_field, "%zu", first + 1);
    else
        snprintf(f->st->vec_field, sizeof f->st->vec_field, "%zu-%zu", first + 1, last + 1);
}

/* Settle the columns by the record at the span: a header, or the first row. Return 1 if the record is bad. */
static int settle_by_record(struct kc_feed *f, struct kc_slot *s, const struct kc_span *span, char msg[512],
                            struct kc_err *e)
{
    struct csv_state *st = f->state;
    const char *p = s->buf.p + span->off;
    int rc = kc_columns_split(&st->columns, p, p + span->n, &st->row, msg, e);
    if (rc != 0)
        return rc;
    if (!st->begun) {
        enum kc_first first = kc_columns_first(f->o, &st->row);
        st->begun = 1;
        st->first_line = span->line;
        if (first == KC_FIRST_UNCLEAR)
            return kc_err_at(e, KC_EINPUT, f->name, span->line,
                             "the line may be column numbers or a row: say which with --header yes or --header no");
        if (first == KC_FIRST_HEADER) {
            struct kc_strs none = st->names;
            st->names = st->row;
            st->row = none;
            st->has_names = 1;
            return 0;
        }
    }
    rc = kc_columns_resolve(&st->columns, f->o, st->has_names ? &st->names : NULL, &st->row, msg);
    if (rc < 0)
        return kc_err_at(e, KC_EINPUT, f->name, st->first_line, "%s", msg);
    size_t d = rc == 0 ? kc_columns_dim(&st->columns) : 0;
    if (d > 0 && kc_feed_dim(f, d, e) != 0)
        return -1;
    if (rc == 0)
        set_column_names(f);
    return rc;
}

/* Go through the slot's first records until the columns are settled. */
static int settle_columns(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct csv_state *st = f->state;
    struct kc_span span;
    size_t at = 0;
    uint64_t line = s->lines;
    s->o = f->o;
    while (st->columns.count == 0 && kc_text_next(s, &at, &line, &span)) {
        char msg[512] = "";
        int had_names = st->has_names, rc = 1;
        struct kc_span in_file = span;
        in_file.line += st->line;
        if (span.n > f->o->max_line)
            snprintf(msg, sizeof msg, "longer than %llu bytes; --max-line raises the limit",
                     (unsigned long long)f->o->max_line);
        else
            rc = settle_by_record(f, s, &in_file, msg, e);
        if (rc < 0)
            return -1;
        if (rc == 0 && st->has_names == had_names) /* a row: the workers decode it */
            break;
        s->before++;
        if (rc == 0)
            continue;
        int on = kc_slot_bad(s, span.line, msg);
        s->records++;
        if (!on)
            break;
    }
    s->columns = st->columns;
    return 0;
}

static int fill_csv_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct csv_state *st = f->state;
    if (kc_cut_fill(f, s, &st->cut, eof, e) != 0)
        return -1;
    s->columns = st->columns;
    if (st->columns.count == 0) {
        struct kc_span span;
        size_t at = 0;
        uint64_t line = s->lines;
        if (settle_columns(f, s, e) != 0)
            return -1;
        while (st->columns.count == 0 && kc_text_next(s, &at, &line, &span))
            ;
        st->line += line + (uint64_t)(s->overlong != 0);
    }
    if (f->d == 0 && st->columns.count > 0 && (s->nbads == 0 || f->o->skip_bad))
        kc_text_decide(f, s, kc_columns_parse);
    return 0;
}

/* Decode the slot's rows. */
static void decode_csv_piece(struct kc_slot *s)
{
    kc_text_work(s, kc_columns_parse);
}

const struct kc_reader kc_reader_csv = {
    .format = KC_IN_CSV, .begin = begin_csv, .fill = fill_csv_piece, .work = decode_csv_piece, .end = end_csv};
const struct kc_reader kc_reader_tsv = {
    .format = KC_IN_TSV, .begin = begin_csv, .fill = fill_csv_piece, .work = decode_csv_piece, .end = end_csv};
