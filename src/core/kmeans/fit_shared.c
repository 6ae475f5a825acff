/* What a fit needs of all rows where these are shared out to the ranks of a team (par/share.h). The passes over the
 * rows bring their sums together themselves; here are the choices among rows, and the fit of few rows. */
#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "core/kmeans/settle.h"

int kc_fitting_representatives(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    const struct kc_rows *rows = &w->space.rows;
    float *most = kc_mem_alloc(f->k, sizeof *most, w->e);
    uint64_t *row = kc_mem_alloc(f->k, sizeof *row, w->e);
    int rc = -1;
    if (!most || !row)
        goto out;
    for (uint32_t c = 0; c < f->k; c++) {
        most[c] = -INFINITY;
        row[c] = UINT64_MAX;
    }
    for (size_t i = 0; i < rows->n; i++) {
        const uint32_t c = f->labels[i];
        if (row[c] == UINT64_MAX || f->similarity[i] > most[c]) {
            most[c] = f->similarity[i];
            row[c] = rows->share ? kc_rows_number(rows, i) : i;
        }
    }
    if (kc_team_largest(kc_rows_team(rows), most, row, f->k, w->e) != 0)
        goto out;
    for (uint32_t c = 0; c < f->k; c++)
        f->clusters[c].representative = row[c];
    rc = 0;
out:
    kc_mem_free(row);
    kc_mem_free(most);
    return rc;
}

int kc_fitting_work(const struct kc_rows *rows, struct kc_work *work, struct kc_err *e)
{
    uint64_t v[3] = {work->flops, work->dense_flops, work->index_flops};
    const int rc = kc_team_count(kc_rows_team(rows), v, 3, e);
    *work = (struct kc_work){v[0], v[1], v[2]};
    return rc;
}

/* Keep of an array by row only this rank's part, which rows has. */
static void keep_own_rows(const struct kc_rows *rows, void *array, size_t size)
{
    if (array)
        kc_rows_own(rows, array, size, array);
}

int kc_kmeans_on_every_rank(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *opts,
                            const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    const size_t n = (size_t)rows->share->all, d = rows->d;
    uint32_t *idx = kc_mem_alloc(n, sizeof *idx, e);
    float *x = kc_mem_aligned(kc_mem_mul(n, d), sizeof *x, e);
    double *weights = r->weights ? kc_mem_alloc(n, sizeof *weights, e) : NULL;
    struct kc_request request = *r;
    int rc = -1;
    *out = (struct kc_clustering){.n = n, .d = d};
    if (!idx || !x || (r->weights && !weights))
        goto out;
    for (size_t i = 0; i < n; i++)
        idx[i] = (uint32_t)i;
    if (kc_rows_copy_shared(rows, idx, n, x, e) != 0)
        goto out;
    const struct kc_rows all = kc_rows_memory(x, n, d);
    request.weights = weights;
    if (weights && kc_rows_join(rows, r->weights, sizeof *weights, weights, e) != 0)
        goto out;
    rc = kc_kmeans_run(ctx, &all, opts, &request, out, e);
    keep_own_rows(rows, out->labels, sizeof *out->labels);
    keep_own_rows(rows, out->similarity, sizeof *out->similarity);
    keep_own_rows(rows, out->margin, sizeof *out->margin);
    keep_own_rows(rows, out->row_silhouette, sizeof *out->row_silhouette);
out:
    kc_mem_free(weights);
    kc_mem_free(x);
    kc_mem_free(idx);
    return rc;
}
