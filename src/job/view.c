/* Loads a view: labels first, then what goes with them. Every part is optional. */
#include "job/view.h"

#include <math.h>
#include <string.h>
#include "base/num.h"
#include "io/source.h"
#include "job/align.h"
#include "job/memory.h"
#include "model/model.h"
#include "picture/ink.h"
#include "text/keywords.h"

#define SUMMARY_MOST ((size_t)1 << 30) /* bytes */
#define CLUSTERS 1000 /* that are assumed where they are not known yet */
#define FIELDS_MOST (KC_VIEW_FACETS_MOST + 3)

/* Everything a run holds; one place to free it. */
struct view_run {
    const struct kc_job_view *j;
    unsigned threads;
    struct kc_view *v;
    const char *field[FIELDS_MOST]; /* that are read of the records, */
    enum kc_attr_kind kind[FIELDS_MOST];
    size_t nfields, text, time, group, facet; /* and where each is */
    struct kc_dataset ds;
    struct kc_labelling labels, gold;
    char other[1100];     /* where the rows come from, for messages */
    struct kc_model model;
};

/* List the fields that are read. */
static void list_fields(struct view_run *r)
{
    const struct kc_job_view *j = r->j;
    r->text = r->time = r->group = SIZE_MAX;
    if (j->text_field) {
        r->text = r->nfields;
        r->field[r->nfields++] = j->text_field;
    }
    if (j->time_field) {
        r->time = r->nfields;
        r->kind[r->nfields] = KC_ATTR_TIME;
        r->field[r->nfields++] = j->time_field;
    }
    if (j->group_by) {
        r->group = r->nfields;
        r->field[r->nfields++] = j->group_by;
    }
    r->facet = r->nfields;
    for (size_t i = 0; i < j->nfacets; i++)
        r->field[r->nfields++] = j->facet[i].field;
}

/* Return the bytes of the work on the rows. */
static uint64_t work_bytes(const struct view_run *r, size_t n, size_t d, int in_memory)
{
    const struct kc_job_view *j = r->j;
    const uint64_t k = r->v->k ? r->v->k : n < CLUSTERS ? n : CLUSTERS; /* the labels are read after the rows */
    const uint64_t measure = j->labels.file ? kc_view_measure_bytes(n, d, in_memory, k, r->threads) : 0;
    const uint64_t map = j->want_map && !j->map ? kc_map_bytes(n, d, in_memory, &j->map_opts, r->threads) : 0;
    const struct kc_strs *texts = r->v->n > 0 ? &r->v->text : NULL; /* NULL: not read yet */
    const uint64_t words = j->keywords && (!texts || texts->n > 0) ?
                               kc_keywords_bytes_of(texts, n, k, (size_t)j->keywords, r->threads) : 0;
    const uint64_t most = measure > map ? measure : map;
    return (most > words ? most : words) + n * (4 * sizeof(uint32_t) + 3 * sizeof(float) + sizeof(int64_t));
}

/* The same for rows in memory. A kc_in_opts.work. */
static uint64_t work_in_memory(void *arg, size_t n, size_t d)
{
    return work_bytes(arg, n, d, 1);
}

/* Return where the field at that place lies. */
static struct kc_field get_field(const struct view_run *r, size_t at)
{
    return (struct kc_field){&r->ds.attrs, r->ds.nattrs, at};
}

/* Copy what the rows are called. */
static int copy_texts(struct view_run *r, struct kc_err *e)
{
    return r->text != SIZE_MAX ?
               kc_attrs_texts(&r->ds.attrs, r->ds.nattrs, r->text, r->ds.rows.n, &r->v->text, e) :
               kc_strs_append(&r->v->text, &r->ds.terms, e);
}

/* Check that the work on the rows fits into --max-memory, now that the clusters are known. */
static int check_memory(const struct kc_ctx *ctx, const struct view_run *r, struct kc_err *e)
{
    const struct kc_rows *rows = &r->ds.rows;
    const uint64_t work = work_bytes(r, rows->n, rows->d, rows->x != NULL);
    return kc_job_check_memory(ctx, kc_dataset_bytes(&r->ds), work, r->j->max_memory, "the work", e);
}

/* Read the vectors and fields. */
static int read_rows(const struct kc_ctx *ctx, struct view_run *r, struct kc_err *e)
{
    const struct kc_job_view *j = r->j;
    struct kc_in_opts in = j->in;
    in.max_memory = j->max_memory;
    in.work = work_in_memory;
    in.work_arg = r;
    in.normalise = 1;
    in.term_field_of_labels = 1;
    in.want_raw = KC_RAW_NONE;
    in.attrs = r->field;
    in.kinds = r->kind;
    in.nattrs = r->nfields;
    if (kc_in_load(ctx, &in, &r->ds, e) != 0 || copy_texts(r, e) != 0)
        return -1;
    r->v->n = r->ds.rows.n;
    r->v->d = r->ds.rows.d;
    if (r->ds.rows.n > INT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows: more than 2147483647 cannot be drawn", r->ds.rows.n);
    const char *name = in.nfiles == 1 ? kc_source_name(in.files[0]) : in.nfiles ? "the vectors" : kc_source_name("-");
    kc_err_escape(r->other, sizeof r->other, name, strlen(name));
    return 0;
}

/* Read a file of labels and match them to the rows: of (n). */
static int read_labels(const struct kc_ctx *ctx, struct view_run *r, const struct kc_job_labels *f, int gold,
                       struct kc_labelling *l, uint32_t **of, struct kc_err *e)
{
    const struct kc_labels_opts o = {
        .format = f->format, .noise = !gold, .label_field = f->label_field, .own_term_field = f->term_field,
        .term_field = r->j->in.term_field,
        .label_option = gold ? "--gold-label-field" : "--label-field",
        .term_option = gold ? "--gold-term-field" : "--label-term-field",
        .hint = gold ? NULL : "; the labels come first", .other = r->other, .rows = r->v->n,
        .max = r->j->in.max_memory};
    const struct kc_strs *terms = r->j->vectors ? &r->ds.terms : &r->labels.terms;
    if (kc_labels_load(f->file, &o, l, e) != 0)
        return -1;
    kc_ctx_log(ctx, KC_LOG_INFO, "%s: %s", gold ? "gold labels" : "labels", l->how);
    const size_t n = r->v->n ? (size_t)r->v->n : l->n;
    *of = kc_mem_alloc(n, sizeof **of, e);
    if (!*of)
        return -1;
    if (!r->j->vectors && !gold) {
        memcpy(*of, l->labels, n * sizeof **of);
        kc_err_escape(r->other, sizeof r->other, kc_source_name(f->file), strlen(kc_source_name(f->file)));
        return 0;
    }
    return kc_job_align(l, f->file, terms->n ? terms : NULL, n, r->other,
                        gold ? "; are its terms in another column? --gold-term-field names it" :
                               "; are its terms in another column? --label-term-field names it", *of, e);
}

/* Set the clusters from the labels. Without vectors, the terms of the labels are those of the rows. */
static int set_labels(const struct kc_ctx *ctx, struct view_run *r, struct kc_err *e)
{
    uint32_t *of = NULL;
    int rc = read_labels(ctx, r, &r->j->labels, 0, &r->labels, &of, e);
    if (rc == 0)
        rc = kc_view_set_labels(r->v, of, r->j->vectors ? r->ds.rows.n : r->labels.n, &r->labels.names, NULL, e);
    if (rc == 0 && !r->j->vectors)
        rc = kc_strs_append(&r->v->text, &r->labels.terms, e);
    kc_mem_free(of);
    return rc;
}

/* Refuse a file whose beginning shows that it is no summary, so that an endless one is not read on. */
static int check_begins(const char *path, const struct kc_buf *b, struct kc_err *e)
{
    const size_t n = strspn(b->p, " \t\n\r");
    return (n == b->n || b->p[n] == '{') && b->n <= SUMMARY_MOST ? 0 : kc_view_refuse_summary(kc_source_name(path), e);
}

/* Read a summary whole. A NUL and KC_NUM_PAD bytes follow its bytes. */
static int read_whole(const char *path, struct kc_buf *b, struct kc_err *e)
{
    struct kc_source *s = NULL;
    size_t got = 1;
    int rc = kc_source_open(&s, path, e);
    while (rc == 0 && got > 0) {
        rc = kc_buf_reserve(b, b->n / 2 + 65536 + KC_NUM_PAD, e);
        if (rc == 0)
            rc = kc_source_read(s, b->p + b->n, b->cap - b->n - KC_NUM_PAD, &got, e);
        if (rc != 0)
            break;
        b->n += got;
        memset(b->p + b->n, 0, KC_NUM_PAD);
        rc = check_begins(path, b, e);
    }
    kc_source_free(s);
    return rc;
}

/* Read the summary of the fit. */
static int read_summary(struct view_run *r, struct kc_err *e)
{
    struct kc_buf text = {0};
    int rc = read_whole(r->j->summary, &text, e);
    if (rc == 0)
        rc = kc_view_read_summary(r->v, text.p, text.n, kc_source_name(r->j->summary), e);
    kc_buf_free(&text);
    return rc;
}

/* Refuse a summary or model that has not one of the labels' clusters. */
static int check_together(const struct view_run *r, const char *file, uint64_t clusters, struct kc_err *e)
{
    const struct kc_view *v = r->v;
    int any = v->k == 0 || clusters == 0 || !r->j->labels.file;
    for (uint32_t c = 0; !any && c < v->k; c++)
        any = v->name.n > c || !isnan(v->cluster[c].stability);
    return any ? 0 : kc_err_at(e, KC_EINPUT, kc_source_name(file), 0, "has none of the clusters of %.200s",
                               kc_source_name(r->j->labels.file));
}

/* Read the model. */
static int read_model(struct view_run *r, struct kc_err *e)
{
    const char *name = kc_source_name(r->j->model);
    if (kc_model_load(&r->model, r->j->model, e) != 0)
        return -1;
    if (r->j->vectors && r->model.d != r->v->d)
        return kc_err_at(e, KC_EINPUT, name, 0, "a model of %zu dimensions, expected %llu as in %.200s", r->model.d,
                         (unsigned long long)r->v->d, r->other);
    return kc_view_set_model(r->v, &r->model, e) != 0 ? -1 : check_together(r, r->j->model, r->model.k, e);
}

/* Fill what rows and labels give together. */
static int fill_rows(const struct kc_ctx *ctx, struct view_run *r, struct kc_err *e)
{
    const struct kc_job_view *j = r->j;
    struct kc_view *v = r->v;
    struct kc_field f;
    if (j->vectors && kc_view_measure(ctx, &r->ds.rows, v, e) != 0)
        return -1;
    if (j->keywords && (!v->keywords.first || v->keywords.text.n == 0)) {
        kc_view_lists_free(&v->keywords);
        if (kc_job_view_words(ctx, j->keywords, j->languages, v, e) != 0)
            return -1;
    }
    if (kc_job_view_levels(ctx, j->keywords, j->languages, v, e) != 0)
        return -1;
    f = get_field(r, r->time);
    if (r->time != SIZE_MAX && kc_job_view_times(v, &f, j->bins, e) != 0)
        return -1;
    f = get_field(r, r->group);
    if (r->group != SIZE_MAX && kc_job_view_groups(v, &f, e) != 0)
        return -1;
    for (size_t i = 0; i < j->nfacets; i++) {
        f = get_field(r, r->facet + i);
        if (kc_view_add_facet(v, j->facet[i].name, &f, e) != 0)
            return -1;
    }
    return 0;
}

/* Compare with older labels and with gold labels. */
static int fill_comparisons(const struct kc_ctx *ctx, struct view_run *r, struct kc_err *e)
{
    const struct kc_job_view *j = r->j;
    uint32_t *of = NULL;
    int rc = 0;
    if (j->old.file)
        rc = kc_job_view_old(ctx, &j->old, j->vectors ? &r->ds.terms : &r->labels.terms,
                             kc_source_name(j->labels.file), r->v, e);
    if (rc == 0 && j->gold.file) {
        rc = read_labels(ctx, r, &j->gold, 1, &r->gold, &of, e);
        if (rc == 0)
            rc = kc_view_set_gold(r->v, of, &r->gold.names, (size_t)j->worst, e);
    }
    kc_mem_free(of);
    return rc;
}

/* Name what was read, for the facts. */
static int add_facts(const struct kc_ctx *ctx, struct view_run *r, struct kc_err *e)
{
    const struct kc_job_view *j = r->j;
    struct kc_view *v = r->v;
    int rc = 0;
    if (!j->summary) {
        rc = kc_view_add_fact(v, e, "rows", "%llu", (unsigned long long)v->n);
        if (rc == 0 && v->d)
            rc = kc_view_add_fact(v, e, "dimensions", "%llu", (unsigned long long)v->d);
        if (rc == 0)
            rc = kc_view_add_fact(v, e, "clusters", "%u", v->k);
        if (rc == 0)
            rc = kc_view_add_fact(v, e, "kclust", "%s", KC_VERSION);
    }
    const struct {
        const char *name, *file;
    } t[] = {{"labels", j->labels.file}, {"vectors", !j->vectors ? NULL : j->in.nfiles ? j->in.files[0] : "-"},
             {"summary", j->summary}, {"model", j->model}, {"map", j->map}, {"older labels", j->old.file},
             {"gold labels", j->gold.file}};
    for (size_t i = 0; rc == 0 && i < sizeof t / sizeof *t; i++)
        if (t[i].file)
            rc = kc_view_add_fact(v, e, t[i].name, "%.400s%s", kc_source_name(t[i].file),
                                  i == 1 && j->in.nfiles > 1 ? ", ..." : "");
    if (rc == 0 && v->map_how)
        rc = kc_view_add_fact(v, e, "map", "%s", v->map_how);
    if (rc == 0 && !v->command && ctx->command && !(v->command = kc_mem_strdup(ctx->command, e)))
        rc = -1;
    if (rc == 0 && j->title && !(v->title = kc_mem_strdup(j->title, e)))
        rc = -1;
    return rc;
}

/* Load everything in the order in which one part needs another. */
static int load_view(const struct kc_ctx *ctx, struct view_run *r, struct kc_err *e)
{
    const struct kc_job_view *j = r->j;
    list_fields(r);
    if ((j->labels.file && kc_source_check(j->labels.file, e) != 0) ||
        (j->summary && kc_source_check(j->summary, e) != 0) || (j->model && kc_source_check(j->model, e) != 0) ||
        (j->map && kc_source_check(j->map, e) != 0))
        return -1;
    if (j->vectors && read_rows(ctx, r, e) != 0)
        return -1;
    if ((j->labels.file && set_labels(ctx, r, e) != 0) || (j->vectors && check_memory(ctx, r, e) != 0))
        return -1;
    if (j->summary && (read_summary(r, e) != 0 || check_together(r, j->summary, r->v->k, e) != 0))
        return -1;
    if (j->labels.file && fill_rows(ctx, r, e) != 0)
        return -1;
    if (j->model && read_model(r, e) != 0)
        return -1;
    if (j->vectors && j->want_map &&
        (j->map ? kc_job_view_map_file(ctx, j->map, &r->ds.rows, r->v, e) :
                  kc_job_view_map(ctx, &r->ds.rows, &j->map_opts, r->v, e)) != 0)
        return -1;
    return fill_comparisons(ctx, r, e) != 0 || kc_ink_keep(r->v, e) != 0 ? -1 : add_facts(ctx, r, e);
}

int kc_job_view_load(const struct kc_ctx *ctx, const struct kc_job_view *j, struct kc_view *v, struct kc_err *e)
{
    struct view_run *r = kc_mem_zalloc(1, sizeof *r, e); /* too large for a small stack */
    if (!r)
        return -1;
    r->j = j;
    r->threads = kc_job_view_threads(ctx);
    r->v = v;
    const int rc = load_view(ctx, r, e);
    kc_model_free(&r->model);
    kc_labelling_free(&r->gold);
    kc_labelling_free(&r->labels);
    kc_dataset_free(&r->ds);
    kc_mem_free(r);
    return rc;
}
