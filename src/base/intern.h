/* Number different strings in the order in which they are first added; and match two lists of strings, such as the
 * terms of two files. */
#ifndef KC_BASE_INTERN_H
#define KC_BASE_INTERN_H

#include "base/mem.h"

#define KC_INTERN_NONE UINT32_MAX

/* Zero-initialise; free with kc_intern_free. */
struct kc_intern {
    struct kc_strs strs; /* string i has the number i */
    uint32_t *slot;      /* (mask + 1) open addressing: 0 is free, else 1 + a number */
    uint32_t *hash;      /* (strs.cap) */
    size_t mask, cap;
};

/* Return the string's number in *number, a new one if it was not there. At most UINT32_MAX - 1 strings. */
int kc_intern_add(struct kc_intern *t, const char *p, size_t n, uint32_t *number, struct kc_err *e) KC_MUST_USE;
uint32_t kc_intern_find(const struct kc_intern *t, const char *p, size_t n); /* KC_INTERN_NONE if not there */
void kc_intern_clear(struct kc_intern *t); /* keeps the memory; takes no longer than adding the strings took */
void kc_intern_free(struct kc_intern *t);

/* Match each string of b with an equal string of a. Of equal strings the first of a is matched with the first of b, and
 * so on. Lists in the same order take one comparison per string, others a hash table over a.
 *
 * a_of_b  (b->n) the index of each string's partner in a, KC_INTERN_NONE without one
 * a_left  set to the number of strings of a that have no partner */
int kc_intern_align(const struct kc_strs *a, const struct kc_strs *b, uint32_t *a_of_b, size_t *a_left,
                    struct kc_err *e) KC_MUST_USE;

#endif
