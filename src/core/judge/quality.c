/* The quality of a labelling: its indices (index.h), figures by cluster, and the rows of the lowest silhouettes,
 * found with a heap of the worst so far. */
#include "core/judge/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/cluster/members.h"
#include "core/cluster/sums.h"
#include "core/judge/index.h"

static int is_worse(const float *s, uint32_t a, uint32_t b)
{
    return s[a] < s[b] || (s[a] == s[b] && a < b);
}

/* Put `row` into the heap w (m), whose best row is on top: let it sink from place i to its own. */
static void sift_down(const float *s, uint32_t *w, size_t m, size_t i, uint32_t row)
{
    for (size_t c; (c = 2 * i + 1) < m; i = c) {
        if (c + 1 < m && is_worse(s, w[c], w[c + 1]))
            c++;
        if (!is_worse(s, row, w[c]))
            break;
        w[i] = w[c];
    }
    w[i] = row;
}

/* Fill q->worst. */
static void find_worst(struct kc_quality *q)
{
    const float *s = q->row_silhouette;
    size_t m = q->nworst;
    for (size_t i = 0; i < m; i++)
        q->worst[i] = (uint32_t)i;
    for (size_t i = m / 2; i-- > 0;)
        sift_down(s, q->worst, m, i, q->worst[i]);
    for (size_t i = m; m > 0 && i < q->n; i++)
        if (is_worse(s, (uint32_t)i, q->worst[0]))
            sift_down(s, q->worst, m, 0, (uint32_t)i);
    while (m-- > 1) { /* sort: the best of those left is moved to their end */
        uint32_t best = q->worst[0];
        sift_down(s, q->worst, m, 0, q->worst[m]);
        q->worst[m] = best;
    }
}

uint64_t kc_quality_bytes(size_t n, size_t d, int in_memory, uint32_t k, unsigned threads)
{
    return kc_index_bytes(n, d, in_memory, 1, k, threads) + n * (sizeof(float) + sizeof(uint32_t)) +
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
    q->nworst = k < 2 ? 0 : worst < rows->n ? worst : rows->n;
    q->clusters = kc_mem_zalloc(k, sizeof *q->clusters, e);
    q->row_silhouette = kc_mem_alloc(rows->n, sizeof *q->row_silhouette, e);
    q->worst = kc_mem_alloc(q->nworst, sizeof *q->worst, e);
    p.row_silhouette = q->row_silhouette;
    p.cluster_silhouette = kc_mem_alloc(k, sizeof *p.cluster_silhouette, e);
    double *sums = NULL;
    uint64_t *counts = kc_mem_alloc(k, sizeof *counts, e);
    if (!q->clusters || !q->row_silhouette || !q->worst || !p.cluster_silhouette || !counts ||
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
                                                     kc_members_pairs(sums + (size_t)c * rows->d, rows->d, counts[c])};
    find_worst(q);
    rc = 0;
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
    kc_mem_free(q->worst);
    memset(q, 0, sizeof *q);
}
