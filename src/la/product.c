/* Products in tiles: which kernel runs is chosen once, by the CPU. The order of the loops keeps a packed panel in L1
 * while all columns pass over it. */
#include "la/product.h"

#include <stdatomic.h>
#include <string.h>
#include "la/kernel.h"

static _Atomic(const struct kc_la_kernels *) chosen;

/* Return the i-th best kernel that this CPU has, or NULL. */
static const struct kc_la_kernels *nth_kernels(size_t i)
{
    const struct kc_la_kernels *all[3];
    size_t n = 0;
#if defined(__x86_64__)
    int fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
        all[n++] = &kc_la_avx512;
    if (fma)
        all[n++] = &kc_la_avx2;
#endif
    all[n++] = &kc_la_portable;
    return i < n ? all[i] : NULL;
}

/* Return the kernel in use, and choose it at the first call. */
static const struct kc_la_kernels *chosen_kernels(void)
{
    const struct kc_la_kernels *k = atomic_load_explicit(&chosen, memory_order_acquire);
    if (!k) {
        k = nth_kernels(0);
        atomic_store_explicit(&chosen, k, memory_order_release);
    }
    return k;
}

const char *kc_la_kernel(void)
{
    return chosen_kernels()->name;
}

int kc_la_kernel_force(const char *name)
{
    const struct kc_la_kernels *k;
    for (size_t i = 0; (k = nth_kernels(i)) != NULL; i++)
        if (strcmp(name, k->name) == 0) {
            atomic_store(&chosen, k);
            return 0;
        }
    return -1;
}

/* Return the smaller of two. */
static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Return the columns per strip: as few strips as hold k columns, all about as wide, because a narrow strip has too few
 * chains to be fast. */
static size_t strip_columns(size_t k, size_t most)
{
    size_t strips = k / most + (k % most != 0);
    return strips ? k / strips + (k % strips != 0) : 1;
}

/* Pack the rows once for each piece of dimensions, then multiply a panel or two (in L1) with all columns, one strip at
 * a time. */
void kc_la_product_sets(const float *const *row, size_t rows, size_t d, const struct kc_la_columns *sets, size_t nsets,
                        float *out, size_t ldo, void *scratch)
{
    const struct kc_la_kernels *kern = chosen_kernels();
    float *panel = scratch;
    for (size_t t = 0; t < d; t += kern->depth) {
        size_t depth = smaller(d - t, kern->depth);
        for (size_t r = 0, panels; r < rows; r += panels * KC_LA_LANES) {
            float *to = out + r;
            for (panels = 0; panels < kern->panels && r + panels * KC_LA_LANES < rows; panels++)
                kern->pack(row + r + panels * KC_LA_LANES, smaller(rows - r - panels * KC_LA_LANES, KC_LA_LANES), t,
                           depth, panel + panels * depth * KC_LA_LANES);
            for (size_t q = 0; q < nsets; to += sets[q++].k * ldo)
                for (size_t j = 0, cols, k = sets[q].k, wide = strip_columns(k, kern->columns); j < k; j += cols) {
                    const float *c[KC_LA_STRIP_MOST];
                    cols = smaller(k - j, wide);
                    for (size_t i = 0; i < cols; i++)
                        c[i] = sets[q].c + (j + i) * d;
                    kern->strip(panel, panels, c, cols, t, depth, to + j * ldo, ldo);
                }
        }
    }
}

void kc_la_pack(const float *const *col, size_t cols, size_t d, float *panel)
{
    chosen_kernels()->pack(col, cols, 0, d, panel);
}

void kc_la_product_packed(const float *panel, const float *const *row, size_t rows, size_t d, float *out)
{
    const struct kc_la_kernels *kern = chosen_kernels();
    for (size_t t = 0; t < d; t += kern->depth)
        for (size_t i = 0, cols, wide = strip_columns(rows, kern->columns); i < rows; i += cols) {
            cols = smaller(rows - i, wide);
            kern->strip(panel + t * KC_LA_LANES, 1, row + i, cols, t, smaller(d - t, kern->depth),
                        out + i * KC_LA_LANES, KC_LA_LANES);
        }
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
    const struct kc_la_kernels *kern = chosen_kernels();
    const size_t wide = strip_columns(k, kern->columns), halves = KC_LA_LANES / KC_LA_LANESD;
    double *panel = scratch;                                        /* (halves, depth, 8) */
    float *narrow = (float *)(panel + kern->depth * KC_LA_LANES); /* (depth, 16) */
    for (size_t t = 0; t < d; t += kern->depth) {
        size_t depth = smaller(d - t, kern->depth);
        for (size_t r = 0; r < rows; r += KC_LA_LANES) {
            kern->pack(row + r, smaller(rows - r, KC_LA_LANES), t, depth, narrow);
            for (size_t i = 0; i < depth; i++)
                for (size_t l = 0; l < KC_LA_LANES; l++)
                    panel[(l / KC_LA_LANESD * depth + i) * KC_LA_LANESD + l % KC_LA_LANESD] =
                        (double)narrow[i * KC_LA_LANES + l];
            for (size_t j = 0, cols; j < k; j += cols) {
                const double *col[KC_LA_STRIP_MOST];
                cols = smaller(k - j, wide);
                for (size_t i = 0; i < cols; i++)
                    col[i] = c + (j + i) * d;
                for (size_t h = 0; h < halves; h += kern->panels)
                    kern->stripd(panel + h * depth * KC_LA_LANESD, col, cols, t, depth,
                                 out + j * ldo + r + h * KC_LA_LANESD, ldo);
            }
        }
    }
}

void kc_la_arg_max(const float *v, float scale, uint32_t id, float *best, uint32_t *at, size_t n)
{
    chosen_kernels()->arg_max(v, scale, id, best, at, n);
}

void kc_la_arg_max2(const float *v, uint32_t id, float *best, float *second, uint32_t *at, size_t n)
{
    chosen_kernels()->arg_max2(v, id, best, second, at, n);
}

void kc_la_gain(const float *v, float scale, float len, uint32_t id, const uint32_t *own, float *best,
                uint32_t *at, size_t n)
{
    if (len > 0)
        chosen_kernels()->gain(v, scale, len, id, own, best, at, n);
}

void kc_la_gain_weighted(const float *v, float scale, float len, const double *w, uint32_t id, const uint32_t *own,
                         float *best, uint32_t *at, size_t n)
{
    if (len > 0)
        chosen_kernels()->gain_weighted(v, scale, len, w, id, own, best, at, n);
}

void kc_la_axpy(float *to, float a, const float *x, size_t n)
{
    chosen_kernels()->axpy(to, a, x, n);
}

void kc_la_addd(double *to, const float *x, size_t n)
{
    chosen_kernels()->addd(to, x, n);
}

void kc_la_axpyd(double *to, double a, const float *x, size_t n)
{
    chosen_kernels()->axpyd(to, a, x, n);
}

void kc_la_add_rounded(double *to, double a, const float *x, double lattice, size_t n)
{
    chosen_kernels()->add_rounded(to, a, x, lattice, n);
}

void kc_la_add_parts(double *high, double *low, double a, const float *x, const struct kc_lattice *g, size_t n)
{
    chosen_kernels()->add_parts(high, low, a, x, g, n);
}

void kc_la_widen_halves(float *to, const uint16_t *x, size_t n)
{
    chosen_kernels()->widen_halves(to, x, n);
}

void kc_la_widen_bytes(float *to, float scale, const int8_t *x, size_t n)
{
    chosen_kernels()->widen_bytes(to, scale, x, n);
}

double kc_la_dot(const float *x, const double *v, size_t n)
{
    return chosen_kernels()->dot(x, v, n);
}

double kc_la_dotd(const double *x, const double *v, size_t n)
{
    return chosen_kernels()->dotd(x, v, n);
}
