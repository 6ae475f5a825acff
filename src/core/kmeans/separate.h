/* Keep points apart that must not be in one cluster: a colouring of the graph of these pairs, in which the objective
 * of k-means decides among the colours.
 *
 * COP-KMeans (Wagstaff, Cardie, Rogers and Schroedl 2001) gives each point to the nearest cluster that is allowed, one
 * after the other, and fails where none is. Here the points begin in the clusters of a fit without constraints. Those
 * that have pairs are placed anew, those that lose most first; where no cluster is allowed, chains of points that
 * alternate between two clusters are swapped (Kempe 1879). If that does not help, a colouring that looks at the pairs
 * alone is the beginning (DSATUR: Brelaz 1979), and if that has more colours than there are clusters, the number of
 * broken pairs is reduced by a search with a tabu list (Hertz and de Werra 1987).
 * Then single points without pairs, and whole chains, move as long as that raises the objective. A swapped chain never
 * breaks a pair. */
#ifndef KC_CORE_KMEANS_SEPARATE_H
#define KC_CORE_KMEANS_SEPARATE_H

#include "core/cluster/space.h"

/* Pairs of points as a graph without loops and double edges: point i has the neighbours other[first[i] ..
 * first[i + 1]). */
struct kc_cannot {
    size_t n;
    size_t *first;   /* (n + 1) */
    uint32_t *other; /* (first[n]) ascending for each point */
};

/* Make the graph of m pairs of different points: those at pair[2 i] and pair[2 i + 1], in any order and number. Free it
 * with kc_cannot_free, also after a failure. */
int kc_cannot_make(struct kc_cannot *g, size_t n, const uint32_t *pair, size_t m, struct kc_err *e) KC_MUST_USE;
void kc_cannot_free(struct kc_cannot *g);
/* Set colour (g->n), 0..*used - 1, so that no edge has one colour at both ends: the points that see the most colours
 * first (DSATUR). Points without edges get 0, and *used is 1 if all are such. The colours are few, not always the
 * fewest. */
int kc_cannot_colour(const struct kc_cannot *g, uint32_t *colour, uint32_t *used, struct kc_err *e) KC_MUST_USE;

/* Change labels (s->n), 0..k-1 with no cluster empty, so that no edge of g lies in one cluster, if a way is found; else
 * few do. No cluster becomes empty. The objective is at least that of placing each point that has pairs, in the order
 * of the points, into the nearest cluster that is allowed, if that finds one for each. The result is a function of the
 * rows, weights, labels and graph. s->rows are in memory. */
int kc_separate(const struct kc_space *s, const struct kc_cannot *g, uint32_t k, uint32_t *labels,
                struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak for n points, of which at most `paired` have edges. */
uint64_t kc_separate_bytes(size_t n, size_t d, size_t paired, uint64_t k, unsigned threads);

#endif
