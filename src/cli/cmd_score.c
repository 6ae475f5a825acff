/* The verb score: judge a labelling. */
#include <string.h>
#include "cli/cli.h"
#include "job/score.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_score job;
} args;

static const struct args defaults = {.job = {.in = KC_IN_DEFAULTS, .worst = 10, .output = "-"}};

#define AT(member) offsetof(struct args, member)

static const struct kc_option scoring[] = {
    {.name = "gold", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.gold.file),
     .help = "compare with the labels in FILE, which are known to be right"},
    {0}};

static const struct kc_option telling[] = {
    {.name = "worst", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.worst), .most = UINT32_MAX,
     .help = "list at most N rows, clusters or pairs of each kind that lower the figures"},
    {.name = "near-duplicates", .arg = "S", .type = KC_OPTION_REAL, .at = AT(job.duplicates),
     .marks = KC_OPTION_OPEN_LOW, .high = 1, .off = "off", .shown = "off",
     .expected = "a similarity above 0 and up to 1, such as 0.98",
     .help = "list pairs of rows that are at least S similar and in different clusters"},
    {.name = "max-memory", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(job.max_memory), .off = "off",
     .help = "use at most SIZE of memory: vectors that do not fit are streamed in passes"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.name = "json", .type = KC_OPTION_FLAG, .at = AT(job.json), .set = 1,
     .help = "write one JSON object instead of text, as an output that ends in .json has it"},
    {.name = "report", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.report), .marks = KC_OPTION_NO_STDIO,
     .help = "write one HTML file to FILE that shows the figures, a map of the rows "
             "and, with --gold, where the labels differ"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Scoring:", .rows = scoring},
    {.rows = kc_labels_file_options, .at = AT(job.labels)},
    {.rows = kc_gold_file_options, .at = AT(job.gold)},
    {.rows = telling},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "On the ranks of MPI (kclust-mpi):", .rows = kc_ranks_options, .at = AT(job.in)},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

/* Find out what to read, and check that at most one input is standard input. */
static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_score *j = &a->job;
    if (first == argc)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (LABELS is missing; see kclust score --help)",
                          v->synopsis);
    if (kc_cli_no_empty(argc, argv, first, e) != 0 || kc_cli_check_suffix(j->report, "--report", "html/htm", e) != 0 ||
        kc_cli_report_format(j->output, &j->json, e) != 0)
        return -1;
    j->labels.file = argv[first++];
    j->vectors = first < argc || !j->gold.file;
    int inputs = strcmp(j->labels.file, "-") == 0;
    inputs += j->gold.file && strcmp(j->gold.file, "-") == 0;
    inputs += j->in.terms_file && strcmp(j->in.terms_file, "-") == 0;
    inputs += j->vectors && first == argc;
    if (j->duplicates > 0 && !j->vectors)
        return kc_err_set(e, KC_EUSAGE, "--near-duplicates needs the vectors: kclust score LABELS FILE");
    for (int i = first; i < argc; i++)
        inputs += strcmp(argv[i], "-") == 0;
    if (inputs > 1 && j->vectors && first == argc)
        return kc_err_set(e, KC_EUSAGE, "no vectors and no --gold: standard input can be only one of the inputs");
    if (inputs > 1)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    return j->vectors ? kc_cli_operands(v, argc, argv, first, named, &j->in, e) : 0;
}

static int run_score(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_score_run(&a->cli.ctx, &a->job, e);
}

const struct kc_verb kc_verb_score = {
    .name = "score",
    .synopsis = "score [OPTION]... LABELS [FILE]...",
    .brief = "how good a labelling is",
    .examples =
        "  Judge a clustering by the vectors:\n"
        "    kclust score clusters.tsv words.jsonl\n"
        "  Compare it with labels that are known to be right:\n"
        "    kclust score --gold topics.txt clusters.tsv words.jsonl\n"
        "  List near-duplicates that are in different clusters:\n"
        "    kclust score --near-duplicates 0.98 clusters.tsv words.jsonl\n"
        "  Read one figure in a script:\n"
        "    kclust score --json clusters.tsv words.jsonl | jq .silhouette\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_score,
    .on_ranks = 1,
};
