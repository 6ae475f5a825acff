#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/cluster/assign.h"
#include "core/kmeans/kmeans.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

/* Every path: Gram space and rows, one level and several, a sample, few and many clusters, size limits. */
static const struct shape {
    size_t n, d;
    uint64_t min, max, n_init, sample, max_size;
} shapes[] = {
    {500, 64, 2, 8, 10, 0, 0},     {3000, 16, 2, 20, 3, 0, 0},    {9000, 24, 2, 12, 1, 0, 0},
    {9000, 24, 2, 12, 4, 0, 0},    {9000, 24, 60, 60, 1, 0, 0},   {60000, 8, 2, 9, 1, 0, 0},
    {60000, 8, 2, 9, 1, 7000, 0},  {6000, 40, 300, 300, 1, 0, 0}, {9000, 24, 5, 5, 1, 0, 400},
    {60000, 4, 30, 30, 1, 0, 0},   {60000, 4, 50, 50, 1, 0, 0},   {60000, 3, 200, 200, 1, 0, 0},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static struct kc_kmeans_opts opts_of(const struct shape *c)
{
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    o.k.min = c->min;
    o.k.max = c->max;
    o.n_init = c->n_init;
    o.sample = c->sample;
    o.max_size = c->max_size;
    return o;
}

static struct kc_rows rows_of(const struct shape *c, const float *x, struct data_behind *b, int in_memory)
{
    *b = (struct data_behind){x, c->d};
    return in_memory ? kc_rows_memory(x, c->n, c->d)
                     : (struct kc_rows){.n = c->n, .d = c->d, .read = data_behind_read, .src = b};
}

/* What kc_kmeans_bytes promises is enough, and not far too much: --max-memory goes by it. */
TEST(core_fit_takes_no_more_than_it_says)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 41, 0);
    for (size_t q = 0; q < 2 * SHAPES; q++) { /* every third time with weights */
        const struct shape *c = &shapes[q / 2];
        unsigned threads = 1 + (unsigned)(q / 2) % 3;
        int in_memory = q % 2 == 0;
        struct kc_ctx ctx = data_ctx(threads);
        struct kc_err e = KC_ERR_INIT;
        struct kc_kmeans_opts o = opts_of(c);
        struct kc_clustering f;
        struct data_behind b;
        float *x = data_clustered(&r, c->n, c->d, 7, 0.7);
        struct kc_rows rows = rows_of(c, x, &b, in_memory);
        double *w = q % 3 ? NULL : data_weights(&r, c->n, DATA_MIXED);
        const struct kc_request request = {.weights = w};
        uint64_t most, before = kc_mem_held(&most, 1), says = kc_kmeans_bytes(c->n, c->d, in_memory, &o, &request, threads);
        (void)kc_mem_held(&most, 0);
        CHECK(most == before); /* saying so takes nothing: it is asked when memory is short */
        CHECK(kc_kmeans_run(&ctx, &rows, &o, &request, &f, &e) == 0);
        (void)kc_mem_held(&most, 0);
        uint64_t took = most - before;
        CHECK_MSG(took <= says + 65536 && says < 4 * took + (8u << 20), "shape %zu%s: took %llu bytes, said %llu", q / 2,
                  in_memory ? "" : " (read)", (unsigned long long)took, (unsigned long long)says);
        kc_clustering_free(&f);
        CHECK(kc_mem_held(&most, 0) <= before);
        kc_pool_free(ctx.pool);
        free(w);
        free(x);
    }
}

static void same_everywhere(uint64_t stream, int weighted)
{
    static const struct {
        unsigned threads;
        int in_memory;
    } ways[] = {{1, 1}, {4, 1}, {3, 0}};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, stream, 0);
    for (size_t q = 0; q < SHAPES; q++) {
        const struct shape *c = &shapes[q];
        struct kc_kmeans_opts o = opts_of(c);
        struct kc_clustering f[3];
        struct data_behind b;
        float *x = data_clustered(&r, c->n, c->d, 7, 0.7);
        double *w8 = weighted ? data_weights(&r, c->n, (enum data_weights)(q % DATA_KINDS)) : NULL;
        const struct kc_request request = {.weights = w8, .want_rows = 1};
        for (size_t w = 0; w < 3; w++) {
            struct kc_ctx ctx = data_ctx(ways[w].threads);
            struct kc_err e = KC_ERR_INIT;
            struct kc_rows rows = rows_of(c, x, &b, ways[w].in_memory);
            CHECK(kc_kmeans_run(&ctx, &rows, &o, &request, &f[w], &e) == 0);
            CHECK(f[w].k == f[0].k && kc_kmeans_of(&f[w])->nsweep == kc_kmeans_of(&f[0])->nsweep);
            CHECK_MSG(memcmp(f[w].labels, f[0].labels, c->n * sizeof *f->labels) == 0 &&
                          memcmp(f[w].centroids, f[0].centroids, f->k * c->d * sizeof *f->centroids) == 0 &&
                          memcmp(f[w].margin, f[0].margin, c->n * sizeof *f->margin) == 0 &&
                          memcmp(f[w].row_silhouette, f[0].row_silhouette, c->n * sizeof *f->margin) == 0 &&
                          memcmp(kc_kmeans_of(&f[w])->sweep, kc_kmeans_of(&f[0])->sweep, kc_kmeans_of(f)->nsweep * sizeof(struct kc_k_entry)) == 0 &&
                          kc_kmeans_of(&f[w])->sweep_flops == kc_kmeans_of(&f[0])->sweep_flops &&
                          kc_kmeans_of(&f[w])->index_flops == kc_kmeans_of(&f[0])->index_flops,
                      "shape %zu: %u threads, rows %s: not the same", q, ways[w].threads,
                      ways[w].in_memory ? "in memory" : "read");
            if (w == 0 && c->max_size == 0) { /* its centroids give every row its label again, and the same figures */
                uint32_t *l = malloc(c->n * sizeof *l);
                float *sim = malloc(c->n * sizeof *sim), *margin = malloc(c->n * sizeof *margin);
                CHECK(kc_assign(&ctx, &rows, f->centroids, f->k, NULL, l, sim, margin, &e) == 0);
                CHECK_MSG(memcmp(l, f->labels, c->n * sizeof *l) == 0 && memcmp(sim, f->similarity, c->n * sizeof *sim) == 0 &&
                              memcmp(margin, f->margin, c->n * sizeof *sim) == 0,
                          "shape %zu: assign says something else", q);
                CHECK(kc_assign_own(&ctx, &rows, f->centroids, f->k, f->labels, sim, &e) == 0);
                CHECK(memcmp(sim, f->similarity, c->n * sizeof *sim) == 0);
                free(margin);
                free(sim);
                free(l);
            }
            kc_pool_free(ctx.pool);
        }
        for (size_t w = 0; w < 3; w++)
            kc_clustering_free(&f[w]);
        free(w8);
        free(x);
    }
}

/* Neither the number of threads nor where the rows lie changes a bit of the result. */
TEST(core_fit_is_the_same_everywhere)
{
    same_everywhere(42, 0);
}

TEST(core_weighted_fit_is_the_same_everywhere)
{
    same_everywhere(43, 1);
}
