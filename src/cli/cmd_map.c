/* The verb map: two or three coordinates of each row. */
#include "cli/cli.h"
#include "cli/messages.h"
#include "job/map.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_map job;
} args;

static const struct args defaults = {.job = {.in = KC_IN_DEFAULTS, .components = 2, .output = "-"}};

static int parse_columns(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    a->job.columns_given = 1;
    return kc_place_columns_parse(value, &a->job.out, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option mapping[] = {
    {.name = "method", .arg = "METHOD", .type = KC_OPTION_WORD, .at = AT(job.method), .words = "tsne pca",
     .help = "tsne keeps the neighbours of each row (t-SNE), pca the directions in which the rows differ most "
             "(principal components)"},
    {.name = "components", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.components), .least = 2, .most = 3,
     .help = "give each row N coordinates, 2 or 3"},
    {.name = "exaggeration", .arg = "X", .type = KC_OPTION_REAL, .at = AT(job.exaggeration), .low = 1, .high = 100,
     .off = "auto", .shown = "1 up to 20000 rows, rising to 4 at 500000",
     .help = "let neighbours attract each other X times as much: 1 fills the map evenly, 4 makes tight islands, as "
             "UMAP does"},
    {.name = "perplexity", .arg = "P", .type = KC_OPTION_REAL, .at = AT(job.perplexity), .low = 1,
     .high = KC_MAP_NEIGHBOURS, .off = "auto", .shown = "22",
     .help = "let about P neighbours of each row count, of the 32 that are found; at most a third of the rows"},
    {.name = "recall", .arg = "SHARE", .type = KC_OPTION_REAL, .at = AT(job.recall), .marks = KC_OPTION_OPEN_LOW,
     .high = 1, .expected = "a share above 0 and up to 1, such as 0.97", .shown = "1 up to 200000 rows, else 0.97",
     .help = "find this share of the neighbours, measured on a sample; 1: all of them"},
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.model),
     .help = "place the rows on the map in FILE, saved by --save-map, beside the rows they are most similar to; those "
             "stay where they are"},
    {.name = "max-memory", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(job.max_memory), .off = "off",
     .help = "use at most SIZE of memory: vectors that do not fit are streamed in passes"},
    {0}};

static const struct kc_option labelling[] = {
    {.name = "labels", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.labels.file),
     .help = "add the cluster of each row, from labels that fit has written, or similar ones"},
    {.name = "labels-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = AT(job.labels.format),
     .words = KC_LABELS_WORDS,
     .help = "the format of the labels: tsv, csv, jsonl or npy, or plain, one label per line; auto decides by the "
             "first lines"},
    {.name = "label-field", .arg = "FIELD", .at = AT(job.labels.label_field),
     .help = "the column (name or number) or field of the clusters in the labels"},
    {.name = "label-term-field", .arg = "FIELD", .at = AT(job.labels.term_field),
     .help = "the column or field of the terms in the labels"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.letter = 'f', .name = "output-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = AT(job.out.format),
     .words = KC_OUT_WORDS, .shown = "by FILE's suffix, else tsv",
     .help = "write tsv, csv, jsonl, npy (an array of the coordinates alone) or parquet"},
    {.name = "columns", .arg = "LIST", .type = KC_OPTION_OWN, .parse = parse_columns, .words = KC_PLACE_WORDS,
     .shown = "those that there are, but row",
     .help = "all but npy: the columns, some of term, x, y, z, cluster, label and row"},
    {.name = "save-map", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.save),
     .help = "save the map to FILE, for --model: the rows and their places"},
    {.name = "csv-bom", .type = KC_OPTION_FLAG, .at = AT(job.out.csv.csv_bom), .set = 1,
     .help = "csv: begin with a byte order mark, for spreadsheets"},
    {.name = "csv-safe", .type = KC_OPTION_FLAG, .at = AT(job.out.csv.csv_safe), .set = 1,
     .help = "csv: put an apostrophe before texts that a spreadsheet would take for a formula"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Mapping:", .rows = mapping},
    {.heading = "Labelling:", .rows = labelling},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static const struct kc_rule rules[] = {
    {KC_EXCLUDES, "model", "method components exaggeration perplexity recall save-map max-memory",
     "the map is there already"},
    {KC_EXCLUDES, "model", "labels", "rows are placed as they arrive; kclust assign gives them clusters"},
    {KC_NEEDS, "labels-format label-field label-term-field", "labels", "the file that they are about"},
    {0}};

/* Check the options that are not for every method. */
static int check_method(const struct kc_verb *v, const struct kc_job_map *j, struct kc_err *e)
{
    static const char *const of_tsne[] = {"exaggeration", "perplexity", "recall"};
    for (size_t i = 0; j->method == KC_MAP_PCA && i < sizeof of_tsne / sizeof *of_tsne; i++)
        if (kc_opt_given(v, of_tsne[i]))
            return kc_err_set(e, KC_EUSAGE, "--%s is for --method tsne: principal components know no neighbours",
                              of_tsne[i]);
    return 0;
}

/* Find the format by the output's name, and check the options that are not for every format. */
static int check_format(const struct kc_verb *v, struct kc_job_map *j, struct kc_err *e)
{
    struct kc_place_opts *o = &j->out;
    if (!kc_opt_given(v, "output-format") &&
        kc_out_format_by_suffix(j->output, "--output", KC_OUT_SUFFIXES,
                                "--output-format writes any of them to any name", &o->format, e) != 0)
        return -1;
    if (o->format == KC_OUT_NPY && (j->columns_given || j->labels.file))
        return kc_err_set(e, KC_EUSAGE, "%s is not for npy, which has the coordinates alone",
                          j->columns_given ? "--columns" : "--labels");
    for (int c = KC_PLACE_CLUSTER; c <= KC_PLACE_LABEL; c++)
        if (!j->labels.file && kc_place_has_column(o, (enum kc_place_column)c))
            return kc_err_set(e, KC_EUSAGE, "column '%s' needs --labels FILE, which has the clusters of the rows",
                              c == KC_PLACE_CLUSTER ? "cluster" : "label");
    if (o->format != KC_OUT_CSV && (o->csv.csv_bom || o->csv.csv_safe))
        return kc_err_set(e, KC_EUSAGE, "%s is for csv: -f csv, or an output that ends in .csv",
                          o->csv.csv_bom ? "--csv-bom" : "--csv-safe");
    return 0;
}

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    return check_method(v, &a->job, e) != 0 || check_format(v, &a->job, e) != 0 ||
           kc_job_map_check_outputs(&a->job, e) != 0 ? -1 :
           kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_map(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    struct kc_buf summary = {0};
    int rc = kc_job_map_run(&a->cli.ctx, &a->job, &summary, e);
    if (rc == 0 && a->cli.loudness >= 0 && !a->cli.json)
        kc_cli_say(summary.p, summary.n);
    kc_buf_free(&summary);
    return rc;
}

const struct kc_verb kc_verb_map = {
    .name = "map",
    .synopsis = "map [OPTION]... [FILE]...",
    .brief = "coordinates of rows for pictures",
    .examples =
        "  A map of the rows, each with its cluster:\n"
        "    kclust map --labels labels.tsv words.jsonl > map.tsv\n"
        "  The same for numpy: an array of n x 2:\n"
        "    kclust map -o map.npy words.jsonl\n"
        "  Save a map, and later place new rows on it:\n"
        "    kclust map --save-map words.map -o map.tsv words.jsonl\n"
        "    kclust map -m words.map new.jsonl > new.tsv\n",
    .groups = groups,
    .rules = rules,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_map,
};
