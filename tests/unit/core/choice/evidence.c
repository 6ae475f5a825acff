/* What the judge of algorithms computes, in whole fits, and what of it follows from the labels of each k. */
#include "core/choice/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/choice/gap.h"
#include "core/choice/graph_of.h"
#include "core/choice/halves.h"
#include "core/choice/sample.h"
#include "core/graph/modularity.h"
#include "core/judge/index.h"
#include "core/judge/indices.h"
#include "core/kmeans/kmeans.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

/* Return the modularity by its definition: over all pairs of rows, their weight less what their degrees make likely. */
static double compute_modularity(const struct kc_affinity *a, const uint32_t *labels)
{
    double *w = calloc(a->n * a->n, sizeof *w), total = 0, sum = 0;
    for (size_t i = 0; i < a->n; i++)
        for (size_t p = a->first[i]; p < a->first[i + 1]; p++) {
            w[i * a->n + a->id[p]] = (double)a->weight[p];
            total += (double)a->weight[p];
        }
    for (size_t i = 0; i < a->n; i++)
        for (size_t j = 0; j < a->n; j++)
            if (labels[i] == labels[j] && (labels[i] != KC_NOISE || i == j))
                sum += w[i * a->n + j] / total - a->degree[i] / total * a->degree[j] / total;
    free(w);
    return sum;
}

TEST(macro_silhouette_is_the_mean_over_clusters)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 480, 0);
    struct kc_ctx ctx = data_ctx(2);
    for (int t = 0; t < 10; t++) {
        const size_t n = 30 + kc_rng_below(&r, 200), d = 2 + kc_rng_below(&r, 20);
        const uint32_t k = t == 0 ? 1 : 2 + (uint32_t)kc_rng_below(&r, 9);
        float *x = data_clustered(&r, n, d, 5, 0.5);
        uint32_t *labels = malloc(n * sizeof *labels);
        double each[300], own[16], sum[16] = {0}, count[16] = {0}, macro = 0;
        for (size_t i = 0; i < n; i++) /* sizes that differ: the mean over rows is another one */
            labels[i] = i < k ? (uint32_t)i : (uint32_t)(k * pow(kc_rng_unit(&r), 3));
        const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
        struct kc_scored p = {.k = k, .labels = labels, .cluster_silhouette = own};
        struct kc_k_entry e = kc_k_entry_of(k, n, 0), none = e;
        struct kc_err err = KC_ERR_INIT;
        CHECK(kc_index_score(&s, &p, 1, &err) == 0);
        kc_scored_fill(&p, &e);
        p.cluster_silhouette = NULL;
        kc_scored_fill(&p, &none);
        CHECK(isnan(none.macro_silhouette) && isnan(e.merit) && e.k == k && e.rows == n);
        CHECK(k < 2 ? isnan(e.silhouette) : e.silhouette <= p.silhouette && e.silhouette >= p.silhouette);
        CHECK(e.inertia <= p.inertia && e.inertia >= p.inertia && none.inertia <= p.inertia);
        CHECK(e.objective <= p.objective && e.objective >= p.objective);
        CHECK(k < 2 || (e.calinski_harabasz >= p.calinski_harabasz && e.davies_bouldin >= p.davies_bouldin));
        (void)kc_ref_silhouette(x, n, d, labels, k, each);
        for (size_t i = 0; i < n; i++) {
            sum[labels[i]] += each[i];
            count[labels[i]]++;
        }
        for (uint32_t c = 0; c < k; c++)
            macro += sum[c] / count[c] / k;
        CHECK_MSG(k < 2 ? isnan(e.macro_silhouette) : fabs(e.macro_silhouette - macro) < 2e-6, "k %u: %g, not %g", k,
                  e.macro_silhouette, macro);
        free(labels);
        free(x);
    }
    kc_pool_free(ctx.pool);
}

TEST(graph_of_some_rows_is_theirs_alone)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 481, 0);
    const size_t sizes[] = {1, 2, 3, 30, 31, 32, 200};
    for (size_t t = 0; t < sizeof sizes / sizeof *sizes; t++) {
        const size_t m = sizes[t], n = m + 40, d = 12;
        float *x = data_clustered(&r, n, d, 4, 0.5), *y = malloc(m * d * sizeof *y);
        uint32_t *row = malloc(m * sizeof *row), labels[200];
        kc_drawn_numbers(n, t, m, row);
        for (size_t i = 0; i < m; i++)
            memcpy(y + i * d, x + row[i] * d, d * sizeof *x);
        const struct kc_rows rows = kc_rows_memory(x, n, d), some = kc_rows_memory(y, m, d);
        struct kc_ctx ctx = data_ctx(1 + (unsigned)t % 3);
        struct kc_err e = KC_ERR_INIT;
        struct kc_affinity a, b;
        double work[10], *w = malloc(m * m * sizeof *w), worst = 0;
        uint64_t most, before = kc_mem_held(&most, 1);
        CHECK(kc_graph_of(&ctx, &rows, row, m, &a, &e) == 0);
        (void)kc_mem_held(&most, 0);
        CHECK(most - before <= kc_graph_of_bytes(m, d, kc_pool_threads(ctx.pool)) + 4096);
        CHECK(kc_graph_of(&ctx, &some, NULL, m, &b, &e) == 0);
        CHECK(a.n == m && b.n == m && memcmp(a.first, b.first, (m + 1) * sizeof *a.first) == 0 &&
              memcmp(a.id, b.id, a.first[m] * sizeof *a.id) == 0 &&
              memcmp(a.weight, b.weight, a.first[m] * sizeof *a.weight) == 0);
        CHECK(m > 31 || a.parts == 1); /* all are neighbours */
        if (a.parts == 1 && m > 1) { /* nothing was joined: the weights are those of the definition */
            kc_ref_affinity(y, m, d, (uint32_t)(m > 30 ? 30 : m - 1), w);
            for (size_t i = 0; i < m; i++)
                for (size_t p = a.first[i]; p < a.first[i + 1]; p++)
                    worst = fmax(worst, fabs((double)a.weight[p] - w[i * m + a.id[p]]));
            CHECK_MSG(worst < 1e-3, "%zu rows: off by %g", m, worst);
        }
        for (size_t i = 0; i < m; i++)
            labels[i] = kc_rng_below(&r, 6) == 0 ? KC_NOISE : (uint32_t)kc_rng_below(&r, 5);
        if (m > 1)
            CHECK(fabs(kc_modularity(&a, labels, 5, work) - compute_modularity(&a, labels)) < 1e-6);
        kc_affinity_free(&a);
        kc_affinity_free(&b);
        kc_pool_free(ctx.pool);
        free(w);
        free(row);
        free(y);
        free(x);
    }
}

/* Fit with the judge; check the memory. */
static struct kc_clustering fit(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *o,
                                const struct kc_rows *original)
{
    const struct kc_request request = {.judge = &kc_choice_judge, .original = original};
    struct kc_err e = KC_ERR_INIT;
    struct kc_clustering f;
    uint64_t most, before = kc_mem_held(&most, 1);
    CHECK_MSG(kc_kmeans_run(ctx, rows, o, &request, &f, &e) == 0, "%s", e.msg);
    (void)kc_mem_held(&most, 0);
    const uint64_t says = kc_kmeans_bytes(rows->n, rows->d, rows->x != NULL, o, &request, kc_pool_threads(ctx->pool));
    CHECK_MSG(most - before <= says + 16384, "n %zu, d %zu: held %llu, said %llu", rows->n, rows->d,
              (unsigned long long)(most - before), (unsigned long long)says);
    return f;
}

/* The judge's figures of a sweep are functions of seed and k: a fit of one k has the labels that were judged. */
TEST(auto_chooses_planted_clusters)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 482, 0);
    for (unsigned t = 0; t < 4; t++) {
        enum { D = 16 };
        const size_t n = 240 + kc_rng_below(&r, 100);
        const uint32_t planted = 3 + t;
        float *x = data_clustered(&r, n, D, planted, 0.25), *z = t == 2 ? data_clustered(&r, n, D, planted, 0.25) : NULL;
        const struct kc_rows rows = kc_rows_memory(x, n, D), original = kc_rows_memory(z, n, D);
        struct kc_ctx ctx = data_ctx(1 + t % 3), other = data_ctx(3);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        o.k = (struct kc_krange){.min = 2, .max = 9, .step = 1};
        o.k_by = KC_INDEX_AUTO;
        o.evidence = t == 1 ? KC_EVIDENCE_GAP : 0;
        struct kc_clustering f = fit(&ctx, &rows, &o, t == 2 ? &original : NULL), g;
        const struct kc_ksweep *s = f.ksweep;
        double support = 0, worst = 0;
        CHECK(s && s->n == 8 && s->by == KC_INDEX_AUTO);
        CHECK_MSG(t == 2 || (s->selected == planted && f.k == planted), "%u planted, %u chosen", planted, f.k);
        for (size_t i = 0; s && i < s->n; i++) {
            const struct kc_k_entry *e = &s->entry[i];
            support += e->support;
            CHECK(e->rows == n && e->modularity < 1 && e->stability <= 1 + 1e-12 && e->strength <= 1 && e->support >= 0);
            CHECK(!isnan(e->merit) && !isnan(e->halves_silhouette) && !isnan(e->halves_modularity));
            CHECK(isnan(e->gap) == (t != 1) && isnan(e->gap_error) == (t != 1));
            CHECK(t == 2 || e->k != planted || (e->stability > 0.95 && e->strength > 0.8));
        }
        CHECK_MSG(fabs(support - 1) < 1e-9, "support of all k: %g", support);
        g = fit(&other, &rows, &o, t == 2 ? &original : NULL); /* other threads, the same bytes */
        CHECK(g.ksweep && memcmp(g.ksweep->entry, s->entry, s->n * sizeof *s->entry) == 0);
        kc_clustering_free(&g);
        /* The modularity of the clusters that were chosen, whose labels are known. */
        struct kc_affinity a;
        struct kc_err e = KC_ERR_INIT;
        double work[2 * 16];
        CHECK(kc_graph_of(&ctx, t == 2 ? &original : &rows, NULL, n, &a, &e) == 0);
        for (size_t i = 0; i < s->n; i++)
            if (s->entry[i].k == f.k) {
                worst = fabs(s->entry[i].modularity - kc_modularity(&a, f.labels, f.k, work));
                CHECK(fabs(s->entry[i].modularity - compute_modularity(&a, f.labels)) < 1e-6);
            }
        CHECK_MSG(worst < 1e-12, "modularity is off by %g", worst);
        kc_affinity_free(&a);
        kc_clustering_free(&f);
        kc_pool_free(other.pool);
        kc_pool_free(ctx.pool);
        free(z);
        free(x);
    }
}

/* Return the share of the halves whose own figures, combined, are best at the i-th k. */
static double count_votes(const struct kc_halves *h, const uint32_t *ks, size_t i)
{
    double votes = 0;
    for (size_t q = 0; q < h->halves; q++) {
        struct kc_k_entry own[8];
        for (size_t t = 0; t < h->nk; t++) {
            own[t] = kc_k_entry_of(ks[t], h->rows, 0);
            own[t].silhouette = h->silhouette[q * h->nk + t];
            own[t].modularity = h->modularity[q * h->nk + t];
        }
        kc_combine(own, h->nk);
        votes += kc_ksweep_best(own, h->nk, KC_INDEX_AUTO) == i;
    }
    return votes / h->halves;
}

/* One question to the judge, about labels of its own: modularities on the rows that are drawn, the other figures as
 * halves and gap compute them, votes by the halves' own figures. */
TEST(the_judge_computes_what_is_wanted)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 483, 0);
    enum { N = 180, D = 10, KS = 4 };
    const uint32_t ks[KS] = {2, 3, 5, 8};
    for (unsigned wanted = 0; wanted < KC_EVIDENCE_AUTO; wanted++) {
        float *x = data_clustered(&r, 2 * N, D, 5, 0.5), *z = data_clustered(&r, 2 * N, D + 3, 5, 0.5);
        uint32_t labels[KS][N], row[N], number[N], drawn[N];
        const uint32_t *all[KS];
        struct kc_k_entry entry[KS], plain[KS];
        struct kc_ctx ctx = data_ctx(2);
        struct kc_err e = KC_ERR_INIT;
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT, few = o;
        const int other = wanted % 3 == 1, part = wanted % 2 == 1;
        for (size_t i = 0; i < N; i++) /* every second row is in the space */
            row[i] = (uint32_t)(2 * i);
        const struct kc_rows whole = kc_rows_memory(z, 2 * N, D + 3), base = kc_rows_memory(x, 2 * N, D);
        const struct kc_space s = {.ctx = &ctx, .rows = kc_rows_pick(&base, row, N), .n = N, .d = D};
        for (size_t i = 0; i < KS; i++) {
            all[i] = labels[i];
            entry[i] = plain[i] = kc_k_entry_of(ks[i], N, 0);
            for (size_t t = 0; t < N; t++)
                labels[i][t] = (uint32_t)kc_rng_below(&r, ks[i]);
        }
        o.n_init = 3;
        struct kc_judging j = {.space = &s, .original = other ? &whole : NULL, .row = other ? row : NULL, .fit = &o,
                               .wanted = wanted, .most = part ? 100 : 0};
        CHECK_MSG(kc_choice_judge.run(&j, all, entry, KS, &e) == 0, "%s", e.msg);
        kc_choice_judge.end(&j);
        CHECK(!j.kept);
        const size_t m = part ? 100 : N;
        for (uint32_t i = 0; i < N; i++)
            drawn[i] = i;
        if (part)
            kc_drawn_numbers(N, o.seed, m, drawn);
        for (size_t i = 0; i < m; i++)
            number[i] = other ? row[drawn[i]] : drawn[i];
        if (wanted & KC_EVIDENCE_MODULARITY) {
            struct kc_affinity a;
            double work[2 * 8];
            CHECK(kc_graph_of(&ctx, other ? &whole : &s.rows, number, m, &a, &e) == 0);
            for (size_t i = 0; i < KS; i++) {
                uint32_t own[N];
                for (size_t t = 0; t < m; t++)
                    own[t] = labels[i][drawn[t]];
                CHECK(fabs(entry[i].modularity - kc_modularity(&a, own, ks[i], work)) < 1e-12);
            }
            kc_affinity_free(&a);
        }
        double support = 0;
        struct kc_halves h = {0};
        if (wanted & KC_EVIDENCE_HALVES) {
            struct kc_rows original = kc_rows_pick(&whole, row, N);
            few.n_init = 2;
            const struct kc_halves_opts ho = {&few, other ? &original : NULL, KC_CHOICE_SPLITS,
                                              wanted & KC_EVIDENCE_MODULARITY ? 1 : 0, KC_CHOICE_HALF};
            CHECK(kc_halves_run(&s, ks, KS, &ho, &h, &e) == 0);
        }
        if (wanted & KC_EVIDENCE_GAP) {
            few.n_init = 1;
            const struct kc_gap_opts go = {&few, KC_CHOICE_REFERENCES, KC_CHOICE_GAP_ROWS};
            CHECK(kc_gap_run(&s, &go, plain, KS, &e) == 0);
        }
        for (size_t i = 0; i < KS; i++) {
            double silhouette = 0, modularity = 0;
            CHECK(isnan(entry[i].modularity) == !(wanted & KC_EVIDENCE_MODULARITY));
            CHECK(isnan(entry[i].gap) == !(wanted & KC_EVIDENCE_GAP));
            CHECK(isnan(plain[i].gap) || (fabs(entry[i].gap - plain[i].gap) <= 0 &&
                                          fabs(entry[i].gap_error - plain[i].gap_error) <= 0));
            if (!h.entry) {
                CHECK(isnan(entry[i].stability) && isnan(entry[i].support));
                continue;
            }
            CHECK(fabs(entry[i].stability - h.entry[i].stability) <= 0 && fabs(entry[i].strength - h.entry[i].strength) <= 0);
            if (!(wanted & KC_EVIDENCE_MODULARITY)) {
                CHECK(isnan(entry[i].support) && isnan(entry[i].halves_silhouette));
                continue;
            }
            for (size_t q = 0; q < h.halves; q++) {
                silhouette += h.silhouette[q * KS + i] / h.halves;
                modularity += h.modularity[q * KS + i] / h.halves;
            }
            CHECK(fabs(entry[i].halves_silhouette - silhouette) < 1e-12);
            CHECK(fabs(entry[i].halves_modularity - modularity) < 1e-12);
            CHECK(fabs(entry[i].support - count_votes(&h, ks, i)) < 1e-12);
            support += entry[i].support;
        }
        CHECK(!h.entry || !(wanted & KC_EVIDENCE_MODULARITY) || fabs(support - 1) < 1e-12);
        kc_halves_free(&h);
        kc_pool_free(ctx.pool);
        free(z);
        free(x);
    }
}

/* Without a fit there are modularities only; a second question is answered from the same graph. */
TEST(the_judge_keeps_its_graph)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 484, 0);
    enum { N = 150, D = 8 };
    float *x = data_clustered(&r, N, D, 4, 0.5);
    struct kc_ctx ctx = data_ctx(1);
    struct kc_err e = KC_ERR_INIT;
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    const struct kc_space s = {.ctx = &ctx, .rows = rows, .n = N, .d = D};
    uint32_t labels[N];
    const uint32_t *all[1] = {labels};
    struct kc_affinity a;
    CHECK(kc_graph_of(&ctx, &rows, NULL, N, &a, &e) == 0);
    for (int given = 0; given < 2; given++) {
        struct kc_judging j = {.space = &s, .graph = given ? &a : NULL, .wanted = KC_EVIDENCE_ALL};
        uint64_t held = 0;
        for (uint32_t k = 2; k < 6; k++) {
            struct kc_k_entry entry = kc_k_entry_of(k, N, 0);
            double work[2 * 6];
            for (size_t i = 0; i < N; i++)
                labels[i] = (uint32_t)kc_rng_below(&r, k);
            CHECK(kc_choice_judge.run(&j, all, &entry, 1, &e) == 0);
            CHECK(fabs(entry.modularity - kc_modularity(&a, labels, k, work)) < 1e-12);
            CHECK(isnan(entry.stability) && isnan(entry.gap) && isnan(entry.support));
            CHECK(k == 2 || kc_mem_held(&held, 0) > 0);
        }
        kc_choice_judge.end(&j);
        CHECK(!j.kept);
    }
    kc_affinity_free(&a);
    kc_pool_free(ctx.pool);
    free(x);
}

/* Fits of few rows: halves may have fewer rows than the smallest k. A half that has chosen nothing supports nothing. */
TEST(auto_with_very_few_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 485, 0);
    struct kc_ctx ctx = data_ctx(2);
    for (size_t n = 1; n < 14; n++)
        for (uint64_t least = 1; least < 5; least++) {
            float *x = data_clustered(&r, n, 3, 3, 0.4);
            const struct kc_rows rows = kc_rows_memory(x, n, 3);
            struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
            o.k = (struct kc_krange){.min = least, .max = least + 3, .step = 1};
            o.k_by = KC_INDEX_AUTO;
            o.evidence = KC_EVIDENCE_ALL;
            struct kc_clustering f = fit(&ctx, &rows, &o, NULL);
            double support = 0;
            CHECK(f.k >= 1 && f.k <= n);
            for (size_t i = 0; f.ksweep && i < f.ksweep->n; i++) {
                const struct kc_k_entry *e = &f.ksweep->entry[i];
                support += isnan(e->support) ? 0 : e->support;
                CHECK_MSG(e->k <= n / 2 || !(e->support > 0), "%zu rows: halves choose k = %u", n, e->k);
                CHECK(e->k <= n / 2 || (isnan(e->stability) && isnan(e->halves_modularity)));
            }
            CHECK(support <= 1 + 1e-12);
            kc_clustering_free(&f);
            free(x);
        }
    kc_pool_free(ctx.pool);
}
