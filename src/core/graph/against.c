/* Few rows, so that each meets all others, and a half of the products cannot be spared as among all rows
 * (neighbours.c). */
#include "core/graph/against.h"

#include "base/mem.h"
#include "core/graph/offer.h"

#define WIDE ((size_t)KC_AGAINST_MOST)

/* What a thread works with. */
struct worker {
    float *out;     /* (WIDE, KC_LA_TILE) */
    float *rows;    /* (KC_LA_TILE, d) */
    float *columns; /* (WIDE, d), for rows that do not lie in memory one after the other */
    char *scratch;  /* KC_LA_SCRATCH */
};

struct pass {
    const struct kc_rows *rows;
    const uint32_t *row;
    size_t m, tile;
    kc_against_look *look;
    void *arg;
    struct worker *worker;
};

/* Return n rows from number `from` on, one after the other, in buf where they do not lie so in memory. */
static const float *get_columns(const struct kc_rows *rows, size_t from, size_t n, float *buf)
{
    if (rows->x && !rows->idx)
        return kc_rows_at(rows, from);
    const float *row[KC_LA_TILE];
    for (size_t i = 0; i < n; i += KC_LA_TILE) {
        const size_t some = n - i < KC_LA_TILE ? n - i : KC_LA_TILE;
        float *to = buf + i * rows->d;
        kc_rows_get(rows, from + i, some, to, row);
        for (size_t r = 0; r < some; r++)
            if (row[r] != to + r * rows->d)
                memcpy(to + r * rows->d, row[r], rows->d * sizeof *to);
    }
    return buf;
}

static void multiply_tile(void *arg, size_t at, unsigned worker)
{
    const struct pass *p = arg;
    const struct worker *w = &p->worker[worker];
    const size_t n = p->rows->n, d = p->rows->d, first = at * p->tile;
    const size_t rows = p->m - first < p->tile ? p->m - first : p->tile;
    const float *row[KC_LA_TILE];
    kc_rows_copy(p->rows, p->row + first, rows, w->rows);
    for (size_t r = 0; r < rows; r++)
        row[r] = w->rows + r * d;
    for (size_t from = 0; from < n; from += WIDE) {
        const size_t cols = n - from < WIDE ? n - from : WIDE;
        kc_la_product(row, rows, d, get_columns(p->rows, from, cols, w->columns), cols, w->out, KC_LA_TILE,
                      w->scratch);
        p->look(p->arg, first, rows, from, cols, w->out, worker);
    }
}

static void free_workers(struct worker *w, unsigned threads)
{
    for (unsigned i = 0; w && i < threads; i++) {
        kc_mem_free(w[i].out);
        kc_mem_free(w[i].rows);
        kc_mem_free(w[i].columns);
        kc_mem_free(w[i].scratch);
    }
    kc_mem_free(w);
}

static struct worker *make_workers(const struct kc_rows *rows, unsigned threads, struct kc_err *e)
{
    const size_t copies = rows->x && !rows->idx ? 0 : WIDE;
    struct worker *w = kc_mem_zalloc(threads, sizeof *w, e);
    for (unsigned i = 0; w && i < threads; i++) {
        w[i].out = kc_mem_aligned(WIDE * KC_LA_TILE, sizeof *w[i].out, e);
        w[i].rows = kc_mem_aligned(kc_mem_mul(KC_LA_TILE, rows->d), sizeof *w[i].rows, e);
        w[i].columns = kc_mem_aligned(kc_mem_mul(copies, rows->d), sizeof *w[i].columns, e);
        w[i].scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        if (!w[i].out || !w[i].rows || !w[i].columns || !w[i].scratch) {
            free_workers(w, threads);
            return NULL;
        }
    }
    return w;
}

int kc_against_all(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, size_t m, size_t tile,
                   kc_against_look *look, void *arg, struct kc_err *e)
{
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct pass p = {rows, row, m, tile, look, arg, make_workers(rows, threads, e)};
    if (!p.worker)
        return -1;
    kc_pool_for(ctx->pool, (m + tile - 1) / tile, multiply_tile, &p);
    free_workers(p.worker, threads);
    return kc_rows_failed(rows, e);
}

uint64_t kc_against_bytes(size_t d, unsigned threads)
{
    return threads * (WIDE * KC_LA_TILE * sizeof(float) + (KC_LA_TILE + WIDE) * (uint64_t)d * sizeof(float) +
                      KC_LA_SCRATCH + sizeof(struct worker));
}
