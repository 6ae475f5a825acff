/* What is confused, against a look at all pairs of rows. */
#include "core/judge/confusions.h"

#include <math.h>
#include <stdlib.h>
#include "base/label.h"
#include "base/rng.h"
#include "unit.h"

/* The pairs of one row. */
struct tally {
    uint64_t wrong, missed;
};

static struct tally look_at_pairs(const uint32_t *a, const uint32_t *b, size_t n, size_t i)
{
    struct tally t = {0, 0};
    for (size_t j = 0; j < n; j++) {
        if (j == i || a[i] == KC_NOISE || a[j] == KC_NOISE || b[i] == KC_NOISE || b[j] == KC_NOISE)
            continue;
        t.wrong += a[i] == a[j] && b[i] != b[j];
        t.missed += a[i] != a[j] && b[i] == b[j];
    }
    return t;
}

/* Return 1 if row x of the data is named before row y. */
static int is_named_before(const uint64_t *cost, const float *silhouette, size_t x, size_t y)
{
    if (cost[x] != cost[y])
        return cost[x] > cost[y];
    if (silhouette && (silhouette[x] < silhouette[y] || silhouette[y] < silhouette[x]))
        return silhouette[x] < silhouette[y];
    return x < y;
}

static void check_list(const struct kc_confusions *c, const uint64_t *of_cluster, uint32_t rows,
                       const uint64_t *of_class, uint32_t cols)
{
    size_t listed = 0;
    for (uint32_t i = 0; i < rows; i++)
        listed += of_cluster[i] > 0;
    for (uint32_t j = 0; j < cols; j++)
        listed += of_class[j] > 0;
    CHECK(c->n == listed);
    for (size_t i = 0; i < c->n; i++) {
        const struct kc_confusion *x = &c->list[i];
        CHECK(x->pairs == (x->is_class ? of_class : of_cluster)[x->at] / 2);
        CHECK(i == 0 || x->pairs <= x[-1].pairs);
        CHECK(i == 0 || x->pairs < x[-1].pairs || x->is_class > x[-1].is_class ||
              (x->is_class == x[-1].is_class && x->at > x[-1].at));
    }
}

/* The cells that are named are the largest. */
static void check_largest(const struct kc_table *t, uint32_t row)
{
    for (size_t most = 1; most < 5; most++) {
        size_t cell[5], all = t->first[row + 1] - t->first[row];
        const size_t n = kc_confusions_largest(t, row, cell, most);
        CHECK(n == (most < all ? most : all));
        for (size_t i = 0; i < n; i++) {
            size_t ahead = 0;
            for (size_t p = t->first[row]; p < t->first[row + 1]; p++)
                ahead += t->count[p] > t->count[cell[i]] || (t->count[p] == t->count[cell[i]] && p < cell[i]);
            CHECK(ahead == i);
        }
    }
}

TEST(confusions_count_wrong_and_missed_pairs)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 211, 0);
    struct kc_err e = KC_ERR_INIT;
    enum { MOST = 120 };
    uint32_t a[MOST], b[MOST];
    float silhouette[MOST], of_table[MOST];
    for (int q = 0; q < 300; q++) {
        const size_t n = 1 + kc_rng_below(&r, q % 5 ? 40 : MOST), worst = kc_rng_below(&r, q % 2 ? 8 : MOST + 5);
        const uint32_t rows = 1 + (uint32_t)kc_rng_below(&r, 9), cols = 1 + (uint32_t)kc_rng_below(&r, 9);
        const double keep = kc_rng_unit(&r);
        const int noise = q % 3 == 0, known = q % 4 > 0;
        uint64_t of_cluster[9] = {0}, of_class[9] = {0}, cost[MOST], wrong = 0, missed = 0, named = 0;
        size_t assigned = 0;
        for (size_t i = 0; i < n; i++) {
            a[i] = noise && kc_rng_below(&r, 5) == 0 ? KC_NOISE : (uint32_t)kc_rng_below(&r, rows);
            b[i] = a[i] != KC_NOISE && kc_rng_unit(&r) < keep ? a[i] % cols : (uint32_t)kc_rng_below(&r, cols);
            silhouette[i] = (float)kc_rng_below(&r, 5) / 4;
            if (a[i] != KC_NOISE)
                of_table[assigned++] = silhouette[i];
        }
        for (size_t i = 0; i < n; i++) {
            const struct tally t = look_at_pairs(a, b, n, i);
            cost[i] = t.wrong + t.missed;
            named += cost[i] > 0;
            wrong += t.wrong;
            missed += t.missed;
            if (a[i] != KC_NOISE) {
                of_cluster[a[i]] += t.wrong;
                of_class[b[i]] += t.missed;
            }
        }
        struct kc_table t;
        struct kc_confusions c;
        CHECK(kc_table_build(&t, a, rows, b, cols, n, &e) == 0);
        CHECK(kc_confusions_find(&t, a, b, n, known ? of_table : NULL, worst, &c, &e) == 0);
        CHECK_MSG(c.wrong * 2 == wrong && c.missed * 2 == missed, "run %d: %llu wrong pairs, not %llu", q,
                  (unsigned long long)c.wrong, (unsigned long long)wrong / 2);
        check_list(&c, of_cluster, rows, of_class, cols);
        for (uint32_t i = 0; i < rows; i++)
            check_largest(&t, i);
        CHECK(c.nworst == (worst < named ? worst : named));
        for (size_t i = 0; i < c.nworst; i++) {
            size_t ahead = 0;
            for (size_t j = 0; j < n; j++)
                ahead += cost[j] > 0 && is_named_before(cost, known ? silhouette : NULL, j, c.worst[i].row);
            CHECK(ahead == i && c.worst[i].pairs == cost[c.worst[i].row]);
        }
        kc_confusions_free(&c);
        kc_table_free(&t);
    }
}
