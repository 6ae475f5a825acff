/* The space of the graph of nearest neighbours: the coordinates of a random walk on it. */
#include "base/clock.h"
#include "core/graph/diffusion.h"
#include "core/judge/indices.h"
#include "core/near/near.h"
#include "job/fit_run.h"

#define POWER 8       /* of the eigenvalues; 4 to 16 do as well */
#define FEW_DIMS 15u  /* up to so many coordinates a graph of as many neighbours does */
#define FEW_NEAR 15u
#define MANY_NEAR 30u

static struct kc_neighbours_opts choose_neighbours(const struct kc_job_fit *j, size_t n)
{
    struct kc_neighbours_opts o = KC_NEIGHBOURS_OPTS_DEFAULT;
    o.m = j->space_dims <= FEW_DIMS ? FEW_NEAR : MANY_NEAR;
    o.m = o.m < n ? o.m : (uint32_t)(n > 1 ? n - 1 : 1);
    return o;
}

uint64_t kc_fit_graph_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads)
{
    const struct kc_neighbours_opts near = choose_neighbours(j, n);
    const struct kc_diffusion_opts o = {(uint32_t)kc_fit_space_dims(j, n, d), POWER};
    const uint64_t lists = (uint64_t)n * (near.m * 8 + 4);
    const uint64_t search = kc_near_bytes(n, d, in_memory, &near, 0, threads);
    const uint64_t graph = kc_affinity_bytes(n, d, near.m, threads);
    const uint64_t work = lists + graph > search ? lists + graph : search;
    const uint64_t turn = graph + kc_diffusion_bytes(n, &o);
    return work > turn ? work : turn;
}

unsigned kc_fit_evidence(const struct kc_job_fit *j)
{
    return j->algorithm->evidence ? j->algorithm->evidence(j->opts) : 0;
}

/* Return 1 if the graph is used after the space is made of it. */
static int keeps_graph(const struct kc_job_fit *j)
{
    return j->algorithm->graph || (kc_fit_evidence(j) & KC_EVIDENCE_MODULARITY);
}

uint64_t kc_fit_graph_kept_bytes(const struct kc_job_fit *j, size_t n)
{
    return j->space == KC_FIT_GRAPH && keeps_graph(j) ? kc_affinity_size(n, choose_neighbours(j, n).m) : 0;
}

int kc_fit_graph_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_rows *rows = &run->ds.rows;
    struct kc_fit_space *s = &run->space;
    struct kc_neighbours near = {0};
    struct kc_affinity graph = {0};
    struct kc_search_report search;
    struct kc_diffusion_report report;
    const struct kc_neighbours_opts of_near = choose_neighbours(j, rows->n);
    const struct kc_diffusion_opts o = {s->dims, POWER};
    int rc = -1;
    kc_ctx_stage(&run->ctx, KC_PHASE_NEIGHBOURS);
    if (kc_near_find(&run->ctx, rows, &of_near, 0, &near, &search, e) == 0 &&
        kc_affinity_make(&run->ctx, rows, &near, &graph, e) == 0) {
        s->neighbours = of_near.m;
        s->parts = graph.parts;
        s->recall = search.cells ? search.by_cells.recall : 1;
        kc_fit_purity_keep(j, run, &near, s->recall);
        kc_neighbours_free(&near);
        s->x = kc_mem_aligned(kc_mem_mul(rows->n, o.dims), sizeof *s->x, e);
        rc = s->x ? kc_diffusion_run(&run->ctx, &graph, &o, s->x, &report, e) : -1;
    }
    if (rc == 0)
        kc_ctx_log(&run->ctx, KC_LOG_INFO, "space: %u coordinates of the graph of %u neighbours, %u part%s, recall "
                   "%.3g; eigenvalues %.4f to %.4f, %u rounds", s->dims, s->neighbours, s->parts,
                   s->parts == 1 ? "" : "s", s->recall, report.largest, report.least, report.rounds);
    if (rc == 0 && keeps_graph(j)) {
        s->graph = graph;
        graph = (struct kc_affinity){0};
        run->request.graph = &s->graph;
    }
    kc_affinity_free(&graph);
    kc_neighbours_free(&near);
    return rc;
}
