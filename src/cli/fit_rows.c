/* Options of the verb fit about a struct kc_job_fit: what becomes of rows, centroids to start from, tables over time,
 * and long work. The others are in cmd_fit.c. */
#include "cli/cli.h"
#include "job/fit.h"

#define AT(member) offsetof(struct kc_job_fit, member)

static int parse_threshold(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_job_fit *j = base;
    return kc_cli_parse_threshold(&j->threshold, value, name, e);
}

const struct kc_option kc_fit_rows_options[] = {
    {.name = "centroids", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(centroids), .marks = KC_OPTION_NO_STDIO,
     .help = "start from the vectors in FILE, one for each cluster, instead of choosing k and seeds"},
    {.name = "threshold", .arg = "T", .type = KC_OPTION_OWN, .parse = parse_threshold, .shown = "none",
     .help = "leave rows unassigned (-1) that are less similar than T to their centroid: a similarity from -1 to 1, pN "
             "for that percentile of the cluster's rows, as in p5, or outlier for far below the others"},
    {.name = "min-margin", .arg = "F", .type = KC_OPTION_REAL, .at = AT(min_margin), .high = 2, .shown = "none",
     .help = "leave rows with a margin below F unassigned (-1)"},
    {0}};

const struct kc_option kc_fit_time_options[] = {
    {.name = "time-bins", .arg = "BIN", .type = KC_OPTION_WORD, .at = AT(time_bins), .words = "month week day",
     .help = "the bins of --time-table: months, weeks from Monday or days, in UTC"},
    {0}};

const struct kc_option kc_fit_long_options[] = {
    {.name = "checkpoint", .arg = "FILE", .type = KC_OPTION_FILE, .at = AT(checkpoint.file),
     .marks = KC_OPTION_NO_STDIO,
     .help = "save the state of the work to FILE at intervals, on SIGUSR1, and on SIGTERM before exiting; FILE is "
             "removed when the run is complete"},
    {.name = "checkpoint-every", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(checkpoint.every),
     .help = "the least time between two saves, as in 90, 5m or 1h"},
    {.name = "resume", .type = KC_OPTION_FLAG, .at = AT(checkpoint.resume), .set = 1,
     .help = "continue from the checkpoint, if there is one, to the same result"},
    {.name = "timeout", .arg = "TIME", .type = KC_OPTION_SECONDS, .at = AT(checkpoint.timeout), .off = "off",
     .help = "end after this time with the best clusters so far and exit with status 3"},
    {0}};
