#include <stdlib.h>
#include <string.h>

#include "core/kmeans/divide.h"
#include "core/kmeans/kmeans.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

/* As a fit of the same rows alone. */
TEST(divide_is_a_fit_of_some_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 91, 0);
    struct kc_ctx ctx = data_ctx(2);
    enum { N = 200, D = 6, PARTS = 4 };
    for (int round = 0; round < 5; round++) {
        struct kc_err e = KC_ERR_INIT;
        float *x = data_clustered(&r, N, D, 5, 0.4), some[N * D];
        uint32_t idx[N], part[N], nearest[PARTS], made, size[PARTS] = {0};
        size_t m = 0;
        for (uint32_t i = 0; i < N; i++)
            if (kc_rng_below(&r, 3) > 0) {
                memcpy(some + m * D, x + (size_t)i * D, D * sizeof *x);
                idx[m++] = i;
            }
        const struct kc_rows all = kc_rows_memory(x, N, D), alone = kc_rows_memory(some, m, D);
        CHECK(kc_kmeans_divide(&ctx, &all, idx, m, PARTS, 7, part, nearest, &made, &e) == 0 && made == PARTS);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        const struct kc_request request = {0};
        struct kc_clustering c;
        o.k.min = o.k.max = PARTS;
        o.seed = 7;
        CHECK(kc_kmeans_run(&ctx, &alone, &o, &request, &c, &e) == 0);
        CHECK(c.k == PARTS && memcmp(c.labels, part, m * sizeof *part) == 0);
        for (size_t i = 0; i < m; i++)
            size[part[i]]++;
        for (uint32_t p = 0; p < PARTS; p++)
            CHECK(size[p] > 0 && part[nearest[p]] == p && (p == 0 || size[p] <= size[p - 1]));
        kc_clustering_free(&c);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

TEST(divide_makes_fewer_parts_of_equal_rows)
{
    struct kc_ctx ctx = data_ctx(1);
    struct kc_err e = KC_ERR_INIT;
    const float x[12] = {1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1};
    const struct kc_rows rows = kc_rows_memory(x, 6, 2);
    const uint32_t idx[6] = {0, 1, 2, 3, 4, 5};
    uint32_t part[6], made;
    CHECK(kc_kmeans_divide(&ctx, &rows, idx, 6, 2, 1, part, NULL, &made, &e) == 0 && made == 2 && part[0] != part[5]);
    CHECK(kc_kmeans_divide(&ctx, &rows, idx, 6, 3, 1, part, NULL, &made, &e) == 0 && made < 3);
    CHECK(kc_kmeans_divide(&ctx, &rows, idx, 3, 2, 1, part, NULL, &made, &e) == 0 && made < 2);
    CHECK(kc_kmeans_divide(&ctx, &rows, idx, 1, 2, 1, part, NULL, &made, &e) == 0 && made == 0);
    CHECK(kc_kmeans_divide(&ctx, &rows, idx, 0, 2, 1, part, NULL, &made, &e) == 0 && made == 0);
    kc_pool_free(ctx.pool);
}
