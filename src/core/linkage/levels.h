/* Levels: coarser clusters that are unions of the clusters of a fit, however these were found, one level within the
 * other. */
#ifndef KC_CORE_LINKAGE_LEVELS_H
#define KC_CORE_LINKAGE_LEVELS_H

#include "core/cluster/algorithm.h"

/* Find the tree of the fit's clusters, merges (f->k - 1), sizes in clusters. If the fit has a tree of its own
 * (core/linkage), it is that, seen from the clusters up; else Ward's, by the sums of their rows. */
int kc_levels_tree(const struct kc_ctx *ctx, const struct kc_clustering *f, struct kc_merge *merges,
                   struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak for k clusters of n rows. */
uint64_t kc_levels_tree_bytes(size_t n, size_t d, uint64_t k, unsigned threads);

/* Unite k >= 1 clusters to at most `want`, by their tree. min_children: a union of fewer clusters than this stays with
 * the larger side, so that there may be fewer than `want`.
 *   coarse (k): set to the union that each cluster is in, numbered by their first cluster
 * Returns how many there are; 0 and e if memory is short. */
uint32_t kc_levels_cut(const struct kc_merge *merges, uint32_t k, uint32_t want, uint64_t min_children,
                       uint32_t *coarse, struct kc_err *e) KC_MUST_USE;

/* Number the labels (n), 0..k-1 or KC_NOISE, by falling size, ties by the earliest row; *k becomes the number of those
 * that have rows. */
int kc_levels_order(uint32_t *labels, size_t n, uint32_t *k, struct kc_err *e) KC_MUST_USE;

#endif
