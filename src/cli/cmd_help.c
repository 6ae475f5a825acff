/* The verb help, and all else that prints from the option tables: --help, --version, and the lists for scripts. */
#include <string.h>
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/messages.h"
#include "cli/config.h"

#define WIDTH 79
#define INDENT 26 /* column where the text of an option starts */

static struct args {
    struct kc_cli cli;
    const char *list, *shell, *preset;
} args;

static const struct args defaults = {.list = NULL};

/* Find a verb, or report that there is none. */
static const struct kc_verb *find_verb(const char *name, struct kc_err *e)
{
    char shown[64];
    const struct kc_verb *v = kc_verb_find(name);
    const char *meant = v ? NULL : kc_cli_verb_meant(name);
    kc_err_escape(shown, sizeof shown, name, strlen(name));
    if (meant)
        kc_err_set(e, KC_EUSAGE, "no verb '%s': did you mean kclust help %s?", shown, meant);
    else if (!v)
        kc_err_set(e, KC_EUSAGE, "no verb '%s', see kclust help", shown);
    return v;
}

static int check_verb(const char *value, const char *name, struct kc_err *e)
{
    (void)name;
    return find_verb(value, e) ? 0 : -1;
}

static int parse_preset(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct args *a = base;
    a->preset = kc_preset_text(value);
    return a->preset ? 0 : kc_value_bad_word(value, KC_PRESET_WORDS, name, e);
}

#define AT(member) offsetof(struct args, member)

static const struct kc_option scripts[] = {
    {.name = "options", .arg = "VERB", .at = AT(list), .check = check_verb, .role = KC_ROLE_VERB,
     .help = "list the options of VERB, one per line: long name, letter, argument, default, environment variable, "
             "separated by tabs"},
    {.name = "completions", .arg = "SHELL", .at = AT(shell), .words = "bash zsh fish",
     .help = "print the completion script for bash, zsh or fish"},
    {.name = "preset", .arg = "NAME", .type = KC_OPTION_OWN, .parse = parse_preset, .words = KC_PRESET_WORDS,
     .help = "print the options of the preset NAME in the form that --config reads"},
    {.letter = 'h', .name = "help", .type = KC_OPTION_FLAG, .role = KC_ROLE_HELP, .help = "show this help and exit"},
    {.name = "version", .type = KC_OPTION_FLAG, .role = KC_ROLE_VERSION, .help = "show the version and exit"},
    {0}};

static const struct kc_opt_group groups[] = {{.heading = "For scripts:", .rows = scripts}, {0}};

static int run_help(int argc, char **argv);

const struct kc_verb kc_verb_help = {
    .name = "help",
    .synopsis = "help [VERB]",
    .brief = "how to use kclust, or one verb",
    .examples =
    "  All options of a verb, in groups:\n"
    "    kclust help fit\n"
    "  Save the options of a preset, to change and use them with --config:\n"
    "    kclust help --preset news-events > my.conf\n",
    .groups = groups,
    .args = &args,
    .defaults = &defaults,
    .size = sizeof args,
    .main = run_help,
};

/* Add text wrapped between columns INDENT and WIDTH. The line already has INDENT columns. */
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

static int add_option(struct kc_buf *b, const struct kc_opt *opt, struct kc_err *e)
{
    const struct kc_option *o = opt->row;
    char fallback[KC_OPTION_TEXT_MAX];
    kc_opt_default(opt, fallback);
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
    if (rc == 0 && *fallback)
        rc = kc_buf_printf(&text, e, " [%s]", fallback);
    if (rc == 0 && o->env)
        rc = kc_buf_printf(&text, e, " ($%s)", o->env);
    if (rc == 0)
        rc = kc_buf_addc(&text, '\0', e);
    if (rc == 0)
        rc = add_wrapped(b, text.p, e);
    kc_buf_free(&text);
    return rc != 0 ? -1 : kc_buf_addc(b, '\n', e);
}

/* Add the options, each group under its heading. basic: only those of the short help. */
static int add_options(struct kc_buf *b, const struct kc_verb *v, int basic, struct kc_err *e)
{
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_shown(v, opts);
    const char *heading = NULL;
    for (size_t i = 0; i < n; i++) {
        if (basic && !(opts[i].row->marks & KC_OPTION_BASIC))
            continue;
        if (opts[i].heading != heading && kc_buf_printf(b, e, "\n%s\n", opts[i].heading) != 0)
            return -1;
        heading = opts[i].heading;
        if (add_option(b, &opts[i], e) != 0)
            return -1;
    }
    return 0;
}

static int add_verb_help(struct kc_buf *b, const struct kc_verb *v, int all, struct kc_err *e)
{
    if (kc_buf_printf(b, e, "Usage: kclust %s\nkclust %s: %s.\n", v->synopsis, v->name, v->brief) != 0 ||
        add_options(b, v, !all && v->short_help, e) != 0 ||
        kc_buf_printf(b, e, "\nExamples:\n%s\nDefaults are in [brackets]. ", v->examples) != 0)
        return -1;
    if (!all && v->short_help)
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

/* List the options for scripts, one per line. */
static int add_list(struct kc_buf *b, const struct kc_verb *v, struct kc_err *e)
{
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_shown(v, opts);
    for (size_t i = 0; i < n; i++) {
        const struct kc_option *o = opts[i].row;
        char letter[2] = {o->letter, '\0'}, fallback[KC_OPTION_TEXT_MAX];
        kc_opt_default(&opts[i], fallback);
        if (kc_buf_printf(b, e, "%s\t%s\t%s\t%s\t%s\n", o->name ? o->name : "", letter, o->arg ? o->arg : "", fallback,
                          o->env ? o->env : "") != 0)
            return -1;
    }
    return 0;
}

/* Print the list, preset or completion script that was requested. */
static int print_for_script(struct kc_err *e)
{
    struct kc_buf b = {0};
    int rc = args.list ? add_list(&b, kc_verb_find(args.list), e) :
             args.preset ? kc_buf_adds(&b, args.preset, e) : kc_cli_completions(&b, args.shell, e);
    int code = rc == 0 ? kc_cli_print(&b, e) : kc_cli_fail(e);
    kc_buf_free(&b);
    return code;
}

static int run_help(int argc, char **argv)
{
    struct kc_err e = KC_ERR_INIT;
    enum kc_option_role done;
    int first;
    args = defaults;
    const struct kc_verb *self = &kc_verb_help;
    if (kc_opt_parse(self, argc, argv, kc_opt_store, &self, &first, &done, NULL, &e) != 0)
        return kc_cli_fail(&e);
    if (done != KC_ROLE_NONE)
        return done == KC_ROLE_HELP ? kc_cli_help(self, 1) : kc_cli_version();
    if (args.list || args.shell || args.preset)
        return print_for_script(&e);
    if (first == argc)
        return kc_cli_help(NULL, 0);
    const struct kc_verb *v = find_verb(argv[first], &e);
    if (!v)
        return kc_cli_fail(&e);
    if (first + 1 == argc)
        return kc_cli_help(v, 1);
    kc_err_set(&e, KC_EUSAGE, "help takes one verb, see kclust help");
    return kc_cli_fail(&e);
}
