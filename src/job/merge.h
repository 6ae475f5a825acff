/* merge: add up the tallies of shards, and let the model step to their sums. */
#ifndef KC_JOB_MERGE_H
#define KC_JOB_MERGE_H

#include "base/ctx.h"
#include "base/mem.h"

struct kc_job_merge {
    const char *const *parts;   /* (nparts) models with tallies; "-": standard input, once */
    size_t nparts;              /* at least 1 */
    const char *output;         /* file for the model */
    const char *summary;        /* the JSON sidecar, or NULL */
    int as_part;                /* 1: the output is the old model, with all tallies as one */
    double lock_timeout;        /* seconds to wait for another run that writes the model; negative: no limit */
    int64_t created;            /* time stored in the model, seconds since 1970; -1: none */
    int want_text;              /* fill text */
};

/* Check that standard output is wanted at most once. KC_EUSAGE. */
int kc_job_merge_check_outputs(const struct kc_job_merge *j, struct kc_err *e) KC_MUST_USE;

/* Run the job. The parts are read one after the other: two of them are in memory at a time. text: receives the summary
 * for people. */
int kc_job_merge_run(const struct kc_ctx *ctx, const struct kc_job_merge *j, struct kc_buf *text,
                     struct kc_err *e) KC_MUST_USE;

#endif
