/* edit of a model: it is locked, read, corrected in memory (model/edit.h) and written at the end, as by update. Labels
 * are in edit_labels.c. */
#include "job/edit.h"

#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/num.h"
#include "io/lock.h"
#include "io/source.h"
#include "job/edit_run.h"
#include "model/edit.h"
#include "model/tally.h"

static void list_outputs(const struct kc_job_edit *j, struct kc_output out[KC_EDIT_OUTPUTS])
{
    const char *path = j->output ? j->output : j->model ? j->model : "-";
    out[KC_EDIT_OUTPUT] = (struct kc_output){.option = j->output || !j->model ? "--output" : "--model",
                                             .path = j->dry_run ? NULL : path, .may_replace_input = 1};
    out[KC_EDIT_SUMMARY] = (struct kc_output){.option = "--summary", .path = j->summary};
}

int kc_job_edit_check_outputs(const struct kc_job_edit *j, struct kc_err *e)
{
    struct kc_output out[KC_EDIT_OUTPUTS];
    list_outputs(j, out);
    return kc_outputs_check(out, KC_EDIT_OUTPUTS, e);
}

int kc_edit_open(const struct kc_job_edit *j, struct kc_output *out, const char *path, const char *option,
                 struct kc_err *e)
{
    list_outputs(j, out);
    return kc_outputs_open(out, KC_EDIT_OUTPUTS, e) != 0 ? -1 :
           kc_outputs_none_is(out, KC_EDIT_OUTPUTS, path, option, e);
}

static int write_summary(struct kc_outfile *f, const struct kc_edit_report *r, struct kc_err *e)
{
    struct kc_buf b = {0};
    const int rc = kc_out_edit_json(&b, r, e) != 0 ? -1 : kc_outfile_write(f, b.p, b.n, e);
    kc_buf_free(&b);
    return rc;
}

int kc_edit_finish(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_output *out,
                   struct kc_edit_report *r, double began, struct kc_buf *text, struct kc_err *e)
{
    r->dry = j->dry_run;
    r->assigned = 0;
    for (uint32_t c = 0; c < r->edits->after; c++)
        r->assigned += r->rows[c];
    r->seconds = kc_clock_now() - began;
    r->peak_rss = kc_mem_peak();
    kc_out_edit_event(ctx, r);
    if ((out[KC_EDIT_SUMMARY].f && write_summary(out[KC_EDIT_SUMMARY].f, r, e) != 0) ||
        kc_out_edit_text(text, r, e) != 0 || kc_outputs_commit(out, KC_EDIT_OUTPUTS, e) != 0)
        return -1;
    kc_outputs_tell(out, KC_EDIT_OUTPUTS, ctx);
    return 0;
}

int kc_edit_read_rows(const struct kc_ctx *ctx, const struct kc_job_edit *j, size_t d, const char *from,
                      struct kc_dataset *ds, struct kc_err *e)
{
    struct kc_in_opts in = j->in;
    in.normalise = 1;
    in.want_raw = KC_RAW_NONE;
    in.expect_dim = d;
    in.expect_from = from;
    return kc_in_load(ctx, &in, ds, e);
}

/* The edit of a model. */
struct model_run {
    const struct kc_job_edit *j;
    struct kc_model m;
    struct kc_strs old, ids; /* (k before), (k after) as text */
    struct kc_edits edits;
    struct kc_dataset ds;
    struct kc_model_edited edited;
    struct kc_output output[KC_EDIT_OUTPUTS];
    int lock;
};

/* Append the ids of the model's clusters as text. */
static int list_ids(const struct kc_model *m, struct kc_strs *out, struct kc_err *e)
{
    char digits[24];
    for (size_t c = 0; c < m->k; c++) {
        const int n = snprintf(digits, sizeof digits, "%lld", (long long)m->ids[c]);
        if (kc_strs_add(out, digits, (size_t)n, e) != 0)
            return -1;
    }
    return 0;
}

/* Find the clusters that are meant, and check that what the edits need is there. */
static int find_edits(struct model_run *run, struct kc_err *e)
{
    const struct kc_job_edit *j = run->j;
    const char *name = kc_source_name(j->model);
    if (list_ids(&run->m, &run->old, e) != 0 ||
        kc_edits_find(&run->edits, &j->edits, &run->old, run->m.counts, name, e) != 0)
        return -1;
    if (run->edits.more == 0 || j->rows || run->m.kind == KC_MODEL_VOTES)
        return 0;
    return kc_err_at(e, KC_EUSAGE, name, 0, "--split needs the rows of the cluster, which this model does not hold: "
                     "name their FILE, as in kclust edit -m MODEL --split ID FILE");
}

/* Warn of what the edit could not do as well as it should. */
static void warn_of_edit(const struct kc_ctx *ctx, const struct model_run *run)
{
    const struct kc_edits *s = &run->edits;
    const struct kc_model *m = &run->m;
    for (uint32_t c = 0; c < s->k; c++) {
        uint64_t rows = 0;
        size_t n;
        if (s->parts[c] == 1)
            continue;
        for (uint32_t p = 0; p < s->parts[c]; p++)
            rows += m->counts[p == 0 ? s->place[c] : s->part[c] + p - 1];
        const char *id = kc_strs_get(&run->old, c, &n);
        if (rows != run->edited.expected[c])
            kc_ctx_log(ctx, KC_LOG_WARN, "cluster %.*s has %llu rows, and %llu are at hand: its parts count these",
                       (int)n, id, (unsigned long long)run->edited.expected[c], (unsigned long long)rows);
        if (m->rep_first[s->place[c]] == m->rep_first[s->place[c] + 1])
            kc_ctx_log(ctx, KC_LOG_WARN, "the parts of cluster %.*s have no representatives, as the model does not "
                       "hold the terms of its rows: name their FILE", (int)n, id);
    }
}

static int run_model(const struct kc_ctx *ctx, struct model_run *run, struct kc_buf *text, struct kc_err *e)
{
    const struct kc_job_edit *j = run->j;
    const double began = kc_clock_now();
    /* lock what is replaced before it is read; a model that is only read needs no lock, as files are replaced whole */
    if ((!j->dry_run && kc_lock_take(ctx, j->output ? j->output : j->model, j->lock_timeout, &run->lock, e) != 0) ||
        kc_model_load(&run->m, j->model, e) != 0 ||
        kc_model_no_tally(&run->m, kc_source_name(j->model), e) != 0 ||
        kc_edit_open(j, run->output, j->model, "--model", e) != 0 ||
        find_edits(run, e) != 0 || (j->rows && kc_edit_read_rows(ctx, j, run->m.d, j->model, &run->ds, e) != 0) ||
        kc_model_edit(ctx, &run->m, &run->edits, j->rows ? &run->ds : NULL, &run->edited, e) != 0 ||
        list_ids(&run->m, &run->ids, e) != 0)
        return -1;
    warn_of_edit(ctx, run);
    run->m.created = j->created;
    strcpy(run->m.kclust, KC_VERSION);
    if (run->output[KC_EDIT_OUTPUT].f && kc_model_save(&run->m, run->output[KC_EDIT_OUTPUT].f, e) != 0)
        return -1;
    struct kc_edit_report r = {.file = kc_source_name(j->model), .model = 1, .edits = &run->edits, .old = &run->old,
                               .ids = &run->ids, .rows = run->m.counts, .generation = run->m.generation,
                               .next_id = run->m.next_id};
    return kc_edit_finish(ctx, j, run->output, &r, began, text, e);
}

static int edit_model(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_buf *text, struct kc_err *e)
{
    struct model_run run = {.j = j, .lock = -1};
    const int rc = run_model(ctx, &run, text, e);
    kc_outputs_free(run.output, KC_EDIT_OUTPUTS);
    kc_model_edited_free(&run.edited);
    kc_dataset_free(&run.ds);
    kc_edits_free(&run.edits);
    kc_strs_free(&run.ids);
    kc_strs_free(&run.old);
    kc_model_free(&run.m);
    kc_lock_drop(run.lock);
    return rc;
}

int kc_job_edit_run(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_buf *text, struct kc_err *e)
{
    return j->model ? edit_model(ctx, j, text, e) : kc_edit_labels(ctx, j, text, e);
}
