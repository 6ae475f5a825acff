/* The verb diff: compare two labellings or two models. */
#include <string.h>
#include "cli/cli.h"
#include "job/diff.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_diff job;
} args;

static const struct args defaults = {
    .job = {.labels = {.noise = 1, .label_option = "--label-field", .term_option = "--label-term-field"},
            .lineage = KC_LINEAGE_OPTS_DEFAULT, .output = "-"},
};

#define AT(member) offsetof(struct args, member)
#define SHARE(member) \
    .arg = "F", .type = KC_OPTION_REAL, .at = AT(job.lineage.member), .high = 1, .marks = KC_OPTION_OPEN_LOW, \
    .expected = "a share above 0 and up to 1, such as 0.5"

static const struct kc_option comparing[] = {
    {.name = "match", SHARE(match),
     .help = "an old cluster goes to the new one that holds more than this share of its rows (estimated for models)"},
    {.name = "split", SHARE(split),
     .help = "an old cluster that goes to none is split into the new ones that hold at least this share each"},
    {.name = "size-change", SHARE(size),
     .help = "a cluster has grown or shrunk if its size changed by more than this share"},
    {.name = "labels-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = AT(job.labels.format),
     .words = KC_LABELS_WORDS,
     .help = "the format of both files: tsv, csv, jsonl or npy, or plain, one label per line; auto decides by the "
             "first lines"},
    {.name = "label-field", .arg = "FIELD", .at = AT(job.labels.label_field),
     .help = "the column (name or number) or field of the labels, in both files or in the one that has it"},
    {.name = "label-term-field", .arg = "FIELD", .at = AT(job.labels.own_term_field),
     .help = "the column or field of the terms, in both files or in the one that has it"},
    {.name = "term-field", .arg = "FIELD", .at = AT(job.labels.term_field),
     .help = "the key of the term in jsonl, or its column in csv; by default term, id, text, ..., the first that is "
             "there"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.name = "json", .type = KC_OPTION_FLAG, .at = AT(job.json), .set = 1,
     .help = "write one JSON object instead of text, as an output that ends in .json has it"},
    {.name = "report", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.report), .marks = KC_OPTION_NO_STDIO,
     .help = "write one HTML file to FILE that shows what the old clusters became"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Comparing:", .rows = comparing},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    (void)named;
    if (argc - first != 2)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (%d operand%s, expected two; see kclust diff --help)",
                          v->synopsis, argc - first, argc - first == 1 ? "" : "s");
    if (kc_cli_no_empty(argc, argv, first, e) != 0 ||
        kc_cli_check_suffix(a->job.report, "--report", "html/htm", e) != 0 ||
        kc_cli_report_format(a->job.output, &a->job.json, e) != 0)
        return -1;
    a->job.old = argv[first];
    a->job.new = argv[first + 1];
    if (strcmp(a->job.old, "-") == 0 && strcmp(a->job.new, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    return 0;
}

static int run_diff(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    int same = 0;
    return kc_job_diff_run(&a->cli.ctx, &a->job, &same, e) != 0 ? -1 : same ? KC_OK : KC_ELIMIT;
}

const struct kc_verb kc_verb_diff = {
    .name = "diff",
    .synopsis = "diff [OPTION]... OLD NEW",
    .brief = "what became of the clusters",
    .examples =
        "  Compare two labellings of the same rows:\n"
        "    kclust diff yesterday.tsv today.tsv\n"
        "  Compare two models, without their rows:\n"
        "    kclust diff yesterday.model today.model\n"
        "  List the old clusters that are gone:\n"
        "    kclust diff --json yesterday.tsv today.tsv |\n"
        "        jq '.old.clusters[] | select(.fate == \"gone\") | .id'\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_diff,
};
