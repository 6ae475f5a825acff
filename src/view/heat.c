/* Similarities of the clusters' centroids, and their tree by average linkage (UPGMA, Sokal & Michener 1958): the two
 * nearest are joined, and the distance to a union is the mean of those to its leaves. At most a hundred clusters are
 * looked at, so the plain algorithm does. Of equal distances the earlier pair is joined. */
#include <string.h>
#include "view/fill.h"

/* The tree in the making. */
struct growing {
    size_t n;
    double *distance;   /* (n, n) between slots */
    uint32_t *node;     /* (n) the node in each slot; KC_NONE: none any more */
    uint64_t *leaves;   /* (n) */
};

/* Join the nearest two slots, in merge i. */
static void join_nearest(struct growing *g, size_t i, struct kc_merge *out)
{
    size_t a = 0, b = 0;
    for (size_t x = 0; x < g->n; x++)
        for (size_t y = x + 1; g->node[x] != KC_NONE && y < g->n; y++)
            if (g->node[y] != KC_NONE && (a == b || g->distance[x * g->n + y] < g->distance[a * g->n + b])) {
                a = x;
                b = y;
            }
    const double wa = (double)g->leaves[a], wb = (double)g->leaves[b];
    const uint32_t p = g->node[a], q = g->node[b];
    *out = (struct kc_merge){p < q ? p : q, p < q ? q : p, g->distance[a * g->n + b], g->leaves[a] + g->leaves[b]};
    for (size_t z = 0; z < g->n; z++) {
        const double d = (wa * g->distance[a * g->n + z] + wb * g->distance[b * g->n + z]) / (wa + wb);
        g->distance[a * g->n + z] = g->distance[z * g->n + a] = d;
    }
    g->leaves[a] += g->leaves[b];
    g->node[a] = (uint32_t)(g->n + i);
    g->node[b] = KC_NONE;
}

/* List the leaves in the order of the tree: of two branches the one with the earliest leaf first. Without recursion:
 * walk from the root down, with a stack of nodes. */
static int order_leaves(const struct kc_merge *m, size_t n, uint32_t *order, struct kc_err *e)
{
    uint32_t *stack = kc_mem_alloc(n + 1, sizeof *stack, e), *least = kc_mem_alloc(2 * n, sizeof *least, e);
    size_t depth = 0, at = 0;
    if (!stack || !least) {
        kc_mem_free(stack);
        kc_mem_free(least);
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        least[i] = (uint32_t)i;
    for (size_t i = 0; i + 1 < n; i++)
        least[n + i] = least[m[i].a] < least[m[i].b] ? least[m[i].a] : least[m[i].b];
    stack[depth++] = (uint32_t)(2 * n - 2);
    while (depth > 0) {
        const uint32_t node = stack[--depth];
        if (node < n) {
            order[at++] = node;
            continue;
        }
        const struct kc_merge *q = &m[node - n];
        const int swap = least[q->a] > least[q->b];
        stack[depth++] = swap ? q->a : q->b; /* the later one waits */
        stack[depth++] = swap ? q->b : q->a;
    }
    kc_mem_free(least);
    kc_mem_free(stack);
    return 0;
}

/* Build the tree of the similarities. */
static int grow_tree(struct kc_view *v, struct kc_err *e)
{
    const size_t n = v->nheat;
    struct growing g = {.n = n, .distance = kc_mem_alloc(n * n, sizeof *g.distance, e),
                        .node = kc_mem_alloc(n, sizeof *g.node, e), .leaves = kc_mem_alloc(n, sizeof *g.leaves, e)};
    int rc = g.distance && g.node && g.leaves ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        g.node[i] = (uint32_t)i;
        g.leaves[i] = 1;
        for (size_t j = 0; j < n; j++)
            g.distance[i * n + j] = 1 - (double)v->heat[i * n + j];
    }
    for (size_t i = 0; rc == 0 && i + 1 < n; i++)
        join_nearest(&g, i, &v->merge[i]);
    kc_mem_free(g.leaves);
    kc_mem_free(g.node);
    kc_mem_free(g.distance);
    return rc == 0 ? order_leaves(v->merge, n, v->heat_order, e) : -1;
}

/* Return the product of two vectors. */
static float multiply(const float *a, const float *b, size_t d)
{
    double sum = 0;
    for (size_t t = 0; t < d; t++)
        sum += (double)a[t] * (double)b[t];
    return (float)sum;
}

int kc_view_set_heat(struct kc_view *v, const float *centroids, size_t d, struct kc_err *e)
{
    const size_t n = v->k < KC_VIEW_HEAT_MOST ? v->k : KC_VIEW_HEAT_MOST;
    v->heat = kc_mem_alloc(n * n, sizeof *v->heat, e);
    v->heat_cluster = kc_mem_alloc(n, sizeof *v->heat_cluster, e);
    v->heat_order = kc_mem_zalloc(n, sizeof *v->heat_order, e);
    v->merge = kc_mem_alloc(n, sizeof *v->merge, e);
    if (!v->heat || !v->heat_cluster || !v->heat_order || !v->merge)
        return -1;
    v->nheat = n; /* ids go by falling size: the first are the largest */
    for (size_t i = 0; i < n; i++) {
        v->heat_cluster[i] = (uint32_t)i;
        for (size_t j = 0; j < n; j++)
            v->heat[i * n + j] = multiply(centroids + i * d, centroids + j * d, d);
    }
    return n > 1 ? grow_tree(v, e) : 0;
}
