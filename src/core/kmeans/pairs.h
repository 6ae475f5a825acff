/* k-means with pairs of rows that must, or must not, be in one cluster (core/cluster/pairs.h).
 *
 * Rows that must be together are one point. Of them the objective, the sum of the lengths of the clusters' sums, knows
 * only their sum s, and a row of the direction of s and the weight |s| has the same sum. So k-means of these points is
 * k-means of the rows under these pairs, exactly. Points that must be apart are separated after the fit for
 * the chosen k (separate.h). Sizes and figures are those of the rows, but for the sweep's, which are those of the
 * points. */
#ifndef KC_CORE_KMEANS_PAIRS_H
#define KC_CORE_KMEANS_PAIRS_H

#include "core/cluster/pairs.h"
#include "core/kmeans/kmeans.h"

/* Cluster the rows, which are in memory, under r->pairs, whose fates are set. See struct kc_algorithm. If k is a range,
 * it begins at the k that the pairs need. */
int kc_kmeans_pairs_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *o,
                        const struct kc_request *r, struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak beside the rows. */
uint64_t kc_kmeans_pairs_bytes(size_t n, size_t d, const struct kc_kmeans_opts *o, const struct kc_request *r,
                               unsigned threads);

#endif
