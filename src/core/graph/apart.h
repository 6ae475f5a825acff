/* Similar rows that have different labels: near-duplicates that a clustering has torn apart. */
#ifndef KC_CORE_GRAPH_APART_H
#define KC_CORE_GRAPH_APART_H

#include "core/graph/neighbours.h"

#define KC_APART_NEIGHBOURS 32 /* a good length for the lists: few rows have as many near-duplicates */

struct kc_apart_pair {
    uint32_t a, b; /* rows, a < b */
    float similarity;
};

struct kc_apart {
    uint64_t total;              /* pairs */
    struct kc_apart_pair *pair;  /* (n) the most similar first, of equally similar ones that of the lowest rows */
    size_t n;
};

/* Find the pairs of rows that are at least `least` similar and have different labels.
 *   g           the neighbours of the rows that are so similar, in lists of any length. Rows with full lists are
 *               compared with each other: so no pair is missed, if g is exact.
 *   labels (n)  clusters
 *   most        how many pairs to list
 *   out         set; free it with kc_apart_free, also after a failure
 * The result is a function of rows, g and labels. */
int kc_apart_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g, double least,
                  const uint32_t *labels, size_t most, struct kc_apart *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak, the lists of pairs left out. */
uint64_t kc_apart_bytes(size_t n, size_t d, unsigned threads);
void kc_apart_free(struct kc_apart *a);

#endif
