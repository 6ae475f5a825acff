/* The verb why: why a row is where it is. */
#include "cli/cli.h"
#include "core/graph/neighbours.h"
#include "job/why.h"
#include "text/keywords.h"
#include "text/languages.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_why job;
} args;

static const struct args defaults = {.job = {.in = KC_IN_DEFAULTS, .assign = KC_ASSIGN_OPTS_DEFAULT, .top = 5,
                                             .neighbours = 10, .keywords = 20, .output = "-"}};

static int parse_row(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_why *j = &((struct args *)base)->job;
    if (!*value)
        return kc_value_bad(value, "a row number or a term", name, e);
    if (j->nrows == KC_WHY_ROWS_MOST)
        return kc_err_set(e, KC_EUSAGE, "%s: more than %d rows", name, KC_WHY_ROWS_MOST);
    j->row[j->nrows++] = value;
    return 0;
}

static int parse_threshold(void *base, const char *value, const char *name, struct kc_err *e)
{
    return kc_cli_parse_threshold(&((struct args *)base)->job.assign.threshold, value, name, e);
}

static int parse_languages(void *base, const char *value, const char *name, struct kc_err *e)
{
    return kc_languages_parse(value, name, &((struct args *)base)->job.languages, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option asking[] = {
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.model),
     .help = "the model, saved by fit -m"},
    {.name = "row", .arg = "N|TERM", .type = KC_OPTION_OWN, .parse = parse_row, .shown = "the only row",
     .help = "explain the row with this term, or with this number, from 0 (#N if N is also a term); repeat for more "
             "rows"},
    {.name = "threshold", .arg = "T", .type = KC_OPTION_OWN, .parse = parse_threshold, .shown = "none",
     .help = "the threshold, as of assign: a similarity, pN or outlier"},
    {.name = "min-margin", .arg = "F", .type = KC_OPTION_REAL, .at = AT(job.assign.min_margin), .high = 2,
     .shown = "none", .help = "the least margin, as of assign"},
    {0}};

static const struct kc_option telling[] = {
    {.name = "top", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.top), .least = 1, .most = 1000,
     .help = "list the N nearest centroids"},
    {.name = "neighbours", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.neighbours), .least = 1,
     .most = KC_NEIGHBOURS_MOST, .help = "list the N most similar rows"},
    {.name = "keywords", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.keywords), .most = KC_KEYWORDS_MOST,
     .off = "off", .help = "compare the row's words with the N best keywords of its cluster and of the next"},
    {.name = "text-field", .arg = "FIELD", .at = AT(job.text_field), .check = kc_cli_check_field,
     .help = "read the words from this field of the records, a key or JSON Pointer, instead of from the terms"},
    {.name = "language", .arg = "LIST", .type = KC_OPTION_OWN, .parse = parse_languages, .shown = "auto",
     .words = KC_LANGUAGE_WORDS, .help = "use the built-in stop words of these languages, as in fit"},
    {.name = "max-memory", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(job.max_memory), .off = "off",
     .help = "use at most SIZE of memory: vectors that do not fit are streamed in passes"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.name = "json", .type = KC_OPTION_FLAG, .at = AT(job.json), .set = 1,
     .help = "write one JSON object instead of text, as an output that ends in .json has it"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Asking:", .rows = asking},
    {.heading = "Telling:", .rows = telling},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    if (!a->job.model)
        return kc_err_set(e, KC_EUSAGE, "why needs a model: --model FILE, as saved by fit --model");
    if (a->job.keywords == 0 && a->job.text_field)
        return kc_err_set(e, KC_EUSAGE, "--text-field needs keywords: --keywords N");
    return kc_cli_report_format(a->job.output, &a->job.json, e) != 0 ? -1 :
           kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_why(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_why_run(&a->cli.ctx, &a->job, e);
}

const struct kc_verb kc_verb_why = {
    .name = "why",
    .synopsis = "why -m MODEL --row ROW [FILE]...",
    .brief = "why a row is in its cluster",
    .examples =
        "  What speaks for the cluster of a row, by its term:\n"
        "    kclust why -m topics.model --row 'wage theft' words.jsonl\n"
        "  The same of a row that is below a threshold, by its number:\n"
        "    kclust why -m topics.model --threshold p5 --row 17 words.jsonl\n"
        "  A new vector from standard input, among the rows of a file:\n"
        "    embed 'unpaid work' | kclust why -m topics.model --row 0 - words.jsonl\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_why,
};
