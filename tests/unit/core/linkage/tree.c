/* Trees against the naive definition: random rows, near duplicates, ties, weights, cells, any threads. */
#include "core/linkage/tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/ref/ref.h"
#include "data.h"
#include "unit.h"

static const char *const names[] = {"ward", "average", "complete", "single"};

/* Build a tree. */
static int build(const struct kc_ctx *ctx, const struct kc_points *p, int how, struct kc_join *joins,
                 struct kc_tree_report *report, struct kc_err *e)
{
    return how == KC_LINKAGE_COMPLETE ? kc_tree_complete(ctx, p, joins, report, e) :
           how == KC_LINKAGE_SINGLE ? kc_tree_single(ctx, p, joins, report, e) :
           kc_tree_rounds(ctx, p, (enum kc_linkage)how, joins, report, e);
}

static uint64_t bytes_of(int how, size_t n, size_t d, int cells, unsigned threads)
{
    return how == KC_LINKAGE_COMPLETE ? kc_complete_bytes(n, d, threads) :
           how == KC_LINKAGE_SINGLE ? kc_single_bytes(n, d, threads) : kc_rounds_bytes(n, d, cells, threads);
}

/* Set member (n) to the earliest point of each point's cluster when the first `joined` joins are made. */
static void cut(const struct kc_join *joins, size_t n, size_t joined, uint32_t *member)
{
    for (size_t i = 0; i < n; i++)
        member[i] = (uint32_t)i;
    for (size_t t = 0; t < joined; t++) {
        const uint32_t a = member[joins[t].a], b = member[joins[t].b];
        for (size_t i = 0; i < n; i++)
            member[i] = member[i] == a || member[i] == b ? (a < b ? a : b) : member[i];
    }
}

/* Compare two trees, whose joins are sorted: heights, and clusters wherever the next join is higher. */
static void compare(const struct kc_join *a, const struct kc_join *b, size_t n, const char *what)
{
    uint32_t *p = malloc(n * sizeof *p), *q = malloc(n * sizeof *q);
    for (size_t i = 0; i + 1 < n; i++) {
        CHECK_MSG(fabs(a[i].height - b[i].height) <= 3e-7, "%s: join %zu of %zu at %.17g, not %.17g", what, i, n - 1,
                  a[i].height, b[i].height);
        if (i > 0 && (a[i].height - a[i - 1].height < 1e-6 || (n > 60 && i % 7)))
            continue;
        cut(a, n, i, p);
        cut(b, n, i, q);
        CHECK_MSG(memcmp(p, q, n * sizeof *p) == 0, "%s: other clusters below join %zu of %zu", what, i, n - 1);
    }
    free(q);
    free(p);
}

/* Make rows no two of which are equal: scattered, near duplicates of each other, or with all distances tied. */
static float *make_rows(struct kc_rng *r, size_t n, size_t d, unsigned kind)
{
    float *x = data_clustered(r, n, d, 1 + n / 12, kind == 0 ? 0.7 : 0.2);
    for (size_t i = 0; i < n; i++) {
        if (kind == 1 && i > 0 && kc_rng_below(r, 3) == 0) { /* nearly the same row */
            memcpy(x + i * d, x + kc_rng_below(r, i) * d, d * sizeof *x);
            x[i * d + kc_rng_below(r, d)] += (float)(1 + i) * 3e-5F;
        }
        if (kind == 2) /* orthogonal, or half of the way: two distances */
            for (size_t t = 0; t < d; t++)
                x[i * d + t] = t == i % d ? 1 : i >= d && t == (i / d + i) % d ? 1 : 0;
        double length = 0;
        for (size_t t = 0; t < d; t++)
            length += (double)x[i * d + t] * (double)x[i * d + t];
        for (size_t t = 0; t < d; t++)
            x[i * d + t] = (float)((double)x[i * d + t] / sqrt(length));
    }
    return x;
}

TEST(trees_are_those_of_the_slow_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 301, 0);
    for (size_t t = 0; t < 72; t++) {
        const int how = (int)(t % 4);
        const unsigned kind = (unsigned)(t / 4 % 3);
        const size_t n = t < 8 ? 1 + t / 4 : 3 + kc_rng_below(&r, kind == 2 ? 40 : 120);
        const size_t d = kind == 2 ? 24 : kind == 1 ? 3 + kc_rng_below(&r, 5) : 2 + kc_rng_below(&r, 30);
        float *x = make_rows(&r, n, d, kind);
        double *w = t % 5 == 3 && how < KC_LINKAGE_COMPLETE ? data_weights(&r, n, (enum data_weights)(t % DATA_KINDS)) :
                    NULL;
        struct kc_join *want = malloc(n * sizeof *want), *got = malloc(n * sizeof *got), *again = malloc(n * sizeof *got);
        struct kc_merge *merges = malloc(n * sizeof *merges);
        const struct kc_points p = {.n = n, .d = d, .rows = kc_rows_memory(x, n, d), .weight = w};
        struct kc_tree_report report;
        struct kc_err e = KC_ERR_INIT;
        char what[200];
        snprintf(what, sizeof what, "%s, n %zu, d %zu, kind %u%s", names[how], n, d, kind, w ? ", weights" : "");
        kc_ref_linkage(x, w, n, d, how, want);
        for (unsigned threads = 1; threads < 6; threads += 2) {
            struct kc_ctx ctx = data_ctx(threads);
            uint64_t most, before = kc_mem_held(&most, 1);
            CHECK(build(&ctx, &p, how, threads == 1 ? got : again, &report, &e) == 0);
            (void)kc_mem_held(&most, 0);
            CHECK_MSG(most - before <= bytes_of(how, n, d, 0, kc_pool_threads(ctx.pool)) + 4096, "%s: held %llu", what,
                      (unsigned long long)(most - before));
            CHECK_MSG(threads == 1 || memcmp(got, again, (n - 1) * sizeof *got) == 0, "%s: %u threads", what, threads);
            kc_pool_free(ctx.pool);
        }
        CHECK(kc_tree_order(want, n, merges, &e) == 0 && kc_tree_order(got, n, merges, &e) == 0);
        compare(got, want, n, what);
        CHECK(n < 2 || merges[n - 2].size == n);
        for (size_t i = 0; i + 1 < n; i++)
            CHECK(merges[i].a < merges[i].b && merges[i].b < n + i && (i == 0 || merges[i].height >= merges[i - 1].height));
        free(merges);
        free(again);
        free(got);
        free(want);
        free(w);
        free(x);
    }
}

/* Cells join as if the rows of each had been joined before. */
TEST(trees_of_cells_are_those_of_their_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 302, 0);
    for (size_t t = 0; t < 20; t++) {
        const int how = t % 2 ? KC_LINKAGE_WARD : KC_LINKAGE_AVERAGE;
        const size_t cells = 2 + kc_rng_below(&r, 60), d = 3 + kc_rng_below(&r, 20), each = 1 + t % 3;
        float *x = data_clustered(&r, cells, d, 1 + cells / 5, 0.8);
        double *sums = malloc(cells * d * sizeof *sums), *w = malloc(cells * sizeof *w);
        struct kc_join *got = malloc(cells * sizeof *got), *want = malloc(cells * sizeof *want);
        struct kc_merge *merges = malloc(cells * sizeof *merges);
        for (size_t i = 0; i < cells; i++) {
            double length = 0;
            w[i] = (double)(1 + i % each);
            for (size_t c = 0; c < d; c++)
                length += (double)x[i * d + c] * (double)x[i * d + c];
            for (size_t c = 0; c < d; c++)
                sums[i * d + c] = w[i] * (double)x[i * d + c] / sqrt(length);
        }
        const struct kc_points p = {.n = cells, .d = d, .sums = sums, .weight = w};
        struct kc_ctx ctx = data_ctx(3);
        struct kc_tree_report report;
        struct kc_err e = KC_ERR_INIT;
        uint64_t most, before = kc_mem_held(&most, 1);
        CHECK(kc_tree_rounds(&ctx, &p, (enum kc_linkage)how, got, &report, &e) == 0);
        (void)kc_mem_held(&most, 0);
        CHECK(most - before <= kc_rounds_bytes(cells, d, 1, kc_pool_threads(ctx.pool)) + 4096);
        kc_ref_linkage(x, w, cells, d, how, want);
        CHECK(kc_tree_order(got, cells, merges, &e) == 0 && kc_tree_order(want, cells, merges, &e) == 0);
        compare(got, want, cells, "cells");
        kc_pool_free(ctx.pool);
        free(merges);
        free(want);
        free(got);
        free(w);
        free(sums);
        free(x);
    }
}
