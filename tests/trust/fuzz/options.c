/* The command line, from main on; what a verb would do is replaced by a look at what it was told to do. Bytes: words,
 * each ended by a newline; those that begin with KCLUST_ and have a '=' go to the environment. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/cli.h"
#include "cli/config.h"
#include "core/kmeans/kmeans.h"
#include "fuzz.h"
#include "job/convert.h"
#include "job/fit.h"
#include "job/info.h"

#define WORDS 40

int kclust_main(int argc, char **argv); /* cli/main.c, renamed */

static int lines; /* messages so far */

/* The linker puts these in the place of the functions without __wrap_. */
void __wrap_kc_cli_guard_fds(void);
void __wrap_kc_cli_guard_signals(unsigned ranks);
int __wrap_kc_cli_fail(const struct kc_err *e);
int __wrap_kc_cli_print(struct kc_buf *b, struct kc_err *e);
int __wrap_kc_job_fit_run(const struct kc_ctx *ctx, const struct kc_job_fit *j, struct kc_job_fit_result *r,
                          struct kc_err *e);
void __wrap_kc_job_fit_free(struct kc_job_fit_result *r);
int __wrap_kc_job_convert_run(const struct kc_ctx *ctx, const struct kc_job_convert *j, struct kc_err *e);
int __wrap_kc_job_info_run(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_err *e);

void __wrap_kc_cli_guard_fds(void)
{
}

void __wrap_kc_cli_guard_signals(unsigned ranks)
{
    (void)ranks;
}

int __wrap_kc_cli_fail(const struct kc_err *e)
{
    char line[4096];
    kc_err_format(e, line, sizeof line);
    lines++;
    FUZZ_CHECK(e->code == KC_EUSAGE || e->code == KC_ESYS);
    FUZZ_CHECK(line[0] != '\0' && twin_utf8(line, line + strlen(line)) && !strpbrk(line, "\n\033\177"));
    return (int)e->code;
}

int __wrap_kc_cli_print(struct kc_buf *b, struct kc_err *e)
{
    (void)e;
    FUZZ_CHECK(b->n > 0 && b->p[b->n - 1] == '\n' && !memchr(b->p, '\0', b->n));
    return 0;
}

static void look_at_input(const struct kc_in_opts *o)
{
    FUZZ_CHECK(o->max_line > 0 && o->dim <= 1 << 24 && (o->format == KC_IN_RAW) == (o->dim > 0));
    FUZZ_CHECK(o->format < KC_IN_FORMATS && o->nfiles <= WORDS);
    FUZZ_CHECK(!o->records || *o->records == '\0' || *o->records == '/');
    for (size_t i = 0; i < o->nfiles; i++)
        FUZZ_CHECK(o->files[i] != NULL);
}

int __wrap_kc_job_fit_run(const struct kc_ctx *ctx, const struct kc_job_fit *j, struct kc_job_fit_result *r,
                          struct kc_err *e)
{
    const struct kc_kmeans_opts *f = j->opts;
    (void)ctx;
    (void)e;
    memset(r, 0, sizeof *r);
    look_at_input(&j->in);
    FUZZ_CHECK(f->k.min >= 1 && f->k.min <= f->k.max && f->k.max <= INT32_MAX);
    FUZZ_CHECK(f->k.factor == 0 ? f->k.step >= 1 : isfinite(f->k.factor) && f->k.factor > 1);
    FUZZ_CHECK(f->k_by < KC_INDICES && f->min_size >= 1 && (f->max_size == 0 || f->max_size >= f->min_size));
    FUZZ_CHECK(f->n_init >= 1 && f->max_iter >= 1 && f->tol >= 0 && f->tol < 1 && f->sample != 1);
    FUZZ_CHECK(*j->path[KC_FIT_LABELS] && (!j->path[KC_FIT_SUMMARY] || *j->path[KC_FIT_SUMMARY]));
    FUZZ_CHECK(j->out.ncolumns >= 1 && j->out.ncolumns <= KC_COLUMNS);
    for (size_t i = 0; i < j->out.ncolumns; i++)
        for (size_t k = 0; k < i; k++)
            FUZZ_CHECK(j->out.columns[i] < KC_COLUMNS && j->out.columns[i] != j->out.columns[k]);
    return 0;
}

void __wrap_kc_job_fit_free(struct kc_job_fit_result *r)
{
    kc_buf_free(&r->text);
}

int __wrap_kc_job_convert_run(const struct kc_ctx *ctx, const struct kc_job_convert *j, struct kc_err *e)
{
    (void)ctx;
    look_at_input(&j->in);
    enum kc_in_format f;
    FUZZ_CHECK(j->target < KC_IN_FORMATS && *j->output);
    return kc_job_convert_target(j->output, &f, e);
}

int __wrap_kc_job_info_run(const struct kc_ctx *ctx, const struct kc_job_info *j, struct kc_err *e)
{
    (void)ctx;
    (void)e;
    look_at_input(&j->in);
    return 0;
}

/* Every value that is set reads back from its text as the same text. */
static void look_at_values(const struct kc_verb *v)
{
    struct kc_opt opts[KC_OPTS_MOST];
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++) {
        const struct kc_option *o = opts[i].row;
        char text[KC_OPTION_TEXT_MAX], again[KC_OPTION_TEXT_MAX];
        struct kc_err e = KC_ERR_INIT;
        if (o->type == KC_OPTION_FLAG || o->type == KC_OPTION_OWN || o->type == KC_OPTION_TEXT || o->type == KC_OPTION_FILE ||
            o->parse || memcmp((char *)opts[i].base + o->at, (const char *)opts[i].defaults + o->at, sizeof(int)) == 0)
            continue;
        kc_option_text(o, opts[i].base, 1, text);
        FUZZ_CHECK(text[0] != '\0');
        FUZZ_CHECK(kc_option_parse(o, opts[i].base, opts[i].defaults, text, "again", &e) == 0);
        kc_option_text(o, opts[i].base, 1, again);
        FUZZ_CHECK(strcmp(text, again) == 0);
    }
}

/* Of a verb whose work is not replaced here only the parsing is run: it might write anywhere. */
static int harmless(int argc, char **argv)
{
    static const char *const known[] = {"fit", "convert", "info", "help"};
    const struct kc_verb *v = argc > 1 ? kc_verb_find(argv[1]) : NULL;
    for (size_t i = 0; v && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(v->name, known[i]) == 0)
            v = NULL;
    if (v) {
        struct kc_err e = KC_ERR_INIT;
        int first;
        enum kc_option_role done;
        struct kc_config *texts = NULL;
        memcpy(v->args, v->defaults, v->size);
        int rc = kc_opt_parse(v, argc - 1, argv + 1, kc_opt_store, &v, &first, &done, &texts, &e);
        FUZZ_CHECK(rc == 0 || e.code == KC_EUSAGE || e.code == KC_ESYS);
        if (rc == 0)
            look_at_values(v);
        kc_config_free(texts);
    }
    return v == NULL;
}

void fuzz_options(const uint8_t *p, size_t n)
{
    char *argv[WORDS + 2] = {strdup("kclust")}, *own[WORDS + 2], *sets[WORDS];
    int argc = 1, nsets = 0;
    for (size_t i = 0; i < n && argc <= WORDS;) {
        const uint8_t *nl = memchr(p + i, '\n', n - i);
        size_t len = nl ? (size_t)(nl - (p + i)) : n - i;
        char *w = strndup((const char *)p + i, len), *is = strchr(w, '=');
        i += len + 1;
        if (argc == 1 && nsets < WORDS && strncmp(w, "KCLUST_", 7) == 0 && is) {
            *is = '\0';
            setenv(w, is + 1, 1);
            sets[nsets++] = w;
        } else {
            argv[argc++] = w;
        }
    }
    memcpy(own, argv, sizeof own); /* getopt reorders them */
    lines = 0;
    if (harmless(argc, argv)) {
        int rc = kclust_main(argc, argv);
        FUZZ_CHECK((rc == 0 && lines == 0) || ((rc == KC_EUSAGE || rc == KC_ESYS) && lines == 1));
    }
    for (int i = 0; i < nsets; i++) {
        unsetenv(sets[i]);
        free(sets[i]);
    }
    for (int i = 0; i < argc; i++)
        free(own[i]);
}
