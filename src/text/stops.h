/* Stop words: words, and phrases of several, that say nothing about a topic. Vietnamese writes a word of two syllables
 * as two, so "tuy nhiên" is a phrase here, while "nhiên" by itself may be half of "thiên nhiên". */
#ifndef KC_TEXT_STOPS_H
#define KC_TEXT_STOPS_H

#include "base/intern.h"
#include "text/words.h"

#define KC_STOP_NONE UINT32_MAX

/* Zero-initialise; free with kc_stops_free. */
struct kc_stops {
    struct kc_intern words;  /* of all entries */
    unsigned char *alone;    /* (words.strs.n) whether the word is an entry */
    uint32_t *first;         /* (words.strs.n + 1) the phrases that begin with word i are first[i] .. first[i+1], */
    uint64_t *at;            /* (phrases + 1) and phrase j is the words part[at[j] .. at[j+1]): longer ones first */
    uint32_t *part;
    struct kc_buf entries;   /* until kc_stops_ready: of each entry the number of words, and the words, uint32_t */
};

/* The built-in ones, English and Vietnamese. */
int kc_stops_builtin(struct kc_stops *s, struct kc_chars *chars, struct kc_err *e) KC_MUST_USE;
/* One entry: a word or a phrase, split as texts are. One without a word counts for nothing. */
int kc_stops_add(struct kc_stops *s, const char *p, size_t n, struct kc_chars *chars, struct kc_err *e) KC_MUST_USE;
/* After the last one, before the first question. */
int kc_stops_ready(struct kc_stops *s, struct kc_err *e) KC_MUST_USE;

/* The word's number here, KC_STOP_NONE: it is in no entry. */
static inline uint32_t kc_stops_find(const struct kc_stops *s, const char *p, size_t n)
{
    return kc_intern_find(&s->words, p, n);
}
/* How many words of a text, whose numbers here are word (n > 0, each joined to the one before), the longest entry takes
 * that begins with the first; 0: there is none. */
size_t kc_stops_match(const struct kc_stops *s, const uint32_t *word, size_t n);

void kc_stops_free(struct kc_stops *s);

/* stop_lists.c: entries with '|' between them, a string a language; NULL at the end. */
extern const char *const kc_stop_lists[];

#endif
