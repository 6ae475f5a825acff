/* Silhouettes of rows that are not members: one product in double with the clusters' sums, 256 clusters at a time. */
#include "core/judge/nonmembers.h"

#include <math.h>

void kc_nonmember_silhouettes(const float *const *row, size_t rows, size_t d, const double *sums,
                              const uint64_t *counts, size_t k, const uint32_t *at, double *silhouette, void *work)
{
    double *out = work, a[KC_LA_TILE], b[KC_LA_TILE];
    char *scratch = (char *)work + KC_LA_TILE * KC_NONMEMBER_COLUMNS * sizeof *out;
    for (size_t r = 0; r < rows; r++)
        a[r] = b[r] = INFINITY;
    for (size_t c0 = 0; c0 < k; c0 += KC_NONMEMBER_COLUMNS) {
        size_t cols = k - c0 < KC_NONMEMBER_COLUMNS ? k - c0 : KC_NONMEMBER_COLUMNS;
        kc_la_productd(row, rows, d, sums + c0 * d, cols, out, KC_LA_TILE, scratch);
        for (size_t c = 0; c < cols; c++)
            for (size_t r = 0; r < rows; r++) {
                double distance = fmax(1 - out[c * KC_LA_TILE + r] / (double)counts[c0 + c], 0);
                if (at[r] == c0 + c)
                    a[r] = distance;
                else if (distance < b[r])
                    b[r] = distance;
            }
    }
    for (size_t r = 0; r < rows; r++) {
        double most = fmax(a[r], b[r]);
        silhouette[r] = k < 2 ? NAN : most > 0 ? (b[r] - a[r]) / most : 0;
    }
}
