/* Parse and print the values of options by their rows. Values are parsed by base/num.h, so the locale has no say. */
#include "base/option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/suggest.h"

#define MICRO 1e6   /* microseconds in a second */
#define LONGEST 315576000000.0 /* seconds that a time can be: 10,000 years, which is more than dates span */

int kc_value_bad(const char *value, const char *expected, const char *name, struct kc_err *e)
{
    char shown[128];
    kc_err_escape(shown, sizeof shown, value, strlen(value));
    return kc_err_set(e, KC_EUSAGE, "%s: '%s' is not %s", name, shown, expected);
}

int kc_value_bad_word(const char *value, const char *words, const char *name, struct kc_err *e)
{
    struct kc_suggest meant;
    char expected[400];
    kc_suggest_begin(&meant, value, strlen(value));
    kc_suggest_list(&meant, words);
    int n = snprintf(expected, sizeof expected, "one of: %s", words);
    if (meant.best && n > 0 && (size_t)n < sizeof expected)
        snprintf(expected + n, sizeof expected - (size_t)n, "; did you mean %.*s?", (int)meant.best_n, meant.best);
    return kc_value_bad(value, expected, name, e);
}

int kc_value_word(const char *words, const char *word, size_t n)
{
    int at = 0;
    for (const char *p = words; *p; p += strspn(p, " "), at++) {
        size_t length = strcspn(p, " ");
        if (length == n && memcmp(p, word, n) == 0)
            return at;
        p += length;
    }
    return -1;
}

int kc_value_u64(const char *value, uint64_t least, uint64_t most, uint64_t *out, const char *name, struct kc_err *e)
{
    char expected[96];
    if (kc_num_u64(value, out) == 0 && *out >= least && *out <= most)
        return 0;
    if (most == UINT64_MAX)
        snprintf(expected, sizeof expected, "a whole number from %llu up", (unsigned long long)least);
    else
        snprintf(expected, sizeof expected, "a whole number from %llu to %llu", (unsigned long long)least,
                 (unsigned long long)most);
    return kc_value_bad(value, expected, name, e);
}

/* Parse seconds: 90, 90s, 1.5m, 2h, 1d, 2w. */
static int parse_seconds(const char *value, double least, double *out)
{
    char number[64];
    size_t n = strlen(value);
    double unit = 1;
    if (n > 0 && strchr("smhdw", value[n - 1])) {
        n--;
        unit = value[n] == 'm' ? 60 : value[n] == 'h' ? 3600 : value[n] == 'd' ? 86400 : value[n] == 'w' ? 604800 : 1;
    }
    if (n >= sizeof number)
        return -1;
    memcpy(number, value, n);
    number[n] = '\0';
    if (kc_num_double(number, out) != 0)
        return -1;
    *out *= unit;
    return *out >= least && *out <= LONGEST ? 0 : -1;
}

static int parse_real(const struct kc_option *o, const char *value, double *out)
{
    if (kc_num_double(value, out) != 0)
        return -1;
    int above = o->marks & KC_OPTION_OPEN_LOW ? *out > o->low : *out >= o->low;
    int below = o->marks & KC_OPTION_OPEN_HIGH ? *out < o->high : *out <= o->high;
    return above && below ? 0 : -1;
}

/* Report a bad number. */
static int refuse_number(const struct kc_option *o, const char *value, const char *name, struct kc_err *e)
{
    char expected[160];
    const char *off = o->off ? o->off : "", *or = o->off ? " or " : "";
    if (o->expected)
        return kc_value_bad(value, o->expected, name, e);
    size_t n = strlen(value);
    if (o->type == KC_OPTION_REAL && n > 1 && value[n - 1] == '%' && o->low <= 0 && o->high >= 1)
        snprintf(expected, sizeof expected, "a share as a number from %g to %g: 50%% is 0.5", o->low, o->high);
    else if (o->type == KC_OPTION_REAL)
        snprintf(expected, sizeof expected, "%s%sa number from %g to %g", off, or, o->low, o->high);
    else if (o->type == KC_OPTION_SIZE)
        snprintf(expected, sizeof expected, "a size, such as 500M or 2G");
    else
        snprintf(expected, sizeof expected, "%s%sa time from %gs to 10,000 years, such as 90, 90s, 1.5m, 2h, 1d or 2w",
                 off, or, o->low);
    return kc_value_bad(value, expected, name, e);
}

static size_t width_of(enum kc_option_type type)
{
    return type == KC_OPTION_FLAG || type == KC_OPTION_WORD ? sizeof(int) : sizeof(uint64_t);
}

/* Store what `off` stands for: 0 for whole numbers, else the default. */
static void store_off(const struct kc_option *o, void *place, const void *defaults)
{
    const uint64_t zero = 0;
    int whole = o->type == KC_OPTION_U64 || o->type == KC_OPTION_SIZE || o->type == KC_OPTION_COUNT;
    memcpy(place, whole ? (const void *)&zero : (const char *)defaults + o->at, width_of(o->type));
}

int kc_option_parse(const struct kc_option *o, void *base, const void *defaults, const char *value, const char *name,
                    struct kc_err *e)
{
    char *place = (char *)base + o->at;
    uint64_t number;
    int64_t micro;
    double real;
    int at;
    if (o->check && o->check(value, name, e) != 0)
        return -1;
    if ((o->marks & KC_OPTION_NO_STDIO) && strcmp(value, "-") == 0)
        return kc_err_set(e, KC_EUSAGE, "%s needs the name of a file", name);
    if (o->parse)
        return o->parse(base, value, name, e);
    if (o->off && strcmp(value, o->off) == 0) {
        store_off(o, place, defaults);
        return 0;
    }
    switch (o->type) {
    case KC_OPTION_FLAG:
        memcpy(place, &o->set, sizeof o->set);
        return 0;
    case KC_OPTION_TEXT:
    case KC_OPTION_FILE:
        memcpy(place, &value, sizeof value);
        return 0;
    case KC_OPTION_U64:
        if (kc_value_u64(value, o->least, o->most ? o->most : UINT64_MAX, &number, name, e) != 0)
            return -1;
        memcpy(place, &number, sizeof number);
        return 0;
    case KC_OPTION_COUNT:
    case KC_OPTION_SIZE:
        if (kc_num_size(value, &number) != 0 || number < (o->least ? o->least : 1))
            return refuse_number(o, value, name, e);
        memcpy(place, &number, sizeof number);
        return 0;
    case KC_OPTION_REAL:
        if (parse_real(o, value, &real) != 0)
            return refuse_number(o, value, name, e);
        memcpy(place, &real, sizeof real);
        return 0;
    case KC_OPTION_SECONDS:
    case KC_OPTION_TIME:
        if (parse_seconds(value, o->low, &real) != 0)
            return refuse_number(o, value, name, e);
        micro = (int64_t)(real * MICRO);
        memcpy(place, o->type == KC_OPTION_TIME ? (const void *)&micro : &real, sizeof real);
        return 0;
    case KC_OPTION_WORD:
        at = kc_value_word(o->words, value, strlen(value));
        if (at < 0)
            return kc_value_bad_word(value, o->words, name, e);
        memcpy(place, &at, sizeof at);
        return 0;
    case KC_OPTION_OWN:
        break;
    }
    return kc_err_set(e, KC_EUSAGE, "%s: cannot be given", name);
}

/* Write a number as people write it: 1e-6, not 1e-06, and 1, not 1.0. */
static void print_real(char out[KC_OPTION_TEXT_MAX], double x)
{
    if (x >= -1e15 && x <= 1e15 && x >= floor(x) && x <= floor(x)) {
        snprintf(out, KC_OPTION_TEXT_MAX, "%.0f", x);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, KC_OPTION_TEXT_MAX, "%.*g", digits, x);
        double back = strtod(out, NULL);
        if (back >= x && back <= x)
            break;
    }
    char *e = strstr(out, "e-0");
    if (e)
        memmove(e + 2, e + 3, strlen(e + 3) + 1);
}

/* Write a size with the largest unit that divides it. */
static void print_size(char out[KC_OPTION_TEXT_MAX], uint64_t bytes)
{
    const char *units = "KMG", *unit = "";
    for (; *units && bytes >= 1024 && bytes % 1024 == 0; units++, bytes /= 1024)
        unit = units;
    snprintf(out, KC_OPTION_TEXT_MAX, "%llu%.1s", (unsigned long long)bytes, unit);
}

static void print_word(char out[KC_OPTION_TEXT_MAX], const char *words, int at)
{
    for (; at > 0; at--) {
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    snprintf(out, KC_OPTION_TEXT_MAX, "%.*s", (int)strcspn(words, " "), words);
}

void kc_option_text(const struct kc_option *o, const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    const char *place = (const char *)base + o->at, *text;
    uint64_t number;
    int64_t micro;
    double real;
    int at;
    out[0] = '\0';
    if (o->text) {
        o->text(base, brief, out);
        return;
    }
    switch (o->type) {
    case KC_OPTION_TEXT:
    case KC_OPTION_FILE:
        memcpy(&text, place, sizeof text);
        snprintf(out, KC_OPTION_TEXT_MAX, "%s", text ? text : "");
        return;
    case KC_OPTION_U64:
    case KC_OPTION_COUNT:
    case KC_OPTION_SIZE:
        memcpy(&number, place, sizeof number);
        if (brief && number == 0 && o->off)
            snprintf(out, KC_OPTION_TEXT_MAX, "%s", o->off);
        else if (brief && o->type == KC_OPTION_SIZE)
            print_size(out, number);
        else
            snprintf(out, KC_OPTION_TEXT_MAX, "%llu", (unsigned long long)number);
        return;
    case KC_OPTION_REAL:
    case KC_OPTION_SECONDS:
        memcpy(&real, place, sizeof real);
        if (brief && o->off && (isnan(real) || (o->type == KC_OPTION_SECONDS && real < 0)))
            snprintf(out, KC_OPTION_TEXT_MAX, "%s", o->off);
        else if (!brief)
            snprintf(out, KC_OPTION_TEXT_MAX, "%.17g", real);
        else
            print_real(out, real);
        if (brief && o->type == KC_OPTION_SECONDS && real >= 0)
            snprintf(out + strlen(out), 2, "s");
        return;
    case KC_OPTION_TIME:
        memcpy(&micro, place, sizeof micro);
        if (o->off && micro <= 0)
            snprintf(out, KC_OPTION_TEXT_MAX, "%s", o->off);
        else
            print_real(out, (double)micro / MICRO);
        return;
    case KC_OPTION_WORD:
        memcpy(&at, place, sizeof at);
        print_word(out, o->words, at);
        return;
    case KC_OPTION_FLAG:
    case KC_OPTION_OWN:
        return;
    }
}

int kc_option_is_idle(const struct kc_option *o, const char *value)
{
    if (!value)
        return 0;
    return (o->off && strcmp(value, o->off) == 0) ||
           (o->type == KC_OPTION_WORD && kc_value_word(o->words, value, strlen(value)) == 0);
}

void kc_option_key(const struct kc_option *o, char out[KC_OPTION_TEXT_MAX])
{
    snprintf(out, KC_OPTION_TEXT_MAX, "%s", o->key ? o->key : o->name ? o->name : "");
    for (char *p = out; *p; p++)
        if (*p == '-')
            *p = '_';
}

void kc_option_name(const struct kc_option *o, char out[KC_OPTION_TEXT_MAX])
{
    if (o->name)
        snprintf(out, KC_OPTION_TEXT_MAX, "--%s", o->name);
    else
        snprintf(out, KC_OPTION_TEXT_MAX, "-%c", o->letter);
}

uint64_t kc_option_u64(const struct kc_option *table, const void *base, const char *key, uint64_t fallback)
{
    char own[KC_OPTION_TEXT_MAX];
    uint64_t number;
    for (const struct kc_option *o = table; o && !kc_option_is_last(o); o++) {
        kc_option_key(o, own);
        if (o->type == KC_OPTION_U64 && strcmp(own, key) == 0) {
            memcpy(&number, (const char *)base + o->at, sizeof number);
            return number;
        }
    }
    return fallback;
}
