/* The nearest centroids of each row, against sorting all of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "base/err.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

TEST(assign_top_lists_the_nearest_in_order)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 81, 0);
    for (int round = 0; round < 40; round++) {
        struct kc_err e = KC_ERR_INIT;
        size_t n = 1 + kc_rng_below(&r, 300), d = 1 + kc_rng_below(&r, 20), top = 1 + kc_rng_below(&r, 12);
        uint32_t k = round % 8 == 7 ? 1100 : 1 + (uint32_t)kc_rng_below(&r, 15);
        float *x = data_clustered(&r, n, d, 4, 0.8), *c = data_clustered(&r, k, d, k, 0.5);
        for (uint32_t j = 1; j < k; j += 3) /* equal ones: the lower id comes first */
            memcpy(c + j * d, c + (j - 1) * d, d * sizeof *c);
        struct data_behind behind = {x, d};
        uint32_t *ids[2], *label = malloc(n * sizeof *label);
        float *sim[2], *best = malloc(n * sizeof *best);
        struct kc_ctx ctx = data_ctx(2);
        struct kc_rows rows = kc_rows_memory(x, n, d);
        for (int way = 0; way < 2; way++) {
            ids[way] = malloc(n * top * sizeof *ids[way]);
            sim[way] = malloc(n * top * sizeof *sim[way]);
            if (way == 1) {
                rows.x = NULL;
                rows.read = data_behind_read;
                rows.src = &behind;
            }
            CHECK(kc_assign_top(&ctx, &rows, c, k, top, ids[way], sim[way], &e) == 0);
        }
        CHECK(memcmp(ids[0], ids[1], n * top * sizeof *ids[0]) == 0);
        rows = kc_rows_memory(x, n, d);
        CHECK(kc_assign(&ctx, &rows, c, k, NULL, label, best, NULL, &e) == 0);
        for (size_t i = 0; i < n; i++) {
            CHECK(ids[0][i * top] == label[i] && sim[0][i * top] == best[i]); /* the same bits */
            for (size_t j = 0; j < top; j++) {
                uint32_t id = ids[0][i * top + j];
                float s = sim[0][i * top + j];
                if (j >= k) {
                    CHECK(id == KC_NONE && isnan(s));
                    continue;
                }
                double dot = 0, before = 0; /* centroids that are nearer, or as near with a lower id */
                for (size_t t = 0; t < d; t++)
                    dot += (double)x[i * d + t] * (double)c[id * d + t];
                CHECK(fabs(dot - (double)s) < 1e-6);
                CHECK(j == 0 || s < sim[0][i * top + j - 1] ||
                      (s == sim[0][i * top + j - 1] && id > ids[0][i * top + j - 1]));
                for (uint32_t o = 0; o < k; o++) {
                    double other = 0;
                    for (size_t t = 0; t < d; t++)
                        other += (double)x[i * d + t] * (double)c[o * d + t];
                    before += other > dot + 1e-6;
                }
                CHECK(before <= (double)j);
            }
        }
        for (int way = 0; way < 2; way++) {
            free(ids[way]);
            free(sim[way]);
        }
        kc_pool_free(ctx.pool);
        free(best);
        free(label);
        free(c);
        free(x);
    }
}
