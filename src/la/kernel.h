/* The kernels behind la/product.h. A strip is at most 6 rows; depth elements of d are added onto out, which starts from
 * zero when `first`. */
#ifndef KC_LA_KERNEL_H
#define KC_LA_KERNEL_H

#include <stddef.h>

#define KC_LA_STRIP 6

struct kc_la_kernels {
    const char *name;
    /* x: strip of `rows` rows at stride ldx; panel (depth, 16); out (rows, 16) at stride ldo */
    void (*strip)(const float *x, size_t ldx, size_t rows, size_t depth, const float *panel, float *out, size_t ldo,
                  int first);
    /* the same with panel (depth, 8) */
    void (*stripd)(const double *x, size_t ldx, size_t rows, size_t depth, const double *panel, double *out, size_t ldo,
                   int first);
};

extern const struct kc_la_kernels kc_la_portable;
#if defined(__x86_64__)
extern const struct kc_la_kernels kc_la_avx2;
#endif

#endif
