/* The stability of the clusters of a fit: as many clusters are made again of resampled rows. */
#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "core/choice/trust.h"
#include "job/fit_run.h"
#include "job/set_k.h"

#define SEED 42 /* of the draws */

int kc_fit_trust_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_clustering *f = &run->fit;
    const double began = kc_clock_now();
    size_t used;
    if (j->resamples == 0 || f->k == 0)
        return 0;
    void *opts = kc_mem_alloc(j->algorithm->opts_size, 1, e);
    f->stability = kc_mem_alloc(f->k, sizeof *f->stability, e);
    int rc = opts && f->stability ? 0 : -1;
    if (rc == 0) {
        memcpy(opts, run->opts, j->algorithm->opts_size);
        rc = j->algorithm->noise ? 0 : kc_job_set_k(j->algorithm, opts, f->k, e);
    }
    const struct kc_trust_opts o = {.algorithm = j->algorithm, .opts = opts, .original = run->request.original,
                                    .weights = run->weight, .seed = SEED, .resamples = (uint32_t)j->resamples,
                                    .most = KC_TRUST_ROWS};
    kc_ctx_stage(&run->ctx, KC_PHASE_INDEX);
    if (rc == 0)
        rc = kc_trust_run(&run->ctx, run->rows, f->labels, f->k, &o, f->stability, &used, e);
    if (rc == 0)
        kc_ctx_log(&run->ctx, KC_LOG_INFO, "stability: %llu resamples of %zu rows",
                   (unsigned long long)j->resamples, used);
    if (rc == 0 && kc_out_has_column(&j->out, KC_COL_STABILITY)) {
        run->row_stability = kc_mem_alloc(f->n, sizeof *run->row_stability, e);
        rc = run->row_stability ? 0 : -1;
        for (size_t i = 0; rc == 0 && i < f->n; i++)
            run->row_stability[i] = f->labels[i] == KC_NOISE ? NAN : (float)f->stability[f->labels[i]];
    }
    run->trust_seconds = kc_clock_now() - began;
    kc_mem_free(opts);
    return rc;
}

uint64_t kc_fit_trust_bytes(const struct kc_job_fit *j, size_t n, size_t d, uint64_t k, unsigned threads)
{
    const struct kc_trust_opts o = {.algorithm = j->algorithm, .opts = j->opts, .resamples = (uint32_t)j->resamples,
                                    .most = KC_TRUST_ROWS};
    return j->resamples ? k * sizeof(double) + kc_trust_bytes(n, d, &o, threads) : 0;
}
