/* Different strings and their numbers, in the order in which they were first met; and two lists of strings, such as the
 * terms of two files, brought together. */
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

/* The string's number, a new one when it was not met before: at most UINT32_MAX - 1 of them. */
int kc_intern_add(struct kc_intern *t, const char *p, size_t n, uint32_t *number, struct kc_err *e) KC_MUST_USE;
uint32_t kc_intern_find(const struct kc_intern *t, const char *p, size_t n); /* KC_INTERN_NONE: not met */
void kc_intern_clear(struct kc_intern *t); /* no strings, memory kept; takes no longer than the strings took */
void kc_intern_free(struct kc_intern *t);

/* Each string of b with the string of a that equals it: of equal ones the first of a with the first of b, and so on.
 * a_of_b (b->n): its number in a, KC_INTERN_NONE without one. a_left: of how many of a's nobody is left to match. Lists
 * in the same order take a comparison each, others a hash table over a. */
int kc_intern_align(const struct kc_strs *a, const struct kc_strs *b, uint32_t *a_of_b, size_t *a_left,
                    struct kc_err *e) KC_MUST_USE;

#endif
