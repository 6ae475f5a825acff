/* Options of the verb fit about a struct kc_job_fit: what becomes of rows, centroids to start from, words and
 * labels, tables over time, and long work. The others are in cmd_fit.c. */
#include <string.h>
#include "cli/cli.h"
#include "job/fit.h"
#include "text/keywords.h"
#include "text/languages.h"

#define AT(member) offsetof(struct kc_job_fit, member)

static int parse_threshold(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_fit *j = base;
    return kc_cli_parse_threshold(&j->threshold, value, name, e);
}

const struct kc_option kc_fit_rows_options[] = {
    {.name = "space", .arg = "SPACE", .type = KC_OPTION_OWN, .parse = kc_job_fit_parse_space,
     .text = kc_job_fit_space_text, .words = "cosine graph pca:50 svd:50", .off = "cosine", .shown = "cosine",
     .help = "cluster the rows by the cosine, or graph: by coordinates of the graph of their nearest neighbours, which "
             "tell apart what lies in one cloud; graph:N for N of them instead of 40; or pca:N or svd:N: by their N "
             "principal components, or leading singular vectors"},
    {.name = "levels", .arg = "LIST", .type = KC_OPTION_OWN, .parse = kc_job_fit_parse_levels,
     .text = kc_job_fit_levels_text, .words = "all", .shown = "",
     .help = "add coarser levels of clusters, one within the other, with so many clusters, as in 5,20,80; all: the "
             "layers of --algorithm hdbscan. They are columns level1, ... of the labels"},
    {.name = "min-children", .arg = "N", .type = KC_OPTION_U64, .at = AT(min_children), .least = 1,
     .help = "let a cluster of a level have at least N clusters of the fit"},
    {.name = "reduce-to", .arg = "N", .type = KC_OPTION_U64, .at = AT(reduce_to), .least = 1, .most = UINT32_MAX / 2,
     .off = "off", .help = "unite clusters until N are left"},
    {.name = "resamples", .arg = "N", .type = KC_OPTION_U64, .at = AT(resamples), .least = 1, .most = 10000,
     .off = "off", .help = "report each cluster's stability: how much of it comes back when N random resamples of the "
                           "rows are clustered"},
    {.name = "test-structure", .type = KC_OPTION_FLAG, .at = AT(test_structure), .set = 1,
     .help = "exit with status 3 if the rows have no more structure than Gaussian ones"},
    {.name = "pairs", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(pairs), .marks = KC_OPTION_NO_STDIO,
     .help = "keep pairs of rows in one cluster, or apart: FILE has lines TERM, TERM, must or cannot, as tsv, csv or "
             "jsonl"},
    {.name = "pairs-by", .arg = "WHAT", .type = KC_OPTION_WORD, .at = AT(pairs_by_row), .words = "term row",
     .help = "what names the rows in the file of --pairs: their terms, or their numbers from 0"},
    {.name = "centroids", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(centroids), .marks = KC_OPTION_NO_STDIO,
     .help = "start from the vectors in FILE, one for each cluster, instead of choosing k and seeds"},
    {.name = "threshold", .arg = "T", .type = KC_OPTION_OWN, .parse = parse_threshold, .shown = "none",
     .help = "leave rows unassigned (-1) that are less similar than T to their centroid: a similarity from -1 to 1, pN "
             "for that percentile of the cluster's rows, as in p5, or outlier for far below the others"},
    {.name = "min-margin", .arg = "F", .type = KC_OPTION_REAL, .at = AT(min_margin), .high = 2, .shown = "none",
     .help = "leave rows with a margin below F unassigned (-1)"},
    {.name = "min-purity", .arg = "F", .type = KC_OPTION_REAL, .at = AT(min_purity), .high = 1, .shown = "none",
     .help = "leave rows unassigned (-1) if less than this share of their 15 nearest neighbours is in their cluster"},
    {0}};

/* Parse the name of a file, or "none", which drops the built-in stop words. The option may be given twice, for both. */
static int parse_stop_words(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_fit *j = base;
    (void)name;
    (void)e;
    if (strcmp(value, "none") == 0)
        j->no_stop_words = 1;
    else
        j->stop_words = value;
    return 0;
}

static int parse_languages(void *base, const char *value, const char *name, struct kc_err *e)
{
    return kc_languages_parse(value, name, &((struct kc_job_fit *)base)->languages, e);
}

const struct kc_option kc_fit_words_options[] = {
    {.name = "keywords", .arg = "N", .type = KC_OPTION_U64, .at = AT(keywords), .least = 1,
     .most = KC_KEYWORDS_MOST, .off = "off", .marks = KC_OPTION_BASIC,
     .help = "find the N words and word pairs of the terms that set each cluster apart, and make a label of them"},
    {.name = "text-field", .arg = "FIELD", .at = AT(text_field), .check = kc_cli_check_field,
     .help = "read the words from this field of the records, a key or JSON Pointer, instead of from the terms"},
    {.name = "stop-words", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(stop_words), .parse = parse_stop_words,
     .help = "words that are never keywords, one per line, in addition to the built-in ones; none: drop the built-in "
             "ones"},
    {.name = "language", .arg = "LIST", .type = KC_OPTION_OWN, .parse = parse_languages, .shown = "auto",
     .words = KC_LANGUAGE_WORDS,
     .help = "use the built-in stop words of these languages, by their codes, as in en,ru; auto: English, Vietnamese, "
             "and the languages of the texts"},
    {.name = "label-by", .arg = "FIELD", .at = AT(label_by), .check = kc_cli_check_field,
     .help = "let the label of a cluster be the term of its member with the largest value of this field, a number"},
    {0}};

const struct kc_option kc_fit_time_options[] = {
    {.name = "time-bins", .arg = "BIN", .type = KC_OPTION_WORD, .at = AT(time_bins), .words = "month week day",
     .help = "the bins of --time-table: months, weeks from Monday or days, in UTC"},
    {0}};

const struct kc_option kc_fit_ranks_options[] = {
    {.name = "shards", .type = KC_OPTION_FLAG, .at = AT(shards), .set = 1,
     .help = "each rank writes the labels of the rows that it has read, to a file of its own: labels.tsv "
             "becomes labels.0.tsv, labels.1.tsv, ..."},
    {0}};

const struct kc_option kc_fit_long_options[] = {
    {.name = "checkpoint", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(checkpoint.file),
     .marks = KC_OPTION_NO_STDIO,
     .help = "save the state of the work to FILE at intervals, on SIGUSR1, and on SIGTERM before exiting; FILE is "
             "removed when the run is complete"},
    {.name = "checkpoint-every", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(checkpoint.every),
     .help = "the least time between two saves, as in 90, 5m or 1h"},
    {.name = "resume", .type = KC_OPTION_FLAG, .at = AT(checkpoint.resume), .set = 1,
     .help = "continue from the checkpoint, if there is one, to the same result"},
    {.name = "timeout", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(checkpoint.timeout), .off = "off",
     .help = "end after this time with the best clusters so far and exit with status 3"},
    {.name = "lock-timeout", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(lock_timeout), .off = "off",
     .help = "wait no longer than this for another run that writes the model"},
    {0}};
