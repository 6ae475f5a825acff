/* diff: tell labels from models, read both files, compare them (job/compare.h) and report. */
#include "job/diff.h"

#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "io/outputs.h"
#include "io/source.h"
#include "job/compare.h"
#include "job/view.h"
#include "model/map.h"
#include "model/model.h"
#include "page/page.h"

#define KEYWORDS 10 /* of a cluster, in the HTML report */

struct diff_run {
    const struct kc_job_diff *j;
    struct kc_output output[2]; /* the comparison, and the HTML report */
    struct kc_labelling old, new;
    struct kc_comparison comparison;
    struct kc_source *src[2]; /* the old and the new file, opened once: they may be pipes */
    int is_model[2];
    struct kc_model old_model, new_model;
    struct kc_buf text;
};

/* Open one of the files and set *model to 1 if it is a model. */
static int open_input(const char *path, struct kc_source **src, int *model, struct kc_err *e)
{
    if (kc_source_open(src, path, e) != 0)
        return -1;
    const int map = kc_map_is(*src, e);
    if (map > 0)
        return kc_err_at(e, KC_EINPUT, kc_source_name(path), 0, "a map of rows, expected labels or a model");
    *model = map < 0 ? -1 : kc_model_is(*src, e);
    return *model < 0 ? -1 : 0;
}

/* Read a file of labels from *src, which is closed. KC_EINPUT if it is a model: two models are compared elsewhere.
 * Tell what was taken for labels. */
static int read_labelling(const struct kc_ctx *ctx, const char *path, struct kc_source **src, int model,
                          const struct kc_job_diff *j, struct kc_labelling *l, struct kc_err *e)
{
    struct kc_source *own = *src;
    struct kc_labels_opts o = j->labels;
    o.may_miss = 1;
    if (model)
        return kc_err_at(e, KC_EINPUT, kc_source_name(path), 0,
                         "a model: it has no labels of rows, expected two files of labels or two models");
    *src = NULL;
    if (kc_labels_read(path, own, &o, l, e) != 0)
        return -1;
    kc_ctx_log(ctx, KC_LOG_INFO, "%s: %s%s%s", kc_source_name(path), l->how, l->missed ? "; " : "", l->missing);
    return 0;
}

/* Check that each of the columns that options name is in one of the files. */
static int check_missed(const struct diff_run *r, struct kc_err *e)
{
    const char *name = kc_source_name(r->j->new);
    return !(r->old.missed & r->new.missed) ? 0 :
           kc_err_at(e, KC_EINPUT, kc_source_name(r->j->old), 0, "%s; in %.200s: %.200s", r->old.missing, name,
                     r->new.missing);
}

/* Read two files of labels and compare them. */
static int diff_labellings(const struct kc_ctx *ctx, struct diff_run *r, struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_job_diff *j = r->j;
    return read_labelling(ctx, j->old, &r->src[0], r->is_model[0], j, &r->old, e) != 0 ||
                   read_labelling(ctx, j->new, &r->src[1], r->is_model[1], j, &r->new, e) != 0 ||
                   check_missed(r, e) != 0 ? -1 : kc_compare_labels(&r->comparison, p, e);
}

static int is_all_kept(const struct kc_lineage *l)
{
    for (uint32_t i = 0; i < l->nold; i++)
        if (l->old_fate[i] != KC_FATE_KEPT)
            return 0;
    for (uint32_t j = 0; j < l->nnew; j++)
        if (l->new_fate[j] != KC_FATE_KEPT)
            return 0;
    return 1;
}

/* Read two models and compare them. */
static int diff_models(struct diff_run *r, struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_job_diff *j = r->j;
    const struct kc_model *old = &r->old_model, *new = &r->new_model;
    if (kc_model_read(&r->old_model, j->old, r->src[0], e) != 0 ||
        kc_model_read(&r->new_model, j->new, r->src[1], e) != 0)
        return -1;
    if (old->d != new->d)
        return kc_err_at(e, KC_EINPUT, kc_source_name(j->new), 0, "a model of %zu dimensions, expected %zu as in %s",
                         new->d, old->d, kc_source_name(j->old));
    if (kc_compare_models(&r->comparison, old, new, &r->old, &r->new, p, e) != 0)
        return -1;
    p->same = is_all_kept(p->lineage);
    return 0;
}

/* Fill the view: of a model, or of labels whose keywords name the clusters; and what the old ones became. */
static int fill_view(const struct kc_ctx *ctx, struct diff_run *r, const struct kc_diff_report *p, struct kc_view *v,
                     struct kc_err *e)
{
    const struct kc_job_diff *j = r->j;
    if (p->kinship)
        return kc_view_set_model(v, &r->new_model, e) != 0 ? -1 :
               kc_job_view_models(&r->old_model, p->old.name, &r->new_model, p->new.name, &j->lineage, v, e);
    uint32_t *of = kc_mem_alloc(r->new.k, sizeof *of, e);
    const int rc = of && kc_strs_append(&v->text, &r->new.terms, e) == 0 &&
                           kc_view_set_labels(v, r->new.labels, r->new.n, &r->new.names, of, e) == 0 &&
                           kc_job_view_words(ctx, KEYWORDS, 0, v, e) == 0
                       ? kc_view_set_flow(v, p, of, e) : -1;
    kc_mem_free(of);
    return rc;
}

/* Write the HTML report, if it is wanted. */
static int write_page(const struct kc_ctx *ctx, struct diff_run *r, const struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_page_opts o = {0};
    struct kc_view v;
    if (!r->output[1].f)
        return 0;
    kc_view_init(&v);
    const int rc = fill_view(ctx, r, p, &v, e) == 0 &&
                           kc_view_add_fact(&v, e, "compared with", "%.400s", p->old.name) == 0 &&
                           kc_job_view_about(ctx, &v, p->kinship ? "model" : "labels", r->j->new, e) == 0
                       ? kc_page_write(&v, &o, r->output[1].f, e) : -1;
    kc_view_free(&v);
    return rc;
}

static int run_diff(const struct kc_ctx *ctx, struct diff_run *r, int *same, struct kc_err *e)
{
    const struct kc_job_diff *j = r->j;
    struct kc_diff_report p = {.opts = &j->lineage};
    p.old.name = kc_source_name(j->old);
    p.old.labels = &r->old;
    p.new.name = kc_source_name(j->new);
    p.new.labels = &r->new;
    r->output[0] = (struct kc_output){.option = "--output", .path = j->output};
    r->output[1] = (struct kc_output){.option = "--report", .path = j->report};
    if (kc_outputs_open(r->output, 2, e) != 0 || kc_source_check(j->old, e) != 0 ||
        kc_source_check(j->new, e) != 0 || open_input(j->old, &r->src[0], &r->is_model[0], e) != 0 ||
        open_input(j->new, &r->src[1], &r->is_model[1], e) != 0 ||
        (r->is_model[0] && r->is_model[1] ? diff_models(r, &p, e) : diff_labellings(ctx, r, &p, e)) != 0)
        return -1;
    *same = p.same;
    if ((j->json ? kc_out_diff_json(&r->text, &p, e) : kc_out_diff_text(&r->text, &p, e)) != 0 ||
        kc_outfile_write(r->output[0].f, r->text.p, r->text.n, e) != 0 || write_page(ctx, r, &p, e) != 0)
        return -1;
    return kc_outputs_commit(r->output, 2, e);
}

int kc_job_diff_run(const struct kc_ctx *ctx, const struct kc_job_diff *j, int *same, struct kc_err *e)
{
    struct diff_run r = {.j = j};
    int rc = run_diff(ctx, &r, same, e);
    if (rc == 0)
        kc_outputs_tell(r.output, 2, ctx);
    kc_source_free(r.src[0]);
    kc_source_free(r.src[1]);
    kc_buf_free(&r.text);
    kc_comparison_free(&r.comparison);
    kc_model_free(&r.new_model);
    kc_model_free(&r.old_model);
    kc_labelling_free(&r.new);
    kc_labelling_free(&r.old);
    kc_outputs_free(r.output, 2);
    return rc;
}
