/* The verb merge: add up what assign --tally has written of the shards of the rows. */
#include <string.h>
#include "cli/cli.h"
#include "cli/messages.h"
#include "io/lock.h"
#include "job/merge.h"

static struct args {
    struct kc_cli cli;
    struct kc_job_merge job;
} args;

static const struct args defaults = {.job = {.lock_timeout = KC_LOCK_TIMEOUT}};

#define AT(member) offsetof(struct args, member)

static const struct kc_option merging[] = {
    {.name = "as-part", .type = KC_OPTION_FLAG, .at = AT(job.as_part), .set = 1,
     .help = "write the sum of these parts as one part, for another merge"},
    {.name = "lock-timeout", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(job.lock_timeout), .off = "off",
     .help = "wait no longer than this for another run that writes the model"},
    {0}};

static const struct kc_option writing[] = {
    {.letter = 'o', .name = "output", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.output),
     .help = "write the model to FILE, which is replaced only if the run succeeds"},
    {.letter = 's', .name = "summary", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(job.summary),
     .help = "write the summary to FILE as JSON"},
    {0}};

static const struct kc_opt_group groups[] = {
    {.heading = "Merging:", .rows = merging},
    {.heading = "Writing:", .rows = writing},
    {.heading = "Running:", .rows = kc_running_options, .at = AT(cli)},
    {0}};

/* Check the arguments and complete the job from them. */
static int check_args(void *arg, const struct kc_verb *v, int argc, char **argv, int first, int named,
                      struct kc_err *e)
{
    struct args *a = arg;
    size_t inputs = 0;
    (void)named;
    if (kc_cli_created(&a->job.created, e) != 0 || kc_cli_no_empty(argc, argv, first, e) != 0)
        return -1;
    if (!a->job.output)
        return kc_err_set(e, KC_EUSAGE, "merge needs a file for the new model, --output FILE, as in kclust %s; "
                          "clusters are united by kclust edit --merge", v->synopsis);
    if (first == argc)
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (see kclust merge --help)", v->synopsis);
    a->job.parts = (const char *const *)(argv + first);
    a->job.nparts = (size_t)(argc - first);
    for (size_t i = 0; i < a->job.nparts; i++)
        inputs += strcmp(a->job.parts[i], "-") == 0;
    if (inputs > 1)
        return kc_err_set(e, KC_EUSAGE, "standard input can be only one of the parts");
    return kc_cli_check_suffix(a->job.summary, "--summary", "json", e) != 0 ? -1 :
           kc_job_merge_check_outputs(&a->job, e);
}

static int run_merge(void *arg, struct kc_err *e)
{
    struct args *a = arg;
    struct kc_buf text = {0};
    a->job.want_text = a->cli.loudness >= 0 && !a->cli.json;
    const int rc = kc_job_merge_run(&a->cli.ctx, &a->job, &text, e);
    if (rc == 0)
        kc_cli_say(text.p, text.n);
    kc_buf_free(&text);
    return rc;
}

const struct kc_verb kc_verb_merge = {
    .name = "merge",
    .synopsis = "merge -o MODEL PART...",
    .brief = "sum the shards of assign --tally",
    .examples =
        "  Take a step of Lloyd's algorithm over shards of the rows:\n"
        "    kclust assign -q -m topics.model --tally 1.part -o 1.tsv 1.npy\n"
        "    kclust assign -q -m topics.model --tally 2.part -o 2.tsv 2.npy\n"
        "    kclust merge -o next.model 1.part 2.part\n"
        "  Add some parts up to one part, for another merge:\n"
        "    kclust merge --as-part -o both.part 1.part 2.part\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .check = check_args,
    .run = run_merge,
};
