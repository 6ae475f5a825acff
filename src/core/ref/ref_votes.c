/* The vote of the nearest rows the obvious way: the nearest row that is not taken yet, again and again. */
#include <math.h>
#include <stdlib.h>
#include "base/label.h"
#include "core/ref/ref.h"

/* Return 1 if label a is to be preferred to b, given votes and sums; noise is at place k. */
static int is_better(uint32_t a, uint32_t b, const uint32_t *votes, const double *sum)
{
    if (votes[a] != votes[b])
        return votes[a] > votes[b];
    return sum[a] > sum[b] || (sum[a] >= sum[b] && a < b);
}

void kc_ref_vote(const float *rows, const uint32_t *labels, size_t n, size_t d, uint32_t k, const float *x, uint32_t m,
                 uint32_t *ranked, float *share)
{
    float *similarity = calloc(n + 1, sizeof *similarity);
    uint32_t *votes = calloc(k + 1u, sizeof *votes);
    double *sum = calloc(k + 1u, sizeof *sum);
    uint32_t all = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < d; t++)
            similarity[i] = fmaf(rows[i * d + t], x[t], similarity[i]);
    for (; all < m && all < n; all++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            if (isnan(similarity[best]) || similarity[i] > similarity[best])
                best = i;
        const uint32_t label = labels[best] == KC_NOISE ? k : labels[best];
        votes[label]++;
        sum[label] += (double)similarity[best];
        similarity[best] = NAN;
    }
    for (uint32_t place = 0; place <= k; place++) {
        uint32_t best = 0;
        for (uint32_t c = 1; c <= k; c++)
            if (votes[best] == UINT32_MAX || (votes[c] != UINT32_MAX && is_better(c, best, votes, sum)))
                best = c;
        ranked[place] = votes[best] == 0 ? KC_NONE - 1 : best == k ? KC_NOISE : best;
        share[place] = (float)((double)votes[best] / all);
        votes[best] = UINT32_MAX;
    }
    free(sum);
    free(votes);
    free(similarity);
}
