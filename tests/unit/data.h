/* Random data for the tests of la and core. */
#ifndef KC_TESTS_DATA_H
#define KC_TESTS_DATA_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"
#include "base/rng.h"

/* n unit rows of d dimensions around `centres` random directions; spread 0 puts every row on its centre. malloc'd. */
float *data_clustered(struct kc_rng *r, size_t n, size_t d, size_t centres, double spread);
/* Weights of n rows: of all sizes, a few of them much heavier than the rest, 1 to 5, at most 1. malloc'd. */
enum data_weights { DATA_MIXED, DATA_HEAVY, DATA_COUNTS, DATA_FADED, DATA_KINDS };
double *data_weights(struct kc_rng *r, size_t n, enum data_weights kind);
double data_normal(struct kc_rng *r);
struct kc_ctx data_ctx(unsigned threads); /* a context with a pool; free the pool */

/* Rows of a matrix that pretend not to lie in memory: a row source's src and read. */
struct data_behind {
    const float *x;
    size_t d;
};
int data_behind_read(void *src, size_t i0, size_t r, float *buf);

#endif
