/* The second moments of unit rows: the mean, and the matrix of the products of their coordinates. */
#ifndef KC_CORE_GRAPH_MOMENTS_H
#define KC_CORE_GRAPH_MOMENTS_H

#include "base/ctx.h"
#include "la/rows.h"

/* Compute, over n > 0 rows x, each counting once,
 *   mean (d): the mean row
 *   m (d, d): the mean of x x'; if `centre`, of (x - mean) (x - mean)', the covariance
 * The result is a function of the rows. Returns -1 if memory is short or the rows cannot be read. */
int kc_moments_make(const struct kc_ctx *ctx, const struct kc_rows *rows, int centre, double *mean, double *m,
                    struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak beside mean and m. */
uint64_t kc_moments_bytes(size_t d, int in_memory, unsigned threads);

#endif
