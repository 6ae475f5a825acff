/* Steps of filling a view from rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "io/source.h"
#include "job/compare.h"
#include "job/view.h"
#include "model/model.h"
#include "text/keywords.h"

int kc_job_view_about(const struct kc_ctx *ctx, struct kc_view *v, const char *what, const char *file,
                      struct kc_err *e)
{
    if (kc_view_add_fact(v, e, what, "%.400s", kc_source_name(file)) != 0 ||
        kc_view_add_fact(v, e, "rows", "%llu", (unsigned long long)v->n) != 0 ||
        kc_view_add_fact(v, e, "clusters", "%u", v->k) != 0 || kc_view_add_fact(v, e, "kclust", "%s", KC_VERSION) != 0)
        return -1;
    if (ctx->command)
        v->command = kc_mem_strdup(ctx->command, e);
    return !ctx->command || v->command ? 0 : -1;
}

int kc_job_view_words(const struct kc_ctx *ctx, uint64_t keywords, uint64_t languages, struct kc_view *v,
                      struct kc_err *e)
{
    const struct kc_keywords_opts o = {.top = (size_t)keywords, .languages = languages};
    struct kc_keywords w = {0};
    if (keywords == 0 || v->text.n == 0 || v->k == 0)
        return 0;
    int rc = kc_keywords_make(ctx, &v->text, v->label, v->k, &o, &w, e);
    if (rc == 0)
        rc = kc_view_set_keywords(v, &w, NULL, e);
    kc_keywords_free(&w);
    return rc;
}

/* Name the clusters of a level by the keywords of all their rows. label (n): scratch. */
static int name_level(const struct kc_ctx *ctx, const struct kc_keywords_opts *o, struct kc_view *v,
                      struct kc_view_level *level, uint32_t *label, struct kc_err *e)
{
    struct kc_keywords w = {0};
    for (size_t i = 0; i < v->n; i++)
        label[i] = v->label[i] == KC_NOISE ? KC_NOISE : level->parent[v->label[i]];
    int rc = kc_keywords_make(ctx, &v->text, label, level->k, o, &w, e);
    if (rc == 0)
        rc = kc_strs_append(&level->name, &w.labels, e);
    kc_keywords_free(&w);
    return rc;
}

int kc_job_view_levels(const struct kc_ctx *ctx, uint64_t keywords, uint64_t languages, struct kc_view *v,
                       struct kc_err *e)
{
    const struct kc_keywords_opts o = {.top = (size_t)keywords, .languages = languages};
    int rc = 0;
    if (keywords == 0 || v->text.n == 0 || v->nlevels == 0 || !v->label)
        return 0;
    uint32_t *label = kc_mem_alloc((size_t)v->n, sizeof *label, e);
    for (size_t i = 0; label && rc == 0 && i < v->nlevels; i++)
        rc = v->level[i].name.n > 0 ? 0 : name_level(ctx, &o, v, &v->level[i], label, e);
    kc_mem_free(label);
    return label ? rc : -1;
}

int kc_job_view_times(struct kc_view *v, const struct kc_field *f, int bins, struct kc_err *e)
{
    struct kc_attrs_work w = {{0}, {0}};
    int rc = 0;
    v->time = kc_mem_alloc((size_t)v->n, sizeof *v->time, e);
    for (size_t i = 0; v->time && rc == 0 && i < v->n; i++) {
        size_t n;
        const char *value = kc_strs_get(f->attrs, i * f->stride + f->column, &n);
        rc = kc_attrs_time(value, n, &w, &v->time[i], e);
    }
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    return v->time && rc == 0 ? kc_view_set_bins(v, (enum kc_view_bin)bins, e) : -1;
}

int kc_job_view_groups(struct kc_view *v, const struct kc_field *f, struct kc_err *e)
{
    struct kc_intern names = {0};
    struct kc_attrs_work w = {{0}, {0}};
    uint32_t *group = kc_mem_alloc((size_t)v->n, sizeof *group, e);
    int rc = group ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < v->n; i++) {
        size_t n;
        const char *value = kc_strs_get(f->attrs, i * f->stride + f->column, &n);
        const int got = kc_attrs_text(value, n, &w, e);
        rc = got < 0 ? -1 : kc_intern_add(&names, got == 0 ? w.text.p : "", got == 0 ? w.text.n : 0, &group[i], e);
    }
    if (rc == 0)
        rc = kc_view_set_groups(v, group, &names.strs, e);
    kc_buf_free(&w.json);
    kc_buf_free(&w.text);
    kc_mem_free(group);
    kc_intern_free(&names);
    return rc;
}

/* Compare labels of earlier clusters, which are read, with those of the view. */
static int compare_labels(const struct kc_labelling *old, const char *old_name, const struct kc_strs *terms,
                          const char *name, struct kc_view *v, struct kc_err *e)
{
    const struct kc_lineage_opts o = KC_LINEAGE_OPTS_DEFAULT;
    struct kc_labelling new = {.n = (size_t)v->n, .terms = *terms, .labels = v->label, .k = v->k};
    struct kc_diff_report r = {.old = {.name = old_name, .labels = old}, .new = {.name = name, .labels = &new},
                               .opts = &o};
    struct kc_comparison c = {0};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < v->k; i++) {
        size_t n;
        const char *called = kc_view_called(v, i, &n);
        rc = kc_strs_add(&new.names, called, n, e);
    }
    if (rc == 0)
        rc = kc_compare_labels(&c, &r, e) != 0 ? -1 : kc_view_set_flow(v, &r, NULL, e);
    kc_comparison_free(&c);
    kc_strs_free(&new.names);
    return rc;
}

int kc_job_view_old(const struct kc_ctx *ctx, const struct kc_job_labels *old, const struct kc_strs *terms,
                    const char *name, struct kc_view *v, struct kc_err *e)
{
    struct kc_labelling l = {0};
    const struct kc_labels_opts o = {.format = old->format, .noise = 1, .label_field = old->label_field,
                                     .own_term_field = old->term_field, .label_option = "--old-label-field",
                                     .term_option = "--old-term-field"};
    int rc = kc_labels_load(old->file, &o, &l, e);
    if (rc == 0) {
        kc_ctx_log(ctx, KC_LOG_INFO, "older labels: %s", l.how);
        rc = compare_labels(&l, kc_source_name(old->file), terms, name, v, e);
    }
    kc_labelling_free(&l);
    return rc;
}

/* Find the place in the view of each cluster that a model has: of (k). */
static int find_places(const struct kc_view *v, const struct kc_model *m, uint32_t *of, struct kc_err *e)
{
    struct kc_view_index ids = {0};
    const int rc = kc_view_index_make(&ids, v, e);
    for (size_t c = 0; rc == 0 && c < m->k; c++)
        of[c] = kc_view_find(&ids, m->ids[c]);
    kc_view_index_free(&ids);
    return rc;
}

int kc_job_view_models(const struct kc_model *old, const char *old_name, const struct kc_model *new,
                       const char *new_name, const struct kc_lineage_opts *o, struct kc_view *v, struct kc_err *e)
{
    struct kc_labelling old_ids = {0}, new_ids = {0};
    struct kc_diff_report p = {.old = {.name = old_name, .labels = &old_ids},
                               .new = {.name = new_name, .labels = &new_ids}, .opts = o};
    struct kc_comparison c = {0};
    uint32_t *of;
    if (old->d != new->d)
        return 0;
    of = kc_mem_alloc(new->k, sizeof *of, e);
    const int rc = of && find_places(v, new, of, e) == 0 &&
                           kc_compare_models(&c, old, new, &old_ids, &new_ids, &p, e) == 0
                       ? kc_view_set_flow(v, &p, of, e) : -1;
    kc_mem_free(of);
    kc_comparison_free(&c);
    kc_labelling_free(&new_ids);
    kc_labelling_free(&old_ids);
    return rc;
}
