#include "cli/opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"

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

static int take_env(const struct kc_verb *v, kc_opt_take take, void *arg, struct kc_err *e)
{
    for (const struct kc_opt *o = v->opts; !kc_opt_is_last(o); o++) {
        const char *value = o->env ? getenv(o->env) : NULL;
        if (value && *value && take(arg, o->id, value, o->env, e) != 0)
            return -1;
    }
    return 0;
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

int kc_opt_parse(const struct kc_verb *v, int argc, char **argv, kc_opt_take take, void *arg, int *operands,
                 enum kc_opt_id *done, struct kc_err *e)
{
    struct tables t;
    build(v->opts, &t);
    *done = KC_OPT_END;
    opterr = 0;
    for (const struct kc_opt *o = v->opts; !kc_opt_is_last(o); o++)
        take_log_format(o, take, arg, o->env ? getenv(o->env) : NULL);
    /* twice, since a bad value in the environment must not get in the way of --help */
    for (int pass = 0, rc = 0; pass < 2; pass++) {
        optind = 0; /* start afresh */
        for (int val; (val = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1;) {
            char name[64];
            const struct kc_opt *o = by_value(v->opts, val == ':' ? optopt : val);
            if (rc == 0 && o && val != ':' && (o->id == KC_OPT_HELP || o->id == KC_OPT_VERSION)) {
                *done = o->id;
                return 0;
            }
            if (rc == 0) /* else only the format of the log is looked for */
                rc = take_option(v, o, val, argv[optind - 1], e);
            if (o && val != ':')
                take_log_format(o, take, arg, optarg);
            if (pass == 0 || rc != 0)
                continue;
            shown_name(o, name);
            if (take(arg, o->id, optarg, name, e) != 0)
                return -1;
        }
        if (rc != 0 || (pass == 0 && take_env(v, take, arg, e) != 0))
            return -1;
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
