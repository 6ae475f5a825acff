/* score: the quality of a labelling, by vectors and by gold labels. */
#ifndef KC_JOB_SCORE_H
#define KC_JOB_SCORE_H

#include "in/dataset.h"
#include "in/fields/labels.h"

struct kc_job_score {
    const char *labels; /* file; "-" is standard input */
    enum kc_labels_format labels_format;
    int vectors;          /* there are vectors, as in says (normalise is set by the job) */
    struct kc_in_opts in; /* its term_field is for label files too */
    const char *gold;     /* file of gold labels, or NULL */
    enum kc_labels_format gold_format;
    uint64_t worst;       /* rows of the lowest silhouettes to be named, at most */
    uint64_t max_memory;  /* bytes, 0: no limit */
    const char *output;   /* "-": standard output */
    int json;             /* one JSON object instead of text */
};

/* KC_EINPUT when the files do not go together: a term (or, without terms, a row) of one that the other has not. */
int kc_job_score_run(const struct kc_ctx *ctx, const struct kc_job_score *j, struct kc_err *e) KC_MUST_USE;

#endif
