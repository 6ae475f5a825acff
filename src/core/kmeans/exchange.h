/* Moves and swaps of single rows within size limits. Internal to core. */
#ifndef KC_CORE_KMEANS_EXCHANGE_H
#define KC_CORE_KMEANS_EXCHANGE_H

#include "core/cluster/space.h"

#define KC_EXCHANGE_ROWS 2048 /* most rows */

struct kc_exchange;

/* Prepare for the rows (n, d), n <= KC_EXCHANGE_ROWS, with weights w (n; NULL: all 1), k clusters and sizes of
 * min..max. NULL if memory is short. rows and w stay the caller's, and are not read later. */
struct kc_exchange *kc_exchange_new(const float *rows, const double *w, size_t n, size_t d, uint32_t k, uint64_t min,
                                    uint64_t max, struct kc_err *e) KC_MUST_USE;
void kc_exchange_free(struct kc_exchange *x);
/* Return the bytes of all that. */
uint64_t kc_exchange_bytes(size_t n, size_t d, uint32_t k);

/* Move single rows (Hartigan 1975) and swap pairs of rows between clusters while that raises the objective, the sum of
 * |S_c|, and the sizes stay within their limits. labels (n): changed in place. Return 1 if a row was moved. */
int kc_exchange_run(struct kc_exchange *x, uint32_t *labels);

#endif
