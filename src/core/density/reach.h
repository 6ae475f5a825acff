/* The tree of mutual reachability: the maximum spanning tree of all rows in which a pair is as similar as its rows, but
 * no more than either is to its own neighbourhood (Campello, Moulavi & Sander 2013). In distances, 1 - similarity, it
 * is the minimum spanning tree of max(core(i), core(j), d(i, j)). */
#ifndef KC_CORE_DENSITY_REACH_H
#define KC_CORE_DENSITY_REACH_H

#include "core/graph/bridges.h"
#include "core/graph/neighbours.h"

/* What was done. */
struct kc_reach_report {
    unsigned rounds;   /* over the lists */
    double again;      /* pairs of rows that were multiplied again, in halves of all pairs (n^2 / 2) */
    uint32_t bridged;  /* parts that the last pass has joined; 0: there was none */
};

/* Find the tree of n rows, at least one, from their neighbours.
 *   samples: the neighbour whose similarity is a row's core, 1 .. g->m; the last of a list that is shorter
 *   given (n): a row's core, NAN: it is that of its list; NULL: all are
 *   exact: the lists are all that is nearest, so that the tree is exact; else it is that of the lists, and where these
 *          leave parts apart, those are joined by the best edges of a sample
 *   core (n): set
 *   tree (n - 1): set, in no order; the weight of an edge is a similarity
 * The result is a function of rows, g and samples. */
int kc_reach_tree(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g,
                  uint32_t samples, const float *given, int exact, float *core, struct kc_bridge *tree,
                  struct kc_reach_report *report, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak beside core and tree. */
uint64_t kc_reach_bytes(size_t n, size_t d, unsigned threads);

#endif
