/* Plan a batch: which partitions share a pass, which of them share cells, and which products are in float. Each
 * partition goes the way that is cheaper by measured costs. The plan is a function of rows and partitions alone, never
 * of threads. */
#include <string.h>
#include "core/judge/index_batch.h"

/* Costs in cycles a row, measured on an EPYC (Milan): */
#define ADD 0.3          /* adding an element of a row to a sum */
#define MAC 0.0625       /* a multiplication and addition of a product in float; in double twice that */
#define DOT_CALL 30.0    /* a dot product in double and what belongs to it, without its elements */
#define DOT 0.4          /* an element of a dot product */
#define COLUMN 1.0       /* looking at a product */

static double estimate_cost_in_double(size_t cells, size_t cols, size_t partitions, size_t d)
{
    double sums = partitions > 1 ? (double)(cells * partitions) : 0; /* of products of cells */
    return 2 * MAC * (double)(cells * d) + COLUMN * (double)cols + sums;
}

static double estimate_cost_ranked(size_t cols, size_t partitions, size_t d)
{
    return MAC * (double)(cols * d) + COLUMN * (double)cols + 2 * (double)partitions * (DOT * (double)d + DOT_CALL);
}

/* Return the cost of a bundle of so many cells, with `cols` clusters of `partitions` partitions. *in_double is set
 * to the cheaper way. */
static double estimate_cost(const struct kc_space *s, size_t cells, size_t cols, size_t partitions, int *in_double)
{
    double once = ADD * (double)s->d, sums = once;
    double wide = estimate_cost_in_double(cells, cols, partitions, s->d),
           narrow = estimate_cost_ranked(cols, partitions, s->d);
    if (partitions > 1)
        sums += once * (double)(cells * partitions) / (double)kc_space_all(s);
    *in_double = cells <= KC_INDEX_COLS && wide <= narrow;
    return sums + (*in_double ? wide : narrow);
}

static size_t count_columns(const struct kc_index_batch *g, const struct kc_bundle *b)
{
    size_t cols = 0;
    for (size_t q = 0; q < b->partitions; q++)
        cols += g->partition[b->partition0 + q].p->k;
    return cols;
}

/* The meet of a bundle's cells with one more partition. */
struct meet {
    struct kc_index_batch *g;
    struct kc_bundle *b;
    const uint32_t *labels;
    uint32_t k;
    uint16_t *cells; /* (n) the new ones; may be b's */
};

/* Return the place in `seen` of row i's pair of cell and cluster. */
static size_t pair_key(const struct meet *m, size_t i)
{
    return (m->b->cells ? m->b->cells[i] : m->b->labels[i]) * (size_t)m->k + m->labels[i];
}

/* Mark the pairs of cell and cluster that occur in a block of rows. A mark is read before it is set, so that the
 * few cache lines of `seen` stay shared between the caches. */
static void mark_pairs(void *arg, size_t blk, unsigned worker)
{
    struct meet *m = arg;
    size_t n = m->g->s->n, end = (blk + 1) * m->g->block < n ? (blk + 1) * m->g->block : n;
    (void)worker;
    for (size_t i = blk * m->g->block; i < end; i++) {
        unsigned char *at = &m->g->seen[pair_key(m, i)];
        if (!__atomic_load_n(at, __ATOMIC_RELAXED))
            __atomic_store_n(at, 1, __ATOMIC_RELAXED);
    }
}

static void relabel_rows(void *arg, size_t blk, unsigned worker)
{
    struct meet *m = arg;
    size_t n = m->g->s->n, end = (blk + 1) * m->g->block < n ? (blk + 1) * m->g->block : n;
    (void)worker;
    for (size_t i = blk * m->g->block; i < end; i++)
        m->cells[i] = m->g->to[pair_key(m, i)];
}

/* Replace the bundle's cells by the pairs that occur. New ids follow the order of the old cells, so the maps can be
 * rewritten in place from the end. */
static void apply_meet(struct meet *m, size_t cells)
{
    struct kc_index_batch *g = m->g;
    struct kc_bundle *b = m->b;
    struct kc_index_partition *last = &g->partition[b->partition0 + b->partitions];
    size_t id = cells;
    for (size_t at = b->k * m->k; at-- > 0;) {
        if (!g->seen[at])
            continue;
        size_t old = at / m->k;
        g->to[at] = (uint16_t)--id;
        for (struct kc_index_partition *p = &g->partition[b->partition0]; p < last; p++)
            p->of_cell[id] = p->of_cell[old];
        last->of_cell[id] = (uint16_t)(at % m->k);
    }
    kc_pool_for(g->s->ctx->pool, g->blocks, relabel_rows, m);
    b->cells = m->cells;
    b->k = cells;
}

/* Add partition p to the batch's last bundle if that is possible and cheaper than a bundle of its own. Returns 1
 * if it was added, -1 after a failure. */
static int join_bundle(struct kc_index_batch *g, struct kc_scored *p, struct kc_err *e)
{
    struct kc_bundle *b = &g->bundle[g->bundles - 1];
    size_t cols = count_columns(g, b), cells = 0, owned = b->partitions > 1 ? 0 : cols;
    int in_double, alone, was;
    if ((b->partitions == 1 && g->joints == KC_INDEX_JOINTS) || b->k > KC_INDEX_COLS || p->k > KC_INDEX_COLS ||
        g->derived + owned + p->k > KC_INDEX_COLS)
        return 0;
    struct meet m = {.g = g, .b = b, .labels = p->labels, .k = p->k,
                     .cells = b->cells ? b->cells : g->joint + g->joints * g->s->n};
    memset(g->seen, 0, b->k * p->k);
    kc_pool_for(g->s->ctx->pool, g->blocks, mark_pairs, &m);
    if (kc_team_union(kc_space_team(g->s), g->seen, b->k * p->k, e) != 0)
        return -1;
    for (size_t at = 0; at < b->k * p->k; at++)
        cells += g->seen[at];
    if (g->cells - b->k + cells > KC_INDEX_COLS ||
        estimate_cost(g->s, cells, cols + p->k, b->partitions + 1, &in_double) >
            estimate_cost(g->s, b->k, cols, b->partitions, &was) + estimate_cost(g->s, p->k, p->k, 1, &alone))
        return 0;
    if (b->partitions == 1) {
        g->partition[b->partition0].of_cell = g->of_cell + b->partition0 * KC_INDEX_COLS;
        for (size_t j = 0; j < b->k; j++)
            g->partition[b->partition0].of_cell[j] = (uint16_t)j;
        g->joints++;
    }
    g->partition[g->partitions].of_cell = g->of_cell + g->partitions * KC_INDEX_COLS;
    g->cells = g->cells - b->k + cells;
    g->derived += owned + p->k;
    apply_meet(&m, cells);
    b->partitions++;
    b->in_double = in_double;
    return 1;
}

int kc_index_fill_batch(struct kc_index_batch *g, struct kc_scored *p, size_t np, struct kc_err *e)
{
    size_t d = g->s->d;
    int joined;
    g->partitions = g->bundles = g->joints = g->cols = g->cells = g->derived = g->ranked = 0;
    for (; g->partitions < np && g->partitions < KC_INDEX_PARTITIONS; g->partitions++, p++) {
        if (g->partitions && g->cols + p->k > KC_INDEX_COLS)
            break;
        g->partition[g->partitions] = (struct kc_index_partition){.p = p, .col = g->cols};
        joined = g->partitions ? join_bundle(g, p, e) : 0;
        if (joined < 0)
            return -1;
        if (!joined) {
            if (g->partitions && g->cells + p->k > KC_INDEX_COLS)
                break;
            struct kc_bundle *b = &g->bundle[g->bundles++];
            *b = (struct kc_bundle){.labels = p->labels, .k = p->k, .partition0 = g->partitions, .partitions = 1};
            estimate_cost(g->s, p->k, p->k, 1, &b->in_double);
            g->cells += p->k;
        }
        g->cols += p->k;
    }
    double *cell_sums = g->cell_sums, *derived = g->derived_sums;
    double *cell_mass = g->cell_mass;
    for (struct kc_bundle *b = g->bundle; b < g->bundle + g->bundles; b++) {
        b->sums = cell_sums;
        b->mass = cell_mass;
        cell_sums += b->k * d;
        cell_mass += b->k;
        for (size_t q = b->partition0; q < b->partition0 + b->partitions; q++) {
            struct kc_index_partition *partition = &g->partition[q];
            partition->sums = b->sums;
            if (b->partitions > 1) {
                partition->sums = derived;
                derived += partition->p->k * d;
            }
            if (!b->in_double) {
                partition->means = g->means + g->ranked * d;
                g->ranked += partition->p->k;
            }
        }
    }
    return 0;
}
