/* Decode a piece of a Parquet file into rows, on any thread. A list whose rows all have their numbers, as nearly every
 * file has, is read as one stretch; any other is read row by row. Columns of single numbers are read one after the
 * other and spread over the rows; workers begin at different ones, so that they do not wait for each other's pages. */
#include "in/formats/parquet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

#define SOME 1024 /* values that are spread over the rows at a time */
#define TURNS 8   /* places where workers begin with the columns */

void kc_pq_order_free(void *order)
{
    struct kc_pq_order *o = order;
    if (!o)
        return;
    for (size_t i = 0; o->cursors && i < o->ncursors; i++)
        kc_pq_cursor_end(&o->cursors[i]);
    kc_mem_free(o->cursors);
    kc_mem_free(o->term_bad);
    kc_strs_free(&o->attrs);
    kc_pq_file_free(o->file);
    kc_mem_free(o);
}

/* What is known of a row. */
struct row_state {
    enum kc_pq_row what;
    uint64_t count, hole;
};

/* The terms and attributes of the good rows, as they are found. */
struct good {
    struct kc_strs terms;
};

/* Make room for the rows of the piece. */
static int reserve_rows(struct kc_slot *s, size_t rows)
{
    size_t want = kc_mem_mul(rows, s->d);
    if (want <= s->cap && s->x)
        return 0;
    float *x = kc_mem_realloc(s->x, want, sizeof *x, &s->err);
    if (!x)
        return -1;
    s->x = x;
    s->cap = want;
    return 0;
}

/* Write what is wrong with the list of a row. Return 0 if it is good. */
static int describe_list(const struct kc_slot *s, const struct row_state *r, const char *name, char *msg, size_t size)
{
    char as_in[300] = "";
    if (s->d_from)
        snprintf(as_in, sizeof as_in, " as in %.250s", s->d_from);
    if (r->what == KC_PQ_ROW_NULL)
        snprintf(msg, size, "%s is null, expected an array of numbers", name);
    else if (r->what == KC_PQ_ROW_EMPTY && s->d == 0)
        snprintf(msg, size, "%s is empty, expected an array of numbers", name);
    else if (r->what == KC_PQ_ROW_EMPTY)
        snprintf(msg, size, "%s is empty, expected %zu number%s", name, s->d, s->d == 1 ? "" : "s");
    else if (r->what == KC_PQ_ROW_HOLE)
        snprintf(msg, size, "%s[%llu] is null, expected a number", name, (unsigned long long)r->hole);
    else if (r->count > KC_MAX_DIM)
        snprintf(msg, size, "%s has %llu numbers, more than the limit of %zu", name, (unsigned long long)r->count,
                 KC_MAX_DIM);
    else if (r->count != s->d)
        snprintf(msg, size, "%s has %llu number%s, expected %zu%s", name, (unsigned long long)r->count,
                 r->count == 1 ? "" : "s", s->d, as_in);
    else
        return 0;
    return -1;
}

/* Name the first number of the row that is not finite. */
static void describe_number(const struct kc_pq_order *o, const float *row, size_t d, char *msg, size_t size)
{
    char where[160];
    uint32_t bits;
    size_t j = 0, n;
    while (j < d && isfinite(row[j]))
        j++;
    if (j == d)
        return;
    const char *name = kc_pq_name(o->file, o->is_list ? 0 : j, &n);
    if (o->is_list)
        snprintf(where, sizeof where, "%.*s[%zu]", (int)(n < 100 ? n : 100), name, j);
    else
        snprintf(where, sizeof where, "%.*s", (int)(n < 100 ? n : 100), name);
    memcpy(&bits, &row[j], sizeof bits);
    if (bits == KC_PQ_BEYOND)
        snprintf(msg, size, "%s is beyond the range of float32", where);
    else
        snprintf(msg, size, "%s is %s", where, isnan(row[j]) ? "NaN" : "infinite");
}

/* Check the row at s->x + s->n * s->d, which is row i of the piece, and take it over with its term and attributes.
 * Return 0 if reading ends here. */
static int finish_row(struct kc_slot *s, const struct kc_pq_order *o, size_t i, const struct row_state *r,
                      struct good *good)
{
    char msg[512] = "", name[128];
    size_t n, first = s->attrs.n, w = s->want->n;
    const char *p = kc_pq_name(o->file, 0, &n);
    snprintf(name, sizeof name, "%.*s", (int)(n < 100 ? n : 100), p);
    int rc = o->is_list ? describe_list(s, r, name, msg, sizeof msg) == 0 : 1;
    if (!o->is_list && r->hole > 0) {
        p = kc_pq_name(o->file, (size_t)r->hole - 1, &n);
        snprintf(msg, sizeof msg, "%.*s is null, expected a number", (int)(n < 100 ? n : 100), p);
        rc = 0;
    }
    if (rc && o->term != SIZE_MAX && o->term_bad[i] != KC_PQ_TERM_OK) {
        p = kc_pq_name(o->file, o->term, &n);
        snprintf(msg, sizeof msg, "%.*s is %s, expected a string or a number", (int)(n < 100 ? n : 100), p,
                 o->term_bad[i] == KC_PQ_TERM_NULL ? "null" : "not UTF-8");
        rc = 0;
    }
    for (size_t a = 0; rc && a < w; a++) {
        p = kc_strs_get(&o->attrs, i * w + a, &n);
        if (kc_strs_add(&s->attrs, p, n, &s->err) != 0)
            return 0;
    }
    if (rc && s->o->kinds && w > 0) {
        int met = kc_where_all(s->where, s->nwhere, &s->attrs, first + s->o->nattrs, &s->check, &s->err);
        if (met > 0)
            rc = kc_attrs_check(s->o->attrs, s->o->kinds, s->o->nattrs, &s->attrs, first, &s->check, NULL, NULL,
                                msg, sizeof msg, &s->err);
        if (met < 0 || rc < 0)
            return 0;
    }
    if (rc && kc_slot_check(s, o->is_list ? name : "", msg, sizeof msg) != 0) {
        describe_number(o, s->x + s->n * s->d, s->d, msg, sizeof msg);
        rc = 0;
    }
    if (!rc) {
        kc_strs_cut(&s->attrs, first);
        int on = kc_slot_bad(s, 0, msg);
        s->records++;
        return on;
    }
    s->records++;
    if (o->term == SIZE_MAX)
        return 1;
    p = kc_strs_get(&s->terms, i, &n);
    return kc_strs_add(&good->terms, p, n, &s->err) == 0;
}

/* Move row i of a stretch to where the next good one goes. */
static void move_row(struct kc_slot *s, size_t i)
{
    if (i != s->n)
        memmove(s->x + s->n * s->d, s->x + i * s->d, s->d * sizeof *s->x);
}

/* Read n numbers of consecutive pages. */
static int read_stretch(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e)
{
    while (n > 0) {
        int more = kc_pq_cursor_more(c, e);
        if (more <= 0)
            return more < 0 ? -1 : kc_pq_damaged(c->file, c->column, e, "it has fewer values than its row group has "
                                                 "rows");
        size_t m = c->in_page < n ? c->in_page : n;
        if (kc_pq_floats(c, out, m, e) != 0)
            return -1;
        c->in_page -= (uint32_t)m;
        out += m;
        n -= m;
    }
    return 0;
}

/* Decode a list all of whose rows have their numbers. */
static void decode_regular(struct kc_slot *s, struct kc_pq_order *o, struct good *good)
{
    struct kc_pq_cursor *c = &o->cursors[0], start;
    struct kc_err e = KC_ERR_INIT;
    const struct row_state r = {KC_PQ_ROW_OK, s->d, 0};
    kc_pq_cursor_copy(&start, c);
    if (read_stretch(c, s->x, o->rows * s->d, &e) == 0) {
        for (size_t i = 0; i < o->rows; i++) {
            move_row(s, i);
            if (!finish_row(s, o, i, &r, good))
                break;
        }
    } else { /* again, up to the row with the fault, so that it does not matter how rows are cut into pieces */
        kc_pq_cursor_end(c);
        kc_pq_cursor_copy(c, &start);
        for (size_t i = 0; i < o->rows && s->err.code == KC_OK; i++) {
            if (read_stretch(c, s->x + s->n * s->d, s->d, &s->err) == 0 && !finish_row(s, o, i, &r, good))
                break;
        }
    }
    kc_pq_cursor_end(&start);
}

/* Decode a list row by row. */
static void decode_list(struct kc_slot *s, struct kc_pq_order *o, struct good *good)
{
    for (size_t i = 0; i < o->rows; i++) {
        struct row_state r = {KC_PQ_ROW_OK, 0, 0};
        if (kc_pq_list_row(&o->cursors[0], s->x ? s->x + s->n * s->d : NULL, s->d, &r.what, &r.count, &r.hole,
                           &s->err) != 0 || !finish_row(s, o, i, &r, good))
            return;
    }
}

/* What the columns of a piece have come to. */
struct columns {
    struct kc_slot *s;
    uint32_t *nulls; /* (rows) the lowest column that is null, counted from 1; 0: none */
    size_t rows;     /* rows that all columns so far have */
    size_t bad;      /* the column that has no more, the first of these; SIZE_MAX: none */
};

/* Read n levels of column j, which its page has, for the rows from i on. */
static int read_levels(struct columns *k, struct kc_pq_cursor *c, size_t j, size_t i, size_t n, struct kc_err *e)
{
    const struct kc_slot *s = k->s;
    unsigned max_def = kc_pq_leaf_of(c)->max_def;
    float some[SOME];
    c->in_page -= (uint32_t)n;
    for (size_t end = i + n; i < end; i++) {
        size_t present = kc_pq_rle_equal(&c->def, max_def, end - i);
        if (kc_pq_floats(c, some, present, e) != 0)
            return -1;
        for (size_t m = 0; m < present; m++)
            s->x[(i + m) * s->d + j] = some[m];
        i += present;
        if (i == end)
            break;
        uint32_t def;
        kc_pq_rle_take(&c->def, &def, 1);
        if (c->def.bad || def > max_def)
            return kc_pq_damaged(c->file, c->column, e, "the definition levels of a page make no sense");
        s->x[i * s->d + j] = 0;
        if (k->nulls[i] == 0 || k->nulls[i] > j + 1)
            k->nulls[i] = (uint32_t)j + 1;
    }
    return 0;
}

/* Read column j of the first `rows` rows. Return how many there are; fewer after a fault. */
static size_t read_column(struct columns *k, struct kc_pq_cursor *c, size_t j, size_t rows, struct kc_err *e)
{
    size_t i = 0, most = SOME;
    while (i < rows) {
        int more = kc_pq_cursor_more(c, e);
        if (more == 0)
            (void)kc_pq_damaged(c->file, c->column, e, "it has fewer values than its row group has rows");
        if (more <= 0)
            return i;
        size_t n = rows - i < most ? rows - i : most;
        n = n < c->in_page ? n : c->in_page;
        struct kc_pq_cursor before = *c;
        struct kc_err fault = KC_ERR_INIT;
        if (read_levels(k, c, j, i, n, &fault) == 0) {
            i += n;
        } else if (n == 1) {
            *e = fault;
            return i;
        } else { /* row by row up to the fault, so that it does not matter how rows are cut into pieces */
            *c = before;
            most = 1;
        }
    }
    return rows;
}

/* Decode columns of single numbers. */
static void decode_columns(struct kc_slot *s, struct kc_pq_order *o, struct good *good)
{
    struct columns k = {s, NULL, o->rows, SIZE_MAX};
    struct kc_err bad = KC_ERR_INIT;
    size_t first = (size_t)(o->no % TURNS) * o->ncursors / TURNS;
    k.nulls = kc_mem_zalloc(o->rows, sizeof *k.nulls, &s->err);
    if (!k.nulls)
        return;
    for (size_t i = 0; i < o->ncursors; i++) {
        size_t j = (first + i) % o->ncursors;
        struct kc_err e = KC_ERR_INIT;
        size_t rows = k.rows + (k.bad != SIZE_MAX && j < k.bad ? 1 : 0);
        size_t got = read_column(&k, &o->cursors[j], j, rows, &e);
        if (got < rows) {
            bad = e;
            k.bad = j;
            k.rows = got;
        }
    }
    for (size_t i = 0; i < k.rows && s->err.code == KC_OK; i++) {
        struct row_state r = {KC_PQ_ROW_OK, s->d, k.nulls[i]};
        move_row(s, i);
        if (!finish_row(s, o, i, &r, good)) {
            k.bad = SIZE_MAX; /* reading ends before the fault */
            break;
        }
    }
    if (k.bad != SIZE_MAX && s->err.code == KC_OK)
        s->err = bad;
    kc_mem_free(k.nulls);
}

void kc_pq_work(struct kc_slot *s)
{
    struct kc_pq_order *o = s->order;
    struct good good = {{{NULL, 0, 0}, NULL, 0, 0}};
    if (reserve_rows(s, o->rows) != 0)
        return;
    if (!o->is_list)
        decode_columns(s, o, &good);
    else if (o->regular)
        decode_regular(s, o, &good);
    else
        decode_list(s, o, &good);
    if (o->term != SIZE_MAX) { /* only those of the good rows */
        kc_strs_free(&s->terms);
        s->terms = good.terms;
        s->has_terms = 1;
    }
    kc_pq_order_free(o);
    s->order = NULL;
}
