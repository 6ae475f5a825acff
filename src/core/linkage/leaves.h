/* The leaves of a tree, and the points that it is built of: leaves that are equal are one point. Internal to
 * core/linkage. */
#ifndef KC_CORE_LINKAGE_LEAVES_H
#define KC_CORE_LINKAGE_LEAVES_H

#include "core/linkage/tree.h"

struct kc_leaves {
    size_t n;
    struct kc_points p;
    uint32_t *first;  /* (p.n) the first leaf of each point */
    uint32_t *point;  /* (n) the point of each leaf */
    float *copy;      /* (n, d) of leaves that do not lie in memory; NULL: they do */
    uint32_t *idx;    /* (p.n) the rows of the points in memory; NULL: all of them, in order */
    double *weight;   /* (p.n) NULL: all 1 */
};

/* Find the points of n >= 1 unit rows. Rows that do not lie in memory are copied.
 *   weight (n): scaled by core/cluster/weights.h; NULL: all 1
 *   l: set; free it with kc_leaves_free, also after a failure */
int kc_leaves_of_rows(const struct kc_rows *rows, const double *weight, struct kc_leaves *l,
                      struct kc_err *e) KC_MUST_USE;
void kc_leaves_free(struct kc_leaves *l);
/* Return the bytes that this allocates at its peak; *kept: of them, those that stay. */
uint64_t kc_leaves_bytes(size_t n, size_t d, int in_memory, uint64_t *kept);

/* Turn the joins of the points (p.n - 1) into those of the leaves (n - 1), in place: equal leaves are joined first, at
 * height 0. */
void kc_leaves_join(const struct kc_leaves *l, struct kc_join *joins);

#endif
