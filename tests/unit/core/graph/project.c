/* Projections: moments, eigenvectors and coordinates against their definitions, for any threads and storage. */
#include "core/graph/project.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/graph/eigen.h"
#include "core/graph/leading.h"
#include "core/graph/moments.h"
#include "core/graph/tridiagonal.h"
#include "core/ref/ref.h"
#include "data.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

/* Return how far m vectors (the rows) are from being orthonormal eigenvectors of a with these values. */
static double find_error(const double *a, size_t n, size_t m, const double *value, const double *vector)
{
    double worst = 0;
    for (size_t t = 0; t < m; t++) {
        for (size_t i = 0; i < n; i++) {
            double sum = -value[t] * vector[t * n + i];
            for (size_t j = 0; j < n; j++)
                sum += a[i * n + j] * vector[t * n + j];
            worst = fmax(worst, fabs(sum));
        }
        for (size_t u = 0; u <= t; u++) {
            double dot = -(double)(u == t);
            for (size_t i = 0; i < n; i++)
                dot += vector[t * n + i] * vector[u * n + i];
            worst = fmax(worst, fabs(dot));
        }
    }
    return worst;
}

/* Fill a with a symmetric matrix of a kind: any, equal values, zero, low rank. */
static void fill_matrix(struct kc_rng *r, double *a, size_t n, unsigned kind)
{
    const size_t rank = kind == 3 ? n / 8 + 1 : n + 5;
    memset(a, 0, n * n * sizeof *a);
    if (kind == 1)
        for (size_t i = 0; i < n; i++)
            a[i * n + i] = i % 7 < 3 ? 2 : 1;
    for (size_t t = 0; (kind == 0 || kind == 3) && t < rank; t++) { /* a sum of squares */
        double x[512];
        for (size_t i = 0; i < n; i++)
            x[i] = data_normal(r) / (double)(t + 1);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                a[i * n + j] += x[i] * x[j];
    }
}

TEST(tridiagonal_eigenvectors_are_those_of_the_matrix)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 65, 0);
    for (size_t n = 1; n < 200; n += 1 + n / 3)
        for (unsigned kind = 0; kind < 5; kind++) {
            double *a = malloc(n * n * sizeof *a), *copy = malloc(n * n * sizeof *copy), *value = malloc(n * sizeof *value);
            double *vector = malloc(n * n * sizeof *vector), *work = malloc(n * sizeof *work);
            fill_matrix(&r, a, n, kind);
            for (size_t i = 0; kind == 4 && i < n; i++)
                for (size_t j = 0; j <= i; j++)
                    a[i * n + j] = a[j * n + i] = data_normal(&r);
            memcpy(copy, a, n * n * sizeof *a);
            kc_eigen_tridiagonal(a, n, value, vector, work);
            const double error = find_error(copy, n, n, value, vector);
            CHECK_MSG(error < 1e-13 * (double)n * (1 + fabs(value[0])), "n %zu, kind %u: off by %g", n, kind, error);
            for (size_t t = 1; t < n; t++)
                CHECK(value[t] <= value[t - 1]);
            free(work);
            free(vector);
            free(value);
            free(copy);
            free(a);
        }
}

TEST(leading_eigenvectors_are_the_largest)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 66, 0);
    static const size_t sizes[] = {1, 5, 90, 128, 131, 200, 263};
    for (size_t t = 0; t < 28; t++) {
        const size_t n = sizes[t % 7], wanted = n < 3 ? 1 : 2 + kc_rng_below(&r, t < 14 ? 3 : n / 4);
        const unsigned kind = (unsigned)(t / 7);
        double *a = malloc(n * n * sizeof *a), *copy = malloc(n * n * sizeof *copy), *all = malloc(n * sizeof *all);
        double *value = malloc(n * sizeof *value), *vector = malloc(n * n * sizeof *vector), *first = malloc(n * n * sizeof *first);
        fill_matrix(&r, a, n, kind);
        memcpy(copy, a, n * n * sizeof *a);
        kc_eigen(a, n, all, vector);
        for (unsigned threads = 1; threads < 5; threads += 3) {
            struct kc_ctx ctx = data_ctx(threads);
            struct kc_err e = KC_ERR_INIT;
            struct kc_leading_report report;
            uint64_t high, before;
            memcpy(a, copy, n * n * sizeof *a);
            before = kc_mem_held(&high, 1);
            CHECK(kc_leading_find(&ctx, a, n, wanted, value, vector, &report, &e) == 0);
            (void)kc_mem_held(&high, 0);
            CHECK_MSG(high - before <= kc_leading_bytes(n, wanted, threads) + 4096, "n %zu: %zu bytes", n, (size_t)(high - before));
            const double error = find_error(copy, n, wanted, value, vector);
            CHECK_MSG(error < 1e-10 * (1 + all[0]), "n %zu, kind %u, wanted %zu, %u rounds: off by %g", n, kind, wanted,
                      report.rounds, error);
            for (size_t i = 0; i < wanted; i++)
                CHECK_MSG(fabs(value[i] - all[i]) <= 1e-10 * (1 + all[0]), "n %zu, kind %u, wanted %zu, value %zu: %.15g, not %.15g",
                          n, kind, wanted, i, value[i], all[i]);
            for (size_t i = 0; i < wanted; i++) {
                double least = 0, most = 0;
                for (size_t j = 0; j < n; j++) {
                    most = fmax(most, vector[i * n + j]);
                    least = fmin(least, vector[i * n + j]);
                }
                CHECK(most >= -least);
            }
            if (threads == 1)
                memcpy(first, vector, wanted * n * sizeof *first);
            CHECK(memcmp(first, vector, wanted * n * sizeof *first) == 0);
            kc_pool_free(ctx.pool);
        }
        free(first);
        free(vector);
        free(value);
        free(all);
        free(copy);
        free(a);
    }
}

/* Compare moments and coordinates with the definition; the rows are x, however they are read. */
static void check_projection(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *x,
                             const struct kc_project_opts *o, const float *expected)
{
    const size_t n = rows->n, d = rows->d, dims = o->dims;
    double *m = malloc(d * d * sizeof *m), *mean = malloc(d * sizeof *mean), *own = malloc(d * d * sizeof *own);
    double *own_mean = malloc(d * sizeof *own_mean), *value = malloc(d * sizeof *value), *vector = malloc(d * d * sizeof *vector);
    float *y = malloc(n * dims * sizeof *y);
    struct kc_err e = KC_ERR_INIT;
    struct kc_project_report report;
    uint64_t high, before;
    double worst = 0, all = 0, kept = 0;
    kc_ref_moments(x, n, d, o->centre, mean, m);
    CHECK(kc_moments_make(ctx, rows, o->centre, own_mean, own, &e) == 0);
    for (size_t i = 0; i < d * d; i++)
        worst = fmax(worst, fabs(own[i] - m[i]));
    for (size_t i = 0; i < d; i++)
        worst = fmax(worst, fabs(own_mean[i] - mean[i]));
    CHECK_MSG(worst < 1e-14, "%zu x %zu: moments off by %g", n, d, worst);
    before = kc_mem_held(&high, 1);
    CHECK(kc_project_run(ctx, rows, o, y, &report, &e) == 0);
    (void)kc_mem_held(&high, 0);
    CHECK_MSG(high - before <= kc_project_bytes(d, rows->x != NULL, o, kc_pool_threads(ctx->pool)) + 4096,
              "%zu x %zu: %zu bytes", n, d, (size_t)(high - before));
    CHECK(!expected || memcmp(expected, y, n * dims * sizeof *y) == 0);
    for (size_t t = 0; t < d; t++)
        all += m[t * d + t];
    kc_eigen(m, d, value, vector);
    for (size_t t = 0; t < dims; t++)
        kept += value[t] > 0 ? value[t] : 0;
    CHECK_MSG(fabs(report.kept - (all > 0 ? kept / all : 1)) < 1e-9 && fabs(report.largest - value[0]) < 1e-12, "%zu x %zu: kept %.15g, not %.15g",
              n, d, report.kept, kept / all);
    /* if the last direction is told apart from the next, products of the coordinates follow, whatever their signs */
    if (dims == d || value[dims - 1] - value[dims] > 1e-4 * value[0]) {
        double *z = malloc(n * dims * sizeof *z);
        worst = 0;
        for (size_t i = 0; i < n; i++) {
            double length = 0;
            for (size_t t = 0; t < dims; t++) {
                z[i * dims + t] = 0;
                for (size_t c = 0; c < d; c++)
                    z[i * dims + t] += vector[t * d + c] * ((double)x[i * d + c] - (o->centre ? mean[c] : 0));
                length += z[i * dims + t] * z[i * dims + t];
            }
            for (size_t t = 0; t < dims; t++)
                z[i * dims + t] /= sqrt(length);
            for (size_t j = 0; length > 1e-6 && j <= i; j += 1 + i / 7) {
                double want = 0, got = 0;
                for (size_t t = 0; t < dims; t++) {
                    want += z[i * dims + t] * z[j * dims + t];
                    got += (double)y[i * dims + t] * (double)y[j * dims + t];
                }
                worst = fmax(worst, isnan(want) ? 0 : fabs(want - got));
            }
        }
        CHECK_MSG(worst < 1e-5, "%zu x %zu, %u: products off by %g", n, d, o->dims, worst);
        free(z);
    }
    free(y);
    free(vector);
    free(value);
    free(own_mean);
    free(own);
    free(mean);
    free(m);
}

TEST(projections_are_the_definition_for_any_threads)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 67, 0);
    static const struct { size_t n, d; uint32_t dims; } shapes[] = {
        {1, 1, 1}, {1, 5, 2}, {3, 7, 7}, {40, 2, 2}, {200, 30, 5}, {511, 97, 20}, {1025, 140, 3}, {700, 200, 9}};
    for (size_t t = 0; t < 16; t++) {
        const size_t n = shapes[t % 8].n, d = shapes[t % 8].d;
        const struct kc_project_opts o = {shapes[t % 8].dims, t % 2, 0};
        float *x = data_clustered(&r, n, d, 1 + n / 30, 0.6), *expected = malloc(n * o.dims * sizeof *expected);
        struct data_behind behind = {x, d};
        struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx ctx = data_ctx(1);
        struct kc_err e = KC_ERR_INIT;
        struct kc_project_report report;
        CHECK(kc_project_run(&ctx, &rows, &o, expected, &report, &e) == 0);
        check_projection(&ctx, &rows, x, &o, expected);
        kc_pool_free(ctx.pool);
        ctx = data_ctx(3);
        rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &behind};
        check_projection(&ctx, &rows, x, &o, expected);
        kc_pool_free(ctx.pool);
        free(expected);
        free(x);
    }
}

/* Rows in the mean, or equal rows, have no part in the directions: they get the first one. */
TEST(rows_without_a_part_get_the_first_direction)
{
    enum { N = 6, D = 4 };
    float x[N * D] = {0}, y[N * 2];
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    struct kc_project_report report;
    for (size_t i = 0; i < N; i++)
        x[i * D + 1] = 1;
    CHECK(kc_project_run(&ctx, &rows, &(struct kc_project_opts){2, 1, 0}, y, &report, &e) == 0 && report.kept >= 1);
    for (size_t i = 0; i < N; i++)
        CHECK(y[i * 2] >= 1 && y[i * 2 + 1] <= 0 && y[i * 2 + 1] >= 0);
    x[0] = 1; /* its own direction is the last of the two that there are */
    x[1] = 0;
    CHECK(kc_project_run(&ctx, &rows, &(struct kc_project_opts){2, 0, 0}, y, &report, &e) == 0 && report.kept >= 1);
    CHECK(y[1] >= 1 && y[2] >= 1 && y[0] <= 0 && y[3] <= 0);
    kc_pool_free(ctx.pool);
}
