/* Each row's exact products with its own cluster's sum and the nearest other cluster's, and the silhouettes that
 * follow. Floor: 2 n d flops for each column, in double for few clusters or cells, in float for many; the dot
 * products that the ranking leaves (two a row and partition, 0.3 cycles an element) are done cluster by cluster,
 * so that a sum is fetched to L1 once a tile. */
#include <math.h>
#include <string.h>
#include "core/judge/index_batch.h"

#define PAIRS 4096 /* most pairs of a row and a cluster that are computed one by one in a tile: 42 a row */

/* A tile of rows, and one partition's products with it so far. */
struct tile {
    struct kc_index_batch *g;
    size_t i0, rows;
    unsigned worker;
    const float *row[KC_LA_TILE];
    float best[KC_LA_TILE], second[KC_LA_TILE]; /* the largest products with other clusters' means, in float */
    uint32_t at[KC_LA_TILE]; /* the cluster of `best` */
    double near[KC_LA_TILE]; /* the largest product with another cluster's mean, in double */
    uint32_t near_at[KC_LA_TILE]; /* its cluster, if the partition wants to know it */
    double mine[KC_LA_TILE]; /* the product with the own sum, in double */
};

static void count_flops(const struct tile *t, size_t products)
{
    t->g->flops[8 * (size_t)t->worker] += 2 * (uint64_t)products * t->g->s->d;
}

/* Reset the products, before the tile is compared with another partition. */
static void reset_partition(struct tile *t)
{
    for (size_t r = 0; r < t->rows; r++) {
        t->best[r] = t->second[r] = -INFINITY;
        t->at[r] = KC_NONE;
        t->near[r] = -INFINITY;
        t->near_at[r] = KC_NONE;
        t->mine[r] = 0;
    }
}

/* Compute the silhouettes and distances of the tile's rows from their products, and add them to the worker's sums. */
static void record_silhouettes(const struct tile *t, const struct kc_index_partition *partition)
{
    const struct kc_index_batch *g = t->g;
    const uint32_t *own = partition->p->labels + t->i0;
    const double *mass = g->mass + partition->col, one = g->s->w ? g->s->one : 1;
    const double *nn = g->nn + partition->col, *inv = g->inv + t->i0;
    double *sil = g->sil + 2 * (size_t)t->worker * g->room + partition->col;
    double *dist = g->dist + 2 * (size_t)t->worker * g->room + partition->col;
    for (size_t r = 0; r < t->rows; r++) {
        double m = mass[own[r]], x = t->mine[r] * inv[r], per = 1 / m, weight = kc_space_weight(g->s, t->i0 + r);
        double self = weight < one ? weight : one, others = m - self > KC_INDEX_ALONE * m ? m - self : 0;
        double b = 1 - t->near[r] * inv[r], a = others > 0 ? 1 - (x - self) / others : 0;
        b = b > KC_INDEX_NOTHING ? b : 0;
        a = a > KC_INDEX_NOTHING ? a : 0;
        double s = !(others > 0) || a == b ? 0 : (b - a) / (a > b ? a : b);
        double dd = 1 - (2 * x - nn[own[r]] * per) * per;
        kc_lattice_add(&dist[own[r]], &dist[g->room + own[r]], weight * sqrt(dd > KC_INDEX_NOTHING ? dd : 0),
                       &g->lattice);
        kc_lattice_add(&sil[own[r]], &sil[g->room + own[r]], weight * s, &g->lattice);
        if (partition->p->row_silhouette)
            partition->p->row_silhouette[t->i0 + r] = partition->p->k > 1 ? (float)s : NAN;
        if (partition->p->row_nearest)
            partition->p->row_nearest[t->i0 + r] = t->near_at[r];
    }
}

/* Compare the rows with clusters c0 .. c1. v (c1 - c0, KC_LA_TILE): their exact products with the sums; overwritten. */
static void compare_exact(struct tile *t, const struct kc_index_partition *partition, size_t c0, size_t c1, double *v)
{
    const uint32_t *own = partition->p->labels + t->i0;
    for (size_t r = 0; r < t->rows; r++)
        if (own[r] >= c0 && own[r] < c1) {
            double *at = v + (own[r] - c0) * KC_LA_TILE + r;
            t->mine[r] = *at;
            *at = -INFINITY;
        }
    for (size_t c = c0; c < c1; c++, v += KC_LA_TILE) {
        double per = 1 / t->g->mass[partition->col + c];
        for (size_t r = 0; partition->p->row_nearest && r < t->rows; r++)
            t->near_at[r] = v[r] * per > t->near[r] ? (uint32_t)c : t->near_at[r];
        for (size_t r = 0; r < t->rows; r++)
            t->near[r] = v[r] * per > t->near[r] ? v[r] * per : t->near[r];
    }
}

/* Compare the rows in double with bundles b0 .. b1, whose cells lie one after the other. */
static void compare_bundles(struct tile *t, size_t b0, size_t b1)
{
    struct kc_index_batch *g = t->g;
    size_t d = g->s->d, cells = 0;
    double *v = g->wide + (size_t)t->worker * KC_INDEX_COLS * KC_LA_TILE;
    double *sum = (double *)(void *)(g->narrow + (size_t)t->worker * KC_TILE_COLUMNS * KC_LA_TILE);
    for (size_t b = b0; b < b1; b++)
        cells += g->bundle[b].k;
    kc_la_productd(t->row, t->rows, d, g->bundle[b0].sums, cells, v, KC_LA_TILE,
                   g->scratch + t->worker * KC_LA_SCRATCH);
    count_flops(t, t->rows * cells);
    for (const struct kc_bundle *b = g->bundle + b0; b < g->bundle + b1; v += b++->k * KC_LA_TILE)
        for (size_t q = b->partition0; q < b->partition0 + b->partitions; q++) {
            const struct kc_index_partition *partition = &g->partition[q];
            reset_partition(t);
            if (!partition->of_cell) {
                compare_exact(t, partition, 0, partition->p->k, v);
            } else {
                memset(sum, 0, partition->p->k * KC_LA_TILE * sizeof *sum);
                for (size_t j = 0; j < b->k; j++)
                    for (size_t r = 0; r < t->rows; r++)
                        sum[partition->of_cell[j] * KC_LA_TILE + r] += v[j * KC_LA_TILE + r];
                compare_exact(t, partition, 0, partition->p->k, sum);
            }
            record_silhouettes(t, partition);
        }
}

/* Pairs of a row and a cluster that must be computed in double. */
struct pairs {
    size_t n, room;
    uint16_t head[KC_TILE_COLUMNS], next[PAIRS + KC_LA_TILE]; /* chains by cluster; 0 ends one, 1 is the first pair */
    unsigned char row[PAIRS + KC_LA_TILE];
};

static void add_pair(struct pairs *p, size_t r, size_t c)
{
    p->row[p->n] = (unsigned char)r;
    p->next[p->n++] = p->head[c];
    p->head[c] = (uint16_t)p->n;
}

/* List the rows' pairs among clusters c0 .. c1: their own cluster, and every other that may be the nearest by v, the
 * products in float. Returns -1 if there are so many that a product in double costs less. */
static int find_pairs(struct tile *t, const struct kc_index_partition *partition, size_t c0, size_t c1, float *v,
                      struct pairs *p)
{
    const uint32_t *own = partition->p->labels + t->i0;
    size_t cols = c1 - c0, most = t->rows * cols / 3;
    p->n = 0;
    p->room = most < PAIRS ? most : PAIRS;
    memset(p->head, 0, cols * sizeof *p->head);
    for (size_t r = 0; r < t->rows; r++)
        if (own[r] >= c0 && own[r] < c1) {
            v[(own[r] - c0) * KC_LA_TILE + r] = -INFINITY;
            add_pair(p, r, own[r] - c0);
            p->room++;
        }
    for (size_t c = 0; c < cols; c++)
        kc_la_arg_max2(v + c * KC_LA_TILE, (uint32_t)(c0 + c), t->best, t->second, t->at, t->rows);
    for (size_t r = 0; r < t->rows; r++) {
        float least = t->best[r] - partition->margin;
        if (t->second[r] < least) {
            if (t->at[r] >= c0 && t->at[r] < c1) {
                if (p->n == p->room)
                    return -1;
                add_pair(p, r, t->at[r] - c0);
            }
            continue;
        }
        for (size_t c = 0; c < cols; c++)
            if (v[c * KC_LA_TILE + r] >= least && own[r] != c0 + c) {
                if (p->n == p->room)
                    return -1;
                add_pair(p, r, c);
            }
    }
    return 0;
}

/* Compute the pairs' products in double. */
static void multiply_pairs(struct tile *t, const struct kc_index_partition *partition, size_t c0, size_t c1,
                           const struct pairs *p)
{
    const uint32_t *own = partition->p->labels + t->i0;
    size_t d = t->g->s->d;
    for (size_t c = c0; c < c1; c++) {
        double per = 1 / t->g->mass[partition->col + c];
        for (size_t at = p->head[c - c0]; at; at = p->next[at - 1]) {
            size_t r = p->row[at - 1];
            double v = kc_la_dot(t->row[r], partition->sums + c * d, d);
            if (own[r] == c) {
                t->mine[r] = v;
            } else if (v * per > t->near[r]) {
                t->near[r] = v * per;
                t->near_at[r] = (uint32_t)c;
            }
        }
    }
    count_flops(t, p->n);
}

/* Compare the rows with clusters c0 .. c1 of a partition, ranked by v, the products in float. */
static void rank_clusters(struct tile *t, const struct kc_index_partition *partition, size_t c0, size_t c1, float *v)
{
    struct kc_index_batch *g = t->g;
    size_t d = g->s->d;
    double *wide = g->wide + (size_t)t->worker * KC_INDEX_COLS * KC_LA_TILE;
    struct pairs *p = (void *)wide; /* there rather than on the stack, which may be small */
    _Static_assert(sizeof *p <= KC_INDEX_COLS * KC_LA_TILE * sizeof *wide,
                   "pairs fit where the products in double lie");
    if (c0 == 0)
        reset_partition(t);
    if (find_pairs(t, partition, c0, c1, v, p) == 0) {
        multiply_pairs(t, partition, c0, c1, p);
    } else {
        for (size_t c = c0; c < c1; c += KC_INDEX_COLS) {
            size_t end = c1 - c < KC_INDEX_COLS ? c1 : c + KC_INDEX_COLS;
            kc_la_productd(t->row, t->rows, d, partition->sums + c * d, end - c, wide, KC_LA_TILE,
                           g->scratch + t->worker * KC_LA_SCRATCH);
            compare_exact(t, partition, c, end, wide);
        }
        count_flops(t, t->rows * (c1 - c0));
    }
    if (c1 == partition->p->k)
        record_silhouettes(t, partition);
}

/* Compare the rows with all partitions whose products are in float. */
static void rank_partitions(struct tile *t)
{
    struct kc_index_batch *g = t->g;
    size_t d = g->s->d;
    float *v = g->narrow + (size_t)t->worker * KC_TILE_COLUMNS * KC_LA_TILE;
    for (size_t f0 = 0; f0 < g->ranked; f0 += KC_TILE_COLUMNS) {
        size_t f1 = g->ranked - f0 < KC_TILE_COLUMNS ? g->ranked : f0 + KC_TILE_COLUMNS;
        kc_la_product(t->row, t->rows, d, g->means + f0 * d, f1 - f0, v, KC_LA_TILE,
                      g->scratch + t->worker * KC_LA_SCRATCH);
        count_flops(t, t->rows * (f1 - f0));
        for (const struct kc_index_partition *partition = g->partition; partition < g->partition + g->partitions;
             partition++) {
            if (!partition->means)
                continue;
            size_t at = (size_t)(partition->means - g->means) / d, k = partition->p->k;
            size_t from = at > f0 ? at : f0, to = at + k < f1 ? at + k : f1;
            if (from < to)
                rank_clusters(t, partition, from - at, to - at, v + (from - f0) * KC_LA_TILE);
        }
    }
}

/* Tell the progress bar that a block of rows is done. */
static void tell_block(const struct kc_index_batch *g)
{
    struct kc_stage *stage = g->s->stage;
    const struct kc_ctx *ctx = g->s->ctx;
    if (!stage || !ctx->progress)
        return;
    const struct kc_progress p = {.phase = stage->phase, .total = stage->total,
                                  .done = __atomic_add_fetch(&stage->done, g->cols, __ATOMIC_RELAXED)};
    ctx->progress(ctx->arg, &p);
}

/* Compute the silhouettes and distances of a block of rows in all partitions. */
static void score_block(void *arg, size_t blk, unsigned worker)
{
    struct kc_index_batch *g = arg;
    const struct kc_space *s = g->s;
    size_t end = (blk + 1) * g->block < s->n ? (blk + 1) * g->block : s->n;
    struct tile t;
    t.g = g;
    t.worker = worker;
    for (t.i0 = blk * g->block; t.i0 < end; t.i0 += KC_LA_TILE) {
        t.rows = end - t.i0 < KC_LA_TILE ? end - t.i0 : KC_LA_TILE;
        kc_rows_get(&s->rows, t.i0, t.rows, g->rows + worker * kc_rows_buf(&s->rows, KC_LA_TILE), t.row);
        for (size_t b = 0, b1; b < g->bundles; b = b1 + 1) {
            for (b1 = b; b1 < g->bundles && g->bundle[b1].in_double; b1++)
                ;
            if (b1 > b)
                compare_bundles(&t, b, b1);
        }
        if (g->ranked)
            rank_partitions(&t);
    }
    tell_block(g);
}

/* Compute |S_c|^2 of a cluster and, if it is ranked, its mean less that of all rows. */
static void prepare_column(void *arg, size_t c, unsigned worker)
{
    struct kc_index_batch *g = arg;
    const struct kc_index_partition *partition = g->partition;
    size_t d = g->s->d;
    (void)worker;
    while (c >= partition->col + partition->p->k)
        partition++;
    const double *sum = partition->sums + (c - partition->col) * d;
    double m = 1 / g->mass[c], cc = 0;
    g->nn[c] = kc_la_dotd(sum, sum, d);
    if (!partition->means)
        return;
    float *to = partition->means + (c - partition->col) * d;
    for (size_t j = 0; j < d; j++) {
        double v = sum[j] * m - g->mean[j];
        cc += v * v;
        to[j] = (float)v;
    }
    g->cc[c] = cc;
}

int kc_index_batch_rows(struct kc_index_batch *g, struct kc_err *e)
{
    struct kc_pool *pool = g->s->ctx->pool;
    const struct kc_index_partition *first = g->partition;
    size_t d = g->s->d;
    memset(g->mean, 0, d * sizeof *g->mean);
    for (size_t c = 0; c < first->p->k; c++)
        for (size_t j = 0; j < d; j++)
            g->mean[j] += first->sums[c * d + j];
    for (size_t j = 0; j < d; j++)
        g->mean[j] /= g->total;
    kc_pool_for(pool, g->cols, prepare_column, g);
    for (struct kc_index_partition *partition = g->partition; partition < g->partition + g->partitions; partition++) {
        double longest = 0;
        for (size_t c = 0; partition->means && c < partition->p->k; c++)
            longest = g->cc[partition->col + c] > longest ? g->cc[partition->col + c] : longest;
        /* The last term is the error of sums and means in double. */
        partition->margin = (float)(2.01 * kc_index_error(d) * sqrt(longest) + ((double)d + 16) * 0x1p-52);
    }
    memset(g->sil, 0, kc_pool_threads(pool) * 2 * g->room * sizeof *g->sil);
    memset(g->dist, 0, kc_pool_threads(pool) * 2 * g->room * sizeof *g->dist);
    kc_pool_for(pool, g->blocks, score_block, g);
    return kc_rows_failed(&g->s->rows, e);
}
