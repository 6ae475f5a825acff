/* The verb info: describe a data or model file. */
#include "cli/cli.h"
#include "job/info.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_info job;
} args;

static const struct args defaults = {.job = {.in = KC_IN_DEFAULTS, .output = "-"}};

#define AT(member) offsetof(struct args, member)

static const struct kc_option writing[] = {
    {.name = "json", .type = KC_OPTION_FLAG, .at = AT(job.json), .set = 1,
     .help = "write one JSON object instead of text"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Writing:", .rows = writing},
    {.heading = "Reading:", .rows = kc_reading_options, .at = AT(job.in)},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    return kc_cli_operands(v, argc, argv, first, named, &a->job.in, e);
}

static int run_info(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_info_run(&a->cli.ctx, &a->job, e);
}

const struct kc_verb kc_verb_info = {
    .name = "info",
    .synopsis = "info [OPTION]... [FILE]...",
    .brief = "what a data or model file holds",
    .examples =
        "  Format, rows, dimensions, duplicates of a file:\n"
        "    kclust info words.jsonl\n"
        "  What a model holds:\n"
        "    kclust info topics.model\n"
        "  Read one figure in a script:\n"
        "    kclust info --json words.jsonl | jq .rows\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_info,
};
