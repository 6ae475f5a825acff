/* Make a model from a fit. Its arrays are in the order of the ids, not of the fit's clusters: `order` and `place`
 * convert between the two. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "core/cluster/assign.h"
#include "la/product.h"
#include "model/tally.h"

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Compute the percentiles of the n > 0 ascending values at v. */
static void compute_percentiles(const float *v, size_t n, float *out)
{
    for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++) {
        double at = (double)p / (KC_MODEL_PERCENTILES - 1) * (double)(n - 1);
        size_t lo = (size_t)at, hi = lo + 1 < n ? lo + 1 : lo;
        double part = at - (double)lo;
        out[p] = (float)((double)v[lo] + part * ((double)v[hi] - (double)v[lo]));
        if (p > 0 && out[p] < out[p - 1]) /* by rounding */
            out[p] = out[p - 1];
    }
}

/* Return the similarity of a member to the centroid of the others of its cluster. s: its similarity to the centroid
 * of all members; len: length of the cluster's sum. */
static float similarity_to_others(double s, double len)
{
    double rest = sqrt(fmax(len * len - 2 * len * s + 1, 0));
    double v = rest > 1e-9 ? (len * s - 1) / rest : s;
    return (float)fmax(-1, fmin(1, v));
}

int kc_model_quantiles(size_t n, size_t d, size_t k, const float *similarity, const uint32_t *labels,
                       const double *sums, const uint64_t *counts, float *quantiles, double *mean,
                       struct kc_err *e)
{
    float *v = kc_mem_alloc(n, sizeof *v, e), all[KC_MODEL_PERCENTILES];
    size_t *end = kc_mem_alloc(k, sizeof *end, e);
    double *len = kc_mem_alloc(k, sizeof *len, e), total = 0;
    size_t at = 0, m = 0;
    int rc = -1;
    if (!v || !end || !len)
        goto out;
    for (size_t c = 0; c < k; c++) {
        len[c] = sqrt(kc_la_dotd(sums + c * d, sums + c * d, d));
        end[c] = at;
        at += counts[c] > 1 ? (size_t)counts[c] : 0;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t c = labels[i];
        if (c == KC_NOISE || counts[c] < 2)
            continue;
        v[end[c]] = similarity_to_others((double)similarity[i], len[c]);
        total += (double)v[end[c]++];
        m++;
    }
    for (size_t c = 0, from = 0; c < k; from = end[c++])
        if (counts[c] > 1) {
            qsort(v + from, end[c] - from, sizeof *v, compare_floats);
            compute_percentiles(v + from, end[c] - from, quantiles + c * KC_MODEL_PERCENTILES);
        }
    for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++)
        all[p] = 1;
    if (m > 0) {
        qsort(v, m, sizeof *v, compare_floats);
        compute_percentiles(v, m, all);
    }
    for (size_t c = 0; c < k; c++)
        if (counts[c] < 2)
            memcpy(quantiles + c * KC_MODEL_PERCENTILES, all, sizeof all);
    if (mean)
        *mean = m > 0 ? total / (double)m : NAN;
    rc = 0;
out:
    kc_mem_free(len);
    kc_mem_free(end);
    kc_mem_free(v);
    return rc;
}

float kc_model_quantile(const float *q, double p)
{
    size_t lo = (size_t)p, hi = lo + 1 < KC_MODEL_PERCENTILES ? lo + 1 : lo;
    double part = p - (double)lo;
    return (float)((double)q[lo] + part * ((double)q[hi] - (double)q[lo]));
}

float kc_model_percentile(const struct kc_model *m, size_t c, double p)
{
    return kc_model_quantile(m->quantiles + c * KC_MODEL_PERCENTILES, p);
}

size_t kc_model_find(const struct kc_model *m, int64_t id)
{
    size_t lo = 0, hi = m->k;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->ids[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->k && m->ids[lo] == id ? lo : SIZE_MAX;
}

/* Find the members nearest to each centroid; of equally near ones the earlier. order (k): the clusters by ascending
 * id. */
static int find_representatives(struct kc_model *m, const struct kc_dataset *ds, const struct kc_clustering *f,
                           const uint32_t *order, struct kc_err *e)
{
    const size_t most = KC_MODEL_REPRESENTATIVES;
    uint32_t k = f->k, *have = kc_mem_zalloc(k, sizeof *have, e);
    size_t *row = kc_mem_alloc(kc_mem_mul(k, most), sizeof *row, e);
    int rc = -1;
    m->rep_first = kc_mem_alloc((size_t)k + 1, sizeof *m->rep_first, e);
    m->rep_similarity = kc_mem_alloc(kc_mem_mul(k, most), sizeof *m->rep_similarity, e);
    if (!have || !row || !m->rep_first || !m->rep_similarity)
        goto out;
    for (size_t i = 0; i < f->n; i++) {
        uint32_t c = f->labels[i];
        if (c == KC_NOISE)
            continue;
        size_t *r = row + c * most, at = have[c];
        if (at == most && !(f->similarity[i] > f->similarity[r[most - 1]]))
            continue;
        if (at < most)
            have[c]++;
        else
            at--;
        for (; at > 0 && f->similarity[i] > f->similarity[r[at - 1]]; at--)
            r[at] = r[at - 1];
        r[at] = i;
    }
    m->rep_first[0] = 0;
    for (uint32_t p = 0; p < k; p++) {
        uint32_t c = order[p];
        m->rep_first[p + 1] = m->rep_first[p] + have[c];
        for (uint32_t j = 0; j < have[c]; j++) {
            char digits[20];
            size_t n, i = row[c * most + j];
            const char *term = kc_dataset_term(ds, i, digits, &n);
            m->rep_similarity[m->rep_first[p] + j] = f->similarity[i];
            if (kc_strs_add(&m->rep_terms, term, n, e) != 0)
                goto out;
        }
    }
    rc = 0;
out:
    kc_mem_free(row);
    kc_mem_free(have);
    return rc;
}

static int alloc_arrays(struct kc_model *m, size_t lives, struct kc_err *e)
{
    m->ids = kc_mem_alloc(m->k, sizeof *m->ids, e);
    m->centroids = kc_mem_alloc(kc_mem_mul(m->k, m->d), sizeof *m->centroids, e);
    m->sums = kc_mem_alloc(kc_mem_mul(m->k, m->d), sizeof *m->sums, e);
    m->counts = kc_mem_alloc(m->k, sizeof *m->counts, e);
    m->quantiles = kc_mem_alloc(kc_mem_mul(m->k, KC_MODEL_PERCENTILES), sizeof *m->quantiles, e);
    m->lives = kc_mem_alloc(lives, sizeof *m->lives, e);
    return m->ids && m->centroids && m->sums && m->counts && m->quantiles && m->lives ? 0 : -1;
}

/* Sort the clusters by id. order (k): the clusters by ascending id; place (k): where in it each cluster is. ids
 * NULL: they are in order. */
static void sort_ids(const int64_t *ids, uint32_t k, uint32_t *order, uint32_t *place)
{
    for (uint32_t c = 0; c < k; c++) {
        uint32_t p = c;
        for (; ids && p > 0 && ids[order[p - 1]] > ids[c]; p--)
            order[p] = order[p - 1];
        order[p] = c;
    }
    for (uint32_t p = 0; p < k; p++)
        place[order[p]] = p;
}

/* Copy the old lives, ending those whose id no cluster has any more, and begin lives for the new ids, which are
 * above all old ones. */
static void continue_lives(struct kc_model *m, const struct kc_model *old)
{
    for (size_t i = 0; old && i < old->nlives; i++) {
        m->lives[i] = old->lives[i];
        if (m->lives[i].gone == 0 && kc_model_find(m, m->lives[i].id) == SIZE_MAX)
            m->lives[i].gone = m->generation;
    }
    m->nlives = old ? old->nlives : 0;
    for (size_t p = 0; p < m->k; p++)
        if (!old || m->ids[p] >= old->next_id) {
            m->lives[m->nlives++] = (struct kc_model_life){m->ids[p], m->generation, 0, m->counts[p], 0};
            m->next_id = m->ids[p] + 1;
        }
}

/* Fill the arrays of the model, and labels (n) with the labels by place. */
static int fill_model(struct kc_model *m, const struct kc_dataset *ds, const struct kc_clustering *f,
                      const struct kc_model *old, const int64_t *ids, const uint32_t *order, const uint32_t *place,
                      uint32_t *labels, struct kc_err *e)
{
    const size_t d = m->d;
    for (size_t p = 0; p < m->k; p++) {
        uint32_t c = order[p];
        m->ids[p] = ids ? ids[c] : c;
        m->counts[p] = f->clusters[c].size;
        memcpy(m->centroids + p * d, f->centroids + c * d, d * sizeof *m->centroids);
        memcpy(m->sums + p * d, f->sums + c * d, d * sizeof *m->sums);
    }
    for (size_t i = 0; i < f->n; i++)
        labels[i] = f->labels[i] == KC_NOISE ? KC_NOISE : place[f->labels[i]];
    continue_lives(m, old);
    m->baseline = (struct kc_model_baseline){f->silhouette, f->calinski_harabasz, f->davies_bouldin, f->inertia,
                                             f->objective, NAN};
    return kc_model_quantiles(f->n, d, m->k, f->similarity, labels, m->sums, m->counts, m->quantiles,
                              &m->baseline.similarity, e) != 0
               ? -1 : find_representatives(m, ds, f, order, e);
}

int kc_model_make(const struct kc_ctx *ctx, struct kc_model *m, enum kc_model_kind kind, const struct kc_dataset *ds,
                  const struct kc_clustering *f, const void *opts, const struct kc_model *old, const int64_t *ids,
                  struct kc_err *e)
{
    uint32_t *order = kc_mem_alloc(f->k, sizeof *order, e), *place = kc_mem_alloc(f->k, sizeof *place, e);
    uint32_t *labels = kc_mem_alloc(f->n, sizeof *labels, e); /* (n) labels by place */
    int rc = -1;
    *m = (struct kc_model){.kind = kind,
                           .k = f->k,
                           .d = f->d,
                           .algorithm = f->algorithm,
                           .n = f->n,
                           .generation = old ? old->generation + 1 : 1,
                           .next_id = old ? old->next_id : 0,
                           .created = -1};
    strcpy(m->kclust, KC_VERSION);
    m->opts = kc_mem_alloc(m->algorithm->opts_size, 1, e);
    if (m->opts)
        memcpy(m->opts, opts, m->algorithm->opts_size);
    if (!m->opts || !order || !place || !labels || alloc_arrays(m, m->k + (old ? old->nlives : 0), e) != 0)
        goto out;
    sort_ids(ids, f->k, order, place);
    if ((old && kc_model_continue_history(m, old, e) != 0) ||
        fill_model(m, ds, f, old, ids, order, place, labels, e) != 0)
        goto out;
    /* of rows that are shared out, the ranks have found the moved ones together */
    rc = kind == KC_MODEL_CENTROIDS && !ds->rows.share ? kc_model_find_moved(ctx, m, &ds->rows, labels, e) : 0;
out:
    kc_mem_free(labels);
    kc_mem_free(place);
    kc_mem_free(order);
    return rc;
}

uint64_t kc_model_option(const struct kc_model *m, const char *key, uint64_t fallback)
{
    return kc_option_u64(m->algorithm->options, m->opts, key, fallback);
}

uint64_t kc_model_bytes(const struct kc_model *m)
{
    return (uint64_t)m->k *
               (m->d * (sizeof *m->sums + sizeof *m->centroids) + KC_MODEL_PERCENTILES * sizeof *m->quantiles) +
           (uint64_t)m->pool.n * m->d * sizeof *m->pool.x + (uint64_t)m->moved.n * 3 * sizeof *m->moved.hash +
           kc_model_rows_bytes(m) + (m->tally.counts ? kc_model_tally_bytes(m->k, m->d) : 0);
}

void kc_model_free(struct kc_model *m)
{
    kc_mem_free(m->ids);
    kc_mem_free(m->centroids);
    kc_mem_free(m->sums);
    kc_mem_free(m->counts);
    kc_mem_free(m->quantiles);
    kc_model_moved_free(&m->moved);
    kc_mem_free(m->rows.halves);
    kc_mem_free(m->rows.bytes);
    kc_mem_free(m->rows.scale);
    kc_mem_free(m->rows.label);
    kc_mem_free(m->rows.hash);
    kc_mem_free(m->pool.x);
    kc_strs_free(&m->pool.terms);
    kc_mem_free(m->rep_first);
    kc_strs_free(&m->rep_terms);
    kc_mem_free(m->rep_similarity);
    kc_strs_free(&m->labels);
    kc_mem_free(m->stability);
    kc_mem_free(m->lives);
    kc_model_free_history(m);
    kc_model_free_tally(m);
    kc_mem_free(m->opts);
    memset(m, 0, sizeof *m);
}
