/* Kneedle scales both axes to 0 .. 1, turns the falling curve over, and looks for local maxima of its height above the
 * diagonal. A maximum is a knee if the height falls below it by the mean step of k before the next higher maximum (or
 * the end). The paper first smooths the curve with a spline; inertias of sweeps are smooth, and each is of restarts, so
 * that is left out. What dents are left make lower maxima: in the paper these end the wait for the fall, too. */
#include "core/judge/rules.h"

#include <math.h>

#define STRONG 0.8 /* the least prediction strength; the paper has 0.8 to 0.9 */

/* Return how far entry i lies below the chord from the first entry to the last, both axes scaled to 0 .. 1. */
static double measure_depth(const struct kc_k_entry *e, size_t n, size_t i)
{
    const double wide = (double)e[n - 1].k - (double)e[0].k, high = e[0].inertia - e[n - 1].inertia;
    return high > 0 ? (e[0].inertia - e[i].inertia) / high - ((double)e[i].k - (double)e[0].k) / wide : 0;
}

size_t kc_rule_elbow(const struct kc_k_entry *e, size_t n)
{
    const double step = n > 1 ? 1 / (double)(n - 1) : 0;
    size_t deepest = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        const double depth = measure_depth(e, n, i);
        if (depth > measure_depth(e, n, deepest))
            deepest = i;
        if (depth < measure_depth(e, n, i - 1) || depth < measure_depth(e, n, i + 1))
            continue;
        for (size_t j = i + 1; j < n; j++) {
            const double next = measure_depth(e, n, j);
            if (next < depth - step)
                return i;
            if (j + 1 < n && next >= measure_depth(e, n, j - 1) && next >= measure_depth(e, n, j + 1) && next > depth)
                break; /* a higher maximum comes first */
        }
    }
    return deepest;
}

size_t kc_rule_gap(const struct kc_k_entry *e, size_t n)
{
    size_t last = n; /* that has a gap */
    for (size_t i = 0; i < n; i++) {
        if (isnan(e[i].gap))
            continue;
        if (last < n && e[last].gap >= e[i].gap - e[i].gap_error)
            return last;
        last = i;
    }
    return last < n ? last : n - 1;
}

size_t kc_rule_strength(const struct kc_k_entry *e, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (e[i].strength >= STRONG)
            best = i;
    return best;
}
