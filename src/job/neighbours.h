/* neighbours: the most similar rows of each row. */
#ifndef KC_JOB_NEIGHBOURS_H
#define KC_JOB_NEIGHBOURS_H

#include "in/dataset.h"
#include "report/neighbours.h"

struct kc_job_neighbours {
    struct kc_in_opts in;    /* the job sets normalise and the attributes */
    uint64_t m;              /* neighbours of a row at most */
    double least;            /* --min-similarity; -2: no limit */
    const char *time_field;  /* or NULL */
    int64_t decay;           /* microseconds; 0: none */
    double recall;           /* the share of the neighbours to find; 1: all; 0: the default of core/near/near.h */
    uint64_t max_memory;     /* bytes, 0: no limit */
    const char *output;      /* "-": standard output */
    struct kc_near_opts out;
};

/* Run the job. summary: set to one line about what was done; the caller frees it. */
int kc_job_neighbours_run(const struct kc_ctx *ctx, const struct kc_job_neighbours *j, struct kc_buf *summary,
                          struct kc_err *e) KC_MUST_USE;

#endif
