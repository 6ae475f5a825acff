/* Ids of an older model for the clusters of a new fit: those that continue an old cluster keep its id.
 *
 * Old and new clusters are paired by a maximum-weight matching (core/track/match.h), of pairs that have more than half of the
 * smaller one's rows in common. By members: the weight is the number of these rows. By centroids: it is the similarity
 * of their centroids, and the rows' old places are those that the old model assigns. */
#ifndef KC_MODEL_LIKE_H
#define KC_MODEL_LIKE_H

#include "model/model.h"

struct kc_like {
    int64_t *ids;       /* (k) of the new clusters */
    size_t kept, fresh, gone; /* ids that go on, that are new, and that are no more */
    uint64_t judged, changed; /* rows of which the old id is known; of these, those that now have another */
};

/* old_place (n): the row of `old` that each row was in, KC_NOISE: not known. members: weigh by them, else by the
 * centroids. f's rows and labels are those of a new fit. Free with kc_like_free, also after a failure. */
int kc_like_match(struct kc_like *l, const struct kc_model *old, const struct kc_clustering *f, const uint32_t *old_place,
                  int members, struct kc_err *e) KC_MUST_USE;
void kc_like_free(struct kc_like *l);

#endif
