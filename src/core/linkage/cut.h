/* Cuts of a tree into clusters, from the top: a merge that is cut leaves two clusters, any other one. Internal to
 * core/linkage. */
#ifndef KC_CORE_LINKAGE_CUT_H
#define KC_CORE_LINKAGE_CUT_H

#include "core/cluster/clustering.h"

/* A tree whose merges are sorted by height. */
struct kc_tree {
    const struct kc_merge *merges; /* (leaves - 1), their sizes in rows */
    size_t leaves;
    const uint64_t *rows; /* (leaves) of each leaf; NULL: 1 */
    size_t equal;         /* the first merges, which join equal leaves and are never cut */
};

/* Where to cut. */
struct kc_cut {
    uint32_t k;        /* into k clusters, at most as many as kc_cut_most; 0: */
    double above;      /* at all merges that are higher than this */
    uint64_t min_size; /* a merge of two sides of which one has fewer rows is not cut: those stay with the larger side,
                        * and later with the largest side of that */
    uint64_t max_size; /* clusters of more rows are cut further where they can be; 0: no limit */
};

/* Return the most clusters that the tree can be cut into. */
uint32_t kc_cut_most(const struct kc_tree *t, uint64_t min_size);
/* Cut the tree. Returns the number of clusters.
 *   node (2 leaves - 1): set to the cluster of each node's largest part: that of leaf i is node[i]
 *   size (leaves): set to the rows of each cluster
 *   more: set to the cuts that were made for max_size */
uint32_t kc_cut(const struct kc_tree *t, const struct kc_cut *c, uint32_t *node, uint64_t *size, uint32_t *more);

#endif
