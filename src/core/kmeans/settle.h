/* A fit under way, and how its labels and centroids are made to agree. Internal to fit*.c and settle.c. */
#ifndef KC_CORE_KMEANS_SETTLE_H
#define KC_CORE_KMEANS_SETTLE_H

#include "core/cluster/space.h"
#include "core/cluster/steps.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/runs.h"

/* Most rounds of labels -> centroids -> labels. Where tol ended the runs, tens are needed. With more than
 * KC_FEW_ROWS rows there is one round: further ones would move the centroids by less than tol. */
#define KC_SETTLE_ROUNDS 300

/* How far a fit has come. */
enum kc_fit_stage {
    KC_FIT_SWEEP,   /* looking for partitions */
    KC_FIT_CHOSEN,  /* k is chosen: there are labels, or only centroids where the sweep saw a part of the rows */
    KC_FIT_SETTLED, /* labels and centroids agree on all rows */
    KC_FIT_SIZED    /* the labels keep the size limits; the centroids are those from before */
};

struct kc_fitting {
    struct kc_space space;
    const struct kc_kmeans_opts *o; /* for these rows: k without shares */
    const struct kc_request *r;
    struct kc_clustering *f;
    struct kc_kmeans *own;          /* f's appendix */
    double *weights;  /* (n) space.w; NULL: none */
    double *sums;     /* (k, d) of the final labels, weighted */
    uint64_t *counts; /* (k) rows of each cluster */
    size_t nks;       /* how many k can be tried */
    uint64_t evidence; /* 1: the sweep's entries have evidence */
    int cut;          /* the range of k was cut by the number of different rows */
    uint32_t *unsure; /* (nunsure) rows whose label may not be the arg-max over f->centroids; NULL: any row */
    size_t nunsure;
    struct kc_best *best; /* the result of the chosen k's run, while that continues */
    uint64_t stage;   /* enum kc_fit_stage */
    uint64_t chosen;  /* the entry of the sweep that was chosen */
    uint64_t refine;  /* 1: its run must continue on all rows */
    uint64_t settled; /* clusters before the size limits */
    int resized;      /* the size limits were kept by other clusters, as many (fixed_k.h) */
    uint32_t untried; /* the first k that was not tried because time was up; 0: all were tried */
    size_t level;     /* the rows that k was chosen on because time was up; 0: all that were meant */
    struct kc_err *e;
};

/* Allocate the sums, counts and centroids of k clusters; free the present ones. */
int kc_fitting_alloc(struct kc_fitting *w, uint32_t k) KC_MUST_USE;

/* Tell a warning, or a requested limit that could not be kept. */
#define kc_fitting_warn(w, ...) kc_clustering_warn((w)->f, (w)->e, __VA_ARGS__)
#define kc_fitting_limit(w, ...) kc_clustering_limit((w)->f, __VA_ARGS__)
/* Return 1 if the sizes keep the limits; enforce them, as far as they can hold together, and report those that
 * cannot. */
int kc_fitting_sizes_hold(const struct kc_fitting *w);
int kc_fitting_enforce_sizes(struct kc_fitting *w) KC_MUST_USE;
int kc_fitting_resized(const struct kc_fitting *w); /* that has changed labels: centroids are to be computed anew */
/* Return 1 if limits of sizes around one k are part of the search even where they hold: with few rows. */
int kc_fitting_seeks_better(const struct kc_fitting *w);
int kc_fitting_keeps_k(const struct kc_fitting *w); /* that keeps the k that was asked for */

/* In fit_shared.c: */
/* Find the row of each cluster that is most similar to its centroid, the first of equal ones. */
int kc_fitting_representatives(struct kc_fitting *w) KC_MUST_USE;
/* Add up the operations of all ranks. Those on rows that every rank has are counted by the first one. */
int kc_fitting_work(const struct kc_rows *rows, struct kc_work *work, struct kc_err *e) KC_MUST_USE;
/* Cluster rows so few that single ones are moved, in order: every rank gets all of them, comes to the same result, and
 * keeps its part of it. */
int kc_kmeans_on_every_rank(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *opts,
                            const struct kc_request *r, struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;

/* Save or restore a fit (fit_state.c). A kc_frame.visit; arg: the struct kc_fitting. */
int kc_fitting_visit(void *arg, struct kc_state *s) KC_MUST_USE;

/* Renumber the clusters by falling size, ties by the earliest member; empty clusters are dropped. centroids:
 * reorder them in the same way. *changed (may be NULL) is set to 1 if some id is another one now. */
int kc_settle_order(struct kc_fitting *w, int centroids, int *changed) KC_MUST_USE;

/* Compute the sums and the unit centroids of the present labels. A cluster whose sum is zero (its rows cancel out)
 * gets its first member as its centroid. */
int kc_settle_centre(struct kc_fitting *w) KC_MUST_USE;

/* Make the labels the arg-max over the stored centroids; compute similarities, margins, sums and counts. If w->unsure
 * is set, the centroids are given and only those rows are assigned again. Otherwise centroids are computed from the
 * labels and labels from the centroids, until nothing moves or the rounds are used up. */
int kc_settle(struct kc_fitting *w) KC_MUST_USE;

#endif
