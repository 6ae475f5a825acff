/* Tallies: any split of the rows adds up to the same bits, which are those of a slow twin; what a step changes and
 * what it leaves; files, also damaged ones. */
#include "model/tally.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "la/product.h"
#include "model/assign.h"
#include "model_util.h"
#include "report_util.h"
#include "unit.h"

#define PARTS 7u

/* Copy a model by its file. */
static void copy_model(struct kc_model *to, const struct kc_model *m, struct kc_err *e)
{
    size_t n;
    char *p = out_model(m, &n, e);
    CHECK(p && kc_model_parse(to, p, n, "copy", e) == 0);
    free(p);
}

/* Return 1 if two models have the same file. */
static int same_file(const struct kc_model *a, const struct kc_model *b, struct kc_err *e)
{
    size_t n, m;
    char *p = out_model(a, &n, e), *q = out_model(b, &m, e);
    const int same = p && q && n == m && memcmp(p, q, n) == 0;
    free(p);
    free(q);
    return same;
}

/* Label all rows; leave one in ten unassigned. malloc'd. */
static uint32_t *label_rows(struct model_world *w, struct kc_rng *r)
{
    const size_t n = w->ds.rows.n;
    uint32_t *labels = malloc(n * sizeof *labels);
    for (size_t i = 0; i < n; i++) {
        const float *x = w->ds.x.x + i * w->m.d;
        double best = -2;
        for (size_t c = 0; c < w->m.k; c++) {
            double s = 0;
            for (size_t t = 0; t < w->m.d; t++)
                s += (double)x[t] * (double)w->m.centroids[c * w->m.d + t];
            if (s > best) {
                best = s;
                labels[i] = (uint32_t)c;
            }
        }
        if (kc_rng_below(r, 10) == 0)
            labels[i] = KC_NOISE;
    }
    return labels;
}

/* Add the rows up in 1 to PARTS random parts, each of which goes through a file, in random order. tree: join
 * two of them before the rest. */
static void add_up(struct model_world *w, struct kc_rng *r, const uint32_t *labels, int tree, struct kc_model *sum)
{
    struct kc_model part[PARTS];
    const size_t d = w->m.d, n = w->ds.rows.n, parts = 1 + kc_rng_below(r, PARTS);
    for (size_t p = 0; p < parts; p++) {
        copy_model(&part[p], &w->m, &w->e);
        CHECK(kc_model_begin_tally(&part[p], &w->e) == 0);
    }
    const int backwards = kc_rng_below(r, 2) == 0;
    for (size_t j = 0; j < n; j++) {
        const size_t i = backwards ? n - 1 - j : j;
        CHECK(kc_model_tally_rows(&part[kc_rng_below(r, parts)], w->ds.x.x + i * d, labels + i, 1, &w->e) == 0);
    }
    for (size_t p = parts; p > 1; p--) { /* permute */
        const size_t q = kc_rng_below(r, p);
        const struct kc_model swap = part[p - 1];
        part[p - 1] = part[q];
        part[q] = swap;
    }
    if (tree && parts > 2)
        CHECK(kc_model_join_tally(&part[1], &part[2], "b", &w->e) == 0);
    copy_model(sum, &part[0], &w->e);
    for (size_t p = 1; p < parts; p++) {
        struct kc_model again;
        if (tree && p == 2)
            continue;
        copy_model(&again, &part[p], &w->e);
        CHECK(kc_model_same_tally(&again, "b", sum, "a", &w->e) == 0);
        CHECK(kc_model_join_tally(sum, &again, "b", &w->e) == 0);
        kc_model_free(&again);
    }
    for (size_t p = 0; p < parts; p++)
        kc_model_free(&part[p]);
}

/* Return 1 if f is the float nearest to x, or x lies so near to the middle of two floats that 1e-13 of it decide. */
static int is_nearest(float f, long double x)
{
    const long double slack = 1e-13L * fabsl(x) + 1e-25L;
    return f == (float)x || f == (float)(x + slack) || f == (float)(x - slack);
}

/* Check sums, counts and centroids of cluster c against sums in long double. */
static void check_cluster(const struct model_world *w, const uint32_t *labels, const struct kc_model *step, size_t c)
{
    const size_t d = w->m.d;
    long double *sum = calloc(d, sizeof *sum), length = 0;
    uint64_t rows = 0;
    for (size_t i = 0; i < w->ds.rows.n; i++)
        if (labels[i] == c) {
            rows++;
            for (size_t t = 0; t < d; t++)
                sum[t] += (long double)w->ds.x.x[i * d + t];
        }
    for (size_t t = 0; t < d; t++)
        length += sum[t] * sum[t];
    length = sqrtl(length);
    CHECK(rows == 0 || step->counts[c] == rows);
    for (size_t t = 0; rows > 0 && t < d; t++) {
        CHECK_MSG(fabsl((long double)step->sums[c * d + t] - sum[t]) <=
                      (long double)rows * 0x1p-60L + fabsl(sum[t]) * (long double)DBL_EPSILON,
                  "cluster %zu, coordinate %zu: the sum is off by %Lg", c, t, (long double)step->sums[c * d + t] - sum[t]);
        CHECK_MSG(is_nearest(step->centroids[c * d + t], sum[t] / length),
                  "cluster %zu, coordinate %zu: %.9g is not the float nearest to %.21Lg", c, t,
                  (double)step->centroids[c * d + t], sum[t] / length);
    }
    if (rows == 0)
        CHECK(step->counts[c] == w->m.counts[c] &&
              memcmp(step->sums + c * d, w->m.sums + c * d, d * sizeof *w->m.sums) == 0 &&
              memcmp(step->centroids + c * d, w->m.centroids + c * d, d * sizeof *w->m.centroids) == 0);
    free(sum);
}

TEST(any_split_of_rows_adds_up_to_the_same_model_and_to_its_slow_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 177, 0);
    for (int turn = 0; turn < 12; turn++) {
        struct model_world w;
        struct kc_model whole;
        struct kc_tallied got;
        model_world_make(&w, &r, 60 + kc_rng_below(&r, 400), 1 + kc_rng_below(&r, 40), 5, 1, 0);
        uint32_t *labels = label_rows(&w, &r);
        for (size_t i = 0; turn % 3 == 0 && i < w.ds.rows.n; i++) /* a cluster without rows */
            labels[i] = labels[i] == 0 ? KC_NOISE : labels[i];
        copy_model(&whole, &w.m, &w.e);
        CHECK(kc_model_begin_tally(&whole, &w.e) == 0 &&
              kc_model_tally_rows(&whole, w.ds.x.x, labels, w.ds.rows.n, &w.e) == 0);
        for (int split = 0; split < 6; split++) {
            struct kc_model sum;
            add_up(&w, &r, labels, split % 2, &sum);
            CHECK(same_file(&sum, &whole, &w.e));
            kc_model_free(&sum);
        }
        CHECK(kc_model_apply_tally(&whole, &got, &w.e) == 0);
        CHECK((got.empty > 0) == (turn % 3 == 0));
        for (size_t c = 0; c < w.m.k; c++)
            check_cluster(&w, labels, &whole, c);
        kc_model_free(&whole);
        free(labels);
        model_world_drop(&w);
    }
}

TEST(a_tally_holds_the_most_rows_that_it_may_and_no_more)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 177, 1);
    struct model_world w;
    struct kc_model other;
    struct kc_tallied got;
    model_world_make(&w, &r, 50, 3, 3, 1, 0);
    const float row[3] = {-1 - FLT_EPSILON, 0x1p-37f, 0x1p-70f};
    const uint32_t label = 1;
    CHECK(kc_model_begin_tally(&w.m, &w.e) == 0 && kc_model_tally_rows(&w.m, row, &label, 1, &w.e) == 0);
    for (int i = 0; i < 32; i++) { /* to 2^32 rows by doubling */
        copy_model(&other, &w.m, &w.e);
        CHECK(kc_model_join_tally(&w.m, &other, "x", &w.e) == 0);
        kc_model_free(&other);
    }
    CHECK(w.m.tally.rows == KC_MODEL_TALLY_ROWS && w.m.tally.counts[1] == KC_MODEL_TALLY_ROWS);
    copy_model(&other, &w.m, &w.e); /* the loader finds it within the limits, too */
    CHECK(kc_model_tally_rows(&w.m, row, &label, 1, &w.e) != 0 && w.e.code == KC_EINPUT);
    w.e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_model_join_tally(&w.m, &other, "x", &w.e) != 0 && w.e.code == KC_EINPUT && strcmp(w.e.file, "x") == 0);
    w.e = (struct kc_err)KC_ERR_INIT;
    CHECK(kc_model_apply_tally(&other, &got, &w.e) == 0);
    CHECK(other.sums[3] == (double)row[0] * 0x1p32 && other.sums[4] == 0x1p-5 && other.sums[5] == 0);
    CHECK(other.counts[1] == KC_MODEL_TALLY_ROWS && got.empty == other.k - 1);
    kc_model_free(&other);
    model_world_drop(&w);
}

TEST(tallies_of_other_models_are_told_by_what_differs)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 177, 2);
    struct model_world w;
    model_world_make(&w, &r, 80, 4, 3, 1, 0);
    CHECK(kc_model_begin_tally(&w.m, &w.e) == 0);
    static const char *const what[] = {"cluster id", "centroids differ", "sums, sizes or percentiles", "labels, options",
                                       "clusters, expected", "dimensions, expected", "moved differ"};
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        struct kc_model m;
        struct kc_err e = KC_ERR_INIT;
        copy_model(&m, &w.m, &w.e);
        const struct kc_model was = m;
        CHECK(kc_model_same_tally(&m, "b", &w.m, "a", &e) == 0);
        if (i == 0)
            m.ids[m.k - 1]++;
        else if (i == 1)
            m.centroids[0] = nextafterf(m.centroids[0], 2);
        else if (i == 2)
            m.counts[0]++;
        else if (i == 3)
            m.next_id++;
        else if (i == 4)
            m.k--;
        else if (i == 5)
            m.d--;
        else
            m.moved.n++;
        CHECK_MSG(kc_model_same_tally(&m, "b", &w.m, "a", &e) != 0 && e.code == KC_EINPUT && strcmp(e.file, "b") == 0 &&
                      strstr(e.msg, what[i]), "%s: %s", what[i], e.msg);
        m.k = was.k;
        m.d = was.d;
        m.moved.n = was.moved.n;
        kc_model_free(&m);
    }
    model_world_drop(&w);
}

TEST(damaged_tallies_are_refused)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 177, 3);
    struct model_world w;
    model_world_make(&w, &r, 80, 4, 3, 1, 0);
    uint32_t *labels = label_rows(&w, &r);
    CHECK(kc_model_begin_tally(&w.m, &w.e) == 0 && kc_model_tally_rows(&w.m, w.ds.x.x, labels, 80, &w.e) == 0);
    static const char *const what[] = {"than its rows can make it", "than its rows can make it", "not those of its clusters",
                                       "not those of its clusters", "more rows in the tally", "tally: rows is not"};
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        struct kc_model m, again;
        struct kc_err e = KC_ERR_INIT;
        size_t n;
        copy_model(&m, &w.m, &w.e);
        if (i == 0)
            m.tally.units[1] = INT64_MIN;
        else if (i == 1)
            m.tally.rest[1] = (int64_t)m.tally.counts[0] * ((int64_t)1 << 30) + 1;
        else if (i == 2)
            m.tally.rows++;
        else if (i == 3)
            m.tally.unassigned = m.tally.rows + 1;
        else if (i == 4)
            m.tally.counts[1] = KC_MODEL_TALLY_ROWS;
        else
            m.tally.rows = KC_MODEL_TALLY_ROWS + 1;
        char *p = out_model(&m, &n, &w.e);
        CHECK_MSG(p && kc_model_parse(&again, p, n, "file", &e) != 0 && e.code == KC_EINPUT && strstr(e.msg, what[i]),
                  "%zu: %s", i, e.msg);
        kc_model_free(&again);
        kc_model_free(&m);
        free(p);
    }
    free(labels);
    model_world_drop(&w);
}
