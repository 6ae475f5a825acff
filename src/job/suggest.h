/* suggest: which number of clusters, or which algorithm, suits the rows. */
#ifndef KC_JOB_SUGGEST_H
#define KC_JOB_SUGGEST_H

#include "core/kmeans/kmeans.h"
#include "job/align.h"
#include "job/fit.h"

struct kc_job_suggest {
    struct kc_job_fit base;    /* of it: in, space and space_dims */
    struct kc_kmeans_opts fit; /* the k to try, and how */
    int all;                   /* 1: compare algorithms */
    double budget;             /* seconds after which no further algorithm is begun */
    uint64_t resamples;        /* for the stability of the clusters; 0: none */
    struct kc_job_labels gold; /* known to be right, of some rows at least; or none */
    const char *output;        /* "-": standard output */
    int json;                  /* one JSON object instead of text */
    const char *report;        /* the HTML report of the choice of k, or NULL */
    const char *reading;       /* what a command that reads the same rows has after its other options: options and
                                * operands, quoted for a shell */
};

#define KC_SUGGEST_BUDGET 60
#define KC_SUGGEST_RESAMPLES 20
/* Three restarts for each k tell as much about k as ten, in a third of the time. */
#define KC_SUGGEST_FIT \
    {.k = {.min = 2, .max = 20, .step = 1}, .n_init = 3, .min_size = 1, .max_iter = 100, .tol = 1e-6, .seed = 42, \
     .sample = KC_KMEANS_SAMPLE}

/* Run the job. */
int kc_job_suggest_run(const struct kc_ctx *ctx, const struct kc_job_suggest *j, struct kc_err *e) KC_MUST_USE;

#endif
