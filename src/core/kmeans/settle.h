/* A fit under way, and labels and centroids that agree. Internal to fit.c and settle.c. */
#ifndef KC_CORE_KMEANS_SETTLE_H
#define KC_CORE_KMEANS_SETTLE_H

#include "core/cluster/space.h"
#include "core/cluster/steps.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/runs.h"

#define KC_SETTLE_ROUNDS 300 /* of labels -> centroids -> labels, at most: where tol ended the runs, tens are needed. With
                              * more than KC_FEW_ROWS rows it is one: the rest would not move the centroids by what tol is */

/* How far a fit has come. */
enum kc_fit_stage {
    KC_FIT_SWEEP,   /* looking for partitions, */
    KC_FIT_CHOSEN,  /* k is chosen: labels, or centroids where the sweep saw a part of the rows, */
    KC_FIT_SETTLED, /* labels and centroids agree on all rows, */
    KC_FIT_SIZED    /* labels within the size limits; the centroids are those of before */
};

struct kc_fitting {
    struct kc_space space;
    const struct kc_kmeans_opts *o; /* for these rows: k without shares */
    const struct kc_request *r;
    struct kc_clustering *f;
    struct kc_kmeans *own;          /* f's appendix */
    double *weights;  /* (n) space.w; NULL: none */
    double *sums;     /* (k, d) of the final labels, weighted */
    uint64_t *counts; /* (k) of rows */
    size_t nks;       /* the k that can be tried */
    int cut;          /* the range of k was cut by the number of different rows */
    uint32_t *unsure; /* (nunsure) rows whose label may not be the arg-max over f->centroids; NULL: all may not */
    size_t nunsure;
    struct kc_best *best; /* while the chosen run goes on: what comes of it */
    uint64_t stage;   /* enum kc_fit_stage */
    uint64_t chosen;  /* the entry of the sweep that was, */
    uint64_t refine;  /* and its run goes on on all the rows */
    uint64_t settled; /* clusters before the size limits */
    uint32_t untried; /* when time was up: the first k that was not tried, 0: all were; */
    size_t level;     /* the rows that k was chosen on, 0: as many as it should have been */
    struct kc_err *e;
};

/* Room for k clusters: sums, counts, centroids. */
int kc_fitting_alloc(struct kc_fitting *w, uint32_t k) KC_MUST_USE;

/* core/kmeans/fit_state.c: a kc_frame.visit; arg: the struct kc_fitting. */
int kc_fitting_visit(void *arg, struct kc_state *s) KC_MUST_USE;

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
