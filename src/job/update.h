/* update: a model learns a batch of rows, which get their labels. */
#ifndef KC_JOB_UPDATE_H
#define KC_JOB_UPDATE_H

#include "core/judge/drift.h"
#include "in/dataset.h"
#include "model/update.h"
#include "report/labels.h"

struct kc_job_update {
    struct kc_in_opts in;     /* normalise, want_raw and what the model expects are set by the job */
    const char *model;
    const char *save;         /* where the changed model goes; NULL: it replaces the model */
    int dry_run;              /* it goes nowhere */
    struct kc_update_opts update;
    struct kc_out_opts out;
    const char *output;       /* "-": standard output */
    const char *late;         /* labels of the pool's rows that came into a cluster, or NULL */
    const char *summary;      /* the JSON sidecar, or NULL */
    const char *prometheus;   /* a textfile for node_exporter, or NULL */
    int drift;
    struct kc_drift_limits limits;
    int64_t created;          /* the time that the model tells, -1: none */
    int want_text;            /* fill result.text */
};

struct kc_job_update_result {
    int drifted;
    struct kc_buf text;
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_update_check_outputs(const struct kc_job_update *j, struct kc_err *e) KC_MUST_USE;

/* The labels are complete before the model is replaced, which comes last: a run that ends in between is run again, and
 * gives the same labels. Two at once on one model: the second waits for the first. r is zero-initialised by the callee;
 * free with kc_job_update_free, also after a failure. */
int kc_job_update_run(const struct kc_ctx *ctx, const struct kc_job_update *j, struct kc_job_update_result *r,
                      struct kc_err *e) KC_MUST_USE;
void kc_job_update_free(struct kc_job_update_result *r);

#endif
