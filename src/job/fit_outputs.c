/* The outputs of a fit. Each has a row in two parallel tables: the option that names it, and the function that
 * writes it. A new output is a row in both; opening, comparing, committing and freeing are loops over them. */
#include "job/fit_run.h"

#define AT(output) offsetof(struct kc_job_fit, path[output])

const struct kc_option kc_fit_output_options[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_LABELS),
     .shown = "standard output", .marks = KC_OPTION_BASIC,
     .help = "write the labels to FILE, which is replaced only if the run succeeds"},
    {.letter = 's', .name = "summary", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_SUMMARY),
     .marks = KC_OPTION_BASIC, .help = "write the summary to FILE as JSON; - is standard output if --output is given"},
    {.name = "prometheus", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_PROMETHEUS),
     .marks = KC_OPTION_NO_STDIO, .help = "write the main figures to FILE for the textfile collector of node_exporter"},
    {.name = "clusters", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_CLUSTERS),
     .help = "write the clusters to FILE, one JSON object per line: members, centroid, figures, and what the options "
             "under Records of clusters add"},
    {.letter = 'm', .name = "model", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_MODEL),
     .marks = KC_OPTION_NO_STDIO | KC_OPTION_BASIC, .help = "save the model to FILE, for assign, update and --like"},
    {.name = "time-table", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_TIME_TABLE),
     .help = "write a table to FILE: the rows of each cluster in each month, week or day, and with --keywords its "
             "words then"},
    {.name = "tree", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_TREE), .marks = KC_OPTION_NO_STDIO,
     .help = "write the hierarchy to FILE: scipy's linkage matrix (.npy), Newick (.nwk) or JSON (.json)"},
    {.name = "report", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(KC_FIT_REPORT),
     .marks = KC_OPTION_NO_STDIO | KC_OPTION_BASIC,
     .help = "write one HTML file to FILE that shows the clusters: a map, tables and charts"},
    {0}};

static const struct output_writer {
    kc_fit_writer *write;
    int reports;           /* reports the times of the run, so it is written last */
    int may_replace_input; /* may replace the model of --like */
} writers[] = {
    [KC_FIT_LABELS] = {kc_fit_write_labels, 0, 0},
    [KC_FIT_SUMMARY] = {kc_fit_write_sidecar, 1, 0},
    [KC_FIT_PROMETHEUS] = {kc_fit_write_prometheus, 1, 0},
    [KC_FIT_CLUSTERS] = {kc_fit_write_clusters, 0, 0},
    [KC_FIT_MODEL] = {kc_fit_write_model, 0, 1},
    [KC_FIT_TIME_TABLE] = {kc_fit_write_time_table, 0, 0},
    [KC_FIT_TREE] = {kc_fit_write_tree, 0, 0},
    [KC_FIT_REPORT] = {kc_fit_write_page, 0, 0},
};

#define OUTPUTS (sizeof writers / sizeof *writers)
_Static_assert(OUTPUTS + 1 == sizeof kc_fit_output_options / sizeof *kc_fit_output_options, "a row for each output");
_Static_assert(OUTPUTS <= KC_FIT_OUTPUTS_MOST, "room for the outputs");

/* Fill the table of outputs. names: receives the options as people write them. */
static void list_outputs(const struct kc_job_fit *j, struct kc_output out[OUTPUTS], char (*names)[KC_OPTION_TEXT_MAX])
{
    for (size_t i = 0; i < OUTPUTS; i++) {
        kc_option_name(&kc_fit_output_options[i], names[i]);
        out[i] = (struct kc_output){.option = names[i], .path = j->path[i],
                                    .may_replace_input = writers[i].may_replace_input};
    }
}

int kc_job_fit_check_outputs(const struct kc_job_fit *j, struct kc_err *e)
{
    struct kc_output out[OUTPUTS];
    char names[OUTPUTS][KC_OPTION_TEXT_MAX];
    list_outputs(j, out, names);
    return kc_outputs_check(out, OUTPUTS, e);
}

int kc_fit_open_outputs(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    list_outputs(j, run->output, run->output_name);
    run->noutputs = OUTPUTS;
    if (j->shards)
        run->output[KC_FIT_LABELS].path = run->shard.p;
    /* the checkpoint, which is open already, must not be one of the outputs either */
    run->output[OUTPUTS] = (struct kc_output){
        .option = "--checkpoint", .f = kc_checkpoint_file(run->checkpoint),
        .may_replace_input = 1};
    int rc = kc_outputs_open(run->output, OUTPUTS + 1, e) != 0 ||
             kc_outputs_none_is(run->output, OUTPUTS + 1, j->like, "--like", e) != 0 ? -1 : 0;
    run->output[OUTPUTS].f = NULL; /* it stays the checkpoint's */
    return rc;
}

/* Write the outputs that are reports (1), or all others (0). */
static int write_outputs(const struct kc_job_fit *j, struct kc_job_run *run, int reports, struct kc_err *e)
{
    for (size_t i = 0; i < OUTPUTS; i++)
        if (run->output[i].f && writers[i].reports == reports && writers[i].write(j, run, run->output[i].f, e) != 0)
            return -1;
    return 0;
}

int kc_fit_write_work(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_err *e)
{
    return write_outputs(j, run, 0, e);
}

int kc_fit_write_reports(const struct kc_job_fit *j, struct kc_job_run *run, struct kc_buf *text, struct kc_err *e)
{
    if (write_outputs(j, run, 1, e) != 0)
        return -1;
    /* made before anything is replaced: after that, memory must not run out */
    const struct kc_report report = kc_fit_report(j, run);
    return text && (kc_fit_plot(j, run, text, e) != 0 || kc_out_summary(text, &report, e) != 0) ? -1 : 0;
}
