/* The languages that there are stop words of, and which of them texts are in. A set of languages is an uint64_t: bit i
 * is the language of list i. */
#ifndef KC_TEXT_LANGUAGES_H
#define KC_TEXT_LANGUAGES_H

#include "base/intern.h"
#include "text/stops.h"

#define KC_LANGUAGES_AUTO ((uint64_t)1 << 63) /* and those of the texts */
#define KC_LANGUAGES_OWN ((uint64_t)3)        /* English and Vietnamese, the lists of stop_lists.c */
#define KC_LANGUAGES_BYTES ((uint64_t)2 << 20) /* memory of kc_languages_find, at most */

/* The words of a list of languages. */
#define KC_LANGUAGE_WORDS \
    "auto en vi af ar bg bn br ca cs da de el eo es et eu fa fi fr ga gl gu ha he hi hr hu hy id it ja ko " \
    "ku la lt lv mr ms nl no pl pt ro ru sk sl so st sv sw th tl tr uk ur yo zh zu"

/* Return the list of language i; NULL if there are no more. */
const struct kc_stop_list *kc_language_list(size_t i);
/* Parse codes separated by commas, "auto" among them. KC_EUSAGE; the message names the option. */
int kc_languages_parse(const char *list, const char *option, uint64_t *out, struct kc_err *e) KC_MUST_USE;

/* Find the languages of the texts: English and Vietnamese, always; and, again and again, the language that explains
 * most of the words that those before it do not, until it would explain less than a fortieth of all words, or by fewer
 * than five different words. A language explains the stop words in its list. Words are those of two characters or
 * more, a letter among them. Of equal languages the first in order of the lists comes first. Of more than 20,000 texts,
 * about as many are looked at, evenly spread. Return -1 with KC_ESYS if memory is short. */
int kc_languages_find(const struct kc_strs *texts, uint64_t *out, struct kc_err *e) KC_MUST_USE;

#endif
