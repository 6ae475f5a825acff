/* convert: copy vectors from any format to jsonl, kvec, npy, raw, faiss or fvecs. They are not changed: not normalised,
 * and rows of zeros are copied too. */
#ifndef KC_JOB_CONVERT_H
#define KC_JOB_CONVERT_H

#include "in/dataset.h"

struct kc_job_convert {
    struct kc_in_opts in;
    enum kc_in_format target; /* KC_IN_AUTO: by the suffix of `output`, else jsonl */
    const char *output;       /* "-": standard output */
};

/* Run the job. Records are streamed: a failure may leave whole ones on standard output, but no incomplete named
 * file. */
int kc_job_convert_run(const struct kc_ctx *ctx, const struct kc_job_convert *j, struct kc_err *e) KC_MUST_USE;

/* Find the format by the suffix of a file name: .jsonl and .ndjson, .kvec, .npy, .raw, .faiss, .fvecs; KC_IN_AUTO
 * for any other. KC_EUSAGE for the suffix of a compressed file, which kclust reads but does not write. */
int kc_job_convert_target(const char *output, enum kc_in_format *f, struct kc_err *e) KC_MUST_USE;

#endif
