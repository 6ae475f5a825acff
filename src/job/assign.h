/* assign: label rows with a saved model, piece by piece as they arrive. */
#ifndef KC_JOB_ASSIGN_H
#define KC_JOB_ASSIGN_H

#include "core/judge/drift.h"
#include "in/dataset.h"
#include "model/assign.h"
#include "report/labels.h"

struct kc_job_assign {
    struct kc_in_opts in;   /* the job sets normalise, want_raw, prompt, expect_dim, expect_from, each, each_arg */
    const char *model;
    struct kc_assign_opts assign; /* the job sets want_silhouette */
    struct kc_out_opts out;
    const char *output;     /* file for the labels; "-": standard output */
    const char *tally;      /* file for the model with a tally of the rows, or NULL */
    const char *summary;    /* the JSON sidecar, or NULL */
    const char *prometheus; /* a textfile for node_exporter, or NULL */
    int drift;              /* compute the figures of drift */
    struct kc_drift_limits limits;
    int want_text;          /* fill result.text */
};

struct kc_job_assign_result {
    int drifted;        /* with drift: a limit was crossed */
    struct kc_buf text; /* the summary for people */
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_assign_check_outputs(const struct kc_job_assign *j, struct kc_err *e) KC_MUST_USE;

/* Run the job. Labels are streamed: a failure may leave whole lines on standard output, but no incomplete named file. r
 * is zero-initialised by the callee; free it with kc_job_assign_free, also after a failure. */
int kc_job_assign_run(const struct kc_ctx *ctx, const struct kc_job_assign *j, struct kc_job_assign_result *r,
                      struct kc_err *e) KC_MUST_USE;
void kc_job_assign_free(struct kc_job_assign_result *r);

#endif
