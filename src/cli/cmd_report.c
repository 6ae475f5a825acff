/* The verb report: one HTML file that shows the clusters. */
#include "cli/cli.h"
#include "job/report.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_report job;
} args;

static const struct args defaults = {.job = {.view = KC_JOB_VIEW_DEFAULT, .output = "-"}};

#define AT(member) offsetof(struct args, member)

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .shown = "standard output", .help = "write to FILE, which is replaced only if the run succeeds"},
    {.name = "text-budget", .arg = "SIZE", .type = KC_OPTION_SIZE, .at = AT(job.page.text_budget), .off = "auto",
     .shown = "auto", .help = "the bytes of rows' texts in the file at most, compressed; those of a sample are kept if "
                              "there are more; auto: enough for most, at most 10M"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Files:", .rows = kc_view_files_options, .at = AT(job.view)},
    {.rows = kc_labels_file_options, .at = AT(job.view.labels)},
    {.rows = kc_view_old_options, .at = AT(job.view)},
    {.rows = kc_gold_file_options, .at = AT(job.view.gold)},
    {.heading = "Showing:", .rows = kc_view_shown_options, .at = AT(job.view)},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.view.in)},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    return kc_cli_check_suffix(a->job.output, "--output", "html/htm", e) != 0 ? -1 :
           kc_cli_view_operands(v, &a->job.view, argc, argv, first, named, e);
}

static int run_report(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_report_run(&a->cli.ctx, &a->job, e);
}

const struct kc_verb kc_verb_report = {
    .name = "report",
    .synopsis = "report LABELS [FILE]...",
    .brief = "an HTML report of the clusters",
    .examples =
        "  Labels and the vectors they are of:\n"
        "    kclust report -o report.html clusters.tsv words.jsonl\n"
        "  With what the fit has written, and the text of each row:\n"
        "    kclust report --from summary.json --text-field title -o r.html labels.tsv news.jsonl\n"
        "  A model, and what each update brought to it:\n"
        "    kclust report -m topics.model -o topics.html\n",
    .groups = groups,
    .rules = kc_view_rules,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_report,
};
