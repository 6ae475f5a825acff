/* The gap statistic: how much tighter the clusters are than those of rows without clusters. */
#ifndef KC_CORE_CHOICE_GAP_H
#define KC_CORE_CHOICE_GAP_H

#include "core/cluster/space.h"
#include "core/judge/entry.h"
#include "core/kmeans/kmeans.h"

struct kc_gap_opts {
    const struct kc_kmeans_opts *fit; /* how rows and references are clustered; its seed is that of the draws, too */
    unsigned references;              /* at least 1 */
    size_t most;                      /* rows: of more, as many are drawn at random */
};

/* Compute the gap of each of n entries, by rising k, and its standard error: gap = mean of ln W over the references
 * less ln W of the rows, W the inertia; error = standard deviation * sqrt(1 + 1 / references). They are NAN for k above
 * the number of different rows. Weights are not used. The result is a function of the rows, the k and o. */
int kc_gap_run(const struct kc_space *s, const struct kc_gap_opts *o, struct kc_k_entry *entry, size_t n,
               struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak. */
uint64_t kc_gap_bytes(size_t n, size_t d, const struct kc_ks *ks, const struct kc_gap_opts *o, unsigned threads);

#endif
