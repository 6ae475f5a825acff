/* The clusters of a labelling as lists of rows; the mean similarity within a cluster, and its best rows by a score. */
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

/* List the rows of each cluster. Rows whose label is not in 0..k-1 are in no list. Free with kc_members_free, also
 * after a failure. */
int kc_members_make(struct kc_members *m, const uint32_t *labels, size_t n, uint32_t k, struct kc_err *e) KC_MUST_USE;
/* Sort each list by key[row], ascending; rows of equal keys stay in their order. */
int kc_members_sort(struct kc_members *m, const int64_t *key, struct kc_err *e) KC_MUST_USE;
void kc_members_free(struct kc_members *m);

/* Set similarity (k) to the mean cosine of all pairs of members, (|S|^2 - n)/(n(n - 1)) with S the sum of the n
 * unit rows: exact without looking at a pair. NAN for a single member. A function of rows and labels alone. */
int kc_members_similarity(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                          double *similarity, struct kc_err *e) KC_MUST_USE;
/* Return the same for one cluster, from its sum (d) and size. */
double kc_members_pairs(const double *sum, size_t d, uint64_t size);

/* List those of m rows with the highest score[row] into out, at most `most`, highest first, of equals the first.
 * Returns how many. */
size_t kc_members_best(const uint32_t *row, size_t m, const float *score, size_t most, uint32_t *out);

/* Return the bytes that all of this allocates at its peak. */
uint64_t kc_members_bytes(size_t n, size_t d, uint32_t k);

#endif
