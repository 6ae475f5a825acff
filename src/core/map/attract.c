/* The affinities of t-SNE (van der Maaten & Hinton 2008) on a list of neighbours instead of on all rows. Their lists
 * are usually three times as long as the perplexity; those are hardly better and cost three times as much (measured:
 * see tests/bench). The width of a row's weights is found by Newton's steps, and by bisection where such a step would
 * leave the bracket. */
#include "core/map/attract.h"

#include <math.h>
#include <string.h>
#include "base/exp.h"
#include "base/mem.h"
#include "core/graph/affinity.h"
#include "core/map/blocks.h"

#define SHARE (15.0 / 16) /* of a list's length: what its perplexity can be without all weights being equal */
#define ENOUGH 1e-6       /* error of the entropy */
#define STEPS 60

/* The graph under construction. */
struct attraction {
    const struct kc_neighbours *g;
    uint32_t most;
    double perplexity;
    size_t block;
    float *weight; /* (n, most) of each list */
    struct kc_affinity *out;
};

/* Set weight to exp(-b distance), scaled to a sum of 1. Return the entropy; *slope: its derivative. */
static double weigh_list(const double *distance, uint32_t n, double b, double *weight, double *slope)
{
    double sum = 0, mean = 0, square = 0;
    for (uint32_t j = 0; j < n; j++) {
        weight[j] = kc_exp(-b * distance[j]);
        sum += weight[j];
        mean += weight[j] * distance[j];
        square += weight[j] * distance[j] * distance[j];
    }
    for (uint32_t j = 0; j < n; j++)
        weight[j] /= sum;
    mean /= sum;
    *slope = -b * (square / sum - mean * mean);
    return kc_ln(sum) + b * mean;
}

void kc_attract_weigh(const float *similarity, uint32_t n, double perplexity, double *weight)
{
    double distance[KC_ATTRACT_MOST], mean = 0, low = 0, high = INFINITY, slope;
    const double most = SHARE * n, target = kc_ln(perplexity < most ? perplexity : most > 1 ? most : 1);
    for (uint32_t j = 0; j < n; j++) {
        distance[j] = (double)similarity[0] - (double)similarity[j]; /* the nearest is at 0: it weighs most */
        mean += distance[j] / n;
    }
    double b = mean > 0 ? 1 / mean : 0;
    for (int step = 0; step < STEPS; step++) {
        const double over = weigh_list(distance, n, b, weight, &slope) - target;
        if (!(mean > 0) || fabs(over) < ENOUGH)
            return;
        if (over > 0)
            low = b;
        else
            high = b;
        const double next = slope < 0 ? b - over / slope : 0;
        b = next > low && next < high && next < 4 * b ? next : high < INFINITY ? (low + high) / 2 : 2 * b;
    }
}

/* Weigh the lists of some rows. */
static void weigh_rows(void *arg, size_t at, unsigned worker)
{
    const struct attraction *a = arg;
    const struct kc_neighbours *g = a->g;
    const size_t end = kc_map_end(g->n, a->block, at);
    double weight[KC_ATTRACT_MOST];
    (void)worker;
    for (size_t i = at * a->block; i < end; i++) {
        const uint32_t n = g->count[i] < a->most ? g->count[i] : a->most;
        if (n > 0)
            kc_attract_weigh(g->similarity + i * g->m, n, a->perplexity, weight);
        for (uint32_t j = 0; j < n; j++)
            a->weight[i * a->most + j] = (float)(weight[j] / 2);
    }
}

/* Count, or with `fill` enter, the edges of the lists in both directions. at: (n) where the next edge of a row goes. */
static void walk_edges(const struct attraction *a, size_t *at, struct kc_affinity *fill)
{
    const struct kc_neighbours *g = a->g;
    for (size_t i = 0; i < g->n; i++)
        for (uint32_t j = 0; j < g->count[i] && j < a->most; j++) {
            const uint32_t other = g->id[i * g->m + j];
            if (fill) {
                fill->id[at[i]] = other;
                fill->id[at[other]] = (uint32_t)i;
                fill->weight[at[i]] = fill->weight[at[other]] = a->weight[i * a->most + j];
            }
            at[i]++;
            at[other]++;
        }
}

static void sort_rows(void *arg, size_t at, unsigned worker)
{
    const struct attraction *a = arg;
    const size_t end = kc_map_end(a->g->n, a->block, at);
    (void)worker;
    for (size_t i = at * a->block; i < end; i++) {
        const size_t first = a->out->first[i];
        kc_affinity_sort(a->out->id + first, a->out->weight + first, a->out->first[i + 1] - first);
    }
}

/* Add up the edges that are there twice, and close the gaps. */
static void unite_edges(struct kc_affinity *a)
{
    size_t to = 0, from = 0;
    for (size_t i = 0; i < a->n; i++) {
        const size_t end = a->first[i + 1];
        a->first[i] = to;
        for (; from < end; from++) {
            a->degree[i] += (double)a->weight[from];
            if (to > a->first[i] && a->id[to - 1] == a->id[from]) {
                a->weight[to - 1] += a->weight[from];
            } else {
                a->id[to] = a->id[from];
                a->weight[to++] = a->weight[from];
            }
        }
    }
    a->first[a->n] = to;
}

int kc_attract_make(const struct kc_ctx *ctx, const struct kc_neighbours *g, uint32_t most, double perplexity,
                    struct kc_affinity *out, struct kc_err *e)
{
    const size_t n = g->n, blocks = kc_map_blocks(n);
    struct attraction a = {.g = g, .most = most, .perplexity = perplexity, .block = kc_map_block(n), .out = out};
    int rc = -1;
    a.weight = kc_mem_alloc(kc_mem_mul(n, most), sizeof *a.weight, e);
    *out = (struct kc_affinity){.n = n};
    out->first = kc_mem_zalloc(n + 2, sizeof *out->first, e);
    out->degree = kc_mem_zalloc(n, sizeof *out->degree, e);
    if (!a.weight || !out->first || !out->degree)
        goto out;
    kc_pool_for(ctx->pool, blocks, weigh_rows, &a);
    /* first[i + 1] counts the edges of row i, then is where the next one goes, and at the end where they end */
    walk_edges(&a, out->first + 2, NULL);
    for (size_t i = 0; i < n; i++)
        out->first[i + 2] += out->first[i + 1];
    out->id = kc_mem_alloc(out->first[n + 1], sizeof *out->id, e);
    out->weight = kc_mem_alloc(out->first[n + 1], sizeof *out->weight, e);
    if (!out->id || !out->weight)
        goto out;
    walk_edges(&a, out->first + 1, out);
    kc_pool_for(ctx->pool, blocks, sort_rows, &a);
    unite_edges(out);
    rc = 0;
out:
    kc_mem_free(a.weight);
    return rc;
}

uint64_t kc_attract_bytes(size_t n, uint32_t most)
{
    return (uint64_t)n * (sizeof(size_t) + sizeof(double) + most * (2 * sizeof(uint32_t) + 3 * sizeof(float))) +
           2 * sizeof(size_t);
}
