/* Silhouettes of rows that are not members of the clusters they are compared with. */
#ifndef KC_CORE_JUDGE_NONMEMBERS_H
#define KC_CORE_JUDGE_NONMEMBERS_H

#include "core/cluster/space.h"
#include "la/product.h"

#define KC_NONMEMBER_COLUMNS 256 /* clusters compared at a time */
#define KC_NONMEMBER_WORK (KC_LA_TILE * KC_NONMEMBER_COLUMNS * sizeof(double) + KC_LA_SCRATCH)

/* Compute silhouettes (b - a) / max(a, b) (Rousseeuw 1987), in the calling thread. a is the mean distance to the
 * members of the row's cluster, 1 - x.S/n (no member is left out, as the row is not one of them), b the least such
 * mean of another cluster.
 *   row: `rows` <= KC_LA_TILE unit rows
 *   sums (k, d), counts (k): the clusters
 *   at (rows): the cluster of each row
 *   silhouette (rows): the result; NAN if k is 1
 *   work: KC_NONMEMBER_WORK bytes, aligned to 64 */
void kc_nonmember_silhouettes(const float *const *row, size_t rows, size_t d, const double *sums,
                              const uint64_t *counts, size_t k, const uint32_t *at, double *silhouette, void *work);

#endif
