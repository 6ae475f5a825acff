/* Maps: forces and transforms against their definitions, the same bytes for any threads and kernels, odd sets, and how
 * many neighbours a map keeps. */
#include "core/map/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/map/attract.h"
#include "core/map/fft.h"
#include "core/map/lanes.h"
#include "core/map/part.h"
#include "core/map/repel.h"
#include "core/ref/ref.h"
#include "data.h"
#include "la/matrix.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

/* Places of n points: three clouds of a size. */
static float *draw_places(struct kc_rng *r, size_t n, size_t dims, double size)
{
    float *y = malloc(n * dims * sizeof *y);
    for (size_t i = 0; i < n; i++) {
        const double shift = 3 * size * (double)kc_rng_below(r, 3);
        for (size_t t = 0; t < dims; t++)
            y[i * dims + t] = (float)(size * data_normal(r) + shift);
    }
    return y;
}

/* Return how far forces are from the right ones, over the size of these. */
static double find_error(const float *force, const double *right, size_t n)
{
    double off = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        off += pow((double)force[i] - right[i], 2);
        all += right[i] * right[i];
    }
    return all > 0 ? sqrt(off / all) : sqrt(off);
}

TEST(transforms_are_the_definition)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 120, 0);
    static const char *const kernels[] = {"portable", "avx2", "avx512"};
    const char *best = kc_la_kernel();
    for (size_t n = 2; n <= 512; n *= 2) {
        float *re = kc_mem_aligned(2 * n * KC_MAP_LANES, sizeof *re, NULL), *im = re + n * KC_MAP_LANES;
        float *w = malloc(n * sizeof *w), *first = malloc(2 * n * KC_MAP_LANES * sizeof *first);
        double *x = malloc(4 * n * KC_MAP_LANES * sizeof *x), *want = x + 2 * n * KC_MAP_LANES;
        uint32_t *order = malloc(n * sizeof *order);
        kc_fft_factors(n, w);
        kc_fft_order(n, order);
        for (size_t l = 0; l < KC_MAP_LANES; l++) {
            double *lane = x + l * 2 * n;
            for (size_t t = 0; t < 2 * n; t++)
                lane[t] = (double)(float)data_normal(&r);
            kc_ref_fourier(lane, lane + n, n, want + l * 2 * n, want + l * 2 * n + n);
        }
        for (size_t q = 0; q < 3; q++) {
            double worst = 0;
            if (kc_la_kernel_force(kernels[q]) != 0)
                continue;
            for (size_t l = 0; l < KC_MAP_LANES; l++)
                for (size_t t = 0; t < n; t++) {
                    re[order[t] * KC_MAP_LANES + l] = (float)x[l * 2 * n + t];
                    im[order[t] * KC_MAP_LANES + l] = (float)x[l * 2 * n + n + t];
                }
            kc_map_lanes_get()->transform(re, im, n, w);
            for (size_t l = 0; l < KC_MAP_LANES; l++)
                for (size_t k = 0; k < n; k++) {
                    worst = fmax(worst, fabs((double)re[k * KC_MAP_LANES + l] - want[l * 2 * n + k]));
                    worst = fmax(worst, fabs((double)im[k * KC_MAP_LANES + l] - want[l * 2 * n + n + k]));
                }
            CHECK_MSG(worst < 2e-6 * sqrt((double)n) * log2(2 * (double)n), "%s, length %zu: off by %g", kernels[q], n, worst);
            if (q == 0)
                memcpy(first, re, 2 * n * KC_MAP_LANES * sizeof *re);
            CHECK(memcmp(first, re, 2 * n * KC_MAP_LANES * sizeof *re) == 0);
        }
        free(order);
        free(x);
        free(first);
        free(w);
        kc_mem_free(re);
    }
    CHECK(kc_la_kernel_force(best) == 0);
}

TEST(factors_are_cosines_and_sines)
{
    for (size_t n = 2; n <= 4096; n *= 2) {
        float *w = malloc(n * sizeof *w);
        double *cosine = malloc((n / 2 + 1) * sizeof *cosine), worst = 0;
        kc_fft_factors(n, w);
        kc_fft_cosines(n, cosine);
        for (size_t k = 0; k <= n / 2; k++) {
            const double turn = 2 * acos(-1) * (double)k / (double)n;
            worst = fmax(worst, fabs(cosine[k] - cos(turn)));
            if (k < n / 2)
                CHECK(fabs((double)w[2 * k] - cos(turn)) < 6e-8 && fabs((double)w[2 * k + 1] + sin(turn)) < 6e-8);
        }
        CHECK_MSG(worst < 1e-15, "length %zu: off by %g", n, worst);
        free(cosine);
        free(w);
    }
}

/* Repel places in both ways on one to three threads, and compare with the definition. */
static void check_forces(const float *y, size_t n, size_t dims, double most)
{
    double *right = malloc(n * dims * sizeof *right);
    float *force = malloc(n * dims * sizeof *force), *first = malloc(n * dims * sizeof *first);
    const double z = kc_ref_repel(y, n, dims, right);
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct kc_ctx ctx = data_ctx(threads);
        struct kc_err e = KC_ERR_INIT;
        struct kc_exact x;
        double own;
        CHECK(kc_exact_new(&x, n, dims, NULL, n, &e) == 0);
        own = kc_exact_repel(&ctx, &x, y, force);
        kc_exact_free(&x);
        CHECK_MSG(find_error(force, right, n * dims) < 2e-6 && fabs(own / z - 1) < 2e-6, "%zu points: off by %g, z by %g", n,
                  find_error(force, right, n * dims), own / z - 1);
        if (dims == 2) {
            struct kc_grid *g = kc_grid_new(n, &e);
            CHECK(g && kc_grid_repel(&ctx, g, y, force, &own, &e) == 0);
            kc_grid_free(g);
            CHECK_MSG(find_error(force, right, n * dims) < most && fabs(own / z - 1) < most, "%zu points: off by %g, z by %g",
                      n, find_error(force, right, n * dims), own / z - 1);
            if (threads == 1)
                memcpy(first, force, n * dims * sizeof *force);
            CHECK(memcmp(first, force, n * dims * sizeof *force) == 0);
        }
        kc_pool_free(ctx.pool);
    }
    free(first);
    free(force);
    free(right);
}

/* Stretch points to an extent. */
static void stretch(float *y, size_t n, size_t dims, double extent)
{
    float least = y[0], most = y[0];
    for (size_t i = 0; i < n * dims; i++) {
        least = fminf(least, y[i]);
        most = fmaxf(most, y[i]);
    }
    for (size_t i = 0; i < n * dims; i++)
        y[i] = (float)(extent * (double)y[i] / ((double)most - (double)least));
}

/* The nodes of the grid are nearest where the points just fill it, and furthest apart where they hardly do. */
TEST(repulsion_is_the_definition)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 121, 0);
    static const struct { size_t n; double extent, most; } sets[] = {
        {17, 2, 2e-2}, {500, 0.01, 2e-2}, {2000, 16, 1e-3}, {1999, 26, 2e-2}, {3000, 73, 1.5e-3}, {3000, 120, 3e-2}};
    for (size_t t = 0; t < sizeof sets / sizeof *sets; t++)
        for (size_t dims = 2; dims <= 3; dims++) {
            float *y = draw_places(&r, sets[t].n, dims, 1);
            stretch(y, sets[t].n, dims, sets[t].extent);
            check_forces(y, sets[t].n, dims, sets[t].most);
            free(y);
        }
}

/* Some rows push for all: if they are all of them, nothing changes; and else what they push is scaled. */
TEST(some_rows_can_push_for_all)
{
    enum { N = 300, M = 100 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 122, 0);
    float *y = draw_places(&r, N, 3, 2), force[N * 3], some[N * 3];
    double right[N * 3];
    uint32_t row[M];
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    struct kc_exact all, part;
    for (size_t i = 0; i < N * 3; i++) /* each place three times */
        y[i] = y[i % (M * 3)];
    for (uint32_t j = 0; j < M; j++)
        row[j] = j;
    CHECK(kc_exact_new(&all, N, 3, NULL, N, &e) == 0 && kc_exact_new(&part, N, 3, row, M, &e) == 0);
    const double z = kc_exact_repel(&ctx, &all, y, force), other = kc_exact_repel(&ctx, &part, y, some);
    (void)kc_ref_repel(y, N, 3, right);
    CHECK(find_error(force, right, N * 3) < 1e-6 && find_error(some, right, N * 3) < 1e-6);
    CHECK_MSG(fabs(z / other - 1) < 1e-6, "%g, %g", z, other);
    kc_exact_free(&part);
    kc_exact_free(&all);
    kc_pool_free(ctx.pool);
    free(y);
}

TEST(attraction_has_the_perplexity_that_is_asked_for)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 123, 0);
    for (int t = 0; t < 200; t++) {
        const uint32_t n = (uint32_t)(1 + kc_rng_below(&r, 60));
        const double want = 1 + kc_rng_unit(&r) * 40, most = 15.0 * n / 16, target = want < most ? want : most > 1 ? most : 1;
        float similarity[64];
        double weight[64], entropy = 0, sum = 0;
        similarity[0] = (float)kc_rng_unit(&r);
        for (uint32_t j = 1; j < n; j++)
            similarity[j] = similarity[j - 1] - (float)(kc_rng_unit(&r) * (t % 3 ? 0.01 : 1e-6) + 1e-7);
        kc_attract_weigh(similarity, n, want, weight);
        for (uint32_t j = 0; j < n; j++) {
            sum += weight[j];
            entropy -= weight[j] > 0 ? weight[j] * log(weight[j]) : 0;
            CHECK(j == 0 || weight[j] <= weight[j - 1]);
        }
        CHECK(fabs(sum - 1) < 1e-12);
        CHECK_MSG(fabs(entropy - log(target)) < 1e-5, "%u neighbours, %g: entropy %g, not %g", n, want, entropy, log(target));
    }
}

/* Map rows, and compare the memory with what was planned. */
static void map_rows(const struct kc_rows *rows, const struct kc_map_opts *o, unsigned threads, float *xy)
{
    struct kc_ctx ctx = data_ctx(threads);
    struct kc_err e = KC_ERR_INIT;
    struct kc_map_report report;
    uint64_t high, before = kc_mem_held(&high, 1);
    CHECK_MSG(kc_map_run(&ctx, rows, o, xy, &report, &e) == 0, "%s", e.msg);
    (void)kc_mem_held(&high, 0);
    CHECK_MSG(high - before <= kc_map_bytes(rows->n, rows->d, rows->x != NULL, o, threads) + 4096, "%zu x %zu, %u: %zu bytes",
              rows->n, rows->d, o->dims, (size_t)(high - before));
    kc_pool_free(ctx.pool);
}

static void check_sound(const float *xy, size_t n, size_t dims)
{
    for (size_t t = 0; t < dims; t++) {
        double sum = 0, most = 0, least = 0;
        for (size_t i = 0; i < n; i++) {
            const double v = (double)xy[i * dims + t];
            CHECK(isfinite(v));
            sum += v;
            most = fmax(most, v);
            least = fmin(least, v);
        }
        CHECK_MSG(fabs(sum / (double)n) <= 1e-5 * most, "%zu rows: mean %g of up to %g", n, sum / (double)n, most);
        CHECK(most >= -least);
    }
}

TEST(maps_are_the_same_for_any_threads_and_kernels)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 124, 0);
    static const char *const kernels[] = {"portable", "avx2", "avx512"};
    static const struct { size_t n; uint32_t dims; } shapes[] = {{600, 2}, {3300, 2}, {700, 3}};
    const char *best = kc_la_kernel();
    for (size_t t = 0; t < 3; t++) {
        const size_t n = shapes[t].n;
        const struct kc_map_opts o = {.dims = shapes[t].dims};
        float *x = data_clustered(&r, n, 24, 12, 0.5), *first = malloc(n * o.dims * sizeof *first);
        float *xy = malloc(n * o.dims * sizeof *xy);
        struct data_behind behind = {x, 24};
        struct kc_rows rows = kc_rows_memory(x, n, 24);
        map_rows(&rows, &o, 1, first);
        check_sound(first, n, o.dims);
        for (unsigned threads = 2, i = 0; threads <= 8; threads += threads == 3 ? 5 : 1, i++) {
            if (!unit_takes(t + i, 3))
                continue;
            map_rows(&rows, &o, threads, xy);
            CHECK_MSG(memcmp(first, xy, n * o.dims * sizeof *xy) == 0, "%zu rows, %u threads", n, threads);
        }
        for (size_t q = 0; q < 3; q++)
            if (unit_takes(t + q + 1, 3) && kc_la_kernel_force(kernels[q]) == 0) {
                map_rows(&rows, &o, 2, xy);
                CHECK_MSG(memcmp(first, xy, n * o.dims * sizeof *xy) == 0, "%zu rows, %s", n, kernels[q]);
            }
        CHECK(kc_la_kernel_force(best) == 0);
        rows = (struct kc_rows){.n = n, .d = 24, .read = data_behind_read, .src = &behind};
        if (unit_takes(t, 3)) {
            map_rows(&rows, &o, 2, xy);
            CHECK(memcmp(first, xy, n * o.dims * sizeof *xy) == 0);
        }
        free(xy);
        free(first);
        free(x);
    }
}

TEST(odd_sets_have_sound_maps)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 125, 0);
    static const struct { size_t n, d, centres; double spread; } sets[] = {
        {1, 4, 1, 1}, {2, 3, 2, 1}, {3, 1, 1, 1}, {5, 2, 2, 1}, {7, 9, 1, 0}, {8, 3, 1, 1}, {9, 5, 1, 0}, {33, 4, 2, 1},
        {100, 6, 1, 0}, {200, 8, 3, 0}, {400, 1, 2, 1}, {500, 2, 5, 1e-4}, {3500, 3, 1, 0}, {3500, 5, 40, 0}, {3500, 2, 1, 1}};
    for (size_t t = 0; t < sizeof sets / sizeof *sets; t++)
        for (uint32_t dims = 2; dims <= 3; dims++)
            for (int method = 0; method < 2; method++) {
                const size_t n = sets[t].n;
                const struct kc_map_opts o = {.method = method ? KC_MAP_PCA : KC_MAP_TSNE, .dims = dims};
                float *x = data_clustered(&r, n, sets[t].d, sets[t].centres, sets[t].spread), *xy = malloc(n * dims * sizeof *xy);
                const struct kc_rows rows = kc_rows_memory(x, n, sets[t].d);
                if (n <= 3000 || (dims == 2 && unit_takes(t, 3))) { /* the large ones take seconds */
                    map_rows(&rows, &o, 2, xy);
                    check_sound(xy, n, dims);
                }
                free(xy);
                free(x);
            }
}

/* Equal rows of a set have one place on a map of components; t-SNE moves them together as well. */
TEST(components_are_coordinates)
{
    enum { N = 300, D = 12 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 126, 0);
    float *x = data_clustered(&r, N, D, 5, 0.7), xy[N * 3];
    double mean[D], m[D * D], right = 0, got = 0;
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    map_rows(&rows, &(struct kc_map_opts){.method = KC_MAP_PCA, .dims = 3}, 2, xy);
    kc_ref_moments(x, N, D, 1, mean, m);
    /* the variance along the first axis is the largest eigenvalue: by the power method */
    double v[D], w[D];
    for (size_t t = 0; t < D; t++)
        v[t] = 1 + (double)t;
    for (int step = 0; step < 2000; step++) {
        double length = 0;
        for (size_t a = 0; a < D; a++) {
            w[a] = 0;
            for (size_t b = 0; b < D; b++)
                w[a] += m[a * D + b] * v[b];
            length += w[a] * w[a];
        }
        right = sqrt(length);
        for (size_t a = 0; a < D; a++)
            v[a] = w[a] / right;
    }
    for (size_t i = 0; i < N; i++)
        got += (double)xy[i * 3] * (double)xy[i * 3] / N;
    CHECK_MSG(fabs(got / right - 1) < 1e-4, "variance %g, not %g", got, right);
    free(x);
}

/* Return the share of the m nearest rows that are among the m nearest on the map. */
static double find_kept(const float *x, const float *xy, size_t n, size_t d, size_t dims, uint32_t m)
{
    uint32_t id[64], near[64];
    float similarity[64];
    size_t kept = 0, asked = 0;
    for (size_t i = 0; i < n; i += 1 + n / 500) {
        double worst[64];
        uint32_t count, have = 0;
        kc_ref_neighbours(x, n, d, NULL, 0, -2, (uint32_t)i, m, &count, id, similarity);
        for (size_t j = 0; j < n; j++) {
            double length = 0;
            for (size_t t = 0; t < dims; t++)
                length += pow((double)xy[i * dims + t] - (double)xy[j * dims + t], 2);
            if (j == i || (have == m && length >= worst[m - 1]))
                continue;
            uint32_t at = have < m ? have++ : m - 1;
            for (; at > 0 && worst[at - 1] > length; at--) {
                worst[at] = worst[at - 1];
                near[at] = near[at - 1];
            }
            worst[at] = length;
            near[at] = (uint32_t)j;
        }
        for (uint32_t a = 0; a < m; a++)
            for (uint32_t b = 0; b < m; b++)
                kept += id[a] == near[b];
        asked += m;
    }
    return (double)kept / (double)asked;
}

/* Read a set of $KCLUST_TEST_DATA as unit rows; NULL if it is not there. */
static float *read_set(const char *name, size_t n, size_t d)
{
    const char *folder = getenv("KCLUST_TEST_DATA");
    char path[1024];
    float *x = malloc(n * d * sizeof *x);
    snprintf(path, sizeof path, "%s/%s/vectors.npy", folder ? folder : "", name);
    FILE *f = folder ? fopen(path, "rb") : NULL;
    const int ok = f && fseek(f, -(long)(n * d * sizeof *x), SEEK_END) == 0 && fread(x, sizeof *x, n * d, f) == n * d;
    if (f)
        fclose(f);
    for (size_t i = 0; ok && i < n; i++)
        (void)!kc_la_unit(x + i * d, d, x + i * d, NULL);
    if (ok)
        return x;
    free(x);
    return NULL;
}

TEST(maps_of_digits_keep_the_neighbours)
{
    enum { N = 1797, D = 64 };
    float *x = read_set("sk-digits", N, D), *xy = malloc(N * 3 * sizeof *xy);
    if (!x) {
        unit_skip("no KCLUST_TEST_DATA");
        free(xy);
        return;
    }
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    map_rows(&rows, &(struct kc_map_opts){.dims = 2}, 2, xy);
    const double flat = find_kept(x, xy, N, D, 2, 15);
    CHECK_MSG(flat > 0.58, "kept %.3f of the neighbours", flat);
    map_rows(&rows, &(struct kc_map_opts){.dims = 3}, 2, xy);
    const double deep = find_kept(x, xy, N, D, 3, 15);
    CHECK_MSG(deep > flat, "three dimensions keep %.3f, two %.3f", deep, flat);
    free(xy);
    free(x);
}

TEST(parts_are_spread_evenly)
{
    static const struct { size_t n, m; } shapes[] = {{3, 1}, {30, 10}, {60000, 20000}, {1000000, 20000}, {30001, 10000}};
    for (size_t t = 0; t < sizeof shapes / sizeof *shapes; t++) {
        const size_t n = shapes[t].n, m = shapes[t].m;
        uint32_t *row = malloc(m * sizeof *row);
        kc_part_draw(n, m, row);
        for (size_t i = 0; i < m; i++) {
            CHECK(row[i] < n && (i == 0 || row[i] > row[i - 1]));
            CHECK(fabs((double)row[i] / (double)n - (double)i / (double)m) < 6 / (double)m + 1e-9);
        }
        free(row);
    }
}

/* Rows that edges reach from the part come to the mean of those, others to the most similar row of the part. */
TEST(rows_are_placed_beside_a_part)
{
    enum { N = 6, D = 2 };
    const float x[N * D] = {1, 0, 1, 0, 1, 0, 0, 1, 0.6f, 0.8f, 0, 1};
    const uint32_t row[2] = {0, 3};
    const float place[4] = {10, 0, 0, 20};
    /* 0 - 1 - 2, 3, and 4 - 5 */
    size_t first[N + 1] = {0, 1, 3, 4, 4, 5, 6};
    uint32_t id[] = {1, 0, 2, 1, 5, 4};
    float weight[] = {1, 1, 1, 1, 1, 1}, xy[N * 2];
    double degree[N] = {1, 2, 1, 0, 1, 1};
    const struct kc_affinity a = {.n = N, .first = first, .id = id, .weight = weight, .degree = degree};
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct kc_ctx ctx = data_ctx(threads);
        struct kc_err e = KC_ERR_INIT;
        CHECK(kc_part_place(&ctx, &rows, &a, row, place, 2, 2, xy, &e) == 0);
        for (size_t i = 0; i < N; i++)
            CHECK_MSG(i < 3 ? fabsf(xy[2 * i] - 10) < 1e-6f : fabsf(xy[2 * i + 1] - 20) < 1e-6f, "row %zu is at %g, %g", i,
                      (double)xy[2 * i], (double)xy[2 * i + 1]);
        kc_pool_free(ctx.pool);
    }
}
