/* Slow twins of the choice of k and of the judgement of clusters: knees by the steps of the paper, pairs and rows
 * counted one by one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/ref/ref.h"

size_t kc_ref_elbow(const uint32_t *k, const double *inertia, size_t n, int dents)
{
    double *x = calloc(n, sizeof *x), *height = calloc(n, sizeof *height), step = 0, threshold = -INFINITY;
    size_t knee = 0, highest = 0;
    if (!x || !height)
        abort();
    for (size_t i = 0; i < n && n > 1; i++) { /* both axes 0 .. 1; the height of the turned curve above the diagonal */
        x[i] = ((double)k[i] - (double)k[0]) / ((double)k[n - 1] - (double)k[0]);
        height[i] = 1 - (inertia[i] - inertia[n - 1]) / (inertia[0] - inertia[n - 1]) - x[i];
        step += i > 0 ? (x[i] - x[i - 1]) / (double)(n - 1) : 0;
        highest = i > 0 && i + 1 < n && height[i] > height[highest] ? i : highest;
    }
    for (size_t i = 1; i < n; i++) {
        const int last = i + 1 == n;
        if (!last && height[i] > height[i - 1] && height[i] > height[i + 1]) { /* a local maximum */
            if (dents && threshold > -INFINITY && height[i] <= height[knee])
                continue;
            knee = i;
            threshold = height[i] - step;
        } else if (height[i] < threshold) {
            free(height);
            free(x);
            return knee;
        } else if (!dents && !last && height[i] < height[i - 1] && height[i] < height[i + 1]) { /* it rises again */
            threshold = -INFINITY;
        }
    }
    free(height);
    free(x);
    return highest;
}

double kc_ref_strength(const uint32_t *own, uint32_t k, const uint32_t *other, size_t n)
{
    double least = 1;
    for (uint32_t c = 0; c < k; c++) {
        double pairs = 0, together = 0;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                if (own[i] == c && own[j] == c) {
                    pairs++;
                    together += other[i] == other[j];
                }
        least = pairs > 0 ? fmin(least, together / pairs) : least;
    }
    return least;
}

double kc_ref_jaccard(const uint32_t *labels, uint32_t c, const uint32_t *other, uint32_t k, size_t n)
{
    double best = 0;
    for (uint32_t b = 0; b < k; b++) {
        double both = 0, either = 0;
        for (size_t i = 0; i < n; i++) {
            both += labels[i] == c && other[i] == b;
            either += labels[i] == c || other[i] == b;
        }
        best = either > 0 ? fmax(best, both / either) : best;
    }
    return best;
}

/* Solve m z = b for the symmetric m (d, d), by elimination without pivots, in place: z is left in b. */
static void solve_system(double *m, double *b, size_t d)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = i + 1; j < d; j++) {
            const double f = m[j * d + i] / m[i * d + i];
            for (size_t t = i; t < d; t++)
                m[j * d + t] -= f * m[i * d + t];
            b[j] -= f * b[i];
        }
    for (size_t i = d; i-- > 0;) {
        for (size_t t = i + 1; t < d; t++)
            b[i] -= m[i * d + t] * b[t];
        b[i] /= m[i * d + i];
    }
}

void kc_ref_radii(float *x, size_t n, size_t d, unsigned rounds)
{
    float *unit = malloc(n * d * sizeof *unit);
    double *mean = calloc(d, sizeof *mean), *m = calloc(d * d, sizeof *m), *copy = calloc(d * d, sizeof *copy);
    double *z = calloc(d, sizeof *z), *length = calloc(n, sizeof *length);
    if (!unit || !mean || !m || !copy || !z || !length)
        abort();
    memcpy(unit, x, n * d * sizeof *unit);
    for (unsigned round = 0; round < rounds; round++) {
        double trace = 0, sum = 0;
        kc_ref_moments(x, n, d, 1, mean, m);
        for (size_t t = 0; t < d; t++)
            trace += m[t * d + t];
        for (size_t t = 0; t < d; t++)
            m[t * d + t] += 1e-6 * trace / (double)d + 1e-12;
        for (size_t i = 0; i < n; i++) {
            double a = 0, b = 0;
            memcpy(copy, m, d * d * sizeof *m);
            for (size_t t = 0; t < d; t++)
                z[t] = (double)unit[i * d + t];
            solve_system(copy, z, d);
            for (size_t t = 0; t < d; t++) {
                a += (double)unit[i * d + t] * z[t];
                b += mean[t] * z[t];
            }
            length[i] = (b + sqrt(b * b + 4 * a * ((double)d - 1))) / (2 * a);
            sum += length[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++)
            for (size_t t = 0; t < d; t++)
                x[i * d + t] = (float)((double)unit[i * d + t] * length[i] / sum);
    }
    free(length);
    free(z);
    free(copy);
    free(m);
    free(mean);
    free(unit);
}
