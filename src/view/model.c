/* A model as a view: its clusters as they are now, the similarities of their centroids, and its history. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/date.h"
#include "model/model.h"
#include "view/fill.h"

struct counted {
    uint64_t rows;
    uint32_t c;
};

static int by_falling_count(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    return x->rows != y->rows ? (x->rows < y->rows ? 1 : -1) : x->c < y->c ? -1 : x->c > y->c;
}

/* Make the clusters of the model, by falling size. order (k): set to their places in the model. */
static int make_clusters(struct kc_view *v, const struct kc_model *m, uint32_t *order, struct kc_err *e)
{
    v->cluster = kc_mem_zalloc(m->k, sizeof *v->cluster, e);
    if (!v->cluster)
        return -1;
    struct counted *s = kc_mem_alloc(m->k, sizeof *s, e);
    if (!s)
        return -1;
    for (uint32_t c = 0; c < m->k; c++)
        s[c] = (struct counted){m->counts[c], c};
    qsort(s, m->k, sizeof *s, by_falling_count);
    for (uint32_t i = 0; i < m->k; i++)
        order[i] = s[i].c;
    kc_mem_free(s);
    for (uint32_t i = 0; i < m->k; i++) {
        const uint32_t c = order[i];
        char text[24];
        const int len = snprintf(text, sizeof text, "%lld", (long long)m->ids[c]);
        double square = 0;
        for (size_t t = 0; t < m->d; t++)
            square += m->sums[c * m->d + t] * m->sums[c * m->d + t];
        v->cluster[v->k++] = (struct kc_view_cluster){
            .size = m->counts[c], .cohesion = fmin(sqrt(square) / (double)m->counts[c], 1), .silhouette = NAN,
            .stability = NAN, .group = KC_NONE};
        v->n += m->counts[c];
        if (kc_strs_add(&v->id, text, (size_t)len, e) != 0)
            return -1;
    }
    v->d = m->d;
    v->silhouette = m->baseline.silhouette;
    return 0;
}

/* Copy the names and representatives of the clusters. at (k): the place of each in the model; KC_NONE: it has none. */
static int copy_texts(struct kc_view *v, const struct kc_model *m, const uint32_t *at, struct kc_err *e)
{
    const int names = v->name.n == 0, terms = !v->representatives.first;
    int rc = terms ? kc_view_lists_begin(&v->representatives, v->k, e) : 0;
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        const int has = at[c] != KC_NONE;
        size_t n = 0;
        const char *label = has && m->labels.n > 0 ? kc_strs_get(&m->labels, at[c], &n) : "";
        rc = names ? kc_strs_add(&v->name, label, n, e) : 0;
        for (uint32_t j = has ? m->rep_first[at[c]] : 0; terms && rc == 0 && has && j < m->rep_first[at[c] + 1]; j++) {
            const char *term = kc_strs_get(&m->rep_terms, j, &n);
            rc = kc_strs_add(&v->representatives.text, term, n, e);
        }
        if (terms)
            kc_view_lists_end(&v->representatives, c);
        if (has && at[c] < m->nstability && isnan(v->cluster[c].stability))
            v->cluster[c].stability = m->stability[at[c]];
    }
    return rc;
}

/* Copy the history, with the last fit where it belongs. */
static int copy_history(struct kc_view *v, const struct kc_model *m, struct kc_err *e)
{
    const struct kc_model_event fit = kc_model_fit_event(m);
    int known = 0;
    v->event = kc_mem_zalloc(m->nevents + 1, sizeof *v->event, e);
    if (!v->event)
        return -1;
    for (size_t i = 0; i <= m->nevents; i++) {
        const struct kc_model_event *s = i < m->nevents ? &m->events[i] : NULL;
        if (!known && (!s || s->generation == m->generation)) {
            known = 1;
            v->event[v->nevents++] = (struct kc_view_event){fit.generation, 0, fit.time, fit.rows, fit.joined, 0, 0,
                                                            fit.clusters, fit.similarity, fit.silhouette, NAN};
        }
        if (s)
            v->event[v->nevents++] = (struct kc_view_event){s->generation, s->update, s->time, s->rows, s->joined,
                                                            s->born, s->unassigned, s->clusters, s->similarity,
                                                            s->silhouette, s->variation};
    }
    return 0;
}

/* Name an update: by its date, or "update 3". */
static int name_batch(struct kc_strs *to, const struct kc_model_event *v, struct kc_err *e)
{
    char text[64];
    snprintf(text, sizeof text, "update %llu", (unsigned long long)v->update);
    if (v->time >= 0) {
        kc_date_format(text, v->time * KC_DATE_SECOND);
        text[10] = '\0';
    }
    return kc_strs_add(to, text, strlen(text), e);
}

/* Count the rows of each cluster by update, as if updates were bins of time. The fit is left out: it has many times the
 * rows, and the clusters' sizes show it. */
static int count_batches(struct kc_view *v, const struct kc_model *m, const struct kc_view_index *index,
                         struct kc_err *e)
{
    const size_t wide = (size_t)v->k + 1;
    if (v->bin.n > 0 || m->nevents == 0)
        return 0;
    v->bin_rows = kc_mem_zalloc(kc_mem_mul(m->nevents, wide), sizeof *v->bin_rows, e);
    for (size_t i = 0; v->bin_rows && i < m->nevents; i++) {
        const struct kc_model_event *b = &m->events[i];
        uint64_t *row = v->bin_rows + v->bin.n * wide;
        if (b->update == 0)
            continue;
        row[v->k] = b->unassigned;
        for (size_t j = 0; j < b->nshares; j++) {
            const uint32_t c = kc_view_find(index, b->share[j].id);
            row[c == KC_NONE ? v->k : c] += b->share[j].rows; /* a cluster that is gone counts among no cluster */
        }
        if (name_batch(&v->bin, b, e) != 0)
            return -1;
    }
    return v->bin_rows ? 0 : -1;
}

/* Copy the centroids in the view's order and compare them. */
static int compare_centroids(struct kc_view *v, const struct kc_model *m, const uint32_t *at, struct kc_err *e)
{
    float *c = v->nheat ? NULL : kc_mem_alloc(kc_mem_mul(v->k, m->d), sizeof *c, e);
    if (v->nheat)
        return 0;
    for (uint32_t i = 0; c && i < v->k; i++)
        memcpy(c + i * m->d, m->centroids + at[i] * m->d, m->d * sizeof *c);
    const int rc = c ? kc_view_set_heat(v, c, m->d, e) : -1;
    kc_mem_free(c);
    return rc;
}

/* Find the clusters of the view among those of the model: at (k). Returns 1 if all are there. */
static int find_clusters(const struct kc_view *v, const struct kc_model *m, const struct kc_view_index *index,
                         uint32_t *at)
{
    int all = 1;
    for (uint32_t c = 0; c < v->k; c++)
        at[c] = KC_NONE;
    for (uint32_t i = 0; i < m->k; i++) {
        const uint32_t c = kc_view_find(index, m->ids[i]);
        if (c != KC_NONE)
            at[c] = i;
    }
    for (uint32_t c = 0; c < v->k; c++)
        all &= at[c] != KC_NONE;
    return all;
}

int kc_view_set_model(struct kc_view *v, const struct kc_model *m, struct kc_err *e)
{
    const int own = v->k == 0;
    struct kc_view_index index = {0};
    uint32_t *at = kc_mem_alloc(own ? m->k : v->k, sizeof *at, e);
    int rc = at ? 0 : -1, all = 1;
    if (rc == 0 && own)
        rc = make_clusters(v, m, at, e);
    if (rc == 0)
        rc = kc_view_index_make(&index, v, e);
    if (rc == 0 && !own)
        all = find_clusters(v, m, &index, at);
    if (rc == 0 && (copy_texts(v, m, at, e) != 0 || copy_history(v, m, e) != 0 ||
                    count_batches(v, m, &index, e) != 0 || (all && compare_centroids(v, m, at, e) != 0)))
        rc = -1;
    kc_view_index_free(&index);
    kc_mem_free(at);
    return rc;
}
