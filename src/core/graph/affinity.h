/* The graph of similarities: neighbours' lists made symmetric, each row's weights on a scale of its own, and all parts
 * joined. */
#ifndef KC_CORE_GRAPH_AFFINITY_H
#define KC_CORE_GRAPH_AFFINITY_H

#include "core/graph/neighbours.h"

/* A symmetric graph without loops: the edges of row i are first[i] .. first[i + 1], by rising id. */
struct kc_affinity {
    size_t n;
    size_t *first;  /* (n + 1) */
    uint32_t *id;   /* (first[n]) the other row */
    float *weight;  /* (first[n]) above 0, at most 1 */
    double *degree; /* (n) the sum of a row's weights, above 0 if n > 1 */
    uint32_t parts; /* connected parts that there were before they were joined */
};

/* Make the graph of n rows from their neighbours g, whose lists are exact or nearly so. Parts that no edge connects are
 * joined by the edges between their most similar rows, which takes up to log2(parts) passes over pairs of rows. The
 * result is a function of rows and g. Free it with kc_affinity_free, also after a failure. */
int kc_affinity_make(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g,
                     struct kc_affinity *out, struct kc_err *e) KC_MUST_USE;
void kc_affinity_free(struct kc_affinity *a);
/* Sort the n edges of a row by id, by insertion, as most are nearly sorted and few. Equal ids keep their order. */
void kc_affinity_sort(uint32_t *id, float *weight, size_t n);
/* Return the bytes of the graph of n rows with m neighbours each, at most. */
uint64_t kc_affinity_size(size_t n, uint32_t m);
/* Return the bytes that this allocates at the peak, the result included. */
uint64_t kc_affinity_bytes(size_t n, size_t d, uint32_t m, unsigned threads);

#endif
