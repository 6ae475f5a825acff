/* Stop words: words, and phrases of several words, that say nothing about a topic. Vietnamese writes a word of two
 * syllables as two, so "tuy nhiên" is a phrase here, while "nhiên" by itself may be half of "thiên nhiên". */
#ifndef KC_TEXT_STOPS_H
#define KC_TEXT_STOPS_H

#include "base/intern.h"
#include "text/words.h"

#define KC_STOP_NONE UINT32_MAX

/* Zero-initialise; free with kc_stops_free. */
struct kc_stops {
    struct kc_intern words;  /* the words of all entries */
    unsigned char *alone;    /* (words.strs.n) 1 if the word is an entry by itself */
    uint32_t *first;         /* (words.strs.n + 1) the phrases that begin with word i are first[i] .. first[i+1] */
    uint64_t *at;            /* (phrases + 1) phrase j is the words part[at[j] .. at[j+1]); sorted by words */
    uint32_t *part;
    struct kc_buf entries;   /* until kc_stops_ready: of each entry the number of words, then the words (uint32_t) */
};

/* A built-in list: a language by its ISO 639-1 code, and entries separated by '|'. */
struct kc_stop_list {
    const char *code, *words;
};

/* Add the entries of a list. */
int kc_stops_add_list(struct kc_stops *s, const struct kc_stop_list *list, struct kc_chars *chars,
                      struct kc_err *e) KC_MUST_USE;
/* Add one entry: a word or a phrase, split as texts are. An entry without a word is ignored. */
int kc_stops_add(struct kc_stops *s, const char *p, size_t n, struct kc_chars *chars, struct kc_err *e) KC_MUST_USE;
/* Prepare for kc_stops_find and kc_stops_match, after the last entry. */
int kc_stops_ready(struct kc_stops *s, struct kc_err *e) KC_MUST_USE;

/* Return the word's number here; KC_STOP_NONE if it is in no entry. */
static inline uint32_t kc_stops_find(const struct kc_stops *s, const char *p, size_t n)
{
    return kc_intern_find(&s->words, p, n);
}
/* Match the longest entry that a text begins with. word (n > 0): numbers here of the text's words, each joined to the
 * one before. Return how many words the entry has; 0 if there is none. */
size_t kc_stops_match(const struct kc_stops *s, const uint32_t *word, size_t n);

void kc_stops_free(struct kc_stops *s);

/* The lists of this project (stop_lists.c), and those of stopwords-iso; each ends with a code that is NULL. */
extern const struct kc_stop_list kc_stop_lists[], kc_stop_lists_iso[];

#endif
