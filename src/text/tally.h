/* Count the terms of some texts: words worth counting, and pairs of such words side by side. */
#ifndef KC_TEXT_TALLY_H
#define KC_TEXT_TALLY_H

#include "text/pairs.h"
#include "text/stops.h"
#include "text/words.h"

#define KC_RUN_MOST 1024 /* words that follow each other without a break; a longer sequence is cut */

/* Zero-initialise; free with kc_tally_free. */
struct kc_tally {
    struct kc_chars chars;
    struct kc_intern words;  /* all words that occurred */
    struct kc_pairs pairs;   /* of their numbers */
    uint32_t *count;         /* (words) occurrences; 0 for words that are not counted */
    uint32_t *pair_count;    /* (pairs) */
    uint32_t *stop;          /* (words) the word's number in the stop list */
    unsigned char *worth;    /* (words) 1 if it has more than one letter, and not only digits */
    size_t words_cap, pairs_cap;
    uint32_t run[KC_RUN_MOST];      /* (nrun) the words since the last break */
    uint32_t run_stop[KC_RUN_MOST]; /* (nrun) their numbers in the stop list */
    size_t nrun;
};

/* Count the terms of a text (n bytes). A word counts if it has two characters or more, a letter among them, at most
 * KC_WORD_MOST bytes, and is in no stop word or phrase. A pair is two words that count, with nothing but white space,
 * or one hyphen or apostrophe, between them. (scikit-learn's CountVectorizer counts numbers, and makes pairs over
 * dropped words and over the ends of sentences.) */
int kc_tally_text(struct kc_tally *t, const struct kc_stops *stops, const char *text, size_t n,
                  struct kc_err *e) KC_MUST_USE;
void kc_tally_clear(struct kc_tally *t); /* memory kept */
void kc_tally_free(struct kc_tally *t);

#endif
