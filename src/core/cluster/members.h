/* The clusters of a labelling as lists of rows, and what these tell. */
#ifndef KC_CORE_CLUSTER_MEMBERS_H
#define KC_CORE_CLUSTER_MEMBERS_H

#include "base/ctx.h"
#include "la/rows.h"

/* Cluster c's members are row[first[c]] .. row[first[c + 1] - 1], ascending. Zero-initialise. */
struct kc_members {
    uint32_t k;
    size_t *first; /* (k + 1) */
    uint32_t *row; /* (first[k]) */
};

/* labels (n): 0..k-1; rows with others are in no list. Free with kc_members_free, also after a failure. */
int kc_members_make(struct kc_members *m, const uint32_t *labels, size_t n, uint32_t k, struct kc_err *e) KC_MUST_USE;
/* Let each list go by the rows' keys (by row), ascending, instead of by the rows; equal ones by the rows. */
int kc_members_sort(struct kc_members *m, const int64_t *key, struct kc_err *e) KC_MUST_USE;
void kc_members_free(struct kc_members *m);

/* similarity (k): the mean cosine of all pairs of members, (|S|^2 - n)/(n(n - 1)) with S the sum of the n unit rows, and
 * so exact without looking at a pair; NAN where there is only one. A function of rows and labels alone. */
int kc_members_similarity(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                          double *similarity, struct kc_err *e) KC_MUST_USE;
/* The same of one cluster, by its sum (d) and size. */
double kc_members_pairs(const double *sum, size_t d, uint64_t size);

/* The rows of some (m of them), at most `most`, with the highest values of score (by row), highest first and the first
 * of equals, into out; returns how many. */
size_t kc_members_best(const uint32_t *row, size_t m, const float *score, size_t most, uint32_t *out);

uint64_t kc_members_bytes(size_t n, size_t d, uint32_t k); /* of all of this, at its peak */

#endif
