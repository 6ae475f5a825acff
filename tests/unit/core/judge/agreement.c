/* Agreement of labellings, and the quality of one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/judge/agreement.h"
#include "core/judge/quality.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static int near(double a, double b, double off)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) <= off;
}

/* Random labellings, of few and many clusters, of sizes alike and far apart, from the same to independent. */
TEST(core_agreement_follows_the_definitions)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 80, 0);
    struct kc_err e = KC_ERR_INIT;
    uint32_t a[400], b[400];
    for (int q = 0; q < 400; q++) {
        size_t n = 2 + kc_rng_below(&r, q % 4 ? 60 : 398);
        uint32_t rows = 2 + (uint32_t)kc_rng_below(&r, 1 + n / 2), cols = 2 + (uint32_t)kc_rng_below(&r, 1 + n / 2);
        double keep = kc_rng_unit(&r), power = q % 3 ? 1 : 4;
        for (size_t i = 0; i < n; i++) {
            a[i] = (uint32_t)(pow(kc_rng_unit(&r), power) * rows);
            b[i] = kc_rng_unit(&r) < keep ? a[i] % cols : (uint32_t)(pow(kc_rng_unit(&r), power) * cols);
        }
        struct kc_table t;
        struct kc_agreement got, want;
        CHECK(kc_table_build(&t, a, rows, b, cols, n, &e) == 0 && kc_agreement_compute(&t, &got, &e) == 0);
        kc_ref_agreement(a, rows, b, cols, n, &want);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < rows; i++)
            for (size_t p = t.first[i]; p < t.first[i + 1]; p++) {
                uint64_t count = 0;
                for (size_t j = 0; j < n; j++)
                    count += a[j] == i && b[j] == t.col[p];
                CHECK(t.count[p] == count && count > 0 && (p == t.first[i] || t.col[p - 1] < t.col[p]));
                sum += t.count[p];
            }
        CHECK(sum == n && t.n == n && got.same == want.same);
        CHECK_MSG(near(got.ari, want.ari, 1e-12) && near(got.precision, want.precision, 1e-13) &&
                      near(got.recall, want.recall, 1e-13) && near(got.f1, want.f1, 1e-13) &&
                      near(got.purity, want.purity, 1e-13),
                  "run %d: ari %.15g, not %.15g", q, got.ari, want.ari);
        CHECK_MSG(near(got.expected_information, want.expected_information, 1e-11), "run %d: expected %.15g, not %.15g",
                  q, got.expected_information, want.expected_information);
        if (!want.same && t.first[rows] > 1 && want.mutual_information > 1e-9) {
            double room = fabs(want.homogeneity) + want.completeness; /* 0/0 is a convention, tested below */
            CHECK(near(got.mutual_information, want.mutual_information, 1e-12) &&
                  near(got.homogeneity, want.homogeneity, 1e-12) && near(got.completeness, want.completeness, 1e-12) &&
                  (room == 0 || near(got.v_measure, want.v_measure, 1e-12)) && near(got.nmi, want.nmi, 1e-12));
            CHECK_MSG(near(got.ami, want.ami, 1e-8), "run %d: ami %.15g, not %.15g", q, got.ami, want.ami);
        }
        kc_table_free(&t);
    }
}

static struct kc_agreement compare(const uint32_t *a, uint32_t rows, const uint32_t *b, uint32_t cols, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_table t;
    struct kc_agreement g = {0};
    CHECK(kc_table_build(&t, a, rows, b, cols, n, &e) == 0 && kc_agreement_compute(&t, &g, &e) == 0);
    kc_table_free(&t);
    return g;
}

/* What scikit-learn says where a quotient is 0/0. */
TEST(core_agreement_at_the_edges)
{
    const uint32_t one[] = {0, 0, 0, 0}, each[] = {0, 1, 2, 3}, halves[] = {0, 0, 1, 1}, other[] = {5, 5, 2, 2};
    const uint32_t cross[] = {0, 1, 0, 1}, none[] = {0, KC_NOISE, 1, 1};
    struct kc_agreement g = compare(one, 1, one, 1, 4);
    CHECK(g.same && g.ari == 1 && g.ami == 1 && g.nmi == 1 && g.homogeneity == 1 && g.v_measure == 1 && g.f1 == 1);
    g = compare(each, 4, each, 4, 4);
    CHECK(g.same && g.ari == 1 && g.ami == 1 && isnan(g.precision) && isnan(g.recall) && isnan(g.f1));
    g = compare(halves, 2, other, 6, 4);
    CHECK(g.same && g.ari == 1 && g.ami == 1 && g.purity == 1);
    g = compare(one, 1, each, 4, 4);
    CHECK(!g.same && g.ari == 0 && g.nmi == 0 && g.homogeneity == 0 && g.completeness == 1 && g.v_measure == 0);
    CHECK(g.precision == 0 && isnan(g.recall) && g.purity == 0.25);
    g = compare(each, 4, one, 1, 4);
    CHECK(g.homogeneity == 1 && g.completeness == 0 && g.purity == 1);
    g = compare(halves, 2, cross, 2, 4);
    CHECK(fabs(g.ari + 0.5) < 1e-15 && fabs(g.nmi) < 1e-15 && g.purity == 0.5);
    g = compare(none, 2, halves, 2, 4);
    CHECK(g.same && g.purity == 1); /* without the row that has no label */
}

/* Too many rows for the factorials: their logarithms lose nine digits, and scikit-learn's too. The expectation of a
 * table of two halves of n rows is known to the first order: 1/(2 (n - 1)). */
TEST(core_agreement_of_many_rows)
{
    enum { N = 2000000 };
    uint32_t *a = malloc(N * sizeof *a), *b = malloc(N * sizeof *b);
    for (uint32_t i = 0; i < N; i++) {
        a[i] = i % 2;
        b[i] = i / 2 % 2;
    }
    struct kc_agreement g = compare(a, 2, b, 2, N);
    CHECK_MSG(fabs(g.expected_information * 2 * (N - 1) - 1) < 1e-6, "%.17g", g.expected_information);
    free(a);
    free(b);
}

/* Rows with a silhouette below 0, counted for every pair of clusters. */
static void check_strays(const struct kc_quality *q, const uint32_t *labels)
{
    uint64_t all = 0, listed = 0;
    for (uint32_t c = 0; c < q->k; c++) {
        uint64_t of_cluster = 0;
        for (uint32_t other = 0; other < q->k; other++) {
            uint64_t rows = 0;
            double sum = 0;
            size_t at = 0;
            for (size_t i = 0; i < q->n; i++)
                if (q->row_silhouette[i] < 0 && labels[i] == c && q->row_nearest[i] == other) {
                    rows++;
                    sum += (double)q->row_silhouette[i];
                }
            while (at < q->nstrays && (q->strays[at].cluster != c || q->strays[at].nearest != other))
                at++;
            CHECK((at < q->nstrays) == (rows > 0));
            if (at < q->nstrays)
                CHECK(q->strays[at].rows == rows && near(q->strays[at].silhouette, sum / (double)rows, 1e-12));
            of_cluster += rows;
            listed += rows > 0;
        }
        CHECK(q->clusters[c].strays == of_cluster);
        all += of_cluster;
    }
    CHECK(q->below == all && q->nstrays == listed && all > 0);
    for (size_t i = 1; i < q->nstrays; i++)
        CHECK(q->strays[i - 1].silhouette * (double)q->strays[i - 1].rows <=
              q->strays[i].silhouette * (double)q->strays[i].rows);
}

TEST(core_quality_of_any_labelling)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 81, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    enum { N = 300, D = 20, K = 7 };
    float *x = data_clustered(&r, N, D, 5, 0.7);
    uint32_t labels[N];
    double sil[N], db;
    for (uint32_t i = 0; i < N; i++)
        labels[i] = i < K ? i : (uint32_t)kc_rng_below(&r, K - 1); /* the last has one member */
    struct kc_rows rows = kc_rows_memory(x, N, D);
    for (size_t m = 0; m <= N + 1; m += 43) {
        struct kc_quality q;
        CHECK(kc_quality_run(&ctx, &rows, labels, K, m, &q, &e) == 0);
        double want = kc_ref_exact(x, N, D, labels, K, sil, &db);
        CHECK(near(q.silhouette, want, 1e-10) && near(q.davies_bouldin, db, 1e-8));
        CHECK(q.nworst == (m < N ? m : N) && q.clusters[K - 1].size == 1 && isnan(q.clusters[K - 1].similarity));
        for (size_t i = 0; i < q.nworst; i++) {
            size_t ahead = 0;
            for (uint32_t j = 0; j < N; j++)
                ahead += q.row_silhouette[j] < q.row_silhouette[q.worst[i]] ||
                         (q.row_silhouette[j] == q.row_silhouette[q.worst[i]] && j < q.worst[i]);
            CHECK(ahead == i);
        }
        check_strays(&q, labels);
        for (uint32_t c = 0; c + 1 < K && m == 0; c++) {
            double sum = 0, pairs = 0;
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    if (i != j && labels[i] == c && labels[j] == c) {
                        for (size_t t = 0; t < D; t++)
                            sum += (double)x[i * D + t] * (double)x[j * D + t];
                        pairs++;
                    }
            CHECK(near(q.clusters[c].similarity, sum / pairs, 1e-7));
        }
        kc_quality_free(&q);
    }
    kc_pool_free(ctx.pool);
    free(x);
}
