/* Maps that last: files, rows that are known, and places of others. */
#include "model/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/map/attract.h"
#include "core/ref/ref.h"
#include "data.h"
#include "par/pool.h"
#include "report_util.h"
#include "unit.h"

enum { N = 400, D = 12 };

struct world {
    struct kc_ctx ctx;
    struct kc_err e;
    float *x, xy[N * 3];
    struct kc_map m;
};

static void make(struct world *w, struct kc_rng *r, uint32_t dims)
{
    const struct kc_map_opts o = {.dims = dims};
    struct kc_map_report report;
    memset(w, 0, sizeof *w);
    w->ctx = data_ctx(2);
    w->x = data_clustered(r, N, D, 6, 0.6);
    memcpy(w->x + D, w->x, D * sizeof *w->x); /* rows 0 and 1 are equal */
    const struct kc_rows rows = kc_rows_memory(w->x, N, D);
    CHECK(kc_map_run(&w->ctx, &rows, &o, w->xy, &report, &w->e) == 0);
    uint64_t high;
    const uint64_t before = kc_mem_held(&high, 1);
    CHECK(kc_map_make(&w->ctx, &w->m, &rows, &o, &report, w->xy, &w->e) == 0);
    (void)kc_mem_held(&high, 0);
    CHECK(high - before <= kc_map_make_bytes(N, D, 1, dims, 2) + 4096);
}

static void drop(struct world *w)
{
    kc_map_free(&w->m);
    kc_pool_free(w->ctx.pool);
    free(w->x);
}

/* The bytes of the file of a map. */
static char *save(const struct kc_map *m, size_t *n)
{
    const char *path = out_path("map");
    struct kc_outfile *f = NULL;
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_outfile_open(&f, path, &e) == 0 && kc_map_save(m, f, &e) == 0 && kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    return out_slurp(path, n);
}

TEST(map_is_read_as_it_was_written)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 130, 0);
    for (uint32_t dims = 2; dims <= 3; dims++) {
        struct world w;
        struct kc_map again;
        size_t n, m;
        make(&w, &r, dims);
        char *one = save(&w.m, &n);
        CHECK(kc_map_parse(&again, one, n, "map", &w.e) == 0);
        char *two = save(&again, &m);
        CHECK(n == m && memcmp(one, two, n) == 0 && again.dims == dims && again.rows.d == D);
        for (size_t i = 1; i < N; i++)
            CHECK(w.m.rows.rows.hash[i] >= w.m.rows.rows.hash[i - 1]);
        for (size_t cut = 0; cut < n; cut += 1 + cut / 7) { /* never one that is cut short, or has more */
            struct kc_err e = KC_ERR_INIT;
            struct kc_map bad;
            CHECK(kc_map_parse(&bad, one, cut, "map", &e) != 0 && e.code == KC_EINPUT);
            kc_map_free(&bad);
        }
        kc_map_free(&again);
        free(two);
        free(one);
        drop(&w);
    }
}

/* Known rows have their places; others lie between those of their nearest rows, in any company. */
TEST(rows_are_placed_on_a_map)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 131, 0);
    struct world w;
    struct kc_buf all = {0}, one = {0};
    make(&w, &r, 2);
    float *more = data_clustered(&r, 200, D, 6, 0.6);
    memcpy(more, w.x, 20 * D * sizeof *more);
    CHECK(kc_map_place_each(&w.m, more, 200, D, &all, &w.e) == 0);
    const float *xy = kc_map_places(&all);
    for (size_t i = 0; i < 20; i++) {
        const size_t first = i == 1 ? 0 : i;
        CHECK(memcmp(xy + 2 * i, w.xy + 2 * first, 2 * sizeof *xy) == 0);
    }
    for (size_t i = 0; i < 200; i += 7) {
        one.n = 0;
        CHECK(kc_map_place_each(&w.m, more + i * D, 1, D, &one, &w.e) == 0);
        CHECK(memcmp(kc_map_places(&one), xy + 2 * i, 2 * sizeof *xy) == 0);
        float least[2] = {INFINITY, INFINITY}, most[2] = {-INFINITY, -INFINITY};
        for (size_t j = 0; j < N; j++) /* the hull of all rows holds every mean */
            for (size_t t = 0; t < 2; t++) {
                least[t] = fminf(least[t], w.xy[2 * j + t]);
                most[t] = fmaxf(most[t], w.xy[2 * j + t]);
            }
        for (size_t t = 0; t < 2; t++)
            CHECK(xy[2 * i + t] >= least[t] && xy[2 * i + t] <= most[t]);
    }
    free(more);
    kc_buf_free(&one);
    kc_buf_free(&all);
    drop(&w);
}
