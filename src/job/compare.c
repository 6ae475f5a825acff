/* Comparisons of two labellings, which share rows (core/track/lineage.h), and of two models, whose rows are not known
 * and which are compared by their centroids (core/track/kinship.h). Both fill the same report. */
#include "job/compare.h"

#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "model/model.h"
#include "view/fill.h"

/* Return (k) how many of the n labels name each cluster. The caller frees it. */
static uint64_t *count_sizes(const uint32_t *labels, size_t n, uint32_t k, struct kc_err *e)
{
    uint64_t *c = kc_mem_zalloc(k, sizeof *c, e);
    for (size_t i = 0; c && i < n; i++)
        if (labels[i] != KC_NOISE)
            c[labels[i]]++;
    return c;
}

/* Find the rows that both files have: by term, or row by row if one file has no terms. */
static int align_rows(struct kc_comparison *r, struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_labelling *old = p->old.labels, *new = p->new.labels;
    size_t n = new->n, left = 0;
    r->old_of = kc_mem_alloc(n, sizeof *r->old_of, e);
    r->a = kc_mem_alloc(n, sizeof *r->a, e);
    r->b = kc_mem_alloc(n, sizeof *r->b, e);
    if (!r->old_of || !r->a || !r->b)
        return -1;
    if (old->terms.n > 0 && new->terms.n > 0) {
        if (kc_intern_align(&old->terms, &new->terms, r->old_of, &left, e) != 0)
            return -1;
    } else if (old->n != n) {
        return kc_err_at(e, KC_EINPUT, p->new.name, 0, "%zu labels, expected %zu: one for each row of %s",
                         n, old->n, p->old.name);
    }
    for (size_t i = 0; i < n; i++) {
        if (old->terms.n == 0 || new->terms.n == 0)
            r->old_of[i] = (uint32_t)i;
        int both = r->old_of[i] != KC_INTERN_NONE;
        r->a[i] = both ? old->labels[r->old_of[i]] : KC_NOISE;
        r->b[i] = both ? new->labels[i] : KC_NOISE;
        p->common += (uint64_t)both;
    }
    p->old.only = left;
    p->new.only = n - p->common;
    return p->common > 0 ? 0 : kc_err_at(e, KC_EINPUT, p->new.name, 0, "no term is in %s too",
                                         p->old.name);
}

static int is_same_name(const struct kc_labelling *x, uint32_t i, const struct kc_labelling *y, uint32_t j)
{
    size_t n, m;
    const char *p = kc_strs_get(&x->names, i, &n), *q = kc_strs_get(&y->names, j, &m);
    return n == m && memcmp(p, q, n) == 0;
}

/* Count the pairs of partner clusters whose names differ. */
static void count_renamed(struct kc_diff_report *p)
{
    const uint32_t *partner = p->lineage->partner;
    for (uint32_t j = 0; j < p->new.labels->k; j++)
        p->renamed += partner[j] != KC_NONE && !is_same_name(p->old.labels, partner[j], p->new.labels, j);
}

/* Compare the clusters by the common rows, and complete the report. */
static int compare_labellings(struct kc_comparison *r, struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_labelling *old = p->old.labels, *new = p->new.labels;
    const size_t n = new->n;
    uint64_t moved = 0; /* common rows that have a label on one side only */
    r->old_rows = count_sizes(r->a, n, old->k, e);
    r->new_rows = count_sizes(r->b, n, new->k, e);
    r->old_size = count_sizes(old->labels, old->n, old->k, e);
    r->new_size = count_sizes(new->labels, n, new->k, e);
    if (!r->old_rows || !r->new_rows || !r->old_size || !r->new_size ||
        kc_table_build(&r->table, r->a, old->k, r->b, new->k, n, e) != 0 ||
        kc_table_build(&r->turned, r->b, new->k, r->a, old->k, n, e) != 0 ||
        kc_lineage_compute(&r->lineage, &r->table, r->old_rows, r->new_rows, r->old_size, r->new_size,
                           p->opts, e) != 0)
        return -1;
    if (r->table.n > 0) {
        if (kc_agreement_compute(&r->table, &r->agreement, e) != 0)
            return -1;
        p->agreement = &r->agreement;
    }
    for (size_t i = 0; i < n; i++)
        moved += (r->a[i] == KC_NOISE) != (r->b[i] == KC_NOISE);
    p->lineage = &r->lineage;
    count_renamed(p);
    p->changed = r->table.n - r->lineage.agreed + moved;
    p->same = p->changed == 0;
    return 0;
}

int kc_compare_labels(struct kc_comparison *r, struct kc_diff_report *p, struct kc_err *e)
{
    if (align_rows(r, p, e) != 0 || compare_labellings(r, p, e) != 0)
        return -1;
    p->table = &r->table;
    p->turned = &r->turned;
    p->old.rows = r->old_rows;
    p->old.size = r->old_size;
    p->new.rows = r->new_rows;
    p->new.size = r->new_size;
    return 0;
}

/* Fill l with the ids of a model as names, and s with what kinship needs of it. The caller frees *median. */
static int describe_model(const struct kc_model *m, struct kc_labelling *l, struct kc_kin_side *s, double **median,
                    struct kc_err *e)
{
    char name[32];
    *median = kc_mem_alloc(m->k, sizeof **median, e);
    if (!*median)
        return -1;
    l->integers = 1;
    for (size_t c = 0; c < m->k; c++) {
        int n = snprintf(name, sizeof name, "%lld", (long long)m->ids[c]);
        if (kc_strs_add(&l->names, name, (size_t)n, e) != 0)
            return -1;
        (*median)[c] = (double)kc_model_percentile(m, c, 50);
        l->assigned += m->counts[c];
    }
    l->k = (uint32_t)m->k;
    *s = (struct kc_kin_side){l->k, m->centroids, m->sums, m->counts, *median};
    return 0;
}

int kc_compare_models(struct kc_comparison *r, const struct kc_model *old, const struct kc_model *new,
                      struct kc_labelling *old_ids, struct kc_labelling *new_ids, struct kc_diff_report *p,
                      struct kc_err *e)
{
    struct kc_kin_side a, b;
    double *old_median = NULL, *new_median = NULL;
    int rc = -1;
    if (describe_model(old, old_ids, &a, &old_median, e) == 0 && describe_model(new, new_ids, &b, &new_median, e) == 0)
        rc = kc_kinship_compute(&r->kinship, &a, &b, old->d, p->opts, e);
    kc_mem_free(new_median);
    kc_mem_free(old_median);
    if (rc != 0)
        return -1;
    p->kinship = &r->kinship;
    p->lineage = &r->kinship.lineage;
    p->old.size = old->counts;
    p->new.size = new->counts;
    count_renamed(p);
    return 0;
}

void kc_comparison_free(struct kc_comparison *r)
{
    kc_kinship_free(&r->kinship);
    kc_lineage_free(&r->lineage);
    kc_table_free(&r->turned);
    kc_table_free(&r->table);
    kc_mem_free(r->new_size);
    kc_mem_free(r->old_size);
    kc_mem_free(r->new_rows);
    kc_mem_free(r->old_rows);
    kc_mem_free(r->b);
    kc_mem_free(r->a);
    kc_mem_free(r->old_of);
}
