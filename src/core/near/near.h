/* The search for neighbours that verbs and algorithms share: of all rows, or by cells of a k-means of many rows. */
#ifndef KC_CORE_NEAR_NEAR_H
#define KC_CORE_NEAR_NEAR_H

#include "core/cluster/clustering.h"
#include "core/graph/cells.h"

#define KC_NEIGHBOURS_EXACT 200000 /* rows up to which all neighbours are found, unless a recall is asked for */
#define KC_NEIGHBOURS_RECALL 0.97  /* of more rows, by default */

/* How a search was done. */
struct kc_search_report {
    uint32_t cells;              /* 0: all rows were compared */
    struct kc_cells_report by_cells;
};

/* Find the neighbours of the rows. recall: the share to find, 1 for all, 0 for the default. Free g with
 * kc_neighbours_free, also after a failure. */
int kc_near_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours_opts *o,
                  double recall, struct kc_neighbours *g, struct kc_search_report *report,
                  struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak, the result included. */
uint64_t kc_near_bytes(size_t n, size_t d, int in_memory, const struct kc_neighbours_opts *o, double recall,
                             unsigned threads);

#endif
