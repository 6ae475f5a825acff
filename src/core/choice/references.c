/* A row is the mean plus sum over j of g_j (x_j - mean) / sqrt(n), with independent g_j of mean 0 and variance 1: its
 * covariance is that of the rows, to the last direction, without a decomposition of a (d, d) matrix. Each g_j is half
 * the surplus of ones among 16 random bits. That is a whole number times 1/2, exact in float, and the sum of n such
 * terms is as good as Gaussian.
 *
 * Tibshirani, Walther & Hastie (2001) draw references from a box in the principal axes. On unit rows the box's corners
 * are far from all data, and its gaps grow up to the largest k; a Gaussian scaled to length 1 is on the sphere that the
 * rows are on.
 *
 * Floor: 2 n n d flops a draw at the kernel's rate; the random bits take a 40th of it. */
#include "core/choice/references.h"

#include <math.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/choice/tiles.h"
#include "la/matrix.h"

#define BITS 16 /* random bits of a factor; their surplus of ones has a variance of BITS / 4 */

int kc_references_make(const struct kc_rows *rows, uint64_t seed, struct kc_references *out, struct kc_err *e)
{
    const size_t n = rows->n, d = rows->d;
    float *buf = kc_mem_alloc(kc_rows_buf(rows, 1), sizeof *buf, e);
    *out = (struct kc_references){.n = n, .d = d, .seed = seed};
    out->mean = kc_mem_zalloc(d, sizeof *out->mean, e);
    out->centred = kc_mem_aligned(kc_mem_mul(n, d), sizeof *out->centred, e);
    int rc = buf && out->mean && out->centred ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const float *x;
        kc_rows_get(rows, i, 1, buf, &x);
        for (size_t t = 0; t < d; t++) {
            out->mean[t] += (double)x[t];
            out->centred[t * n + i] = x[t];
        }
    }
    for (size_t t = 0; rc == 0 && t < d; t++) {
        out->mean[t] /= (double)n;
        for (size_t i = 0; i < n; i++)
            out->centred[t * n + i] = (float)((double)out->centred[t * n + i] - out->mean[t]);
    }
    kc_mem_free(buf);
    return rc == 0 ? kc_rows_failed(rows, e) : -1;
}

struct drawing {
    const struct kc_references *r;
    unsigned number;
    float *x;
};

/* Draw the factors of row i: whole numbers, twice what they are meant to be. */
static void draw_factors(const struct drawing *w, size_t i, float *factor)
{
    struct kc_rng r = kc_rng_stream(w->r->seed, KC_RNG_REFERENCES, w->number, i);
    uint64_t bits = 0;
    for (size_t j = 0; j < w->r->n; j++) {
        bits = j % (64 / BITS) == 0 ? kc_rng_u64(&r) : bits >> BITS;
        factor[j] = (float)__builtin_popcount((unsigned)(bits & 0xffff)) - 0.5f * BITS;
    }
}

/* Draw a tile of rows. own: (KC_LA_TILE, n) factors, then (d, KC_LA_TILE) products. */
static void draw_tile(void *arg, size_t first, size_t rows, void *own, void *scratch)
{
    const struct drawing *w = arg;
    const size_t n = w->r->n, d = w->r->d;
    const double scale = 1 / sqrt((double)n * BITS / 4);
    float *factor = own, *out = factor + KC_LA_TILE * n;
    const float *row[KC_LA_TILE] = {NULL};
    for (size_t i = 0; i < rows; i++) {
        draw_factors(w, first + i, factor + i * n);
        row[i] = factor + i * n;
    }
    kc_la_product(row, rows, n, w->r->centred, d, out, KC_LA_TILE, scratch);
    for (size_t i = 0; i < rows; i++) {
        float *x = w->x + (first + i) * d;
        for (size_t t = 0; t < d; t++)
            x[t] = (float)(w->r->mean[t] + scale * (double)out[t * KC_LA_TILE + i]);
        if (kc_la_unit(x, d, x, NULL) != KC_ROW_OK)
            x[0] = 1; /* all rows are the same, and their mean is 0 but for rounding */
    }
}

/* Return the bytes of the room of a thread. */
static size_t count_room(size_t n, size_t d)
{
    return kc_mem_mul(KC_LA_TILE * sizeof(float), kc_mem_add(n, d));
}

int kc_references_draw(const struct kc_ctx *ctx, const struct kc_references *r, unsigned number, float *x,
                       struct kc_err *e)
{
    struct drawing w = {r, number, x};
    return kc_tiles_run(ctx, r->n, count_room(r->n, r->d), draw_tile, &w, e);
}

void kc_references_free(struct kc_references *r)
{
    kc_mem_free(r->mean);
    kc_mem_free(r->centred);
    *r = (struct kc_references){0};
}

uint64_t kc_references_bytes(size_t n, size_t d, unsigned threads)
{
    return (uint64_t)d * (sizeof(double) + n * sizeof(float)) + kc_tiles_bytes(count_room(n, d), threads);
}
