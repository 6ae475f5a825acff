/* What is known of one k of a sweep. */
#ifndef KC_CORE_JUDGE_ENTRY_H
#define KC_CORE_JUDGE_ENTRY_H

#include <stddef.h>
#include <stdint.h>

/* A figure that is not defined or was not computed is NAN. */
struct kc_k_entry {
    uint32_t k;
    uint32_t zero;       /* no gap, so that entries can be compared as bytes */
    uint64_t rows;       /* the number of rows that the figures were computed on */
    uint64_t iterations; /* of the run that won this k; 0 where there are none */
    double silhouette, inertia, objective, calinski_harabasz, davies_bouldin;
    double macro_silhouette; /* mean over the clusters of their mean silhouettes */
    /* What is computed only for an index that needs it (core/judge/judging.h): */
    double modularity;       /* of the graph of neighbours (core/graph/modularity.h) */
    double stability, strength; /* of fits of halves (core/choice/halves.h) */
    double halves_silhouette, halves_modularity; /* means over the halves of their own clusters' figures */
    double support;          /* share of the halves whose own figures choose this k */
    double gap, gap_error;   /* the gap and its standard error (core/choice/gap.h) */
    double merit;            /* the combined figure (core/judge/combine.h) */
};

/* How many of the figures are computed only for an index that needs them; they lie one after the other, from
 * modularity on. */
#define KC_ENTRY_EVIDENCE 9

/* Return the entry of k without figures. */
struct kc_k_entry kc_k_entry_of(uint32_t k, uint64_t rows, uint64_t iterations);

#endif
