/* Score partitions batch by batch: sums, silhouettes, worst neighbours (index_batch.h), then the indices from
 * these. The silhouettes are computed from sums alone, as in index.h; where a convention is needed (no scatter,
 * one cluster, nothing left within the clusters) it is scikit-learn's. */
#include "core/judge/index.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/cluster/sums.h"
#include "core/judge/index_batch.h"

/* Reduce the sums of workers and ranks to one value per cluster. Must precede kc_index_batch_worst(), which reads the
 * scatters. */
static int reduce_workers(struct kc_index_batch *g, struct kc_err *e)
{
    struct kc_team *team = kc_space_team(g->s);
    const size_t room = g->room;
    for (size_t w = 1; w < kc_pool_threads(g->s->ctx->pool); w++)
        for (size_t c = 0; c < 2 * room; c++) {
            g->sil[c] += g->sil[2 * w * room + c];
            g->dist[c] += g->dist[2 * w * room + c];
        }
    if (kc_team_sum(team, g->sil, 2 * room, e) != 0 || kc_team_sum(team, g->dist, 2 * room, e) != 0)
        return -1;
    for (size_t c = 0; c < g->cols; c++) {
        g->silhouette[c] = g->sil[c] + g->sil[room + c];
        g->scatter[c] = (g->dist[c] + g->dist[room + c]) / g->mass[c];
    }
    return 0;
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

/* List the memory of a batch: its room is by the largest partition, maps are only for several partitions. */
static void plan_batch(struct kc_plan *p, struct kc_index_batch *g, size_t n, size_t d, int in_memory, size_t np,
                       uint32_t kmax, size_t threads)
{
    const size_t room = count_room(kmax), tile = in_memory ? 0 : KC_LA_TILE * d;
    const uint64_t span = kc_sums_bytes(n, d, in_memory, np < 2 ? kmax : room), tiles = threads * tile * sizeof(float);
    KC_PLAN(p, g->mass, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->nn, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->cc, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->scatter, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->worst, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->silhouette, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->inv, n, KC_PLAN_PLAIN);
    KC_PLAN(p, g->cell_sums, kc_mem_mul(room, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, g->cell_mass, room, KC_PLAN_PLAIN);
    KC_PLAN(p, g->means, kc_mem_mul(room, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, g->mean, d, KC_PLAN_PLAIN);
    KC_PLAN(p, g->sil, kc_mem_mul(2 * threads, room), KC_PLAN_PLAIN);
    KC_PLAN(p, g->dist, kc_mem_mul(2 * threads, room), KC_PLAN_PLAIN);
    KC_PLAN(p, g->wide, threads * KC_LA_TILE * KC_INDEX_COLS, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->narrow, threads * KC_LA_TILE * KC_TILE_COLUMNS, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->scratch, threads * KC_LA_SCRATCH, KC_PLAN_ALIGNED);
    KC_PLAN(p, g->rows, kc_mem_mul(threads, tile), KC_PLAN_ALIGNED);
    KC_PLAN(p, g->flops, threads * 8, KC_PLAN_ZEROED);
    /* kc_sums_cells and the worst neighbours read rows, one after the other. */
    kc_plan_add_other(p, span > tiles ? span : tiles);
    if (np < 2)
        return;
    KC_PLAN(p, g->derived_sums, kc_mem_mul(KC_INDEX_COLS, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, g->joint, kc_mem_mul(KC_INDEX_JOINTS, n), KC_PLAN_PLAIN);
    KC_PLAN(p, g->of_cell, KC_INDEX_PARTITIONS * KC_INDEX_COLS, KC_PLAN_PLAIN);
    KC_PLAN(p, g->seen, KC_INDEX_COLS * KC_INDEX_COLS, KC_PLAN_PLAIN);
    KC_PLAN(p, g->to, KC_INDEX_COLS * KC_INDEX_COLS, KC_PLAN_PLAIN);
}

uint64_t kc_index_bytes(size_t n, size_t d, int in_memory, size_t np, uint32_t kmax, unsigned threads)
{
    struct kc_index_batch g;
    struct kc_plan plan = {.n = 0};
    plan_batch(&plan, &g, n, d, in_memory, np, kmax, threads);
    return kc_plan_bytes(&plan);
}

/* Count the effective number of rows (Calinski-Harabasz's n): a row of weight w, as given, counts max(w, 1). */
static int count_effective_rows(const struct kc_space *s, double *copies, struct kc_err *e)
{
    const uint64_t n = s->scaled ? s->scaled : kc_space_all(s);
    const struct kc_lattice lattice = kc_lattice_for((double)n * (s->one > 1 ? s->one : 1));
    double sum[2] = {0, 0};
    *copies = (double)kc_space_all(s);
    if (!s->w)
        return 0;
    for (size_t i = 0; i < s->n; i++)
        kc_lattice_add(&sum[0], &sum[1], s->w[i] > s->one ? s->w[i] : s->one, &lattice);
    if (kc_team_sum(kc_space_team(s), sum, 2, e) != 0)
        return -1;
    *copies = (sum[0] + sum[1]) / s->one;
    return 0;
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
                               .lattice = kc_space_lattice(s)};
    struct kc_plan plan = {.n = 0};
    if (kc_space_total(s, &g.total, e) != 0 || count_effective_rows(s, &g.copies, e) != 0)
        return -1;
    plan_batch(&plan, &g, s->n, s->d, s->rows.x != NULL, np, kmax, kc_pool_threads(s->ctx->pool));
    if (kc_plan_alloc(&plan, e) != 0)
        return -1;
    for (size_t i = 0; i < np; i += g.partitions) {
        if (kc_index_fill_batch(&g, p + i, np - i, e) != 0 || kc_index_batch_sums(&g, e) != 0 ||
            kc_index_batch_rows(&g, e) != 0 || reduce_workers(&g, e) != 0)
            goto out;
        kc_index_batch_worst(&g);
        for (size_t q = 0; q < g.partitions; q++)
            compute_indices(&g, &g.partition[q]);
    }
    for (size_t t = 0; s->work && t < kc_pool_threads(s->ctx->pool); t++)
        s->work->index_flops += g.flops[8 * t];
    rc = 0;
out:
    kc_plan_free(&plan);
    return rc;
}

void kc_scored_fill(const struct kc_scored *p, struct kc_k_entry *entry)
{
    entry->silhouette = p->silhouette;
    entry->inertia = p->inertia;
    entry->objective = p->objective;
    entry->calinski_harabasz = p->calinski_harabasz;
    entry->davies_bouldin = p->davies_bouldin;
    if (!p->cluster_silhouette || p->k < 2)
        return;
    double sum = 0;
    for (uint32_t c = 0; c < p->k; c++)
        sum += p->cluster_silhouette[c];
    entry->macro_silhouette = sum / p->k;
}
