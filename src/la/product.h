/* Products of rows with packed columns: out = X C', the one hot loop of kclust.
 *
 * Each output is one chain of fused multiply-adds in the order of d, started from zero. That fixes its bits: they do
 * not depend on the tile, on the columns beside it, on threads, nor on which kernel ran (an FMA is correctly rounded
 * everywhere). Columns are packed 16 (float) or 8 (double) to a panel, so that a kernel reads rows as they lie in
 * memory, needs no packing of X, and wastes at most one panel's padding for the whole stack of columns.
 *
 * Floor: 2 n k d flops at 2 FMA x 8 floats a cycle. The 6 x 16 AVX2 kernel reaches 85 to 90 % of that peak from
 * d = 256 and 128 columns up (`make bench` prints it). */
#ifndef KC_LA_PRODUCT_H
#define KC_LA_PRODUCT_H

#include <stddef.h>
#include "base/err.h"

#define KC_LA_PANEL 16  /* float columns in a panel */
#define KC_LA_PANELD 8  /* double columns in a panel */
#define KC_LA_TILE 96   /* rows a tile: 16 strips of 6; callers cut n so */

/* "avx2" or "portable": the best this CPU has, unless kc_la_kernel_force said otherwise. */
const char *kc_la_kernel(void);
/* For tests: -1 when this CPU or build has no such kernel. Not thread-safe. */
int kc_la_kernel_force(const char *name) KC_MUST_USE;

/* Floats (doubles) that k packed columns of length d take. */
size_t kc_la_packed(size_t k, size_t d);
size_t kc_la_packedd(size_t k, size_t d);

/* Columns col .. col + m - 1 of `packed` = the rows of c (m, d). Padding columns must have been
 * zeroed once by the caller. */
void kc_la_pack(float *packed, size_t d, size_t col, const float *c, size_t m);
void kc_la_packd(double *packed, size_t d, size_t col, const double *c, size_t m);

/* out (rows, ldo): out[i][j] = sum over t of x[i][t] * column j's [t], for the k first columns of `packed` rounded up to
 * whole panels; ldo >= that. x (rows, d) at stride d; rows <= KC_LA_TILE. */
void kc_la_product(const float *x, size_t rows, size_t d, const float *packed, size_t k, float *out, size_t ldo);

/* The same in double. x's rows are widened into scratch, (6, d) doubles. */
void kc_la_productd(const float *x, size_t rows, size_t d, const double *packed, size_t k, double *out, size_t ldo,
                    double *scratch);

#endif
