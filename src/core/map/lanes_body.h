/* The bodies of the loops of lanes.h: define KC_MAP_TARGET (a function attribute, or nothing) and KC_MAP_LANES_NAME,
 * and include this in the file of a kind of CPU. It has no include guard, on purpose.
 *
 * repel: 12 operations and a division for 8 pairs in two dimensions; the division takes 5 to 8 cycles on CPUs of today
 * and hides the rest. Sums are those of CHUNK sources in float, which are added up in double. */
#include "core/map/lanes.h"

#include <string.h>

typedef float lane_f __attribute__((vector_size(32)));
typedef double lane_d __attribute__((vector_size(64)));

#define CHUNK ((size_t)64)
#define BLOCKS (KC_MAP_TARGETS / KC_MAP_LANES)

/* Repel in `dims` dimensions, which is a constant wherever this is called. */
KC_MAP_TARGET static inline __attribute__((always_inline)) void repel(const float *source, size_t ld, size_t m,
                                                                      const float *target, double *force, double *z,
                                                                      size_t dims)
{
    lane_f y[3][BLOCKS];
    lane_d sum[4][BLOCKS];
    memset(sum, 0, sizeof sum);
    for (size_t t = 0; t < dims; t++)
        for (size_t b = 0; b < BLOCKS; b++)
            memcpy(&y[t][b], target + t * KC_MAP_TARGETS + b * KC_MAP_LANES, sizeof y[t][b]);
    for (size_t from = 0; from < m; from += CHUNK) {
        const size_t end = m - from < CHUNK ? m : from + CHUNK;
        lane_f part[4][BLOCKS];
        memset(part, 0, sizeof part);
        for (size_t j = from; j < end; j++)
            for (size_t b = 0; b < BLOCKS; b++) {
                lane_f delta[3], length = {1, 1, 1, 1, 1, 1, 1, 1};
                const lane_f one = length;
                for (size_t t = 0; t < dims; t++) {
                    delta[t] = y[t][b] - source[t * ld + j];
                    length += delta[t] * delta[t];
                }
                const lane_f q = one / length, square = q * q;
                part[3][b] += q;
                for (size_t t = 0; t < dims; t++)
                    part[t][b] += square * delta[t];
            }
        for (size_t b = 0; b < BLOCKS; b++) {
            for (size_t t = 0; t < dims; t++)
                sum[t][b] += __builtin_convertvector(part[t][b], lane_d);
            sum[3][b] += __builtin_convertvector(part[3][b], lane_d);
        }
    }
    for (size_t b = 0; b < BLOCKS; b++) {
        for (size_t t = 0; t < dims; t++)
            memcpy(force + t * KC_MAP_TARGETS + b * KC_MAP_LANES, &sum[t][b], sizeof sum[t][b]);
        memcpy(z + b * KC_MAP_LANES, &sum[3][b], sizeof sum[3][b]);
    }
}

KC_MAP_TARGET static void repel2(const float *source, size_t ld, size_t m, const float *target, double *force,
                                 double *z)
{
    repel(source, ld, m, target, force, z, 2);
}

KC_MAP_TARGET static void repel3(const float *source, size_t ld, size_t m, const float *target, double *force,
                                 double *z)
{
    repel(source, ld, m, target, force, z, 3);
}

/* Do the stage of pairs at distance 1, whose factors are 1. */
KC_MAP_TARGET static void transform_pairs(lane_f *re, lane_f *im, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        const lane_f r = re[i + 1], s = im[i + 1];
        re[i + 1] = re[i] - r;
        im[i + 1] = im[i] - s;
        re[i] += r;
        im[i] += s;
    }
}

/* Do two stages in one pass: of pairs at distance h, and at 2 h. */
KC_MAP_TARGET static void transform_fours(lane_f *re, lane_f *im, size_t n, size_t h, const float *w)
{
    for (size_t from = 0; from < n; from += 4 * h)
        for (size_t k = 0; k < h; k++) {
            const float *one = w + 2 * k * (n / (2 * h)), *two = w + 2 * k * (n / (4 * h));
            lane_f *r = re + from + k, *s = im + from + k;
            const lane_f r1 = r[h] * one[0] - s[h] * one[1], s1 = r[h] * one[1] + s[h] * one[0];
            const lane_f r3 = r[3 * h] * one[0] - s[3 * h] * one[1], s3 = r[3 * h] * one[1] + s[3 * h] * one[0];
            const lane_f ar = r[0] + r1, as = s[0] + s1, br = r[0] - r1, bs = s[0] - s1;
            const lane_f cr = r[2 * h] + r3, cs = s[2 * h] + s3, dr = r[2 * h] - r3, ds = s[2 * h] - s3;
            const lane_f er = cr * two[0] - cs * two[1], es = cr * two[1] + cs * two[0];
            const lane_f fr = dr * two[0] - ds * two[1], fs = dr * two[1] + ds * two[0];
            r[0] = ar + er;
            s[0] = as + es;
            r[2 * h] = ar - er;
            s[2 * h] = as - es;
            r[h] = br + fs; /* f times -i */
            s[h] = bs - fr;
            r[3 * h] = br - fs;
            s[3 * h] = bs + fr;
        }
}

KC_MAP_TARGET static void transform(float *re, float *im, size_t n, const float *w)
{
    lane_f *const r = (lane_f *)(void *)re, *const s = (lane_f *)(void *)im;
    size_t h = 1, stages = 0;
    for (size_t m = n; m > 1; m /= 2)
        stages++;
    if (stages % 2 == 1) {
        transform_pairs(r, s, n);
        h = 2;
    }
    for (; h < n; h *= 4)
        transform_fours(r, s, n, h, w);
}

KC_MAP_TARGET static void gather(const float *field, size_t stride, const float *u, const float *v, float *out)
{
    lane_f sum[2] = {{0}, {0}}, row[2];
    const lane_f first = {u[0], u[0], u[1], u[1], u[2], u[2], u[3], u[3]};
    const lane_f last = {u[4], u[4], u[5], u[5], u[6], u[6], u[7], u[7]};
    for (size_t t = 0; t < 6; t++) {
        memcpy(row, field + t * stride, sizeof row);
        sum[0] += row[0] * v[t];
        sum[1] += row[1] * v[t];
    }
    const lane_f all = sum[0] * first + sum[1] * last;
    out[0] = (all[0] + all[4]) + (all[2] + all[6]);
    out[1] = (all[1] + all[5]) + (all[3] + all[7]);
}

const struct kc_map_lanes KC_MAP_LANES_NAME = {repel2, repel3, transform, gather};
