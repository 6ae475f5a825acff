/* Slow twins of the choice of k and of the judgement of clusters: knees by the steps of the paper, pairs and rows
 * counted one by one. */
#include <math.h>
#include <stdlib.h>
#include "core/ref/ref.h"

size_t kc_ref_elbow(const uint32_t *k, const double *inertia, size_t n, int dents)
{
    double *x = calloc(n, sizeof *x), *height = calloc(n, sizeof *height), step = 0, threshold = -INFINITY;
    size_t knee = 0, highest = 0;
    if (!x || !height)
        abort();
    for (size_t i = 0; i < n && n > 1; i++) { /* both axes 0 .. 1, the curve turned over, its height above the diagonal */
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
