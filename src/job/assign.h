/* assign: rows get the clusters of a saved model, as they come. */
#ifndef KC_JOB_ASSIGN_H
#define KC_JOB_ASSIGN_H

#include "core/judge/drift.h"
#include "in/dataset.h"
#include "model/assign.h"
#include "report/labels.h"

struct kc_job_assign {
    struct kc_in_opts in;   /* normalise, want_raw, each and what goes with it are set by the job */
    const char *model;
    struct kc_assign_opts assign; /* want_silhouette is set by the job */
    struct kc_out_opts out;
    const char *output;     /* the labels; "-": standard output */
    const char *summary;    /* the JSON sidecar, or NULL */
    const char *prometheus; /* a textfile for node_exporter, or NULL */
    int drift;              /* work out the figures of drift */
    struct kc_drift_limits limits;
    int want_text;          /* fill result.text */
};

struct kc_job_assign_result {
    int drifted;        /* with drift: a limit was crossed */
    struct kc_buf text; /* the summary for people */
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_assign_check_outputs(const struct kc_job_assign *j, struct kc_err *e) KC_MUST_USE;

/* Streams: a failure may leave whole lines on standard output, but no half-made named file. r is zero-initialised by
 * the callee; free with kc_job_assign_free, also after a failure. */
int kc_job_assign_run(const struct kc_ctx *ctx, const struct kc_job_assign *j, struct kc_job_assign_result *r,
                      struct kc_err *e) KC_MUST_USE;
void kc_job_assign_free(struct kc_job_assign_result *r);

#endif
