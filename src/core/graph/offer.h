/* Inside core/graph: the list of a row's neighbours while it grows, the quick look at products that spares most of them
 * a look at the list, and the blocks whose pairs are multiplied. */
#ifndef KC_CORE_GRAPH_OFFER_H
#define KC_CORE_GRAPH_OFFER_H

#include <string.h>
#include "core/graph/neighbours.h"
#include "la/product.h"
#include "par/pool.h"

#define KC_NEIGHBOURS_LANES 4

/* Put `other` into the list of `row` if it is among the best. *worst: what the row's next neighbour must reach. The
 * list is the best of all that were offered, by similarity and number, whatever their order. */
static inline void kc_neighbours_offer(struct kc_neighbours *g, uint32_t row, uint32_t other, float similarity,
                                       float *worst)
{
    const uint32_t m = g->m, n = g->count[row];
    uint32_t *id = g->id + (size_t)row * m;
    float *list = g->similarity + (size_t)row * m;
    if (!(similarity >= *worst) || (n == m && similarity <= list[m - 1] && other > id[m - 1]))
        return;
    uint32_t at = n < m ? n : m - 1;
    for (; at > 0 && (list[at - 1] < similarity || (list[at - 1] <= similarity && id[at - 1] > other)); at--) {
        list[at] = list[at - 1];
        id[at] = id[at - 1];
    }
    list[at] = similarity;
    id[at] = other;
    g->count[row] = n < m ? n + 1 : m;
    if (g->count[row] == m && list[m - 1] > *worst)
        *worst = list[m - 1];
}

/* Return n rounded up to whole vectors. */
static inline size_t kc_neighbours_lanes(size_t n)
{
    return (n + KC_NEIGHBOURS_LANES - 1) / KC_NEIGHBOURS_LANES * KC_NEIGHBOURS_LANES;
}

/* Return 1 if one of the n products is at least as large as its bound. n: a multiple of KC_NEIGHBOURS_LANES. */
static inline int kc_neighbours_any_reaches(const float *product, const float *bound, size_t n)
{
    typedef float lanes_f __attribute__((vector_size(4 * KC_NEIGHBOURS_LANES)));
    typedef int32_t lanes_i __attribute__((vector_size(4 * KC_NEIGHBOURS_LANES)));
    lanes_i any = {0};
    for (size_t i = 0; i < n; i += KC_NEIGHBOURS_LANES) {
        lanes_f p, b;
        memcpy(&p, product + i, sizeof p);
        memcpy(&b, bound + i, sizeof b);
        any |= p >= b;
    }
    return (any[0] | any[1] | any[2] | any[3]) != 0;
}

#define KC_NEIGHBOURS_WIDE ((size_t)960) /* rows of a block at most: the products of a tile with it (368 KB) stay in the
                                          * L2 cache */

/* Return the rows of a block, by what n rows and the threads ask for. */
static inline size_t kc_neighbours_block(size_t n, unsigned threads)
{
    const size_t want = n / (6 * (size_t)threads) / KC_LA_TILE * KC_LA_TILE;
    return want < KC_LA_TILE ? KC_LA_TILE : want < KC_NEIGHBOURS_WIDE ? want : KC_NEIGHBOURS_WIDE;
}

static inline size_t kc_neighbours_blocks(size_t n, size_t block)
{
    return n / block + (n % block != 0);
}

/* Return the first block of pair number `at` of the blocks; *apart: how many blocks on the other is. The nearest pairs
 * come first. */
static inline size_t kc_neighbours_pair(size_t at, size_t nblocks, size_t *apart)
{
    for (*apart = 0; at >= nblocks - *apart; (*apart)++)
        at -= nblocks - *apart;
    return at;
}

/* Return the least float that is at least `least`. */
float kc_neighbours_least(double least);
/* Allocate empty lists for n rows. */
int kc_neighbours_begin(struct kc_neighbours *g, size_t n, uint32_t m, struct kc_err *e) KC_MUST_USE;

#endif
