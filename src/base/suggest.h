/* What somebody may have meant by a word that is not known: the most similar one of those that are. */
#ifndef KC_BASE_SUGGEST_H
#define KC_BASE_SUGGEST_H

#include <stddef.h>

/* The best word so far. Begin with kc_suggest_begin. */
struct kc_suggest {
    const char *word;  /* (word_n) as it was written */
    size_t word_n;
    const char *best;  /* NULL: none is similar enough */
    size_t best_n;
    unsigned distance; /* of best */
};

void kc_suggest_begin(struct kc_suggest *s, const char *word, size_t n);
/* Compare with a known word, of n bytes, which must outlive s. Case, and '_' for '-', make no difference. */
void kc_suggest_try(struct kc_suggest *s, const char *known, size_t n);
/* The same with each word of a list that is separated by blanks. */
void kc_suggest_list(struct kc_suggest *s, const char *words);

#endif
