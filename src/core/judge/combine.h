/* The combined choice of k: silhouette and modularity weighed together, and how sure it is. */
#ifndef KC_CORE_JUDGE_COMBINE_H
#define KC_CORE_JUDGE_COMBINE_H

#include "core/judge/entry.h"

/* Set the merit of n >= 1 entries, by rising k, from their silhouettes and modularities, and from those of the halves,
 * where they are known. An entry without modularity has no merit: NAN. */
void kc_combine(struct kc_k_entry *e, size_t n);

/* How sure a choice is. */
struct kc_choice {
    double confidence;   /* share of the halves that choose this k or one near it; NAN: there are no halves */
    uint32_t runner_up;  /* the best k that is not near the choice; 0: there is none */
    double runner_merit; /* its merit as a share of that of the choice */
    double runner_support; /* share of the halves that choose it or one near it */
    int nested;          /* 1: both are nearly as good, and one is at least twice the other */
};

/* Return how sure it is that entry `chosen` of n is the best. Near are k that differ by 1, or by at most a fifth. */
struct kc_choice kc_combine_doubt(const struct kc_k_entry *e, size_t n, size_t chosen);
/* Return 1 if a and b are near each other. */
int kc_combine_near(uint32_t a, uint32_t b);

#endif
