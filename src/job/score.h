/* score: judge a labelling by the vectors and by gold labels. */
#ifndef KC_JOB_SCORE_H
#define KC_JOB_SCORE_H

#include "in/dataset.h"
#include "job/align.h"

struct kc_job_score {
    struct kc_job_labels labels;
    int vectors;          /* 1: there are vectors */
    struct kc_in_opts in; /* where they are; the job sets normalise. term_field is used for label files too */
    struct kc_job_labels gold; /* known to be right, or none */
    uint64_t worst;       /* list at most so many rows, pairs or clusters that lower the figures */
    double duplicates;    /* list pairs of rows at least so similar that have different labels; 0: none */
    uint64_t max_memory;  /* bytes, 0: no limit */
    const char *output;   /* "-": standard output */
    int json;             /* one JSON object instead of text */
    const char *report;   /* the HTML report, or NULL */
};

/* Run the job. KC_EINPUT if one file has a term (or, without terms, a row) that the other does not have. */
int kc_job_score_run(const struct kc_ctx *ctx, const struct kc_job_score *j, struct kc_err *e) KC_MUST_USE;

#endif
