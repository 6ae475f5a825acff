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
#include "core/graph/moments.h"
#include "la/product.h"
#include "par/pool.h"

#define ROUNDS 6
#define RIDGE 1e-6 /* of the mean variance, added to each: the covariance may be singular */

struct worker {
    double *out; /* (d + 1, KC_LA_TILE) */
    void *scratch;
};

struct scaling {
    const float *unit; /* (n, d) */
    float *x;          /* (n, d) the rows, scaled */
    size_t n, d;
    double *inverse;   /* (d + 1, d) L^-1 of S = L L', then the row S^-1 m */
    double *length;    /* (n) */
    struct worker *worker;
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

/* Compute the most likely lengths of a tile of rows. */
static void measure_tile(void *arg, size_t tile, unsigned worker)
{
    const struct scaling *w = arg;
    const struct worker *own = &w->worker[worker];
    const size_t d = w->d, i0 = tile * KC_LA_TILE, rows = w->n - i0 < KC_LA_TILE ? w->n - i0 : KC_LA_TILE;
    const float *row[KC_LA_TILE] = {NULL};
    for (size_t i = 0; i < rows; i++)
        row[i] = w->unit + (i0 + i) * d;
    kc_la_productd(row, rows, d, w->inverse, d + 1, own->out, KC_LA_TILE, own->scratch);
    for (size_t i = 0; i < rows; i++) {
        const double b = own->out[d * KC_LA_TILE + i];
        double a = 0;
        for (size_t t = 0; t < d; t++)
            a += own->out[t * KC_LA_TILE + i] * own->out[t * KC_LA_TILE + i];
        w->length[i0 + i] = (b + sqrt(b * b + 4 * a * (double)(d - 1))) / (2 * a);
    }
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
    const unsigned threads = kc_pool_threads(ctx->pool);
    float *unit = kc_mem_aligned(kc_mem_mul(n, d), sizeof *unit, e);
    double *mean = kc_mem_alloc(d + n, sizeof *mean, e), *m = kc_mem_aligned(kc_mem_mul(d, d), sizeof *m, e);
    struct scaling w = {unit, x, n, d, kc_mem_aligned(kc_mem_mul(d + 1, d), sizeof *w.inverse, e), mean ? mean + d : NULL,
                        kc_mem_zalloc(threads, sizeof *w.worker, e)};
    int rc = unit && mean && m && w.inverse && w.worker ? 0 : -1;
    for (unsigned i = 0; rc == 0 && i < threads; i++) {
        w.worker[i].out = kc_mem_aligned(kc_mem_mul(d + 1, KC_LA_TILE), sizeof *w.worker[i].out, e);
        w.worker[i].scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        rc = w.worker[i].out && w.worker[i].scratch ? 0 : -1;
    }
    if (rc == 0)
        memcpy(unit, x, n * d * sizeof *unit);
    for (unsigned round = 0; rc == 0 && d > 1 && round < ROUNDS; round++) {
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        rc = kc_moments_make(ctx, &rows, 1, mean, m, e);
        if (rc != 0)
            break;
        prepare_round(&w, mean, m);
        kc_pool_for(ctx->pool, kc_la_tiles(n), measure_tile, &w);
        apply_lengths(&w);
    }
    for (unsigned i = 0; w.worker && i < threads; i++) {
        kc_mem_free(w.worker[i].scratch);
        kc_mem_free(w.worker[i].out);
    }
    kc_mem_free(w.worker);
    kc_mem_free(w.inverse);
    kc_mem_free(m);
    kc_mem_free(mean);
    kc_mem_free(unit);
    return rc;
}

uint64_t kc_radii_bytes(size_t n, size_t d, unsigned threads)
{
    const uint64_t wide = d;
    return n * wide * sizeof(float) + (n + wide * (2 * wide + 2)) * sizeof(double) + kc_moments_bytes(d, 1, threads) +
           threads * (sizeof(struct worker) + (wide + 1) * KC_LA_TILE * sizeof(double) + KC_LA_SCRATCH);
}
