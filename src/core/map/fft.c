/* Sines and cosines by Taylor's series on an eighth of a turn, whose terms from x^20 on are below 1e-20: the C
 * library's differ from machine to machine in the last bit. */
#include "core/map/fft.h"

#define PI 3.14159265358979323846

/* Return the cosine (of = 0) or the sine (of = 1) of x, 0 <= x <= pi / 4. */
static double add_series(double x, int of)
{
    const double square = x * x;
    double sum = 0;
    for (int i = 18 + of; i > of; i -= 2)
        sum = (1 + sum) * -square / ((double)i * (double)(i - 1));
    return of ? x + x * sum : 1 + sum;
}

/* Set the cosine and the sine of 2 pi k / n, 0 <= k <= n / 2, n >= 8 or exact by symmetry. */
static void find_turn(size_t k, size_t n, double *cosine, double *sine)
{
    const size_t fold = 4 * k > n ? n / 2 - k : k;  /* into the first quarter, */
    const int swap = 8 * fold > n;                  /* and into its first half */
    const double part = swap ? ((double)n - 4 * (double)fold) / (4 * (double)n) : (double)fold / (double)n;
    const double c = add_series(2 * PI * part, 0), s = add_series(2 * PI * part, 1);
    *cosine = (swap ? s : c) * (4 * k > n ? -1 : 1);
    *sine = swap ? c : s;
}

void kc_fft_factors(size_t n, float *w)
{
    for (size_t k = 0; k < n / 2; k++) {
        double cosine, sine;
        find_turn(k, n, &cosine, &sine);
        w[2 * k] = (float)cosine;
        w[2 * k + 1] = (float)-sine;
    }
}

void kc_fft_cosines(size_t n, double *cosine)
{
    for (size_t k = 0; k <= n / 2; k++) {
        double sine;
        find_turn(k, n, &cosine[k], &sine);
    }
}

void kc_fft_order(size_t n, uint32_t *order)
{
    order[0] = 0;
    for (size_t have = 1; have < n; have *= 2)
        for (size_t k = 0; k < have; k++) {
            order[k] *= 2;
            order[k + have] = order[k] + 1;
        }
}
