/* The joining of parts against the spanning tree of all rows: few and many parts, ties, any threads and storage. */
#include "core/graph/bridges.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

struct edge {
    uint32_t from, to;
};

static int by_rows(const void *x, const void *y)
{
    const struct edge *a = x, *b = y;
    return a->from != b->from ? (a->from < b->from ? -1 : 1) : (a->to > b->to) - (a->to < b->to);
}

TEST(parts_are_joined_by_the_spanning_tree)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 64, 0);
    static const struct { size_t n, parts; } shapes[] = {{2, 2}, {50, 1}, {97, 2}, {300, 300}, {1000, 7}, {1500, 1024},
                                                         {2500, 40}, {2100, 1500}, {2200, 2200}, {961, 3}};
    for (size_t t = 0; t < 20; t++) {
        const size_t n = shapes[t % 10].n, parts = shapes[t % 10].parts, d = 1 + kc_rng_below(&r, 24);
        float *x = data_clustered(&r, n, d, 1 + n / 50, 0.7);
        uint32_t *part = malloc(n * sizeof *part), *from = malloc(n * sizeof *from), *to = malloc(n * sizeof *to), *root = malloc(n * sizeof *root);
        struct kc_bridge *bridge = malloc(n * sizeof *bridge);
        struct edge *got = malloc(n * sizeof *got), *want = malloc(n * sizeof *want);
        struct data_behind behind = {x, d};
        for (size_t i = 0; i < n; i++) {
            part[i] = (uint32_t)(i < parts ? i : t % 3 ? kc_rng_below(&r, parts) : 0);
            if (t % 4 == 1 && i > 0 && kc_rng_below(&r, 3) == 0) /* equal rows: ties */
                memcpy(x + i * d, x + kc_rng_below(&r, i) * d, d * sizeof *x);
        }
        const size_t edges = kc_ref_join(x, n, d, part, from, to);
        CHECK(edges == parts - 1);
        for (size_t i = 0; i < edges; i++)
            want[i] = (struct edge){from[i], to[i]};
        qsort(want, edges, sizeof *want, by_rows);
        for (unsigned threads = 1; threads < 4; threads += 2) {
            struct kc_ctx ctx = data_ctx(threads);
            struct kc_err e = KC_ERR_INIT;
            struct kc_rows rows = kc_rows_memory(x, n, d);
            uint64_t high, before;
            if (threads > 1)
                rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
            before = kc_mem_held(&high, 1);
            size_t found = 0;
            for (size_t i = 0; i < n; i++) { /* the first row of its part is its root */
                root[i] = (uint32_t)i;
                for (size_t j = 0; j < i && root[i] == i; j++)
                    root[i] = part[j] == part[i] ? root[j] : root[i];
            }
            CHECK(kc_bridges_join(&ctx, &rows, NULL, root, bridge, &found, &e) == 0 && found == edges);
            (void)kc_mem_held(&high, 0);
            CHECK(high - before <= kc_bridges_bytes(n, d, parts, threads) + 16384);
            for (size_t i = 0; i < edges; i++)
                got[i] = (struct edge){bridge[i].b, bridge[i].a};
            qsort(got, edges, sizeof *got, by_rows);
            CHECK_MSG(memcmp(got, want, edges * sizeof *got) == 0, "%zu x %zu, %zu parts, %u threads: another tree", n, d, parts,
                      threads);
            kc_pool_free(ctx.pool);
        }
        free(want);
        free(got);
        free(bridge);
        free(root);
        free(to);
        free(from);
        free(part);
        free(x);
    }
}
