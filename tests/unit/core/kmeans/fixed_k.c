/* k clusters within size limits: the assignment against all assignments, exchanges against all exchanges, and what the
 * whole search must keep. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "core/kmeans/exchange.h"
#include "core/kmeans/fixed_k.h"
#include "core/kmeans/transport.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static struct kc_space space_of(const struct kc_ctx *ctx, const float *x, size_t n, size_t d)
{
    return (struct kc_space){.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
}

static int sizes_hold(const uint32_t *labels, size_t n, uint32_t k, uint64_t min, uint64_t max)
{
    uint64_t *size = calloc(k, sizeof *size);
    int hold = size != NULL;
    for (size_t i = 0; hold && i < n; i++) {
        hold = labels[i] < k;
        if (hold)
            size[labels[i]]++;
    }
    for (uint32_t c = 0; hold && c < k; c++)
        hold = size[c] >= min && (!max || size[c] <= max);
    free(size);
    return hold;
}

/* Draw limits that n rows and k clusters can keep. */
static void draw_limits(struct kc_rng *r, uint64_t n, uint64_t k, uint64_t *min, uint64_t *max)
{
    *min = kc_rng_below(r, n / k + 1);
    *max = n / k + (n % k != 0) + kc_rng_below(r, n / k + 2);
}

TEST(transport_equals_trying_all)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 71, 0);
    int without = 0, with = 0;
    for (int round = 0; round < 1200; round++) {
        struct kc_err e = KC_ERR_INIT;
        const int sparse = round % 3 == 2, coarse = round % 2;
        size_t n = 1 + kc_rng_below(&r, 7);
        uint32_t k = 1 + (uint32_t)kc_rng_below(&r, n < 4 ? n : 4), m = sparse ? 1 + (uint32_t)kc_rng_below(&r, k) : k;
        int64_t value[28], listed[28], bonus[4];
        uint32_t near[28], labels[7];
        uint64_t sizes[4], left, min, max;
        draw_limits(&r, n, k, &min, &max);
        for (size_t i = 0; i < n; i++) {
            for (uint32_t c = 0; c < k; c++)
                listed[i * k + c] = sparse ? INT64_MIN : 0;
            for (uint32_t j = 0; j < m; j++) {
                uint32_t c = j;
                while (sparse && listed[i * k + (c = (uint32_t)kc_rng_below(&r, k))] != INT64_MIN)
                    ;
                near[i * m + j] = c;
                value[i * m + j] = (int64_t)kc_rng_below(&r, coarse ? 4 : 1u << 30) - (coarse ? 2 : 1 << 29);
                listed[i * k + c] = value[i * m + j];
            }
        }
        for (uint32_t c = 0; c < k; c++) /* any start will do */
            bonus[c] = round % 4 ? (int64_t)kc_rng_below(&r, coarse ? 5 : 1u << 29) - (coarse ? 2 : 1 << 28) : 0;
        const struct kc_transport t = {
            .n = n, .k = k, .m = m, .near = sparse ? near : NULL, .value = value, .min = min, .max = max};
        CHECK(kc_transport_solve(&t, bonus, labels, sizes, &left, &e) == 0);
        int64_t want = kc_ref_transport(listed, n, k, min, max), sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += listed[i * k + labels[i]];
        without += want == INT64_MIN;
        with += left > 0;
        CHECK((left > 0) == (want == INT64_MIN));
        CHECK_MSG(left > 0 || (sum == want && sizes_hold(labels, n, k, min, max)),
                  "round %d: %zu rows, %u clusters of %llu to %llu: %lld, expected %lld", round, n, k,
                  (unsigned long long)min, (unsigned long long)max, (long long)sum, (long long)want);
    }
    CHECK_MSG(without > 20 && without == with, "%d %d", without, with); /* the test sees both */
}

/* Prices bring sizes near their limits, whatever the threads; repairing does the rest, where that is possible. */
TEST(transport_prices_nearly_fill_clusters)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 72, 0);
    enum { n = 4000, k = 10 };
    int64_t *value = malloc(sizeof *value * n * k), bonus[2][k];
    uint32_t *labels = malloc(sizeof *labels * n);
    uint64_t sizes[k], left;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < k; c++) /* the first clusters draw most */
            value[i * k + c] = (int64_t)((kc_rng_unit(&r) * 0.5 - 0.05 * (double)c) * KC_TRANSPORT_ONE);
    static const struct {
        uint64_t min, max;
    } t[] = {{400, 400}, {300, 500}, {0, 450}, {350, n}, {0, n}};
    for (size_t q = 0; q < sizeof t / sizeof t[0]; q++) {
        struct kc_err e = KC_ERR_INIT;
        const struct kc_transport p = {.n = n, .k = k, .m = k, .value = value, .min = t[q].min, .max = t[q].max};
        memset(bonus, 0, sizeof bonus);
        for (unsigned threads = 1; threads <= 2; threads++) {
            struct kc_ctx ctx = data_ctx(threads);
            CHECK(kc_transport_tune(ctx.pool, kc_pool_for, &p, 80, 1, bonus[threads - 1], &e) == 0);
            kc_pool_free(ctx.pool);
        }
        CHECK(memcmp(bonus[0], bonus[1], sizeof bonus[0]) == 0);
        kc_transport_label(&p, bonus[0], labels, sizes);
        for (size_t c = 0; c < k; c++) {
            CHECK_MSG((double)sizes[c] >= 0.9 * (double)t[q].min && (double)sizes[c] <= 1.1 * (double)t[q].max,
                      "%llu to %llu: cluster %zu has %llu", (unsigned long long)t[q].min, (unsigned long long)t[q].max,
                      c, (unsigned long long)sizes[c]);
            CHECK(t[q].max < n || bonus[0][c] >= 0); /* no malus without a maximum, no bonus without a minimum */
            CHECK(t[q].min > 0 || bonus[0][c] <= 0);
        }
        CHECK(kc_transport_repair(&p, bonus[0], labels, sizes, &left, &e) == 0 && left == 0);
        CHECK(sizes_hold(labels, n, k, t[q].min, t[q].max));
    }
    free(labels);
    free(value);
}

/* After the exchanges no move of a row and no swap of two makes the objective larger. */
TEST(exchange_leaves_nothing_to_gain)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 73, 0);
    for (int round = 0; round < 12; round++) {
        struct kc_err e = KC_ERR_INIT;
        size_t n = 12 + kc_rng_below(&r, 30), d = 1 + kc_rng_below(&r, 6);
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 4);
        uint64_t min = n / k - kc_rng_below(&r, 2), max = n / k + 1 + kc_rng_below(&r, 2);
        float *x = data_clustered(&r, n, d, 3, 0.6);
        double *w = round % 2 ? data_weights(&r, n, DATA_COUNTS) : NULL;
        uint32_t *labels = malloc(n * sizeof *labels);
        double *sil = malloc(n * sizeof *sil);
        struct kc_ref_figures f;
        for (size_t i = 0; i < n; i++)
            labels[i] = (uint32_t)(i % k);
        struct kc_exchange *q = kc_exchange_new(x, w, n, d, k, min, max, &e);
        CHECK(q != NULL);
        kc_exchange_run(q, labels);
        CHECK(kc_exchange_run(q, labels) == 0 && sizes_hold(labels, n, k, min, max));
        kc_exchange_free(q);
        /* by the definition: sums of all clusters for each exchange */
        double *ones = malloc(n * sizeof *ones);
        for (size_t i = 0; i < n; i++)
            ones[i] = w ? w[i] : 1;
        kc_ref_weighted(x, ones, n, d, labels, k, sil, &f);
        double best = f.objective;
        uint64_t size[8] = {0};
        for (size_t i = 0; i < n; i++)
            size[labels[i]]++;
        for (size_t i = 0; i < n; i++) {
            uint32_t a = labels[i];
            for (uint32_t b = 0; b < k; b++) {
                if (b == a || size[a] <= min || size[b] >= max)
                    continue;
                labels[i] = b;
                kc_ref_weighted(x, ones, n, d, labels, k, sil, &f);
                CHECK_MSG(f.objective <= best * (1 + 1e-9), "moving row %zu gains %g", i, f.objective - best);
                labels[i] = a;
            }
            for (size_t j = i + 1; j < n; j++) {
                uint32_t b = labels[j];
                if (a == b)
                    continue;
                labels[i] = b;
                labels[j] = a;
                kc_ref_weighted(x, ones, n, d, labels, k, sil, &f);
                CHECK_MSG(f.objective <= best * (1 + 1e-9), "swapping rows %zu and %zu gains %g", i, j,
                          f.objective - best);
                labels[i] = a;
                labels[j] = b;
            }
        }
        free(ones);
        free(sil);
        free(labels);
        free(w);
        free(x);
    }
}

/* Whatever the rows: sizes hold, and labels are the best assignment for their own centroids. */
TEST(fixed_k_keeps_limits_and_is_best_for_its_centroids)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 74, 0);
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    o.n_init = 3;
    for (int round = 0; round < 24; round++) {
        struct kc_err e = KC_ERR_INIT;
        size_t n = round == 23 ? 2500 : 20 + kc_rng_below(&r, 300), d = 2 + kc_rng_below(&r, 20);
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 9);
        uint64_t min, max, sizes[16], left;
        float *x = data_clustered(&r, n, d, 1 + kc_rng_below(&r, 6), 0.7);
        double *w = round % 3 == 2 ? data_weights(&r, n, DATA_MIXED) : NULL;
        uint32_t *labels[3], *again = malloc(n * sizeof *again);
        int64_t *value = malloc(n * k * sizeof *value), bonus[16] = {0};
        double *sums = calloc(k * d, sizeof *sums), heaviest = 1, sum = 0, best = 0;
        int changed;
        draw_limits(&r, n, k, &min, &max);
        min = min ? min : 1;
        for (int way = 0; way < 3; way++) { /* one thread, three, rows that are read */
            struct kc_ctx ctx = data_ctx(way == 1 ? 3 : 1);
            struct kc_space s = space_of(&ctx, x, n, d);
            struct data_behind behind = {x, d};
            s.w = w;
            if (way == 2) {
                s.rows.x = NULL;
                s.rows.read = data_behind_read;
                s.rows.src = &behind;
            }
            labels[way] = calloc(n, sizeof *labels[way]);
            CHECK(kc_fixed_k_run(&s, &o, k, min, max, 1, labels[way], &changed, &e) == 0 && changed);
            CHECK(sizes_hold(labels[way], n, k, min, max));
            CHECK(way == 0 || memcmp(labels[way], labels[0], n * sizeof *again) == 0);
            kc_pool_free(ctx.pool);
        }
        for (size_t i = 0; i < n; i++) {
            heaviest = w && w[i] > heaviest ? w[i] : heaviest;
            for (size_t t = 0; t < d; t++)
                sums[labels[0][i] * d + t] += (w ? w[i] : 1) * (double)x[i * d + t];
        }
        for (uint32_t c = 0; c < k; c++) {
            double len = 0;
            for (size_t t = 0; t < d; t++)
                len += sums[c * d + t] * sums[c * d + t];
            for (size_t t = 0; t < d; t++)
                sums[c * d + t] /= sqrt(len);
        }
        for (size_t i = 0; i < n; i++)
            for (uint32_t c = 0; c < k; c++) {
                double dot = 0;
                for (size_t t = 0; t < d; t++)
                    dot += sums[c * d + t] * (double)x[i * d + t];
                value[i * k + c] = (int64_t)nearbyint(dot * (w ? w[i] : 1) / heaviest * KC_TRANSPORT_ONE);
            }
        const struct kc_transport t = {.n = n, .k = k, .m = k, .value = value, .min = min, .max = max};
        CHECK(kc_transport_solve(&t, bonus, again, sizes, &left, &e) == 0 && left == 0);
        for (size_t i = 0; i < n; i++) {
            sum += (double)value[i * k + labels[0][i]] / KC_TRANSPORT_ONE;
            best += (double)value[i * k + again[i]] / KC_TRANSPORT_ONE;
        }
        CHECK_MSG(sum >= best - 1e-9 * (1 + best), "round %d: %.12g, the best assignment %.12g", round, sum, best);
        for (int way = 0; way < 3; way++)
            free(labels[way]);
        free(sums);
        free(value);
        free(again);
        free(w);
        free(x);
    }
}

/* Beyond exact assignments: a crowded place, rows that are all equal to one of k, more clusters than pairs have heaps. */
TEST(fixed_k_keeps_limits_of_many_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 75, 0);
    static const struct {
        size_t n;
        uint32_t k;
        int equal;
    } t[] = {{30000, 150, 0}, {9000, 480, 1}, {2300, 2100, 0}};
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    o.n_init = 1;
    o.max_iter = 1;
    for (size_t q = 0; q < 3; q++) {
        struct kc_err e = KC_ERR_INIT;
        size_t n = t[q].n, d = 3;
        float *x = data_clustered(&r, n, d, 20, 0.2);
        uint32_t *labels[2];
        int changed;
        for (size_t i = t[q].k; t[q].equal && i < n; i++) /* nine of ten are the first row */
            memcpy(x + i * d, x + (i % 10 ? 0 : i % t[q].k) * d, d * sizeof *x);
        for (unsigned threads = 1; threads <= 2; threads++) {
            struct kc_ctx ctx = data_ctx(threads);
            struct kc_space s = space_of(&ctx, x, n, d);
            uint64_t min = n / t[q].k;
            labels[threads - 1] = calloc(n, sizeof **labels);
            CHECK(kc_fixed_k_run(&s, &o, t[q].k, min, min + 1, 1, labels[threads - 1], &changed, &e) == 0);
            CHECK_MSG(sizes_hold(labels[threads - 1], n, t[q].k, min, min + 1), "%zu rows", n);
            kc_pool_free(ctx.pool);
        }
        CHECK(memcmp(labels[0], labels[1], n * sizeof **labels) == 0);
        free(labels[0]);
        free(labels[1]);
        free(x);
    }
}

TEST(fixed_k_knows_what_is_feasible)
{
    for (uint64_t n = 1; n < 14; n++)
        for (uint64_t k = 1; k <= n + 1; k++)
            for (uint64_t min = 1; min < 8; min++)
                for (uint64_t max = 0; max < 9; max++) {
                    int want = k <= n && k * min <= n && (!max || n <= k * max);
                    CHECK(kc_fixed_k_feasible(n, k, min, max) == want || (max && max < min));
                }
    CHECK(!kc_fixed_k_feasible(10, 0, 1, 0) && kc_fixed_k_feasible(UINT64_MAX, 3, 1, UINT64_MAX));
}
