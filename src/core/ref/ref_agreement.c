/* Slow twin of core/judge/agreement.c: pairs by looking at all n x n of them, the expected mutual information by
 * factorials (Vinh, Epps & Bailey 2010). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/judge/agreement.h"
#include "core/ref/ref.h"

static double log_factorial(double n)
{
    return lgamma(n + 1);
}

static double compute_expected(const double *a, uint32_t rows, const double *b, uint32_t cols, double n)
{
    double sum = 0;
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t j = 0; j < cols; j++)
            for (double x = fmax(1, a[i] + b[j] - n); x <= fmin(a[i], b[j]); x++)
                sum += x / n * log(n * x / (a[i] * b[j])) *
                       exp(log_factorial(a[i]) + log_factorial(b[j]) + log_factorial(n - a[i]) +
                           log_factorial(n - b[j]) - log_factorial(n) - log_factorial(x) - log_factorial(a[i] - x) -
                           log_factorial(b[j] - x) - log_factorial(n - a[i] - b[j] + x));
    return sum;
}

static double compute_entropy(const double *count, uint32_t k, double n)
{
    double h = 0;
    for (uint32_t i = 0; i < k; i++)
        h -= count[i] > 0 ? count[i] / n * log(count[i] / n) : 0;
    return h;
}

void kc_ref_agreement(const uint32_t *a, uint32_t rows, const uint32_t *b, uint32_t cols, size_t n,
                      struct kc_agreement *out)
{
    double *table = calloc((size_t)rows * cols, sizeof *table), *in_a = calloc(rows, sizeof *in_a);
    double *in_b = calloc(cols, sizeof *in_b), both = 0, only_a = 0, only_b = 0, conditional[2] = {0, 0};
    double m = (double)n;
    if (!table || !in_a || !in_b)
        abort();
    for (size_t i = 0; i < n; i++) {
        table[(size_t)a[i] * cols + b[i]]++;
        in_a[a[i]]++;
        in_b[b[i]]++;
        for (size_t j = 0; j < n; j++)
            if (i != j) {
                int same_a = a[i] == a[j], same_b = b[i] == b[j];
                both += same_a && same_b;
                only_a += same_a && !same_b;
                only_b += !same_a && same_b;
            }
    }
    memset(out, 0, sizeof *out);
    out->same = only_a == 0 && only_b == 0;
    out->precision = both / (both + only_a);
    out->recall = both / (both + only_b);
    out->f1 = 2 * both / (2 * both + only_a + only_b);
    /* The index less its expectation, over its maximum less that, as in Hubert & Arabie. */
    double all = m * (m - 1), chance = (both + only_a) * (both + only_b) / all;
    out->ari = out->same ? 1 : (both - chance) / ((2 * both + only_a + only_b) / 2 - chance);
    for (uint32_t i = 0; i < rows; i++) {
        double top = 0;
        for (uint32_t j = 0; j < cols; j++) {
            double x = table[(size_t)i * cols + j];
            top = fmax(top, x);
            conditional[0] -= x > 0 ? x / m * log(x / in_a[i]) : 0; /* of the classes, given the clusters */
            conditional[1] -= x > 0 ? x / m * log(x / in_b[j]) : 0;
        }
        out->purity += top / m;
    }
    double clusters = compute_entropy(in_a, rows, m), classes = compute_entropy(in_b, cols, m);
    out->mutual_information = classes - conditional[0];
    out->expected_information = compute_expected(in_a, rows, in_b, cols, m);
    out->homogeneity = classes > 0 ? 1 - conditional[0] / classes : 1;
    out->completeness = clusters > 0 ? 1 - conditional[1] / clusters : 1;
    out->v_measure = 2 * out->homogeneity * out->completeness / (out->homogeneity + out->completeness);
    out->nmi = out->mutual_information / ((clusters + classes) / 2);
    out->ami = (out->mutual_information - out->expected_information) /
               ((clusters + classes) / 2 - out->expected_information);
    free(in_b);
    free(in_a);
    free(table);
}
