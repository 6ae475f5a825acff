/* Size limits: every cluster between min and max. Internal to core.
 *
 * A set of m rows can be cut into parts of min..max rows exactly when it is at least min and ceil(m/max) parts of min
 * fit in: F(m) = m >= min and ceil(m/max) * min <= m. First only merging, smallest first and where the objective loses
 * least, until every cluster has F; each merge leaves one cluster fewer, and all rows in one have F if anything has.
 * Then only splitting, by 2-means (of very large clusters on a part of their rows) with the cut moved to the nearest
 * place where both halves have F; each split makes smaller pieces. So it ends, and both limits hold. */
#ifndef KC_CORE_KMEANS_SIZES_H
#define KC_CORE_KMEANS_SIZES_H

#include "core/cluster/space.h"

/* The largest min' <= min that n rows can keep together with max (0: no max); n >= 1. */
uint64_t kc_sizes_feasible_min(uint64_t n, uint64_t min, uint64_t max);

/* labels (n) in 0..*k-1, none empty, are changed in place; new ids are 0..*k-1 again. min must be feasible. merged and
 * split count what was done. */
int kc_sizes_enforce(const struct kc_space *s, uint32_t *labels, uint32_t *k, uint64_t min, uint64_t max,
                     uint64_t *merged, uint64_t *split, struct kc_err *e) KC_MUST_USE;
/* Its workspace, beside that of kc_sums. */
uint64_t kc_sizes_bytes(size_t n, size_t d, int in_memory, uint32_t k, uint64_t max, unsigned threads);

#endif
