/* Weights by local scaling, as UMAP has them (McInnes, Healy, Melville 2018, section 3.1): the nearest row weighs 1,
 * and a row's weights add up to log2 of the length of its list. Two directions of an edge are united as a + b - ab.
 * Unlike there, the parts of the graph are joined: a random walk must be able to reach all rows. */
#include "core/graph/affinity.h"

#include <math.h>
#include <string.h>
#include "base/exp.h"
#include "base/mem.h"
#include "core/graph/bridges.h"
#include "core/graph/forest.h"

#define WEAKEST 1e-3 /* the least weight of an edge that joins parts: the walk must be able to cross it */

/* How far a row's weights reach: exp(-(distance - nearest) / scale). */
struct reach {
    double nearest, scale;
};

static double get_distance(float similarity)
{
    return similarity < 1 ? 1 - (double)similarity : 0;
}

static double weigh(const struct reach *r, double distance)
{
    return distance > r->nearest ? kc_exp(-(distance - r->nearest) / r->scale) : 1;
}

/* Find the scale at which the weights of a row add up to log2 of the length of the list: by Newton's steps, some five,
 * and by bisection where such a step would leave the bracket. */
static struct reach scale_row(const struct kc_neighbours *g, size_t i)
{
    const float *similarity = g->similarity + i * g->m;
    const uint32_t n = g->count[i];
    struct reach r = {n ? get_distance(similarity[0]) : 0, 1};
    double low = 0, high = INFINITY, mean = 0, target = log2((double)(n > 2 ? n : 2));
    for (uint32_t j = 0; j < n; j++)
        mean += get_distance(similarity[j]) / n;
    r.scale = mean > 0 ? mean : 1;
    for (int step = 0; step < 64; step++) {
        double sum = 0, slope = 0;
        for (uint32_t j = 0; j < n; j++) {
            const double distance = get_distance(similarity[j]), weight = weigh(&r, distance);
            sum += weight;
            slope += distance > r.nearest ? weight * (distance - r.nearest) / r.scale / r.scale : 0;
        }
        if (fabs(sum - target) < 1e-5)
            break;
        if (sum > target)
            high = r.scale;
        else
            low = r.scale;
        const double next = slope > 0 ? r.scale - (sum - target) / slope : 0;
        r.scale = next > low && next < high ? next : high < INFINITY ? (low + high) / 2 : 2 * r.scale;
    }
    /* equal rows, and lists that end at once, would need a scale of 0 */
    if (r.scale < 1e-3 * mean || !(r.scale > 0))
        r.scale = mean > 0 ? 1e-3 * mean : 1;
    return r;
}

/* Count, or with `fill` enter, the edges that the lists and the bridges have, in both directions; an edge that is in
 * two lists is there twice. at: (n) where the next edge of a row goes. */
static void walk_edges(const struct kc_neighbours *g, const struct reach *reach, const struct kc_bridge *bridge,
                       size_t nbridges, size_t *at, struct kc_affinity *fill)
{
    for (size_t i = 0; i < g->n; i++)
        for (uint32_t j = 0; j < g->count[i]; j++) {
            const uint32_t other = g->id[i * g->m + j];
            const float weight = (float)weigh(&reach[i], get_distance(g->similarity[i * g->m + j]));
            if (fill) {
                fill->id[at[i]] = other;
                fill->weight[at[i]] = weight;
                fill->id[at[other]] = (uint32_t)i;
                fill->weight[at[other]] = weight;
            }
            at[i]++;
            at[other]++;
        }
    for (size_t b = 0; b < nbridges; b++) {
        const uint32_t p = bridge[b].a, q = bridge[b].b;
        const double distance = get_distance(bridge[b].similarity), one = weigh(&reach[p], distance);
        const double other = weigh(&reach[q], distance), most = one > other ? one : other;
        const float weight = (float)(most > WEAKEST ? most : WEAKEST);
        if (fill) {
            fill->id[at[p]] = q;
            fill->id[at[q]] = p;
            fill->weight[at[p]] = fill->weight[at[q]] = weight;
        }
        at[p]++;
        at[q]++;
    }
}

void kc_affinity_sort(uint32_t *id, float *weight, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const uint32_t x = id[i];
        const float w = weight[i];
        size_t j = i;
        for (; j > 0 && id[j - 1] > x; j--) {
            id[j] = id[j - 1];
            weight[j] = weight[j - 1];
        }
        id[j] = x;
        weight[j] = w;
    }
}

/* Unite the edges that are there twice, and close the gaps. */
static void unite_edges(struct kc_affinity *a)
{
    size_t to = 0, from = 0;
    for (size_t i = 0; i < a->n; i++) {
        const size_t end = a->first[i + 1];
        kc_affinity_sort(a->id + from, a->weight + from, end - from);
        a->first[i] = to;
        a->degree[i] = 0;
        for (; from < end; from++) {
            if (to > a->first[i] && a->id[to - 1] == a->id[from]) {
                const double p = (double)a->weight[to - 1], q = (double)a->weight[from];
                a->weight[to - 1] = (float)(p + q - p * q);
            } else {
                a->id[to] = a->id[from];
                a->weight[to++] = a->weight[from];
            }
        }
        for (size_t e = a->first[i]; e < to; e++)
            a->degree[i] += (double)a->weight[e];
    }
    a->first[a->n] = to;
}

int kc_affinity_make(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g,
                     struct kc_affinity *out, struct kc_err *e)
{
    const size_t n = g->n;
    uint32_t *parent = kc_mem_alloc(n, sizeof *parent, e);
    struct reach *reach = kc_mem_alloc(n, sizeof *reach, e);
    struct kc_bridge *bridge = NULL;
    size_t nbridges = 0;
    int rc = -1;
    *out = (struct kc_affinity){.n = n, .parts = (uint32_t)n};
    out->first = kc_mem_zalloc(n + 2, sizeof *out->first, e);
    out->degree = kc_mem_zalloc(n, sizeof *out->degree, e);
    if (!parent || !reach || !out->first || !out->degree)
        goto out;
    for (size_t i = 0; i < n; i++) {
        parent[i] = (uint32_t)i;
        reach[i] = scale_row(g, i);
    }
    for (size_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < g->count[i]; j++)
            out->parts -= (uint32_t)kc_forest_unite(parent, (uint32_t)i, g->id[i * g->m + j]);
    bridge = kc_mem_alloc(out->parts, sizeof *bridge, e);
    if (!bridge || kc_bridges_join(ctx, rows, NULL, parent, bridge, &nbridges, e) != 0)
        goto out;
    /* first[i + 1] counts the edges of row i, then is where the next one goes, and at the end where they end */
    walk_edges(g, reach, bridge, nbridges, out->first + 2, NULL);
    for (size_t i = 0; i < n; i++)
        out->first[i + 2] += out->first[i + 1];
    out->id = kc_mem_alloc(out->first[n + 1], sizeof *out->id, e);
    out->weight = kc_mem_alloc(out->first[n + 1], sizeof *out->weight, e);
    if (!out->id || !out->weight)
        goto out;
    walk_edges(g, reach, bridge, nbridges, out->first + 1, out);
    unite_edges(out);
    rc = 0;
out:
    kc_mem_free(bridge);
    kc_mem_free(reach);
    kc_mem_free(parent);
    return rc;
}

void kc_affinity_free(struct kc_affinity *a)
{
    kc_mem_free(a->first);
    kc_mem_free(a->id);
    kc_mem_free(a->weight);
    kc_mem_free(a->degree);
    memset(a, 0, sizeof *a);
}

uint64_t kc_affinity_size(size_t n, uint32_t m)
{
    const uint64_t edges = 2 * (uint64_t)n * m + 2 * (uint64_t)n, each = sizeof(uint32_t) + sizeof(float);
    return (uint64_t)n * (sizeof(size_t) + sizeof(double)) + edges * each;
}

uint64_t kc_affinity_bytes(size_t n, size_t d, uint32_t m, unsigned threads)
{
    const uint64_t joining = (uint64_t)n * sizeof(struct kc_bridge) +
                             kc_bridges_bytes(n, d, n / (m + (size_t)1) + 1, threads);
    return (uint64_t)n * (sizeof(uint32_t) + sizeof(struct reach)) + joining + kc_affinity_size(n, m);
}
