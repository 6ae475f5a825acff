/* Ids of an older model for the clusters of a new fit: clusters that continue an old one keep its id.
 *
 * Old and new clusters are paired by a maximum-weight matching (core/track/match.h) of the pairs that have more
 * than half of the smaller one's rows in common. By members: the weight is the number of these rows. By centroids:
 * the weight is the similarity of their centroids, and the rows' old places are those that the old model assigns. */
#ifndef KC_MODEL_LIKE_H
#define KC_MODEL_LIKE_H

#include "model/model.h"

struct kc_like {
    int64_t *ids;       /* (k) of the new clusters */
    size_t kept, fresh, gone; /* old ids that continue; new ids; old ids that ended */
    uint64_t judged, changed; /* rows whose old id is known; those of them that now have another id */
};

/* Find the ids of the clusters of f, a new fit.
 *   old_place (n): the row of `old` (its cluster) that each row was in; KC_NOISE: not known
 *   members: 1: weigh pairs by members, 0: by centroids
 *   l: free it with kc_like_free, also after a failure */
int kc_like_match(struct kc_like *l, const struct kc_model *old, const struct kc_clustering *f,
                  const uint32_t *old_place, int members, struct kc_err *e) KC_MUST_USE;
void kc_like_free(struct kc_like *l);

#endif
