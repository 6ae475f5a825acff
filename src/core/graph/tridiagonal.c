/* Householder's reduction to a tridiagonal matrix, and the implicit QL algorithm on it (Golub & Van Loan, sections 8.3
 * and 8.3.5). Vectors are the rows of their matrix, so that a rotation runs along memory. Everything is done in a fixed
 * order, and with nothing but sums, products, quotients and roots. */
#include "core/graph/tridiagonal.h"

#include <float.h>
#include <math.h>
#include "core/graph/eigen.h"

#define STEPS 60 /* for one eigenvalue, at most; two or three are usual */

/* Reduce a to a tridiagonal matrix with the diagonal d and, beside it, e[0 .. n - 1). Row k of a then has from column
 * k + 1 on the vector v of the reflection 1 - v v' (with |v|^2 = 2, or 0) that was applied k-th. */
static void reduce(double *a, size_t n, double *d, double *e)
{
    for (size_t k = 0; k + 2 < n; k++) {
        double *v = a + k * n + k + 1, length = 0;
        const size_t m = n - k - 1;
        for (size_t i = 0; i < m; i++)
            length += v[i] * v[i];
        length = sqrt(length);
        const double first = v[0], to = first > 0 ? -length : length;
        e[k] = to;
        d[k] = a[k * n + k];
        /* |v - to e1|^2 = 2 length (length + |first|); scaled to 2 */
        const double square = length * (length + fabs(first)), scale = square > 0 ? 1 / sqrt(square) : 0;
        v[0] -= to;
        for (size_t i = 0; i < m; i++)
            v[i] *= scale;
        if (!(square > 0))
            continue;
        /* p = A v, then w = p - v (v'p) / 2, then A -= v w' + w v'; w takes the place of e beyond k */
        double *w = e + k + 1, half = 0;
        for (size_t i = 0; i < m; i++) {
            const double *row = a + (k + 1 + i) * n + k + 1;
            double sum[4] = {0};
            size_t j = 0;
            for (; j + 4 <= m; j += 4)
                for (size_t t = 0; t < 4; t++)
                    sum[t] += row[j + t] * v[j + t];
            for (; j < m; j++)
                sum[0] += row[j] * v[j];
            w[i] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
            half += w[i] * v[i];
        }
        half /= 2;
        for (size_t i = 0; i < m; i++)
            w[i] -= half * v[i];
        for (size_t i = 0; i < m; i++) {
            double *row = a + (k + 1 + i) * n + k + 1;
            const double vi = v[i], wi = w[i];
            for (size_t j = 0; j < m; j++)
                row[j] -= vi * w[j] + wi * v[j];
        }
    }
    if (n > 1) {
        d[n - 2] = a[(n - 2) * n + n - 2];
        e[n - 2] = a[(n - 2) * n + n - 1];
    }
    d[n - 1] = a[n * n - 1];
    e[n - 1] = 0;
}

/* Rotate two rows. */
static void rotate(double *x, double *y, size_t n, double c, double s)
{
    for (size_t i = 0; i < n; i++) {
        const double f = y[i];
        y[i] = s * x[i] + c * f;
        x[i] = c * x[i] - s * f;
    }
}

/* Turn the tridiagonal matrix into a diagonal one, and the rows of z along with it. */
static void iterate(double *d, double *e, size_t n, double *z)
{
    double size = 0;
    for (size_t i = 0; i < n; i++)
        size = fmax(size, fabs(d[i]) + fabs(e[i]));
    for (size_t l = 0; l < n; l++)
        for (int step = 0; step < STEPS; step++) {
            size_t m = l;
            while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1])) + DBL_EPSILON / 64 * size)
                m++;
            if (m == l)
                break;
            /* Wilkinson's shift, from the top; then the bulge is chased from the bottom up */
            double g = (d[l + 1] - d[l]) / (2 * e[l]), r = sqrt(g * g + 1), s = 1, c = 1, p = 0;
            g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
            size_t i = m;
            while (i-- > l) {
                const double f = s * e[i], b = c * e[i];
                r = sqrt(f * f + g * g);
                e[i + 1] = r;
                if (!(r > 0)) { /* the matrix has split */
                    d[i + 1] -= p;
                    e[m] = 0;
                    break;
                }
                s = f / r;
                c = g / r;
                g = d[i + 1] - p;
                r = (d[i] - g) * s + 2 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
                rotate(z + i * n, z + (i + 1) * n, n, c, s);
            }
            if (i + 1 > l) /* it has split before the top */
                continue;
            d[l] -= p;
            e[l] = g;
            e[m] = 0;
        }
}

void kc_eigen_tridiagonal(double *a, size_t n, double *value, double *vector, double *work)
{
    if (n == 0)
        return;
    reduce(a, n, value, work);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            vector[i * n + j] = i == j;
    iterate(value, work, n, vector);
    for (size_t k = n < 2 ? 0 : n - 2; k-- > 0;) { /* back to the coordinates of a: the last reflection first */
        const double *v = a + k * n + k + 1;
        for (size_t t = 0; t < n; t++) {
            double *y = vector + t * n + k + 1, sum = 0;
            for (size_t i = 0; i < n - k - 1; i++)
                sum += v[i] * y[i];
            for (size_t i = 0; i < n - k - 1; i++)
                y[i] -= sum * v[i];
        }
    }
    kc_eigen_sort(value, vector, n);
}
