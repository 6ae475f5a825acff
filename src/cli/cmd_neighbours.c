/* The verb neighbours: the most similar rows of each row. */
#include <string.h>
#include "cli/cli.h"
#include "cli/messages.h"
#include "io/suffix.h"
#include "job/neighbours.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_neighbours job;
} args;

static const struct args defaults = {
    .job = {.in = KC_IN_DEFAULTS, .m = 15, .least = -2, .output = "-", .out = KC_NEAR_OPTS_DEFAULT}};

static int parse_columns(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_near_columns_parse(value, &a->job.out, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option searching[] = {
    {.name = "neighbours", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.m), .least = 1, .most = KC_NEIGHBOURS_MOST,
     .help = "list the N most similar rows of each row"},
    {.name = "min-similarity", .arg = "S", .type = KC_OPTION_REAL, .at = AT(job.least), .low = -1, .high = 1,
     .off = "off", .help = "list no row that is less similar than S"},
    {.name = "time-field", .arg = "FIELD", .check = kc_cli_check_field, .at = AT(job.time_field),
     .help = "the field with the time of a record, for --time-decay"},
    {.name = "time-decay", .arg = "TIME", .type = KC_OPTION_TIME, .at = AT(job.decay), .off = "off",
     .help = "let similarities fade with the time between two rows: after TIME to 37 %, as in 12h or 7d"},
    {.name = "recall", .arg = "SHARE", .type = KC_OPTION_REAL, .at = AT(job.recall), .marks = KC_OPTION_OPEN_LOW,
     .high = 1, .expected = "a share above 0 and up to 1, such as 0.97", .shown = "1 up to 200000 rows, else 0.97",
     .help = "find this share of the neighbours, measured on a sample; 1: all of them"},
    {.name = "max-memory", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(job.max_memory), .off = "off",
     .help = "use at most SIZE of memory: vectors that do not fit are streamed in passes"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.letter = 'f', .name = "output-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = AT(job.out.format),
     .words = KC_NEAR_FORMATS, .shown = "by FILE's suffix, else tsv",
     .help = "tsv and csv have a line for each neighbour, jsonl an object and npy a record for each row"},
    {.name = "columns", .arg = "LIST", .type = KC_OPTION_OWN, .parse = parse_columns, .words = KC_NEAR_WORDS,
     .shown = "term,neighbour,similarity",
     .help = "tsv, csv: the columns, some of term, neighbour, similarity, rank, row and neighbour_row"},
    {.name = "pairs", .type = KC_OPTION_FLAG, .at = AT(job.out.pairs), .set = 1,
     .help = "tsv, csv: write each pair of rows once"},
    {.name = "csv-bom", .type = KC_OPTION_FLAG, .at = AT(job.out.csv.csv_bom), .set = 1,
     .help = "csv: begin with a byte order mark, for spreadsheets"},
    {.name = "csv-safe", .type = KC_OPTION_FLAG, .at = AT(job.out.csv.csv_safe), .set = 1,
     .help = "csv: put an apostrophe before texts that a spreadsheet would take for a formula"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Searching:", .rows = searching},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static const struct kc_rule rules[] = {
    {KC_NEEDS, "time-decay", "time-field", "the times that it fades by"},
    {KC_NEEDS, "time-field", "time-decay", "what times are for here"},
    {KC_EXCLUDES, "time-decay", "recall", NULL},
    {0}};

/* Find the format by the output's name, and check the options that are not for every format. */
static int check_format(const struct kc_verb *v, struct kc_job_neighbours *j, struct kc_err *e)
{
    static const char words[] = "tsv/tab csv jsonl/ndjson npy";
    char suffix[KC_SUFFIX_MAX];
    struct kc_near_opts *o = &j->out;
    if (!kc_opt_given(v, "output-format") && *kc_suffix_of(j->output, suffix) != '\0' && strcmp(suffix, "txt") != 0) {
        int which = kc_suffix_find(words, suffix);
        if (which < 0)
            return kc_suffix_refuse(j->output, "--output", words, "--output-format writes any of them to any name", e);
        o->format = (enum kc_out_format)which;
    }
    if ((o->format == KC_OUT_JSONL || o->format == KC_OUT_NPY) && (o->pairs || kc_opt_given(v, "columns")))
        return kc_err_set(e, KC_EUSAGE, "%s is for tsv and csv: jsonl and npy have one %s for each row",
                          o->pairs ? "--pairs" : "--columns", o->format == KC_OUT_JSONL ? "object" : "record");
    if (o->format != KC_OUT_CSV && (o->csv.csv_bom || o->csv.csv_safe))
        return kc_err_set(e, KC_EUSAGE, "%s is for csv: -f csv, or an output that ends in .csv",
                          o->csv.csv_bom ? "--csv-bom" : "--csv-safe");
    return 0;
}

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    return check_format(v, &a->job, e) != 0 ? -1 : kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_neighbours(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    struct kc_buf summary = {0};
    int rc = kc_job_neighbours_run(&a->cli.ctx, &a->job, &summary, e);
    if (rc == 0 && a->cli.loudness >= 0 && !a->cli.json)
        kc_cli_say(summary.p, summary.n);
    kc_buf_free(&summary);
    return rc;
}

const struct kc_verb kc_verb_neighbours = {
    .name = "neighbours",
    .synopsis = "neighbours [OPTION]... [FILE]...",
    .brief = "the most similar rows of each row",
    .examples =
        "  The five nearest words of each word:\n"
        "    kclust neighbours --neighbours 5 words.jsonl\n"
        "  Near-duplicates, each pair once:\n"
        "    kclust neighbours --min-similarity 0.95 --pairs words.jsonl > pairs.tsv\n"
        "  A graph for numpy: g[\"row\"] and g[\"similarity\"] are arrays of n x 15:\n"
        "    kclust neighbours -o graph.npy words.jsonl\n",
    .groups = groups,
    .rules = rules,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_neighbours,
};
