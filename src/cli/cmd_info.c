#include "cli/cli.h"
#include "job/info.h"

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Writing:"},
    {KC_OPT_JSON, 0, "json", 0, 0, 0, KC_COMPLETE_NONE, 0, "one JSON object instead of text"},
    KC_OPTS_READING,
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "Running:"},
    KC_OPTS_COMMON,
};

const struct kc_verb kc_verb_info = {"info", "info [OPTION]... [FILE]...", "what a data or model file holds", opts, kc_cmd_info};

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

int kc_cmd_info(int argc, char **argv, int named)
{
    struct kc_err e = KC_ERR_INIT;
    struct args a = {.cli = KC_CLI_INIT, .job = {kc_cli_in_defaults(), "-", 0}};
    enum kc_opt_id done;
    int first;
    if (kc_opt_parse(&kc_verb_info, argc, argv, take, &a, &first, &done, &e) != 0)
        return kc_cli_fail(&e);
    if (done != KC_OPT_END)
        return done == KC_OPT_HELP ? kc_cli_help(&kc_verb_info) : kc_cli_version();
    if (kc_cli_operands(&kc_verb_info, argc, argv, first, named, &a.job.in, &e) != 0)
        return kc_cli_fail(&e);
    int rc = kc_cli_start(&a.cli, &e) == 0 ? kc_job_info_run(&a.cli.ctx, &a.job, &e) : -1;
    kc_cli_stop(&a.cli);
    return rc == 0 ? KC_OK : kc_cli_fail(&e);
}
