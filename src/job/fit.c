/* The job fit from input to outputs: read the rows, check the memory, cluster, match ids, find keywords, write. A
 * context of its own keeps the warnings, which the reports repeat. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/num.h"
#include "core/choice/evidence.h"
#include "core/cluster/members.h"
#include "core/judge/quality.h"
#include "core/kmeans/kmeans.h"
#include "in/fields/terms.h"
#include "io/lock.h"
#include "job/fit_run.h"
#include "par/pool.h"

#define STOP_WORDS_MOST 4000000 /* bytes; the lists of all languages together have a fifth of it */

/* Keep a warning for the reports, and pass every line on to the caller. A kc_ctx.log. */
static void log_line(void *arg, enum kc_log level, const char *line)
{
    struct kc_job_run *run = arg;
    if (level == KC_LOG_WARN && kc_strs_add(&run->warnings, line, strlen(line), &run->kept) != 0)
        return; /* the run fails with `kept` at its end */
    if (run->outer->log)
        run->outer->log(run->outer->arg, level, line);
}

static void pass_event(void *arg, const char *phase, const char *message, const struct kc_fact *facts, size_t n)
{
    const struct kc_job_run *run = arg;
    run->outer->event(run->outer->arg, phase, message, facts, n);
}

static void pass_progress(void *arg, const struct kc_progress *p)
{
    struct kc_job_run *run = arg;
    run->outer->progress(run->outer->arg, p);
}

/* Return a + b, or UINT64_MAX if that overflows. */
static uint64_t add_bytes(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* What the estimates of memory depend on, beside the shape of the rows. */
struct estimate_input {
    const struct kc_job_fit *j;
    const struct kc_request *request;
    const struct kc_parts *parts; /* NULL: not known yet */
    unsigned threads;
    const struct kc_model *old; /* of --like; or empty */
};

/* Return the bytes of a clustering that is in memory while other work is done. */
static uint64_t clustering_bytes(size_t n, size_t d, uint64_t k)
{
    uint64_t row = 2 * sizeof(uint32_t) + 2 * sizeof(float);
    uint64_t by_cluster = (uint64_t)d * (sizeof(float) + sizeof(double));
    return (uint64_t)kc_mem_add(kc_mem_mul(n, (size_t)row), kc_mem_mul((size_t)k, (size_t)by_cluster));
}

/* Return the bytes that keywords need, with the clustering that is in memory meanwhile. texts: as in cluster_bytes. */
static uint64_t keywords_bytes(size_t n, size_t d, uint64_t k, const struct kc_strs *texts,
                               const struct estimate_input *w)
{
    return add_bytes(kc_keywords_bytes_of(texts, n, k, w->j->keywords, w->threads), clustering_bytes(n, d, k));
}

/* Return the bytes that clustering the rows, in the space that they are clustered in, and its outputs need at the peak.
 * texts: what keywords are found in; NULL: not known yet. */
static uint64_t cluster_bytes(size_t n, size_t d, int in_memory, const struct estimate_input *w,
                          const struct kc_strs *texts)
{
    const struct kc_algorithm *algorithm = w->j->algorithm;
    struct kc_parts_opts parts = w->j->parts;
    parts.algorithm = algorithm;
    parts.opts = w->j->opts;
    parts.weights = w->request->weights;
    const uint64_t k = algorithm->most_clusters(w->j->opts, n);
    uint64_t fit =
        add_bytes(kc_fit_in_parts(w->j) ? kc_parts_bytes(n, d, in_memory, &parts, w->parts, w->threads) :
                                          algorithm->bytes(n, d, in_memory, w->j->opts, w->request, w->threads),
                  kc_fit_needs_model(w->j) && kc_job_fit_model_kind(w->j) == KC_MODEL_CENTROIDS ?
                      kc_model_make_bytes(KC_MODEL_CENTROIDS, n, d, k) : 0);
    fit = add_bytes(fit, add_bytes(kc_fit_leave_bytes(w->j, n, k), kc_fit_time_bytes(w->j, n)));
    if (w->j->checkpoint.file)
        fit = add_bytes(fit, kc_checkpoint_bytes(n, d, in_memory, (size_t)k, w->threads));
    fit = add_bytes(fit, n * ((w->j->time_field ? sizeof(int64_t) : 0) + (w->request->weights ? sizeof(double) : 0) +
                              (w->j->ngroup_by ? sizeof(uint32_t) : 0)));
    if (w->j->out.top) { /* the fit's workspace is free by then, too */
        uint64_t top = kc_mem_mul(kc_mem_mul(n, (size_t)w->j->out.top), sizeof(uint32_t) + sizeof(float));
        top = add_bytes(top, add_bytes(k * d * sizeof(float), (uint64_t)n * 12));
        fit = top > fit ? top : fit;
    }
    const uint64_t levels = kc_fit_levels_bytes(w->j, n, d, k, w->threads); /* the fit's workspace is free by then */
    fit = levels ? add_bytes(fit, levels) : fit;
    if (w->j->path[KC_FIT_CLUSTERS]) { /* the fit's workspace is free by then */
        uint64_t records = add_bytes(kc_members_bytes(n, d, (uint32_t)k), k * d * (sizeof(float) + sizeof(double)));
        fit = records > fit ? records : fit;
    }
    if (w->j->path[KC_FIT_REPORT] || w->j->plot) {
        const uint64_t page = add_bytes(kc_fit_report_bytes(n, d, in_memory, k, w->threads),
                                        clustering_bytes(n, d, k));
        fit = page > fit ? page : fit;
    }
    if (w->j->resamples) { /* and here, too */
        const uint64_t trust = add_bytes(kc_fit_trust_bytes(w->j, n, d, k, w->threads), clustering_bytes(n, d, k));
        fit = trust > fit ? trust : fit;
    }
    if (w->j->keywords == 0)
        return fit;
    const uint64_t keywords = keywords_bytes(n, d, k, texts, w); /* the fit's workspace is free by then */
    return keywords > fit ? keywords : fit;
}

/* Return the bytes that the fit and its outputs need at the peak. */
static uint64_t fit_bytes(size_t n, size_t d, int in_memory, const struct estimate_input *w,
                          const struct kc_strs *texts)
{
    const struct kc_job_fit *j = w->j;
    const size_t dims = kc_fit_space_dims(j, n, d);
    const uint64_t k = j->algorithm->most_clusters(j->opts, n);
    const uint64_t space = (uint64_t)n * dims * sizeof(float) + kc_fit_graph_kept_bytes(j, n);
    const struct kc_rows original = {.n = n, .d = d}; /* (only its shape matters) */
    const struct kc_affinity graph = {.n = n};
    struct kc_request request = *w->request;
    struct estimate_input in_space = *w;
    in_space.request = &request;
    request.original = j->space == KC_FIT_COSINE ? NULL : &original;
    request.graph = kc_fit_graph_kept_bytes(j, n) ? &graph : NULL;
    const uint64_t old = j->like ? kc_model_rows_bytes(w->old) : 0;
    const uint64_t held = add_bytes(kc_fit_purity_bytes(j, n), add_bytes(old, kc_fit_as_read_bytes(j, n, d, k)));
    const struct kc_shape shape = {n, d, k, in_memory, request.weights != NULL};
    const uint64_t model = kc_fit_model_bytes(j, &shape, w->old, w->threads);
    const uint64_t save = model ? add_bytes(model, clustering_bytes(n, dims, k)) : 0;
    const uint64_t search = kc_fit_purity_search_bytes(j, n, d, in_memory, w->threads);
    const uint64_t fit = cluster_bytes(n, dims, j->space == KC_FIT_COSINE ? in_memory : 1, &in_space, texts);
    const uint64_t then = search ? add_bytes(search, clustering_bytes(n, dims, k)) : 0;
    const uint64_t search_or_save = then > save ? then : save;
    const uint64_t most = fit > search_or_save ? fit : search_or_save;
    const uint64_t test = kc_fit_structure_bytes(j, n, d, w->threads);
    if (j->space == KC_FIT_COSINE)
        return test > add_bytes(held, most) ? test : add_bytes(held, most);
    const uint64_t make = kc_fit_space_bytes(j, n, d, in_memory, w->threads);
    const uint64_t judge = kc_quality_bytes(n, d, in_memory, (uint32_t)k, w->threads) + n * 2 * sizeof(uint32_t);
    const uint64_t work = add_bytes(space, add_bytes(most, judge));
    const uint64_t then_all = add_bytes(held, make > work ? make : work);
    return test > then_all ? test : then_all;
}

/* Return the bytes of the work on n rows in memory. A kc_in_opts.work. */
static uint64_t work_bytes(void *arg, size_t n, size_t d)
{
    const struct estimate_input *w = arg;
    return fit_bytes(n, d, 1, w, NULL);
}

/* Return the texts that keywords are found in: the text field, or the terms. */
static const struct kc_strs *keyword_texts(const struct kc_job_run *run, const struct kc_job_fit *j)
{
    return j->text_field ? &run->texts : &run->ds.terms;
}

/* Read and decode the text field of each row. */
static int read_texts(struct kc_job_run *run, struct kc_err *e)
{
    struct kc_field f;
    return kc_fit_field(run, run->fields.text, &f) ?
               kc_attrs_texts(f.attrs, f.stride, f.column, (size_t)kc_rows_all(&run->ds.rows), &run->texts, e) : 0;
}

/* Check that data and work fit into --max-memory, now that the rows are known. */
static int check_memory(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const uint64_t mega = 1u << 20;
    char for_data[16], for_work[16];
    const struct kc_rows *rows = &run->ds.rows;
    uint64_t data = kc_dataset_bytes(&run->ds);
    const struct estimate_input w = {j, &run->request, &run->parts, kc_pool_threads(run->ctx.pool), &run->old};
    uint64_t work = fit_bytes(rows->n ? rows->n : 1, rows->d, rows->x != NULL, &w, keyword_texts(run, j));
    uint64_t need = run->need = add_bytes(data, work);
    kc_num_human(for_data, data);
    kc_num_human(for_work, work);
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "memory: %s for the data, %s for the work", for_data, for_work);
    uint64_t limit, room = kc_mem_room(&limit);
    if (work > room) { /* the kernel would grant it, and kill the process later */
        char most[16];
        kc_num_human(most, limit);
        return kc_err_set(e, KC_ESYS, "needs %s of memory for the work, beside %s for the data: its control group "
                          "allows %s; --max-memory keeps the rows in files", for_work, for_data, most);
    }
    if (j->max_memory == 0 || need <= j->max_memory)
        return 0;
    if (!rows->x) {
        /* name the least that suffices: of few streamed rows the work has a copy, so that all in memory may need
         * less */
        uint64_t all = add_bytes(data, (uint64_t)kc_mem_mul(kc_mem_mul(rows->n, rows->d), sizeof(float)));
        uint64_t other = add_bytes(all, fit_bytes(rows->n, rows->d, 1, &w, keyword_texts(run, j)));
        data = other < need ? all : data;
        need = other < need ? other : need;
    }
    kc_err_set(e, KC_ESYS, "needs %lluM of memory, %lluM of it for the data: more than --max-memory allows",
               (unsigned long long)(need / mega + (need % mega != 0)),
               (unsigned long long)(data / mega + (data % mega != 0)));
    if (j->algorithm->less_memory)
        kc_err_more(e, " (%s)", j->algorithm->less_memory);
    return -1;
}

/* Read the rows and their fields, and log what was read. */
static int read_input(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    static const char *const where[] = {
        [KC_STORAGE_MEMORY] = "in memory",
        [KC_STORAGE_FILE] = "read again from the input in each pass: with them the work needs more than --max-memory",
        [KC_STORAGE_SPILL] = "in a temporary file: with them in memory the work needs more than --max-memory",
    };
    struct kc_in_opts in = j->in;
    struct estimate_input w = {j, &run->request, NULL, kc_pool_threads(run->ctx.pool), &run->old};
    in.normalise = 1;
    in.want_raw = j->out.annotate;
    in.max_memory = j->max_memory;
    in.work = work_bytes;
    in.work_arg = &w;
    kc_fit_fields_gather(&run->fields, j);
    in.attrs = run->fields.name;
    in.nattrs = run->fields.n;
    in.kinds = run->fields.kind;
    if (kc_in_load(&run->ctx, &in, &run->ds, e) != 0)
        return -1;
    if (!kc_fit_is_first_rank(run)) /* it has no texts */
        return 0;
    if (read_texts(run, e) != 0 || kc_fit_read_fields(j, run, e) != 0)
        return -1;
    kc_fit_fields_check(run);
    /* free the fields unless labels or records need them */
    if (!j->label_by && (!j->path[KC_FIT_CLUSTERS] || (j->records.nfacets == 0 && !j->document_field)))
        kc_strs_free(&run->ds.attrs);
    if (j->keywords && !j->text_field && run->ds.terms.n == 0)
        return kc_err_set(e, KC_EINPUT,
                          "the input has no terms for --keywords: give --terms FILE, or --metadata FILE and "
                          "--text-field FIELD");
    const struct kc_in_stats *st = &run->ds.st;
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "read: %llu rows x %zu from %llu bytes of %s%s",
               (unsigned long long)kc_rows_all(&run->ds.rows), run->ds.rows.d, (unsigned long long)st->bytes,
               kc_in_format_name(st->format),
               st->gzip ? ", gzip" : st->zstd ? ", zstd" : "");
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "rows: %s", where[run->ds.storage]);
    return 0;
}

/* Add to an error of memory what the run needs, and how to do with less. */
static void explain_memory(const struct kc_job_fit *j, const struct kc_job_run *run, struct kc_err *e)
{
    char all[16], data[16];
    if (!e->short_of)
        return;
    if (run->need) {
        kc_num_human(all, run->need);
        kc_num_human(data, kc_dataset_bytes(&run->ds));
        kc_err_more(e, "; all of it needs %s, %s of it for the data", all, data);
    }
    if (j->max_memory == 0)
        kc_err_more(e, " (--max-memory streams rows that do not fit)");
}

/* Send the figures of the fit as events, for programs that read the log. */
static void send_fit_events(const struct kc_job_run *run)
{
    const struct kc_clustering *f = &run->fit;
    const struct kc_ksweep none = {.selected = f->k}, *tried = f->ksweep ? f->ksweep : &none;
    for (size_t i = 0; i < tried->n; i++) {
        const struct kc_k_entry *s = &tried->entry[i];
        const struct kc_fact facts[] = {{"k", s->k}, {"rows", (double)s->rows}, {"silhouette", s->silhouette},
                                        {"calinski_harabasz", s->calinski_harabasz},
                                        {"davies_bouldin", s->davies_bouldin}, {"objective", s->objective},
                                        {"iterations", (double)s->iterations}};
        kc_ctx_event(&run->ctx, "fit", "k was tried", facts, sizeof facts / sizeof facts[0]);
    }
    const struct kc_fact facts[] = {{"rows", (double)f->n}, {"dim", (double)f->d}, {"k", f->k},
                                    {"k_selected", tried->selected}, {"silhouette", f->silhouette},
                                    {"objective", f->objective}, {"merged", (double)tried->merged},
                                    {"split", (double)tried->split}};
    const struct kc_parts *p = &run->parts;
    const struct kc_fact of_parts[] = {{"rows", (double)f->n}, {"dim", (double)f->d}, {"parts", (double)p->nparts},
                                       {"k", f->k}, {"silhouette", f->silhouette}, {"objective", f->objective},
                                       {"small_groups", p->small_groups}, {"small_rows", (double)p->small_rows},
                                       {"linked", (double)p->linked}, {"joined", (double)p->joined},
                                       {"gaps", (double)p->gaps}};
    kc_ctx_event(&run->ctx, "fit", "the rows are clustered", p->nparts ? of_parts : facts,
                 p->nparts ? sizeof of_parts / sizeof of_parts[0] : sizeof facts / sizeof facts[0]);
}

/* Cluster the rows, as one or in parts, and pass on the warnings. */
static int cluster_rows(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    const struct kc_fact facts[] = {{"rows", (double)kc_rows_all(&run->ds.rows)},
                                    {"dim", (double)run->ds.rows.d}};
    kc_ctx_event(&run->ctx, "fit", "clustering begins", facts, sizeof facts / sizeof facts[0]);
    if (check_memory(j, run, e) != 0 || kc_fit_structure_test(j, run, e) != 0 || kc_fit_space_make(j, run, e) != 0)
        return -1;
    if (kc_fit_in_parts(j)) {
        if (kc_fit_parts(j, run, e) != 0)
            return -1;
        if (run->fit.k == 0)
            kc_ctx_log(&run->ctx, KC_LOG_WARN, "no row is in a cluster: all groups are too small");
    } else {
        if (j->algorithm->resolve)
            j->algorithm->resolve(run->opts, (size_t)kc_rows_all(&run->ds.rows));
        if (kc_checkpoint_begin(run->checkpoint, run->rows, j->algorithm, run->opts, &run->request, e) != 0 ||
            j->algorithm->run(&run->ctx, run->rows, run->opts, &run->request, &run->fit, e) != 0 ||
            kc_checkpoint_end(run->checkpoint, e) != 0)
            return -1;
        kc_fit_tell_pairs(j, run);
    }
    /* with parts, warnings are shown under -v only: the user has not chosen each part's range of k */
    for (size_t i = 0; i < run->fit.warnings.n; i++) {
        size_t n;
        const char *s = kc_strs_get(&run->fit.warnings, i, &n);
        kc_ctx_log(&run->ctx, run->parts.nparts ? KC_LOG_INFO : KC_LOG_WARN, "%.*s", n < 1000 ? (int)n : 1000, s);
    }
    send_fit_events(run);
    kc_ctx_log(&run->ctx, KC_LOG_INFO, "path: %s (%s), kernel: %s", run->fit.path, run->fit.path_why,
               kc_la_kernel());
    return 0;
}

/* Give clusters that continue one of an older model its id, and check --max-relabel. */
static int keep_ids(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_clustering *f = &run->fit;
    if (!j->like)
        return 0;
    if (kc_job_like(&run->ctx, j->like_labels, j->max_memory, &run->ds, kc_fit_as_read(run), &run->old, j->like,
                    &run->like, e) != 0)
        return -1;
    double share = run->like.judged ? (double)run->like.changed / (double)run->like.judged : 0;
    if (share > j->max_relabel) {
        size_t at = strlen(f->limit_reason);
        snprintf(f->limit_reason + at, sizeof f->limit_reason - at,
                 "%s%.4g of the rows changed their id, more than --max-relabel %g", at ? "; " : "", share,
                 j->max_relabel);
        f->limit_broken = 1;
    }
    return 0;
}

/* Read the stop words. Done before the work starts, so that errors in the file are reported early. Lines that repeat
 * are kept once. */
static int read_stop_words(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    struct kc_terms t = {0};
    uint32_t id;
    if (!j->stop_words)
        return 0;
    int rc = kc_terms_open(&t, j->stop_words, 0, j->in.max_line, j->max_memory, e);
    while (rc == 0 && (rc = kc_terms_need(&t, 1, e)) == 0 && t.strs.n > 0) {
        for (size_t i = 0; rc == 0 && i < t.strs.n; i++) {
            size_t n;
            const char *p = kc_strs_get(&t.strs, i, &n);
            rc = kc_intern_add(&run->stop_words, p, n, &id, e);
        }
        kc_strs_clear(&t.strs);
        if (rc == 0 && run->stop_words.strs.bytes.n > STOP_WORDS_MOST)
            rc = kc_err_at(e, KC_EINPUT, j->stop_words, t.in.line,
                           "more than %d MB of stop words: is it a list of them?", STOP_WORDS_MOST / 1000000);
    }
    kc_terms_free(&t);
    return rc;
}

int kc_fit_find_words(const struct kc_job_fit *j, const struct kc_job_run *run, const uint32_t *labels, size_t k,
                      struct kc_keywords *out, struct kc_err *e)
{
    const struct kc_keywords_opts o = {.top = j->keywords, .no_builtin = j->no_stop_words, .languages = j->languages,
                                        .stop = &run->stop_words.strs};
    return kc_keywords_make(&run->ctx, keyword_texts(run, j), labels, k, &o, out, e);
}

static int find_keywords(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    if (j->keywords == 0)
        return 0;
    double t0 = kc_clock_now();
    int rc = kc_fit_find_words(j, run, run->fit.labels, run->fit.k, &run->keywords, e);
    run->keywords_seconds = kc_clock_now() - t0;
    return rc;
}

/* Do the whole run, from opening the outputs to committing them. */
static int read_and_fit(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_job_fit_result *r,
                        struct kc_err *e)
{
    static const double some = 1; /* stands for weights not read yet: memory depends only on whether there are any */
    run->request = (struct kc_request){.weights = j->weight_field || j->halflife > 0 ? &some : NULL,
                                       .want_rows = kc_out_wants_figures(&j->out) || j->min_margin > -2,
                                       .want_sums = kc_fit_needs_model(j) ||
                                                    j->threshold.kind > KC_THRESHOLD_SIMILARITY};
    run->request.centroids = run->given.x.x;
    run->request.judge = &kc_choice_judge;
    run->request.ncentroids = (uint32_t)run->given.rows.n;
    run->opts = kc_mem_alloc(j->algorithm->opts_size, 1, e);
    if (!run->opts)
        return -1;
    memcpy(run->opts, j->opts, j->algorithm->opts_size);
    run->times.begin = kc_clock_now();
    const int first = kc_fit_is_first_rank(run);
    if (kc_fit_team_check(j, run->ctx.team, e) != 0)
        return -1;
    /* lock the model: an update of it meanwhile would be lost, and could give the same new ids */
    if (first && j->path[KC_FIT_MODEL] &&
        kc_lock_take(&run->ctx, j->path[KC_FIT_MODEL], j->lock_timeout, &run->lock, e) != 0)
        return -1;
    if (kc_checkpoint_open(&run->checkpoint, &run->ctx, &j->checkpoint, e) != 0 ||
        (j->shards && kc_fit_shards_name(j, run, e) != 0) ||
        (first ? kc_fit_open_outputs(j, run, e) : j->shards ? kc_fit_shards_open(run, e) : 0) != 0)
        return -1;
    if (j->like && kc_model_load(&run->old, j->like, e) != 0)
        return -1;
    if (read_stop_words(j, run, e) != 0 || kc_fit_read_pairs(j, run, e) != 0 || read_input(j, run, e) != 0 ||
        kc_fit_match_pairs(j, run, e) != 0 || kc_fit_team_weights(j, run, e) != 0)
        return -1;
    run->request.weights = run->ds.rows.share ? run->own_weight : run->weight;
    run->times.read = kc_clock_now();
    if (cluster_rows(j, run, e) != 0 || kc_fit_team_gather(j, run, e) != 0)
        return -1;
    if (!first) /* the first rank does the rest */
        return j->shards ? kc_fit_shards_take(run, e) : 0;
    if (kc_fit_reduce(j, run, e) != 0 || kc_fit_describe(j, run, e) != 0 || kc_fit_trust_make(j, run, e) != 0 ||
        keep_ids(j, run, e) != 0 || kc_fit_space_judge(run, e) != 0 || kc_fit_purity_make(j, run, e) != 0 ||
        (!run->ds.rows.share && kc_fit_leave(j, run, e) != 0) || kc_fit_levels_make(j, run, e) != 0)
        return -1;
    kc_fit_structure_report(j, run);
    run->times.fit = kc_clock_now();
    if (j->keywords > 0)
        kc_ctx_stage(&run->ctx, KC_PHASE_WORDS);
    if (find_keywords(j, run, e) != 0 || kc_fit_name_clusters(j, run, e) != 0)
        return -1;
    kc_ctx_event(&run->ctx, "write", "writing begins", NULL, 0);
    kc_ctx_stage(&run->ctx, KC_PHASE_WRITE);
    if (kc_fit_write_work(j, run, e) != 0)
        return -1;
    run->times.end = kc_clock_now();
    if (run->kept.code != KC_OK) {
        *e = run->kept;
        return -1;
    }
    if (kc_fit_write_reports(j, run, j->want_text ? &r->text : NULL, e) != 0)
        return -1;
    if (j->shards && kc_team_agree(run->ctx.team, 0, e) != 0) /* all files are complete */
        return -1;
    int rc = kc_outputs_commit(run->output, run->noutputs, e);
    if (j->shards)
        rc = kc_team_agree(run->ctx.team, rc, e);
    if (rc != 0)
        return -1;
    kc_outputs_tell(run->output, run->noutputs, &run->ctx);
    kc_checkpoint_done(run->checkpoint);
    r->limit_broken = run->fit.limit_broken;
    memcpy(r->limit_reason, run->fit.limit_reason, sizeof r->limit_reason);
    return 0;
}

static void free_run(struct kc_job_run *run)
{
    kc_checkpoint_free(run->checkpoint);
    kc_lock_drop(run->lock);
    kc_keywords_free(&run->keywords);
    kc_strs_free(&run->names);
    kc_fit_parts_free(run);
    kc_strs_free(&run->texts);
    kc_intern_free(&run->stop_words);
    kc_like_free(&run->like);
    kc_model_free(&run->old);
    kc_model_free(&run->model);
    kc_model_moved_free(&run->moved);
    kc_outputs_free(run->output, run->noutputs);
    kc_buf_free(&run->shard);
    kc_clustering_free(&run->as_read);
    kc_clustering_free(&run->fit);
    kc_mem_free(run->opts);
    kc_mem_free(run->top);
    kc_mem_free(run->row_stability);
    kc_mem_free(run->top_similarity);
    kc_mem_free(run->pair_similarity);
    kc_mem_free(run->start_opts);
    kc_dataset_free(&run->given);
    kc_fit_pairs_free(run);
    kc_fit_purity_free(run);
    kc_fit_levels_free(run);
    kc_view_free(&run->view);
    kc_fit_space_free(run);
    kc_dataset_free(&run->ds);
    kc_strs_free(&run->warnings);
    kc_mem_free(run);
}

int kc_job_fit_run(const struct kc_ctx *ctx, const struct kc_job_fit *j, struct kc_job_fit_result *r, struct kc_err *e)
{
    struct kc_job_run *run = kc_mem_zalloc(1, sizeof *run, e); /* too large for a small stack */
    memset(r, 0, sizeof *r);
    if (!run)
        return -1;
    run->outer = ctx;
    run->kept = (struct kc_err)KC_ERR_INIT;
    run->lock = -1;
    run->ctx =
        (struct kc_ctx){.pool = ctx->pool, .team = ctx->team, .log = log_line,
                        .progress = ctx->progress ? pass_progress : NULL, .arg = run,
                        .event = ctx->event ? pass_event : NULL, .command = ctx->command};
    struct kc_job_fit *job = &run->job;
    *job = *j;
    if (job->space == KC_FIT_GRAPH && job->space_dims == 0)
        job->space_dims = job->algorithm->space_dims;
    if (kc_out_has_column(&job->out, KC_COL_STABILITY) && job->resamples == 0)
        job->resamples = KC_FIT_RESAMPLES;
    int rc = j->centroids && kc_fit_read_start(job, run, e) != 0 ? -1 : read_and_fit(job, run, r, e);
    if (rc != 0)
        explain_memory(j, run, e);
    free_run(run);
    return rc;
}

void kc_job_fit_free(struct kc_job_fit_result *r)
{
    kc_buf_free(&r->text);
    memset(r, 0, sizeof *r);
}
