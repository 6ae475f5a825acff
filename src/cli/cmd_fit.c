#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/date.h"
#include "base/num.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "core/kmeans/kmeans.h"
#include "job/fit.h"
#include "text/keywords.h"

#define K_MOST INT32_MAX
#define INDICES "silhouette calinski-harabasz davies-bouldin"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Clustering:"},
    {KC_OPT_K, 'k', 0, "K", "2:20", 0, KC_COMPLETE_NONE, 0,
     "the number of clusters, or the numbers to try: MIN:MAX, MIN:MAX:STEP, or MIN:MAX:xFACTOR to grow by a factor; MIN "
     "and MAX may be shares of the rows, as in 2:10%:x1.2"},
    {KC_OPT_K_MIN, 0, "k-min", "N", 0, "KCLUST_K_MIN", KC_COMPLETE_NONE, 0, "the smallest k to try"},
    {KC_OPT_K_MAX, 0, "k-max", "N", 0, "KCLUST_K_MAX", KC_COMPLETE_NONE, 0, "the largest k to try"},
    {KC_OPT_K_BY, 0, "k-by", "INDEX", "silhouette", 0, KC_COMPLETE_WORDS, INDICES,
     "the index that picks k: silhouette, calinski-harabasz or davies-bouldin"},
    {KC_OPT_MIN_SIZE, 0, "min-size", "N", "1", "KCLUST_MIN_SIZE", KC_COMPLETE_NONE, 0, "make no cluster smaller than N"},
    {KC_OPT_MAX_SIZE, 0, "max-size", "N", "off", "KCLUST_MAX_SIZE", KC_COMPLETE_NONE, 0, "make no cluster larger than N"},
    {KC_OPT_N_INIT, 0, "n-init", "N", "10", "KCLUST_N_INIT", KC_COMPLETE_NONE, 0, "restarts for each k"},
    {KC_OPT_MAX_ITER, 0, "max-iter", "N", "100", 0, KC_COMPLETE_NONE, 0, "stop a run after N iterations"},
    {KC_OPT_TOL, 0, "tol", "F", "1e-6", 0, KC_COMPLETE_NONE, 0,
     "stop a run when the objective grows by less than this fraction of itself"},
    {KC_OPT_SEED, 0, "seed", "N", "42", "KCLUST_SEED", KC_COMPLETE_NONE, 0, "the seed of every random choice"},
    {KC_OPT_SAMPLE, 0, "sample", "N", "250000", 0, KC_COMPLETE_WORDS, "all",
     "choose k on N rows drawn at random if there are more, then fit all rows with it; all: always on all rows"},
    {KC_OPT_MAX_MEMORY, 0, "max-memory", "SIZE", "off", 0, KC_COMPLETE_NONE, 0,
     "use at most SIZE of memory: rows that do not fit are streamed in passes; work that still does not fit is refused "
     "before it starts"},
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    KC_OPTS_LABELS("term cluster similarity margin silhouette row",
                   "term, cluster, similarity, margin, silhouette and row"),
    {KC_OPT_MODEL, 'm', "model", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "save the model to FILE, for assign, update and --like"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Groups, time and weights:"},
    {KC_OPT_GROUP_BY, 0, "group-by", "FIELDS", 0, 0, KC_COMPLETE_NONE, 0,
     "cluster each group of rows with equal values in these fields separately, with its own k; separate FIELDS by commas"},
    {KC_OPT_MIN_GROUP, 0, "min-group", "N", 0, 0, KC_COMPLETE_NONE, 0,
     "do not cluster groups smaller than N; by default, than twice the smallest k or --min-size"},
    {KC_OPT_SMALL_GROUPS, 0, "small-groups", "WHAT", "one", 0, KC_COMPLETE_WORDS, "one none",
     "make each such group one cluster, or leave its rows unassigned (none: -1)"},
    {KC_OPT_MERGE_GROUPS, 0, "merge-groups", "S", "off", 0, KC_COMPLETE_NONE, 0,
     "join clusters of different groups if their centroids are more similar than S"},
    {KC_OPT_TIME_FIELD, 0, "time-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0,
     "the field with the timestamp of a row: RFC 3339, a date, or seconds since 1970"},
    {KC_OPT_TIME_WINDOW, 0, "time-window", "TIME", "off", 0, KC_COMPLETE_NONE, 0,
     "cluster each time window of this length separately, as in 12h, 1d or 2w, and link clusters of neighbouring windows "
     "into stories"},
    {KC_OPT_LINK, 0, "link", "S", "auto", 0, KC_COMPLETE_NONE, 0,
     "link clusters of the same or neighbouring windows if their centroids are at least this similar; auto: continue the "
     "story that a cluster is closer to than its group is on average"},
    {KC_OPT_MAX_GAP, 0, "max-gap", "TIME", "off", 0, KC_COMPLETE_NONE, 0,
     "split a cluster at longer pauses between its members, and link stories over pauses up to this"},
    {KC_OPT_WEIGHT_FIELD, 0, "weight-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0,
     "the field with the weight of a row in centroids and indices, a number above 0"},
    {KC_OPT_RECENCY, 0, "recency", "TIME", "off", 0, KC_COMPLETE_NONE, 0,
     "halve the weight of a row for each TIME that it is older than the latest"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Records of clusters:"},
    {KC_OPT_CLUSTERS, 0, "clusters", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "write the clusters to FILE, one JSON object per line: members, centroid, figures, and what the options below add"},
    {KC_OPT_CLUSTER_TYPE, 0, "cluster-type", "NAME", "cluster", 0, KC_COMPLETE_NONE, 0,
     "the value of cluster_type in the records"},
    {KC_OPT_DOCUMENT_FIELD, 0, "document-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0,
     "add the distinct values of this field of the members as document_ids"},
    {KC_OPT_FACET, 0, "facet", "FIELD", 0, 0, KC_COMPLETE_NONE, 0,
     "add the most frequent values of this field, with counts, under its name, or with NAME=FIELD under NAME; repeat for "
     "more"},
    {KC_OPT_FACET_VALUES, 0, "facet-values", "N", "5", 0, KC_COMPLETE_NONE, 0, "how many values of each facet to add"},
    {KC_OPT_REPRESENTATIVES, 0, "representatives", "N", "3", 0, KC_COMPLETE_NONE, 0,
     "how many of the members nearest to the centroid to name"},
    {KC_OPT_TIMESTAMP, 0, "timestamp", 0, 0, 0, KC_COMPLETE_NONE, 0,
     "add the time of the run, or that of SOURCE_DATE_EPOCH"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Keywords:"},
    {KC_OPT_KEYWORDS, 0, "keywords", "N", "off", 0, KC_COMPLETE_NONE, 0,
     "find the N words and word pairs of the terms that set each cluster apart, and make a label of them"},
    {KC_OPT_TEXT_FIELD, 0, "text-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0,
     "read the words from this field of the records, a key or JSON Pointer, instead of from the terms"},
    {KC_OPT_STOP_WORDS, 0, "stop-words", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "words that are never keywords, one per line, in addition to the built-in ones; none: drop the built-in ones"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Keeping ids:"},
    {KC_OPT_LIKE, 0, "like", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "keep the ids of the model in FILE for clusters that continue one of its clusters; others get new ids"},
    {KC_OPT_LIKE_LABELS, 0, "like-labels", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "match the clusters by shared rows, using the labels in FILE, instead of by centroids"},
    {KC_OPT_MAX_RELABEL, 0, "max-relabel", "F", "1", 0, KC_COMPLETE_NONE, 0,
     "exit with status 3 if more than this share of the rows changes its id"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Long work:"},
    {KC_OPT_CHECKPOINT, 0, "checkpoint", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "save the state of the work to FILE at intervals, on SIGUSR1, and on SIGTERM before exiting; FILE is removed when "
     "the run is complete"},
    {KC_OPT_CHECKPOINT_EVERY, 0, "checkpoint-every", "TIME", "60s", 0, KC_COMPLETE_NONE, 0,
     "the least time between two saves, as in 90, 5m or 1h"},
    {KC_OPT_RESUME, 0, "resume", 0, 0, 0, KC_COMPLETE_NONE, 0,
     "continue from the checkpoint, if there is one, to the same result"},
    {KC_OPT_TIMEOUT, 0, "timeout", "TIME", "off", 0, KC_COMPLETE_NONE, 0,
     "end after this time with the best clusters so far and exit with status 3"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    {KC_OPT_PRESET, 0, "preset", "NAME", 0, 0, KC_COMPLETE_WORDS, KC_PRESET_WORDS,
     "use the options of a preset (kclust help --preset=NAME shows them); options on the command line override them"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_fit = {
    "fit", "[fit] [OPTION]... [FILE]...", "cluster; the default verb", opts, kc_cmd_fit,
    "  Cluster, with the best k from 2 to 20 by silhouette:\n"
    "    kclust words.jsonl > clusters.tsv\n"
    "  Choose k from 5 to 50, allow no cluster below 10 rows, write a summary:\n"
    "    kclust -k 5:50 --min-size 10 -s summary.json words.npy > clusters.tsv\n"
    "  Read the saved response of an embedding service, write CSV:\n"
    "    kclust --records /data --terms terms.txt -f csv response.json > out.csv\n",
    "k k-by min-size max-size input-format term-field vec-field records terms on-bad output output-format summary model "
    "keywords threads quiet verbose help help-all"};

struct args {
    struct kc_cli cli;
    struct kc_job_fit job;
    struct kc_kmeans_opts kmeans;
    struct kc_cli_labels labels;
    int min_given, max_given, relabel_given, timestamp, link_given;
    char group_by[1024];
};

static int bad_range(const char *value, const char *name, struct kc_err *e)
{
    char shown[64];
    kc_err_escape(shown, sizeof shown, value, strlen(value));
    return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not K, MIN:MAX, MIN:MAX:STEP or MIN:MAX:xFACTOR (FACTOR above 1; MIN and "
                      "MAX may be shares of the rows, as in 10%%)", name, shown);
}

/* N, or N% of the rows: then *k becomes `shared`. */
static int take_bound(uint64_t *k, double *share, uint64_t shared, const char *value)
{
    char number[32];
    size_t n = strlen(value);
    *share = 0;
    if (n == 0 || value[n - 1] != '%' || n > sizeof number)
        return kc_num_u64(value, k);
    memcpy(number, value, n - 1);
    number[n - 1] = '\0';
    *k = shared;
    if (kc_num_double(number, share) != 0 || !(*share > 0 && *share <= 100))
        return -1;
    *share /= 100;
    return 0;
}

/* The same for an option of its own. */
static int take_end(uint64_t *k, double *share, uint64_t shared, const char *value, const char *name, struct kc_err *e)
{
    *share = 0;
    if (!strchr(value, '%'))
        return kc_opt_u64(value, 1, K_MOST, k, name, e);
    return take_bound(k, share, shared, value) == 0 ? 0 :
           kc_err_set(e, KC_EUSAGE, "%s: a share of the rows is above 0%% and at most 100%%", name);
}

/* K, MIN:MAX, MIN:MAX:STEP or MIN:MAX:xFACTOR; the bounds as take_bound has them. */
static int take_range(struct args *a, const char *value, const char *name, struct kc_err *e)
{
    struct kc_krange r = {0, 0, 1, 0.0, 0.0, 0.0};
    char part[3][32] = {"", "", ""};
    int n = 0;
    for (const char *p = value;; p++) {
        size_t len = strcspn(p, ":");
        if (n == 3 || len >= sizeof part[0])
            return bad_range(value, name, e);
        memcpy(part[n++], p, len);
        p += len;
        if (!*p)
            break;
    }
    if ((n == 1 ? kc_num_u64(part[0], &r.min) : take_bound(&r.min, &r.least, 2, part[0])) != 0 ||
        (n > 1 && take_bound(&r.max, &r.share, K_MOST, part[1]) != 0))
        return bad_range(value, name, e);
    if (n == 1)
        r.max = r.min;
    if (n == 3 && part[2][0] == 'x') {
        if (kc_num_double(part[2] + 1, &r.factor) != 0 || !(r.factor > 1))
            return bad_range(value, name, e);
    } else if (n == 3 && (kc_num_u64(part[2], &r.step) != 0 || r.step == 0 || r.step > K_MOST)) {
        return bad_range(value, name, e);
    }
    if (r.min < 1 || r.min > K_MOST || r.max < 1 || r.max > K_MOST)
        return kc_err_set(e, KC_EUSAGE, "%s: k can be from 1 to %d", name, K_MOST);
    a->kmeans.k = r;
    a->kmeans.k_given = a->min_given = a->max_given = 1;
    return 0;
}

/* A number of rows, which may have a K or M behind it, or all (0). */
static int take_sample(uint64_t *sample, const char *value, const char *name, struct kc_err *e)
{
    char shown[64];
    *sample = 0;
    if (strcmp(value, "all") == 0 || (kc_num_size(value, sample) == 0 && *sample >= 2))
        return 0;
    kc_err_escape(shown, sizeof shown, value, strlen(value));
    return kc_err_set(e, KC_EUSAGE, "%s: '%s' is neither all nor a number of rows from 2 up, such as 100000 or 1M",
                      name, shown);
}

static int take_work(struct args *a, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct kc_kmeans_opts *f = &a->kmeans;
    switch (id) {
    case KC_OPT_K:
        return take_range(a, value, name, e);
    case KC_OPT_K_MIN:
        f->k_given = a->min_given = 1;
        return take_end(&f->k.min, &f->k.least, 2, value, name, e);
    case KC_OPT_K_MAX:
        f->k_given = a->max_given = 1;
        return take_end(&f->k.max, &f->k.share, K_MOST, value, name, e);
    case KC_OPT_K_BY:
        return kc_index_by_name(value, &f->k_by) == 0 ? 0 : kc_opt_bad_word(value, INDICES, name, e);
    case KC_OPT_MIN_SIZE:
        return kc_opt_u64(value, 1, UINT64_MAX, &f->min_size, name, e);
    case KC_OPT_MAX_SIZE:
        if (strcmp(value, "off") == 0)
            f->max_size = 0;
        else
            return kc_opt_u64(value, 1, UINT64_MAX, &f->max_size, name, e);
        return 0;
    case KC_OPT_N_INIT:
        return kc_opt_u64(value, 1, 1000000, &f->n_init, name, e);
    case KC_OPT_MAX_ITER:
        return kc_opt_u64(value, 1, 1000000000, &f->max_iter, name, e);
    case KC_OPT_TOL:
        if (kc_num_double(value, &f->tol) == 0 && f->tol >= 0 && f->tol < 1)
            return 0;
        return kc_err_set(e, KC_EUSAGE, "%s: expected a number from 0 to less than 1, such as 1e-6", name);
    case KC_OPT_SEED:
        return kc_opt_u64(value, 0, UINT64_MAX, &f->seed, name, e);
    case KC_OPT_SAMPLE:
        return take_sample(&f->sample, value, name, e);
    case KC_OPT_MAX_MEMORY:
        return kc_opt_size(value, &a->job.max_memory, name, e);
    default:
        return kc_cli_take(&a->cli, &a->job.in, id, value, name, e);
    }
}

static int take_long(struct args *a, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct kc_checkpoint_opts *c = &a->job.checkpoint;
    switch (id) {
    case KC_OPT_CHECKPOINT:
        c->file = value;
        return 0;
    case KC_OPT_CHECKPOINT_EVERY:
        return kc_opt_seconds(value, 0, &c->every, name, e);
    case KC_OPT_RESUME:
        c->resume = 1;
        return 0;
    case KC_OPT_TIMEOUT:
        if (strcmp(value, "off") != 0)
            return kc_opt_seconds(value, 0, &c->timeout, name, e);
        c->timeout = -1;
        return 0;
    default:
        return take_work(a, id, value, name, e);
    }
}

/* Fields with commas between them, kept in the arguments' own copy. */
static int take_group_by(struct args *a, const char *value, const char *name, struct kc_err *e)
{
    char *p = a->group_by;
    if (strlen(value) >= sizeof a->group_by)
        return kc_err_set(e, KC_EUSAGE, "%s: longer than %zu bytes", name, sizeof a->group_by - 1);
    memcpy(p, value, strlen(value) + 1);
    a->job.ngroup_by = 0;
    for (char *end; p; p = end) {
        end = strchr(p, ',');
        if (end)
            *end++ = '\0';
        if (a->job.ngroup_by == KC_GROUP_FIELDS_MOST)
            return kc_err_set(e, KC_EUSAGE, "%s: more than %d fields", name, KC_GROUP_FIELDS_MOST);
        if (!*p)
            return kc_err_set(e, KC_EUSAGE, "%s: an empty field", name);
        for (size_t i = 0; i < a->job.ngroup_by; i++)
            if (strcmp(a->job.group_by[i], p) == 0)
                return kc_err_set(e, KC_EUSAGE, "%s: '%s' is given twice", name, p);
        if (kc_cli_field(p, name, e) != 0)
            return -1;
        a->job.group_by[a->job.ngroup_by++] = p;
    }
    return 0;
}

/* A length of time, or off. */
static int take_length(const char *value, double least, int64_t off, int64_t *out, const char *name, struct kc_err *e)
{
    double seconds;
    *out = off;
    if (strcmp(value, "off") == 0)
        return 0;
    if (kc_opt_seconds(value, least, &seconds, name, e) != 0)
        return -1;
    *out = (int64_t)(seconds * (double)KC_DATE_SECOND);
    return 0;
}

static int take_parts(struct args *a, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct kc_parts_opts *p = &a->job.parts;
    switch (id) {
    case KC_OPT_GROUP_BY:
        return take_group_by(a, value, name, e);
    case KC_OPT_MIN_GROUP:
        return kc_opt_u64(value, 1, UINT64_MAX, &p->min_rows, name, e);
    case KC_OPT_SMALL_GROUPS:
        p->small_none = strcmp(value, "none") == 0;
        return p->small_none || strcmp(value, "one") == 0 ? 0 : kc_opt_bad_word(value, "one none", name, e);
    case KC_OPT_MERGE_GROUPS:
        p->merge = NAN;
        return strcmp(value, "off") == 0 ? 0 : kc_opt_real(value, -1, 1, &p->merge, name, e);
    case KC_OPT_TIME_FIELD:
        a->job.time_field = value;
        return kc_cli_field(value, name, e);
    case KC_OPT_TIME_WINDOW:
        return take_length(value, 1e-3, 0, &p->window, name, e);
    case KC_OPT_LINK:
        p->link = NAN;
        a->link_given = strcmp(value, "auto") != 0;
        return a->link_given ? kc_opt_real(value, -1, 1, &p->link, name, e) : 0;
    case KC_OPT_MAX_GAP:
        return take_length(value, 0, -1, &p->max_gap, name, e);
    case KC_OPT_WEIGHT_FIELD:
        a->job.weight_field = value;
        return kc_cli_field(value, name, e);
    case KC_OPT_RECENCY:
        return take_length(value, 1e-3, 0, &a->job.halflife, name, e);
    default:
        return take_long(a, id, value, name, e);
    }
}

/* What single options about parts cannot tell. */
static int check_parts(const struct args *a, struct kc_err *e)
{
    const struct kc_job_fit *j = &a->job;
    const struct kc_parts_opts *p = &j->parts;
    const char *timed = p->window ? "--time-window" : p->max_gap >= 0 ? "--max-gap" : j->halflife ? "--recency" : NULL;
    const char *parted = j->ngroup_by ? "--group-by" : p->window ? "--time-window" : "--max-gap";
    if (timed && !j->time_field)
        return kc_err_set(e, KC_EUSAGE, "%s needs --time-field FIELD, the field with the timestamps", timed);
    if (a->link_given && !p->window)
        return kc_err_set(e, KC_EUSAGE, "--link needs --time-window TIME");
    if (j->ngroup_by == 0 && (!isnan(p->merge) || p->min_rows || p->small_none))
        return kc_err_set(e, KC_EUSAGE, "%s needs --group-by FIELDS",
                          !isnan(p->merge) ? "--merge-groups" : p->min_rows ? "--min-group" : "--small-groups");
    if (j->time_field && j->weight_field && strcmp(j->time_field, j->weight_field) == 0)
        return kc_err_set(e, KC_EUSAGE, "--time-field and --weight-field name the same field");
    const char *other = j->model ? "--model" : j->like ? "--like" : j->checkpoint.file ? "--checkpoint" :
                        j->checkpoint.timeout >= 0 ? "--timeout" : NULL;
    if (other && (j->ngroup_by || p->window || p->max_gap >= 0))
        return kc_err_set(e, KC_EUSAGE, "%s and %s cannot be combined", other, parted);
    return 0;
}

static int take_facet(struct kc_clusters_opts *c, const char *value, const char *name, struct kc_err *e)
{
    struct kc_facet *f = &c->facets[c->nfacets];
    if (c->nfacets == KC_FACETS_MOST)
        return kc_err_set(e, KC_EUSAGE, "%s: more than %d facets", name, KC_FACETS_MOST);
    if (kc_facet_parse(f, value, name, e) != 0 || kc_cli_field(f->field, name, e) != 0)
        return -1;
    for (size_t i = 0; i < c->nfacets; i++)
        if (strcmp(c->facets[i].name, f->name) == 0)
            return kc_err_set(e, KC_EUSAGE, "%s: two facets named '%s': give one as NAME=FIELD", name, f->name);
    if (kc_out_clusters_has(f->name))
        return kc_err_set(e, KC_EUSAGE, "%s: the records already have a '%s': give it as NAME=FIELD", name, f->name);
    c->nfacets++;
    return 0;
}

static int take_records(struct args *a, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct kc_clusters_opts *c = &a->job.records;
    uint64_t number;
    switch (id) {
    case KC_OPT_CLUSTERS:
        a->job.clusters = value;
        return 0;
    case KC_OPT_CLUSTER_TYPE:
        if (kc_utf8_bad(value, value + strlen(value)))
            return kc_err_set(e, KC_EUSAGE, "%s: it is not UTF-8", name);
        c->type = value;
        return 0;
    case KC_OPT_DOCUMENT_FIELD:
        a->job.document_field = value;
        return kc_cli_field(value, name, e);
    case KC_OPT_FACET:
        return take_facet(c, value, name, e);
    case KC_OPT_FACET_VALUES:
        if (kc_opt_u64(value, 1, 1000000, &number, name, e) != 0)
            return -1;
        c->facet_values = (size_t)number;
        return 0;
    case KC_OPT_REPRESENTATIVES:
        if (kc_opt_u64(value, 0, KC_REPRESENTATIVES_MOST, &number, name, e) != 0)
            return -1;
        c->representatives = (size_t)number;
        return 0;
    case KC_OPT_TIMESTAMP:
        a->timestamp = 1;
        return 0;
    default:
        return take_parts(a, id, value, name, e);
    }
}

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    uint64_t number;
    int rc;
    switch (id) {
    case KC_OPT_MODEL:
        a->job.model = value;
        return 0;
    case KC_OPT_LIKE:
        a->job.like = value;
        return 0;
    case KC_OPT_LIKE_LABELS:
        a->job.like_labels = value;
        return 0;
    case KC_OPT_KEYWORDS:
        number = 0;
        if (strcmp(value, "off") != 0 && kc_opt_u64(value, 1, KC_KEYWORDS_MOST, &number, name, e) != 0)
            return -1;
        a->job.keywords = (size_t)number;
        return 0;
    case KC_OPT_TEXT_FIELD:
        a->job.text_field = value;
        return kc_cli_field(value, name, e);
    case KC_OPT_STOP_WORDS:
        if (strcmp(value, "none") == 0)
            a->job.no_stop_words = 1;
        else
            a->job.stop_words = value;
        return 0;
    case KC_OPT_MAX_RELABEL:
        a->relabel_given = 1;
        return kc_opt_real(value, 0, 1, &a->job.max_relabel, name, e);
    default:
        rc = kc_cli_take_labels(&a->labels, id, value, name, e);
        return rc <= 0 ? rc : take_records(a, id, value, name, e);
    }
}

static int ready(void *arg, int argc, char **argv, int first, int named, struct kc_err *e)
{
    struct args *a = arg;
    const struct kc_kmeans_opts *f = &a->kmeans;
    if (kc_cli_created(&a->job.created, e) != 0)
        return -1;
    if (f->k.least > 0 && f->k.share > 0 && f->k.least > f->k.share)
        return kc_err_set(e, KC_EUSAGE, "the smallest k, %g%% of the rows, is greater than the largest, %g%%", 100 * f->k.least,
                          100 * f->k.share);
    if (f->k.min > f->k.max)
        return kc_err_set(e, KC_EUSAGE, "the smallest k, %llu, is greater than the largest, %llu%s",
                          (unsigned long long)f->k.min, (unsigned long long)f->k.max,
                          !a->max_given ? " by default: give --k-max too" :
                          !a->min_given ? "; without --k-min it is 2" : "");
    if (f->max_size && f->max_size < f->min_size)
        return kc_err_set(e, KC_EUSAGE, "the maximum size, %llu, is smaller than the minimum size, %llu",
                          (unsigned long long)f->max_size, (unsigned long long)f->min_size);
    if (a->job.model && strcmp(a->job.model, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--model needs the name of a file: standard output is for the labels");
    if (a->job.checkpoint.file && strcmp(a->job.checkpoint.file, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--checkpoint needs the name of a file");
    if (a->job.checkpoint.resume && !a->job.checkpoint.file)
        return kc_err_set(e, KC_EUSAGE, "--resume needs --checkpoint FILE");
    if (!a->job.like && (a->job.like_labels || a->relabel_given))
        return kc_err_set(e, KC_EUSAGE, "%s needs --like MODEL, the model whose ids to keep",
                          a->job.like_labels ? "--like-labels" : "--max-relabel");
    if (a->job.keywords == 0 && (a->job.stop_words || a->job.no_stop_words || a->job.text_field))
        return kc_err_set(e, KC_EUSAGE, "%s needs --keywords N",
                          a->job.text_field ? "--text-field" : "--stop-words");
    const struct kc_clusters_opts *c = &a->job.records;
    if (!a->job.clusters && (c->nfacets || a->job.document_field || a->timestamp))
        return kc_err_set(e, KC_EUSAGE, "%s needs --clusters FILE",
                          c->nfacets ? "--facet" : a->timestamp ? "--timestamp" : "--document-field");
    if (a->job.clusters && strcmp(a->job.clusters, "-") == 0 && strcmp(a->job.output, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--clusters - needs --output FILE: standard output can be only one of them");
    if (check_parts(a, e) != 0 || kc_cli_check_labels(&a->labels, e) != 0)
        return -1;
    if (a->job.clusters && a->job.summary && strcmp(a->job.clusters, "-") == 0 && strcmp(a->job.summary, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "--clusters - and --summary -: standard output can be only one of them");
    a->job.records.id_format = a->job.out.id_format;
    if (a->timestamp)
        a->job.records.timestamp = a->job.created >= 0 ? a->job.created : (int64_t)time(NULL);
    return kc_cli_operands(&kc_verb_fit, argc, argv, first, named, &a->job.in, e);
}

static int run(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_fit_result r;
    a->job.want_text = !a->cli.quiet && !a->cli.json;
    if (a->job.checkpoint.file)
        a->job.checkpoint.asked = kc_cli_asked();
    if (kc_job_fit_run(&a->cli.ctx, &a->job, &r, e) != 0) {
        kc_job_fit_free(&r);
        kc_cli_die();
        return -1;
    }
    kc_cli_say(r.text.p, r.text.n);
    if (r.limit_broken)
        kc_log_line(KC_LEVEL_WARNING, KC_ELIMIT, r.limit_reason);
    int code = r.limit_broken ? KC_ELIMIT : KC_OK;
    kc_job_fit_free(&r);
    return code;
}

int kc_cmd_fit(int argc, char **argv, int named)
{
    static const struct args fresh = {
        .cli = KC_CLI_INIT,
        .kmeans = KC_KMEANS_OPTS_DEFAULT,
        .job = {.algorithm = &kc_algorithm_kmeans, .out = KC_OUT_OPTS_DEFAULT, .output = "-", .records = KC_CLUSTERS_OPTS_DEFAULT,
                .parts = {.max_gap = -1, .link = NAN, .merge = NAN}, .checkpoint = {.every = KC_CHECKPOINT_EVERY, .timeout = -1},
                .max_relabel = 1, .created = -1},
    };
    static struct args a; /* too large for a small stack, and under all that a fit does */
    a = fresh;
    a.job.in = kc_cli_in_defaults();
    a.job.opts = &a.kmeans;
    a.job.checkpoint.began = kc_clock_now();
    a.labels = (struct kc_cli_labels){&a.job.out, &a.job.output, &a.job.summary, &a.job.prometheus, 0};
    const struct kc_cli_work w = {&kc_verb_fit, named ? &kc_verb_fit : NULL, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
