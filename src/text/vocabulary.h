/* The terms of all texts, words and pairs of words, and how often they occur. */
#ifndef KC_TEXT_VOCABULARY_H
#define KC_TEXT_VOCABULARY_H

#include "text/tally.h"

#define KC_TERM_NONE UINT32_MAX

/* Zero-initialise, then set the first three; free with kc_vocabulary_free. */
struct kc_vocabulary {
    size_t most_words, most_pairs; /* with more, the rarest are forgotten, so that half of these stay */
    size_t most_bytes;             /* the same for the words' bytes */
    struct kc_intern words;
    struct kc_pairs pairs;         /* of their numbers */
    uint64_t *count, *pair_count;  /* (words), (pairs) */
    size_t words_cap, pairs_cap;
    uint32_t *number;              /* (number_cap) scratch: numbers in here of the tally's words */
    size_t number_cap;
    uint64_t forgot;               /* number of times that something was forgotten */
};

/* Add the counts of a tally. If there are then too many terms, those that occur least often are forgotten; if they come
 * again they are counted anew. (As word2vec does with its vocabulary; Manku and Motwani 2002 give a bound for a similar
 * method.) */
int kc_vocabulary_add(struct kc_vocabulary *v, const struct kc_tally *t, struct kc_err *e) KC_MUST_USE;
/* Finish, after the last tally: pairs that occur only once are no phrases and are dropped. */
int kc_vocabulary_end(struct kc_vocabulary *v, struct kc_err *e) KC_MUST_USE;

/* Return the number of terms. Terms are numbered: first the words, then the pairs. */
static inline size_t kc_vocabulary_terms(const struct kc_vocabulary *v)
{
    return v->words.strs.n + v->pairs.n;
}
/* Append the term's text to b. */
int kc_vocabulary_term(const struct kc_vocabulary *v, uint32_t term, struct kc_buf *b, struct kc_err *e) KC_MUST_USE;
/* Set `word` to the words of a term. Return their number, 1 or 2. */
unsigned kc_vocabulary_words(const struct kc_vocabulary *v, uint32_t term, uint32_t word[2]);

void kc_vocabulary_free(struct kc_vocabulary *v);

#endif
