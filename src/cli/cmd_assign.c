#include <string.h>
#include "base/num.h"
#include "cli/cli.h"
#include "job/assign.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Assigning:"},
    {KC_OPT_MODEL, 'm', "model", "FILE", 0, 0, KC_COMPLETE_FILE, 0, "the model, saved by fit -m"},
    {KC_OPT_THRESHOLD, 0, "threshold", "T", "none", 0, KC_COMPLETE_NONE, 0,
     "leave rows unassigned (-1) that are less similar than T to the nearest centroid: a similarity from -1 to 1, pN "
     "for that percentile of the cluster's own rows, as in p5, or outlier for far below all of them"},
    {KC_OPT_MIN_MARGIN, 0, "min-margin", "F", "none", 0, KC_COMPLETE_NONE, 0,
     "leave rows with a margin below F unassigned (-1)"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Drift:"},
    KC_OPTS_DRIFT,
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    KC_OPTS_LABELS("term cluster similarity margin row", "term, cluster, similarity, margin and row"),
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_assign = {
    "assign", "assign -m MODEL [FILE]...", "label new rows with a saved model", opts, kc_cmd_assign,
    "  Label new rows:\n"
    "    kclust assign -m topics.model new.jsonl > labels.tsv\n"
    "  Leave rows unassigned that are unlike all rows of the fit:\n"
    "    kclust assign -m topics.model --threshold outlier new.jsonl > labels.tsv\n"
    "  Label rows as they arrive, each input record with its cluster_id:\n"
    "    cat new.jsonl | kclust assign -q -m topics.model --annotate\n",
    NULL};

struct args {
    struct kc_cli cli;
    struct kc_job_assign job;
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
    case KC_OPT_THRESHOLD:
        return kc_cli_take_threshold(&a->job.assign.threshold, value, name, e);
    case KC_OPT_MIN_MARGIN:
        return kc_opt_real(value, 0, 2, &a->job.assign.min_margin, name, e);
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
    if (!a->job.model)
        return kc_err_set(e, KC_EUSAGE, "assign needs a model: --model FILE, as saved by fit --model");
    if (kc_out_has_column(&a->job.out, KC_COL_SILHOUETTE))
        return kc_err_set(e, KC_EUSAGE, "assign has no column 'silhouette': it depends on all rows together");
    if (kc_cli_check_labels(&a->labels, e) != 0)
        return -1;
    return kc_cli_operands(&kc_verb_assign, argc, argv, first, named, &a->job.in, e);
}

static int run(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_job_assign_result r;
    a->job.want_text = !a->cli.quiet && !a->cli.json;
    int rc = kc_job_assign_run(&a->cli.ctx, &a->job, &r, e);
    if (rc == 0) {
        kc_cli_say(r.text.p, r.text.n);
        rc = a->fail && r.drifted ? KC_ELIMIT : KC_OK;
    }
    kc_job_assign_free(&r);
    return rc;
}

int kc_cmd_assign(int argc, char **argv, int named)
{
    struct args a = {
        .cli = KC_CLI_INIT,
        .job = {.in = kc_cli_in_defaults(), .assign = KC_ASSIGN_OPTS_DEFAULT, .out = KC_OUT_OPTS_DEFAULT,
                .output = "-", .limits = KC_DRIFT_LIMITS_DEFAULT},
    };
    a.labels = (struct kc_cli_labels){&a.job.out, &a.job.output, &a.job.summary, &a.job.prometheus, 0};
    const struct kc_cli_work w = {&kc_verb_assign, &kc_verb_assign, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
