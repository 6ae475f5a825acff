#include "cli/opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "cli/config.h"

#define MAX_OPTS 128

/* getopt_long's view of a table. A long option's val is its row + 256, a short one's its letter. */
struct tables {
    struct option longs[MAX_OPTS + 1];
    char shorts[2 * MAX_OPTS + 2];
};

static void build(const struct kc_opt *opts, struct tables *t)
{
    char *s = t->shorts;
    size_t n = 0;
    memset(t, 0, sizeof *t);
    *s++ = ':'; /* a missing argument is told apart from an unknown option */
    for (int i = 0; !kc_opt_is_last(&opts[i]) && i < MAX_OPTS; i++) {
        const struct kc_opt *o = &opts[i];
        if (o->name)
            t->longs[n++] = (struct option){o->name, o->arg ? required_argument : no_argument, NULL, 256 + i};
        if (o->letter) {
            *s++ = o->letter;
            if (o->arg)
                *s++ = ':';
        }
    }
}

static const struct kc_opt *by_value(const struct kc_opt *opts, int val)
{
    if (val >= 256)
        return &opts[val - 256];
    for (const struct kc_opt *o = opts; !kc_opt_is_last(o); o++)
        if (o->letter && o->letter == val)
            return o;
    return NULL;
}

static void shown_name(const struct kc_opt *o, char out[64])
{
    if (o->name)
        snprintf(out, 64, "--%s", o->name);
    else
        snprintf(out, 64, "-%c", o->letter);
}

/* What getopt_long answered with '?': unknown, ambiguous, or a flag that was given an argument. word is the argument
 * it was found in; val is the unknown letter of a short option, else not a letter. */
static int refuse(const struct kc_verb *v, const char *word, int val, struct kc_err *e)
{
    char shown[128];
    if (val != 0 && val >= -128 && val < 256) { /* getopt takes it from a char, which may be signed */
        char letter = (char)val;
        kc_err_escape(shown, sizeof shown, &letter, 1);
        return kc_err_set(e, KC_EUSAGE, "unknown option '-%s', see kclust %s --help", shown, v->name);
    }
    size_t n = strcspn(word + 2, "=");
    const struct kc_opt *match = NULL, *other = NULL;
    for (const struct kc_opt *o = v->opts; !kc_opt_is_last(o); o++) {
        if (!o->name || strncmp(o->name, word + 2, n) != 0)
            continue;
        if (match)
            other = o;
        else
            match = o;
    }
    kc_err_escape(shown, sizeof shown, word, n + 2);
    if (other)
        return kc_err_set(e, KC_EUSAGE, "option '%s' can be --%s or --%s, see kclust %s --help", shown, match->name,
                          other->name, v->name);
    if (match)
        return kc_err_set(e, KC_EUSAGE, "option '--%s' takes no argument", match->name);
    return kc_err_set(e, KC_EUSAGE, "unknown option '%s', see kclust %s --help", shown, v->name);
}

/* One parse of a command line. */
struct parse {
    const struct kc_verb *v;
    struct tables t;
    kc_opt_take take;
    void *arg;
    struct kc_config **texts;
    int log_given; /* --log-format is on the command line */
};

/* KCLUST_CONFIG comes last: a file says more than a variable that may be set for all. */
static int take_env(struct parse *p, struct kc_err *e)
{
    const char *config = NULL;
    for (const struct kc_opt *o = p->v->opts; !kc_opt_is_last(o); o++) {
        const char *value = o->env ? getenv(o->env) : NULL;
        if (!value || !*value)
            continue;
        if (o->id == KC_OPT_CONFIG)
            config = value;
        else if (p->take(p->arg, o->id, value, o->env, e) != 0)
            return -1;
    }
    return !config ? 0 : kc_config_file(p->texts, p->v, config, "KCLUST_CONFIG", p->log_given, p->take, p->arg, e);
}

/* How errors are told has to be known before there are any; a bad value is found again in its turn. */
static void take_log_format(const struct kc_opt *o, kc_opt_take take, void *arg, const char *value)
{
    struct kc_err unheard = KC_ERR_INIT;
    if (o->id == KC_OPT_LOG_FORMAT && value && *value && take(arg, o->id, value, o->name, &unheard) != 0)
        return;
}

/* One option as getopt_long has found it. */
static int take_option(const struct kc_verb *v, const struct kc_opt *o, int val, const char *word, struct kc_err *e)
{
    char name[64];
    if (!o)
        return refuse(v, word, optopt, e);
    shown_name(o, name);
    if (val == ':')
        return kc_err_set(e, KC_EUSAGE, "option '%s' needs an argument: %s", name, o->arg);
    if (o->complete == KC_COMPLETE_FILE && !*optarg)
        return kc_err_set(e, KC_EUSAGE, "%s: the file name is empty", name);
    return 0;
}

/* What a pass over the command line does with its options. */
enum pass {
    CHECK, /* are they right? and how are errors told? */
    TEXTS, /* take those in the texts that it names, */
    TAKE   /* and those of its own */
};

static int take_in_pass(struct parse *p, enum pass pass, const struct kc_opt *o, struct kc_err *e)
{
    char name[64];
    int is_text = o->id == KC_OPT_CONFIG || o->id == KC_OPT_PRESET;
    if (pass == CHECK || is_text != (pass == TEXTS))
        return 0;
    shown_name(o, name);
    if (pass == TAKE)
        return p->take(p->arg, o->id, optarg, name, e);
    return o->id == KC_OPT_CONFIG ?
           kc_config_file(p->texts, p->v, optarg, name, p->log_given, p->take, p->arg, e) :
           kc_config_preset(p->texts, p->v, optarg, name, p->take, p->arg, e);
}

/* 1: *done is set. */
static int one_pass(struct parse *p, enum pass pass, int argc, char **argv, enum kc_opt_id *done, struct kc_err *e)
{
    const struct kc_opt *opts = p->v->opts;
    int rc = 0;
    optind = 0; /* start afresh */
    for (int val; (val = getopt_long(argc, argv, p->t.shorts, p->t.longs, NULL)) != -1;) {
        const struct kc_opt *o = by_value(opts, val == ':' ? optopt : val);
        if (rc == 0 && o && val != ':' && (o->id == KC_OPT_HELP || o->id == KC_OPT_HELP_ALL || o->id == KC_OPT_VERSION)) {
            *done = o->id;
            return 1;
        }
        if (rc == 0) /* else only the format of the log is looked for */
            rc = take_option(p->v, o, val, argv[optind - 1], e);
        if (o && val != ':' && o->id == KC_OPT_LOG_FORMAT) {
            take_log_format(o, p->take, p->arg, optarg);
            p->log_given = 1;
        }
        if (rc == 0 && o && take_in_pass(p, pass, o, e) != 0)
            return -1;
    }
    return rc;
}

int kc_opt_parse(const struct kc_verb *v, int argc, char **argv, kc_opt_take take, void *arg, int *operands,
                 enum kc_opt_id *done, struct kc_config **texts, struct kc_err *e)
{
    struct parse p = {.v = v, .take = take, .arg = arg, .texts = texts};
    build(v->opts, &p.t);
    *done = KC_OPT_END;
    opterr = 0;
    for (const struct kc_opt *o = v->opts; !kc_opt_is_last(o); o++)
        take_log_format(o, take, arg, o->env ? getenv(o->env) : NULL);
    for (enum pass pass = CHECK; pass <= TAKE; pass++) { /* what the environment says must not get in the way of --help */
        int rc = one_pass(&p, pass, argc, argv, done, e);
        if (rc != 0 || (pass == CHECK && take_env(&p, e) != 0))
            return rc > 0 ? 0 : -1;
    }
    *operands = optind;
    return 0;
}

static int bad_value(const char *value, const char *name, struct kc_err *e, const char *expected)
{
    char shown[128];
    kc_err_escape(shown, sizeof shown, value, strlen(value));
    return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not %s", name, shown, expected);
}

int kc_opt_u64(const char *value, uint64_t least, uint64_t most, uint64_t *out, const char *name, struct kc_err *e)
{
    char expected[96];
    if (kc_num_u64(value, out) == 0 && *out >= least && *out <= most)
        return 0;
    if (most == UINT64_MAX)
        snprintf(expected, sizeof expected, "a whole number from %llu up", (unsigned long long)least);
    else
        snprintf(expected, sizeof expected, "a whole number from %llu to %llu", (unsigned long long)least,
                 (unsigned long long)most);
    return bad_value(value, name, e, expected);
}

int kc_opt_real(const char *value, double least, double most, double *out, const char *name, struct kc_err *e)
{
    char expected[96];
    if (kc_num_double(value, out) == 0 && *out >= least && *out <= most)
        return 0;
    snprintf(expected, sizeof expected, "a number from %g to %g", least, most);
    return bad_value(value, name, e, expected);
}

int kc_opt_size(const char *value, uint64_t *out, const char *name, struct kc_err *e)
{
    if (kc_num_size(value, out) == 0 && *out > 0)
        return 0;
    return bad_value(value, name, e, "a size, such as 500M or 2G");
}

int kc_opt_seconds(const char *value, double least, double *out, const char *name, struct kc_err *e)
{
    char number[64], expected[96];
    size_t n = strlen(value);
    double unit = 1;
    if (n > 0 && strchr("smhdw", value[n - 1])) {
        n--;
        unit = value[n] == 'm' ? 60 : value[n] == 'h' ? 3600 : value[n] == 'd' ? 86400 : value[n] == 'w' ? 604800 : 1;
    }
    if (n < sizeof number) {
        memcpy(number, value, n);
        number[n] = '\0';
        if (kc_num_double(number, out) == 0 && *out * unit >= least && *out * unit <= 1e9) {
            *out *= unit;
            return 0;
        }
    }
    snprintf(expected, sizeof expected, "a time from %gs up, such as 90, 90s, 1.5m, 2h, 1d or 2w", least);
    return bad_value(value, name, e, expected);
}

int kc_opt_bad_word(const char *value, const char *words, const char *name, struct kc_err *e)
{
    char expected[200];
    snprintf(expected, sizeof expected, "one of: %s", words);
    return bad_value(value, name, e, expected);
}
