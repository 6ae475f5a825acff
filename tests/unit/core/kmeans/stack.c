#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/kmeans/runs.h"
#include "core/ref/ref.h"
#include "core/cluster/weights.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

static struct kc_best *stack(const struct kc_space *s, const struct kc_run *run, int full, uint64_t max_iter)
{
    struct kc_err e = KC_ERR_INIT;
    const struct kc_run_opts o = {max_iter, 0, full, 0};
    struct kc_best *best = kc_best_new(s->n, &run->k, 1, &e);
    CHECK(best && kc_stack_run(s, run, 1, &o, best, 1, &e) == 0);
    return best;
}

static int same(const struct kc_best *a, const struct kc_best *b, size_t n)
{
    return memcmp(a->labels, b->labels, n * sizeof *a->labels) == 0 && a->objective == b->objective &&
           a->iterations == b->iterations;
}

/* One bound a row, bounds for groups, none: the same labels, after any number of passes. Few and many clusters, rows
 * far apart and nearly alike, duplicates, weighted, rows in memory, picked by number and read in spans. */
TEST(core_bounds_change_nothing)
{
    static const uint32_t ks[] = {1, 2, 7, 39, 64, 57, 150};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 40, 0);
    for (int round = 0; round < 42; round++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 3);
        uint32_t k = ks[round % 7];
        size_t n = 900 + kc_rng_below(&r, 900), d = 2 + kc_rng_below(&r, round % 2 ? 40 : 8);
        float *x = data_clustered(&r, n, d, 6, round % 4 == 0 ? 0.02 : 0.8);
        for (size_t i = 0; round % 3 == 0 && i < 60; i++)
            memcpy(x + kc_rng_below(&r, n) * d, x, d * sizeof *x);
        uint32_t *seeds = malloc(k * sizeof *seeds), *idx = malloc(n * sizeof *idx);
        float *centres = malloc(k * d * sizeof *centres);
        for (uint32_t c = 1; round % 2 && c < k; c += 9) /* seeds that are the same row twice */
            memcpy(x + c * (n / k) * d, x, d * sizeof *x);
        for (uint32_t c = 0; c < k; c++) {
            seeds[c] = (uint32_t)(c * (n / k));
            memcpy(centres + c * d, x + seeds[c] * d, d * sizeof *x);
        }
        for (size_t i = 0; i < n; i++)
            idx[i] = (uint32_t)i;
        struct data_behind b = {x, d};
        struct kc_space mem = {.ctx = &ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d}, picked, away;
        double *weights = round < 28 ? NULL : data_weights(&r, n, (enum data_weights)(round % DATA_KINDS)), *scaled;
        CHECK(kc_weights_make(weights, n, &scaled, &mem.one, &e) == 0);
        mem.w = scaled;
        picked = away = mem;
        picked.rows = kc_rows_pick(&mem.rows, idx, n);
        away.rows = (struct kc_rows){.n = n, .d = d, .read = data_behind_read, .src = &b};
        for (int from = 0; from < 2 && unit_takes((size_t)round, 2); from++)
            for (int polish = 0; polish < 2; polish++) {
                struct kc_run run = {.k = k, .seeds = from ? seeds : NULL, .centres = from ? NULL : centres,
                                     .polish = polish};
                for (uint64_t iter = 2; iter < 40; iter += 12) {
                    struct kc_best *one = stack(&mem, &run, 0, iter), *two = stack(&mem, &run, 1, iter);
                    CHECK_MSG(same(one, two, n), "n %zu d %zu k %u polish %d: bounds change the outcome", n, d, k, polish);
                    if (!from) {
                        struct kc_best *three = stack(&picked, &run, 0, iter), *four = stack(&away, &run, 0, iter);
                        CHECK_MSG(same(one, three, n) && same(one, four, n), "n %zu d %zu k %u: where rows lie matters",
                                  n, d, k);
                        kc_best_free(three, 1);
                        kc_best_free(four, 1);
                    }
                    kc_best_free(one, 1);
                    kc_best_free(two, 1);
                }
            }
        kc_mem_free(scaled);
        free(weights);
        free(centres);
        free(idx);
        free(seeds);
        free(x);
        kc_pool_free(ctx.pool);
    }
}

/* Sums are exact, also by weights of very different sizes: rows in another order come to the same bits. */
TEST(core_the_order_of_rows_changes_nothing)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 41, 0);
    for (int round = 0; round < 2 * DATA_KINDS; round++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 3);
        const size_t n = 900 + kc_rng_below(&r, 900), d = 2 + kc_rng_below(&r, 20);
        const uint32_t k = round % 2 ? 7 : 50;
        float *x = data_clustered(&r, n, d, 6, 0.8), *y = malloc(n * d * sizeof *y);
        double *w = data_weights(&r, n, (enum data_weights)(round % DATA_KINDS)), *v = malloc(n * sizeof *v), *a = NULL, *b = NULL;
        uint32_t *at = malloc(n * sizeof *at);
        for (size_t i = 0; i < n; i++)
            at[i] = (uint32_t)i;
        for (size_t i = n; i-- > 1;) {
            const size_t j = kc_rng_below(&r, i + 1);
            const uint32_t t = at[i];
            at[i] = at[j];
            at[j] = t;
        }
        for (size_t i = 0; i < n; i++) {
            memcpy(y + i * d, x + at[i] * d, d * sizeof *y);
            v[i] = w[at[i]];
        }
        struct kc_space one = {.ctx = &ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d}, other = one;
        other.rows = kc_rows_memory(y, n, d);
        CHECK(kc_weights_make(w, n, &a, &one.one, &e) == 0 && kc_weights_make(v, n, &b, &other.one, &e) == 0);
        one.w = a;
        other.w = b;
        const struct kc_run run = {.k = k, .centres = x};
        struct kc_best *p = stack(&one, &run, 0, 20), *q = stack(&other, &run, 0, 20);
        int bad = p->objective < q->objective || p->objective > q->objective;
        for (size_t i = 0; i < n; i++)
            bad |= q->labels[i] != p->labels[at[i]];
        CHECK_MSG(!bad, "n %zu d %zu k %u, weights of kind %d", n, d, k, round % DATA_KINDS);
        kc_best_free(p, 1);
        kc_best_free(q, 1);
        kc_mem_free(a);
        kc_mem_free(b);
        free(at);
        free(v);
        free(w);
        free(y);
        free(x);
        kc_pool_free(ctx.pool);
    }
}
