/* Correct a model by hand (edit.h): gather the rows there are, cut clusters, put the arrays of the new clusters
 * together, and let names, lineage and the rows that are known by their hashes follow. edit_rows.c has what looks at
 * rows. */
#include "model/edit.h"

#include <math.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "model/editing.h"
#include "model/updating.h"

static int alloc_arrays(struct kc_editing *w)
{
    const size_t k = w->k, d = w->m->d;
    w->ids = kc_mem_alloc(k, sizeof *w->ids, w->e);
    w->centroids = kc_mem_aligned(kc_mem_mul(k, d), sizeof *w->centroids, w->e);
    w->sums = kc_mem_aligned(kc_mem_mul(k, d), sizeof *w->sums, w->e);
    w->counts = kc_mem_zalloc(k, sizeof *w->counts, w->e);
    w->quantiles = kc_mem_alloc(kc_mem_mul(k, KC_MODEL_PERCENTILES), sizeof *w->quantiles, w->e);
    return w->ids && w->centroids && w->sums && w->counts && w->quantiles ? 0 : -1;
}

/* Add the rows at hand of the clusters that were cut. */
static void add_rows(struct kc_editing *w)
{
    const size_t d = w->m->d;
    for (size_t i = 0; i < w->rows.n; i++) {
        const uint32_t c = w->label[i];
        if (c == KC_NOISE || w->edits->parts[w->edits->from[c]] == 1)
            continue;
        kc_la_addd(w->sums + c * d, kc_rows_at(&w->rows, i), d);
        w->counts[c]++;
    }
}

/* Fill sums, counts, ids and centroids. */
static void sum_clusters(struct kc_editing *w)
{
    struct kc_model *m = w->m;
    const size_t d = m->d;
    for (size_t c = 0; c < w->k * d; c++)
        w->sums[c] = 0;
    for (uint32_t c = 0; c < w->edits->k; c++) {
        const size_t to = w->edits->place[c];
        if (w->edits->parts[c] > 1)
            continue;
        for (size_t t = 0; t < d; t++)
            w->sums[to * d + t] += m->sums[c * d + t];
        w->counts[to] += m->counts[c];
    }
    add_rows(w);
    for (size_t c = 0; c < w->k; c++) {
        const uint32_t old = w->edits->from[c];
        w->ids[c] = c >= w->edits->part[old] ? m->next_id++ : m->ids[old]; /* part: KC_NONE if it is whole */
        memcpy(w->centroids + c * d, m->centroids + (size_t)old * d, d * sizeof *w->centroids);
        if (w->edits->changed[c]) /* if the sum has no direction, the centroid stays as it is */
            (void)!kc_updating_direction(w->sums + c * d, d, w->centroids + c * d);
    }
}

double kc_editing_product(const struct kc_editing *w, size_t a, size_t c)
{
    const float *x = w->m->centroids + a * w->m->d, *y = w->centroids + c * w->m->d;
    double s = 0;
    for (size_t t = 0; t < w->m->d; t++)
        s += (double)x[t] * (double)y[t];
    return s;
}

/* Compute the similarities of the rows at hand to their centroids, and what follows from them. */
static int look_at_rows(struct kc_editing *w)
{
    const size_t n = w->rows.n;
    float *similarity = kc_mem_alloc(n, sizeof *similarity, w->e);
    uint32_t *given = kc_mem_alloc(n, sizeof *given, w->e);
    int rc = similarity && given ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        given[i] = w->label[i] == KC_NOISE ? 0 : w->label[i];
        if (w->label[i] != KC_NOISE)
            w->have[w->label[i]]++;
    }
    if (rc == 0 && n > 0)
        rc = kc_assign_own(w->ctx, &w->rows, w->centroids, (uint32_t)w->k, given, similarity, w->e);
    if (rc == 0)
        rc = kc_editing_judge(w, similarity) != 0 ? -1 : kc_editing_represent(w, similarity);
    kc_mem_free(given);
    kc_mem_free(similarity);
    return rc;
}

/* Begin the lives of the parts, and end those of the clusters that were merged into others. */
static int continue_lives(struct kc_editing *w)
{
    struct kc_model *m = w->m;
    const struct kc_edits *s = w->edits;
    struct kc_model_life *lives = kc_mem_realloc(m->lives, m->nlives + s->more, sizeof *lives, w->e);
    if (!lives)
        return -1;
    m->lives = lives;
    m->generation++;
    for (size_t i = 0; i < m->nlives; i++)
        if (lives[i].gone == 0) {
            const size_t c = kc_model_find(m, lives[i].id); /* its place before */
            lives[i].gone = c != SIZE_MAX && s->into[c] != c ? m->generation : 0;
        }
    for (size_t c = w->k - s->more; c < w->k; c++)
        lives[m->nlives++] = (struct kc_model_life){w->ids[c], m->generation, 0, w->counts[c], 0};
    return 0;
}

/* Put the new arrays into the model. */
static void replace_arrays(struct kc_editing *w)
{
    struct kc_model *m = w->m;
    kc_mem_free(m->ids);
    kc_mem_free(m->centroids);
    kc_mem_free(m->sums);
    kc_mem_free(m->counts);
    kc_mem_free(m->quantiles);
    m->k = w->k;
    m->ids = w->ids;
    m->centroids = w->centroids;
    m->sums = w->sums;
    m->counts = w->counts;
    m->quantiles = w->quantiles;
    w->ids = NULL;
    w->centroids = w->quantiles = NULL;
    w->sums = NULL;
    w->counts = NULL;
    for (size_t i = 0; i < m->moved.n; i++)
        m->moved.place[i] = w->edits->place[m->moved.place[i]];
    if (m->kind == KC_MODEL_VOTES)
        memcpy(m->rows.label, w->label, m->rows.n * sizeof *m->rows.label);
    m->nstability = 0; /* it was that of the clusters before */
}

/* Give the clusters their names: those they had, new ones, and parts the terms of their first representatives. */
static int name_clusters(struct kc_editing *w)
{
    struct kc_model *m = w->m;
    struct kc_strs names = {0};
    int rc = 0;
    for (size_t c = 0; rc == 0 && c < m->k; c++) {
        const uint32_t old = w->edits->from[c], name = w->edits->name[old];
        size_t n = 0;
        const char *p;
        if (w->edits->part[old] != KC_NONE && c >= w->edits->part[old])
            p = m->rep_first[c] < m->rep_first[c + 1] ? kc_strs_get(&m->rep_terms, m->rep_first[c], &n) : "";
        else
            p = name != KC_NONE ? kc_strs_get(&w->edits->names, name, &n) : kc_strs_get(&w->labels, old, &n);
        rc = kc_strs_add(&names, p, n, w->e);
    }
    if (rc == 0)
        rc = kc_model_set_labels(m, &names, NULL, w->e);
    kc_strs_free(&names);
    return rc;
}

/* Check that the numbers of the model have room for the edit. */
static int check_numbers(const struct kc_editing *w)
{
    const struct kc_model *m = w->m;
    uint64_t rows = 0;
    for (size_t c = 0; c < m->k && rows <= KC_MODEL_MOST_ROWS; c++)
        rows += m->counts[c];
    return rows <= KC_MODEL_MOST_ROWS && m->generation < INT64_MAX ? 0 :
           kc_err_set(w->e, KC_EINPUT, "a model of more rows or generations than an edit can count");
}

static int run_edit(struct kc_editing *w)
{
    const int changes = w->edits->gone > 0 || w->edits->more > 0;
    if (check_numbers(w) != 0 || kc_model_copy_labels(w->m, &w->labels, w->e) != 0)
        return -1;
    if (changes) {
        if (kc_editing_gather(w) != 0 || kc_editing_cut(w) != 0 || alloc_arrays(w) != 0)
            return -1;
        sum_clusters(w);
        if (look_at_rows(w) != 0 || continue_lives(w) != 0)
            return -1;
        replace_arrays(w);
        if (kc_editing_record_moved(w) != 0)
            return -1;
    }
    return name_clusters(w);
}

int kc_model_edit(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_edits *edits,
                  const struct kc_dataset *ds, struct kc_model_edited *out, struct kc_err *e)
{
    struct kc_editing w = {.ctx = ctx, .m = m, .edits = edits, .ds = ds, .out = out, .e = e, .k = edits->after};
    memset(out, 0, sizeof *out);
    out->expected = kc_mem_alloc(m->k, sizeof *out->expected, e);
    w.have = kc_mem_zalloc(w.k, sizeof *w.have, e);
    if (out->expected)
        memcpy(out->expected, m->counts, m->k * sizeof *m->counts);
    const int rc = out->expected && w.have ? run_edit(&w) : -1;
    kc_mem_free(w.x);
    kc_mem_free(w.label);
    kc_mem_free(w.of_ds);
    kc_mem_free(w.have);
    kc_strs_free(&w.labels);
    kc_mem_free(w.ids);
    kc_mem_free(w.centroids);
    kc_mem_free(w.quantiles);
    kc_mem_free(w.sums);
    kc_mem_free(w.counts);
    return rc;
}

void kc_model_edited_free(struct kc_model_edited *d)
{
    kc_mem_free(d->expected);
    memset(d, 0, sizeof *d);
}
