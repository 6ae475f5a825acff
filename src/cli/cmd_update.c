#include <string.h>
#include "cli/cli.h"
#include "job/update.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Updating:"},
    {KC_OPT_MODEL, 'm', "model", "FILE", 0, 0, KC_COMPLETE_FILE, 0, "the model, which is replaced by the changed one"},
    {KC_OPT_SAVE, 0, "save", "FILE", 0, 0, KC_COMPLETE_FILE, 0, "write the changed model to FILE instead"},
    {KC_OPT_DRY_RUN, 'n', "dry-run", 0, 0, 0, KC_COMPLETE_NONE, 0, "write the labels and leave the model as it is"},
    {KC_OPT_THRESHOLD, 0, "threshold", "T", "outlier", 0, KC_COMPLETE_NONE, 0,
     "do not let rows join that are less similar than T to the nearest centroid: outlier for far below all rows of the "
     "cluster, a similarity from -1 to 1, pN for that percentile of the cluster's own rows, or none"},
    {KC_OPT_MIN_NEW, 0, "min-new", "N", "5, or the fit's --min-size", 0, KC_COMPLETE_NONE, 0,
     "make no new cluster of fewer than N rows"},
    {KC_OPT_LATE, 0, "late", "FILE", 0, 0, KC_COMPLETE_FILE, 0,
     "write to FILE the labels of rows of earlier updates that join a cluster only now"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Drift:"},
    KC_OPTS_DRIFT,
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    KC_OPTS_LABELS("term cluster similarity margin row", "term, cluster, similarity, margin and row"),
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_update = {
    "update", "update -m MODEL [FILE]...", "add new rows; old ids stay", opts, kc_cmd_update,
    "  Label new rows and let the model learn from them:\n"
    "    kclust update -m topics.model new.jsonl > labels.tsv\n"
    "  Show what would happen and leave the model as it is:\n"
    "    kclust update -n --drift -m topics.model new.jsonl > labels.tsv\n"
    "  Also write the labels of waiting rows that now have a cluster:\n"
    "    kclust update -m topics.model --late late.tsv -o labels.tsv new.jsonl\n",
    NULL};

struct args {
    struct kc_cli cli;
    struct kc_job_update job;
    struct kc_cli_labels labels;
    int fail;
};

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    int rc;
    switch (id) {
    case KC_OPT_MODEL:
        a->job.model = value;
        return 0;
    case KC_OPT_SAVE:
        a->job.save = value;
        return 0;
    case KC_OPT_DRY_RUN:
        a->job.dry_run = 1;
        return 0;
    case KC_OPT_THRESHOLD:
        return kc_cli_take_threshold(&a->job.update.threshold, value, name, e);
    case KC_OPT_MIN_NEW:
        return kc_opt_u64(value, 2, UINT32_MAX, &a->job.update.min_new, name, e);
    case KC_OPT_LATE:
        a->job.late = value;
        return 0;
    default:
        rc = kc_cli_take_labels(&a->labels, id, value, name, e);
        if (rc > 0)
            rc = kc_cli_take_drift(&a->job.limits, &a->job.drift, &a->fail, id, value, name, e);
        return rc <= 0 ? rc : kc_cli_take(&a->cli, &a->job.in, id, value, name, e);
    }
}

static int ready(void *arg, int argc, char **argv, int first, int named, struct kc_err *e)
{
    struct args *a = arg;
    if (kc_cli_created(&a->job.created, e) != 0)
        return -1;
    if (!a->job.model)
        return kc_err_set(e, KC_EUSAGE, "update needs a model: --model FILE, as saved by fit --model");
    if (strcmp(a->job.model, "-") == 0 && !a->job.save && !a->job.dry_run)
        return kc_err_set(e, KC_EUSAGE, "update replaces the model: one from standard input needs --save FILE");
    if ((a->job.save && strcmp(a->job.save, "-") == 0) || (a->job.late && strcmp(a->job.late, "-") == 0))
        return kc_err_set(e, KC_EUSAGE, "--save and --late need the name of a file: standard output is for the labels");
    if (kc_out_has_column(&a->job.out, KC_COL_SILHOUETTE))
        return kc_err_set(e, KC_EUSAGE, "update has no column 'silhouette': it depends on all rows together");
    if (kc_cli_check_labels(&a->labels, e) != 0)
        return -1;
    return kc_cli_operands(&kc_verb_update, argc, argv, first, named, &a->job.in, e);
}

static int run(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_update_result r;
    a->job.want_text = !a->cli.quiet && !a->cli.json;
    int rc = kc_job_update_run(&a->cli.ctx, &a->job, &r, e);
    if (rc == 0) {
        kc_cli_say(r.text.p, r.text.n);
        rc = a->fail && r.drifted ? KC_ELIMIT : KC_OK;
    }
    kc_job_update_free(&r);
    return rc;
}

int kc_cmd_update(int argc, char **argv, int named)
{
    struct args a = {
        .cli = KC_CLI_INIT,
        .job = {.in = kc_cli_in_defaults(), .update = KC_UPDATE_OPTS_DEFAULT, .out = KC_OUT_OPTS_DEFAULT,
                .output = "-", .limits = KC_DRIFT_LIMITS_DEFAULT},
    };
    a.labels = (struct kc_cli_labels){&a.job.out, &a.job.output, &a.job.summary, &a.job.prometheus, 0};
    const struct kc_cli_work w = {&kc_verb_update, &kc_verb_update, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
