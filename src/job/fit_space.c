/* The space that a fit works in: the rows themselves, or coordinates of the graph of their nearest neighbours. In the
 * graph's space any algorithm runs as on rows of its own. The silhouette that is reported first is that of the labels
 * on the rows themselves, so that fits in different spaces can be compared. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "core/judge/quality.h"
#include "job/fit_run.h"
#include "job/graph.h"

#define FEWEST 8      /* rows: fewer make no graph worth the name */
#define POWER 8       /* of the eigenvalues; 4 to 16 do as well */
#define FEW_DIMS 15u  /* up to so many coordinates a graph of as many neighbours does */
#define FEW_NEAR 15u
#define MANY_NEAR 30u

int kc_job_fit_parse_space(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_fit *j = base;
    static const char expected[] = "cosine, graph, or graph:N for 2 to 200 coordinates, as in graph:40";
    uint64_t dims = KC_SPACE_DIMS;
    if (strcmp(value, "cosine") == 0) {
        j->space_dims = 0;
        return 0;
    }
    if (strncmp(value, "graph", 5) != 0 || (value[5] != '\0' && value[5] != ':'))
        return kc_value_bad(value, expected, name, e);
    if (value[5] == ':' && kc_value_u64(value + 6, 2, KC_DIFFUSION_MOST, &dims, name, e) != 0)
        return kc_value_bad(value, expected, name, e);
    j->space_dims = (uint32_t)dims;
    return 0;
}

void kc_job_fit_space_text(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    const struct kc_job_fit *j = base;
    (void)brief;
    if (j->space_dims)
        snprintf(out, KC_OPTION_TEXT_MAX, "graph:%u", j->space_dims);
    else
        snprintf(out, KC_OPTION_TEXT_MAX, "cosine");
}

/* Return the coordinates that n rows get. */
static uint32_t choose_dims(const struct kc_job_fit *j, size_t n)
{
    const size_t most = n / 2 > 2 ? n / 2 : 2;
    return j->space_dims < most ? j->space_dims : (uint32_t)most;
}

static struct kc_neighbours_opts choose_neighbours(const struct kc_job_fit *j, size_t n)
{
    struct kc_neighbours_opts o = KC_NEIGHBOURS_OPTS_DEFAULT;
    o.m = j->space_dims <= FEW_DIMS ? FEW_NEAR : MANY_NEAR;
    o.m = o.m < n ? o.m : (uint32_t)(n > 1 ? n - 1 : 1);
    return o;
}

size_t kc_fit_space_dims(const struct kc_job_fit *j, size_t n, size_t d)
{
    return j->space_dims > 0 && n >= FEWEST ? choose_dims(j, n) : d;
}

uint64_t kc_fit_space_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads)
{
    if (j->space_dims == 0)
        return 0;
    const struct kc_neighbours_opts near = choose_neighbours(j, n);
    const struct kc_diffusion_opts o = {choose_dims(j, n), POWER};
    const uint64_t lists = (uint64_t)n * (near.m * 8 + 4);
    const uint64_t search = kc_job_search_bytes(n, d, in_memory, &near, 0, threads);
    const uint64_t graph = kc_affinity_bytes(n, d, near.m, threads);
    const uint64_t work = lists + graph > search ? lists + graph : search;
    const uint64_t turn = graph + kc_diffusion_bytes(n, &o);
    return (work > turn ? work : turn) + (uint64_t)n * o.dims * sizeof(float);
}

int kc_fit_space_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    struct kc_fit_space *s = &run->space;
    struct kc_neighbours near = {0};
    struct kc_affinity graph = {0};
    struct kc_search_report search;
    run->rows = rows;
    if (j->space_dims == 0)
        return 0;
    if (rows->n < FEWEST) {
        kc_ctx_log(&run->ctx, KC_LOG_WARN, "%zu rows are too few for --space graph: the cosine is used", rows->n);
        return 0;
    }
    const struct kc_neighbours_opts of_near = choose_neighbours(j, rows->n);
    const struct kc_diffusion_opts o = {choose_dims(j, rows->n), POWER};
    int rc = -1;
    const double began = kc_clock_now();
    kc_ctx_stage(&run->ctx, KC_PHASE_NEIGHBOURS);
    if (kc_job_search(&run->ctx, rows, &of_near, 0, &near, &search, e) == 0 &&
        kc_affinity_make(&run->ctx, rows, &near, &graph, e) == 0) {
        kc_fit_purity_keep(j, run, &near, search.cells ? search.by_cells.recall : 1);
        kc_neighbours_free(&near);
        s->x = kc_mem_aligned(kc_mem_mul(rows->n, o.dims), sizeof *s->x, e);
        rc = s->x ? kc_diffusion_run(&run->ctx, &graph, &o, s->x, &s->report, e) : -1;
    }
    if (rc == 0) {
        s->dims = o.dims;
        s->neighbours = of_near.m;
        s->parts = graph.parts;
        s->recall = search.cells ? search.by_cells.recall : 1;
        s->seconds = kc_clock_now() - began;
        s->rows = kc_rows_memory(s->x, rows->n, o.dims);
        run->rows = &s->rows;
        kc_ctx_log(&run->ctx, KC_LOG_INFO, "space: %u coordinates of the graph of %u neighbours, %u part%s, recall "
                   "%.3g; eigenvalues %.4f to %.4f, %u rounds", s->dims, s->neighbours, s->parts,
                   s->parts == 1 ? "" : "s", s->recall, s->report.largest, s->report.least, s->report.rounds);
    }
    kc_affinity_free(&graph);
    kc_neighbours_free(&near);
    return rc;
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
    kc_mem_free(run->space.x);
    run->space.x = NULL;
}
