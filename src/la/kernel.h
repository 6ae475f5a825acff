/* The kernels of la/product.h. Each kernel file writes the strips in its own way, and compiles
 * la/kernel_loops.h (the loops that a compiler vectorises well by itself) for its CPU. */
#ifndef KC_LA_KERNEL_H
#define KC_LA_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include "la/product.h" /* KC_LA_LANES: rows, or columns, of a float panel */

#define KC_LA_LANESD 8  /* rows of a double panel */
#define KC_LA_STRIP_MOST 12

/* One kernel: how it cuts the work, and its functions. la/product.h says what most of them do. */
struct kc_la_kernels {
    const char *name;
    size_t depth;   /* dimensions processed at a time, so that what a strip reads of its panels stays in L1 */
    size_t columns; /* most columns of a strip, <= KC_LA_STRIP_MOST */
    size_t panels;  /* most panels of a strip */
    /* Transpose row[0 .. rows)[t .. t + depth), rows <= 16, into a panel (depth, 16). Missing rows are zero. */
    void (*pack)(const float *const *row, size_t rows, size_t t, size_t depth, float *panel);
    /* Continue the products of a strip by `depth` dimensions from t on; t == 0 starts them.
     *
     * panel  (panels, depth, 16) rows; in double a panel has 8 lanes, and a strip always the most panels
     * c      `cols` columns, each with all its dimensions
     * out    row `lane` of panel p with column j is at j * ldo + 16 p + lane (in double 8 p) */
    void (*strip)(const float *panel, size_t panels, const float *const *c, size_t cols, size_t t, size_t depth,
                  float *out, size_t ldo);
    void (*stripd)(const double *panel, const double *const *c, size_t cols, size_t t, size_t depth, double *out,
                   size_t ldo);
    void (*arg_max)(const float *v, float scale, uint32_t id, float *best, uint32_t *at, size_t n);
    void (*arg_max2)(const float *v, uint32_t id, float *best, float *second, uint32_t *at, size_t n);
    void (*gain)(const float *v, float scale, float len, uint32_t id, const uint32_t *own, float *best,
                 uint32_t *at, size_t n);
    void (*gain_weighted)(const float *v, float scale, float len, const double *w, uint32_t id, const uint32_t *own,
                          float *best, uint32_t *at, size_t n);
    void (*axpy)(float *to, float a, const float *x, size_t n);
    void (*addd)(double *to, const float *x, size_t n);
    void (*axpyd)(double *to, double a, const float *x, size_t n);
    void (*add_rounded)(double *to, double a, const float *x, double lattice, size_t n);
    void (*add_parts)(double *high, double *low, double a, const float *x, const struct kc_lattice *g, size_t n);
    void (*widen_halves)(float *to, const uint16_t *x, size_t n);
    void (*widen_bytes)(float *to, float scale, const int8_t *x, size_t n);
    double (*dot)(const float *x, const double *v, size_t n);
    double (*dotd)(const double *x, const double *v, size_t n);
};

extern const struct kc_la_kernels kc_la_portable;
#if defined(__x86_64__)
extern const struct kc_la_kernels kc_la_avx2, kc_la_avx512;
void kc_la_pack_avx2(const float *const *row, size_t rows, size_t t, size_t depth, float *panel);
#endif

#endif
