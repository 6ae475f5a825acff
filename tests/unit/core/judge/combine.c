/* The combined choice against its formula, written out, and how sure it is. */
#include "core/judge/combine.h"

#include <math.h>
#include "core/judge/ksweep.h"
#include "data.h"
#include "unit.h"

enum { MOST = 24 };

/* A figure between -0.2 and 1, or NAN. */
static double draw_figure(struct kc_rng *r, unsigned none_of_8)
{
    const double x = 1.2 * kc_rng_unit(r) - 0.2;
    return kc_rng_below(r, 8) < none_of_8 ? NAN : x;
}

/* Return the mean of the figures of all rows and of the halves. */
static double mix(double all, double halves)
{
    return isnan(halves) ? all : 0.5 * all + 0.5 * halves;
}

/* Return x as a share of `most`; 0 where there is none. */
static double share(double x, double most)
{
    return isnan(x) || !(most > 0) ? 0 : x / most;
}

/* Set merit (n) to what the head of combine.c says. */
static void merit_naively(const struct kc_k_entry *e, size_t n, double *merit)
{
    double tight = -INFINITY, modular = -INFINITY, at = 0;
    for (size_t i = 0; i < n; i++) {
        const double s = mix(e[i].silhouette, e[i].halves_silhouette);
        at = s > tight ? (double)e[i].k : at;
        tight = fmax(tight, s);
        modular = fmax(modular, mix(e[i].modularity, e[i].halves_modularity));
    }
    if (n > 2 && at - (double)e[0].k > 0.95 * ((double)e[n - 1].k - (double)e[0].k))
        tight = 0;
    for (size_t i = 0; i < n; i++) {
        const double m = mix(e[i].modularity, e[i].halves_modularity);
        merit[i] = isnan(m) ? NAN :
                   share(mix(e[i].silhouette, e[i].halves_silhouette), tight) + 2 * share(m, modular);
    }
}

TEST(merits_are_the_formula)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 410, 0);
    int ends = 0, none = 0;
    for (unsigned round = 0; round < 3000; round++) {
        const size_t n = 1 + kc_rng_below(&r, MOST);
        const unsigned silhouettes = round % 7 ? round % 2 : 8, modularities = round % 11 ? round % 3 : 8;
        const unsigned halves = round % 4 ? round % 4 - 1 : 8;
        struct kc_k_entry e[MOST];
        double want[MOST], tight = -INFINITY;
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            e[i] = kc_k_entry_of((i ? e[i - 1].k : 1) + 1 + (uint32_t)kc_rng_below(&r, round % 5 ? 2 : 9), 500, 0);
            e[i].silhouette = draw_figure(&r, silhouettes) + (round % 9 == 1 && i + 1 == n ? 1 : 0);
            e[i].modularity = draw_figure(&r, modularities);
            e[i].halves_silhouette = draw_figure(&r, halves);
            e[i].halves_modularity = draw_figure(&r, halves);
            at = mix(e[i].silhouette, e[i].halves_silhouette) > tight ? i : at;
            tight = fmax(tight, mix(e[i].silhouette, e[i].halves_silhouette));
        }
        merit_naively(e, n, want);
        kc_combine(e, n);
        for (size_t i = 0; i < n; i++) {
            CHECK_MSG(isnan(want[i]) ? isnan(e[i].merit) : fabs(e[i].merit - want[i]) < 1e-12,
                      "round %u, entry %zu of %zu: %g, not %g", round, i, n, e[i].merit, want[i]);
            none += isnan(want[i]);
        }
        ends += n > 2 && at + 1 == n;
    }
    CHECK(ends > 100 && none > 1000);
}

/* Silhouettes that rise up to the end say nothing: then modularity decides. Of two k there is no end. */
TEST(a_silhouette_at_the_end_is_left_out)
{
    for (size_t n = 2; n < MOST; n++) {
        struct kc_k_entry e[MOST];
        for (size_t i = 0; i < n; i++) {
            e[i] = kc_k_entry_of((uint32_t)i + 2, 100, 0);
            e[i].silhouette = 0.01 + 0.9 * (double)i / (double)n;
            e[i].modularity = i == 0 ? 0.5 : 0.45;
        }
        kc_combine(e, n);
        CHECK(kc_ksweep_best(e, n, KC_INDEX_AUTO) == (n == 2 ? 1u : 0u));
        CHECK(n == 2 || fabs(e[0].merit - 2) < 1e-12);
        if (n < 4)
            continue;
        e[n - 2].silhouette = 0.95; /* the last but one is in the last twentieth of more than 21 k only */
        kc_combine(e, n);
        CHECK_MSG((kc_ksweep_best(e, n, KC_INDEX_AUTO) == n - 2) == (n <= 21), "n %zu: %zu", n,
                  kc_ksweep_best(e, n, KC_INDEX_AUTO));
    }
}

TEST(near_is_by_one_or_a_fifth)
{
    for (uint32_t a = 1; a < 120; a++)
        for (uint32_t b = 1; b < 150; b++) {
            const uint32_t low = a < b ? a : b, apart = a < b ? b - a : a - b;
            CHECK(kc_combine_near(a, b) == (apart <= 1 || 5 * apart <= low));
        }
    CHECK(kc_combine_near(10, 12) && kc_combine_near(12, 10) && !kc_combine_near(10, 13) && kc_combine_near(1, 2) &&
          !kc_combine_near(2, 4));
    CHECK(kc_combine_near(INT32_MAX, INT32_MAX - 300000000u) && !kc_combine_near(INT32_MAX, INT32_MAX / 2));
}

/* Entries of some k, with merits and support. */
static void put_entries(struct kc_k_entry *e, const uint32_t *k, const double *merit, const double *support, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        e[i] = kc_k_entry_of(k[i], 100, 0);
        e[i].merit = merit[i];
        e[i].support = support[i];
    }
}

static int is(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

TEST(doubt_of_known_choices)
{
    const uint32_t k[] = {2, 3, 4, 8, 9, 20};
    const double merit[] = {1, 1.9, 2, 1.5, 1.94, 1.2}, support[] = {0.1, 0.2, 0.3, 0.05, 0.25, 0.1};
    struct kc_k_entry e[6];
    put_entries(e, k, merit, support, 6);
    struct kc_choice c = kc_combine_doubt(e, 6, 2); /* k 4: 3 is near, 9 is the next */
    CHECK(is(c.confidence, 0.5) && c.runner_up == 9 && is(c.runner_merit, 0.97) && is(c.runner_support, 0.3));
    CHECK(c.nested == 1);
    e[4].merit = 1.9399; /* not as good any more */
    c = kc_combine_doubt(e, 6, 2);
    CHECK(c.runner_up == 9 && c.nested == 0);
    e[4].merit = 1.94;
    c = kc_combine_doubt(e, 6, 4); /* seen from the other side: the runner-up may be better, and is a half */
    CHECK(c.runner_up == 4 && is(c.runner_merit, 2 / 1.94) && c.nested == 1 && is(c.confidence, 0.3));
    e[4].k = 7; /* less than twice 4 */
    c = kc_combine_doubt(e, 6, 2);
    CHECK(c.runner_up == 7 && c.nested == 0);
    c = kc_combine_doubt(e, 1, 0);
    CHECK(c.runner_up == 0 && isnan(c.runner_merit) && isnan(c.runner_support) && !c.nested && is(c.confidence, 0.1));
    c = kc_combine_doubt(e, 2, 1); /* all others are near */
    CHECK(c.runner_up == 0 && is(c.confidence, 0.3));
}

TEST(doubt_without_halves_or_modularity)
{
    const uint32_t k[] = {2, 4, 8};
    const double merit[] = {1, 2, NAN}, support[] = {NAN, NAN, NAN}, none[] = {NAN, NAN, NAN}, zero[] = {0, 0, 0};
    struct kc_k_entry e[3];
    put_entries(e, k, merit, support, 3);
    struct kc_choice c = kc_combine_doubt(e, 3, 1);
    CHECK(isnan(c.confidence) && c.runner_up == 2 && is(c.runner_merit, 0.5) && isnan(c.runner_support));
    c = kc_combine_doubt(e, 3, 2); /* the choice itself has no merit */
    CHECK(c.runner_up == 0 && isnan(c.runner_merit));
    put_entries(e, k, none, support, 3);
    c = kc_combine_doubt(e, 3, 0);
    CHECK(c.runner_up == 0 && !c.nested && isnan(c.confidence));
    put_entries(e, k, zero, support, 3); /* no share of 0 */
    c = kc_combine_doubt(e, 3, 0);
    CHECK(c.runner_up == 0 && !c.nested);
}
