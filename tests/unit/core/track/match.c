/* Matching of two sets of clusters. */
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "core/track/match.h"
#include "core/ref/ref.h"
#include "unit.h"

/* The sum of the pairs; -1 when a row is in two of them, or a pair has no weight. */
static double total(const double *w, size_t rows, size_t cols, const uint32_t *row_of)
{
    double sum = 0;
    char *taken = calloc(rows + 1, 1);
    for (size_t j = 0; j < cols && sum >= 0; j++)
        if (row_of[j] != KC_MATCH_NONE) {
            sum = row_of[j] >= rows || taken[row_of[j]] || !(w[row_of[j] * cols + j] > 0)
                      ? -1
                      : sum + w[row_of[j] * cols + j];
            if (sum >= 0)
                taken[row_of[j]] = 1;
        }
    free(taken);
    return sum;
}

/* Every kind of small matrix: of few values (so that most matchings tie), of many, with and without zeros. */
TEST(core_match_is_the_best_of_all_matchings)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 70, 0);
    struct kc_err e = KC_ERR_INIT;
    double w[8 * 9];
    uint32_t row_of[9];
    for (int q = 0; q < 6000; q++) {
        size_t rows = 1 + kc_rng_below(&r, 8), cols = 1 + kc_rng_below(&r, 9);
        uint64_t values = q % 3 == 0 ? 3 : q % 3 == 1 ? 20 : 1000000, zeros = kc_rng_below(&r, 4);
        for (size_t p = 0; p < rows * cols; p++)
            w[p] = kc_rng_below(&r, 4) < zeros ? 0 : (double)kc_rng_below(&r, values);
        CHECK(kc_match_max(w, rows, cols, row_of, &e) == 0);
        double got = total(w, rows, cols, row_of), want = kc_ref_match(w, rows, cols);
        CHECK_MSG(got == want, "%zu x %zu, run %d: %g, not %g", rows, cols, q, got, want);
    }
}

/* Fractions: the sum is the largest to rounding. */
TEST(core_match_of_similarities)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 71, 0);
    struct kc_err e = KC_ERR_INIT;
    double w[8 * 8];
    uint32_t row_of[8];
    for (int q = 0; q < 1000; q++) {
        double scale = q % 2 ? 1 : 1e-300;
        for (size_t p = 0; p < 64; p++)
            w[p] = kc_rng_unit(&r) * scale;
        CHECK(kc_match_max(w, 8, 8, row_of, &e) == 0);
        double got = total(w, 8, 8, row_of), want = kc_ref_match(w, 8, 8);
        CHECK_MSG(got >= want * (1 - 1e-14), "run %d: %.17g, not %.17g", q, got, want);
    }
}

/* Too large for all ways, so the weights are made from duals that prove the sum: u + v for the planted pairs, less for
 * all others. Rows of u = 0 and columns of v = 0 have no pair. */
TEST(core_match_finds_a_planted_matching)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 72, 0);
    struct kc_err e = KC_ERR_INIT;
    size_t rows = 300, cols = 400, pairs = 250;
    double *w = malloc(rows * cols * sizeof *w), want = 0, u[300] = {0}, v[400] = {0};
    uint32_t row_of[400], at[400];
    for (int q = 0; q < 4; q++) {
        uint64_t slack = q < 2 ? 2 : 1000; /* 0 or 1: most rows have many partners that are as good */
        want = 0;
        for (uint32_t j = 0; j < cols; j++)
            at[j] = j;
        for (size_t j = cols; --j > 0;) {
            size_t other = kc_rng_below(&r, j + 1);
            uint32_t t = at[j];
            at[j] = at[other];
            at[other] = t;
        }
        for (size_t p = 0; p < pairs; p++) {
            u[p] = 1 + (double)kc_rng_below(&r, 1000);
            v[at[p]] = 1 + (double)kc_rng_below(&r, 1000);
            want += u[p] + v[at[p]];
        }
        for (size_t p = pairs; p < cols; p++)
            v[at[p]] = 0;
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < cols; j++) {
                double x = u[i] + v[j] - (double)kc_rng_below(&r, slack);
                w[i * cols + j] = x > 0 ? x : 0;
            }
        for (size_t p = 0; p < pairs; p++)
            w[p * cols + at[p]] = u[p] + v[at[p]];
        CHECK(kc_match_max(w, rows, cols, row_of, &e) == 0);
        double got = total(w, rows, cols, row_of);
        CHECK_MSG(got == want, "run %d: %g, not %g", q, got, want);
    }
    free(w);
}

TEST(core_match_ties_and_nothing)
{
    struct kc_err e = KC_ERR_INIT;
    uint32_t row_of[3] = {9, 9, 9};
    const double same_row[] = {4, 4, 4}, same_column[] = {5, 5, 5}, nothing[] = {0, -1, 0};
    CHECK(kc_match_max(same_row, 1, 3, row_of, &e) == 0);
    CHECK(row_of[0] == 0 && row_of[1] == KC_MATCH_NONE && row_of[2] == KC_MATCH_NONE);
    CHECK(kc_match_max(same_column, 3, 1, row_of, &e) == 0 && row_of[0] == 0);
    CHECK(kc_match_max(nothing, 1, 3, row_of, &e) == 0);
    CHECK(row_of[0] == KC_MATCH_NONE && row_of[1] == KC_MATCH_NONE && row_of[2] == KC_MATCH_NONE);
    row_of[0] = 9;
    CHECK(kc_match_max(nothing, 0, 3, row_of, &e) == 0 && row_of[0] == KC_MATCH_NONE);
    CHECK(kc_match_max(nothing, 3, 0, row_of, &e) == 0);
}
