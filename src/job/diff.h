/* diff: what became of the clusters from one labelling to another. */
#ifndef KC_JOB_DIFF_H
#define KC_JOB_DIFF_H

#include "core/lineage.h"
#include "in/labels.h"

struct kc_job_diff {
    const char *old, *new; /* files; "-" is standard input */
    struct kc_labels_opts labels;
    struct kc_lineage_opts lineage;
    const char *output;    /* "-": standard output */
    int json;
};

/* *same: the common rows are in the same clusters, whatever these are called. KC_EINPUT when no row is in both. */
int kc_job_diff_run(const struct kc_job_diff *j, int *same, struct kc_err *e) KC_MUST_USE;

#endif
