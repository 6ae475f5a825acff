/* The verb update: label new rows and let the saved model learn from them. */
#include <string.h>
#include "cli/cli.h"
#include "cli/messages.h"
#include "io/lock.h"
#include "job/update.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_update job;
    struct kc_cli_drift drift;
    struct kc_cli_outputs output;
} args;

static const struct args defaults = {
    .job = {.in = KC_IN_DEFAULTS, .update = KC_UPDATE_OPTS_DEFAULT, .out = KC_OUT_OPTS_DEFAULT,
            .lock_timeout = KC_LOCK_TIMEOUT},
    .drift = {.limits = KC_DRIFT_LIMITS_DEFAULT},
    .output = {.labels = "-"},
};

static int parse_threshold(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_cli_parse_threshold(&a->job.update.threshold, value, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option updating[] = {
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.model),
     .help = "the model, which is replaced by the changed one"},
    {.name = "save", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.save), .marks = KC_OPTION_NO_STDIO,
     .help = "write the changed model to FILE instead"},
    {.letter = 'n', .name = "dry-run", .type = KC_OPTION_FLAG, .at = AT(job.dry_run), .set = 1,
     .help = "write the labels and leave the model as it is"},
    {.name = "threshold", .arg = "T", .type = KC_OPTION_OWN, .parse = parse_threshold, .shown = "outlier",
     .help = "do not let rows join that are less similar than T to the nearest centroid: outlier for far below all "
             "rows of the cluster, a similarity from -1 to 1, pN for that percentile of the cluster's own rows, or "
             "none"},
    {.name = "min-new", .arg = "N", .type = KC_OPTION_U64, .at = AT(job.update.min_new), .least = 2, .most = UINT32_MAX,
     .shown = "5, or the fit's --min-size", .help = "make no new cluster of fewer than N rows"},
    {.name = "lock-timeout", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(job.lock_timeout), .off = "off",
     .help = "wait no longer than this for another run that writes the model"},
    {.name = "late", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.late), .marks = KC_OPTION_NO_STDIO,
     .help = "write to FILE the labels of rows of earlier updates that join a cluster only now"},
    {.name = "report", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.report), .marks = KC_OPTION_NO_STDIO,
     .help = "write one HTML file to FILE that shows the changed model, and what each update brought"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Updating:", .rows = updating},
    {.heading = "Drift:", .rows = kc_drift_options, .at = AT(drift)},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = kc_model_output_options, .at = AT(output)},
    {.rows = kc_model_labels_options, .at = AT(job.out)},
    {.heading = "On the ranks of MPI (kclust-mpi):", .rows = kc_ranks_options, .at = AT(job.in)},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

/* Check the arguments and complete the job from them. */
static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    if (kc_cli_created(&a->job.created, e) != 0)
        return -1;
    if (!a->job.model)
        return kc_err_set(e, KC_EUSAGE, "update needs a model: --model FILE, as saved by fit --model");
    if (strcmp(a->job.model, "-") == 0 && !a->job.save && !a->job.dry_run)
        return kc_err_set(e, KC_EUSAGE, "update replaces the model: one from standard input needs --save FILE");
    if (kc_out_has_column(&a->job.out, KC_COL_SILHOUETTE))
        return kc_err_set(e, KC_EUSAGE, "update has no column 'silhouette': it depends on all rows together");
    if (kc_out_has_column(&a->job.out, KC_COL_PROBABILITY) || kc_out_has_column(&a->job.out, KC_COL_OUTLIER))
        return kc_err_set(e, KC_EUSAGE, "update has no columns 'probability' and 'outlier': fit --algorithm hdbscan "
                          "has them");
    if (kc_out_has_column(&a->job.out, KC_COL_PURITY))
        return kc_err_set(e, KC_EUSAGE, "update has no column 'purity': a model has no neighbours");
    if (kc_out_has_column(&a->job.out, KC_COL_STABILITY))
        return kc_err_set(e, KC_EUSAGE, "update has no column 'stability': kclust info tells that of each cluster");
    a->job.drift = a->drift.drift || a->drift.fail;
    a->job.limits = a->drift.limits;
    a->job.output = a->output.labels;
    a->job.summary = a->output.summary;
    a->job.prometheus = a->output.prometheus;
    if (kc_cli_check_labels(v, &a->job.out, a->job.output, a->job.late, e) != 0 ||
        kc_cli_other_format(v, a->job.late, "--late", KC_OUT_SUFFIXES, &a->job.out, 1, &a->job.late_format, e) != 0 ||
        kc_cli_check_suffix(a->job.summary, "--summary", "json", e) != 0 ||
        kc_cli_check_suffix(a->job.report, "--report", "html/htm", e) != 0 ||
        kc_job_update_check_outputs(&a->job, e) != 0)
        return -1;
    return kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_update(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_update_result r;
    a->job.want_text = a->cli.loudness >= 0 && !a->cli.json;
    int rc = kc_job_update_run(&a->cli.ctx, &a->job, &r, e);
    if (rc == 0) {
        kc_cli_say(r.text.p, r.text.n);
        rc = a->drift.fail && r.drifted ? KC_ELIMIT : KC_OK;
    }
    kc_job_update_free(&r);
    return rc;
}

const struct kc_verb kc_verb_update = {
    .name = "update",
    .synopsis = "update -m MODEL [FILE]...",
    .brief = "add new rows; old ids stay",
    .examples =
        "  Label new rows and let the model learn from them:\n"
        "    kclust update -m topics.model new.jsonl > labels.tsv\n"
        "  Show what would happen and leave the model as it is:\n"
        "    kclust update -n --drift -m topics.model new.jsonl > labels.tsv\n"
        "  Also write the labels of waiting rows that now have a cluster:\n"
        "    kclust update -m topics.model --late late.tsv -o labels.tsv new.jsonl\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_update,
    .on_ranks = 1,
};
