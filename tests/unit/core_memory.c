#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/fit.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

struct behind {
    const float *x;
    size_t d;
};

static int behind_read(void *src, size_t i0, size_t r, float *buf)
{
    const struct behind *b = src;
    memcpy(buf, b->x + i0 * b->d, r * b->d * sizeof *buf);
    return 0;
}

/* What kc_fit_bytes promises is enough, and not far too much: --max-memory goes by it. On every path: Gram space and rows, one
 * level and several, a sample, few and many clusters, size limits, rows in memory and behind a source. */
TEST(core_fit_takes_no_more_than_it_says)
{
    static const struct {
        size_t n, d;
        uint64_t min, max, n_init, sample, max_size;
    } c[] = {
        {500, 64, 2, 8, 10, 0, 0},     {3000, 16, 2, 20, 3, 0, 0},   {9000, 24, 2, 12, 1, 0, 0},
        {9000, 24, 2, 12, 4, 0, 0},    {9000, 24, 60, 60, 1, 0, 0},  {60000, 8, 2, 9, 1, 0, 0},
        {60000, 8, 2, 9, 1, 7000, 0},  {6000, 40, 300, 300, 1, 0, 0}, {9000, 24, 5, 5, 1, 0, 400},
    };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 41, 0);
    for (size_t q = 0; q < 2 * sizeof c / sizeof *c; q++) {
        size_t i = q / 2, n = c[i].n, d = c[i].d;
        unsigned threads = 1 + (unsigned)i % 3;
        struct kc_ctx ctx = data_ctx(threads);
        struct kc_err e = KC_ERR_INIT;
        struct kc_fit_opts o = KC_FIT_OPTS_DEFAULT;
        struct kc_fit f;
        float *x = data_clustered(&r, n, d, 7, 0.7);
        struct behind b = {x, d};
        struct kc_rows rows = kc_rows_memory(x, n, d);
        int in_memory = q % 2 == 0;
        if (!in_memory)
            rows = (struct kc_rows){.n = n, .d = d, .read = behind_read, .src = &b};
        o.k.min = c[i].min;
        o.k.max = c[i].max;
        o.n_init = c[i].n_init;
        o.sample = c[i].sample;
        o.max_size = c[i].max_size;
        uint64_t most, before = kc_mem_held(&most, 1), says = kc_fit_bytes(n, d, in_memory, &o, threads);
        CHECK(kc_fit_run(&ctx, &rows, &o, &f, &e) == 0);
        (void)kc_mem_held(&most, 0);
        uint64_t took = most - before;
        CHECK_MSG(took <= says + 65536, "case %zu%s: took %llu bytes, said %llu", i, in_memory ? "" : " (read)",
                  (unsigned long long)took, (unsigned long long)says);
        CHECK_MSG(says < 4 * took + (8u << 20), "case %zu%s: took %llu bytes, said %llu", i, in_memory ? "" : " (read)",
                  (unsigned long long)took, (unsigned long long)says);
        kc_fit_free(&f);
        CHECK(kc_mem_held(&most, 0) <= before);
        kc_pool_free(ctx.pool);
        free(x);
    }
}
