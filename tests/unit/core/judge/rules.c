/* The rules that choose one of several k: against the steps of their papers, and on curves whose answer is known. */
#include "core/judge/rules.h"

#include <math.h>
#include <stdlib.h>
#include "core/judge/ksweep.h"
#include "core/ref/ref.h"
#include "data.h"
#include "unit.h"

enum { MOST = 60 };

/* A curve over k as entries, and as the twin takes it. */
struct curve {
    size_t n;
    uint32_t k[MOST];
    double y[MOST];
    struct kc_k_entry entry[MOST];
};

static void make_entries(struct curve *c)
{
    for (size_t i = 0; i < c->n; i++) {
        c->entry[i] = kc_k_entry_of(c->k[i], 100, 0);
        c->entry[i].inertia = c->y[i];
    }
}

/* Rising k, by one or by more. */
static void make_k(struct kc_rng *r, struct curve *c)
{
    const uint64_t step = 1 + kc_rng_below(r, 4);
    c->k[0] = 1 + (uint32_t)kc_rng_below(r, 5);
    for (size_t i = 1; i < c->n; i++)
        c->k[i] = c->k[i - 1] + 1 + (uint32_t)kc_rng_below(r, step);
}

/* Falling and convex: the height has one maximum. */
TEST(elbow_of_convex_curves_is_kneedle)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 401, 0);
    for (int round = 0; round < 2000; round++) {
        struct curve c = {.n = 3 + kc_rng_below(&r, MOST - 2)};
        double slope = 1e-3 + kc_rng_unit(&r), curved = 0.05 + kc_rng_unit(&r);
        make_k(&r, &c);
        c.y[c.n - 1] = 10 * kc_rng_unit(&r);
        for (size_t i = c.n - 1; i-- > 0; slope *= 1 + curved * kc_rng_unit(&r))
            c.y[i] = c.y[i + 1] + slope * (double)(c.k[i + 1] - c.k[i]);
        make_entries(&c);
        const size_t got = kc_rule_elbow(c.entry, c.n), want = kc_ref_elbow(c.k, c.y, c.n, 0);
        CHECK_MSG(got == want, "round %d, n %zu: %zu, not %zu", round, c.n, got, want);
        CHECK(kc_ref_elbow(c.k, c.y, c.n, 1) == want);
    }
}

/* Curves with dents, as few restarts leave them. Both twins must come to differ, or the dents are not tested. */
TEST(elbow_of_dented_curves)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 402, 0);
    int strict = 0, first = 0;
    for (int round = 0; round < 3000; round++) {
        struct curve c = {.n = 3 + kc_rng_below(&r, MOST - 2)};
        const double noise = round % 3 == 0 ? 0.3 : round % 3 == 1 ? 0.03 : 3;
        make_k(&r, &c);
        for (size_t i = 0; i < c.n; i++)
            c.y[i] = 20 / (double)c.k[i] + 5 - 0.02 * (double)c.k[i] + noise * kc_rng_unit(&r);
        c.y[0] = 30; /* the curve falls as a whole */
        c.y[c.n - 1] = 0;
        make_entries(&c);
        const size_t got = kc_rule_elbow(c.entry, c.n), want = kc_ref_elbow(c.k, c.y, c.n, 1);
        CHECK_MSG(got == want, "round %d, n %zu: %zu, not %zu", round, c.n, got, want);
        strict += kc_ref_elbow(c.k, c.y, c.n, 0) != want;
        first += want == 1;
    }
    CHECK_MSG(strict > 20 && first > 500 && first < 2500, "%d differ; %d at the second k", strict, first);
}

TEST(elbow_of_known_curves)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 403, 0);
    for (size_t root = 2; root * root <= MOST; root++) { /* 1 / k from 1 to n: the slope of the chord is that at sqrt(n) */
        struct curve c = {.n = root * root};
        for (size_t i = 0; i < c.n; i++) {
            c.k[i] = (uint32_t)i + 1;
            c.y[i] = 1 / (double)(i + 1);
        }
        make_entries(&c);
        CHECK_MSG(c.k[kc_rule_elbow(c.entry, c.n)] == root, "1 to %zu: %u", c.n, c.k[kc_rule_elbow(c.entry, c.n)]);
    }
    for (int round = 0; round < 500; round++) { /* two straight lines */
        struct curve c = {.n = 5 + kc_rng_below(&r, MOST - 5)};
        const size_t kink = 1 + kc_rng_below(&r, c.n - 2);
        make_k(&r, &c);
        const double flat = 0.1 * kc_rng_unit(&r), steep = 2 + kc_rng_unit(&r);
        c.y[c.n - 1] = kc_rng_unit(&r);
        for (size_t i = c.n - 1; i-- > 0;)
            c.y[i] = c.y[i + 1] + (i >= kink ? flat : steep) * (double)(c.k[i + 1] - c.k[i]);
        make_entries(&c);
        CHECK_MSG(kc_rule_elbow(c.entry, c.n) == kink, "kink %zu of %zu: %zu", kink, c.n, kc_rule_elbow(c.entry, c.n));
    }
    for (size_t n = 1; n < 3; n++) { /* no k between the ends */
        struct curve c = {.n = n, .k = {2, 3}, .y = {5, 4}};
        make_entries(&c);
        CHECK(kc_rule_elbow(c.entry, n) == 0);
    }
    struct curve level = {.n = 4, .k = {2, 3, 4, 5}, .y = {1, 1, 1, 1}};
    make_entries(&level);
    CHECK(kc_rule_elbow(level.entry, 4) < 4);
}

/* Choose by gaps (n) and their errors. */
static size_t choose_gap(const double *gap, const double *error, size_t n)
{
    struct kc_k_entry e[8];
    for (size_t i = 0; i < n; i++) {
        e[i] = kc_k_entry_of((uint32_t)i + 2, 100, 0);
        e[i].gap = gap[i];
        e[i].gap_error = error[i];
    }
    return kc_rule_gap(e, n);
}

TEST(gap_rule_takes_the_first_within_one_error)
{
    const double none[] = {0, 0, 0, 0, 0}, some[] = {0.5, 0.5, 0.5, 0.5, 0.5}, own[] = {9, 0, 0, 0, 0};
    CHECK(choose_gap((double[]){1, 2, 3, 2.5, 4}, none, 5) == 2);
    CHECK(choose_gap((double[]){1, 2, 3, 3.4, 4}, some, 5) == 2); /* 3 >= 3.4 - 0.5 */
    CHECK(choose_gap((double[]){1, 2, 3, 3.5, 5}, some, 5) == 2); /* at the limit */
    CHECK(choose_gap((double[]){1, 2, 3, 4, 5}, own, 5) == 4);    /* the next one's error counts, not its own */
    CHECK(choose_gap((double[]){1, 2, 3, 4, 5}, some, 5) == 4);   /* none qualifies */
    CHECK(choose_gap((double[]){5, 4, 3, 2, 1}, none, 5) == 0);
    CHECK(choose_gap((double[]){-3}, some, 1) == 0);
    /* Where there are fewer different rows than k there is no gap. */
    CHECK(choose_gap((double[]){1, 2, 3, NAN, NAN}, some, 5) == 2);
    CHECK(choose_gap((double[]){1, 2, 1, NAN, NAN}, some, 5) == 1);
    CHECK(choose_gap((double[]){1, NAN, 0, 3, NAN}, some, 5) == 0);
    CHECK(choose_gap((double[]){NAN, 1, 2, 1, 0}, some, 5) == 2);
    CHECK(choose_gap((double[]){NAN, NAN}, none, 2) < 2);
}

static size_t choose_strength(const double *strength, size_t n)
{
    struct kc_k_entry e[8];
    for (size_t i = 0; i < n; i++) {
        e[i] = kc_k_entry_of((uint32_t)i + 2, 100, 0);
        e[i].strength = strength[i];
    }
    return kc_rule_strength(e, n);
}

TEST(strength_rule_takes_the_last_that_is_strong)
{
    CHECK(choose_strength((double[]){0.9, 0.7, 0.8, 0.5, 0.79}, 5) == 2); /* weak ones may lie before it */
    CHECK(choose_strength((double[]){0.9, 0.9, 0.9}, 3) == 2);
    CHECK(choose_strength((double[]){0.5, 0.6, 0.7}, 3) == 0); /* none qualifies */
    CHECK(choose_strength((double[]){0.9, 0.6, NAN}, 3) == 0);
    CHECK(choose_strength((double[]){0.1, 0.85, NAN}, 3) == 1);
    CHECK(choose_strength((double[]){0.1}, 1) == 0);
}
