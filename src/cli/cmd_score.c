#include <string.h>
#include "cli/cli.h"
#include "job/score.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Scoring:"},
    {KC_OPT_GOLD, 0, "gold", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "compare with the labels in FILE, which are known to be right"},
    {KC_OPT_LABELS_FORMAT, 0, "labels-format", "FORMAT", "auto", 0, KC_COMPLETE_WORDS, KC_LABELS_WORDS,
     "the format of LABELS: tsv, csv or jsonl as fit writes them, or plain, one label per line; auto decides by the "
     "first line"},
    {KC_OPT_GOLD_FORMAT, 0, "gold-format", "FORMAT", "auto", 0, KC_COMPLETE_WORDS, KC_LABELS_WORDS,
     "the format of the gold labels"},
    {KC_OPT_WORST, 0, "worst", "N", "10", 0, KC_COMPLETE_NONE, 0, "list the N rows with the lowest silhouettes"},
    {KC_OPT_MAX_MEMORY, 0, "max-memory", "SIZE", "off", 0, KC_COMPLETE_NONE, 0,
     "use at most SIZE of memory: vectors that do not fit are streamed in passes"},
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    {KC_OPT_OUTPUT, 'o', "output", "FILE", "standard output", 0, KC_COMPLETE_FILE, 0,
     "write to FILE, which is replaced only if the run succeeds"},
    {KC_OPT_JSON, 0, "json", 0, 0, 0, KC_COMPLETE_NONE, 0, "write one JSON object instead of text"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_score = {
    "score", "score [OPTION]... LABELS [FILE]...", "how good a labelling is", opts, kc_cmd_score,
    "  Judge a clustering by the vectors:\n"
    "    kclust score clusters.tsv words.jsonl\n"
    "  Compare it with labels that are known to be right:\n"
    "    kclust score --gold topics.txt clusters.tsv words.jsonl\n"
    "  Read one figure in a script:\n"
    "    kclust score --json clusters.tsv words.jsonl | jq .silhouette\n",
    NULL};

struct args {
    struct kc_cli cli;
    struct kc_job_score job;
};

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    switch (id) {
    case KC_OPT_GOLD:
        a->job.gold = value;
        return 0;
    case KC_OPT_LABELS_FORMAT:
    case KC_OPT_GOLD_FORMAT:
        return kc_labels_format_by_name(value, id == KC_OPT_GOLD_FORMAT ? &a->job.gold_format
                                                                        : &a->job.labels_format) == 0
                   ? 0
                   : kc_opt_bad_word(value, KC_LABELS_WORDS, name, e);
    case KC_OPT_WORST:
        return kc_opt_u64(value, 0, UINT32_MAX, &a->job.worst, name, e);
    case KC_OPT_MAX_MEMORY:
        return kc_opt_size(value, &a->job.max_memory, name, e);
    case KC_OPT_OUTPUT:
        a->job.output = value;
        return 0;
    case KC_OPT_JSON:
        a->job.json = 1;
        return 0;
    default:
        return kc_cli_take(&a->cli, &a->job.in, id, value, name, e);
    }
}

/* What is to be read, and that only one of them is standard input. */
static int ready(void *arg, int argc, char **argv, int first, int named, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_score *j = &a->job;
    if (first == argc)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (LABELS is missing; see kclust score --help)",
                          kc_verb_score.synopsis);
    if (kc_cli_no_empty(argc, argv, first, e) != 0)
        return -1;
    j->labels = argv[first++];
    j->vectors = first < argc || !j->gold;
    int inputs = strcmp(j->labels, "-") == 0;
    inputs += j->gold && strcmp(j->gold, "-") == 0;
    inputs += j->in.terms_file && strcmp(j->in.terms_file, "-") == 0;
    inputs += j->vectors && first == argc;
    for (int i = first; i < argc; i++)
        inputs += strcmp(argv[i], "-") == 0;
    if (inputs > 1 && j->vectors && first == argc)
        return kc_err_set(e, KC_EUSAGE, "no vectors and no --gold: standard input can be only one of the inputs");
    if (inputs > 1)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    return j->vectors ? kc_cli_operands(&kc_verb_score, argc, argv, first, named, &j->in, e) : 0;
}

static int run(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_score_run(&a->cli.ctx, &a->job, e);
}

int kc_cmd_score(int argc, char **argv, int named)
{
    struct args a = {.cli = KC_CLI_INIT, .job = {.in = kc_cli_in_defaults(), .worst = 10, .output = "-"}};
    const struct kc_cli_work w = {&kc_verb_score, &kc_verb_score, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
