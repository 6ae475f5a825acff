/* One pass over the pairs of rows keeps the most similar edge between each pair of parts; Prim's algorithm finds the
 * tree among these. If the parts are too many for a table of their pairs, passes before it keep the best edge of each
 * part, as in Boruvka's rounds, which leaves at most half of the parts.
 *
 * The rows are taken in the order of their parts, and each pair once. Blocks of one part are not multiplied with
 * themselves. An edge is preferred by its similarity and then by the numbers of its rows, an order without ties, so the
 * tree is unique, and it does not matter which thread looks at which pair.
 *
 * Work: n^2 d flops, less those within parts, once; more only beyond MOST parts. */
#include "core/graph/join.h"

#include <math.h>
#include <pthread.h>
#include "base/label.h"
#include "base/mem.h"
#include "core/graph/offer.h"

#define WIDE ((size_t)960)  /* rows of a block */
#define MOST ((size_t)1024) /* parts whose pairs have a table, of 6 MB */

/* What a thread works with. */
struct worker {
    float *out;     /* (WIDE, KC_LA_TILE) */
    float *columns; /* (WIDE, d) */
    float *rows;    /* (KC_LA_TILE, d) */
    char *scratch;  /* KC_LA_SCRATCH */
};

struct joining {
    const struct kc_rows *rows;
    uint32_t *order;        /* (n) the rows by part */
    uint32_t *of;           /* (n) the part of the row at each place */
    size_t parts;
    struct kc_bridge *best; /* (parts (parts - 1) / 2) of each pair of parts; or (parts) of each part */
    pthread_mutex_t lock;   /* of best */
    size_t nblocks;
    struct worker *worker;
};

/* Rows of a tile that are of one part, and the best edge from them to the part of the columns at hand. */
struct run {
    size_t from, to;
    struct kc_bridge best;
};

/* Return 1 if bridge a is to be preferred to b. */
static int is_better(const struct kc_bridge *a, const struct kc_bridge *b)
{
    const uint32_t a0 = a->from < a->to ? a->from : a->to, a1 = a->from < a->to ? a->to : a->from;
    const uint32_t b0 = b->from < b->to ? b->from : b->to, b1 = b->from < b->to ? b->to : b->from;
    if (a->similarity > b->similarity || a->similarity < b->similarity)
        return a->similarity > b->similarity;
    return a0 != b0 ? a0 < b0 : a1 < b1;
}

/* Return the best edge so far between two parts, or of part a if there is no table. */
static struct kc_bridge *get_best(const struct joining *j, size_t a, size_t b)
{
    if (j->parts > MOST)
        return &j->best[a];
    return &j->best[a < b ? b * (b - 1) / 2 + a : a * (a - 1) / 2 + b];
}

/* Set what a product between parts a and b must reach to be worth a look; INFINITY in one part. */
static float get_bound(const struct joining *j, size_t a, size_t b)
{
    if (a == b)
        return INFINITY;
    const float one = get_best(j, a, b)->similarity, other = get_best(j, b, a)->similarity;
    return one < other ? one : other;
}

static void keep_best(struct joining *j, size_t a, size_t b, const struct kc_bridge *found)
{
    if (is_better(found, get_best(j, a, b)))
        *get_best(j, a, b) = *found;
    if (is_better(found, get_best(j, b, a)))
        *get_best(j, b, a) = *found;
}

/* Look for better edges from the runs of a tile to columns [from, to), which are of one part. first, base: the places of
 * the tile and of column 0. */
static void look_at_columns(struct joining *j, size_t first, size_t rows, size_t base, size_t from, size_t to,
                            const float *out, struct run *run, size_t nruns)
{
    const uint32_t part = j->of[base + from];
    const size_t full = kc_neighbours_lanes(rows);
    float bound[KC_LA_TILE];
    pthread_mutex_lock(&j->lock);
    for (size_t k = 0; k < nruns; k++)
        run[k].best = (struct kc_bridge){KC_NONE, KC_NONE, get_bound(j, j->of[first + run[k].from], part)};
    pthread_mutex_unlock(&j->lock);
    for (size_t r = rows; r < full; r++)
        bound[r] = INFINITY;
    for (size_t k = 0; k < nruns; k++)
        for (size_t r = run[k].from; r < run[k].to; r++)
            bound[r] = run[k].best.similarity;
    for (size_t c = from; c < to; c++) {
        const float *p = out + c * KC_LA_TILE;
        if (!kc_neighbours_any_reaches(p, bound, full))
            continue;
        for (size_t k = 0; k < nruns; k++)
            for (size_t r = run[k].from; r < run[k].to; r++) {
                const struct kc_bridge found = {j->order[first + r], j->order[base + c], p[r]};
                if (p[r] < bound[r] || !is_better(&found, &run[k].best))
                    continue;
                run[k].best = found;
                for (size_t i = run[k].from; i < run[k].to; i++)
                    bound[i] = found.similarity;
            }
    }
    pthread_mutex_lock(&j->lock);
    for (size_t k = 0; k < nruns; k++)
        if (run[k].best.from != KC_NONE)
            keep_best(j, j->of[first + run[k].from], part, &run[k].best);
    pthread_mutex_unlock(&j->lock);
}

/* Multiply a tile with the columns of a block, from place base + from on, and look for better edges. */
static void search_tile(struct joining *j, size_t first, size_t rows, size_t base, size_t from, size_t cols,
                        struct worker *w)
{
    const size_t d = j->rows->d;
    const float *row[KC_LA_TILE];
    struct run run[KC_LA_TILE];
    size_t nruns = 0;
    kc_rows_copy(j->rows, j->order + first, rows, w->rows);
    for (size_t r = 0; r < rows; r++) {
        row[r] = w->rows + r * d;
        if (r == 0 || j->of[first + r] != j->of[first + r - 1])
            run[nruns++] = (struct run){.from = r};
        run[nruns - 1].to = r + 1;
    }
    kc_la_product(row, rows, d, w->columns + from * d, cols - from, w->out, KC_LA_TILE, w->scratch);
    for (size_t c = from, end; c < cols; c = end) {
        end = c + 1;
        while (end < cols && j->of[base + end] == j->of[base + c])
            end++;
        look_at_columns(j, first, rows, base + from, c - from, end - from, w->out, run, nruns);
    }
}

/* Work on pair number `at` of blocks. */
static void search_pair(void *arg, size_t at, unsigned worker)
{
    struct joining *j = arg;
    struct worker *w = &j->worker[worker];
    const size_t n = j->rows->n;
    size_t b = 0;
    while (at > b)
        at -= ++b;
    const size_t a = at * WIDE, base = b * WIDE, cols = n - base < WIDE ? n - base : WIDE;
    const size_t end = n - a < WIDE ? n : a + WIDE;
    if (j->of[a] == j->of[base + cols - 1])
        return;
    kc_rows_copy(j->rows, j->order + base, cols, w->columns);
    for (size_t i = a; i < end; i += KC_LA_TILE) {
        const size_t rows = end - i < KC_LA_TILE ? end - i : KC_LA_TILE;
        size_t from = a == base ? i - a : 0; /* pairs within a block: each once, but for those within a tile */
        while (from < cols && j->of[i] == j->of[base + from] && j->of[i] == j->of[i + rows - 1])
            from++;
        if (from < cols)
            search_tile(j, i, rows, base, from, cols, w);
    }
}

/* List the rows by their part. first (parts + 1): scratch. */
static void sort_rows(struct joining *j, const uint32_t *part, size_t *first)
{
    const size_t n = j->rows->n;
    memset(first, 0, (j->parts + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[part[i] + 1]++;
    for (size_t p = 0; p < j->parts; p++)
        first[p + 1] += first[p];
    for (size_t i = 0; i < n; i++) {
        const size_t place = first[part[i]]++;
        j->order[place] = (uint32_t)i;
        j->of[place] = part[i];
    }
}

/* Find the best edges. */
static int run_pass(const struct kc_ctx *ctx, struct joining *j, struct kc_err *e)
{
    const size_t entries = j->parts > MOST ? j->parts : j->parts * (j->parts - 1) / 2;
    for (size_t i = 0; i < entries; i++)
        j->best[i] = (struct kc_bridge){KC_NONE, KC_NONE, -INFINITY};
    kc_pool_for(ctx->pool, j->nblocks * (j->nblocks + 1) / 2, search_pair, j);
    return kc_rows_failed(j->rows, e);
}

static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Join each part to the part of its best edge, and number the parts anew. Append the edges used; return how many.
 * parent (parts): scratch. */
static size_t join_nearest(struct joining *j, uint32_t *part, uint32_t *parent, struct kc_bridge *bridge)
{
    size_t used = 0, parts = 0;
    for (size_t p = 0; p < j->parts; p++)
        parent[p] = (uint32_t)p;
    for (size_t p = 0; p < j->parts; p++) {
        const struct kc_bridge *b = &j->best[p];
        const uint32_t one = find_root(parent, part[b->from]), other = find_root(parent, part[b->to]);
        if (one == other)
            continue;
        parent[one < other ? other : one] = one < other ? one : other;
        bridge[used++] = *b;
    }
    /* a root is the lowest of its parts, so it has its new number before the others ask for it */
    for (size_t i = 0; i < j->rows->n; i++)
        part[i] = find_root(parent, part[i]);
    for (size_t p = 0; p < j->parts; p++)
        if (parent[p] == p)
            j->of[p] = (uint32_t)parts++;
    for (size_t i = 0; i < j->rows->n; i++)
        part[i] = j->of[part[i]];
    j->parts = parts;
    return used;
}

/* Find the tree of the parts by the table of their best edges. near (parts): scratch. */
static void grow_tree(struct joining *j, uint32_t *near, struct kc_bridge *bridge)
{
    for (size_t p = 0; p < j->parts; p++)
        near[p] = 0; /* the part of the tree that part p is joined to best; of those in the tree KC_NONE */
    near[0] = KC_NONE;
    for (size_t used = 0; used + 1 < j->parts; used++) {
        size_t next = 0;
        for (size_t p = 1; p < j->parts; p++)
            if (near[p] != KC_NONE && (next == 0 || is_better(get_best(j, p, near[p]), get_best(j, next, near[next]))))
                next = p;
        bridge[used] = *get_best(j, next, near[next]);
        near[next] = KC_NONE;
        for (size_t p = 1; p < j->parts; p++)
            if (near[p] != KC_NONE && is_better(get_best(j, p, next), get_best(j, p, near[p])))
                near[p] = (uint32_t)next;
    }
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

/* Return how many edges are kept for so many parts, now or after passes that leave fewer. */
static size_t count_entries(size_t parts)
{
    const size_t few = parts < MOST ? parts : MOST, table = few * (few - 1) / 2; /* parts is at least 1 */
    return parts > table ? parts : table;
}

int kc_join_parts(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *part, uint32_t parts,
                  struct kc_bridge *bridge, struct kc_err *e)
{
    const size_t n = rows->n;
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct joining j = {.rows = rows, .parts = parts, .nblocks = n / WIDE + (n % WIDE != 0)};
    if (parts < 2)
        return 0;
    j.order = kc_mem_alloc(kc_mem_mul(3, n), sizeof *j.order, e);
    j.best = kc_mem_alloc(count_entries(parts), sizeof *j.best, e);
    j.worker = make_workers(rows->d, threads, e);
    size_t *first = kc_mem_alloc((size_t)parts + 1, sizeof *first, e);
    int rc = j.order && j.best && j.worker && first ? 0 : -1;
    pthread_mutex_init(&j.lock, NULL);
    if (rc == 0) {
        uint32_t *own = j.order + n;
        j.of = own + n;
        memcpy(own, part, n * sizeof *own);
        while (rc == 0 && j.parts > 1) {
            const int table = j.parts <= MOST;
            sort_rows(&j, own, first);
            rc = run_pass(ctx, &j, e);
            if (rc == 0 && !table)
                bridge += join_nearest(&j, own, j.order, bridge);
            if (rc != 0 || !table)
                continue;
            grow_tree(&j, j.order, bridge);
            j.parts = 1;
        }
    }
    pthread_mutex_destroy(&j.lock);
    kc_mem_free(first);
    free_workers(j.worker, threads);
    kc_mem_free(j.best);
    kc_mem_free(j.order);
    return rc;
}

uint64_t kc_join_bytes(size_t n, size_t d, size_t parts, unsigned threads)
{
    if (parts < 2)
        return 0;
    return 3 * (uint64_t)n * sizeof(uint32_t) + (uint64_t)count_entries(parts) * sizeof(struct kc_bridge) +
           ((uint64_t)parts + 1) * sizeof(size_t) +
           threads * (sizeof(struct worker) + WIDE * KC_LA_TILE * sizeof(float) +
                      (WIDE + KC_LA_TILE) * (uint64_t)d * sizeof(float) + KC_LA_SCRATCH);
}
