/* The choice of k by each index, and the warnings about it. */
#include "core/judge/ksweep.h"

#include <math.h>
#include <string.h>
#include "core/judge/rules.h"
#include "data.h"
#include "unit.h"

enum { MOST = 20 };

/* Return the figure that an index chooses by. */
static double *find_figure(struct kc_k_entry *e, enum kc_index by)
{
    double *const figure[KC_INDICES] = {
        [KC_INDEX_SILHOUETTE] = &e->silhouette, [KC_INDEX_CALINSKI_HARABASZ] = &e->calinski_harabasz,
        [KC_INDEX_DAVIES_BOULDIN] = &e->davies_bouldin, [KC_INDEX_MACRO_SILHOUETTE] = &e->macro_silhouette,
        [KC_INDEX_MODULARITY] = &e->modularity, [KC_INDEX_ELBOW] = &e->inertia, [KC_INDEX_GAP] = &e->gap,
        [KC_INDEX_STABILITY] = &e->stability, [KC_INDEX_PREDICTION_STRENGTH] = &e->strength,
        [KC_INDEX_AUTO] = &e->merit};
    return figure[by];
}

/* Entries of k 2, 3, .., all figures of which are random; one in `sparse` is NAN, none if that is 0. */
static size_t draw_entries(struct kc_rng *r, struct kc_k_entry *e, unsigned sparse)
{
    const size_t n = 1 + kc_rng_below(r, MOST);
    for (size_t i = 0; i < n; i++) {
        e[i] = kc_k_entry_of((uint32_t)i + 2, 100, 0);
        for (int by = 0; by < KC_INDICES; by++)
            *find_figure(&e[i], (enum kc_index)by) =
                sparse && kc_rng_below(r, sparse) == 0 ? NAN : floor(8 * kc_rng_unit(r)) / 8; /* ties */
        e[i].gap_error = kc_rng_unit(r) / 4;
    }
    return n;
}

/* Return the position of the largest value of sign * the index, of equals the first; NAN only if all are. */
static size_t find_largest(struct kc_k_entry *e, size_t n, enum kc_index by, double sign)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        const double v = *find_figure(&e[i], by);
        if (!isnan(v) && (best == n || sign * v > sign * *find_figure(&e[best], by)))
            best = i;
    }
    return best < n ? best : 0;
}

TEST(every_index_chooses_its_best)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 420, 0);
    for (int round = 0; round < 2000; round++) {
        struct kc_k_entry e[MOST];
        const size_t n = draw_entries(&r, e, (unsigned)round % 4);
        for (int by = 0; by < KC_INDICES; by++) {
            const size_t got = kc_ksweep_best(e, n, (enum kc_index)by);
            const double value = kc_ksweep_value(&e[0], (enum kc_index)by), own = *find_figure(&e[0], (enum kc_index)by);
            size_t known = 0;
            for (size_t i = 0; i < n; i++)
                known += isnan(*find_figure(&e[i], (enum kc_index)by)) ? 0u : 1u;
            CHECK(got < n && (isnan(own) ? isnan(value) : value <= own && value >= own));
            if (known == 0)
                CHECK(got == find_largest(e, n, KC_INDEX_SILHOUETTE, 1));
            else if (by == KC_INDEX_GAP)
                CHECK(got == kc_rule_gap(e, n) && !isnan(e[got].gap));
            else if (by == KC_INDEX_ELBOW)
                CHECK(got == kc_rule_elbow(e, n));
            else if (by == KC_INDEX_PREDICTION_STRENGTH)
                CHECK(got == kc_rule_strength(e, n));
            else
                CHECK_MSG(got == find_largest(e, n, (enum kc_index)by, by == KC_INDEX_DAVIES_BOULDIN ? -1 : 1),
                          "%s: entry %zu of %zu", kc_index_name((enum kc_index)by), got, n);
        }
    }
}

/* An index that was not computed gives way to the silhouette. */
TEST(an_index_without_values_gives_way)
{
    for (int by = 0; by < KC_INDICES; by++) {
        struct kc_k_entry e[5];
        for (size_t i = 0; i < 5; i++) {
            e[i] = kc_k_entry_of((uint32_t)i + 2, 100, 0);
            e[i].silhouette = i == 3 ? 0.5 : 0.1;
        }
        CHECK_MSG(kc_ksweep_best(e, 5, (enum kc_index)by) == 3, "%s", kc_index_name((enum kc_index)by));
        e[3].silhouette = NAN; /* k = 1 of few rows: nothing is known at all */
        for (size_t i = 0; i < 5; i++)
            e[i].silhouette = NAN;
        CHECK(kc_ksweep_best(e, 5, (enum kc_index)by) < 5);
    }
}

TEST(indices_have_their_names_in_order)
{
    char all[256] = "";
    for (int by = 0; by < KC_INDICES; by++) {
        const char *name = kc_index_name((enum kc_index)by);
        enum kc_index found;
        CHECK(kc_index_by_name(name, &found) == 0 && (int)found == by);
        strcat(strcat(all, by ? " " : ""), name);
    }
    enum kc_index found;
    CHECK(strcmp(all, KC_INDEX_WORDS) == 0 && kc_index_by_name("silhouettes", &found) != 0);
}

TEST(only_a_doubtful_silhouette_asks_for_more)
{
    struct kc_k_entry e[6];
    for (size_t i = 0; i < 6; i++) {
        e[i] = kc_k_entry_of((uint32_t)i + 2, 40, 0);
        e[i].silhouette = i == 1 ? 0.5 : 0.1;
        e[i].davies_bouldin = i == 4 ? 0.5 : 1; /* best at 6, twice 3 */
    }
    CHECK(kc_ksweep_doubtful(e, 6, 1, KC_INDEX_SILHOUETTE));
    CHECK(!kc_ksweep_doubtful(e, 6, 2, KC_INDEX_SILHOUETTE)); /* 4 and 6 differ less */
    CHECK(!kc_ksweep_doubtful(e, 6, 4, KC_INDEX_SILHOUETTE));
    CHECK(!kc_ksweep_doubtful(e, 2, 1, KC_INDEX_SILHOUETTE)); /* two k */
    for (int by = 0; by < KC_INDICES; by++)
        CHECK(kc_ksweep_doubtful(e, 6, 1, (enum kc_index)by) == (by == KC_INDEX_SILHOUETTE));
    e[4].davies_bouldin = 1;
    e[0].davies_bouldin = 0.4; /* at 2: 4 is twice that */
    CHECK(kc_ksweep_doubtful(e, 6, 2, KC_INDEX_SILHOUETTE) && !kc_ksweep_doubtful(e, 6, 1, KC_INDEX_SILHOUETTE));
    for (size_t i = 0; i < 6; i++)
        e[i].rows = 39;
    CHECK(!kc_ksweep_doubtful(e, 6, 2, KC_INDEX_SILHOUETTE)); /* too few rows */
}

/* Return how many warnings there are, and whether the last has some text. */
static size_t count_doubts(const struct kc_k_entry *e, size_t n, size_t chosen, enum kc_index by, int cut, size_t rows,
                           const char *text)
{
    struct kc_clustering f = {.n = rows};
    struct kc_err err = KC_ERR_INIT;
    CHECK(kc_ksweep_doubts(&f, e, n, chosen, by, cut, &err) == 0);
    const size_t told = f.warnings.n;
    if (text) {
        char last[512] = "";
        size_t len = 0;
        const char *s = told ? kc_strs_get(&f.warnings, told - 1, &len) : "";
        snprintf(last, sizeof last, "%.*s", (int)len, s);
        CHECK_MSG(strstr(last, text) != NULL, "'%s' has no '%s'", last, text);
    }
    kc_clustering_free(&f);
    return told;
}

TEST(the_ends_of_the_range_are_told)
{
    struct kc_k_entry e[6];
    for (size_t i = 0; i < 6; i++)
        e[i] = kc_k_entry_of((uint32_t)i + 3, 100, 0);
    const enum kc_index by[] = {KC_INDEX_SILHOUETTE, KC_INDEX_AUTO, KC_INDEX_GAP};
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        CHECK(count_doubts(e, 6, 5, by[i], 0, 100, "k = 8 is the largest that was tried") == 1);
        CHECK(count_doubts(e, 6, 5, by[i], 1, 100, NULL) == 0); /* no more different rows */
        CHECK(count_doubts(e, 6, 5, by[i], 0, 8, NULL) == 0);   /* no more rows */
        CHECK(count_doubts(e, 6, 0, by[i], 0, 100, "k = 3 is the smallest that was tried") == 1);
        CHECK(count_doubts(e, 1, 0, by[i], 0, 100, NULL) == 0); /* nothing was chosen */
        for (size_t chosen = 1; chosen < 5; chosen++)
            CHECK(count_doubts(e, 6, chosen, by[i], 0, 100, NULL) == 0);
        e[0].k = 2; /* there is no smaller one to try */
        CHECK(count_doubts(e, 6, 0, by[i], 0, 100, NULL) == 0);
        e[0].k = 3;
    }
}

TEST(a_very_different_combined_choice_is_told)
{
    struct kc_k_entry e[8];
    for (size_t i = 0; i < 8; i++) {
        e[i] = kc_k_entry_of((uint32_t)i + 2, 100, 0);
        e[i].silhouette = i == 1 ? 0.5 : 0.3;
        e[i].modularity = i == 5 ? 0.8 : 0.4;
    }
    CHECK(count_doubts(e, 8, 1, KC_INDEX_SILHOUETTE, 0, 100, NULL) == 0); /* merits are not known */
    kc_combine(e, 8);
    CHECK(kc_ksweep_best(e, 8, KC_INDEX_AUTO) == 5);
    CHECK(count_doubts(e, 8, 1, KC_INDEX_SILHOUETTE, 0, 100, "k = 3 by the silhouette, but k = 7 may suit better") == 1);
    CHECK(count_doubts(e, 8, 1, KC_INDEX_SILHOUETTE, 0, 100, "(modularity 0.80, not 0.40)") == 1);
    CHECK(count_doubts(e, 8, 5, KC_INDEX_SILHOUETTE, 0, 100, NULL) == 0); /* the same choice */
    CHECK(count_doubts(e, 8, 2, KC_INDEX_SILHOUETTE, 0, 100, NULL) == 0); /* 4 and 7 differ less */
    CHECK(count_doubts(e, 8, 7, KC_INDEX_SILHOUETTE, 0, 100, "the largest") == 1);
    for (int by = 1; by < KC_INDICES; by++) /* another index was asked for */
        CHECK(count_doubts(e, 8, 1, (enum kc_index)by, 0, 100, NULL) == 0);
    e[1].modularity = 0.8; /* it keeps as many neighbours together */
    e[5].silhouette = 0.49;
    e[5].merit = 9;
    CHECK(count_doubts(e, 8, 1, KC_INDEX_SILHOUETTE, 0, 100, NULL) == 0);
    e[1].modularity = 0.7;
    CHECK(count_doubts(e, 8, 1, KC_INDEX_SILHOUETTE, 0, 100, "may suit better") == 1);
}
