/* Joins of points become merges of nodes: sorted by height, each finds the nodes that its points are in by then. */
#include <stdlib.h>
#include <string.h>
#include "core/linkage/tree.h"

/* A join and its place, by which joins of one height stay in their order. */
struct placed {
    struct kc_join join;
    size_t at;
};

static int by_height(const void *x, const void *y)
{
    const struct placed *a = x, *b = y;
    if (a->join.height < b->join.height || a->join.height > b->join.height)
        return a->join.height < b->join.height ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

/* Return the point that stands for the cluster of a point. */
static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

int kc_tree_order(struct kc_join *joins, size_t n, struct kc_merge *merges, struct kc_err *e)
{
    struct placed *placed = kc_mem_alloc(n, sizeof *placed, e);
    uint32_t *parent = kc_mem_alloc(n, sizeof *parent, e), *node = kc_mem_alloc(n, sizeof *node, e);
    uint32_t *size = kc_mem_alloc(n, sizeof *size, e);
    const int rc = placed && parent && node && size ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        parent[i] = node[i] = (uint32_t)i;
        size[i] = 1;
        if (i + 1 < n)
            placed[i] = (struct placed){joins[i], i};
    }
    if (rc == 0 && n > 2)
        qsort(placed, n - 1, sizeof *placed, by_height);
    for (size_t i = 0; rc == 0 && i + 1 < n; i++) {
        uint32_t a = find_root(parent, placed[i].join.a), b = find_root(parent, placed[i].join.b);
        joins[i] = placed[i].join;
        merges[i] = (struct kc_merge){node[a] < node[b] ? node[a] : node[b], node[a] < node[b] ? node[b] : node[a],
                                      placed[i].join.height, size[a] + size[b]};
        if (size[a] < size[b]) {
            const uint32_t swap = a;
            a = b;
            b = swap;
        }
        parent[b] = a;
        size[a] += size[b];
        node[a] = (uint32_t)(n + i);
    }
    kc_mem_free(size);
    kc_mem_free(node);
    kc_mem_free(parent);
    kc_mem_free(placed);
    return rc;
}

uint64_t kc_tree_order_bytes(size_t n)
{
    return (uint64_t)n * (sizeof(struct placed) + 3 * sizeof(uint32_t));
}
