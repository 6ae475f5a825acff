#include "la/product.h"

#include <stdatomic.h>
#include <string.h>

#include "la/kernel.h"

static _Atomic(const struct kc_la_kernels *) chosen;

static const struct kc_la_kernels *best_kernels(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &kc_la_avx2;
#endif
    return &kc_la_portable;
}

static const struct kc_la_kernels *kernels(void)
{
    const struct kc_la_kernels *k = atomic_load_explicit(&chosen, memory_order_acquire);
    if (!k) {
        k = best_kernels();
        atomic_store_explicit(&chosen, k, memory_order_release);
    }
    return k;
}

const char *kc_la_kernel(void)
{
    return kernels()->name;
}

int kc_la_kernel_force(const char *name)
{
    const struct kc_la_kernels *k = strcmp(name, kc_la_portable.name) == 0 ? &kc_la_portable : best_kernels();
    if (strcmp(name, k->name) != 0)
        return -1;
    atomic_store(&chosen, k);
    return 0;
}

/* A piece of 256 dimensions: its rows are packed once, then each panel (16 KiB, in L1) meets all columns, 6 at a
 * time. */
void kc_la_product_sets(const float *const *row, size_t rows, size_t d, const struct kc_la_columns *sets, size_t nsets,
                        float *out, size_t ldo, void *scratch)
{
    const struct kc_la_kernels *kern = kernels();
    float *panel = scratch;
    for (size_t t = 0; t < d; t += KC_LA_DEPTH) {
        size_t depth = d - t < KC_LA_DEPTH ? d - t : KC_LA_DEPTH;
        for (size_t r = 0; r < rows; r += KC_LA_LANES) {
            float *to = out + r;
            kern->pack(row + r, rows - r < KC_LA_LANES ? rows - r : KC_LA_LANES, t, depth, panel);
            for (size_t q = 0; q < nsets; to += sets[q++].k * ldo)
                for (size_t j = 0, k = sets[q].k; j < k; j += KC_LA_STRIP) {
                    const float *c[KC_LA_STRIP];
                    size_t cols = k - j < KC_LA_STRIP ? k - j : KC_LA_STRIP;
                    for (size_t i = 0; i < cols; i++)
                        c[i] = sets[q].c + (j + i) * d;
                    kern->strip(panel, c, cols, t, depth, to + j * ldo, ldo);
                }
        }
    }
}

void kc_la_pack(const float *const *col, size_t cols, size_t d, float *panel)
{
    kernels()->pack(col, cols, 0, d, panel);
}

void kc_la_product_packed(const float *panel, const float *const *row, size_t rows, size_t d, float *out)
{
    const struct kc_la_kernels *kern = kernels();
    for (size_t t = 0; t < d; t += KC_LA_DEPTH)
        for (size_t i = 0; i < rows; i += KC_LA_STRIP)
            kern->strip(panel + t * KC_LA_LANES, row + i, rows - i < KC_LA_STRIP ? rows - i : KC_LA_STRIP, t,
                        d - t < KC_LA_DEPTH ? d - t : KC_LA_DEPTH, out + i * KC_LA_LANES, KC_LA_LANES);
}

void kc_la_product(const float *const *row, size_t rows, size_t d, const float *c, size_t k, float *out, size_t ldo,
                   void *scratch)
{
    const struct kc_la_columns set = {c, k};
    kc_la_product_sets(row, rows, d, &set, 1, out, ldo, scratch);
}

void kc_la_productd(const float *const *row, size_t rows, size_t d, const double *c, size_t k, double *out, size_t ldo,
                    void *scratch)
{
    const struct kc_la_kernels *kern = kernels();
    double *wide = scratch;                                        /* two panels of 8 rows */
    float *panel = (float *)(wide + (size_t)KC_LA_DEPTH * KC_LA_LANES);
    for (size_t t = 0; t < d; t += KC_LA_DEPTH) {
        size_t depth = d - t < KC_LA_DEPTH ? d - t : KC_LA_DEPTH;
        for (size_t r = 0; r < rows; r += KC_LA_LANES) {
            kern->pack(row + r, rows - r < KC_LA_LANES ? rows - r : KC_LA_LANES, t, depth, panel);
            for (size_t i = 0; i < depth; i++)
                for (size_t l = 0; l < KC_LA_LANES; l++)
                    wide[(l / KC_LA_LANESD * depth + i) * KC_LA_LANESD + l % KC_LA_LANESD] =
                        (double)panel[i * KC_LA_LANES + l];
            for (size_t j = 0; j < k; j += KC_LA_STRIP) {
                const double *col[KC_LA_STRIP];
                size_t cols = k - j < KC_LA_STRIP ? k - j : KC_LA_STRIP;
                for (size_t i = 0; i < cols; i++)
                    col[i] = c + (j + i) * d;
                for (size_t h = 0; h < KC_LA_LANES; h += KC_LA_LANESD)
                    kern->stripd(wide + h * depth, col, cols, t, depth, out + j * ldo + r + h, ldo);
            }
        }
    }
}

void kc_la_arg_max(const float *v, float scale, uint32_t id, float *best, uint32_t *at, size_t n)
{
    kernels()->arg_max(v, scale, id, best, at, n);
}

void kc_la_arg_max2(const float *v, uint32_t id, float *best, float *second, uint32_t *at, size_t n)
{
    kernels()->arg_max2(v, id, best, second, at, n);
}

void kc_la_gain(const float *v, float scale, float len, uint32_t id, const uint32_t *own, float *best,
                uint32_t *at, size_t n)
{
    if (len > 0)
        kernels()->gain(v, scale, len, id, own, best, at, n);
}

void kc_la_add(float *to, const float *x, size_t n)
{
    kernels()->add(to, x, n);
}

void kc_la_sub(float *to, const float *x, size_t n)
{
    kernels()->sub(to, x, n);
}

void kc_la_addd(double *to, const float *x, size_t n)
{
    kernels()->addd(to, x, n);
}

void kc_la_subd(double *to, const float *x, size_t n)
{
    kernels()->subd(to, x, n);
}

void kc_la_axpyd(double *to, double a, const float *x, size_t n)
{
    kernels()->axpyd(to, a, x, n);
}

double kc_la_dot(const float *x, const double *v, size_t n)
{
    return kernels()->dot(x, v, n);
}

double kc_la_dotd(const double *x, const double *v, size_t n)
{
    return kernels()->dotd(x, v, n);
}
