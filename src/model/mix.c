/* Percentiles from values that stand for several rows each (mix.h): linear between them, by weight. */
#include "model/mix.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    const struct kc_weighted *p = a, *q = b;
    if (p->value < q->value || p->value > q->value)
        return p->value < q->value ? -1 : 1;
    return p->weight < q->weight ? -1 : p->weight > q->weight;
}

void kc_model_mix(struct kc_weighted *v, size_t n, uint64_t rows, float *quantiles)
{
    double next;
    size_t at = 0;
    qsort(v, n, sizeof *v, by_value);
    const double first = v[0].weight / 2, last = (double)rows - v[n - 1].weight / 2;
    double before = first;
    for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++) {
        const double want = first + (last - first) * (double)p / (KC_MODEL_PERCENTILES - 1);
        while (at + 2 < n && before + (v[at].weight + v[at + 1].weight) / 2 < want) {
            before += (v[at].weight + v[at + 1].weight) / 2;
            at++;
        }
        next = (v[at].weight + v[at + 1].weight) / 2;
        const double share = fmin(1, fmax(0, (want - before) / next));
        quantiles[p] = (float)((double)v[at].value + share * ((double)v[at + 1].value - (double)v[at].value));
        if (p > 0 && quantiles[p] < quantiles[p - 1]) /* by rounding */
            quantiles[p] = quantiles[p - 1];
    }
}
