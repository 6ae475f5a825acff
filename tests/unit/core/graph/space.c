/* The graph's weights against their definition, eigenvectors against the matrix, coordinates against those of the whole
 * matrix, and the joining of parts. */
#include "core/graph/diffusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/exp.h"
#include "base/mem.h"
#include "core/graph/eigen.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

TEST(exp_is_that_of_the_library)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 60, 0);
    for (int i = 0; i < 20000; i++) {
        const double x = i < 10 ? -i : (kc_rng_unit(&r) - 0.9) * (i % 2 ? 1 : 700), want = exp(x);
        CHECK_MSG(fabs(kc_exp(x) - want) <= 1e-15 * want, "exp(%.17g): %.17g, not %.17g", x, kc_exp(x), want);
    }
    CHECK(kc_exp(0) <= 1 && kc_exp(0) >= 1 && kc_exp(-701) <= 0 && kc_exp(-INFINITY) <= 0 && isnan(kc_exp(NAN)));
}

TEST(eigenvectors_are_those_of_the_matrix)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 61, 0);
    for (size_t n = 1; n < 70; n += 1 + n / 4) {
        double *a = malloc(n * n * sizeof *a), *copy = malloc(n * n * sizeof *copy), *value = malloc(n * sizeof *value);
        double *vector = malloc(n * n * sizeof *vector), worst = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                a[i * n + j] = a[j * n + i] = n % 3 ? data_normal(&r) : (double)(i == j); /* equal values, too */
        memcpy(copy, a, n * n * sizeof *a);
        kc_eigen(a, n, value, vector);
        for (size_t t = 0; t < n; t++) {
            CHECK(t == 0 || value[t] <= value[t - 1]);
            for (size_t i = 0; i < n; i++) {
                double sum = -value[t] * vector[t * n + i], dot = -(double)(i == t);
                for (size_t j = 0; j < n; j++) {
                    sum += copy[i * n + j] * vector[t * n + j];
                    dot += vector[i * n + j] * vector[t * n + j];
                }
                worst = fmax(worst, fmax(fabs(sum), fabs(dot)));
            }
        }
        CHECK_MSG(worst < 1e-12 * (double)n, "n %zu: off by %g", n, worst);
        free(vector);
        free(value);
        free(copy);
        free(a);
    }
}

/* Return the weight of an edge; 0 if there is none. */
static double get_weight(const struct kc_affinity *a, size_t i, size_t j)
{
    for (size_t e = a->first[i]; e < a->first[i + 1]; e++)
        if (a->id[e] == j)
            return (double)a->weight[e];
    return 0;
}

/* Count the connected parts of a graph. */
static size_t count_parts(const struct kc_affinity *a)
{
    uint32_t *part = malloc(a->n * sizeof *part);
    size_t parts = 0;
    for (size_t i = 0; i < a->n; i++)
        part[i] = (uint32_t)i;
    for (int any = 1; any;) {
        any = 0;
        for (size_t i = 0; i < a->n; i++)
            for (size_t e = a->first[i]; e < a->first[i + 1]; e++)
                if (part[a->id[e]] > part[i]) {
                    part[a->id[e]] = part[i];
                    any = 1;
                }
    }
    for (size_t i = 0; i < a->n; i++)
        parts += part[i] == i;
    free(part);
    return parts;
}

TEST(affinity_is_the_definition_and_connected)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 62, 0);
    for (size_t t = 0; t < 12; t++) {
        const size_t n = 20 + 60 * t, d = 2 + kc_rng_below(&r, 20);
        const double spread = t % 3 == 0 ? 0.01 : 0.7; /* far clusters fall apart */
        float *x = data_clustered(&r, n, d, 1 + n / 30, spread);
        if (t % 4 == 3) /* equal rows */
            for (size_t i = 1; i < n / 3; i++)
                memcpy(x + i * d, x, d * sizeof *x);
        const struct kc_neighbours_opts o = {5 + (uint32_t)kc_rng_below(&r, 10), -2, NULL, 0};
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx ctx = data_ctx(1 + (unsigned)t % 3);
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours g;
        struct kc_affinity a;
        double *w = malloc(n * n * sizeof *w), worst = 0;
        size_t more = 0;
        uint64_t high, before;
        CHECK(kc_neighbours_find(&ctx, &rows, &o, &g, &e) == 0);
        before = kc_mem_held(&high, 1);
        CHECK(kc_affinity_make(&ctx, &rows, &g, &a, &e) == 0);
        (void)kc_mem_held(&high, 0);
        CHECK(high - before <= kc_affinity_bytes(n, d, o.m, kc_pool_threads(ctx.pool)) + 4096);
        kc_ref_affinity(x, n, d, o.m, w);
        for (size_t i = 0; i < n; i++) {
            double degree = 0;
            for (size_t j = 0; j < n; j++) {
                const double got = get_weight(&a, i, j);
                degree += got;
                CHECK(got <= get_weight(&a, j, i) && got <= 1);
                if (w[i * n + j] > 0)
                    worst = fmax(worst, fabs(got - w[i * n + j]));
                else
                    more += got > 0;
            }
            CHECK(fabs(degree - a.degree[i]) < 1e-6 * (1 + degree));
        }
        CHECK_MSG(worst < 1e-3, "n %zu: a weight is off by %g", n, worst);
        CHECK_MSG(more == 2 * ((size_t)a.parts - 1), "n %zu: %zu edges more, %u parts", n, more, a.parts);
        CHECK(count_parts(&a) == 1);
        kc_affinity_free(&a);
        kc_neighbours_free(&g);
        kc_pool_free(ctx.pool);
        free(w);
        free(x);
    }
}

/* Coordinates by the whole matrix: cosines between rows of the leading eigenvectors. Where eigenvalues are nearly equal
 * at the end of the list, the span is not determined, so sets are made with a gap there. */
TEST(coordinates_are_those_of_the_whole_matrix)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 63, 0);
    int compared = 0;
    for (size_t t = 0; t < 6; t++) {
        const size_t n = 150 + 50 * t, d = 30;
        const uint32_t dims = 7;
        float *x = data_clustered(&r, n, d, 8, 0.4), *y = malloc(n * dims * sizeof *y), *z = malloc(n * dims * sizeof *z);
        const struct kc_neighbours_opts o = {10, -2, NULL, 0};
        const struct kc_diffusion_opts of = {dims, 8};
        const struct kc_rows rows = kc_rows_memory(x, n, d);
        struct kc_ctx one = data_ctx(1), three = data_ctx(3);
        struct kc_err e = KC_ERR_INIT;
        struct kc_neighbours g;
        struct kc_affinity a;
        struct kc_diffusion_report report;
        double *s = calloc(n * n, sizeof *s), *value = malloc(n * sizeof *value), *vector = malloc(n * n * sizeof *vector);
        double worst = 0;
        uint64_t high, before;
        CHECK(kc_neighbours_find(&three, &rows, &o, &g, &e) == 0 && kc_affinity_make(&three, &rows, &g, &a, &e) == 0);
        before = kc_mem_held(&high, 1);
        CHECK(kc_diffusion_run(&three, &a, &of, y, &report, &e) == 0);
        (void)kc_mem_held(&high, 0);
        CHECK(high - before <= kc_diffusion_bytes(n, &of) + 4096);
        CHECK(kc_diffusion_run(&one, &a, &of, z, &report, &e) == 0);
        CHECK(memcmp(y, z, n * dims * sizeof *y) == 0);
        CHECK(report.residual < 1e-3 && report.largest <= 1 && report.least <= report.largest);
        for (size_t i = 0; i < n; i++)
            for (size_t p = a.first[i]; p < a.first[i + 1]; p++)
                s[i * n + a.id[p]] = (double)a.weight[p] / sqrt(a.degree[i] * a.degree[a.id[p]]);
        kc_eigen(s, n, value, vector);
        CHECK_MSG(fabs(value[1] - report.largest) < 1e-5 && fabs(value[dims] - report.least) < 1e-5, "n %zu", n);
        compared += value[dims] - value[dims + 1] > 0.05;
        for (size_t i = 0; value[dims] - value[dims + 1] > 0.05 && i < n; i++)
            for (size_t j = 0; j < n; j += 7) {
                double dot = 0, pp = 0, qq = 0, got = 0;
                for (uint32_t c = 0; c < dims; c++) {
                    const double weight = pow(value[c + 1], 16), v = vector[(c + 1) * n + i], u = vector[(c + 1) * n + j];
                    dot += weight * v * u;
                    pp += weight * v * v;
                    qq += weight * u * u;
                    got += (double)y[i * dims + c] * (double)y[j * dims + c];
                }
                worst = fmax(worst, fabs(dot / sqrt(pp * qq) - got));
            }
        CHECK_MSG(worst < 2e-3, "n %zu: a cosine is off by %g", n, worst);
        kc_affinity_free(&a);
        kc_neighbours_free(&g);
        kc_pool_free(one.pool);
        kc_pool_free(three.pool);
        free(vector);
        free(value);
        free(s);
        free(z);
        free(y);
        free(x);
    }
    CHECK(compared >= 3);
}
