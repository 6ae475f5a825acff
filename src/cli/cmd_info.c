#include "cli/cli.h"
#include "job/info.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    {KC_OPT_JSON, 0, "json", 0, 0, 0, KC_COMPLETE_NONE, 0, "write one JSON object instead of text"},
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_info = {
    "info", "info [OPTION]... [FILE]...", "what a data or model file holds", opts, kc_cmd_info,
    "  Format, rows, dimensions, duplicates of a file:\n"
    "    kclust info words.jsonl\n"
    "  What a model holds:\n"
    "    kclust info topics.model\n"
    "  Read one figure in a script:\n"
    "    kclust info --json words.jsonl | jq .rows\n",
    NULL};

struct args {
    struct kc_cli cli;
    struct kc_job_info job;
};

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    if (id == KC_OPT_JSON) {
        a->job.json = 1;
        return 0;
    }
    return kc_cli_take(&a->cli, &a->job.in, id, value, name, e);
}

static int ready(void *arg, int argc, char **argv, int first, int named, struct kc_err *e)
{
    struct args *a = arg;
    return kc_cli_operands(&kc_verb_info, argc, argv, first, named, &a->job.in, e);
}

static int run(void *arg, struct kc_err *e)
{
    const struct args *a = arg;
    return kc_job_info_run(&a->cli.ctx, &a->job, e);
}

int kc_cmd_info(int argc, char **argv, int named)
{
    struct args a = {.cli = KC_CLI_INIT, .job = {kc_cli_in_defaults(), "-", 0}};
    const struct kc_cli_work w = {&kc_verb_info, &kc_verb_info, take, ready, run, &a, &a.cli};
    return kc_cli_verb(&w, argc, argv, named);
}
