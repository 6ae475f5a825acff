/* The blocks of rows over which reductions go, and the sum of weights. Blocks depend on n alone, so sums over them
 * have the same bits with any number of threads. */
#include "core/cluster/space.h"

#include "la/product.h"

size_t kc_space_block(size_t n)
{
    size_t tiles = kc_la_tiles(n);
    size_t per = tiles / 256 + (tiles % 256 != 0);
    return KC_LA_TILE * (per ? per : 1);
}

size_t kc_space_blocks(size_t n)
{
    size_t b = kc_space_block(n);
    return n / b + (n % b != 0);
}

double kc_space_total(const struct kc_space *s)
{
    double sum = 0;
    for (size_t i = 0; s->w && i < s->n; i++)
        sum += s->w[i];
    return s->w ? sum : (double)s->n;
}
