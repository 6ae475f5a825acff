/* Verbs and their options: one table for each verb drives parsing, --help, the completions and the manual's check. */
#ifndef KC_CLI_OPT_H
#define KC_CLI_OPT_H

#include "base/err.h"
#include "in/dataset.h"

enum kc_opt_id {
    KC_OPT_END, /* also the id of a heading, which has help text only */
    KC_OPT_K, KC_OPT_K_MIN, KC_OPT_K_MAX, KC_OPT_K_BY, KC_OPT_MIN_SIZE, KC_OPT_MAX_SIZE, KC_OPT_N_INIT,
    KC_OPT_MAX_ITER, KC_OPT_TOL, KC_OPT_SEED, KC_OPT_SAMPLE, KC_OPT_MAX_MEMORY,
    KC_OPT_CHECKPOINT, KC_OPT_CHECKPOINT_EVERY, KC_OPT_RESUME, KC_OPT_TIMEOUT,
    KC_OPT_INPUT_FORMAT, KC_OPT_DIM, KC_OPT_TENSOR, KC_OPT_TERM_FIELD, KC_OPT_VEC_FIELD, KC_OPT_HEADER, KC_OPT_RECORDS,
    KC_OPT_TERMS, KC_OPT_METADATA, KC_OPT_METADATA_KEY, KC_OPT_WHERE, KC_OPT_ON_BAD,
    KC_OPT_MAX_LINE,
    KC_OPT_OUTPUT, KC_OPT_OUTPUT_FORMAT, KC_OPT_COLUMNS, KC_OPT_ID_FORMAT, KC_OPT_ANNOTATE, KC_OPT_SUMMARY, KC_OPT_MODEL, KC_OPT_JSON,
    KC_OPT_PROMETHEUS, KC_OPT_THRESHOLD, KC_OPT_MIN_MARGIN, KC_OPT_LIKE, KC_OPT_LIKE_LABELS, KC_OPT_MAX_RELABEL, KC_OPT_SAVE, KC_OPT_DRY_RUN, KC_OPT_MIN_NEW, KC_OPT_LATE,
    KC_OPT_DRIFT, KC_OPT_FAIL_ON_DRIFT, KC_OPT_DRIFT_UNASSIGNED, KC_OPT_DRIFT_SILHOUETTE, KC_OPT_DRIFT_CV,
    KC_OPT_DRIFT_ROWS,
    KC_OPT_GROUP_BY, KC_OPT_MIN_GROUP, KC_OPT_SMALL_GROUPS, KC_OPT_MERGE_GROUPS, KC_OPT_TIME_FIELD, KC_OPT_TIME_WINDOW,
    KC_OPT_LINK, KC_OPT_MAX_GAP, KC_OPT_WEIGHT_FIELD, KC_OPT_RECENCY,
    KC_OPT_CLUSTERS, KC_OPT_CLUSTER_TYPE, KC_OPT_DOCUMENT_FIELD, KC_OPT_FACET, KC_OPT_FACET_VALUES, KC_OPT_REPRESENTATIVES,
    KC_OPT_TIMESTAMP,
    KC_OPT_KEYWORDS, KC_OPT_TEXT_FIELD, KC_OPT_STOP_WORDS,
    KC_OPT_GOLD, KC_OPT_LABELS_FORMAT, KC_OPT_GOLD_FORMAT, KC_OPT_WORST,
    KC_OPT_MATCH, KC_OPT_SPLIT, KC_OPT_SIZE_CHANGE,
    KC_OPT_THREADS, KC_OPT_QUIET, KC_OPT_VERBOSE, KC_OPT_PROGRESS, KC_OPT_LOG_FORMAT,
    KC_OPT_CONFIG, KC_OPT_PRESET, KC_OPT_SHOW_PRESET,
    KC_OPT_LIST, KC_OPT_COMPLETIONS,
    KC_OPT_HELP, KC_OPT_HELP_ALL, KC_OPT_VERSION
};

enum kc_complete { KC_COMPLETE_NONE, KC_COMPLETE_FILE, KC_COMPLETE_WORDS };

struct kc_opt {
    enum kc_opt_id id;
    char letter;           /* 0: no short form */
    const char *name;      /* NULL: no long form */
    const char *arg;       /* the argument's name; NULL: a flag */
    const char *fallback;  /* the default as shown to people; NULL: none */
    const char *env;       /* the environment variable that sets it too, or NULL */
    enum kc_complete complete;
    const char *words;     /* separated by spaces, for KC_COMPLETE_WORDS */
    const char *help;      /* one sentence without a capital and a final stop */
};

struct kc_verb {
    const char *name;
    const char *synopsis;       /* behind the program's name */
    const char *brief;          /* what it does, in a few words */
    const struct kc_opt *opts;  /* ended by a row of zeros: id KC_OPT_END without help */
    int (*run)(int argc, char **argv, int named); /* argv[0]: the verb, or the program when the verb was not named */
    const char *examples;       /* the lines that end the help: "  What it does:\n    kclust ...\n" */
    const char *basic;          /* the options that --help shows, by name, separated by spaces; NULL: all of them */
};

extern const struct kc_verb *const kc_verbs[]; /* ended by NULL; the first is the default */
const struct kc_verb *kc_verb_find(const char *name);

static inline int kc_opt_is_last(const struct kc_opt *o)
{
    return o->id == KC_OPT_END && !o->help;
}

/* Take one option; name is what the user wrote it as ("--k-min", "KCLUST_K_MIN"), for messages. */
typedef int (*kc_opt_take)(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e);

/* The environment first, then the texts of options (cli/config.h): that of KCLUST_CONFIG and those that the command line
 * names, in their order; then the rest of the command line, all through take. (KC_OPT_LOG_FORMAT comes before all others
 * too: it says how errors are told. KC_OPT_CONFIG and KC_OPT_PRESET do not come; --help and --version end the parsing,
 * with *done set to their id.) The operands are argv[*operands..argc). Values may be in *texts, which the caller frees
 * when the command is done. -1: KC_EUSAGE, or KC_ESYS for a text that cannot be read. */
struct kc_config;
int kc_opt_parse(const struct kc_verb *v, int argc, char **argv, kc_opt_take take, void *arg, int *operands,
                 enum kc_opt_id *done, struct kc_config **texts, struct kc_err *e) KC_MUST_USE;

/* Values. The message names the option and what was expected. */
int kc_opt_u64(const char *value, uint64_t least, uint64_t most, uint64_t *out, const char *name, struct kc_err *e)
    KC_MUST_USE;
int kc_opt_real(const char *value, double least, double most, double *out, const char *name, struct kc_err *e)
    KC_MUST_USE;
int kc_opt_size(const char *value, uint64_t *out, const char *name, struct kc_err *e) KC_MUST_USE;
int kc_opt_seconds(const char *value, double least, double *out, const char *name, struct kc_err *e) KC_MUST_USE; /* 90, 90s, 1.5m, 2h, 1d, 2w */
int kc_opt_bad_word(const char *value, const char *words, const char *name, struct kc_err *e) KC_MUST_USE;

/* What verbs share. */
#define KC_OPTS_READING \
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Reading:"}, \
    {KC_OPT_INPUT_FORMAT, 'i', "input-format", "FORMAT", "auto", 0, KC_COMPLETE_WORDS, KC_IN_WORDS, \
     "one of " KC_IN_WORDS "; auto detects the format from the first bytes, fvecs and bvecs also from the file name; raw " \
     "is bare float32 and needs --dim"}, \
    {KC_OPT_DIM, 0, "dim", "N", 0, 0, KC_COMPLETE_NONE, 0, "the number of values in a row of raw input"}, \
    {KC_OPT_TENSOR, 0, "tensor", "NAME", "the only matrix of floats", 0, KC_COMPLETE_NONE, 0, \
     "read the rows of this tensor of safetensors input"}, \
    {KC_OPT_TERM_FIELD, 0, "term-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0, \
     "the key of the term, or a JSON Pointer as in /meta/id; by default term, id, text, ..., the first of them that the " \
     "first record has; in csv and tsv the name or number of the column"}, \
    {KC_OPT_VEC_FIELD, 0, "vec-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0, \
     "the key or JSON Pointer of the vector; by default vec, vector, embedding, ...; in csv and tsv the columns, as in " \
     "3 or 2-"}, \
    {KC_OPT_HEADER, 0, "header", "WHEN", "auto", 0, KC_COMPLETE_WORDS, "auto yes no", \
     "whether the first line of csv and tsv names the columns; auto: if the vector's columns hold no number there"}, \
    {KC_OPT_RECORDS, 0, "records", "POINTER", 0, 0, KC_COMPLETE_NONE, 0, \
     "read the records from the array at this JSON Pointer in each JSON text, as in /data"}, \
    {KC_OPT_TERMS, 0, "terms", "FILE", 0, 0, KC_COMPLETE_FILE, 0, \
     "read the terms from FILE, one per line, instead of from the input"}, \
    {KC_OPT_METADATA, 0, "metadata", "FILE", 0, 0, KC_COMPLETE_FILE, 0, \
     "read the fields of the rows from FILE: JSONL with one record per row, or the JSON written beside a FAISS index"}, \
    {KC_OPT_METADATA_KEY, 0, "metadata-key", "FIELD", 0, 0, KC_COMPLETE_NONE, 0, \
     "match the records of the metadata to the rows by FIELD, which holds the row's term; their order does not matter"}, \
    {KC_OPT_WHERE, 0, "where", "COND", 0, 0, KC_COMPLETE_NONE, 0, \
     "read only records that meet COND: FIELD OP VALUE with =, !=, <, <=, >, >= or in, as in 'year >= 2020'; repeat to " \
     "require all"}, \
    {KC_OPT_ON_BAD, 0, "on-bad", "ACTION", "fail", 0, KC_COMPLETE_WORDS, "fail skip", \
     "fail: a bad record ends the run; skip: bad records are counted, reported and left out"}, \
    {KC_OPT_MAX_LINE, 0, "max-line", "SIZE", "16M", 0, KC_COMPLETE_NONE, 0, "the longest line or record accepted"}

/* columns: the words; and the words as a sentence has them. */
#define KC_OPTS_LABELS(columns, sentence) \
    {KC_OPT_OUTPUT, 'o', "output", "FILE", "standard output", 0, KC_COMPLETE_FILE, 0, \
     "write the labels to FILE, which is replaced only if the run succeeds"}, \
    {KC_OPT_OUTPUT_FORMAT, 'f', "output-format", "FORMAT", "tsv", 0, KC_COMPLETE_WORDS, "tsv csv jsonl", \
     "tsv (without a header), csv (with one) or jsonl"}, \
    {KC_OPT_COLUMNS, 0, "columns", "LIST", "term,cluster", 0, KC_COMPLETE_WORDS, columns, \
     "the columns and their order: " sentence ", separated by commas"}, \
    {KC_OPT_ID_FORMAT, 0, "id-format", "FORMAT", "%d", 0, KC_COMPLETE_NONE, 0, \
     "how ids are written: text with one %d in it, or %03d for at least three digits"}, \
    {KC_OPT_ANNOTATE, 0, "annotate", 0, 0, 0, KC_COMPLETE_NONE, 0, \
     "JSONL in and out: write each input record with cluster_id added and without its vector"}, \
    {KC_OPT_SUMMARY, 's', "summary", "FILE", 0, 0, KC_COMPLETE_FILE, 0, \
     "write the summary to FILE as JSON; - is standard output if --output is given"}, \
    {KC_OPT_PROMETHEUS, 0, "prometheus", "FILE", 0, 0, KC_COMPLETE_FILE, 0, \
     "write the main figures to FILE for the textfile collector of node_exporter"}

#define KC_OPTS_DRIFT \
    {KC_OPT_DRIFT, 0, "drift", 0, 0, 0, KC_COMPLETE_NONE, 0, \
     "report whether the rows still look like the rows of the fit"}, \
    {KC_OPT_FAIL_ON_DRIFT, 0, "fail-on-drift", 0, 0, 0, KC_COMPLETE_NONE, 0, \
     "exit with status 3 if one of the first three limits below is exceeded; implies --drift"}, \
    {KC_OPT_DRIFT_UNASSIGNED, 0, "drift-unassigned", "F", "0.30", 0, KC_COMPLETE_NONE, 0, \
     "the limit for the share of unassigned rows"}, \
    {KC_OPT_DRIFT_SILHOUETTE, 0, "drift-silhouette", "F", "0.15", 0, KC_COMPLETE_NONE, 0, \
     "the limit for the drop of the mean silhouette"}, \
    {KC_OPT_DRIFT_CV, 0, "drift-cv", "F", "1.5", 0, KC_COMPLETE_NONE, 0, \
     "the limit for the coefficient of variation of the cluster sizes"}, \
    {KC_OPT_DRIFT_ROWS, 0, "drift-rows", "F", "0.05", 0, KC_COMPLETE_NONE, 0, \
     "report the rows added since the fit if they exceed this share of its rows; never drift by itself"}

#define KC_OPTS_COMMON \
    {KC_OPT_CONFIG, 0, "config", "FILE", 0, "KCLUST_CONFIG", KC_COMPLETE_FILE, 0, \
     "read options from FILE, one per line, without the dashes; other options on the command line override them"}, \
    {KC_OPT_THREADS, 'j', "threads", "N", "all cores", "KCLUST_THREADS", KC_COMPLETE_NONE, 0, \
     "worker threads; the number never changes a byte of the output"}, \
    {KC_OPT_QUIET, 'q', "quiet", 0, 0, 0, KC_COMPLETE_NONE, 0, "only errors on standard error"}, \
    {KC_OPT_VERBOSE, 'v', "verbose", 0, 0, 0, KC_COMPLETE_NONE, 0, "report more about what is done and how"}, \
    {KC_OPT_PROGRESS, 0, "progress", "WHEN", "auto", 0, KC_COMPLETE_WORDS, "auto always never", \
     "show a progress bar on standard error; auto: if that is a terminal"}, \
    {KC_OPT_LOG_FORMAT, 0, "log-format", "FORMAT", "text", "KCLUST_LOG_FORMAT", KC_COMPLETE_WORDS, "text json", \
     "the format of standard error: text, or json, one object per line"}, \
    {KC_OPT_HELP, 'h', "help", 0, 0, 0, KC_COMPLETE_NONE, 0, "show a short help and exit"}, \
    {KC_OPT_HELP_ALL, 0, "help-all", 0, 0, 0, KC_COMPLETE_NONE, 0, "show all options and exit"}, \
    {KC_OPT_VERSION, 0, "version", 0, 0, 0, KC_COMPLETE_NONE, 0, "show the version and exit"}, \
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, 0}

#endif
