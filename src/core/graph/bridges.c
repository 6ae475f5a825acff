/* The rows are sorted by part and cut into blocks. Pairs of blocks are multiplied as in neighbours.c, but for those
 * within one part: where one part has most rows, little is left. Few parts have a table of their pairs, which one pass
 * fills with the best edges, and Kruskal's algorithm (1956) on the table gives the tree. Of many parts each finds its
 * best edge, as in Boruvka's rounds (1926), until they are few.
 *
 * The threads have tables of their own, which are united at the end. An edge is better than another by weight,
 * similarity and rows: an order without ties, so it does not matter which thread has seen what. */
#include "core/graph/bridges.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/label.h"
#include "base/mem.h"
#include "core/graph/against.h"
#include "core/graph/forest.h"
#include "core/graph/offer.h"

/* What a thread works with. */
struct worker {
    float *out;     /* (block, KC_LA_TILE) */
    float *rows;    /* (2, block, d) */
    char *scratch;  /* KC_LA_SCRATCH */
    struct kc_bridge *best; /* (slots) */
};

struct joining {
    const struct kc_rows *rows;
    const float *reach;
    size_t block, nblocks;
    uint32_t parts;
    uint32_t *order;   /* (n) the rows by part; a place is a number in this order */
    uint32_t *part;    /* (n) by place */
    uint32_t *end;     /* (parts) the place behind the last row of a part */
    int table;         /* a slot for each pair of parts, else for each part */
    size_t slots;
    struct worker *worker;
};

/* Return the edge between two rows. */
static struct kc_bridge make_edge(const float *reach, uint32_t a, uint32_t b, float similarity)
{
    struct kc_bridge x = {a < b ? a : b, a < b ? b : a, similarity, similarity};
    if (reach && reach[a] < x.weight)
        x.weight = reach[a];
    if (reach && reach[b] < x.weight)
        x.weight = reach[b];
    return x;
}

static void keep_better(struct kc_bridge *slot, const struct kc_bridge *x)
{
    if (kc_bridge_is_better(x, slot))
        *slot = *x;
}

/* Return the slot of a pair of parts in the table. */
static struct kc_bridge *find_pair(const struct joining *j, const struct worker *w, uint32_t p, uint32_t q)
{
    return &w->best[p < q ? (size_t)p * j->parts + q : (size_t)q * j->parts + p];
}

/* Return what an edge between two parts must weigh to be worth a look. */
static float get_bound(const struct joining *j, const struct worker *w, uint32_t p, uint32_t q)
{
    if (p == q)
        return INFINITY;
    if (j->table)
        return find_pair(j, w, p, q)->weight;
    const float x = w->best[p].weight, y = w->best[q].weight;
    return x < y ? x : y;
}

/* Look at the edge between two places. Return 1 if it is the best so far. */
static int offer_edge(const struct joining *j, struct worker *w, size_t one, size_t other, float similarity)
{
    const uint32_t p = j->part[one], q = j->part[other];
    const struct kc_bridge x = make_edge(j->reach, j->order[one], j->order[other], similarity);
    if (x.weight < get_bound(j, w, p, q))
        return 0;
    if (j->table) {
        keep_better(find_pair(j, w, p, q), &x);
    } else {
        keep_better(&w->best[p], &x);
        keep_better(&w->best[q], &x);
    }
    return 1;
}

/* Set what products of the tile at place `first` with rows of part q must reach. */
static void set_bounds(const struct joining *j, const struct worker *w, size_t first, size_t n, uint32_t q,
                       float *bound)
{
    const size_t full = kc_neighbours_lanes(n);
    for (size_t r = 0; r < full; r++)
        bound[r] = r < n ? get_bound(j, w, j->part[first + r], q) : INFINITY;
}

/* Multiply a tile with the rows at some places, and look at the edges. x, y: the rows of both. */
static void multiply_tile(const struct joining *j, struct worker *w, size_t tile, size_t rows, const float *x,
                          size_t from, size_t cols, const float *y)
{
    const size_t d = j->rows->d, full = kc_neighbours_lanes(rows);
    const float *row[KC_LA_TILE];
    float bound[KC_LA_TILE];
    for (size_t r = 0; r < rows; r++)
        row[r] = x + r * d;
    kc_la_product(row, rows, d, y, cols, w->out, KC_LA_TILE, w->scratch);
    for (size_t c = 0; c < cols; c++) {
        const float *p = w->out + c * KC_LA_TILE;
        const uint32_t q = j->part[from + c];
        if (c == 0 || q != j->part[from + c - 1])
            set_bounds(j, w, tile, rows, q, bound);
        if (!kc_neighbours_any_reaches(p, bound, full))
            continue;
        int any = 0;
        for (size_t r = 0; r < rows; r++)
            if (p[r] >= bound[r])
                any |= offer_edge(j, w, tile + r, from + c, p[r]);
        if (any)
            set_bounds(j, w, tile, rows, q, bound);
    }
}

/* Work on pair number `at` of blocks. */
static void join_pair(void *arg, size_t at, unsigned worker)
{
    struct joining *j = arg;
    struct worker *w = &j->worker[worker];
    const size_t n = j->rows->n, d = j->rows->d, block = j->block;
    size_t apart;
    at = kc_neighbours_pair(at, j->nblocks, &apart);
    const size_t one = at * block, other = (at + apart) * block;
    const size_t none = n - one < block ? n - one : block, nother = n - other < block ? n - other : block;
    if (j->part[one] == j->part[other + nother - 1])
        return;
    float *x = w->rows, *y = apart ? w->rows + block * d : x;
    kc_rows_copy(j->rows, j->order + one, none, x);
    if (apart)
        kc_rows_copy(j->rows, j->order + other, nother, y);
    for (size_t i = 0; i < none; i += KC_LA_TILE) {
        const size_t rows = none - i < KC_LA_TILE ? none - i : KC_LA_TILE;
        /* rows of the first row's part are behind it, and have edges only with later parts */
        size_t from = j->end[j->part[one + i]];
        from = from > other ? from : other;
        if (from < other + nother)
            multiply_tile(j, w, one + i, rows, x + i * d, from, other + nother - from, y + (from - other) * d);
    }
}

/* Sort the rows by part; parts are numbered by their roots. Return the number of parts. start: (n) scratch. */
static uint32_t sort_rows(struct joining *j, uint32_t *parent, uint32_t *start)
{
    const size_t n = j->rows->n;
    uint32_t at = 0;
    memset(start, 0, n * sizeof *start);
    j->parts = 0;
    for (size_t i = 0; i < n; i++)
        start[kc_forest_root(parent, (uint32_t)i)]++;
    for (size_t i = 0; i < n; i++)
        if (start[i] > 0) { /* only roots have rows */
            const uint32_t size = start[i];
            start[i] = at;
            at += size;
            j->end[j->parts++] = at;
        }
    for (size_t i = 0; i < n; i++)
        j->order[start[kc_forest_root(parent, (uint32_t)i)]++] = (uint32_t)i;
    for (uint32_t p = 0, place = 0; p < j->parts; p++)
        while (place < j->end[p])
            j->part[place++] = p;
    return j->parts;
}

static int by_rank(const void *x, const void *y)
{
    return kc_bridge_is_better(x, y) ? -1 : kc_bridge_is_better(y, x);
}

/* One pass: find the best edges and unite their parts. */
static int join_once(const struct kc_ctx *ctx, struct joining *j, uint32_t *parent, struct kc_bridge *out, size_t *nout,
                     struct kc_err *e)
{
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct kc_bridge *best = j->worker[0].best;
    j->table = j->parts <= KC_BRIDGES_TABLE;
    j->slots = j->table ? (size_t)j->parts * j->parts : j->parts;
    for (unsigned t = 0; t < threads; t++)
        for (size_t s = 0; s < j->slots; s++)
            j->worker[t].best[s] = (struct kc_bridge){KC_NONE, KC_NONE, -INFINITY, -INFINITY};
    kc_pool_for(ctx->pool, j->nblocks * (j->nblocks + 1) / 2, join_pair, j);
    if (kc_rows_failed(j->rows, e) != 0)
        return -1;
    for (unsigned t = 1; t < threads; t++)
        for (size_t s = 0; s < j->slots; s++)
            keep_better(&best[s], &j->worker[t].best[s]);
    if (j->table)
        qsort(best, j->slots, sizeof *best, by_rank);
    for (size_t s = 0; s < j->slots; s++)
        if (best[s].a != KC_NONE && kc_forest_unite(parent, best[s].a, best[s].b))
            out[(*nout)++] = best[s];
    return 0;
}

/* Return the slots that so many parts need at most, also when they have become fewer. */
static size_t count_slots(size_t parts)
{
    const size_t few = parts < KC_BRIDGES_TABLE ? parts : KC_BRIDGES_TABLE, table = few * few;
    return parts > table ? parts : table;
}

static void free_workers(struct worker *w, unsigned threads)
{
    for (unsigned i = 0; w && i < threads; i++) {
        kc_mem_free(w[i].out);
        kc_mem_free(w[i].rows);
        kc_mem_free(w[i].scratch);
        kc_mem_free(w[i].best);
    }
    kc_mem_free(w);
}

/* Allocate what the threads work with, for products of a tile with `block` rows. */
static struct worker *make_workers(size_t block, size_t d, size_t slots, unsigned threads, struct kc_err *e)
{
    struct worker *w = kc_mem_zalloc(threads, sizeof *w, e);
    for (unsigned i = 0; w && i < threads; i++) {
        w[i].out = kc_mem_aligned(block * KC_LA_TILE, sizeof(float), e);
        w[i].rows = kc_mem_aligned(kc_mem_mul(2 * block, d), sizeof(float), e);
        w[i].scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        w[i].best = kc_mem_alloc(slots, sizeof *w[i].best, e);
        if (!w[i].out || !w[i].rows || !w[i].scratch || !w[i].best) {
            free_workers(w, threads);
            return NULL;
        }
    }
    return w;
}

int kc_bridges_join(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *reach, uint32_t *parent,
                    struct kc_bridge *out, size_t *nout, struct kc_err *e)
{
    const size_t n = rows->n;
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct joining j = {.rows = rows, .reach = reach, .block = kc_neighbours_block(n, threads)};
    j.nblocks = kc_neighbours_blocks(n, j.block);
    uint32_t *mine = kc_mem_alloc(kc_mem_mul(n, 4), sizeof *mine, e);
    int rc = mine ? 0 : -1;
    if (rc == 0) {
        j.order = mine;
        j.part = mine + n;
        j.end = mine + 2 * n;
        if (sort_rows(&j, parent, mine + 3 * n) > 1)
            rc = (j.worker = make_workers(j.block, rows->d, count_slots(j.parts), threads, e)) ? 0 : -1;
        while (rc == 0 && j.parts > 1) {
            rc = join_once(ctx, &j, parent, out, nout, e);
            if (rc == 0)
                sort_rows(&j, parent, mine + 3 * n);
        }
    }
    free_workers(j.worker, threads);
    kc_mem_free(mine);
    return rc;
}

uint64_t kc_bridges_bytes(size_t n, size_t d, size_t parts, unsigned threads)
{
    const uint64_t block = kc_neighbours_block(n, threads);
    return (uint64_t)n * 4 * sizeof(uint32_t) +
           threads * (block * (KC_LA_TILE + 2 * (uint64_t)d) * sizeof(float) + KC_LA_SCRATCH + sizeof(struct worker) +
                      count_slots(parts) * sizeof(struct kc_bridge));
}

/* A search for the best edges of some rows. */
struct finding {
    const float *reach;
    const uint32_t *part, *row;
    struct kc_bridge *out;
};

/* Look at the edges of a tile of rows with the rows from `from` on. A kc_against_look. */
static void offer_edges(void *arg, size_t first, size_t rows, size_t from, size_t cols, const float *out,
                        unsigned worker)
{
    const struct finding *f = arg;
    const size_t full = kc_neighbours_lanes(rows);
    float bound[KC_LA_TILE] = {0};
    (void)worker;
    for (size_t r = 0; r < full; r++)
        bound[r] = r < rows ? f->out[first + r].weight : INFINITY;
    for (size_t c = 0; c < cols; c++) {
        const float *p = out + c * KC_LA_TILE;
        const uint32_t other = (uint32_t)(from + c);
        if (!kc_neighbours_any_reaches(p, bound, full))
            continue;
        for (size_t r = 0; r < rows; r++) {
            if (!(p[r] >= bound[r]) || f->part[f->row[first + r]] == f->part[other])
                continue;
            const struct kc_bridge x = make_edge(f->reach, f->row[first + r], other, p[r]);
            keep_better(&f->out[first + r], &x);
            bound[r] = f->out[first + r].weight;
        }
    }
}

int kc_bridges_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *reach, const uint32_t *part,
                    const uint32_t *row, size_t m, struct kc_bridge *out, struct kc_err *e)
{
    struct finding f = {reach, part, row, out};
    for (size_t i = 0; i < m; i++)
        out[i] = (struct kc_bridge){KC_NONE, KC_NONE, -INFINITY, -INFINITY};
    return kc_against_all(ctx, rows, row, m, KC_LA_TILE, offer_edges, &f, e);
}

uint64_t kc_bridges_find_bytes(size_t d, unsigned threads)
{
    return kc_against_bytes(d, threads);
}
