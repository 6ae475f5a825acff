/* Sums of rows by cluster. Internal to core. */
#ifndef KC_CORE_CLUSTER_SUMS_H
#define KC_CORE_CLUSTER_SUMS_H

#include "core/cluster/space.h"

/* Add the rows of each cluster up: sums (k, d) by weight, and counts (k) of rows. labels (n): 0..k-1. The sums
 * are those of addends on the space's lattice: exact, in any order. */
int kc_sums(const struct kc_space *s, const uint32_t *labels, uint32_t k, double *sums, uint64_t *counts,
            struct kc_err *e) KC_MUST_USE;

/* A set of cells into which the rows fall, and the sums for each cell. */
struct kc_cells {
    const uint32_t *labels; /* (n) the cell of each row; not read if there are `cells` */
    uint16_t *cells;        /* (n) the cell of each row; NULL: see labels */
    size_t k;
    double *sums;           /* (k, d) of the rows */
    double *mass;           /* (k) weights of the rows; NULL: not wanted */
    uint64_t *counts;       /* (k) number of the rows; NULL: not wanted */
};

/* Add the rows up for n sets of cells in one pass. inv (s->n): a factor of each row, beside its weight; NULL: 1. fresh:
 * set inv to 1 / |x| first. */
int kc_sums_cells(const struct kc_space *s, const struct kc_cells *cells, size_t n, double *inv, int fresh,
                  struct kc_err *e) KC_MUST_USE;
/* Return the bytes that a pass needs beside the sums: for their low parts, and to read rows that do not lie in memory.
 * cells: of all sets. */
uint64_t kc_sums_bytes(size_t n, size_t d, int in_memory, size_t cells);

#endif
