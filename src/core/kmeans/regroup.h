/* Regroup many small clusters into k larger ones, without a look at the rows: with S_i the sums of the small
 * clusters, the objective of a grouping is the sum over the larger ones of |sum of their S_i|, which needs no more than
 * the products S_i.S_j. So local search with restarts, too dear on rows, costs next to nothing here, and finds the
 * arrangements that k-means on rows misses when k is below the number of clusters in the data. Internal to core. */
#ifndef KC_CORE_KMEANS_REGROUP_H
#define KC_CORE_KMEANS_REGROUP_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/rng.h"

#define KC_REGROUP_MAX 256 /* most small clusters */

/* Merge the m small clusters pair by pair, each time the pair (a < b) whose union loses least, into merge (m - 1); the
 * union is called a. Ward's method with this objective. dots and work as in kc_regroup. */
void kc_regroup_merges(const double *dots, uint32_t m, uint32_t (*merge)[2], void *work);

/* Find a good grouping into k <= m clusters: the best of some starts, the merges and some at random, each improved by
 * moving small clusters one by one until nothing gains (as Hartigan 1975 moves rows). Returns its objective.
 *   dots (m, m): S_i.S_j
 *   merge: made by kc_regroup_merges
 *   cluster_of (m): set to the larger cluster of each small one, 0..k-1, none of them empty
 *   work: scratch of kc_regroup_bytes(m) */
double kc_regroup(const double *dots, uint32_t m, const uint32_t (*merge)[2], uint32_t k, struct kc_rng rng,
                  uint32_t *cluster_of, void *work);
size_t kc_regroup_bytes(uint32_t m);

#endif
