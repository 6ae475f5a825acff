/* New clusters of an update: topics among the unassigned rows, trimmed to rows that are nearer to each other than
 * to any old cluster; then, as in Lloyd's algorithm with the old centroids held fixed, the rows that are nearest
 * to them. A row that is unassigned must also lie within the new cluster's fence. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "core/cluster/assign.h"
#include "core/kmeans/topics.h"
#include "model/updating.h"

#define ROUNDS 30 /* most rounds of new centroids and the rows that are nearest to them */

int kc_updating_direction(const double *sum, size_t d, float *out)
{
    double len = sqrt(kc_la_dotd(sum, sum, d));
    if (!(len > 1e-9))
        return 0;
    for (size_t t = 0; t < d; t++)
        out[t] = (float)(sum[t] / len);
    return 1;
}

/* Return the mean similarity of a row to the rows of that old cluster for which it is greatest. */
static double find_best_mean(const struct kc_updating *w, const float *x)
{
    double best = -INFINITY;
    for (size_t c = 0; c < w->k; c++)
        best = fmax(best, kc_la_dot(x, w->m->sums + c * w->d, w->d) / (double)w->m->counts[c]);
    return best;
}

struct member {
    double silhouette;
    uint32_t row; /* of x */
};

static int by_silhouette(const void *a, const void *b)
{
    const struct member *p = a, *q = b;
    if (p->silhouette != q->silhouette)
        return p->silhouette < q->silhouette ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* Trim a topic to the rows that are nearer, by mean distance, to the rest of the topic than to any old cluster: of
 * those that are not, the worse half is removed, until there are none or too few rows left.
 *   x (any, d): rows
 *   other: find_best_mean of each row of x
 *   v (n): the topic's rows; those that are left are the first ones afterwards
 *   sum (d): set to the sum of those that are left
 * Returns how many are left. */
static size_t trim_topic(const struct kc_updating *w, const float *x, const double *other, struct member *v, size_t n,
                         double *sum)
{
    for (;;) {
        size_t wrong = 0;
        memset(sum, 0, w->d * sizeof *sum);
        for (size_t i = 0; i < n; i++)
            kc_la_addd(sum, x + v[i].row * w->d, w->d);
        for (size_t i = 0; i < n; i++) {
            double a = n > 1 ? 1 - (kc_la_dot(x + v[i].row * w->d, sum, w->d) - 1) / (double)(n - 1) : 2;
            double b = 1 - other[v[i].row], most = fmax(fmax(a, b), 1e-12);
            v[i].silhouette = (b - a) / most;
            wrong += b > a ? 0 : 1;
        }
        if (n < w->min_new || wrong == 0)
            return n;
        qsort(v, n, sizeof *v, by_silhouette);
        size_t gone = wrong > 1 ? wrong / 2 : 1;
        memmove(v, v + gone, (n - gone) * sizeof *v);
        n -= gone;
    }
}

static int add_new_cluster(struct kc_updating *w, const double *sum)
{
    if (w->nnew == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 8;
        float *c = kc_mem_realloc(w->centroids, kc_mem_mul(cap, w->d), sizeof *c, w->e);
        w->centroids = c ? c : w->centroids;
        double *s = c ? kc_mem_realloc(w->sums, kc_mem_mul(cap, w->d), sizeof *s, w->e) : NULL;
        w->sums = s ? s : w->sums;
        uint64_t *n = s ? kc_mem_realloc(w->counts, cap, sizeof *n, w->e) : NULL;
        w->counts = n ? n : w->counts;
        if (!n)
            return -1;
        w->cap = cap;
    }
    memcpy(w->sums + w->nnew++ * w->d, sum, w->d * sizeof *sum);
    return 0;
}

/* Return 1 if a row may belong to a new topic: it is unassigned, or at the edge of its cluster. */
static int is_suspect(const struct kc_updating *w, size_t i)
{
    return w->old.labels[i] == KC_NOISE ||
           w->old.similarity[i] < kc_model_percentile(w->m, w->old.nearest[i], KC_UPDATE_SUSPECT);
}

/* Find topics among such rows, and put the sums of those that become clusters into w->sums. */
static int find_topics(struct kc_updating *w)
{
    size_t loose = 0, n, m = 0;
    uint32_t ntopics, *topic = NULL;
    float *x = NULL;
    double *other = NULL, *sum = NULL;
    struct member *v = NULL;
    int rc = -1;
    for (size_t i = 0; i < w->all; i++)
        loose += is_suspect(w, i) ? 1 : 0;
    if (loose < w->min_new)
        return 0;
    n = loose < KC_TOPICS_ROWS ? loose : KC_TOPICS_ROWS;
    x = kc_mem_aligned(kc_mem_mul(n, w->d), sizeof *x, w->e);
    topic = kc_mem_alloc(n, sizeof *topic, w->e);
    other = kc_mem_alloc(n, sizeof *other, w->e);
    sum = kc_mem_alloc(w->d, sizeof *sum, w->e);
    v = kc_mem_alloc(n, sizeof *v, w->e);
    if (!x || !topic || !other || !sum || !v)
        goto out;
    const uint64_t seed = kc_model_option(w->m, "seed", KC_MODEL_SEED);
    struct kc_rng r = kc_rng_stream(seed, KC_RNG_TOPICS, w->m->updates, 2);
    for (size_t i = 0; i < w->all && m < n; i++) /* draw n of them, all samples equally likely */
        if (is_suspect(w, i) && kc_rng_below(&r, loose--) < n - m)
            memcpy(x + m++ * w->d, kc_updating_row(w, i), w->d * sizeof *x);
    if (kc_topics_find(w->ctx, x, n, w->d, w->min_new, seed, topic, &ntopics, w->e) != 0)
        goto out;
    for (size_t i = 0; i < n; i++)
        other[i] = find_best_mean(w, x + i * w->d);
    for (uint32_t g = 0; g < ntopics; g++) {
        m = 0;
        for (size_t i = 0; i < n; i++)
            if (topic[i] == g)
                v[m++] = (struct member){0, (uint32_t)i};
        if (m >= w->min_new && trim_topic(w, x, other, v, m, sum) >= w->min_new && add_new_cluster(w, sum) != 0)
            goto out;
    }
    rc = 0;
out:
    kc_mem_free(v);
    kc_mem_free(sum);
    kc_mem_free(other);
    kc_mem_free(topic);
    kc_mem_free(x);
    return rc;
}

/* Label rows that are nearer to new centroid j than to any other with k + j, into `next`; the others keep their
 * old labels. An unassigned row must also lie within new cluster j's fence. label, similarity (all): set to the
 * nearest new cluster, and the similarity to it. */
static int label_by_new(struct kc_updating *w, const float *fence, uint32_t *next, uint32_t *label, float *similarity)
{
    for (int p = 0; p < 2; p++) {
        size_t i0 = p ? w->pool : 0;
        if (w->source[p].n > 0 && kc_assign(w->ctx, &w->source[p], w->centroids, (uint32_t)w->nnew, NULL, label + i0,
                                            similarity + i0, NULL, w->e) != 0)
            return -1;
    }
    for (size_t i = 0; i < w->all; i++)
        next[i] = similarity[i] > w->old.similarity[i] &&
                          (w->old.labels[i] != KC_NOISE || similarity[i] >= fence[label[i]])
                      ? (uint32_t)w->k + label[i] : w->old.labels[i];
    return 0;
}

static int by_float(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* Find the median of the old clusters' fences: new clusters of few, very similar rows must not be narrower. */
static int find_usual_fence(struct kc_updating *w)
{
    float *v = kc_mem_alloc(w->k, sizeof *v, w->e);
    if (!v)
        return -1;
    for (size_t c = 0; c < w->k; c++)
        v[c] = kc_model_fence(w->m->quantiles + c * KC_MODEL_PERCENTILES);
    qsort(v, w->k, sizeof *v, by_float);
    w->usual_fence = v[w->k / 2];
    kc_mem_free(v);
    return 0;
}

/* Set the fences (nnew) of the new clusters from their members' similarities. label and similarity are overwritten. */
static int set_fences(struct kc_updating *w, float *fence, uint32_t *label, float *similarity)
{
    float *q = kc_mem_alloc(kc_mem_mul(w->nnew, KC_MODEL_PERCENTILES), sizeof *q, w->e);
    size_t n = 0;
    int rc = -1;
    for (size_t i = 0; i < w->all; i++)
        if (w->label[i] != KC_NOISE && w->label[i] >= w->k) {
            label[n] = w->label[i] - (uint32_t)w->k;
            similarity[n++] = similarity[i];
        }
    if (q && kc_model_quantiles(n, w->d, w->nnew, similarity, label, w->sums, w->counts, q, NULL, w->e) == 0) {
        for (size_t j = 0; j < w->nnew; j++)
            fence[j] = fminf(w->usual_fence, kc_model_fence(q + j * KC_MODEL_PERCENTILES));
        rc = 0;
    }
    kc_mem_free(q);
    return rc;
}

/* Compute the sums, counts and centroids of the new clusters from the labels, and drop those that are too small.
 * Returns 1 if one was dropped. */
static int sum_new_clusters(struct kc_updating *w)
{
    size_t kept = 0;
    int gone = 0;
    memset(w->sums, 0, w->nnew * w->d * sizeof *w->sums);
    memset(w->counts, 0, w->nnew * sizeof *w->counts);
    for (size_t i = 0; i < w->all; i++)
        if (w->label[i] != KC_NOISE && w->label[i] >= w->k) {
            w->counts[w->label[i] - w->k]++;
            kc_la_addd(w->sums + (w->label[i] - w->k) * w->d, kc_updating_row(w, i), w->d);
        }
    for (size_t j = 0; j < w->nnew; j++) {
        float *to = w->centroids + kept * w->d;
        if (w->counts[j] < w->min_new || !kc_updating_direction(w->sums + j * w->d, w->d, to)) {
            gone = 1;
            continue;
        }
        memmove(w->sums + kept * w->d, w->sums + j * w->d, w->d * sizeof *w->sums);
        w->counts[kept++] = w->counts[j];
    }
    w->nnew = kept;
    return gone;
}

/* Alternate between the new clusters' centroids and the rows nearest to them, until nothing changes. */
static int settle_new_clusters(struct kc_updating *w)
{
    uint32_t *next = kc_mem_alloc(w->all, sizeof *next, w->e);
    uint32_t *label = kc_mem_alloc(w->all, sizeof *label, w->e);
    float *similarity = kc_mem_alloc(w->all, sizeof *similarity, w->e);
    float *fence = kc_mem_alloc(w->nnew, sizeof *fence, w->e);
    size_t kept = 0;
    int rc = -1;
    if (!next || !label || !similarity || !fence || find_usual_fence(w) != 0)
        goto out;
    for (size_t j = 0; j < w->nnew; j++)
        fence[j] = -2; /* no fence until the cluster has members */
    for (size_t j = 0; j < w->nnew; j++)
        kept += (size_t)kc_updating_direction(w->sums + j * w->d, w->d, w->centroids + kept * w->d);
    w->nnew = kept;
    for (int round = 0; w->nnew > 0; round++) {
        if (label_by_new(w, fence, next, label, similarity) != 0)
            goto out;
        int same = memcmp(next, w->label, w->all * sizeof *next) == 0;
        memcpy(w->label, next, w->all * sizeof *next);
        int gone = sum_new_clusters(w);
        if (!gone && (same || round >= ROUNDS))
            break;
        if (gone) /* the other clusters have other numbers now */
            for (size_t j = 0; j < w->nnew; j++)
                fence[j] = -2;
        else if (set_fences(w, fence, label, similarity) != 0)
            goto out;
    }
    if (w->nnew == 0)
        memcpy(w->label, w->old.labels, w->all * sizeof *w->label);
    rc = 0;
out:
    kc_mem_free(fence);
    kc_mem_free(similarity);
    kc_mem_free(label);
    kc_mem_free(next);
    return rc;
}

int kc_updating_topics(struct kc_updating *w)
{
    return find_topics(w) != 0 || (w->nnew > 0 && settle_new_clusters(w) != 0) ? -1 : 0;
}
