#include "la/product.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "la/kernel.h"

/* Depth of d that is worked off at a time: a panel's piece (16 KiB) stays in L1 while all strips of the tile pass it. */
#define DEPTH 256

static _Atomic(const struct kc_la_kernels *) chosen;

static const struct kc_la_kernels *kernels(void)
{
    const struct kc_la_kernels *k = atomic_load_explicit(&chosen, memory_order_acquire);
    if (k)
        return k;
    k = &kc_la_portable;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        k = &kc_la_avx2;
#endif
    atomic_store_explicit(&chosen, k, memory_order_release);
    return k;
}

const char *kc_la_kernel(void)
{
    return kernels()->name;
}

int kc_la_kernel_force(const char *name)
{
    if (strcmp(name, kc_la_portable.name) == 0) {
        atomic_store(&chosen, &kc_la_portable);
        return 0;
    }
#if defined(__x86_64__)
    if (strcmp(name, kc_la_avx2.name) == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        atomic_store(&chosen, &kc_la_avx2);
        return 0;
    }
#endif
    return -1;
}

static size_t packed(size_t k, size_t d, size_t panel)
{
    return kc_mem_mul(kc_mem_mul(k / panel + (k % panel != 0), panel), d);
}

size_t kc_la_packed(size_t k, size_t d)
{
    return packed(k, d, KC_LA_PANEL);
}

size_t kc_la_packedd(size_t k, size_t d)
{
    return packed(k, d, KC_LA_PANELD);
}

void kc_la_pack(float *p, size_t d, size_t col, const float *c, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        size_t j = col + i;
        float *to = p + j / KC_LA_PANEL * KC_LA_PANEL * d + j % KC_LA_PANEL;
        for (size_t t = 0; t < d; t++)
            to[t * KC_LA_PANEL] = c[i * d + t];
    }
}

void kc_la_packd(double *p, size_t d, size_t col, const double *c, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        size_t j = col + i;
        double *to = p + j / KC_LA_PANELD * KC_LA_PANELD * d + j % KC_LA_PANELD;
        for (size_t t = 0; t < d; t++)
            to[t * KC_LA_PANELD] = c[i * d + t];
    }
}

void kc_la_product(const float *x, size_t rows, size_t d, const float *p, size_t k, float *out, size_t ldo)
{
    const struct kc_la_kernels *kern = kernels();
    for (size_t t = 0; t < d; t += DEPTH) {
        size_t depth = d - t < DEPTH ? d - t : DEPTH;
        for (size_t j = 0; j < k; j += KC_LA_PANEL) {
            const float *panel = p + j * d + t * KC_LA_PANEL;
            for (size_t r = 0; r < rows; r += KC_LA_STRIP) {
                size_t h = rows - r < KC_LA_STRIP ? rows - r : KC_LA_STRIP;
                kern->strip(x + r * d + t, d, h, depth, panel, out + r * ldo + j, ldo, t == 0);
            }
        }
    }
}

void kc_la_productd(const float *x, size_t rows, size_t d, const double *p, size_t k, double *out, size_t ldo,
                    double *scratch)
{
    const struct kc_la_kernels *kern = kernels();
    for (size_t r = 0; r < rows; r += KC_LA_STRIP) {
        size_t h = rows - r < KC_LA_STRIP ? rows - r : KC_LA_STRIP;
        for (size_t i = 0; i < h * d; i++)
            scratch[i] = (double)x[r * d + i];
        for (size_t t = 0; t < d; t += DEPTH) {
            size_t depth = d - t < DEPTH ? d - t : DEPTH;
            for (size_t j = 0; j < k; j += KC_LA_PANELD)
                kern->stripd(scratch + t, d, h, depth, p + j * d + t * KC_LA_PANELD, out + r * ldo + j, ldo, t == 0);
        }
    }
}
