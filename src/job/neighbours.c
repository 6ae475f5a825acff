/* neighbours: load the rows, find their neighbours exactly, or by cells of a k-means where that is worth it, and write
 * them. */
#include "job/neighbours.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/num.h"
#include "in/fields/attrs.h"
#include "io/outfile.h"
#include "core/near/near.h"
#include "job/memory.h"
#include "par/pool.h"

/* Everything a run holds; one place to free it. */
struct near_run {
    const struct kc_job_neighbours *j;
    unsigned threads;
    struct kc_outfile *out;
    struct kc_dataset ds;
    int64_t *time; /* (n) with decay */
    struct kc_neighbours_opts opts;
    struct kc_neighbours g;
    struct kc_search_report report;
    uint64_t written;
};

/* Return the bytes that the work on the rows takes. */
static uint64_t work_bytes(const struct near_run *r, size_t n, size_t d, int in_memory)
{
    const uint64_t times = r->j->decay > 0 ? (uint64_t)n * sizeof(int64_t) : 0;
    return times + kc_near_bytes(n, d, in_memory, &r->opts, r->j->recall, r->threads);
}

/* The same for rows in memory. A kc_in_opts.work. */
static uint64_t work_in_memory(void *arg, size_t n, size_t d)
{
    return work_bytes(arg, n, d, 1);
}

/* Read the times of the rows, which the reader has checked. */
static int read_times(struct near_run *r, struct kc_err *e)
{
    struct kc_attrs_work w = {{0}, {0}};
    int rc = 0;
    r->time = kc_mem_alloc(r->ds.rows.n, sizeof *r->time, e);
    for (size_t i = 0; r->time && rc == 0 && i < r->ds.rows.n; i++) {
        size_t n;
        const char *value = kc_strs_get(&r->ds.attrs, i * r->ds.nattrs, &n);
        rc = kc_attrs_time(value, n, &w, &r->time[i], e);
    }
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    return r->time ? rc : -1;
}

/* Read the rows, and check that the work on them fits into --max-memory. */
static int read_rows(const struct kc_ctx *ctx, struct near_run *r, struct kc_err *e)
{
    static const enum kc_attr_kind kinds[] = {KC_ATTR_TIME};
    const struct kc_job_neighbours *j = r->j;
    struct kc_in_opts in = j->in;
    in.max_memory = j->max_memory;
    in.work = work_in_memory;
    in.work_arg = r;
    in.normalise = 1;
    in.want_raw = KC_RAW_NONE;
    if (j->decay > 0) {
        in.attrs = &j->time_field;
        in.kinds = kinds;
        in.nattrs = 1;
    }
    if (kc_in_load(ctx, &in, &r->ds, e) != 0 || (j->decay > 0 && read_times(r, e) != 0))
        return -1;
    const size_t n = r->ds.rows.n;
    const uint64_t work = work_bytes(r, n, r->ds.rows.d, r->ds.rows.x != NULL);
    if (kc_job_check_memory(ctx, kc_dataset_bytes(&r->ds), work, in.max_memory, "the neighbours", e) != 0)
        return -1;
    if (n > INT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows: more than 2147483647 cannot be neighbours", n);
    return 0;
}

/* Make the line about what was done, and send the event. */
static int tell_summary(const struct kc_ctx *ctx, const struct near_run *r, double seconds, struct kc_buf *summary,
                        struct kc_err *e)
{
    const struct kc_cells_report *c = &r->report.by_cells;
    char peak[16], how[120] = "exact";
    kc_num_human(peak, kc_mem_peak());
    if (c->probes > 0 && !isnan(c->recall))
        snprintf(how, sizeof how, "recall %.3f on %zu rows (%u of %u cells each, %.1f %% of the pairs)", c->recall,
                 c->sample, c->probes, r->report.cells, 100 * c->compared);
    else if (c->probes > 0)
        snprintf(how, sizeof how, "recall unknown: the sample has no neighbours");
    const struct kc_fact facts[] = {{"rows", (double)r->g.n}, {"dim", (double)r->ds.rows.d},
                                    {"neighbours", (double)r->written}, {"recall", c->probes > 0 ? c->recall : 1},
                                    {"probes", (double)c->probes}, {"seconds", seconds}};
    kc_ctx_event(ctx, "neighbours", "the neighbours are found", facts, sizeof facts / sizeof facts[0]);
    return kc_buf_printf(summary, e, "kclust: %zu rows x %zu, %llu %s, %s, %.2f s, peak %s\n", r->g.n, r->ds.rows.d,
                         (unsigned long long)r->written, r->j->out.pairs ? "pairs" : "neighbours", how, seconds, peak);
}

static int run_neighbours(const struct kc_ctx *ctx, struct near_run *r, struct kc_buf *summary, struct kc_err *e)
{
    const struct kc_job_neighbours *j = r->j;
    const double began = kc_clock_now();
    if (kc_outfile_open(&r->out, j->output, e) != 0 ||
        kc_outfile_check_inputs(r->out, j->in.files, j->in.nfiles, e) != 0 || read_rows(ctx, r, e) != 0)
        return -1;
    kc_ctx_stage(ctx, KC_PHASE_NEIGHBOURS);
    r->opts.time = r->time;
    if (kc_near_find(ctx, &r->ds.rows, &r->opts, j->recall, &r->g, &r->report, e) != 0)
        return -1;
    const struct kc_near t = {&r->g, &r->ds.terms, r->ds.skipped, r->ds.nskipped};
    kc_ctx_stage(ctx, KC_PHASE_WRITE);
    if (kc_out_near(r->out, &t, &j->out, &r->written, e) != 0 ||
        tell_summary(ctx, r, kc_clock_now() - began, summary, e) != 0 || kc_outfile_commit(r->out, e) != 0)
        return -1;
    kc_outfile_tell(r->out, ctx);
    return 0;
}

int kc_job_neighbours_run(const struct kc_ctx *ctx, const struct kc_job_neighbours *j, struct kc_buf *summary,
                          struct kc_err *e)
{
    struct near_run r = {.j = j, .threads = kc_pool_threads(ctx->pool)};
    r.opts = (struct kc_neighbours_opts){.m = (uint32_t)j->m, .least = j->least, .decay = (double)j->decay};
    int rc = run_neighbours(ctx, &r, summary, e);
    kc_neighbours_free(&r.g);
    kc_mem_free(r.time);
    kc_dataset_free(&r.ds);
    kc_outfile_free(r.out);
    return rc;
}
