/* The repulsion on a grid: the rows' masses are spread over nodes, the nodes' density is convolved with the kernels
 * (repel_fields.c), and the forces are gathered from the nodes.
 *
 * Unlike FIt-SNE (Linderman and others 2019), which has boxes of three nodes and Lagrange's polynomials in each, the
 * nodes around a point are weighed by quintic B-splines, as in the particle-mesh Ewald sum (Essmann and others 1995).
 * With the kernels sharpened accordingly that is interpolation by splines: smooth where boxes have steps, and of sixth
 * order where those are of third, so that nodes may be further apart. The distance of the nodes stays the same while
 * the map fits, and so do the kernels: they are transformed anew some ten times in all.
 *
 * Rows are sorted by bands of nodes. A band's rows are added up one after the other, first those of all even bands,
 * then those of the odd ones, which share nodes with them: sums have the same order on any number of threads.
 *
 * Floor: for each row 36 nodes to add to and 36 pairs to gather, some 200 flops, in six cache lines or twelve. */
#include "core/map/repel.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/map/blocks.h"
#include "core/map/grid.h"
#include "core/map/lanes.h"

#define FINE 3   /* tenths: the distance of the nodes is at least this, and the force is off by 1e-3 of its size; */
#define COARSE 5 /* and at most this, off by 2e-2, unless the grid is at its largest. Maps keep as many neighbours. */
#define BAND ((size_t)8) /* rows of nodes of a band, at least REACH */
#define BANDS (KC_GRID_MOST / BAND)
#define REACH ((size_t)6) /* nodes that a spline covers along an axis */
#define SPARE 9           /* nodes beside those that the map covers: three to each side, and what fills the vectors */

struct kc_grid {
    struct kc_fields fields;
    size_t n, block, blocks; /* rows of a block of the passes, and how many there are */
    size_t largest;          /* nodes on a side, at most */
    unsigned tenths;         /* of the distance of the nodes */
    float low[2];            /* of the rows */
    float (*least)[2], (*most)[2]; /* (blocks) the same of each block */
    size_t *count;           /* (blocks, BANDS) rows of a block in a band; then where the next one goes */
    size_t first[BANDS + 1]; /* the rows of a band are row[first[b]] .. */
    uint32_t *row;           /* (n) by band */
    unsigned odd;            /* which bands are added up */
    const float *y;          /* (n, 2) */
    float *force;
};

static void plan_grid(struct kc_plan *p, struct kc_grid *g)
{
    KC_PLAN(p, g->least, g->blocks, KC_PLAN_PLAIN);
    KC_PLAN(p, g->most, g->blocks, KC_PLAN_PLAIN);
    KC_PLAN(p, g->count, g->blocks * BANDS, KC_PLAN_PLAIN);
    KC_PLAN(p, g->row, g->n, KC_PLAN_PLAIN);
}

/* Size the passes for n rows, and bound the grid: maps are of some 20 nodes a row, or wider if they have outliers. */
static void size_grid(struct kc_grid *g, size_t n)
{
    g->n = n;
    for (g->largest = KC_GRID_MOST / 4; g->largest < KC_GRID_MOST && g->largest * g->largest < 20 * (uint64_t)n;)
        g->largest *= 2;
    g->block = kc_map_block(n);
    g->blocks = kc_map_blocks(n);
}

struct kc_grid *kc_grid_new(size_t n, struct kc_err *e)
{
    struct kc_grid *g = kc_mem_zalloc(1, sizeof *g, e);
    struct kc_plan p = {.n = 0};
    if (!g)
        return NULL;
    size_grid(g, n);
    plan_grid(&p, g);
    if (kc_plan_alloc(&p, e) == 0)
        return g;
    kc_mem_free(g);
    return NULL;
}

void kc_grid_free(struct kc_grid *g)
{
    struct kc_plan p = {.n = 0};
    if (!g)
        return;
    plan_grid(&p, g);
    kc_plan_free(&p);
    kc_fields_free(&g->fields);
    kc_mem_free(g);
}

static void find_extent(void *arg, size_t at, unsigned worker)
{
    struct kc_grid *g = arg;
    float *least = g->least[at], *most = g->most[at];
    (void)worker;
    for (size_t t = 0; t < 2; t++)
        least[t] = most[t] = g->y[at * g->block * 2 + t];
    for (size_t i = at * g->block; i < kc_map_end(g->n, g->block, at); i++)
        for (size_t t = 0; t < 2; t++) {
            const float y = g->y[2 * i + t];
            least[t] = y < least[t] ? y : least[t];
            most[t] = y > most[t] ? y : most[t];
        }
}

/* Return 1 if nodes at this distance cover a map. */
static int has_room(size_t side, unsigned tenths, double wide)
{
    return wide * 10 / tenths + SPARE <= (double)side;
}

/* Make the grid large enough for the rows. */
static int fit_grid(const struct kc_ctx *ctx, struct kc_grid *g, struct kc_err *e)
{
    float high[2];
    double wide = 0;
    size_t side = g->fields.side ? g->fields.side : KC_GRID_LEAST;
    unsigned tenths = g->tenths;
    kc_pool_for(ctx->pool, g->blocks, find_extent, g);
    for (size_t t = 0; t < 2; t++) {
        g->low[t] = g->least[0][t];
        high[t] = g->most[0][t];
        for (size_t b = 1; b < g->blocks; b++) {
            g->low[t] = g->least[b][t] < g->low[t] ? g->least[b][t] : g->low[t];
            high[t] = g->most[b][t] > high[t] ? g->most[b][t] : high[t];
        }
        wide = fmax(wide, (double)high[t] - (double)g->low[t]);
    }
    while (side < g->largest && !has_room(side, COARSE, wide))
        side *= 2;
    if (g->fields.side != side)
        tenths = FINE;
    while (!has_room(side, tenths, wide))
        tenths += tenths < COARSE ? 1 : tenths / 4;
    if (g->fields.side == side && g->tenths == tenths)
        return 0;
    g->tenths = tenths;
    kc_fields_free(&g->fields);
    return kc_fields_new(ctx, &g->fields, side, tenths / 10.0, e);
}

/* The place of a row among the nodes: the first of its columns and rows, and their weights, filled up with zeros. */
struct place {
    size_t at[2];
    float weight[2][KC_MAP_LANES];
};

/* Set the weights of the quintic B-spline at the distance s of a point from its third node. */
static inline void weigh_nodes(float s, float *weight)
{
    for (int half = 0; half < 2; half++) { /* the other three are those of the distance 1 - s, mirrored */
        const float r = half ? 1 - s : s, q = 1 - r, square = r * r;
        weight[half ? 5 : 0] = q * q * q * q * q * (1.0f / 120);
        weight[half ? 4 : 1] = (26 + r * (-50 + r * (20 + r * (20 + r * (-20 + 5 * r))))) * (1.0f / 120);
        weight[half ? 3 : 2] = (66 + square * (-60 + square * (30 - 10 * r))) * (1.0f / 120);
    }
    weight[6] = weight[7] = 0;
}

static inline void find_place(const struct kc_grid *g, size_t i, struct place *p)
{
    for (size_t t = 0; t < 2; t++) {
        const double node = ((double)g->y[2 * i + t] - (double)g->low[t]) / g->fields.step; /* 0: the third node */
        const size_t whole = (size_t)node;
        p->at[t] = whole;
        weigh_nodes((float)(node - (double)whole), p->weight[t]);
    }
}

static size_t find_band(const struct kc_grid *g, size_t i)
{
    return (size_t)(((double)g->y[2 * i + 1] - (double)g->low[1]) / g->fields.step) / BAND;
}

static void count_bands(void *arg, size_t at, unsigned worker)
{
    struct kc_grid *g = arg;
    size_t *count = g->count + at * BANDS;
    (void)worker;
    memset(count, 0, BANDS * sizeof *count);
    for (size_t i = at * g->block; i < kc_map_end(g->n, g->block, at); i++)
        count[find_band(g, i)]++;
}

static void enter_bands(void *arg, size_t at, unsigned worker)
{
    struct kc_grid *g = arg;
    size_t *next = g->count + at * BANDS;
    (void)worker;
    for (size_t i = at * g->block; i < kc_map_end(g->n, g->block, at); i++)
        g->row[next[find_band(g, i)]++] = (uint32_t)i;
}

/* Sort the rows by band, in a band by number. */
static void sort_rows(const struct kc_ctx *ctx, struct kc_grid *g)
{
    size_t sum = 0;
    kc_pool_for(ctx->pool, g->blocks, count_bands, g);
    for (size_t b = 0; b < BANDS; b++) {
        g->first[b] = sum;
        for (size_t at = 0; at < g->blocks; at++) {
            const size_t count = g->count[at * BANDS + b];
            g->count[at * BANDS + b] = sum;
            sum += count;
        }
    }
    g->first[BANDS] = sum;
    kc_pool_for(ctx->pool, g->blocks, enter_bands, g);
}

/* Add the masses of a band's rows to the nodes. */
static void spread_band(void *arg, size_t at, unsigned worker)
{
    struct kc_grid *g = arg;
    const size_t band = 2 * at + g->odd, side = g->fields.side;
    struct place p;
    (void)worker;
    for (size_t r = g->first[band]; r < g->first[band + 1]; r++) {
        find_place(g, g->row[r], &p);
        for (size_t v = 0; v < REACH; v++) {
            double *node = g->fields.density + (p.at[1] + v) * side + p.at[0];
            for (size_t u = 0; u < REACH; u++)
                node[u] += (double)(p.weight[0][u] * p.weight[1][v]);
        }
    }
}

static void gather_band(void *arg, size_t band, unsigned worker)
{
    const struct kc_grid *g = arg;
    const size_t side = g->fields.side;
    struct place p;
    (void)worker;
    for (size_t r = g->first[band]; r < g->first[band + 1]; r++) {
        find_place(g, g->row[r], &p);
        g->fields.lanes->gather(g->fields.force + 2 * (p.at[1] * side + p.at[0]), 2 * side, p.weight[0], p.weight[1],
                                g->force + 2 * (size_t)g->row[r]);
    }
}

int kc_grid_repel(const struct kc_ctx *ctx, struct kc_grid *g, const float *y, float *force, double *z,
                  struct kc_err *e)
{
    g->y = y;
    g->force = force;
    if (fit_grid(ctx, g, e) != 0)
        return -1;
    const size_t bands = g->fields.side / BAND;
    sort_rows(ctx, g);
    memset(g->fields.density, 0, g->fields.side * g->fields.side * sizeof *g->fields.density);
    for (g->odd = 0; g->odd < 2; g->odd++)
        kc_pool_for(ctx->pool, bands / 2, spread_band, g);
    *z = kc_fields_convolve(ctx, &g->fields) - (double)g->n;
    kc_pool_for(ctx->pool, bands, gather_band, g);
    return 0;
}

uint64_t kc_grid_bytes(size_t n, unsigned threads)
{
    struct kc_grid g = {.n = 0};
    struct kc_plan p = {.n = 0};
    size_grid(&g, n);
    plan_grid(&p, &g);
    return sizeof g + kc_plan_bytes(&p) + kc_fields_bytes(g.largest, threads);
}
