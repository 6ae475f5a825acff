#include "data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "la/matrix.h"
#include "par/pool.h"

double data_normal(struct kc_rng *r)
{
    double s = -6; /* Irwin and Hall: close enough to a normal, and the same on every libm */
    for (int i = 0; i < 12; i++)
        s += kc_rng_unit(r);
    return s;
}

float *data_clustered(struct kc_rng *r, size_t n, size_t d, size_t centres, double spread)
{
    float *c = malloc(centres * d * sizeof *c), *x = malloc(n * d * sizeof *x);
    if (!c || !x)
        abort();
    for (size_t i = 0; i < centres; i++) {
        for (size_t t = 0; t < d; t++)
            c[i * d + t] = (float)data_normal(r);
        if (kc_la_unit(c + i * d, d, c + i * d, NULL) != KC_ROW_OK)
            i--;
    }
    for (size_t i = 0; i < n; i++) {
        const float *m = c + kc_rng_below(r, centres) * d;
        for (size_t t = 0; t < d; t++)
            x[i * d + t] = (float)((double)m[t] + spread * data_normal(r) / sqrt((double)d));
        if (kc_la_unit(x + i * d, d, x + i * d, NULL) != KC_ROW_OK)
            i--;
    }
    free(c);
    return x;
}

struct kc_ctx data_ctx(unsigned threads)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_ctx ctx = {.pool = kc_pool_new(threads, &e)};
    if (!ctx.pool)
        abort();
    return ctx;
}

int data_behind_read(void *src, size_t i0, size_t r, float *buf)
{
    const struct data_behind *b = src;
    memcpy(buf, b->x + i0 * b->d, r * b->d * sizeof *buf);
    return 0;
}

double *data_weights(struct kc_rng *r, size_t n, enum data_weights kind)
{
    double *w = malloc(n * sizeof *w);
    if (!w)
        abort();
    for (size_t i = 0; i < n; i++)
        w[i] = kind == DATA_COUNTS  ? (double)(1 + kc_rng_below(r, 5))
               : kind == DATA_FADED ? exp2(-8 * kc_rng_unit(r))
                                    : exp((kind == DATA_HEAVY ? 3 : 1) * data_normal(r));
    return w;
}
