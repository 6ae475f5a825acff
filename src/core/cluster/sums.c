/* Add rows up by cluster. The dimensions are cut into slices, one task each, so that every sum is one chain of
 * additions in row order whatever the number of threads.
 *
 * Floor: n d additions for each set of cells; a row's piece (in L1 after the first set) and a sum's are loaded and
 * the sum's is stored, 16 bytes an addition: 0.3 cycles from L2. */
#include "core/cluster/sums.h"

#include <string.h>
#include "base/mem.h"
#include "la/product.h"
#include "par/pool.h"

#define AHEAD 8 /* rows to prefetch by */
#define SPAN_BYTES ((size_t)8 << 20) /* bytes of rows read at a time, or whose lengths are computed, to stay in L3 */
#define SPAN_TILES 16                /* least tiles of a span */

/* A pass over the rows. */
struct sum_pass {
    const struct kc_space *s;
    const struct kc_cells *b; /* (nb) */
    size_t nb;
    double *inv;  /* (n) 1 / |x|, a factor of each row, beside its weight; NULL: 1 */
    int fresh;    /* fill inv on the way */
    float *read;  /* (span, d) rows that do not lie in memory; NULL: they do */
    size_t span0, end; /* the present span */
    size_t slice, slices; /* dimensions of a slice; number of slices */
};

static size_t count_span_rows(size_t n, size_t d)
{
    size_t tiles = SPAN_BYTES / (KC_LA_TILE * d * sizeof(float));
    size_t m = (tiles > SPAN_TILES ? tiles : SPAN_TILES) * KC_LA_TILE;
    return m < n ? m : n;
}

uint64_t kc_sums_span_bytes(size_t n, size_t d, int in_memory)
{
    return in_memory ? 0 : (uint64_t)count_span_rows(n, d) * d * sizeof(float);
}

static const float *row_at(const struct sum_pass *w, size_t i)
{
    return w->read ? w->read + (i - w->span0) * w->s->d : kc_rows_at(&w->s->rows, i);
}

/* Read a tile of the span if it does not lie in memory, and compute the lengths of its rows if they are wanted. */
static void fetch_tile(void *arg, size_t t, unsigned worker)
{
    struct sum_pass *w = arg;
    size_t i0 = w->span0 + t * KC_LA_TILE, rows = w->end - i0 < KC_LA_TILE ? w->end - i0 : KC_LA_TILE;
    const float *row[KC_LA_TILE];
    (void)worker;
    kc_rows_get(&w->s->rows, i0, rows, w->read ? w->read + t * KC_LA_TILE * w->s->d : NULL, row);
    for (size_t r = 0; w->fresh && r < rows; r++)
        w->inv[i0 + r] = 1 / kc_la_length(row[r], w->s->d);
}

/* Add up one slice of the dimensions. A tile's piece of X is fetched once and then serves all sets from the near
 * caches. */
static void add_slice(const struct sum_pass *w, size_t slice)
{
    size_t d = w->s->d, t0 = slice * w->slice, len = d - t0 < w->slice ? d - t0 : w->slice;
    for (size_t i0 = w->span0; i0 < w->end; i0 += KC_LA_TILE) {
        size_t end = i0 + KC_LA_TILE < w->end ? i0 + KC_LA_TILE : w->end;
        for (size_t q = 0; q < w->nb; q++) {
            const struct kc_cells *b = &w->b[q];
            for (size_t i = i0; i < end; i++) {
                double *to = b->sums + (b->cells ? b->cells[i] : b->labels[i]) * d + t0;
                if (q == 0 && i + AHEAD < w->end)
                    kc_la_prefetch(row_at(w, i + AHEAD) + t0, len);
                if (w->inv || w->s->w)
                    kc_la_axpyd(to, (w->inv ? w->inv[i] : 1) * kc_space_weight(w->s, i), row_at(w, i) + t0, len);
                else
                    kc_la_addd(to, row_at(w, i) + t0, len);
            }
        }
    }
}

/* Run one task of a span: add up a slice of the sums or, for the tasks after the slices, the counts and weights of one
 * set of cells. */
static void add_span(void *arg, size_t task, unsigned worker)
{
    struct sum_pass *w = arg;
    (void)worker;
    if (task < w->slices) {
        add_slice(w, task);
        return;
    }
    const struct kc_cells *b = &w->b[task - w->slices];
    for (size_t i = w->span0; b->counts && i < w->end; i++)
        b->counts[b->cells ? b->cells[i] : b->labels[i]]++;
    for (size_t i = w->span0; b->mass && i < w->end; i++)
        b->mass[b->cells ? b->cells[i] : b->labels[i]] += kc_space_weight(w->s, i);
}

/* Add all rows up, a span at a time if they must be read or measured first. */
static int add_rows(struct sum_pass *w, struct kc_err *e)
{
    const struct kc_space *s = w->s;
    size_t n = s->n, d = s->d, span = n;
    int fetch = w->fresh || !s->rows.x;
    /* Slices cut no chain of additions, so they may be as many as keep all workers busy. */
    w->slice = (d / (2 * (size_t)kc_pool_threads(s->ctx->pool)) + 15) / 16 * 16;
    w->slice = w->slice < 32 ? 32 : w->slice > 128 ? 128 : w->slice;
    w->slices = (d + w->slice - 1) / w->slice;
    for (size_t q = 0; q < w->nb; q++) {
        memset(w->b[q].sums, 0, w->b[q].k * d * sizeof(double));
        if (w->b[q].counts)
            memset(w->b[q].counts, 0, w->b[q].k * sizeof(uint64_t));
        if (w->b[q].mass)
            memset(w->b[q].mass, 0, w->b[q].k * sizeof(double));
    }
    if (fetch)
        span = count_span_rows(n, d);
    if (!s->rows.x && !(w->read = kc_mem_aligned(kc_mem_mul(span, d), sizeof *w->read, e)))
        return -1;
    for (w->span0 = 0; w->span0 < n; w->span0 = w->end) {
        w->end = span < n - w->span0 ? w->span0 + span : n;
        if (fetch)
            kc_pool_for(s->ctx->pool, kc_la_tiles(w->end - w->span0), fetch_tile, w);
        kc_pool_for(s->ctx->pool, w->slices + w->nb, add_span, w);
    }
    kc_mem_free(w->read);
    return kc_rows_failed(&s->rows, e);
}

int kc_sums_cells(const struct kc_space *s, const struct kc_cells *cells, size_t n, double *inv, int fresh,
                  struct kc_err *e)
{
    struct sum_pass w = {.s = s, .b = cells, .nb = n, .inv = inv, .fresh = fresh};
    return add_rows(&w, e);
}

int kc_sums(const struct kc_space *s, const uint32_t *labels, uint32_t k, double *sums, uint64_t *counts,
            struct kc_err *e)
{
    const struct kc_cells cells = {.labels = labels, .k = k, .sums = sums, .counts = counts};
    return kc_sums_cells(s, &cells, 1, NULL, 0, e);
}
