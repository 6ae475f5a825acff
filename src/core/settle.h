/* A fit under way, and labels and centroids that agree. Internal to fit.c and settle.c. */
#ifndef KC_CORE_SETTLE_H
#define KC_CORE_SETTLE_H

#include "core/fit.h"
#include "core/space.h"

#define KC_SETTLE_ROUNDS 300 /* of labels -> centroids -> labels, at most: where tol ended the runs, tens are needed. With
                              * more than KC_FEW_ROWS rows it is one: the rest would not move the centroids by what tol is */

struct kc_fitting {
    struct kc_space space;
    const struct kc_fit_opts *o;
    struct kc_fit *f;
    double *sums;     /* (k, d) of the final labels */
    uint64_t *counts; /* (k) */
    int cut;          /* the range of k was cut by the number of different rows */
    uint32_t *unsure; /* (nunsure) rows whose label may not be the arg-max over f->centroids; NULL: all may not */
    size_t nunsure;
    struct kc_err *e;
};

/* Renumber by falling size, ties by the earliest member; empty clusters fall away. With `centroids` they are kept as
 * they are and only change places too. *changed, may be NULL: some id is another now. */
int kc_settle_order(struct kc_fitting *w, int centroids, int *changed) KC_MUST_USE;

/* Sums and unit centroids of the labels as they are. A sum of zero (rows that cancel out) takes the first member. */
int kc_settle_center(struct kc_fitting *w) KC_MUST_USE;

/* Labels that are the arg-max over the stored centroids; similarity and margin, sums and counts of them. With
 * unsure, the centroids are there and only those rows are looked at again. Otherwise the centroids become the unit
 * sums of the labels, until nothing moves or the rounds are used up. */
int kc_settle(struct kc_fitting *w) KC_MUST_USE;

#endif
