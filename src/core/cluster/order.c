/* The order of ids: the same for every fit, whatever numbers an engine gave its clusters, so that equal partitions have
 * equal labels. */
#include "core/cluster/order.h"

#include <math.h>
#include <stdlib.h>
#include "la/product.h"

static int by_rank(const void *a, const void *b)
{
    const struct kc_cluster_rank *p = a, *q = b;
    if (p->size != q->size)
        return p->size > q->size ? -1 : 1;
    return p->first < q->first ? -1 : p->first > q->first;
}

uint32_t kc_order_labels(const uint32_t *labels, size_t n, uint32_t k, struct kc_cluster_rank *rank)
{
    uint32_t some = k;
    for (uint32_t c = 0; c < k; c++)
        rank[c] = (struct kc_cluster_rank){0, n, c};
    for (size_t i = n; i-- > 0;)
        if (labels[i] < k) {
            rank[labels[i]].size++;
            rank[labels[i]].first = i;
        }
    qsort(rank, k, sizeof *rank, by_rank);
    while (some > 0 && rank[some - 1].size == 0)
        some--;
    return some;
}

void kc_order_centre(const struct kc_rows *rows, const uint32_t *labels, const double *sums, uint32_t k,
                     float *centroids)
{
    size_t d = rows->d;
    for (uint32_t c = 0; c < k; c++) {
        const double *v = sums + (size_t)c * d;
        double length = sqrt(kc_la_dotd(v, v, d));
        uint32_t first = 0;
        while (!(length > 1e-9) && first < rows->n && labels[first] != c)
            first++;
        if (!(length > 1e-9) && first < rows->n)
            kc_rows_copy(rows, &first, 1, centroids + (size_t)c * d);
        else
            for (size_t t = 0; t < d; t++)
                centroids[(size_t)c * d + t] = (float)(v[t] / length);
    }
}
