/* The best of many items, without keeping the others: a heap of those so far, the last of them on top. */
#ifndef KC_BASE_TOP_H
#define KC_BASE_TOP_H

#include <stddef.h>
#include "base/err.h"

/* Return 1 if item a comes before b. No two items of a list are equal. */
typedef int kc_top_before(const void *arg, const void *a, const void *b);

struct kc_top {
    size_t n, most, size;   /* items in the list; how many it takes; bytes of one */
    char *items;            /* (n) after kc_top_sort in their order, until then a heap */
    kc_top_before *before;
    const void *arg;        /* for before */
};

/* Make room for the `most` best items. Free it with kc_top_free, also after a failure. */
int kc_top_init(struct kc_top *b, size_t most, size_t size, kc_top_before *before, const void *arg,
                 struct kc_err *e) KC_MUST_USE;
/* Copy the item into the list if it is among the best so far. The result is the same for any order of offers. */
void kc_top_offer(struct kc_top *b, const void *item);
/* Sort the list, the first of the order first. Nothing may be offered afterwards. */
void kc_top_sort(struct kc_top *b);
void kc_top_free(struct kc_top *b);

#endif
