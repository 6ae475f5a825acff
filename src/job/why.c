/* why: load the model and the rows, find those that are asked about, label all as assign does, and gather what speaks
 * for and against the labels of these. */
#include "job/why.h"

#include <math.h>
#include <string.h>
#include "base/suggest.h"
#include "core/cluster/assign.h"
#include "io/outputs.h"
#include "io/source.h"
#include "job/memory.h"
#include "model/votes.h"
#include "par/pool.h"
#include "report/why.h"
#include "text/shared.h"

#define SHOWN 60 /* bytes of a term in a message */

/* Everything a run holds; one place to free it. */
struct why_run {
    const struct kc_job_why *j;
    unsigned threads;
    struct kc_output output;
    struct kc_model m;
    struct kc_labeller *labeller;
    struct kc_strs names;    /* (k) labels of the clusters */
    struct kc_dataset ds;
    struct kc_strs texts;    /* (rows) of the text field; else empty */
    uint32_t at[KC_WHY_ROWS_MOST]; /* the rows that are asked about */
    size_t nrows;
    struct kc_labelled got;  /* of all rows */
    struct kc_neighbours near;
    struct kc_keywords keywords;
    struct kc_why_row row[KC_WHY_ROWS_MOST];
    float *x;                /* (d) a row */
    void *work;              /* scratch of products and votes */
    struct kc_buf text;
};

/* Return the bytes of the work on the rows. find_words: there are texts; texts: NULL if they are not known yet. */
static uint64_t work_bytes(const struct why_run *r, size_t n, size_t d, int in_memory, int find_words,
                           const struct kc_strs *texts)
{
    const uint64_t words = !find_words || r->j->keywords == 0 ? 0 :
                           kc_keywords_bytes_of(texts, n, r->m.k, (size_t)r->j->keywords, r->threads);
    const uint64_t label = kc_labeller_all_bytes(&r->m, n, in_memory, r->threads);
    const uint64_t near = kc_neighbours_some_bytes(KC_WHY_ROWS_MOST, d, (uint32_t)r->j->neighbours, r->threads);
    const uint64_t most = words > label ? words : label;
    return (most > near ? most : near) + (uint64_t)n * 4 * sizeof(uint32_t);
}

/* The same for rows in memory. A kc_in_opts.work. */
static uint64_t work_in_memory(void *arg, size_t n, size_t d)
{
    return work_bytes(arg, n, d, 1, 1, NULL);
}

/* Return the texts of the rows; NULL if there are none. */
static const struct kc_strs *get_texts(const struct why_run *r)
{
    return r->j->text_field ? &r->texts : r->ds.terms.n > 0 ? &r->ds.terms : NULL;
}

/* Read the rows and their texts, and check that the work on them fits into --max-memory. */
static int read_rows(const struct kc_ctx *ctx, struct why_run *r, struct kc_err *e)
{
    const struct kc_job_why *j = r->j;
    struct kc_in_opts in = j->in;
    in.max_memory = j->max_memory;
    in.work = work_in_memory;
    in.work_arg = r;
    in.normalise = 1;
    in.want_raw = KC_RAW_NONE;
    in.expect_dim = r->m.d;
    in.expect_from = j->model;
    in.attrs = &j->text_field;
    in.nattrs = j->text_field ? 1 : 0;
    if (kc_in_load(ctx, &in, &r->ds, e) != 0 ||
        (j->text_field && kc_attrs_texts(&r->ds.attrs, r->ds.nattrs, 0, r->ds.rows.n, &r->texts, e) != 0))
        return -1;
    const struct kc_strs *texts = get_texts(r);
    const uint64_t work = work_bytes(r, r->ds.rows.n, r->ds.rows.d, r->ds.rows.x != NULL, texts != NULL, texts);
    if (kc_job_check_memory(ctx, kc_dataset_bytes(&r->ds), work, in.max_memory, "the work", e) != 0)
        return -1;
    if (r->ds.rows.n > INT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows: more than 2147483647 cannot be neighbours", r->ds.rows.n);
    kc_strs_free(&r->ds.attrs); /* the texts have taken their place */
    return 0;
}

static unsigned long long get_number(const struct why_run *r, size_t at)
{
    return (unsigned long long)kc_in_row_number(r->ds.skipped, r->ds.nskipped, at);
}

/* The rows that have a term. */
struct holders {
    size_t n;
    size_t first[3]; /* the first of them */
};

static struct holders find_term(const struct why_run *r, const char *term)
{
    struct holders h = {0, {0}};
    const size_t len = strlen(term);
    for (size_t i = 0; i < r->ds.terms.n; i++) {
        size_t n;
        const char *other = kc_strs_get(&r->ds.terms, i, &n);
        if (n != len || memcmp(other, term, n) != 0)
            continue;
        if (h.n < sizeof h.first / sizeof *h.first)
            h.first[h.n] = i;
        h.n++;
    }
    return h;
}

/* Find the data row of an input row number. Return SIZE_MAX if there is none: *skipped tells if it was left out. */
static size_t find_number(const struct why_run *r, uint64_t number, int *skipped)
{
    size_t lo = 0, hi = r->ds.nskipped;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (r->ds.skipped[mid] < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    *skipped = lo < r->ds.nskipped && r->ds.skipped[lo] == number;
    return *skipped || number - lo >= r->ds.rows.n ? SIZE_MAX : (size_t)(number - lo);
}

/* Parse a number of digits only. Return -1 if it is none, or too large for any row. */
static int parse_number(const char *s, uint64_t *out)
{
    size_t n = strspn(s, "0123456789");
    *out = 0;
    if (n == 0 || n > 18 || s[n])
        return -1;
    for (size_t i = 0; i < n; i++)
        *out = *out * 10 + (uint64_t)(s[i] - '0');
    return 0;
}

/* Report that no row has the term. Return -1. */
static int report_unknown(const struct why_run *r, const char *spec, struct kc_err *e)
{
    struct kc_suggest meant;
    char term[4 * SHOWN + 1], other[4 * SHOWN + 1];
    kc_err_escape(term, sizeof term, spec, strlen(spec) < SHOWN ? strlen(spec) : SHOWN);
    if (r->ds.terms.n == 0)
        return kc_err_set(e, KC_EINPUT, "--row '%s': the rows have no terms: name one by its number, from 0 to %llu",
                          term, get_number(r, r->ds.rows.n - 1));
    kc_suggest_begin(&meant, spec, strlen(spec));
    for (size_t i = 0; i < r->ds.terms.n; i++) {
        size_t n;
        const char *known = kc_strs_get(&r->ds.terms, i, &n);
        kc_suggest_try(&meant, known, n);
    }
    if (!meant.best)
        return kc_err_set(e, KC_EINPUT, "--row '%s': no row has this term, and it is no row number", term);
    kc_err_escape(other, sizeof other, meant.best, meant.best_n < SHOWN ? meant.best_n : SHOWN);
    return kc_err_set(e, KC_EINPUT, "--row '%s': no row has this term; did you mean '%s'?", term, other);
}

/* Report that several rows have the term. Return -1. */
static int report_several(const struct why_run *r, const char *spec, const struct holders *h, struct kc_err *e)
{
    char term[4 * SHOWN + 1];
    kc_err_escape(term, sizeof term, spec, strlen(spec) < SHOWN ? strlen(spec) : SHOWN);
    kc_err_set(e, KC_EINPUT, "--row '%s': %zu rows have this term, ", term, h->n);
    for (size_t i = 0; i < h->n && i < sizeof h->first / sizeof *h->first; i++)
        kc_err_more(e, "%s%llu", i > 0 ? ", " : "", get_number(r, h->first[i]));
    kc_err_more(e, "%s: name one by its number, as in --row '#%llu'",
                h->n > sizeof h->first / sizeof *h->first ? ", ..." : "", get_number(r, h->first[0]));
    return -1;
}

/* Find the row that is meant by a term or a number. A term comes first; if the number is one of another row, that is
 * told. */
static int find_row(const struct kc_ctx *ctx, const struct why_run *r, const char *spec, uint32_t *at,
                    struct kc_err *e)
{
    const struct holders h = find_term(r, spec);
    uint64_t number;
    int skipped = 0;
    const int is_number = parse_number(spec + (spec[0] == '#'), &number) == 0;
    const size_t by_number = is_number ? find_number(r, number, &skipped) : SIZE_MAX;
    if (h.n > 1)
        return report_several(r, spec, &h, e);
    if (h.n == 1) {
        *at = (uint32_t)h.first[0];
        if (by_number != SIZE_MAX && by_number != h.first[0])
            kc_ctx_log(ctx, KC_LOG_WARN, "--row %s: taken for a term, that of row %llu%s", spec,
                       get_number(r, h.first[0]), spec[0] == '#' ? "" : "; with # before it, it is a row number");
        return 0;
    }
    if (!is_number)
        return report_unknown(r, spec, e);
    if (skipped)
        return kc_err_set(e, KC_EINPUT, "--row %s: this row was left out, as it is bad or does not meet --where", spec);
    if (by_number == SIZE_MAX)
        return kc_err_set(e, KC_EINPUT, "--row %s: there is no such row; the last one is %llu (rows count from 0)",
                          spec, get_number(r, r->ds.rows.n - 1));
    *at = (uint32_t)by_number;
    return 0;
}

/* Find all rows that are asked about. */
static int find_rows(const struct kc_ctx *ctx, struct why_run *r, struct kc_err *e)
{
    const struct kc_job_why *j = r->j;
    if (j->nrows == 0 && r->ds.rows.n > 1)
        return kc_err_set(e, KC_EINPUT, "%zu rows: --row N or --row TERM says which one is meant", r->ds.rows.n);
    r->nrows = j->nrows > 0 ? j->nrows : 1;
    for (size_t i = 0; i < j->nrows; i++)
        if (find_row(ctx, r, j->row[i], &r->at[i], e) != 0)
            return -1;
    return 0;
}

/* Label all rows as assign does: equal rows may have different labels, by their order. */
static int label_rows(const struct kc_ctx *ctx, struct why_run *r, struct kc_err *e)
{
    const size_t n = r->ds.rows.n;
    r->got.labels = kc_mem_alloc(n, sizeof *r->got.labels, e);
    r->got.nearest = kc_mem_alloc(n, sizeof *r->got.nearest, e);
    r->got.similarity = kc_mem_alloc(n, sizeof *r->got.similarity, e);
    r->got.margin = kc_mem_alloc(n, sizeof *r->got.margin, e);
    if (!r->got.labels || !r->got.nearest || !r->got.similarity || !r->got.margin)
        return -1;
    return kc_labeller_new(&r->labeller, &r->m, &r->j->assign, e) != 0 ||
           kc_labeller_all(ctx, r->labeller, &r->ds.rows, &r->got, e) != 0 ? -1 : 0;
}

/* List the rows of the fit that vote for a row. */
static int list_voters(struct why_run *r, struct kc_why_row *row, struct kc_err *e)
{
    struct kc_neighbours near;
    const float *x = r->x;
    kc_votes_list(&r->m, &x, 1, &near, r->work);
    row->nvoters = near.count[0];
    row->voter_label = kc_mem_alloc(row->nvoters, sizeof *row->voter_label, e);
    row->voter_similarity = kc_mem_alloc(row->nvoters, sizeof *row->voter_similarity, e);
    if (!row->voter_label || !row->voter_similarity)
        return -1;
    for (size_t i = 0; i < row->nvoters; i++) {
        row->voter_label[i] = r->m.rows.label[near.id[i]];
        row->voter_similarity[i] = near.similarity[i];
    }
    return 0;
}

/* Find the keywords that the row's text shares with its cluster, or the nearest, and with the next. */
static int compare_words(struct why_run *r, struct kc_why_row *row, struct kc_err *e)
{
    const struct kc_strs *texts = get_texts(r);
    size_t n;
    row->compared[0] = row->compared[1] = KC_NONE;
    if (r->j->keywords == 0 || !texts)
        return 0;
    const uint32_t own = row->nearest != KC_NOISE ? row->nearest : row->cluster[0];
    row->compared[0] = own;
    if (row->nclusters > 1)
        row->compared[1] = row->cluster[0] != own ? row->cluster[0] : row->cluster[1];
    const char *text = kc_strs_get(texts, row->at, &n);
    for (size_t i = 0; i < KC_WHY_WORDS; i++)
        if (row->compared[i] != KC_NONE &&
            kc_keywords_shared(&r->keywords, row->compared[i], text, n, &row->shared[i], e) != 0)
            return -1;
    return 0;
}

/* Return the highest percentile of the cluster's similarities that one reaches; -1 if it is below all of them. */
static int find_percentile(const struct kc_model *m, uint32_t c, float similarity)
{
    const float *q = m->quantiles + (size_t)c * KC_MODEL_PERCENTILES;
    int p = KC_MODEL_PERCENTILES - 1;
    while (p >= 0 && q[p] > similarity)
        p--;
    return p;
}

/* Gather what is said of one row. */
static int explain_row(struct why_run *r, struct kc_why_row *row, uint32_t at, struct kc_err *e)
{
    const struct kc_model *m = &r->m;
    const float *x = r->x;
    kc_rows_copy(&r->ds.rows, &at, 1, r->x);
    const uint64_t hash = kc_la_hash(r->x, m->d);
    row->at = at;
    row->label = r->got.labels[at];
    row->nearest = r->got.nearest[at];
    row->similarity = r->got.similarity[at];
    row->margin = r->got.margin[at];
    row->least = row->nearest == KC_NOISE ? -2 : kc_labeller_least(r->labeller, row->nearest);
    row->percentile = row->nearest == KC_NOISE ? -1 : find_percentile(m, row->nearest, row->similarity);
    row->known = m->kind == KC_MODEL_VOTES ? kc_model_find_row(m, hash) != SIZE_MAX :
                                             kc_model_moved(&m->moved, hash) != SIZE_MAX;
    const size_t listed = r->j->top < 2 ? 2 : (size_t)r->j->top; /* two are needed for the words */
    row->nclusters = listed < m->k ? listed : m->k;
    row->cluster = kc_mem_alloc(row->nclusters, sizeof *row->cluster, e);
    row->cluster_similarity = kc_mem_alloc(row->nclusters, sizeof *row->cluster_similarity, e);
    if (!row->cluster || !row->cluster_similarity)
        return -1;
    kc_assign_top_tile(&x, 1, m->d, m->centroids, (uint32_t)m->k, row->nclusters, row->cluster,
                       row->cluster_similarity, r->work);
    if ((m->kind == KC_MODEL_VOTES && list_voters(r, row, e) != 0) || compare_words(r, row, e) != 0)
        return -1;
    row->nclusters = r->j->top < row->nclusters ? (size_t)r->j->top : row->nclusters;
    return 0;
}

static int explain_rows(const struct kc_ctx *ctx, struct why_run *r, struct kc_err *e)
{
    const struct kc_job_why *j = r->j;
    const size_t votes = r->m.kind == KC_MODEL_VOTES ? kc_votes_work(&r->m, 1) : 0;
    const struct kc_neighbours_opts o = {.m = (uint32_t)j->neighbours, .least = -2};
    const struct kc_keywords_opts words = {.top = (size_t)j->keywords, .languages = j->languages};
    kc_ctx_stage(ctx, KC_PHASE_NEIGHBOURS);
    if (kc_neighbours_some(ctx, &r->ds.rows, r->at, r->nrows, &o, &r->near, e) != 0)
        return -1;
    if (j->keywords > 0 && get_texts(r)) {
        kc_ctx_stage(ctx, KC_PHASE_WORDS);
        if (kc_keywords_make(ctx, get_texts(r), r->got.labels, r->m.k, &words, &r->keywords, e) != 0)
            return -1;
    }
    r->x = kc_mem_aligned(r->m.d, sizeof *r->x, e);
    r->work = kc_mem_aligned(votes > KC_ASSIGN_WORK ? votes : KC_ASSIGN_WORK, 1, e);
    if (!r->x || !r->work)
        return -1;
    for (size_t i = 0; i < r->nrows; i++)
        if (explain_row(r, &r->row[i], r->at[i], e) != 0)
            return -1;
    return kc_rows_failed(&r->ds.rows, e);
}

static int write_report(struct why_run *r, struct kc_err *e)
{
    const struct kc_why y = {
        .model = kc_source_name(r->j->model),
        .kind = kc_model_kind_name(&r->m),
        .k = r->m.k,
        .ids = r->m.ids,
        .names = &r->names,
        .ds = &r->ds,
        .labels = r->got.labels,
        .min_margin = r->j->assign.min_margin,
        .keywords = get_texts(r) ? r->j->keywords : 0,
        .near = &r->near,
        .row = r->row,
        .nrows = r->nrows,
    };
    return (r->j->json ? kc_out_why_json(&r->text, &y, e) : kc_out_why_text(&r->text, &y, e)) != 0 ||
           kc_outfile_write(r->output.f, r->text.p, r->text.n, e) != 0 ? -1 : 0;
}

static int run_why(const struct kc_ctx *ctx, struct why_run *r, struct kc_err *e)
{
    const struct kc_job_why *j = r->j;
    r->output = (struct kc_output){.option = "--output", .path = j->output};
    if (kc_model_load(&r->m, j->model, e) != 0 || kc_outputs_open(&r->output, 1, e) != 0 ||
        kc_outputs_none_is(&r->output, 1, j->model, "--model", e) != 0 ||
        kc_outfile_check_inputs(r->output.f, j->in.files, j->in.nfiles, e) != 0 ||
        kc_model_copy_labels(&r->m, &r->names, e) != 0 || read_rows(ctx, r, e) != 0 || find_rows(ctx, r, e) != 0 ||
        label_rows(ctx, r, e) != 0 || explain_rows(ctx, r, e) != 0)
        return -1;
    kc_ctx_stage(ctx, KC_PHASE_WRITE);
    if (write_report(r, e) != 0 || kc_outputs_commit(&r->output, 1, e) != 0)
        return -1;
    kc_outputs_tell(&r->output, 1, ctx);
    return 0;
}

static void free_row(struct kc_why_row *row)
{
    kc_mem_free(row->cluster);
    kc_mem_free(row->cluster_similarity);
    kc_mem_free(row->voter_label);
    kc_mem_free(row->voter_similarity);
    for (size_t i = 0; i < KC_WHY_WORDS; i++)
        kc_strs_free(&row->shared[i]);
}

static void free_run(struct why_run *r)
{
    for (size_t i = 0; i < r->nrows; i++)
        free_row(&r->row[i]);
    kc_buf_free(&r->text);
    kc_mem_free(r->work);
    kc_mem_free(r->x);
    kc_keywords_free(&r->keywords);
    kc_neighbours_free(&r->near);
    kc_mem_free(r->got.labels);
    kc_mem_free(r->got.nearest);
    kc_mem_free(r->got.similarity);
    kc_mem_free(r->got.margin);
    kc_labeller_free(r->labeller);
    kc_strs_free(&r->texts);
    kc_dataset_free(&r->ds);
    kc_strs_free(&r->names);
    kc_model_free(&r->m);
    kc_outputs_free(&r->output, 1);
    kc_mem_free(r);
}

int kc_job_why_run(const struct kc_ctx *ctx, const struct kc_job_why *j, struct kc_err *e)
{
    struct why_run *r = kc_mem_zalloc(1, sizeof *r, e);
    if (!r)
        return -1;
    r->j = j;
    r->threads = kc_pool_threads(ctx->pool);
    const int rc = run_why(ctx, r, e);
    free_run(r);
    return rc;
}
