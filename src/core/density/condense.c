/* All walks over the trees go by number, as children have lower numbers than their parents in the dendrogram and higher
 * ones in the condensed tree: no depth of a tree costs stack.
 *
 * Groups that join at the same distance join at once, as the paper has it (2013, section 3.2), so that the result does
 * not depend on an order of ties. There are many: all edges that a row's core distance limits are equally long. The
 * hdbscan package for Python takes them one by one; where it meets no ties that matter, its results are the same, but
 * for --allow-one: the root has all rows here, and not only those that leave it last. */
#include "core/density/condense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/label.h"
#include "base/mem.h"
#include "core/graph/forest.h"

static int by_rank(const void *x, const void *y)
{
    return kc_bridge_is_better(x, y) ? -1 : kc_bridge_is_better(y, x);
}

/* Return how many rows are below a node. */
static uint64_t count_rows(size_t n, const uint64_t *sizes, const struct kc_merge *merges, uint32_t node)
{
    return node >= n ? merges[node - n].size : sizes ? sizes[node] : 1;
}

void kc_density_merge(struct kc_bridge *tree, size_t n, const uint64_t *sizes, struct kc_merge *merges,
                      uint32_t *parent, uint32_t *node)
{
    if (n > 2)
        qsort(tree, n - 1, sizeof *tree, by_rank);
    for (size_t i = 0; i < n; i++)
        parent[i] = node[i] = (uint32_t)i;
    for (size_t t = 0; t + 1 < n; t++) {
        const uint32_t a = kc_forest_root(parent, tree[t].a), b = kc_forest_root(parent, tree[t].b);
        const uint32_t x = node[a], y = node[b];
        const double distance = 1 - (double)tree[t].weight;
        const uint64_t one = count_rows(n, sizes, merges, x), other = count_rows(n, sizes, merges, y);
        merges[t] = (struct kc_merge){x < y ? x : y, x < y ? y : x,
                                      distance > KC_DENSITY_CLOSEST ? distance : KC_DENSITY_CLOSEST, one + other};
        (void)kc_forest_unite(parent, a, b);
        node[a < b ? a : b] = (uint32_t)(n + t);
    }
}

/* Return the most clusters that a condensed tree can have: one root, and two for each split. */
static size_t count_room(size_t n, uint64_t min_size)
{
    const size_t leaves = n / (size_t)(min_size > 1 ? min_size : 1) + 1;
    return 2 * leaves + 1;
}

int kc_condensed_begin(struct kc_condensed *c, size_t n, uint64_t min_size, struct kc_err *e)
{
    const size_t room = count_room(n, min_size < n ? min_size : n);
    *c = (struct kc_condensed){.n = n, .room = (uint32_t)room};
    c->cluster = kc_mem_alloc(room, sizeof *c->cluster, e);
    c->of = kc_mem_alloc(n, sizeof *c->of, e);
    c->lambda = kc_mem_alloc(n, sizeof *c->lambda, e);
    c->node_of = kc_mem_alloc(kc_mem_mul(n, 2), sizeof *c->node_of, e);
    c->node_lambda = kc_mem_alloc(kc_mem_mul(n, 2), sizeof *c->node_lambda, e);
    c->part = kc_mem_alloc(n, sizeof *c->part, e);
    c->stack = kc_mem_alloc(n, sizeof *c->stack, e);
    return c->cluster && c->of && c->lambda && c->node_of && c->node_lambda && c->part && c->stack ? 0 : -1;
}

void kc_condensed_free(struct kc_condensed *c)
{
    kc_mem_free(c->cluster);
    kc_mem_free(c->of);
    kc_mem_free(c->lambda);
    kc_mem_free(c->node_of);
    kc_mem_free(c->node_lambda);
    kc_mem_free(c->part);
    kc_mem_free(c->stack);
    memset(c, 0, sizeof *c);
}

uint64_t kc_condensed_bytes(size_t n, uint64_t min_size)
{
    return (uint64_t)n * (5 * sizeof(uint32_t) + 3 * sizeof(double)) +
           count_room(n, min_size < n ? min_size : n) * sizeof(struct kc_dense_cluster);
}

/* Let a row or a child of the size leave cluster p. */
static void leave_cluster(struct kc_condensed *c, uint32_t p, double lambda, double size)
{
    struct kc_dense_cluster *k = &c->cluster[p];
    k->stability += (lambda - k->birth) * size;
    k->death = lambda > k->death ? lambda : k->death;
}

/* Begin a cluster that splits off p. */
static uint32_t add_cluster(struct kc_condensed *c, uint32_t p, double lambda, uint64_t size)
{
    c->cluster[c->nclusters] = (struct kc_dense_cluster){.parent = p, .size = (uint32_t)size, .birth = lambda};
    if (p != KC_NONE) {
        leave_cluster(c, p, lambda, (double)size);
        c->cluster[p].children++;
    }
    return c->nclusters++;
}

/* List the nodes that a node falls apart into at its height, all those of equal height at once, into c->part. Return
 * how many there are; *large: how many of at least min_size rows. */
static size_t list_parts(struct kc_condensed *c, const struct kc_merge *merges, size_t node, uint64_t min_size,
                         size_t *large)
{
    const size_t n = c->n;
    uint32_t *part = c->part, *stack = c->stack;
    const double height = merges[node - n].height;
    size_t parts = 0, depth = 0;
    *large = 0;
    for (stack[depth++] = (uint32_t)node; depth > 0;) {
        const struct kc_merge *m = &merges[stack[--depth] - n];
        const uint32_t child[2] = {m->a, m->b};
        for (int i = 0; i < 2; i++) {
            if (child[i] >= n && merges[child[i] - n].height >= height) {
                stack[depth++] = child[i];
                continue;
            }
            part[parts++] = child[i];
            *large += count_rows(n, c->sizes, merges, child[i]) >= min_size;
        }
    }
    return parts;
}

void kc_condense(struct kc_condensed *c, const struct kc_merge *merges, uint64_t min_size)
{
    const size_t n = c->n, top = 2 * n - 2;
    for (size_t node = 0; node <= top; node++)
        c->node_of[node] = KC_NONE; /* a node of equal height with the one above it stays so */
    c->nclusters = 0;
    c->node_of[top] = add_cluster(c, KC_NONE, 0, count_rows(n, c->sizes, merges, (uint32_t)top));
    c->node_lambda[top] = 0;
    for (size_t node = top; node >= n; node--) {
        const uint32_t p = c->node_of[node];
        size_t large;
        if (p == KC_NONE)
            continue;
        const double fallen = c->node_lambda[node], lambda = fallen > 0 ? fallen : 1 / merges[node - n].height;
        const size_t parts = list_parts(c, merges, node, min_size, &large);
        for (size_t i = 0; i < parts; i++) {
            const uint32_t at = c->part[i];
            const uint64_t size = count_rows(n, c->sizes, merges, at);
            const int stays = !(fallen > 0) && size >= min_size;
            c->node_of[at] = stays && large > 1 ? add_cluster(c, p, lambda, size) : p;
            c->node_lambda[at] = stays ? 0 : lambda;
        }
    }
    for (size_t i = 0; i < n; i++) {
        c->of[i] = c->node_of[i];
        c->lambda[i] = c->node_lambda[i] > 0 || !c->row_lambda ? c->node_lambda[i] : c->row_lambda[i];
        leave_cluster(c, c->of[i], c->lambda[i], c->sizes ? (double)c->sizes[i] : 1);
    }
}

/* Select the most stable clusters. work: the stability that the best selection below a cluster has, or its own. */
static void select_by_stability(const struct kc_condensed *c, const struct kc_selection *s, unsigned char *chosen,
                                double *work)
{
    for (uint32_t i = 0; i < c->nclusters; i++)
        work[i] = 0;
    for (uint32_t i = c->nclusters; i-- > 0;) {
        const struct kc_dense_cluster *k = &c->cluster[i];
        const int whole = i == 0 && !s->allow_one, large = s->max_size > 0 && k->size > s->max_size;
        chosen[i] = !whole && !large && k->stability >= work[i];
        if (i > 0)
            work[k->parent] += chosen[i] ? k->stability : work[i];
    }
}

/* Replace selected clusters that were born nearer than epsilon by their first ancestor that was not. */
static void widen_to_epsilon(const struct kc_condensed *c, const struct kc_selection *s, unsigned char *chosen)
{
    for (uint32_t i = 1; i < c->nclusters; i++) {
        uint32_t at = i;
        if (!chosen[i])
            continue;
        while (at > 0 && c->cluster[at].birth * s->epsilon > 1 &&
               (c->cluster[at].parent > 0 || s->allow_one)) /* without --allow-one the root's child it is */
            at = c->cluster[at].parent;
        chosen[i] = 0;
        chosen[at] = 1;
    }
}

/* Unselect what lies in a selected cluster. */
static void clear_below(const struct kc_condensed *c, unsigned char *chosen)
{
    for (uint32_t i = 1; i < c->nclusters; i++)
        if (chosen[c->cluster[i].parent]) /* 2: in a selected one */
            chosen[i] = 2;
    for (uint32_t i = 0; i < c->nclusters; i++)
        chosen[i] = chosen[i] == 1;
}

void kc_condensed_select(const struct kc_condensed *c, const struct kc_selection *s, unsigned char *chosen,
                         double *work)
{
    if (s->by == KC_SELECT_LEAF) {
        for (uint32_t i = 0; i < c->nclusters; i++)
            chosen[i] = c->cluster[i].children == 0 && (i > 0 || s->allow_one) &&
                        (s->max_size == 0 || c->cluster[i].size <= s->max_size);
    } else {
        select_by_stability(c, s, chosen, work);
        clear_below(c, chosen);
    }
    if (s->epsilon > 0) {
        widen_to_epsilon(c, s, chosen);
        clear_below(c, chosen);
    }
}

uint32_t kc_condensed_label(const struct kc_condensed *c, const unsigned char *chosen, uint32_t *labels,
                            float *probability, float *outlier, uint32_t *id, double *most)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < c->nclusters; i++) {
        id[i] = chosen[i] ? k++ : i > 0 ? id[c->cluster[i].parent] : KC_NOISE;
        most[i] = c->cluster[i].death;
    }
    for (uint32_t i = c->nclusters; i-- > 1;) { /* of the clusters below as well */
        double *above = &most[c->cluster[i].parent];
        *above = most[i] > *above ? most[i] : *above;
    }
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t of = c->of[i];
        labels[i] = id[of];
        if (outlier)
            outlier[i] = (float)(1 - c->lambda[i] / most[of]);
    }
    if (!probability)
        return k;
    for (uint32_t i = 0; i < c->nclusters; i++) /* now by label: the largest lambda at which a row leaves it */
        if (chosen[i])
            most[id[i]] = c->cluster[i].death; /* (id[i] <= i) */
    for (size_t i = 0; i < c->n; i++) {
        const double share = labels[i] == KC_NOISE ? 0 : c->lambda[i] / most[labels[i]];
        probability[i] = (float)(share < 1 ? share : 1);
    }
    return k;
}
