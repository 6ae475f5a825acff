/* The edges that join the parts of a graph: the maximum spanning tree between parts, where two parts are as similar as
 * their most similar rows. */
#ifndef KC_CORE_GRAPH_BRIDGES_H
#define KC_CORE_GRAPH_BRIDGES_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_bridge {
    uint32_t a, b;    /* rows, a < b */
    float weight;     /* the similarity, but at most the reach of either row */
    float similarity;
};

/* Return 1 if edge x is better than y: it weighs more, or is more similar, or its rows come first. An order without
 * ties. An edge of weight -INFINITY is none. */
static inline int kc_bridge_is_better(const struct kc_bridge *x, const struct kc_bridge *y)
{
    if (x->weight > y->weight || x->weight < y->weight)
        return x->weight > y->weight;
    if (x->similarity > y->similarity || x->similarity < y->similarity)
        return x->similarity > y->similarity;
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

/* Join all parts. Of equally weighted edges the more similar one is taken, then the one of the lowest rows.
 *   reach (n): the most that an edge of a row can weigh; NULL: all edges weigh their similarity
 *   parent (n): the parts (core/graph/forest.h); one tree at the end
 *   out: room for one edge less than there are parts; *nout grows by as many as were added
 * The result is a function of rows, reach and the parts. Up to KC_BRIDGES_TABLE parts take one pass over the pairs of
 * rows of different parts; with more, each further pass at least halves the number of parts. */
#define KC_BRIDGES_TABLE 512
int kc_bridges_join(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *reach, uint32_t *parent,
                    struct kc_bridge *out, size_t *nout, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at its peak, for at most so many parts. */
uint64_t kc_bridges_bytes(size_t n, size_t d, size_t parts, unsigned threads);

/* Find the best edge to a row of another part for each of m rows.
 *   part (n): the part of each row
 *   row (m): the rows; out (m): set; its weight is -INFINITY where there is no other part */
int kc_bridges_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *reach, const uint32_t *part,
                    const uint32_t *row, size_t m, struct kc_bridge *out, struct kc_err *e) KC_MUST_USE;
uint64_t kc_bridges_find_bytes(size_t d, unsigned threads);

#endif
