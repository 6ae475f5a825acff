/* The rows of an edit (edit.h): where they come from, how they are cut, and what they tell of the new clusters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/judge/quality.h"
#include "core/kmeans/divide.h"
#include "la/matrix.h"
#include "model/assign.h"
#include "model/editing.h"
#include "model/mix.h"

/* Find which rows of ds the rows of a model of votes are. Equal rows are taken in their order. */
static int match_rows(struct kc_editing *w)
{
    const struct kc_model_rows *t = &w->m->rows;
    const size_t d = w->m->d;
    w->of_ds = kc_mem_alloc(t->n, sizeof *w->of_ds, w->e);
    if (!w->of_ds)
        return -1;
    for (size_t i = 0; i < t->n; i++)
        w->of_ds[i] = KC_NONE;
    for (size_t i = 0; w->ds && i < w->ds->rows.n; i++) {
        const uint64_t hash = kc_la_hash(kc_rows_at(&w->ds->rows, i), d);
        size_t at = kc_model_find_row(w->m, hash);
        while (at < t->n && t->hash[at] == hash && w->of_ds[at] != KC_NONE)
            at++;
        if (at < t->n && t->hash[at] == hash) {
            w->of_ds[at] = (uint32_t)i;
            w->out->given++;
        }
    }
    return !w->ds || w->out->given > 0 ? 0 :
           kc_err_set(w->e, KC_EINPUT, "none of the %zu rows given is a row of the model, which holds those of its "
                      "fit: give these, or none", w->ds->rows.n);
}

/* Gather the rows that a model of votes holds, scaled to length 1. */
static int gather_own(struct kc_editing *w)
{
    const struct kc_model *m = w->m;
    const size_t n = m->rows.n, d = m->d;
    w->x = kc_mem_aligned(kc_mem_mul(n, d), sizeof *w->x, w->e);
    w->label = kc_mem_alloc(n, sizeof *w->label, w->e);
    if (!w->x || !w->label)
        return -1;
    kc_model_widen_rows(m, 0, n, w->x);
    for (size_t i = 0; i < n; i++)
        (void)kc_la_unit(w->x + i * d, d, w->x + i * d, NULL);
    memcpy(w->label, m->rows.label, n * sizeof *w->label);
    w->rows = kc_rows_memory(w->x, n, d);
    return match_rows(w);
}

/* Label the rows that were given by the model, as it is. */
static int gather_given(struct kc_editing *w)
{
    const struct kc_assign_opts o = {{KC_THRESHOLD_NONE, 0}, -2, 0, 0, 0};
    struct kc_labelled l = {0};
    struct kc_labeller *labeller = NULL;
    const size_t n = w->ds->rows.n;
    int rc = -1;
    w->rows = w->ds->rows;
    w->out->given = n;
    l.labels = w->label = kc_mem_alloc(n, sizeof *w->label, w->e);
    l.nearest = kc_mem_alloc(n, sizeof *l.nearest, w->e);
    l.similarity = kc_mem_alloc(n, sizeof *l.similarity, w->e);
    l.margin = kc_mem_alloc(n, sizeof *l.margin, w->e);
    if (l.labels && l.nearest && l.similarity && l.margin && kc_labeller_new(&labeller, w->m, &o, w->e) == 0)
        rc = kc_labeller_all(w->ctx, labeller, &w->rows, &l, w->e);
    kc_labeller_free(labeller);
    kc_mem_free(l.margin);
    kc_mem_free(l.similarity);
    kc_mem_free(l.nearest);
    return rc;
}

int kc_editing_gather(struct kc_editing *w)
{
    if (w->m->kind == KC_MODEL_VOTES)
        return gather_own(w);
    w->rows = kc_rows_memory(NULL, 0, w->m->d);
    return w->ds ? gather_given(w) : 0;
}

/* Cut cluster c: list its rows, and set part (m) to the part of each. idx: room for all rows. */
static int cut_cluster(struct kc_editing *w, uint32_t c, uint32_t *idx, uint32_t *part, size_t *m)
{
    const uint32_t parts = w->edits->parts[c];
    uint32_t made;
    *m = 0;
    for (size_t i = 0; i < w->rows.n; i++)
        if (w->label[i] == c)
            idx[(*m)++] = (uint32_t)i;
    if (kc_kmeans_divide(w->ctx, &w->rows, idx, *m, parts, kc_model_option(w->m, "seed", KC_MODEL_SEED), part, NULL,
                         &made, w->e) != 0)
        return -1;
    return made == parts ? 0 :
           kc_err_set(w->e, KC_EINPUT, "--split %lld: cannot cut %zu row%s at hand into %u parts; equal rows stay "
                      "together", (long long)w->m->ids[c], *m, *m == 1 ? "" : "s", parts);
}

int kc_editing_cut(struct kc_editing *w)
{
    const size_t n = w->rows.n;
    uint32_t *idx = kc_mem_alloc(n, sizeof *idx, w->e), *part = kc_mem_alloc(n, sizeof *part, w->e);
    uint32_t *to = kc_mem_alloc(n, sizeof *to, w->e);
    int rc = idx && part && to ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        to[i] = w->label[i] == KC_NOISE ? KC_NOISE : w->edits->place[w->label[i]];
    for (uint32_t c = 0; rc == 0 && c < w->edits->k; c++) {
        size_t m;
        if (w->edits->parts[c] == 1)
            continue;
        rc = cut_cluster(w, c, idx, part, &m);
        for (size_t j = 0; rc == 0 && j < m; j++)
            to[idx[j]] = part[j] == 0 ? w->edits->place[c] : w->edits->part[c] + part[j] - 1;
    }
    kc_mem_free(part);
    kc_mem_free(idx);
    if (rc == 0) {
        kc_mem_free(w->label);
        w->label = to;
    } else {
        kc_mem_free(to);
    }
    return rc;
}

/* Estimate the percentiles of a union by those of its clusters. v: room for those of all clusters. */
static void estimate_percentiles(const struct kc_editing *w, size_t c, struct kc_weighted *v)
{
    size_t n = 0;
    for (uint32_t a = 0; a < w->edits->k; a++) {
        if (w->edits->place[a] != c)
            continue;
        const double product = kc_editing_product(w, a, c);
        for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++) {
            const double q = (double)w->m->quantiles[a * KC_MODEL_PERCENTILES + p] * product;
            v[n++] = (struct kc_weighted){(float)fmax(-1, fmin(1, q)),
                                          (double)w->m->counts[a] / KC_MODEL_PERCENTILES};
        }
    }
    kc_model_mix(v, n, w->counts[c], w->quantiles + c * KC_MODEL_PERCENTILES);
}

/* Return the sum over the rows of a cluster that its percentiles stand for. */
static double sum_percentiles(const float *q, uint64_t rows)
{
    double s = 0;
    for (size_t p = 0; p < KC_MODEL_PERCENTILES; p++)
        s += (double)q[p];
    return s / KC_MODEL_PERCENTILES * (double)rows;
}

/* Judge the clusters as score would, over the rows at hand, which are all. */
static int judge_all(struct kc_editing *w, double similarity)
{
    const size_t n = w->rows.n;
    uint32_t *idx = kc_mem_alloc(n, sizeof *idx, w->e), *label = kc_mem_alloc(n, sizeof *label, w->e);
    struct kc_quality q = {0};
    size_t m = 0;
    int rc = idx && label ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (w->label[i] != KC_NOISE) {
            idx[m] = (uint32_t)i;
            label[m++] = w->label[i];
        }
    if (rc == 0) {
        const struct kc_rows rows = kc_rows_pick(&w->rows, idx, m);
        rc = kc_quality_run(w->ctx, &rows, label, (uint32_t)w->k, 0, &q, w->e);
    }
    if (rc == 0)
        w->m->baseline = (struct kc_model_baseline){q.silhouette, q.calinski_harabasz, q.davies_bouldin, q.inertia,
                                                     q.objective, similarity};
    kc_quality_free(&q);
    kc_mem_free(label);
    kc_mem_free(idx);
    return rc;
}

int kc_editing_judge(struct kc_editing *w, const float *similarity)
{
    struct kc_model *m = w->m;
    struct kc_weighted *v = kc_mem_alloc(kc_mem_mul(m->k, KC_MODEL_PERCENTILES), sizeof *v, w->e);
    float *q = kc_mem_alloc(kc_mem_mul(w->k, KC_MODEL_PERCENTILES), sizeof *q, w->e);
    double mean = NAN, change = 0, rows = 0;
    int rc = v && q ? 0 : -1, all = 1;
    if (rc == 0)
        rc = kc_model_quantiles(w->rows.n, m->d, w->k, similarity, w->label, w->sums, w->have, q, &mean, w->e);
    for (size_t a = 0; rc == 0 && a < m->k; a++)
        change -= sum_percentiles(m->quantiles + a * KC_MODEL_PERCENTILES, m->counts[a]);
    for (size_t c = 0; rc == 0 && c < w->k; c++) {
        const int known = w->have[c] == w->counts[c];
        float *to = w->quantiles + c * KC_MODEL_PERCENTILES;
        const float *from = w->edits->changed[c] ? q + c * KC_MODEL_PERCENTILES :
                                            m->quantiles + (size_t)w->edits->from[c] * KC_MODEL_PERCENTILES;
        if (w->edits->changed[c] && !known)
            estimate_percentiles(w, c, v);
        else
            memcpy(to, from, KC_MODEL_PERCENTILES * sizeof *to);
        all &= known;
        change += sum_percentiles(to, w->counts[c]);
        rows += (double)w->counts[c];
    }
    if (rc == 0 && all)
        rc = judge_all(w, mean);
    else if (rc == 0)
        m->baseline = (struct kc_model_baseline){NAN, NAN, NAN, NAN, NAN, m->baseline.similarity + change / rows};
    kc_mem_free(q);
    kc_mem_free(v);
    return rc;
}

/* A row, or an old representative, that may represent a cluster. */
struct candidate {
    double similarity;
    size_t at; /* of rows; of m's representatives */
};

/* Enter a candidate into the list of a cluster, the most similar first, of equals the earlier. */
static void enter_candidate(struct candidate *list, uint32_t *n, struct candidate c)
{
    size_t at = *n;
    if (at == KC_MODEL_REPRESENTATIVES && !(c.similarity > list[at - 1].similarity))
        return;
    if (at < KC_MODEL_REPRESENTATIVES)
        ++*n;
    else
        at--;
    for (; at > 0 && c.similarity > list[at - 1].similarity; at--)
        list[at] = list[at - 1];
    list[at] = c;
}

/* Return the term of row i at hand; NULL if it is not known. */
static const char *get_term(const struct kc_editing *w, size_t i, char digits[20], size_t *n)
{
    if (w->of_ds && w->of_ds[i] == KC_NONE)
        return NULL;
    return kc_dataset_term(w->ds, w->of_ds ? w->of_ds[i] : i, digits, n);
}

/* Return 1 if the rows at hand tell who represents cluster c. */
static int has_rows(const struct kc_editing *w, size_t c)
{
    return w->edits->changed[c] && w->ds && w->have[c] == w->counts[c];
}

/* Fill the lists of the clusters: rows at hand, or representatives that there were. */
static void list_candidates(struct kc_editing *w, const float *similarity, struct candidate *list, uint32_t *have)
{
    const struct kc_model *m = w->m;
    const size_t most = KC_MODEL_REPRESENTATIVES;
    char digits[20];
    size_t n;
    for (size_t i = 0; i < w->rows.n; i++) {
        const uint32_t c = w->label[i];
        if (c != KC_NOISE && has_rows(w, c) && get_term(w, i, digits, &n))
            enter_candidate(list + c * most, have + c, (struct candidate){(double)similarity[i], i});
    }
    for (size_t a = 0; a < m->k; a++) {
        const size_t c = w->edits->place[a];
        if (has_rows(w, c) || w->edits->parts[a] > 1) /* which part an old representative is in is not known */
            continue;
        const double product = w->edits->changed[c] ? kc_editing_product(w, a, c) : 1;
        for (uint32_t j = m->rep_first[a]; j < m->rep_first[a + 1]; j++)
            enter_candidate(list + c * most, have + c, (struct candidate){(double)m->rep_similarity[j] * product, j});
    }
}

int kc_editing_represent(struct kc_editing *w, const float *similarity)
{
    struct kc_model *m = w->m;
    const size_t most = KC_MODEL_REPRESENTATIVES;
    struct candidate *list = kc_mem_alloc(kc_mem_mul(w->k, most), sizeof *list, w->e);
    uint32_t *have = kc_mem_zalloc(w->k, sizeof *have, w->e);
    uint32_t *first = kc_mem_alloc(w->k + 1, sizeof *first, w->e);
    float *of = kc_mem_alloc(kc_mem_mul(w->k, most), sizeof *of, w->e);
    struct kc_strs terms = {0};
    int rc = list && have && first && of ? 0 : -1;
    if (rc == 0) {
        list_candidates(w, similarity, list, have);
        first[0] = 0;
    }
    for (size_t c = 0; rc == 0 && c < w->k; c++) {
        first[c + 1] = first[c] + have[c];
        for (uint32_t j = 0; rc == 0 && j < have[c]; j++) {
            const struct candidate *r = &list[c * most + j];
            char digits[20];
            size_t n;
            const char *term = has_rows(w, c) ? get_term(w, r->at, digits, &n) : kc_strs_get(&m->rep_terms, r->at, &n);
            of[first[c] + j] = (float)fmax(-1, fmin(1, r->similarity));
            rc = kc_strs_add(&terms, term, n, w->e);
        }
    }
    if (rc == 0) {
        kc_mem_free(m->rep_first);
        kc_mem_free(m->rep_similarity);
        kc_strs_free(&m->rep_terms);
        m->rep_first = first;
        m->rep_similarity = of;
        m->rep_terms = terms;
        first = NULL;
        of = NULL;
        terms = (struct kc_strs){0};
    }
    kc_strs_free(&terms);
    kc_mem_free(of);
    kc_mem_free(first);
    kc_mem_free(have);
    kc_mem_free(list);
    return rc;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Merge the entries of two tables by their hashes into `to`, those of `old` only whose hash is none of the n given. */
static int merge_entries(struct kc_model_moved *to, const struct kc_model_moved *old, const struct kc_model_moved *new,
                         const uint64_t *hash, size_t n, struct kc_err *e)
{
    const size_t most = old->n + new->n;
    to->hash = kc_mem_alloc(most, sizeof *to->hash, e);
    to->place = kc_mem_alloc(most, sizeof *to->place, e);
    to->count = kc_mem_alloc(most, sizeof *to->count, e);
    if (!to->hash || !to->place || !to->count)
        return -1;
    for (size_t i = 0, j = 0; i < old->n || j < new->n;) {
        const int take_old = i < old->n && (j == new->n || old->hash[i] < new->hash[j]);
        const struct kc_model_moved *t = take_old ? old : new;
        const size_t at = take_old ? i++ : j++;
        if (take_old && bsearch(&t->hash[at], hash, n, sizeof *hash, by_value))
            continue;
        to->hash[to->n] = t->hash[at];
        to->place[to->n] = t->place[at];
        to->count[to->n++] = t->count[at];
    }
    return 0;
}

int kc_editing_record_moved(struct kc_editing *w)
{
    struct kc_model *m = w->m;
    struct kc_model_moved old = m->moved, new = {0};
    const size_t n = w->rows.n;
    if (m->kind != KC_MODEL_CENTROIDS || n == 0)
        return 0;
    uint64_t *hash = kc_mem_alloc(n, sizeof *hash, w->e);
    m->moved = (struct kc_model_moved){0};
    int rc = hash ? kc_model_find_moved(w->ctx, m, &w->rows, w->label, w->e) : -1;
    new = m->moved;
    m->moved = (struct kc_model_moved){0};
    for (size_t i = 0; rc == 0 && i < n; i++)
        hash[i] = kc_la_hash(kc_rows_at(&w->rows, i), m->d);
    if (rc == 0) {
        qsort(hash, n, sizeof *hash, by_value);
        rc = merge_entries(&m->moved, &old, &new, hash, n, w->e);
    }
    kc_mem_free(hash);
    kc_model_moved_free(&new);
    kc_model_moved_free(&old);
    return rc;
}
