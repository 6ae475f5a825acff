/* Trees of points: each point begins as a cluster of its own, and the two nearest clusters are joined until one is
 * left. Points are unit rows, or cells of rows of which only the sums are known. Internal to core/linkage. */
#ifndef KC_CORE_LINKAGE_TREE_H
#define KC_CORE_LINKAGE_TREE_H

#include "core/cluster/clustering.h"
#include "core/graph/offer.h"

/* How far two clusters are from each other. */
enum kc_linkage {
    KC_LINKAGE_WARD,     /* sqrt(2 wa wb / (wa + wb)) |ca - cb|, of weights w and means c: what the sum of squared
                          * distances to the means grows by (Ward 1963), on the scale of scipy */
    KC_LINKAGE_AVERAGE,  /* the mean cosine distance of their pairs: 1 - ca.cb */
    KC_LINKAGE_COMPLETE, /* the largest cosine distance of a pair */
    KC_LINKAGE_SINGLE    /* the smallest */
};

struct kc_points {
    size_t n, d;
    struct kc_rows rows;  /* (n, d) unit rows in memory, no two of them equal; not looked at if there are sums */
    const double *sums;   /* (n, d) of cells; NULL: points are rows */
    const double *weight; /* (n) > 0, as scaled by core/cluster/weights.h, of rows or cells; NULL: all 1 */
};

/* One join, in the order in which the tree was built: of the clusters in which these points are. */
struct kc_join {
    uint32_t a, b;
    double height;
};

/* What the work was, for the log and for tests. */
struct kc_tree_report {
    uint64_t rounds;   /* of reciprocal neighbours */
    uint64_t searches; /* clusters whose nearest was searched among all others, beside the first search of all */
    uint64_t products; /* pairs that were multiplied */
    uint64_t exact;    /* pairs that were measured in double */
    uint64_t again;    /* searches that rounding left undecided, so that they were done in double */
};

/* Build the tree of n >= 1 points by Ward's or average linkage: joins (n - 1). Where joins are equally far, that of the
 * cluster with the earliest point comes first. A height is never below those of the joins that it joins. The result is
 * a function of the points alone. */
int kc_tree_rounds(const struct kc_ctx *ctx, const struct kc_points *p, enum kc_linkage how, struct kc_join *joins,
                   struct kc_tree_report *report, struct kc_err *e) KC_MUST_USE;
/* Do the same by complete linkage, and by single linkage, of points that are rows. Weights play no part. */
int kc_tree_complete(const struct kc_ctx *ctx, const struct kc_points *p, struct kc_join *joins,
                     struct kc_tree_report *report, struct kc_err *e) KC_MUST_USE;
int kc_tree_single(const struct kc_ctx *ctx, const struct kc_points *p, struct kc_join *joins,
                   struct kc_tree_report *report, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that each of them allocates at its peak for n points. cells: the points are sums. */
uint64_t kc_rounds_bytes(size_t n, size_t d, int cells, unsigned threads);
uint64_t kc_complete_bytes(size_t n, size_t d, unsigned threads);
uint64_t kc_single_bytes(size_t n, size_t d, unsigned threads);

/* Sort the joins (n - 1) by height and write them as scipy does, merges (n - 1): nodes 0..n-1 are the points, merge i
 * makes node n + i, the lower node comes first, sizes count points. Joins of one height stay in their order. */
int kc_tree_order(struct kc_join *joins, size_t n, struct kc_merge *merges, struct kc_err *e) KC_MUST_USE;
uint64_t kc_tree_order_bytes(size_t n);

/* Round a distance to the grid on which distances are compared: rounding then tells no two equal ones apart. A squared
 * distance of unit rows below 3e-14 is 0. */
double kc_tree_grid(double v);

#endif
