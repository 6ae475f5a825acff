/* The labels of the clusters: the words that set a cluster apart, or one of its members. */
#include "in/dataset.h"
#include "job/fit_run.h"

/* Return 1 if some output has the labels. */
static int wants_names(const struct kc_job_fit *j)
{
    return kc_out_has_column(&j->out, KC_COL_LABEL) || j->path[KC_FIT_CLUSTERS] || j->path[KC_FIT_MODEL];
}

int kc_fit_name_clusters(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    for (uint32_t c = 0; wants_names(j) && c < f->k; c++) {
        char digits[20];
        size_t n;
        const char *name = j->keywords ? kc_strs_get(&run->keywords.labels, c, &n) :
                           kc_dataset_term(&run->ds, (size_t)f->clusters[c].representative, digits, &n);
        if (kc_strs_add(&run->names, name, n, e) != 0)
            return -1;
    }
    return 0;
}
