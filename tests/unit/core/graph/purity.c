/* Purity against its definition: any lists, noise, rows without neighbours, lists that are cut. */
#include "core/graph/purity.h"

#include <math.h>
#include <stdlib.h>
#include "base/label.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

TEST(purity_is_the_share_of_neighbours_with_the_same_label)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 63, 0);
    static const size_t sizes[] = {1, 2, 3, 15, 16, 17, 120, 400};
    for (size_t t = 0; t < 16; t++) {
        const size_t n = sizes[t % 8], d = 1 + kc_rng_below(&r, 12);
        float *x = data_clustered(&r, n, d, 1 + n / 40, 0.8), *purity = malloc(n * sizeof *purity);
        uint32_t *labels = malloc(n * sizeof *labels);
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_neighbours_opts o = {t < 8 ? 15 : 30, -2, NULL, 0};
        struct kc_ctx ctx = data_ctx(2);
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours g;
        for (size_t i = 0; i < n; i++)
            labels[i] = t % 3 && kc_rng_below(&r, 9) == 0 ? KC_NOISE : (uint32_t)kc_rng_below(&r, 3);
        CHECK(kc_neighbours_find(&ctx, &rows, &o, &g, &e) == 0);
        for (int cut = 0; cut < 2; cut++) {
            kc_purity_make(&g, KC_PURITY_NEIGHBOURS, labels, purity);
            for (size_t i = 0; i < n; i++) {
                const double want = kc_ref_purity(x, n, d, labels, (uint32_t)i, KC_PURITY_NEIGHBOURS);
                CHECK_MSG(isnan(want) ? isnan(purity[i]) : fabs((double)purity[i] - want) < 1e-7,
                          "%zu x %zu, row %zu, cut %d: %g, not %g", n, d, i, cut, (double)purity[i], want);
            }
            kc_purity_keep(&g, KC_PURITY_NEIGHBOURS);
            CHECK(g.m == KC_PURITY_NEIGHBOURS && !g.similarity);
        }
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(labels);
        free(purity);
        free(x);
    }
}
