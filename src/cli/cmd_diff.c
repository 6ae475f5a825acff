#include <string.h>
#include "base/num.h"
#include "cli/cli.h"
#include "job/diff.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Comparing:"},
    {KC_OPT_MATCH, 0, "match", "F", "0.5", 0, KC_COMPLETE_NONE, 0,
     "an old cluster goes to the new one that holds more than this share of its rows (estimated for models)"},
    {KC_OPT_SPLIT, 0, "split", "F", "0.1", 0, KC_COMPLETE_NONE, 0,
     "an old cluster that goes to none is split into the new ones that hold at least this share each"},
    {KC_OPT_SIZE_CHANGE, 0, "size-change", "F", "0.1", 0, KC_COMPLETE_NONE, 0,
     "a cluster has grown or shrunk if its size changed by more than this share"},
    {KC_OPT_LABELS_FORMAT, 0, "labels-format", "FORMAT", "auto", 0, KC_COMPLETE_WORDS, KC_LABELS_WORDS,
     "the format of both files: tsv, csv or jsonl as fit writes them, or plain, one label per line; auto decides by the "
     "first line"},
    {KC_OPT_TERM_FIELD, 0, "term-field", "FIELD", 0, 0, KC_COMPLETE_NONE, 0,
     "the key of the term in jsonl, or its column in csv; by default term, id, text, ..., the first that is there"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    {KC_OPT_OUTPUT, 'o', "output", "FILE", "standard output", 0, KC_COMPLETE_FILE, 0,
     "write to FILE, which is replaced only if the run succeeds"},
    {KC_OPT_JSON, 0, "json", 0, 0, 0, KC_COMPLETE_NONE, 0, "write one JSON object instead of text"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_diff = {
    "diff", "diff [OPTION]... OLD NEW", "what became of the clusters", opts, kc_cmd_diff,
    "  Compare two labellings of the same rows:\n"
    "    kclust diff yesterday.tsv today.tsv\n"
    "  Compare two models, without their rows:\n"
    "    kclust diff yesterday.model today.model\n"
    "  List the old clusters that are gone:\n"
    "    kclust diff --json yesterday.tsv today.tsv |\n"
    "        jq '.old.clusters[] | select(.fate == \"gone\") | .id'\n",
    NULL};

struct args {
    struct kc_cli cli;
    struct kc_in_opts in; /* for its term_field */
    struct kc_job_diff job;
};

static int take_share(double *x, const char *value, const char *name, struct kc_err *e)
{
    if (kc_num_double(value, x) == 0 && *x > 0 && *x <= 1)
        return 0;
    return kc_err_set(e, KC_EUSAGE, "%s: expected a share above 0 and up to 1, such as 0.5", name);
}

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    switch (id) {
    case KC_OPT_MATCH:
        return take_share(&a->job.lineage.match, value, name, e);
    case KC_OPT_SPLIT:
        return take_share(&a->job.lineage.split, value, name, e);
    case KC_OPT_SIZE_CHANGE:
        return take_share(&a->job.lineage.size, value, name, e);
    case KC_OPT_LABELS_FORMAT:
        return kc_labels_format_by_name(value, &a->job.labels.format) == 0
                   ? 0
                   : kc_opt_bad_word(value, KC_LABELS_WORDS, name, e);
    case KC_OPT_OUTPUT:
        a->job.output = value;
        return 0;
    case KC_OPT_JSON:
        a->job.json = 1;
        return 0;
    default:
        return kc_cli_take(&a->cli, &a->in, id, value, name, e);
    }
}

static int ready(void *arg, int argc, char **argv, int first, int named, struct kc_err *e)
{
    struct args *a = arg;
    (void)named;
    if (argc - first != 2)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (%d operand%s, expected two; see kclust diff --help)",
                          kc_verb_diff.synopsis, argc - first, argc - first == 1 ? "" : "s");
    if (kc_cli_no_empty(argc, argv, first, e) != 0)
        return -1;
    a->job.old = argv[first];
    a->job.new = argv[first + 1];
    a->job.labels.term_field = a->in.term_field;
    if (strcmp(a->job.old, "-") == 0 && strcmp(a->job.new, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    return 0;
}

static int run(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    int same = 0;
    return kc_job_diff_run(&a->job, &same, e) != 0 ? -1 : same ? KC_OK : KC_ELIMIT;
}

int kc_cmd_diff(int argc, char **argv, int named)
{
    struct args a = {.cli = KC_CLI_INIT, .in = kc_cli_in_defaults(),
                     .job = {.labels = {KC_LABELS_AUTO, NULL, 1}, .lineage = KC_LINEAGE_OPTS_DEFAULT, .output = "-"}};
    const struct kc_cli_work w = {&kc_verb_diff, &kc_verb_diff, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
