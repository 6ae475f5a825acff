/* Rows without clusters, but otherwise like those of the data: what structure and gaps are measured against. */
#ifndef KC_CORE_CHOICE_REFERENCES_H
#define KC_CORE_CHOICE_REFERENCES_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_references {
    size_t n, d;
    uint64_t seed;
    double *mean;   /* (d) of the rows */
    float *centred; /* (d, n) the rows less their mean, transposed */
};

/* Take the mean and the covariance of n >= 1 rows. Free it with kc_references_free, also after a failure. */
int kc_references_make(const struct kc_rows *rows, uint64_t seed, struct kc_references *out,
                       struct kc_err *e) KC_MUST_USE;
/* Draw n Gaussian rows with that mean and covariance and scale them to length 1: x (n, d). The result is a function of
 * the rows, the seed and `number`, which tells one draw from another. */
int kc_references_draw(const struct kc_ctx *ctx, const struct kc_references *r, unsigned number, float *x,
                       struct kc_err *e) KC_MUST_USE;
void kc_references_free(struct kc_references *r);
/* Return the bytes that both allocate at the peak, beside x. */
uint64_t kc_references_bytes(size_t n, size_t d, unsigned threads);

#endif
