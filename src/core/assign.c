#include "core/assign.h"

#include <math.h>

#include "base/mem.h"
#include "core/space.h"
#include "la/product.h"
#include "par/pool.h"

struct assign {
    const struct kc_rows *rows;
    const float *centroids;
    size_t n, d;
    uint32_t k;
    const uint32_t *given;
    uint32_t *labels;
    float *similarity, *margin;
    float *out;    /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch; /* (threads, KC_LA_SCRATCH) */
};

static void tile(void *arg, size_t t, unsigned worker)
{
    const struct assign *a = arg;
    size_t i0 = t * KC_LA_TILE, rows = a->n - i0 < KC_LA_TILE ? a->n - i0 : KC_LA_TILE;
    float *out = a->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS;
    float best[KC_LA_TILE], other[KC_LA_TILE]; /* `other`: the best of all but the row's own */
    uint32_t own[KC_LA_TILE];
    const float *row[KC_LA_TILE];
    kc_rows_get(a->rows, i0, rows, NULL, row);
    for (size_t r = 0; r < rows; r++) {
        best[r] = other[r] = -INFINITY;
        own[r] = a->given ? a->given[i0 + r] : 0;
    }
    for (size_t c0 = 0; c0 < a->k; c0 += KC_TILE_COLUMNS) {
        size_t cols = a->k - c0 < KC_TILE_COLUMNS ? a->k - c0 : KC_TILE_COLUMNS;
        kc_la_product(row, rows, a->d, a->centroids + c0 * a->d, cols, out, KC_LA_TILE,
                      a->scratch + worker * KC_LA_SCRATCH);
        for (size_t c = 0; c < cols; c++)
            for (size_t r = 0; r < rows; r++) {
                float v = out[c * KC_LA_TILE + r];
                if (a->given ? c0 + c == own[r] : v > best[r]) {
                    if (!a->given)
                        other[r] = best[r];
                    best[r] = v;
                    own[r] = (uint32_t)(c0 + c);
                } else if (v > other[r]) {
                    other[r] = v;
                }
            }
    }
    for (size_t r = 0; r < rows; r++) {
        if (!a->given)
            a->labels[i0 + r] = own[r];
        a->similarity[i0 + r] = best[r];
        if (a->margin)
            a->margin[i0 + r] = a->k > 1 ? best[r] - other[r] : NAN;
    }
}

uint64_t kc_assign_bytes(unsigned threads)
{
    return threads * (KC_LA_TILE * KC_TILE_COLUMNS * sizeof(float) + KC_LA_SCRATCH);
}

int kc_assign(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
              const uint32_t *given, uint32_t *labels, float *similarity, float *margin, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(ctx->pool);
    size_t n = rows->n, d = rows->d;
    float *out = kc_mem_aligned(threads, KC_LA_TILE * KC_TILE_COLUMNS * sizeof *out, e);
    char *scratch = kc_mem_aligned(threads, KC_LA_SCRATCH, e);
    int rc = -1;
    if (out && scratch) {
        struct assign a = {rows, centroids, n, d, k, given, labels, similarity, margin, out, scratch};
        kc_pool_for(ctx->pool, kc_la_tiles(n), tile, &a);
        rc = 0;
    }
    kc_mem_free(scratch);
    kc_mem_free(out);
    return rc;
}
