/* Ids and centroids of clusters, from labels. Internal to core. */
#ifndef KC_CORE_CLUSTER_ORDER_H
#define KC_CORE_CLUSTER_ORDER_H

#include "la/rows.h"

struct kc_cluster_rank {
    uint64_t size, first; /* rows, and the first of them; n for a label without */
    uint32_t label;
};

/* The k labels by falling size, ties by the earliest member. labels (n): those of k and above are none of them. Returns
 * how many have rows; the rest are the last. */
uint32_t kc_order_labels(const uint32_t *labels, size_t n, uint32_t k, struct kc_cluster_rank *rank);

/* Unit centroids (k, d) of sums (k, d). A sum of zero (rows that cancel out) takes the cluster's first row: see
 * kc_rows_failed. */
void kc_order_centre(const struct kc_rows *rows, const uint32_t *labels, const double *sums, uint32_t k, float *centroids);

#endif
