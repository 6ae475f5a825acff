/* Labels and centroids that agree. The labels of a run are the arg-max over the centroids of its last pass, with the
 * clusters numbered by column. The result numbers them by falling size, so ties between equal similarities, where the
 * lowest id wins, may fall differently. Rows whose labels the engine's bounds prove are not assigned again. */
#include "core/kmeans/settle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "core/cluster/order.h"
#include "core/cluster/sums.h"
#include "core/judge/index.h"

#define PIECE (16 * KC_LA_TILE) /* rows that are read at a time */
#define ORDERS 5 /* most times that clusters are renumbered because labels moved */

int kc_settle_order(struct kc_fitting *w, int centroids, int *changed)
{
    struct kc_clustering *f = w->f;
    uint32_t k = f->k;
    int rc = -1;
    struct kc_cluster_rank *r = kc_mem_alloc(k, sizeof *r, w->e);
    uint32_t *to = kc_mem_alloc(k, sizeof *to, w->e);
    float *c2 = kc_mem_alloc(centroids ? kc_mem_mul(k, f->d) : 1, sizeof *c2, w->e);
    if (!r || !to || !c2)
        goto out;
    if (kc_order_shared(&w->space.rows, f->labels, k, r, &f->k, w->e) != 0)
        goto out;
    if (changed)
        *changed = f->k != k;
    for (uint32_t c = 0; c < k; c++) {
        to[r[c].label] = c;
        if (changed)
            *changed |= r[c].label != c;
    }
    for (size_t i = 0; i < w->space.n; i++)
        f->labels[i] = to[f->labels[i]];
    if (centroids) {
        memcpy(c2, f->centroids, (size_t)k * f->d * sizeof *c2);
        for (uint32_t c = 0; c < k; c++)
            memcpy(f->centroids + (size_t)c * f->d, c2 + (size_t)r[c].label * f->d, f->d * sizeof *c2);
    }
    rc = 0;
out:
    kc_mem_free(c2);
    kc_mem_free(to);
    kc_mem_free(r);
    return rc;
}

int kc_settle_centre(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    if (kc_sums(&w->space, f->labels, f->k, w->sums, w->counts, w->e) != 0)
        return -1;
    return kc_order_centre(&w->space.rows, f->labels, w->sums, f->k, f->centroids, w->e);
}

/* Reassign the rows whose bounds could not exclude a tie: renumbering the clusters may break ties differently. Sets
 * *moved if a label changed. */
static int reassign_unsure_rows(struct kc_fitting *w, int *moved)
{
    struct kc_clustering *f = w->f;
    int rc = -1, here = w->space.rows.x && !w->space.rows.idx;
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

/* Settle labels whose centroids are given: renumber the clusters and reassign the unsure rows until neither changes. */
static int settle_unsure_rows(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    int changed = 1, moved = 1;
    for (int round = 0; round < ORDERS && changed; round++) {
        if (kc_settle_order(w, 1, &changed) != 0)
            return -1;
        if (round > 0 && !changed)
            break;
        if (reassign_unsure_rows(w, &moved) != 0)
            return -1;
        uint64_t ranks = moved != 0;
        if (kc_team_count(kc_space_team(&w->space), &ranks, 1, w->e) != 0)
            return -1;
        changed = ranks > 0;
    }
    if (kc_sums(&w->space, f->labels, f->k, w->sums, w->counts, w->e) != 0)
        return -1;
    if (f->margin)
        return kc_assign(w->space.ctx, &w->space.rows, f->centroids, f->k, f->labels, NULL, f->similarity,
                         f->margin, w->e);
    return kc_assign_own(w->space.ctx, &w->space.rows, f->centroids, f->k, f->labels, f->similarity, w->e);
}

/* Settle labels by full passes: centroids from labels, labels from centroids, until nothing moves. next (n):
 * scratch. */
static int settle_all_rows(struct kc_fitting *w, uint32_t *next)
{
    struct kc_clustering *f = w->f;
    const struct kc_ctx *ctx = w->space.ctx;
    int changed = 1, late = w->space.steps && w->space.steps->cut;
    for (int round = 0; round < (f->n <= KC_FEW_ROWS && !late ? KC_SETTLE_ROUNDS : 1); round++) {
        if (kc_settle_order(w, 0, NULL) != 0 || kc_settle_centre(w) != 0 ||
            kc_assign(ctx, &w->space.rows, f->centroids, f->k, NULL, next, f->similarity, f->margin, w->e) != 0)
            return -1;
        uint64_t moved = memcmp(next, f->labels, w->space.n * sizeof *next) != 0;
        if (kc_team_count(kc_space_team(&w->space), &moved, 1, w->e) != 0)
            return -1;
        if (moved == 0)
            return 0;
        memcpy(f->labels, next, w->space.n * sizeof *next);
    }
    /* The rounds are used up: the labels are the arg-max over the stored centroids, but these are not exactly the
     * labels' sums. Renumbering may break ties differently. */
    for (int round = 0; round < ORDERS && changed; round++) {
        if (kc_settle_order(w, 1, &changed) != 0 ||
            (changed && kc_assign(ctx, &w->space.rows, f->centroids, f->k, NULL, f->labels, f->similarity, f->margin,
                                  w->e) != 0))
            return -1;
    }
    return kc_sums(&w->space, f->labels, f->k, w->sums, w->counts, w->e);
}

int kc_settle(struct kc_fitting *w)
{
    if (w->unsure)
        return settle_unsure_rows(w);
    uint32_t *next = kc_mem_alloc(w->space.n, sizeof *next, w->e);
    int rc = next ? settle_all_rows(w, next) : -1;
    kc_mem_free(next);
    return rc;
}
