/* Davies-Bouldin: for each cluster the largest (s_i + s_j) / |m_i - m_j|. Floor: 2 k k d flops in float for
 * partitions that are ranked, and a dot product in double for each pair of clusters that rounding cannot exclude;
 * with few clusters, all pairs in double. */
#include <math.h>
#include "core/judge/index_batch.h"

/* Return Davies-Bouldin's ratio of clusters i and j, in double; 0 if their means are equal. */
static double compute_ratio(const struct kc_index_batch *g, const struct kc_index_partition *partition, size_t i,
                            size_t j)
{
    size_t d = g->s->d;
    const double *mass = g->mass + partition->col;
    const double *nn = g->nn + partition->col, *scatter = g->scatter + partition->col;
    double ni = mass[i], nj = mass[j];
    double dot = kc_la_dotd(partition->sums + i * d, partition->sums + j * d, d);
    double m2 = nn[i] / (ni * ni) + nn[j] / (nj * nj) - 2 * dot / (ni * nj);
    return m2 > KC_INDEX_NOTHING ? (scatter[i] + scatter[j]) / sqrt(m2) : 0;
}

/* Find the worst neighbours of `rows` clusters from i0 on among clusters c0 .. c1. v: the products of their means
 * in float. Returns the number of pairs that were computed in double. */
static size_t find_worst_neighbours(const struct kc_index_batch *g, const struct kc_index_partition *partition,
                                    size_t i0, size_t rows, size_t c0, size_t c1, const float *v)
{
    const double *cc = g->cc + partition->col, *scatter = g->scatter + partition->col;
    double *worst = g->worst + partition->col, error = 2.01 * kc_index_error(g->s->d);
    size_t done = 0;
    for (size_t r = 0; r < rows; r++) {
        size_t i = i0 + r;
        double sure = worst[i] * worst[i], ci = sqrt(cc[i]);
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = c0; j < c1; j++) {
                double m2 = cc[i] + cc[j] - 2 * (double)v[(j - c0) * KC_LA_TILE + r];
                double off = error * ci * sqrt(cc[j]) + 1e-13;
                double ss = (scatter[i] + scatter[j]) * (scatter[i] + scatter[j]);
                if (j == i)
                    continue;
                if (pass == 0 && m2 - off > 1e-12) {
                    double low = ss / (m2 + off) * (1 - 1e-9);
                    sure = low > sure ? low : sure;
                } else if (pass == 1 && ss >= sure * (m2 - off)) {
                    double exact = compute_ratio(g, partition, i, j);
                    worst[i] = exact > worst[i] ? exact : worst[i];
                    done++;
                }
            }
    }
    return done;
}

/* Compare a tile of a partition's clusters with all of its clusters. */
static void compare_clusters(void *arg, size_t task, unsigned worker)
{
    struct kc_index_batch *g = arg;
    const struct kc_index_partition *partition = g->partition;
    size_t d = g->s->d, done = 0;
    for (; task >= kc_la_tiles(partition->p->k); partition++)
        task -= kc_la_tiles(partition->p->k);
    size_t k = partition->p->k, i0 = task * KC_LA_TILE, rows = k - i0 < KC_LA_TILE ? k - i0 : KC_LA_TILE;
    double *worst = g->worst + partition->col;
    for (size_t r = 0; r < rows; r++)
        worst[i0 + r] = 0;
    if (partition->p->no_davies_bouldin)
        return;
    if (!partition->means) {
        for (size_t i = i0; i < i0 + rows; i++)
            for (size_t j = 0; j < k; j++) {
                double v = j == i ? 0 : compute_ratio(g, partition, i, j);
                worst[i] = v > worst[i] ? v : worst[i];
            }
        done = rows * (k - 1);
    } else {
        float *v = g->narrow + (size_t)worker * KC_TILE_COLUMNS * KC_LA_TILE;
        const float *row[KC_LA_TILE];
        for (size_t r = 0; r < rows; r++)
            row[r] = partition->means + (i0 + r) * d;
        for (size_t c0 = 0; c0 < k; c0 += KC_TILE_COLUMNS) {
            size_t c1 = k - c0 < KC_TILE_COLUMNS ? k : c0 + KC_TILE_COLUMNS;
            kc_la_product(row, rows, d, partition->means + c0 * d, c1 - c0, v, KC_LA_TILE,
                          g->scratch + worker * KC_LA_SCRATCH);
            done += find_worst_neighbours(g, partition, i0, rows, c0, c1, v) + rows * (c1 - c0);
        }
    }
    g->flops[8 * (size_t)worker] += 2 * (uint64_t)done * d;
}

void kc_index_batch_worst(struct kc_index_batch *g)
{
    size_t tasks = 0;
    for (size_t q = 0; q < g->partitions; q++)
        tasks += kc_la_tiles(g->partition[q].p->k);
    kc_pool_for(g->s->ctx->pool, tasks, compare_clusters, g);
}
