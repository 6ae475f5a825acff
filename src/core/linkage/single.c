/* Single linkage: its joins are the edges of the minimum spanning tree of the rows, the shortest first (Gower & Ross
 * 1969). That is the tree of mutual reachability with a neighbourhood of one row: no pair is nearer than either of its
 * rows is to its nearest, so reachability changes no distance. The tree is chosen by products in float, as neighbours
 * are; the heights are computed in double. */
#include <math.h>
#include "core/density/reach.h"
#include "core/linkage/tree.h"

#define LIST 32 /* neighbours of a row, by which most of the tree is found */

uint64_t kc_single_bytes(size_t n, size_t d, unsigned threads)
{
    const struct kc_neighbours_opts o = {.m = LIST, .least = -2};
    return kc_neighbours_bytes(n, d, &o, threads) + kc_reach_bytes(n, d, threads) +
           (uint64_t)n * (sizeof(float) + sizeof(struct kc_bridge)) + (uint64_t)d * sizeof(double);
}

/* Return the distance of two rows. wide: (d) scratch. */
static double measure_rows(const struct kc_points *p, uint32_t a, uint32_t b, double *wide)
{
    const float *x = kc_rows_at(&p->rows, a), *y = kc_rows_at(&p->rows, b);
    for (size_t t = 0; t < p->d; t++)
        wide[t] = (double)x[t];
    return kc_tree_grid(1 - kc_la_dot(y, wide, p->d) / (kc_la_length(x, p->d) * kc_la_length(y, p->d)));
}

int kc_tree_single(const struct kc_ctx *ctx, const struct kc_points *p, struct kc_join *joins,
                   struct kc_tree_report *report, struct kc_err *e)
{
    const size_t n = p->n;
    const struct kc_neighbours_opts o = {.m = LIST, .least = -2};
    struct kc_neighbours g = {0};
    struct kc_reach_report reach;
    float *core = kc_mem_alloc(n, sizeof *core, e);
    struct kc_bridge *edge = kc_mem_alloc(n, sizeof *edge, e);
    double *wide = kc_mem_alloc(p->d, sizeof *wide, e);
    int rc = -1;
    *report = (struct kc_tree_report){.products = (uint64_t)n * (n - 1) / 2};
    if (!core || !edge || !wide || kc_neighbours_find(ctx, &p->rows, &o, &g, e) != 0 ||
        kc_reach_tree(ctx, &p->rows, &g, 1, NULL, 1, core, edge, &reach, e) != 0)
        goto out;
    report->rounds = reach.rounds;
    report->products += (uint64_t)(reach.again * (double)n * (double)n / 2);
    for (size_t i = 0; i + 1 < n; i++) {
        const uint32_t a = edge[i].a, b = edge[i].b;
        joins[i] = (struct kc_join){a, b, measure_rows(p, a, b, wide)};
    }
    rc = 0;
out:
    kc_neighbours_free(&g);
    kc_mem_free(wide);
    kc_mem_free(edge);
    kc_mem_free(core);
    return rc;
}
