/* A tree of rows becomes one of clusters by leaving out the merges within them: where a merge joins rows of two
 * clusters, or of unions of them, those are joined. With a least size some rows are in a cluster that the tree puts
 * elsewhere; then the lowest merge that joins two clusters is the one that counts. */
#include "core/linkage/levels.h"

#include <string.h>
#include "core/cluster/order.h"
#include "core/graph/forest.h"
#include "core/linkage/cut.h"
#include "core/linkage/linkage.h"
#include "core/linkage/tree.h"

/* Find the tree of the clusters in that of the rows or cells. */
static int contract_tree(const struct kc_clustering *f, const struct kc_linkage_fit *own, struct kc_join *joins,
                         size_t *njoins, struct kc_err *e)
{
    const size_t leaves = own->cells ? own->cells : f->n;
    uint32_t *of = kc_mem_alloc(leaves + f->nmerges, sizeof *of, e); /* some cluster below each node */
    uint32_t *parent = kc_mem_alloc(f->k, sizeof *parent, e);
    const int rc = of && parent ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < f->n; i++)
        of[own->cell ? own->cell[i] : i] = f->labels[i];
    for (uint32_t c = 0; rc == 0 && c < f->k; c++)
        parent[c] = c;
    for (size_t i = 0; rc == 0 && i < f->nmerges; i++) {
        const struct kc_merge *m = &f->merges[i];
        const uint32_t a = of[m->a], b = of[m->b];
        of[leaves + i] = a != KC_NOISE ? a : b;
        if (a != KC_NOISE && b != KC_NOISE && kc_forest_unite(parent, a, b))
            joins[(*njoins)++] = (struct kc_join){a, b, m->height};
    }
    kc_mem_free(parent);
    kc_mem_free(of);
    return rc;
}

/* Join the clusters by Ward's linkage of their sums: the centroid times the size and the cohesion. */
static int join_sums(const struct kc_ctx *ctx, const struct kc_clustering *f, struct kc_join *joins, size_t *njoins,
                     struct kc_err *e)
{
    const size_t k = f->k, d = f->d;
    double *sums = kc_mem_aligned(kc_mem_mul(k, d), sizeof *sums, e), *weight = kc_mem_alloc(k, sizeof *weight, e);
    int rc = sums && weight ? 0 : -1;
    for (size_t c = 0; rc == 0 && c < k; c++) {
        weight[c] = (double)f->clusters[c].size;
        const double length = weight[c] * f->clusters[c].cohesion;
        for (size_t t = 0; t < d; t++)
            sums[c * d + t] = length * (double)f->centroids[c * d + t];
    }
    if (rc == 0) {
        const struct kc_points p = {.n = k, .d = d, .sums = sums, .weight = weight};
        struct kc_tree_report report;
        rc = kc_tree_rounds(ctx, &p, KC_LINKAGE_WARD, joins, &report, e);
        *njoins = k - 1;
    }
    kc_mem_free(weight);
    kc_mem_free(sums);
    return rc;
}

int kc_levels_tree(const struct kc_ctx *ctx, const struct kc_clustering *f, struct kc_merge *merges, struct kc_err *e)
{
    const struct kc_linkage_fit *own = kc_linkage_of(f);
    struct kc_join *joins = kc_mem_alloc(f->k, sizeof *joins, e);
    size_t n = 0;
    int rc = joins ? 0 : -1;
    if (rc == 0 && f->k > 1)
        rc = own ? contract_tree(f, own, joins, &n, e) : join_sums(ctx, f, joins, &n, e);
    if (rc == 0 && f->k > 1)
        rc = kc_tree_order(joins, f->k, merges, e);
    kc_mem_free(joins);
    return rc;
}

uint64_t kc_levels_tree_bytes(size_t n, size_t d, uint64_t k, unsigned threads)
{
    const size_t clusters = k < n ? (size_t)k : n;
    const uint64_t contract = 2 * (uint64_t)n * sizeof(uint32_t) + clusters * sizeof(uint32_t);
    const uint64_t sums = clusters * (d + 1) * sizeof(double) + kc_rounds_bytes(clusters, d, 1, threads);
    return clusters * sizeof(struct kc_join) + (contract > sums ? contract : sums) + kc_tree_order_bytes(clusters);
}

uint32_t kc_levels_cut(const struct kc_merge *merges, uint32_t k, uint32_t want, uint64_t min_children,
                       uint32_t *coarse, struct kc_err *e)
{
    const struct kc_tree tree = {.merges = merges, .leaves = k};
    uint32_t *node = kc_mem_alloc(kc_mem_mul(k, 2), sizeof *node, e), more;
    uint64_t *size = kc_mem_alloc(k, sizeof *size, e);
    uint32_t found = 0;
    if (node && size) {
        const uint32_t most = kc_cut_most(&tree, min_children);
        const struct kc_cut c = {.k = want < most ? want : most, .min_size = min_children};
        found = kc_cut(&tree, &c, node, size, &more);
        memcpy(coarse, node, k * sizeof *coarse);
    }
    kc_mem_free(size);
    kc_mem_free(node);
    return found;
}

int kc_levels_order(uint32_t *labels, size_t n, uint32_t *k, struct kc_err *e)
{
    struct kc_cluster_rank *r = kc_mem_alloc(*k, sizeof *r, e);
    uint32_t *to = kc_mem_alloc(*k, sizeof *to, e);
    const uint32_t all = *k;
    const int rc = r && to ? 0 : -1;
    if (rc == 0) {
        *k = kc_order_labels(labels, n, all, r);
        for (uint32_t c = 0; c < all; c++)
            to[r[c].label] = c;
        for (size_t i = 0; i < n; i++)
            labels[i] = labels[i] == KC_NOISE ? KC_NOISE : to[labels[i]];
    }
    kc_mem_free(to);
    kc_mem_free(r);
    return rc;
}
