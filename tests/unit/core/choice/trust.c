/* The stability of clusters against a twin that takes the same draws and fits, but counts rows; and on clusters that
 * are there, or are not. */
#include "core/choice/trust.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/density/hdbscan.h"
#include "core/kmeans/kmeans.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

/* Compute the stability (k) of labels (n), of rows x (n, d). */
static void trust_naively(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, const uint32_t *labels,
                          uint32_t k, const struct kc_trust_opts *o, double *stability)
{
    const size_t m = n < o->most ? n : o->most;
    uint32_t *times = malloc(n * sizeof *times), *own = malloc(n * sizeof *own), *found = calloc(k, sizeof *found);
    double *w = malloc(n * sizeof *w);
    float *y = malloc(n * d * sizeof *y);
    memset(stability, 0, k * sizeof *stability);
    for (uint32_t resample = 0; resample < o->resamples; resample++) {
        struct kc_rng r = kc_rng_stream(o->seed, KC_RNG_TRUST, resample, n);
        struct kc_err e = KC_ERR_INIT;
        struct kc_clustering f;
        size_t have = 0;
        memset(times, 0, n * sizeof *times);
        for (size_t i = 0; i < m; i++)
            times[kc_rng_below(&r, n)]++;
        for (size_t i = 0; i < n; i++)
            if (times[i] > 0) {
                memcpy(y + have * d, x + i * d, d * sizeof *x);
                w[have] = times[i] * (o->weights ? o->weights[i] : 1);
                own[have++] = labels[i];
            }
        const struct kc_rows rows = kc_rows_memory(y, have, d);
        const struct kc_request request = {.part = 1, .weights = o->algorithm->weights ? w : NULL};
        CHECK(o->algorithm->run(ctx, &rows, o->opts, &request, &f, &e) == 0);
        for (uint32_t c = 0; c < k; c++) {
            int any = 0;
            for (size_t i = 0; i < have; i++)
                any |= own[i] == c;
            found[c] += (uint32_t)any;
            stability[c] += any ? kc_ref_jaccard(own, c, f.labels, f.k, have) : 0;
        }
        kc_clustering_free(&f);
    }
    for (uint32_t c = 0; c < k; c++)
        stability[c] = found[c] ? stability[c] / found[c] : NAN;
    free(y);
    free(w);
    free(found);
    free(own);
    free(times);
}

/* Run on some threads; check the memory. */
static void trust_rows(const struct kc_rows *rows, const uint32_t *labels, uint32_t k, const struct kc_trust_opts *o,
                       unsigned threads, double *stability)
{
    struct kc_ctx ctx = data_ctx(threads);
    struct kc_err e = KC_ERR_INIT;
    size_t used = 0;
    uint64_t most, before = kc_mem_held(&most, 1);
    CHECK_MSG(kc_trust_run(&ctx, rows, labels, k, o, stability, &used, &e) == 0, "%s", e.msg);
    (void)kc_mem_held(&most, 0);
    const uint64_t says = kc_trust_bytes(rows->n, rows->d, o, kc_pool_threads(ctx.pool));
    CHECK_MSG(most - before <= says + 16384, "%s, n %zu, d %zu: held %llu, said %llu", o->algorithm->name, rows->n, rows->d,
              (unsigned long long)(most - before), (unsigned long long)says);
    CHECK(used == (rows->n < o->most ? rows->n : o->most));
    kc_pool_free(ctx.pool);
}

/* Options of either algorithm. */
struct options {
    struct kc_kmeans_opts kmeans;
    struct kc_hdbscan_opts hdbscan;
};

/* Set the options to k clusters, for k-means. */
static struct options make_options(uint32_t k)
{
    struct options o = {KC_KMEANS_OPTS_DEFAULT, KC_HDBSCAN_OPTS_DEFAULT};
    o.kmeans.k = (struct kc_krange){.min = k, .max = k, .step = 1};
    o.kmeans.n_init = 2;
    return o;
}

static int is_near(double a, double b)
{
    return isnan(b) ? isnan(a) : fabs(a - b) < 1e-12;
}

TEST(trust_is_that_of_the_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 470, 0);
    int none = 0, some = 0;
    for (unsigned t = 0; t < 14; t++) {
        const size_t n = 30 + kc_rng_below(&r, 300), d = 2 + kc_rng_below(&r, 12);
        const uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 5);
        float *x = data_clustered(&r, 2 * n, d, k, 0.6), *picked = malloc(n * d * sizeof *x);
        double *w = t % 3 == 1 ? data_weights(&r, n, DATA_COUNTS) : NULL, stability[2][8], want[8];
        uint32_t *labels = malloc(n * sizeof *labels), *idx = malloc(n * sizeof *idx);
        const struct options own = make_options(k);
        const struct kc_rows whole = kc_rows_memory(x, 2 * n, d);
        for (size_t i = 0; i < n; i++) { /* clusters of all sizes, one of a single row, and noise */
            labels[i] = i == n / 2 ? k : kc_rng_below(&r, 4) == 0 ? KC_NOISE : (uint32_t)kc_rng_below(&r, k);
            idx[i] = (uint32_t)(2 * i + 1);
            memcpy(picked + i * d, x + idx[i] * d, d * sizeof *x);
        }
        const struct kc_rows rows = t % 2 ? kc_rows_pick(&whole, idx, n) : kc_rows_memory(picked, n, d);
        const int dense = t % 4 == 2;
        const struct kc_trust_opts o = {dense ? &kc_algorithm_hdbscan : &kc_algorithm_kmeans,
                                        dense ? (const void *)&own.hdbscan : &own.kmeans, t % 5 == 3 ? &rows : NULL, w,
                                        9 + t, 1 + t % 4, t % 6 == 5 ? n / 3 : 1000};
        trust_rows(&rows, labels, k + 1, &o, 1, stability[0]);
        trust_rows(&rows, labels, k + 1, &o, 3, stability[1]);
        struct kc_ctx ctx = data_ctx(2);
        trust_naively(&ctx, picked, n, d, labels, k + 1, &o, want);
        kc_pool_free(ctx.pool);
        for (uint32_t c = 0; c <= k; c++) {
            CHECK_MSG(is_near(stability[0][c], want[c]), "set %u, %s, cluster %u of %u: %g, not %g", t, o.algorithm->name, c,
                      k + 1, stability[0][c], want[c]);
            CHECK(is_near(stability[1][c], want[c]));
            none += isnan(want[c]);
            some += want[c] > 0;
        }
        CHECK(memcmp(stability[0], stability[1], (k + 1) * sizeof **stability) == 0);
        free(idx);
        free(labels);
        free(w);
        free(picked);
        free(x);
    }
    CHECK(none > 0 && some > 20);
}

/* Return n unit rows around `blobs` axes, and their blobs in labels (n). */
static float *make_blobs(struct kc_rng *r, size_t n, size_t d, uint32_t blobs, double spread, uint32_t *labels)
{
    float *x = malloc(n * d * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        labels[i] = (uint32_t)(i % blobs);
        double sum = 0;
        for (size_t t = 0; t < d; t++) {
            const double v = (t == labels[i]) + spread * data_normal(r);
            x[i * d + t] = (float)v;
            sum += v * v;
        }
        for (size_t t = 0; t < d; t++)
            x[i * d + t] = (float)((double)x[i * d + t] / sqrt(sum));
    }
    return x;
}

TEST(planted_clusters_are_trusted_and_cut_ones_are_not)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 471, 0);
    enum { N = 320, D = 12, BLOBS = 4 };
    for (int dense = 0; dense < 2; dense++) {
        uint32_t labels[N], cut[N];
        float *x = make_blobs(&r, N, D, BLOBS, 0.08, labels);
        const struct kc_rows rows = kc_rows_memory(x, N, D);
        const struct options whole = make_options(BLOBS), more = make_options(BLOBS + 1);
        struct kc_trust_opts o = {dense ? &kc_algorithm_hdbscan : &kc_algorithm_kmeans,
                                  dense ? (const void *)&whole.hdbscan : &whole.kmeans, NULL, NULL, 42, 12, KC_TRUST_ROWS};
        double stability[BLOBS + 1];
        trust_rows(&rows, labels, BLOBS, &o, 2, stability);
        for (uint32_t c = 0; c < BLOBS; c++)
            CHECK_MSG(stability[c] > 0.9 && stability[c] <= 1, "dense %d, cluster %u: %g", dense, c, stability[c]);
        for (size_t i = 0; i < N; i++) /* the first blob is cut at random */
            cut[i] = labels[i] == 0 && kc_rng_below(&r, 2) ? BLOBS : labels[i];
        o.opts = dense ? (const void *)&more.hdbscan : &more.kmeans;
        trust_rows(&rows, cut, BLOBS + 1, &o, 2, stability);
        CHECK_MSG(stability[0] < 0.75 && stability[BLOBS] < 0.75, "dense %d: halves have %g and %g", dense, stability[0],
                  stability[BLOBS]);
        free(x);
    }
}
