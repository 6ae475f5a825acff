/* The quality of a labelling: its indices (index.h), figures by cluster, and what lowers the silhouette most: single
 * rows, and the clusters of rows that are nearer to another one. */
#include "core/judge/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/top.h"
#include "core/cluster/members.h"
#include "core/cluster/sums.h"
#include "core/judge/index.h"

/* Return 1 if row a is worse than row b. A kc_top_before; arg: the silhouettes. */
static int is_worse(const void *arg, const void *a, const void *b)
{
    const float *s = arg;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return s[x] < s[y] || (!(s[y] < s[x]) && x < y);
}

/* Fill q->worst. */
static int find_worst(struct kc_quality *q, size_t most, struct kc_err *e)
{
    struct kc_top worst;
    if (kc_top_init(&worst, q->k < 2 ? 0 : most < q->n ? most : q->n, sizeof(uint32_t), is_worse, q->row_silhouette,
                     e) != 0)
        return -1;
    for (uint32_t i = 0; i < q->n; i++)
        kc_top_offer(&worst, &i);
    kc_top_sort(&worst);
    q->worst = (uint32_t *)(void *)worst.items;
    q->nworst = worst.n;
    return 0;
}

/* A row with a silhouette below 0. */
struct stray {
    uint32_t cluster, nearest, row;
};

static int by_clusters(const void *a, const void *b)
{
    const struct stray *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->nearest != y->nearest)
        return x->nearest < y->nearest ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int by_sum(const void *a, const void *b)
{
    const struct kc_strays *x = a, *y = b;
    const double s = x->silhouette * (double)x->rows, t = y->silhouette * (double)y->rows;
    if (s < t || s > t)
        return s < t ? -1 : 1;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    return x->nearest < y->nearest ? -1 : x->nearest > y->nearest;
}

/* Count strays, sorted by clusters, into out. Return the number of pairs of clusters. */
static size_t count_strays(const struct stray *all, size_t n, const float *silhouette, struct kc_strays *out)
{
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || all[i].cluster != all[i - 1].cluster || all[i].nearest != all[i - 1].nearest)
            out[pairs++] = (struct kc_strays){.cluster = all[i].cluster, .nearest = all[i].nearest};
        out[pairs - 1].rows++;
        out[pairs - 1].silhouette += (double)silhouette[all[i].row];
    }
    for (size_t i = 0; i < pairs; i++)
        out[i].silhouette /= (double)out[i].rows;
    return pairs;
}

/* Count the rows with a silhouette below 0, by cluster and by pairs of clusters. */
static int find_strays(struct kc_quality *q, const uint32_t *labels, struct kc_err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++)
        q->below += q->row_silhouette[i] < 0;
    struct stray *all = kc_mem_alloc((size_t)q->below, sizeof *all, e);
    q->strays = kc_mem_alloc((size_t)q->below, sizeof *q->strays, e);
    if (!all || !q->strays) {
        kc_mem_free(all);
        return -1;
    }
    for (uint32_t i = 0; i < q->n; i++)
        if (q->row_silhouette[i] < 0) {
            all[n++] = (struct stray){labels[i], q->row_nearest[i], i};
            q->clusters[labels[i]].strays++;
        }
    qsort(all, n, sizeof *all, by_clusters);
    q->nstrays = count_strays(all, n, q->row_silhouette, q->strays);
    qsort(q->strays, q->nstrays, sizeof *q->strays, by_sum);
    kc_mem_free(all);
    return 0;
}

uint64_t kc_quality_bytes(size_t n, size_t d, int in_memory, uint32_t k, unsigned threads)
{
    const uint64_t index = kc_index_bytes(n, d, in_memory, 1, k, threads); /* freed before strays are counted */
    const uint64_t strays = n * (sizeof(struct stray) + sizeof(struct kc_strays));
    return (index > strays ? index : strays) + n * (sizeof(float) + 2 * sizeof(uint32_t)) +
           k * (sizeof(struct kc_quality_cluster) + sizeof(uint64_t) + (d + 1) * sizeof(double));
}

int kc_quality_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                   size_t worst, struct kc_quality *q, struct kc_err *e)
{
    struct kc_space space = {.ctx = ctx, .rows = *rows, .n = rows->n, .d = rows->d};
    struct kc_scored p = {.k = k, .labels = labels};
    int rc = -1;
    memset(q, 0, sizeof *q);
    q->n = rows->n;
    q->d = rows->d;
    q->k = k;
    q->clusters = kc_mem_zalloc(k, sizeof *q->clusters, e);
    q->row_silhouette = kc_mem_alloc(rows->n, sizeof *q->row_silhouette, e);
    q->row_nearest = kc_mem_alloc(rows->n, sizeof *q->row_nearest, e);
    p.row_silhouette = q->row_silhouette;
    p.row_nearest = q->row_nearest;
    p.cluster_silhouette = kc_mem_alloc(k, sizeof *p.cluster_silhouette, e);
    double *sums = NULL;
    uint64_t *counts = kc_mem_alloc(k, sizeof *counts, e);
    if (!q->clusters || !q->row_silhouette || !q->row_nearest || !p.cluster_silhouette || !counts ||
        kc_index_score(&space, &p, 1, e) != 0)
        goto out;
    sums = kc_mem_aligned(kc_mem_mul(k, rows->d), sizeof *sums, e);
    if (!sums || kc_sums(&space, labels, k, sums, counts, e) != 0)
        goto out;
    q->silhouette = p.silhouette;
    q->calinski_harabasz = p.calinski_harabasz;
    q->davies_bouldin = p.davies_bouldin;
    q->inertia = p.inertia;
    q->objective = p.objective;
    for (uint32_t c = 0; c < k; c++)
        q->clusters[c] = (struct kc_quality_cluster){counts[c], k < 2 ? NAN : p.cluster_silhouette[c],
                                                     kc_members_pairs(sums + (size_t)c * rows->d, rows->d, counts[c]),
                                                     0};
    rc = find_worst(q, worst, e) != 0 || find_strays(q, labels, e) != 0 ? -1 : 0;
out:
    kc_mem_free(counts);
    kc_mem_free(sums);
    kc_mem_free(p.cluster_silhouette);
    return rc;
}

void kc_quality_free(struct kc_quality *q)
{
    kc_mem_free(q->clusters);
    kc_mem_free(q->row_silhouette);
    kc_mem_free(q->row_nearest);
    kc_mem_free(q->strays);
    kc_mem_free(q->worst);
    memset(q, 0, sizeof *q);
}
