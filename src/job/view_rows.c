/* Steps of filling a view from rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/intern.h"
#include "core/track/lineage.h"
#include "io/source.h"
#include "job/view.h"
#include "report/diff.h"
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

/* What a comparison with older labels holds. */
struct comparison {
    struct kc_labelling old, new;
    uint32_t *of;            /* (n) the old label of each row, or KC_NOISE */
    uint64_t *rows[2], *size[2];
    struct kc_table table;
    struct kc_lineage lineage;
};

/* Find each row's old label: by terms, else row by row. */
static int match_rows(struct comparison *c, const struct kc_job_labels *old, const struct kc_strs *terms,
                      const struct kc_view *v, struct kc_err *e)
{
    const size_t n = (size_t)v->n;
    size_t left;
    c->of = kc_mem_alloc(n, sizeof *c->of, e);
    if (!c->of)
        return -1;
    if (terms->n > 0 && c->old.terms.n > 0) {
        if (kc_intern_align(&c->old.terms, terms, c->of, &left, e) != 0)
            return -1;
    } else if (c->old.n != n) {
        return kc_err_at(e, KC_EINPUT, kc_source_name(old->file), 0, "%zu labels, expected %zu, one for each row: "
                         "there are no terms to match them by", c->old.n, n);
    } else {
        for (size_t i = 0; i < n; i++)
            c->of[i] = (uint32_t)i;
    }
    size_t common = 0;
    for (size_t i = 0; i < n; i++) {
        common += c->of[i] != KC_INTERN_NONE;
        c->of[i] = c->of[i] == KC_INTERN_NONE ? KC_NOISE : c->old.labels[c->of[i]];
    }
    return common > 0 ? 0 : kc_err_at(e, KC_EINPUT, kc_source_name(old->file), 0, "no term of the rows is there");
}

/* Count the rows of each cluster, on both sides. */
static int count_rows(struct comparison *c, const struct kc_view *v, struct kc_err *e)
{
    const uint32_t k[2] = {c->old.k, v->k};
    const uint32_t *label[2] = {c->of, v->label};
    for (int s = 0; s < 2; s++) {
        c->rows[s] = kc_mem_zalloc(k[s], sizeof **c->rows, e);
        c->size[s] = kc_mem_zalloc(k[s], sizeof **c->size, e);
        if (!c->rows[s] || !c->size[s])
            return -1;
        for (size_t i = 0; i < v->n; i++)
            if (label[s][i] != KC_NOISE)
                c->rows[s][label[s][i]]++;
    }
    for (size_t i = 0; i < c->old.n; i++)
        if (c->old.labels[i] != KC_NOISE)
            c->size[0][c->old.labels[i]]++;
    memcpy(c->size[1], c->rows[1], k[1] * sizeof **c->size);
    return 0;
}

/* Compare, and set the view's flow. */
static int compare_rows(struct comparison *c, const struct kc_job_labels *old, const char *name, struct kc_view *v,
                        struct kc_err *e)
{
    const struct kc_lineage_opts o = KC_LINEAGE_OPTS_DEFAULT;
    c->new.k = v->k;
    for (uint32_t i = 0; i < v->k; i++) {
        size_t n;
        const char *called = kc_view_called(v, i, &n);
        if (kc_strs_add(&c->new.names, called, n, e) != 0)
            return -1;
    }
    if (count_rows(c, v, e) != 0 ||
        kc_table_build(&c->table, c->of, c->old.k, v->label, v->k, (size_t)v->n, e) != 0 ||
        kc_lineage_compute(&c->lineage, &c->table, c->rows[0], c->rows[1], c->size[0], c->size[1], &o, e) != 0)
        return -1;
    const struct kc_diff_report r = {
        .old = {.name = kc_source_name(old->file), .labels = &c->old, .rows = c->rows[0], .size = c->size[0]},
        .new = {.name = name, .labels = &c->new, .rows = c->rows[1], .size = c->size[1]},
        .table = &c->table, .lineage = &c->lineage, .opts = &o};
    return kc_view_set_flow(v, &r, e);
}

int kc_job_view_old(const struct kc_ctx *ctx, const struct kc_job_labels *old, const struct kc_strs *terms,
                    const char *name, struct kc_view *v, struct kc_err *e)
{
    struct comparison c = {0};
    const struct kc_labels_opts o = {.format = old->format, .noise = 1, .label_field = old->label_field,
                                     .own_term_field = old->term_field, .label_option = "--old-label-field",
                                     .term_option = "--old-term-field"};
    int rc = kc_labels_load(old->file, &o, &c.old, e);
    if (rc == 0) {
        kc_ctx_log(ctx, KC_LOG_INFO, "older labels: %s", c.old.how);
        rc = match_rows(&c, old, terms, v, e) != 0 ? -1 : compare_rows(&c, old, name, v, e);
    }
    kc_lineage_free(&c.lineage);
    kc_table_free(&c.table);
    for (int s = 0; s < 2; s++) {
        kc_mem_free(c.rows[s]);
        kc_mem_free(c.size[s]);
    }
    kc_mem_free(c.of);
    kc_strs_free(&c.new.names);
    kc_labelling_free(&c.old);
    return rc;
}
