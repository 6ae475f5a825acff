/* Write and read the values of options by their rows. Reading accepts what writing makes, and the bounds of the row. */
#include "json/option_json.h"

#include <string.h>
#include "json/json.h"

void kc_option_write(struct kc_jsonw *w, const struct kc_option *o, const void *base, int brief)
{
    const char *place = (const char *)base + o->at;
    char key[KC_OPTION_TEXT_MAX], text[KC_OPTION_TEXT_MAX];
    uint64_t number;
    double real;
    int flag;
    kc_option_key(o, key);
    if (!o->text && (o->type == KC_OPTION_U64 || o->type == KC_OPTION_COUNT || o->type == KC_OPTION_SIZE)) {
        memcpy(&number, place, sizeof number);
        if (brief && o->off && number == 0)
            kc_jsonw_null(w, key);
        else
            kc_jsonw_u64(w, key, number);
    } else if (!o->text && (o->type == KC_OPTION_REAL || o->type == KC_OPTION_SECONDS)) {
        memcpy(&real, place, sizeof real);
        kc_jsonw_double(w, key, real);
    } else if (!o->text && o->type == KC_OPTION_FLAG) {
        memcpy(&flag, place, sizeof flag);
        kc_jsonw_bool(w, key, flag);
    } else {
        kc_option_text(o, base, brief, text);
        kc_jsonw_cstr(w, key, *text ? text : NULL);
    }
}

int kc_option_read(const struct kc_option *o, void *base, const char *object)
{
    char *place = (char *)base + o->at, key[KC_OPTION_TEXT_MAX];
    struct kc_json_str word;
    uint64_t number;
    double real;
    int at;
    kc_option_key(o, key);
    const char *v = kc_json_find(object, key);
    switch (o->type) {
    case KC_OPTION_U64:
    case KC_OPTION_COUNT:
    case KC_OPTION_SIZE:
        if (kc_json_u64(v, &number) != 0 || (number < o->least && !(o->off && number == 0)) ||
            (o->most && number > o->most))
            return -1;
        memcpy(place, &number, sizeof number);
        return 0;
    case KC_OPTION_REAL:
        if (kc_json_double(v, &real) != 0 || !(real >= o->low && real <= o->high))
            return -1;
        memcpy(place, &real, sizeof real);
        return 0;
    case KC_OPTION_WORD:
        at = kc_json_text(v, &word) == 0 ? kc_value_word(o->words, word.p, word.n) : -1;
        if (at < 0)
            return -1;
        memcpy(place, &at, sizeof at);
        return 0;
    default:
        return -1;
    }
}
