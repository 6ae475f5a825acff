/* Split text into words, for keywords: Unicode's letters, lower case, NFC, never by the locale.
 *
 * A word is a run of letters, digits and underscores, as \w in Python, with the combining marks after them. It is
 * lower-cased (Unicode's full mapping without a language, with the final sigma) and normalised to NFC, so that a
 * Vietnamese word is the same however its accents were typed. Three kinds of script write no spaces:
 *   - a run of Chinese characters gives its overlapping pairs, as in Lucene's CJKBigramFilter; one alone gives itself;
 *   - hiragana, mostly Japanese endings and particles, ends a word and is left out; katakana gives words;
 *   - Thai, Lao, Khmer, Burmese would need a dictionary: whatever is between two spaces counts as a word.
 * Bytes that are not UTF-8 end a word. A soft hyphen is left out. */
#ifndef KC_TEXT_WORDS_H
#define KC_TEXT_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define KC_WORD_MOST 96 /* bytes; nobody would want to read a longer word */
#define KC_CHARS 2048

/* What was looked up about characters, by their low bits. Zero-initialise. */
struct kc_chars {
    uint32_t from[KC_CHARS], to[KC_CHARS]; /* the character; its lower case, and its kind in the upper eight bits */
};

struct kc_words {
    const unsigned char *p, *end; /* the text that remains */
    struct kc_chars *chars;
    int between;      /* what was between the last word and here */
    /* the word: */
    char word[KC_WORD_MOST + 4];
    size_t n;
    unsigned letters; /* characters that are not marks */
    int lettered;     /* one of them is a letter, not a digit or an underscore */
    int too_long;     /* longer than KC_WORD_MOST, so only its beginning is here */
    int joined;       /* only white space, or one hyphen or apostrophe, is between it and the word before */
};

/* Begin with a text (n bytes). chars are kept from text to text, one struct per thread. */
void kc_words_begin(struct kc_words *w, const char *text, size_t n, struct kc_chars *chars);
/* Find the next word. Return 1; 0 at the end; -1 with KC_ESYS if memory is short. */
int kc_words_next(struct kc_words *w, struct kc_err *e) KC_MUST_USE;

#endif
