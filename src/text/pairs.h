/* Pairs of words by their numbers: a hash table from (a, b) to the number of the pair, in the order in which pairs are
 * first added, from 0. */
#ifndef KC_TEXT_PAIRS_H
#define KC_TEXT_PAIRS_H

#include "base/mem.h"

#define KC_PAIR_NONE UINT32_MAX

/* Zero-initialise; free with kc_pairs_free. */
struct kc_pairs {
    uint64_t *pair;  /* (n of cap) a << 32 | b */
    uint32_t *slot;  /* (mask + 1) open addressing: 0 is free, else 1 + a number */
    size_t n, cap, mask;
};

/* Return the pair's number in *number, a new one if it was not there. */
int kc_pairs_add(struct kc_pairs *t, uint64_t pair, uint32_t *number, struct kc_err *e) KC_MUST_USE;
uint32_t kc_pairs_find(const struct kc_pairs *t, uint64_t pair); /* KC_PAIR_NONE if not there */
void kc_pairs_clear(struct kc_pairs *t); /* n = 0, memory kept; takes no longer than adding the pairs took */
void kc_pairs_free(struct kc_pairs *t);

#endif
