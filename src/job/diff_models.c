/* Two models compared by their centroids (core/track/kinship.h): the rows are not known. */
#include "job/diff_models.h"

#include <stdio.h>
#include "view/fill.h"

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

int kc_job_compare_models(const struct kc_model *old, const struct kc_model *new, const struct kc_lineage_opts *o,
                          struct kc_labelling *old_labels, struct kc_labelling *new_labels, struct kc_kinship *kinship,
                          struct kc_diff_report *p, struct kc_err *e)
{
    struct kc_kin_side a, b;
    double *old_median = NULL, *new_median = NULL;
    int rc = -1;
    if (describe_model(old, old_labels, &a, &old_median, e) == 0 &&
        describe_model(new, new_labels, &b, &new_median, e) == 0)
        rc = kc_kinship_compute(kinship, &a, &b, old->d, o, e);
    kc_mem_free(new_median);
    kc_mem_free(old_median);
    p->kinship = kinship;
    p->lineage = &kinship->lineage;
    p->old.size = old->counts;
    p->new.size = new->counts;
    return rc;
}

int kc_job_view_models(const struct kc_model *old, const char *old_name, const struct kc_model *new,
                       const char *new_name, const struct kc_lineage_opts *o, struct kc_view *v, struct kc_err *e)
{
    struct kc_labelling old_labels = {0}, new_labels = {0};
    struct kc_kinship kinship = {0};
    struct kc_diff_report p = {.old = {.name = old_name, .labels = &old_labels},
                               .new = {.name = new_name, .labels = &new_labels}, .opts = o};
    if (old->d != new->d)
        return 0;
    int rc = kc_job_compare_models(old, new, o, &old_labels, &new_labels, &kinship, &p, e);
    if (rc == 0)
        rc = kc_view_set_flow(v, &p, e);
    kc_kinship_free(&kinship);
    kc_labelling_free(&new_labels);
    kc_labelling_free(&old_labels);
    return rc;
}
