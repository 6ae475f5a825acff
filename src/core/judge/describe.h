/* The figures of a clustering that is known by its labels alone: what algorithms share that have found clusters in
 * another way than by centroids. */
#ifndef KC_CORE_JUDGE_DESCRIBE_H
#define KC_CORE_JUDGE_DESCRIBE_H

#include "core/cluster/algorithm.h"

/* Complete *out, whose n, d and labels (n), 0..k-1 or KC_NOISE, are set: number the clusters by falling size, ties by
 * the earliest member, and compute centroids, similarities, and all figures of the clusters and of the whole over the
 * rows that are in clusters. What r asks for is filled, too. out->k may come out below k, if a label has no rows, and
 * 0, if all rows are noise. The result is a function of rows, labels and r. */
int kc_describe(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_request *r, uint32_t k,
                struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak, the clustering's arrays included, but for its labels. */
uint64_t kc_describe_bytes(size_t n, size_t d, int in_memory, uint64_t k, const struct kc_request *r,
                           unsigned threads);

#endif
