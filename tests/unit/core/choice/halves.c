/* Fits of halves against a twin that takes the same halves and the same fits, but counts rows and pairs of rows. */
#include "core/choice/halves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/choice/graph_of.h"
#include "core/cluster/weights.h"
#include "core/graph/modularity.h"
#include "core/kmeans/sweep.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

enum { KS = 6 };

/* Draw the halves of a split: rows (m) of each, rising. */
static void draw_halves(uint64_t seed, unsigned split, size_t n, size_t m, uint32_t *row[2])
{
    struct kc_rng r = kc_rng_stream(seed, KC_RNG_HALVES, split, n);
    size_t have[2] = {0, 0};
    for (size_t i = 0; i < n && have[0] + have[1] < 2 * m; i++) {
        const size_t left = 2 * m - have[0] - have[1];
        if (kc_rng_below(&r, n - i) < left) {
            const int second = kc_rng_below(&r, left) >= m - have[0];
            row[second][have[second]++] = (uint32_t)i;
        }
    }
    CHECK(have[0] == m && have[1] == m);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            CHECK(row[0][i] != row[1][j] && (j <= i || (row[0][j] > row[0][i] && row[1][j] > row[1][i])));
}

/* A half of the twin. */
struct half {
    uint32_t *row;
    float *x;
    double *w;
    float *centres; /* (k, d) for each k, one after the other */
    size_t nk;
    struct kc_sweep sweep;
};

/* Fit a half for each k that it has rows for. */
static void fit_half(const struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_kmeans_opts *fit, size_t m,
                     struct half *h)
{
    struct kc_err e = KC_ERR_INIT;
    const size_t d = s->d;
    size_t columns = 0;
    double *sums = malloc(ks[nk - 1] * d * sizeof *sums);
    uint64_t *counts = malloc(ks[nk - 1] * sizeof *counts), distinct;
    h->x = malloc(m * d * sizeof *h->x);
    for (size_t i = 0; i < m; i++)
        memcpy(h->x + i * d, s->rows.x + h->row[i] * d, d * sizeof *h->x);
    CHECK(kc_weights_pick(s->w, h->row, m, &h->w, &e) == 0);
    struct kc_space own = {.ctx = s->ctx, .rows = kc_rows_memory(h->x, m, d), .n = m, .d = d, .w = h->w, .one = s->one};
    CHECK(kc_choose_distinct(&own.rows, m, &distinct, &e) == 0);
    for (h->nk = 0; h->nk < nk && ks[h->nk] <= distinct; h->nk++)
        columns += ks[h->nk];
    h->centres = malloc((columns * d + 1) * sizeof *h->centres);
    h->sweep = (struct kc_sweep){0};
    if (h->nk > 0)
        CHECK(kc_sweep_run(&own, ks, h->nk, fit, &h->sweep, &e) == 0 &&
              kc_sweep_centres(&own, h->sweep.best, h->nk, sums, counts, h->centres, &e) == 0);
    free(counts);
    free(sums);
}

/* Return the agreement of two labellings of k clusters. */
static double compare_labels(const uint32_t *a, const uint32_t *b, uint32_t k, size_t n)
{
    struct kc_agreement g;
    kc_ref_agreement(a, k, b, k, n, &g);
    return g.same ? 1 : g.ami;
}

/* Compute what kc_halves_run does: entry (nk). Check the figures of each half's own clusters. */
static void split_naively(const struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_halves_opts *o,
                          const struct kc_halves *out, struct kc_halves_entry *entry)
{
    const size_t m = s->n / 2 < o->most ? s->n / 2 : o->most, d = s->d;
    struct kc_err e = KC_ERR_INIT;
    uint32_t *labels = malloc(m * sizeof *labels);
    double *each = malloc(m * sizeof *each), work[2 * 200];
    memset(entry, 0, nk * sizeof *entry);
    for (unsigned split = 0; split < o->splits; split++) {
        struct half h[2] = {{.row = malloc(m * sizeof *h[0].row)}, {.row = malloc(m * sizeof *h[1].row)}};
        draw_halves(o->fit->seed, split, s->n, m, (uint32_t *[2]){h[0].row, h[1].row});
        fit_half(s, ks, nk, o->fit, m, &h[0]);
        fit_half(s, ks, nk, o->fit, m, &h[1]);
        for (int q = 0; q < 2; q++) {
            struct kc_affinity graph;
            size_t column = 0;
            CHECK(kc_graph_of(s->ctx, o->original ? o->original : &s->rows, h[q].row, m, &graph, &e) == 0);
            for (size_t i = 0; i < nk; column += ks[i], i++) {
                const double *silhouette = out->silhouette + (2 * split + (unsigned)q) * nk + i,
                             *modularity = out->modularity + (2 * split + (unsigned)q) * nk + i;
                if (i < h[q].nk && o->judge) {
                    const uint32_t *own = h[q].sweep.best[i].labels;
                    CHECK(s->w || fabs(*silhouette - kc_ref_silhouette(h[q].x, m, d, own, ks[i], each)) < 2e-6 || ks[i] < 2);
                    CHECK(fabs(*modularity - kc_modularity(&graph, own, ks[i], work)) < 1e-12);
                } else {
                    CHECK(isnan(*silhouette) && isnan(*modularity));
                }
                if (i >= h[q].nk || i >= h[1 - q].nk) {
                    entry[i].stability = entry[i].strength = NAN;
                    continue;
                }
                for (size_t t = 0; t < m; t++) { /* by the centroids of the other half */
                    float out_of[200];
                    kc_ref_product(h[q].x + t * d, 1, d, h[1 - q].centres + column * d, ks[i], out_of, 1);
                    labels[t] = 0;
                    for (uint32_t c = 1; c < ks[i]; c++)
                        labels[t] = out_of[c] > out_of[labels[t]] ? c : labels[t];
                }
                entry[i].stability += compare_labels(h[q].sweep.best[i].labels, labels, ks[i], m) / (2 * o->splits);
                entry[i].strength += kc_ref_strength(h[q].sweep.best[i].labels, ks[i], labels, m) / (2 * o->splits);
            }
            kc_affinity_free(&graph);
        }
        for (int q = 0; q < 2; q++) {
            kc_sweep_free(&h[q].sweep);
            kc_mem_free(h[q].w);
            free(h[q].centres);
            free(h[q].x);
            free(h[q].row);
        }
    }
    free(each);
    free(labels);
}

static int is_near(double a, double b)
{
    return isnan(b) ? isnan(a) : fabs(a - b) < 1e-9;
}

TEST(halves_are_those_of_the_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 430, 0);
    int none = 0, judged = 0;
    for (unsigned t = 0; t < 16; t++) {
        const size_t n = t < 4 ? 9 + t : 40 + kc_rng_below(&r, 260), d = 2 + kc_rng_below(&r, 20), od = d + 5;
        float *x = data_clustered(&r, n, d, 4, 0.6), *z = data_clustered(&r, n, od, 4, 0.6);
        for (size_t i = 1; t % 4 == 3 && i < n; i++) /* equal rows: some halves have too few different ones */
            memcpy(x + i * d, x + kc_rng_below(&r, i < 12 ? i : 12) * d, d * sizeof *x);
        double *w = t % 5 == 4 ? data_weights(&r, n, DATA_COUNTS) : NULL;
        const uint32_t ks[KS] = {t % 3 ? 2 : 1, 3, 4, 5, 8, 13};
        const struct kc_ks all = {KS, ks[KS - 1], 33 + ks[0]};
        const struct kc_rows original = kc_rows_memory(z, n, od);
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        fit.n_init = 2;
        fit.sample = t % 2 ? 7 : 0; /* not honoured: halves are small */
        fit.seed = 7 + t;
        struct kc_halves_opts o = {&fit, t % 4 == 1 ? &original : NULL, 1 + t % 3, t % 2 == 0 || t % 4 == 1,
                                   t % 3 == 2 ? n / 3 : 1000};
        struct kc_halves out[2];
        struct kc_halves_entry want[KS];
        for (unsigned i = 0; i < 2; i++) {
            struct kc_ctx ctx = data_ctx(1 + 2 * i);
            struct kc_err e = KC_ERR_INIT;
            const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d, .w = w, .one = 1};
            uint64_t most, before = kc_mem_held(&most, 1);
            CHECK_MSG(kc_halves_run(&s, ks, KS, &o, &out[i], &e) == 0, "%s", e.msg);
            (void)kc_mem_held(&most, 0);
            const uint64_t says = kc_halves_bytes(n, d, o.original ? od : d, &all, &o, w != NULL, kc_pool_threads(ctx.pool));
            /* Halves with fewer k than there are may be swept by the other engine, which needs some kilobytes more. */
            CHECK_MSG(most - before <= says + (t % 4 == 3 ? 65536 : 16384), "n %zu, d %zu: held %llu, said %llu", n, d,
                      (unsigned long long)(most - before), (unsigned long long)says);
            if (i == 0) {
                struct kc_kmeans_opts whole = fit;
                struct kc_halves_opts twin = o;
                whole.sample = 0;
                twin.fit = &whole;
                split_naively(&s, ks, KS, &twin, &out[0], want);
            }
            kc_pool_free(ctx.pool);
        }
        CHECK(out[0].nk == KS && out[0].halves == 2 * o.splits && out[0].rows == (n / 2 < o.most ? n / 2 : o.most));
        for (size_t i = 0; i < KS; i++) {
            CHECK_MSG(is_near(out[0].entry[i].stability, want[i].stability), "set %u, k %u: stability %.12g, not %.12g", t,
                      ks[i], out[0].entry[i].stability, want[i].stability);
            CHECK_MSG(is_near(out[0].entry[i].strength, want[i].strength), "set %u, k %u: strength %.12g, not %.12g", t,
                      ks[i], out[0].entry[i].strength, want[i].strength);
            CHECK(ks[i] <= out[0].rows || isnan(out[0].entry[i].stability));
            none += isnan(want[i].stability);
            judged += !isnan(want[i].stability);
        }
        const size_t figures = out[0].halves * KS * sizeof(double);
        CHECK(memcmp(out[0].entry, out[1].entry, KS * sizeof *out[0].entry) == 0 &&
              memcmp(out[0].silhouette, out[1].silhouette, figures) == 0 &&
              memcmp(out[0].modularity, out[1].modularity, figures) == 0);
        kc_halves_free(&out[0]);
        kc_halves_free(&out[1]);
        free(w);
        free(z);
        free(x);
    }
    CHECK(none > 5 && judged > 40);
}

/* Planted clusters come back; what has none does not. */
TEST(halves_tell_planted_clusters)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 431, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    enum { N = 400, D = 16 };
    const uint32_t ks[] = {2, 3, 4, 5, 6, 9};
    for (int planted = 0; planted < 2; planted++) {
        float *x = data_clustered(&r, N, D, planted ? 5 : 1, planted ? 0.2 : 20);
        const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, N, D), .n = N, .d = D};
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        fit.n_init = 3;
        const struct kc_halves_opts o = {&fit, NULL, 3, 0, 2000};
        struct kc_halves h;
        CHECK(kc_halves_run(&s, ks, KS, &o, &h, &e) == 0);
        for (size_t i = 0; i < KS; i++) {
            CHECK(h.entry[i].stability <= 1 + 1e-12 && h.entry[i].strength >= 0 && h.entry[i].strength <= 1);
            CHECK_MSG(planted ? (h.entry[i].stability > 0.99) >= (ks[i] == 5) : h.entry[i].stability < 0.7,
                      "planted %d, k %u: %g", planted, ks[i], h.entry[i].stability);
            CHECK_MSG(planted ? ks[i] < 6 || h.entry[i].strength < 0.8 : h.entry[i].strength < 0.8, "planted %d, k %u: %g",
                      planted, ks[i], h.entry[i].strength);
        }
        CHECK(!planted || h.entry[3].strength > 0.95);
        kc_halves_free(&h);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

TEST(strength_of_known_tables)
{
    struct kc_err e = KC_ERR_INIT;
    const uint32_t own[] = {0, 0, 0, 0, 1, 1, 2, 3}, other[] = {0, 0, 0, 1, 2, 2, 2, 0}, apart[] = {0, 1, 2, 3, 0, 1, 0, 0};
    struct kc_table t;
    CHECK(kc_table_build(&t, own, 4, other, 3, 8, &e) == 0);
    CHECK(fabs(kc_halves_strength(&t) - 0.5) < 1e-15); /* 3 of 6 pairs of the first; 2 and 3 have no pairs */
    kc_table_free(&t);
    CHECK(kc_table_build(&t, own, 4, apart, 4, 8, &e) == 0);
    CHECK(kc_halves_strength(&t) <= 0);
    kc_table_free(&t);
    CHECK(kc_table_build(&t, apart, 4, own, 4, 1, &e) == 0);
    CHECK(kc_halves_strength(&t) >= 1); /* no pairs at all */
    kc_table_free(&t);
}
