/* Assign rows to centroids. A tile of rows is multiplied with up to 512 centroids at a time, and the arg-max runs
 * along the rows at full vector width (la/product.h). Each similarity is one chain of additions: so a row's label
 * and similarity have the same bits whatever the tile, the thread count and the path (all centroids, or the own
 * one alone). */
#include "core/cluster/assign.h"

#include <math.h>
#include "base/mem.h"
#include "core/cluster/space.h"
#include "par/pool.h"

struct assign {
    const struct kc_rows *rows;
    const float *centroids;
    uint32_t k;
    const uint32_t *given;
    uint32_t *labels;
    float *similarity, *margin;
    float *read; /* (threads, kc_rows_buf of a tile) */
    char *work;  /* (threads, KC_ASSIGN_WORK) */
};

void kc_assign_tile(const float *const *row, size_t rows, size_t d, const float *centroids, uint32_t k,
                    const uint32_t *given, uint32_t *labels, float *similarity, float *margin, void *work)
{
    float *out = work;
    char *scratch = (char *)work + KC_LA_TILE * KC_TILE_COLUMNS * sizeof *out;
    float best[KC_LA_TILE], second[KC_LA_TILE], own[KC_LA_TILE]; /* the best two, or those of all but the given */
    uint32_t at[KC_LA_TILE];
    for (size_t r = 0; r < rows; r++) {
        best[r] = second[r] = -INFINITY;
        at[r] = 0;
    }
    for (size_t c0 = 0; c0 < k; c0 += KC_TILE_COLUMNS) {
        size_t cols = k - c0 < KC_TILE_COLUMNS ? k - c0 : KC_TILE_COLUMNS;
        kc_la_product(row, rows, d, centroids + c0 * d, cols, out, KC_LA_TILE, scratch);
        for (size_t r = 0; given && r < rows; r++) {
            size_t c = given[r];
            if (c >= c0 && c < c0 + cols) {
                own[r] = out[(c - c0) * KC_LA_TILE + r];
                out[(c - c0) * KC_LA_TILE + r] = -INFINITY;
            }
        }
        for (size_t c = 0; c < cols; c++)
            kc_la_arg_max2(out + c * KC_LA_TILE, (uint32_t)(c0 + c), best, second, at, rows);
    }
    for (size_t r = 0; r < rows; r++) {
        if (!given)
            labels[r] = at[r];
        similarity[r] = given ? own[r] : best[r];
        if (margin)
            margin[r] = k < 2 ? NAN : given ? own[r] - best[r] : best[r] - second[r];
    }
}

static void assign_tile(void *arg, size_t t, unsigned worker)
{
    const struct assign *a = arg;
    size_t n = a->rows->n, d = a->rows->d, i0 = t * KC_LA_TILE, rows = n - i0 < KC_LA_TILE ? n - i0 : KC_LA_TILE;
    const float *row[KC_LA_TILE];
    kc_rows_get(a->rows, i0, rows, a->read + worker * kc_rows_buf(a->rows, KC_LA_TILE), row);
    kc_assign_tile(row, rows, d, a->centroids, a->k, a->given ? a->given + i0 : NULL,
                   a->labels ? a->labels + i0 : NULL, a->similarity + i0, a->margin ? a->margin + i0 : NULL,
                   a->work + worker * KC_ASSIGN_WORK);
}

void kc_assign_top_tile(const float *const *row, size_t rows, size_t d, const float *centroids, uint32_t k, size_t top,
                        uint32_t *top_ids, float *top_similarity, void *work)
{
    float *out = work;
    char *scratch = (char *)work + KC_LA_TILE * KC_TILE_COLUMNS * sizeof *out;
    for (size_t i = 0; i < rows * top; i++) {
        top_ids[i] = KC_NONE;
        top_similarity[i] = NAN;
    }
    for (uint32_t c0 = 0; c0 < k; c0 += KC_TILE_COLUMNS) {
        uint32_t cols = k - c0 < KC_TILE_COLUMNS ? k - c0 : KC_TILE_COLUMNS;
        kc_la_product(row, rows, d, centroids + c0 * d, cols, out, KC_LA_TILE, scratch);
        for (size_t r = 0; r < rows; r++) {
            uint32_t *id = top_ids + r * top;
            float *best = top_similarity + r * top;
            for (uint32_t c = 0; c < cols; c++) {
                float x = out[(size_t)c * KC_LA_TILE + r];
                size_t at = top - 1;
                if (id[at] != KC_NONE && !(x > best[at]))
                    continue;
                for (; at > 0 && (id[at - 1] == KC_NONE || x > best[at - 1]); at--) {
                    id[at] = id[at - 1];
                    best[at] = best[at - 1];
                }
                id[at] = c0 + c;
                best[at] = x;
            }
        }
    }
}

struct listing {
    const struct kc_rows *rows;
    const float *centroids;
    uint32_t k;
    size_t top;
    uint32_t *ids;
    float *similarity;
    float *read; /* (threads, kc_rows_buf of a tile) */
    char *work;  /* (threads, KC_ASSIGN_WORK) */
};

static void list_tile(void *arg, size_t t, unsigned worker)
{
    const struct listing *a = arg;
    size_t n = a->rows->n, d = a->rows->d, i0 = t * KC_LA_TILE, rows = n - i0 < KC_LA_TILE ? n - i0 : KC_LA_TILE;
    const float *row[KC_LA_TILE];
    kc_rows_get(a->rows, i0, rows, a->read + worker * kc_rows_buf(a->rows, KC_LA_TILE), row);
    kc_assign_top_tile(row, rows, d, a->centroids, a->k, a->top, a->ids + i0 * a->top, a->similarity + i0 * a->top,
                       a->work + worker * KC_ASSIGN_WORK);
}

int kc_assign_top(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k, size_t top,
                  uint32_t *top_ids, float *top_similarity, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(ctx->pool);
    float *read = kc_mem_aligned(kc_mem_mul(threads, kc_rows_buf(rows, KC_LA_TILE)), sizeof *read, e);
    char *work = kc_mem_aligned(threads, KC_ASSIGN_WORK, e);
    int rc = -1;
    if (read && work) {
        struct listing a = {rows, centroids, k, top, top_ids, top_similarity, read, work};
        kc_pool_for(ctx->pool, kc_la_tiles(rows->n), list_tile, &a);
        rc = kc_rows_failed(rows, e);
    }
    kc_mem_free(work);
    kc_mem_free(read);
    return rc;
}

uint64_t kc_assign_bytes(size_t d, int in_memory, unsigned threads)
{
    return threads * (KC_ASSIGN_WORK + (in_memory ? 0 : (uint64_t)KC_LA_TILE * d * sizeof(float)));
}

int kc_assign(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
              const uint32_t *given, uint32_t *labels, float *similarity, float *margin, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(ctx->pool);
    float *read = kc_mem_aligned(kc_mem_mul(threads, kc_rows_buf(rows, KC_LA_TILE)), sizeof *read, e);
    char *work = kc_mem_aligned(threads, KC_ASSIGN_WORK, e);
    int rc = -1;
    if (read && work) {
        struct assign a = {rows, centroids, k, given, labels, similarity, margin, read, work};
        kc_pool_for(ctx->pool, kc_la_tiles(rows->n), assign_tile, &a);
        rc = kc_rows_failed(rows, e);
    }
    kc_mem_free(work);
    kc_mem_free(read);
    return rc;
}

/* The similarities to given centroids alone. */
struct own_similarity {
    const struct kc_rows *rows;
    const float *centroids; /* (k, d) */
    uint32_t k;
    const uint32_t *given;
    float *similarity;
    float *panels; /* (panels, d, KC_LA_LANES) the centroids packed, KC_LA_LANES in a panel */
    float *read;   /* (threads, kc_rows_buf of a tile) */
};

static void pack_centroids(void *arg, size_t g, unsigned worker)
{
    struct own_similarity *a = arg;
    const float *col[KC_LA_LANES];
    size_t d = a->rows->d, first = g * KC_LA_LANES, m = a->k - first < KC_LA_LANES ? a->k - first : KC_LA_LANES;
    (void)worker;
    for (size_t c = 0; c < m; c++)
        col[c] = a->centroids + (first + c) * d;
    kc_la_pack(col, m, d, a->panels + first * d);
}

/* Compute the similarities of a tile's rows to their own centroids, a panel of 16 centroids at a time: 16 products
 * a row where 1 would do, but no other way runs at full vector width. */
static void compare_tile_with_own(void *arg, size_t t, unsigned worker)
{
    const struct own_similarity *a = arg;
    size_t n = a->rows->n, d = a->rows->d, i0 = t * KC_LA_TILE, rows = n - i0 < KC_LA_TILE ? n - i0 : KC_LA_TILE;
    const float *row[KC_LA_TILE], *some[KC_LA_TILE];
    float out[KC_LA_TILE * KC_LA_LANES];
    size_t at[KC_LA_TILE];
    uint32_t left[KC_LA_TILE], nleft = (uint32_t)rows;
    kc_rows_get(a->rows, i0, rows, a->read + worker * kc_rows_buf(a->rows, KC_LA_TILE), row);
    for (uint32_t r = 0; r < rows; r++)
        left[r] = r;
    while (nleft) {
        size_t g = a->given[i0 + left[0]] / KC_LA_LANES, m = 0;
        uint32_t keep = 0;
        for (uint32_t j = 0; j < nleft; j++) {
            if (a->given[i0 + left[j]] / KC_LA_LANES == g) {
                at[m] = left[j];
                some[m++] = row[left[j]];
            } else {
                left[keep++] = left[j];
            }
        }
        nleft = keep;
        kc_la_product_packed(a->panels + g * KC_LA_LANES * d, some, m, d, out);
        for (size_t j = 0; j < m; j++)
            a->similarity[i0 + at[j]] = out[j * KC_LA_LANES + a->given[i0 + at[j]] % KC_LA_LANES];
    }
}

int kc_assign_own(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
                  const uint32_t *given, float *similarity, struct kc_err *e)
{
    size_t npanels = k / KC_LA_LANES + (k % KC_LA_LANES != 0);
    struct own_similarity a = {rows, centroids, k, given, similarity, NULL, NULL};
    int rc = -1;
    a.panels = kc_mem_aligned(kc_mem_mul(npanels * KC_LA_LANES, rows->d), sizeof *a.panels, e);
    a.read = kc_mem_aligned(kc_mem_mul(kc_pool_threads(ctx->pool), kc_rows_buf(rows, KC_LA_TILE)), sizeof *a.read, e);
    if (a.panels && a.read) {
        kc_pool_for(ctx->pool, npanels, pack_centroids, &a);
        kc_pool_for(ctx->pool, kc_la_tiles(rows->n), compare_tile_with_own, &a);
        rc = kc_rows_failed(rows, e);
    }
    kc_mem_free(a.read);
    kc_mem_free(a.panels);
    return rc;
}
