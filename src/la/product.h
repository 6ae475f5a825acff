/* Products of rows with columns, out = C X', the one hot loop of kclust, and the loops over its output.
 *
 * Each output is one chain of fused multiply-adds in the order of d, started from zero. That fixes its bits: they do
 * not depend on the tile, on the columns beside it, on threads, nor on which kernel ran (an FMA is correctly rounded
 * everywhere). The lanes of a vector are rows, so what follows a product (arg-max, gains, silhouettes) runs along
 * the output's columns at full width; columns are broadcast as they lie in memory and need no padding. The rows of a
 * tile are transposed into panels on the way, 128 or 256 dimensions at a time; that costs about what 3 to 8 columns
 * cost.
 *
 * Floor: 2 n k d flops at 2 FMA a cycle. Reached on one core of an EPYC (Zen 5), 96 rows x 384: avx512 199 of 218
 * GFLOP/s at 208 columns, 183 at 40, 126 at 8, 46 at 2; avx2 106 of 107, 99, 76 and 30. In double about half. */
#ifndef KC_LA_PRODUCT_H
#define KC_LA_PRODUCT_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/lattice.h"

#define KC_LA_TILE 96   /* rows per tile; callers cut n so */
#define KC_LA_LANES 16  /* columns of a packed panel */
static inline size_t kc_la_tiles(size_t n) /* tiles that n rows make */
{
    return n / KC_LA_TILE + (n % KC_LA_TILE != 0);
}
#define KC_LA_SCRATCH ((size_t)48 << 10) /* bytes a worker lends to a product, 64-aligned: panels of a piece of d */

/* Return "avx512", "avx2" or "portable": the best kernel this CPU has, unless kc_la_kernel_force chose another. */
const char *kc_la_kernel(void);
/* Choose a kernel, for tests. Return -1 if this CPU or build has no such kernel. Not thread-safe. */
int kc_la_kernel_force(const char *name) KC_MUST_USE;

/* Compute out[j * ldo + i] = sum over t of row[i][t] * c[j][t].
 *
 * row      `rows` <= KC_LA_TILE pointers to rows of d
 * c        (k, d) columns
 * out      (k, ldo), ldo at least rows rounded up to 16; written up to there
 * scratch  KC_LA_SCRATCH bytes, 64-aligned */
void kc_la_product(const float *const *row, size_t rows, size_t d, const float *c, size_t k, float *out, size_t ldo,
                   void *scratch);
/* Compute the same with the rows widened to double, and columns and output in double. */
void kc_la_productd(const float *const *row, size_t rows, size_t d, const double *c, size_t k, double *out, size_t ldo,
                    void *scratch);

/* Sets of columns that are not contiguous in memory. The rows are transposed once and multiplied with all sets; out's
 * columns follow the order of the sets. */
struct kc_la_columns {
    const float *c; /* (k, d) */
    size_t k;
};
void kc_la_product_sets(const float *const *row, size_t rows, size_t d, const struct kc_la_columns *sets, size_t nsets,
                        float *out, size_t ldo, void *scratch);

/* Multiply a few rows, from anywhere, with the same 16 columns again and again. Here the columns are transposed, once,
 * and the rows are broadcast from where they are. The chains are the same, so the bits are the same. panel (d, 16): up
 * to 16 vectors, missing ones zero. out (rows, 16): row i with column j at i * 16 + j. */
void kc_la_pack(const float *const *col, size_t cols, size_t d, float *panel);
void kc_la_product_packed(const float *panel, const float *const *row, size_t rows, size_t d, float *out);

/* Set best[i] to v[i] * scale and at[i] to id where that is larger than best[i]. */
void kc_la_arg_max(const float *v, float scale, uint32_t id, float *best, uint32_t *at, size_t n);

/* Do the same, unscaled, and keep in second[i] the largest of all but the best. */
void kc_la_arg_max2(const float *v, uint32_t id, float *best, float *second, uint32_t *at, size_t n);

/* Compute by how much |S| grows if a row of similarity v[i] * scale to a centroid whose sum S has length len > 0 joins,
 * |S + x| - |S|; for members (own[i] == id), by how much it shrinks if the row leaves, |S| - |S - x|. The result
 * updates best and at as in kc_la_arg_max. */
void kc_la_gain(const float *v, float scale, float len, uint32_t id, const uint32_t *own, float *best, uint32_t *at,
                size_t n);

/* Compute the same for rows that count w[i] > 0 times: (|S + w x| - |S|) / w and (|S| - |S - w x|) / w. */
void kc_la_gain_weighted(const float *v, float scale, float len, const double *w, uint32_t id, const uint32_t *own,
                         float *best, uint32_t *at, size_t n);

void kc_la_axpy(float *to, float a, const float *x, size_t n); /* to += a x */
void kc_la_addd(double *to, const float *x, size_t n);         /* to += x */
void kc_la_axpyd(double *to, double a, const float *x, size_t n); /* to += a x */
/* Add a x, rounded to a lattice (base/lattice.h): to += round(a x); or to a sum of two parts. */
void kc_la_add_rounded(double *to, double a, const float *x, double lattice, size_t n);
void kc_la_add_parts(double *high, double *low, double a, const float *x, const struct kc_lattice *g, size_t n);
void kc_la_widen_halves(float *to, const uint16_t *x, size_t n); /* to = x, float16 */
void kc_la_widen_bytes(float *to, float scale, const int8_t *x, size_t n); /* to = scale x, rounded once */
/* Prefetch x[0..n) before its use: the CPU does not foresee pieces of rows that are a page apart. */
static inline void kc_la_prefetch(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        __builtin_prefetch(x + i);
}
double kc_la_dot(const float *x, const double *v, size_t n);   /* in 8 chains, added up in a fixed order */
double kc_la_length(const float *x, size_t d);                  /* |x| */
double kc_la_dotd(const double *x, const double *v, size_t n);

#endif
