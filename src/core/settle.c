#include "core/settle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/assign.h"
#include "core/index.h"
#include "la/product.h"

#define PIECE (16 * KC_LA_TILE) /* rows that are read at a time */
#define ORDERS 5 /* times that the ids may change for labels that moved */

struct rank {
    uint64_t size, first;
    uint32_t id;
};

static int by_rank(const void *a, const void *b)
{
    const struct rank *p = a, *q = b;
    if (p->size != q->size)
        return p->size > q->size ? -1 : 1;
    return p->first < q->first ? -1 : p->first > q->first; /* an empty one has first = n: the last */
}

int kc_settle_order(struct kc_fitting *w, int centroids, int *changed)
{
    struct kc_fit *f = w->f;
    uint32_t k = f->k;
    int rc = -1;
    struct rank *r = kc_mem_alloc(k, sizeof *r, w->e);
    uint32_t *to = kc_mem_alloc(k, sizeof *to, w->e);
    float *c2 = kc_mem_alloc(centroids ? kc_mem_mul(k, f->d) : 1, sizeof *c2, w->e);
    if (!r || !to || !c2)
        goto out;
    for (uint32_t c = 0; c < k; c++)
        r[c] = (struct rank){0, f->n, c};
    for (size_t i = f->n; i-- > 0;) {
        r[f->labels[i]].size++;
        r[f->labels[i]].first = i;
    }
    qsort(r, k, sizeof *r, by_rank);
    while (f->k > 1 && r[f->k - 1].size == 0)
        f->k--;
    if (changed)
        *changed = f->k != k;
    for (uint32_t c = 0; c < k; c++) {
        to[r[c].id] = c;
        if (changed)
            *changed |= r[c].id != c;
    }
    for (size_t i = 0; i < f->n; i++)
        f->labels[i] = to[f->labels[i]];
    if (centroids) {
        memcpy(c2, f->centroids, (size_t)k * f->d * sizeof *c2);
        for (uint32_t c = 0; c < k; c++)
            memcpy(f->centroids + (size_t)c * f->d, c2 + (size_t)r[c].id * f->d, f->d * sizeof *c2);
    }
    rc = 0;
out:
    kc_mem_free(c2);
    kc_mem_free(to);
    kc_mem_free(r);
    return rc;
}

int kc_settle_center(struct kc_fitting *w)
{
    struct kc_fit *f = w->f;
    size_t d = f->d;
    if (kc_index_sums(&w->space, f->labels, f->k, w->sums, w->counts, w->e) != 0)
        return -1;
    for (uint32_t c = 0; c < f->k; c++) {
        const double *v = w->sums + (size_t)c * d;
        double len = sqrt(kc_la_dotd(v, v, d));
        uint32_t first = 0;
        while (!(len > 1e-9) && first < f->n && f->labels[first] != c)
            first++;
        if (!(len > 1e-9) && first < f->n)
            kc_rows_copy(&w->space.rows, &first, 1, f->centroids + (size_t)c * d);
        else
            for (size_t t = 0; t < d; t++)
                f->centroids[(size_t)c * d + t] = (float)(v[t] / len);
    }
    return kc_rows_failed(&w->space.rows, w->e);
}

/* Rows that bounds could not tell from a tie, and which may stand differently now that the ids have changed: *moved,
 * some do. */
static int again(struct kc_fitting *w, int *moved)
{
    struct kc_fit *f = w->f;
    int rc = -1, here = w->space.rows.x != NULL;
    size_t m = w->nunsure, step = here || m < PIECE ? m : PIECE;
    float *x = kc_mem_aligned(here ? 1 : kc_mem_mul(step, f->d), sizeof *x, w->e);
    uint32_t *labels = kc_mem_alloc(m, sizeof *labels, w->e);
    float *similarity = kc_mem_alloc(m, sizeof *similarity, w->e);
    *moved = 0;
    if (!x || !labels || !similarity)
        goto out;
    for (size_t i = 0; i < m; i += step) {
        size_t r = m - i < step ? m - i : step;
        if (!here)
            kc_rows_copy(&w->space.rows, w->unsure + i, r, x);
        struct kc_rows rows = here ? kc_rows_pick(&w->space.rows, w->unsure + i, r) : kc_rows_memory(x, r, f->d);
        if (kc_rows_failed(&w->space.rows, w->e) != 0 ||
            kc_assign(w->space.ctx, &rows, f->centroids, f->k, NULL, labels + i, similarity + i, NULL, w->e) != 0)
            goto out;
    }
    for (size_t i = 0; i < m; i++) {
        *moved |= f->labels[w->unsure[i]] != labels[i];
        f->labels[w->unsure[i]] = labels[i];
    }
    rc = 0;
out:
    kc_mem_free(similarity);
    kc_mem_free(labels);
    kc_mem_free(x);
    return rc;
}

static int settle_unsure(struct kc_fitting *w)
{
    struct kc_fit *f = w->f;
    int changed = 1, moved = 1;
    for (int round = 0; round < ORDERS && changed; round++) {
        if (kc_settle_order(w, 1, &changed) != 0)
            return -1;
        if (round > 0 && !changed)
            break;
        if (again(w, &moved) != 0)
            return -1;
        changed = moved;
    }
    if (kc_index_sums(&w->space, f->labels, f->k, w->sums, w->counts, w->e) != 0)
        return -1;
    if (f->margin)
        return kc_assign(w->space.ctx, &w->space.rows, f->centroids, f->k, f->labels, NULL, f->similarity,
                         f->margin, w->e);
    return kc_assign_own(w->space.ctx, &w->space.rows, f->centroids, f->k, f->labels, f->similarity, w->e);
}

static int settle_all(struct kc_fitting *w, uint32_t *next)
{
    struct kc_fit *f = w->f;
    const struct kc_ctx *ctx = w->space.ctx;
    int changed = 1, late = w->space.steps && w->space.steps->cut;
    for (int round = 0; round < (f->n <= KC_FEW_ROWS && !late ? KC_SETTLE_ROUNDS : 1); round++) {
        if (kc_settle_order(w, 0, NULL) != 0 || kc_settle_center(w) != 0 ||
            kc_assign(ctx, &w->space.rows, f->centroids, f->k, NULL, next, f->similarity, f->margin, w->e) != 0)
            return -1;
        if (memcmp(next, f->labels, f->n * sizeof *next) == 0)
            return 0;
        memcpy(f->labels, next, f->n * sizeof *next);
    }
    /* Not settled: the labels are still those of the stored centroids, only that these are not exactly their sums.
     * New ids may turn ties. */
    for (int round = 0; round < ORDERS && changed; round++) {
        if (kc_settle_order(w, 1, &changed) != 0 ||
            (changed && kc_assign(ctx, &w->space.rows, f->centroids, f->k, NULL, f->labels, f->similarity, f->margin,
                                  w->e) != 0))
            return -1;
    }
    return kc_index_sums(&w->space, f->labels, f->k, w->sums, w->counts, w->e);
}

int kc_settle(struct kc_fitting *w)
{
    if (w->unsure)
        return settle_unsure(w);
    uint32_t *next = kc_mem_alloc(w->f->n, sizeof *next, w->e);
    int rc = next ? settle_all(w, next) : -1;
    kc_mem_free(next);
    return rc;
}
