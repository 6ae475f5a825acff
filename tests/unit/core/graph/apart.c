/* Similar rows with different labels, against all pairs of rows: lists that are full or not, groups of equal rows, all
 * threads, rows that are picked or behind a file. */
#include "core/graph/apart.h"

#include <stdlib.h>
#include <string.h>
#include "core/near/near.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static int by_similarity(const void *a, const void *b)
{
    const struct kc_apart_pair *x = a, *y = b;
    if (x->similarity > y->similarity || x->similarity < y->similarity)
        return x->similarity > y->similarity ? -1 : 1;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

/* List all pairs, in order. */
static struct kc_apart_pair *list_pairs(const float *x, size_t n, size_t d, const uint32_t *labels, double least,
                                        size_t *npairs)
{
    float *products = malloc(n * n * sizeof *products);
    struct kc_apart_pair *pair = malloc(n * n * sizeof *pair);
    *npairs = 0;
    kc_ref_product(x, n, d, x, n, products, n);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++)
            if ((double)products[j * n + i] >= least && labels[i] != labels[j])
                pair[(*npairs)++] = (struct kc_apart_pair){i, j, products[j * n + i]};
    qsort(pair, *npairs, sizeof *pair, by_similarity);
    free(products);
    return pair;
}

TEST(apart_finds_all_similar_rows_with_different_labels)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 212, 0);
    size_t seen = 0;
    for (int t = 0; t < 60; t++) {
        const size_t n = 1 + kc_rng_below(&r, t % 6 ? 60 : 700), d = 1 + kc_rng_below(&r, 20);
        const double spread = t % 3 == 0 ? 0 : 0.3, least = t % 4 == 0 ? -2 : 0.9;
        float *x = data_clustered(&r, n, d, 1 + kc_rng_below(&r, 1 + n / 8), spread);
        uint32_t *labels = malloc(n * sizeof *labels), *pick = malloc(n * sizeof *pick);
        for (size_t i = 0; i < n; i++) {
            labels[i] = (uint32_t)kc_rng_below(&r, 3);
            pick[i] = (uint32_t)i;
        }
        struct kc_ctx ctx = data_ctx(1 + (unsigned)t % 3);
        struct kc_err e = KC_ERR_INIT;
        struct data_behind behind = {x, d};
        const struct kc_rows all = t % 5 ? kc_rows_memory(x, n, d) :
                                           (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
        const struct kc_rows rows = t % 2 ? kc_rows_pick(&all, pick, n) : all;
        const struct kc_neighbours_opts o = {1 + (uint32_t)kc_rng_below(&r, 8), least, NULL, 0};
        const size_t most = kc_rng_below(&r, 3) ? kc_rng_below(&r, 12) : n * n;
        struct kc_neighbours g;
        struct kc_apart got;
        size_t nwant;
        struct kc_apart_pair *want = list_pairs(x, n, d, labels, least, &nwant);
        CHECK(kc_neighbours_find(&ctx, &rows, &o, &g, &e) == 0);
        CHECK(kc_apart_find(&ctx, &rows, &g, least, labels, most, &got, &e) == 0);
        CHECK_MSG(got.total == nwant, "run %d, %zu rows, lists of %u: %llu pairs, not %zu", t, n, o.m,
                  (unsigned long long)got.total, nwant);
        CHECK(got.n == (most < nwant ? most : nwant));
        for (size_t i = 0; i < got.n && i < nwant; i++)
            CHECK_MSG(by_similarity(&got.pair[i], &want[i]) == 0, "run %d: pair %zu of %zu is %u, %u", t, i, nwant,
                      got.pair[i].a, got.pair[i].b);
        seen += nwant;
        kc_apart_free(&got);
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(want);
        free(pick);
        free(labels);
        free(x);
    }
    CHECK(seen > 0);
}

/* Of approximate lists: every pair that is listed is one, none is listed twice, and not too many are missed. */
TEST(apart_by_approximate_lists)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 215, 0);
    enum { N = 1600, D = 12 };
    for (int t = 0; t < 4; t++) {
        const double least = 0.7;
        float *x = data_clustered(&r, N, D, 40, 0.5);
        uint32_t *labels = malloc(N * sizeof *labels);
        for (size_t i = 0; i < N; i++)
            labels[i] = (uint32_t)kc_rng_below(&r, 3);
        struct kc_ctx ctx = data_ctx(2);
        struct kc_err e = KC_ERR_INIT;
        const struct kc_rows rows = kc_rows_memory(x, N, D);
        const struct kc_neighbours_opts o = {t % 2 ? 5 : 60, least, NULL, 0};
        struct kc_neighbours g;
        struct kc_search_report how;
        struct kc_apart got;
        size_t nwant, at = 0;
        struct kc_apart_pair *want = list_pairs(x, N, D, labels, least, &nwant);
        CHECK(kc_near_find(&ctx, &rows, &o, 0.5, &g, &how, &e) == 0 && how.cells > 0);
        CHECK(kc_apart_find(&ctx, &rows, &g, least, labels, SIZE_MAX, &got, &e) == 0);
        CHECK(got.n == got.total && got.n <= nwant && got.n > nwant / 4);
        for (size_t i = 0; i < got.n; i++) { /* both are sorted */
            while (at < nwant && by_similarity(&want[at], &got.pair[i]) < 0)
                at++;
            CHECK(at < nwant && by_similarity(&want[at], &got.pair[i]) == 0);
            at++;
        }
        kc_apart_free(&got);
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(want);
        free(labels);
        free(x);
    }
}
