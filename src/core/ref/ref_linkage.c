/* Agglomerative clustering the obvious way: all distances of clusters by their definition, the nearest pair is joined,
 * its distances are computed anew from its members. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/linkage/tree.h"
#include "core/ref/ref.h"

struct naive {
    const double *x; /* (n, d) rows of length 1 */
    const double *w; /* (n) */
    size_t n, d;
    int how;
    uint32_t *member; /* (n) the cluster of each row: its earliest row */
    double *mean;     /* (n, d) */
    double *weight;   /* (n) */
    double *distance; /* (n, n) */
};

/* Compute the mean of a cluster from its members. */
static void compute_mean(struct naive *v, size_t c)
{
    double *mean = v->mean + c * v->d;
    v->weight[c] = 0;
    memset(mean, 0, v->d * sizeof *mean);
    for (size_t i = 0; i < v->n; i++)
        if (v->member[i] == c) {
            v->weight[c] += v->w ? v->w[i] : 1;
            for (size_t t = 0; t < v->d; t++)
                mean[t] += (v->w ? v->w[i] : 1) * v->x[i * v->d + t];
        }
    for (size_t t = 0; t < v->d; t++)
        mean[t] /= v->weight[c];
}

/* Compute the distance of two clusters by its definition. */
static double compute_distance(const struct naive *v, size_t a, size_t b)
{
    double sum = 0, least = INFINITY, most = 0;
    if (v->how == KC_LINKAGE_WARD) {
        for (size_t t = 0; t < v->d; t++) {
            double apart = v->mean[a * v->d + t] - v->mean[b * v->d + t];
            sum += apart * apart;
        }
        return 2 * v->weight[a] * v->weight[b] / (v->weight[a] + v->weight[b]) * sum;
    }
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; v->member[i] == a && j < v->n; j++)
            if (v->member[j] == b) {
                double dot = 0;
                for (size_t t = 0; t < v->d; t++)
                    dot += v->x[i * v->d + t] * v->x[j * v->d + t];
                least = fmin(least, 1 - dot);
                most = fmax(most, 1 - dot);
                sum += (1 - dot) * (v->w ? v->w[i] * v->w[j] : 1);
            }
    return v->how == KC_LINKAGE_AVERAGE ? sum / v->weight[a] / v->weight[b] :
           v->how == KC_LINKAGE_COMPLETE ? most : least;
}

static void measure_cluster(struct naive *v, size_t a)
{
    for (size_t b = 0; b < v->n; b++)
        if (b != a && v->member[b] == b)
            v->distance[a * v->n + b] = v->distance[b * v->n + a] = kc_tree_grid(compute_distance(v, a, b));
}

void kc_ref_linkage(const float *x, const double *w, size_t n, size_t d, int how, struct kc_join *joins)
{
    double *unit = malloc(n * d * sizeof *unit), *mean = malloc(n * d * sizeof *mean);
    struct naive v = {unit, w, n, d, how, malloc(n * sizeof *v.member), mean, malloc(n * sizeof *v.weight),
                      malloc(n * n * sizeof *v.distance)};
    for (size_t i = 0; i < n; i++) {
        double length = 0;
        for (size_t t = 0; t < d; t++)
            length += (double)x[i * d + t] * (double)x[i * d + t];
        for (size_t t = 0; t < d; t++)
            unit[i * d + t] = (double)x[i * d + t] / sqrt(length);
        v.member[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < n; i++)
        compute_mean(&v, i);
    for (size_t i = 0; i < n; i++)
        measure_cluster(&v, i);
    for (size_t done = 0; done + 1 < n; done++) {
        size_t p = n, q = n;
        for (size_t a = 0; a < n; a++)
            for (size_t b = a + 1; v.member[a] == a && b < n; b++)
                if (v.member[b] == b && (p == n || v.distance[a * n + b] < v.distance[p * n + q])) {
                    p = a;
                    q = b;
                }
        const double height = v.distance[p * n + q];
        joins[done] = (struct kc_join){(uint32_t)p, (uint32_t)q, how == KC_LINKAGE_WARD ? sqrt(height) : height};
        for (size_t i = 0; i < n; i++)
            v.member[i] = v.member[i] == q ? (uint32_t)p : v.member[i];
        compute_mean(&v, p);
        measure_cluster(&v, p);
    }
    free(v.distance);
    free(v.weight);
    free(v.mean);
    free(v.member);
    free(unit);
}
