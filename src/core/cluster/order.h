/* The order of cluster ids, and centroids from sums. Internal to core. */
#ifndef KC_CORE_CLUSTER_ORDER_H
#define KC_CORE_CLUSTER_ORDER_H

#include "la/rows.h"

struct kc_cluster_rank {
    uint64_t size, first; /* number of rows; the first of them, or n if there are none */
    uint32_t label;
};

/* Order the k labels by falling size, ties by the earliest member, into rank (k). labels (n): k and above are noise.
 * Returns how many labels have rows; those without come last. */
uint32_t kc_order_labels(const uint32_t *labels, size_t n, uint32_t k, struct kc_cluster_rank *rank);

/* Set centroids (k, d) to the sums (k, d), scaled to length 1. A cluster whose sum is zero (its rows cancel out)
 * gets its first row as its centroid; reading that can fail: check kc_rows_failed. */
void kc_order_centre(const struct kc_rows *rows, const uint32_t *labels, const double *sums, uint32_t k,
                     float *centroids);

#endif
