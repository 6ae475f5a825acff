/* Neighbours against all similarities, sorted: ties, limits, decay, rows that are not in memory, any threads. */
#include "core/graph/neighbours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/graph/cells.h"
#include "core/ref/ref.h"
#include "data.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

/* Return 1 if the lists of some rows are those of the slow twin. */
static int are_right(const struct kc_neighbours *g, const float *x, size_t d, const struct kc_neighbours_opts *o,
                     struct kc_rng *r)
{
    uint32_t *id = malloc(o->m * sizeof *id), count;
    float *similarity = malloc(o->m * sizeof *similarity);
    int right = 1;
    for (size_t t = 0; t < 60 && right; t++) {
        uint32_t row = (uint32_t)(t < 3 ? t : t == 3 ? g->n - 1 : kc_rng_below(r, g->n));
        row = row < g->n ? row : 0;
        kc_ref_neighbours(x, g->n, d, o->time, o->decay, o->least, row, o->m, &count, id, similarity);
        right = g->count[row] == count && memcmp(g->id + (size_t)row * o->m, id, count * sizeof *id) == 0 &&
                memcmp(g->similarity + (size_t)row * o->m, similarity, count * sizeof *similarity) == 0;
    }
    free(id);
    free(similarity);
    return right;
}

TEST(neighbours_are_those_of_the_slow_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 97, 0);
    static const size_t sizes[] = {1, 2, 3, 95, 96, 97, 200, 577, 1500, 2500};
    for (size_t t = 0; t < 20; t++) {
        size_t n = sizes[t % 10], d = 1 + kc_rng_below(&r, 40);
        float *x = data_clustered(&r, n, d, 1 + n / 40, 0.5 + 0.5 * (double)(t % 3));
        int64_t *time = malloc(n * sizeof *time);
        uint32_t *idx = malloc(n * sizeof *idx);
        for (size_t i = 0; i < n; i++) {
            time[i] = (int64_t)kc_rng_below(&r, 1000) * 1000000 - 400000000;
            if (t % 4 == 1 && i > 0 && kc_rng_below(&r, 3) == 0) /* equal rows: ties */
                memcpy(x + i * d, x + kc_rng_below(&r, i) * d, d * sizeof *x);
        }
        struct kc_neighbours_opts o = {1 + (uint32_t)kc_rng_below(&r, 40), t % 5 == 2 ? 0.4 : -2, time,
                                       t % 3 == 1 ? (t % 2 ? 2e7 : 3e9) : 0};
        struct data_behind behind = {x, d};
        for (unsigned way = 0; way < 4; way++) {
            struct kc_rows rows = kc_rows_memory(x, n, d);
            if (way == 1)
                rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
            if (way == 2) { /* picked, in their own order */
                for (size_t i = 0; i < n; i++)
                    idx[i] = (uint32_t)i;
                rows.idx = idx;
            }
            struct kc_ctx ctx = data_ctx(way == 3 ? 7 : 1 + way);
            struct kc_err e = KC_ERR_INIT;
            struct kc_neighbours g;
            uint64_t most, before = kc_mem_held(&most, 1);
            CHECK(kc_neighbours_find(&ctx, &rows, &o, &g, &e) == 0);
            (void)kc_mem_held(&most, 0);
            uint64_t says = kc_neighbours_bytes(n, d, &o, kc_pool_threads(ctx.pool));
            CHECK_MSG(most - before <= says + 4096, "n %zu way %u: held %llu, said %llu", n, way,
                      (unsigned long long)(most - before), (unsigned long long)says);
            CHECK_MSG(are_right(&g, x, d, &o, &r), "n %zu, d %zu, m %u, decay %g, way %u", n, d, o.m, o.decay, way);
            kc_neighbours_free(&g);
            kc_pool_free(ctx.pool);
        }
        free(idx);
        free(time);
        free(x);
    }
}

/* Return the share of the lists of a that b has, too. */
static double shared_part(const struct kc_neighbours *a, const struct kc_neighbours *b)
{
    uint64_t all = 0, both = 0;
    for (size_t i = 0; i < a->n; i++)
        for (uint32_t j = 0; j < a->count[i]; j++, all++)
            for (uint32_t t = 0; t < b->count[i]; t++)
                both += b->id[i * b->m + t] == a->id[i * a->m + j];
    return all ? (double)both / (double)all : 1;
}

/* By cells, the lists are those of the exact search where all cells are asked, reach about the recall that is asked
 * for where fewer are, and are the same for any threads and for rows that are not in memory. */
TEST(neighbours_by_cells_reach_the_recall_they_tell)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 98, 0);
    for (size_t t = 0; t < 6; t++) {
        const size_t n = t == 0 ? 1 : t == 1 ? 97 : 1500 + 700 * t, d = 3 + kc_rng_below(&r, 30);
        const uint32_t k = t == 0 ? 1 : 20;
        float *x = data_clustered(&r, n, d, 25, 1), *centroids = data_clustered(&r, k, d, k, 1);
        const struct kc_neighbours_opts o = {1 + (uint32_t)kc_rng_below(&r, 20), t == 3 ? 0.5 : -2, NULL, 0};
        const struct kc_cells_opts all = {centroids, k, 1}, most = {centroids, k, 0.9};
        struct data_behind behind = {x, d};
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_rows read = {.n = n, .d = d, .read = data_behind_read, .src = &behind};
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours exact, g[3];
        struct kc_cells_report told[3];
        struct kc_ctx one = data_ctx(1), three = data_ctx(3);
        uint64_t high, before = kc_mem_held(&high, 1);
        CHECK(kc_neighbours_find(&three, &rows, &o, &exact, &e) == 0);
        before = kc_mem_held(&high, 1);
        CHECK(kc_cells_find(&three, &rows, &o, &all, &g[0], &told[0], &e) == 0);
        (void)kc_mem_held(&high, 0);
        CHECK(high - before <= kc_cells_bytes(n, d, &o, k, 3) + 4096);
        CHECK(told[0].probes >= 1 && told[0].probes <= k);
        CHECK_MSG(shared_part(&exact, &g[0]) >= 0.9, "n %zu: %g", n, shared_part(&exact, &g[0]));
        CHECK(kc_cells_find(&one, &rows, &o, &most, &g[1], &told[1], &e) == 0);
        CHECK(kc_cells_find(&three, &read, &o, &most, &g[2], &told[2], &e) == 0);
        const double found = shared_part(&exact, &g[1]);
        CHECK_MSG(n < 2 || (found > 0.8 && fabs(found - told[1].recall) < 0.08), "n %zu: found %g, told %g", n, found,
                  told[1].recall);
        CHECK(told[1].probes == told[2].probes && told[1].compared >= told[2].compared);
        for (size_t i = 0; i < n; i++)
            CHECK(g[1].count[i] == g[2].count[i] &&
                  memcmp(g[1].id + i * o.m, g[2].id + i * o.m, g[1].count[i] * sizeof *g[1].id) == 0);
        for (int i = 0; i < 3; i++)
            kc_neighbours_free(&g[i]);
        kc_neighbours_free(&exact);
        kc_pool_free(one.pool);
        kc_pool_free(three.pool);
        free(centroids);
        free(x);
    }
}

TEST(neighbours_of_some_rows_are_those_of_the_slow_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 213, 0);
    for (size_t t = 0; t < 24; t++) {
        const size_t n = 1 + kc_rng_below(&r, t % 4 ? 200 : 1200), d = 1 + kc_rng_below(&r, 30);
        const size_t some = 1 + kc_rng_below(&r, t % 3 ? 5 : 150);
        float *x = data_clustered(&r, n, d, 1 + n / 40, t % 5 ? 0.7 : 0);
        const struct kc_neighbours_opts o = {1 + (uint32_t)kc_rng_below(&r, 30), t % 5 == 2 ? 0.4 : -2, NULL, 0};
        struct data_behind behind = {x, d};
        const struct kc_rows rows = t % 2 ? kc_rows_memory(x, n, d) :
                                            (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
        struct kc_ctx ctx = data_ctx(1 + (unsigned)t % 3);
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours g;
        uint32_t *row = malloc(some * sizeof *row), *id = malloc(o.m * sizeof *id), count;
        float *similarity = malloc(o.m * sizeof *similarity);
        for (size_t i = 0; i < some; i++)
            row[i] = (uint32_t)kc_rng_below(&r, n);
        CHECK(kc_neighbours_some(&ctx, &rows, row, some, &o, &g, &e) == 0);
        for (size_t i = 0; i < some; i++) {
            kc_ref_neighbours(x, n, d, NULL, 0, o.least, row[i], o.m, &count, id, similarity);
            CHECK_MSG(g.count[i] == count && memcmp(g.id + i * o.m, id, count * sizeof *id) == 0 &&
                          memcmp(g.similarity + i * o.m, similarity, count * sizeof *similarity) == 0,
                      "run %zu: row %u of %zu", t, row[i], n);
        }
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(similarity);
        free(id);
        free(row);
        free(x);
    }
}
