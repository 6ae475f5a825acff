/* The nearest neighbours of very many rows, approximately: each row is compared with the rows of the cells nearest to
 * it only. How many cells that takes is measured on a sample, and so is what was found of it. */
#ifndef KC_CORE_GRAPH_CELLS_H
#define KC_CORE_GRAPH_CELLS_H

#include "core/graph/neighbours.h"

struct kc_cells_opts {
    const float *centroids; /* (k, d) unit rows: a row belongs to the cell of the nearest one */
    uint32_t k;
    double recall;          /* the share of the nearest neighbours that is to be found, 0 < recall < 1 */
};

/* What was done and reached. */
struct kc_cells_report {
    uint32_t probes;  /* cells that each row was compared with */
    size_t sample;    /* rows that recall was measured on */
    double recall;    /* the share of their neighbours that was found; NAN: they have none */
    double compared;  /* the share of all pairs of rows that was compared */
};

/* Find the neighbours of n rows, as kc_neighbours_find does; o->decay must be 0. The result is a function of rows, o
 * and c. Free it with kc_neighbours_free, also after a failure. */
int kc_cells_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours_opts *o,
                  const struct kc_cells_opts *c, struct kc_neighbours *out, struct kc_cells_report *report,
                  struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak, the result included. */
uint64_t kc_cells_bytes(size_t n, size_t d, const struct kc_neighbours_opts *o, uint32_t k, unsigned threads);

#endif
