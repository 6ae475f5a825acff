/* The verb fit: cluster rows. */
#include <math.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/messages.h"
#include "cli/config.h"
#include "core/algorithms.h"
#include "io/lock.h"
#include "job/fit.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_fit job;
    int algorithm; /* its place in kc_algorithms */
    int timestamp;
    char group_by[1024]; /* the fields of --group-by, cut at the commas */
} args;

static const struct args defaults = {
    .job = {.in = KC_IN_DEFAULTS, .out = KC_OUT_OPTS_DEFAULT, .path = {[KC_FIT_LABELS] = "-"},
            .records = KC_CLUSTERS_OPTS_DEFAULT, .parts = {.max_gap = -1, .link = NAN, .merge = NAN},
            .checkpoint = {.every = KC_CHECKPOINT_EVERY, .timeout = -1}, .lock_timeout = KC_LOCK_TIMEOUT,
            .max_relabel = 1, .min_children = 1, .min_margin = -2, .created = -1},
};

static int parse_group_by(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    if (kc_job_fit_split_fields(&a->job, a->group_by, sizeof a->group_by, value, name, e) != 0)
        return -1;
    for (size_t i = 0; i < a->job.ngroup_by; i++)
        if (kc_cli_check_field(a->job.group_by[i], name, e) != 0)
            return -1;
    return 0;
}

static int parse_facet(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_clusters_opts *c = &((struct args *)base)->job.records;
    return kc_out_clusters_add_facet(c, value, name, e) != 0 ? -1 :
           kc_cli_check_field(c->facets[c->nfacets - 1].field, name, e);
}

static int check_utf8(const char *value, const char *name, struct kc_err *e)
{
    return kc_utf8_bad(value, value + strlen(value)) ? kc_err_set(e, KC_EUSAGE, "%s: it is not UTF-8", name) : 0;
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option clustering[] = {
    {.name = "algorithm", .arg = "NAME", .type = KC_OPTION_WORD, .at = AT(algorithm), .words = KC_ALGORITHM_WORDS,
     .help = "the algorithm: kmeans, spherical k-means; hdbscan, clusters by density, and noise; ward, "
             "average, complete or single, a tree of the rows that is cut"},
    {0}};

static const struct kc_option plotting[] = {
    {.name = "plot", .type = KC_OPTION_FLAG, .at = AT(job.plot), .set = 1,
     .help = "begin the summary on standard error with a map of the rows and bars, in characters"},
    {0}};

static const struct kc_option memory[] = {
    {.name = "max-memory", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(job.max_memory), .off = "off",
     .help = "use at most SIZE of memory: rows that do not fit are streamed in passes; work that still does not fit is "
             "refused before it starts"},
    {0}};

static const struct kc_option groups_and_time[] = {
    {.name = "group-by", .arg = "FIELDS", .type = KC_OPTION_OWN, .parse = parse_group_by,
     .help = "cluster each group of rows with equal values in these fields separately, with its own k; separate FIELDS "
             "by commas"},
    {.name = "min-group", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.parts.min_rows), .least = 1, .shown = "",
     .help = "do not cluster groups smaller than N; by default the larger of --min-size and twice the smallest k"},
    {.name = "small-groups", .arg = "WHAT", .type = KC_OPTION_WORD, .at = AT(job.parts.small_none), .words = "one none",
     .help = "make each such group one cluster, or leave its rows unassigned (none: -1)"},
    {.name = "merge-groups", .arg = "S", .type = KC_OPTION_REAL, .at = AT(job.parts.merge), .low = -1, .high = 1,
     .off = "off", .help = "join clusters of different groups if their centroids are more similar than S"},
    {.name = "time-field", .arg = "FIELD", .at = AT(job.time_field), .check = kc_cli_check_field,
     .help = "the field with the timestamp of a row: RFC 3339, a date, or seconds since 1970"},
    {.name = "time-window", .arg = "TIME", .type = KC_OPTION_TIME, .at = AT(job.parts.window), .low = 1e-3,
     .off = "off", .help = "cluster each time window of this length separately, as in 12h, 1d or 2w, and link clusters "
                           "of neighbouring windows into stories"},
    {.name = "link", .arg = "S", .type = KC_OPTION_REAL, .at = AT(job.parts.link), .low = -1, .high = 1, .off = "auto",
     .help = "link clusters of the same or neighbouring windows if their centroids are at least this similar; auto: "
             "continue the story that a cluster is closer to than its group is on average"},
    {.name = "max-gap", .arg = "TIME", .type = KC_OPTION_TIME, .at = AT(job.parts.max_gap), .off = "off",
     .help = "split a cluster at longer pauses between its members, and link stories over pauses up to this"},
    {.name = "weight-field", .arg = "FIELD", .at = AT(job.weight_field), .check = kc_cli_check_field,
     .help = "the field with the weight of a row in centroids and indices, a number above 0"},
    {.name = "recency", .arg = "TIME", .type = KC_OPTION_TIME, .at = AT(job.halflife), .low = 1e-3, .off = "off",
     .help = "halve the weight of a row for each TIME that it is older than the latest"},
    {0}};

static const struct kc_option records[] = {
    {.name = "cluster-type", .arg = "NAME", .at = AT(job.records.type), .check = check_utf8,
     .help = "the value of cluster_type in the records"},
    {.name = "document-field", .arg = "FIELD", .at = AT(job.document_field), .check = kc_cli_check_field,
     .help = "add the distinct values of this field of the members as document_ids"},
    {.name = "facet", .arg = "FIELD", .type = KC_OPTION_OWN, .parse = parse_facet,
     .help = "add the most frequent values of this field, with counts, under its name, or with NAME=FIELD under NAME; "
             "repeat for more"},
    {.name = "facet-values", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.records.facet_values), .least = 1,
     .most = 1000000, .help = "how many values of each facet to add"},
    {.name = "representatives", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.records.representatives),
     .most = KC_REPRESENTATIVES_MOST, .help = "how many of the members nearest to the centroid to name"},
    {.name = "timestamp", .type = KC_OPTION_FLAG, .at = AT(timestamp), .set = 1,
     .help = "add the time of the run, or that of SOURCE_DATE_EPOCH"},
    {0}};

static const struct kc_option model_rows[] = {
    {.name = "model-rows", .arg = "FORM", .type = KC_OPTION_WORD, .at = AT(job.model_form), .words = KC_MODEL_FORMS,
     .help = "keep the rows in a model whose clusters are not around centroids, as float16, or as bytes in half the "
             "size; none: keep centroids alone, which label new rows less well"},
    {.name = "small-model", .type = KC_OPTION_FLAG, .at = AT(job.model_form), .set = KC_MODEL_NO_ROWS,
     .help = "the same as --model-rows none"},
    {0}};

static const struct kc_option keeping[] = {
    {.name = "like", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.like),
     .help = "keep the ids of the model in FILE for clusters that continue one of its clusters; others get new ids"},
    {.name = "like-labels", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.like_labels),
     .help = "match the clusters by shared rows, using the labels in FILE, instead of by centroids"},
    {.name = "max-relabel", .arg = "F", .type = KC_OPTION_REAL, .at = AT(job.max_relabel), .high = 1,
     .help = "exit with status 3 if more than this share of the rows changes its id"},
    {0}};

static const struct kc_option presets[] = {
    {.name = "preset", .arg = "NAME", .words = KC_PRESET_WORDS, .shown = "", .role = KC_ROLE_PRESET,
     .help = "use the options of a preset (kclust help --preset=NAME shows them); options on the command line override "
             "them"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Clustering:", .algorithms = KC_FIRST_ALGORITHM},
    {.rows = clustering},
    {.rows = kc_fit_rows_options, .at = AT(job)},
    {.rows = memory},
    {.algorithms = KC_OTHER_ALGORITHMS},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = kc_fit_output_options, .at = AT(job)},
    {.rows = plotting},
    {.rows = model_rows},
    {.rows = kc_labels_options, .at = AT(job.out)},
    {.rows = kc_top_options, .at = AT(job.out)},
    {.heading = "Groups, time and weights:", .rows = groups_and_time},
    {.rows = kc_fit_time_options, .at = AT(job)},
    {.heading = "Records of clusters (--clusters):", .rows = records},
    {.heading = "Keywords and labels:", .rows = kc_fit_words_options, .at = AT(job)},
    {.heading = "Keeping ids:", .rows = keeping},
    {.heading = "Long work:", .rows = kc_fit_long_options, .at = AT(job)},
    {.heading = "On the ranks of MPI (kclust-mpi):", .rows = kc_ranks_options, .at = AT(job.in)},
    {.rows = kc_fit_ranks_options, .at = AT(job)},
    {.heading = "Running:", .rows = presets},
    {.rows = kc_running_options, .at = AT(cli)},
    {0}};

static const struct kc_rule rules[] = {
    {KC_NEEDS, "time-window max-gap recency", "time-field", "the field with the timestamps"},
    {KC_NEEDS, "link", "time-window", NULL},
    {KC_NEEDS, "merge-groups min-group small-groups", "group-by", NULL},
    {KC_EXCLUDES, "model like checkpoint timeout", "group-by time-window max-gap", NULL},
    {KC_EXCLUDES, "threshold min-margin min-purity top centroids", "group-by time-window max-gap", NULL},
    {KC_NEEDS, "min-children", "levels", "the numbers of clusters"},
    {KC_EXCLUDES, "levels reduce-to", "group-by time-window max-gap", "each part has clusters of its own"},
    {KC_EXCLUDES, "reduce-to", "top threshold min-margin checkpoint timeout",
     "rows of a united cluster are not nearest to one centroid"},
    {KC_EXCLUDES, "tree", "group-by time-window max-gap", "each part has a tree of its own"},
    {KC_EXCLUDES, "centroids", "k k-min k-max checkpoint timeout", NULL},
    {KC_EXCLUDES, "space", "centroids threshold min-margin",
     "the clusters have no centroids among the rows, only in the space"},
    {KC_EXCLUDES, "space", "group-by time-window max-gap", "the space is made of all rows together"},
    {KC_EXCLUDES, "space", "checkpoint timeout", "the making of the space cannot be interrupted"},
    {KC_EXCLUDES, "resamples test-structure", "group-by time-window max-gap", "they are about all rows together"},
    {KC_NEEDS, "pairs-by", "pairs", "the file of the pairs"},
    {KC_EXCLUDES, "pairs", "min-size max-size balanced", "a row that is moved for a size may break a pair"},
    {KC_EXCLUDES, "pairs", "group-by time-window max-gap", "a pair may lie in two parts"},
    {KC_EXCLUDES, "pairs", "space", "rows that must be together are summed up as they are, not in a space"},
    {KC_EXCLUDES, "pairs", "threshold min-margin min-purity", "a row that is left out is in no pair any more"},
    {KC_EXCLUDES, "pairs", "resamples", "fits of other rows know no pairs"},
    {KC_EXCLUDES, "pairs", "levels reduce-to", "clusters that are united may break a pair"},
    {KC_EXCLUDES, "pairs", "centroids", "the search begins with centroids of its own"},
    {KC_EXCLUDES, "pairs", "checkpoint timeout", "the separation of the pairs cannot be interrupted"},
    {KC_EXCLUDES, "pairs", "max-memory", "rows that must be together are summed up in memory"},
    {KC_NEEDS, "time-bins", "time-table", "the file for the table"},
    {KC_NEEDS, "time-table", "time-field", "the field with the timestamps"},
    {KC_NEEDS, "shards", "output", "the name that those of the files are made from"},
    {KC_NEEDS, "resume checkpoint-every", "checkpoint", NULL},
    {KC_NEEDS, "model-rows small-model", "model", "the file for them"},
    {KC_NEEDS, "lock-timeout", "model", "the file that other runs may be writing"},
    {KC_NEEDS, "like-labels max-relabel", "like", "the model whose ids to keep"},
    {KC_NEEDS, "text-field stop-words language", "keywords", NULL},
    {KC_NEEDS, "facet timestamp document-field", "clusters", NULL},
    {0}};

/* Complete the job from the arguments, and check combinations of options that the rules cannot express. */
static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_fit *j = &a->job;
    j->checkpoint.began = kc_clock_now();
    j->algorithm = kc_algorithms[a->algorithm];
    j->opts = a->cli.algorithm[a->algorithm];
    if (kc_cli_created(&j->created, e) != 0 ||
        kc_cli_check_algorithm(j, a->cli.algorithm[a->algorithm], e) != 0 ||
        (!j->centroids && j->algorithm->check(j->opts, e) != 0))
        return -1; /* (with centroids k is not known yet) */
    if ((kc_opt_given(v, "model-rows") || kc_opt_given(v, "small-model")) &&
        kc_job_fit_model_kind(j) == KC_MODEL_CENTROIDS)
        return kc_err_set(e, KC_EUSAGE, "--model-rows: the centroids are the model of --algorithm %s and --space "
                          "cosine, which needs no rows", j->algorithm->name);
    if ((j->path[KC_FIT_TREE] && kc_out_tree_format(j->path[KC_FIT_TREE], &j->tree_format, e) != 0))
        return -1;
    const char *number = j->time_field && j->weight_field && strcmp(j->time_field, j->weight_field) == 0 ?
                         "weight-field" :
                         j->time_field && j->label_by && strcmp(j->time_field, j->label_by) == 0 ? "label-by" : NULL;
    if (number)
        return kc_err_set(e, KC_EUSAGE, "--time-field and --%s name the same field", number);
    if (kc_job_fit_check_outputs(j, e) != 0 ||
        kc_cli_check_labels(v, &j->out, j->path[KC_FIT_LABELS], j->path[KC_FIT_TIME_TABLE], e) != 0 ||
        kc_cli_other_format(v, j->path[KC_FIT_TIME_TABLE], "--time-table", KC_OUT_TEXT_SUFFIXES, &j->out, 0,
                            &j->table_format, e) != 0 ||
        kc_cli_check_suffix(j->path[KC_FIT_SUMMARY], "--summary", "json", e) != 0 ||
        kc_cli_check_suffix(j->path[KC_FIT_REPORT], "--report", "html/htm", e) != 0 ||
        kc_cli_check_suffix(j->path[KC_FIT_CLUSTERS], "--clusters", "jsonl/ndjson json", e) != 0)
        return -1;
    j->records.id_format = j->out.id_format;
    if (a->timestamp)
        j->records.timestamp = j->created >= 0 ? j->created : (int64_t)time(NULL);
    return kc_cli_operands(v, argc, argv, first, named, &j->in, e);
}

static int run_fit(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_fit_result r;
    a->job.want_text = a->cli.loudness >= 0 && !a->cli.json;
    if (a->job.plot && kc_cli_colours())
        a->job.plot = 2;
    if (a->job.checkpoint.file)
        a->job.checkpoint.requests = kc_cli_watch_signals();
    if (kc_job_fit_run(&a->cli.ctx, &a->job, &r, e) != 0) {
        kc_job_fit_free(&r);
        kc_cli_die();
        return -1;
    }
    kc_cli_say_summary(r.text.p, r.text.n);
    if (r.limit_broken)
        kc_log_line(KC_LEVEL_WARNING, KC_ELIMIT, r.limit_reason);
    int code = r.limit_broken ? KC_ELIMIT : KC_OK;
    kc_job_fit_free(&r);
    return code;
}

const struct kc_verb kc_verb_fit = {
    .name = "fit",
    .synopsis = "[fit] [OPTION]... [FILE]...",
    .brief = "cluster; the default verb",
    .examples =
        "  Cluster, with the best k from 2 to 20 by silhouette:\n"
        "    kclust words.jsonl > clusters.tsv\n"
        "  Choose k from 5 to 50, allow no cluster below 10 rows, write a summary:\n"
        "    kclust -k 5:50 --min-size 10 -s summary.json words.npy > clusters.tsv\n"
        "  Read the saved response of an embedding service, write CSV:\n"
        "    kclust --terms terms.txt -o out.csv response.json\n",
    .groups = groups,
    .rules = rules,
    .short_help = 1,
    .on_ranks = 1,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_fit,
};
