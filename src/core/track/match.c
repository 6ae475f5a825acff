/* Maximum-weight matching (match.h). The dual variables u of columns and v of rows keep u + v >= weight for every pair,
 * with equality for pairs that are made, u >= 0 for all, 0 for columns without a row, and v > 0 only for rows with a
 * column. That proves the sum. No u or v exceeds the largest weight: a search costs no more than leaving its column
 * alone. */
#include "core/track/match.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"

#define BITS 58 /* the largest weight is below 2^BITS: the sum of three fits in 64 bits */

struct entry {
    int64_t dist;
    uint32_t row;
};

struct matching {
    size_t rows, cols;
    const size_t *first; /* (cols + 1) */
    const uint32_t *row; /* (first[cols]) */
    int64_t *w;          /* (first[cols]) */
    int64_t *u, *v;      /* (cols), (rows) */
    uint32_t *row_of, *col_of; /* (cols), (rows) */
    /* The present search: */
    int64_t *dist;       /* (rows) INT64_MAX: not reached */
    uint32_t *from;      /* (rows) the column that the row was reached from */
    uint32_t *seen;      /* (rows) the rows that were reached */
    size_t nseen;
    uint32_t *done;      /* (rows) the rows whose distance is final, in that order */
    size_t ndone;
    struct entry *heap;  /* grows */
    size_t nheap, room;
};

static int is_before(struct entry a, struct entry b)
{
    return a.dist != b.dist ? a.dist < b.dist : a.row < b.row;
}

/* Push an entry. Older entries of a row whose distance has become shorter stay in the heap, and are skipped when
 * popped. */
static int push_entry(struct matching *s, struct entry x, struct kc_err *e)
{
    if (s->nheap == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        struct entry *more = kc_mem_realloc(s->heap, room, sizeof *more, e);
        if (!more)
            return -1;
        s->heap = more;
        s->room = room;
    }
    size_t i = s->nheap++;
    for (; i > 0 && is_before(x, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = x;
    return 0;
}

static struct entry pop_entry(struct matching *s)
{
    struct entry top = s->heap[0], last = s->heap[--s->nheap];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < s->nheap; i = c) {
        if (c + 1 < s->nheap && is_before(s->heap[c + 1], s->heap[c]))
            c++;
        if (!is_before(s->heap[c], last))
            break;
        s->heap[i] = s->heap[c];
    }
    s->heap[i] = last;
    return top;
}

/* Where a search ends: at a row without a column, or at a column that gives up its row. */
struct finish {
    int64_t dist;
    uint32_t row, col; /* the other one is KC_MATCH_NONE */
};

/* Scan column j, reached at distance `dist`: it can stay without a row, or get one of its rows. */
static int scan_column(struct matching *s, uint32_t j, int64_t dist, struct finish *f, struct kc_err *e)
{
    if (dist + s->u[j] < f->dist)
        *f = (struct finish){dist + s->u[j], KC_MATCH_NONE, j};
    for (size_t p = s->first[j]; p < s->first[j + 1]; p++) {
        uint32_t i = s->row[p];
        int64_t to = dist + s->u[j] + s->v[i] - s->w[p];
        if (s->w[p] <= 0 || to >= f->dist || to >= s->dist[i])
            continue;
        if (s->dist[i] == INT64_MAX)
            s->seen[s->nseen++] = i;
        s->dist[i] = to;
        s->from[i] = j;
        if (s->col_of[i] == KC_MATCH_NONE)
            *f = (struct finish){to, i, KC_MATCH_NONE};
        else if (push_entry(s, (struct entry){to, i}, e) != 0)
            return -1;
    }
    return 0;
}

/* Match column j along the cheapest augmenting path, and update the duals. */
static int match_column(struct matching *s, uint32_t j, struct kc_err *e)
{
    struct finish f = {INT64_MAX, KC_MATCH_NONE, KC_MATCH_NONE};
    s->nseen = s->ndone = s->nheap = 0;
    if (scan_column(s, j, 0, &f, e) != 0)
        return -1;
    while (s->nheap > 0) {
        struct entry x = pop_entry(s);
        if (x.dist >= f.dist)
            break;
        if (x.dist > s->dist[x.row])
            continue;
        s->done[s->ndone++] = x.row;
        if (scan_column(s, s->col_of[x.row], x.dist, &f, e) != 0)
            return -1;
    }
    s->u[j] -= f.dist;
    for (size_t q = 0; q < s->ndone; q++) {
        uint32_t i = s->done[q];
        s->v[i] += f.dist - s->dist[i];
        s->u[s->col_of[i]] -= f.dist - s->dist[i];
    }
    uint32_t i = f.row;
    if (f.col != KC_MATCH_NONE) {
        i = s->row_of[f.col];
        s->row_of[f.col] = KC_MATCH_NONE;
    }
    while (i != KC_MATCH_NONE) {
        uint32_t c = s->from[i], next = s->row_of[c];
        s->row_of[c] = i;
        s->col_of[i] = c;
        i = next;
    }
    for (size_t q = 0; q < s->nseen; q++)
        s->dist[s->seen[q]] = INT64_MAX;
    return 0;
}

/* Start with each column's largest weight as its dual, and pair it with that row if the row is free. */
static void start_matching(struct matching *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        s->col_of[i] = KC_MATCH_NONE;
        s->dist[i] = INT64_MAX;
    }
    for (size_t j = 0; j < s->cols; j++) {
        uint32_t best = KC_MATCH_NONE;
        for (size_t p = s->first[j]; p < s->first[j + 1]; p++)
            if (s->w[p] > s->u[j]) {
                s->u[j] = s->w[p];
                best = s->row[p];
            }
        s->row_of[j] = KC_MATCH_NONE;
        if (best != KC_MATCH_NONE && s->col_of[best] == KC_MATCH_NONE) {
            s->row_of[j] = best;
            s->col_of[best] = (uint32_t)j;
        }
    }
}

/* Round the weights to integers below 2^BITS; positive ones stay positive. */
static void quantise(const double *w, size_t n, int64_t *out)
{
    double most = 0;
    int exponent = 0;
    for (size_t p = 0; p < n; p++)
        most = w[p] > most ? w[p] : most;
    if (most > 0)
        frexp(most, &exponent);
    for (size_t p = 0; p < n; p++) {
        out[p] = w[p] > 0 ? (int64_t)rint(ldexp(w[p], BITS - exponent)) : 0;
        if (w[p] > 0 && out[p] == 0)
            out[p] = 1;
    }
}

int kc_match_sparse(const size_t *first, const uint32_t *row, const double *w, size_t rows, size_t cols,
                    uint32_t *row_of_col, struct kc_err *e)
{
    size_t n = cols ? first[cols] : 0;
    struct matching s = {.rows = rows, .cols = cols, .first = first, .row = row, .row_of = row_of_col};
    int rc = -1;
    s.w = kc_mem_alloc(n, sizeof *s.w, e);
    s.u = kc_mem_zalloc(cols, sizeof *s.u, e);
    s.v = kc_mem_zalloc(rows, sizeof *s.v, e);
    s.col_of = kc_mem_alloc(rows, sizeof *s.col_of, e);
    s.dist = kc_mem_alloc(rows, sizeof *s.dist, e);
    s.from = kc_mem_alloc(rows, sizeof *s.from, e);
    s.seen = kc_mem_alloc(rows, sizeof *s.seen, e);
    s.done = kc_mem_alloc(rows, sizeof *s.done, e);
    if (!s.w || !s.u || !s.v || !s.col_of || !s.dist || !s.from || !s.seen || !s.done)
        goto out;
    quantise(w, n, s.w);
    start_matching(&s);
    for (size_t j = 0; j < cols; j++)
        if (s.row_of[j] == KC_MATCH_NONE && s.u[j] > 0 && match_column(&s, (uint32_t)j, e) != 0)
            goto out;
    rc = 0;
out:
    kc_mem_free(s.heap);
    kc_mem_free(s.done);
    kc_mem_free(s.seen);
    kc_mem_free(s.from);
    kc_mem_free(s.dist);
    kc_mem_free(s.col_of);
    kc_mem_free(s.v);
    kc_mem_free(s.u);
    kc_mem_free(s.w);
    return rc;
}

int kc_match_max(const double *w, size_t rows, size_t cols, uint32_t *row_of_col, struct kc_err *e)
{
    size_t n = 0, all = kc_mem_mul(rows, cols);
    int rc = -1;
    uint32_t *row = NULL;
    double *positive = NULL;
    size_t *first = kc_mem_alloc(kc_mem_add(cols, 1), sizeof *first, e);
    for (size_t p = 0; p < all; p++)
        n += w[p] > 0;
    row = kc_mem_alloc(n, sizeof *row, e);
    positive = kc_mem_alloc(n, sizeof *positive, e);
    if (!first || !row || !positive)
        goto out;
    n = 0;
    for (size_t j = 0; j < cols; j++) {
        first[j] = n;
        for (size_t i = 0; i < rows; i++)
            if (w[i * cols + j] > 0) {
                row[n] = (uint32_t)i;
                positive[n++] = w[i * cols + j];
            }
    }
    first[cols] = n;
    rc = kc_match_sparse(first, row, positive, rows, cols, row_of_col, e);
out:
    kc_mem_free(positive);
    kc_mem_free(row);
    kc_mem_free(first);
    return rc;
}
