/* The leading eigenvectors of a symmetric matrix. */
#ifndef KC_CORE_GRAPH_LEADING_H
#define KC_CORE_GRAPH_LEADING_H

#include "base/ctx.h"

/* How they were found. */
struct kc_leading_report {
    unsigned rounds; /* 0: all eigenvectors were computed at once */
    double residual; /* the largest |A v - value v|, over the largest value */
};

/* Find the `wanted` largest eigenvalues, the largest first, and their eigenvectors, of a symmetric matrix without
 * negative eigenvalues.
 *   a (n, n): destroyed if all eigenvectors are computed at once
 *   value (wanted), vector (wanted, n): set, 0 < wanted <= n; vector t is row t, of length 1, and its component of the
 *   largest size, the first of equal ones, is positive
 * The result is a function of a and wanted. Returns -1 only if memory is short. */
int kc_leading_find(const struct kc_ctx *ctx, double *a, size_t n, size_t wanted, double *value, double *vector,
                    struct kc_leading_report *report, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak. */
uint64_t kc_leading_bytes(size_t n, size_t wanted, unsigned threads);

#endif
