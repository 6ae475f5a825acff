/* The plain loops of a kernel, compiled once for each CPU: define KC_LA_TARGET (a function attribute, or nothing) and
 * include this in the kernel's file. It has no include guard, on purpose. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include "base/lattice.h"
#include "base/half.h"

KC_LA_TARGET static void axpy(float *restrict to, float a, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += a * x[i];
}

KC_LA_TARGET static void addd(double *restrict to, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += (double)x[i];
}

KC_LA_TARGET static void axpyd(double *restrict to, double a, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += a * (double)x[i];
}

KC_LA_TARGET static void add_rounded(double *restrict to, double a, const float *restrict x, double lattice, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += kc_lattice_round(a * (double)x[i], lattice);
}

KC_LA_TARGET static void add_parts(double *restrict high, double *restrict low, double a, const float *restrict x,
                                   const struct kc_lattice *g, size_t n)
{
    const double coarse = g->high, fine = g->low;
    for (size_t i = 0; i < n; i++) {
        const double v = a * (double)x[i], h = kc_lattice_round(v, coarse);
        high[i] += h;
        low[i] += kc_lattice_round(v - h, fine);
    }
}

KC_LA_TARGET static void widen_halves(float *restrict to, const uint16_t *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = kc_half_widen(x[i]);
}

KC_LA_TARGET static void widen_bytes(float *restrict to, float scale, const int8_t *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = scale * (float)x[i];
}

/* Add up 8 interleaved chains in a fixed order, so that vectors of any width give the same bits. */
static inline double sum8(const double *s)
{
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

KC_LA_TARGET static double dot(const float *x, const double *v, size_t n)
{
    double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += (double)x[i + j] * v[i + j];
    for (; i < n; i++)
        s[0] += (double)x[i] * v[i];
    return sum8(s);
}

KC_LA_TARGET static double dotd(const double *x, const double *v, size_t n)
{
    double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += x[i + j] * v[i + j];
    for (; i < n; i++)
        s[0] += x[i] * v[i];
    return sum8(s);
}

KC_LA_TARGET static void arg_max(const float *restrict v, float scale, uint32_t id, float *restrict best,
                                 uint32_t *restrict at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float w = v[i] * scale;
        at[i] = w > best[i] ? id : at[i];
        best[i] = w > best[i] ? w : best[i];
    }
}

KC_LA_TARGET static void arg_max2(const float *restrict v, uint32_t id, float *restrict best, float *restrict second,
                                  uint32_t *restrict at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float w = v[i], b = best[i], less = w < b ? w : b;
        at[i] = w > b ? id : at[i];
        best[i] = w > b ? w : b;
        second[i] = less > second[i] ? less : second[i];
    }
}

/* Compute gains as kc_la_gain does, by |S + x| - |S| = (2 x.S + 1) / (|S + x| + |S|), which is free of cancellation;
 * for members with the signs reversed. In units of |S|: num / (sqrt(1 + y) + 1), y = num / |S|. */
KC_LA_TARGET static void gain(const float *restrict v, float scale, float len, uint32_t id,
                              const uint32_t *restrict own, float *restrict best, uint32_t *restrict at, size_t n)
{
    float inv = 1 / len, twice = 2 * scale;
    if (len < 32) {
        for (size_t i = 0; i < n; i++) {
            float sign = own[i] == id ? -1.0f : 1.0f;
            float num = twice * v[i] + sign * inv, y = sign * num * inv;
            float g = num / (sqrtf(1 + y > 0 ? 1 + y : 0) + 1);
            at[i] = g > best[i] ? id : at[i];
            best[i] = g > best[i] ? g : best[i];
        }
    } else { /* 1 / (sqrt(1 + y) + 1) to y^3: |y| < 0.07, so it is right to a few 1e-7, in a third of the time */
        for (size_t i = 0; i < n; i++) {
            float sign = own[i] == id ? -1.0f : 1.0f;
            float num = twice * v[i] + sign * inv, y = sign * num * inv;
            float g = num * (0.5f - y * (0.125f - y * (0.0625f - y * 0.0390625f)));
            at[i] = g > best[i] ? id : at[i];
            best[i] = g > best[i] ? g : best[i];
        }
    }
}

/* Compute the same for rows of weight w, per unit of it: (|S + w x| - |S|) / w, and for members (|S| - |S - w x|) /
 * w. */
KC_LA_TARGET static void gain_weighted(const float *restrict v, float scale, float len, const double *restrict w,
                                       uint32_t id, const uint32_t *restrict own, float *restrict best,
                                       uint32_t *restrict at, size_t n)
{
    float inv = 1 / len, twice = 2 * scale;
    for (size_t i = 0; i < n; i++) {
        float sign = own[i] == id ? -1.0f : 1.0f, share = (float)w[i] * inv;
        float num = twice * v[i] + sign * share, y = sign * num * share;
        float g = num / (sqrtf(1 + y > 0 ? 1 + y : 0) + 1);
        at[i] = g > best[i] ? id : at[i];
        best[i] = g > best[i] ? g : best[i];
    }
}
