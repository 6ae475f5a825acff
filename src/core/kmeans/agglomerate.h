/* Agglomeration: merge the pair of clusters whose union loses least of the objective, until k are left (Ward's
 * method with this objective). Internal to core. */
#ifndef KC_CORE_KMEANS_AGGLOMERATE_H
#define KC_CORE_KMEANS_AGGLOMERATE_H

#include "core/cluster/space.h"
#include "core/kmeans/runs.h"

/* The cheapest partner of a cluster among those before it. */
struct kc_partner {
    double loss; /* INFINITY: there is no partner */
    uint32_t a;  /* the partner */
};

/* Find the pair of k >= 2 clusters, b > a, whose union loses least; of equal pairs the first by b, then by a.
 *   sums (k, d), squares (k): the clusters' sums and |sum|^2
 *   work (k): scratch
 *   pair: set to {a, b}
 * Runs on s->ctx->pool. */
void kc_agglomerate_pair(const struct kc_space *s, const double *sums, const double *squares, uint32_t k,
                         struct kc_partner *work, uint32_t pair[2]);

/* Merge the from->k clusters of `from` to k < from->k, and set labels (n). The first pair merged is from->merge. Costs
 * from->k^2 d steps for the products of the sums, and from->k^2 more for all that follows. */
int kc_agglomerate(const struct kc_space *s, const struct kc_best *from, uint32_t k, uint32_t *labels,
                   struct kc_err *e) KC_MUST_USE;

#endif
