/* The tree of mutual reachability against Prim's on all pairs, whatever the lists prove. */
#include "core/density/reach.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/graph/forest.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static int by_weight(const void *x, const void *y)
{
    const struct kc_bridge *a = x, *b = y;
    return (a->weight < b->weight) - (a->weight > b->weight);
}

static int falling(const void *x, const void *y)
{
    const float *a = x, *b = y;
    return (*a < *b) - (*a > *b);
}

/* Compare a tree with the weights of Prim's: the multiset of weights is the same for all maximum spanning trees. */
static void check_tree(const struct kc_bridge *tree, const float *core, const float *x, size_t n, size_t d,
                       const float *want, const char *what)
{
    struct kc_bridge *sorted = malloc(n * sizeof *sorted);
    uint32_t *parent = malloc(n * sizeof *parent);
    size_t edges = 0, wrong = 0;
    for (size_t i = 0; i < n; i++)
        parent[i] = (uint32_t)i;
    for (size_t t = 0; t + 1 < n; t++) {
        float s = 0;
        for (size_t j = 0; j < d; j++)
            s = fmaf(x[tree[t].a * d + j], x[tree[t].b * d + j], s);
        CHECK(tree[t].a < tree[t].b && tree[t].similarity == s &&
              tree[t].weight == fminf(s, fminf(core[tree[t].a], core[tree[t].b])));
        edges += (size_t)kc_forest_unite(parent, tree[t].a, tree[t].b);
        sorted[t] = tree[t];
    }
    CHECK_MSG(edges + 1 == n, "%s: %zu edges join %zu rows", what, edges, n);
    qsort(sorted, n - 1, sizeof *sorted, by_weight);
    for (size_t t = 0; t + 1 < n; t++)
        wrong += sorted[t].weight < want[t] || sorted[t].weight > want[t];
    CHECK_MSG(wrong == 0, "%s: %zu of %zu weights are wrong", what, wrong, n - 1);
    free(parent);
    free(sorted);
}

TEST(reach_is_the_tree_of_all_pairs)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 90, 0);
    int again = 0, bridged = 0;
    for (size_t t = 0; t < 24; t++) {
        const size_t n = t < 3 ? t + 1 : 30 + kc_rng_below(&r, 900), d = 2 + kc_rng_below(&r, 20);
        const double spread = t % 3 == 0 ? 0.02 : t % 3 == 1 ? 0.4 : 3;
        float *x = data_clustered(&r, n, d, 1 + n / 60, spread), *core = malloc(n * sizeof *core);
        float *want = malloc(n * sizeof *want), *want_core = malloc(n * sizeof *want_core);
        if (t % 4 == 3) /* equal rows */
            for (size_t i = 1; i < n / 3; i++)
                memcpy(x + i * d, x + i % 3 * d, d * sizeof *x);
        const uint32_t m = 2 + (uint32_t)kc_rng_below(&r, 12);
        const uint32_t samples = 1 + (uint32_t)kc_rng_below(&r, m);
        const struct kc_neighbours_opts o = {m, -2, NULL, 0};
        struct data_behind behind = {x, d};
        struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx ctx = data_ctx(1 + (unsigned)t % 3);
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours g;
        struct kc_bridge *tree = malloc(n * sizeof *tree);
        struct kc_reach_report report;
        uint64_t high, before;
        if (t % 5 == 4)
            rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
        CHECK(kc_neighbours_find(&ctx, &rows, &o, &g, &e) == 0);
        before = kc_mem_held(&high, 1);
        CHECK(kc_reach_tree(&ctx, &rows, &g, samples, NULL, 1, core, tree, &report, &e) == 0);
        (void)kc_mem_held(&high, 0);
        CHECK(high - before <= kc_reach_bytes(n, d, kc_pool_threads(ctx.pool)) + 4096);
        kc_ref_reach(x, n, d, samples, want_core, want);
        qsort(want, n - 1, sizeof *want, falling);
        CHECK(memcmp(core, want_core, n * sizeof *core) == 0);
        check_tree(tree, core, x, n, d, want, "exact");
        again += report.again > 0;
        bridged += report.bridged > 0;
        /* lists that are trusted: a tree all the same, of lighter edges at most */
        CHECK(kc_reach_tree(&ctx, &rows, &g, samples, NULL, 0, core, tree, &report, &e) == 0);
        double sum = 0, most = 0;
        for (size_t i = 0; i + 1 < n; i++) {
            sum += (double)tree[i].weight;
            most += (double)want[i];
        }
        CHECK(sum <= most + 1e-6 * (double)n && sum > most - 0.05 * (double)n);
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(tree);
        free(want_core);
        free(want);
        free(core);
        free(x);
    }
    CHECK_MSG(again > 3 && bridged > 3, "%d looked again, %d bridged", again, bridged);
}

/* More parts than the table has places: each round of bridges must halve them. */
TEST(bridges_join_very_many_parts)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 91, 0);
    const size_t n = 3 * KC_BRIDGES_TABLE, d = 5;
    float *x = data_clustered(&r, n, d, n / 3, 0.5), *want = malloc(n * sizeof *want), *one = malloc(n * sizeof *one);
    struct kc_bridge *tree = malloc(n * sizeof *tree);
    uint32_t *parent = malloc(n * sizeof *parent);
    float *reach = malloc(n * sizeof *reach);
    const struct kc_rows rows = kc_rows_memory(x, n, d);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct kc_ctx ctx = data_ctx(threads);
        struct kc_err e = KC_ERR_INIT;
        size_t edges = 0;
        uint64_t high, before = kc_mem_held(&high, 1);
        for (size_t i = 0; i < n; i++) {
            parent[i] = (uint32_t)i;
            reach[i] = INFINITY;
        }
        CHECK(kc_bridges_join(&ctx, &rows, NULL, parent, tree, &edges, &e) == 0 && edges + 1 == n);
        (void)kc_mem_held(&high, 0);
            CHECK_MSG(high - before <= kc_bridges_bytes(n, d, n, threads) + 16384, "%llu bytes, %u threads",
                  (unsigned long long)(high - before), threads);
        kc_ref_reach(x, n, d, 1, one, want); /* (a row's nearest limits nothing) */
        qsort(want, n - 1, sizeof *want, falling);
        check_tree(tree, reach, x, n, d, want, "bridges");
        kc_pool_free(ctx.pool);
    }
    free(reach);
    free(parent);
    free(tree);
    free(one);
    free(want);
    free(x);
}
