/* The graph of neighbours that modularities are computed on: of some rows, by themselves. */
#ifndef KC_CORE_CHOICE_GRAPH_OF_H
#define KC_CORE_CHOICE_GRAPH_OF_H

#include "core/graph/affinity.h"

#define KC_GRAPH_OF_NEIGHBOURS 30 /* of a row; fewer where there are fewer rows */

/* Make the graph of the rows row[0 .. m) of `rows`, with exact neighbours among each other. row NULL: all m rows. Free
 * it with kc_affinity_free, also after a failure. */
int kc_graph_of(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, size_t m,
                struct kc_affinity *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak. */
uint64_t kc_graph_of_bytes(size_t m, size_t d, unsigned threads);

#endif
