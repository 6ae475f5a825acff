/* The vote of the nearest rows of a fit. Clusters by density or by a tree may have any form, and there is noise between
 * them, so a centroid tells little of them; the label of a new row is that of most of the rows nearest to it (the rule
 * of the k nearest neighbours: Fix & Hodges 1951, Cover & Hart 1967). Noise is a label, too. */
#ifndef KC_MODEL_VOTES_H
#define KC_MODEL_VOTES_H

#include "model/model.h"

/* What the votes for one row have come to. */
struct kc_vote {
    uint32_t label; /* the most votes: a cluster, 0..k-1, or KC_NOISE */
    float share;    /* of the votes, for that label; 0 for noise */
};

/* Let the nearest rows of a model vote for n unit rows. Nearest are the KC_MODEL_NEIGHBOURS most similar rows, or all
 * if there are fewer, of equally similar ones those that come first in the model. Of labels with equally many votes the
 * one with the larger sum of similarities wins, then the lower id; noise comes last. The result is a function of the
 * model and the row.
 *
 * row    (n) pointers to rows of d
 * out    (n) receives the results
 * top    (n, ntop) receives the clusters with the most votes, in that order, and KC_NONE beyond; NULL: not wanted
 * share  (n, ntop) receives their shares of the votes, and NAN beyond
 * work   kc_votes_work(m, n) bytes, aligned to 64 */
void kc_votes_run(const struct kc_model *m, const float *const *row, size_t n, struct kc_vote *out, size_t ntop,
                  uint32_t *top, float *share, void *work);
/* List the rows of the model that vote for each of n unit rows, the most similar first. out: its lists lie in work; an
 * id is a row of m->rows. */
struct kc_neighbours;
void kc_votes_list(const struct kc_model *m, const float *const *row, size_t n, struct kc_neighbours *out, void *work);
/* Return the bytes of scratch; SIZE_MAX if they are too many. */
size_t kc_votes_work(const struct kc_model *m, size_t n);

#endif
