/* One walk over the edges, in a fixed order. */
#include "core/graph/modularity.h"

#include "base/label.h"

double kc_modularity(const struct kc_affinity *a, const uint32_t *labels, uint32_t k, double *work)
{
    double *inside = work, *degree = work + k, total = 0, sum = 0;
    for (uint32_t c = 0; c < k; c++)
        inside[c] = degree[c] = 0;
    for (size_t i = 0; i < a->n; i++)
        total += a->degree[i];
    for (size_t i = 0; i < a->n; i++) {
        const double share = a->degree[i] / total;
        if (labels[i] == KC_NOISE) {
            sum -= share * share;
            continue;
        }
        degree[labels[i]] += share;
        for (size_t e = a->first[i]; e < a->first[i + 1]; e++)
            if (labels[a->id[e]] == labels[i])
                inside[labels[i]] += (double)a->weight[e];
    }
    for (uint32_t c = 0; c < k; c++)
        sum += inside[c] / total - degree[c] * degree[c];
    return sum;
}
