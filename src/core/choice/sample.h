/* Some rows, drawn at random and copied together. */
#ifndef KC_CORE_CHOICE_SAMPLE_H
#define KC_CORE_CHOICE_SAMPLE_H

#include "la/rows.h"

struct kc_drawn {
    size_t n;
    uint32_t *row; /* (n) their numbers, rising */
    float *x;      /* (n, d) */
};

/* Draw m of n numbers into row (m), rising. All sets are equally likely; the draw is a function of the arguments. */
void kc_drawn_numbers(size_t n, uint64_t seed, size_t m, uint32_t *row);
/* Draw `most` of the rows, or take all if there are no more. Free it with kc_drawn_free, also after a failure. */
int kc_drawn_make(const struct kc_rows *rows, uint64_t seed, size_t most, struct kc_drawn *out,
                  struct kc_err *e) KC_MUST_USE;
void kc_drawn_free(struct kc_drawn *s);
/* Return the bytes that it holds. */
uint64_t kc_drawn_bytes(size_t n, size_t d, size_t most);

#endif
