/* Boruvka's rounds (1926) over the lists of neighbours, as far as these prove something: whatever is not in a row's
 * list is no more similar to it than the last in the list. A part whose best edge in the lists reaches that bound of
 * all its rows takes the edge. When no part can, either the rows whose bound is too high look at all others again, or,
 * if few parts are left, one pass over the rows of different parts joins them all (core/graph/bridges.h). On real sets
 * with lists of 32 the first is 2 to 20 % of a pass; clusters that lie far apart take the second. */
#include "core/density/reach.h"

#include <math.h>
#include <string.h>
#include "base/label.h"
#include "base/mem.h"
#include "core/graph/forest.h"

#define SAMPLE ((size_t)8192) /* rows that join the parts of lists that are not exact, about */

struct growing {
    const struct kc_ctx *ctx;
    const struct kc_rows *rows;
    const struct kc_neighbours *g;
    int exact;
    const float *core;
    struct kc_bridge *tree;
    size_t edges;           /* in the tree */
    uint32_t *parent;       /* (n) */
    uint32_t *part;         /* (n) roots, as of this round */
    float *bound;           /* (n) no edge of the row that is not in its list or in `seen` weighs more */
    struct kc_bridge *best; /* (n) by root: the best edge that leaves the part */
    float *most;            /* (n) by root: the largest bound of its rows */
    struct kc_bridge *seen; /* (n) the best edge that a second look has found */
    struct kc_reach_report *report;
    struct kc_err *e;
};

/* Offer an edge to the parts that it joins. */
static void offer_edge(struct growing *w, const struct kc_bridge *x)
{
    const uint32_t p = w->part[x->a], q = w->part[x->b];
    if (p == q)
        return;
    if (kc_bridge_is_better(x, &w->best[p]))
        w->best[p] = *x;
    if (kc_bridge_is_better(x, &w->best[q]))
        w->best[q] = *x;
}

/* Return the weight of a list's edge. */
static float weigh_edge(const struct growing *w, size_t i, uint32_t j)
{
    const uint32_t other = w->g->id[i * w->g->m + j];
    float weight = w->g->similarity[i * w->g->m + j];
    weight = w->core[i] < weight ? w->core[i] : weight;
    return w->core[other] < weight ? w->core[other] : weight;
}

/* Find the best edge that leaves each part, of those that are known. */
static void find_best_edges(struct growing *w)
{
    const struct kc_neighbours *g = w->g;
    for (size_t i = 0; i < g->n; i++) {
        w->part[i] = kc_forest_root(w->parent, (uint32_t)i);
        w->best[i] = (struct kc_bridge){KC_NONE, KC_NONE, -INFINITY, -INFINITY};
        w->most[i] = -INFINITY;
    }
    for (size_t i = 0; i < g->n; i++) {
        const uint32_t p = w->part[i];
        w->most[p] = w->bound[i] > w->most[p] ? w->bound[i] : w->most[p];
        for (uint32_t j = 0; j < g->count[i]; j++) {
            const uint32_t other = g->id[i * g->m + j], row = (uint32_t)i;
            const struct kc_bridge x = {row < other ? row : other, row < other ? other : row, weigh_edge(w, i, j),
                                        g->similarity[i * g->m + j]};
            offer_edge(w, &x);
        }
        if (w->seen[i].a != KC_NONE)
            offer_edge(w, &w->seen[i]);
    }
}

/* Unite the parts whose best edge is proven. Return how many edges that were. With equal weights this closes no ring
 * that would not be one of equal weights, and there any edge may be the one left out. */
static size_t take_proven_edges(struct growing *w)
{
    const size_t before = w->edges;
    for (size_t p = 0; p < w->g->n; p++) {
        const struct kc_bridge *x = &w->best[p];
        if (x->a != KC_NONE && x->weight >= w->most[p] && kc_forest_unite(w->parent, x->a, x->b))
            w->tree[w->edges++] = *x;
    }
    return w->edges - before;
}

/* Count the pairs of rows of different parts. */
static double count_pairs_apart(struct growing *w, uint32_t *size)
{
    const size_t n = w->g->n;
    double pairs = (double)n * (double)n;
    memset(size, 0, n * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[w->part[i]]++;
    for (size_t i = 0; i < n; i++)
        pairs -= (double)size[i] * (double)size[i];
    return pairs / 2;
}

/* Join parts that no edge of the lists joins, where these are not exact: by rows of each part, more of larger ones. */
static int join_by_sample(struct growing *w, uint32_t *row)
{
    const size_t n = w->g->n, each = n / SAMPLE + 1;
    size_t m = 0;
    memset(w->best, 0, n * sizeof *w->best); /* (a: rows of the part so far) */
    for (size_t i = 0; i < n; i++)
        if (w->best[w->part[i]].a++ % each == 0)
            row[m++] = (uint32_t)i;
    uint32_t *parent = kc_mem_alloc(m, sizeof *parent, w->e), *source = kc_mem_alloc(m, sizeof *source, w->e);
    float *core = kc_mem_alloc(m, sizeof *core, w->e);
    struct kc_rows some = {0};
    int rc = parent && source && core ? 0 : -1;
    if (rc == 0)
        some = kc_rows_pick_from(w->rows, row, m, source);
    for (size_t i = 0; rc == 0 && i < m; i++) {
        uint32_t *first = &w->best[w->part[row[i]]].b; /* the part's first row in the sample, + 1 */
        *first = *first ? *first : (uint32_t)i + 1;
        parent[i] = *first - 1;
        core[i] = w->core[row[i]];
    }
    const size_t before = w->edges;
    if (rc == 0)
        rc = kc_bridges_join(w->ctx, &some, core, parent, w->tree, &w->edges, w->e);
    for (size_t t = before; rc == 0 && t < w->edges; t++) {
        w->tree[t].a = row[w->tree[t].a];
        w->tree[t].b = row[w->tree[t].b];
        (void)kc_forest_unite(w->parent, w->tree[t].a, w->tree[t].b);
    }
    kc_mem_free(core);
    kc_mem_free(source);
    kc_mem_free(parent);
    return rc;
}

/* Go on where the lists prove nothing more. row: (n) scratch. */
static int look_again(struct growing *w, uint32_t *row)
{
    const size_t n = w->g->n;
    const double half = (double)n * (double)n / 2, apart = count_pairs_apart(w, row);
    uint32_t parts = 0;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        parts += w->part[i] == i;
    if (!w->exact) {
        w->report->bridged = parts;
        return join_by_sample(w, row);
    }
    for (size_t i = 0; i < n; i++)
        if (w->bound[i] > w->best[w->part[i]].weight)
            row[m++] = (uint32_t)i;
    if (parts <= KC_BRIDGES_TABLE && apart <= 2 * (double)m * (double)n) {
        w->report->bridged = parts;
        w->report->again += apart / half;
        return kc_bridges_join(w->ctx, w->rows, w->core, w->parent, w->tree, &w->edges, w->e);
    }
    struct kc_bridge *found = kc_mem_alloc(m, sizeof *found, w->e);
    int rc = found ? kc_bridges_find(w->ctx, w->rows, w->core, w->part, row, m, found, w->e) : -1;
    for (size_t i = 0; rc == 0 && i < m; i++) {
        w->seen[row[i]] = found[i];
        w->bound[row[i]] = found[i].weight;
    }
    w->report->again += (double)m * (double)n / half;
    kc_mem_free(found);
    return rc;
}

static int grow_tree(struct growing *w, uint32_t *row)
{
    const struct kc_neighbours *g = w->g;
    int rc = 0;
    for (size_t i = 0; i < g->n; i++) {
        w->parent[i] = (uint32_t)i;
        w->seen[i].a = KC_NONE;
        w->bound[i] = w->exact && g->count[i] + (size_t)1 < g->n ?
                      (g->count[i] ? g->similarity[i * g->m + g->count[i] - 1] : INFINITY) : -INFINITY;
    }
    while (rc == 0 && w->edges + 1 < g->n) {
        find_best_edges(w);
        w->report->rounds++;
        if (take_proven_edges(w) == 0)
            rc = look_again(w, row);
    }
    return rc;
}

int kc_reach_tree(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g,
                  uint32_t samples, const float *given, int exact, float *core, struct kc_bridge *tree,
                  struct kc_reach_report *report, struct kc_err *e)
{
    const size_t n = g->n;
    struct growing w = {.ctx = ctx, .rows = rows, .g = g, .exact = exact, .core = core, .tree = tree,
                        .report = report, .e = e};
    uint32_t *ids = kc_mem_alloc(kc_mem_mul(n, 3), sizeof *ids, e);
    float *floats = kc_mem_alloc(kc_mem_mul(n, 2), sizeof *floats, e);
    struct kc_bridge *edges = kc_mem_alloc(kc_mem_mul(n, 2), sizeof *edges, e);
    int rc = ids && floats && edges ? 0 : -1;
    *report = (struct kc_reach_report){0};
    for (size_t i = 0; i < n; i++) {
        const uint32_t have = g->count[i] < samples ? g->count[i] : samples;
        core[i] = have ? g->similarity[i * g->m + have - 1] : -1;
        core[i] = given && !isnan(given[i]) ? given[i] : core[i];
    }
    if (rc == 0) {
        w.parent = ids;
        w.part = ids + n;
        w.bound = floats;
        w.most = floats + n;
        w.best = edges;
        w.seen = edges + n;
        rc = grow_tree(&w, ids + 2 * n);
    }
    kc_mem_free(edges);
    kc_mem_free(floats);
    kc_mem_free(ids);
    return rc;
}

uint64_t kc_reach_bytes(size_t n, size_t d, unsigned threads)
{
    const uint64_t own = (uint64_t)n * (3 * sizeof(uint32_t) + 2 * sizeof(float) + 2 * sizeof(struct kc_bridge));
    const uint64_t find = kc_bridges_find_bytes(d, threads) + n * sizeof(struct kc_bridge);
    const uint64_t join = kc_bridges_bytes(n, d, n < KC_BRIDGES_TABLE ? n : KC_BRIDGES_TABLE, threads) +
                          (uint64_t)n * (2 * sizeof(uint32_t) + sizeof(float));
    return own + (find > join ? find : join);
}
