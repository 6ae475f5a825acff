/* Runs of k-means: what an engine (gram.c or stack.c) is given to work off, and where the best partition of each k is
 * kept. Internal to core/kmeans. */
#ifndef KC_CORE_KMEANS_RUNS_H
#define KC_CORE_KMEANS_RUNS_H

#include "core/cluster/space.h"
#include "core/cluster/steps.h"

#define KC_FEW_ROWS 50000 /* up to here single rows are moved and runs go to their fixed point: beyond, a row weighs nothing */

/* One start of one k, worked off by an engine (gram.c or stack.c). */
struct kc_run {
    uint32_t k;
    uint64_t tag;          /* order among the runs of one k: of two equal objectives the lower tag wins */
    const uint32_t *seeds; /* (k) rows (in memory) that are the first centroids, */
    const float *centres;  /* or (k, d) the first centroids themselves, */
    const uint32_t *labels; /* or (n) the partition to start from */
    uint64_t spent;        /* iterations that went into those labels */
    int polish;            /* finish with single-row moves (Hartigan 1975); the stacked engine: only for k < 128 */
};

/* Where finished runs go: the best partition for each k. */
struct kc_best {
    uint32_t k;
    uint32_t *labels; /* (n) */
    float *own;       /* (n) each row's similarity to its own centroid, when it was last looked at */
    double objective; /* sum of |S_c|; negative: none yet */
    uint64_t tag, iterations;
    float *centres;    /* (k, d) when wanted: the columns of the last pass, */
    int exact;         /* of which the labels are the arg-max, but perhaps for rows whose own is KC_UNSURE */
    uint32_t merge[2]; /* the two clusters whose union loses least of the objective; only when k > 1 */
};

struct kc_run_opts {
    uint64_t max_iter;
    double tol;
    int full; /* for tests: every pass looks at every row; nothing but the time it takes may change */
    int keep; /* the state within the runs may be saved: whoever takes it up can give the same runs again */
};

/* Keep the partition if it is the best so far for its k: returns its kc_best, whose `merge` the caller then sets, or
 * NULL. The caller holds whatever lock is needed; the outcome does not depend on the order of the offers. */
struct kc_best *kc_best_offer(struct kc_best *best, size_t nbest, size_t n, const struct kc_run *run,
                   const uint32_t *labels,
                   const float *own, double objective, uint64_t iterations);

/* nk of them, for ks and n rows: nothing is kept yet. NULL when memory is short. */
struct kc_best *kc_best_new(size_t n, const uint32_t *ks, size_t nk, struct kc_err *e) KC_MUST_USE;
int kc_best_want_centres(struct kc_best *b, size_t d, struct kc_err *e) KC_MUST_USE; /* from the stacked engine */
#define KC_UNSURE (-2.0f)
void kc_best_free(struct kc_best *best, size_t nk);
uint64_t kc_best_bytes(size_t n, size_t nk);

/* What merging two clusters costs the objective: |A| + |B| - |A + B|, from |A|^2, |B|^2 and A.B. */
double kc_merge_loss(double aa, double bb, double ab);

/* The partitions that are there, for a state. own: with the similarities, where they are still needed. */
int kc_best_visit(struct kc_best *best, size_t nbest, const struct kc_space *space, int own,
                  struct kc_state *s) KC_MUST_USE;

/* Engines: run all, offer each. Results depend on the space and the runs only. When the space's steps say that time is
 * up, the stacked engine offers the runs that have labels as they are, makes a pass for that where it has none yet, and
 * leaves the others out. */
/* The Gram engine takes no centres, and only rows that lie in memory one behind the other. */
int kc_gram_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                struct kc_best *best, size_t nbest, struct kc_err *e) KC_MUST_USE;
int kc_stack_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                 struct kc_best *best, size_t nbest, struct kc_err *e) KC_MUST_USE;

/* The Gram matrix of x: (n, kc_gram_ld(n)) floats into g. */
size_t kc_gram_ld(size_t n);
int kc_gram_build(const struct kc_space *s, float *g, struct kc_err *e) KC_MUST_USE;

/* Peak workspace of the engines, in bytes. */
uint64_t kc_gram_bytes(size_t n, uint32_t kmax, unsigned threads);
uint64_t kc_stack_bytes(size_t n, size_t d, int in_memory, uint32_t kmax, size_t nruns, unsigned threads);

#endif
