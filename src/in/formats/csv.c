/* The csv and tsv reader: with or without a header, a term, and a vector over several columns or as a text in one. The
 * first records settle what the columns are (table.c), before any row is decoded. */
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "in/formats/formats.h"
#include "in/formats/text.h"

#define STEP ((size_t)65536)   /* bytes that are looked at first */
#define MOST ((size_t)1 << 20) /* and at most, unless the first row is longer */

struct csv_state {
    struct kc_cut cut;
    struct kc_columns columns;
    int header; /* the first record is still to be skipped, because it is a header */
};

/* Read the first records into s. */
static int read_sample(struct kc_feed *f, struct csv_state *st, struct kc_table_sample *s, struct kc_err *e)
{
    for (;;) {
        if (kc_buf_reserve(&f->carry, KC_NUM_PAD, e) != 0)
            return -1;
        memset(f->carry.p + f->carry.n, 0, KC_NUM_PAD);
        const char *p = f->carry.p + f->carry_at, *end = f->carry.p + f->carry.n;
        size_t n = (size_t)(end - p);
        kc_table_sample_free(s);
        int rc = 0;
        if (!f->sep && f->o->format == KC_IN_CSV) {
            int found = kc_dialect_find(f->o, 1, p, end, f->src_eof || n >= MOST, &f->sep, e);
            if (found < 0)
                return -1;
            f->sep = found == KC_DIALECT_NONE ? ',' : f->sep;
        } else if (!f->sep) {
            f->sep = '\t';
        }
        if (f->sep) {
            if (kc_dialect_set(f->o, f->sep, p, end, f->src_eof, &st->columns, e) != 0)
                return -1;
            rc = kc_table_sample_read(s, &st->columns, p, end, f->src_eof, e);
        }
        /* lines that are passed on as they come are judged by the first two */
        if (rc != 0 || f->src_eof || (n >= MOST && s->n > 1) || n > f->o->max_line + STEP || (f->o->prompt && s->n > 1))
            return rc < 0 ? -1 : 0;
        if (kc_feed_more(f, n < STEP ? STEP : n, e) != 0)
            return -1;
    }
}

/* Find the columns of the attributes that are wanted. */
static int find_attrs(struct kc_feed *f, struct csv_state *st, const struct kc_table_sample *s,
                      const struct kc_table *t, struct kc_err *e)
{
    if (f->attrs.n == 0 || f->o->metadata)
        return 0;
    uint32_t *at = kc_mem_alloc(f->attrs.n, sizeof *at, e);
    if (!at || kc_feed_keep(f, at, e) != 0)
        return -1;
    for (size_t i = 0; i < f->attrs.n; i++) {
        const char *name = f->attrs.path[i].name;
        size_t column = kc_table_find(s, t, name);
        at[i] = column < st->columns.count ? (uint32_t)column : KC_NO_DIM;
        if (at[i] == KC_NO_DIM) {
            char msg[512];
            kc_table_no_column(t->header ? &s->rec[0] : NULL, name, msg);
            return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1, "%s", msg);
        }
    }
    st->columns.attr = at;
    st->columns.nattr = f->attrs.n;
    return 0;
}

/* Settle the columns by the first records. */
static int settle_columns(struct kc_feed *f, struct csv_state *st, const struct kc_table_sample *s, struct kc_err *e)
{
    struct kc_table t;
    char msg[512];
    if (s->n == 0)
        return 0;
    int rc = kc_table_decide(f->o, s, &st->columns, &t, msg, e);
    if (rc < 0)
        return -1;
    st->header = t.header;
    if (t.header && s->n == 1) { /* no row: nothing to decide */
        kc_mem_free(t.dim);
        st->columns.dim = NULL;
        st->columns.text = 0;
        return 0;
    }
    if (rc != KC_TABLE_YES)
        return kc_err_at(e, KC_EINPUT, f->name, f->line0 + 1, "%s", msg);
    if (t.dim && kc_feed_keep(f, t.dim, e) != 0)
        return -1;
    if (f->st->how[0] == '\0') {
        memcpy(f->st->term_field, t.term, sizeof t.term);
        memcpy(f->st->vec_field, t.vec, sizeof t.vec);
        memcpy(f->st->how, t.how, sizeof t.how);
    }
    if (f->o->want_raw != KC_RAW_NONE &&
        kc_table_copy_set(f, &st->columns, s, &t, f->carry.p + f->carry_at, f->carry.p + f->carry.n, e) != 0)
        return -1;
    return find_attrs(f, st, s, &t, e);
}

static int begin_csv(struct kc_feed *f, struct kc_err *e)
{
    struct csv_state *st = kc_mem_zalloc(1, sizeof *st, e);
    struct kc_table_sample *s = st ? kc_mem_zalloc(1, sizeof *s, e) : NULL;
    f->state = st;
    if (!s)
        return -1;
    int rc = read_sample(f, st, s, e) != 0 || settle_columns(f, st, s, e) != 0 ? -1 : 0;
    kc_table_sample_free(s);
    kc_mem_free(s);
    st->cut.sep = st->columns.multiline ? st->columns.sep : '\0';
    return rc != 0 || st->columns.count == 0 ? rc : kc_text_vote(f, &st->columns, st->header, kc_columns_parse, e);
}

static void end_csv(struct kc_feed *f)
{
    (void)f;
}

/* Restrict the table to this rank's records; only the first rank of the file has its header. */
static int narrow_csv(struct kc_feed *f, struct kc_slot *s, struct kc_err *e)
{
    struct csv_state *st = f->state;
    const int header = st->header;
    int first;
    if (kc_part_decide(f, s, NULL, e) != 0 || kc_cut_narrow(f, &st->cut, &first, e) != 0)
        return -1;
    st->header = first ? header : 0;
    return 0;
}

static int fill_csv_piece(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e)
{
    struct csv_state *st = f->state;
    if (kc_cut_fill(f, s, &st->cut, eof, e) != 0)
        return -1;
    s->columns = st->columns;
    s->head = f->head;
    if (st->header) {
        struct kc_span span;
        size_t at = 0;
        uint64_t line = s->lines;
        int first = kc_text_next(s, &at, &line, &span);
        s->before = first && span.n <= f->o->max_line; /* a longer one is a bad record, however it is cut */
        st->header = !first && s->overlong == 0;
    }
    if (f->d == 0)
        kc_text_decide(f, s, kc_columns_parse);
    return 0;
}

/* Decode the slot's rows. */
static void decode_csv_piece(struct kc_slot *s)
{
    kc_text_work(s, kc_columns_parse);
}

const struct kc_reader kc_reader_csv = {
    .format = KC_IN_CSV, .has_fields = 1,
    .begin = begin_csv, .narrow = narrow_csv, .fill = fill_csv_piece, .work = decode_csv_piece, .end = end_csv};
const struct kc_reader kc_reader_tsv = {
    .format = KC_IN_TSV, .has_fields = 1,
    .begin = begin_csv, .narrow = narrow_csv, .fill = fill_csv_piece, .work = decode_csv_piece, .end = end_csv};
