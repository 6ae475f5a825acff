/* diff of two labellings, which share rows (core/track/lineage.h), or of two models, whose rows are not known and which
 * are compared by their centroids (core/track/kinship.h). Both fill the same report. */
#include "job/diff.h"

#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "base/mem.h"
#include "io/outputs.h"
#include "io/source.h"
#include "job/diff_models.h"
#include "job/view.h"
#include "model/map.h"
#include "page/page.h"

#define KEYWORDS 10 /* of a cluster, in the HTML report */

struct diff_run {
    const struct kc_job_diff *j;
    struct kc_output output[2]; /* the comparison, and the HTML report */
    struct kc_labelling old, new;
    uint32_t *old_of;        /* (new.n) the old row of each new one; KC_INTERN_NONE: none */
    uint32_t *a, *b;         /* (new.n) old and new labels of the common rows; KC_NOISE for all others */
    uint64_t *old_rows, *new_rows; /* (old.k), (new.k) common rows of each cluster */
    uint64_t *old_size, *new_size; /* (old.k), (new.k) all rows of each cluster */
    struct kc_table table, turned;
    struct kc_agreement agreement;
    struct kc_lineage lineage;
    struct kc_source *src[2]; /* the old and the new file, opened once: they may be pipes */
    int is_model[2];
    struct kc_model old_model, new_model;
    struct kc_kinship kinship;
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

/* Return (k) how many of the n labels name each cluster. The caller frees it. */
static uint64_t *count_sizes(const uint32_t *labels, size_t n, uint32_t k, struct kc_err *e)
{
    uint64_t *c = kc_mem_zalloc(k, sizeof *c, e);
    for (size_t i = 0; c && i < n; i++)
        if (labels[i] != KC_NOISE)
            c[labels[i]]++;
    return c;
}

/* Find the rows that both files have: by term, or row by row if one file has no terms. */
static int align_rows(struct diff_run *r, struct kc_diff_report *p, struct kc_err *e)
{
    size_t n = r->new.n, left = 0;
    r->old_of = kc_mem_alloc(n, sizeof *r->old_of, e);
    r->a = kc_mem_alloc(n, sizeof *r->a, e);
    r->b = kc_mem_alloc(n, sizeof *r->b, e);
    if (!r->old_of || !r->a || !r->b)
        return -1;
    if (r->old.terms.n > 0 && r->new.terms.n > 0) {
        if (kc_intern_align(&r->old.terms, &r->new.terms, r->old_of, &left, e) != 0)
            return -1;
    } else if (r->old.n != n) {
        return kc_err_at(e, KC_EINPUT, kc_source_name(r->j->new), 0, "%zu labels, expected %zu: one for each row of %s",
                         n, r->old.n, kc_source_name(r->j->old));
    }
    for (size_t i = 0; i < n; i++) {
        if (r->old.terms.n == 0 || r->new.terms.n == 0)
            r->old_of[i] = (uint32_t)i;
        int both = r->old_of[i] != KC_INTERN_NONE;
        r->a[i] = both ? r->old.labels[r->old_of[i]] : KC_NOISE;
        r->b[i] = both ? r->new.labels[i] : KC_NOISE;
        p->common += (uint64_t)both;
    }
    p->old.only = left;
    p->new.only = n - p->common;
    return p->common > 0 ? 0 : kc_err_at(e, KC_EINPUT, kc_source_name(r->j->new), 0, "no term is in %s too",
                                         kc_source_name(r->j->old));
}

static int is_same_name(const struct kc_labelling *x, uint32_t i, const struct kc_labelling *y, uint32_t j)
{
    size_t n, m;
    const char *p = kc_strs_get(&x->names, i, &n), *q = kc_strs_get(&y->names, j, &m);
    return n == m && memcmp(p, q, n) == 0;
}

/* Count the pairs of partner clusters whose names differ. */
static void count_renamed(const struct diff_run *r, const struct kc_lineage *l, struct kc_diff_report *p)
{
    for (uint32_t j = 0; j < r->new.k; j++)
        p->renamed += l->partner[j] != KC_NONE && !is_same_name(&r->old, l->partner[j], &r->new, j);
}

/* Compare the clusters by the common rows, and complete the report. */
static int compare_labellings(struct diff_run *r, struct kc_diff_report *p, struct kc_err *e)
{
    size_t n = r->new.n;
    uint64_t moved = 0; /* common rows that have a label on one side only */
    r->old_rows = count_sizes(r->a, n, r->old.k, e);
    r->new_rows = count_sizes(r->b, n, r->new.k, e);
    r->old_size = count_sizes(r->old.labels, r->old.n, r->old.k, e);
    r->new_size = count_sizes(r->new.labels, n, r->new.k, e);
    if (!r->old_rows || !r->new_rows || !r->old_size || !r->new_size ||
        kc_table_build(&r->table, r->a, r->old.k, r->b, r->new.k, n, e) != 0 ||
        kc_table_build(&r->turned, r->b, r->new.k, r->a, r->old.k, n, e) != 0 ||
        kc_lineage_compute(&r->lineage, &r->table, r->old_rows, r->new_rows, r->old_size, r->new_size,
                           &r->j->lineage, e) != 0)
        return -1;
    if (r->table.n > 0) {
        if (kc_agreement_compute(&r->table, &r->agreement, e) != 0)
            return -1;
        p->agreement = &r->agreement;
    }
    for (size_t i = 0; i < n; i++)
        moved += (r->a[i] == KC_NOISE) != (r->b[i] == KC_NOISE);
    count_renamed(r, &r->lineage, p);
    p->changed = r->table.n - r->lineage.agreed + moved;
    p->same = p->changed == 0;
    return 0;
}

/* Read two files of labels and compare them. */
static int diff_labellings(const struct kc_ctx *ctx, struct diff_run *r, struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_job_diff *j = r->j;
    p->table = &r->table;
    p->turned = &r->turned;
    p->lineage = &r->lineage;
    if (read_labelling(ctx, j->old, &r->src[0], r->is_model[0], j, &r->old, e) != 0 ||
        read_labelling(ctx, j->new, &r->src[1], r->is_model[1], j, &r->new, e) != 0 || check_missed(r, e) != 0 ||
        align_rows(r, p, e) != 0 || compare_labellings(r, p, e) != 0)
        return -1;
    p->old.rows = r->old_rows;
    p->old.size = r->old_size;
    p->new.rows = r->new_rows;
    p->new.size = r->new_size;
    return 0;
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
    if (kc_job_compare_models(old, new, &j->lineage, &r->old, &r->new, &r->kinship, p, e) != 0)
        return -1;
    count_renamed(r, p->lineage, p);
    p->same = is_all_kept(p->lineage);
    return 0;
}

/* Write the HTML report, if it is wanted: of the new clusters, and what the old ones became. */
static int write_page(const struct kc_ctx *ctx, struct diff_run *r, const struct kc_diff_report *p, struct kc_err *e)
{
    const struct kc_page_opts o = {0};
    struct kc_view v;
    if (!r->output[1].f)
        return 0;
    kc_view_init(&v);
    int rc = kc_strs_append(&v.text, &r->new.terms, e);
    if (rc == 0)
        rc = p->kinship ? kc_view_set_model(&v, &r->new_model, e) :
                          kc_view_set_labels(&v, r->new.labels, r->new.n, &r->new.names, NULL, e);
    if (rc == 0 && !p->kinship)
        rc = kc_job_view_words(ctx, KEYWORDS, 0, &v, e);
    if (rc == 0)
        rc = kc_view_set_flow(&v, p, e);
    if (rc == 0)
        rc = kc_view_add_fact(&v, e, "compared with", "%.400s", p->old.name);
    if (rc == 0)
        rc = kc_job_view_about(ctx, &v, p->kinship ? "model" : "labels", r->j->new, e);
    if (rc == 0)
        rc = kc_page_write(&v, &o, r->output[1].f, e);
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
    kc_kinship_free(&r.kinship);
    kc_model_free(&r.new_model);
    kc_model_free(&r.old_model);
    kc_lineage_free(&r.lineage);
    kc_table_free(&r.turned);
    kc_table_free(&r.table);
    kc_mem_free(r.new_size);
    kc_mem_free(r.old_size);
    kc_mem_free(r.new_rows);
    kc_mem_free(r.old_rows);
    kc_mem_free(r.b);
    kc_mem_free(r.a);
    kc_mem_free(r.old_of);
    kc_labelling_free(&r.new);
    kc_labelling_free(&r.old);
    kc_outputs_free(r.output, 2);
    return rc;
}
