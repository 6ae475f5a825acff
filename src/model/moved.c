/* Rows that size limits put elsewhere than into the nearest cluster, so that a model can give them their labels
 * again. A row is known by a hash; if equal rows went to several clusters, the runs of equal rows with one label
 * are kept, in the order of the input. Two passes over the rows: the first finds the moved ones, the second all
 * rows that are equal to them. Ranks that share the rows tell each other what they have found after each pass. */
#include <stdlib.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "model/model.h"
#include "par/lists.h"

#define PIECE ((size_t)64 * KC_LA_TILE) /* rows compared at a time */

uint64_t kc_model_make_bytes(enum kc_model_kind kind, size_t n, size_t d, uint64_t k)
{
    uint64_t pieces = kind != KC_MODEL_CENTROIDS ? 0 : (uint64_t)(n < PIECE ? n : PIECE) * (d * sizeof(float) + 16);
    return (uint64_t)n * (sizeof(float) + sizeof(uint32_t)) + pieces +
           k * (d * (sizeof(double) + sizeof(float)) + KC_MODEL_PERCENTILES * sizeof(float) + 256);
}

struct moved_row {
    uint64_t hash, place, at; /* of the row; its cluster; its number */
};

static int by_hash(const void *a, const void *b)
{
    const struct moved_row *p = a, *q = b;
    if (p->hash != q->hash)
        return p->hash < q->hash ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

struct row_list {
    struct moved_row *p;
    size_t n, cap;
};

static int push_row(struct row_list *l, struct moved_row r, struct kc_err *e)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? kc_mem_mul(l->cap, 2) : 256;
        struct moved_row *p = kc_mem_realloc(l->p, cap, sizeof *p, e);
        if (!p)
            return -1;
        l->p = p;
        l->cap = cap;
    }
    l->p[l->n++] = r;
    return 0;
}

/* Collect the rows whose hash is in `wanted` (n, rising) or, if that is NULL, those whose label is not the nearest
 * cluster. */
static int collect_rows(const struct kc_ctx *ctx, const struct kc_model *m, const struct kc_rows *rows,
                        const uint32_t *labels, const uint64_t *wanted, size_t n, struct row_list *out,
                        struct kc_err *e)
{
    size_t step = rows->n < PIECE ? rows->n : PIECE;
    const int here = rows->x && !rows->idx;
    float *x = kc_mem_aligned(here ? 0 : kc_mem_mul(step, rows->d), sizeof *x, e);
    uint32_t *nearest = kc_mem_alloc(step, sizeof *nearest, e);
    uint32_t *idx = kc_mem_alloc(step, sizeof *idx, e);
    float *similarity = kc_mem_alloc(step, sizeof *similarity, e);
    int rc = -1;
    if (!x || !nearest || !idx || !similarity)
        goto out;
    for (size_t i0 = 0; i0 < rows->n; i0 += step) {
        size_t r = rows->n - i0 < step ? rows->n - i0 : step;
        for (size_t i = 0; i < r; i++)
            idx[i] = (uint32_t)(i0 + i);
        if (!here)
            kc_rows_copy(rows, idx, r, x);
        const float *from = here ? rows->x + i0 * rows->d : x;
        const struct kc_rows piece = kc_rows_memory(from, r, rows->d);
        if (kc_rows_failed(rows, e) != 0 ||
            (!wanted && kc_assign(ctx, &piece, m->centroids, (uint32_t)m->k, NULL, nearest, similarity, NULL, e) != 0))
            goto out;
        for (size_t i = 0; i < r; i++) {
            uint64_t h;
            if (labels[i0 + i] == KC_NOISE || (!wanted && nearest[i] == labels[i0 + i]))
                continue;
            h = kc_la_hash(from + i * rows->d, rows->d);
            if ((!wanted || bsearch(&h, wanted, n, sizeof h, by_value)) &&
                push_row(out, (struct moved_row){h, labels[i0 + i], kc_rows_number(rows, i0 + i)}, e) != 0)
                goto out;
        }
    }
    rc = 0;
out:
    kc_mem_free(similarity);
    kc_mem_free(idx);
    kc_mem_free(nearest);
    kc_mem_free(x);
    return rc;
}

/* Give the list of each rank to all of them. */
static int join_lists(struct kc_team *team, struct row_list *l, struct kc_err *e)
{
    void *p = l->p;
    const int rc = kc_lists_join(team, &p, &l->n, sizeof *l->p, e);
    l->p = p;
    l->cap = l->n;
    return rc;
}

/* Pack runs of equal rows with one label into one entry each. */
static int pack_runs(struct kc_model_moved *to, struct row_list *l, struct kc_err *e)
{
    if (l->n)
        qsort(l->p, l->n, sizeof *l->p, by_hash);
    to->hash = kc_mem_alloc(l->n, sizeof *to->hash, e);
    to->place = kc_mem_alloc(l->n, sizeof *to->place, e);
    to->count = kc_mem_alloc(l->n, sizeof *to->count, e);
    if (!to->hash || !to->place || !to->count)
        return -1;
    for (size_t i = 0; i < l->n; i++) {
        const struct moved_row *r = &l->p[i];
        if (to->n > 0 && to->hash[to->n - 1] == r->hash && to->place[to->n - 1] == r->place) {
            to->count[to->n - 1]++;
            continue;
        }
        to->hash[to->n] = r->hash;
        to->place[to->n] = r->place;
        to->count[to->n++] = 1;
    }
    return 0;
}

int kc_model_find_moved(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_rows *rows,
                        const uint32_t *labels, struct kc_err *e)
{
    struct row_list moved = {0}, all = {0};
    uint64_t *hash = NULL;
    int rc = -1;
    if (collect_rows(ctx, m, rows, labels, NULL, 0, &moved, e) != 0 ||
        join_lists(kc_rows_team(rows), &moved, e) != 0)
        goto out;
    hash = kc_mem_alloc(moved.n, sizeof *hash, e);
    if (!hash)
        goto out;
    for (size_t i = 0; i < moved.n; i++)
        hash[i] = moved.p[i].hash;
    qsort(hash, moved.n, sizeof *hash, by_value);
    /* Rows that are equal to a moved one have the same hash, so they must be listed, too. */
    if (moved.n > 0 && (collect_rows(ctx, m, rows, labels, hash, moved.n, &all, e) != 0 ||
                        join_lists(kc_rows_team(rows), &all, e) != 0))
        goto out;
    rc = pack_runs(&m->moved, &all, e);
out:
    kc_mem_free(hash);
    kc_mem_free(all.p);
    kc_mem_free(moved.p);
    return rc;
}

void kc_model_moved_free(struct kc_model_moved *t)
{
    kc_mem_free(t->hash);
    kc_mem_free(t->place);
    kc_mem_free(t->count);
    *t = (struct kc_model_moved){0};
}

size_t kc_model_moved(const struct kc_model_moved *t, uint64_t hash)
{
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->hash[mid] < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->n && t->hash[lo] == hash ? lo : SIZE_MAX;
}
