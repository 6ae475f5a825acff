/* Neighbours the obvious way: all similarities of a row in a list, sorted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/exp.h"
#include "core/ref/ref.h"

struct other {
    float similarity;
    uint32_t id;
};

static int by_similarity(const void *x, const void *y)
{
    const struct other *a = x, *b = y;
    if (a->similarity < b->similarity || a->similarity > b->similarity)
        return a->similarity > b->similarity ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

void kc_ref_neighbours(const float *x, size_t n, size_t d, const int64_t *time, double decay, double least,
                       uint32_t row, uint32_t m, uint32_t *count, uint32_t *id, float *similarity)
{
    struct other *all = malloc((n + 1) * sizeof *all);
    size_t k = 0;
    for (size_t j = 0; all && j < n; j++) {
        float s = 0;
        for (size_t t = 0; t < d; t++)
            s = fmaf(x[row * d + t], x[j * d + t], s);
        if (decay > 0 && s > 0)
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): with decay there are times */
            s = (float)((double)s * kc_exp(-fabs((double)time[row] - (double)time[j]) / decay));
        if (j != row && (double)s >= least)
            all[k++] = (struct other){s, (uint32_t)j};
    }
    if (k > 0)
        qsort(all, k, sizeof *all, by_similarity);
    *count = k < m ? (uint32_t)k : m;
    for (uint32_t i = 0; i < *count; i++) {
        id[i] = all[i].id;
        similarity[i] = all[i].similarity;
    }
    free(all);
}

double kc_ref_purity(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t row, uint32_t m)
{
    uint32_t *id = malloc(m * sizeof *id), count, same = 0;
    float *similarity = malloc(m * sizeof *similarity);
    kc_ref_neighbours(x, n, d, NULL, 0, -2, row, m, &count, id, similarity);
    for (uint32_t j = 0; j < count; j++)
        same += labels[id[j]] == labels[row];
    free(id);
    free(similarity);
    return labels[row] == UINT32_MAX || count == 0 ? NAN : (double)same / count;
}

void kc_ref_moments(const float *x, size_t n, size_t d, int centre, double *mean, double *m)
{
    for (size_t t = 0; t < d; t++) {
        mean[t] = 0;
        for (size_t i = 0; i < n; i++)
            mean[t] += (double)x[i * d + t] / (double)n;
    }
    for (size_t s = 0; s < d; s++)
        for (size_t t = 0; t < d; t++) {
            m[s * d + t] = 0;
            for (size_t i = 0; i < n; i++)
                m[s * d + t] += ((double)x[i * d + s] - (centre ? mean[s] : 0)) *
                                ((double)x[i * d + t] - (centre ? mean[t] : 0)) / (double)n;
        }
}

/* Return 1 if the edge a - b is to be preferred to c - e. */
static int is_better(double s, size_t a, size_t b, double than, size_t c, size_t e)
{
    const size_t low = a < b ? a : b, high = a < b ? b : a, low2 = c < e ? c : e, high2 = c < e ? e : c;
    return s > than || (s >= than && (low < low2 || (low == low2 && high < high2)));
}

size_t kc_ref_join(const float *x, size_t n, size_t d, const uint32_t *part, uint32_t *from, uint32_t *to)
{
    double *best = calloc(n, sizeof *best); /* of a row: its similarity to the nearest of the tree; 9: it is in it */
    size_t *near = calloc(n, sizeof *near), edges = 0;
    for (size_t i = 0, last = 0; i + 1 < n; i++) {
        size_t next = 0;
        best[last] = 9;
        for (size_t j = 0; j < n; j++) {
            float s = 0;
            for (size_t t = 0; t < d; t++)
                s = fmaf(x[last * d + t], x[j * d + t], s);
            s = part[j] == part[last] ? 3 : s;
            if (last == 0 || is_better((double)s, j, last, best[j], j, near[j]))
                if (best[j] < 9 || (last == 0 && j > 0)) {
                    best[j] = (double)s;
                    near[j] = last;
                }
        }
        for (size_t j = 1; j < n; j++)
            if (best[j] < 9 && (next == 0 || is_better(best[j], j, near[j], best[next], next, near[next])))
                next = j;
        if (part[next] != part[near[next]]) {
            from[edges] = (uint32_t)(next > near[next] ? next : near[next]);
            to[edges++] = (uint32_t)(next > near[next] ? near[next] : next);
        }
        last = next;
    }
    free(near);
    free(best);
    return edges;
}

/* Return the scale at which the weights of the m nearest rows add up to log2(m), by bisection from a wide bracket. */
static double find_scale(const double *distance, uint32_t m)
{
    double low = 0, high = 1000;
    for (int step = 0; step < 200; step++) {
        const double scale = (low + high) / 2;
        double sum = 0;
        for (uint32_t j = 0; j < m; j++)
            sum += distance[j] > distance[0] ? exp(-(distance[j] - distance[0]) / scale) : 1;
        if (sum > log2((double)(m > 2 ? m : 2)))
            high = scale;
        else
            low = scale;
    }
    return (low + high) / 2;
}

void kc_ref_affinity(const float *x, size_t n, size_t d, uint32_t m, double *w)
{
    uint32_t *id = malloc(m * sizeof *id), count;
    float *similarity = malloc(m * sizeof *similarity);
    double *distance = malloc(m * sizeof *distance), *directed = calloc(n * n, sizeof *directed);
    for (size_t i = 0; i < n; i++) {
        double mean = 0;
        kc_ref_neighbours(x, n, d, NULL, 0, -2, (uint32_t)i, m, &count, id, similarity);
        for (uint32_t j = 0; j < count; j++) {
            distance[j] = similarity[j] < 1 ? 1 - (double)similarity[j] : 0;
            mean += distance[j] / count;
        }
        double scale = find_scale(distance, count);
        scale = scale < 1e-3 * mean ? 1e-3 * mean : scale;
        for (uint32_t j = 0; j < count; j++)
            directed[i * n + id[j]] = distance[j] > distance[0] ? exp(-(distance[j] - distance[0]) / scale) : 1;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            w[i * n + j] = directed[i * n + j] + directed[j * n + i] - directed[i * n + j] * directed[j * n + i];
    free(directed);
    free(distance);
    free(similarity);
    free(id);
}
