#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/ref/ref.h"
#include "data.h"
#include "la/matrix.h"
#include "la/kernel.h"
#include "la/product.h"
#include "unit.h"

static const char *const kernels[] = {"portable", "avx2", "avx512"};

/* Each number of columns that a strip can have, with one panel of rows and with two. */
#define STRIPS 24
static void every_strip(int round, size_t *n, size_t *k)
{
    *k = (size_t)round / 2 + 1;
    *n = round % 2 ? 2 * KC_LA_LANES : 5;
}

/* Every kernel, at every odd size: bit for bit the chain of fmaf. */
TEST(la_product_is_the_chain)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 1, 0);
    void *scratch = aligned_alloc(64, KC_LA_SCRATCH);
    const char *best = kc_la_kernel();
    for (int round = 0; round < 60 + STRIPS; round++) {
        size_t n = 1 + kc_rng_below(&r, KC_LA_TILE), d = 1 + kc_rng_below(&r, round % 3 ? 40 : 700);
        size_t k = 1 + kc_rng_below(&r, 30);
        if (round < STRIPS)
            every_strip(round, &n, &k);
        size_t ldo = (n + 15) / 16 * 16;
        const float *row[KC_LA_TILE];
        float *x = data_clustered(&r, n, d, 3, 1), *c = data_clustered(&r, k, d, 3, 1);
        float *got = malloc(k * ldo * sizeof *got), *want = malloc(k * ldo * sizeof *want);
        kc_ref_product(x, n, d, c, k, want, ldo);
        for (size_t i = 0; i < n; i++)
            row[i] = x + i * d;
        for (size_t q = 0; q < sizeof kernels / sizeof *kernels; q++) {
            if (kc_la_kernel_force(kernels[q]) != 0)
                continue;
            kc_la_product(row, n, d, c, k, got, ldo, scratch);
            for (size_t j = 0; j < k; j++)
                CHECK_MSG(memcmp(got + j * ldo, want + j * ldo, n * sizeof *got) == 0,
                          "%s: n %zu d %zu k %zu column %zu differs", kernels[q], n, d, k, j);
        }
        free(x);
        free(c);
        free(got);
        free(want);
    }
    CHECK(kc_la_kernel_force("abacus") != 0);
    CHECK(kc_la_kernel_force(best) == 0);
    free(scratch);
}

TEST(la_productd_is_the_chain)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 2, 0);
    void *scratch = aligned_alloc(64, KC_LA_SCRATCH);
    const char *best = kc_la_kernel();
    for (int round = 0; round < 30 + STRIPS; round++) {
        size_t n = 1 + kc_rng_below(&r, KC_LA_TILE), d = 1 + kc_rng_below(&r, round % 3 ? 40 : 600);
        size_t k = 1 + kc_rng_below(&r, 30);
        if (round < STRIPS)
            every_strip(round, &n, &k);
        size_t ldo = (n + 15) / 16 * 16;
        const float *row[KC_LA_TILE];
        float *x = data_clustered(&r, n, d, 3, 1);
        for (size_t i = 0; i < n; i++)
            row[i] = x + i * d;
        double *c = malloc(k * d * sizeof *c), *got = malloc(k * ldo * sizeof *got);
        for (size_t i = 0; i < k * d; i++)
            c[i] = data_normal(&r);
        for (size_t q = 0; q < sizeof kernels / sizeof *kernels; q++) {
            if (kc_la_kernel_force(kernels[q]) != 0)
                continue;
            kc_la_productd(row, n, d, c, k, got, ldo, scratch);
            for (size_t j = 0; j < k; j++)
                for (size_t i = 0; i < n; i++) {
                    double acc = 0;
                    for (size_t t = 0; t < d; t++)
                        acc = fma((double)x[i * d + t], c[j * d + t], acc);
                    CHECK_MSG(got[j * ldo + i] == acc, "%s: n %zu d %zu k %zu at %zu, %zu", kernels[q], n, d, k, j, i);
                }
        }
        free(x);
        free(c);
        free(got);
    }
    CHECK(kc_la_kernel_force(best) == 0);
    free(scratch);
}

TEST(la_gain_and_arg_max)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 3, 0);
    const char *best_kernel = kc_la_kernel();
    enum { N = 61, K = 7 };
    for (size_t q = 0; q < sizeof kernels / sizeof *kernels; q++) {
        if (kc_la_kernel_force(kernels[q]) != 0)
            continue;
        float v[K][N], len[K], best[N], gain[N], weighted[N];
        double weight[N];
        uint32_t at[N], to[N], own[N], goes[N];
        for (size_t c = 0; c < K; c++) {
            len[c] = (float)(1 + (c % 2 ? 400 : 20) * kc_rng_unit(&r));
            for (size_t i = 0; i < N; i++)
                v[c][i] = (float)(2 * kc_rng_unit(&r) - 1);
        }
        for (size_t i = 0; i < N; i++) {
            best[i] = gain[i] = weighted[i] = -INFINITY;
            at[i] = 99;
            own[i] = to[i] = goes[i] = (uint32_t)kc_rng_below(&r, K);
            weight[i] = exp(4 * data_normal(&r));
            v[3][i] = v[2][i]; /* a tie goes to the lower id */
        }
        for (uint32_t c = 0; c < K; c++) {
            kc_la_arg_max(v[c], 1.0f, c, best, at, N);
            kc_la_gain(v[c], 1.0f, len[c], c, own, gain, to, N);
            kc_la_gain_weighted(v[c], 1.0f, len[c], weight, c, own, weighted, goes, N);
        }
        for (size_t i = 0; i < N; i++) {
            uint32_t want = 0, want_to = 0;
            double most = -INFINITY, most_weighted = -INFINITY;
            for (uint32_t c = 0; c < K; c++) {
                double b = (double)len[c], s = (double)v[c][i];
                double g = own[i] == c ? b - sqrt(fmax(b * b - 2 * b * s + 1, 0)) : sqrt(b * b + 2 * b * s + 1) - b;
                if (v[c][i] > v[want][i])
                    want = c;
                double w = weight[i], to_own = own[i] == c ? -1 : 1; /* free of cancellation */
                double len2 = sqrt(fmax(b * b + to_own * 2 * b * s * w + w * w, 0));
                double gw = (2 * b * s + to_own * w) / (len2 + b);
                if (g > most) {
                    most = g;
                    want_to = c;
                }
                most_weighted = gw > most_weighted ? gw : most_weighted;
            }
            CHECK_MSG(fabs((double)weighted[i] - most_weighted) < 1e-5, "weight %g: gain %g, expected %g", weight[i],
                      (double)weighted[i], most_weighted);
            CHECK(at[i] == want && best[i] == v[want][i]);
            CHECK_MSG(fabs((double)gain[i] - most) < 1e-5, "gain %g, expected %g", (double)gain[i], most);
            CHECK(to[i] == want_to || fabs((double)gain[i] - most) < 1e-5);
        }
    }
    CHECK(kc_la_kernel_force(best_kernel) == 0);
}

TEST(la_sums_and_dots)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 4, 0);
    const char *best = kc_la_kernel();
    float x[67], y[3][67];
    double s[3][67], dots[3], dotds[3];
    for (size_t i = 0; i < 67; i++)
        x[i] = (float)data_normal(&r);
    for (int q = 0; q < 3; q++) {
        if (kc_la_kernel_force(kernels[q]) != 0)
            continue;
        memset(y[q], 0, sizeof y[q]);
        memset(s[q], 0, sizeof s[q]);
        for (int i = 0; i < 3; i++) {
            kc_la_axpy(y[q], 1, x, 67);
            kc_la_addd(s[q], x, 67);
        }
        kc_la_axpy(y[q], -1, x, 67);
        kc_la_axpyd(s[q], -1, x, 67);
        dots[q] = kc_la_dot(x, s[q], 67);
        dotds[q] = kc_la_dotd(s[q], s[q], 67);
        CHECK(memcmp(y[0], y[q], sizeof y[0]) == 0);
        CHECK(memcmp(s[0], s[q], sizeof s[0]) == 0);
        CHECK(dots[0] == dots[q] && dotds[0] == dotds[q]);
    }
    double want = 0;
    for (size_t i = 0; i < 67; i++) {
        CHECK(fabs(s[0][i] - 2 * (double)x[i]) < 1e-12);
        CHECK(fabs((double)y[0][i] - 2 * (double)x[i]) < 1e-5);
        want += 2 * (double)x[i] * (double)x[i];
    }
    CHECK(fabs(dots[0] - want) < 1e-9 * want && fabs(dotds[0] - 2 * want) < 1e-9 * want);
    CHECK(kc_la_kernel_force(best) == 0);
}

TEST(la_unit_rows)
{
    float x[] = {3, -0.0f, 4}, big[] = {3e38f, 3e38f}, tiny[] = {1e-45f, 0}, zero[] = {0, -0.0f}, bad[] = {1, NAN, INFINITY};
    float u[3];
    size_t at = 99;
    CHECK(kc_la_unit(x, 3, u, NULL) == KC_ROW_OK && u[0] == 0.6f && u[2] == 0.8f && u[1] == 0 && !signbit(u[1]));
    CHECK(kc_la_unit(big, 2, u, NULL) == KC_ROW_OK && fabsf(u[0] - 0.70710678f) < 1e-7f);
    CHECK(kc_la_unit(tiny, 2, u, NULL) == KC_ROW_OK && u[0] == 1);
    u[0] = 7;
    CHECK(kc_la_unit(zero, 2, u, NULL) == KC_ROW_ZERO && u[0] == 7);
    CHECK(kc_la_unit(bad, 3, u, &at) == KC_ROW_NONFINITE && at == 1);
    CHECK(kc_la_check(bad + 2, 1, &at) == KC_ROW_NONFINITE && at == 0);
    CHECK(kc_la_check(big, 2, NULL) == KC_ROW_OK);
}

TEST(la_matrix_grows)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_matrix m = {.d = 3};
    float rows[2][3] = {{1, 2, 3}, {4, 5, 6}};
    for (int i = 0; i < 1000; i++)
        CHECK(kc_matrix_append(&m, rows[0], 2, &e) == 0);
    kc_matrix_trim(&m);
    CHECK(m.n == 2000 && m.cap == 2000);
    CHECK(m.x[0] == 1 && m.x[1999 * 3 + 2] == 6);
    kc_matrix_free(&m);
    m.d = SIZE_MAX / 8;
    CHECK(kc_matrix_append(&m, rows[0], 16, &e) == -1 && e.code == KC_ESYS);
    kc_matrix_free(&m);
}
