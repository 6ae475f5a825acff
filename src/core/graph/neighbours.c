/* Exact neighbours by blocked products, each of which serves both of its rows.
 *
 * The rows are cut into blocks. For each pair of blocks, tiles of the one are multiplied with the other, and what beats
 * the worst neighbour of either row is put into its list. A list is the best m of all it is offered, by similarity and
 * number, so it does not matter in which order pairs of blocks come, nor which thread has them. A block's lists are
 * locked while they are looked at; that is a twentieth of the time, so threads hardly wait for each other.
 *
 * With time decay the rows are taken in the order of time. A pair of blocks whose rows are too far apart to beat any
 * list is left out: beside the diagonal is a band that is worth the work.
 *
 * Floor: n^2 d flops at the kernel's rate (la/product.h). Reached on two cores of an EPYC (Zen 5) with m = 32: 1.2
 * times the products alone, 1.2 s for 20,000 x 768 and 13.0 s for 100,000 x 384. */
#include "core/graph/neighbours.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/exp.h"
#include "base/mem.h"
#include "core/graph/offer.h"

/* What a thread works with. */
struct worker {
    float *out;      /* (block, KC_LA_TILE) products of a tile */
    float *rows;     /* (2, block, d) the rows of two blocks, where they do not lie in memory one after the other */
    char *scratch;   /* KC_LA_SCRATCH */
    char padding[40];
};

/* A search under way. */
struct search {
    const struct kc_rows *rows;
    const struct kc_neighbours_opts *o;
    struct kc_neighbours *g;
    const uint32_t *order; /* (n) with decay: the rows in the order of time; else NULL */
    size_t block, nblocks;
    float *worst;          /* (n) by place: what a row's next neighbour must reach */
    pthread_mutex_t *lock; /* (nblocks) of the lists of a block */
    struct worker *worker;
};

/* One side of a product: which rows' lists are offered what. */
struct side {
    size_t first; /* place of row 0 */
    size_t n;
};

/* Return the row at a place. */
static uint32_t row_at(const struct search *s, size_t place)
{
    return s->order ? s->order[place] : (uint32_t)place;
}

/* Return the similarity with its decay. */
static float decayed(const struct search *s, float similarity, uint32_t a, uint32_t b)
{
    if (!s->order || similarity <= 0)
        return similarity;
    double apart = fabs((double)s->o->time[a] - (double)s->o->time[b]);
    return (float)((double)similarity * kc_exp(-apart / s->o->decay));
}

/* Offer the row at other_place to the list of the row at `place`, whose product with it is `product`. */
static void offer(struct search *s, size_t place, size_t other_place, float product)
{
    const uint32_t row = row_at(s, place), other = row_at(s, other_place);
    kc_neighbours_offer(s->g, row, other, decayed(s, product, row, other), &s->worst[place]);
}

/* Return what a product must reach to be worth a look for the row at a place: with decay, products below 0 grow. */
static float get_bound(const struct search *s, size_t place)
{
    return s->order && s->worst[place] <= 0 ? -INFINITY : s->worst[place];
}

/* Offer the columns' rows to the rows of a tile. below: of column j only rows below it are meant, both being of one
 * block: row r of the tile is column r. */
static void offer_to_tile(struct search *s, const struct side *tile, const struct side *columns, const float *out,
                          int below)
{
    float bound[KC_LA_TILE];
    const size_t full = kc_neighbours_lanes(tile->n);
    for (size_t r = 0; r < full; r++)
        bound[r] = r < tile->n ? get_bound(s, tile->first + r) : INFINITY;
    for (size_t j = 0; j < columns->n; j++) {
        const float *p = out + j * KC_LA_TILE;
        const size_t rows = below && j < tile->n ? j : tile->n;
        if (!kc_neighbours_any_reaches(p, bound, full))
            continue;
        for (size_t r = 0; r < rows; r++)
            if (p[r] >= bound[r]) {
                offer(s, tile->first + r, columns->first + j, p[r]);
                bound[r] = get_bound(s, tile->first + r);
            }
    }
}

/* Offer the rows of a tile to the columns' rows. */
static void offer_to_columns(struct search *s, const struct side *tile, const struct side *columns, const float *out,
                             int below)
{
    float bound[KC_LA_TILE];
    const size_t full = kc_neighbours_lanes(tile->n);
    for (size_t j = 0; j < columns->n; j++) {
        const float *p = out + j * KC_LA_TILE;
        const size_t rows = below && j < tile->n ? j : tile->n;
        const float one = get_bound(s, columns->first + j);
        for (size_t r = 0; r < full; r++)
            bound[r] = r < tile->n ? one : INFINITY;
        if (!kc_neighbours_any_reaches(p, bound, full))
            continue;
        for (size_t r = 0; r < rows; r++)
            if (p[r] >= get_bound(s, columns->first + j))
                offer(s, columns->first + j, tile->first + r, p[r]);
    }
}

/* Return the rows of a block one after the other, in buf where they do not lie so in memory. */
static const float *get_block(const struct search *s, const struct side *b, float *buf)
{
    const struct kc_rows *rows = s->rows;
    if (rows->x && !rows->idx && !s->order)
        return kc_rows_at(rows, b->first);
    if (s->order) {
        kc_rows_copy(rows, s->order + b->first, b->n, buf);
    } else {
        const float *row[KC_LA_TILE];
        for (size_t i = 0; i < b->n; i += KC_LA_TILE) {
            size_t m = b->n - i < KC_LA_TILE ? b->n - i : KC_LA_TILE;
            float *to = buf + i * rows->d;
            kc_rows_get(rows, b->first + i, m, to, row);
            for (size_t r = 0; r < m; r++)
                if (row[r] != to + r * rows->d)
                    memcpy(to + r * rows->d, row[r], rows->d * sizeof *to);
        }
    }
    return buf;
}

/* Multiply two blocks, or one with itself, and offer each row of the one to those of the other. */
static void multiply_blocks(struct search *s, size_t a, size_t b, struct worker *w)
{
    const size_t d = s->rows->d, n = s->rows->n, block = s->block;
    struct side one = {a * block, n - a * block < block ? n - a * block : block};
    struct side other = {b * block, n - b * block < block ? n - b * block : block};
    const float *x = get_block(s, &one, w->rows), *y = a == b ? x : get_block(s, &other, w->rows + block * d);
    const float *row[KC_LA_TILE];
    for (size_t i = 0; i < one.n; i += KC_LA_TILE) {
        const size_t from = a == b ? i : 0; /* pairs within a block: those above the diagonal */
        struct side tile = {one.first + i, one.n - i < KC_LA_TILE ? one.n - i : KC_LA_TILE};
        struct side columns = {other.first + from, other.n - from};
        for (size_t r = 0; r < tile.n; r++)
            row[r] = x + (i + r) * d;
        kc_la_product(row, tile.n, d, y + from * d, columns.n, w->out, KC_LA_TILE, w->scratch);
        pthread_mutex_lock(&s->lock[a]);
        offer_to_tile(s, &tile, &columns, w->out, a == b);
        pthread_mutex_unlock(&s->lock[a]);
        pthread_mutex_lock(&s->lock[b]);
        offer_to_columns(s, &tile, &columns, w->out, a == b);
        pthread_mutex_unlock(&s->lock[b]);
    }
}

/* Return 1 if no pair of two blocks can be in a list: with decay, if they are too far apart in time. */
static int is_too_far(struct search *s, size_t a, size_t b)
{
    const size_t n = s->rows->n, block = s->block;
    if (!s->order || a == b)
        return 0;
    double apart = (double)s->o->time[s->order[b * block]] - (double)s->o->time[s->order[(a + 1) * block - 1]];
    const double most = kc_exp(-apart / s->o->decay) * 1.000001; /* a product of unit rows can be a little above 1 */
    for (int side = 0; side < 2; side++) {
        const size_t at = side ? b : a, from = at * block, to = n - from < block ? n : from + block;
        double least = INFINITY;
        pthread_mutex_lock(&s->lock[at]);
        for (size_t i = from; i < to; i++)
            least = (double)s->worst[i] < least ? (double)s->worst[i] : least;
        pthread_mutex_unlock(&s->lock[at]);
        if (most >= least)
            return 0;
    }
    return 1;
}

/* Work on pair number `at` of blocks; with decay the most promising come first. */
static void search_pair(void *arg, size_t at, unsigned worker)
{
    struct search *s = arg;
    size_t apart;
    at = kc_neighbours_pair(at, s->nblocks, &apart);
    if (!is_too_far(s, at, at + apart))
        multiply_blocks(s, at, at + apart, &s->worker[worker]);
}

/* A row and its time. */
struct moment {
    int64_t time;
    uint32_t row;
};

static int by_time(const void *x, const void *y)
{
    const struct moment *a = x, *b = y;
    return a->time != b->time ? (a->time < b->time ? -1 : 1) : (a->row > b->row) - (a->row < b->row);
}

/* Return (n) the rows in the order of time; NULL if memory is short. */
static uint32_t *order_by_time(const int64_t *time, size_t n, struct kc_err *e)
{
    struct moment *moment = kc_mem_alloc(n, sizeof *moment, e);
    uint32_t *order = kc_mem_alloc(n, sizeof *order, e);
    if (!moment || !order) {
        kc_mem_free(moment);
        kc_mem_free(order);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        moment[i] = (struct moment){time[i], (uint32_t)i};
    if (n > 0)
        qsort(moment, n, sizeof *moment, by_time);
    for (size_t i = 0; i < n; i++)
        order[i] = moment[i].row;
    kc_mem_free(moment);
    return order;
}

uint64_t kc_neighbours_bytes(size_t n, size_t d, const struct kc_neighbours_opts *o, unsigned threads)
{
    const uint64_t block = kc_neighbours_block(n, threads);
    const uint64_t order = o->decay > 0 ? sizeof(struct moment) + sizeof(uint32_t) : 0;
    return (uint64_t)n * (o->m * (sizeof(uint32_t) + sizeof(float)) + sizeof(uint32_t) + sizeof(float) + order) +
           threads * (block * (KC_LA_TILE + 2 * (uint64_t)d) * sizeof(float) + KC_LA_SCRATCH + sizeof(struct worker)) +
           kc_neighbours_blocks(n, block) * sizeof(pthread_mutex_t);
}

/* Allocate what the threads work with. */
static int prepare_workers(struct search *s, unsigned threads, struct kc_err *e)
{
    const int copies = !s->rows->x || s->rows->idx || s->order;
    s->worker = kc_mem_zalloc(threads, sizeof *s->worker, e);
    if (!s->worker)
        return -1;
    for (unsigned i = 0; i < threads; i++) {
        struct worker *w = &s->worker[i];
        w->out = kc_mem_aligned(s->block * KC_LA_TILE, sizeof *w->out, e);
        w->rows = kc_mem_aligned(copies ? kc_mem_mul(2 * s->block, s->rows->d) : 0, sizeof *w->rows, e);
        w->scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
        if (!w->out || !w->rows || !w->scratch)
            return -1;
    }
    return 0;
}

static void free_workers(struct search *s, unsigned threads)
{
    for (unsigned i = 0; s->worker && i < threads; i++) {
        kc_mem_free(s->worker[i].out);
        kc_mem_free(s->worker[i].rows);
        kc_mem_free(s->worker[i].scratch);
    }
    kc_mem_free(s->worker);
}

float kc_neighbours_least(double least)
{
    float f = (float)least;
    return (double)f < least ? nextafterf(f, INFINITY) : f;
}

int kc_neighbours_begin(struct kc_neighbours *g, size_t n, uint32_t m, struct kc_err *e)
{
    *g = (struct kc_neighbours){.n = n, .m = m};
    g->count = kc_mem_zalloc(n, sizeof *g->count, e);
    g->id = kc_mem_alloc(kc_mem_mul(n, m), sizeof *g->id, e);
    g->similarity = kc_mem_alloc(kc_mem_mul(n, m), sizeof *g->similarity, e);
    return g->count && g->id && g->similarity ? 0 : -1;
}

int kc_neighbours_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours_opts *o,
                       struct kc_neighbours *out, struct kc_err *e)
{
    const size_t n = rows->n;
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct search s = {.rows = rows, .o = o, .g = out, .block = kc_neighbours_block(n, threads)};
    uint32_t *order = NULL;
    int rc = -1;
    s.nblocks = kc_neighbours_blocks(n, s.block);
    s.worst = kc_mem_alloc(n, sizeof *s.worst, e);
    s.lock = kc_mem_alloc(s.nblocks, sizeof(pthread_mutex_t), e);
    if (kc_neighbours_begin(out, n, o->m, e) != 0 || !s.worst || !s.lock)
        goto out;
    if (o->decay > 0 && !(s.order = order = order_by_time(o->time, n, e)))
        goto out;
    for (size_t i = 0; i < n; i++)
        s.worst[i] = kc_neighbours_least(o->least);
    if (prepare_workers(&s, threads, e) != 0)
        goto out;
    for (size_t i = 0; i < s.nblocks; i++)
        pthread_mutex_init(&s.lock[i], NULL);
    kc_pool_for(ctx->pool, s.nblocks * (s.nblocks + 1) / 2, search_pair, &s);
    for (size_t i = 0; i < s.nblocks; i++)
        pthread_mutex_destroy(&s.lock[i]);
    rc = kc_rows_failed(rows, e);
out:
    free_workers(&s, threads);
    kc_mem_free(order);
    kc_mem_free(s.lock);
    kc_mem_free(s.worst);
    return rc;
}

void kc_neighbours_free(struct kc_neighbours *g)
{
    kc_mem_free(g->count);
    kc_mem_free(g->id);
    kc_mem_free(g->similarity);
    memset(g, 0, sizeof *g);
}
