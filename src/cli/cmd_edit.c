/* The verb edit: correct the clusters of a model, or of a file of labels, by hand. */
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/messages.h"
#include "io/lock.h"
#include "job/edit.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_edit job;
} args;

static const struct args defaults = {.job = {.in = KC_IN_DEFAULTS, .lock_timeout = KC_LOCK_TIMEOUT}};

static int parse_merge(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_edit_parse(&a->job.edits, KC_EDIT_MERGE, value, name, e);
}

static int parse_split(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_edit_parse(&a->job.edits, KC_EDIT_SPLIT, value, name, e);
}

static int parse_rename(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_edit_parse(&a->job.edits, KC_EDIT_RENAME, value, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option editing[] = {
    {.name = "merge", .arg = "ID,ID...", .type = KC_OPTION_OWN, .parse = parse_merge, .shown = "",
     .help = "make one cluster of these; the largest keeps its id; may be repeated"},
    {.name = "split", .arg = "ID[:N]", .type = KC_OPTION_OWN, .parse = parse_split, .shown = "",
     .help = "cut a cluster into N parts, 2 by default; the largest keeps the id, the others get new ones; may be "
             "repeated"},
    {.name = "rename", .arg = "ID=NAME", .type = KC_OPTION_OWN, .parse = parse_rename, .shown = "",
     .help = "give a cluster a name; may be repeated"},
    {.letter = 'n', .name = "dry-run", .type = KC_OPTION_FLAG, .at = AT(job.dry_run), .set = 1,
     .help = "say what would be done and leave everything as it is"},
    {0}};

static const struct kc_option models[] = {
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.model),
     .help = "edit this model, which is replaced, instead of a file of labels"},
    {.name = "lock-timeout", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(job.lock_timeout), .off = "off",
     .help = "wait no longer than this for another run that writes the model"},
    {0}};

static const struct kc_option labels[] = {
    {.name = "labels-format", .arg = "FORMAT", .type = KC_OPTION_WORD, .at = AT(job.of_labels.format),
     .words = KC_LABELS_WORDS,
     .help = "the format of LABELS: tsv, csv, jsonl or npy, or plain, one label per line; auto decides by the first "
             "lines"},
    {.name = "label-field", .arg = "FIELD", .at = AT(job.of_labels.label_field),
     .help = "the column (name or number) or field of the labels in LABELS"},
    {.name = "label-term-field", .arg = "FIELD", .at = AT(job.of_labels.own_term_field),
     .help = "the column or field of the terms in LABELS"},
    {.name = "name-field", .arg = "FIELD", .at = AT(job.name_field),
     .help = "the column or field of the clusters' names in LABELS, which --rename sets; by default cluster_label, "
             "cluster_name, ..., the first that is there"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "the model itself; of labels standard output",
     .help = "write the model, or the labels, to FILE, which is replaced only if the run succeeds"},
    {.letter = 's', .name = "summary", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.summary),
     .help = "write the summary to FILE as JSON; - is standard output if --output is given"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Editing:", .rows = editing},
    {.heading = "Models:", .rows = models},
    {.heading = "Labels:", .rows = labels},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static const struct kc_rule rules[] = {
    {KC_NEEDS, "lock-timeout", "model", "the file that is locked"},
    {KC_EXCLUDES, "model", "labels-format label-field label-term-field name-field", "a model has no columns"},
    {KC_EXCLUDES, "dry-run", "output", NULL},
    {0}};

/* Find out what is edited and what has the rows, and check that at most one of them is standard input. */
static int find_inputs(struct kc_job_edit *j, const struct kc_verb *v, int argc, char **argv, int *first,
                       struct kc_err *e)
{
    const size_t splits = kc_edit_count(&j->edits, KC_EDIT_SPLIT);
    if (!j->model && *first == argc && isatty(0))
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (standard input is a terminal; see kclust edit --help)",
                          v->synopsis);
    if (!j->model)
        j->labels = *first < argc ? argv[(*first)++] : "-";
    j->rows = *first < argc;
    int inputs = strcmp(j->model ? j->model : j->labels, "-") == 0;
    inputs += j->in.terms_file && strcmp(j->in.terms_file, "-") == 0;
    for (int i = *first; i < argc; i++)
        inputs += strcmp(argv[i], "-") == 0;
    if (inputs > 1)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the inputs");
    if (!j->model && splits > 0 && !j->rows)
        return kc_err_set(e, KC_EUSAGE, "--split needs the vectors of the rows: kclust edit --split ID LABELS FILE");
    if (j->rows && splits == 0 && (!j->model || kc_edit_count(&j->edits, KC_EDIT_MERGE) == 0))
        return kc_err_set(e, KC_EUSAGE, "%.200s: vectors are for --split%s", argv[*first],
                          j->model ? " and --merge" : "; only the file of labels is read without it");
    return 0;
}

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_edit *j = &a->job;
    if (j->edits.n == 0)
        return kc_err_set(e, KC_EUSAGE, "nothing to do: edit needs --merge, --split or --rename");
    if (j->model && strcmp(j->model, "-") == 0 && !j->output && !j->dry_run)
        return kc_err_set(e, KC_EUSAGE, "edit replaces the model: one from standard input needs --output FILE");
    if (kc_cli_created(&j->created, e) != 0 || kc_cli_no_empty(argc, argv, first, e) != 0 ||
        kc_cli_check_suffix(j->summary, "--summary", "json", e) != 0 || kc_job_edit_check_outputs(j, e) != 0 ||
        find_inputs(j, v, argc, argv, &first, e) != 0)
        return -1;
    return j->rows ? kc_cli_operands(v, argc, argv, first, named, &j->in, e) : 0;
}

static int run_edit(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    struct kc_buf text = {0};
    const int rc = kc_job_edit_run(&a->cli.ctx, &a->job, &text, e);
    if (rc == 0 && a->cli.loudness >= 0 && !a->cli.json)
        kc_cli_say(text.p, text.n);
    kc_buf_free(&text);
    return rc;
}

const struct kc_verb kc_verb_edit = {
    .name = "edit",
    .synopsis = "edit -m MODEL|LABELS [FILE]...",
    .brief = "correct clusters by hand",
    .examples =
        "  Unite two clusters of a model and name the union:\n"
        "    kclust edit -m topics.model --merge 3,7 --rename 3=Travel\n"
        "  Cut a cluster in two, by the rows of the fit:\n"
        "    kclust edit -m topics.model --split 5 words.jsonl\n"
        "  Correct a file of labels:\n"
        "    kclust edit --merge 3,7 clusters.tsv > corrected.tsv\n",
    .groups = groups,
    .rules = rules,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_edit,
};
