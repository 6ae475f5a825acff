/* Parse command lines by the option tables, with getopt_long(3). A command line is parsed in three passes: the first
 * checks its options, the second applies the texts of options that it names, the third applies its other options. */
#include "cli/opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/suggest.h"
#include "cli/cli.h"
#include "cli/messages.h"
#include "cli/config.h"
#include "cli/foreign.h"
#include "core/algorithms.h"

/* getopt_long's view of the options. A long option's value is its place + 256, a short one's its letter. */
struct getopt_tables {
    struct kc_opt opts[KC_OPTS_MOST];
    size_t n;
    struct option longs[KC_OPTS_MOST + 1];
    char shorts[2 * KC_OPTS_MOST + 2];
};

/* Return 1 if two rows are the same option: of the same name, or of the same letter if both have no name. */
static int is_same_option(const struct kc_option *a, const struct kc_option *b)
{
    return a == b ||
           (a->name && b->name ? strcmp(a->name, b->name) == 0 : !a->name && !b->name && a->letter == b->letter);
}

/* Return 1 if the table has this option. */
static int has_option(const struct kc_option *table, const struct kc_option *o)
{
    for (; !kc_option_is_last(table); table++)
        if (is_same_option(table, o))
            return 1;
    return 0;
}

/* List the rows of one table. */
static size_t list_rows(const struct kc_option *rows, const char *heading, void *base, const void *defaults, size_t n,
                        struct kc_opt opts[KC_OPTS_MOST])
{
    for (const struct kc_option *o = rows; !kc_option_is_last(o) && n < KC_OPTS_MOST; o++)
        if (o->name || o->letter)
            opts[n++] = (struct kc_opt){o, heading, base, defaults, 0};
    return n;
}

/* List the options of the algorithms from place `from` to before place `to`. */
static size_t list_algorithms(const struct kc_cli *cli, const char *heading, size_t from, size_t to, size_t n,
                              struct kc_opt opts[KC_OPTS_MOST])
{
    for (size_t i = from; i < to && kc_algorithms[i]; i++) {
        const struct kc_algorithm *a = kc_algorithms[i];
        const size_t first = n;
        n = list_rows(a->options, i == 0 ? heading : a->heading, cli->algorithm[i], a->defaults, n, opts);
        for (size_t j = 0; j < i; j++)
            for (size_t o = first; o < n; o++)
                opts[o].repeated |= has_option(kc_algorithms[j]->options, opts[o].row);
    }
    return n;
}

size_t kc_opts_list(const struct kc_verb *v, struct kc_opt opts[KC_OPTS_MOST])
{
    const struct kc_cli *cli = v->args;
    const char *heading = NULL;
    size_t n = 0;
    for (const struct kc_opt_group *g = v->groups; g->rows || g->algorithms; g++) {
        heading = g->heading ? g->heading : heading;
        if (g->algorithms)
            n = list_algorithms(cli, heading, g->algorithms == KC_FIRST_ALGORITHM ? 0 : 1,
                                g->algorithms == KC_FIRST_ALGORITHM ? 1 : SIZE_MAX, n, opts);
        else
            n = list_rows(g->rows, heading, (char *)v->args + g->at, (const char *)v->defaults + g->at, n, opts);
    }
    return n;
}

size_t kc_opts_shown(const struct kc_verb *v, struct kc_opt opts[KC_OPTS_MOST])
{
    const size_t n = kc_opts_list(v, opts);
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!opts[i].repeated)
            opts[m++] = opts[i];
    return m;
}

/* Build getopt_long's tables from the options of a verb. */
static void build_tables(const struct kc_verb *v, struct getopt_tables *t)
{
    char *s = t->shorts;
    size_t n = 0;
    memset(t, 0, sizeof *t);
    t->n = kc_opts_list(v, t->opts);
    *s++ = ':'; /* getopt reports a missing argument as ':' rather than '?' */
    for (size_t i = 0; i < t->n; i++) {
        const struct kc_option *o = t->opts[i].row;
        if (t->opts[i].repeated)
            continue;
        if (o->name)
            t->longs[n++] = (struct option){o->name, o->arg ? required_argument : no_argument, NULL, 256 + (int)i};
        if (o->letter) {
            *s++ = o->letter;
            if (o->arg)
                *s++ = ':';
        }
    }
}

/* Return the row that getopt_long's value stands for, NULL for none. */
static const struct kc_option *find_by_value(const struct getopt_tables *t, int val)
{
    if (val >= 256)
        return t->opts[val - 256].row;
    for (size_t i = 0; i < t->n; i++)
        if (t->opts[i].row->letter && t->opts[i].row->letter == val)
            return t->opts[i].row;
    return NULL;
}

/* Report what getopt_long answered with '?': an option that is unknown or ambiguous, or a flag that was given an
 * argument. word: the argument it was found in; val: the unknown letter of a short option, else not a letter. */
static int refuse_word(const struct kc_verb *v, const struct getopt_tables *t, const char *word, int val,
                       struct kc_err *e)
{
    char shown[128];
    if (val != 0 && val >= -128 && val < 256) { /* getopt reads it from a char, which may be signed */
        char letter = (char)val;
        const char *foreign = kc_foreign_letter(letter);
        kc_err_escape(shown, sizeof shown, &letter, 1);
        if (foreign)
            return kc_err_set(e, KC_EUSAGE, "unknown option '-%s': %s", shown, foreign);
        return kc_err_set(e, KC_EUSAGE, "unknown option '-%s', see kclust %s --help", shown, v->name);
    }
    size_t n = strcspn(word + 2, "=");
    const char *match = NULL, *other = NULL;
    for (size_t i = 0; t->longs[i].name; i++) {
        if (strncmp(t->longs[i].name, word + 2, n) != 0)
            continue;
        if (match)
            other = t->longs[i].name;
        else
            match = t->longs[i].name;
    }
    kc_err_escape(shown, sizeof shown, word, n + 2);
    if (n == 1 && word[2] == 'k')
        return kc_err_set(e, KC_EUSAGE, "option '--k': the number of clusters is -k, as in -k 5 or -k 2:20");
    if (other)
        return kc_err_set(e, KC_EUSAGE, "option '%s' can be --%s or --%s, see kclust %s --help", shown, match, other,
                          v->name);
    if (match)
        return kc_err_set(e, KC_EUSAGE, "option '--%s' takes no argument", match);
    const char *foreign = kc_foreign_option(word + 2, n);
    struct kc_suggest meant;
    kc_suggest_begin(&meant, word + 2, n);
    for (size_t i = 0; t->longs[i].name; i++)
        kc_suggest_try(&meant, t->longs[i].name, strlen(t->longs[i].name));
    if (foreign)
        return kc_err_set(e, KC_EUSAGE, "unknown option '%s': %s", shown, foreign);
    if (meant.best)
        return kc_err_set(e, KC_EUSAGE, "unknown option '%s': did you mean --%.*s?", shown, (int)meant.best_n,
                          meant.best);
    return kc_err_set(e, KC_EUSAGE, "unknown option '%s', see kclust %s --help", shown, v->name);
}

/* A command line being parsed. */
struct cmdline {
    const struct kc_verb *v;
    struct getopt_tables t;
    kc_opt_take take;
    void *arg;
    struct kc_config **texts;
    int log_given; /* the command line gives the format of messages */
};

/* Apply the options that the environment sets. KCLUST_CONFIG comes last: a file is more specific than a variable, which
 * may be set for all programs. */
static int apply_environment(struct cmdline *p, struct kc_err *e)
{
    const char *config = NULL;
    for (size_t i = 0; i < p->t.n; i++) {
        const struct kc_option *o = p->t.opts[i].row;
        const char *value = o->env ? getenv(o->env) : NULL;
        if (!value || !*value)
            continue;
        if (o->role == KC_ROLE_CONFIG)
            config = value;
        else if (p->take(p->arg, o, value, o->env, e) != 0)
            return -1;
    }
    return !config ? 0 : kc_config_file(p->texts, p->v, config, "KCLUST_CONFIG", p->log_given, p->take, p->arg, e);
}

/* Apply the format of messages, which must be known before the first message. A bad value is ignored here: it is found
 * again when its option comes up. */
static void apply_log_format(struct cmdline *p, const struct kc_option *o, const char *value)
{
    struct kc_err ignored = KC_ERR_INIT;
    if (o->role == KC_ROLE_LOG && value && *value && p->take(p->arg, o, value, o->name, &ignored) != 0)
        return;
}

/* Check one option that getopt_long has returned. val: its result; word: the argument that it was found in. */
static int check_option(const struct cmdline *p, const struct kc_option *o, int val, const char *word, struct kc_err *e)
{
    char name[KC_OPTION_TEXT_MAX];
    if (!o)
        return refuse_word(p->v, &p->t, word, optopt, e);
    kc_option_name(o, name);
    if (val == ':')
        return kc_err_set(e, KC_EUSAGE, "option '%s' needs an argument: %s", name, o->arg);
    if (o->type == KC_OPTION_FILE && !*optarg)
        return kc_err_set(e, KC_EUSAGE, "%s: the file name is empty", name);
    return 0;
}

/* What a pass over the command line does with its options. */
enum pass {
    CHECK, /* check them, and apply the format of messages */
    TEXTS, /* apply the options of the texts that they name */
    APPLY  /* apply all that name no text */
};

/* Apply an option if it is for this pass. */
static int apply_in_pass(struct cmdline *p, enum pass pass, const struct kc_option *o, struct kc_err *e)
{
    char name[KC_OPTION_TEXT_MAX];
    int is_text = o->role == KC_ROLE_CONFIG || o->role == KC_ROLE_PRESET;
    if (pass == CHECK || is_text != (pass == TEXTS))
        return 0;
    kc_option_name(o, name);
    if (pass == APPLY)
        return p->take(p->arg, o, optarg, name, e);
    return o->role == KC_ROLE_CONFIG ?
           kc_config_file(p->texts, p->v, optarg, name, p->log_given, p->take, p->arg, e) :
           kc_config_preset(p->texts, p->v, optarg, name, p->take, p->arg, e);
}

/* Return 1 if an option of that role ends the program. */
static int ends_parsing(enum kc_option_role role)
{
    return role == KC_ROLE_HELP || role == KC_ROLE_HELP_ALL || role == KC_ROLE_VERSION;
}

/* Go over the command line once. Return 1 if an option ends the program; *done is then its role. */
static int make_pass(struct cmdline *p, enum pass pass, int argc, char **argv, enum kc_option_role *done,
                     struct kc_err *e)
{
    int rc = 0;
    optind = 0; /* restart getopt_long */
    for (int val; (val = getopt_long(argc, argv, p->t.shorts, p->t.longs, NULL)) != -1;) {
        const struct kc_option *o = find_by_value(&p->t, val == ':' ? optopt : val);
        if (rc == 0 && o && val != ':' && ends_parsing(o->role)) {
            *done = o->role;
            return 1;
        }
        if (rc == 0) /* after an error, only the format of messages is looked for */
            rc = check_option(p, o, val, argv[optind - 1], e);
        if (o && val != ':' && o->role == KC_ROLE_LOG) {
            apply_log_format(p, o, optarg);
            p->log_given = 1;
        }
        if (rc == 0 && o && apply_in_pass(p, pass, o, e) != 0)
            return -1;
    }
    return rc;
}

int kc_opt_parse(const struct kc_verb *v, int argc, char **argv, kc_opt_take take, void *arg, int *operands,
                 enum kc_option_role *done, struct kc_config **texts, struct kc_err *e)
{
    static struct cmdline p; /* too large for a small stack */
    p = (struct cmdline){.v = v, .take = take, .arg = arg, .texts = texts};
    build_tables(v, &p.t);
    *done = KC_ROLE_NONE;
    opterr = 0;
    for (size_t i = 0; i < p.t.n; i++)
        apply_log_format(&p, p.t.opts[i].row, p.t.opts[i].row->env ? getenv(p.t.opts[i].row->env) : NULL);
    /* the environment is read after CHECK, so that its errors do not prevent --help */
    for (enum pass pass = CHECK; pass <= APPLY; pass++) {
        int rc = make_pass(&p, pass, argc, argv, done, e);
        if (rc != 0 || (pass == CHECK && apply_environment(&p, e) != 0))
            return rc > 0 ? 0 : -1;
    }
    *operands = optind;
    return 0;
}

int kc_opt_store(void *arg, const struct kc_option *row, const char *value, const char *name, struct kc_err *e)
{
    const struct kc_verb *v = *(const struct kc_verb **)arg;
    struct kc_cli *cli = v->args;
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++) {
        if (!is_same_option(opts[i].row, row))
            continue;
        if (kc_option_parse(opts[i].row, opts[i].base, opts[i].defaults, value, name, e) != 0)
            return -1;
        cli->given[i] = name[0] == '-' ? 1 : 2;
        cli->active[i] = !kc_option_is_idle(opts[i].row, value);
    }
    return row->role == KC_ROLE_LOG ? kc_log_json(cli->json, e) : 0;
}

int kc_opt_given(const struct kc_verb *v, const char *name)
{
    const struct kc_cli *cli = v->args;
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_list(v, opts);
    for (size_t i = 0; i < n; i++)
        if (cli->given[i] && opts[i].row->name && strcmp(opts[i].row->name, name) == 0)
            return 1;
    return 0;
}

/* Return the first option of the list that is active (see struct kc_cli); NULL if none is. */
static const struct kc_option *find_active(const struct kc_cli *cli, const struct kc_opt *opts, size_t n,
                                           const char *list)
{
    for (const char *p = list; *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        for (size_t i = 0; i < n; i++) {
            const char *name = opts[i].row->name;
            if (cli->active[i] && name && strlen(name) == length && memcmp(name, p, length) == 0)
                return opts[i].row;
        }
        p += length;
    }
    return NULL;
}

/* Return the placeholder of an option's argument, as in FILE. */
static const char *find_arg(const struct kc_opt *opts, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (opts[i].row->name && strcmp(opts[i].row->name, name) == 0)
            return opts[i].row->arg;
    return "";
}

#define ORIGIN_MAX 300

/* Write the name of an option, with the text that it is from if nobody typed it: "--facet (of --preset news-events)",
 * "--facet (kclust.conf:7)". */
static void name_with_origin(const struct kc_cli *cli, const struct kc_opt *opts, size_t n, const struct kc_option *o,
                             const struct kc_config *texts, char out[ORIGIN_MAX])
{
    size_t i = 0;
    snprintf(out, ORIGIN_MAX, "--%s", o->name);
    while (i + 1 < n && opts[i].row != o)
        i++;
    for (const struct kc_config *c = texts; c && cli->given[i] == 2; c = c->next)
        for (size_t j = c->n; j-- > 0;) {
            if (strcmp(c->text.p + c->entry[j].name, o->name) != 0)
                continue;
            if (c->preset)
                snprintf(out, ORIGIN_MAX, "--%s (of --preset %s)", o->name, c->file);
            else
                snprintf(out, ORIGIN_MAX, "--%s (%.200s:%llu)", o->name, c->file,
                         (unsigned long long)c->entry[j].line);
            return;
        }
}

int kc_opt_check_rules(const struct kc_verb *v, const struct kc_config *texts, struct kc_err *e)
{
    char name[2][ORIGIN_MAX];
    const struct kc_cli *cli = v->args;
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    size_t n = kc_opts_list(v, opts);
    for (const struct kc_rule *r = v->rules; r && r->options; r++) {
        const struct kc_option *a = find_active(cli, opts, n, r->options), *b = find_active(cli, opts, n, r->others);
        if (a)
            name_with_origin(cli, opts, n, a, texts, name[0]);
        if (b)
            name_with_origin(cli, opts, n, b, texts, name[1]);
        if (a && !b && r->kind == KC_NEEDS)
            return kc_err_set(e, KC_EUSAGE, "%s needs --%s %s%s%s", name[0], r->others, find_arg(opts, n, r->others),
                              r->why ? ", " : "", r->why ? r->why : "");
        if (a && b && r->kind == KC_EXCLUDES)
            return kc_err_set(e, KC_EUSAGE, "%s and %s cannot be combined%s%s", name[0], name[1],
                              r->why ? ": " : "", r->why ? r->why : "");
    }
    return 0;
}

/* Return the algorithm that the options choose; NULL if the verb has none. */
static const struct kc_algorithm *find_algorithm(const struct kc_opt *opts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (opts[i].row->name && strcmp(opts[i].row->name, "algorithm") == 0 &&
            strcmp(opts[i].row->words, KC_ALGORITHM_WORDS) == 0) /* other verbs have other words */
            return kc_algorithms[*(const int *)((const char *)opts[i].base + opts[i].row->at)];
    return NULL;
}

int kc_opt_check_algorithm(const struct kc_verb *v, const struct kc_config *texts, struct kc_err *e)
{
    char name[ORIGIN_MAX];
    const struct kc_cli *cli = v->args;
    static struct kc_opt opts[KC_OPTS_MOST]; /* too large for a small stack */
    const size_t n = kc_opts_list(v, opts);
    const struct kc_algorithm *chosen = find_algorithm(opts, n);
    for (size_t i = 0; chosen && i < n; i++) {
        const struct kc_option *o = opts[i].row;
        char of[100] = "";
        for (const struct kc_algorithm *const *a = kc_algorithms; *a; a++)
            if (has_option((*a)->options, o))
                snprintf(of + strlen(of), sizeof of - strlen(of), "%s%s", *of ? ", " : "", (*a)->name);
        if (!*of || !cli->given[i] || has_option(chosen->options, o))
            continue;
        if (o->name)
            name_with_origin(cli, opts, n, o, texts, name);
        else
            kc_option_name(o, name);
        if (cli->given[i] == 2 && !strchr(name, '(')) /* the environment is for all algorithms */
            continue;
        return kc_err_set(e, KC_EUSAGE, "%s is not for --algorithm %s, but for --algorithm %s", name, chosen->name,
                          of);
    }
    return 0;
}

void kc_opt_default(const struct kc_opt *o, char out[KC_OPTION_TEXT_MAX])
{
    if (o->row->shown)
        snprintf(out, KC_OPTION_TEXT_MAX, "%s", o->row->shown);
    else
        kc_option_text(o->row, o->defaults, 1, out);
}
