/* Clusters of a view: from labels, with their keywords, groups, times and classes. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/date.h"
#include "core/cluster/members.h"
#include "report/facets.h"
#include "text/keywords.h"
#include "view/fill.h"

/* A cluster's place before the view orders it. */
struct sized {
    uint64_t rows;
    uint32_t c;
};

static int by_falling_size(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    return x->rows != y->rows ? (x->rows < y->rows ? 1 : -1) : x->c < y->c ? -1 : x->c > y->c;
}

/* Make the clusters of the sorted ones that have rows, and set the place of each. */
static int make_clusters(struct kc_view *v, const struct sized *s, size_t k, const struct kc_strs *names, uint32_t *of,
                         struct kc_err *e)
{
    v->cluster = kc_mem_zalloc(k, sizeof *v->cluster, e);
    if (!v->cluster)
        return -1;
    for (size_t i = 0; i < k; i++) {
        of[s[i].c] = KC_NONE;
        if (s[i].rows == 0)
            continue;
        size_t n;
        const char *name = kc_strs_get(names, s[i].c, &n);
        of[s[i].c] = v->k;
        v->cluster[v->k++] = (struct kc_view_cluster){.size = s[i].rows, .cohesion = NAN, .silhouette = NAN,
                                                      .stability = NAN, .group = KC_NONE};
        if (kc_strs_add(&v->id, name, n, e) != 0)
            return -1;
    }
    return 0;
}

int kc_view_set_labels(struct kc_view *v, const uint32_t *label, size_t n, const struct kc_strs *names, uint32_t *of,
                       struct kc_err *e)
{
    const size_t k = names->n;
    struct sized *s = kc_mem_zalloc(k, sizeof *s, e);
    uint32_t *place = of ? of : kc_mem_alloc(k, sizeof *place, e);
    int rc = s && place ? 0 : -1;
    for (size_t c = 0; rc == 0 && c < k; c++)
        s[c].c = (uint32_t)c;
    for (size_t i = 0; rc == 0 && i < n; i++)
        if (label[i] != KC_NOISE)
            s[label[i]].rows++;
    v->n = n;
    v->label = rc == 0 ? kc_mem_alloc(n, sizeof *v->label, e) : NULL;
    if (v->label) {
        qsort(s, k, sizeof *s, by_falling_size);
        rc = make_clusters(v, s, k, names, place, e);
    } else {
        rc = -1;
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        v->label[i] = label[i] == KC_NOISE ? KC_NOISE : place[label[i]];
        v->noise += label[i] == KC_NOISE;
    }
    if (!of)
        kc_mem_free(place);
    kc_mem_free(s);
    return rc;
}

int kc_view_set_keywords(struct kc_view *v, const struct kc_keywords *w, const uint32_t *of, struct kc_err *e)
{
    struct kc_view_lists *l = &v->keywords;
    uint32_t *from = kc_mem_alloc(v->k, sizeof *from, e);
    if (!from || kc_view_lists_begin(l, v->k, e) != 0) {
        kc_mem_free(from);
        return -1;
    }
    int rc = 0;
    l->weight = kc_mem_alloc(w->words.n, sizeof *l->weight, e);
    for (uint32_t c = 0; c < w->k; c++)
        if (!of || of[c] != KC_NONE)
            from[of ? of[c] : c] = c;
    kc_strs_free(&v->name);
    for (uint32_t c = 0; l->weight && rc == 0 && c < v->k; c++) {
        size_t n;
        const char *label = kc_strs_get(&w->labels, from[c], &n);
        rc = kc_strs_add(&v->name, label, n, e);
        for (size_t i = w->first[from[c]]; rc == 0 && i < w->first[from[c] + 1]; i++) {
            const char *word = kc_strs_get(&w->words, i, &n);
            l->weight[l->text.n] = w->weight[i];
            rc = kc_strs_add(&l->text, word, n, e);
        }
        kc_view_lists_end(l, c);
    }
    kc_mem_free(from);
    return l->weight ? rc : -1;
}

/* Say which group each cluster is of, if it has rows of one only, and count the clusters of each group. of: the rows by
 * group; seen (k): the last group counted for each cluster, and one. */
static void count_groups(struct kc_view *v, const struct kc_members *of, uint32_t *seen)
{
    for (uint32_t g = 0; g < of->k; g++)
        for (size_t i = of->first[g]; i < of->first[g + 1]; i++) {
            const uint32_t c = v->label[of->row[i]];
            if (c == KC_NOISE || seen[c] == g + 1)
                continue;
            v->cluster[c].group = seen[c] == 0 ? g : KC_NONE;
            seen[c] = g + 1;
            v->group_figures[g].clusters++;
        }
}

int kc_view_set_groups(struct kc_view *v, const uint32_t *group, const struct kc_strs *names, struct kc_err *e)
{
    struct kc_members of = {0};
    uint32_t *seen = kc_mem_zalloc(v->k, sizeof *seen, e);
    double *known = kc_mem_zalloc(names->n, sizeof *known, e);
    v->group_figures = kc_mem_zalloc(names->n, sizeof *v->group_figures, e);
    int rc = seen && known && v->group_figures &&
                     kc_members_make(&of, group, (size_t)v->n, (uint32_t)names->n, e) == 0
                 ? kc_strs_append(&v->group, names, e) : -1;
    for (size_t i = 0; rc == 0 && i < v->n; i++) {
        struct kc_view_group *g = &v->group_figures[group[i]];
        g->rows++;
        if (v->row_silhouette && v->label[i] != KC_NOISE && !isnan(v->row_silhouette[i])) {
            g->silhouette += (double)v->row_silhouette[i];
            known[group[i]]++;
        }
    }
    if (rc == 0)
        count_groups(v, &of, seen);
    for (size_t g = 0; rc == 0 && g < names->n; g++)
        v->group_figures[g].silhouette = known[g] > 0 ? v->group_figures[g].silhouette / known[g] : NAN;
    kc_members_free(&of);
    kc_mem_free(known);
    kc_mem_free(seen);
    return rc;
}

/* A row with the silhouette that it is sorted by. */
struct ranked {
    float silhouette;
    uint32_t row;
};

static int by_silhouette(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->silhouette != y->silhouette ? (x->silhouette < y->silhouette ? -1 : 1) : x->row < y->row ? -1 : 1;
}

/* List the rows that are not of their cluster's most frequent class, the lowest silhouettes first. */
static int list_worst(struct kc_view *v, const uint32_t *gold, size_t worst, struct kc_err *e)
{
    const size_t m = v->gold.n;
    struct ranked *r = kc_mem_alloc((size_t)v->n, sizeof *r, e);
    uint32_t *most = kc_mem_zalloc(v->k, sizeof *most, e);
    size_t n = 0;
    if (!r || !most || !(v->worst = kc_mem_zalloc(worst, sizeof *v->worst, e))) {
        kc_mem_free(r);
        kc_mem_free(most);
        return -1;
    }
    for (size_t c = 0; c < v->k; c++)
        for (size_t g = 1; g < m; g++)
            if (v->gold_rows[c * (m + 1) + g] > v->gold_rows[c * (m + 1) + most[c]])
                most[c] = (uint32_t)g;
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE && gold[i] != KC_NOISE && gold[i] != most[v->label[i]])
            r[n++] = (struct ranked){v->row_silhouette && !isnan(v->row_silhouette[i]) ? v->row_silhouette[i] : 2,
                                     (uint32_t)i};
    qsort(r, n, sizeof *r, by_silhouette);
    for (v->nworst = 0; v->nworst < n && v->nworst < worst; v->nworst++) {
        const uint32_t i = r[v->nworst].row;
        v->worst[v->nworst] = (struct kc_view_worst){i, v->label[i], gold[i],
                                                     v->row_silhouette ? (double)v->row_silhouette[i] : NAN};
    }
    kc_mem_free(most);
    kc_mem_free(r);
    return 0;
}

int kc_view_set_gold(struct kc_view *v, const uint32_t *gold, const struct kc_strs *names, size_t worst,
                     struct kc_err *e)
{
    const size_t m = names->n;
    struct kc_table t = {0};
    v->gold_rows = kc_mem_zalloc(kc_mem_mul((size_t)v->k + 1, m + 1), sizeof *v->gold_rows, e);
    if (!v->gold_rows || kc_strs_append(&v->gold, names, e) != 0)
        return -1;
    for (size_t i = 0; i < v->n; i++) {
        const size_t c = v->label[i] == KC_NOISE ? v->k : v->label[i], g = gold[i] == KC_NOISE ? m : gold[i];
        v->gold_rows[c * (m + 1) + g]++;
    }
    int rc = kc_table_build(&t, v->label, v->k, gold, (uint32_t)m, (size_t)v->n, e);
    if (rc == 0 && t.n > 0)
        rc = kc_agreement_compute(&t, &v->agreement, e);
    kc_table_free(&t);
    return rc == 0 ? list_worst(v, gold, worst, e) : -1;
}

int kc_view_index_make(struct kc_view_index *t, const struct kc_view *v, struct kc_err *e)
{
    t->place = kc_mem_alloc(v->k, sizeof *t->place, e);
    for (uint32_t c = 0; t->place && c < v->k; c++) {
        size_t n;
        const char *id = kc_strs_get(&v->id, c, &n);
        const size_t known = t->ids.strs.n;
        uint32_t number;
        if (kc_intern_add(&t->ids, id, n, &number, e) != 0)
            return -1;
        if (number == known)
            t->place[number] = c;
    }
    return t->place ? 0 : -1;
}

void kc_view_index_free(struct kc_view_index *t)
{
    kc_intern_free(&t->ids);
    kc_mem_free(t->place);
    t->place = NULL;
}

uint32_t kc_view_find(const struct kc_view_index *t, int64_t id)
{
    char text[24];
    const size_t n = (size_t)snprintf(text, sizeof text, "%lld", (long long)id);
    const uint32_t number = kc_intern_find(&t->ids, text, n);
    return number == KC_INTERN_NONE ? KC_NONE : t->place[number];
}

/* Append the most frequent values of a cluster's rows (m). */
static int add_values(struct kc_view_lists *l, struct kc_facets *t, const struct kc_field *field, const uint32_t *row,
                      size_t m, struct kc_err *e)
{
    if (kc_facets_count(t, field, row, m, e) != 0)
        return -1;
    const size_t n = kc_facets_top(t, KC_VIEW_FACET_VALUES);
    double *weight = kc_mem_realloc(l->weight, l->text.n + n + 1, sizeof *weight, e);
    if (!weight)
        return -1;
    l->weight = weight;
    for (size_t i = 0; i < n; i++) {
        size_t len;
        const char *value = kc_strs_get(&t->values.strs, t->order[i], &len);
        weight[l->text.n] = (double)t->count[t->order[i]];
        if (kc_strs_add(&l->text, value, len, e) != 0)
            return -1;
    }
    return 0;
}

int kc_view_add_facet(struct kc_view *v, const char *name, const struct kc_field *field, struct kc_err *e)
{
    struct kc_members members = {0};
    struct kc_facets counter = {0};
    if (v->nfacets == KC_VIEW_FACETS_MOST)
        return kc_err_set(e, KC_EUSAGE, "more than %d facets", KC_VIEW_FACETS_MOST);
    struct kc_view_facet *f = &v->facet[v->nfacets++];
    f->name = kc_mem_strdup(name, e);
    int rc = f->name && kc_members_make(&members, v->label, (size_t)v->n, v->k, e) == 0 ?
                 kc_view_lists_begin(&f->values, v->k, e) : -1;
    for (uint32_t c = 0; rc == 0 && c < v->k; c++) {
        rc = add_values(&f->values, &counter, field, members.row + members.first[c],
                        members.first[c + 1] - members.first[c], e);
        kc_view_lists_end(&f->values, c);
    }
    kc_facets_free(&counter);
    kc_members_free(&members);
    return rc;
}

int kc_view_add_fact(struct kc_view *v, struct kc_err *e, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return kc_strs_add(&v->fact, name, strlen(name), e) != 0 || kc_strs_add(&v->fact, text, strlen(text), e) != 0 ?
               -1 : 0;
}
