/* The choice of k by an index, and what is doubtful about it. */
#include "core/judge/ksweep.h"

#include <math.h>
#include <stdio.h>

double kc_ksweep_value(const struct kc_k_entry *s, enum kc_index by)
{
    return by == KC_INDEX_SILHOUETTE          ? s->silhouette
           : by == KC_INDEX_CALINSKI_HARABASZ ? s->calinski_harabasz
                                              : s->davies_bouldin;
}

/* Return the entry's index turned so that larger is better; NAN becomes the worst. */
static double compute_merit(const struct kc_k_entry *s, enum kc_index by)
{
    double v = kc_ksweep_value(s, by);
    return isnan(v) ? -INFINITY : by == KC_INDEX_DAVIES_BOULDIN ? -v : v;
}

size_t kc_ksweep_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (compute_merit(&sweep[i], by) > compute_merit(&sweep[best], by))
            best = i;
    return best;
}

int kc_ksweep_doubts(struct kc_clustering *f, const struct kc_k_entry *sweep, size_t n, size_t chosen, int cut,
                     struct kc_err *e)
{
    static const char *const names[KC_INDICES] = {"silhouette", "Calinski-Harabasz", "Davies-Bouldin"};
    uint32_t k = sweep[chosen].k;
    int agree = 0, others = 0;
    char text[160] = "";
    if (n < 2)
        return 0;
    if (chosen + 1 == n && !cut && k < f->n &&
        kc_clustering_warn(f, e, "k = %u is the largest that was tried: a larger one may be better", k) != 0)
        return -1;
    if (chosen == 0 && k > 2 &&
        kc_clustering_warn(f, e, "k = %u is the smallest that was tried: a smaller one may be better", k) != 0)
        return -1;
    /* an index whose best k is at an end of the range says nothing about the k between */
    for (size_t i = 0, o = 0; i < KC_INDICES && o < sizeof text; i++) {
        size_t at = kc_ksweep_best(sweep, n, (enum kc_index)i);
        agree += sweep[at].k == k;
        others += at > 0 && at + 1 < n && sweep[at].k != k;
        if ((at > 0 && at + 1 < n) || at == chosen)
            o += (size_t)snprintf(text + o, sizeof text - o, "%s%s %u", o ? ", " : "", names[i], sweep[at].k);
    }
    if (agree == 1 && others > 0)
        return kc_clustering_warn(f, e, "the indices disagree on k: %s; --k-by picks by another", text);
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
