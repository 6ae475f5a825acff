#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/kmeans/pairs.h"
#include "core/kmeans/separate.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

enum { MOST = 400 };

/* Random pairs that a hidden labelling keeps. */
static size_t draw_pairs(struct kc_rng *r, const uint32_t *hidden, size_t n, size_t m, struct kc_pair *pair)
{
    size_t have = 0;
    for (size_t i = 0; i < m; i++) {
        const uint32_t a = (uint32_t)kc_rng_below(r, n), b = (uint32_t)kc_rng_below(r, n);
        if (a != b && (hidden[a] != hidden[b] || kc_rng_below(r, 2)))
            pair[have++] = (struct kc_pair){a, b, hidden[a] != hidden[b]};
    }
    return have;
}

/* Return the sum of the lengths of the clusters' sums, by the definition. */
static double objective_of(const float *x, const double *weight, size_t n, size_t d, const uint32_t *labels, uint32_t k)
{
    double total = 0;
    for (uint32_t c = 0; c < k; c++) {
        double sum[16] = {0}, length = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t t = 0; labels[i] == c && t < d; t++)
                sum[t] += (weight ? weight[i] : 1) * (double)x[i * d + t];
        for (size_t t = 0; t < d; t++)
            length += sum[t] * sum[t];
        total += sqrt(length);
    }
    return total;
}

static size_t count_broken(const struct kc_pair *pair, size_t m, const uint32_t *labels)
{
    size_t broken = 0;
    for (size_t i = 0; i < m; i++)
        broken += (labels[pair[i].a] == labels[pair[i].b]) == pair[i].cannot;
    return broken;
}

/* The rows that must be with row i, by closing the pairs until nothing changes: group[i] is the first of them. */
static void close_pairs(const struct kc_pair *pair, size_t m, size_t n, uint32_t *group)
{
    for (size_t i = 0; i < n; i++)
        group[i] = (uint32_t)i;
    for (int changed = 1; changed;) {
        changed = 0;
        for (size_t i = 0; i < m; i++) {
            const uint32_t a = group[pair[i].a], b = group[pair[i].b], low = a < b ? a : b;
            if (!pair[i].cannot && a != b) {
                group[pair[i].a] = group[pair[i].b] = low;
                changed = 1;
            }
        }
    }
}

/* The plain repair of COP-KMeans: from labels that keep the pairs that must, give the groups that have pairs, one after
 * the other, to the nearest centroid that is allowed. Return 0 if one has none. */
static int repair_plainly(const float *x, const double *weight, size_t n, size_t d, uint32_t k, const struct kc_pair *pair,
                          size_t m, uint32_t *labels)
{
    static uint32_t group[MOST];
    double sums[8][16] = {{0}};
    close_pairs(pair, m, n, group);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < d; t++)
            sums[labels[i]][t] += (weight ? weight[i] : 1) * (double)x[i * d + t];
    static unsigned char paired[MOST];
    memset(paired, 0, sizeof paired);
    for (size_t i = 0; i < m; i++)
        if (pair[i].cannot)
            paired[group[pair[i].a]] = paired[group[pair[i].b]] = 1;
    for (size_t i = 0; i < n; i++)
        labels[i] = paired[group[i]] ? KC_NOISE : labels[i];
    for (size_t g = 0; g < n; g++) {
        double best = -INFINITY;
        uint32_t to = KC_NOISE;
        if (!paired[g])
            continue;
        for (uint32_t c = 0; c < k; c++) {
            double dot = 0, length = 0;
            int barred = 0;
            for (size_t i = 0; i < m; i++)
                barred |= pair[i].cannot && ((group[pair[i].a] == g && labels[pair[i].b] == c) ||
                                             (group[pair[i].b] == g && labels[pair[i].a] == c));
            for (size_t i = 0; i < n; i++)
                for (size_t t = 0; group[i] == g && t < d; t++)
                    dot += (weight ? weight[i] : 1) * (double)x[i * d + t] * sums[c][t];
            for (size_t t = 0; t < d; t++)
                length += sums[c][t] * sums[c][t];
            if (!barred && dot / sqrt(length) > best) {
                best = dot / sqrt(length);
                to = c;
            }
        }
        if (to == KC_NOISE)
            return 0;
        for (size_t i = 0; i < n; i++)
            labels[i] = group[i] == g ? to : labels[i];
    }
    return 1;
}

/* All pairs are kept that can be, the figures are those of the rows, and the objective is not below that of the plain
 * repair. */
TEST(pairs_are_kept)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 96, 0);
    struct kc_ctx ctx = data_ctx(2), one = data_ctx(1);
    int compared = 0;
    for (int round = 0; round < 60; round++) {
        const size_t n = 20 + kc_rng_below(&r, 60), d = 2 + kc_rng_below(&r, 6);
        const uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 4);
        struct kc_err e = KC_ERR_INIT;
        float *x = data_clustered(&r, n, d, k + 1, 0.5);
        double *weight = round % 3 ? NULL : data_weights(&r, n, DATA_COUNTS);
        uint32_t hidden[MOST], plain[MOST];
        struct kc_pair pair[MOST];
        unsigned char fate[MOST];
        for (size_t i = 0; i < n; i++)
            hidden[i] = (uint32_t)kc_rng_below(&r, k);
        const size_t m = draw_pairs(&r, hidden, n, kc_rng_below(&r, n), pair);
        struct kc_pairs pairs = {.pair = pair, .n = m, .fate = fate};
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_request request = {.weights = weight, .want_sums = 1, .want_rows = 1, .pairs = &pairs};
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f, same, musts;
        o.k.min = o.k.max = k;
        o.n_init = 2;
        CHECK_MSG(kc_kmeans_pairs_run(&ctx, &rows, &o, &request, &f, &e) == 0, "%s", e.msg);
        size_t told = 0, size[8] = {0};
        for (size_t i = 0; i < m; i++)
            told += fate[i] != KC_PAIR_KEPT;
        CHECK(told == count_broken(pair, m, f.labels));
        CHECK(told == 0 || pairs.needed > k); /* the hidden labels keep all, and few colours are enough for most */
        CHECK(f.k <= k && f.n == n && f.similarity && f.margin && f.sums);
        for (size_t i = 0; i < n; i++)
            size[f.labels[i]]++;
        for (uint32_t c = 0; c < f.k; c++)
            CHECK(size[c] == f.clusters[c].size && size[c] > 0);
        const double objective = objective_of(x, weight, n, d, f.labels, f.k);
        CHECK(kc_kmeans_pairs_run(&one, &rows, &o, &request, &same, &e) == 0);
        CHECK(memcmp(same.labels, f.labels, n * sizeof *f.labels) == 0);
        struct kc_pair must[MOST];
        size_t nmust = 0;
        for (size_t i = 0; i < m; i++)
            if (!pair[i].cannot)
                must[nmust++] = pair[i];
        struct kc_pairs only = {.pair = must, .n = nmust, .fate = fate};
        const struct kc_request without = {.weights = weight, .pairs = &only};
        CHECK(kc_kmeans_pairs_run(&ctx, &rows, &o, &without, &musts, &e) == 0);
        CHECK(count_broken(must, nmust, musts.labels) == 0);
        memcpy(plain, musts.labels, n * sizeof *plain);
        if (musts.k == k && repair_plainly(x, weight, n, d, k, pair, m, plain)) {
            const double least = objective_of(x, weight, n, d, plain, k);
            CHECK_MSG(told == 0 && objective >= least * (1 - 1e-6), "%.9g, plainly %.9g", objective, least);
            compared++;
        }
        kc_clustering_free(&musts);
        kc_clustering_free(&same);
        kc_clustering_free(&f);
        free(weight);
        free(x);
    }
    CHECK_MSG(compared > 20, "%d", compared);
    kc_pool_free(one.pool);
    kc_pool_free(ctx.pool);
}

/* Against all labellings of a few rows: where one keeps all pairs, they are kept, and nearly as well as can be. */
TEST(pairs_by_brute_force)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 97, 0);
    struct kc_ctx ctx = data_ctx(1);
    double share = 0;
    int rounds = 0;
    for (int round = 0; round < 40; round++) {
        enum { N = 8, D = 3 };
        const uint32_t k = 2 + (uint32_t)round % 2;
        struct kc_err e = KC_ERR_INIT;
        float *x = data_clustered(&r, N, D, 3, 0.6);
        struct kc_pair pair[12];
        unsigned char fate[12];
        double best = -1;
        size_t all = 1, m = 0;
        for (uint32_t c = 0; c < N; c++)
            all *= k;
        for (size_t i = 0; i < 10; i++) {
            const uint32_t a = (uint32_t)kc_rng_below(&r, N), b = (uint32_t)kc_rng_below(&r, N);
            if (a != b)
                pair[m++] = (struct kc_pair){a, b, kc_rng_below(&r, 4) > 0};
        }
        for (size_t which = 0; which < all; which++) {
            uint32_t labels[N];
            size_t left = which, seen = 0;
            for (size_t i = 0; i < N; i++, left /= k) {
                labels[i] = (uint32_t)(left % k);
                seen |= (size_t)1 << labels[i];
            }
            if (seen == ((size_t)1 << k) - 1 && count_broken(pair, m, labels) == 0)
                best = fmax(best, objective_of(x, NULL, N, D, labels, k));
        }
        struct kc_pairs pairs = {.pair = pair, .n = m, .fate = fate};
        const struct kc_rows rows = kc_rows_memory(x, N, D);
        const struct kc_request request = {.pairs = &pairs};
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f;
        o.k.min = o.k.max = k;
        CHECK(kc_kmeans_pairs_run(&ctx, &rows, &o, &request, &f, &e) == 0);
        if (best >= 0 && f.k == k) {
            CHECK(count_broken(pair, m, f.labels) == 0);
            CHECK(f.objective <= best * (1 + 1e-6));
            share += f.objective / best;
            rounds++;
        }
        kc_clustering_free(&f);
        free(x);
    }
    CHECK_MSG(rounds > 5 && share / rounds > 0.98, "%d %g", rounds, share / rounds);
    kc_pool_free(ctx.pool);
}

TEST(pairs_that_contradict_each_other_are_told)
{
    struct kc_ctx ctx = data_ctx(1);
    struct kc_err e = KC_ERR_INIT;
    const float x[12] = {1, 0, 0.6f, 0.8f, 0, 1, -1, 0, -0.6f, 0.8f, 0, -1};
    const struct kc_pair pair[] = {{0, 1, 0}, {1, 2, 0}, {0, 2, 1}, {3, 4, 1}, {4, 5, 1}, {3, 5, 1}};
    unsigned char fate[6];
    struct kc_pairs pairs = {.pair = pair, .n = 6, .fate = fate};
    const struct kc_rows rows = kc_rows_memory(x, 6, 2);
    const struct kc_request request = {.pairs = &pairs};
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    struct kc_clustering f;
    o.k.min = o.k.max = 2;
    CHECK(kc_kmeans_pairs_run(&ctx, &rows, &o, &request, &f, &e) == 0);
    CHECK(pairs.groups == 1 && pairs.grouped == 3 && pairs.needed == 3);
    CHECK(f.labels[0] == f.labels[1] && f.labels[1] == f.labels[2]);
    CHECK(fate[0] == KC_PAIR_KEPT && fate[1] == KC_PAIR_KEPT && fate[2] == KC_PAIR_CONTRADICTED);
    CHECK((fate[3] == KC_PAIR_NO_ROOM) + (fate[4] == KC_PAIR_NO_ROOM) + (fate[5] == KC_PAIR_NO_ROOM) == 1);
    kc_clustering_free(&f);
    o.k.max = 4; /* a range begins where all can be kept */
    CHECK(kc_kmeans_pairs_run(&ctx, &rows, &o, &request, &f, &e) == 0 && f.k >= 3);
    CHECK(fate[3] == KC_PAIR_KEPT && fate[4] == KC_PAIR_KEPT && fate[5] == KC_PAIR_KEPT);
    kc_clustering_free(&f);
    kc_pool_free(ctx.pool);
}

TEST(apart_colours_are_proper_and_few)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 98, 0);
    for (int round = 0; round < 40; round++) {
        const size_t n = 2 + kc_rng_below(&r, 60), m = kc_rng_below(&r, 3 * n);
        const int two = round % 2; /* edges between even and odd points: two colours are enough */
        uint32_t pair[400], colour[64], used, most = 0;
        struct kc_err e = KC_ERR_INIT;
        struct kc_cannot g;
        size_t have = 0;
        for (size_t i = 0; i < m; i++) {
            const uint32_t a = (uint32_t)kc_rng_below(&r, n), b = (uint32_t)kc_rng_below(&r, n);
            if (a != b && (!two || (a + b) % 2)) {
                pair[2 * have] = a;
                pair[2 * have++ + 1] = b;
            }
        }
        CHECK(kc_cannot_make(&g, n, pair, have, &e) == 0 && kc_cannot_colour(&g, colour, &used, &e) == 0);
        for (size_t i = 0; i < have; i++) {
            int there = 0;
            CHECK(colour[pair[2 * i]] != colour[pair[2 * i + 1]]);
            for (size_t j = g.first[pair[2 * i]]; j < g.first[pair[2 * i] + 1]; j++)
                there += g.other[j] == pair[2 * i + 1];
            CHECK(there == 1);
        }
        for (size_t i = 0; i < n; i++) {
            const uint32_t degree = (uint32_t)(g.first[i + 1] - g.first[i]);
            most = degree > most ? degree : most;
            CHECK(colour[i] < used);
        }
        CHECK(used <= most + 1 && (!two || used <= 2));
        kc_cannot_free(&g);
    }
}
