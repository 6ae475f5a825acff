/* Score partitions batch by batch: sums, silhouettes, worst neighbours (index_batch.h), then the indices from
 * these. The silhouettes are computed from sums alone, as in index.h; where a convention is needed (no scatter,
 * one cluster, nothing left within the clusters) it is scikit-learn's. */
#include "core/judge/index.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "core/cluster/sums.h"
#include "core/judge/index_batch.h"
#include "par/pool.h"

/* Reduce the per-block sums, in block order, to one value per cluster. Must precede kc_index_batch_worst(), which
 * reads the scatters. */
static void reduce_blocks(struct kc_index_batch *g)
{
    memset(g->silhouette, 0, g->cols * sizeof *g->silhouette);
    memset(g->scatter, 0, g->cols * sizeof *g->scatter);
    for (size_t b = 0; b < g->blocks; b++)
        for (size_t c = 0; c < g->cols; c++) {
            g->silhouette[c] += g->sil[b * g->room + c];
            g->scatter[c] += g->dist[b * g->room + c];
        }
    for (size_t c = 0; c < g->cols; c++)
        g->scatter[c] /= g->mass[c];
}

/* Compute a partition's indices from the values of its clusters. */
static void compute_indices(const struct kc_index_batch *g, const struct kc_index_partition *partition)
{
    struct kc_scored *p = partition->p;
    const double *nn = g->nn + partition->col, *scatter = g->scatter + partition->col,
                 *worst = g->worst + partition->col;
    const double *sil = g->silhouette + partition->col, *mass = g->mass + partition->col;
    const double n = g->total, unit = g->s->one > 0 ? g->s->one : 1;
    uint32_t k = p->k;
    double total = 0, within = 0, objective = 0, widest = 0, ratios = 0;
    for (uint32_t c = 0; c < k; c++) {
        double m = mass[c];
        total += sil[c];
        within += nn[c] / m;
        objective += sqrt(nn[c]);
        widest = scatter[c] > widest ? scatter[c] : widest;
        ratios += worst[c];
        if (p->cluster_silhouette)
            p->cluster_silhouette[c] = sil[c] / m;
    }
    double inertia = n - within > 0 ? n - within : 0;
    p->objective = objective / unit;
    p->inertia = inertia / unit;
    p->silhouette = p->calinski_harabasz = p->davies_bouldin = NAN;
    if (k < 2)
        return;
    double between = within - kc_la_dotd(g->mean, g->mean, g->s->d) * n;
    p->silhouette = total / n;
    if (!p->no_davies_bouldin) /* scikit-learn: no scatter at all is 0 */
        p->davies_bouldin = widest < 1e-8 ? 0 : ratios / k;
    /* scikit-learn gives 1 where nothing is left within the clusters; what rounding leaves counts as nothing. */
    p->calinski_harabasz =
        inertia < 1e-12 * n || g->copies <= k ? 1 : between * (g->copies - k) / (inertia * (k - 1.0));
}

static size_t count_room(uint32_t kmax)
{
    return kmax > KC_INDEX_COLS ? kmax : KC_INDEX_COLS;
}

uint64_t kc_index_bytes(size_t n, size_t d, int in_memory, size_t np, uint32_t kmax, unsigned threads)
{
    uint64_t room = count_room(kmax), blocks = kc_space_blocks(n), span = kc_sums_span_bytes(n, d, in_memory);
    uint64_t pairs = KC_INDEX_COLS * KC_INDEX_COLS,
             maps = KC_INDEX_JOINTS * n + KC_INDEX_PARTITIONS * KC_INDEX_COLS + pairs;
    uint64_t joint = np > 1 ? maps * sizeof(uint16_t) + pairs + KC_INDEX_COLS * d * sizeof(double) : 0;
    uint64_t out = KC_LA_TILE * (KC_INDEX_COLS * sizeof(double) + KC_TILE_COLUMNS * sizeof(float));
    uint64_t tile = in_memory ? 0 : (uint64_t)threads * KC_LA_TILE * d * sizeof(float);
    return joint + (span > tile ? span : tile) + tile + n * sizeof(double) + d * sizeof(double) +
           room * d * (sizeof(double) + sizeof(float)) + room * (2 * sizeof(uint64_t) + 5 * sizeof(double)) +
           2 * blocks * room * sizeof(double) +
           threads * (out + KC_LA_SCRATCH + 64);
}

static int alloc_batch(struct kc_index_batch *g, size_t np, struct kc_err *e)
{
    size_t n = g->s->n, d = g->s->d, threads = kc_pool_threads(g->s->ctx->pool);
    g->mass = kc_mem_alloc(g->room, sizeof *g->mass, e);
    g->nn = kc_mem_alloc(g->room, sizeof *g->nn, e);
    g->cc = kc_mem_alloc(g->room, sizeof *g->cc, e);
    g->scatter = kc_mem_alloc(g->room, sizeof *g->scatter, e);
    g->worst = kc_mem_alloc(g->room, sizeof *g->worst, e);
    g->silhouette = kc_mem_alloc(g->room, sizeof *g->silhouette, e);
    g->inv = kc_mem_alloc(n, sizeof *g->inv, e);
    g->cell_sums = kc_mem_aligned(kc_mem_mul(g->room, d), sizeof *g->cell_sums, e);
    g->cell_mass = kc_mem_alloc(g->room, sizeof *g->cell_mass, e);
    g->means = kc_mem_aligned(kc_mem_mul(g->room, d), sizeof *g->means, e);
    g->mean = kc_mem_alloc(d, sizeof *g->mean, e);
    g->sil = kc_mem_alloc(kc_mem_mul(g->blocks, g->room), sizeof *g->sil, e);
    g->dist = kc_mem_alloc(kc_mem_mul(g->blocks, g->room), sizeof *g->dist, e);
    g->wide = kc_mem_aligned(threads, KC_LA_TILE * KC_INDEX_COLS * sizeof *g->wide, e);
    g->narrow = kc_mem_aligned(threads, KC_LA_TILE * KC_TILE_COLUMNS * sizeof *g->narrow, e);
    g->scratch = kc_mem_aligned(threads, KC_LA_SCRATCH, e);
    g->rows = kc_mem_aligned(kc_mem_mul(threads, kc_rows_buf(&g->s->rows, KC_LA_TILE)), sizeof *g->rows, e);
    g->flops = kc_mem_zalloc(threads, 8 * sizeof *g->flops, e);
    if (!g->mass || !g->nn || !g->cc || !g->scatter || !g->worst || !g->silhouette || !g->inv || !g->cell_sums ||
        !g->cell_mass || !g->means || !g->mean || !g->sil || !g->dist || !g->wide || !g->narrow || !g->scratch ||
        !g->rows || !g->flops)
        return -1;
    if (np < 2)
        return 0;
    g->derived_sums = kc_mem_aligned(kc_mem_mul(KC_INDEX_COLS, d), sizeof *g->derived_sums, e);
    g->joint = kc_mem_alloc(kc_mem_mul(KC_INDEX_JOINTS, n), sizeof *g->joint, e);
    g->of_cell = kc_mem_alloc(KC_INDEX_PARTITIONS * KC_INDEX_COLS, sizeof *g->of_cell, e);
    g->seen = kc_mem_alloc(KC_INDEX_COLS, KC_INDEX_COLS, e);
    g->to = kc_mem_alloc(KC_INDEX_COLS * KC_INDEX_COLS, sizeof *g->to, e);
    return g->derived_sums && g->joint && g->of_cell && g->seen && g->to ? 0 : -1;
}

static void free_batch(struct kc_index_batch *g)
{
    void *const all[] = {g->mass, g->nn, g->cc, g->scatter, g->worst, g->silhouette, g->inv, g->cell_sums,
                         g->cell_mass, g->means, g->mean, g->sil, g->dist, g->wide, g->narrow, g->scratch, g->rows,
                         g->flops, g->derived_sums, g->joint, g->of_cell, g->seen, g->to};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        kc_mem_free(all[i]);
}

/* Return the effective number of rows (Calinski-Harabasz's n): a row of weight w, as given, counts max(w, 1). */
static double count_effective_rows(const struct kc_space *s)
{
    double sum = 0;
    for (size_t i = 0; s->w && i < s->n; i++)
        sum += s->w[i] > s->one ? s->w[i] / s->one : 1;
    return s->w ? sum : (double)s->n;
}

int kc_index_score(const struct kc_space *s, struct kc_scored *p, size_t np, struct kc_err *e)
{
    uint32_t kmax = 1;
    int rc = -1;
    for (size_t i = 0; i < np; i++)
        kmax = p[i].k > kmax ? p[i].k : kmax;
    struct kc_index_batch g = {.s = s,
                               .room = count_room(kmax),
                               .block = kc_space_block(s->n),
                               .blocks = kc_space_blocks(s->n),
                               .total = kc_space_total(s),
                               .copies = count_effective_rows(s)};
    if (alloc_batch(&g, np, e) != 0)
        goto out;
    for (size_t i = 0; i < np; i += g.partitions) {
        kc_index_fill_batch(&g, p + i, np - i);
        if (kc_index_batch_sums(&g, e) != 0 || kc_index_batch_rows(&g, e) != 0)
            goto out;
        reduce_blocks(&g);
        kc_index_batch_worst(&g);
        for (size_t q = 0; q < g.partitions; q++)
            compute_indices(&g, &g.partition[q]);
    }
    for (size_t t = 0; s->work && t < kc_pool_threads(s->ctx->pool); t++)
        s->work->index_flops += g.flops[8 * t];
    rc = 0;
out:
    free_batch(&g);
    return rc;
}
