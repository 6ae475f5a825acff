/* merge: the file of the new model is locked, the parts are read and added up in memory (model/tally.h), and the model
 * is written at the end, as by update. It is the same whatever the order of the parts. */
#include "job/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "core/judge/drift.h"
#include "io/lock.h"
#include "io/outputs.h"
#include "io/source.h"
#include "model/tally.h"
#include "report/batch.h"

/* The outputs, in the order of messages. */
enum { MODEL, SUMMARY, OUTPUTS };

struct merge_run {
    const struct kc_job_merge *j;
    struct kc_model m;       /* the first part, to which the others are added */
    const char *first;       /* its name, for messages */
    struct kc_tallied step;  /* what became of the model */
    struct kc_output output[OUTPUTS];
    int lock;                /* of the file that is replaced, see io/lock.h; -1: none */
};

static void list_outputs(const struct kc_job_merge *j, struct kc_output out[OUTPUTS])
{
    out[MODEL] = (struct kc_output){.option = "--output", .path = j->output, .last = 1};
    out[SUMMARY] = (struct kc_output){.option = "--summary", .path = j->summary};
}

int kc_job_merge_check_outputs(const struct kc_job_merge *j, struct kc_err *e)
{
    struct kc_output out[OUTPUTS];
    list_outputs(j, out);
    return kc_outputs_check(out, OUTPUTS, e);
}

/* Open the outputs, none of which may replace a part. */
static int open_outputs(struct merge_run *run, struct kc_err *e)
{
    list_outputs(run->j, run->output);
    return kc_outputs_open(run->output, OUTPUTS, e) != 0 ? -1 :
           kc_outputs_none_of(run->output, OUTPUTS, run->j->parts, run->j->nparts, e);
}

/* A regular file that is a part. */
struct part_file {
    dev_t device;
    ino_t inode;
    const char *path;
};

static int by_file(const void *a, const void *b)
{
    const struct part_file *x = a, *y = b;
    return x->device != y->device ? (x->device < y->device ? -1 : 1) :
           x->inode != y->inode   ? (x->inode < y->inode ? -1 : 1) : 0;
}

/* Check that no file is two of the parts: its rows would count twice. */
static int check_repeats(const struct kc_job_merge *j, struct kc_err *e)
{
    struct part_file *file = kc_mem_alloc(j->nparts, sizeof *file, e);
    size_t n = 0;
    int rc = file ? 0 : -1;
    for (size_t i = 0; file && i < j->nparts; i++) {
        struct stat st;
        if (strcmp(j->parts[i], "-") != 0 && stat(j->parts[i], &st) == 0 && S_ISREG(st.st_mode))
            file[n++] = (struct part_file){st.st_dev, st.st_ino, j->parts[i]};
    }
    if (file)
        qsort(file, n, sizeof *file, by_file);
    for (size_t i = 1; rc == 0 && i < n; i++)
        if (by_file(&file[i - 1], &file[i]) == 0)
            rc = kc_err_at(e, KC_EUSAGE, file[i].path, 0, "the file is two of the parts: its rows would count twice");
    kc_mem_free(file);
    return rc;
}

/* Load a part into m, and check that it has a tally. */
static int load_part(struct kc_model *m, const char *path, struct kc_err *e)
{
    if (kc_model_load(m, path, e) != 0)
        return -1;
    if (m->tally.counts)
        return 0;
    const char *name = kc_source_name(path);
    if (m->kind == KC_MODEL_CENTROIDS)
        return kc_err_at(e, KC_EINPUT, name, 0, "a model without a tally: merge adds up what kclust assign --tally "
                         "FILE has written for each shard");
    return kc_err_at(e, KC_EINPUT, name, 0, "a model of %s, which labels rows by %s: it has no sums to add up; fit all "
                     "rows again with --like, which keeps the ids", m->algorithm->name,
                     m->kind == KC_MODEL_VOTES ? "the votes of the fit's rows" : "centroids and a threshold");
}

/* Load all parts and add them up. */
static int add_parts(const struct kc_ctx *ctx, struct merge_run *run, struct kc_err *e)
{
    const struct kc_job_merge *j = run->j;
    for (size_t i = 0; i < j->nparts; i++) {
        const char *name = kc_source_name(j->parts[i]);
        struct kc_model part = {0}, *m = i == 0 ? &run->m : &part;
        int rc = load_part(m, j->parts[i], e);
        if (rc == 0)
            kc_ctx_log(ctx, KC_LOG_INFO, "%s: %llu rows, %llu of them unassigned", name,
                       (unsigned long long)m->tally.rows, (unsigned long long)m->tally.unassigned);
        if (rc == 0 && i > 0)
            rc = kc_model_same_tally(&part, name, &run->m, run->first, e) != 0 ||
                         kc_model_join_tally(&run->m, &part, name, e) != 0 ? -1 : 0;
        kc_model_free(&part);
        if (rc != 0)
            return -1;
        run->first = i == 0 ? name : run->first;
    }
    return 0;
}

/* Take the step, and record it as the update that it is. */
static int take_step(const struct kc_ctx *ctx, struct merge_run *run, struct kc_err *e)
{
    struct kc_model *m = &run->m;
    const struct kc_model_tally *t = &m->tally;
    if (kc_model_apply_tally(m, &run->step, e) != 0)
        return -1;
    if (run->step.empty > 0)
        kc_ctx_log(ctx, KC_LOG_WARN, "%zu of %zu clusters got no rows: they stay as they were", run->step.empty, m->k);
    m->updates++;
    m->joined += t->rows - t->unassigned;
    m->unassigned += t->unassigned;
    m->created = run->j->created;
    strcpy(m->kclust, KC_VERSION);
    struct kc_model_event v = {.time = m->created <= KC_MODEL_TIME_MOST ? m->created : -1, .rows = t->rows,
                               .joined = t->rows - t->unassigned, .unassigned = t->unassigned, .clusters = m->k,
                               .similarity = run->step.similarity, .silhouette = NAN};
    double gini;
    return kc_balance(m->counts, m->k, &v.variation, &gini, e) != 0 ? -1 : kc_model_log_update(m, &v, t->counts, e);
}

/* Send the event, write the sidecar, and make the text. */
static int write_reports(const struct kc_ctx *ctx, struct merge_run *run, double began, struct kc_buf *text,
                         struct kc_err *e)
{
    const struct kc_model *m = &run->m;
    const struct kc_model_tally *t = &m->tally;
    struct kc_batch b = {
        .verb = "merge", .model = kc_source_name(run->j->output), .n = (size_t)t->rows, .d = m->d, .k = m->k,
        .joined = t->rows - t->unassigned, .unassigned = t->unassigned, .similarity = run->step.similarity,
        .ids = m->ids, .rows = t->counts, .sizes = run->j->as_part ? NULL : m->counts, .new_ids = m->ids + m->k,
        .pool = m->pool.n, .parts = run->j->nparts, .empty = run->step.empty, .shift = run->step.shift,
    };
    b.seconds = kc_clock_now() - began;
    b.peak_rss = kc_mem_peak();
    kc_out_batch_event(ctx, &b);
    if (run->output[SUMMARY].f && kc_out_batch_json(run->output[SUMMARY].f, &b, e) != 0)
        return -1;
    return run->j->want_text ? kc_out_batch_text(text, &b, e) : 0;
}

/* Write the model: with the step and without the tally; or, as a part, the other way round. */
static int write_model(const struct kc_ctx *ctx, struct merge_run *run, struct kc_err *e)
{
    struct kc_model whole;
    if (run->j->as_part && kc_model_save(&run->m, run->output[MODEL].f, e) != 0)
        return -1;
    if (run->j->as_part) { /* no step, but its similarity */
        const int rc = kc_model_apply_tally(&run->m, &run->step, e);
        run->step.shift = NAN;
        return rc;
    }
    if (take_step(ctx, run, e) != 0)
        return -1;
    whole = run->m;
    whole.tally = (struct kc_model_tally){0};
    return kc_model_save(&whole, run->output[MODEL].f, e);
}

int kc_job_merge_run(const struct kc_ctx *ctx, const struct kc_job_merge *j, struct kc_buf *text, struct kc_err *e)
{
    struct merge_run run = {.j = j, .lock = -1};
    const double began = kc_clock_now();
    int rc = -1;
    /* lock what is replaced before the parts are read, so that two merges follow each other */
    if (check_repeats(j, e) != 0 || kc_lock_take(ctx, j->output, j->lock_timeout, &run.lock, e) != 0 ||
        open_outputs(&run, e) != 0 || add_parts(ctx, &run, e) != 0 || write_model(ctx, &run, e) != 0 ||
        write_reports(ctx, &run, began, text, e) != 0)
        goto out;
    rc = kc_outputs_commit(run.output, OUTPUTS, e);
    if (rc == 0)
        kc_outputs_tell(run.output, OUTPUTS, ctx);
out:
    kc_outputs_free(run.output, OUTPUTS);
    kc_model_free(&run.m);
    kc_lock_drop(run.lock);
    return rc;
}
