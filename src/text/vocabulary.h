/* The terms of all texts and how often they occur: words, and pairs of words. */
#ifndef KC_TEXT_VOCABULARY_H
#define KC_TEXT_VOCABULARY_H

#include "text/tally.h"

#define KC_TERM_NONE UINT32_MAX

/* Zero-initialise, then set the first three; free with kc_vocabulary_free. */
struct kc_vocabulary {
    size_t most_words, most_pairs; /* when there are more, the rarest are forgotten, so that half of these stay */
    size_t most_bytes;             /* the same for the words' bytes */
    struct kc_intern words;
    struct kc_pairs pairs;         /* of numbers of words */
    uint64_t *count, *pair_count;  /* (words), (pairs) */
    size_t words_cap, pairs_cap;
    uint32_t *number;              /* (number_cap) scratch: numbers here of the tally's words */
    size_t number_cap;
    uint64_t forgot;               /* how many times something was forgotten */
};

/* Add what was counted. Then, if that is too many, those that occur least often are forgotten; when they come again they
 * are counted anew. (word2vec's way with its vocabulary; Manku and Motwani 2002 have a bound for the like of it.) */
int kc_vocabulary_add(struct kc_vocabulary *v, const struct kc_tally *t, struct kc_err *e) KC_MUST_USE;
/* After the last: pairs that occur only once are no phrases, and go. */
int kc_vocabulary_end(struct kc_vocabulary *v, struct kc_err *e) KC_MUST_USE;

/* Terms are numbered: first the words, then the pairs. */
static inline size_t kc_vocabulary_terms(const struct kc_vocabulary *v)
{
    return v->words.strs.n + v->pairs.n;
}
/* Add the term's text to b. */
int kc_vocabulary_term(const struct kc_vocabulary *v, uint32_t term, struct kc_buf *b, struct kc_err *e) KC_MUST_USE;
/* The words of a term: 1 or 2. */
unsigned kc_vocabulary_words(const struct kc_vocabulary *v, uint32_t term, uint32_t word[2]);

void kc_vocabulary_free(struct kc_vocabulary *v);

#endif
