/* Size limits: bring every cluster between min and max. Internal to core.
 *
 * A set of m rows can be cut into pieces of min..max rows exactly when it is at least min and ceil(m/max) pieces of min
 * fit in: F(m) = m >= min and ceil(m/max) * min <= m. First only merging, smallest first and where the objective loses
 * least, until every cluster has F; each merge leaves one cluster fewer, and all rows in one have F if anything has.
 * Then only splitting, by 2-means (of very large clusters on a sample of their rows) with the cut moved to the nearest
 * place where both halves have F; each split makes smaller pieces. So it ends, and both limits hold. */
#ifndef KC_CORE_KMEANS_SIZES_H
#define KC_CORE_KMEANS_SIZES_H

#include "core/cluster/space.h"

/* Return the largest min' <= min that n >= 1 rows can keep together with max (0: no max). */
uint64_t kc_sizes_feasible_min(uint64_t n, uint64_t min, uint64_t max);

/* Merge and split clusters until all keep the limits.
 *   labels (n), k: in 0..*k-1, no cluster empty; changed in place, the new ids are 0..*k-1 again
 *   min: feasible, see kc_sizes_feasible_min
 *   merged, split: set to the number of merges and of splits */
int kc_sizes_enforce(const struct kc_space *s, uint32_t *labels, uint32_t *k, uint64_t min, uint64_t max,
                     uint64_t *merged, uint64_t *split, struct kc_err *e) KC_MUST_USE;
/* Return its workspace in bytes, without that of kc_sums. */
uint64_t kc_sizes_bytes(size_t n, size_t d, int in_memory, uint32_t k, uint64_t max, unsigned threads);

#endif
