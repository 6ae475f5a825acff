/* Jacobi's method: slow beside QR, but of a few lines, and exact to the last bits also for the small eigenvalues. The
 * matrices here have some 60 rows and cost a few milliseconds. */
#include "core/graph/eigen.h"

#include <math.h>

#define SWEEPS 60 /* some ten are enough */

/* Rotate rows and columns p and q so that a[p][q] becomes 0. */
static void rotate(double *a, double *vector, size_t n, size_t p, size_t q)
{
    const double apq = a[p * n + q], theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t i = 0; i < n; i++) {
        const double x = a[i * n + p], y = a[i * n + q];
        a[i * n + p] = c * x - s * y;
        a[i * n + q] = s * x + c * y;
    }
    for (size_t i = 0; i < n; i++) {
        const double x = a[p * n + i], y = a[q * n + i], v = vector[p * n + i], w = vector[q * n + i];
        a[p * n + i] = c * x - s * y;
        a[q * n + i] = s * x + c * y;
        vector[p * n + i] = c * v - s * w;
        vector[q * n + i] = s * v + c * w;
    }
    a[p * n + q] = a[q * n + p] = 0;
}

void kc_eigen_sort(double *value, double *vector, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            best = value[j] > value[best] ? j : best;
        if (best == i)
            continue;
        const double v = value[i];
        value[i] = value[best];
        value[best] = v;
        for (size_t j = 0; j < n; j++) {
            const double x = vector[i * n + j];
            vector[i * n + j] = vector[best * n + j];
            vector[best * n + j] = x;
        }
    }
}

void kc_eigen(double *a, size_t n, double *value, double *vector)
{
    double size = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            vector[i * n + j] = i == j;
            size += a[i * n + j] * a[i * n + j];
        }
    const double least = 1e-17 * sqrt(size);
    for (int sweep = 0, any = 1; any && sweep < SWEEPS; sweep++) {
        any = 0;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > least) {
                    rotate(a, vector, n, p, q);
                    any = 1;
                }
    }
    for (size_t i = 0; i < n; i++)
        value[i] = a[i * n + i];
    kc_eigen_sort(value, vector, n);
}
