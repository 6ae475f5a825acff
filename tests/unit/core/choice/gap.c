/* The gap statistic against its formula, with the same draws and the same sweeps. */
#include "core/choice/gap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/choice/references.h"
#include "core/choice/sample.h"
#include "core/judge/rules.h"
#include "core/kmeans/sweep.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

enum { KS = 6, MOST_REFERENCES = 8 };

/* Set tight (nk) to ln W of the best partitions of rows x (n, d); NAN for k above the number of different rows. */
static void measure_naively(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, const uint32_t *ks,
                            const struct kc_kmeans_opts *fit, double *tight)
{
    struct kc_space s = {.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
    struct kc_err e = KC_ERR_INIT;
    struct kc_sweep sweep = {0};
    uint64_t distinct;
    size_t nk = 0;
    CHECK(kc_choose_distinct(&s.rows, n, &distinct, &e) == 0);
    for (; nk < KS && ks[nk] <= distinct; nk++)
        ;
    if (nk > 0)
        CHECK(kc_sweep_run(&s, ks, nk, fit, &sweep, &e) == 0);
    for (size_t i = 0; i < KS; i++) {
        const double w = i < nk ? kc_ref_inertia(x, n, d, sweep.best[i].labels, ks[i]) : NAN;
        tight[i] = log(w);
    }
    kc_sweep_free(&sweep);
}

/* Compute the gaps (KS) and their errors. */
static void gap_naively(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, const uint32_t *ks,
                        const struct kc_gap_opts *o, double *gap, double *error)
{
    const struct kc_rows rows = kc_rows_memory(x, n, d);
    struct kc_err e = KC_ERR_INIT;
    struct kc_drawn drawn;
    struct kc_references r;
    double own[KS], tight[MOST_REFERENCES][KS];
    CHECK(kc_drawn_make(&rows, o->fit->seed, o->most, &drawn, &e) == 0);
    const struct kc_rows some = kc_rows_memory(drawn.x, drawn.n, d);
    float *y = aligned_alloc(64, (drawn.n * d * sizeof *y + 63) / 64 * 64);
    measure_naively(ctx, drawn.x, drawn.n, d, ks, o->fit, own);
    CHECK(kc_references_make(&some, o->fit->seed, &r, &e) == 0);
    for (unsigned b = 0; b < o->references; b++) {
        CHECK(kc_references_draw(ctx, &r, b, y, &e) == 0);
        measure_naively(ctx, y, drawn.n, d, ks, o->fit, tight[b]);
    }
    for (size_t i = 0; i < KS; i++) {
        double mean = 0, spread = 0;
        for (unsigned b = 0; b < o->references; b++)
            mean += tight[b][i] / o->references;
        for (unsigned b = 0; b < o->references; b++)
            spread += (tight[b][i] - mean) * (tight[b][i] - mean) / o->references;
        gap[i] = mean - own[i];
        error[i] = sqrt(spread) * sqrt(1 + 1.0 / o->references);
    }
    kc_references_free(&r);
    kc_drawn_free(&drawn);
    free(y);
}

static void make_entries(struct kc_k_entry *e, const uint32_t *ks)
{
    for (size_t i = 0; i < KS; i++)
        e[i] = kc_k_entry_of(ks[i], 0, 0);
}

static int is_near(double a, double b)
{
    return isnan(b) ? isnan(a) : fabs(a - b) < 2e-5;
}

TEST(gaps_are_the_formula)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 450, 0);
    for (unsigned t = 0; t < 10; t++) {
        const size_t n = 40 + kc_rng_below(&r, 200), d = 2 + kc_rng_below(&r, 12);
        const uint32_t ks[KS] = {t % 3 ? 2 : 1, 3, 4, 6, 9, 14};
        const struct kc_ks all = {KS, ks[KS - 1], 36 + ks[0]};
        float *x = data_clustered(&r, n, d, 4, 0.7);
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        fit.n_init = 1 + t % 2;
        fit.seed = 3 + t;
        const struct kc_gap_opts o = {&fit, 1 + t % MOST_REFERENCES, t % 4 == 3 ? n / 2 : 1000};
        struct kc_k_entry e[2][KS];
        double gap[KS], error[KS];
        for (unsigned i = 0; i < 2; i++) {
            struct kc_ctx ctx = data_ctx(1 + 2 * i);
            struct kc_err err = KC_ERR_INIT;
            const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
            make_entries(e[i], ks);
            uint64_t most, before = kc_mem_held(&most, 1);
            CHECK_MSG(kc_gap_run(&s, &o, e[i], KS, &err) == 0, "%s", err.msg);
            (void)kc_mem_held(&most, 0);
            const uint64_t says = kc_gap_bytes(n, d, &all, &o, kc_pool_threads(ctx.pool));
            CHECK_MSG(most - before <= says + 16384, "n %zu, d %zu: held %llu, said %llu", n, d,
                      (unsigned long long)(most - before), (unsigned long long)says);
            if (i == 0)
                gap_naively(&ctx, x, n, d, ks, &o, gap, error);
            kc_pool_free(ctx.pool);
        }
        for (size_t i = 0; i < KS; i++) {
            CHECK_MSG(is_near(e[0][i].gap, gap[i]), "set %u, k %u: gap %g, not %g", t, ks[i], e[0][i].gap, gap[i]);
            CHECK_MSG(is_near(e[0][i].gap_error, error[i]), "set %u, k %u: error %g, not %g", t, ks[i], e[0][i].gap_error,
                      error[i]);
            CHECK(o.references > 1 || e[0][i].gap_error <= 0);
            CHECK(e[0][i].gap <= e[1][i].gap && e[0][i].gap >= e[1][i].gap &&
                  e[0][i].gap_error <= e[1][i].gap_error && e[0][i].gap_error >= e[1][i].gap_error);
        }
        free(x);
    }
}

/* Few different rows: as many clusters leave nothing within them, whatever rounding says; for more there is no gap. */
TEST(gaps_of_few_different_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 451, 0);
    struct kc_ctx ctx = data_ctx(2);
    for (unsigned t = 0; t < 8; t++) {
        enum { N = 90, D = 24 };
        const uint32_t ks[KS] = {2, 3, 4, 5, 6, 7};
        const size_t distinct = 3 + t % 3;
        float *x = data_clustered(&r, N, D, 40, 1);
        for (size_t i = distinct; i < N; i++)
            memcpy(x + i * D, x + i % distinct * D, D * sizeof *x);
        const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, N, D), .n = N, .d = D};
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        struct kc_k_entry e[KS];
        struct kc_err err = KC_ERR_INIT;
        const struct kc_gap_opts o = {&fit, 4, 1000};
        fit.n_init = 1;
        make_entries(e, ks);
        CHECK(kc_gap_run(&s, &o, e, KS, &err) == 0);
        for (size_t i = 0; i < KS; i++)
            CHECK_MSG(isnan(e[i].gap) == (ks[i] > distinct), "%zu rows, k %u: %g", distinct, ks[i], e[i].gap);
        CHECK(ks[kc_rule_gap(e, KS)] == distinct);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

TEST(gap_chooses_planted_clusters)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 452, 0);
    struct kc_ctx ctx = data_ctx(2);
    const uint32_t ks[KS] = {1, 2, 3, 4, 5, 6};
    for (size_t planted = 1; planted < 6; planted += 2) {
        enum { N = 300, D = 16 };
        float *x = data_clustered(&r, N, D, planted, planted == 1 ? 1 : 0.3);
        const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, N, D), .n = N, .d = D};
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        struct kc_k_entry e[KS];
        struct kc_err err = KC_ERR_INIT;
        const struct kc_gap_opts o = {&fit, 6, 1000};
        fit.n_init = 3;
        make_entries(e, ks);
        CHECK(kc_gap_run(&s, &o, e, KS, &err) == 0);
        CHECK_MSG(ks[kc_rule_gap(e, KS)] == planted, "%zu planted, %u chosen", planted, ks[kc_rule_gap(e, KS)]);
        free(x);
    }
    kc_pool_free(ctx.pool);
}
