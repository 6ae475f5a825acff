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
    unsigned distance; /* of best, in half edits */
};

void kc_suggest_begin(struct kc_suggest *s, const char *word, size_t n);
/* Compare with a known word, of n bytes, which must outlive s. Case, and '_' for '-', make no difference. */
void kc_suggest_try(struct kc_suggest *s, const char *known, size_t n);
/* The same with each word of a list that is separated by blanks. */
void kc_suggest_list(struct kc_suggest *s, const char *words);

#define KC_KNOWN_SHOWN 8 /* names in a list; of more, this many and "..." */

/* A list of the names that there are, at the end of a message about one that there is not. */
struct kc_known {
    struct kc_suggest meant;
    char *out;   /* (size) the message */
    size_t size, n;
    size_t count;
    size_t most; /* names that are shown: KC_KNOWN_SHOWN, unless it is changed after kc_known_begin */
};

/* Begin to append a list to the message in out, which has `size` bytes. word: what was asked for, which must outlive k;
 * NULL: nothing is suggested. */
void kc_known_begin(struct kc_known *k, const char *word, char *out, size_t size);
/* Append a name of n bytes, which must outlive k. */
void kc_known_add(struct kc_known *k, const char *name, size_t n);
/* The same with each line of a text. */
void kc_known_lines(struct kc_known *k, const char *names);
/* Append what may have been meant. */
void kc_known_end(struct kc_known *k);

#endif
