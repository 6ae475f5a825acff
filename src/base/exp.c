/* exp by the usual reduction to |r| <= ln(2) / 2 and the Taylor series, whose terms from r^14 on are below 1e-16; ln by
 * that of atanh, from sqrt(1/2) to sqrt(2), whose terms from z^25 on are. Plain products and sums are correctly rounded
 * everywhere. */
#include "base/exp.h"

#include <math.h>

/* ln(2) in two parts: k times the first is exact */
static const double part1 = 6.93147180369123816490e-01, part2 = 1.90821492927058770002e-10;

/* 1 / i! */
static const double inverse[] = {1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
                                 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

double kc_exp(double x)
{
    static const double per_two = 1.44269504088896338700e+00; /* 1 / ln(2) */
    if (!(x >= -700))
        return x < -700 ? 0 : x;
    const double k = floor(x * per_two + 0.5);
    const double r = x - k * part1 - k * part2;
    double sum = inverse[13];
    for (int i = 12; i >= 0; i--)
        sum = sum * r + inverse[i];
    return ldexp(sum, (int)k);
}

double kc_ln(double x)
{
    int k;
    double m = frexp(x, &k);
    if (m < 0.70710678118654752440) {
        m *= 2;
        k--;
    }
    const double z = (m - 1) / (m + 1), zz = z * z;
    double sum = 0;
    for (int i = 25; i > 1; i -= 2)
        sum = (sum + 1.0 / i) * zz;
    return (double)k * part1 + (2 * (z + z * sum) + (double)k * part2);
}
