#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/num.h"
#include "cli/config.h"
#include "in/fields/attrs.h"
#include "io/outfile.h"
#include "par/pool.h"

static void log_line(void *arg, enum kc_log level, const char *line)
{
    const struct kc_cli *c = arg;
    if (level == KC_LOG_WARN ? !c->quiet : c->verbose)
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

struct kc_in_opts kc_cli_in_defaults(void)
{
    return (struct kc_in_opts){.format = KC_IN_AUTO, .max_line = (uint64_t)16 << 20};
}

static int take_common(struct kc_cli *c, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    switch (id) {
    case KC_OPT_THREADS:
        return kc_opt_u64(value, 1, 1024, &c->threads, name, e);
    case KC_OPT_QUIET:
        c->quiet = 1;
        c->verbose = 0;
        return 0;
    case KC_OPT_VERBOSE:
        c->verbose = 1;
        c->quiet = 0;
        return 0;
    case KC_OPT_LOG_FORMAT:
        c->json = strcmp(value, "json") == 0;
        return c->json || strcmp(value, "text") == 0 ? kc_log_json(c->json, e)
                                                     : kc_opt_bad_word(value, "text json", name, e);
    case KC_OPT_PROGRESS:
        if (strcmp(value, "auto") == 0)
            c->progress = KC_AUTO;
        else if (strcmp(value, "always") == 0)
            c->progress = KC_ALWAYS;
        else if (strcmp(value, "never") == 0)
            c->progress = KC_NEVER;
        else
            return kc_opt_bad_word(value, "auto always never", name, e);
        return 0;
    default:
        return 1;
    }
}

/* Said now, while it is about the command line, and taken apart again when the input is read. */
static int take_where(struct kc_in_opts *in, const char *value, const char *name, struct kc_err *e)
{
    struct kc_where w;
    int rc = kc_where_parse(&w, value, name, e);
    kc_where_free(&w);
    if (rc == 0 && in->nwhere == KC_WHERE_MOST)
        rc = kc_err_set(e, KC_EUSAGE, "%s: more than %d conditions", name, KC_WHERE_MOST);
    if (rc == 0)
        in->where[in->nwhere++] = value;
    return rc;
}

int kc_cli_take(struct kc_cli *c, struct kc_in_opts *in, enum kc_opt_id id, const char *value, const char *name,
                struct kc_err *e)
{
    switch (id) {
    case KC_OPT_INPUT_FORMAT:
        return kc_in_format_by_name(value, &in->format) == 0 ? 0 :
               kc_opt_bad_word(value, KC_IN_WORDS, name, e);
    case KC_OPT_DIM:
        return kc_opt_u64(value, 1, KC_MAX_DIM, &in->dim, name, e);
    case KC_OPT_TENSOR:
        in->tensor = value;
        return 0;
    case KC_OPT_TERM_FIELD:
        in->term_field = value;
        return 0;
    case KC_OPT_VEC_FIELD:
        in->vec_field = value;
        return 0;
    case KC_OPT_HEADER:
        in->header = strcmp(value, "yes") == 0 ? KC_HEADER_YES : strcmp(value, "no") == 0 ? KC_HEADER_NO :
                     KC_HEADER_AUTO;
        return in->header != KC_HEADER_AUTO || strcmp(value, "auto") == 0 ? 0 :
               kc_opt_bad_word(value, "auto yes no", name, e);
    case KC_OPT_RECORDS:
        if (*value && *value != '/')
            return kc_err_set(e, KC_EUSAGE, "%s: a JSON Pointer is empty or starts with '/', as in /data", name);
        in->records = value;
        return 0;
    case KC_OPT_TERMS:
        in->terms_file = value;
        return 0;
    case KC_OPT_METADATA:
        in->metadata = value;
        return strcmp(value, "-") != 0 ? 0 : kc_err_set(e, KC_EUSAGE, "%s needs the name of a file", name);
    case KC_OPT_METADATA_KEY:
        in->metadata_key = value;
        return 0;
    case KC_OPT_WHERE:
        return take_where(in, value, name, e);
    case KC_OPT_ON_BAD:
        in->skip_bad = strcmp(value, "skip") == 0;
        return in->skip_bad || strcmp(value, "fail") == 0 ? 0 : kc_opt_bad_word(value, "fail skip", name, e);
    case KC_OPT_MAX_LINE:
        return kc_opt_size(value, &in->max_line, name, e);
    default:
        return take_common(c, id, value, name, e);
    }
}

int kc_cli_no_empty(int argc, char **argv, int first, struct kc_err *e)
{
    for (int i = first; i < argc; i++)
        if (!*argv[i])
            return kc_err_set(e, KC_EUSAGE, "operand %d: the file name is empty", i - first + 1);
    return 0;
}

int kc_cli_operands(const struct kc_verb *v, int argc, char **argv, int first, int named, struct kc_in_opts *in,
                    struct kc_err *e)
{
    const char *word = first < argc ? argv[first] : "";
    int first_word = !named && first < argc && strcmp(argv[first - 1], "--") != 0;
    const struct kc_verb *other = first_word ? kc_verb_find(word) : NULL;
    if (other && other != v)
        return kc_err_set(e, KC_EUSAGE, "the verb comes first: kclust %s [OPTION]...", other->name);
    if (other) /* `kclust -q fit FILE` */
        first++;
    if (in->metadata_key && !in->metadata)
        return kc_err_set(e, KC_EUSAGE, "--metadata-key is for --metadata FILE");
    if (in->format == KC_IN_RAW && in->dim == 0)
        return kc_err_set(e, KC_EUSAGE, "--input-format raw needs --dim N, the numbers in a row");
    if (in->format != KC_IN_RAW && in->dim > 0)
        return kc_err_set(e, KC_EUSAGE, "--dim is for --input-format raw: the other formats contain it");
    if (in->tensor && in->format != KC_IN_AUTO && in->format != KC_IN_SAFETENSORS)
        return kc_err_set(e, KC_EUSAGE, "--tensor is for safetensors, not for --input-format %s",
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
        return kc_err_at(e, KC_ESYS, word, 0, "cannot open: %s, and no verb of that name (see kclust help)",
                         strerror(errno));
    return 0;
}

/* The pool and the context. */
static int start(struct kc_cli *c, struct kc_err *e)
{
    kc_progress_init(c->json ? KC_NEVER : c->progress); /* a bar is no JSON */
    c->ctx = (struct kc_ctx){
        .pool = kc_pool_new(c->threads ? (unsigned)c->threads : kc_pool_cpus(), e),
        .log = log_line,
        .progress = kc_progress_on() ? kc_progress_update : NULL,
        .arg = c,
        .event = c->json ? kc_log_event : NULL,
    };
    return c->ctx.pool ? 0 : -1;
}

static void stop(struct kc_cli *c)
{
    kc_progress_clear();
    kc_pool_free(c->ctx.pool);
    c->ctx.pool = NULL;
}

static int run_verb(const struct kc_cli_work *w, int argc, char **argv, int named, struct kc_config **texts)
{
    struct kc_err e = KC_ERR_INIT;
    enum kc_opt_id done;
    int first;
    if (kc_opt_parse(w->verb, argc, argv, w->take, w->arg, &first, &done, texts, &e) != 0)
        return kc_cli_fail(&e);
    if (done != KC_OPT_END)
        return done == KC_OPT_HELP ? kc_cli_help(w->help, 0) : done == KC_OPT_HELP_ALL ? kc_cli_help(w->verb, 1) :
               kc_cli_version();
    if (w->ready(w->arg, argc, argv, first, named, &e) != 0)
        return kc_cli_fail(&e);
    int code = start(w->cli, &e) == 0 ? w->run(w->arg, &e) : -1;
    if (code >= 0) {
        const struct kc_fact facts[] = {{"exit", code}, {"peak_rss", (double)kc_mem_peak()}};
        kc_ctx_event(&w->cli->ctx, "end", "done", facts, sizeof facts / sizeof facts[0]);
    }
    stop(w->cli);
    return code < 0 ? kc_cli_fail(&e) : code;
}

int kc_cli_verb(const struct kc_cli_work *w, int argc, char **argv, int named)
{
    struct kc_config *texts = NULL;
    int code = run_verb(w, argc, argv, named, &texts);
    kc_config_free(texts);
    return code;
}
