/* Rows that are left out of their clusters, as assign leaves rows unassigned: by the same thresholds, and by
 * percentiles that are computed from the same figures as those of a model. So a fit and assign with its model leave out
 * the same rows. By purity, which a model does not know, only a fit leaves rows out: all at once, so that it does not
 * matter which row comes first. The clusters, their centroids and their figures stay those of all rows; only their
 * sizes and members change. */
#include "job/fit_run.h"

int kc_job_fit_leaves_by_centroid(const struct kc_job_fit *j)
{
    return j->threshold.kind != KC_THRESHOLD_NONE || j->min_margin > -2;
}

int kc_job_fit_leaves(const struct kc_job_fit *j)
{
    return kc_job_fit_leaves_by_centroid(j) || j->min_purity > 0;
}

static int needs_percentiles(const struct kc_job_fit *j)
{
    return j->threshold.kind == KC_THRESHOLD_PERCENTILE || j->threshold.kind == KC_THRESHOLD_OUTLIER;
}

uint64_t kc_fit_leave_bytes(const struct kc_job_fit *j, size_t n, uint64_t k)
{
    if (!kc_job_fit_leaves(j))
        return 0;
    uint64_t each = sizeof(float) + (needs_percentiles(j) ? KC_MODEL_PERCENTILES * sizeof(float) + 32 : 0);
    return kc_mem_add(kc_mem_mul((size_t)k, (size_t)each), needs_percentiles(j) ? kc_mem_mul(n, sizeof(float)) : 0);
}

/* Compute the least similarity of each cluster's rows. least (k) */
static int find_thresholds(const struct kc_job_fit *j, const struct kc_clustering *f, float *least, struct kc_err *e)
{
    const size_t k = f->k, each = needs_percentiles(j) ? KC_MODEL_PERCENTILES : 0;
    float *q = kc_mem_alloc(kc_mem_mul(k, each), sizeof *q, e);
    uint64_t *counts = kc_mem_alloc(k, sizeof *counts, e);
    int rc = q && counts ? 0 : -1;
    for (size_t c = 0; rc == 0 && c < k; c++)
        counts[c] = f->clusters[c].size;
    if (rc == 0 && each)
        rc = kc_model_quantiles(f->n, f->d, k, f->similarity, f->labels, f->sums, counts, q, NULL, e);
    for (size_t c = 0; rc == 0 && c < k; c++)
        least[c] = kc_threshold_of(q + c * each, &j->threshold);
    kc_mem_free(counts);
    kc_mem_free(q);
    return rc;
}

/* Return 1 if row i is to be left out of its cluster, whose rows must be `least` similar to the centroid. With one
 * cluster the margin is NaN, which is not too small, and so is the purity of a row without neighbours. */
static int is_in_doubt(const struct kc_job_fit *j, const struct kc_job_run *run, size_t i, float least)
{
    const struct kc_clustering *f = &run->fit;
    return f->similarity[i] < least || (f->margin && (double)f->margin[i] < j->min_margin) ||
           (run->purity.of && run->purity.of[i] < (float)j->min_purity);
}

int kc_fit_leave(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_clustering *f = &run->fit;
    if (!kc_job_fit_leaves(j))
        return 0;
    if (kc_fit_needs_model(j) && kc_fit_make_model(j, run, e) != 0)
        return -1;
    float *least = kc_mem_alloc(f->k, sizeof *least, e);
    if (!least || find_thresholds(j, f, least, e) != 0) {
        kc_mem_free(least);
        return -1;
    }
    for (size_t i = 0; i < f->n; i++) {
        uint32_t c = f->labels[i];
        if (c == KC_NOISE || !is_in_doubt(j, run, i, least[c]))
            continue;
        f->labels[i] = KC_NOISE;
        f->clusters[c].size--;
        run->left_out++;
    }
    /* the representative is the most similar of the rows that are left; of a cluster without rows it stays */
    for (size_t i = 0; i < f->n; i++) {
        uint32_t c = f->labels[i];
        if (c == KC_NOISE)
            continue;
        uint64_t *r = &f->clusters[c].representative;
        if (f->labels[*r] != c || f->similarity[i] > f->similarity[*r])
            *r = i;
    }
    kc_mem_free(least);
    return 0;
}
