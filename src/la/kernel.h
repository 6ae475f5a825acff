/* The kernels behind la/product.h, and the bodies that all of them share. Each kernel file gives the strips its own way
 * and compiles the bodies below for its CPU. */
#ifndef KC_LA_KERNEL_H
#define KC_LA_KERNEL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define KC_LA_STRIP 6   /* columns a strip */
#define KC_LA_LANES 16  /* rows a float panel */
#define KC_LA_LANESD 8  /* rows a double panel */

struct kc_la_kernels {
    const char *name;
    /* Transpose x (rows <= 16, depth) at stride ldx into a panel (depth, 16); missing rows are zero. */
    void (*pack)(const float *x, size_t ldx, size_t rows, size_t depth, float *panel);
    /* c: `cols` <= 6 columns at stride ldc; panel (depth, 16); out[j * ldo + lane] is continued, or started if `first`. */
    void (*strip)(const float *panel, const float *c, size_t ldc, size_t cols, size_t depth, float *out, size_t ldo,
                  int first);
    void (*stripd)(const double *panel, const double *c, size_t ldc, size_t cols, size_t depth, double *out, size_t ldo,
                   int first);
    void (*arg_max)(const float *v, float scale, uint32_t id, float *best, uint32_t *at, size_t n);
    void (*gain)(const float *v, float scale, float len, uint32_t id, const uint32_t *own, float *best, uint32_t *at, size_t n);
    void (*add)(float *to, const float *x, size_t n);
    void (*sub)(float *to, const float *x, size_t n);
    void (*addd)(double *to, const float *x, size_t n);
    void (*subd)(double *to, const float *x, size_t n);
    void (*axpyd)(double *to, double a, const float *x, size_t n);
    double (*dot)(const float *x, const double *v, size_t n);
    double (*dotd)(const double *x, const double *v, size_t n);
};

extern const struct kc_la_kernels kc_la_portable;
#if defined(__x86_64__)
extern const struct kc_la_kernels kc_la_avx2;
#endif

/* KC_LA_BODIES(TARGET): the loops that the compiler vectorises well by itself, once for each target. */
#define KC_LA_DOT(name, type)                                                               \
    static double name(const type *x, const double *v, size_t n)                            \
    {                                                                                       \
        double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};                                             \
        size_t i = 0;                                                                       \
        for (; i + 8 <= n; i += 8)                                                          \
            for (size_t j = 0; j < 8; j++)                                                  \
                s[j] += (double)x[i + j] * v[i + j];                                        \
        for (; i < n; i++)                                                                  \
            s[0] += (double)x[i] * v[i];                                                    \
        return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));           \
    }

#define KC_LA_EACH(name, to_type, op)                                                       \
    static void name(to_type *restrict to, const float *restrict x, size_t n)               \
    {                                                                                       \
        for (size_t i = 0; i < n; i++)                                                      \
            to[i] op (to_type)x[i];                                                         \
    }

#define KC_LA_BODIES(TARGET)                                                                \
    TARGET KC_LA_EACH(add, float, +=)                                                       \
    TARGET KC_LA_EACH(sub, float, -=)                                                       \
    TARGET KC_LA_EACH(addd, double, +=)                                                     \
    TARGET KC_LA_EACH(subd, double, -=)                                                     \
    TARGET static void axpyd(double *restrict to, double a, const float *restrict x, size_t n) \
    {                                                                                       \
        for (size_t i = 0; i < n; i++)                                                      \
            to[i] += a * (double)x[i];                                                      \
    }                                                                                       \
    TARGET KC_LA_DOT(dot, float)                                                            \
    TARGET KC_LA_DOT(dotd, double)                                                          \
    TARGET static void arg_max(const float *restrict v, float scale, uint32_t id, float *restrict best, \
                               uint32_t *restrict at, size_t n)                             \
    {                                                                                       \
        for (size_t i = 0; i < n; i++) {                                                    \
            float w = v[i] * scale;                                                         \
            at[i] = w > best[i] ? id : at[i];                                               \
            best[i] = w > best[i] ? w : best[i];                                            \
        }                                                                                   \
    }                                                                                       \
    /* |S + x| - |S| = (2 x.S + 1) / (|S + x| + |S|), free of cancellation; members with the signs turned */ \
    TARGET static void gain(const float *restrict v, float scale, float len, uint32_t id,      \
                            const uint32_t *restrict own, float *restrict best, uint32_t *restrict at, size_t n)          \
    {                                                                                       \
        float inv = 1 / len, twice = 2 * scale;                                                                \
        if (len < 32) {                                                                     \
            for (size_t i = 0; i < n; i++) {                                                \
                float sign = own[i] == id ? -1.0f : 1.0f;                                   \
                float num = twice * v[i] + sign * inv;                                        \
                float sq = 1 + sign * num * inv;                                            \
                float g = num / (sqrtf(sq > 0 ? sq : 0) + 1);                               \
                at[i] = g > best[i] ? id : at[i];                                           \
                best[i] = g > best[i] ? g : best[i];                                        \
            }                                                                               \
            return;                                                                         \
        }                                                                                   \
        for (size_t i = 0; i < n; i++) { /* 1 / (sqrt(1 + y) + 1) to y^3: |y| < 0.07, so right to a few 1e-7 */ \
            float sign = own[i] == id ? -1.0f : 1.0f;                                       \
            float num = twice * v[i] + sign * inv, y = sign * num * inv;                        \
            float g = num * (0.5f - y * (0.125f - y * (0.0625f - y * 0.0390625f)));         \
            at[i] = g > best[i] ? id : at[i];                                               \
            best[i] = g > best[i] ? g : best[i];                                            \
        }                                                                                   \
    }

#endif
