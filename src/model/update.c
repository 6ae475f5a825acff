/* Update a model by a batch (update.h): label all rows by the model as it is, find new clusters (topics.c), add the
 * other rows to their clusters, put the new clusters after the old ones, and fill the pool with the unassigned rows. A
 * centroid stays the exact mean direction of all rows of its cluster, since their sum is kept; percentiles can only be
 * mixed, since the old rows are gone. */
#include <math.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "core/kmeans/topics.h"
#include "model/mix.h"
#include "model/updating.h"

static int alloc_labelled(struct kc_labelled *l, size_t n, struct kc_err *e)
{
    l->labels = kc_mem_alloc(n, sizeof *l->labels, e);
    l->nearest = kc_mem_alloc(n, sizeof *l->nearest, e);
    l->similarity = kc_mem_alloc(n, sizeof *l->similarity, e);
    l->margin = kc_mem_alloc(n, sizeof *l->margin, e);
    l->silhouette = kc_mem_alloc(n, sizeof *l->silhouette, e);
    return l->labels && l->nearest && l->similarity && l->margin && l->silhouette ? 0 : -1;
}

/* Return the arrays of l from row i on. */
static struct kc_labelled offset_labelled(const struct kc_labelled *l, size_t i)
{
    return (struct kc_labelled){l->labels + i, l->nearest + i, l->similarity + i, l->margin + i,
                                l->silhouette + i, NULL, NULL, NULL};
}

/* Label all rows by the model before the update. */
static int label_rows(struct kc_updating *w)
{
    const struct kc_assign_opts o = {w->o->threshold, -2, 1, 0, 0};
    struct kc_labeller *l;
    struct kc_labelled first = offset_labelled(&w->old, 0), second = offset_labelled(&w->old, w->pool);
    double similarity = 0, silhouette = 0;
    int rc = kc_labeller_new(&l, w->m, &o, w->e);
    if (rc == 0)
        rc = kc_labeller_all(w->ctx, l, &w->source[0], &first, w->e);
    if (rc == 0)
        rc = kc_labeller_all(w->ctx, l, &w->source[1], &second, w->e);
    kc_labeller_free(l);
    for (size_t i = w->pool; rc == 0 && i < w->all; i++) {
        similarity += (double)w->old.similarity[i];
        silhouette += w->old.silhouette[i];
    }
    w->u->similarity_before = similarity / (double)w->u->n;
    w->u->silhouette_before = silhouette / (double)w->u->n;
    if (rc == 0)
        memcpy(w->label, w->old.labels, w->all * sizeof *w->label);
    return rc;
}

/* Update percentiles, which stand for `rows` rows, by n more similarities. v (n + 101): scratch. */
static void add_similarities(float *quantiles, uint64_t rows, const float *more, size_t n, struct kc_weighted *v)
{
    for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++)
        v[p] = (struct kc_weighted){quantiles[p], (double)rows / KC_MODEL_PERCENTILES};
    for (size_t i = 0; i < n; i++)
        v[KC_MODEL_PERCENTILES + i] = (struct kc_weighted){more[i], 1};
    kc_model_mix(v, n + KC_MODEL_PERCENTILES, rows + n, quantiles);
}

/* Add rows to the old clusters: update their sums, counts, percentiles and centroids. */
static int grow_clusters(struct kc_updating *w)
{
    struct kc_model *m = w->m;
    size_t *end = kc_mem_zalloc(w->k, sizeof *end, w->e), at = 0, most = 0;
    float *v = kc_mem_alloc(w->all, sizeof *v, w->e);
    struct kc_weighted *room = NULL;
    int rc = -1;
    if (!end || !v)
        goto out;
    for (size_t i = 0; i < w->all; i++)
        if (w->label[i] < w->k)
            end[w->label[i]]++;
    for (size_t c = 0; c < w->k; c++) {
        size_t n = end[c];
        most = n > most ? n : most;
        end[c] = at;
        at += n;
    }
    room = kc_mem_alloc(most + KC_MODEL_PERCENTILES, sizeof *room, w->e);
    if (!room)
        goto out;
    for (size_t i = 0; i < w->all; i++)
        if (w->label[i] < w->k) {
            size_t c = w->label[i];
            v[end[c]++] = fmaxf(-1, fminf(1, w->old.similarity[i]));
            kc_la_addd(m->sums + c * w->d, kc_updating_row(w, i), w->d);
        }
    for (size_t c = 0, from = 0; c < w->k; from = end[c++]) {
        size_t n = end[c] - from;
        if (n == 0)
            continue;
        add_similarities(m->quantiles + c * KC_MODEL_PERCENTILES, m->counts[c], v + from, n, room);
        m->counts[c] += n;
        /* If the sum has no direction, the centroid stays as it is. */
        (void)!kc_updating_direction(m->sums + c * w->d, w->d, m->centroids + c * w->d);
    }
    rc = 0;
out:
    kc_mem_free(room);
    kc_mem_free(v);
    kc_mem_free(end);
    return rc;
}

/* Make room for k clusters in the model's arrays. */
static int widen_model(struct kc_updating *w, size_t k)
{
    struct kc_model *m = w->m;
    struct kc_err *e = w->e;
    int64_t *ids = kc_mem_realloc(m->ids, k, sizeof *ids, e);
    m->ids = ids ? ids : m->ids;
    float *centroids = kc_mem_realloc(m->centroids, kc_mem_mul(k, w->d), sizeof *centroids, e);
    m->centroids = centroids ? centroids : m->centroids;
    double *sums = kc_mem_realloc(m->sums, kc_mem_mul(k, w->d), sizeof *sums, e);
    m->sums = sums ? sums : m->sums;
    uint64_t *counts = kc_mem_realloc(m->counts, k, sizeof *counts, e);
    m->counts = counts ? counts : m->counts;
    float *quantiles = kc_mem_realloc(m->quantiles, kc_mem_mul(k, KC_MODEL_PERCENTILES), sizeof *quantiles, e);
    m->quantiles = quantiles ? quantiles : m->quantiles;
    uint32_t *first = kc_mem_realloc(m->rep_first, k + 1, sizeof *first, e);
    m->rep_first = first ? first : m->rep_first;
    float *similarity =
        kc_mem_realloc(m->rep_similarity, kc_mem_mul(k, KC_MODEL_REPRESENTATIVES), sizeof *similarity, e);
    m->rep_similarity = similarity ? similarity : m->rep_similarity;
    struct kc_model_life *lives = kc_mem_realloc(m->lives, m->nlives + (k - m->k), sizeof *lives, e);
    m->lives = lives ? lives : m->lives;
    return ids && centroids && sums && counts && quantiles && first && similarity && lives ? 0 : -1;
}

static const char *get_term(const struct kc_updating *w, size_t i, char digits[20], size_t *n)
{
    return i < w->pool ? kc_strs_get(&w->m->pool.terms, i, n) : kc_dataset_term(w->ds, i - w->pool, digits, n);
}

/* Add the representatives of new cluster j: the members that are nearest to its centroid. */
static int add_representatives(struct kc_updating *w, size_t j, const uint32_t *rows, const float *similarity, size_t n)
{
    struct kc_model *m = w->m;
    uint32_t at = m->rep_first[w->k + j];
    size_t best[KC_MODEL_REPRESENTATIVES], have = 0;
    for (size_t i = 0; i < n; i++) {
        size_t p = have;
        if (have == KC_MODEL_REPRESENTATIVES && !(similarity[i] > similarity[best[have - 1]]))
            continue;
        if (have < KC_MODEL_REPRESENTATIVES)
            have++;
        else
            p--;
        for (; p > 0 && similarity[i] > similarity[best[p - 1]]; p--)
            best[p] = best[p - 1];
        best[p] = i;
    }
    for (size_t i = 0; i < have; i++) {
        char digits[20];
        size_t len;
        const char *term = get_term(w, rows[best[i]], digits, &len);
        m->rep_similarity[at++] = similarity[best[i]];
        if (kc_strs_add(&m->rep_terms, term, len, w->e) != 0)
            return -1;
    }
    m->rep_first[w->k + j + 1] = at;
    size_t len;
    const char *first = kc_strs_get(&m->rep_terms, m->rep_first[w->k + j], &len);
    return m->labels.n > 0 ? kc_strs_add(&m->labels, first, len, w->e) : 0;
}

/* Add the new clusters to the model, after the old ones. */
static int add_clusters(struct kc_updating *w)
{
    struct kc_model *m = w->m;
    uint32_t *rows = kc_mem_alloc(w->all, sizeof *rows, w->e), *own = kc_mem_alloc(w->all, sizeof *own, w->e);
    float *similarity = kc_mem_alloc(w->all, sizeof *similarity, w->e);
    int rc = -1;
    if (!rows || !own || !similarity || widen_model(w, w->k + w->nnew) != 0)
        goto out;
    for (size_t j = 0; j < w->nnew; j++) {
        const size_t c = w->k + j;
        size_t n = 0;
        memcpy(m->centroids + c * w->d, w->centroids + j * w->d, w->d * sizeof *m->centroids);
        memcpy(m->sums + c * w->d, w->sums + j * w->d, w->d * sizeof *m->sums);
        m->counts[c] = w->counts[j];
        m->ids[c] = m->next_id++;
        m->lives[m->nlives++] = (struct kc_model_life){m->ids[c], m->generation, m->updates, m->counts[c], 0};
        for (size_t i = 0; i < w->all; i++)
            if (w->label[i] == c) {
                const float *x = kc_updating_row(w, i);
                double s = 0;
                for (size_t t = 0; t < w->d; t++)
                    s += (double)x[t] * (double)m->centroids[c * w->d + t];
                own[n] = 0;
                rows[n] = (uint32_t)i;
                similarity[n++] = (float)fmax(-1, fmin(1, s));
            }
        if (kc_model_quantiles(n, w->d, 1, similarity, own, m->sums + c * w->d, m->counts + c,
                               m->quantiles + c * KC_MODEL_PERCENTILES, NULL, w->e) != 0 ||
            add_representatives(w, j, rows, similarity, n) != 0)
            goto out;
    }
    m->k = w->k + w->nnew;
    rc = 0;
out:
    kc_mem_free(similarity);
    kc_mem_free(own);
    kc_mem_free(rows);
    return rc;
}

/* Report the pool's rows that are in a cluster now, and fill the new pool with the latest unassigned rows. */
static int refill_pool(struct kc_updating *w)
{
    struct kc_model *m = w->m;
    struct kc_update *u = w->u;
    struct kc_strs terms = {0};
    float *x = NULL;
    size_t left = 0, skip, n = 0;
    int rc = -1;
    for (size_t i = 0; i < w->all; i++)
        left += w->label[i] == KC_NOISE;
    skip = left > KC_MODEL_POOL ? left - KC_MODEL_POOL : 0;
    u->dropped = skip;
    u->late = kc_mem_alloc(w->pool, sizeof *u->late, w->e);
    x = kc_mem_aligned(kc_mem_mul(left - skip, w->d), sizeof *x, w->e);
    if (!u->late || !x)
        goto out;
    for (size_t i = 0; i < w->all; i++) {
        char digits[20];
        size_t len;
        const char *term = get_term(w, i, digits, &len);
        if (w->label[i] != KC_NOISE) {
            if (i < w->pool) {
                u->late[u->late_terms.n] = w->label[i];
                if (kc_strs_add(&u->late_terms, term, len, w->e) != 0)
                    goto out;
            }
        } else if (skip > 0) {
            skip--;
        } else {
            memcpy(x + n++ * w->d, kc_updating_row(w, i), w->d * sizeof *x);
            if (kc_strs_add(&terms, term, len, w->e) != 0)
                goto out;
        }
    }
    kc_mem_free(m->pool.x);
    kc_strs_free(&m->pool.terms);
    m->pool.x = x;
    m->pool.n = n;
    m->pool.terms = terms;
    return 0;
out:
    kc_mem_free(x);
    kc_strs_free(&terms);
    return rc;
}

/* Fill in what is reported of the batch. */
static int report_batch(struct kc_updating *w)
{
    struct kc_update *u = w->u;
    const struct kc_model *m = w->m;
    uint32_t *given = kc_mem_alloc(u->n, sizeof *given, w->e), *nearest = kc_mem_alloc(u->n, sizeof *nearest, w->e);
    int rc = -1;
    u->rows = kc_mem_zalloc(m->k, sizeof *u->rows, w->e);
    if (!given || !nearest || !u->rows)
        goto out;
    memcpy(u->labels, w->label + w->pool, u->n * sizeof *u->labels);
    u->nnew = w->nnew;
    /* The figures of unassigned rows are those of the nearest cluster. */
    if (kc_assign(w->ctx, &w->source[1], m->centroids, (uint32_t)m->k, NULL, nearest, u->similarity, NULL, w->e) != 0)
        goto out;
    for (size_t i = 0; i < u->n; i++) {
        uint32_t c = u->labels[i];
        given[i] = c == KC_NOISE ? nearest[i] : c;
        if (c == KC_NOISE) {
            u->unassigned++;
            continue;
        }
        u->rows[c]++;
        if (c < w->k)
            u->joined++;
        else
            u->born++;
    }
    rc = kc_assign(w->ctx, &w->source[1], m->centroids, (uint32_t)m->k, given, NULL, u->similarity, u->margin, w->e);
out:
    kc_mem_free(nearest);
    kc_mem_free(given);
    return rc;
}

static int run_update(struct kc_updating *w)
{
    struct kc_update *u = w->u;
    u->labels = kc_mem_alloc(u->n, sizeof *u->labels, w->e);
    u->similarity = kc_mem_alloc(u->n, sizeof *u->similarity, w->e);
    u->margin = kc_mem_alloc(u->n, sizeof *u->margin, w->e);
    w->label = kc_mem_alloc(w->all, sizeof *w->label, w->e);
    if (!u->labels || !u->similarity || !u->margin || !w->label || alloc_labelled(&w->old, w->all, w->e) != 0 ||
        label_rows(w) != 0 || kc_updating_topics(w) != 0)
        return -1;
    w->m->updates++;
    if (grow_clusters(w) != 0 || (w->nnew > 0 && add_clusters(w) != 0) || report_batch(w) != 0 || refill_pool(w) != 0)
        return -1;
    w->m->joined += u->joined;
    w->m->born += u->born;
    w->m->unassigned += u->unassigned;
    return 0;
}

int kc_model_update(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_dataset *ds,
                    const struct kc_update_opts *o, struct kc_update *u, struct kc_err *e)
{
    struct kc_updating w = {.ctx = ctx, .m = m, .ds = ds, .o = o, .u = u, .e = e, .k = m->k, .d = m->d,
                            .pool = m->pool.n, .all = m->pool.n + ds->rows.n};
    memset(u, 0, sizeof *u);
    u->n = ds->rows.n;
    w.source[0] = kc_rows_memory(m->pool.x, m->pool.n, m->d);
    w.source[1] = ds->rows;
    const uint64_t min_size = kc_model_option(m, "min_size", 1);
    const uint64_t least = min_size > KC_UPDATE_MIN_NEW ? min_size : KC_UPDATE_MIN_NEW;
    w.min_new = o->min_new ? o->min_new : least;
    if (w.all >= UINT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows, expected fewer than 4,294,967,295", w.all);
    int rc = run_update(&w);
    kc_mem_free(w.old.labels);
    kc_mem_free(w.old.nearest);
    kc_mem_free(w.old.similarity);
    kc_mem_free(w.old.margin);
    kc_mem_free(w.old.silhouette);
    kc_mem_free(w.label);
    kc_mem_free(w.centroids);
    kc_mem_free(w.sums);
    kc_mem_free(w.counts);
    return rc;
}

void kc_update_free(struct kc_update *u)
{
    kc_mem_free(u->labels);
    kc_mem_free(u->similarity);
    kc_mem_free(u->margin);
    kc_mem_free(u->rows);
    kc_strs_free(&u->late_terms);
    kc_mem_free(u->late);
    memset(u, 0, sizeof *u);
}

uint64_t kc_model_update_bytes(size_t n, size_t d, size_t k, unsigned threads)
{
    uint64_t all = (uint64_t)n + KC_MODEL_POOL, topics = KC_TOPICS_ROWS;
    return all * 64 + 2 * KC_MODEL_POOL * (uint64_t)d * sizeof(float) + topics * (d + 3 * topics) * sizeof(float) +
           2 * (uint64_t)k * d * (sizeof(double) + sizeof(float)) + threads * (KC_ASSIGN_WORK + 65536);
}
