/* Whether the rows have any structure, before they are clustered: if --k-by auto finds none, they are one cluster. The
 * test is about the rows as read, whatever space they are clustered in. */
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "job/fit_run.h"
#include "job/set_k.h"

int kc_fit_wants_structure(const struct kc_job_fit *j)
{
    return j->test_structure || (!kc_fit_in_parts(j) && (kc_fit_evidence(j) & KC_EVIDENCE_AUTO) == KC_EVIDENCE_AUTO);
}

uint64_t kc_fit_structure_bytes(const struct kc_job_fit *j, size_t n, size_t d, unsigned threads)
{
    const struct kc_structure_opts o = KC_STRUCTURE_OPTS_DEFAULT;
    return kc_fit_wants_structure(j) ? kc_structure_bytes(n, d, &o, threads) : 0;
}

int kc_fit_structure_test(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_structure_opts o = KC_STRUCTURE_OPTS_DEFAULT;
    const double began = kc_clock_now();
    struct kc_structure *s = &run->structure;
    if (!kc_fit_wants_structure(j))
        return 0;
    kc_ctx_stage(&run->ctx, KC_PHASE_INDEX);
    if (kc_structure_test(&run->ctx, &run->ds.rows, &o, s, e) != 0)
        return -1;
    run->structure_seconds = kc_clock_now() - began;
    if (s->rows == 0) {
        kc_ctx_log(&run->ctx, KC_LOG_INFO, "structure: %zu rows are too few to test", run->ds.rows.n);
        return 0;
    }
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "structure: modularity %.4f, %.1f deviations above that of %u references; "
               "silhouette %.4f, %.1f", s->modularity, s->modularity_z, s->references, s->silhouette, s->silhouette_z);
    if (s->found)
        return 0;
    const int one = (kc_fit_evidence(j) & KC_EVIDENCE_AUTO) == KC_EVIDENCE_AUTO;
    kc_ctx_log(&run->ctx, KC_LOG_WARN, "no structure was found%s: the best partition is no better than those of "
               "Gaussian rows (modularity %.2f, theirs %.2f; silhouette %.2f, theirs %.2f)%s", one ? ", so k = 1" : "",
               s->modularity, s->reference_modularity, s->silhouette, s->reference_silhouette,
               one ? "; -k K makes K clusters all the same" : "");
    return one ? kc_job_set_k(j->algorithm, run->opts, 1, e) : 0;
}

void kc_fit_structure_report(const struct kc_job_fit *j, struct kc_job_run *run)
{
    struct kc_clustering *f = &run->fit;
    const size_t at = strlen(f->limit_reason);
    if (!j->test_structure || run->structure.found)
        return;
    snprintf(f->limit_reason + at, sizeof f->limit_reason - at, "%sno structure was found", at ? "; " : "");
    f->limit_broken = 1;
}
