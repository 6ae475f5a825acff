/* Correct a model by hand: unite clusters, cut clusters into parts, give them names (core/track/edits.h).
 *
 * Ids follow the rule of fit --like: the largest of what is united keeps its id, the largest part of what is cut keeps
 * its id, and other parts get ids above all that were ever given. A model whose clusters change is of the next
 * generation, in which the ids of clusters that were merged into others are gone, and the parts are born.
 *
 * Sums and counts of united clusters are exact. What follows from single rows (percentiles, representatives, the
 * baseline) is computed from the rows, if they are there: those of a model of votes are, others may be given. Else the
 * percentiles of a union are estimated: a row of a cluster with centroid a is, on average, as similar to the centroid m
 * of the union as to a, times a.m. */
#ifndef KC_MODEL_EDIT_H
#define KC_MODEL_EDIT_H

#include "core/track/edits.h"
#include "model/model.h"

/* What an edit found. */
struct kc_model_edited {
    uint64_t *expected;      /* (k before) rows of each cluster; the parts of one that is cut may have fewer or more */
    uint64_t given;          /* rows that were given, and used */
};

/* Edit m: its clusters of afterwards are those of edits. After a failure m can only be freed.
 *
 * edits   of m's clusters by their places
 * ds      rows, some or all of those that m was made and updated with; NULL: none. They are in memory. A model of
 *         centroids, or a small one, needs them for a split; of a model of votes, they tell the terms of its rows
 * out     free it with kc_model_edited_free, also after a failure
 *
 * KC_EINPUT if the rows of a cluster cannot be cut into as many parts, or if ds has none of the rows of the model. */
int kc_model_edit(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_edits *edits,
                  const struct kc_dataset *ds, struct kc_model_edited *out, struct kc_err *e) KC_MUST_USE;
void kc_model_edited_free(struct kc_model_edited *d);

#endif
