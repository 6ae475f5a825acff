/* Options that several verbs share, on reading, labels, drift and running, and the checks that belong to them. */
#include <string.h>
#include <unistd.h>
#include "base/num.h"
#include "cli/cli.h"
#include "in/fields/attrs.h"
#include "in/fields/fields.h"
#include "io/suffix.h"
#include "job/align.h"

int kc_cli_check_field(const char *value, const char *name, struct kc_err *e)
{
    struct kc_path path;
    return kc_path_parse(&path, value, 0, name, e);
}

/* Check the condition now, to report its errors as usage errors; the reader parses it again. */
static int parse_where(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_in_opts *in = base;
    struct kc_where w;
    int rc = kc_where_parse(&w, value, name, e);
    kc_where_free(&w);
    if (rc == 0 && in->nwhere == KC_WHERE_MOST)
        rc = kc_err_set(e, KC_EUSAGE, "%s: more than %d conditions", name, KC_WHERE_MOST);
    if (rc == 0)
        in->where[in->nwhere++] = value;
    return rc;
}

/* Refuse the name of a file where a format is expected: files are operands. */
static int check_format(const char *value, const char *name, struct kc_err *e)
{
    if (kc_value_word(KC_IN_WORDS, value, strlen(value)) >= 0 || access(value, F_OK) != 0)
        return 0;
    return kc_err_set(e, KC_EUSAGE, "%s: '%.200s' is a file: files need no option, as in kclust %.200s", name, value,
                      value);
}

static int check_delimiter(const char *value, const char *name, struct kc_err *e)
{
    if (strcmp(value, "tab") != 0 && (strlen(value) != 1 || strchr("\"\n\r\\[]", *value)))
        return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not one character, as in ';', or tab", name, value);
    return 0;
}

static int check_pointer(const char *value, const char *name, struct kc_err *e)
{
    if (*value && *value != '/')
        return kc_err_set(e, KC_EUSAGE, "%s: a JSON Pointer is empty or starts with '/', as in /data", name);
    return 0;
}

#define IN(member) offsetof(struct kc_in_opts, member)

const struct kc_option kc_reading_options[] = {
    {.letter = 'i', .name = "input-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = IN(format),
     .words = KC_IN_WORDS, .marks = KC_OPTION_BASIC, .check = check_format,
     .help = "one of " KC_IN_WORDS "; auto detects the format from the first bytes, fvecs and bvecs also from the file "
             "name; raw is bare float32 and needs --dim"},
    {.name = "dim", .arg = "N", .type = KC_OPTION_U64, .at = IN(dim), .least = 1, .most = KC_MAX_DIM, .shown = "",
     .help = "the number of values in a row of raw input"},
    {.name = "dims", .arg = "N", .type = KC_OPTION_U64, .at = IN(dims), .least = 1, .most = KC_MAX_DIM, .shown = "all",
     .help = "use only the first N numbers of each vector, scaled to length 1 anew (Matryoshka embeddings)"},
    {.name = "tensor", .arg = "NAME", .at = IN(tensor), .shown = "the only matrix",
     .help = "read the rows of this tensor of safetensors input, or of this array of an npz"},
    {.name = "term-field", .arg = "FIELD", .at = IN(term_field), .marks = KC_OPTION_BASIC,
     .help = "the key of the term, or a JSON Pointer as in /meta/id; by default term, id, text, ..., the first of them "
             "that the first record has; in csv and tsv the name or number of the column"},
    {.name = "vec-field", .arg = "FIELD", .at = IN(vec_field), .marks = KC_OPTION_BASIC,
     .help = "the key or JSON Pointer of the vector; by default vec, vector, embedding, ..., or the only vector; in "
             "csv and tsv a column, or several, as in 2-301, 2-, e for e0, e1, e2, or x,y,z"},
    {.name = "header", .arg = "WHEN", .type = KC_OPTION_WORD, .at = IN(header), .words = "auto yes no",
     .help = "whether the first line of csv and tsv names the columns; auto: if it has words above numbers or vectors, "
             "or nothing but words"},
    {.name = "delimiter", .arg = "C", .at = IN(delimiter), .check = check_delimiter, .shown = "by the first records",
     .help = "what separates the columns of csv: a character, or tab"},
    {.name = "tsv-dialect", .arg = "DIALECT", .type = KC_OPTION_WORD, .at = IN(dialect), .words = "auto copy csv",
     .help = "what tsv writes for tabs and line breaks in a field: copy, \\t and \\n as PostgreSQL's COPY does; csv, "
             "the field in quotes, with backslashes that stand for themselves"},
    {.name = "records", .arg = "POINTER", .at = IN(records), .check = check_pointer, .marks = KC_OPTION_BASIC,
     .help = "read the records from the array at this JSON Pointer in each JSON text, as in /data"},
    {.name = "terms", .arg = "FILE", .type = KC_OPTION_FILE, .at = IN(terms_file), .marks = KC_OPTION_BASIC,
     .help = "read the terms from FILE, one per line, instead of from the input"},
    {.name = "metadata", .arg = "FILE", .type = KC_OPTION_FILE, .at = IN(metadata), .marks = KC_OPTION_NO_STDIO,
     .help = "read the fields of the rows from FILE: JSONL, csv, tsv or Parquet with one record per row, or the JSON "
             "written beside a FAISS index"},
    {.name = "metadata-key", .arg = "FIELD", .at = IN(metadata_key),
     .help = "match the records of the metadata to the rows by FIELD, which holds the row's term; their order does not "
             "matter"},
    {.name = "where", .arg = "COND", .type = KC_OPTION_OWN, .parse = parse_where,
     .help = "read only records that meet COND: FIELD OP VALUE with =, !=, <, <=, >, >= or in, as in 'year >= 2020'; "
             "repeat to require all"},
    {.name = "on-bad", .arg = "ACTION", .type = KC_OPTION_WORD, .at = IN(skip_bad), .words = "fail skip",
     .marks = KC_OPTION_BASIC,
     .help = "fail: a bad record ends the run; skip: bad records are counted, reported and left out"},
    {.name = "max-bad", .arg = "SHARE", .type = KC_OPTION_REAL, .at = IN(max_bad), .low = 0, .high = 1,
     .help = "with --on-bad skip, the share of the records that may be bad; with more the run fails"},
    {.name = "max-line", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = IN(max_line),
     .help = "the longest line or record accepted"},
    {0}};

const struct kc_option kc_ranks_options[] = {
    {.name = "local", .type = KC_OPTION_FLAG, .at = IN(own_files), .set = 1,
     .help = "the files are this rank's own, perhaps on a disk of its own; its rows follow those of the rank before"},
    {0}};

static int parse_columns(void *base, const char *value, const char *name, struct kc_err *e)
{
    (void)name;
    return kc_out_columns_parse(value, base, e);
}

#define FILE_OF(member) offsetof(struct kc_job_labels, member)

const struct kc_option kc_labels_file_options[] = {
    {.name = "labels-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = FILE_OF(format), .words = KC_LABELS_WORDS,
     .help = "the format of LABELS: tsv, csv, jsonl or npy, or plain, one label per line; auto decides by the first "
             "lines"},
    {.name = "label-field", .arg = "FIELD", .at = FILE_OF(label_field),
     .help = "the column (name or number) or field of the labels in LABELS"},
    {.name = "label-term-field", .arg = "FIELD", .at = FILE_OF(term_field),
     .help = "the column or field of the terms in LABELS"},
    {0}};

const struct kc_option kc_gold_file_options[] = {
    {.name = "gold-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = FILE_OF(format), .words = KC_LABELS_WORDS,
     .help = "the format of the gold labels"},
    {.name = "gold-label-field", .arg = "FIELD", .at = FILE_OF(label_field),
     .help = "the column (name or number) or field of the labels in the gold labels"},
    {.name = "gold-term-field", .arg = "FIELD", .at = FILE_OF(term_field),
     .help = "the column or field of the terms in the gold labels"},
    {0}};

#define OUT(member) offsetof(struct kc_out_opts, member)
#define LABELS(columns, sentence) \
    {.letter = 'f', .name = "output-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = OUT(format), \
     .words = KC_OUT_WORDS, .marks = KC_OPTION_BASIC, .shown = "by the name of the output, else tsv", \
     .help = "tsv (without a header), csv (with one), jsonl, npy (the ids alone, as int32) or parquet"}, \
    {.name = "columns", .arg = "LIST", .type = KC_OPTION_OWN, .parse = parse_columns, .words = columns, \
     .shown = "term,cluster", .help = "the columns and their order: " sentence ", separated by commas"}, \
    {.name = "id-format", .arg = "FORMAT", .at = OUT(id_format), .check = kc_out_id_format_check, .shown = "%d", \
     .help = "how ids are written: text with one %d in it, or %03d for at least three digits"}, \
    {.name = "annotate", .type = KC_OPTION_FLAG, .at = OUT(annotate), .set = KC_RAW_INPUT, \
     .help = "write each record of JSON, csv or tsv input, in its format, with cluster_id and without the vector"}, \
    {.name = "csv-bom", .type = KC_OPTION_FLAG, .at = OUT(csv_bom), .set = 1, \
     .help = "begin csv with a byte order mark, by which spreadsheets know UTF-8"}, \
    {.name = "csv-safe", .type = KC_OPTION_FLAG, .at = OUT(csv_safe), .set = 1, \
     .help = "put an apostrophe before texts in csv that a spreadsheet would take for a formula"}, \
    {0}

const struct kc_option kc_labels_options[] = {
    LABELS("term cluster similarity margin silhouette row label purity probability outlier stability",
           "term, cluster, similarity, margin, silhouette, row, label, purity, stability, and by density probability "
           "and outlier")};
const struct kc_option kc_model_labels_options[] = {
    LABELS("term cluster similarity margin row label", "term, cluster, similarity, margin, row and label")};

const struct kc_option kc_top_options[] = {
    {.name = "top", .arg = "N", .type = KC_OPTION_U64, .at = OUT(top), .least = 1, .most = KC_TOP_MOST, .off = "off",
     .help = "add the N nearest clusters of each row and the similarities to them: as columns top1, sim1, top2, ..., "
             "in jsonl as an array"},
    {0}};

int kc_cli_other_format(const struct kc_verb *v, const char *path, const char *option, const char *words,
                        const struct kc_out_opts *labels, int of_labels, enum kc_out_format *format,
                        struct kc_err *e)
{
    struct kc_err ignored = KC_ERR_INIT;
    int any_name = of_labels && kc_opt_given(v, "output-format");
    *format = of_labels || labels->format <= KC_OUT_JSONL ? labels->format : KC_OUT_TSV;
    return !path || kc_out_format_by_suffix(path, option, words, NULL, format, any_name ? &ignored : e) == 0 ||
           any_name ? 0 : -1;
}

int kc_cli_check_labels(const struct kc_verb *v, struct kc_out_opts *o, const char *output, const char *other,
                        struct kc_err *e)
{
    int given = kc_opt_given(v, "output-format"), named;
    char suffix[KC_SUFFIX_MAX];
    if (!given && output &&
        kc_out_format_by_suffix(output, "--output", KC_OUT_SUFFIXES, "--output-format writes any of them to any name",
                                &o->format, e) != 0)
        return -1;
    int other_csv = other && strcmp(kc_suffix_of(other, suffix), "csv") == 0;
    named = given || (output && *kc_suffix_of(output, suffix) != '\0' && strcmp(suffix, "txt") != 0);
    if (o->format == KC_OUT_NPY && (kc_opt_given(v, "columns") || o->id_format || o->top > 0 ||
                                      kc_opt_given(v, "levels")))
        return kc_err_set(e, KC_EUSAGE, "npy holds the ids of the clusters alone: no --columns, --id-format, "
                          "--levels or --top");
    if ((o->csv_bom || o->csv_safe) && !other_csv && (o->annotate != KC_RAW_NONE || o->format != KC_OUT_CSV))
        return kc_err_set(e, KC_EUSAGE, o->annotate == KC_RAW_NONE ?
                          "%s is for csv: -f csv, or an output that ends in .csv" :
                          "%s is not for --annotate, which copies the records as they are",
                          o->csv_bom ? "--csv-bom" : "--csv-safe");
    if (o->annotate == KC_RAW_NONE)
        return 0;
    if (o->format == KC_OUT_NPY || o->format == KC_OUT_PARQUET)
        return kc_err_at(e, KC_EUSAGE, given ? NULL : output, 0,
                         "--annotate writes the records in the format of the input, csv, tsv or jsonl, not as %s",
                         o->format == KC_OUT_NPY ? "npy" : "parquet");
    o->annotate = o->format == KC_OUT_JSONL ? KC_RAW_JSONL : o->format == KC_OUT_CSV ? KC_RAW_CSV :
                  named ? KC_RAW_TSV : KC_RAW_INPUT;
    o->format = KC_OUT_JSONL; /* unless the input is a table */
    return 0;
}

int kc_cli_check_suffix(const char *path, const char *option, const char *words, struct kc_err *e)
{
    char suffix[KC_SUFFIX_MAX];
    if (!path || *kc_suffix_of(path, suffix) == '\0' || strcmp(suffix, "txt") == 0 ||
        kc_suffix_find(words, suffix) >= 0)
        return 0;
    return kc_suffix_refuse(path, option, words, NULL, e);
}

int kc_cli_report_format(const char *path, int *json, struct kc_err *e)
{
    char suffix[KC_SUFFIX_MAX];
    if (path && strcmp(kc_suffix_of(path, suffix), "json") == 0)
        *json = 1;
    return path && kc_suffix_find("csv tsv tab jsonl ndjson npy parquet xlsx html", suffix) >= 0 ?
           kc_suffix_refuse(path, "--output", "txt json", NULL, e) : 0;
}

#define OUTPUT(member) offsetof(struct kc_cli_outputs, member)

const struct kc_option kc_model_output_options[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = OUTPUT(labels),
     .shown = "standard output", .help = "write the labels to FILE, which is replaced only if the run succeeds"},
    {.letter = 's', .name = "summary", .arg = "FILE", .type = KC_OPTION_FILE, .at = OUTPUT(summary),
     .help = "write the summary to FILE as JSON; - is standard output if --output is given"},
    {.name = "prometheus", .arg = "FILE", .type = KC_OPTION_FILE, .at = OUTPUT(prometheus), .marks = KC_OPTION_NO_STDIO,
     .help = "write the main figures to FILE for the textfile collector of node_exporter"},
    {0}};

#define DRIFT(member) offsetof(struct kc_cli_drift, member)

const struct kc_option kc_drift_options[] = {
    {.name = "drift", .type = KC_OPTION_FLAG, .at = DRIFT(drift), .set = 1,
     .help = "report whether the rows still look like the rows of the fit"},
    {.name = "fail-on-drift", .type = KC_OPTION_FLAG, .at = DRIFT(fail), .set = 1,
     .help = "exit with status 3 if one of the first three limits below is exceeded; implies --drift"},
    {.name = "drift-unassigned", .arg = "F", .type = KC_OPTION_REAL, .at = DRIFT(limits.unassigned), .high = 1,
     .help = "the limit for the share of unassigned rows"},
    {.name = "drift-silhouette", .arg = "F", .type = KC_OPTION_REAL, .at = DRIFT(limits.silhouette), .high = 2,
     .help = "the limit for the drop of the mean silhouette"},
    {.name = "drift-cv", .arg = "F", .type = KC_OPTION_REAL, .at = DRIFT(limits.cv), .high = 1e6,
     .help = "the limit for the coefficient of variation of the cluster sizes"},
    {.name = "drift-rows", .arg = "F", .type = KC_OPTION_REAL, .at = DRIFT(limits.rows), .high = 1e6,
     .help = "report the rows added since the fit if they exceed this share of its rows; never drift by itself"},
    {0}};

#define CLI(member) offsetof(struct kc_cli, member)

const struct kc_option kc_running_options[] = {
    {.name = "config", .arg = "FILE", .type = KC_OPTION_FILE, .shown = "", .env = "KCLUST_CONFIG",
     .role = KC_ROLE_CONFIG,
     .help = "read options from FILE, one per line, without the dashes; other options on the command line override "
             "them"},
    {.letter = 'j', .name = "threads", .arg = "N", .type = KC_OPTION_U64, .at = CLI(threads), .least = 1, .most = 1024,
     .shown = "all cores", .env = "KCLUST_THREADS", .marks = KC_OPTION_BASIC,
     .help = "worker threads; the number never changes a byte of the output"},
    {.letter = 'q', .name = "quiet", .type = KC_OPTION_FLAG, .at = CLI(loudness), .set = -1, .marks = KC_OPTION_BASIC,
     .help = "only errors on standard error"},
    {.letter = 'v', .name = "verbose", .type = KC_OPTION_FLAG, .at = CLI(loudness), .set = 1, .marks = KC_OPTION_BASIC,
     .help = "report more about what is done and how"},
    {.name = "progress", .arg = "WHEN", .type = KC_OPTION_WORD, .at = CLI(progress), .words = "auto always never",
     .help = "show a progress bar on standard error; auto: if that is a terminal"},
    {.name = "log-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = CLI(json), .words = "text json",
     .env = "KCLUST_LOG_FORMAT", .role = KC_ROLE_LOG,
     .help = "the format of standard error: text, or json, one object per line"},
    {.letter = 'h', .name = "help", .type = KC_OPTION_FLAG, .role = KC_ROLE_HELP, .marks = KC_OPTION_BASIC,
     .help = "show a short help and exit"},
    {.name = "help-all", .type = KC_OPTION_FLAG, .role = KC_ROLE_HELP_ALL, .marks = KC_OPTION_BASIC,
     .help = "show all options and exit"},
    {.letter = 'V', .name = "version", .type = KC_OPTION_FLAG, .role = KC_ROLE_VERSION,
     .help = "show the version and exit"},
    {0}};

int kc_cli_parse_threshold(struct kc_threshold *t, const char *value, const char *name, struct kc_err *e)
{
    if (strcmp(value, "none") == 0 || strcmp(value, "outlier") == 0) {
        t->kind = *value == 'n' ? KC_THRESHOLD_NONE : KC_THRESHOLD_OUTLIER;
        return 0;
    }
    t->kind = *value == 'p' ? KC_THRESHOLD_PERCENTILE : KC_THRESHOLD_SIMILARITY;
    if (kc_num_double(value + (*value == 'p'), &t->value) == 0 &&
        (*value == 'p' ? t->value >= 0 && t->value <= 100 : t->value >= -1 && t->value <= 1))
        return 0;
    return kc_value_bad(value, "none, outlier, a similarity from -1 to 1, or a percentile from p0 to p100", name, e);
}
