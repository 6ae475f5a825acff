/* The purity of the rows of a fit: how many of a row's nearest neighbours have its label; and the votes of the same
 * neighbours. The neighbours are those by the cosine, whatever space the rows were clustered in. */
#include <math.h>
#include "base/clock.h"
#include "core/graph/purity.h"
#include "core/near/near.h"
#include "job/fit_run.h"

#define WHOLE (30 * (sizeof(uint32_t) + sizeof(float)) + sizeof(uint32_t)) /* bytes of a row's list in the graph */
#define LIST (KC_PURITY_NEIGHBOURS * sizeof(uint32_t) + sizeof(uint32_t)) /* bytes of a row's list, once it is cut */

int kc_fit_wants_purity(const struct kc_job_fit *j)
{
    return j->min_purity > 0 || kc_out_has_column(&j->out, KC_COL_PURITY);
}

/* Return 1 if the rows' neighbours are looked at. */
static int wants_neighbours(const struct kc_job_fit *j)
{
    return kc_fit_wants_purity(j) || kc_fit_wants_votes(j);
}

static struct kc_neighbours_opts choose_neighbours(size_t n)
{
    struct kc_neighbours_opts o = KC_NEIGHBOURS_OPTS_DEFAULT;
    o.m = n > KC_PURITY_NEIGHBOURS ? KC_PURITY_NEIGHBOURS : (uint32_t)(n > 1 ? n - 1 : 1);
    return o;
}

void kc_fit_purity_keep(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_neighbours *near, double recall)
{
    if (!wants_neighbours(j))
        return;
    run->purity.near = *near;
    run->purity.recall = recall;
    *near = (struct kc_neighbours){0};
    if (!kc_fit_wants_votes(j))
        kc_purity_keep(&run->purity.near, KC_PURITY_NEIGHBOURS);
}

/* Find the neighbours, unless the space has left its own. */
static int find_neighbours(struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_neighbours_opts o = choose_neighbours(run->ds.rows.n);
    struct kc_search_report search;
    if (run->purity.near.id)
        return 0;
    kc_ctx_stage(&run->ctx, KC_PHASE_NEIGHBOURS);
    if (kc_near_find(&run->ctx, &run->ds.rows, &o, 0, &run->purity.near, &search, e) != 0)
        return -1;
    run->purity.recall = search.cells ? search.by_cells.recall : 1;
    return 0;
}

int kc_fit_purity_make(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_fit_purity *p = &run->purity;
    const size_t n = run->fit.n;
    const double began = kc_clock_now();
    double sum = 0;
    size_t rows = 0;
    if (!wants_neighbours(j))
        return 0;
    if (find_neighbours(run, e) != 0 ||
        (kc_fit_wants_votes(j) && kc_fit_votes_make(j, run, &p->near, KC_PURITY_NEIGHBOURS, e) != 0))
        return -1;
    if (!kc_fit_wants_purity(j)) {
        kc_neighbours_free(&p->near);
        return 0;
    }
    p->of = kc_mem_alloc(n, sizeof *p->of, e);
    if (!p->of)
        return -1;
    kc_purity_make(&p->near, KC_PURITY_NEIGHBOURS, run->fit.labels, p->of);
    for (size_t i = 0; i < n; i++)
        if (!isnan(p->of[i])) {
            sum += (double)p->of[i];
            rows++;
        }
    p->mean = rows ? sum / (double)rows : NAN;
    p->neighbours = p->near.m < KC_PURITY_NEIGHBOURS ? p->near.m : KC_PURITY_NEIGHBOURS;
    kc_neighbours_free(&p->near);
    p->seconds = kc_clock_now() - began;
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "purity: %.4f, of %u neighbours, recall %.3g", p->mean, p->neighbours,
               p->recall);
    return 0;
}

uint64_t kc_fit_purity_bytes(const struct kc_job_fit *j, size_t n)
{
    return (kc_fit_wants_purity(j) ? n * sizeof(float) : 0) +
           (kc_fit_wants_votes(j) ? n * j->out.top * (sizeof(uint32_t) + sizeof(float)) : 0) +
           (wants_neighbours(j) && j->space == KC_FIT_GRAPH ? n * (kc_fit_wants_votes(j) ? WHOLE : LIST) : 0);
}

uint64_t kc_fit_purity_search_bytes(const struct kc_job_fit *j, size_t n, size_t d, int in_memory, unsigned threads)
{
    const struct kc_neighbours_opts o = choose_neighbours(n);
    if (!wants_neighbours(j) || j->space == KC_FIT_GRAPH)
        return 0;
    return kc_near_bytes(n, d, in_memory, &o, 0, threads);
}

void kc_fit_purity_free(struct kc_job_run *run)
{
    kc_neighbours_free(&run->purity.near);
    kc_mem_free(run->purity.of);
}
