/* why: what a model says of single rows, and why. */
#ifndef KC_JOB_WHY_H
#define KC_JOB_WHY_H

#include "in/dataset.h"
#include "model/assign.h"

#define KC_WHY_ROWS_MOST 100 /* rows that are asked about */

struct kc_job_why {
    struct kc_in_opts in;   /* the job sets normalise, expect_dim, expect_from, attributes and memory */
    const char *model;
    struct kc_assign_opts assign; /* threshold and min_margin */
    const char *row[KC_WHY_ROWS_MOST]; /* terms, or numbers of rows from 0, "17" or "#17" */
    size_t nrows;           /* 0: the only row */
    uint64_t top;           /* centroids to list */
    uint64_t neighbours;    /* rows to list */
    uint64_t keywords;      /* keywords of each cluster to compare texts with; 0: none */
    const char *text_field; /* field of the texts; NULL: the terms */
    uint64_t languages;     /* as in text/keywords.h */
    uint64_t max_memory;    /* bytes, 0: no limit */
    const char *output;     /* "-": standard output */
    int json;               /* one JSON object instead of text */
};

/* Run the job. KC_EINPUT if a row is not there, or if it is not clear which one is meant. */
int kc_job_why_run(const struct kc_ctx *ctx, const struct kc_job_why *j, struct kc_err *e) KC_MUST_USE;

#endif
