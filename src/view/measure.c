/* The figures of a view's clusters, from the rows: the indices of score, and the members nearest to each centroid. The
 * mean similarity of unit rows to the centroid of their cluster is |S| / n with S their sum, so it needs no pass. */
#include <math.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "core/cluster/members.h"
#include "core/cluster/sums.h"
#include "core/judge/quality.h"
#include "view/fill.h"

/* The rows in clusters, and what is computed of them. */
struct measured {
    struct kc_view *v;
    struct kc_rows rows;   /* those in clusters */
    uint32_t *idx, *label; /* (rows.n) */
    double *sums;          /* (k, d) */
    uint64_t *counts;      /* (k) */
    float *centroids;      /* (k, d) */
    float *similarity;     /* (rows.n) to the own centroid */
    struct kc_quality quality;
};

/* List the rows in clusters. */
static int pick_rows(struct measured *m, const struct kc_rows *rows, struct kc_err *e)
{
    const struct kc_view *v = m->v;
    const size_t n = (size_t)(v->n - v->noise);
    size_t at = 0;
    m->idx = kc_mem_alloc(n, sizeof *m->idx, e);
    m->label = kc_mem_alloc(n, sizeof *m->label, e);
    m->similarity = kc_mem_alloc(n, sizeof *m->similarity, e);
    if (!m->idx || !m->label || !m->similarity)
        return -1;
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE) {
            m->idx[at] = (uint32_t)i;
            m->label[at++] = v->label[i];
        }
    m->rows = kc_rows_pick(rows, m->idx, n);
    return 0;
}

/* Compute the centroids and the clusters' cohesion. */
static int find_centroids(const struct kc_ctx *ctx, struct measured *m, struct kc_err *e)
{
    struct kc_view *v = m->v;
    const size_t d = m->rows.d;
    const struct kc_space space = {.ctx = ctx, .rows = m->rows, .n = m->rows.n, .d = d};
    m->sums = kc_mem_alloc(kc_mem_mul(v->k, d), sizeof *m->sums, e);
    m->counts = kc_mem_alloc(v->k, sizeof *m->counts, e);
    m->centroids = kc_mem_alloc(kc_mem_mul(v->k, d), sizeof *m->centroids, e);
    if (!m->sums || !m->counts || !m->centroids || kc_sums(&space, m->label, v->k, m->sums, m->counts, e) != 0)
        return -1;
    for (uint32_t c = 0; c < v->k; c++) {
        const double *s = m->sums + c * d;
        double square = 0;
        for (size_t t = 0; t < d; t++)
            square += s[t] * s[t];
        const double length = sqrt(square);
        v->cluster[c].cohesion = length / (double)m->counts[c];
        for (size_t t = 0; t < d; t++)
            m->centroids[c * d + t] = length > 0 ? (float)(s[t] / length) : t == 0;
    }
    return 0;
}

/* Copy the indices to the view. */
static int copy_quality(struct measured *m, struct kc_err *e)
{
    struct kc_view *v = m->v;
    const struct kc_quality *q = &m->quality;
    v->silhouette = q->silhouette;
    for (uint32_t c = 0; c < v->k; c++)
        v->cluster[c].silhouette = q->clusters[c].silhouette;
    if (v->k < 2)
        return 0;
    v->row_silhouette = kc_mem_alloc((size_t)v->n, sizeof *v->row_silhouette, e);
    for (size_t i = 0; v->row_silhouette && i < v->n; i++)
        v->row_silhouette[i] = NAN;
    for (size_t i = 0; v->row_silhouette && i < m->rows.n; i++)
        v->row_silhouette[m->idx[i]] = q->row_silhouette[i];
    return v->row_silhouette ? 0 : -1;
}

/* Append the text of a row: its own, or its number from 1. */
static int add_text(struct kc_strs *to, const struct kc_view *v, uint32_t row, struct kc_err *e)
{
    struct kc_buf b = {0};
    size_t n;
    if (v->text.n > 0) {
        const char *p = kc_strs_get(&v->text, row, &n);
        return kc_strs_add(to, p, n, e);
    }
    int rc = kc_buf_printf(&b, e, "row %u", row + 1);
    if (rc == 0)
        rc = kc_strs_add(to, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}

/* Name the members nearest to each centroid. */
static int name_representatives(struct measured *m, struct kc_err *e)
{
    struct kc_view *v = m->v;
    struct kc_members members = {0};
    uint32_t best[KC_VIEW_REPRESENTATIVES];
    kc_view_lists_free(&v->representatives);
    int rc = kc_members_make(&members, m->label, m->rows.n, v->k, e) != 0 ? -1 :
             kc_view_lists_begin(&v->representatives, v->k, e);
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        const size_t n = kc_members_best(members.row + members.first[c], members.first[c + 1] - members.first[c],
                                         m->similarity, KC_VIEW_REPRESENTATIVES, best);
        for (size_t i = 0; rc == 0 && i < n; i++)
            rc = add_text(&v->representatives.text, v, m->idx[best[i]], e);
        kc_view_lists_end(&v->representatives, c);
    }
    kc_members_free(&members);
    return rc;
}

int kc_view_measure(const struct kc_ctx *ctx, const struct kc_rows *rows, struct kc_view *v, struct kc_err *e)
{
    struct measured m = {.v = v};
    if (v->k == 0)
        return 0;
    v->d = rows->d;
    const int rc = pick_rows(&m, rows, e) != 0 || find_centroids(ctx, &m, e) != 0 ||
                           kc_assign_own(ctx, &m.rows, m.centroids, v->k, m.label, m.similarity, e) != 0 ||
                           kc_quality_run(ctx, &m.rows, m.label, v->k, 0, &m.quality, e) != 0 ||
                           copy_quality(&m, e) != 0 || name_representatives(&m, e) != 0 ||
                           kc_view_set_heat(v, m.centroids, rows->d, e) != 0 ? -1 : 0;
    kc_quality_free(&m.quality);
    kc_mem_free(m.similarity);
    kc_mem_free(m.centroids);
    kc_mem_free(m.counts);
    kc_mem_free(m.sums);
    kc_mem_free(m.label);
    kc_mem_free(m.idx);
    return rc;
}

uint64_t kc_view_measure_bytes(size_t n, size_t d, int in_memory, uint64_t k, unsigned threads)
{
    return kc_quality_bytes(n, d, in_memory, (uint32_t)k, threads) + n * (3 * sizeof(uint32_t) + 2 * sizeof(float)) +
           k * d * (sizeof(double) + sizeof(float)) + kc_sums_bytes(n, d, in_memory, k) + ((uint64_t)1 << 20);
}
