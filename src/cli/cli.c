/* The frame that every verb runs in: parse the options, check them, make the pool and the context, run, report the
 * error or the end. */
#include "cli/cli.h"
#include "cli/messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/num.h"
#include "base/suggest.h"
#include "cli/config.h"
#include "cli/foreign.h"
#include "core/algorithms.h"
#include "in/fields/attrs.h"
#include "io/outfile.h"
#include "par/pool.h"
#include "par/team.h"

struct kc_team *kc_cli_team;

/* Write a log line if the verbosity allows it. A kc_ctx.log. */
static void log_line(void *arg, enum kc_log level, const char *line)
{
    const struct kc_cli *c = arg;
    if (level == KC_LOG_ALWAYS || (level == KC_LOG_WARN ? c->loudness >= 0 : c->loudness > 0))
        kc_log_line(level == KC_LOG_WARN ? KC_LEVEL_WARNING : KC_LEVEL_INFO, 0, line);
}

int kc_cli_print(struct kc_buf *b, struct kc_err *e)
{
    struct kc_outfile *f = NULL;
    int rc = kc_outfile_open(&f, "-", e) != 0 || kc_outfile_write(f, b->p, b->n, e) != 0 ? -1 :
             kc_outfile_commit(f, e);
    kc_outfile_free(f);
    return rc == 0 ? 0 : kc_cli_fail(e);
}

int kc_cli_created(int64_t *seconds, struct kc_err *e)
{
    const char *value = getenv("SOURCE_DATE_EPOCH");
    uint64_t t;
    *seconds = -1;
    if (!value || !*value)
        return 0;
    if (kc_num_u64(value, &t) != 0 || t > INT64_MAX)
        return kc_err_set(e, KC_EUSAGE, "SOURCE_DATE_EPOCH: expected seconds since 1970, a whole number");
    *seconds = (int64_t)t;
    return 0;
}

int kc_cli_no_empty(int argc, char **argv, int first, struct kc_err *e)
{
    for (int i = first; i < argc; i++)
        if (!*argv[i])
            return kc_err_set(e, KC_EUSAGE, "operand %d: the file name is empty", i - first + 1);
    return 0;
}

const char *kc_cli_verb_meant(const char *word)
{
    struct kc_suggest meant;
    const char *foreign = kc_foreign_verb(word);
    kc_suggest_begin(&meant, word, strlen(word));
    for (const struct kc_verb *const *p = kc_verbs; !foreign && *p; p++)
        kc_suggest_try(&meant, (*p)->name, strlen((*p)->name));
    return foreign ? foreign : meant.best; /* a whole name */
}

/* Refuse a first word that is neither a verb nor a file. */
static int refuse_word(const char *word, struct kc_err *e)
{
    const char *meant = kc_cli_verb_meant(word);
    if (meant)
        return kc_err_set(e, KC_EUSAGE, "no verb or file '%.100s': did you mean kclust %s?", word, meant);
    if (strcmp(word, "version") == 0)
        return kc_err_set(e, KC_EUSAGE, "no verb or file 'version': the version is kclust --version");
    return kc_err_set(e, KC_EUSAGE, "no verb or file '%.100s' (see kclust help)", word);
}

/* Return 1 if the verb has the option --output. */
static int has_output(const struct kc_verb *v)
{
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++)
        if (opts[i].row->name && strcmp(opts[i].row->name, "output") == 0)
            return 1;
    return 0;
}

int kc_cli_operands(const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_in_opts *in,
                    struct kc_err *e)
{
    const char *word = first < argc ? argv[first] : "";
    int first_word = !named && first < argc && strcmp(argv[first - 1], "--") != 0;
    const struct kc_verb *other = first_word ? kc_verb_find(word) : NULL;
    if (named && first < argc && strcmp(word, "help") == 0 && access(word, F_OK) != 0)
        return kc_err_set(e, KC_EUSAGE, "the verb comes first: kclust help %s", v->name);
    for (int i = first + !named; i < argc && access(argv[i], F_OK) != 0; i++) /* a verb behind the files */
        if (kc_verb_find(argv[i]))
            return kc_err_set(e, KC_EUSAGE, "the verb comes first: kclust %s", kc_verb_find(argv[i])->synopsis);
    if (other && other != v)
        return kc_err_set(e, KC_EUSAGE, "the verb comes first: kclust %s [OPTION]...", other->name);
    if (other) /* `kclust -q fit FILE` */
        first++;
    if (in->metadata_key && !in->metadata)
        return kc_err_set(e, KC_EUSAGE, "--metadata-key needs --metadata FILE");
    if (kc_opt_given(v, "max-bad") && !in->skip_bad)
        return kc_err_set(e, KC_EUSAGE, "--max-bad needs --on-bad skip: without it the first bad record ends the run");
    if (in->format == KC_IN_RAW && in->dim == 0)
        return kc_err_set(e, KC_EUSAGE, "--input-format raw needs --dim N, the numbers in a row");
    if (in->format != KC_IN_RAW && in->dim > 0)
        return kc_err_set(e, KC_EUSAGE, "--dim is for --input-format raw: the other formats contain it");
    if (in->tensor && in->format != KC_IN_AUTO && in->format != KC_IN_SAFETENSORS && in->format != KC_IN_NPZ)
        return kc_err_set(e, KC_EUSAGE, "--tensor is for safetensors and npz, not for --input-format %s",
                          kc_in_format_name(in->format));
    in->files = (const char *const *)(argv + first);
    in->nfiles = (size_t)(argc - first);
    if (kc_cli_no_empty(argc, argv, first, e) != 0)
        return -1;
    if (in->nfiles == 0 && isatty(0))
        return kc_err_set(e, KC_EUSAGE, "usage: kclust %s (standard input is a terminal; see kclust %s --help)",
                          v->synopsis, v->name);
    if (first_word && !other && strcmp(word, "-") != 0 && !strpbrk(word, "./") && access(word, F_OK) != 0 &&
        errno == ENOENT)
        return refuse_word(word, e);
    word = argc > first ? argv[argc - 1] : "";
    if (in->nfiles > 1 && strcmp(word, "-") != 0 && access(word, F_OK) != 0 && errno == ENOENT &&
        has_output(v) && !kc_opt_given(v, "output") && access(argv[first], F_OK) == 0)
        return kc_err_at(e, KC_ESYS, word, 0, "cannot open: No such file or directory; an output is named by -o");
    return 0;
}

/* Make the pool and the context. */
static int start_context(struct kc_cli *c, const struct kc_verb *v, int argc, char **argv, struct kc_err *e)
{
    if (kc_cli_command(v, argc, argv, &c->command, e) != 0)
        return -1;
    kc_progress_init(c->loudness < 0 && c->json ? KC_NEVER : (enum kc_when)c->progress, c->json);
    c->ctx = (struct kc_ctx){
        .team = kc_cli_team,
        .pool = kc_pool_new(c->threads ? (unsigned)c->threads : kc_pool_cpus(), e),
        .log = log_line,
        /* (on ranks it would cost passes that the silent ones do not make) */
        .progress = kc_progress_on() && kc_team_size(kc_cli_team) == 1 ? kc_progress_update : NULL,
        .arg = c,
        .event = c->json ? kc_log_event : NULL,
        .command = c->command.p,
    };
    return c->ctx.pool ? 0 : -1;
}

static void stop_context(struct kc_cli *c)
{
    kc_progress_clear();
    kc_pool_free(c->ctx.pool);
    c->ctx.pool = NULL;
    kc_buf_free(&c->command);
}

/* Set the arguments to their defaults, and those of every algorithm. */
static int reset_args(const struct kc_verb *v, struct kc_err *e)
{
    struct kc_cli *cli = v->args;
    memcpy(v->args, v->defaults, v->size);
    for (const struct kc_opt_group *g = v->groups; g->rows || g->algorithms; g++)
        for (size_t i = 0; g->algorithms == KC_FIRST_ALGORITHM && kc_algorithms[i]; i++) {
            cli->algorithm[i] = kc_mem_alloc(kc_algorithms[i]->opts_size, 1, e);
            if (!cli->algorithm[i])
                return -1;
            memcpy(cli->algorithm[i], kc_algorithms[i]->defaults, kc_algorithms[i]->opts_size);
        }
    return 0;
}

/* Check that a verb can run on the ranks there are. */
static int check_ranks(const struct kc_verb *v, struct kc_err *e)
{
    if (kc_team_size(kc_cli_team) > 1 && !v->on_ranks)
        return kc_err_set(e, KC_EUSAGE, "%s runs on one rank only: start it without mpirun", v->name);
    if (kc_team_is_split(kc_cli_team))
        return kc_err_set(e, KC_EUSAGE, "this mpirun is of another MPI than the one that kclust-mpi was built with");
    return 0;
}

/* Parse and check the arguments of a verb, and run it if they do not ask for help. Return the exit code, or -1. */
static int run_verb(const struct kc_verb *v, int argc, char **argv, int named, struct kc_config **texts,
                    struct kc_err *e)
{
    struct kc_cli *cli = v->args;
    enum kc_option_role done;
    int first;
    if (reset_args(v, e) != 0 || kc_opt_parse(v, argc, argv, kc_opt_store, &v, &first, &done, texts, e) != 0)
        return -1;
    if (done != KC_ROLE_NONE)
        return done == KC_ROLE_VERSION ? kc_cli_version() :
               kc_cli_help(named || done == KC_ROLE_HELP_ALL ? v : NULL, done == KC_ROLE_HELP_ALL);
    if (kc_opt_check_rules(v, *texts, e) != 0 || kc_opt_check_algorithm(v, *texts, e) != 0 ||
        v->check(v->args, v, argc, argv, first, named, e) != 0 || check_ranks(v, e) != 0 ||
        start_context(cli, v, argc, argv, e) != 0)
        return -1;
    return v->run(v->args, e);
}

/* End a run together with the other ranks: one that has failed, in its arguments or later, must tell them. */
static int end_run(struct kc_cli *cli, int code, struct kc_err *e)
{
    if (kc_team_end(kc_cli_team, code < 0 ? -1 : 0, e) != 0)
        code = -1;
    if (code >= 0 && cli->ctx.pool) {
        const struct kc_fact facts[] = {{"exit", code}, {"peak_rss", (double)kc_mem_peak()}};
        kc_ctx_event(&cli->ctx, "end", "done", facts, sizeof facts / sizeof facts[0]);
    }
    stop_context(cli);
    return code < 0 ? kc_cli_fail(e) : code;
}

int kc_cli_run(const struct kc_verb *v, int argc, char **argv, int named)
{
    struct kc_cli *cli = v->args;
    struct kc_config *texts = NULL;
    if (v->main)
        return v->main(argc, argv);
    struct kc_err e = KC_ERR_INIT;
    const int code = end_run(cli, run_verb(v, argc, argv, named, &texts, &e), &e);
    kc_config_free(texts);
    for (size_t i = 0; i < KC_ALGORITHMS_MOST; i++) {
        kc_mem_free(cli->algorithm[i]);
        cli->algorithm[i] = NULL;
    }
    return code;
}
