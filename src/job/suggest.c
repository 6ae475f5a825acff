/* suggest: read the rows once, and either try numbers of clusters by every criterion, or one algorithm after the other.
 *
 * Algorithms are compared by what a partition does to the rows as read: silhouette plus modularity, as the layers of a
 * density are, rows of noise going to the nearest centroid; or by the agreement with gold labels, each row of noise
 * being a cluster of its own, so that leaving rows out gains nothing. The ways are tried in an order that begins with
 * those that most often win; those of one space follow each other, since making it is most of the work. */
#include "job/suggest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/intern.h"
#include "core/algorithms.h"
#include "core/choice/evidence.h"
#include "core/choice/graph_of.h"
#include "core/choice/sample.h"
#include "core/choice/trust.h"
#include "core/density/layers.h"
#include "core/graph/modularity.h"
#include "core/judge/agreement.h"
#include "core/judge/quality.h"
#include "job/fit_run.h"
#include "job/set_k.h"
#include "report/suggest.h"

#define SEED 42
#define FEWEST 8         /* rows that algorithms are compared on */
#define TRUST_ROWS 4000 /* draws of a resample */

/* A way to cluster. */
struct way {
    const char *algorithm;
    enum kc_fit_space_kind space;
    uint32_t dims;               /* 0: the usual number */
    const char *option, *value;  /* of the algorithm, beside those of the job; or NULL */
};

static const struct way ways[] = {
    {"kmeans", KC_FIT_GRAPH, 40, "k-by", "auto"},
    {"ward", KC_FIT_GRAPH, 40, "k-by", "auto"},
    {"hdbscan", KC_FIT_GRAPH, 10, NULL, NULL},
    {"hdbscan", KC_FIT_GRAPH, 10, "min-size", "25"},
    {"hdbscan", KC_FIT_GRAPH, 10, "min-size", "5"},
    {"hdbscan", KC_FIT_GRAPH, 10, "select", "eom"},
    {"hdbscan", KC_FIT_GRAPH, 10, "select", "leaf"},
    {"kmeans", KC_FIT_COSINE, 0, "k-by", "auto"},
    {"kmeans", KC_FIT_COSINE, 0, NULL, NULL},
    {"ward", KC_FIT_COSINE, 0, "k-by", "auto"},
    {"kmeans", KC_FIT_SVD, 64, "k-by", "auto"},
    {"kmeans", KC_FIT_PCA, 32, "k-by", "auto"},
    {"average", KC_FIT_GRAPH, 40, "k-by", "auto"},
    {"complete", KC_FIT_GRAPH, 40, "k-by", "auto"},
    {"hdbscan", KC_FIT_COSINE, 0, NULL, NULL},
};
#define WAYS (sizeof ways / sizeof *ways)

/* Everything a run holds. */
struct suggesting {
    const struct kc_job_suggest *j;
    struct kc_job_run *run;     /* the rows, and one fit after the other */
    struct kc_output output[2]; /* the advice, and the HTML report */
    struct kc_suggest_report report;
    struct kc_suggestion way[WAYS];
    double began;
    char options[400];
    /* To compare algorithms by: */
    struct kc_drawn drawn;      /* the rows that modularities are computed on, if they are not all */
    struct kc_affinity graph;
    struct kc_labelling labels; /* gold */
    uint32_t *gold;             /* (n) KC_NOISE: no label is known; NULL: none */
    struct kc_buf text;
};

/* Read the rows. */
static int read_rows(struct suggesting *w, struct kc_err *e)
{
    struct kc_in_opts in = w->j->base.in;
    in.normalise = 1;
    in.want_raw = KC_RAW_NONE;
    if (kc_in_load(&w->run->ctx, &in, &w->run->ds, e) != 0)
        return -1;
    kc_ctx_log(&w->run->ctx, KC_LOG_INFO, "read: %zu rows x %zu", w->run->ds.rows.n, w->run->ds.rows.d);
    w->run->rows = &w->run->ds.rows;
    w->report.n = w->run->ds.rows.n;
    w->report.dim = w->run->ds.rows.d;
    return 0;
}

/* Match gold labels to the rows by their terms; a row may have none. */
static int match_terms(struct suggesting *w, struct kc_err *e)
{
    const struct kc_strs *terms = &w->run->ds.terms;
    struct kc_intern known = {0};
    uint32_t id;
    size_t n;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < w->labels.n; i++) {
        const char *p = kc_strs_get(&w->labels.terms, i, &n);
        const size_t before = known.strs.n;
        rc = kc_intern_add(&known, p, n, &id, e);
        if (rc == 0 && known.strs.n > before) /* of equal terms the first label holds */
            w->labels.labels[id] = w->labels.labels[i];
    }
    const size_t have = known.strs.n;
    for (size_t i = 0; rc == 0 && i < terms->n; i++) {
        const char *p = kc_strs_get(terms, i, &n);
        rc = kc_intern_add(&known, p, n, &id, e);
        w->gold[i] = id < have ? w->labels.labels[id] : KC_NOISE;
    }
    kc_intern_free(&known);
    return rc;
}

/* Read the gold labels. */
static int read_gold(struct suggesting *w, struct kc_err *e)
{
    const struct kc_job_suggest *j = w->j;
    const size_t n = w->run->ds.rows.n;
    const struct kc_labels_opts o = {.format = j->gold.format, .term_field = j->base.in.term_field, .noise = 1,
                                     .label_field = j->gold.label_field, .own_term_field = j->gold.term_field,
                                     .label_option = "--gold-label-field", .term_option = "--gold-term-field",
                                     .rows = n, .other = "the vectors"};
    if (!j->gold.file)
        return 0;
    w->gold = kc_mem_alloc(n, sizeof *w->gold, e);
    if (!w->gold || kc_labels_load(j->gold.file, &o, &w->labels, e) != 0)
        return -1;
    if (w->labels.terms.n > 0 && w->run->ds.terms.n > 0) {
        if (match_terms(w, e) != 0)
            return -1;
    } else if (w->labels.n != n) {
        return kc_err_set(e, KC_EINPUT, "%s has %zu labels without terms, but there are %zu rows: a label for each row "
                          "is expected, -1 where none is known, or terms", j->gold.file, w->labels.n, n);
    } else {
        memcpy(w->gold, w->labels.labels, n * sizeof *w->gold);
    }
    for (size_t i = 0; i < n; i++)
        w->report.gold_rows += w->gold[i] != KC_NOISE;
    w->report.gold = j->gold.file;
    return w->report.gold_rows > 1 ? 0 :
           kc_err_set(e, KC_EINPUT, "%s has labels of %llu of the rows, and two are needed: are its terms in another "
                      "column? --gold-term-field names it", j->gold.file, (unsigned long long)w->report.gold_rows);
}

/* Make the space of the next fit, unless it is the one that the last had. */
static int enter_space(struct suggesting *w, enum kc_fit_space_kind space, uint32_t dims, struct kc_err *e)
{
    struct kc_job_run *run = w->run;
    struct kc_job_fit *job = &run->job;
    dims = dims ? dims : job->algorithm->space_dims;
    if (job->space == space && job->space_dims == dims && (space == KC_FIT_COSINE || run->space.x) &&
        (run->space.graph.n > 0 || !(job->algorithm->graph || kc_fit_evidence(job)) || space != KC_FIT_GRAPH))
        return 0;
    kc_fit_space_free(run);
    run->space = (struct kc_fit_space){0};
    run->request.original = NULL;
    run->request.graph = NULL;
    job->space = space;
    job->space_dims = space == KC_FIT_COSINE ? 0 : dims;
    return kc_fit_space_make(job, run, e);
}

/* Cluster the rows: run->fit. opts: the algorithm's. */
static int cluster_rows(struct suggesting *w, const struct kc_algorithm *a, const void *opts, struct kc_err *e)
{
    struct kc_job_run *run = w->run;
    kc_clustering_free(&run->fit);
    kc_mem_free(run->opts);
    run->opts = kc_mem_alloc(a->opts_size, 1, e);
    if (!run->opts)
        return -1;
    memcpy(run->opts, opts, a->opts_size);
    if (a->resolve)
        a->resolve(run->opts, run->ds.rows.n);
    run->request.judge = &kc_choice_judge;
    return a->run(&run->ctx, run->rows, run->opts, &run->request, &run->fit, e);
}

/* Compute the stability of the clusters. */
static int judge_clusters(struct suggesting *w, struct kc_err *e)
{
    struct kc_job_run *run = w->run;
    struct kc_clustering *f = &run->fit;
    struct kc_kmeans_opts opts = w->j->fit;
    size_t used;
    if (w->j->resamples == 0 || f->k < 2)
        return 0;
    f->stability = kc_mem_alloc(f->k, sizeof *f->stability, e);
    if (!f->stability || kc_job_set_k(&kc_algorithm_kmeans, &opts, f->k, e) != 0)
        return -1;
    const struct kc_trust_opts o = {.algorithm = &kc_algorithm_kmeans, .opts = &opts,
                                    .original = run->request.original, .seed = SEED,
                                    .resamples = (uint32_t)w->j->resamples, .most = TRUST_ROWS};
    return kc_trust_run(&run->ctx, run->rows, f->labels, f->k, &o, f->stability, &used, e);
}

/* Write the option that says what the space is. */
static void write_space(const struct kc_job_fit *job, char *out, size_t size)
{
    char space[KC_OPTION_TEXT_MAX];
    kc_job_fit_space_text(job, 1, space);
    *out = '\0';
    if (job->space != KC_FIT_COSINE)
        snprintf(out, size, " --space %s", space);
}

/* Write the HTML report, if it is wanted. */
static int write_page(struct suggesting *w, struct kc_err *e)
{
    return w->output[1].f ? kc_fit_write_page(&w->run->job, w->run, w->output[1].f, e) : 0;
}

/* Try the numbers of clusters by every criterion. */
static int suggest_k(struct suggesting *w, struct kc_err *e)
{
    struct kc_job_run *run = w->run;
    struct kc_kmeans_opts o = w->j->fit;
    char space[KC_OPTION_TEXT_MAX + 16];
    o.k_by = KC_INDEX_AUTO;
    o.evidence = KC_EVIDENCE_ALL;
    run->job.algorithm = &kc_algorithm_kmeans;
    run->job.opts = &o;
    run->job.space = KC_FIT_COSINE; /* of the rows, before the space is made */
    if (enter_space(w, w->j->base.space, w->j->base.space_dims, e) != 0 ||
        cluster_rows(w, &kc_algorithm_kmeans, &o, e) != 0 || judge_clusters(w, e) != 0)
        return -1;
    write_space(&run->job, space, sizeof space);
    snprintf(w->options, sizeof w->options, "-k %u%s", w->report.structure.found ? run->fit.ksweep->selected : 1,
             space);
    w->report.tried = run->fit.ksweep;
    w->report.fit = &run->fit;
    w->report.resamples = w->j->resamples;
    w->report.judged = run->ds.rows.n < KC_CHOICE_ROWS ? run->ds.rows.n : KC_CHOICE_ROWS;
    return write_page(w, e);
}

/* Compare the clusters with the gold labels. */
static int compare_gold(struct suggesting *w, struct kc_suggestion *s, struct kc_err *e)
{
    const struct kc_clustering *f = &w->run->fit;
    struct kc_table t = {0};
    struct kc_agreement a;
    uint32_t *own = kc_mem_alloc(f->n, sizeof *own, e), k = f->k;
    int rc = own ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < f->n; i++)
        own[i] = f->labels[i] == KC_NOISE ? k++ : f->labels[i];
    if (rc == 0)
        rc = kc_table_build(&t, own, k, w->gold, w->labels.k, f->n, e) != 0 ? -1 : kc_agreement_compute(&t, &a, e);
    if (rc == 0) {
        s->ari = a.ari;
        s->ami = a.ami;
        s->score = (a.ari + a.ami) / 2;
    }
    kc_table_free(&t);
    kc_mem_free(own);
    return rc;
}

/* Judge the clusters on the rows as read. */
static int judge_way(struct suggesting *w, struct kc_suggestion *s, struct kc_err *e)
{
    const struct kc_job_run *run = w->run;
    const struct kc_clustering *f = &run->fit;
    struct kc_quality q = {0};
    uint32_t *labels = kc_mem_alloc(f->n, sizeof *labels, e), *some = NULL;
    double *work = kc_mem_alloc(2 * (size_t)f->k, sizeof *work, e);
    int rc = -1;
    if (!labels || !work)
        goto out;
    memcpy(labels, f->labels, f->n * sizeof *labels);
    for (size_t i = 0; i < f->n; i++)
        s->noise += labels[i] == KC_NOISE;
    s->k = f->k;
    if (f->k == 0 || (s->noise && kc_layers_fill(&run->ctx, &run->ds.rows, labels, f->k, e) != 0)) {
        rc = f->k == 0 ? 0 : -1;
        goto out;
    }
    if (f->k > 1 && kc_quality_run(&run->ctx, &run->ds.rows, labels, f->k, 0, &q, e) != 0)
        goto out;
    if (w->drawn.n > 0) {
        some = kc_mem_alloc(w->drawn.n, sizeof *some, e);
        for (size_t i = 0; some && i < w->drawn.n; i++)
            some[i] = labels[w->drawn.row[i]];
        if (!some)
            goto out;
    }
    s->silhouette = f->k > 1 ? q.silhouette : 0;
    s->modularity = kc_modularity(&w->graph, some ? some : labels, f->k, work);
    s->score = s->silhouette + s->modularity;
    rc = w->gold ? compare_gold(w, s, e) : 0;
out:
    kc_quality_free(&q);
    kc_mem_free(some);
    kc_mem_free(work);
    kc_mem_free(labels);
    return rc;
}

/* Set an algorithm's option by its long name. */
static int set_option(const struct kc_algorithm *a, void *opts, const char *name, const char *value, struct kc_err *e)
{
    const struct kc_option *o = a->options;
    while (!kc_option_is_last(o) && (!o->name || strcmp(o->name, name) != 0))
        o++;
    return kc_option_is_last(o) ? 0 : kc_option_parse(o, opts, a->defaults, value, name, e);
}

/* Set what the way and the job ask of the algorithm, and write the way as options of the command line. */
static int set_way(struct suggesting *w, const struct way *way, const struct kc_algorithm *a, void *opts,
                   struct kc_suggestion *s, struct kc_err *e)
{
    const struct kc_option *of_k = kc_job_find_k(&kc_algorithm_kmeans);
    struct kc_job_fit *job = &w->run->job;
    char range[KC_OPTION_TEXT_MAX], usual[KC_OPTION_TEXT_MAX], space[KC_OPTION_TEXT_MAX + 16];
    char number[24];
    const struct kc_job_fit named = {.space = way->space, .space_dims = way->dims};
    memcpy(opts, a->defaults, a->opts_size);
    kc_option_text(of_k, &w->j->fit, 1, range);
    kc_option_text(of_k, kc_algorithm_kmeans.defaults, 1, usual);
    snprintf(number, sizeof number, "%llu", (unsigned long long)w->j->fit.seed);
    if (!a->noise && kc_option_parse(kc_job_find_k(a), opts, a->defaults, range, "-k", e) != 0)
        return -1;
    if (set_option(a, opts, "seed", number, e) != 0)
        return -1;
    snprintf(number, sizeof number, "%llu", (unsigned long long)w->j->fit.n_init);
    if (set_option(a, opts, "n-init", number, e) != 0 ||
        (way->option && set_option(a, opts, way->option, way->value, e) != 0))
        return -1;
    job->algorithm = a;
    job->opts = opts;
    write_space(&named, space, sizeof space);
    snprintf(s->options, sizeof s->options, "%s%s%s%s%s%s%s%s", a == &kc_algorithm_kmeans ? "" : "--algorithm ",
             a == &kc_algorithm_kmeans ? "" : a->name, space, way->option ? " --" : "",
             way->option ? way->option : "", way->option ? " " : "", way->option ? way->value : "",
             !way->option && a == &kc_algorithm_kmeans && !*space ? "--k-by silhouette" : "");
    if (*s->options == ' ')
        memmove(s->options, s->options + 1, strlen(s->options));
    if (!a->noise && strcmp(range, usual) != 0) {
        const size_t at = strlen(s->options);
        snprintf(s->options + at, sizeof s->options - at, " -k %s", range);
    }
    return 0;
}

/* Try one way, unless the budget is used up. */
static int try_way(struct suggesting *w, const struct way *way, struct kc_suggestion *s, struct kc_err *e)
{
    const struct kc_algorithm *a = kc_algorithm_find(way->algorithm, strlen(way->algorithm));
    const double began = kc_clock_now();
    void *opts = kc_mem_alloc(a->opts_size, 1, e);
    *s = (struct kc_suggestion){.silhouette = NAN, .modularity = NAN, .score = NAN, .ari = NAN, .ami = NAN};
    int rc = opts ? set_way(w, way, a, opts, s, e) : -1;
    if (rc == 0 && (w->report.nways == 0 || began - w->began < w->j->budget)) {
        rc = enter_space(w, way->space, way->dims, e) != 0 || cluster_rows(w, a, opts, e) != 0 ||
             judge_way(w, s, e) != 0 ? -1 : 0;
        s->tried = 1;
        s->seconds = kc_clock_now() - began;
        kc_ctx_log(&w->run->ctx, KC_LOG_INFO, "tried: %s: k = %u, score %.4f", s->options, s->k, s->score);
    }
    w->run->job.opts = NULL;
    kc_mem_free(opts);
    return rc;
}

/* Compare the ways. */
static int suggest_way(struct suggesting *w, struct kc_err *e)
{
    const struct kc_rows *rows = &w->run->ds.rows;
    w->report.judged = rows->n < KC_CHOICE_ROWS ? rows->n : KC_CHOICE_ROWS;
    if (rows->n < FEWEST)
        return kc_err_set(e, KC_EINPUT, "%zu row%s: too few to compare algorithms on, %d or more are expected", rows->n,
                          rows->n == 1 ? "" : "s", FEWEST);
    if (rows->n > KC_CHOICE_ROWS && kc_drawn_make(rows, SEED, KC_CHOICE_ROWS, &w->drawn, e) != 0)
        return -1;
    if (kc_graph_of(&w->run->ctx, rows, w->drawn.n ? w->drawn.row : NULL, w->report.judged, &w->graph, e) != 0)
        return -1;
    w->report.way = w->way;
    w->report.best = WAYS;
    for (size_t i = 0; i < WAYS; i++) {
        const struct way *way = &ways[i];
        const size_t at = w->report.nways;
        if ((way->space == KC_FIT_SVD || way->space == KC_FIT_PCA) && way->dims >= rows->d)
            continue; /* it would be the rows themselves */
        if (try_way(w, way, &w->way[at], e) != 0)
            return -1;
        w->report.nways++;
        if (w->way[at].tried && w->way[at].k > 1 &&
            (w->report.best == WAYS || w->way[at].score > w->way[w->report.best].score))
            w->report.best = at;
    }
    if (w->report.best == WAYS)
        w->report.best = w->report.nways;
    else
        snprintf(w->options, sizeof w->options, "%s", w->way[w->report.best].options);
    return 0;
}

static int run_suggest(struct suggesting *w, struct kc_err *e)
{
    const struct kc_structure_opts o = KC_STRUCTURE_OPTS_DEFAULT;
    char space[KC_OPTION_TEXT_MAX];
    w->output[0] = (struct kc_output){.option = "--output", .path = w->j->output};
    w->output[1] = (struct kc_output){.option = "--report", .path = w->j->report};
    if (kc_outputs_open(w->output, 2, e) != 0 || read_rows(w, e) != 0 || read_gold(w, e) != 0)
        return -1;
    kc_ctx_stage(&w->run->ctx, KC_PHASE_INDEX);
    if (kc_structure_test(&w->run->ctx, &w->run->ds.rows, &o, &w->report.structure, e) != 0 ||
        (w->j->all ? suggest_way(w, e) : suggest_k(w, e)) != 0)
        return -1;
    kc_job_fit_space_text(&w->j->base, 1, space);
    w->report.space = w->j->all ? "all" : space;
    w->report.options = w->options;
    w->report.reading = w->j->reading;
    w->report.terms = &w->run->ds.terms;
    w->report.skipped = w->run->ds.skipped;
    w->report.nskipped = w->run->ds.nskipped;
    if ((w->j->json ? kc_out_suggest_json(&w->text, &w->report, e) :
                      kc_out_suggest_text(&w->text, &w->report, e)) != 0 ||
        kc_outfile_write(w->output[0].f, w->text.p, w->text.n, e) != 0 ||
        kc_outputs_commit(w->output, 2, e) != 0)
        return -1;
    kc_outputs_tell(w->output, 2, &w->run->ctx);
    return 0;
}

int kc_job_suggest_run(const struct kc_ctx *ctx, const struct kc_job_suggest *j, struct kc_err *e)
{
    struct suggesting *w = kc_mem_zalloc(1, sizeof *w, e); /* too large for a small stack */
    int rc = -1;
    if (!w)
        return -1;
    w->j = j;
    w->began = kc_clock_now();
    w->run = kc_mem_zalloc(1, sizeof *w->run, e);
    if (w->run) {
        w->run->job = j->base;
        w->run->ctx = *ctx;
        rc = run_suggest(w, e);
        kc_clustering_free(&w->run->fit);
        kc_view_free(&w->run->view);
        kc_fit_space_free(w->run);
        kc_mem_free(w->run->opts);
        kc_dataset_free(&w->run->ds);
    }
    kc_affinity_free(&w->graph);
    kc_drawn_free(&w->drawn);
    kc_labelling_free(&w->labels);
    kc_mem_free(w->gold);
    kc_buf_free(&w->text);
    kc_outputs_free(w->output, 2);
    kc_mem_free(w->run);
    kc_mem_free(w);
    return rc;
}
