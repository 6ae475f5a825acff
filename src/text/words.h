/* Text to words, for keywords: Unicode's letters, lower case, NFC. No locale has a say.
 *
 * A word is a run of letters, digits and underscores, as \w has it in Python, and the combining marks behind them. It is
 * lower-cased (Unicode's full mapping without a language: the final sigma is one) and normalised to NFC, so that
 * Vietnamese is the same word whichever way its accents were typed. Three scripts write no spaces:
 *   - a run of Chinese characters gives its overlapping pairs, as Lucene's CJKBigramFilter does, or itself if it is one;
 *   - hiragana, Japanese endings and particles for the most part, ends a word and is left out; katakana gives words;
 *   - Thai, Lao, Khmer, Burmese would need a dictionary: what stands between two spaces is taken for a word.
 * Bytes that are not UTF-8 end a word. A soft hyphen is left out. */
#ifndef KC_TEXT_WORDS_H
#define KC_TEXT_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define KC_WORD_MOST 96 /* bytes; a longer word is none that anybody would want to read */
#define KC_CHARS 2048

/* What was looked up about characters, by their low bits: zero-initialise. */
struct kc_chars {
    uint32_t from[KC_CHARS], to[KC_CHARS]; /* the character; its lower case, and its kind in the upper eight bits */
};

struct kc_words {
    const unsigned char *p, *end; /* what is left of the text */
    struct kc_chars *chars;
    int between;      /* what was seen since the last word */
    /* the word: */
    char word[KC_WORD_MOST + 4];
    size_t n;
    unsigned letters; /* characters that are no marks */
    int lettered;     /* one of them is a letter, not a digit or an underscore */
    int too_long;     /* longer than KC_WORD_MOST; not all of it is there */
    int joined;       /* nothing but white space, or one hyphen or apostrophe, stands between it and the word before */
};

/* Begin with a text (n bytes); chars are kept from text to text, one struct a thread. */
void kc_words_begin(struct kc_words *w, const char *text, size_t n, struct kc_chars *chars);
/* The next word: 1, 0 at the end, -1: KC_ESYS, memory is short. */
int kc_words_next(struct kc_words *w, struct kc_err *e) KC_MUST_USE;

#endif
