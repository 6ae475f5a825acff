/* The edges that join the parts of a graph: the maximum spanning tree of the parts, by their most similar rows. */
#ifndef KC_CORE_GRAPH_JOIN_H
#define KC_CORE_GRAPH_JOIN_H

#include "base/ctx.h"
#include "la/rows.h"

/* An edge between rows of two parts. */
struct kc_bridge {
    uint32_t from, to;
    float similarity;
};

/* Find the bridges between `parts` parts of n rows.
 *   part (n): the part of each row, 0 .. parts - 1, none empty
 *   bridge (parts - 1): set. Of equally similar edges the one whose rows come first is taken.
 * The result, but for the order of the bridges and their rows, is a function of rows and part. Returns -1 if memory is
 * short or the rows cannot be read. */
int kc_join_parts(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *part, uint32_t parts,
                  struct kc_bridge *bridge, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak, with up to so many parts. */
uint64_t kc_join_bytes(size_t n, size_t d, size_t parts, unsigned threads);

#endif
