/* k clusters within size limits, where k is given: k-means whose assignment keeps the limits at every step. Internal to
 * core. */
#ifndef KC_CORE_KMEANS_FIXED_K_H
#define KC_CORE_KMEANS_FIXED_K_H

#include "core/cluster/space.h"
#include "core/kmeans/kmeans.h"

/* Return 1 if n rows can make k clusters of min..max rows (max 0: no limit). */
int kc_fixed_k_feasible(uint64_t n, uint64_t k, uint64_t min, uint64_t max);

/* Find k clusters of min..max rows.
 *   o: seed, n_init, max_iter and tol are used
 *   k: feasible with min >= 1 and max, and there are as many different rows
 *   have, labels (n): a partition into `have` clusters to start from; labels is set to the partition found
 *   changed: set to 1 if a label has changed */
int kc_fixed_k_run(const struct kc_space *s, const struct kc_kmeans_opts *o, uint32_t k, uint64_t min, uint64_t max,
                   uint32_t have, uint32_t *labels, int *changed, struct kc_err *e) KC_MUST_USE;
uint64_t kc_fixed_k_bytes(size_t n, size_t d, int in_memory, uint32_t k, unsigned threads);

#endif
