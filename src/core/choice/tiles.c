/* One block of memory for each thread: its room, and behind that the scratch of products. */
#include "core/choice/tiles.h"

#include "base/mem.h"
#include "par/pool.h"

struct pass {
    size_t n, bytes;
    void (*fn)(void *arg, size_t first, size_t rows, void *own, void *scratch);
    void *arg;
    char **own; /* (threads) */
};

static void run_tile(void *arg, size_t tile, unsigned worker)
{
    const struct pass *p = arg;
    const size_t first = tile * KC_LA_TILE, rows = p->n - first < KC_LA_TILE ? p->n - first : KC_LA_TILE;
    p->fn(p->arg, first, rows, p->own[worker], p->own[worker] + p->bytes);
}

/* Round up to whole lines of a cache. */
static size_t round_bytes(size_t bytes)
{
    return kc_mem_add(bytes, 63) / 64 * 64;
}

int kc_tiles_run(const struct kc_ctx *ctx, size_t n, size_t bytes,
                 void (*fn)(void *arg, size_t first, size_t rows, void *own, void *scratch), void *arg,
                 struct kc_err *e)
{
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct pass p = {n, round_bytes(bytes), fn, arg, kc_mem_zalloc(threads, sizeof *p.own, e)};
    int rc = p.own ? 0 : -1;
    for (unsigned i = 0; rc == 0 && i < threads; i++) {
        p.own[i] = kc_mem_aligned(kc_mem_add(p.bytes, KC_LA_SCRATCH), 1, e);
        rc = p.own[i] ? 0 : -1;
    }
    if (rc == 0)
        kc_pool_for(ctx->pool, kc_la_tiles(n), run_tile, &p);
    for (unsigned i = 0; p.own && i < threads; i++)
        kc_mem_free(p.own[i]);
    kc_mem_free(p.own);
    return rc;
}

uint64_t kc_tiles_bytes(uint64_t bytes, unsigned threads)
{
    return threads * (bytes + 64 + KC_LA_SCRATCH + sizeof(char *));
}
