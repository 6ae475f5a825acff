/* score: match the labels to the rows, keep the rows that have a label, and compute the figures of these. */
#include "job/score.h"

#include <math.h>
#include <string.h>
#include "core/judge/drift.h"
#include "core/near/near.h"
#include "io/outputs.h"
#include "io/source.h"
#include "job/align.h"
#include "job/memory.h"
#include "job/view.h"
#include "page/page.h"
#include "par/pool.h"
#include "par/team.h"
#include "report/score.h"

#define KEYWORDS 10 /* of a cluster, in the HTML report */

/* Everything a run holds; one place to free it. */
struct score_run {
    const struct kc_job_score *j;
    struct kc_output output[2]; /* the figures, and the HTML report */
    struct kc_labelling labels, gold;
    struct kc_dataset ds;
    int numbered;              /* the vectors have no terms: their row numbers are the terms */
    size_t n;                  /* rows: those of the vectors, else those of the label file */
    char other[1100];          /* where the rows come from, for messages */
    uint32_t *of_row;          /* (n) labels of the rows */
    uint32_t *gold_of_row;     /* (n) gold labels of the rows; NULL: none */
    uint64_t *sizes;           /* (labels.k) rows with each label */
    uint32_t *rows;            /* (labels.assigned) the rows with a label */
    uint32_t *row_labels;      /* (labels.assigned) and their labels */
    struct kc_quality quality;
    struct kc_table table;
    struct kc_agreement agreement;
    struct kc_confusions confusions;
    struct kc_apart apart;
    struct kc_buf text;
};

/* What the estimate of memory depends on, beside the shape of the rows. */
struct estimate_input {
    const struct score_run *r;
    unsigned threads;
};

/* Return how the near-duplicates of the rows are searched for. */
static struct kc_neighbours_opts choose_search(const struct kc_job_score *j)
{
    return (struct kc_neighbours_opts){.m = KC_APART_NEIGHBOURS, .least = j->duplicates};
}

/* Return the bytes of the indices, or of the search for near-duplicates if that needs more, and of the row numbers and
 * labels that are in memory beside them. */
static uint64_t work_bytes(const struct estimate_input *w, size_t n, size_t d, int in_memory)
{
    const struct kc_job_score *j = w->r->j;
    const struct kc_neighbours_opts o = choose_search(j);
    const uint64_t indices = kc_quality_bytes(n, d, in_memory, w->r->labels.k, w->threads);
    const uint64_t search = j->duplicates > 0 ? kc_near_bytes(n, d, in_memory, &o, 0, w->threads) +
                                                    kc_apart_bytes(n, d, w->threads) : 0;
    const struct kc_map_opts map = KC_MAP_OPTS_DEFAULT;
    const uint64_t place = j->report ? kc_map_bytes(n, d, in_memory, &map, w->threads) : 0;
    const uint64_t most = indices > search ? indices : search;
    return (most > place ? most : place) + n * 4 * sizeof(uint32_t) + (j->report ? n * 4 * sizeof(float) : 0) +
           (j->gold.file ? kc_confusions_bytes(n, (uint64_t)w->r->labels.k + w->r->gold.k) : 0);
}

/* The same for rows in memory. A kc_in_opts.work. */
static uint64_t work_in_memory(void *arg, size_t n, size_t d)
{
    return work_bytes(arg, n, d, 1);
}

/* Read the vectors, and check that the work on them fits into --max-memory. */
static int read_vectors(const struct kc_ctx *ctx, struct score_run *r, struct kc_err *e)
{
    struct kc_in_opts in = r->j->in;
    struct estimate_input w = {r, kc_pool_threads(ctx->pool)};
    in.max_memory = r->j->max_memory;
    in.work = work_in_memory;
    in.work_arg = &w;
    in.normalise = 1;
    in.term_field_of_labels = 1;
    in.want_raw = KC_RAW_NONE;
    in.gather = 1;
    if (kc_in_load(ctx, &in, &r->ds, e) != 0)
        return -1;
    if (kc_team_rank(ctx->team) > 0) /* it has read its part for the first rank */
        return 0;
    r->numbered = r->ds.terms.n == 0;
    if (kc_dataset_number_terms(&r->ds, e) != 0)
        return -1;
    r->n = r->ds.rows.n;
    const uint64_t work = work_bytes(&w, r->n, r->ds.rows.d, r->ds.rows.x != NULL);
    if (kc_job_check_memory(ctx, kc_dataset_bytes(&r->ds), work, in.max_memory, "the work", e) != 0)
        return -1;
    if (in.nfiles > 1)
        memcpy(r->other, "the vectors", sizeof "the vectors");
    else
        kc_err_escape(r->other, sizeof r->other, kc_source_name(in.nfiles ? in.files[0] : "-"),
                      strlen(kc_source_name(in.nfiles ? in.files[0] : "-")));
    return 0;
}

/* If the vectors could not be read and the labels are none, report that instead: they may be in the wrong order.
 * Return -1. */
static int blame_labels(const struct kc_labels_opts *o, struct score_run *r, struct kc_err *e)
{
    struct kc_err other = KC_ERR_INIT;
    if (e->code == KC_EINPUT && kc_labels_load(r->j->labels.file, o, &r->labels, &other) != 0 &&
        other.code == KC_EINPUT)
        *e = other;
    return -1;
}

/* Return the way out if no row has a label of its term. */
static const char *choose_hint(const struct score_run *r, int gold)
{
    return r->numbered ? "; the vectors have no terms but their row numbers: --terms FILE gives them terms" :
           gold        ? "; are its terms in another column? --gold-term-field names it" :
                         "; are its terms in another column? --label-term-field names it";
}

/* Read labels, gold labels and vectors, and match the labels to the rows. */
static int read_all(const struct kc_ctx *ctx, struct score_run *r, struct kc_err *e)
{
    const struct kc_job_score *j = r->j;
    struct kc_labels_opts labels = {.format = j->labels.format, .term_field = j->in.term_field, .noise = 1,
                                    .label_field = j->labels.label_field, .own_term_field = j->labels.term_field,
                                    .label_option = "--label-field", .term_option = "--label-term-field",
                                    .hint = "; the labels come first: kclust score LABELS [FILE]", .other = r->other,
                                    .max = j->in.max_memory};
    struct kc_labels_opts gold = {.format = j->gold.format, .term_field = j->in.term_field,
                                  .label_field = j->gold.label_field, .own_term_field = j->gold.term_field,
                                  .label_option = "--gold-label-field", .term_option = "--gold-term-field",
                                  .other = r->other, .max = j->in.max_memory};
    /* With the rows known, a file of labels is read no further than they need. A pipe is read first: its writer may
     * wait for that before it writes the vectors. */
    const int rows_first = j->vectors && kc_source_size(j->labels.file) > 0 &&
                           (!j->gold.file || kc_source_size(j->gold.file) > 0);
    if (kc_source_check(j->labels.file, e) != 0 || (j->gold.file && kc_source_check(j->gold.file, e) != 0))
        return -1;
    if (rows_first && read_vectors(ctx, r, e) != 0)
        return blame_labels(&labels, r, e);
    labels.rows = gold.rows = r->n;
    if (kc_labels_load(j->labels.file, &labels, &r->labels, e) != 0)
        return -1;
    kc_ctx_log(ctx, KC_LOG_INFO, "labels: %s", r->labels.how);
    gold.rows = r->n > 0 ? r->n : r->labels.n;
    if (!j->vectors)
        kc_err_escape(r->other, sizeof r->other, kc_source_name(j->labels.file),
                      strlen(kc_source_name(j->labels.file)));
    if ((j->gold.file && kc_labels_load(j->gold.file, &gold, &r->gold, e) != 0) ||
        (j->vectors && !rows_first && read_vectors(ctx, r, e) != 0))
        return -1;
    if (j->gold.file)
        kc_ctx_log(ctx, KC_LOG_INFO, "gold labels: %s", r->gold.how);
    const struct kc_strs *terms = j->vectors ? &r->ds.terms : &r->labels.terms;
    if (!j->vectors)
        r->n = r->labels.n;
    r->of_row = kc_mem_alloc(r->n, sizeof *r->of_row, e);
    r->gold_of_row = j->gold.file ? kc_mem_alloc(r->n, sizeof *r->gold_of_row, e) : NULL;
    if (!r->of_row || (j->gold.file && !r->gold_of_row))
        return -1;
    if (!j->vectors)
        memcpy(r->of_row, r->labels.labels, r->n * sizeof *r->of_row);
    else if (kc_job_align(&r->labels, j->labels.file, terms, r->n, r->other, choose_hint(r, 0), r->of_row, e) != 0)
        return -1;
    return !j->gold.file ? 0 :
           kc_job_align(&r->gold, j->gold.file, terms, r->n, r->other, choose_hint(r, 1), r->gold_of_row, e);
}

/* Gather the rows that have a label, and count the rows of each label. */
static int gather_assigned(struct score_run *r, struct kc_err *e)
{
    size_t m = 0;
    r->sizes = kc_mem_zalloc(r->labels.k, sizeof *r->sizes, e);
    r->rows = kc_mem_alloc((size_t)r->labels.assigned, sizeof *r->rows, e);
    r->row_labels = kc_mem_alloc((size_t)r->labels.assigned, sizeof *r->row_labels, e);
    if (!r->sizes || !r->rows || !r->row_labels)
        return -1;
    for (size_t i = 0; i < r->n; i++)
        if (r->of_row[i] != KC_NOISE) {
            r->sizes[r->of_row[i]]++;
            r->rows[m] = (uint32_t)i;
            r->row_labels[m++] = r->of_row[i];
        }
    return 0;
}

/* Find near-duplicates with different labels among the assigned rows. */
static int find_duplicates(const struct kc_ctx *ctx, struct score_run *r, const struct kc_rows *rows, size_t worst,
                           struct kc_score_report *p, struct kc_err *e)
{
    const struct kc_neighbours_opts o = choose_search(r->j);
    struct kc_neighbours g = {0};
    struct kc_search_report how = {0};
    kc_ctx_stage(ctx, KC_PHASE_NEIGHBOURS);
    int rc = rows->n > INT32_MAX ?
                 kc_err_set(e, KC_EINPUT, "%zu rows: more than 2147483647 cannot be neighbours", rows->n) :
                 kc_near_find(ctx, rows, &o, 0, &g, &how, e);
    if (rc == 0)
        rc = kc_apart_find(ctx, rows, &g, o.least, r->row_labels, worst, &r->apart, e);
    if (rc == 0) {
        p->apart = &r->apart;
        p->least = o.least;
        p->recall = how.by_cells.probes > 0 ? how.by_cells.recall : 1;
    }
    kc_neighbours_free(&g);
    return rc;
}

/* Compute the figures that the inputs allow, and enter them into the report. */
static int compute_scores(const struct kc_ctx *ctx, struct score_run *r, struct kc_score_report *p, struct kc_err *e)
{
    const struct kc_job_score *j = r->j;
    const size_t worst = j->worst < SIZE_MAX ? (size_t)j->worst : SIZE_MAX;
    uint32_t k = r->labels.k;
    if (k > 0 && kc_balance(r->sizes, k, &p->variation, &p->gini, e) != 0)
        return -1;
    if (j->vectors && k > 0) {
        struct kc_rows rows = kc_rows_pick(&r->ds.rows, r->rows, (size_t)r->labels.assigned);
        if (kc_quality_run(ctx, &rows, r->row_labels, k, worst, &r->quality, e) != 0)
            return -1;
        p->quality = &r->quality;
        if (j->duplicates > 0 && find_duplicates(ctx, r, &rows, worst, p, e) != 0)
            return -1;
    }
    if (!j->gold.file)
        return 0;
    p->gold_name = kc_source_name(j->gold.file);
    p->gold = &r->gold;
    p->table = &r->table;
    if (kc_table_build(&r->table, r->of_row, k, r->gold_of_row, r->gold.k, r->n, e) != 0)
        return -1;
    if (k == 0)
        return 0;
    p->agreement = &r->agreement;
    p->gold_of_row = r->gold_of_row;
    p->confusions = &r->confusions;
    return kc_agreement_compute(&r->table, &r->agreement, e) != 0 ||
           kc_confusions_find(&r->table, r->of_row, r->gold_of_row, r->n, k > 1 ? r->quality.row_silhouette : NULL,
                              worst, &r->confusions, e) != 0 ? -1 : 0;
}

/* Write the HTML report, if it is wanted. */
static int write_page(const struct kc_ctx *ctx, struct score_run *r, struct kc_err *e)
{
    const struct kc_job_score *j = r->j;
    const struct kc_map_opts map = KC_MAP_OPTS_DEFAULT;
    const struct kc_page_opts o = {0};
    struct kc_view v;
    if (!r->output[1].f)
        return 0;
    kc_view_init(&v);
    int rc = kc_strs_append(&v.text, j->vectors ? &r->ds.terms : &r->labels.terms, e);
    if (rc == 0)
        rc = kc_view_set_labels(&v, r->of_row, r->n, &r->labels.names, NULL, e);
    if (rc == 0 && j->vectors)
        rc = kc_view_measure(ctx, &r->ds.rows, &v, e);
    if (rc == 0)
        rc = kc_job_view_words(ctx, KEYWORDS, 0, &v, e);
    if (rc == 0 && j->vectors)
        rc = kc_job_view_map(ctx, &r->ds.rows, &map, &v, e);
    if (rc == 0 && j->gold.file)
        rc = kc_view_set_gold(&v, r->gold_of_row, &r->gold.names, j->worst < SIZE_MAX ? (size_t)j->worst : SIZE_MAX, e);
    if (rc == 0)
        rc = kc_job_view_about(ctx, &v, "labels", j->labels.file, e);
    if (rc == 0)
        rc = kc_page_write(&v, &o, r->output[1].f, e);
    kc_view_free(&v);
    return rc;
}

static int run_score(const struct kc_ctx *ctx, struct score_run *r, struct kc_err *e)
{
    r->output[0] = (struct kc_output){.option = "--output", .path = r->j->output};
    r->output[1] = (struct kc_output){.option = "--report", .path = r->j->report};
    if (kc_outputs_open(r->output, 2, e) != 0 || read_all(ctx, r, e) != 0 || gather_assigned(r, e) != 0)
        return -1;
    struct kc_score_report p = {
        .labels_name = kc_source_name(r->j->labels.file),
        .labels = &r->labels,
        .n = r->n,
        .assigned = r->labels.assigned,
        .sizes = r->sizes,
        .variation = NAN,
        .gini = NAN,
        .most = r->j->worst,
        .of_row = r->of_row,
        .rows = r->rows,
        .terms = r->j->vectors ? &r->ds.terms : &r->labels.terms,
        .skipped = r->ds.skipped,
        .nskipped = r->ds.nskipped,
    };
    if (compute_scores(ctx, r, &p, e) != 0 ||
        (r->j->json ? kc_out_score_json(&r->text, &p, e) : kc_out_score_text(&r->text, &p, e)) != 0 ||
        kc_outfile_write(r->output[0].f, r->text.p, r->text.n, e) != 0 || write_page(ctx, r, e) != 0 ||
        kc_outputs_commit(r->output, 2, e) != 0)
        return -1;
    kc_outputs_tell(r->output, 2, ctx);
    return 0;
}

int kc_job_score_run(const struct kc_ctx *ctx, const struct kc_job_score *j, struct kc_err *e)
{
    struct score_run *r = kc_mem_zalloc(1, sizeof *r, e); /* too large for a small stack */
    if (!r)
        return -1;
    r->j = j;
    int rc = kc_team_rank(ctx->team) == 0 ? run_score(ctx, r, e) : j->vectors ? read_vectors(ctx, r, e) : 0;
    kc_buf_free(&r->text);
    kc_apart_free(&r->apart);
    kc_confusions_free(&r->confusions);
    kc_table_free(&r->table);
    kc_quality_free(&r->quality);
    kc_mem_free(r->row_labels);
    kc_mem_free(r->rows);
    kc_mem_free(r->sizes);
    kc_mem_free(r->gold_of_row);
    kc_mem_free(r->of_row);
    kc_dataset_free(&r->ds);
    kc_labelling_free(&r->gold);
    kc_labelling_free(&r->labels);
    kc_outputs_free(r->output, 2);
    kc_mem_free(r);
    return rc;
}
