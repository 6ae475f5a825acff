/* Many small clusters to k larger ones, without a look at the rows: with S_i the sums of the small clusters, a
 * grouping's objective is the sum over groups of |sum of its S_i|, which needs no more than the products S_i.S_j. So
 * local search with restarts, too dear on rows, costs next to nothing here, and finds the arrangements that k-means
 * on rows misses when k is below the number of clusters there are. Internal to core. */
#ifndef KC_CORE_KMEANS_REGROUP_H
#define KC_CORE_KMEANS_REGROUP_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/rng.h"

#define KC_REGROUP_MAX 256 /* small clusters, at most */

/* merge (m - 1): one after the other, the pair (a < b) whose union loses least; the union is called a. Ward's way,
 * with this objective. dots and work as below. */
void kc_regroup_merges(const double *dots, uint32_t m, uint32_t (*merge)[2], void *work);

/* dots (m, m): S_i.S_j. group (m): which of the k <= m groups each goes to, none empty; the best of some starts, the
 * merges and some at random, each moved cluster by cluster until nothing gains (Hartigan's way). Returns the
 * objective. work: kc_regroup_bytes(m). */
double kc_regroup(const double *dots, uint32_t m, const uint32_t (*merge)[2], uint32_t k, struct kc_rng rng,
                  uint32_t *group, void *work);
size_t kc_regroup_bytes(uint32_t m);

#endif
