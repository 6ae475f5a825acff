/* Drift: compare figures of new rows with those of the fit, and the balance of cluster sizes. Figures that are not
 * defined are NAN and cross no limit. */
#include "core/judge/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

int kc_drift_judge(struct kc_drift *d)
{
    const struct kc_drift_limits *l = &d->limits;
    d->many_unassigned = d->rows > 0 && (double)d->unassigned > l->unassigned * (double)d->rows;
    d->silhouette_fell = d->silhouette_fit - d->silhouette > l->silhouette; /* false where one is not defined */
    d->unbalanced = d->cv > l->cv;
    d->many_rows = (double)d->rows_since > l->rows * (double)d->rows_fit;
    return d->many_unassigned || d->silhouette_fell || d->unbalanced;
}

static int by_count(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int kc_balance(const uint64_t *counts, size_t k, double *cv, double *gini, struct kc_err *e)
{
    uint64_t *v = kc_mem_alloc(k, sizeof *v, e);
    double sum = 0, squares = 0, weighted = 0;
    if (!v)
        return -1;
    memcpy(v, counts, k * sizeof *v);
    qsort(v, k, sizeof *v, by_count);
    for (size_t i = 0; i < k; i++) {
        sum += (double)v[i];
        weighted += (double)(i + 1) * (double)v[i];
    }
    for (size_t i = 0; i < k; i++)
        squares += ((double)v[i] - sum / (double)k) * ((double)v[i] - sum / (double)k);
    *cv = sqrt(squares / (double)k) / (sum / (double)k);
    *gini = 2 * weighted / ((double)k * sum) - ((double)k + 1) / (double)k;
    kc_mem_free(v);
    return 0;
}
