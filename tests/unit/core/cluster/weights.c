/* Row weights: what they mean (core/judge/index.h), in the indices, the engines, and whole fits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster/assign.h"
#include "core/cluster/sums.h"
#include "core/kmeans/kmeans.h"
#include "core/judge/index.h"
#include "core/parts/parts.h"
#include "core/ref/ref.h"
#include "core/kmeans/seed.h"
#include "core/kmeans/sizes.h"
#include "core/kmeans/sweep.h"
#include "core/cluster/weights.h"
#include "data.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

static int near(double a, double b, double rel)
{
    return fabs(a - b) <= rel * (1 + fabs(b));
}

/* A space of weighted rows. scaled: what kc_weights_make has made of w, the caller's to free with kc_mem_free. */
static struct kc_space space_of(const struct kc_ctx *ctx, const float *x, const double *w, size_t n, size_t d,
                                double **scaled)
{
    struct kc_space s = {.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_weights_make(w, n, scaled, &s.one, &e) == 0);
    s.w = *scaled;
    return s;
}

/* Labels that make some sense, none of the k <= n empty: the most similar of the first k rows. */
static uint32_t *nearest(const float *x, size_t n, size_t d, uint32_t k)
{
    uint32_t *l = malloc(n * sizeof *l);
    float *out = malloc(n * k * sizeof *out);
    kc_ref_product(x, n, d, x, k, out, n);
    for (size_t i = 0; i < n; i++) {
        l[i] = i < k ? (uint32_t)i : 0;
        for (uint32_t c = 1; i >= k && c < k; c++)
            l[i] = out[c * n + i] > out[l[i] * n + i] ? c : l[i];
    }
    free(out);
    return l;
}

/* Each row as often as its weight says. from (m): which row it was. */
static float *repeated(const float *x, const double *w, size_t n, size_t d, size_t **from, size_t *m)
{
    *m = 0;
    for (size_t i = 0; i < n; i++)
        *m += (size_t)w[i];
    float *y = malloc(*m * d * sizeof *y);
    *from = malloc(*m * sizeof **from);
    for (size_t i = 0, at = 0; i < n; i++)
        for (size_t j = 0; j < (size_t)w[i]; j++, at++) {
            memcpy(y + at * d, x + i * d, d * sizeof *y);
            (*from)[at] = i;
        }
    return y;
}

TEST(core_weights_are_scaled)
{
    static const double ones[] = {1, 1, 1}, equal[] = {0.3, 0.3, 0.3}, some[] = {3, 1, 5, 7};
    static const double wide[] = {1e300, 1e-300, 1e300, 1e250}, tiny[] = {5e-324, 5e-324, 1e-323};
    struct kc_err e = KC_ERR_INIT;
    double *w, one;
    CHECK(kc_weights_make(NULL, 3, &w, &one, &e) == 0 && w == NULL && one == 1);
    CHECK(kc_weights_make(ones, 3, &w, &one, &e) == 0 && w == NULL);
    CHECK(kc_weights_make(equal, 3, &w, &one, &e) == 0 && w == NULL && one == 1 / 0.3);
    CHECK(kc_weights_make(some, 4, &w, &one, &e) == 0 && w != NULL);
    for (size_t i = 0; i < 4; i++)
        CHECK(w[i] / one == some[i]); /* not a bit is lost */
    CHECK(w[0] + w[1] + w[2] + w[3] >= 4 && w[0] + w[1] + w[2] + w[3] < 8);
    kc_mem_free(w);
    CHECK(kc_weights_make(wide, 4, &w, &one, &e) == 0 && w != NULL);
    CHECK(w[0] == w[2] && w[0] >= 1 && w[0] < 4 && w[1] == w[3] && near(w[1] / w[0] * 1e12, 1, 1e-9));
    kc_mem_free(w);
    CHECK(kc_weights_make(tiny, 3, &w, &one, &e) == 0 && w != NULL);
    CHECK(w[0] == w[1] && w[2] == 2 * w[0] && w[2] < 4);
    kc_mem_free(w);
}

/* On the kinds of data and of partitions that take different paths. */
TEST(core_weighted_indices_equal_their_definitions)
{
    static const struct {
        size_t n, d, centres;
        double spread;
        uint32_t k[3];
        double off;
    } cases[] = {
        {500, 90, 6, 0.8, {2, 3, 60}, 1e-8},   {400, 33, 100, 0.5, {20, 21, 22}, 1e-8}, {600, 20, 200, 0.3, {300, 2, 257}, 1e-8},
        {300, 120, 5, 1e-2, {25, 2, 50}, 1e-6}, {300, 3, 40, 0, {45, 7, 8}, 1e-8},        {97, 300, 9, 0.6, {2, 90, 14}, 1e-8},
    };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 90, 0);
    for (size_t q = 0; q < DATA_KINDS * sizeof cases / sizeof *cases; q++) {
        const size_t c = q / DATA_KINDS, n = cases[c].n, d = cases[c].d;
        struct kc_ctx ctx = data_ctx(1 + (unsigned)q % 3);
        struct kc_err e = KC_ERR_INIT;
        float *x = data_clustered(&r, n, d, cases[c].centres, cases[c].spread);
        double *w = data_weights(&r, n, (enum data_weights)(q % DATA_KINDS)), *scaled, *each = malloc(n * sizeof *each);
        struct kc_space s = space_of(&ctx, x, w, n, d, &scaled);
        struct kc_scored p[3];
        for (int i = 0; i < 3; i++)
            p[i] = (struct kc_scored){.k = cases[c].k[i], .labels = nearest(x, n, d, cases[c].k[i]),
                                      .row_silhouette = malloc(n * sizeof(float)),
                                      .cluster_silhouette = malloc(cases[c].k[i] * sizeof(double))};
        CHECK(kc_index_score(&s, p, 3, &e) == 0);
        for (int i = 0; i < 3; i++) {
            const double off = cases[c].off;
            struct kc_ref_figures f;
            double sum = 0, total = 0;
            kc_ref_weighted(x, w, n, d, p[i].labels, p[i].k, each, &f);
            for (size_t j = 0; j < n; j++) {
                CHECK_MSG(fabs((double)p[i].row_silhouette[j] - each[j]) <= off + 1e-6, "case %zu, k %u, row %zu: %f, not %f",
                          q, p[i].k, j, (double)p[i].row_silhouette[j], each[j]);
                sum += w[j] * p[i].cluster_silhouette[p[i].labels[j]];
                total += w[j];
            }
            CHECK(near(sum / total, p[i].silhouette, 1e-9));
            CHECK_MSG(fabs(p[i].silhouette - f.silhouette) <= off, "case %zu, k %u: silhouette %.12f, not %.12f", q, p[i].k,
                      p[i].silhouette, f.silhouette);
            CHECK(near(p[i].objective, f.objective, 1e-9) && near(p[i].inertia, f.inertia, 1e-9));
            CHECK_MSG(near(p[i].davies_bouldin, f.davies_bouldin, off), "case %zu, k %u: davies-bouldin %.12f, not %.12f", q,
                      p[i].k, p[i].davies_bouldin, f.davies_bouldin);
            if (f.inertia > 1e-9 * total) /* else nothing is left within the clusters */
                CHECK_MSG(near(p[i].calinski_harabasz, f.calinski_harabasz, off), "case %zu, k %u: calinski-harabasz %g, not %g",
                          q, p[i].k, p[i].calinski_harabasz, f.calinski_harabasz);
            free((void *)(uintptr_t)p[i].labels);
            free(p[i].row_silhouette);
            free(p[i].cluster_silhouette);
        }
        free(each);
        kc_mem_free(scaled);
        free(w);
        free(x);
        kc_pool_free(ctx.pool);
    }
}

/* A row of weight 3 is three equal rows, for every index. */
TEST(core_weights_are_copies_of_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 91, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    for (int round = 0; round < 20; round++) {
        size_t n = 20 + kc_rng_below(&r, 300), d = 3 + kc_rng_below(&r, 60), m, *from;
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, n / 4);
        float *x = data_clustered(&r, n, d, 5, 0.8);
        double *w = data_weights(&r, n, DATA_COUNTS), *scaled;
        float *y = repeated(x, w, n, d, &from, &m);
        uint32_t *l = nearest(x, n, d, k), *m_labels = malloc(m * sizeof *m_labels);
        for (size_t j = 0; j < m; j++)
            m_labels[j] = l[from[j]];
        struct kc_space s = space_of(&ctx, x, w, n, d, &scaled);
        struct kc_space t = {.ctx = &ctx, .rows = kc_rows_memory(y, m, d), .n = m, .d = d};
        float *a = malloc(n * sizeof *a), *b = malloc(m * sizeof *b);
        struct kc_scored p = {.k = k, .labels = l, .row_silhouette = a}, q = {.k = k, .labels = m_labels, .row_silhouette = b};
        CHECK(kc_index_score(&s, &p, 1, &e) == 0 && kc_index_score(&t, &q, 1, &e) == 0);
        CHECK_MSG(fabs(p.silhouette - q.silhouette) < 1e-10, "silhouette %.12f, of copies %.12f", p.silhouette, q.silhouette);
        CHECK(near(p.objective, q.objective, 1e-11) && near(p.inertia, q.inertia, 1e-11));
        CHECK(near(p.davies_bouldin, q.davies_bouldin, 1e-10) && near(p.calinski_harabasz, q.calinski_harabasz, 1e-10));
        for (size_t j = 0; j < m; j++)
            CHECK(fabsf(a[from[j]] - b[j]) < 1e-6f);
        free(b);
        free(a);
        kc_mem_free(scaled);
        free(m_labels);
        free(l);
        free(from);
        free(y);
        free(w);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Both engines, from the same seeds, reach what plain weighted Lloyd reaches; single-row moves never make it worse. */
TEST(core_weighted_engines_equal_plain_lloyd)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 92, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    int apart = 0, all = 0;
    for (int round = 0; round < 40; round++) {
        size_t n = 20 + kc_rng_below(&r, 400), d = 2 + kc_rng_below(&r, 40);
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 8);
        float *x = data_clustered(&r, n, d, 5, 0.7);
        double *w = data_weights(&r, n, (enum data_weights)(round % DATA_KINDS)), *scaled, *sil = malloc(n * sizeof *sil);
        struct kc_space s = space_of(&ctx, x, w, n, d, &scaled);
        uint32_t *seeds = malloc(k * sizeof *seeds), *labels = malloc(n * sizeof *labels);
        struct kc_run_opts o = {1000, 0, 0, 0};
        struct kc_best *b[2] = {kc_best_new(n, &k, 1, &e), kc_best_new(n, &k, 1, &e)};
        CHECK(kc_seed_all(&s, (uint64_t)round, 1, k, seeds, &e) == 0);
        struct kc_run run = {.k = k, .seeds = seeds};
        double want = kc_ref_kmeans_weighted(x, w, n, d, seeds, k, labels), lloyd[2];
        float *g = kc_mem_aligned(n * kc_gram_ld(n), sizeof *g, &e);
        CHECK(kc_gram_build(&s, g, &e) == 0);
        for (int polish = 0; polish < 2; polish++) {
            run.polish = polish;
            s.gram = NULL;
            CHECK(kc_stack_run(&s, &run, 1, &o, b[0], 1, &e) == 0);
            s.gram = g;
            s.ldg = kc_gram_ld(n);
            CHECK(kc_gram_run(&s, &run, 1, &o, b[1], 1, &e) == 0);
            for (int q = 0; q < 2; q++) {
                struct kc_ref_figures f;
                kc_ref_weighted(x, w, n, d, b[q]->labels, k, sil, &f);
                CHECK_MSG(near(b[q]->objective / s.one, f.objective, 1e-5), "%s says %.9f, its labels %.9f", q ? "gram" : "stack",
                          b[q]->objective / s.one, f.objective);
                all++;
                if (!polish) { /* a tie in float may lead elsewhere, rarely */
                    apart += !near(f.objective, want, 1e-5);
                    lloyd[q] = f.objective;
                } else {
                    CHECK(f.objective >= lloyd[q] * (1 - 1e-6));
                }
            }
        }
        kc_mem_free(g);
        kc_best_free(b[0], 1);
        kc_best_free(b[1], 1);
        free(labels);
        free(seeds);
        free(sil);
        kc_mem_free(scaled);
        free(w);
        free(x);
    }
    CHECK_MSG(apart <= all / 50, "%d of %d runs end elsewhere than plain Lloyd", apart, all);
    kc_pool_free(ctx.pool);
}

/* After single-row moves no row of either engine would still gain by another one. */
TEST(core_weighted_moves_leave_nothing_to_gain)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 93, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    for (int round = 0; round < 16; round++) {
        size_t n = 30 + kc_rng_below(&r, 200), d = 2 + kc_rng_below(&r, 20);
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 5);
        float *x = data_clustered(&r, n, d, 4, 0.8);
        double *w = data_weights(&r, n, (enum data_weights)(round % DATA_KINDS)), *scaled;
        struct kc_space s = space_of(&ctx, x, w, n, d, &scaled);
        uint32_t *seeds = malloc(k * sizeof *seeds);
        double *sums = malloc(k * d * sizeof *sums);
        uint64_t *counts = malloc(k * sizeof *counts);
        struct kc_run_opts o = {1000, 0, 0, 0};
        float *g = kc_mem_aligned(n * kc_gram_ld(n), sizeof *g, &e);
        CHECK(kc_seed_all(&s, (uint64_t)round, 1, k, seeds, &e) == 0 && kc_gram_build(&s, g, &e) == 0);
        struct kc_run run = {.k = k, .seeds = seeds, .polish = 1};
        for (int q = 0; q < 2; q++) {
            struct kc_best *b = kc_best_new(n, &k, 1, &e);
            s.gram = q ? g : NULL;
            s.ldg = kc_gram_ld(n);
            CHECK((q ? kc_gram_run : kc_stack_run)(&s, &run, 1, &o, b, 1, &e) == 0);
            CHECK(kc_sums(&s, b->labels, k, sums, counts, &e) == 0);
            for (size_t i = 0; i < n; i++) {
                uint32_t a = b->labels[i];
                double aa = kc_la_dotd(sums + a * d, sums + a * d, d), xa = kc_la_dot(x + i * d, sums + a * d, d), m = scaled[i];
                for (uint32_t c = 0; c < k && counts[a] > 1; c++) {
                    double cc = kc_la_dotd(sums + c * d, sums + c * d, d), xc = kc_la_dot(x + i * d, sums + c * d, d);
                    double gain = sqrt(cc + 2 * m * xc + m * m) - sqrt(cc) + sqrt(fmax(aa - 2 * m * xa + m * m, 0)) - sqrt(aa);
                    CHECK_MSG(c == a || gain <= 1e-5 * m + 1e-12 * (sqrt(aa) + sqrt(cc)), "%s: row %zu of weight %g gains %g",
                              q ? "gram" : "stack", i, m, gain);
                }
            }
            double least = INFINITY, taken = 0; /* and the cheapest pair to merge is that by weighted sums */
            for (uint32_t a = 0; a < k; a++)
                for (uint32_t c = a + 1; c < k; c++) {
                    const double *u = sums + a * d, *v = sums + c * d;
                    double loss = kc_merge_loss(kc_la_dotd(u, u, d), kc_la_dotd(v, v, d), kc_la_dotd(u, v, d));
                    least = fmin(loss, least);
                    taken = a == b->merge[0] && c == b->merge[1] ? loss : taken;
                }
            CHECK_MSG(near(taken, least, 1e-4), "%s: a merge that loses %g, not %g", q ? "gram" : "stack", taken, least);
            kc_best_free(b, 1);
        }
        kc_mem_free(g);
        free(counts);
        free(sums);
        free(seeds);
        kc_mem_free(scaled);
        free(w);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* A heavy row that leaves light ones, for a seed of its own, does not leave its rounding behind in Gram space. */
TEST(core_heavy_rows_leave_no_trace)
{
    enum { N = 200, D = 16, KMAX = 4 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 100, 0);
    struct kc_ctx ctx = data_ctx(1);
    struct kc_err e = KC_ERR_INIT;
    const uint32_t ks[] = {2, 3, KMAX}, seeds[KMAX] = {0, 1, N - 1, N - 2};
    float *x = data_clustered(&r, N, D, 2, 0.5), *g;
    double w[N], *scaled, sums[KMAX * D];
    uint64_t counts[KMAX];
    for (size_t i = 0; i < N; i++)
        w[i] = i < N - 2 ? 1 : 1e9 * (1 + kc_rng_unit(&r));
    struct kc_space s = space_of(&ctx, x, w, N, D, &scaled);
    struct kc_run_opts o = {100, 0, 0, 0};
    struct kc_run runs[3];
    for (int i = 0; i < 3; i++)
        runs[i] = (struct kc_run){.k = ks[i], .seeds = seeds};
    g = kc_mem_aligned(N * kc_gram_ld(N), sizeof *g, &e);
    CHECK(kc_gram_build(&s, g, &e) == 0);
    struct kc_best *b = kc_best_new(N, ks, 3, &e);
    s.gram = g;
    s.ldg = kc_gram_ld(N);
    CHECK(kc_gram_run(&s, runs, 3, &o, b, 3, &e) == 0);
    for (int i = 0; i < 3; i++) {
        CHECK(kc_sums(&s, b[i].labels, ks[i], sums, counts, &e) == 0);
        for (size_t t = 0; t < N; t++) {
            const double *sum = sums + b[i].labels[t] * D;
            double own = kc_la_dot(x + t * D, sum, D) / sqrt(kc_la_dotd(sum, sum, D));
            CHECK_MSG(fabs((double)b[i].own[t] - own) < 1e-4, "k %u, row %zu: similarity %f, not %f", ks[i], t,
                      (double)b[i].own[t], own);
        }
    }
    kc_best_free(b, 3);
    kc_mem_free(g);
    kc_mem_free(scaled);
    free(x);
    kc_pool_free(ctx.pool);
}

/* First seeds are drawn by weight, and a heavy far row is found at once. */
TEST(core_weighted_seeds)
{
    enum { N = 1000, D = 8, RESTARTS = 2000 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 94, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    float *x = data_clustered(&r, N, D, 1, 0.4);
    double *w = malloc(N * sizeof *w), *scaled;
    uint32_t *seeds = malloc(2 * RESTARTS * sizeof *seeds);
    size_t heavy = 0, found = 0;
    for (size_t i = 0; i < N; i++)
        w[i] = i == 700 ? N - 1 : 1; /* half of all */
    for (size_t t = 0; t < D; t++)
        x[700 * D + t] = -x[t];
    struct kc_space s = space_of(&ctx, x, w, N, D, &scaled);
    CHECK(kc_seed_all(&s, 7, RESTARTS, 2, seeds, &e) == 0);
    for (size_t i = 0; i < RESTARTS; i++) {
        heavy += seeds[2 * i] == 700;
        found += seeds[2 * i] == 700 || seeds[2 * i + 1] == 700;
    }
    CHECK_MSG(heavy > RESTARTS * 45 / 100 && heavy < RESTARTS * 55 / 100, "%zu of %d first seeds", heavy, RESTARTS);
    CHECK_MSG(found > RESTARTS * 99 / 100, "%zu of %d lists of seeds", found, RESTARTS);
    kc_mem_free(scaled);
    free(seeds);
    free(w);
    free(x);
    kc_pool_free(ctx.pool);
}

/* A part of the rows has their weights, as a copy, by number, and of rows that are some of others already. */
TEST(core_samples_keep_their_weights)
{
    enum { N = 900, D = 3, M = 200 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 101, 0);
    struct kc_ctx ctx = data_ctx(1);
    struct kc_err e = KC_ERR_INIT;
    float *x = data_clustered(&r, N, D, 5, 0.7);
    double *w = malloc(N * sizeof *w), *scaled;
    uint32_t backwards[N];
    for (size_t i = 0; i < N; i++) { /* a row is told by its weight */
        w[i] = (double)(i + 1);
        backwards[i] = (uint32_t)(N - 1 - i);
    }
    for (int way = 0; way < 4; way++) {
        struct kc_space all = space_of(&ctx, x, w, N, D, &scaled), s;
        struct kc_sample of = {0};
        if (way & 2)
            all.rows = kc_rows_pick(&all.rows, backwards, N);
        s = all;
        CHECK(kc_sample_draw(&all, 5, 1, M, way & 1, &of, &s, &e) == 0 && s.n == M && s.rows.n == M && (of.x != NULL) == (way & 1));
        for (size_t i = 0; i < M; i++) {
            size_t row = (size_t)(s.w[i] / all.one + 0.5) - 1;
            CHECK(memcmp(kc_rows_at(&s.rows, i), kc_rows_at(&all.rows, row), D * sizeof *x) == 0);
        }
        kc_sample_free(&of);
        kc_mem_free(scaled);
    }
    free(w);
    free(x);
    kc_pool_free(ctx.pool);
}

static void run(const struct kc_ctx *ctx, const float *x, const double *w, size_t n, size_t d, struct kc_kmeans_opts o,
                struct kc_clustering *f)
{
    const struct kc_rows rows = kc_rows_memory(x, n, d);
    struct kc_err e = KC_ERR_INIT;
    const struct kc_request request = {.weights = w, .want_sums = 1};
    CHECK_MSG(kc_kmeans_run(ctx, &rows, &o, &request, f, &e) == 0, "%s", e.msg);
}

/* Weights that are all equal are as none: every byte of the result, but for the unit of two figures. */
TEST(core_equal_weights_change_nothing)
{
    static const struct {
        size_t n, d;
        uint64_t max, n_init, sample, max_size;
    } shapes[] = {{400, 24, 9, 4, 0, 0}, {6000, 8, 6, 1, 0, 0}, {6000, 8, 6, 1, 3000, 0}, {5000, 6, 5, 1, 0, 900}};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 95, 0);
    struct kc_ctx ctx = data_ctx(2);
    for (size_t q = 0; q < sizeof shapes / sizeof *shapes; q++) {
        const size_t n = shapes[q].n, d = shapes[q].d;
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering a, b;
        float *x = data_clustered(&r, n, d, 5, 0.7);
        double *w = malloc(n * sizeof *w);
        for (size_t i = 0; i < n; i++)
            w[i] = 0.1 + (double)q;
        o.k.max = shapes[q].max;
        o.n_init = shapes[q].n_init;
        o.sample = shapes[q].sample;
        o.max_size = shapes[q].max_size;
        run(&ctx, x, NULL, n, d, o, &a);
        run(&ctx, x, w, n, d, o, &b);
        CHECK(a.k == b.k && memcmp(a.labels, b.labels, n * sizeof *a.labels) == 0 &&
              memcmp(a.centroids, b.centroids, a.k * d * sizeof *a.centroids) == 0 &&
              kc_kmeans_of(&a)->nsweep == kc_kmeans_of(&b)->nsweep && a.silhouette == b.silhouette);
        for (size_t i = 0; i < kc_kmeans_of(&a)->nsweep; i++) {
            struct kc_k_entry *p = &kc_kmeans_of(&a)->sweep[i], *s = &kc_kmeans_of(&b)->sweep[i];
            CHECK(near(p->objective * w[0], s->objective, 1e-12) && near(p->inertia * w[0], s->inertia, 1e-12));
            p->objective = s->objective;
            p->inertia = s->inertia;
            CHECK(memcmp(p, s, sizeof *p) == 0);
        }
        kc_clustering_free(&a);
        kc_clustering_free(&b);
        free(w);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Fits of weighted rows and of the same rows repeated come to the same clusters, where there is no doubt which. */
TEST(core_weighted_fit_is_that_of_copies)
{
    static const struct {
        size_t n, d;
        uint64_t n_init;
    } shapes[] = {{300, 24, 4}, {2500, 12, 1}, {6000, 8, 1}};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 96, 0);
    struct kc_ctx ctx = data_ctx(2);
    for (size_t q = 0; q < sizeof shapes / sizeof *shapes; q++) {
        const size_t n = shapes[q].n, d = shapes[q].d;
        size_t m, *from;
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering a, b;
        float *x = data_clustered(&r, n, d, 6, 0.05);
        double *w = data_weights(&r, n, DATA_COUNTS);
        float *y = repeated(x, w, n, d, &from, &m);
        uint32_t to[32];
        o.k.max = 8;
        o.n_init = shapes[q].n_init;
        run(&ctx, x, w, n, d, o, &a);
        run(&ctx, y, NULL, m, d, o, &b);
        CHECK(a.k == b.k && near(a.silhouette, b.silhouette, 1e-9) && near(a.objective, b.objective, 1e-9) &&
              near(a.inertia, b.inertia, 1e-7) && near(a.davies_bouldin, b.davies_bouldin, 1e-7) &&
              near(a.calinski_harabasz, b.calinski_harabasz, 1e-7));
        for (size_t j = 0; j < m; j++)
            to[b.labels[j]] = a.labels[from[j]];
        for (size_t j = 0; j < m; j++)
            CHECK(to[b.labels[j]] == a.labels[from[j]]);
        for (uint32_t c = 0; c < b.k && b.k == a.k; c++) { /* ids go by rows, which are others */
            const struct kc_cluster *p = &a.clusters[to[c]], *s = &b.clusters[c];
            double len = sqrt(kc_la_dotd(a.sums + to[c] * d, a.sums + to[c] * d, d));
            CHECK(near(p->cohesion, s->cohesion, 1e-6) && near(p->silhouette, s->silhouette, 1e-7));
            CHECK(len <= (double)p->size * (1 + 1e-6) && near(len / (double)p->size, p->cohesion, 1e-6));
            for (size_t t = 0; t < d; t++) {
                CHECK(fabsf(a.centroids[to[c] * d + t] - b.centroids[c * d + t]) < 1e-5f);
                CHECK(fabs(a.sums[to[c] * d + t] / len - (double)a.centroids[to[c] * d + t]) < 1e-5);
            }
        }
        kc_clustering_free(&a);
        kc_clustering_free(&b);
        free(from);
        free(y);
        free(w);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Weights that no sum in float, and hardly one in double, can hold beside each other: a clustering all the same, whose
 * centroids give every row its label; limits count rows. */
TEST(core_extreme_weights)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 97, 0);
    for (int round = 0; round < 8; round++) {
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 3);
        struct kc_err e = KC_ERR_INIT;
        size_t n = round % 2 ? 700 : 6000, d = 6 + kc_rng_below(&r, 20);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_rows rows;
        struct kc_clustering f;
        float *x = data_clustered(&r, n, d, 6, 0.6), *sim = malloc(n * sizeof *sim);
        double *w = malloc(n * sizeof *w);
        uint32_t *l = malloc(n * sizeof *l);
        uint64_t sizes = 0;
        for (size_t i = 0; i < n; i++)
            w[i] = pow(10, (round < 4 ? 9 : 150) * (2 * kc_rng_unit(&r) - 1));
        o.k.max = 7;
        o.n_init = round % 4 < 2 ? 1 : 4;
        o.min_size = round == 6 ? n / 20 : 1;
        o.max_size = round == 6 ? n / 4 : 0;
        run(&ctx, x, w, n, d, o, &f);
        rows = kc_rows_memory(x, n, d);
        CHECK(f.k >= 2 && f.silhouette >= -1 && f.silhouette <= 1 && isfinite(f.objective) && f.inertia >= 0);
        CHECK(kc_assign(&ctx, &rows, f.centroids, f.k, NULL, l, sim, NULL, &e) == 0);
        CHECK(round == 6 || memcmp(l, f.labels, n * sizeof *l) == 0);
        for (uint32_t c = 0; c < f.k; c++) {
            double len = 0;
            for (size_t t = 0; t < d; t++)
                len += (double)f.centroids[c * d + t] * (double)f.centroids[c * d + t];
            CHECK(near(len, 1, 1e-5) && f.clusters[c].size >= o.min_size && f.clusters[c].cohesion <= 1 + 1e-6);
            CHECK(!o.max_size || f.clusters[c].size <= o.max_size);
            sizes += f.clusters[c].size;
        }
        CHECK(sizes == n);
        kc_clustering_free(&f);
        free(l);
        free(w);
        free(sim);
        free(x);
        kc_pool_free(ctx.pool);
    }
}

/* Rows in parts, weighted or repeated: the same clusters and figures; with groups, windows, and both joined. */
TEST(core_weighted_parts_are_those_of_copies)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 98, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    for (int round = 0; round < 6; round++) {
        const size_t n = 600, d = 12;
        size_t m, *from;
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT, bare = KC_KMEANS_OPTS_DEFAULT;
        float *x = data_clustered(&r, n, d, 6, 0.05);
        double *w = data_weights(&r, n, DATA_COUNTS);
        float *y = repeated(x, w, n, d, &from, &m);
        uint32_t *group[2] = {malloc(n * sizeof **group), malloc(m * sizeof **group)}, to[64];
        int64_t *time[2] = {malloc(n * sizeof **time), malloc(m * sizeof **time)};
        for (size_t i = 0; i < n; i++) {
            group[0][i] = i < 2 ? (uint32_t)i : (uint32_t)kc_rng_below(&r, 2);
            time[0][i] = (int64_t)kc_rng_below(&r, 300);
        }
        for (size_t i = 0; round == 5 && i < n; i++) /* one part whose weights are all equal */
            w[i] = group[0][i] ? w[i] : 3;
        if (round == 5) {
            free(y);
            free(from);
            y = repeated(x, w, n, d, &from, &m);
            group[1] = realloc(group[1], m * sizeof **group);
            time[1] = realloc(time[1], m * sizeof **time);
        }
        for (size_t j = 0; j < m; j++) {
            group[1][j] = group[0][from[j]];
            time[1][j] = time[0][from[j]];
        }
        fit.k = bare.k = (struct kc_krange){6, 6, 1, 0, 0, 0};
        fit.n_init = bare.n_init = 4;
        struct kc_parts_opts o[2];
        struct kc_parts p[2];
        struct kc_clustering f[2];
        for (int q = 0; q < 2; q++) {
            const struct kc_rows rows = q ? kc_rows_memory(y, m, d) : kc_rows_memory(x, n, d);
            o[q] = (struct kc_parts_opts){.algorithm = &kc_algorithm_kmeans, .opts = q ? &bare : &fit, .weights = q ? NULL : w,
                                            .group = round % 2 || round == 4 ? group[q] : NULL,
                                          .time = time[q], .window = round % 3 == 1 ? 100 : 0, .max_gap = -1, .link = 0.8,
                                          .merge = round % 2 ? 0.9 : (double)NAN};
            CHECK(kc_parts_cut(rows.n, &o[q], &p[q], &e) == 0 && kc_parts_fit(&ctx, &rows, &o[q], &p[q], &f[q], &e) == 0);
        }
        CHECK(f[0].k == f[1].k && near(f[0].objective, f[1].objective, 1e-9) && near(f[0].inertia, f[1].inertia, 1e-6));
        if (round != 5) /* where weights are equal, a row is one, not three */
            CHECK(near(f[0].silhouette, f[1].silhouette, 1e-6));
        CHECK(p[0].linked == p[1].linked && p[0].joined == p[1].joined);
        for (size_t j = 0; j < m; j++)
            to[f[1].labels[j]] = f[0].labels[from[j]];
        for (size_t j = 0; j < m; j++)
            CHECK(to[f[1].labels[j]] == f[0].labels[from[j]]);
        for (uint32_t c = 0; c < f[1].k && f[0].k == f[1].k; c++)
            CHECK(near(f[0].clusters[to[c]].cohesion, f[1].clusters[c].cohesion, 1e-6));
        for (int q = 0; q < 2; q++) {
            kc_parts_free(&p[q]);
            kc_clustering_free(&f[q]);
            free(group[q]);
            free(time[q]);
        }
        free(from);
        free(y);
        free(w);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Rows on a quarter of a circle, degree by degree: 2-means cuts it at 45. When the last row outweighs all others, its
 * centre stays with it, and the cut is half way between that and the middle of the rest: b = (b / 2 + 90) / 2 = 60. */
TEST(core_size_limits_cut_by_weight)
{
    enum { N = 91 };
    struct kc_err e = KC_ERR_INIT;
    struct kc_ctx ctx = data_ctx(2);
    float x[2 * N];
    double w[N], *scaled;
    for (int i = 0; i < N; i++) {
        double angle = i * acos(-1) / 180;
        x[2 * i] = (float)cos(angle);
        x[2 * i + 1] = (float)sin(angle);
        w[i] = i < N - 1 ? 1 : 1e6;
    }
    for (int weighted = 0; weighted < 2; weighted++) {
        uint32_t l[N] = {0}, k = 1;
        uint64_t merged, split, low = 0;
        struct kc_space s = space_of(&ctx, x, weighted ? w : NULL, N, 2, &scaled);
        CHECK(kc_sizes_enforce(&s, l, &k, 1, 80, &merged, &split, &e) == 0 && k == 2 && split == 1);
        for (int i = 0; i < N; i++)
            low += l[i] == l[0];
        CHECK_MSG(weighted ? low >= 59 && low <= 62 : low >= 44 && low <= 47, "%d: cut at %d", weighted, (int)low);
        kc_mem_free(scaled);
    }
    kc_pool_free(ctx.pool);
}
