/* The values of options in JSON, by their rows (base/option.h): in models and in records of clusters. */
#ifndef KC_JSON_OPTION_JSON_H
#define KC_JSON_OPTION_JSON_H

#include "base/option.h"
#include "json/jsonw.h"

/* Write the value as a member under the option's key: a number, a word or a text. brief: a value that is off is null,
 * and what has a text of its own is written as people write it. */
void kc_option_write(struct kc_jsonw *w, const struct kc_option *o, const void *base, int brief);

/* Read the value from the JSON object at `object` (a valid text as json/json.h wants it) into the struct. -1: there is
 * no such member, or its value is none that the option can have. */
int kc_option_read(const struct kc_option *o, void *base, const char *object) KC_MUST_USE;

#endif
