/* The centroids that a fit starts from: vectors of any input format, one for each cluster. Their number becomes the k
 * of the algorithm's options. */
#include <string.h>
#include "job/fit_run.h"
#include "job/set_k.h"

/* Set the option k of the algorithm. */
static int set_k(const struct kc_job_fit *j, void *opts, size_t k, struct kc_err *e)
{
    const struct kc_option *o = kc_job_find_k(j->algorithm);
    if (!o)
        return kc_err_set(e, KC_EUSAGE, "--centroids is not for --algorithm %s", j->algorithm->name);
    char given[KC_OPTION_TEXT_MAX], usual[KC_OPTION_TEXT_MAX];
    kc_option_text(o, j->opts, 1, given);
    kc_option_text(o, j->algorithm->defaults, 1, usual);
    if (strcmp(given, usual) != 0)
        return kc_err_set(e, KC_EUSAGE, "-k and --centroids cannot be combined: k is the number of centroids");
    return kc_job_set_k(j->algorithm, opts, k, e);
}

int kc_fit_read_start(struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_in_opts in = {.format = KC_IN_AUTO, .max_line = j->in.max_line, .normalise = 1, .dims = j->in.dims,
                            .files = &j->centroids, .nfiles = 1};
    struct kc_ctx alone = run->ctx;
    alone.team = NULL; /* every rank has all centroids */
    if (kc_in_load(&alone, &in, &run->given, e) != 0)
        return -1;
    run->start_opts = kc_mem_alloc(j->algorithm->opts_size, 1, e);
    if (!run->start_opts)
        return -1;
    memcpy(run->start_opts, j->opts, j->algorithm->opts_size);
    if (set_k(j, run->start_opts, run->given.rows.n, e) != 0 || j->algorithm->check(run->start_opts, e) != 0)
        return -1;
    j->opts = run->start_opts;
    j->in.expect_dim = run->given.rows.d;
    j->in.expect_from = j->centroids;
    return 0;
}
