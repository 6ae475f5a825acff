/* k-means from given centroids: what Lloyd's algorithm makes of them or better, and nothing of its own. */
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "core/kmeans/kmeans.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static int fit_from(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, const float *c, uint32_t k,
                    uint64_t seed, struct kc_clustering *f, struct kc_err *e)
{
    const struct kc_rows rows = kc_rows_memory(x, n, d);
    const struct kc_request request = {.centroids = c, .ncentroids = k};
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    o.k = (struct kc_krange){.min = k, .max = k, .step = 1};
    o.k_given = KC_K_MIN_GIVEN | KC_K_MAX_GIVEN;
    o.seed = seed;
    return kc_kmeans_run(ctx, &rows, &o, &request, f, e);
}

TEST(kmeans_starts_from_given_centroids)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 82, 0);
    for (int round = 0; round < 20; round++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 3);
        size_t n = 60 + kc_rng_below(&r, 400), d = 2 + kc_rng_below(&r, 12);
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 8), seeds[16], *labels = malloc(n * sizeof *labels);
        float *x = data_clustered(&r, n, d, 6, 0.6), *c = malloc(k * d * sizeof *c);
        struct kc_clustering f, again, other;
        for (uint32_t j = 0; j < k; j++) {
            seeds[j] = (uint32_t)(kc_rng_below(&r, n / k) + j * (n / k));
            memcpy(c + j * d, x + seeds[j] * d, d * sizeof *c);
        }
        double lloyd = kc_ref_kmeans(x, n, d, seeds, k, labels);
        CHECK(fit_from(&ctx, x, n, d, c, k, 42, &f, &e) == 0 && f.k == k && !f.limit_broken);
        CHECK_MSG(f.objective >= lloyd * (1 - 1e-6), "%.9g, Lloyd %.9g", f.objective, lloyd);
        CHECK(kc_kmeans_of(&f)->nsweep == 1 && kc_kmeans_of(&f)->sweep[0].k == k);
        CHECK(kc_kmeans_of(&f)->sweep[0].objective == f.objective);
        CHECK(fit_from(&ctx, x, n, d, c, k, 7, &other, &e) == 0); /* no seed counts */
        CHECK(memcmp(f.labels, other.labels, n * sizeof *f.labels) == 0);
        CHECK(fit_from(&ctx, x, n, d, f.centroids, k, 42, &again, &e) == 0); /* a fixed point */
        CHECK(memcmp(f.labels, again.labels, n * sizeof *f.labels) == 0);
        kc_clustering_free(&f);
        kc_clustering_free(&other);
        kc_clustering_free(&again);
        kc_pool_free(ctx.pool);
        free(c);
        free(x);
        free(labels);
    }
}

/* A centroid far from all rows gets some; more centroids than different rows are refused. */
TEST(kmeans_from_centroids_that_do_not_fit)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_ctx ctx = data_ctx(1);
    struct kc_clustering f;
    static const float x[] = {1, 0, 0.8f, 0.6f, 0.6f, 0.8f, 0, 1, 1, 0}, c[] = {1, 0, 0, 1, -1, 0, 0, -1, -0.6f, -0.8f};
    CHECK(fit_from(&ctx, x, 5, 2, c, 3, 1, &f, &e) == 0 && f.k == 3);
    for (uint32_t j = 0; j < f.k; j++)
        CHECK(f.clusters[j].size > 0);
    kc_clustering_free(&f);
    CHECK(fit_from(&ctx, x, 5, 2, c, 5, 1, &f, &e) == -1 && e.code == KC_EINPUT);
    CHECK_MSG(strcmp(e.msg, "5 centroids were given, but there are only 4 different rows") == 0, "%s", e.msg);
    kc_clustering_free(&f);
    kc_pool_free(ctx.pool);
}
