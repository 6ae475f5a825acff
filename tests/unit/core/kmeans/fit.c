#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster/assign.h"
#include "core/kmeans/choose.h"
#include "core/kmeans/kmeans.h"
#include "core/judge/index.h"
#include "core/ref/ref.h"
#include "core/kmeans/seed.h"
#include "core/kmeans/sizes.h"
#include "core/kmeans/sweep.h"
#include "data.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

static void no_tick(void *arg, size_t runs)
{
    (void)arg;
    (void)runs;
}

static struct kc_space space_of(const struct kc_ctx *ctx, const float *x, size_t n, size_t d)
{
    return (struct kc_space){.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d, .tick = no_tick};
}

static int fit_run(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, const struct kc_kmeans_opts *o,
                   struct kc_clustering *f, struct kc_err *e)
{
    const struct kc_rows rows = kc_rows_memory(x, n, d);
    const struct kc_request request = {.want_rows = 1};
    return kc_kmeans_run(ctx, &rows, o, &request, f, e);
}

/* Random labels, none of the k empty. */
static uint32_t *random_labels(struct kc_rng *r, size_t n, uint32_t k)
{
    uint32_t *l = malloc(n * sizeof *l);
    for (size_t i = 0; i < n; i++)
        l[i] = i < k ? (uint32_t)i : (uint32_t)kc_rng_below(r, k);
    return l;
}

static int near(double a, double b, double rel)
{
    return fabs(a - b) <= rel * (1 + fabs(b));
}

TEST(core_indices_equal_their_definitions)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 10, 0);
    struct kc_ctx ctx = data_ctx(3);
    struct kc_err e = KC_ERR_INIT;
    for (int round = 0; round < 40; round++) {
        size_t n = 3 + kc_rng_below(&r, 300), d = 1 + kc_rng_below(&r, 50);
        double spread = round % 4 == 0 ? 1e-3 : 0.8, loose = spread < 0.1 ? 1e-3 : 1e-6; /* where rounding shows */
        uint32_t ka = 2 + (uint32_t)kc_rng_below(&r, n / 2), kb = 2;
        float *x = data_clustered(&r, n, d, 4, spread);
        if (round % 5 == 0 && n > 10) /* duplicates */
            memcpy(x + d, x, d * sizeof *x);
        uint32_t *la = random_labels(&r, n, ka), *lb = random_labels(&r, n, kb);
        struct kc_space s = space_of(&ctx, x, n, d);
        double *each = malloc(n * sizeof *each), *mean = calloc(ka, sizeof *mean), *cluster = malloc(ka * sizeof *cluster);
        float *rows = malloc(n * sizeof *rows);
        struct kc_scored p[2] = {{.k = ka, .labels = la, .cluster_silhouette = cluster, .row_silhouette = rows},
                                 {.k = kb, .labels = lb}};
        CHECK(kc_index_score(&s, p, 2, &e) == 0);
        for (int q = 1; q >= 0; q--) {
            double want = kc_ref_silhouette(x, n, d, p[q].labels, p[q].k, each);
            CHECK_MSG(fabs(p[q].silhouette - want) < 2e-6, "silhouette %.9f, expected %.9f", p[q].silhouette, want);
            /* the twins take the rows as they are, of length 1 to within 6e-8 */
            CHECK(near(p[q].inertia, kc_ref_inertia(x, n, d, p[q].labels, p[q].k), 1e-6));
            CHECK(near(p[q].objective, kc_ref_objective(x, n, d, p[q].labels, p[q].k), 1e-6));
            CHECK(near(p[q].calinski_harabasz, kc_ref_calinski_harabasz(x, n, d, p[q].labels, p[q].k), loose));
            CHECK(near(p[q].davies_bouldin, kc_ref_davies_bouldin(x, n, d, p[q].labels, p[q].k), loose));
        }
        double *count = calloc(ka, sizeof *count);
        for (size_t i = 0; i < n; i++) { /* `each` is partition 0's now */
            CHECK_MSG(fabs((double)rows[i] - each[i]) < 1e-5, "row %zu: %f, expected %f", i, (double)rows[i], each[i]);
            mean[la[i]] += each[i];
            count[la[i]]++;
        }
        for (uint32_t c = 0; c < ka; c++)
            CHECK(fabs(cluster[c] - mean[c] / count[c]) < 1e-6);
        free(count);
        free(rows);
        free(cluster);
        free(mean);
        free(each);
        free(la);
        free(lb);
        free(x);
    }
    CHECK(e.code == KC_OK);
    kc_pool_free(ctx.pool);
}

static void best_init(struct kc_best *b, uint32_t k, size_t n)
{
    *b = (struct kc_best){.k = k, .labels = calloc(n, sizeof(uint32_t)), .own = calloc(n, sizeof(float)), .objective = -1};
}

static void best_free(struct kc_best *b)
{
    free(b->labels);
    free(b->own);
}

/* Both engines, from the same seeds, reach what plain Lloyd reaches. */
TEST(core_engines_equal_plain_lloyd)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 11, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    for (int round = 0; round < 30; round++) {
        size_t n = 20 + kc_rng_below(&r, 400), d = 2 + kc_rng_below(&r, 40);
        uint32_t k = 2 + (uint32_t)kc_rng_below(&r, 8);
        float *x = data_clustered(&r, n, d, 5, 0.7);
        struct kc_space s = space_of(&ctx, x, n, d);
        uint32_t *seeds = malloc(k * sizeof *seeds), *labels = malloc(n * sizeof *labels);
        struct kc_best b[2];
        struct kc_run_opts o = {1000, 0, 0, 0};
        CHECK(kc_seed_all(&s, (uint64_t)round, 1, k, seeds, &e) == 0);
        struct kc_run run = {.k = k, .seeds = seeds};
        double want = kc_ref_kmeans(x, n, d, seeds, k, labels);
        best_init(&b[0], k, n);
        best_init(&b[1], k, n);
        CHECK(kc_stack_run(&s, &run, 1, &o, &b[0], 1, &e) == 0);
        s.ldg = kc_gram_ld(n);
        float *g = aligned_alloc(64, (n * s.ldg * sizeof *g + 63) / 64 * 64);
        CHECK(kc_gram_build(&s, g, &e) == 0);
        s.gram = g;
        CHECK(kc_gram_run(&s, &run, 1, &o, &b[1], 1, &e) == 0);
        for (int q = 0; q < 2; q++)
            CHECK_MSG(near(b[q].objective, want, 1e-5), "%s: %.9f, expected %.9f (n %zu d %zu k %u)", q ? "gram" : "stack",
                      b[q].objective, want, n, d, k);
        /* and single-row moves never make it worse */
        run.polish = 1;
        CHECK(kc_gram_run(&s, &run, 1, &o, &b[1], 1, &e) == 0);
        CHECK(b[1].objective >= want * (1 - 1e-6));
        s.gram = NULL;
        CHECK(kc_stack_run(&s, &run, 1, &o, &b[0], 1, &e) == 0);
        CHECK(b[0].objective >= want * (1 - 1e-6));
        CHECK(near(b[0].objective, kc_ref_objective(x, n, d, b[0].labels, k), 1e-6));
        CHECK(near(b[1].objective, kc_ref_objective(x, n, d, b[1].labels, k), 1e-6));
        free(g);
        best_free(&b[0]);
        best_free(&b[1]);
        free(seeds);
        free(labels);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

TEST(core_seeds_are_distinct_and_nested)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 12, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    float *x = data_clustered(&r, 300, 8, 3, 1);
    for (size_t i = 0; i < 280; i++) /* 20 different rows at the end, the rest are copies of row 0 */
        memcpy(x + i * 8, x, 8 * sizeof *x);
    struct kc_space s = space_of(&ctx, x, 300, 8);
    uint32_t a[3 * 21], b[3 * 7];
    CHECK(kc_seed_all(&s, 5, 3, 21, a, &e) == 0);
    CHECK(kc_seed_all(&s, 5, 3, 7, b, &e) == 0);
    for (size_t q = 0; q < 3; q++)
        for (size_t i = 0; i < 21; i++) {
            for (size_t j = 0; j < i; j++)
                CHECK(memcmp(x + a[q * 21 + i] * 8, x + a[q * 21 + j] * 8, 8 * sizeof *x) != 0);
            CHECK(i >= 7 || a[q * 21 + i] == b[q * 7 + i]);
        }
    free(x);
    kc_pool_free(ctx.pool);
}

static void check_fit(const struct kc_clustering *f, const float *x, const struct kc_kmeans_opts *o)
{
    uint64_t *cnt = calloc(f->k, sizeof *cnt);
    size_t *first = malloc(f->k * sizeof *first);
    for (size_t i = f->n; i-- > 0;) {
        CHECK(f->labels[i] < f->k);
        cnt[f->labels[i]]++;
        first[f->labels[i]] = i;
    }
    for (uint32_t c = 0; c < f->k; c++) {
        CHECK(cnt[c] > 0 && cnt[c] == f->clusters[c].size);
        CHECK(c == 0 || cnt[c] < cnt[c - 1] || (cnt[c] == cnt[c - 1] && first[c] > first[c - 1]));
        CHECK(f->limit_broken || (cnt[c] >= o->min_size && (!o->max_size || cnt[c] <= o->max_size)));
        CHECK(f->labels[f->clusters[c].representative] == c);
    }
    double *each = malloc(f->n * sizeof *each);
    double sil = kc_ref_silhouette(x, f->n, f->d, f->labels, f->k, each);
    CHECK(f->k == 1 ? isnan(f->silhouette) : fabs(sil - f->silhouette) < 2e-6);
    if (!kc_kmeans_of(f)->merged && !kc_kmeans_of(f)->split) {
        for (size_t i = 0; f->margin && i < f->n; i++)
            CHECK(!(f->margin[i] < 0));
        struct kc_ctx ctx = data_ctx(1);
        struct kc_err e = KC_ERR_INIT;
        uint32_t *l = malloc(f->n * sizeof *l);
        float *sim = malloc(f->n * sizeof *sim);
        CHECK(kc_assign(&ctx, &(struct kc_rows){.n = f->n, .d = f->d, .x = x}, f->centroids, f->k, NULL, l, sim, NULL, &e) == 0);
        CHECK(memcmp(l, f->labels, f->n * sizeof *l) == 0);
        free(sim);
        free(l);
        kc_pool_free(ctx.pool);
    }
    free(each);
    free(first);
    free(cnt);
}

TEST(core_fit_is_the_same_for_any_threads)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 13, 0);
    static const unsigned threads[] = {1, 2, 3, 7};
    for (int round = 0; round < 6; round++) {
        size_t n = round < 3 ? 150 + kc_rng_below(&r, 400) : 900 + kc_rng_below(&r, 3000);
        size_t d = round < 3 ? 200 : 4 + kc_rng_below(&r, 20); /* the first three take the Gram path */
        float *x = data_clustered(&r, n, d, 6, 0.6);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f[4];
        o.k.max = 9;
        o.n_init = 3;
        o.min_size = round % 2 ? 5 : 1;
        for (int q = 0; q < 4; q++) {
            struct kc_ctx ctx = data_ctx(threads[q]);
            struct kc_err e = KC_ERR_INIT;
            CHECK(fit_run(&ctx, x, n, d, &o, &f[q], &e) == 0);
            CHECK(strcmp(f[q].path, round < 3 ? "gram" : "stacked") == 0);
            CHECK(f[q].k == f[0].k && f[q].silhouette == f[0].silhouette && f[q].inertia == f[0].inertia);
            CHECK(memcmp(f[q].labels, f[0].labels, n * sizeof *f[q].labels) == 0);
            CHECK(memcmp(f[q].centroids, f[0].centroids, f[q].k * d * sizeof(float)) == 0);
            CHECK(memcmp(f[q].similarity, f[0].similarity, n * sizeof(float)) == 0);
            CHECK(memcmp(f[q].margin, f[0].margin, n * sizeof(float)) == 0);
            CHECK(memcmp(f[q].row_silhouette, f[0].row_silhouette, n * sizeof(float)) == 0);
            CHECK(memcmp(kc_kmeans_of(&f[q])->sweep, kc_kmeans_of(&f[0])->sweep, kc_kmeans_of(&f[q])->nsweep * sizeof(struct kc_k_entry)) == 0);
            kc_pool_free(ctx.pool);
        }
        check_fit(&f[0], x, &o);
        for (int q = 0; q < 4; q++)
            kc_clustering_free(&f[q]);
        free(x);
    }
}

TEST(core_kernels_give_the_same_fit)
{
    static const char *const kernels[] = {"avx512", "avx2", "portable"};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 14, 0);
    const char *best = kc_la_kernel();
    float *x = data_clustered(&r, 300, 20, 5, 0.6);
    struct kc_clustering f[2];
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    o.n_init = 2;
    o.k.max = 8;
    CHECK(fit_run(&ctx, x, 300, 20, &o, &f[0], &e) == 0);
    for (size_t q = 0; q < sizeof kernels / sizeof *kernels; q++) {
        if (kc_la_kernel_force(kernels[q]) != 0)
            continue;
        CHECK(fit_run(&ctx, x, 300, 20, &o, &f[1], &e) == 0);
        CHECK(strcmp(kc_la_kernel(), kernels[q]) == 0);
        CHECK(f[0].k == f[1].k && f[0].silhouette == f[1].silhouette);
        CHECK(memcmp(f[0].labels, f[1].labels, 300 * sizeof *f[0].labels) == 0);
        CHECK(memcmp(f[0].centroids, f[1].centroids, f[0].k * 20 * sizeof(float)) == 0);
        kc_clustering_free(&f[1]);
    }
    CHECK(kc_la_kernel_force(best) == 0);
    kc_clustering_free(&f[0]);
    kc_pool_free(ctx.pool);
    free(x);
}

TEST(core_finds_planted_clusters)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 15, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    for (uint32_t k = 3; k < 12; k += 4) {
        float *x = data_clustered(&r, 600, 64, k, 0.4);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f;
        CHECK(fit_run(&ctx, x, 600, 64, &o, &f, &e) == 0);
        CHECK_MSG(f.k == k, "k = %u, planted %u", f.k, k);
        check_fit(&f, x, &o);
        kc_clustering_free(&f);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* More clusters never fit worse: what k has, the next k in the list starts from. Both engines, lists with and
 * without gaps. */
TEST(core_objective_rises_with_k)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 18, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    for (int round = 0; round < 8; round++) {
        size_t n = round % 2 ? 200 : 700, d = round % 2 ? 150 : 6;
        float *x = data_clustered(&r, n, d, 12, 1.0);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f;
        o.k = (struct kc_krange){2, 30, round < 4 ? 1 : 7, 0, 0, 0};
        o.n_init = 1;
        CHECK(fit_run(&ctx, x, n, d, &o, &f, &e) == 0);
        CHECK(kc_kmeans_of(&f)->nsweep == (round < 4 ? 29u : 5u));
        const struct kc_k_entry *sweep = kc_kmeans_of(&f)->sweep;
        for (size_t i = 1; i < kc_kmeans_of(&f)->nsweep; i++)
            CHECK_MSG(sweep[i].objective >= sweep[i - 1].objective * (1 - 1e-6), "k %u: %f, k %u: %f", sweep[i - 1].k,
                      sweep[i - 1].objective, sweep[i].k, sweep[i].objective);
        check_fit(&f, x, &o);
        kc_clustering_free(&f);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Too few different rows, one row, all the same; asked for or not. */
TEST(core_fit_with_few_distinct_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 16, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    static const struct {
        size_t n, distinct;
        uint64_t min, max;
        int given;
        uint32_t k;    /* expected; 0: any */
        int broken, warned;
    } cases[] = {
        {1, 1, 2, 20, 0, 1, 0, 1},  {1, 1, 2, 2, 1, 1, 1, 0},   {40, 1, 2, 20, 0, 1, 0, 1}, {40, 1, 1, 1, 1, 1, 0, 0},
        {40, 3, 5, 5, 1, 3, 1, 0},  {40, 3, 2, 20, 0, 0, 0, 1}, {40, 3, 3, 3, 1, 3, 0, 0},  {7, 7, 7, 7, 1, 7, 0, 0},
        {7, 7, 2, 20, 0, 0, 0, 1},  {2, 2, 2, 2, 1, 2, 0, 0},   {90, 5, 2, 9, 1, 5, 0, 1},
    };
    for (size_t q = 0; q < sizeof cases / sizeof *cases; q++) {
        size_t n = cases[q].n, d = 6;
        float *x = data_clustered(&r, n, d, 100, 1);
        for (size_t i = cases[q].distinct; i < n; i++)
            memcpy(x + i * d, x + i % cases[q].distinct * d, d * sizeof *x);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f;
        o.k.min = cases[q].min;
        o.k.max = cases[q].max;
        o.k_given = cases[q].given;
        CHECK(fit_run(&ctx, x, n, d, &o, &f, &e) == 0);
        CHECK_MSG(cases[q].k == 0 || f.k == cases[q].k, "case %zu: k = %u", q, f.k);
        CHECK_MSG(f.limit_broken == cases[q].broken, "case %zu: broken %d", q, f.limit_broken);
        CHECK_MSG((f.warnings.n > 0) == cases[q].warned, "case %zu: %zu warnings", q, f.warnings.n);
        check_fit(&f, x, &o);
        kc_clustering_free(&f);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Any limits that can hold together do, from any partition. */
TEST(core_size_limits_hold)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 17, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    float *x = data_clustered(&r, 200, 5, 7, 0.8);
    for (int round = 0; round < 400; round++) {
        size_t n = 1 + kc_rng_below(&r, 200);
        uint32_t k = 1 + (uint32_t)kc_rng_below(&r, n < 30 ? n : 30), before = k;
        uint64_t max = round % 3 ? 1 + kc_rng_below(&r, n) : 0, min = 1 + kc_rng_below(&r, max ? max : n);
        uint64_t ok = kc_sizes_feasible_min(n, min, max), merged, split;
        uint32_t *l = random_labels(&r, n, k);
        if (round % 4 == 0) /* one giant and crumbs */
            for (size_t i = k; i < n; i++)
                l[i] = 0;
        struct kc_space s = space_of(&ctx, x, n, 5);
        CHECK(ok >= 1 && ok <= min);
        CHECK(max == 0 || (n + max - 1) / max * ok <= n);
        CHECK(ok == min || max == 0 || (n + max - 1) / max * (ok + 1) > n);
        CHECK(kc_sizes_enforce(&s, l, &k, ok, max, &merged, &split, &e) == 0);
        uint64_t *cnt = calloc(k, sizeof *cnt);
        for (size_t i = 0; i < n; i++) {
            CHECK(l[i] < k);
            cnt[l[i]]++;
        }
        for (uint32_t c = 0; c < k; c++)
            CHECK_MSG(cnt[c] >= ok && (!max || cnt[c] <= max), "n %zu min %llu max %llu: a cluster of %llu", n,
                      (unsigned long long)ok, (unsigned long long)max, (unsigned long long)cnt[c]);
        CHECK(k == before - merged + split);
        free(cnt);
        free(l);
    }
    free(x);
    kc_pool_free(ctx.pool);
}

/* Equal rows can only be cut by count: into full parts, not row by row. */
TEST(core_equal_rows_split_evenly)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 20, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    struct kc_clustering f;
    float *x = data_clustered(&r, 1000, 8, 1, 0);
    o.max_size = 100;
    CHECK(fit_run(&ctx, x, 1000, 8, &o, &f, &e) == 0);
    CHECK_MSG(f.k <= 12, "%u clusters", f.k);
    CHECK(f.silhouette == 0);
    check_fit(&f, x, &o);
    kc_clustering_free(&f);
    free(x);
    kc_pool_free(ctx.pool);
}

/* Slow convergence: what the stored centroids say is what the labels are. */
TEST(core_labels_are_those_of_the_centroids)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 21, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    static const double tol[] = {1e-6, 0.01}, spread[] = {3, 1e-4};
    for (int q = 0; q < 4; q++) {
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        struct kc_clustering f;
        float *x = data_clustered(&r, 6000, 4, 5, spread[q / 2]);
        o.k = (struct kc_krange){8, 8, 1, 0, 0, 0};
        o.n_init = 1;
        o.tol = tol[q % 2];
        CHECK(fit_run(&ctx, x, 6000, 4, &o, &f, &e) == 0);
        for (size_t i = 0; i < f.n; i++)
            CHECK_MSG(!(f.margin[i] < 0), "row %zu: margin %g", i, (double)f.margin[i]);
        kc_clustering_free(&f);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

/* Equal clusters, all below the minimum, pair up; they do not all fall to the one that gets there first. */
TEST(core_small_clusters_do_not_snowball)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 19, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    uint32_t l[480], k = 24;
    uint64_t merged, split;
    float *x = data_clustered(&r, 480, 16, 24, 0.5);
    struct kc_space s = space_of(&ctx, x, 480, 16);
    struct kc_best b;
    uint32_t seeds[24];
    struct kc_run_opts o = {100, 0, 0, 0};
    best_init(&b, k, 480);
    CHECK(kc_seed_all(&s, 1, 1, k, seeds, &e) == 0);
    struct kc_run run = {.k = k, .seeds = seeds};
    CHECK(kc_stack_run(&s, &run, 1, &o, &b, 1, &e) == 0);
    memcpy(l, b.labels, sizeof l);
    CHECK(kc_sizes_enforce(&s, l, &k, 60, 0, &merged, &split, &e) == 0);
    CHECK_MSG(k >= 4, "%u clusters are left where eight are possible", k);
    best_free(&b);
    free(x);
    kc_pool_free(ctx.pool);
}

TEST(core_k_lists)
{
    uint32_t ks[64];
    struct kc_krange all = {2, 6, 1, 0, 0, 0}, step = {10, 41, 10, 0, 0, 0}, grow = {2, 100, 1, 1.5, 0, 0}, slow = {2, 6, 1, 1.01, 0, 0};
    CHECK(kc_krange_list(&all, 100, ks, 64) == 5 && ks[0] == 2 && ks[4] == 6);
    CHECK(kc_krange_list(&all, 4, ks, 64) == 3);
    CHECK(kc_krange_list(&all, 1, ks, 64) == 0);
    CHECK(kc_krange_list(&step, 100, ks, 64) == 4 && ks[3] == 40);
    CHECK(kc_krange_list(&slow, 100, ks, 64) == 5);
    struct kc_krange huge = {2, 20, 1, 1e30, 0, 0};
    CHECK(kc_krange_list(&huge, 100, ks, 64) == 1 && ks[0] == 2);
    size_t n = kc_krange_list(&grow, 100, ks, 64);
    CHECK(n == 10 && ks[1] == 3 && ks[2] == 5 && ks[9] == 93);
    const struct kc_krange *const ranges[] = {&all, &step, &slow, &huge, &grow};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (uint64_t limit = 1; limit <= 100; limit += 33) { /* the same without a list */
            struct kc_ks got = kc_krange_sum(ranges[i], limit);
            n = kc_krange_list(ranges[i], limit, ks, 64);
            CHECK(got.n == n && got.max == (n ? ks[n - 1] : 0));
            for (size_t j = 0; j < n; j++)
                got.sum -= ks[j];
            CHECK(got.sum == 0);
        }
}

TEST(core_choice_of_k)
{
    struct kc_k_entry s[4] = {{.k = 2, .silhouette = 0.2, .calinski_harabasz = 9, .davies_bouldin = 2},
                              {.k = 3, .silhouette = 0.3, .calinski_harabasz = 8, .davies_bouldin = 1},
                              {.k = 4, .silhouette = 0.3, .calinski_harabasz = 7, .davies_bouldin = 0.5},
                              {.k = 5, .silhouette = NAN, .calinski_harabasz = NAN, .davies_bouldin = NAN}};
    enum kc_index by;
    CHECK(kc_ksweep_best(s, 4, KC_INDEX_SILHOUETTE) == 1);
    CHECK(kc_ksweep_best(s, 4, KC_INDEX_CALINSKI_HARABASZ) == 0);
    CHECK(kc_ksweep_best(s, 4, KC_INDEX_DAVIES_BOULDIN) == 2);
    CHECK(kc_ksweep_best(s + 3, 1, KC_INDEX_SILHOUETTE) == 0);
    CHECK(kc_index_by_name("davies-bouldin", &by) == 0 && by == KC_INDEX_DAVIES_BOULDIN);
    CHECK(kc_index_by_name("silhouettes", &by) == -1);
}
