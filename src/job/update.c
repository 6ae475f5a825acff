/* update: the model is locked, read, changed in memory and written at the end. The batch is read whole, unlike that of
 * assign, as new clusters are sought among its rows. */
#include "job/update.h"

#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "base/num.h"
#include "io/lock.h"
#include "io/outputs.h"
#include "io/source.h"
#include "job/view.h"
#include "model/tally.h"
#include "page/page.h"
#include "par/pool.h"
#include "par/team.h"
#include "report/batch.h"

/* The outputs, in the order of messages. */
enum { LABELS, LATE, SUMMARY, PROMETHEUS, REPORT, MODEL, OUTPUTS };

struct update_run {
    const struct kc_job_update *j;
    struct kc_model m;
    struct kc_dataset ds;
    struct kc_update u;
    struct kc_strs names; /* (k) labels of the clusters, for the column */
    struct kc_output output[OUTPUTS];
    struct kc_model_baseline baseline; /* of the model, as it was before the update */
    uint64_t since;  /* rows since the fit, before this batch */
    int lock;        /* lock of the file that is replaced, see io/lock.h; -1: none */
};

static void list_outputs(const struct kc_job_update *j, struct kc_output out[OUTPUTS])
{
    const char *save = j->save ? j->save : j->model;
    out[LABELS] = (struct kc_output){.option = "--output", .path = j->output};
    out[LATE] = (struct kc_output){.option = "--late", .path = j->late};
    out[SUMMARY] = (struct kc_output){.option = "--summary", .path = j->summary};
    out[PROMETHEUS] = (struct kc_output){.option = "--prometheus", .path = j->prometheus};
    out[REPORT] = (struct kc_output){.option = "--report", .path = j->report};
    /* committed last: a model must not have learned rows whose labels are not written */
    out[MODEL] = (struct kc_output){.option = j->save ? "--save" : "--model", .path = j->dry_run ? NULL : save,
                                    .may_replace_input = 1, .last = 1};
}

int kc_job_update_check_outputs(const struct kc_job_update *j, struct kc_err *e)
{
    struct kc_output out[OUTPUTS];
    list_outputs(j, out);
    return kc_outputs_check(out, OUTPUTS, e);
}

static int open_outputs(struct update_run *run, struct kc_err *e)
{
    list_outputs(run->j, run->output);
    return kc_outputs_open(run->output, OUTPUTS, e) != 0 ? -1 :
           kc_outputs_none_is(run->output, OUTPUTS, run->j->model, "--model", e);
}

static int read_rows(const struct kc_ctx *ctx, struct update_run *run, struct kc_err *e)
{
    const struct kc_job_update *j = run->j;
    struct kc_in_opts in = j->in;
    in.normalise = 1;
    in.want_raw = j->out.annotate;
    in.expect_dim = run->m.d;
    in.expect_from = j->model;
    in.gather = 1;
    if (kc_in_load(ctx, &in, &run->ds, e) != 0)
        return -1;
    char data[16], work[16];
    kc_num_human(data, kc_dataset_bytes(&run->ds) + kc_model_bytes(&run->m));
    kc_num_human(work, kc_model_update_bytes(run->ds.rows.n, run->m.d, run->m.k, kc_pool_threads(ctx->pool)));
    kc_ctx_log(ctx, KC_LOG_INFO, "memory: %s for the model and the data, %s for the work at most", data, work);
    return 0;
}

/* Write the labels of the batch, and those of pool rows that got a cluster only now. */
static int write_labels(struct update_run *run, struct kc_err *e)
{
    const struct kc_job_update *j = run->j;
    const struct kc_labels t = {
        .n = run->u.n, .terms = &run->ds.terms, .head = run->ds.head,
        .raws = j->out.annotate != KC_RAW_NONE ? &run->ds.raws : NULL,
        .labels = run->u.labels, .ids = run->m.ids, .names = &run->names,
        .similarity = run->u.similarity, .margin = run->u.margin,
        .skipped = run->ds.skipped, .nskipped = run->ds.nskipped,
    };
    if (kc_out_has_column(&j->out, KC_COL_LABEL) && kc_model_copy_labels(&run->m, &run->names, e) != 0)
        return -1;
    if (kc_out_labels(run->output[LABELS].f, &t, &j->out, e) != 0)
        return -1;
    if (!run->output[LATE].f)
        return 0;
    const struct kc_labels late = {.n = run->u.late_terms.n, .terms = &run->u.late_terms, .labels = run->u.late,
                                   .ids = run->m.ids};
    const struct kc_raw_head *head = run->ds.head; /* of annotated tables, whose format the input has decided */
    const enum kc_out_format by_head = head && head->sep == '\t' ? KC_OUT_TSV : KC_OUT_CSV;
    const struct kc_out_opts o = {!head || j->late_format != j->out.format ? j->late_format : by_head, 2,
                                  {KC_COL_TERM, KC_COL_CLUSTER}, KC_RAW_NONE, j->out.id_format, 0, j->out.csv_bom,
                                  j->out.csv_safe, 0};
    return kc_out_labels(run->output[LATE].f, &late, &o, e);
}

/* Send the event, write the sidecar and the metrics, and make the text. began: when the run began, by kc_clock_now. */
static int write_reports(const struct kc_ctx *ctx, struct update_run *run, double began, struct kc_job_update_result *r,
                         struct kc_err *e)
{
    const struct kc_job_update *j = run->j;
    const struct kc_update *u = &run->u;
    const struct kc_model *m = &run->m;
    struct kc_drift drift = {
        .rows = u->n, .unassigned = u->unassigned,
        .silhouette_fit = run->baseline.silhouette, .silhouette = u->silhouette_before,
        .similarity_fit = run->baseline.similarity, .similarity = u->similarity_before,
        .rows_fit = m->n, .rows_since = run->since + u->n, .limits = j->limits,
    };
    struct kc_batch t = {
        .verb = "update", .model = j->model, .n = u->n, .d = m->d, .k = m->k, .skipped = run->ds.st.skipped,
        .joined = u->joined, .born = u->born, .unassigned = u->unassigned, .similarity = u->similarity_before,
        .ids = m->ids, .rows = u->rows, .sizes = m->counts, .new_ids = m->ids + (m->k - u->nnew), .nnew = u->nnew,
        .late = u->late_terms.n, .pool = m->pool.n, .drift = j->drift ? &drift : NULL,
    };
    if (j->drift && kc_balance(m->counts, m->k, &drift.cv, &drift.gini, e) != 0)
        return -1;
    if (j->drift)
        r->drifted = kc_drift_judge(&drift);
    t.seconds = kc_clock_now() - began;
    t.peak_rss = kc_mem_peak();
    kc_out_batch_event(ctx, &t);
    struct kc_outfile *side = run->output[SUMMARY].f, *metrics = run->output[PROMETHEUS].f;
    if ((side && kc_out_batch_json(side, &t, e) != 0) || (metrics && kc_out_batch_prometheus(metrics, &t, e) != 0))
        return -1;
    return j->want_text ? kc_out_batch_text(&r->text, &t, e) : 0;
}

/* Write the report of the model as it is now. */
static int write_page(const struct kc_ctx *ctx, struct update_run *run, struct kc_err *e)
{
    const struct kc_page_opts o = {0};
    struct kc_view v;
    if (!run->output[REPORT].f)
        return 0;
    kc_view_init(&v);
    int rc = kc_view_set_model(&v, &run->m, e);
    if (rc == 0)
        rc = kc_job_view_about(ctx, &v, "model", run->j->model, e);
    if (rc == 0)
        rc = kc_page_write(&v, &o, run->output[REPORT].f, e);
    kc_view_free(&v);
    return rc;
}

/* Refuse a model that holds no clusters that could grow by themselves. */
static int check_kind(const struct update_run *run, struct kc_err *e)
{
    if (run->m.kind == KC_MODEL_CENTROIDS)
        return kc_model_no_tally(&run->m, kc_source_name(run->j->model), e);
    return kc_err_at(e, KC_EINPUT, kc_source_name(run->j->model), 0,
                     "a model of %s that labels rows by %s: its clusters cannot grow row by row; fit all rows again "
                     "with --like, which keeps the ids", run->m.algorithm->name,
                     run->m.kind == KC_MODEL_VOTES ? "the votes of the fit's rows" : "centroids and a threshold");
}

/* Append the batch to the model's history. */
static int log_batch(struct update_run *run, struct kc_err *e)
{
    const struct kc_update *u = &run->u;
    struct kc_model *m = &run->m;
    const int64_t time = run->j->created <= KC_MODEL_TIME_MOST ? run->j->created : -1;
    struct kc_model_event v = {.time = time, .rows = u->n, .joined = u->joined, .born = u->born,
                               .unassigned = u->unassigned, .clusters = m->k, .similarity = u->similarity_before,
                               .silhouette = u->silhouette_before};
    double gini;
    return kc_balance(m->counts, m->k, &v.variation, &gini, e) != 0 ? -1 : kc_model_log_update(m, &v, u->rows, e);
}

/* Read the batch and update the model in memory. */
static int update_model(const struct kc_ctx *ctx, struct update_run *run, struct kc_err *e)
{
    const struct kc_job_update *j = run->j;
    run->baseline = run->m.baseline;
    run->since = run->m.joined + run->m.born + run->m.unassigned;
    if (read_rows(ctx, run, e) != 0 || kc_model_update(ctx, &run->m, &run->ds, &j->update, &run->u, e) != 0)
        return -1;
    if (run->u.dropped > 0)
        kc_ctx_log(ctx, KC_LOG_WARN, "the pool holds %d rows: its oldest %llu are dropped", KC_MODEL_POOL,
                   (unsigned long long)run->u.dropped);
    run->m.created = j->created;
    strcpy(run->m.kclust, KC_VERSION);
    return log_batch(run, e);
}

int kc_job_update_run(const struct kc_ctx *ctx, const struct kc_job_update *j, struct kc_job_update_result *r,
                      struct kc_err *e)
{
    struct update_run run = {.j = j, .lock = -1};
    int rc = -1;
    double began = kc_clock_now();
    memset(r, 0, sizeof *r);
    if (kc_team_rank(ctx->team) > 0) { /* reads its part for the first rank */
        rc = kc_model_load(&run.m, j->model, e) != 0 ? -1 : read_rows(ctx, &run, e);
        goto out;
    }
    /* lock what is replaced before it is read; a model that is only read needs no lock, as files are replaced whole */
    if (!j->dry_run && kc_lock_take(ctx, j->save ? j->save : j->model, j->lock_timeout, &run.lock, e) != 0)
        goto out;
    if (kc_model_load(&run.m, j->model, e) != 0 || check_kind(&run, e) != 0 || open_outputs(&run, e) != 0 ||
        update_model(ctx, &run, e) != 0)
        goto out;
    if (write_labels(&run, e) != 0 || (run.output[MODEL].f && kc_model_save(&run.m, run.output[MODEL].f, e) != 0) ||
        write_page(ctx, &run, e) != 0 || write_reports(ctx, &run, began, r, e) != 0)
        goto out;
    rc = kc_outputs_commit(run.output, OUTPUTS, e);
    if (rc == 0)
        kc_outputs_tell(run.output, OUTPUTS, ctx);
out:
    kc_outputs_free(run.output, OUTPUTS);
    kc_update_free(&run.u);
    kc_strs_free(&run.names);
    kc_dataset_free(&run.ds);
    kc_model_free(&run.m);
    kc_lock_drop(run.lock);
    return rc;
}

void kc_job_update_free(struct kc_job_update_result *r)
{
    kc_buf_free(&r->text);
    memset(r, 0, sizeof *r);
}
