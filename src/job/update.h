/* update: label a batch of rows with a model, and let the model learn from them. */
#ifndef KC_JOB_UPDATE_H
#define KC_JOB_UPDATE_H

#include "core/judge/drift.h"
#include "in/dataset.h"
#include "model/update.h"
#include "report/labels.h"

struct kc_job_update {
    struct kc_in_opts in;     /* the job sets normalise, want_raw, expect_dim and expect_from */
    const char *model;
    const char *save;         /* file for the changed model; NULL: it replaces `model` */
    int dry_run;              /* 1: the changed model is not written */
    struct kc_update_opts update;
    struct kc_out_opts out;
    const char *output;       /* file for the labels; "-": standard output */
    enum kc_out_format late_format;
    const char *late;         /* file for labels of earlier rows of the pool that got a cluster, or NULL */
    const char *summary;      /* the JSON sidecar, or NULL */
    const char *report;       /* the HTML report of the changed model, or NULL */
    const char *prometheus;   /* a textfile for node_exporter, or NULL */
    int drift;                /* compute the figures of drift */
    double lock_timeout;      /* seconds to wait for another run that writes the model; negative: no limit */
    struct kc_drift_limits limits;
    int64_t created;          /* time stored in the model, seconds since 1970; -1: none */
    int want_text;            /* fill result.text */
};

struct kc_job_update_result {
    int drifted;        /* with drift: a limit was crossed */
    struct kc_buf text; /* the summary for people */
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_update_check_outputs(const struct kc_job_update *j, struct kc_err *e) KC_MUST_USE;

/* Run the job. The model is replaced last, when the labels are complete: a run that is killed before can be repeated
 * and gives the same labels. If two runs update one model at once, the second waits for the first. r is
 * zero-initialised by the callee; free it with kc_job_update_free, also after a failure. */
int kc_job_update_run(const struct kc_ctx *ctx, const struct kc_job_update *j, struct kc_job_update_result *r,
                      struct kc_err *e) KC_MUST_USE;
void kc_job_update_free(struct kc_job_update_result *r);

#endif
