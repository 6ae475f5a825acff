/* Inside core/map: the blocks of rows that a thread has at once. They depend on the number of rows alone, so what is
 * added up over them has the same bits on any number of threads. */
#ifndef KC_CORE_MAP_BLOCKS_H
#define KC_CORE_MAP_BLOCKS_H

#include <stddef.h>
#include "core/graph/offer.h" /* for the pool, too */

/* Return the rows of a block: at most 256 blocks, so that counts and sums of them are few. */
static inline size_t kc_map_block(size_t n)
{
    const size_t each = n / 256 + (n % 256 != 0);
    return each < 64 ? 64 : each;
}

static inline size_t kc_map_blocks(size_t n)
{
    const size_t block = kc_map_block(n);
    return n / block + (n % block != 0);
}

/* Return the end of block number `at` of n rows. */
static inline size_t kc_map_end(size_t n, size_t block, size_t at)
{
    return n - at * block < block ? n : (at + 1) * block;
}

#endif
