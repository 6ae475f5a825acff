/* Which clusters to trust: how much of each comes back when other rows of the same kind are clustered. */
#ifndef KC_CORE_CHOICE_TRUST_H
#define KC_CORE_CHOICE_TRUST_H

#include "core/cluster/algorithm.h"

struct kc_trust_opts {
    const struct kc_algorithm *algorithm;
    const void *opts;            /* its options, for the same number of clusters */
    const struct kc_rows *original; /* (n) as in struct kc_request; NULL: the rows */
    const double *weights;       /* (n) as in struct kc_request */
    uint64_t seed;
    uint32_t resamples;          /* at least 1 */
    size_t most;                 /* rows of a resample's draws, at most */
};
#define KC_TRUST_ROWS 20000 /* draws of a resample, by default */

/* Compute the stability of each of k clusters, labels (n): the mean over the resamples of the largest Jaccard
 * coefficient of the cluster's drawn rows with a cluster of the resample's fit (Hennig 2007). 1: it always comes back;
 * above 0.75: it is there; below 0.6: it is not to be trusted. NAN: no row of it was drawn. The result is a function of
 * rows, labels and o.
 *   stability (k): set
 *   used: set to the draws of a resample */
int kc_trust_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                 const struct kc_trust_opts *o, double *stability, size_t *used, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak. */
uint64_t kc_trust_bytes(size_t n, size_t d, const struct kc_trust_opts *o, unsigned threads);

#endif
