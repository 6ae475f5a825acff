/* Silhouettes of rows that are no members of the clusters they are held against. */
#ifndef KC_CORE_JUDGE_NONMEMBERS_H
#define KC_CORE_JUDGE_NONMEMBERS_H

#include "core/cluster/space.h"
#include "la/product.h"

#define KC_NONMEMBER_COLUMNS 256
#define KC_NONMEMBER_WORK (KC_LA_TILE * KC_NONMEMBER_COLUMNS * sizeof(double) + KC_LA_SCRATCH)

/* Of `rows` <= KC_LA_TILE unit rows, given clusters by their sums (k, d) and counts (k): a is the mean distance to the
 * rows of cluster at[i], 1 - x.S/n (no member is left out: the row is none), b the least such mean of another cluster, the
 * silhouette (b - a) / max(a, b) (Rousseeuw 1987); NAN when k is 1. By the calling thread alone; work:
 * KC_NONMEMBER_WORK bytes, aligned to 64. */
void kc_nonmember_silhouettes(const float *const *row, size_t rows, size_t d, const double *sums, const uint64_t *counts,
                       size_t k, const uint32_t *at, double *silhouette, void *work);

#endif
