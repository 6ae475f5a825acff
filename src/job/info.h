/* info: describe a data file or a model. */
#ifndef KC_JOB_INFO_H
#define KC_JOB_INFO_H

#include "in/dataset.h"

struct kc_job_info {
    struct kc_in_opts in;
    const char *output; /* "-": standard output */
    int json;           /* one JSON object instead of text */
};

/* Describe in text the model in src, opened at path, for which kc_model_is returned 1. The caller closes it. */
int kc_job_info_model(const struct kc_job_info *j, const char *path, struct kc_source *src, struct kc_buf *text,
                      struct kc_err *e) KC_MUST_USE;

/* Describe the input; if it is a model, by kc_job_info_model. */
int kc_job_info_run(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_err *e) KC_MUST_USE;
/* The same for a map. */
int kc_job_info_map(const struct kc_job_info *j, const char *path, struct kc_source *src, struct kc_buf *text,
                    struct kc_err *e) KC_MUST_USE;

#endif
