/* The own logarithm against that of the library. */
#include "base/exp.h"

#include <float.h>
#include <math.h>
#include "base/rng.h"
#include "unit.h"

static void check_ln(double x)
{
    const double got = kc_ln(x), want = log(x);
    CHECK_MSG(fabs(got - want) <= 1e-15 * fabs(want), "ln(%.17g): %.17g, not %.17g", x, got, want);
}

TEST(ln_is_that_of_the_library)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 400, 0);
    for (int i = 0; i < 50000; i++)
        check_ln(ldexp(1 + kc_rng_unit(&r), (int)kc_rng_below(&r, 2045) - 1022)); /* all magnitudes */
    for (int i = 0; i < 50000; i++)
        check_ln(0.25 + 2 * kc_rng_unit(&r));
    for (int i = 1; i <= 52; i++) /* near 1, up to its neighbours */
        for (int j = 0; j < 100; j++) {
            check_ln(1 + ldexp(1 + kc_rng_unit(&r), -i));
            check_ln(1 - ldexp(0.5 + kc_rng_unit(&r) / 2, -i));
        }
    for (int i = -1022; i < 1024; i++) /* the ends of a binade, and of the reduction */
        for (int j = -1; j < 2; j++) {
            const double x = ldexp(1, i), root = ldexp(0.70710678118654752440, i < 1023 ? i + 1 : i);
            if (i > -1022 || j >= 0)
                check_ln(j == 0 ? x : nextafter(x, j < 0 ? 0 : INFINITY));
            check_ln(j == 0 ? root : nextafter(root, j < 0 ? 0 : INFINITY));
        }
    check_ln(DBL_MIN);
    check_ln(DBL_MAX);
    for (uint32_t i = 1; i < 3000; i++)
        check_ln((double)i);
    CHECK(kc_ln(1) <= 0 && kc_ln(1) >= 0 && !signbit(kc_ln(1)));
}
