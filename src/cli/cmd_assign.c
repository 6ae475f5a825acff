/* The verb assign: label new rows with a saved model. */
#include "cli/cli.h"
#include "cli/messages.h"
#include "job/assign.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_assign job;
    struct kc_cli_drift drift;
    struct kc_cli_outputs output;
} args;

static const struct args defaults = {
    .job = {.in = KC_IN_DEFAULTS, .assign = KC_ASSIGN_OPTS_DEFAULT, .out = KC_OUT_OPTS_DEFAULT},
    .drift = {.limits = KC_DRIFT_LIMITS_DEFAULT},
    .output = {.labels = "-"},
};

static int parse_threshold(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    return kc_cli_parse_threshold(&a->job.assign.threshold, value, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option assigning[] = {
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.model),
     .help = "the model, saved by fit -m"},
    {.name = "threshold", .arg = "T", .type = KC_OPTION_OWN, .parse = parse_threshold, .shown = "none",
     .help = "leave rows unassigned (-1) that are less similar than T to the nearest centroid: a similarity from -1 to "
             "1, pN for that percentile of the cluster's own rows, as in p5, or outlier for far below all of them"},
    {.name = "min-margin", .arg = "F", .type = KC_OPTION_REAL, .at = AT(job.assign.min_margin), .high = 2,
     .shown = "none",
     .help = "leave rows with a margin below F unassigned (-1)"},
    {.name = "tally", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.tally),
     .help = "write the model to FILE with the exact sums of these rows by cluster, for kclust merge"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Assigning:", .rows = assigning},
    {.heading = "Drift:", .rows = kc_drift_options, .at = AT(drift)},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Writing:", .rows = kc_model_output_options, .at = AT(output)},
    {.rows = kc_model_labels_options, .at = AT(job.out)},
    {.rows = kc_top_options, .at = AT(job.out)},
    {.heading = "On the ranks of MPI (kclust-mpi):", .rows = kc_ranks_options, .at = AT(job.in)},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

/* Check the arguments and complete the job from them. */
static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    if (!a->job.model)
        return kc_err_set(e, KC_EUSAGE, "assign needs a model: --model FILE, as saved by fit --model");
    if (kc_out_has_column(&a->job.out, KC_COL_SILHOUETTE))
        return kc_err_set(e, KC_EUSAGE, "assign has no column 'silhouette': it depends on all rows together");
    if (kc_out_has_column(&a->job.out, KC_COL_OUTLIER))
        return kc_err_set(e, KC_EUSAGE, "assign has no column 'outlier': fit --algorithm hdbscan has it");
    if (kc_out_has_column(&a->job.out, KC_COL_PURITY))
        return kc_err_set(e, KC_EUSAGE, "assign has no column 'purity': it is for rows that were clustered together");
    if (kc_out_has_column(&a->job.out, KC_COL_STABILITY))
        return kc_err_set(e, KC_EUSAGE, "assign has no column 'stability': kclust info tells that of each cluster");
    a->job.drift = a->drift.drift || a->drift.fail;
    a->job.limits = a->drift.limits;
    a->job.output = a->output.labels;
    a->job.summary = a->output.summary;
    a->job.prometheus = a->output.prometheus;
    if (kc_cli_check_labels(v, &a->job.out, a->job.output, NULL, e) != 0 ||
        kc_cli_check_suffix(a->job.summary, "--summary", "json", e) != 0 ||
        kc_job_assign_check_outputs(&a->job, e) != 0)
        return -1;
    return kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_assign(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_assign_result r;
    a->job.want_text = a->cli.loudness >= 0 && !a->cli.json;
    int rc = kc_job_assign_run(&a->cli.ctx, &a->job, &r, e);
    if (rc == 0) {
        kc_cli_say(r.text.p, r.text.n);
        rc = a->drift.fail && r.drifted ? KC_ELIMIT : KC_OK;
    }
    kc_job_assign_free(&r);
    return rc;
}

const struct kc_verb kc_verb_assign = {
    .name = "assign",
    .synopsis = "assign -m MODEL [FILE]...",
    .brief = "label new rows with a saved model",
    .examples =
        "  Label new rows:\n"
        "    kclust assign -m topics.model new.jsonl > labels.tsv\n"
        "  Leave rows unassigned that are unlike all rows of the fit:\n"
        "    kclust assign -m topics.model --threshold outlier new.jsonl > labels.tsv\n"
        "  Label rows as they arrive, each input record with its cluster_id:\n"
        "    cat new.jsonl | kclust assign -q -m topics.model --annotate\n"
        "  Add a shard of the rows up for a step of Lloyd's algorithm:\n"
        "    kclust assign -m topics.model --tally 1.part -o 1.tsv 1.npy\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_assign,
    .on_ranks = 1,
};
