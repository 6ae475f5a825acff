/* map: load the rows, lay them out, and write their places; or place rows on an older map, piece by piece as they
 * arrive, so that this needs the same memory for any number of them. */
#include "job/map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/num.h"
#include "io/outputs.h"
#include "job/align.h"
#include "job/memory.h"
#include "model/map.h"
#include "par/pool.h"

/* The outputs, in the order of messages. */
enum { PLACES, SAVED, OUTPUTS };

/* Everything a run holds; one place to free it. */
struct map_run {
    const struct kc_job_map *j;
    struct kc_map_opts opts;
    unsigned threads;
    struct kc_output output[OUTPUTS];
    struct kc_place_opts out;
    struct kc_place_file *file;
    struct kc_dataset ds;
    struct kc_labelling clusters, labels; /* the columns of the file of labels */
    uint32_t *cluster, *label;            /* (n) of each row */
    float *xy;                            /* (n, dims) */
    struct kc_map_report report;
    struct kc_map map;     /* the older map, or the one to be saved */
    uint64_t placed;       /* rows that were placed on it */
};

static void list_outputs(const struct kc_job_map *j, struct kc_output out[OUTPUTS])
{
    out[PLACES] = (struct kc_output){.option = "--output", .path = j->output};
    out[SAVED] = (struct kc_output){.option = "--save-map", .path = j->save};
}

int kc_job_map_check_outputs(const struct kc_job_map *j, struct kc_err *e)
{
    struct kc_output out[OUTPUTS];
    list_outputs(j, out);
    return kc_outputs_check(out, OUTPUTS, e);
}

/* Return the bytes that the work on the rows takes. */
static uint64_t work_bytes(const struct map_run *r, size_t n, size_t d, int in_memory)
{
    const struct kc_job_map *j = r->j;
    const uint64_t layout = kc_map_bytes(n, d, in_memory, &r->opts, r->threads);
    const uint64_t save = j->save ? kc_map_make_bytes(n, d, in_memory, r->opts.dims, r->threads) : 0;
    return (layout > save ? layout : save) + (uint64_t)n * r->opts.dims * sizeof(float) +
           (j->labels.file ? 2 * (uint64_t)n * (sizeof(uint32_t) + sizeof(uint64_t)) : 0);
}

/* The same for rows in memory. A kc_in_opts.work. */
static uint64_t work_in_memory(void *arg, size_t n, size_t d)
{
    return work_bytes(arg, n, d, 1);
}

/* Read the rows, and check that the work on them fits into --max-memory. */
static int read_rows(const struct kc_ctx *ctx, struct map_run *r, struct kc_err *e)
{
    struct kc_in_opts in = r->j->in;
    in.max_memory = r->j->max_memory;
    in.work = work_in_memory;
    in.work_arg = r;
    in.normalise = 1;
    in.want_raw = KC_RAW_NONE;
    in.term_field_of_labels = r->j->labels.file != NULL;
    if (kc_in_load(ctx, &in, &r->ds, e) != 0)
        return -1;
    const size_t n = r->ds.rows.n;
    const uint64_t work = work_bytes(r, n, r->ds.rows.d, r->ds.rows.x != NULL);
    if (kc_job_check_memory(ctx, kc_dataset_bytes(&r->ds), work, in.max_memory, "the map", e) != 0)
        return -1;
    if (n > INT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows: more than 2147483647 cannot be on a map", n);
    return 0;
}

/* Match one column of the file of labels to the rows. */
static int align_labels(struct map_run *r, const struct kc_labelling *l, uint32_t **of, struct kc_err *e)
{
    const struct kc_job_map *j = r->j;
    const char *from = j->in.nfiles > 1 ? "the vectors" : kc_source_name(j->in.nfiles ? j->in.files[0] : "-");
    char other[256];
    kc_err_escape(other, sizeof other, from, strlen(from));
    *of = kc_mem_alloc(r->ds.rows.n, sizeof **of, e);
    return !*of ? -1 : kc_job_align(l, j->labels.file, &r->ds.terms, r->ds.rows.n, other,
                                    r->ds.terms.n == 0 ? "" : "; are its terms in another column? --label-term-field "
                                    "names it", *of, e);
}

/* Read the file of labels: the clusters, and from a file that can be read twice their labels, if it has them. */
static int read_labels(const struct kc_ctx *ctx, struct map_run *r, struct kc_err *e)
{
    const struct kc_job_map *j = r->j;
    struct kc_labels_opts o = {.format = (enum kc_labels_format)j->labels.format, .term_field = j->in.term_field,
                               .noise = 1, .label_field = j->labels.label_field, .own_term_field = j->labels.term_field,
                               .label_option = "--label-field", .term_option = "--label-term-field",
                               .rows = r->ds.rows.n, .other = "the vectors", .max = j->max_memory};
    if (kc_labels_load(j->labels.file, &o, &r->clusters, e) != 0)
        return -1;
    kc_ctx_log(ctx, KC_LOG_INFO, "labels: %s", r->clusters.how);
    if (align_labels(r, &r->clusters, &r->cluster, e) != 0)
        return -1;
    r->out.integers = r->clusters.integers;
    if (kc_source_size(j->labels.file) == 0) /* a pipe */
        return 0;
    o.label_field = "cluster_label";
    o.may_miss = 1;
    if (kc_labels_load(j->labels.file, &o, &r->labels, e) != 0)
        return -1;
    return r->labels.missed & KC_LABELS_NO_LABEL ? 0 : align_labels(r, &r->labels, &r->label, e);
}

/* Settle the columns: those that there are, unless some are asked for. */
static void choose_columns(struct map_run *r, size_t dims)
{
    struct kc_place_opts *o = &r->out;
    if (r->j->columns_given)
        return;
    o->ncolumns = 0;
    o->columns[o->ncolumns++] = KC_PLACE_TERM;
    o->columns[o->ncolumns++] = KC_PLACE_X;
    o->columns[o->ncolumns++] = KC_PLACE_Y;
    if (dims > 2)
        o->columns[o->ncolumns++] = KC_PLACE_Z;
    if (r->cluster)
        o->columns[o->ncolumns++] = KC_PLACE_CLUSTER;
    if (r->label)
        o->columns[o->ncolumns++] = KC_PLACE_LABEL;
}

/* Check that a column z has something to show. */
static int check_columns(const struct map_run *r, size_t dims, struct kc_err *e)
{
    if (dims > 2 || !kc_place_has_column(&r->out, KC_PLACE_Z))
        return 0;
    return kc_err_set(e, KC_EUSAGE, "column 'z': this map has two dimensions%s",
                      r->j->model ? "" : "; --components 3 makes one of three");
}

/* Write the places of all rows. */
static int write_places(struct map_run *r, struct kc_err *e)
{
    const struct kc_places t = {
        .n = r->ds.rows.n, .dims = r->opts.dims, .xy = r->xy, .terms = &r->ds.terms,
        .skipped = r->ds.skipped, .nskipped = r->ds.nskipped,
        .cluster = r->cluster, .clusters = &r->clusters.names,
        .label = r->label ? r->label : r->cluster, .labels = r->label ? &r->labels.names : &r->clusters.names,
    };
    return kc_out_places_begin(&r->file, r->output[PLACES].f, &r->out, e) != 0 ||
           kc_out_places_add(r->file, &t, e) != 0 ? -1 : kc_out_places_end(r->file, e);
}

/* Make the line about a new map, and send the event. */
static int tell_map(const struct kc_ctx *ctx, const struct map_run *r, double seconds, struct kc_buf *summary,
                    struct kc_err *e)
{
    const struct kc_map_report *p = &r->report;
    char peak[16], how[160] = "principal components";
    kc_num_human(peak, kc_mem_peak());
    if (p->iterations > 0) {
        int n = snprintf(how, sizeof how, "t-SNE, exaggeration %.3g, neighbours ", p->exaggeration);
        n += p->recall < 1 ? snprintf(how + n, sizeof how - (size_t)n, "recall %.3f", p->recall) :
                             snprintf(how + n, sizeof how - (size_t)n, "exact");
        if (p->laid < r->ds.rows.n)
            snprintf(how + n, sizeof how - (size_t)n, ", %zu rows laid out first", p->laid);
    }
    const struct kc_fact facts[] = {{"rows", (double)r->ds.rows.n}, {"dim", (double)r->ds.rows.d},
                                    {"components", r->opts.dims}, {"exaggeration", p->exaggeration},
                                    {"recall", p->recall}, {"iterations", p->iterations}, {"laid", (double)p->laid},
                                    {"seconds", seconds}};
    kc_ctx_event(ctx, "map", "the map is made", facts, sizeof facts / sizeof facts[0]);
    return kc_buf_printf(summary, e, "kclust: %zu rows x %zu on a map, %s, %.2f s, peak %s\n", r->ds.rows.n,
                         r->ds.rows.d, how, seconds, peak);
}

static int save_map(const struct kc_ctx *ctx, struct map_run *r, struct kc_err *e)
{
    return !r->j->save ? 0 : kc_map_make(ctx, &r->map, &r->ds.rows, &r->opts, &r->report, r->xy, e) != 0 ? -1 :
           kc_map_save(&r->map, r->output[SAVED].f, e);
}

/* Make a map of all rows. */
static int make_map(const struct kc_ctx *ctx, struct map_run *r, struct kc_err *e)
{
    const struct kc_job_map *j = r->j;
    if (check_columns(r, r->opts.dims, e) != 0 ||
        kc_outputs_none_is(r->output, OUTPUTS, j->labels.file, "--labels", e) != 0 ||
        read_rows(ctx, r, e) != 0 || (j->labels.file && read_labels(ctx, r, e) != 0))
        return -1;
    choose_columns(r, r->opts.dims);
    r->xy = kc_mem_alloc(kc_mem_mul(r->ds.rows.n, r->opts.dims), sizeof *r->xy, e);
    if (!r->xy || kc_map_run(ctx, &r->ds.rows, &r->opts, r->xy, &r->report, e) != 0)
        return -1;
    kc_ctx_stage(ctx, KC_PHASE_WRITE);
    return write_places(r, e) != 0 || save_map(ctx, r, e) != 0 ? -1 : 0;
}

/* Write the places of one piece. A kc_in_sink. */
static int write_piece(void *arg, const struct kc_chunk *c, struct kc_err *e)
{
    static const struct kc_strs none = {0};
    struct map_run *r = arg;
    const size_t dims = r->map.dims;
    float *xy = c->n > 0 ? kc_map_places(c->made) : NULL;
    for (size_t i = 0; c->of && i < c->n; i++) /* the rows that passed, close together: of[i] >= i */
        memmove(xy + i * dims, xy + c->of[i] * dims, dims * sizeof *xy);
    const struct kc_places t = {.n = c->n, .dims = dims, .xy = xy, .terms = c->terms ? c->terms : &none,
                                .rows = c->rows};
    r->placed += c->n;
    return kc_out_places_add(r->file, &t, e) != 0 ? -1 : kc_outfile_push(r->output[PLACES].f, e);
}

/* Place rows on an older map. */
static int place_rows(const struct kc_ctx *ctx, struct map_run *r, struct kc_err *e)
{
    const struct kc_job_map *j = r->j;
    struct kc_in_opts in = j->in;
    struct kc_in_stats st;
    if (kc_map_load(&r->map, j->model, e) != 0 || check_columns(r, r->map.dims, e) != 0 ||
        kc_outputs_none_is(r->output, OUTPUTS, j->model, "--model", e) != 0)
        return -1;
    kc_ctx_log(ctx, KC_LOG_INFO, "map: %zu rows x %zu", r->map.rows.rows.n, r->map.rows.d);
    choose_columns(r, r->map.dims);
    in.normalise = 1;
    in.want_raw = KC_RAW_NONE;
    in.prompt = 1;
    in.expect_dim = r->map.rows.d;
    in.expect_from = j->model;
    in.each = kc_map_place_each;
    in.each_arg = &r->map;
    return kc_out_places_begin(&r->file, r->output[PLACES].f, &r->out, e) != 0 ||
           kc_in_stream(ctx, &in, write_piece, r, &st, e) != 0 ? -1 : kc_out_places_end(r->file, e);
}

/* Make the line about rows on an older map, and send the event. */
static int tell_places(const struct kc_ctx *ctx, const struct map_run *r, double seconds, struct kc_buf *summary,
                       struct kc_err *e)
{
    char peak[16];
    kc_num_human(peak, kc_mem_peak());
    const struct kc_fact facts[] = {{"rows", (double)r->placed}, {"dim", (double)r->map.rows.d},
                                    {"of", (double)r->map.rows.rows.n}, {"seconds", seconds}};
    kc_ctx_event(ctx, "map", "the rows are placed", facts, sizeof facts / sizeof facts[0]);
    return kc_buf_printf(summary, e, "kclust: %llu rows x %zu placed on a map of %zu, %.2f s, peak %s\n",
                         (unsigned long long)r->placed, r->map.rows.d, r->map.rows.rows.n, seconds, peak);
}

static int run_map(const struct kc_ctx *ctx, struct map_run *r, struct kc_buf *summary, struct kc_err *e)
{
    const struct kc_job_map *j = r->j;
    const double began = kc_clock_now();
    list_outputs(j, r->output);
    if (kc_outputs_open(r->output, OUTPUTS, e) != 0 ||
        kc_outfile_check_inputs(r->output[PLACES].f, j->in.files, j->in.nfiles, e) != 0 ||
        (j->model ? place_rows(ctx, r, e) : make_map(ctx, r, e)) != 0)
        return -1;
    const double seconds = kc_clock_now() - began;
    if ((j->model ? tell_places(ctx, r, seconds, summary, e) : tell_map(ctx, r, seconds, summary, e)) != 0 ||
        kc_outputs_commit(r->output, OUTPUTS, e) != 0)
        return -1;
    kc_outputs_tell(r->output, OUTPUTS, ctx);
    return 0;
}

int kc_job_map_run(const struct kc_ctx *ctx, const struct kc_job_map *j, struct kc_buf *summary, struct kc_err *e)
{
    struct map_run r = {.j = j, .threads = kc_pool_threads(ctx->pool), .out = j->out};
    r.opts = (struct kc_map_opts){(enum kc_map_method)j->method, (uint32_t)j->components, j->exaggeration,
                                  j->perplexity, j->recall};
    int rc = run_map(ctx, &r, summary, e);
    kc_map_free(&r.map);
    kc_mem_free(r.xy);
    kc_mem_free(r.cluster);
    kc_mem_free(r.label);
    kc_labelling_free(&r.clusters);
    kc_labelling_free(&r.labels);
    kc_dataset_free(&r.ds);
    kc_out_places_free(r.file);
    kc_outputs_free(r.output, OUTPUTS);
    return rc;
}
