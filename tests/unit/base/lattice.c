/* Sums on a lattice: the same bits in any order, and as exact as they say. */
#include "base/lattice.h"

#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "la/product.h"
#include "unit.h"

#define ROWS 3000
#define D 37

/* Shuffle the numbers 0 .. n. */
static void shuffle(size_t *at, size_t n, struct kc_rng *r)
{
    for (size_t i = 0; i < n; i++)
        at[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)kc_rng_below(r, i), t = at[i - 1];
        at[i - 1] = at[j];
        at[j] = t;
    }
}

TEST(lattice_sums_have_the_same_bits_in_any_order)
{
    static float x[ROWS][D];
    static size_t at[ROWS];
    struct kc_rng r = kc_rng_stream(unit_seed(), 1, 2, 3);
    const struct kc_lattice g = kc_lattice_for(ROWS);
    double high[D] = {0}, low[D] = {0}, rounded[D] = {0};
    long double exact[D] = {0};
    for (size_t i = 0; i < ROWS; i++)
        for (size_t t = 0; t < D; t++) { /* of all sizes from 1 to 2^-40 */
            x[i][t] = (float)ldexp(kc_rng_unit(&r) - 0.5, -(int)kc_rng_below(&r, 40));
            exact[t] += (long double)x[i][t];
        }
    for (size_t i = 0; i < ROWS; i++) {
        kc_la_add_parts(high, low, 1, x[i], &g, D);
        kc_la_add_rounded(rounded, 1, x[i], g.high, D);
    }
    for (size_t t = 0; t < D; t++) {
        CHECK(fabsl((long double)(high[t] + low[t]) - exact[t]) <= 0x1p-53L * (1 + fabsl(exact[t])));
        CHECK(memcmp(&rounded[t], &high[t], sizeof *high) == 0);
        CHECK(fabsl((long double)rounded[t] - exact[t]) <= ROWS * 0x1p-49L * ROWS);
    }
    for (int round = 0; round < 5; round++) {
        double h[3][D] = {{0}}, l[3][D] = {{0}};
        shuffle(at, ROWS, &r);
        for (size_t i = 0; i < ROWS; i++) { /* three machines, which add and take away again */
            const size_t to = (size_t)kc_rng_below(&r, 3), other = (size_t)kc_rng_below(&r, 3);
            kc_la_add_parts(h[to], l[to], 1, x[at[i]], &g, D);
            kc_la_add_parts(h[other], l[other], -1, x[at[ROWS - 1 - i]], &g, D);
            kc_la_add_parts(h[to], l[to], 1, x[at[ROWS - 1 - i]], &g, D);
        }
        for (size_t t = 0; t < D; t++) {
            const double ha = (h[2][t] + h[0][t]) + h[1][t], la = l[0][t] + (l[1][t] + l[2][t]);
            CHECK(memcmp(&ha, &high[t], sizeof ha) == 0);
            CHECK(memcmp(&la, &low[t], sizeof la) == 0);
        }
    }
}

TEST(lattice_scalars_add_as_rows_do)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), 4, 5, 6);
    for (size_t n = 1; n < 200000; n = 3 * n + 1) {
        const struct kc_lattice g = kc_lattice_for((double)n);
        double high = 0, low = 0;
        for (size_t i = 0; i < n; i++) /* the most that it is made for */
            kc_lattice_add(&high, &low, 4, &g);
        CHECK(high + low >= 4 * (double)n && high + low <= 4 * (double)n);
        high = low = 0;
        for (size_t i = 0; i < n; i++) {
            const float v = (float)kc_rng_unit(&r);
            double h = 0, l = 0;
            kc_la_add_parts(&h, &l, 0.3, &v, &g, 1);
            kc_lattice_add(&high, &low, 0.3 * (double)v, &g);
            kc_lattice_add(&high, &low, -h, &g);
            kc_lattice_add(&high, &low, -l, &g);
        }
        CHECK(fabs(high + low) < 1e-15);
    }
}
