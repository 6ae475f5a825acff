/* Fewer clusters out of many: the pair whose union loses least of the objective becomes one, again and again (Ward's way,
 * with this objective). Internal to core. */
#ifndef KC_CORE_KMEANS_AGGLOMERATE_H
#define KC_CORE_KMEANS_AGGLOMERATE_H

#include "core/cluster/space.h"
#include "core/kmeans/runs.h"

/* The cheapest partner of a cluster among those before it. */
struct kc_partner {
    double loss; /* INFINITY: there is none */
    uint32_t a;
};

/* The pair of k >= 2 clusters, b > a, whose union loses least, by their sums (k, d) and |sum|^2 (k); the first of equal
 * pairs (by b, then a). work: k. On s->ctx->pool. */
void kc_agglomerate_pair(const struct kc_space *s, const double *sums, const double *squares, uint32_t k,
                         struct kc_partner *work, uint32_t pair[2]);

/* Labels (n) for k clusters out of those of from->k > k; the first pair is from->merge. from->k^2 d steps for the
 * products of the sums, and from->k^2 more for all that follows. */
int kc_agglomerate(const struct kc_space *s, const struct kc_best *from, uint32_t k, uint32_t *labels,
                   struct kc_err *e) KC_MUST_USE;

#endif
