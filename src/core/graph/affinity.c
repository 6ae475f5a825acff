/* Weights by local scaling, as UMAP has them (McInnes, Healy, Melville 2018, section 3.1): the nearest row weighs 1,
 * and a row's weights add up to log2 of the length of its list. Two directions of an edge are united as a + b - ab.
 * Unlike there, the parts of the graph are joined: a random walk must be able to reach all rows. The edges for that are
 * those of the maximum spanning tree of the parts, found in Boruvka's rounds: each part finds its most similar row
 * outside. */
#include "core/graph/affinity.h"

#include <math.h>
#include <string.h>
#include "base/exp.h"
#include "base/label.h"
#include "base/mem.h"
#include "core/graph/offer.h"

#define WIDE ((size_t)960)
#define WEAKEST 1e-3 /* the least weight of an edge that joins parts: the walk must be able to cross it */

/* How far a row's weights reach: exp(-(distance - nearest) / scale). */
struct reach {
    double nearest, scale;
};

/* An edge that joins two parts. */
struct bridge {
    uint32_t from, to;
    float similarity;
};

/* What a thread works with when parts are joined. */
struct worker {
    float *out, *columns, *rows;
    char *scratch;
};

struct joining {
    const struct kc_rows *rows;
    const uint32_t *part;   /* (n) the part of each row */
    const uint32_t *small;  /* (nsmall) rows outside the largest part */
    size_t nsmall;
    struct bridge *best;    /* (nsmall) the most similar row of another part */
    struct worker *worker;
};

static double get_distance(float similarity)
{
    return similarity < 1 ? 1 - (double)similarity : 0;
}

static double weigh(const struct reach *r, double distance)
{
    return distance > r->nearest ? kc_exp(-(distance - r->nearest) / r->scale) : 1;
}

/* Find the scale at which the weights of a row add up to log2 of the length of the list. */
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
        double sum = 0;
        for (uint32_t j = 0; j < n; j++)
            sum += weigh(&r, get_distance(similarity[j]));
        if (fabs(sum - target) < 1e-5)
            break;
        if (sum > target)
            high = r.scale;
        else
            low = r.scale;
        r.scale = high < INFINITY ? (low + high) / 2 : 2 * r.scale;
    }
    /* equal rows, and lists that end at once, would need a scale of 0 */
    if (r.scale < 1e-3 * mean || !(r.scale > 0))
        r.scale = mean > 0 ? 1e-3 * mean : 1;
    return r;
}

static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Join two parts; the lower root stays. */
static int unite(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = find_root(parent, a);
    b = find_root(parent, b);
    if (a == b)
        return 0;
    parent[a < b ? b : a] = a < b ? a : b;
    return 1;
}

/* Find the most similar row of another part for some rows outside the largest part. */
static void search_tile(void *arg, size_t at, unsigned worker)
{
    struct joining *j = arg;
    struct worker *w = &j->worker[worker];
    const size_t n = j->rows->n, d = j->rows->d, from = at * KC_LA_TILE;
    const size_t rows = j->nsmall - from < KC_LA_TILE ? j->nsmall - from : KC_LA_TILE;
    const float *row[KC_LA_TILE];
    uint32_t id[WIDE];
    kc_rows_copy(j->rows, j->small + from, rows, w->rows);
    for (size_t r = 0; r < rows; r++) {
        row[r] = w->rows + r * d;
        j->best[from + r] = (struct bridge){j->small[from + r], KC_NONE, -INFINITY};
    }
    for (size_t i = 0; i < n; i += WIDE) {
        const size_t cols = n - i < WIDE ? n - i : WIDE;
        for (size_t c = 0; c < cols; c++)
            id[c] = (uint32_t)(i + c);
        kc_rows_copy(j->rows, id, cols, w->columns);
        kc_la_product(row, rows, d, w->columns, cols, w->out, KC_LA_TILE, w->scratch);
        for (size_t c = 0; c < cols; c++)
            for (size_t r = 0; r < rows; r++) {
                struct bridge *b = &j->best[from + r];
                const float x = w->out[c * KC_LA_TILE + r];
                if (x > b->similarity && j->part[i + c] != j->part[b->from]) {
                    b->similarity = x;
                    b->to = (uint32_t)(i + c);
                }
            }
    }
}

/* Return 1 if bridge a is to be preferred: it is more similar, or its rows come first. Borůvka's rounds need an order
 * without ties, or they close rings. */
static int is_better(const struct bridge *a, const struct bridge *b)
{
    const uint32_t a0 = a->from < a->to ? a->from : a->to, a1 = a->from < a->to ? a->to : a->from;
    const uint32_t b0 = b->from < b->to ? b->from : b->to, b1 = b->from < b->to ? b->to : b->from;
    if (a->similarity > b->similarity || a->similarity < b->similarity)
        return a->similarity > b->similarity;
    return a0 != b0 ? a0 < b0 : a1 < b1;
}

static void free_workers(struct worker *w, unsigned threads)
{
    for (unsigned i = 0; w && i < threads; i++) {
        kc_mem_free(w[i].out);
        kc_mem_free(w[i].columns);
        kc_mem_free(w[i].rows);
        kc_mem_free(w[i].scratch);
    }
    kc_mem_free(w);
}

static struct worker *make_workers(size_t d, unsigned threads, struct kc_err *e)
{
    struct worker *w = kc_mem_zalloc(threads, sizeof *w, e);
    for (unsigned i = 0; w && i < threads; i++) {
        w[i].out = kc_mem_aligned(WIDE * KC_LA_TILE, sizeof(float), e);
        w[i].columns = kc_mem_aligned(kc_mem_mul(WIDE, d), sizeof(float), e);
        w[i].rows = kc_mem_aligned(kc_mem_mul(KC_LA_TILE, d), sizeof(float), e);
        w[i].scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        if (!w[i].out || !w[i].columns || !w[i].rows || !w[i].scratch) {
            free_workers(w, threads);
            return NULL;
        }
    }
    return w;
}

/* One round: join each part but the largest to the part of the row that is most similar to one of its rows. The bridges
 * are added to the list. size, part, small, best_of: (n) scratch. */
static int join_round(const struct kc_ctx *ctx, struct joining *j, uint32_t *parent, uint32_t *part, uint32_t *size,
                      uint32_t *small, uint32_t *best_of, struct bridge *bridge, size_t *nbridges, struct kc_err *e)
{
    const size_t n = j->rows->n;
    uint32_t largest = 0;
    memset(size, 0, n * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[part[i] = find_root(parent, (uint32_t)i)]++;
    for (size_t i = 0; i < n; i++)
        largest = size[i] > size[largest] ? (uint32_t)i : largest;
    j->nsmall = 0;
    for (size_t i = 0; i < n; i++) {
        best_of[i] = KC_NONE;
        if (part[i] != largest)
            small[j->nsmall++] = (uint32_t)i;
    }
    kc_pool_for(ctx->pool, kc_la_tiles(j->nsmall), search_tile, j);
    if (kc_rows_failed(j->rows, e) != 0)
        return -1;
    for (uint32_t i = 0; i < j->nsmall; i++) {
        uint32_t *best = &best_of[part[small[i]]];
        if (*best == KC_NONE || is_better(&j->best[i], &j->best[*best]))
            *best = i;
    }
    for (size_t p = 0; p < n; p++)
        if (best_of[p] != KC_NONE && unite(parent, j->best[best_of[p]].from, j->best[best_of[p]].to))
            bridge[(*nbridges)++] = j->best[best_of[p]];
    return 0;
}

/* Join all parts. bridge: room for parts - 1 edges. */
static int join_parts(const struct kc_ctx *ctx, const struct kc_rows *rows, uint32_t *parent, uint32_t parts,
                      struct bridge *bridge, size_t *nbridges, struct kc_err *e)
{
    const size_t n = rows->n;
    const unsigned threads = kc_pool_threads(ctx->pool);
    uint32_t *part = kc_mem_alloc(kc_mem_mul(n, 4), sizeof *part, e);
    struct bridge *best = kc_mem_alloc(n, sizeof *best, e);
    struct worker *w = make_workers(rows->d, threads, e);
    int rc = part && best && w ? 0 : -1;
    if (rc == 0) {
        uint32_t *size = part + n, *small = size + n, *best_of = small + n;
        struct joining j = {rows, part, small, 0, best, w};
        while (rc == 0 && *nbridges + 1 < parts)
            rc = join_round(ctx, &j, parent, part, size, small, best_of, bridge, nbridges, e);
    }
    free_workers(w, threads);
    kc_mem_free(best);
    kc_mem_free(part);
    return rc;
}

/* Count, or with `fill` enter, the edges that the lists and the bridges have, in both directions; an edge that is in
 * two lists is there twice. at: (n) where the next edge of a row goes. */
static void walk_edges(const struct kc_neighbours *g, const struct reach *reach, const struct bridge *bridge,
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
        const uint32_t p = bridge[b].from, q = bridge[b].to;
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

/* Sort the edges of a row by id; insertion, as most are nearly sorted and few. Equal ids keep their order. */
static void sort_edges(uint32_t *id, float *weight, size_t n)
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
        sort_edges(a->id + from, a->weight + from, end - from);
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
    struct bridge *bridge = NULL;
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
            out->parts -= (uint32_t)unite(parent, (uint32_t)i, g->id[i * g->m + j]);
    bridge = kc_mem_alloc(out->parts, sizeof *bridge, e);
    if (!bridge || join_parts(ctx, rows, parent, out->parts, bridge, &nbridges, e) != 0)
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

uint64_t kc_affinity_bytes(size_t n, size_t d, uint32_t m, unsigned threads)
{
    const uint64_t edges = 2 * (uint64_t)n * m + 2 * (uint64_t)n, each = sizeof(uint32_t) + sizeof(float);
    const uint64_t joining = (uint64_t)n * (4 * sizeof(uint32_t) + 2 * sizeof(struct bridge)) +
                             threads * (sizeof(struct worker) + WIDE * KC_LA_TILE * sizeof(float) +
                                        (WIDE + KC_LA_TILE) * (uint64_t)d * sizeof(float) + KC_LA_SCRATCH);
    return (uint64_t)n * (sizeof(size_t) + sizeof(double) + sizeof(uint32_t) + sizeof(struct reach)) + joining +
           edges * each;
}
