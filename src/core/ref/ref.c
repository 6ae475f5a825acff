/* Slow twins of the product kernel, the indices, k-means and the matching: no blocks, no bounds, no threads. They call
 * abort if memory is short, as only tests use them. */
#include "core/ref/ref.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void kc_ref_product(const float *x, size_t n, size_t d, const float *c, size_t k, float *out, size_t ldo)
{
    for (size_t j = 0; j < k; j++)
        for (size_t i = 0; i < n; i++) {
            float acc = 0;
            for (size_t t = 0; t < d; t++)
                acc = fmaf(x[i * d + t], c[j * d + t], acc);
            out[j * ldo + i] = acc;
        }
}

static double cosine_distance(const float *a, const float *b, size_t d)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t t = 0; t < d; t++) {
        ab += (double)a[t] * (double)b[t];
        aa += (double)a[t] * (double)a[t];
        bb += (double)b[t] * (double)b[t];
    }
    double v = 1 - ab / sqrt(aa * bb);
    return v > 0 ? v : 0;
}

double kc_ref_silhouette(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k, double *sil)
{
    double total = 0, *sum = calloc(k, sizeof *sum);
    uint64_t *cnt = calloc(k, sizeof *cnt);
    if (!sum || !cnt)
        abort();
    for (size_t i = 0; i < n; i++)
        cnt[labels[i]]++;
    for (size_t i = 0; i < n; i++) {
        double b = INFINITY, a;
        memset(sum, 0, k * sizeof *sum);
        for (size_t j = 0; j < n; j++)
            if (j != i)
                sum[labels[j]] += cosine_distance(x + i * d, x + j * d, d);
        for (uint32_t c = 0; c < k; c++)
            if (c != labels[i] && cnt[c] && sum[c] / (double)cnt[c] < b)
                b = sum[c] / (double)cnt[c];
        a = cnt[labels[i]] > 1 ? sum[labels[i]] / ((double)cnt[labels[i]] - 1) : 0;
        sil[i] = cnt[labels[i]] < 2 || a == b ? 0 : (b - a) / (a > b ? a : b);
        total += sil[i];
    }
    free(sum);
    free(cnt);
    return k < 2 ? NAN : total / (double)n;
}

/* Return the clusters' means (k, d), for the caller to free, and set cnt (k) to their sizes. */
static double *compute_means(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k, double *cnt)
{
    double *m = calloc((size_t)k * d, sizeof *m);
    if (!m)
        abort();
    memset(cnt, 0, k * sizeof *cnt);
    for (size_t i = 0; i < n; i++) {
        cnt[labels[i]]++;
        for (size_t t = 0; t < d; t++)
            m[labels[i] * d + t] += (double)x[i * d + t];
    }
    for (uint32_t c = 0; c < k; c++)
        for (size_t t = 0; t < d; t++)
            m[c * d + t] /= cnt[c];
    return m;
}

static double *alloc_zeros(uint32_t k)
{
    double *c = calloc(k, sizeof *c);
    if (!c)
        abort();
    return c;
}

double kc_ref_inertia(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k)
{
    double sum = 0, *cnt = alloc_zeros(k), *m = compute_means(x, n, d, labels, k, cnt);
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < d; t++) {
            double v = (double)x[i * d + t] - m[labels[i] * d + t];
            sum += v * v;
        }
    free(m);
    free(cnt);
    return sum;
}

double kc_ref_calinski_harabasz(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k)
{
    double between = 0, *cnt = alloc_zeros(k), *m = compute_means(x, n, d, labels, k, cnt);
    double *all = calloc(d, sizeof *all);
    if (!all)
        abort();
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < d; t++)
            all[t] += (double)x[i * d + t] / (double)n;
    for (uint32_t c = 0; c < k; c++)
        for (size_t t = 0; t < d; t++)
            between += cnt[c] * (m[c * d + t] - all[t]) * (m[c * d + t] - all[t]);
    free(all);
    free(m);
    free(cnt);
    double within = kc_ref_inertia(x, n, d, labels, k);
    return within > 0 ? between * (double)(n - k) / (within * (k - 1.0)) : 1;
}

double kc_ref_davies_bouldin(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k)
{
    double total = 0, *cnt = alloc_zeros(k), *m = compute_means(x, n, d, labels, k, cnt);
    double *scatter = calloc(k, sizeof *scatter);
    if (!scatter)
        abort();
    for (size_t i = 0; i < n; i++) {
        double v = 0;
        for (size_t t = 0; t < d; t++) {
            double q = (double)x[i * d + t] - m[labels[i] * d + t];
            v += q * q;
        }
        scatter[labels[i]] += sqrt(v) / cnt[labels[i]];
    }
    for (uint32_t a = 0; a < k; a++) {
        double worst = 0;
        for (uint32_t b = 0; b < k; b++) {
            double v = 0;
            for (size_t t = 0; t < d; t++)
                v += (m[a * d + t] - m[b * d + t]) * (m[a * d + t] - m[b * d + t]);
            if (a != b && v > 0 && (scatter[a] + scatter[b]) / sqrt(v) > worst)
                worst = (scatter[a] + scatter[b]) / sqrt(v);
        }
        total += worst / k;
    }
    free(scatter);
    free(m);
    free(cnt);
    return total;
}

double kc_ref_exact(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k, double *sil,
                    double *davies_bouldin)
{
    double total = 0, *cnt = alloc_zeros(k), *scatter = alloc_zeros(k);
    double *u = calloc(n * d, sizeof *u), *sum = calloc((size_t)k * d, sizeof *sum);
    if (!u || !sum)
        abort();
    for (size_t i = 0; i < n; i++) {
        double xx = 0;
        for (size_t t = 0; t < d; t++)
            xx += (double)x[i * d + t] * (double)x[i * d + t];
        for (size_t t = 0; t < d; t++) {
            u[i * d + t] = (double)x[i * d + t] / sqrt(xx);
            sum[labels[i] * d + t] += u[i * d + t];
        }
        cnt[labels[i]]++;
    }
    for (size_t i = 0; i < n; i++) {
        double a = 0, b = INFINITY, away = 0;
        for (uint32_t c = 0; c < k; c++) {
            double v = 0, m = cnt[c];
            for (size_t t = 0; t < d; t++)
                v += u[i * d + t] * sum[c * d + t];
            if (c == labels[i])
                a = m > 1 ? (m - v) / (m - 1) : 0;
            else if (1 - v / m < b)
                b = 1 - v / m;
        }
        a = a > 1e-14 ? a : 0;
        b = b > 1e-14 ? b : 0;
        sil[i] = cnt[labels[i]] < 2 || a == b ? 0 : (b - a) / (a > b ? a : b);
        total += sil[i] / (double)n;
        for (size_t t = 0; t < d; t++) {
            double v = u[i * d + t] - sum[labels[i] * d + t] / cnt[labels[i]];
            away += v * v;
        }
        scatter[labels[i]] += sqrt(away) / cnt[labels[i]];
    }
    *davies_bouldin = 0;
    for (uint32_t p = 0; p < k; p++) {
        double worst = 0;
        for (uint32_t q = 0; q < k; q++) {
            double apart = 0;
            for (size_t t = 0; t < d; t++) {
                double v = sum[p * d + t] / cnt[p] - sum[q * d + t] / cnt[q];
                apart += v * v;
            }
            if (q != p && apart > 1e-14 && (scatter[p] + scatter[q]) / sqrt(apart) > worst)
                worst = (scatter[p] + scatter[q]) / sqrt(apart);
        }
        *davies_bouldin += worst / k;
    }
    free(sum);
    free(u);
    free(scatter);
    free(cnt);
    return total;
}

double kc_ref_distance(const float *x, size_t n, size_t d, const uint32_t *labels, size_t row, uint32_t c)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == row || labels[i] != c)
            continue;
        sum += cosine_distance(x + row * d, x + i * d, d);
        count++;
    }
    return sum / count;
}

double kc_ref_objective(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k)
{
    double total = 0;
    for (uint32_t c = 0; c < k; c++) {
        double nn = 0;
        for (size_t t = 0; t < d; t++) {
            double s = 0;
            for (size_t i = 0; i < n; i++)
                if (labels[i] == c)
                    s += (double)x[i * d + t];
            nn += s * s;
        }
        total += sqrt(nn);
    }
    return total;
}

double kc_ref_kmeans(const float *x, size_t n, size_t d, const uint32_t *seeds, uint32_t k, uint32_t *labels)
{
    double *c = calloc((size_t)k * d, sizeof *c);
    if (!c)
        abort();
    for (uint32_t j = 0; j < k; j++)
        for (size_t t = 0; t < d; t++)
            c[j * d + t] = (double)x[seeds[j] * d + t];
    for (size_t i = 0; i < n; i++)
        labels[i] = UINT32_MAX;
    for (int it = 0, moved = 1; moved && it < 1000; it++) {
        moved = 0;
        for (size_t i = 0; i < n; i++) {
            double best = -INFINITY;
            uint32_t at = 0;
            for (uint32_t j = 0; j < k; j++) {
                double v = 0;
                for (size_t t = 0; t < d; t++)
                    v += (double)x[i * d + t] * c[j * d + t];
                if (v > best) {
                    best = v;
                    at = j;
                }
            }
            moved |= labels[i] != at;
            labels[i] = at;
        }
        memset(c, 0, (size_t)k * d * sizeof *c);
        for (size_t i = 0; i < n; i++)
            for (size_t t = 0; t < d; t++)
                c[labels[i] * d + t] += (double)x[i * d + t];
        for (uint32_t j = 0; j < k; j++) {
            double nn = 0;
            for (size_t t = 0; t < d; t++)
                nn += c[j * d + t] * c[j * d + t];
            for (size_t t = 0; nn > 0 && t < d; t++)
                c[j * d + t] /= sqrt(nn);
        }
    }
    free(c);
    return kc_ref_objective(x, n, d, labels, k);
}

double kc_ref_match(const double *w, size_t rows, size_t cols)
{
    size_t sets = (size_t)1 << rows;
    double *best = calloc(sets, sizeof *best), most = 0; /* best[s]: the largest sum with the set s of rows */
    if (!best)
        abort();
    for (size_t j = 0; j < cols; j++)
        for (size_t s = sets; s-- > 0;) /* larger sets first: they follow from smaller ones without column j */
            for (size_t i = 0; i < rows; i++)
                if (s >> i & 1) {
                    double v = best[s ^ (size_t)1 << i] + w[i * cols + j];
                    best[s] = v > best[s] ? v : best[s];
                }
    for (size_t s = 0; s < sets; s++)
        most = best[s] > most ? best[s] : most;
    free(best);
    return most;
}
