#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/ref/ref.h"
#include "core/judge/nonmembers.h"
#include "core/kmeans/topics.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

/* n unit rows around `topics` directions in d dimensions, of a cloud stretched by `stretch` along one axis. */
static float *cloud(struct kc_rng *r, size_t n, size_t d, size_t topics, double spread, double stretch)
{
    float *x = malloc(n * d * sizeof *x);
    double *c = malloc(topics * d * sizeof *c);
    for (size_t t = 0; t < topics; t++) {
        double len = 0;
        for (size_t j = 0; j < d; j++) {
            c[t * d + j] = data_normal(r);
            len += c[t * d + j] * c[t * d + j];
        }
        for (size_t j = 0; j < d; j++)
            c[t * d + j] /= sqrt(len);
    }
    for (size_t i = 0; i < n; i++) {
        double len = 0;
        float *row = x + i * d;
        for (size_t j = 0; j < d; j++) {
            double v = c[i % topics * d + j] + data_normal(r) * spread / sqrt((double)d) * (j == 0 ? stretch : 1);
            row[j] = (float)v;
            len += v * v;
        }
        for (size_t j = 0; j < d; j++)
            row[j] = (float)((double)row[j] / sqrt(len));
    }
    free(c);
    return x;
}

static uint32_t count(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, uint32_t *group)
{
    struct kc_err e = KC_ERR_INIT;
    uint32_t groups = 0;
    CHECK(kc_topics_find(ctx, x, n, d, 5, 42, group, &groups, &e) == 0);
    return groups;
}

TEST(topics_one_cloud_is_one_topic)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 80, 0);
    struct kc_ctx ctx = data_ctx(2);
    unsigned wrong = 0, all = 0;
    for (int round = 0; round < 30; round++) {
        size_t n = 10 + kc_rng_below(&r, 300), d = 3 + kc_rng_below(&r, 200);
        float *x = cloud(&r, n, d, 1, 0.3 + kc_rng_unit(&r), round % 3 ? 1 : 4);
        uint32_t *group = malloc(n * sizeof *group);
        wrong += count(&ctx, x, n, d, group) != 1;
        all++;
        free(group);
        free(x);
    }
    /* three standard deviations: now and then one cloud looks like two, and no more than that */
    CHECK_MSG(wrong * 10 <= all, "%u of %u clouds were cut", wrong, all);
    kc_pool_free(ctx.pool);
}

TEST(topics_are_found_and_numbered_by_their_first_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 81, 0);
    struct kc_ctx ctx = data_ctx(2), one = data_ctx(1);
    for (int round = 0; round < 10; round++) {
        size_t topics = 2 + kc_rng_below(&r, 6), n = topics * (20 + kc_rng_below(&r, 100)), d = 40 + kc_rng_below(&r, 100);
        float *x = cloud(&r, n, d, topics, 0.5, 1);
        if (!unit_takes((size_t)round, 2)) {
            free(x);
            continue;
        }
        uint32_t *group = malloc(n * sizeof *group), *again = malloc(n * sizeof *again);
        uint32_t groups = count(&ctx, x, n, d, group);
        CHECK_MSG(groups == topics, "%u groups of %zu topics (%zu x %zu)", groups, topics, n, d);
        for (size_t i = 0; i < n && groups == topics; i++)
            CHECK(group[i] == i % topics);
        CHECK(count(&one, x, n, d, again) == groups && memcmp(group, again, n * sizeof *group) == 0);
        free(again);
        free(group);
        free(x);
    }
    kc_pool_free(ctx.pool);
    kc_pool_free(one.pool);
}

TEST(topics_of_few_or_equal_rows)
{
    struct kc_ctx ctx = data_ctx(2);
    const float same[20] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
    uint32_t group[10];
    CHECK(count(&ctx, same, 1, 2, group) == 1 && group[0] == 0);
    CHECK(count(&ctx, same, 3, 2, group) == 1 && group[2] == 0);
    CHECK(count(&ctx, same, 10, 2, group) == 1 && group[9] == 0);
    kc_pool_free(ctx.pool);
}

/* By the definition, row by row. */
TEST(strangers_silhouettes)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 82, 0);
    enum { D = 7, K = 300, N = 40 };
    static double sums[K * D], silhouette[N];
    static uint64_t counts[K];
    static uint32_t at[N];
    float *x = data_clustered(&r, N, D, 5, 0.5);
    const float *row[N];
    void *work = NULL;
    CHECK(posix_memalign(&work, 64, KC_NONMEMBER_WORK) == 0);
    for (size_t c = 0; c < K; c++) {
        counts[c] = 1 + kc_rng_below(&r, 9);
        for (size_t t = 0; t < D; t++)
            sums[c * D + t] = (2 * kc_rng_unit(&r) - 1) * (double)counts[c] / 3;
    }
    for (size_t i = 0; i < N; i++) {
        row[i] = x + i * D;
        at[i] = (uint32_t)kc_rng_below(&r, K);
    }
    kc_nonmember_silhouettes(row, N, D, sums, counts, K, at, silhouette, work);
    for (size_t i = 0; i < N; i++) {
        double a = 0, b = 3;
        for (size_t c = 0; c < K; c++) {
            double dot = 0;
            for (size_t t = 0; t < D; t++)
                dot += (double)row[i][t] * sums[c * D + t];
            double distance = fmax(1 - dot / (double)counts[c], 0);
            if (c == at[i])
                a = distance;
            else
                b = fmin(b, distance);
        }
        CHECK(fabs(silhouette[i] - (b - a) / fmax(a, b)) < 1e-12);
    }
    kc_nonmember_silhouettes(row, N, D, sums, counts, 1, at, silhouette, work);
    CHECK(isnan(silhouette[0]));
    free(work);
    free(x);
}
