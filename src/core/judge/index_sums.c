/* Sums of a batch of partitions: the rows are added up once for each bundle, by cell, and the cells by cluster. */
#include <string.h>
#include "base/mem.h"
#include "core/cluster/sums.h"
#include "core/judge/index_batch.h"

/* Add up the sums and weights of a partition's clusters from those of its bundle's cells. */
static void sum_cells(void *arg, size_t q, unsigned worker)
{
    struct kc_index_batch *g = arg;
    const struct kc_index_partition *partition = &g->partition[q];
    const struct kc_bundle *b = g->bundle;
    size_t d = g->s->d, k = partition->p->k;
    double *mass = g->mass + partition->col;
    (void)worker;
    while (q >= b->partition0 + b->partitions)
        b++;
    if (!partition->of_cell) {
        memcpy(mass, b->mass, k * sizeof *mass);
        return;
    }
    memset(mass, 0, k * sizeof *mass);
    memset(partition->sums, 0, k * d * sizeof *partition->sums);
    for (size_t j = 0; j < b->k; j++) {
        double *to = partition->sums + partition->of_cell[j] * d;
        const double *v = b->sums + j * d;
        mass[partition->of_cell[j]] += b->mass[j];
        for (size_t t = 0; t < d; t++)
            to[t] += v[t];
    }
}

int kc_index_batch_sums(struct kc_index_batch *g, struct kc_err *e)
{
    struct kc_cells cells[KC_INDEX_PARTITIONS];
    for (size_t i = 0; i < g->bundles; i++) {
        const struct kc_bundle *b = &g->bundle[i];
        cells[i] = (struct kc_cells){b->labels, b->cells, b->k, b->sums, b->mass, NULL};
    }
    if (kc_sums_cells(g->s, cells, g->bundles, g->inv, !g->have_inv, e) != 0)
        return -1;
    g->have_inv = 1;
    kc_pool_for(g->s->ctx->pool, g->partitions, sum_cells, g);
    return 0;
}
