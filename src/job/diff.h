/* diff: what became of the clusters from one labelling to another, or from one model to another. */
#ifndef KC_JOB_DIFF_H
#define KC_JOB_DIFF_H

#include "core/track/lineage.h"
#include "in/fields/labels.h"

struct kc_job_diff {
    const char *old, *new; /* files of labels, or both models; "-" is standard input */
    struct kc_labels_opts labels;
    struct kc_lineage_opts lineage;
    const char *output;    /* "-": standard output */
    int json;
};

/* *same: the common rows are in the same clusters, whatever these are called; of models: every cluster is kept.
 * KC_EINPUT when no row is in both, for models of different dimensions, and for a model and labels. */
int kc_job_diff_run(const struct kc_job_diff *j, int *same, struct kc_err *e) KC_MUST_USE;

#endif
