/* edit of a file of labels: it is read as score and diff read it, and written again with other labels in the rows of
 * the clusters that were corrected; every other byte stays. New ids are above all in the file, which does not tell of
 * ids that there were before. */
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/intern.h"
#include "core/kmeans/divide.h"
#include "io/source.h"
#include "io/suffix.h"
#include "job/align.h"
#include "job/edit_run.h"
#include "model/model.h"
#include "report/relabel.h"

#define SEED 42 /* of the k-means that cuts a cluster */

/* The edit of a file of labels. */
struct labels_run {
    const struct kc_job_edit *j;
    const char *name;            /* of the file, for messages */
    struct kc_label_text text;
    struct kc_labelling old;
    uint64_t *size;              /* (old.k) */
    struct kc_edits edits;
    struct kc_dataset ds;
    uint32_t *row_of;            /* (ds) the row of the file that each row is */
    uint32_t *label;             /* (n) clusters afterwards */
    uint32_t *first;             /* (old.k) the first row of each cluster */
    struct kc_strs ids;          /* (edits.after) */
    uint32_t *id_row, *title_row, *title; /* (edits.after) see report/relabel.h */
    struct kc_strs titles;
    uint64_t *rows;              /* (edits.after) */
    struct kc_output output[KC_EDIT_OUTPUTS];
};

/* Open and read the file, which must be no model. */
static int read_labels(const struct kc_ctx *ctx, struct labels_run *run, struct kc_err *e)
{
    const struct kc_job_edit *j = run->j;
    struct kc_labels_opts o = j->of_labels;
    struct kc_source *src;
    if (kc_source_open(&src, j->labels, e) != 0)
        return -1;
    const int model = kc_model_is(src, e);
    if (model != 0) {
        kc_source_free(src);
        return model < 0 ? -1 :
               kc_err_at(e, KC_EUSAGE, run->name, 0,
                         "a model, expected a file of labels: kclust edit --model edits a model");
    }
    run->text.name_field = j->name_field;
    o.text = &run->text;
    o.noise = 1;
    o.term_field = j->in.term_field;
    o.label_option = "--label-field";
    o.term_option = "--label-term-field";
    o.hint = "; the labels come first: kclust edit LABELS [FILE]";
    if (kc_labels_read(j->labels, src, &o, &run->old, e) != 0)
        return -1;
    kc_ctx_log(ctx, KC_LOG_INFO, "labels: %s", run->old.how);
    return 0;
}

/* Check that the output is not named as a file of another format: that of the labels stays. */
static int check_suffix(const struct labels_run *run, struct kc_err *e)
{
    static const enum kc_labels_format formats[] = {KC_LABELS_TSV, KC_LABELS_CSV, KC_LABELS_JSONL, KC_LABELS_NPY,
                                                    KC_LABELS_FORMATS};
    static const char *const names[KC_LABELS_FORMATS] = {"", "tsv", "csv", "jsonl", "lines of labels", "npy"};
    char suffix[KC_SUFFIX_MAX];
    const enum kc_labels_format own = run->text.format;
    const int which = !run->j->output ? -1 : kc_suffix_find("tsv/tab csv jsonl/ndjson/json npy parquet",
                                                            kc_suffix_of(run->j->output, suffix));
    if (which < 0 || formats[which] == own || (own == KC_LABELS_PLAIN && which < 2))
        return 0;
    return kc_err_at(e, KC_EUSAGE, run->j->output, 0, "--output: the labels keep their format, which is %s",
                     names[own]);
}

/* Count the rows of the clusters, and find the first of each. */
static int count_rows(struct labels_run *run, struct kc_err *e)
{
    const struct kc_labelling *l = &run->old;
    run->size = kc_mem_zalloc(l->k, sizeof *run->size, e);
    run->first = kc_mem_alloc(l->k, sizeof *run->first, e);
    if (!run->size || !run->first)
        return -1;
    for (size_t i = 0; i < l->n; i++) {
        const uint32_t c = l->labels[i];
        if (c != KC_NOISE && run->size[c]++ == 0)
            run->first[c] = (uint32_t)i;
    }
    return 0;
}

/* Read the rows, and find the row of the file that each is. */
static int read_rows(const struct kc_ctx *ctx, struct labels_run *run, struct kc_err *e)
{
    struct kc_labelling numbers = run->old; /* with the rows' numbers for labels */
    char other[1100] = "the vectors";
    const struct kc_in_opts *in = &run->j->in;
    struct kc_job_edit *j = kc_mem_alloc(1, sizeof *j, e); /* its list of edits is too large for a small stack */
    if (!j)
        return -1;
    *j = *run->j;
    j->in.term_field_of_labels = 1;
    const int read = kc_edit_read_rows(ctx, j, 0, NULL, &run->ds, e);
    kc_mem_free(j);
    if (read != 0)
        return -1;
    const char *hint = run->ds.terms.n == 0 ?
                       "; the vectors have no terms but their row numbers: --terms FILE gives them terms" :
                       "; are its terms in another column? --label-term-field names it";
    if (kc_dataset_number_terms(&run->ds, e) != 0)
        return -1;
    if (in->nfiles == 1)
        kc_err_escape(other, sizeof other, kc_source_name(in->files[0]), strlen(kc_source_name(in->files[0])));
    const size_t n = run->ds.rows.n;
    run->row_of = kc_mem_alloc(n, sizeof *run->row_of, e);
    numbers.labels = kc_mem_alloc(run->old.n, sizeof *numbers.labels, e);
    int rc = run->row_of && numbers.labels ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < run->old.n; i++)
        numbers.labels[i] = (uint32_t)i;
    if (rc == 0)
        rc = kc_job_align(&numbers, run->j->labels, &run->ds.terms, n, other, hint, run->row_of, e);
    kc_mem_free(numbers.labels);
    return rc;
}

/* Remember the term of the row nearest to the centroid of a part as its name. */
static int name_part(struct labels_run *run, size_t part, uint32_t row, struct kc_err *e)
{
    const struct kc_strs *terms = run->old.terms.n > 0 ? &run->old.terms : &run->ds.terms;
    size_t n;
    const char *p = kc_strs_get(terms, run->old.terms.n > 0 ? run->row_of[row] : row, &n);
    if (!run->text.has_names)
        return 0;
    run->title[part] = (uint32_t)run->titles.n;
    return kc_strs_add(&run->titles, p, n, e);
}

/* Cut cluster c into parts. idx, part (ds): scratch. */
static int cut_cluster(const struct kc_ctx *ctx, struct labels_run *run, uint32_t c, uint32_t *idx, uint32_t *part,
                       struct kc_err *e)
{
    const struct kc_edits *s = &run->edits;
    uint32_t nearest[KC_EDIT_PARTS_MOST], made;
    size_t m = 0, n;
    for (size_t i = 0; i < run->ds.rows.n; i++)
        if (run->old.labels[run->row_of[i]] == c)
            idx[m++] = (uint32_t)i;
    if (kc_kmeans_divide(ctx, &run->ds.rows, idx, m, s->parts[c], SEED, part, nearest, &made, e) != 0)
        return -1;
    const char *id = kc_strs_get(&run->old.names, c, &n);
    if (made != s->parts[c])
        return kc_err_at(e, KC_EINPUT, run->name, 0,
                         "--split %.*s: cannot cut %zu row%s into %u parts; equal rows stay together",
                         (int)(n < 60 ? n : 60), id, m, m == 1 ? "" : "s", s->parts[c]);
    for (size_t j = 0; j < m; j++)
        run->label[run->row_of[idx[j]]] = part[j] == 0 ? s->place[c] : s->part[c] + part[j] - 1;
    for (uint32_t p = 1; p < made; p++)
        if (name_part(run, s->part[c] + p - 1, idx[nearest[p]], e) != 0)
            return -1;
    return 0;
}

/* Give the rows their clusters of afterwards, and count these. */
static int label_rows(const struct kc_ctx *ctx, struct labels_run *run, struct kc_err *e)
{
    const struct kc_edits *s = &run->edits;
    const size_t n = run->ds.rows.n;
    uint32_t *idx = kc_mem_alloc(n, sizeof *idx, e), *part = kc_mem_alloc(n, sizeof *part, e);
    run->label = kc_mem_alloc(run->old.n, sizeof *run->label, e);
    run->rows = kc_mem_zalloc(s->after, sizeof *run->rows, e);
    int rc = idx && part && run->label && run->rows ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < run->old.n; i++)
        run->label[i] = run->old.labels[i] == KC_NOISE ? KC_NOISE : s->place[run->old.labels[i]];
    for (uint32_t c = 0; rc == 0 && c < s->k; c++)
        if (s->parts[c] > 1)
            rc = cut_cluster(ctx, run, c, idx, part, e);
    for (size_t i = 0; rc == 0 && i < run->old.n; i++)
        if (run->label[i] != KC_NOISE)
            run->rows[run->label[i]]++;
    kc_mem_free(part);
    kc_mem_free(idx);
    return rc;
}

/* Return a number above all ids that are numbers. */
static uint64_t next_number(const struct kc_strs *names)
{
    uint64_t next = 0;
    int64_t v;
    for (size_t c = 0; c < names->n; c++) {
        size_t n;
        const char *p = kc_strs_get(names, c, &n);
        if (kc_labels_integer(p, n, &v) && v >= 0 && (uint64_t)v >= next)
            next = (uint64_t)v + 1;
    }
    return next;
}

/* Append the id of a part of cluster c: the next number if its id is one, else its id with a number behind it that
 * makes it new. taken: the ids that there are. */
static int add_part_id(struct labels_run *run, struct kc_intern *taken, uint32_t c, uint64_t *next, struct kc_err *e)
{
    struct kc_buf id = {0};
    size_t n;
    int64_t v;
    uint32_t number;
    const char *p = kc_strs_get(&run->old.names, c, &n);
    int rc = 0;
    if (kc_labels_integer(p, n, &v)) {
        rc = kc_buf_printf(&id, e, "%llu", (unsigned long long)(*next)++);
    } else {
        for (v = 2; rc == 0; v++) {
            id.n = 0;
            rc = kc_buf_add(&id, p, n, e) != 0 ? -1 : kc_buf_printf(&id, e, "-%lld", (long long)v);
            if (rc == 0 && kc_intern_find(taken, id.p, id.n) == KC_INTERN_NONE)
                break;
        }
    }
    if (rc == 0)
        rc = kc_intern_add(taken, id.p, id.n, &number, e) != 0 ? -1 : kc_strs_add(&run->ids, id.p, id.n, e);
    kc_buf_free(&id);
    return rc;
}

/* Enter a new name of cluster c: into its column, if there is one, else it becomes the id. */
static int rename_cluster(struct labels_run *run, uint32_t c, const char **id, size_t *n, struct kc_err *e)
{
    size_t len;
    const char *name = kc_strs_get(&run->edits.names, run->edits.name[c], &len);
    const uint32_t to = run->edits.place[c];
    if (run->text.has_names) {
        run->title[to] = (uint32_t)run->titles.n;
        return kc_strs_add(&run->titles, name, len, e);
    }
    if (len == 2 && memcmp(name, "-1", 2) == 0)
        return kc_err_at(e, KC_EUSAGE, run->name, 0, "--rename: -1 is no name, it stands for rows in no cluster");
    run->id_row[to] = KC_NONE;
    *id = name;
    *n = len;
    return 0;
}

/* Name the clusters of afterwards: ids, and where there is a column for them, names. */
static int name_clusters(struct labels_run *run, struct kc_err *e)
{
    const struct kc_edits *s = &run->edits;
    struct kc_intern taken = {0};
    uint64_t next = next_number(&run->old.names);
    uint32_t number;
    size_t n;
    int rc = 0;
    for (uint32_t c = 0; rc == 0 && c < s->k; c++) { /* also those that are gone: no id is used twice */
        const char *p = kc_strs_get(&run->old.names, c, &n);
        rc = kc_intern_add(&taken, p, n, &number, e);
    }
    for (uint32_t c = 0; rc == 0 && c < s->after; c++) {
        const uint32_t old = s->from[c];
        const char *p = kc_strs_get(&run->old.names, old, &n);
        run->id_row[c] = run->first[old];
        run->title_row[c] = run->text.has_names ? run->first[old] : KC_NONE;
        if (s->part[old] != KC_NONE && c >= s->part[old]) {
            run->id_row[c] = run->title_row[c] = KC_NONE;
            rc = add_part_id(run, &taken, old, &next, e);
            continue;
        }
        if (s->name[old] != KC_NONE)
            rc = rename_cluster(run, old, &p, &n, e);
        if (rc == 0 && run->id_row[c] == KC_NONE && kc_intern_find(&taken, p, n) != KC_INTERN_NONE)
            rc = kc_err_at(e, KC_EUSAGE, run->name, 0,
                           "--rename: a cluster is called '%.*s' already: --merge unites two",
                           (int)(n < 60 ? n : 60), p);
        if (rc == 0 && run->id_row[c] == KC_NONE)
            rc = kc_intern_add(&taken, p, n, &number, e);
        if (rc == 0)
            rc = kc_strs_add(&run->ids, p, n, e);
    }
    kc_intern_free(&taken);
    return rc;
}

static int alloc_names(struct labels_run *run, struct kc_err *e)
{
    const size_t k = run->edits.after;
    run->id_row = kc_mem_alloc(k, sizeof *run->id_row, e);
    run->title_row = kc_mem_alloc(k, sizeof *run->title_row, e);
    run->title = kc_mem_alloc(k, sizeof *run->title, e);
    if (!run->id_row || !run->title_row || !run->title)
        return -1;
    for (size_t c = 0; c < k; c++)
        run->title[c] = KC_NONE;
    return 0;
}

static int run_labels(const struct kc_ctx *ctx, struct labels_run *run, struct kc_buf *text, struct kc_err *e)
{
    const struct kc_job_edit *j = run->j;
    const double began = kc_clock_now();
    if (kc_edit_open(j, run->output, j->labels, "the labels", e) != 0 || kc_source_check(j->labels, e) != 0 ||
        read_labels(ctx, run, e) != 0 || check_suffix(run, e) != 0 || count_rows(run, e) != 0 ||
        kc_edits_find(&run->edits, &j->edits, &run->old.names, run->size, run->name, e) != 0 ||
        (run->edits.more > 0 && read_rows(ctx, run, e) != 0) || alloc_names(run, e) != 0 ||
        label_rows(ctx, run, e) != 0 || name_clusters(run, e) != 0)
        return -1;
    const struct kc_relabel r = {.text = &run->text, .old = &run->old, .label = run->label, .ids = &run->ids,
                                 .id_row = run->id_row, .title_row = run->title_row, .title = run->title,
                                 .titles = &run->titles, .name = run->name};
    if (run->output[KC_EDIT_OUTPUT].f && kc_out_relabel(run->output[KC_EDIT_OUTPUT].f, &r, e) != 0)
        return -1;
    struct kc_edit_report report = {.file = run->name, .edits = &run->edits, .old = &run->old.names, .ids = &run->ids,
                                    .rows = run->rows, .unassigned = run->old.n - run->old.assigned};
    return kc_edit_finish(ctx, j, run->output, &report, began, text, e);
}

int kc_edit_labels(const struct kc_ctx *ctx, const struct kc_job_edit *j, struct kc_buf *text, struct kc_err *e)
{
    struct labels_run *run = kc_mem_zalloc(1, sizeof *run, e); /* too large for a small stack */
    if (!run)
        return -1;
    run->j = j;
    run->name = kc_source_name(j->labels);
    const int rc = run_labels(ctx, run, text, e);
    kc_outputs_free(run->output, KC_EDIT_OUTPUTS);
    kc_mem_free(run->rows);
    kc_strs_free(&run->titles);
    kc_mem_free(run->title);
    kc_mem_free(run->title_row);
    kc_mem_free(run->id_row);
    kc_strs_free(&run->ids);
    kc_mem_free(run->first);
    kc_mem_free(run->label);
    kc_mem_free(run->row_of);
    kc_dataset_free(&run->ds);
    kc_edits_free(&run->edits);
    kc_mem_free(run->size);
    kc_labelling_free(&run->old);
    kc_label_text_free(&run->text);
    kc_mem_free(run);
    return rc;
}
