/* The order of ids: the same for every fit, whatever numbers an engine gave its clusters, so that equal partitions have
 * equal labels. */
#include "core/cluster/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "la/product.h"

static int by_rank(const void *a, const void *b)
{
    const struct kc_cluster_rank *p = a, *q = b;
    if (p->size != q->size)
        return p->size > q->size ? -1 : 1;
    return p->first < q->first ? -1 : p->first > q->first;
}

uint32_t kc_order_ranks(struct kc_cluster_rank *rank, uint32_t k)
{
    uint32_t some = k;
    qsort(rank, k, sizeof *rank, by_rank);
    while (some > 0 && rank[some - 1].size == 0)
        some--;
    return some;
}

uint32_t kc_order_labels(const uint32_t *labels, size_t n, uint32_t k, struct kc_cluster_rank *rank)
{
    for (uint32_t c = 0; c < k; c++)
        rank[c] = (struct kc_cluster_rank){0, n, c};
    for (size_t i = n; i-- > 0;)
        if (labels[i] < k) {
            rank[labels[i]].size++;
            rank[labels[i]].first = i;
        }
    return kc_order_ranks(rank, k);
}

int kc_order_shared(const struct kc_rows *rows, const uint32_t *labels, uint32_t k, struct kc_cluster_rank *rank,
                    uint32_t *some, struct kc_err *e)
{
    struct kc_team *team = kc_rows_team(rows);
    if (!team) {
        *some = kc_order_labels(labels, rows->n, k, rank);
        return 0;
    }
    uint64_t *size = kc_mem_zalloc(k, sizeof *size, e), *first = kc_mem_alloc(k, sizeof *first, e);
    int rc = -1;
    if (!size || !first)
        goto out;
    memset(first, 0xff, k * sizeof *first);
    for (size_t i = rows->n; i-- > 0;) {
        size[labels[i]]++;
        first[labels[i]] = kc_rows_number(rows, i);
    }
    if (kc_team_count(team, size, k, e) != 0 || kc_team_least(team, first, k, e) != 0)
        goto out;
    for (uint32_t c = 0; c < k; c++)
        rank[c] = (struct kc_cluster_rank){size[c], first[c], c};
    *some = kc_order_ranks(rank, k);
    rc = 0;
out:
    kc_mem_free(first);
    kc_mem_free(size);
    return rc;
}

/* Set a centroid to the first row of cluster c, whose rows cancel out; it stays if the cluster has none. */
static int copy_first_row(const struct kc_rows *rows, const uint32_t *labels, uint32_t c, float *to, struct kc_err *e)
{
    uint32_t first = 0;
    while (first < rows->n && labels[first] != c)
        first++;
    if (!kc_rows_team(rows)) {
        if (first < rows->n)
            kc_rows_copy(rows, &first, 1, to);
        return 0;
    }
    uint64_t number = first < rows->n ? kc_rows_number(rows, first) : UINT64_MAX;
    if (kc_team_least(kc_rows_team(rows), &number, 1, e) != 0)
        return -1;
    first = (uint32_t)number;
    return kc_rows_copy_shared(rows, &first, 1, to, e);
}

int kc_order_centre(const struct kc_rows *rows, const uint32_t *labels, const double *sums, uint32_t k,
                    float *centroids, struct kc_err *e)
{
    size_t d = rows->d;
    for (uint32_t c = 0; c < k; c++) {
        const double *v = sums + (size_t)c * d;
        double length = sqrt(kc_la_dotd(v, v, d));
        float *to = centroids + (size_t)c * d;
        if (!(length > 1e-9) && copy_first_row(rows, labels, c, to, e) != 0)
            return -1;
        for (size_t t = 0; length > 1e-9 && t < d; t++)
            to[t] = (float)(v[t] / length);
    }
    return kc_rows_failed(rows, e);
}
