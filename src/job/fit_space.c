/* The space that a fit works in: the rows themselves, or coordinates that are computed from them: of the graph of their
 * nearest neighbours, or on the directions in which they differ most. In a space any algorithm runs as on rows of its
 * own. The silhouette that is reported first is that of the labels on the rows themselves, so that fits in different
 * spaces can be compared. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "core/graph/diffusion.h"
#include "core/graph/project.h"
#include "core/judge/quality.h"
#include "job/fit_run.h"

#define FEWEST 8 /* rows: fewer make no graph worth the name */

static const struct kind {
    const char *name;
    uint64_t least, most; /* the number after the colon */
    int usual;            /* it may be left out: the algorithm has a usual one */
} kinds[] = {
    [KC_FIT_COSINE] = {"cosine", 0, 0, 0},
    [KC_FIT_GRAPH] = {"graph", 2, KC_DIFFUSION_MOST, 1},
    [KC_FIT_PCA] = {"pca", 2, KC_PROJECT_MOST, 0},
    [KC_FIT_SVD] = {"svd", 2, KC_PROJECT_MOST, 0},
};

int kc_job_fit_parse_space(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_fit *j = base;
    const size_t n = strcspn(value, ":");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *k = &kinds[i];
        uint64_t number = 0;
        if (strlen(k->name) != n || memcmp(k->name, value, n) != 0 ||
            (value[n] == ':' ? k->most == 0 : k->most > 0 && !k->usual))
            continue;
        if (value[n] == ':' && kc_value_u64(value + n + 1, k->least, k->most, &number, name, e) != 0)
            return -1;
        j->space = (enum kc_fit_space_kind)i;
        j->space_dims = (uint32_t)number;
        return 0;
    }
    return kc_value_bad(value, "cosine, graph or graph:N for 2 to 200 coordinates, as in graph:40, or pca:N or svd:N "
                               "for 2 to 512, as in pca:50", name, e);
}

void kc_job_fit_space_text(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    const struct kc_job_fit *j = base;
    (void)brief;
    if (j->space != KC_FIT_COSINE && j->space_dims > 0)
        snprintf(out, KC_OPTION_TEXT_MAX, "%s:%u", kinds[j->space].name, j->space_dims);
    else
        snprintf(out, KC_OPTION_TEXT_MAX, "%s", kinds[j->space].name);
}

const char *kc_fit_space_name(const struct kc_job_fit *j)
{
    return kinds[j->space].name;
}

size_t kc_fit_space_dims(const struct kc_job_fit *j, size_t n, size_t d)
{
    const size_t most = j->space == KC_FIT_GRAPH ? n / 2 : d;
    if (j->space == KC_FIT_COSINE || (j->space == KC_FIT_GRAPH && n < FEWEST))
        return d;
    return j->space_dims < most ? j->space_dims : most;
}

static struct kc_project_opts choose_projection(const struct kc_job_fit *j, size_t n, size_t d)
{
    return (struct kc_project_opts){.dims = (uint32_t)kc_fit_space_dims(j, n, d), .centre = j->space == KC_FIT_PCA};
}

uint64_t kc_fit_space_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads)
{
    const struct kc_project_opts o = choose_projection(j, n, d);
    if (j->space == KC_FIT_COSINE)
        return 0;
    return (uint64_t)n * kc_fit_space_dims(j, n, d) * sizeof(float) +
           (j->space == KC_FIT_GRAPH ? kc_fit_graph_bytes(j, n, d, in_memory, threads) :
                                       kc_project_bytes(d, in_memory, &o, threads));
}

/* Make the space of principal components or singular vectors. */
static int make_projection(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    const struct kc_project_opts o = choose_projection(j, rows->n, rows->d);
    struct kc_fit_space *s = &run->space;
    struct kc_project_report report;
    if (j->space_dims > rows->d)
        kc_ctx_log(&run->ctx, KC_LOG_WARN, "--space %s:%u: the rows have %zu dimension%s, and all are used",
                   kinds[j->space].name, j->space_dims, rows->d, rows->d == 1 ? "" : "s");
    kc_ctx_stage(&run->ctx, KC_PHASE_SPACE);
    s->x = kc_mem_aligned(kc_mem_mul(rows->n, o.dims), sizeof *s->x, e);
    if (!s->x || kc_project_run(&run->ctx, rows, &o, s->x, &report, e) != 0)
        return -1;
    s->kept = report.kept;
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "space: %u coordinates with %.4f of the %s; eigenvalues %.4g to %.4g, %u rounds",
               s->dims, s->kept, o.centre ? "variance" : "squared length", report.largest, report.least,
               report.rounds);
    return 0;
}

int kc_fit_space_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    struct kc_fit_space *s = &run->space;
    const double began = kc_clock_now();
    run->rows = rows;
    if (j->space == KC_FIT_COSINE)
        return 0;
    if (j->space == KC_FIT_GRAPH && rows->n < FEWEST) {
        kc_ctx_log(&run->ctx, KC_LOG_WARN, "%zu rows are too few for --space graph: the cosine is used", rows->n);
        return 0;
    }
    s->dims = (uint32_t)kc_fit_space_dims(j, rows->n, rows->d);
    s->kept = NAN;
    if ((j->space == KC_FIT_GRAPH ? kc_fit_graph_make(j, run, e) : make_projection(j, run, e)) != 0)
        return -1;
    s->seconds = kc_clock_now() - began;
    run->request.original = rows;
    s->rows = kc_rows_memory(s->x, rows->n, s->dims);
    run->rows = &s->rows;
    return 0;
}

/* Return the silhouette of the labels on the rows themselves; NAN in *silhouette if it is not defined. */
static int judge_cosine(struct kc_job_run *run, double *silhouette, struct kc_err *e)
{
    const struct kc_clustering *f = &run->fit;
    struct kc_quality q = {0};
    uint32_t *row = kc_mem_alloc(f->n, sizeof *row, e), *label = kc_mem_alloc(f->n, sizeof *label, e);
    size_t m = 0;
    int rc = row && label ? 0 : -1;
    *silhouette = NAN;
    for (size_t i = 0; rc == 0 && i < f->n; i++)
        if (f->labels[i] != KC_NOISE) {
            row[m] = (uint32_t)i;
            label[m++] = f->labels[i];
        }
    if (rc == 0 && f->k > 1 && m > 0) {
        const struct kc_rows rows = kc_rows_pick(&run->ds.rows, row, m);
        rc = kc_quality_run(&run->ctx, &rows, label, f->k, 0, &q, e);
        *silhouette = q.silhouette;
    }
    kc_quality_free(&q);
    kc_mem_free(label);
    kc_mem_free(row);
    return rc;
}

int kc_fit_space_judge(struct kc_job_run *run, struct kc_err *e)
{
    return run->rows == &run->ds.rows ? 0 : judge_cosine(run, &run->space.silhouette, e);
}

void kc_fit_space_free(struct kc_job_run *run)
{
    kc_affinity_free(&run->space.graph);
    kc_mem_free(run->space.x);
    run->space.x = NULL;
}
