/* assign streams: rows are labelled by the workers of the reader, and the sink writes their labels and adds up the
 * figures of the report. Rows are not kept, so that assign needs the same memory for any number of them. Of several
 * ranks each labels its part, and the first writes. */
#include "job/assign.h"

#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "base/num.h"
#include "io/outputs.h"
#include "io/source.h"
#include "model/tally.h"
#include "par/team.h"
#include "report/batch.h"

/* The outputs, in the order of messages. */
enum { LABELS, SUMMARY, PROMETHEUS, TALLY, OUTPUTS };

struct assign_run {
    const struct kc_job_assign *j;
    struct kc_model m;
    struct kc_labeller *labeller;
    struct kc_label_file *labels;
    struct kc_output output[OUTPUTS];
    struct kc_strs names; /* (k) labels of the clusters, for the column */
    struct kc_in_stats st;
    uint64_t *rows;    /* (k) rows of each cluster in this input */
    uint64_t *after;   /* (k) the clusters' sizes with these rows */
    uint64_t n, unassigned;
    uint64_t judged;   /* rows with a similarity: of a model of votes, those whose vote noise has not won */
    double similarity, silhouette; /* sums over the rows, in their order */
};

/* Write the labels of one piece and add it to the figures. A kc_in_sink. */
static int write_piece(void *arg, const struct kc_chunk *c, struct kc_err *e)
{
    struct assign_run *run = arg;
    struct kc_labelled got;
    kc_labeller_take(run->labeller, c->x, c->n, c->of, c->seen, c->made, &got);
    for (size_t i = 0; i < c->n; i++) {
        if (got.nearest[i] != KC_NOISE) {
            run->judged++;
            run->similarity += (double)got.similarity[i];
            if (got.silhouette)
                run->silhouette += got.silhouette[i];
        }
        if (got.labels[i] == KC_NOISE)
            run->unassigned++;
        else
            run->rows[got.labels[i]]++;
    }
    if (run->j->tally && kc_model_tally_rows(&run->m, c->x, got.labels, c->n, e) != 0)
        return -1;
    run->n += c->n;
    static const struct kc_strs none = {0};
    const struct kc_labels t = {.n = c->n, .terms = c->terms ? c->terms : &none, .raws = c->raws, .head = c->head,
                                .labels = got.labels, .ids = run->m.ids, .names = &run->names,
                                .similarity = got.similarity, .margin = got.margin, .top = got.top,
                                .probability = got.probability,
                                .top_similarity = got.top_similarity, .rows = c->rows};
    if (kc_out_labels_add(run->labels, &t, e) != 0)
        return -1;
    return kc_outfile_push(run->output[LABELS].f, e);
}

static void list_outputs(const struct kc_job_assign *j, struct kc_output out[OUTPUTS])
{
    out[LABELS] = (struct kc_output){.option = "--output", .path = j->output};
    out[SUMMARY] = (struct kc_output){.option = "--summary", .path = j->summary};
    out[PROMETHEUS] = (struct kc_output){.option = "--prometheus", .path = j->prometheus};
    /* committed last: rows that are added up have their labels */
    out[TALLY] = (struct kc_output){.option = "--tally", .path = j->tally, .last = 1};
}

int kc_job_assign_check_outputs(const struct kc_job_assign *j, struct kc_err *e)
{
    struct kc_output out[OUTPUTS];
    list_outputs(j, out);
    return kc_outputs_check(out, OUTPUTS, e);
}

static int open_outputs(struct assign_run *run, struct kc_err *e)
{
    const struct kc_job_assign *j = run->j;
    list_outputs(j, run->output);
    if (kc_outputs_open(run->output, OUTPUTS, e) != 0 ||
        kc_outputs_none_is(run->output, OUTPUTS, j->model, "--model", e) != 0 ||
        /* a shard that its tally replaced would be lost */
        (j->tally && kc_outputs_none_of(&run->output[TALLY], 1, j->in.files, j->in.nfiles, e) != 0))
        return -1;
    return kc_outfile_check_inputs(run->output[LABELS].f, j->in.files, j->in.nfiles, e);
}

static int read_rows(const struct kc_ctx *ctx, struct assign_run *run, struct kc_err *e)
{
    const struct kc_job_assign *j = run->j;
    struct kc_in_opts in = j->in;
    in.normalise = 1;
    in.want_raw = j->out.annotate;
    in.prompt = 1;
    in.expect_dim = run->m.d;
    in.expect_from = j->model;
    in.each = kc_labeller_each;
    in.each_arg = run->labeller;
    in.relay_rows = j->tally || kc_labeller_needs_rows(run->labeller);
    if (kc_team_rank(ctx->team) > 0) /* the first rank writes */
        return kc_in_stream(ctx, &in, write_piece, run, &run->st, e);
    return kc_out_labels_begin(&run->labels, run->output[LABELS].f, &j->out, e) != 0 ||
           kc_in_stream(ctx, &in, write_piece, run, &run->st, e) != 0 ? -1 : kc_out_labels_end(run->labels, e);
}

/* Compute the figures of drift, as if these rows had joined their clusters. */
static int compute_drift(struct assign_run *run, struct kc_drift *d, struct kc_err *e)
{
    const struct kc_model *m = &run->m;
    *d = (struct kc_drift){
        .rows = run->n,
        .unassigned = run->unassigned,
        .silhouette_fit = m->baseline.silhouette,
        .silhouette = run->silhouette / (double)run->judged,
        .similarity_fit = m->baseline.similarity,
        .similarity = run->similarity / (double)run->judged,
        .rows_fit = m->n,
        .rows_since = m->joined + m->born + m->unassigned + run->n,
        .limits = run->j->limits,
    };
    for (size_t c = 0; c < m->k; c++)
        run->after[c] = m->counts[c] + run->rows[c];
    if (kc_balance(run->after, m->k, &d->cv, &d->gini, e) != 0)
        return -1;
    return 0;
}

/* Send the event, write the sidecar and the metrics, and make the text. began: when the run began, by kc_clock_now. */
static int write_reports(const struct kc_ctx *ctx, struct assign_run *run, double began, struct kc_job_assign_result *r,
                  struct kc_err *e)
{
    const struct kc_job_assign *j = run->j;
    struct kc_drift drift;
    struct kc_batch t = {
        .verb = "assign", .model = j->model, .n = (size_t)run->n, .d = run->m.d, .k = run->m.k,
        .skipped = run->st.skipped, .joined = run->n - run->unassigned, .unassigned = run->unassigned,
        .similarity = run->similarity / (double)run->judged, .ids = run->m.ids, .rows = run->rows,
        .drift = j->drift ? &drift : NULL,
    };
    if (j->drift) {
        if (compute_drift(run, &drift, e) != 0)
            return -1;
        r->drifted = kc_drift_judge(&drift);
    }
    t.seconds = kc_clock_now() - began;
    t.peak_rss = kc_mem_peak();
    kc_out_batch_event(ctx, &t);
    struct kc_outfile *side = run->output[SUMMARY].f, *metrics = run->output[PROMETHEUS].f;
    if ((side && kc_out_batch_json(side, &t, e) != 0) || (metrics && kc_out_batch_prometheus(metrics, &t, e) != 0))
        return -1;
    return j->want_text ? kc_out_batch_text(&r->text, &t, e) : 0;
}

/* Check that the clusters of the model are those of their centroids, and begin the tally. */
static int begin_tally(struct assign_run *run, struct kc_err *e)
{
    if (!run->j->tally)
        return 0;
    if (run->m.kind == KC_MODEL_CENTROIDS)
        return kc_model_begin_tally(&run->m, e);
    return kc_err_at(e, KC_EUSAGE, kc_source_name(run->j->model), 0,
                     "--tally adds up rows for the centroids of a model, and this one of %s labels rows by %s: fit all "
                     "rows again with --like, which keeps the ids", run->m.algorithm->name,
                     run->m.kind == KC_MODEL_VOTES ? "votes" : "centroids and a threshold");
}

/* Check that the model can tell what the columns ask for. */
static int check_columns(const struct assign_run *run, struct kc_err *e)
{
    if (run->m.kind == KC_MODEL_VOTES || !kc_out_has_column(&run->j->out, KC_COL_PROBABILITY))
        return 0;
    return kc_err_at(e, KC_EUSAGE, kc_source_name(run->j->model), 0,
                     "column 'probability' is the share of votes, and this model labels rows by its centroids: fit "
                     "with another --algorithm or --space makes one that votes");
}

int kc_job_assign_run(const struct kc_ctx *ctx, const struct kc_job_assign *j, struct kc_job_assign_result *r,
                      struct kc_err *e)
{
    struct assign_run run = {.j = j};
    struct kc_assign_opts o = j->assign;
    int rc = -1;
    double began = kc_clock_now();
    const int first = kc_team_rank(ctx->team) == 0;
    memset(r, 0, sizeof *r);
    o.want_silhouette = j->drift;
    o.top = (size_t)j->out.top;
    o.want_probability = kc_out_has_column(&j->out, KC_COL_PROBABILITY);
    const int labels = kc_out_has_column(&j->out, KC_COL_LABEL);
    const unsigned parts =
        (j->drift || j->tally ? KC_MODEL_SUMS : 0) | (labels || j->tally ? KC_MODEL_PAST : 0);
    if (kc_model_load_parts(&run.m, j->model, parts, e) != 0 || check_columns(&run, e) != 0 ||
        begin_tally(&run, e) != 0 || (first && open_outputs(&run, e) != 0))
        goto out;
    kc_ctx_log(ctx, KC_LOG_INFO, "model: %zu clusters x %zu, %llu rows and %llu since", run.m.k, run.m.d,
               (unsigned long long)run.m.n,
               (unsigned long long)(run.m.joined + run.m.born + run.m.unassigned));
    char human[2][16];
    kc_num_human(human[0], kc_model_bytes(&run.m));
    kc_num_human(human[1], kc_in_stream_bytes(ctx, &j->in));
    kc_ctx_log(ctx, KC_LOG_INFO, "memory: %s for the model, %s to read in; rows are not kept", human[0], human[1]);
    if (labels && kc_model_copy_labels(&run.m, &run.names, e) != 0)
        goto out;
    run.rows = kc_mem_zalloc(run.m.k, sizeof *run.rows, e);
    run.after = kc_mem_zalloc(run.m.k, sizeof *run.after, e);
    if (!run.rows || !run.after || kc_labeller_new(&run.labeller, &run.m, &o, e) != 0 || read_rows(ctx, &run, e) != 0)
        goto out;
    if (!first) {
        rc = 0;
        goto out;
    }
    if (write_reports(ctx, &run, began, r, e) != 0)
        goto out;
    if (run.output[TALLY].f && kc_model_save(&run.m, run.output[TALLY].f, e) != 0)
        goto out;
    rc = kc_outputs_commit(run.output, OUTPUTS, e);
    if (rc == 0)
        kc_outputs_tell(run.output, OUTPUTS, ctx);
out:
    kc_labeller_free(run.labeller);
    kc_out_labels_free(run.labels);
    kc_outputs_free(run.output, OUTPUTS);
    kc_mem_free(run.after);
    kc_strs_free(&run.names);
    kc_mem_free(run.rows);
    kc_model_free(&run.m);
    return rc;
}

void kc_job_assign_free(struct kc_job_assign_result *r)
{
    kc_buf_free(&r->text);
    memset(r, 0, sizeof *r);
}
