/* info: what a data file holds, or a model. */
#ifndef KC_JOB_INFO_H
#define KC_JOB_INFO_H

#include "in/dataset.h"

struct kc_job_info {
    struct kc_in_opts in;
    const char *output; /* "-": standard output */
    int json;           /* one JSON object instead of text */
};

/* in: a single file that is a model, see kc_model_is. */
int kc_job_info_model(const struct kc_job_info *j, struct kc_err *e) KC_MUST_USE;

int kc_job_info_run(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_err *e) KC_MUST_USE;

#endif
