#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "core/judge/index.h"
#include "core/ref/ref.h"
#include "data.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

static struct kc_space space_of(const struct kc_ctx *ctx, const float *x, size_t n, size_t d)
{
    return (struct kc_space){.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
}

/* Some clustering of the rows: each goes to the most similar of k of them, none of which is left alone at the end. */
static uint32_t *voronoi(struct kc_rng *r, const float *x, size_t n, size_t d, uint32_t k)
{
    uint32_t *l = malloc(n * sizeof *l);
    float *c = calloc(k * d, sizeof *c), *out = malloc(n * k * sizeof *out);
    for (uint32_t j = 0; j < k; j++)
        memcpy(c + j * d, x + kc_rng_below(r, n) * d, d * sizeof *c);
    kc_ref_product(x, n, d, c, k, out, n);
    for (size_t i = 0; i < n; i++) {
        l[i] = 0;
        for (uint32_t j = 1; j < k; j++)
            if (out[j * n + i] > out[l[i] * n + i])
                l[i] = j;
    }
    for (uint32_t j = 0; j < k; j++)
        l[j] = j; /* none is empty */
    free(out);
    free(c);
    return l;
}

/* Against all distances in double, on the kinds of data and of partitions that take different paths: few and many
 * clusters (in double, ranked, and of more than one chunk of columns), nested ones (cells), tight clusters and equal
 * rows (many candidates). */
TEST(core_indices_are_exact_on_every_path)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 30, 0);
    struct kc_ctx ctx = data_ctx(3);
    struct kc_err e = KC_ERR_INIT;
    static const struct {
        size_t n, d, centres;
        double spread;
        uint32_t k[4];
        int nested;
        double off; /* of a silhouette: 1e-13 or so over the distances, which go by the square of the spread */
    } cases[] = {
        {700, 90, 6, 0.8, {2, 3, 5, 60}, 0, 1e-10},   {700, 90, 6, 0.8, {40, 41, 20, 20}, 1, 1e-10},
        {900, 33, 300, 0.5, {30, 80, 200, 256}, 0, 1e-10}, {1300, 20, 400, 0.3, {650, 2, 257, 300}, 0, 1e-10},
        {500, 120, 5, 1e-3, {25, 30, 2, 50}, 0, 1e-6}, {500, 120, 1, 1e-2, {30, 15, 60, 30}, 1, 1e-8},
        {600, 64, 40, 0, {45, 80, 41, 7}, 0, 1e-10},  {400, 3, 5, 1, {2, 9, 30, 100}, 0, 1e-10},
        {300, 1, 2, 0, {2, 3, 5, 7}, 0, 1e-10},       {97, 500, 9, 0.6, {1, 90, 14, 13}, 0, 1e-10},
    };
    for (size_t q = 0; q < sizeof cases / sizeof *cases; q++) {
        size_t n = cases[q].n, d = cases[q].d;
        float *x = data_clustered(&r, n, d, cases[q].centres, cases[q].spread);
        struct kc_space s = space_of(&ctx, x, n, d);
        struct kc_scored p[4];
        double *each = malloc(n * sizeof *each), db;
        for (int i = 0; i < 4; i++) {
            uint32_t *l = voronoi(&r, x, n, d, cases[q].k[i]);
            for (size_t j = 0; cases[q].nested && i && j < n; j++) /* a few rows leave the partition before this one */
                l[j] = j < cases[q].k[i] || j % 50 == 0 ? l[j] : p[i - 1].labels[j] % cases[q].k[i];
            p[i] = (struct kc_scored){.k = cases[q].k[i], .labels = l, .row_silhouette = malloc(n * sizeof(float)),
                                      .row_nearest = malloc(n * sizeof(uint32_t)),
                                      .cluster_silhouette = malloc(cases[q].k[i] * sizeof(double))};
        }
        CHECK(kc_index_score(&s, p, 4, &e) == 0);
        for (int i = 0; i < 4; i++) {
            double want = kc_ref_exact(x, n, d, p[i].labels, p[i].k, each, &db), sum = 0;
            if (p[i].k == 1) {
                CHECK(isnan(p[i].silhouette) && isnan(p[i].davies_bouldin) && isnan(p[i].row_silhouette[0]) &&
                      p[i].row_nearest[0] == KC_NONE);
            } else {
                CHECK_MSG(fabs(p[i].silhouette - want) <= cases[q].off, "case %zu, k %u: silhouette %.15f, not %.15f",
                          q, p[i].k, p[i].silhouette, want);
                CHECK_MSG(fabs(p[i].davies_bouldin - db) <= cases[q].off * (1 + db), "case %zu, k %u: davies-bouldin "
                          "%.15f, not %.15f", q, p[i].k, p[i].davies_bouldin, db);
                for (size_t j = 0; j < n; j++)
                    CHECK(fabs((double)p[i].row_silhouette[j] - each[j]) <= cases[q].off + 1e-7);
                for (size_t j = 0; j < n; j += 1 + n / 40) {
                    double least = INFINITY;
                    for (uint32_t c = 0; c < p[i].k; c++)
                        if (c != p[i].labels[j])
                            least = fmin(least, kc_ref_distance(x, n, d, p[i].labels, j, c));
                    CHECK(p[i].row_nearest[j] < p[i].k && p[i].row_nearest[j] != p[i].labels[j]);
                    CHECK_MSG(kc_ref_distance(x, n, d, p[i].labels, j, p[i].row_nearest[j]) <= least + 1e-12,
                              "case %zu, k %u: %u is not the nearest other cluster of row %zu", q, p[i].k,
                              p[i].row_nearest[j], j);
                }
                for (uint32_t c = 0; c < p[i].k; c++) {
                    double m = 0;
                    for (size_t j = 0; j < n; j++)
                        m += p[i].labels[j] == c;
                    sum += m * p[i].cluster_silhouette[c] / (double)n;
                }
                CHECK(fabs(sum - p[i].silhouette) < 1e-12);
            }
        }
        for (int i = 0; i < 4; i++) {
            free((void *)(uintptr_t)p[i].labels);
            free(p[i].row_silhouette);
            free(p[i].row_nearest);
            free(p[i].cluster_silhouette);
        }
        free(each);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* More partitions than a group or a bundle holds; threads change nothing, nor the count of operations. */
TEST(core_indices_of_many_partitions)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 31, 0);
    static const unsigned threads[] = {1, 2, 5};
    enum { N = 800, D = 40, PARTS = 80 };
    float *x = data_clustered(&r, N, D, 30, 0.6);
    struct kc_scored p[3][PARTS];
    struct kc_work work[3];
    uint32_t *l[PARTS];
    double each[N], db;
    memset(work, 0, sizeof work);
    for (uint32_t i = 0; i < PARTS; i++)
        l[i] = voronoi(&r, x, N, D, i % 7 == 6 ? 90 : i < 40 ? 2 : 2 + i / 2);
    for (int q = 0; q < 3; q++) {
        struct kc_ctx ctx = data_ctx(threads[q]);
        struct kc_err e = KC_ERR_INIT;
        struct kc_space s = space_of(&ctx, x, N, D);
        s.work = &work[q];
        for (uint32_t i = 0; i < PARTS; i++)
            p[q][i] = (struct kc_scored){.k = i % 7 == 6 ? 90 : i < 40 ? 2 : 2 + i / 2, .labels = l[i]};
        CHECK(kc_index_score(&s, p[q], PARTS, &e) == 0);
        CHECK(memcmp(p[q], p[0], sizeof p[q]) == 0);
        CHECK(work[q].index_flops == work[0].index_flops && work[q].index_flops > 0);
        kc_pool_free(ctx.pool);
    }
    for (uint32_t i = 0; i < PARTS; i++) {
        double want = kc_ref_exact(x, N, D, l[i], p[0][i].k, each, &db);
        CHECK_MSG(fabs(p[0][i].silhouette - want) < 1e-10 && fabs(p[0][i].davies_bouldin - db) < 1e-9 * (1 + db),
                  "partition %u: %.12f, expected %.12f; %.12f, expected %.12f", i, p[0][i].silhouette, want,
                  p[0][i].davies_bouldin, db);
        free(l[i]);
    }
    free(x);
}

/* Partitions that are all the same cost hardly more than one: that is what cells are for. */
TEST(core_indices_of_equal_partitions_share_the_work)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 32, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    struct kc_work one = {0, 0, 0}, ten = {0, 0, 0};
    float *x = data_clustered(&r, 3000, 100, 8, 0.6);
    struct kc_space s = space_of(&ctx, x, 3000, 100);
    struct kc_scored p[10];
    uint32_t *l = voronoi(&r, x, 3000, 100, 20);
    for (int i = 0; i < 10; i++)
        p[i] = (struct kc_scored){.k = 20, .labels = l, .no_davies_bouldin = 1};
    s.work = &one;
    CHECK(kc_index_score(&s, p, 1, &e) == 0);
    double alone = p[0].silhouette;
    s.work = &ten;
    CHECK(kc_index_score(&s, p, 10, &e) == 0);
    CHECK(ten.index_flops < 3 * one.index_flops);
    for (int i = 0; i < 10; i++)
        CHECK(fabs(p[i].silhouette - alone) < 1e-13 && isnan(p[i].davies_bouldin));
    free(l);
    free(x);
    kc_pool_free(ctx.pool);
}
