/* The verb suggest: which number of clusters, or which algorithm, suits the rows. */
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"
#include "job/suggest.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_suggest job;
    struct kc_buf reading;
} args;

static const struct args defaults = {
    .job = {.base = {.in = KC_IN_DEFAULTS}, .fit = KC_SUGGEST_FIT, .budget = KC_SUGGEST_BUDGET,
            .resamples = KC_SUGGEST_RESAMPLES, .output = "-"}};

#define AT(member) offsetof(struct args, member)

static const struct kc_option space[] = { /* about a struct kc_job_fit */
    {.name = "space", .arg = "SPACE", .type = KC_OPTION_OWN, .parse = kc_job_fit_parse_space,
     .text = kc_job_fit_space_text, .words = "cosine graph pca:50 svd:50", .off = "cosine", .shown = "cosine",
     .help = "cluster the rows by the cosine, or in a space, as fit does"},
    {0}};

static const struct kc_option choosing[] = {
    {.name = "algorithm", .arg = "NAME", .type = KC_OPTION_WORD, .at = AT(job.all), .words = "kmeans all",
     .help = "kmeans: try numbers of clusters, by every criterion; all: compare algorithms and spaces"},
    {.name = "resamples", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.resamples), .most = 10000,
     .help = "judge the clusters by N resamples of the rows; 0: do not"},
    {.name = "budget", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(job.budget), .low = 0,
     .help = "with --algorithm all, begin with no further one after TIME, as in 30, 10m or 2h"},
    {.name = "gold", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.gold.file),
     .help = "with --algorithm all, compare by the labels in FILE, which are known to be right; it may have some of "
             "the rows only"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.name = "json", .type = KC_OPTION_FLAG, .at = AT(job.json), .set = 1,
     .help = "write one JSON object instead of text, as an output that ends in .json has it"},
    {.name = "report", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.report), .marks = KC_OPTION_NO_STDIO,
     .help = "write one HTML file to FILE that shows what each k scored, and "
             "the clusters at the chosen one"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Choosing:", .rows = kc_kmeans_k_options, .at = AT(job.fit)},
    {.rows = space, .at = AT(job.base)},
    {.rows = choosing},
    {.rows = kc_gold_file_options, .at = AT(job.gold)},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.base.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static const struct kc_rule rules[] = {
    {KC_NEEDS, "gold-format gold-label-field gold-term-field", "gold", "the file of labels"},
    {0}};

/* Return 1 if the argument is an option on reading, or a file of options; *value: 1 if its value is the next
 * argument. */
static int is_reading(const char *arg, int *value)
{
    const struct kc_option *o = kc_cli_which(kc_running_options, arg, value);
    return (o && o->role == KC_ROLE_CONFIG) || kc_cli_which(kc_reading_options, arg, value);
}

/* Repeat the options on reading and the operands, for the command that is suggested. */
static int repeat_reading(struct kc_buf *b, int argc, char **argv, int first, struct kc_err *e)
{
    int value;
    for (int i = 1; i < first; i++)
        if (argv[i][0] == '-' && is_reading(argv[i], &value)) {
            if (kc_cli_add_word(b, argv[i], e) != 0 ||
                (value && i + 1 < first && kc_cli_add_word(b, argv[i + 1], e) != 0))
                return -1;
            i += value;
        }
    for (int i = first; i < argc; i++)
        if (kc_cli_add_word(b, argv[i], e) != 0)
            return -1;
    return kc_buf_addc(b, '\0', e);
}

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_suggest *j = &a->job;
    int inputs = (j->gold.file && strcmp(j->gold.file, "-") == 0) + (first == argc);
    for (int i = first; i < argc; i++)
        inputs += strcmp(argv[i], "-") == 0;
    if (inputs > 1)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    if (!j->all && (j->gold.file || kc_opt_given(v, "budget")))
        return kc_err_set(e, KC_EUSAGE, "%s is for --algorithm all, which compares algorithms",
                          j->gold.file ? "--gold" : "--budget");
    if (j->all && j->report)
        return kc_err_set(e, KC_EUSAGE, "--report is not for --algorithm all, which judges no single k: fit --report "
                          "shows the clusters of the command that it suggests");
    if (j->all && (j->base.space != KC_FIT_COSINE || kc_opt_given(v, "resamples")))
        return kc_err_set(e, KC_EUSAGE, "%s is not for --algorithm all: %s",
                          j->base.space != KC_FIT_COSINE ? "--space" : "--resamples",
                          j->base.space != KC_FIT_COSINE ? "it tries the spaces, too" : "it judges no single clusters");
    if (kc_kmeans_check(&j->fit, e) != 0 || kc_cli_check_suffix(j->report, "--report", "html/htm", e) != 0 ||
        kc_cli_report_format(j->output, &j->json, e) != 0 ||
        kc_cli_operands(v, argc, argv, first, named, &j->base.in, e) != 0 ||
        repeat_reading(&a->reading, argc, argv, first, e) != 0)
        return -1;
    j->reading = a->reading.p;
    return 0;
}

static int run_suggest(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    int rc = kc_job_suggest_run(&a->cli.ctx, &a->job, e);
    kc_buf_free(&a->reading);
    return rc;
}

const struct kc_verb kc_verb_suggest = {
    .name = "suggest",
    .synopsis = "suggest [OPTION]... [FILE]...",
    .brief = "which k or algorithm suits the rows",
    .examples =
        "  Which k, how sure that is, and which clusters to trust:\n"
        "    kclust suggest words.jsonl\n"
        "  Compare algorithms, by some rows whose labels are known:\n"
        "    kclust suggest --algorithm all --gold labels.tsv words.jsonl\n"
        "  The k for a script:\n"
        "    kclust suggest --json words.jsonl | jq .k\n",
    .groups = groups,
    .rules = rules,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_suggest,
};
