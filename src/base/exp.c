/* exp by the usual reduction to |r| <= ln(2) / 2 and the Taylor series, whose terms from r^14 on are below 1e-16. Plain
 * products and sums are correctly rounded everywhere. */
#include "base/exp.h"

#include <math.h>

double kc_exp(double x)
{
    /* ln(2) in two parts: k times the first is exact */
    static const double part1 = 6.93147180369123816490e-01, part2 = 1.90821492927058770002e-10;
    static const double per_two = 1.44269504088896338700e+00; /* 1 / ln(2) */
    if (!(x >= -700))
        return x < -700 ? 0 : x;
    const double k = floor(x * per_two + 0.5);
    const double r = x - k * part1 - k * part2;
    double sum = 1;
    for (int i = 13; i > 0; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, (int)k);
}
