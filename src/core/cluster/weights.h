/* Row weights, scaled for the algorithms. Internal to core.
 *
 * Sums of n rows by weight have two parts on lattices (base/lattice.h): each addend is off by at most 2^-98 n^2, with a
 * mean weight of 1 .. 2. Of a million rows, one that weighs 1e-9 of the mean is off by 4e-9 of itself, less than the
 * rounding of its floats; one that weighs 1e-12 by 4e-6. */
#ifndef KC_CORE_CLUSTER_WEIGHTS_H
#define KC_CORE_CLUSTER_WEIGHTS_H

#include "core/cluster/space.h"

/* Scale the weights of n >= 1 rows by a power of two that brings their mean to 1 .. 2. Weights below 1e-12 of the
 * largest are raised to that: beside it, rounding would drown them.
 *   given (n): each > 0 and finite; NULL: all 1
 *   w: set to the scaled weights, which the caller frees; NULL if none are given or all are equal
 *   one: set to what a weight of 1 has become */
int kc_weights_make(const double *given, size_t n, double **w, double *one, struct kc_err *e) KC_MUST_USE;
/* Do that on all ranks for their rows. given: of this rank's rows. */
int kc_weights_make_shared(const double *given, const struct kc_rows *rows, double **w, double *one,
                           struct kc_err *e) KC_MUST_USE;
/* Copy the weights of the rows idx (m) to *w, which the caller frees. If `from` is NULL, *w is, too. */
int kc_weights_pick(const double *from, const uint32_t *idx, size_t m, double **w, struct kc_err *e) KC_MUST_USE;
/* Do that on every rank for the rows with these numbers among those of all ranks; the space has all rows of its
 * ranks. */
int kc_weights_pick_shared(const struct kc_space *s, const uint32_t *idx, size_t m, double **w,
                           struct kc_err *e) KC_MUST_USE;
/* Set *most to the largest weight on all ranks, at least 1. */
int kc_weights_most(const struct kc_space *s, double *most, struct kc_err *e) KC_MUST_USE;
/* Set sums (k) to the weight of each cluster's rows. */
int kc_weights_sum(const struct kc_space *s, const uint32_t *labels, uint32_t k, double *sums,
                   struct kc_err *e) KC_MUST_USE;

#endif
