#include "core/index.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "la/product.h"
#include "par/pool.h"

#define COLS 256 /* clusters in one pass, unless a single partition has more: the tile of products stays in L2 */
#define SLICE 128 /* dimensions a task of the sums */
#define AHEAD 8   /* rows to prefetch by */
#define NOTHING 1e-14 /* a distance (or squared one) below this is rounding: between rows of floats none is so small but 0 */

/* A group of partitions that share a pass. */
struct group {
    const struct kc_space *s;
    struct kc_scored *p;
    size_t np, cols;
    double *sums;      /* (cols, d) */
    uint64_t *counts;  /* (cols) */
    double *nn;        /* (cols) |S_c|^2 */
    size_t room;       /* columns that out has room for */
    double *out;       /* (threads, room, KC_LA_TILE) */
    char *scratch;     /* (threads, KC_LA_SCRATCH) */
    size_t block, blocks;
    double *inv;       /* (n) 1 / |x| */
    double *sil;       /* (blocks, cols) sums of the members' silhouettes */
    double *dist;      /* (blocks, cols) sums of the members' distances to the mean */
};

struct sums_job {
    const struct kc_space *s;
    const struct kc_scored *p; /* (np) partitions whose sums lie one behind the other */
    size_t np;
    const double *inv; /* (n) the factor of each row, NULL for 1 */
    double *sums;
};

/* A slice of the dimensions: a tile's piece of X is fetched once and then serves all partitions from the near caches. */
static void sums_slice(void *arg, size_t slice, unsigned worker)
{
    struct sums_job *j = arg;
    size_t n = j->s->n, d = j->s->d, t0 = slice * SLICE, len = d - t0 < SLICE ? d - t0 : SLICE;
    (void)worker;
    for (size_t i0 = 0; i0 < n; i0 += KC_LA_TILE) {
        size_t end = i0 + KC_LA_TILE < n ? i0 + KC_LA_TILE : n, col = 0;
        for (size_t q = 0; q < j->np; col += j->p[q++].k)
            for (size_t i = i0; i < end; i++) {
                const float *x = kc_rows_at(&j->s->rows, i) + t0;
                double *to = j->sums + (col + j->p[q].labels[i]) * d + t0;
                if (q == 0 && i + AHEAD < n)
                    kc_la_prefetch(kc_rows_at(&j->s->rows, i + AHEAD) + t0, len);
                if (j->inv)
                    kc_la_axpyd(to, j->inv[i], x, len);
                else
                    kc_la_addd(to, x, len);
            }
    }
}

static void sums_of(const struct kc_space *s, const struct kc_scored *p, size_t np, const double *inv, double *sums,
                    uint64_t *counts)
{
    struct sums_job j = {s, p, np, inv, sums};
    size_t cols = 0;
    for (size_t q = 0; q < np; q++)
        cols += p[q].k;
    memset(sums, 0, cols * s->d * sizeof *sums);
    memset(counts, 0, cols * sizeof *counts);
    kc_pool_for(s->ctx->pool, (s->d + SLICE - 1) / SLICE, sums_slice, &j);
    for (size_t q = 0, col = 0; q < np; col += p[q++].k)
        for (size_t i = 0; i < s->n; i++)
            counts[col + p[q].labels[i]]++;
}

void kc_index_sums(const struct kc_space *s, const uint32_t *labels, uint32_t k, double *sums, uint64_t *counts)
{
    struct kc_scored p = {.k = k, .labels = labels};
    sums_of(s, &p, 1, NULL, sums, counts);
}

static void inverse_block(void *arg, size_t blk, unsigned worker)
{
    struct group *g = arg;
    size_t end = (blk + 1) * g->block < g->s->n ? (blk + 1) * g->block : g->s->n;
    (void)worker;
    for (size_t i = blk * g->block; i < end; i++)
        g->inv[i] = 1 / kc_la_length(kc_rows_at(&g->s->rows, i), g->s->d);
}

/* The silhouettes of a tile's rows for one partition, into sil; v (k, KC_LA_TILE) the rows' products with the sums. */
static void tile_silhouettes(const double *v, const uint64_t *counts, uint32_t k, const uint32_t *own, const double *inv,
                             size_t rows, double *sil)
{
    double near[KC_LA_TILE];
    for (size_t r = 0; r < rows; r++)
        near[r] = INFINITY;
    for (uint32_t c = 0; c < k; c++) {
        double m = 1 / (double)counts[c];
        const double *vc = v + (size_t)c * KC_LA_TILE;
        for (size_t r = 0; r < rows; r++) {
            double away = own[r] == c ? INFINITY : 1 - vc[r] * inv[r] * m;
            near[r] = away < near[r] ? away : near[r];
        }
    }
    for (size_t r = 0; r < rows; r++) {
        double m = (double)counts[own[r]], b = near[r] > NOTHING ? near[r] : 0;
        double a = m > 1 ? 1 - (v[(size_t)own[r] * KC_LA_TILE + r] * inv[r] - 1) / (m - 1) : 0;
        a = a > NOTHING ? a : 0;
        sil[r] = m < 2 || a == b ? 0 : (b - a) / (a > b ? a : b);
    }
}

static void score_block(void *arg, size_t blk, unsigned worker)
{
    struct group *g = arg;
    const struct kc_space *s = g->s;
    size_t end = (blk + 1) * g->block < s->n ? (blk + 1) * g->block : s->n;
    double *out = g->out + (size_t)worker * KC_LA_TILE * g->room;
    double *sil = g->sil + blk * g->cols, *dist = g->dist + blk * g->cols;
    double sr[KC_LA_TILE];
    memset(sil, 0, g->cols * sizeof *sil);
    memset(dist, 0, g->cols * sizeof *dist);
    for (size_t i0 = blk * g->block; i0 < end; i0 += KC_LA_TILE) {
        size_t rows = end - i0 < KC_LA_TILE ? end - i0 : KC_LA_TILE;
        const float *row[KC_LA_TILE];
        kc_rows_get(&s->rows, i0, rows, NULL, row);
        kc_la_productd(row, rows, s->d, g->sums, g->cols, out, KC_LA_TILE,
                       g->scratch + worker * KC_LA_SCRATCH);
        for (size_t q = 0, col = 0; q < g->np; col += g->p[q++].k) {
            struct kc_scored *p = &g->p[q];
            const uint32_t *own = p->labels + i0;
            const double *v = out + col * KC_LA_TILE;
            tile_silhouettes(v, g->counts + col, p->k, own, g->inv + i0, rows, sr);
            for (size_t r = 0; r < rows; r++) {
                double m = (double)g->counts[col + own[r]];
                double dd = 1 - 2 * v[(size_t)own[r] * KC_LA_TILE + r] * g->inv[i0 + r] / m + g->nn[col + own[r]] / (m * m);
                dist[col + own[r]] += sqrt(dd > NOTHING ? dd : 0);
                sil[col + own[r]] += sr[r];
                if (p->row_silhouette)
                    p->row_silhouette[i0 + r] = p->k > 1 ? (float)sr[r] : NAN;
            }
        }
    }
}

/* max over pairs of (s_i + s_j) / |m_i - m_j|, averaged; scatter (k) mean distances to the means. */
static double davies_bouldin(const double *sums, const uint64_t *counts, const double *nn, uint32_t k, size_t d,
                             const double *scatter)
{
    double total = 0, widest = 0;
    for (uint32_t i = 0; i < k; i++)
        widest = scatter[i] > widest ? scatter[i] : widest;
    if (widest < 1e-8) /* scikit-learn: no scatter at all is 0 */
        return 0;
    for (uint32_t i = 0; i < k; i++) {
        double worst = 0, ni = (double)counts[i];
        for (uint32_t j = 0; j < k; j++) {
            double nj = (double)counts[j];
            if (j == i)
                continue;
            double m2 = nn[i] / (ni * ni) + nn[j] / (nj * nj) - 2 * kc_la_dotd(sums + i * d, sums + j * d, d) / (ni * nj);
            double r = m2 > NOTHING ? (scatter[i] + scatter[j]) / sqrt(m2) : 0;
            worst = r > worst ? r : worst;
        }
        total += worst;
    }
    return total / k;
}

/* Reduce the blocks in order and work out what is asked of partition q, whose first column is col. */
static int conclude(const struct group *g, size_t q, size_t col, struct kc_err *e)
{
    struct kc_scored *p = &g->p[q];
    const struct kc_space *s = g->s;
    uint32_t k = p->k;
    double n = (double)s->n, sil = 0, within = 0, objective = 0;
    double *scatter = kc_mem_alloc(k, sizeof *scatter, e);
    double *mean = kc_mem_alloc(s->d, sizeof *mean, e);
    if (!scatter || !mean) {
        kc_mem_free(scatter);
        kc_mem_free(mean);
        return -1;
    }
    memset(mean, 0, s->d * sizeof *mean);
    for (uint32_t c = 0; c < k; c++) {
        double sc = 0, dc = 0, m = (double)g->counts[col + c];
        for (size_t b = 0; b < g->blocks; b++) {
            sc += g->sil[b * g->cols + col + c];
            dc += g->dist[b * g->cols + col + c];
        }
        sil += sc;
        scatter[c] = dc / m;
        within += g->nn[col + c] / m;
        objective += sqrt(g->nn[col + c]);
        for (size_t t = 0; t < s->d; t++)
            mean[t] += g->sums[(col + c) * s->d + t];
        if (p->cluster_silhouette)
            p->cluster_silhouette[c] = sc / m;
    }
    double inertia = n - within > 0 ? n - within : 0;
    p->objective = objective;
    p->inertia = inertia;
    p->silhouette = p->calinski_harabasz = p->davies_bouldin = NAN;
    if (k > 1) {
        double between = within - kc_la_dotd(mean, mean, s->d) / n;
        p->silhouette = sil / n;
        if (!p->no_davies_bouldin)
            p->davies_bouldin = davies_bouldin(g->sums + col * s->d, g->counts + col, g->nn + col, k, s->d,
                                               scatter);
        /* scikit-learn gives 1 where nothing is left within the clusters; what rounding leaves counts as nothing */
        p->calinski_harabasz = inertia < 1e-12 * n || s->n <= k ? 1 : between * (n - k) / (inertia * (k - 1.0));
    }
    kc_mem_free(mean);
    kc_mem_free(scatter);
    return 0;
}

static int score_group(struct group *g, struct kc_err *e)
{
    const struct kc_space *s = g->s;
    sums_of(s, g->p, g->np, g->inv, g->sums, g->counts);
    for (size_t c = 0; c < g->cols; c++)
        g->nn[c] = kc_la_dotd(g->sums + c * s->d, g->sums + c * s->d, s->d);
    kc_pool_for(s->ctx->pool, g->blocks, score_block, g);
    for (size_t q = 0, col = 0; q < g->np; col += g->p[q++].k)
        if (conclude(g, q, col, e) != 0)
            return -1;
    return 0;
}

static size_t columns_for(uint32_t kmax)
{
    return kmax > COLS ? kmax : COLS;
}

uint64_t kc_index_bytes(size_t n, size_t d, uint32_t kmax, unsigned threads)
{
    uint64_t cols = columns_for(kmax), blocks = kc_space_blocks(n);
    return sizeof(double) * (cols * d + 2 * cols + threads * cols * KC_LA_TILE + 2 * blocks * cols + n) +
           threads * KC_LA_SCRATCH;
}

int kc_index_score(const struct kc_space *s, struct kc_scored *p, size_t np, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(s->ctx->pool);
    uint32_t kmax = 1;
    int rc = -1;
    for (size_t i = 0; i < np; i++)
        kmax = p[i].k > kmax ? p[i].k : kmax;
    size_t cols = columns_for(kmax);
    struct group g = {.s = s, .block = kc_space_block(s->n), .blocks = kc_space_blocks(s->n)};
    g.sums = kc_mem_aligned(kc_mem_mul(cols, s->d), sizeof *g.sums, e);
    g.counts = kc_mem_alloc(cols, sizeof *g.counts, e);
    g.nn = kc_mem_alloc(cols, sizeof *g.nn, e);
    g.out = kc_mem_aligned(kc_mem_mul(threads, cols), KC_LA_TILE * sizeof *g.out, e);
    g.scratch = kc_mem_aligned(threads, KC_LA_SCRATCH, e);
    g.room = cols;
    g.sil = kc_mem_alloc(kc_mem_mul(g.blocks, cols), sizeof *g.sil, e);
    g.dist = kc_mem_alloc(kc_mem_mul(g.blocks, cols), sizeof *g.dist, e);
    g.inv = kc_mem_alloc(s->n, sizeof *g.inv, e);
    if (!g.sums || !g.counts || !g.nn || !g.out || !g.scratch || !g.sil || !g.dist || !g.inv)
        goto out;
    kc_pool_for(s->ctx->pool, g.blocks, inverse_block, &g);
    for (size_t i = 0; i < np; i += g.np) {
        g.p = p + i;
        g.cols = 0;
        for (g.np = 0; i + g.np < np && (g.np == 0 || g.cols + g.p[g.np].k <= cols); g.np++)
            g.cols += g.p[g.np].k;
        if (score_group(&g, e) != 0)
            goto out;
    }
    rc = 0;
out:
    kc_mem_free(g.inv);
    kc_mem_free(g.dist);
    kc_mem_free(g.sil);
    kc_mem_free(g.scratch);
    kc_mem_free(g.out);
    kc_mem_free(g.nn);
    kc_mem_free(g.counts);
    kc_mem_free(g.sums);
    return rc;
}
