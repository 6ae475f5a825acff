/* The choice of k by an index, and what is doubtful about it. */
#include "core/judge/ksweep.h"

#include <math.h>
#include "core/judge/rules.h"

#define FEWEST 40 /* rows that a second opinion is worth asking about */
#define MUCH 2u /* times: so much a very different k is larger or smaller */

struct kc_k_entry kc_k_entry_of(uint32_t k, uint64_t rows, uint64_t iterations)
{
    return (struct kc_k_entry){k,   0,   rows, iterations, NAN, NAN, NAN, NAN, NAN, NAN,
                               NAN, NAN, NAN,  NAN,        NAN, NAN, NAN, NAN, NAN};
}

double kc_ksweep_value(const struct kc_k_entry *s, enum kc_index by)
{
    switch (by) {
    case KC_INDEX_SILHOUETTE: return s->silhouette;
    case KC_INDEX_CALINSKI_HARABASZ: return s->calinski_harabasz;
    case KC_INDEX_DAVIES_BOULDIN: return s->davies_bouldin;
    case KC_INDEX_MACRO_SILHOUETTE: return s->macro_silhouette;
    case KC_INDEX_MODULARITY: return s->modularity;
    case KC_INDEX_ELBOW: return s->inertia;
    case KC_INDEX_GAP: return s->gap;
    case KC_INDEX_STABILITY: return s->stability;
    case KC_INDEX_PREDICTION_STRENGTH: return s->strength;
    default: return s->merit;
    }
}

/* Return the entry's index turned so that larger is better; NAN becomes the worst. */
static double compute_merit(const struct kc_k_entry *s, enum kc_index by)
{
    double v = kc_ksweep_value(s, by);
    return isnan(v) ? -INFINITY : by == KC_INDEX_DAVIES_BOULDIN ? -v : v;
}

size_t kc_ksweep_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by)
{
    size_t best = 0, known = 0;
    while (known < n && isnan(kc_ksweep_value(&sweep[known], by)))
        known++;
    if (known == n) /* it was not computed: time was up */
        by = KC_INDEX_SILHOUETTE;
    if (by == KC_INDEX_ELBOW)
        return kc_rule_elbow(sweep, n);
    if (by == KC_INDEX_GAP)
        return kc_rule_gap(sweep, n);
    if (by == KC_INDEX_PREDICTION_STRENGTH)
        return kc_rule_strength(sweep, n);
    for (size_t i = 1; i < n; i++)
        if (compute_merit(&sweep[i], by) > compute_merit(&sweep[best], by))
            best = i;
    return best;
}

/* Return 1 if a and b differ much. */
static int differ_much(uint32_t a, uint32_t b)
{
    return a >= MUCH * b || b >= MUCH * a;
}

int kc_ksweep_doubtful(const struct kc_k_entry *sweep, size_t n, size_t chosen, enum kc_index by)
{
    return by == KC_INDEX_SILHOUETTE && n > 2 && sweep[0].rows >= FEWEST &&
           differ_much(sweep[kc_ksweep_best(sweep, n, KC_INDEX_DAVIES_BOULDIN)].k, sweep[chosen].k);
}

int kc_ksweep_doubts(struct kc_clustering *f, const struct kc_k_entry *sweep, size_t n, size_t chosen, enum kc_index by,
                     int cut, struct kc_err *e)
{
    const uint32_t k = sweep[chosen].k;
    if (n < 2)
        return 0;
    if (chosen + 1 == n && !cut && k < f->n &&
        kc_clustering_warn(f, e, "k = %u is the largest that was tried: a larger one may be better", k) != 0)
        return -1;
    if (chosen == 0 && k > 2 &&
        kc_clustering_warn(f, e, "k = %u is the smallest that was tried: a smaller one may be better", k) != 0)
        return -1;
    const struct kc_k_entry *other = &sweep[kc_ksweep_best(sweep, n, KC_INDEX_AUTO)];
    if (by == KC_INDEX_SILHOUETTE && other->modularity > sweep[chosen].modularity && differ_much(other->k, k))
        return kc_clustering_warn(f, e, "k = %u by the %s, but k = %u may suit better: it keeps more of the rows' "
                                  "neighbours together (modularity %.2f, not %.2f); see --k-by auto", k,
                                  kc_index_name(by), other->k, other->modularity, sweep[chosen].modularity);
    return 0;
}

int kc_ksweep_unbalanced(struct kc_clustering *f, struct kc_err *e)
{
    const uint64_t largest = f->clusters[0].size, median = f->clusters[f->k - 1 - f->k / 2].size;
    if (f->k >= 3 && largest * 2 > f->n && largest > 10 * median)
        return kc_clustering_warn(
            f, e, "sizes are very unbalanced: the largest cluster has %llu of %zu rows, the median one %llu",
            (unsigned long long)largest, f->n, (unsigned long long)median);
    if (f->k == 2 && f->clusters[1].size * 20 < largest)
        return kc_clustering_warn(f, e, "sizes are very unbalanced: the two clusters have %llu and %llu rows",
                                  (unsigned long long)largest, (unsigned long long)f->clusters[1].size);
    return 0;
}
