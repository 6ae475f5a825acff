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

/* Order ranks (k) that are filled in as kc_order_labels does. Returns how many have rows. */
uint32_t kc_order_ranks(struct kc_cluster_rank *rank, uint32_t k);
/* Do the same for rows that may be shared out to the ranks of a team: labels (rows->n), all below k. *some: how many
 * labels have rows. */
int kc_order_shared(const struct kc_rows *rows, const uint32_t *labels, uint32_t k, struct kc_cluster_rank *rank,
                    uint32_t *some, struct kc_err *e) KC_MUST_USE;

/* Set centroids (k, d) to the sums (k, d), scaled to length 1. A cluster whose sum is zero (its rows cancel out)
 * gets its first row as its centroid. */
int kc_order_centre(const struct kc_rows *rows, const uint32_t *labels, const double *sums, uint32_t k,
                    float *centroids, struct kc_err *e) KC_MUST_USE;

#endif
