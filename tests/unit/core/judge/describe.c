/* A clustering described by its labels alone: the figures that k-means gives for the same labels, and with noise those
 * of the rows that are in clusters. */
#include "core/judge/describe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/kmeans/kmeans.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static int near(double a, double b, double off)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= off * (1 + fabs(b));
}

static int near_all(const float *a, const float *b, size_t n, double off)
{
    for (size_t i = 0; i < n; i++)
        if (!near((double)a[i], (double)b[i], off))
            return 0;
    return 1;
}

/* Describe labels (n), which are copied. */
static int describe(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                    const struct kc_request *r, struct kc_clustering *f)
{
    struct kc_err e = KC_ERR_INIT;
    *f = (struct kc_clustering){.n = rows->n, .d = rows->d};
    f->labels = malloc(rows->n * sizeof *f->labels);
    memcpy(f->labels, labels, rows->n * sizeof *labels);
    return kc_describe(ctx, rows, r, k, f, &e);
}

static void check_figures(const struct kc_clustering *a, const struct kc_clustering *b)
{
    CHECK(a->k == b->k && near(a->silhouette, b->silhouette, 1e-9) && near(a->objective, b->objective, 1e-9) &&
          near(a->inertia, b->inertia, 1e-7) && near(a->calinski_harabasz, b->calinski_harabasz, 1e-7) &&
          near(a->davies_bouldin, b->davies_bouldin, 1e-7));
    for (uint32_t c = 0; c < a->k; c++)
        CHECK(a->clusters[c].size == b->clusters[c].size &&
              near(a->clusters[c].cohesion, b->clusters[c].cohesion, 1e-6) &&
              near(a->clusters[c].silhouette, b->clusters[c].silhouette, 1e-9));
    CHECK(near_all(a->centroids, b->centroids, (size_t)a->k * a->d, 1e-5));
}

TEST(describe_gives_the_figures_of_kmeans)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 83, 0);
    for (int round = 0; round < 12; round++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 3);
        const size_t n = 80 + kc_rng_below(&r, 300), d = 2 + kc_rng_below(&r, 20);
        float *x = data_clustered(&r, n, d, 6, 0.5);
        double *weights = data_weights(&r, n, (enum data_weights)(round % DATA_KINDS));
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_request request = {.want_rows = 1, .want_sums = 1, .weights = round % 2 ? weights : NULL};
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f, g;
        uint32_t *labels = malloc(n * sizeof *labels);
        CHECK(kc_kmeans_run(&ctx, &rows, &o, &request, &f, &e) == 0);
        for (size_t i = 0; i < n; i++)
            labels[i] = 2 * (f.k - 1 - f.labels[i]); /* other names, and some without rows */
        CHECK(describe(&ctx, &rows, labels, 2 * f.k, &request, &g) == 0);
        check_figures(&g, &f);
        CHECK(memcmp(f.labels, g.labels, n * sizeof *labels) == 0 && near_all(g.similarity, f.similarity, n, 1e-5) &&
              near_all(g.margin, f.margin, n, 1e-5) && near_all(g.row_silhouette, f.row_silhouette, n, 1e-6));
        for (size_t i = 0; i < (size_t)g.k * d; i++)
            CHECK(near(g.sums[i], f.sums[i], 1e-9));
        kc_clustering_free(&g);
        kc_clustering_free(&f);
        kc_pool_free(ctx.pool);
        free(labels);
        free(weights);
        free(x);
    }
}

TEST(describe_leaves_noise_out)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 84, 0);
    for (int round = 0; round < 12; round++) {
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 2);
        const size_t n = 40 + kc_rng_below(&r, 200), d = 2 + kc_rng_below(&r, 9);
        const uint32_t k = 1 + (uint32_t)kc_rng_below(&r, 5);
        float *x = data_clustered(&r, n, d, 4, 0.5), *some = malloc(n * d * sizeof *some);
        uint32_t *labels = malloc(n * sizeof *labels), *few = malloc(n * sizeof *few), *at = malloc(n * sizeof *at);
        size_t m = 0;
        for (size_t i = 0; i < n; i++) {
            labels[i] = i < k ? (uint32_t)i : kc_rng_unit(&r) < 0.3 ? KC_NOISE : (uint32_t)kc_rng_below(&r, k);
            if (labels[i] == KC_NOISE)
                continue;
            memcpy(some + m * d, x + i * d, d * sizeof *x);
            at[m] = (uint32_t)i;
            few[m++] = labels[i];
        }
        struct data_behind behind = {x, d};
        struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_rows picked = kc_rows_memory(some, m, d);
        if (round % 2)
            rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
        const struct kc_request request = {.want_rows = 1};
        struct kc_clustering f, g;
        CHECK(describe(&ctx, &rows, labels, k, &request, &f) == 0);
        CHECK(describe(&ctx, &picked, few, k, &request, &g) == 0);
        check_figures(&f, &g);
        for (size_t i = 0, j = 0; i < n; i++) {
            if (labels[i] == KC_NOISE) {
                CHECK(f.labels[i] == KC_NOISE && isnan(f.similarity[i]) && isnan(f.margin[i]) &&
                      isnan(f.row_silhouette[i]));
                continue;
            }
            CHECK(f.labels[i] == g.labels[j] && f.similarity[i] == g.similarity[j]);
            j++;
        }
        for (uint32_t c = 0; c < f.k; c++)
            CHECK(f.clusters[c].representative == at[g.clusters[c].representative]);
        kc_clustering_free(&g);
        kc_clustering_free(&f);
        for (size_t i = 0; i < n; i++)
            labels[i] = KC_NOISE;
        CHECK(describe(&ctx, &rows, labels, k, &request, &f) == 0 && f.k == 0 && isnan(f.silhouette));
        kc_clustering_free(&f);
        kc_pool_free(ctx.pool);
        free(at);
        free(few);
        free(labels);
        free(some);
        free(x);
    }
}
