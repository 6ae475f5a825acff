/* The kernel in plain C, twin of the vector kernels: the same chains, so the same bits. Where the compiler's target has
 * a fused multiply-add it vectorises; elsewhere fma() is a call, slow and correct. */
#include "la/kernel.h"

#include <math.h>

static void pack_rows(const float *const *row, size_t rows, size_t t0, size_t depth, float *panel)
{
    for (size_t r = 0; r < KC_LA_LANES; r++)
        for (size_t t = 0; t < depth; t++)
            panel[t * KC_LA_LANES + r] = r < rows ? row[r][t0 + t] : 0.0f;
}

#define STRIP(name, type, lanes, fma)                                                                            \
    static void name(const type *panel, const type *const *c, size_t cols, size_t t0, size_t depth, type *out,      \
                     size_t ldo)                                                                                  \
    {                                                                                                            \
        for (size_t j = 0; j < cols; j++) {                                                                      \
            type acc[lanes];                                                                                     \
            for (size_t i = 0; i < lanes; i++)                                                                   \
                acc[i] = t0 == 0 ? 0 : out[j * ldo + i];                                                         \
            for (size_t t = 0; t < depth; t++)                                                                   \
                for (size_t i = 0; i < lanes; i++)                                                               \
                    acc[i] = fma(panel[t * lanes + i], c[j][t0 + t], acc[i]);                                    \
            for (size_t i = 0; i < lanes; i++)                                                                   \
                out[j * ldo + i] = acc[i];                                                                       \
        }                                                                                                        \
    }

STRIP(multiply_stripf, float, KC_LA_LANES, fmaf)
STRIP(multiply_stripd, double, KC_LA_LANESD, fma)

static void multiply_strip(const float *panel, size_t panels, const float *const *c, size_t cols, size_t t,
                           size_t depth, float *out, size_t ldo)
{
    (void)panels; /* always one */
    multiply_stripf(panel, c, cols, t, depth, out, ldo);
}

#define KC_LA_TARGET
#include "la/kernel_loops.h"

const struct kc_la_kernels kc_la_portable = {"portable", 256, 6, 1, pack_rows, multiply_strip, multiply_stripd,
                                             arg_max, arg_max2, gain, gain_weighted, axpy, addd, axpyd,
                                             add_rounded, add_parts, widen_halves, widen_bytes, dot, dotd};
