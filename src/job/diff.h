/* diff: report what became of the clusters between two labellings, or between two models. */
#ifndef KC_JOB_DIFF_H
#define KC_JOB_DIFF_H

#include "base/ctx.h"
#include "core/track/lineage.h"
#include "in/fields/labels.h"

struct kc_job_diff {
    const char *old, *new; /* files of labels, or both models; "-" is standard input */
    struct kc_labels_opts labels;
    struct kc_lineage_opts lineage;
    const char *output;    /* "-": standard output */
    int json;
    const char *report;    /* the HTML report, or NULL */
};

/* Run the job. *same is set to 1 if the common rows are in the same clusters, whatever their labels; for models, if
 * every cluster is kept. KC_EINPUT if no row is in both files, if the models differ in their dimensions, or if only one
 * of the two is a model. */
int kc_job_diff_run(const struct kc_ctx *ctx, const struct kc_job_diff *j, int *same, struct kc_err *e) KC_MUST_USE;

#endif
