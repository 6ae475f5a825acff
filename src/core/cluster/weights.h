/* Row weights, as the algorithms take them. Internal to core. */
#ifndef KC_CORE_CLUSTER_WEIGHTS_H
#define KC_CORE_CLUSTER_WEIGHTS_H

#include "core/cluster/space.h"

/* The weights given (n), each > 0 and finite, of n >= 1 rows, times a power of two that brings their mean to 1 .. 2, into
 * *w (the caller's to free). What is below 1e-12 of the largest is raised to that: beside it, rounding would drown it.
 * *one: what a weight of 1 has become. *w is NULL, for all 1, where there is nothing to weigh: none given, or all equal. */
int kc_weights_make(const double *given, size_t n, double **w, double *one, struct kc_err *e) KC_MUST_USE;
/* Those of the rows idx (m); *w is NULL where `from` is. */
int kc_weights_pick(const double *from, const uint32_t *idx, size_t m, double **w, struct kc_err *e) KC_MUST_USE;
/* sums (k): of the weights of each cluster's rows; labels (n). */
void kc_weights_sum(const struct kc_space *s, const uint32_t *labels, uint32_t k, double *sums);

#endif
