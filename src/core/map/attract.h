/* Inside core/map: how strongly rows of a map attract each other, by their neighbours. */
#ifndef KC_CORE_MAP_ATTRACT_H
#define KC_CORE_MAP_ATTRACT_H

#include "core/graph/affinity.h"

#define KC_ATTRACT_MOST 64 /* neighbours of a row that are weighed: their weights lie on a small stack */

/* Make the graph of attraction of n rows: weight is n p_ij, where p_ij = (p_j|i + p_i|j) / 2 n, and the p_j|i of a row
 * add up to 1. Row i weighs at most `most` of its neighbours (KC_ATTRACT_MOST or fewer) by exp(-b (1 - similarity)),
 * with b such that the perplexity of the weights, 2 to the power of their entropy, is the one that is asked for; of a
 * short list, at most 15/16 of its length. degree is the sum of a row's weights, and may be 0. Free it with
 * kc_affinity_free, also after a failure. */
int kc_attract_make(const struct kc_ctx *ctx, const struct kc_neighbours *g, uint32_t most, double perplexity,
                    struct kc_affinity *out, struct kc_err *e) KC_MUST_USE;
/* Set weight (n) to those of one list of n neighbours, at most KC_ATTRACT_MOST, falling similarities first. */
void kc_attract_weigh(const float *similarity, uint32_t n, double perplexity, double *weight);
/* Return the bytes that this allocates at the peak, the result included. */
uint64_t kc_attract_bytes(size_t n, uint32_t most);

#endif
