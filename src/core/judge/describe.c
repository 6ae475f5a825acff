/* The rows that are in clusters are taken together as rows of their own; all figures are those of these. */
#include "core/judge/describe.h"

#include <math.h>
#include "core/cluster/assign.h"
#include "core/cluster/order.h"
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/judge/index.h"

/* What one description works with. */
struct describing {
    const struct kc_request *r;
    struct kc_clustering *f;
    struct kc_space space;          /* of the rows that are in clusters */
    uint32_t *row, *label, *source; /* (space.n) their numbers and clusters, and their numbers in the rows' base */
    double *weights, *picked;       /* (n), (space.n); NULL: all 1 */
    float *similarity, *margin, *row_silhouette; /* (space.n) */
    double *sums, *mass;            /* (k, d), (k) */
    uint64_t *counts;               /* (k) */
    struct kc_err *e;
};

/* Number the clusters by falling size. */
static int order_clusters(struct describing *w, uint32_t k)
{
    struct kc_clustering *f = w->f;
    struct kc_cluster_rank *r = kc_mem_alloc(k, sizeof *r, w->e);
    uint32_t *to = kc_mem_alloc(k, sizeof *to, w->e);
    const int rc = r && to ? 0 : -1;
    if (rc == 0) {
        f->k = kc_order_labels(f->labels, f->n, k, r);
        for (uint32_t c = 0; c < k; c++)
            to[r[c].label] = c;
        for (size_t i = 0; i < f->n; i++)
            f->labels[i] = f->labels[i] == KC_NOISE ? KC_NOISE : to[f->labels[i]];
    }
    kc_mem_free(to);
    kc_mem_free(r);
    return rc;
}

/* Take the rows that are in clusters together. */
static int pick_rows(struct describing *w, const struct kc_rows *rows)
{
    struct kc_clustering *f = w->f;
    size_t m = 0;
    for (size_t i = 0; i < f->n; i++)
        m += f->labels[i] != KC_NOISE;
    w->row = kc_mem_alloc(m, sizeof *w->row, w->e);
    w->label = kc_mem_alloc(m, sizeof *w->label, w->e);
    w->source = kc_mem_alloc(m, sizeof *w->source, w->e);
    if (!w->row || !w->label || !w->source ||
        kc_weights_make(w->r->weights, f->n, &w->weights, &w->space.one, w->e) != 0)
        return -1;
    m = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->labels[i] != KC_NOISE) {
            w->row[m] = (uint32_t)i;
            w->label[m++] = f->labels[i];
        }
    w->space.n = m;
    w->space.d = f->d;
    w->space.rows = m == f->n ? *rows : kc_rows_pick_from(rows, w->row, m, w->source);
    if (kc_weights_pick(w->weights, w->row, m, &w->picked, w->e) != 0)
        return -1;
    w->space.w = w->picked;
    return 0;
}

static int allocate_arrays(struct describing *w)
{
    struct kc_clustering *f = w->f;
    const size_t m = w->space.n, k = f->k;
    w->similarity = kc_mem_alloc(m, sizeof *w->similarity, w->e);
    w->margin = kc_mem_alloc(w->r->want_rows ? m : 0, sizeof *w->margin, w->e);
    w->row_silhouette = kc_mem_alloc(w->r->want_rows ? m : 0, sizeof *w->row_silhouette, w->e);
    w->sums = kc_mem_aligned(kc_mem_mul(k, f->d), sizeof *w->sums, w->e);
    w->mass = kc_mem_alloc(k, sizeof *w->mass, w->e);
    w->counts = kc_mem_alloc(k, sizeof *w->counts, w->e);
    f->similarity = kc_mem_alloc(f->n, sizeof *f->similarity, w->e);
    f->centroids = kc_mem_alloc(kc_mem_mul(k, f->d), sizeof *f->centroids, w->e);
    f->clusters = kc_mem_zalloc(k, sizeof *f->clusters, w->e);
    if (w->r->want_rows) {
        f->margin = kc_mem_alloc(f->n, sizeof *f->margin, w->e);
        f->row_silhouette = kc_mem_alloc(f->n, sizeof *f->row_silhouette, w->e);
    }
    return w->similarity && w->margin && w->row_silhouette && w->sums && w->mass && w->counts && f->similarity &&
           f->centroids && f->clusters && (!w->r->want_rows || (f->margin && f->row_silhouette)) ? 0 : -1;
}

/* Compute the indices; and centroids, sums and similarities. */
static int compute_figures(struct describing *w)
{
    struct kc_clustering *f = w->f;
    double *silhouette = kc_mem_alloc(f->k, sizeof *silhouette, w->e);
    struct kc_scored p = {.k = f->k, .labels = w->label, .cluster_silhouette = silhouette,
                          .row_silhouette = w->r->want_rows ? w->row_silhouette : NULL};
    if (!silhouette || kc_index_score(&w->space, &p, 1, w->e) != 0 ||
        kc_sums(&w->space, w->label, f->k, w->sums, w->counts, w->e) != 0 ||
        kc_weights_sum(&w->space, w->label, f->k, w->mass, w->e) != 0) {
        kc_mem_free(silhouette);
        return -1;
    }
    f->silhouette = p.silhouette;
    f->objective = p.objective;
    f->inertia = p.inertia;
    f->calinski_harabasz = p.calinski_harabasz;
    f->davies_bouldin = p.davies_bouldin;
    for (uint32_t c = 0; c < f->k; c++)
        f->clusters[c] = (struct kc_cluster){w->counts[c], 0, f->k > 1 ? silhouette[c] : NAN, UINT64_MAX};
    kc_mem_free(silhouette);
    if (kc_order_centre(&w->space.rows, w->label, w->sums, f->k, f->centroids, w->e) != 0)
        return -1;
    return w->r->want_rows ? kc_assign(w->space.ctx, &w->space.rows, f->centroids, f->k, w->label, NULL, w->similarity,
                                       w->margin, w->e) :
                             kc_assign_own(w->space.ctx, &w->space.rows, f->centroids, f->k, w->label, w->similarity,
                                           w->e);
}

/* Give the rows of the input the figures of those in clusters, and the clusters cohesion and representative. */
static void spread_figures(struct describing *w)
{
    struct kc_clustering *f = w->f;
    for (size_t i = 0; i < f->n; i++) {
        f->similarity[i] = NAN;
        if (w->r->want_rows)
            f->margin[i] = f->row_silhouette[i] = NAN;
    }
    for (size_t j = 0; j < w->space.n; j++) {
        const uint32_t i = w->row[j];
        struct kc_cluster *c = &f->clusters[w->label[j]];
        f->similarity[i] = w->similarity[j];
        if (w->r->want_rows) {
            f->margin[i] = w->margin[j];
            f->row_silhouette[i] = w->row_silhouette[j];
        }
        if (c->representative == UINT64_MAX || f->similarity[i] > f->similarity[c->representative])
            c->representative = i;
    }
    for (uint32_t c = 0; c < f->k; c++) {
        double *sum = w->sums + (size_t)c * f->d, dot = 0;
        for (size_t t = 0; t < f->d; t++)
            dot += sum[t] * (double)f->centroids[(size_t)c * f->d + t];
        f->clusters[c].cohesion = dot / w->mass[c];
        for (size_t t = 0; w->picked && t < f->d; t++) /* as long as that of as many rows */
            sum[t] *= (double)w->counts[c] / w->mass[c];
    }
    if (w->r->want_sums) {
        f->sums = w->sums;
        w->sums = NULL;
    }
}

int kc_describe(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_request *r, uint32_t k,
                struct kc_clustering *out, struct kc_err *e)
{
    struct describing w = {.r = r, .f = out, .space = {.ctx = ctx}, .e = e};
    out->silhouette = out->calinski_harabasz = out->davies_bouldin = NAN;
    out->objective = out->inertia = 0;
    int rc = order_clusters(&w, k) == 0 && pick_rows(&w, rows) == 0 && allocate_arrays(&w) == 0 ? 0 : -1;
    if (rc == 0 && out->k > 0)
        rc = compute_figures(&w);
    if (rc == 0)
        spread_figures(&w);
    kc_mem_free(w.counts);
    kc_mem_free(w.mass);
    kc_mem_free(w.sums);
    kc_mem_free(w.row_silhouette);
    kc_mem_free(w.margin);
    kc_mem_free(w.similarity);
    kc_mem_free(w.picked);
    kc_mem_free(w.weights);
    kc_mem_free(w.source);
    kc_mem_free(w.label);
    kc_mem_free(w.row);
    return rc;
}

uint64_t kc_describe_bytes(size_t n, size_t d, int in_memory, uint64_t k, const struct kc_request *r, unsigned threads)
{
    const uint64_t row = 3 * sizeof(uint32_t) + (r->want_rows ? 6 : 2) * sizeof(float) +
                         (r->weights ? 2 * sizeof(double) : 0);
    const uint64_t cluster = d * (sizeof(float) + sizeof(double)) + sizeof(struct kc_cluster) + 3 * sizeof(double);
    const uint32_t most = k < UINT32_MAX ? (uint32_t)k : UINT32_MAX;
    return n * row + k * cluster + kc_index_bytes(n, d, in_memory, 1, most, threads);
}
