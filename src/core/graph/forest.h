/* Inside core: which rows hang together, as trees of rows (Galler & Fischer 1964). parent (n) begins with parent[i] =
 * i. */
#ifndef KC_CORE_GRAPH_FOREST_H
#define KC_CORE_GRAPH_FOREST_H

#include <stdint.h>

/* Return the root of row i's tree, which names it. */
static inline uint32_t kc_forest_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Unite the trees of two rows; the lower root stays. Return 0 if they are one already. */
static inline int kc_forest_unite(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = kc_forest_root(parent, a);
    b = kc_forest_root(parent, b);
    if (a == b)
        return 0;
    parent[a < b ? b : a] = a < b ? a : b;
    return 1;
}

#endif
