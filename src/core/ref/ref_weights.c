/* Slow twins of the weighted figures and of weighted k-means, by their definitions in core/judge/index.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/ref/ref.h"

static double *alloc_zeros(size_t n)
{
    double *v = calloc(n ? n : 1, sizeof *v);
    if (!v)
        abort();
    return v;
}

/* Return the rows divided by their length, in double, for the caller to free. */
static double *make_units(const float *x, size_t n, size_t d)
{
    double *u = alloc_zeros(n * d);
    for (size_t i = 0; i < n; i++) {
        double xx = 0;
        for (size_t t = 0; t < d; t++)
            xx += (double)x[i * d + t] * (double)x[i * d + t];
        for (size_t t = 0; t < d; t++)
            u[i * d + t] = (double)x[i * d + t] / sqrt(xx);
    }
    return u;
}

static double squared_distance(const double *a, const double *b, size_t d)
{
    double sum = 0;
    for (size_t t = 0; t < d; t++)
        sum += (a[t] - b[t]) * (a[t] - b[t]);
    return sum;
}

void kc_ref_weighted(const float *x, const double *w, size_t n, size_t d, const uint32_t *labels, uint32_t k,
                     double *sil, struct kc_ref_figures *f)
{
    double *u = make_units(x, n, d), *mass = alloc_zeros(k), *mean = alloc_zeros(k * d), *all = alloc_zeros(d),
           *scatter = alloc_zeros(k);
    double total = 0, copies = 0, between = 0, *to = alloc_zeros(k);
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < n; i++) {
        total += w[i];
        copies += w[i] > 1 ? w[i] : 1;
        mass[labels[i]] += w[i];
    }
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < d; t++) {
            mean[labels[i] * d + t] += w[i] * u[i * d + t] / mass[labels[i]];
            all[t] += w[i] * u[i * d + t] / total;
        }
    for (size_t i = 0; i < n; i++) {
        double away = squared_distance(u + i * d, mean + labels[i] * d, d);
        f->inertia += w[i] * away;
        scatter[labels[i]] += w[i] * sqrt(away) / mass[labels[i]];
    }
    for (uint32_t c = 0; c < k; c++) {
        double len = 0, worst = 0;
        for (size_t t = 0; t < d; t++)
            len += mean[c * d + t] * mean[c * d + t];
        f->objective += mass[c] * sqrt(len);
        between += mass[c] * squared_distance(mean + c * d, all, d);
        for (uint32_t e = 0; e < k; e++) {
            double apart = squared_distance(mean + c * d, mean + e * d, d);
            if (e != c && apart > 1e-14)
                worst = fmax(worst, (scatter[c] + scatter[e]) / sqrt(apart));
        }
        f->davies_bouldin += worst / k;
    }
    f->calinski_harabasz = between * (copies - k) / (f->inertia * (k - 1.0));
    for (size_t i = 0; i < n; i++) {
        double self = fmin(w[i], 1), others = mass[labels[i]] - self, a, b = INFINITY;
        memset(to, 0, k * sizeof *to);
        for (size_t j = 0; j < n; j++)
            to[labels[j]] += i == j ? 0 : w[j] * squared_distance(u + i * d, u + j * d, d) / 2;
        for (uint32_t c = 0; c < k; c++)
            b = c == labels[i] ? b : fmin(b, to[c] / mass[c]);
        a = others > 1e-9 * mass[labels[i]] ? to[labels[i]] / others : 0;
        a = a > 1e-14 ? a : 0;
        b = b > 1e-14 ? b : 0;
        sil[i] = !(others > 1e-9 * mass[labels[i]]) || a == b ? 0 : (b - a) / fmax(a, b);
        f->silhouette += w[i] * sil[i] / total;
    }
    free(to);
    free(scatter);
    free(all);
    free(mean);
    free(mass);
    free(u);
}

double kc_ref_kmeans_weighted(const float *x, const double *w, size_t n, size_t d, const uint32_t *seeds, uint32_t k,
                              uint32_t *labels)
{
    double *c = alloc_zeros((size_t)k * d), objective = 0;
    for (uint32_t j = 0; j < k; j++)
        for (size_t t = 0; t < d; t++)
            c[j * d + t] = (double)x[seeds[j] * d + t];
    memset(labels, 0xFF, n * sizeof *labels);
    for (int it = 0, moved = 1; moved && it < 1000; it++) {
        moved = 0;
        for (size_t i = 0; i < n; i++) {
            double best = -INFINITY;
            uint32_t at = 0;
            for (uint32_t j = 0; j < k; j++) {
                double v = 0;
                for (size_t t = 0; t < d; t++)
                    v += (double)x[i * d + t] * c[j * d + t];
                at = v > best ? j : at;
                best = fmax(v, best);
            }
            moved |= labels[i] != at;
            labels[i] = at;
        }
        memset(c, 0, (size_t)k * d * sizeof *c);
        for (size_t i = 0; i < n; i++)
            for (size_t t = 0; t < d; t++)
                c[labels[i] * d + t] += w[i] * (double)x[i * d + t];
        objective = 0;
        for (uint32_t j = 0; j < k; j++) {
            double nn = 0;
            for (size_t t = 0; t < d; t++)
                nn += c[j * d + t] * c[j * d + t];
            for (size_t t = 0; nn > 0 && t < d; t++)
                c[j * d + t] /= sqrt(nn);
            objective += sqrt(nn);
        }
    }
    free(c);
    return objective;
}
