/* help, and what else is made from the option tables: the texts of --help and --version, the list for scripts. */
#include <string.h>
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/config.h"

#define WIDTH 79
#define INDENT 26 /* where the text of an option starts */

static const struct kc_opt opts[] = {
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, "For scripts:"},
    {KC_OPT_LIST, 0, "options", "VERB", 0, 0, KC_COMPLETE_NONE, 0,
     "list the options of VERB, one per line: long name, letter, argument, default, environment variable, separated by "
     "tabs"},
    {KC_OPT_COMPLETIONS, 0, "completions", "SHELL", 0, 0, KC_COMPLETE_WORDS, "bash zsh fish",
     "print the completion script for bash, zsh or fish"},
    {KC_OPT_SHOW_PRESET, 0, "preset", "NAME", 0, 0, KC_COMPLETE_WORDS, KC_PRESET_WORDS,
     "print the options of the preset NAME in the form that --config reads"},
    {KC_OPT_HELP, 'h', "help", 0, 0, 0, KC_COMPLETE_NONE, 0, "show this help and exit"},
    {KC_OPT_VERSION, 0, "version", 0, 0, 0, KC_COMPLETE_NONE, 0, "show the version and exit"},
    {KC_OPT_END, 0, 0, 0, 0, 0, 0, 0, 0},
};

const struct kc_verb kc_verb_help = {
    "help", "help [VERB]", "how to use kclust, or one verb", opts, kc_cmd_help,
    "  All options of a verb, in groups:\n"
    "    kclust help fit\n"
    "  Save the options of a preset, to change and use them with --config:\n"
    "    kclust help --preset news-events > my.conf\n",
    NULL};

/* Words of text wrapped between INDENT and WIDTH; the line already has INDENT columns. */
static int add_wrapped(struct kc_buf *b, const char *text, struct kc_err *e)
{
    size_t column = INDENT;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (column > INDENT && column + 1 + n > WIDTH) {
            if (kc_buf_printf(b, e, "\n%*s", INDENT, "") != 0)
                return -1;
            column = INDENT;
        } else if (column > INDENT) {
            if (kc_buf_addc(b, ' ', e) != 0)
                return -1;
            column++;
        }
        if (kc_buf_add(b, p, n, e) != 0)
            return -1;
        column += n;
        p += n;
        p += strspn(p, " ");
    }
    return 0;
}

static int add_option(struct kc_buf *b, const struct kc_opt *o, struct kc_err *e)
{
    size_t start = b->n;
    int rc = o->letter ? kc_buf_printf(b, e, "  -%c%s", o->letter, o->name ? ", " : " ") :
             kc_buf_adds(b, "      ", e);
    if (rc != 0 || (o->name && kc_buf_printf(b, e, "--%s%s", o->name, o->arg ? "=" : "") != 0) ||
        (o->arg && kc_buf_adds(b, o->arg, e) != 0))
        return -1;
    size_t column = b->n - start;
    if (column + 2 > INDENT) {
        if (kc_buf_addc(b, '\n', e) != 0)
            return -1;
        column = 0;
    }
    if (kc_buf_printf(b, e, "%*s", (int)(INDENT - column), "") != 0)
        return -1;
    struct kc_buf text = {0};
    rc = kc_buf_adds(&text, o->help, e);
    if (rc == 0 && o->fallback)
        rc = kc_buf_printf(&text, e, " [%s]", o->fallback);
    if (rc == 0 && o->env)
        rc = kc_buf_printf(&text, e, " ($%s)", o->env);
    if (rc == 0)
        rc = kc_buf_addc(&text, '\0', e);
    if (rc == 0)
        rc = add_wrapped(b, text.p, e);
    kc_buf_free(&text);
    return rc != 0 ? -1 : kc_buf_addc(b, '\n', e);
}

/* Return 1 if the option is among the names, which are separated by spaces; an option without a name goes by its letter. */
static int is_among(const char *names, const struct kc_opt *o)
{
    const char letter[2] = {o->letter, '\0'}, *name = o->name ? o->name : letter;
    size_t n = strlen(name);
    for (const char *p = names; *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        if (length == n && memcmp(p, name, n) == 0)
            return 1;
        p += length;
    }
    return 0;
}

/* Add the options among names (NULL: all), each group under its heading. */
static int add_options(struct kc_buf *b, const struct kc_opt *opts_of, const char *names, struct kc_err *e)
{
    const char *heading = NULL;
    for (const struct kc_opt *o = opts_of; !kc_opt_is_last(o); o++) {
        if (o->id == KC_OPT_END) {
            heading = o->help;
            continue;
        }
        if (names && !is_among(names, o))
            continue;
        if (heading && kc_buf_printf(b, e, "\n%s\n", heading) != 0)
            return -1;
        heading = NULL;
        if (add_option(b, o, e) != 0)
            return -1;
    }
    return 0;
}

static int add_verb_help(struct kc_buf *b, const struct kc_verb *v, int all, struct kc_err *e)
{
    if (kc_buf_printf(b, e, "Usage: kclust %s\nkclust %s: %s.\n", v->synopsis, v->name, v->brief) != 0 ||
        add_options(b, v->opts, all ? NULL : v->basic, e) != 0 ||
        kc_buf_printf(b, e, "\nExamples:\n%s\nDefaults are in [brackets]. ", v->examples) != 0)
        return -1;
    if (!all && v->basic)
        return kc_buf_printf(b, e, "All options: kclust help %s, or man kclust-%s.\n", v->name, v->name);
    return kc_buf_printf(b, e, "The manual: man kclust%s%s.\n", v == &kc_verb_help ? "" : "-",
                         v == &kc_verb_help ? "" : v->name);
}

static int add_program_help(struct kc_buf *b, struct kc_err *e)
{
    if (kc_buf_adds(b,
                    "kclust clusters text embeddings. It reads JSONL {\"term\": ..., \"vec\": [...]},\n"
                    "csv, npy, FAISS, safetensors and more (man kclust-formats), plain or\n"
                    "compressed, from files or standard input, runs cosine k-means over a range of\n"
                    "k, picks k, and writes one line term<TAB>cluster_id per record.\n\n", e) != 0)
        return -1;
    for (const struct kc_verb *const *v = kc_verbs; *v; v++)
        if (kc_buf_printf(b, e, "  kclust %-34s  %s\n", (*v)->synopsis, (*v)->brief) != 0)
            return -1;
    return kc_buf_adds(b,
                       "\n"
                       "  kclust words.jsonl > clusters.tsv      k from 2 to 20, the best by silhouette\n"
                       "  zcat words.jsonl.gz | kclust -k 12     12 clusters of standard input\n"
                       "  kclust -k 5:50 --min-size 10 -s summary.json words.npy\n"
                       "\n"
                       "Options: kclust fit --help; all of them: kclust help fit. Manual: man kclust.\n"
                       "Exit: 0 done, 1 bad input, 2 usage, 3 a limit could not be kept, 4 system.\n", e);
}

int kc_cli_help(const struct kc_verb *v, int all)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    int rc = v ? add_verb_help(&b, v, all, &e) : add_program_help(&b, &e);
    int code = rc == 0 ? kc_cli_print(&b, &e) : kc_cli_fail(&e);
    kc_buf_free(&b);
    return code;
}

int kc_cli_version(void)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    int code = kc_buf_adds(&b, "kclust " KC_VERSION "\n", &e) == 0 ? kc_cli_print(&b, &e) : kc_cli_fail(&e);
    kc_buf_free(&b);
    return code;
}

static int add_list(struct kc_buf *b, const struct kc_verb *v, struct kc_err *e)
{
    for (const struct kc_opt *o = v->opts; !kc_opt_is_last(o); o++) {
        char letter[2] = {o->letter, '\0'};
        if (o->id != KC_OPT_END &&
            kc_buf_printf(b, e, "%s\t%s\t%s\t%s\t%s\n", o->name ? o->name : "", letter, o->arg ? o->arg : "",
                          o->fallback ? o->fallback : "", o->env ? o->env : "") != 0)
            return -1;
    }
    return 0;
}

struct args {
    const char *list, *shell, *preset;
};

static const struct kc_verb *find(const char *name, struct kc_err *e)
{
    char shown[64];
    const struct kc_verb *v = kc_verb_find(name);
    kc_err_escape(shown, sizeof shown, name, strlen(name));
    if (!v)
        kc_err_set(e, KC_EUSAGE, "no verb '%s', see kclust help", shown);
    return v;
}

static int take(void *arg, enum kc_opt_id id, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = arg;
    if (id == KC_OPT_SHOW_PRESET) {
        a->preset = kc_preset_text(value);
        return a->preset ? 0 : kc_opt_bad_word(value, KC_PRESET_WORDS, name, e);
    }
    if (id == KC_OPT_LIST)
        a->list = value;
    else
        a->shell = value;
    return id == KC_OPT_LIST && !find(value, e) ? -1 : 0;
}

int kc_cmd_help(int argc, char **argv, int named)
{
    struct kc_err e = KC_ERR_INIT;
    struct args a = {NULL, NULL, NULL};
    struct kc_buf b = {0};
    enum kc_opt_id done;
    int first;
    (void)named;
    if (kc_opt_parse(&kc_verb_help, argc, argv, take, &a, &first, &done, NULL, &e) != 0)
        return kc_cli_fail(&e);
    if (done != KC_OPT_END)
        return done == KC_OPT_HELP ? kc_cli_help(&kc_verb_help, 1) : kc_cli_version();
    if (a.list || a.shell || a.preset) {
        int rc = a.list ? add_list(&b, kc_verb_find(a.list), &e) :
                 a.preset ? kc_buf_adds(&b, a.preset, &e) : kc_cli_completions(&b, a.shell, &e);
        int code = rc == 0 ? kc_cli_print(&b, &e) : kc_cli_fail(&e);
        kc_buf_free(&b);
        return code;
    }
    if (first == argc)
        return kc_cli_help(NULL, 0);
    const struct kc_verb *v = find(argv[first], &e);
    if (!v)
        return kc_cli_fail(&e);
    if (first + 1 == argc)
        return kc_cli_help(v, 1);
    kc_err_set(&e, KC_EUSAGE, "help takes one verb, see kclust help");
    return kc_cli_fail(&e);
}
