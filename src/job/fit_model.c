/* What kind of model a fit makes, and what that takes. If each row is in the cluster of its nearest centroid, the
 * centroids are the model. Else the rows of the fit vote (model/votes.h), and centroids, sums and figures are those of
 * the labels on the rows as they were read, whatever space they were clustered in. */
#include <string.h>
#include "core/judge/describe.h"
#include "job/fit_run.h"

enum kc_model_kind kc_job_fit_model_kind(const struct kc_job_fit *j)
{
    if (j->algorithm->centroids && j->space == KC_FIT_COSINE && !(j->min_purity > 0) && j->reduce_to == 0)
        return KC_MODEL_CENTROIDS;
    return j->model_form == KC_MODEL_NO_ROWS ? KC_MODEL_SMALL : KC_MODEL_VOTES;
}

int kc_fit_needs_model(const struct kc_job_fit *j)
{
    return j->path[KC_FIT_MODEL] || (j->like && !j->like_labels && (j->path[KC_FIT_REPORT] || j->plot));
}

/* Return 1 if the job needs the clusters as rows that were read, and not as points of a space. */
static int needs_rows_as_read(const struct kc_job_fit *j)
{
    return j->space != KC_FIT_COSINE && (j->path[KC_FIT_MODEL] || j->like);
}

static struct kc_request make_request(const struct kc_job_fit *j, const double *weights)
{
    return (struct kc_request){.weights = weights, .want_sums = kc_fit_needs_model(j)};
}

int kc_fit_describe(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    struct kc_clustering *to = &run->as_read;
    const struct kc_request request = make_request(j, run->weight);
    if (!needs_rows_as_read(j) || run->rows == &run->ds.rows || f->k == 0)
        return 0;
    to->n = f->n;
    to->d = run->ds.rows.d;
    to->algorithm = f->algorithm;
    to->labels = kc_mem_alloc(f->n, sizeof *to->labels, e);
    if (!to->labels)
        return -1;
    memcpy(to->labels, f->labels, f->n * sizeof *to->labels);
    if (kc_describe(&run->ctx, &run->ds.rows, &request, f->k, to, e) != 0)
        return -1;
    /* the clusters are numbered already, so that none gets another number */
    return memcmp(to->labels, f->labels, f->n * sizeof *to->labels) == 0 ? 0 :
           kc_err_set(e, KC_ESYS, "the clusters are not in their order: a fault of kclust");
}

const struct kc_clustering *kc_fit_as_read(const struct kc_job_run *run)
{
    return run->as_read.k > 0 ? &run->as_read : &run->fit;
}

uint64_t kc_fit_as_read_bytes(const struct kc_job_fit *j, size_t n, size_t d, uint64_t k)
{
    if (!needs_rows_as_read(j))
        return 0;
    const uint64_t cluster = d * (sizeof(float) + sizeof(double)) + sizeof(struct kc_cluster);
    return (uint64_t)n * (sizeof(uint32_t) + sizeof(float)) + k * cluster;
}

uint64_t kc_fit_model_bytes(const struct kc_job_fit *j, const struct kc_shape *s, const struct kc_model *old,
                            unsigned threads)
{
    static const double some = 1; /* stands for weights: it only matters whether there are any */
    const struct kc_request request = make_request(j, s->weights ? &some : NULL);
    uint64_t describe = 0, keep = 0;
    if (needs_rows_as_read(j))
        describe = s->n * sizeof(uint32_t) + kc_describe_bytes(s->n, s->d, s->in_memory, s->k, &request, threads);
    const enum kc_model_kind kind = kc_job_fit_model_kind(j);
    if (kc_fit_needs_model(j) && kind != KC_MODEL_CENTROIDS)
        keep = kc_model_make_bytes(kind, s->n, s->d, s->k) +
               kc_model_keep_bytes(s->n, s->d, s->in_memory, (enum kc_model_form)j->model_form, threads);
    if (j->like && old->kind != KC_MODEL_CENTROIDS) {
        const uint64_t like = kc_labeller_all_bytes(old, s->n, s->in_memory, threads);
        keep = like > keep ? like : keep;
    }
    return describe > keep ? describe : keep;
}
