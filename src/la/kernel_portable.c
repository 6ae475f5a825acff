/* The plain C twin of the vector kernels: the same chains, so the same bits. On CPUs whose compiler target has a fused
 * multiply-add it vectorises; elsewhere fma() is a call, slow and right. */
#include <math.h>

#include "la/kernel.h"

static void strip(const float *x, size_t ldx, size_t rows, size_t depth, const float *panel, float *out, size_t ldo,
                  int first)
{
    for (size_t r = 0; r < rows; r++) {
        float acc[16];
        for (size_t j = 0; j < 16; j++)
            acc[j] = first ? 0.0f : out[r * ldo + j];
        for (size_t t = 0; t < depth; t++)
            for (size_t j = 0; j < 16; j++)
                acc[j] = fmaf(x[r * ldx + t], panel[t * 16 + j], acc[j]);
        for (size_t j = 0; j < 16; j++)
            out[r * ldo + j] = acc[j];
    }
}

static void stripd(const double *x, size_t ldx, size_t rows, size_t depth, const double *panel, double *out, size_t ldo,
                   int first)
{
    for (size_t r = 0; r < rows; r++) {
        double acc[8];
        for (size_t j = 0; j < 8; j++)
            acc[j] = first ? 0.0 : out[r * ldo + j];
        for (size_t t = 0; t < depth; t++)
            for (size_t j = 0; j < 8; j++)
                acc[j] = fma(x[r * ldx + t], panel[t * 8 + j], acc[j]);
        for (size_t j = 0; j < 8; j++)
            out[r * ldo + j] = acc[j];
    }
}

const struct kc_la_kernels kc_la_portable = {"portable", strip, stripd};
