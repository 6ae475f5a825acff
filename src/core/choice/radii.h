/* The lengths that unit rows had if they were Gaussian before they were scaled to length 1. */
#ifndef KC_CORE_CHOICE_RADII_H
#define KC_CORE_CHOICE_RADII_H

#include "base/ctx.h"
#include "base/err.h"

/* Scale each of n unit rows x (n, d), in place, by its most likely length under the Gaussian that fits the scaled rows
 * best; their mean length is 1. A Gaussian with the mean and covariance of the scaled rows has, scaled to length 1
 * again, about the mean and covariance of the unit rows. n > d. The result is a function of x. */
int kc_radii_scale(const struct kc_ctx *ctx, float *x, size_t n, size_t d, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak. */
uint64_t kc_radii_bytes(size_t n, size_t d, unsigned threads);

#endif
