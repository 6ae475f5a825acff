/* Rows without clusters: their moments, and the lengths that unit rows are given before. */
#include "core/choice/references.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/choice/radii.h"
#include "core/choice/sample.h"
#include "core/ref/ref.h"
#include "data.h"
#include "la/matrix.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

/* Return rows (n, d) of mean m (d; NULL: 0) and covariance L L', L lower triangular (d, d). */
static float *make_gaussian(struct kc_rng *r, size_t n, size_t d, const double *m, const double *l)
{
    float *x = malloc(n * d * sizeof *x);
    double *g = malloc(d * sizeof *g);
    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < d; t++)
            g[t] = data_normal(r);
        for (size_t t = 0; t < d; t++) {
            double sum = m ? m[t] : 0;
            for (size_t j = 0; j <= t; j++)
                sum += l[t * d + j] * g[j];
            x[i * d + t] = (float)sum;
        }
    }
    free(g);
    return x;
}

/* Return a lower triangular matrix whose rows shrink, so that directions differ. */
static double *make_factor(struct kc_rng *r, size_t d, double size)
{
    double *l = calloc(d * d, sizeof *l);
    for (size_t t = 0; t < d; t++)
        for (size_t j = 0; j <= t; j++)
            l[t * d + j] = size / (double)(1 + t) * (t == j ? 1 : 0.5 * data_normal(r));
    return l;
}

static void scale_rows(float *x, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++)
        CHECK(kc_la_unit(x + i * d, d, x + i * d, NULL) == KC_ROW_OK);
}

/* Return `draws` references of rows x (n, d), one after the other. */
static float *draw_all(const float *x, size_t n, size_t d, uint64_t seed, unsigned draws, unsigned threads)
{
    struct kc_ctx ctx = data_ctx(threads);
    struct kc_err e = KC_ERR_INIT;
    const struct kc_rows rows = kc_rows_memory(x, n, d);
    struct kc_references ref;
    float *out = aligned_alloc(64, (draws * n * d * sizeof *out + 63) / 64 * 64);
    uint64_t most, before = kc_mem_held(&most, 1);
    CHECK(kc_references_make(&rows, seed, &ref, &e) == 0);
    for (unsigned i = 0; i < draws; i++)
        CHECK(kc_references_draw(&ctx, &ref, i, out + i * n * d, &e) == 0);
    (void)kc_mem_held(&most, 0);
    kc_references_free(&ref);
    CHECK(most - before <= kc_references_bytes(n, d, kc_pool_threads(ctx.pool)) + 16384);
    kc_pool_free(ctx.pool);
    return out;
}

/* Rows close around a mean: scaling to length 1 changes next to nothing. */
TEST(references_have_the_moments_of_the_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 440, 0);
    for (int t = 0; t < 4; t++) {
        enum { D = 7, DRAWS = 300 };
        const size_t n = 150 + kc_rng_below(&r, 100), all = n * DRAWS;
        double m[D], *l = make_factor(&r, D, 0.03), mean[2][D], cov[2][D * D];
        for (size_t i = 0; i < D; i++)
            m[i] = data_normal(&r) + (i == 0 ? 4 : 0);
        double length = 0;
        for (size_t i = 0; i < D; i++)
            length += m[i] * m[i];
        for (size_t i = 0; i < D; i++)
            m[i] /= sqrt(length);
        float *x = make_gaussian(&r, n, D, m, l);
        scale_rows(x, n, D);
        float *y = draw_all(x, n, D, 42, DRAWS, 2);
        kc_ref_moments(x, n, D, 1, mean[0], cov[0]);
        kc_ref_moments(y, all, D, 1, mean[1], cov[1]);
        double widest = 0;
        for (size_t i = 0; i < D; i++)
            widest = fmax(widest, cov[0][i * D + i]);
        for (size_t i = 0; i < D; i++) {
            const double own = cov[0][i * D + i];
            CHECK_MSG(fabs(mean[0][i] - mean[1][i]) < 6 * sqrt(own / (double)all) + 2 * widest, "mean %zu: %g, not %g", i,
                      mean[1][i], mean[0][i]);
            for (size_t j = 0; j < D; j++) {
                const double both = cov[0][i * D + j], other = cov[0][j * D + j];
                const double error = sqrt((own * other + both * both) / (double)all);
                CHECK_MSG(fabs(cov[1][i * D + j] - both) < 6 * error + 0.005 * widest, "covariance %zu, %zu: %g, not %g", i, j,
                          cov[1][i * D + j], both);
            }
        }
        for (size_t i = 0; i < all; i++)
            CHECK(fabs(kc_la_length(y + i * D, D) - 1) < 1e-6);
        free(y);
        free(x);
        free(l);
    }
}

/* Fewer rows than dimensions: references stay in the rows' span. Of equal rows they are these. */
TEST(references_stay_in_the_span_of_the_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 441, 0);
    enum { N = 9, D = 40 };
    float *x = data_clustered(&r, N, D, 3, 0.7), *y, off = 0;
    for (size_t i = 0; i < N; i++) /* the second half of each row is the first, in a fixed proportion */
        for (size_t t = 0; t < D / 2; t++)
            x[i * D + D / 2 + t] = -2 * x[i * D + t];
    scale_rows(x, N, D);
    y = draw_all(x, N, D, 1, 3, 1);
    for (size_t i = 0; i < 3 * N; i++)
        for (size_t t = 0; t < D / 2; t++)
            off = fmaxf(off, fabsf(y[i * D + D / 2 + t] + 2 * y[i * D + t]));
    CHECK_MSG(off < 1e-5f, "%g", (double)off);
    free(y);
    for (size_t i = 1; i < N; i++)
        memcpy(x + i * D, x, D * sizeof *x);
    y = draw_all(x, N, D, 1, 2, 1);
    for (size_t i = 0; i < 2 * N * D; i++)
        CHECK(fabsf(y[i] - x[i % D]) < 1e-6f);
    free(y);
    y = draw_all(x, 1, D, 1, 1, 1); /* one row */
    for (size_t i = 0; i < D; i++)
        CHECK(fabsf(y[i] - x[i]) < 1e-6f);
    free(y);
    free(x);
}

TEST(a_reference_is_a_function_of_seed_and_number)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 442, 0);
    for (size_t n = 1; n < 700; n = 3 * n + 1) {
        const size_t d = 1 + kc_rng_below(&r, 70);
        float *x = data_clustered(&r, n, d, 4, 0.8);
        float *a = draw_all(x, n, d, 7, 3, 1), *b = draw_all(x, n, d, 7, 3, 3), *c = draw_all(x, n, d, 8, 1, 1);
        CHECK(memcmp(a, b, 3 * n * d * sizeof *a) == 0);
        if (n > 30 && d > 1) {
            CHECK(memcmp(a, c, n * d * sizeof *a) != 0);
            CHECK(memcmp(a, a + n * d, n * d * sizeof *a) != 0 && memcmp(a, a + 2 * n * d, n * d * sizeof *a) != 0);
        }
        for (size_t i = 0; n > 30 && d > 1 && i + 1 < n; i++)
            CHECK(memcmp(a + i * d, a + (i + 1) * d, d * sizeof *a) != 0);
        free(c);
        free(b);
        free(a);
        free(x);
    }
}

/* Scale rows; check the memory. */
static void scale_radii(float *x, size_t n, size_t d, unsigned threads)
{
    struct kc_ctx ctx = data_ctx(threads);
    struct kc_err e = KC_ERR_INIT;
    uint64_t most, before = kc_mem_held(&most, 1);
    CHECK(kc_radii_scale(&ctx, x, n, d, &e) == 0);
    (void)kc_mem_held(&most, 0);
    const uint64_t says = kc_radii_bytes(n, d, kc_pool_threads(ctx.pool));
    CHECK_MSG(most - before <= says + 4096, "n %zu, d %zu: held %llu, said %llu", n, d,
              (unsigned long long)(most - before), (unsigned long long)says);
    kc_pool_free(ctx.pool);
}

TEST(radii_are_those_of_the_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 443, 0);
    for (int t = 0; t < 12; t++) {
        const size_t d = t == 0 ? 1 : 2 + kc_rng_below(&r, 24), n = 2 * d + kc_rng_below(&r, 300);
        float *x = data_clustered(&r, n, d, 1 + (size_t)t % 3, t % 2 ? 0.4 : 3), *y = malloc(n * d * sizeof *y);
        float *z = malloc(n * d * sizeof *z);
        double worst = 0, sum = 0;
        memcpy(y, x, n * d * sizeof *x);
        memcpy(z, x, n * d * sizeof *x);
        scale_radii(y, n, d, 1);
        scale_radii(z, n, d, 3);
        CHECK(memcmp(y, z, n * d * sizeof *x) == 0);
        memcpy(z, x, n * d * sizeof *x);
        if (d > 1)
            kc_ref_radii(z, n, d, 6);
        for (size_t i = 0; i < n; i++) {
            const double length = kc_la_length(y + i * d, d);
            sum += length / (double)n;
            for (size_t j = 0; j < d; j++) {
                worst = fmax(worst, fabs((double)y[i * d + j] - (double)z[i * d + j]));
                CHECK(fabs((double)y[i * d + j] / length - (double)x[i * d + j]) < 1e-6); /* the direction stays */
            }
        }
        CHECK_MSG(worst < 1e-5, "n %zu, d %zu: off by %g", n, d, worst);
        CHECK(fabs(sum - 1) < 1e-5);
        free(z);
        free(y);
        free(x);
    }
}

/* Return how far a covariance is from another, both scaled to trace 1, as a share of the other. */
static double compare_shapes(const double *a, const double *b, size_t d)
{
    double ta = 0, tb = 0, apart = 0, all = 0;
    for (size_t t = 0; t < d; t++) {
        ta += a[t * d + t];
        tb += b[t * d + t];
    }
    for (size_t i = 0; i < d * d; i++) {
        apart += (a[i] / ta - b[i] / tb) * (a[i] / ta - b[i] / tb);
        all += b[i] / tb * b[i] / tb;
    }
    return sqrt(apart / all);
}

TEST(radii_bring_back_the_shape_of_ellipses)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 444, 0);
    for (int t = 0; t < 3; t++) {
        enum { N = 6000, D = 6 };
        double *l = make_factor(&r, D, 1), truth[D * D] = {0}, mean[D], unit[D * D], scaled[D * D];
        for (size_t i = 0; i < D; i++)
            for (size_t j = 0; j < D; j++)
                for (size_t p = 0; p < D; p++)
                    truth[i * D + j] += l[i * D + p] * l[j * D + p];
        float *x = make_gaussian(&r, N, D, NULL, l);
        scale_rows(x, N, D);
        kc_ref_moments(x, N, D, 1, mean, unit);
        scale_radii(x, N, D, 2);
        kc_ref_moments(x, N, D, 1, mean, scaled);
        const double before = compare_shapes(unit, truth, D), after = compare_shapes(scaled, truth, D);
        CHECK_MSG(after < 0.1 && after < before / 3, "unit rows are off by %g, scaled ones by %g", before, after);
        free(x);
        free(l);
    }
}

/* References of scaled rows have the moments of the unit rows; those of the unit rows themselves are rounder. */
TEST(references_of_scaled_rows_are_like_the_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 445, 0);
    for (int t = 0; t < 3; t++) {
        enum { N = 1500, D = 8 };
        double *l = make_factor(&r, D, 1), m[D] = {0}, mean[3][D], cov[3][D * D], off[2] = {0, 0};
        m[t] = t == 0 ? 0 : 0.4;
        float *x = make_gaussian(&r, N, D, m, l);
        scale_rows(x, N, D);
        float *plain = draw_all(x, N, D, 3, 3, 2);
        kc_ref_moments(x, N, D, 1, mean[2], cov[2]);
        scale_radii(x, N, D, 2);
        float *good = draw_all(x, N, D, 3, 3, 2);
        kc_ref_moments(good, 3 * N, D, 1, mean[0], cov[0]);
        kc_ref_moments(plain, 3 * N, D, 1, mean[1], cov[1]);
        for (int q = 0; q < 2; q++)
            for (size_t i = 0; i < D; i++)
                off[q] = fmax(off[q], fabs(mean[q][i] - mean[2][i]));
        const double with = compare_shapes(cov[0], cov[2], D), without = compare_shapes(cov[1], cov[2], D);
        CHECK_MSG(with < 0.1 && with < without / 2, "off by %g with lengths, %g without", with, without);
        CHECK_MSG(off[0] < 0.05, "means off by %g with lengths, %g without", off[0], off[1]);
        free(good);
        free(plain);
        free(x);
        free(l);
    }
}

TEST(samples_are_sets_of_equal_chance)
{
    enum { N = 12, M = 5, SEEDS = 4000 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 446, 0);
    uint32_t row[N], again[N], count[N] = {0}, pair = 0;
    const uint64_t base = kc_rng_u64(&r);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        int has[2] = {0, 0};
        kc_drawn_numbers(N, base + seed, M, row);
        kc_drawn_numbers(N, base + seed, M, again);
        CHECK(memcmp(row, again, M * sizeof *row) == 0);
        for (size_t i = 0; i < M; i++) {
            CHECK(row[i] < N && (i == 0 || row[i] > row[i - 1]));
            count[row[i]]++;
            has[0] |= row[i] == 3;
            has[1] |= row[i] == 4;
        }
        pair += has[0] && has[1];
    }
    for (size_t i = 0; i < N; i++) { /* within six standard deviations */
        const double p = (double)M / N, mean = SEEDS * p;
        CHECK_MSG(fabs(count[i] - mean) < 6 * sqrt(mean * (1 - p)), "row %zu: %u of %d", i, count[i], SEEDS);
    }
    const double both = (double)M / N * (M - 1) / (N - 1);
    CHECK(fabs(pair - SEEDS * both) < 6 * sqrt(SEEDS * both));
}

TEST(drawn_rows_are_copies)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 447, 0);
    enum { N = 50, D = 9 };
    float *x = data_clustered(&r, N, D, 3, 1);
    struct data_behind behind = {x, D};
    for (size_t most = 1; most < 80; most += 7) {
        const struct kc_rows kinds[] = {kc_rows_memory(x, N, D),
                                        {.n = N, .d = D, .read = data_behind_read, .src = &behind}};
        uint32_t row[N];
        for (int kind = 0; kind < 2; kind++) {
            struct kc_err e = KC_ERR_INIT;
            struct kc_drawn drawn;
            uint64_t high, before = kc_mem_held(&high, 1);
            CHECK(kc_drawn_make(&kinds[kind], 5, most, &drawn, &e) == 0 && drawn.n == (most < N ? most : N));
            CHECK(kc_mem_held(&high, 0) - before <= kc_drawn_bytes(N, D, most) + 1024);
            kc_drawn_numbers(N, 5, drawn.n, row);
            for (size_t i = 0; i < drawn.n; i++)
                CHECK(drawn.row[i] == row[i] && memcmp(drawn.x + i * D, x + row[i] * D, D * sizeof *x) == 0);
            kc_drawn_free(&drawn);
        }
    }
    free(x);
}
