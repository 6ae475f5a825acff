/* Second moments by the kernel of la/product.h: the coordinates are its rows, and the rows of a chunk the chain that it
 * adds up, in double. Threads share the chunk's pairs of coordinates, so no sum is split between them: each is that of
 * the chunks, one after the other, whatever the threads.
 *
 * The covariance is the moments less the products of the means. In double that loses no more than the rows, which are
 * floats, have lost before: their errors of 6e-8 are the larger ones until the rows differ by 1e-9 only.
 *
 * Work: n d^2 flops in double, half of all pairs, at the kernel's rate. */
#include "core/graph/moments.h"

#include "base/mem.h"
#include "core/graph/offer.h"

#define CHUNK ((size_t)512) /* rows whose coordinates are multiplied at once */
#define SOME ((size_t)64)   /* rows that a thread transposes at once */
#define TILE ((size_t)KC_LA_TILE)

struct worker {
    float *rows;    /* (SOME, d), for rows that are not in memory */
    double *out;    /* (TILE, TILE) */
    char *scratch;  /* KC_LA_SCRATCH */
};

struct moments {
    const struct kc_rows *rows;
    size_t at, n;   /* the chunk: its first row, and how many it has */
    float *x;       /* (d, n) its rows, a coordinate after the other */
    double *y;      /* (d, n) the same in double */
    double *sum, *m; /* (d), (d, d): m below the diagonal of tiles */
    struct worker *worker;
};

/* Transpose some rows of the chunk. */
static void turn_rows(void *arg, size_t tile, unsigned worker)
{
    struct moments *w = arg;
    const size_t d = w->rows->d, from = tile * SOME, rows = w->n - from < SOME ? w->n - from : SOME;
    const float *row[SOME];
    kc_rows_get(w->rows, w->at + from, rows, w->worker[worker].rows, row);
    for (size_t t0 = 0; t0 < d; t0 += 16)
        for (size_t r = 0; r < rows; r++)
            for (size_t t = t0; t < d && t < t0 + 16; t++) {
                w->x[t * w->n + from + r] = row[r][t];
                w->y[t * w->n + from + r] = (double)row[r][t];
            }
}

/* Add the chunk's products of the coordinates of two tiles. pair: its number among those with a <= b. */
static void add_pair(void *arg, size_t pair, unsigned worker)
{
    struct moments *w = arg;
    struct worker *own = &w->worker[worker];
    const size_t d = w->rows->d, n = w->n;
    size_t b = 0;
    while (pair > b)
        pair -= ++b;
    const size_t a = pair, i0 = a * TILE, j0 = b * TILE;
    const size_t rows = d - i0 < TILE ? d - i0 : TILE, cols = d - j0 < TILE ? d - j0 : TILE;
    const float *row[KC_LA_TILE] = {0};
    for (size_t i = 0; i < rows; i++)
        row[i] = w->x + (i0 + i) * n;
    kc_la_productd(row, rows, n, w->y + j0 * n, cols, own->out, TILE, own->scratch);
    for (size_t j = 0; j < cols; j++) {
        double *to = w->m + (j0 + j) * d + i0;
        for (size_t i = 0; i < rows; i++)
            to[i] += own->out[j * TILE + i];
    }
    for (size_t i = 0; a == b && i < rows; i++)
        for (size_t r = 0; r < n; r++)
            w->sum[i0 + i] += w->y[(i0 + i) * n + r];
}

static void free_workers(struct worker *w, unsigned threads)
{
    for (unsigned i = 0; w && i < threads; i++) {
        kc_mem_free(w[i].rows);
        kc_mem_free(w[i].out);
        kc_mem_free(w[i].scratch);
    }
    kc_mem_free(w);
}

static struct worker *make_workers(const struct kc_rows *rows, unsigned threads, struct kc_err *e)
{
    struct worker *w = kc_mem_zalloc(threads, sizeof *w, e);
    for (unsigned i = 0; w && i < threads; i++) {
        w[i].rows = kc_mem_aligned(kc_rows_buf(rows, SOME), sizeof *w[i].rows, e);
        w[i].out = kc_mem_aligned(TILE * TILE, sizeof *w[i].out, e);
        w[i].scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        if (!w[i].rows || !w[i].out || !w[i].scratch) {
            free_workers(w, threads);
            return NULL;
        }
    }
    return w;
}

/* Divide the sums by the number of rows, take the means off, and fill the other half of m. */
static void finish(struct moments *w, size_t n, int centre)
{
    const size_t d = w->rows->d;
    for (size_t i = 0; i < d; i++)
        w->sum[i] /= (double)n;
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            const double mean = w->m[i * d + j] / (double)n;
            w->m[i * d + j] = w->m[j * d + i] = centre ? mean - w->sum[i] * w->sum[j] : mean;
        }
}

int kc_moments_make(const struct kc_ctx *ctx, const struct kc_rows *rows, int centre, double *mean, double *m,
                    struct kc_err *e)
{
    const size_t n = rows->n, d = rows->d, tiles = kc_la_tiles(d);
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct moments w = {.rows = rows, .sum = mean, .m = m};
    int rc = -1;
    w.x = kc_mem_aligned(kc_mem_mul(CHUNK, d), sizeof *w.x, e);
    w.y = kc_mem_aligned(kc_mem_mul(CHUNK, d), sizeof *w.y, e);
    w.worker = make_workers(rows, threads, e);
    if (!w.x || !w.y || !w.worker)
        goto out;
    memset(mean, 0, d * sizeof *mean);
    memset(m, 0, d * d * sizeof *m);
    for (w.at = 0; w.at < n; w.at += CHUNK) {
        w.n = n - w.at < CHUNK ? n - w.at : CHUNK;
        kc_pool_for(ctx->pool, (w.n + SOME - 1) / SOME, turn_rows, &w);
        kc_pool_for(ctx->pool, tiles * (tiles + 1) / 2, add_pair, &w);
    }
    finish(&w, n, centre);
    rc = kc_rows_failed(rows, e);
out:
    free_workers(w.worker, threads);
    kc_mem_free(w.y);
    kc_mem_free(w.x);
    return rc;
}

uint64_t kc_moments_bytes(size_t d, int in_memory, unsigned threads)
{
    return (uint64_t)d * CHUNK * (sizeof(float) + sizeof(double)) +
           threads * (sizeof(struct worker) + (in_memory ? 0 : SOME * (uint64_t)d * sizeof(float)) +
                      TILE * TILE * sizeof(double) + KC_LA_SCRATCH);
}
