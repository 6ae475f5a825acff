/* HDBSCAN* against the walk by the definition, and its other selections by what they promise. */
#include "core/density/hdbscan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/graph/modularity.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static int cluster(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_hdbscan_opts *o,
                   struct kc_clustering *f)
{
    const struct kc_request r = {.want_rows = 1};
    struct kc_err e = KC_ERR_INIT;
    uint64_t high, before = kc_mem_held(&high, 1);
    const int rc = kc_algorithm_hdbscan.run(ctx, rows, o, &r, f, &e);
    const uint64_t told = kc_algorithm_hdbscan.bytes(rows->n, rows->d, rows->x != NULL, o, &r, kc_pool_threads(ctx->pool));
    (void)kc_mem_held(&high, 0);
    CHECK_MSG(high - before <= told + 16384, "%llu bytes, %llu were told", (unsigned long long)(high - before),
              (unsigned long long)told);
    return rc;
}

/* Return 1 if two labellings are the same but for the names. */
static int same_partition(const uint32_t *a, const uint32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (a[first] != a[i])
            first++;
        if ((a[i] == KC_NOISE) != (b[i] == KC_NOISE) || b[first] != b[i])
            return 0;
        for (size_t j = 0; j < i; j++)
            if (b[j] == b[i] && a[j] != a[i])
                return 0;
    }
    return 1;
}

TEST(hdbscan_is_the_definition)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 92, 0);
    uint32_t clusters = 0;
    for (size_t t = 0; t < 30; t++) {
        const size_t n = 20 + kc_rng_below(&r, 160), d = 2 + kc_rng_below(&r, 12);
        float *x = data_clustered(&r, n, d, 1 + n / 25, t % 3 == 0 ? 0.05 : t % 3 == 1 ? 0.4 : 2);
        float *probability = malloc(n * sizeof *probability), *outlier = malloc(n * sizeof *outlier);
        uint32_t *labels = malloc(n * sizeof *labels);
        struct kc_hdbscan_opts o = KC_HDBSCAN_OPTS_DEFAULT;
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx ctx = data_ctx(1 + (unsigned)t % 3);
        o.min_size = 2 + kc_rng_below(&r, 9);
        o.min_samples = 1 + kc_rng_below(&r, 9);
        for (int leaves = 0; leaves < 2; leaves++) {
            struct kc_clustering f;
            double worst = 0;
            o.select = leaves ? KC_SELECT_LEAF : KC_SELECT_EOM;
            CHECK(cluster(&ctx, &rows, &o, &f) == 0);
            const uint32_t k = kc_ref_hdbscan(x, n, d, (uint32_t)o.min_samples, o.min_size, leaves, labels, probability,
                                              outlier);
            CHECK_MSG(f.k == k && same_partition(f.labels, labels, n), "run %zu: %u clusters, not %u", t, f.k, k);
            for (size_t i = 0; i < n; i++)
                worst = fmax(worst, fmax(fabs((double)f.probability[i] - (double)probability[i]),
                                         fabs((double)f.outlier[i] - (double)outlier[i])));
            CHECK_MSG(worst < 1e-6, "run %zu: a figure is off by %g", t, worst);
            for (uint32_t c = 0; c < f.k; c++)
                CHECK(f.clusters[c].size >= o.min_size);
            clusters += f.k;
            kc_clustering_free(&f);
        }
        kc_pool_free(ctx.pool);
        free(labels);
        free(outlier);
        free(probability);
        free(x);
    }
    CHECK_MSG(clusters > 100, "%u clusters", clusters);
}

TEST(hdbscan_layers_and_limits)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 93, 0);
    for (size_t t = 0; t < 10; t++) {
        const size_t n = 300 + kc_rng_below(&r, 600), d = 3 + kc_rng_below(&r, 9);
        float *x = data_clustered(&r, n, d, 3 + t, 0.3);
        struct data_behind behind = {x, d};
        struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx one = data_ctx(1), three = data_ctx(3);
        struct kc_hdbscan_opts o = KC_HDBSCAN_OPTS_DEFAULT;
        struct kc_clustering f, g;
        o.select = KC_SELECT_LAYERS;
        CHECK(cluster(&one, &rows, &o, &f) == 0 && cluster(&three, &rows, &o, &g) == 0);
        CHECK(f.k == g.k && memcmp(f.labels, g.labels, n * sizeof *f.labels) == 0);
        const struct kc_layers *l = &kc_hdbscan_of(&f)->layers;
        CHECK(l->n > 0 && l->layer[l->chosen].k == f.k);
        for (size_t i = 1; i < l->n; i++)
            CHECK(l->layer[i].min_size > l->layer[i - 1].min_size && l->layer[i].k >= 2);
        kc_clustering_free(&g);
        for (size_t i = 0; i < l->n; i++) { /* each can be had by its k */
            o.k = l->layer[i].k;
            CHECK(cluster(&three, &rows, &o, &g) == 0 && g.k == o.k);
            kc_clustering_free(&g);
        }
        kc_clustering_free(&f);
        o = (struct kc_hdbscan_opts)KC_HDBSCAN_OPTS_DEFAULT;
        o.max_size = 40;
        rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
        CHECK(cluster(&three, &rows, &o, &f) == 0);
        for (uint32_t c = 0; c < f.k; c++)
            CHECK(f.clusters[c].size >= 10 && f.clusters[c].size <= 40);
        kc_clustering_free(&f);
        o.max_size = 0;
        o.noise = KC_NOISE_NEAREST;
        CHECK(cluster(&three, &rows, &o, &f) == 0);
        for (size_t i = 0; i < n && f.k > 0; i++)
            CHECK(f.labels[i] != KC_NOISE);
        kc_clustering_free(&f);
        o.noise = KC_NOISE_KEEP;
        o.epsilon = 2; /* nothing is farther apart: all are one, if that is allowed */
        o.allow_one = 1;
        CHECK(cluster(&three, &rows, &o, &f) == 0 && f.k == 1 && f.clusters[0].size == n);
        kc_clustering_free(&f);
        kc_pool_free(one.pool);
        kc_pool_free(three.pool);
        free(x);
    }
}

TEST(hdbscan_of_few_or_equal_rows)
{
    float x[40 * 2];
    struct kc_ctx ctx = data_ctx(2);
    for (size_t i = 0; i < 40; i++) {
        x[2 * i] = i < 20;
        x[2 * i + 1] = i >= 20;
    }
    for (size_t n = 1; n <= 40; n++) {
        const struct kc_rows rows = kc_rows_memory(x, n, 2);
        struct kc_hdbscan_opts o = KC_HDBSCAN_OPTS_DEFAULT;
        struct kc_clustering f;
        CHECK(cluster(&ctx, &rows, &o, &f) == 0);
        CHECK_MSG(f.k == (n < 30 ? 0 : 2), "%zu rows: %u clusters", n, f.k);
        for (size_t i = 0; i < n; i++)
            CHECK(f.probability[i] >= 0 && f.probability[i] <= 1 && f.outlier[i] >= 0 && f.outlier[i] <= 1);
        kc_clustering_free(&f);
        o.allow_one = 1;
        CHECK(cluster(&ctx, &rows, &o, &f) == 0);
        CHECK_MSG(f.k == (n < 10 ? 0 : n < 30 ? 1 : 2), "%zu rows: %u clusters", n, f.k);
        kc_clustering_free(&f);
    }
    kc_pool_free(ctx.pool);
}

TEST(modularity_is_the_definition)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 94, 0);
    for (size_t t = 0; t < 10; t++) {
        const size_t n = 20 + kc_rng_below(&r, 100), d = 3;
        const uint32_t k = 1 + (uint32_t)kc_rng_below(&r, 6);
        float *x = data_clustered(&r, n, d, 4, 0.5);
        uint32_t *labels = malloc(n * sizeof *labels);
        double *w = calloc(n * n, sizeof *w), *degree = calloc(n, sizeof *degree), work[12], total = 0, want = 0;
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_neighbours_opts o = {6, -2, NULL, 0};
        struct kc_ctx ctx = data_ctx(2);
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours g;
        struct kc_affinity a;
        CHECK(kc_neighbours_find(&ctx, &rows, &o, &g, &e) == 0 && kc_affinity_make(&ctx, &rows, &g, &a, &e) == 0);
        for (size_t i = 0; i < n; i++) {
            labels[i] = kc_rng_below(&r, 4) == 0 ? KC_NOISE : (uint32_t)kc_rng_below(&r, k);
            for (size_t p = a.first[i]; p < a.first[i + 1]; p++) {
                w[i * n + a.id[p]] = (double)a.weight[p];
                degree[i] += (double)a.weight[p];
                total += (double)a.weight[p];
            }
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if (i == j || (labels[i] == labels[j] && labels[i] != KC_NOISE))
                    want += w[i * n + j] / total - degree[i] * degree[j] / (total * total);
        CHECK(fabs(kc_modularity(&a, labels, k, work) - want) < 1e-12);
        kc_affinity_free(&a);
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(degree);
        free(w);
        free(labels);
        free(x);
    }
}

/* Cells instead of rows: rows of a cell go together, sizes are those of rows, and every layer can be had again. */
TEST(hdbscan_of_cells)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 95, 0);
    for (size_t t = 0; t < 8; t++) {
        const size_t n = 400 + kc_rng_below(&r, 600), d = 3 + kc_rng_below(&r, 9);
        float *x = data_clustered(&r, n, d, 3 + t, 0.2);
        uint32_t *labels = malloc(n * sizeof *labels), k;
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx one = data_ctx(1), three = data_ctx(3);
        struct kc_err e = KC_ERR_INIT;
        struct kc_hdbscan_opts o = KC_HDBSCAN_OPTS_DEFAULT;
        struct kc_clustering f, g;
        o.cells = 40 + kc_rng_below(&r, 60);
        o.min_samples = 2;
        o.select = t % 2 ? KC_SELECT_LAYERS : KC_SELECT_EOM;
        CHECK(cluster(&one, &rows, &o, &f) == 0 && cluster(&three, &rows, &o, &g) == 0);
        CHECK(f.k == g.k && memcmp(f.labels, g.labels, n * sizeof *f.labels) == 0);
        const struct kc_hdbscan *own = kc_hdbscan_of(&f);
        CHECK(own->cells > 1 && own->cells <= o.cells && f.nmerges == own->cells - 1);
        CHECK(f.merges[f.nmerges - 1].size == n && own->tree[0].size == n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                CHECK(own->cell[i] != own->cell[j] || f.labels[i] == f.labels[j]);
        for (uint32_t c = 0; c < f.k; c++)
            CHECK(f.clusters[c].size >= o.min_size);
        for (size_t i = 0; i < n; i++)
            CHECK(f.probability[i] >= 0 && f.probability[i] <= 1 && f.outlier[i] >= 0 && f.outlier[i] <= 1);
        if (own->layers.n > 0) {
            CHECK(kc_hdbscan_layer(&f, &o, own->layers.chosen, labels, &k, &e) == 0 && k == f.k);
            CHECK(same_partition(labels, f.labels, n));
        }
        kc_clustering_free(&g);
        kc_clustering_free(&f);
        kc_pool_free(one.pool);
        kc_pool_free(three.pool);
        free(labels);
        free(x);
    }
}
