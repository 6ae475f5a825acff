/* Density the obvious way: Prim's tree on all pairs (1957). */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/ref/ref.h"

static float multiply(const float *x, size_t d, size_t i, size_t j)
{
    float s = 0;
    for (size_t t = 0; t < d; t++)
        s = fmaf(x[i * d + t], x[j * d + t], s);
    return s;
}

static int falling(const void *x, const void *y)
{
    const float *a = x, *b = y;
    return (*a < *b) - (*a > *b);
}

void kc_ref_reach(const float *x, size_t n, size_t d, uint32_t samples, float *core, float *weight)
{
    float *all = malloc(n * sizeof *all), *best = malloc(n * sizeof *best);
    unsigned char *done = calloc(n, 1);
    for (size_t i = 0; all && i < n; i++) {
        size_t m = 0;
        for (size_t j = 0; j < n; j++)
            if (j != i)
                all[m++] = multiply(x, d, i, j);
        qsort(all, m, sizeof *all, falling);
        core[i] = m ? all[(m < samples ? m : samples) - 1] : -1;
    }
    for (size_t i = 0; best && i < n; i++)
        best[i] = -INFINITY;
    for (size_t at = 0, step = 0; best && done && step + 1 < n; step++) {
        size_t next = n;
        done[at] = 1;
        for (size_t j = 0; j < n; j++) {
            if (done[j])
                continue;
            const float s = fminf(multiply(x, d, at, j), fminf(core[at], core[j]));
            best[j] = s > best[j] ? s : best[j];
            next = next == n || best[j] > best[next] ? j : next;
        }
        weight[step] = best[next];
        at = next;
    }
    free(done);
    free(best);
    free(all);
}
