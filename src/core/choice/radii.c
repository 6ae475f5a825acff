/* A Gaussian row y = r x with mean m and covariance S, of which only the direction x is known, has the length r with
 * density proportional to r^(d-1) exp(-A r^2 / 2 + B r), where A = x' S^-1 x and B = x' S^-1 m. It is largest at
 * r = (B + sqrt(B^2 + 4 A (d - 1))) / (2 A). Mean and covariance of the rows so scaled give the next m and S. For m = 0
 * this is the iteration of Tyler (1987), whose fixed point is the shape of the directions of any elliptical
 * distribution; with a mean it is that of the projected normal distribution.
 *
 * Without it, references for rows that differ along few directions are rounder than the rows: scaling to length 1 moves
 * variance from the large directions to the small ones, and would do so twice. */
#include "core/choice/radii.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "core/choice/tiles.h"
#include "core/graph/moments.h"

#define ROUNDS 6
#define RIDGE 1e-6 /* of the mean variance, added to each: the covariance may be singular */

struct scaling {
    const float *unit; /* (n, d) */
    float *x;          /* (n, d) the rows, scaled */
    size_t n, d;
    double *inverse;   /* (d + 1, d) L^-1 of S = L L', then the row S^-1 m */
    double *length;    /* (n) */
};

/* Replace the symmetric matrix m (d, d) by its Cholesky factor, in the lower half. */
static void factor_matrix(double *m, size_t d, double ridge)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = m[i * d + j] + (i == j ? ridge : 0);
            sum -= kc_la_dotd(m + i * d, m + j * d, j);
            m[i * d + j] = i > j ? sum / m[j * d + j] : sqrt(sum > ridge * RIDGE ? sum : ridge * RIDGE);
        }
}

/* Invert the lower triangular l (d, d) into out (d, d), zero above the diagonal. */
static void invert_factor(const double *l, size_t d, double *out)
{
    memset(out, 0, d * d * sizeof *out);
    for (size_t i = 0; i < d; i++) {
        double *row = out + i * d;
        for (size_t j = 0; j < i; j++) {
            const double *other = out + j * d;
            for (size_t t = 0; t <= j; t++)
                row[t] -= l[i * d + j] * other[t];
        }
        for (size_t t = 0; t < i; t++)
            row[t] /= l[i * d + i];
        row[i] = 1 / l[i * d + i];
    }
}

/* Compute the most likely lengths of a tile of rows. own: (d + 1, KC_LA_TILE) products. */
static void measure_tile(void *arg, size_t first, size_t rows, void *own, void *scratch)
{
    const struct scaling *w = arg;
    const size_t d = w->d;
    double *out = own;
    const float *row[KC_LA_TILE] = {NULL};
    for (size_t i = 0; i < rows; i++)
        row[i] = w->unit + (first + i) * d;
    kc_la_productd(row, rows, d, w->inverse, d + 1, out, KC_LA_TILE, scratch);
    for (size_t i = 0; i < rows; i++) {
        const double b = out[d * KC_LA_TILE + i];
        double a = 0;
        for (size_t t = 0; t < d; t++)
            a += out[t * KC_LA_TILE + i] * out[t * KC_LA_TILE + i];
        w->length[first + i] = (b + sqrt(b * b + 4 * a * (double)(d - 1))) / (2 * a);
    }
}

/* Return the bytes of the room of a thread. */
static size_t count_room(size_t d)
{
    return kc_mem_mul(KC_LA_TILE * sizeof(double), kc_mem_add(d, 1));
}

/* Scale the unit rows by their lengths, whose mean is brought to 1. */
static void apply_lengths(const struct scaling *w)
{
    double sum = 0;
    for (size_t i = 0; i < w->n; i++)
        sum += w->length[i] / (double)w->n;
    for (size_t i = 0; i < w->n; i++)
        for (size_t t = 0; t < w->d; t++)
            w->x[i * w->d + t] = (float)((double)w->unit[i * w->d + t] * w->length[i] / sum);
}

/* Make w->inverse from the moments of the scaled rows: mean (d), m (d, d). */
static void prepare_round(struct scaling *w, const double *mean, double *m)
{
    const size_t d = w->d;
    double trace = 0, *last = w->inverse + d * d;
    for (size_t t = 0; t < d; t++)
        trace += m[t * d + t];
    factor_matrix(m, d, RIDGE * trace / (double)d + 1e-12);
    invert_factor(m, d, w->inverse);
    memset(last, 0, d * sizeof *last);
    for (size_t i = 0; i < d; i++) { /* S^-1 m = L^-T (L^-1 m) */
        const double z = kc_la_dotd(w->inverse + i * d, mean, d);
        for (size_t t = 0; t <= i; t++)
            last[t] += z * w->inverse[i * d + t];
    }
}

int kc_radii_scale(const struct kc_ctx *ctx, float *x, size_t n, size_t d, struct kc_err *e)
{
    float *unit = kc_mem_aligned(kc_mem_mul(n, d), sizeof *unit, e);
    double *mean = kc_mem_alloc(d + n, sizeof *mean, e), *m = kc_mem_aligned(kc_mem_mul(d, d), sizeof *m, e);
    struct scaling w = {unit, x, n, d, kc_mem_aligned(kc_mem_mul(d + 1, d), sizeof *w.inverse, e),
                        mean ? mean + d : NULL};
    int rc = unit && mean && m && w.inverse ? 0 : -1;
    if (rc == 0)
        memcpy(unit, x, n * d * sizeof *unit);
    for (unsigned round = 0; rc == 0 && d > 1 && round < ROUNDS; round++) {
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        rc = kc_moments_make(ctx, &rows, 1, mean, m, e);
        if (rc == 0) {
            prepare_round(&w, mean, m);
            rc = kc_tiles_run(ctx, n, count_room(d), measure_tile, &w, e);
        }
        if (rc == 0)
            apply_lengths(&w);
    }
    kc_mem_free(w.inverse);
    kc_mem_free(m);
    kc_mem_free(mean);
    kc_mem_free(unit);
    return rc;
}

uint64_t kc_radii_bytes(size_t n, size_t d, unsigned threads)
{
    const uint64_t wide = d, tiles = kc_tiles_bytes(count_room(d), threads), moments = kc_moments_bytes(d, 1, threads);
    return n * wide * sizeof(float) + (n + wide * (2 * wide + 2)) * sizeof(double) +
           (tiles > moments ? tiles : moments);
}
