/* Approximate neighbours by cells of a partition, as the inverted file of FAISS finds them (Jegou, Douze, Schmid 2011),
 * with two departures. How many cells to look into is no constant: the neighbours of a sample are found exactly, and
 * the cells in which they lie say how many are needed for the recall that is asked for. And a cell's rows are
 * multiplied together, so that the products run at the kernel's rate.
 *
 * Work: 2 n d times the rows of the cells that a row is compared with; with sqrt(n) cells, sqrt(n) probes rows. */
#include "core/graph/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/label.h"
#include "base/mem.h"
#include "core/cluster/assign.h"
#include "core/graph/against.h"
#include "core/graph/offer.h"

#define SAMPLE ((size_t)512) /* rows whose neighbours are found exactly: one half chooses, the other half judges */
#define SAMPLE_TILE ((size_t)32)
#define WIDE ((size_t)960)   /* rows that a tile is multiplied with at once */
#define PIECE ((size_t)4096) /* rows of a cell that one thread looks after */

/* Rows of one cell, which one thread looks after: nobody else touches their lists. */
struct piece {
    const uint32_t *row;
    size_t n;
};

/* What a thread works with. */
struct worker {
    float *out;      /* (WIDE, KC_LA_TILE) products */
    float *columns;  /* (WIDE, d) */
    float *rows;     /* (KC_LA_TILE, d) */
    char *work;      /* KC_ASSIGN_WORK, of which the products take KC_LA_SCRATCH */
    uint32_t *probe; /* (PIECE, probes) the cells to look into, by row of the piece */
    float *near;     /* (KC_LA_TILE, probes) similarities to the centroids */
    uint32_t *order; /* (PIECE, probes) places in the piece, by cell */
    uint32_t *start; /* (k + 1) where a cell's begin */
    uint64_t pairs;  /* compared */
};

/* A search under way. */
struct search {
    const struct kc_rows *rows;
    const struct kc_neighbours_opts *o;
    const struct kc_cells_opts *c;
    struct kc_neighbours *g;
    uint32_t probes;
    uint32_t *own;    /* (n) the cell of each row */
    uint32_t *member; /* (n) the rows by cell, in their order */
    size_t *first;    /* (k + 1) where a cell's rows begin in member */
    float *worst;     /* (n) what a row's next neighbour must reach */
    struct piece *piece;
    size_t npieces;
    struct worker *worker;
    /* the sample */
    struct kc_neighbours exact;
    uint32_t *sample; /* (exact.n) rows */
    float *sample_worst;
    uint32_t *rank;   /* (exact.n, m) how many cells are nearer than that of a neighbour */
};

/* Offer the rows id[0 .. n) to the rows of a tile, whose lists in g are list[r]. rows: the numbers of the tile's rows.
 * out: the products. */
static void offer_columns(struct kc_neighbours *g, const uint32_t *list, const uint32_t *row, size_t rows,
                          const uint32_t *id, size_t n, const float *out, float *worst)
{
    float bound[KC_LA_TILE];
    const size_t full = kc_neighbours_lanes(rows);
    for (size_t r = 0; r < full; r++)
        bound[r] = r < rows ? worst[list[r]] : INFINITY;
    for (size_t j = 0; j < n; j++) {
        const float *p = out + j * KC_LA_TILE;
        if (!kc_neighbours_any_reaches(p, bound, full))
            continue;
        for (size_t r = 0; r < rows; r++)
            if (p[r] >= bound[r] && id[j] != row[r]) {
                kc_neighbours_offer(g, list[r], id[j], p[r], &worst[list[r]]);
                bound[r] = worst[list[r]];
            }
    }
}

/* Offer the rows from `from` on to a few rows of the sample. A kc_against_look. */
static void offer_rows(void *arg, size_t first, size_t rows, size_t from, size_t cols, const float *out,
                       unsigned worker)
{
    struct search *s = arg;
    uint32_t list[KC_LA_TILE], id[KC_AGAINST_MOST];
    (void)worker;
    for (size_t r = 0; r < rows; r++)
        list[r] = (uint32_t)(first + r);
    for (size_t j = 0; j < cols; j++)
        id[j] = (uint32_t)(from + j);
    offer_columns(&s->exact, list, s->sample + first, rows, id, cols, out, s->sample_worst);
}

/* Set by how many cells each neighbour's cell is preceded, for a few rows of the sample. */
static void rank_sample(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    struct worker *w = &s->worker[worker];
    const size_t d = s->rows->d, from = at * SAMPLE_TILE;
    const size_t rows = s->exact.n - from < SAMPLE_TILE ? s->exact.n - from : SAMPLE_TILE;
    const uint32_t k = s->c->k, m = s->g->m;
    const float *row[KC_LA_TILE];
    kc_rows_copy(s->rows, s->sample + from, rows, w->rows);
    for (size_t r = 0; r < rows; r++)
        row[r] = w->rows + r * d;
    /* products with all centroids pass twice: first for those of the neighbours' cells, then to count those above */
    for (int counting = 0; counting < 2; counting++)
        for (uint32_t c0 = 0; c0 < k; c0 += (uint32_t)WIDE) {
            const uint32_t cols = k - c0 < WIDE ? k - c0 : (uint32_t)WIDE;
            kc_la_product(row, rows, d, s->c->centroids + (size_t)c0 * d, cols, w->out, KC_LA_TILE, w->work);
            for (size_t r = 0; r < rows; r++)
                for (uint32_t i = 0; i < s->exact.count[from + r]; i++) {
                    const size_t place = (from + r) * m + i;
                    const uint32_t own = s->own[s->exact.id[place]];
                    float *near = &w->near[r * m + i];
                    if (!counting && own >= c0 && own < c0 + cols) {
                        *near = w->out[(size_t)(own - c0) * KC_LA_TILE + r];
                        s->rank[place] = 0;
                    }
                    for (uint32_t c = 0; counting && c < cols; c++) {
                        const float x = w->out[(size_t)c * KC_LA_TILE + r];
                        s->rank[place] += x > *near || (x >= *near && c0 + c < own);
                    }
                }
        }
}

/* Return the share of the neighbours of every other row of the sample that lie in the nearest `probes` cells. first: 0
 * or 1. NAN if there are none. */
static double measure_recall(const struct search *s, size_t first, uint32_t probes)
{
    uint64_t all = 0, found = 0;
    for (size_t i = first; i < s->exact.n; i += 2)
        for (uint32_t j = 0; j < s->exact.count[i]; j++) {
            all++;
            found += s->rank[i * s->exact.m + j] < probes;
        }
    return all ? (double)found / (double)all : NAN;
}

/* Choose the fewest cells that reach the recall on one half of the sample. */
static uint32_t choose_probes(const struct search *s)
{
    uint32_t low = 1, high = s->c->k;
    while (low < high) {
        const uint32_t mid = low + (high - low) / 2;
        if (measure_recall(s, 0, mid) < s->c->recall)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Put the rows into the lists of their cells, and cut the cells into pieces. */
static void list_members(struct search *s)
{
    const size_t n = s->rows->n;
    const uint32_t k = s->c->k;
    for (size_t i = 0; i < n; i++)
        s->first[s->own[i] + 1]++;
    for (uint32_t c = 0; c < k; c++)
        s->first[c + 1] += s->first[c];
    for (size_t i = 0; i < n; i++)
        s->member[s->first[s->own[i]]++] = (uint32_t)i;
    memmove(s->first + 1, s->first, k * sizeof *s->first);
    s->first[0] = 0;
    for (uint32_t c = 0; c < k; c++)
        for (size_t at = s->first[c]; at < s->first[c + 1]; at += PIECE) {
            const size_t left = s->first[c + 1] - at;
            s->piece[s->npieces++] = (struct piece){s->member + at, left < PIECE ? left : PIECE};
        }
}

/* Find the cells that each row of a piece is compared with, and list the rows by cell. */
static void list_probes(struct search *s, const struct piece *p, struct worker *w)
{
    const size_t d = s->rows->d, probes = s->probes;
    const uint32_t k = s->c->k;
    const float *row[KC_LA_TILE];
    for (size_t i = 0; i < p->n; i += KC_LA_TILE) {
        const size_t rows = p->n - i < KC_LA_TILE ? p->n - i : KC_LA_TILE;
        kc_rows_copy(s->rows, p->row + i, rows, w->rows);
        for (size_t r = 0; r < rows; r++)
            row[r] = w->rows + r * d;
        kc_assign_top_tile(row, rows, d, s->c->centroids, k, probes, w->probe + i * probes, w->near, w->work);
    }
    memset(w->start, 0, (k + (size_t)1) * sizeof *w->start);
    for (size_t i = 0; i < p->n * probes; i++)
        w->start[w->probe[i] + 1]++;
    for (uint32_t c = 0; c < k; c++)
        w->start[c + 1] += w->start[c];
    for (size_t i = 0; i < p->n * probes; i++)
        w->order[w->start[w->probe[i]]++] = (uint32_t)(i / probes);
    memmove(w->start + 1, w->start, k * sizeof *w->start);
    w->start[0] = 0;
}

/* Compare rows of a piece, given by their places in it, with some members of a cell. */
static void compare_with_cell(struct search *s, const struct piece *p, const uint32_t *place, size_t n,
                              const uint32_t *member, size_t cols, struct worker *w)
{
    const size_t d = s->rows->d;
    const float *row[KC_LA_TILE];
    uint32_t list[KC_LA_TILE];
    kc_rows_copy(s->rows, member, cols, w->columns);
    for (size_t i = 0; i < n; i += KC_LA_TILE) {
        const size_t rows = n - i < KC_LA_TILE ? n - i : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++) {
            list[r] = p->row[place[i + r]];
            row[r] = s->rows->x ? kc_rows_at(s->rows, list[r]) : w->rows + r * d;
        }
        if (!s->rows->x)
            kc_rows_copy(s->rows, list, rows, w->rows);
        kc_la_product(row, rows, d, w->columns, cols, w->out, KC_LA_TILE, w->work);
        offer_columns(s->g, list, list, rows, member, cols, w->out, s->worst);
    }
    w->pairs += (uint64_t)n * cols;
}

/* Find the neighbours of the rows of a piece. */
static void search_piece(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    struct worker *w = &s->worker[worker];
    const struct piece *p = &s->piece[at];
    list_probes(s, p, w);
    for (uint32_t c = 0; c < s->c->k; c++) {
        const size_t n = w->start[c + 1] - w->start[c];
        for (size_t i = s->first[c]; n > 0 && i < s->first[c + 1]; i += WIDE) {
            const size_t left = s->first[c + 1] - i;
            compare_with_cell(s, p, w->order + w->start[c], n, s->member + i, left < WIDE ? left : WIDE, w);
        }
    }
}

/* Allocate what the threads need for the sample (probes 0), or for the rows. */
static int prepare_workers(struct search *s, unsigned threads, struct kc_err *e)
{
    const size_t d = s->rows->d, probes = s->probes, near = probes ? KC_LA_TILE * probes : SAMPLE_TILE * s->g->m;
    s->worker = kc_mem_zalloc(threads, sizeof *s->worker, e);
    if (!s->worker)
        return -1;
    for (unsigned i = 0; i < threads; i++) {
        struct worker *w = &s->worker[i];
        w->out = kc_mem_aligned(WIDE * KC_LA_TILE, sizeof *w->out, e);
        w->columns = kc_mem_aligned(kc_mem_mul(WIDE, d), sizeof *w->columns, e);
        w->rows = kc_mem_aligned(kc_mem_mul(KC_LA_TILE, d), sizeof *w->rows, e);
        w->work = kc_mem_aligned(KC_ASSIGN_WORK, 1, e);
        w->near = kc_mem_alloc(near, sizeof *w->near, e);
        w->probe = kc_mem_alloc(kc_mem_mul(PIECE, probes), sizeof *w->probe, e);
        w->order = kc_mem_alloc(kc_mem_mul(PIECE, probes), sizeof *w->order, e);
        w->start = kc_mem_alloc(probes ? s->c->k + (size_t)1 : 0, sizeof *w->start, e);
        if (!w->out || !w->columns || !w->rows || !w->work || !w->near || !w->probe || !w->order || !w->start)
            return -1;
    }
    return 0;
}

static void free_workers(struct search *s, unsigned threads)
{
    for (unsigned i = 0; s->worker && i < threads; i++) {
        struct worker *w = &s->worker[i];
        kc_mem_free(w->out);
        kc_mem_free(w->columns);
        kc_mem_free(w->rows);
        kc_mem_free(w->work);
        kc_mem_free(w->near);
        kc_mem_free(w->probe);
        kc_mem_free(w->order);
        kc_mem_free(w->start);
    }
    kc_mem_free(s->worker);
    s->worker = NULL;
}

/* Find out on a sample how many cells a row must be compared with, and what that finds. */
static int study_sample(const struct kc_ctx *ctx, struct search *s, struct kc_cells_report *report, struct kc_err *e)
{
    const size_t n = s->rows->n, m = s->g->m, size = n < SAMPLE ? n : SAMPLE;
    int rc = -1;
    s->sample = kc_mem_alloc(size, sizeof *s->sample, e);
    s->sample_worst = kc_mem_alloc(size, sizeof *s->sample_worst, e);
    s->rank = kc_mem_zalloc(kc_mem_mul(size, m), sizeof *s->rank, e);
    if (kc_neighbours_begin(&s->exact, size, (uint32_t)m, e) != 0 || !s->sample || !s->sample_worst || !s->rank)
        goto out;
    for (size_t i = 0; i < size; i++) {
        s->sample[i] = (uint32_t)((double)i * (double)n / (double)size);
        s->sample_worst[i] = kc_neighbours_least(s->o->least);
    }
    if (kc_against_all(ctx, s->rows, s->sample, size, SAMPLE_TILE, offer_rows, s, e) != 0 ||
        prepare_workers(s, kc_pool_threads(ctx->pool), e) != 0)
        goto out;
    kc_pool_for(ctx->pool, (size + SAMPLE_TILE - 1) / SAMPLE_TILE, rank_sample, s);
    s->probes = choose_probes(s);
    report->probes = s->probes;
    report->sample = size / 2;
    report->recall = measure_recall(s, 1, s->probes);
    rc = kc_rows_failed(s->rows, e);
out:
    free_workers(s, kc_pool_threads(ctx->pool));
    kc_neighbours_free(&s->exact);
    kc_mem_free(s->rank);
    kc_mem_free(s->sample_worst);
    kc_mem_free(s->sample);
    return rc;
}

/* Allocate what lasts through the search. */
static int prepare_search(struct search *s, struct kc_err *e)
{
    const size_t n = s->rows->n;
    s->own = kc_mem_alloc(n, sizeof *s->own, e);
    s->member = kc_mem_alloc(n, sizeof *s->member, e);
    s->worst = kc_mem_alloc(n, sizeof *s->worst, e);
    s->first = kc_mem_zalloc(s->c->k + (size_t)1, sizeof *s->first, e);
    s->piece = kc_mem_alloc(s->c->k + n / PIECE, sizeof *s->piece, e);
    return kc_neighbours_begin(s->g, n, s->o->m, e) == 0 && s->own && s->member && s->worst && s->first && s->piece ?
               0 :
               -1;
}

int kc_cells_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours_opts *o,
                  const struct kc_cells_opts *c, struct kc_neighbours *out, struct kc_cells_report *report,
                  struct kc_err *e)
{
    struct search s = {.rows = rows, .o = o, .c = c, .g = out};
    const unsigned threads = kc_pool_threads(ctx->pool);
    uint64_t pairs = 0;
    int rc = -1;
    *report = (struct kc_cells_report){.recall = NAN};
    if (prepare_search(&s, e) != 0 || kc_assign(ctx, rows, c->centroids, c->k, NULL, s.own, s.worst, NULL, e) != 0)
        goto out;
    for (size_t i = 0; i < rows->n; i++)
        s.worst[i] = kc_neighbours_least(o->least);
    list_members(&s);
    if (study_sample(ctx, &s, report, e) != 0 || prepare_workers(&s, threads, e) != 0)
        goto out;
    kc_pool_for(ctx->pool, s.npieces, search_piece, &s);
    for (unsigned i = 0; i < threads; i++)
        pairs += s.worker[i].pairs;
    report->compared = (double)pairs / ((double)rows->n * (double)rows->n);
    rc = kc_rows_failed(rows, e);
out:
    free_workers(&s, threads);
    kc_mem_free(s.piece);
    kc_mem_free(s.first);
    kc_mem_free(s.worst);
    kc_mem_free(s.member);
    kc_mem_free(s.own);
    return rc;
}

uint64_t kc_cells_bytes(size_t n, size_t d, const struct kc_neighbours_opts *o, uint32_t k, unsigned threads)
{
    const uint64_t lists = (uint64_t)o->m * (sizeof(uint32_t) + sizeof(float)) + sizeof(uint32_t);
    const uint64_t size = n < SAMPLE ? n : SAMPLE, most = k; /* all cells may have to be looked into */
    const uint64_t small = SAMPLE_TILE * (uint64_t)o->m, large = most * (KC_LA_TILE + 2 * PIECE) + most + 1;
    return (uint64_t)n * (lists + 3 * sizeof(uint32_t)) + (k + (uint64_t)1) * sizeof(size_t) +
           (k + (uint64_t)n / PIECE) * sizeof(struct piece) +
           size * (lists + 2 * sizeof(uint32_t) + o->m * sizeof(uint32_t)) +
           threads * (WIDE * (KC_LA_TILE + (uint64_t)d) * sizeof(float) + KC_LA_TILE * (uint64_t)d * sizeof(float) +
                      KC_ASSIGN_WORK + (small > large ? small : large) * sizeof(float) + sizeof(struct worker));
}
