/* convert: vectors from any format into jsonl, kvec, npy, raw, faiss or fvecs, as they are: not normalised, rows of zeros too. */
#ifndef KC_JOB_CONVERT_H
#define KC_JOB_CONVERT_H

#include "in/dataset.h"

struct kc_job_convert {
    struct kc_in_opts in;
    enum kc_in_format target; /* KC_IN_AUTO: by the suffix of output, else jsonl */
    const char *output;       /* "-": standard output */
};

/* Streams: a failure may leave whole records on standard output, but no half-made named file. */
int kc_job_convert_run(const struct kc_ctx *ctx, const struct kc_job_convert *j, struct kc_err *e) KC_MUST_USE;

/* The format that a file name asks for: .jsonl and .ndjson, .kvec, .npy, .raw, .faiss, .fvecs; KC_IN_AUTO for any other name. KC_EUSAGE
 * for a compressed one, which kclust reads but does not write. */
int kc_job_convert_target(const char *output, enum kc_in_format *f, struct kc_err *e) KC_MUST_USE;

#endif
