/* Runs of k-means: what an engine (gram.c or stack.c) works off, and where the best partition of each k is kept.
 * Internal to core/kmeans. */
#ifndef KC_CORE_KMEANS_RUNS_H
#define KC_CORE_KMEANS_RUNS_H

#include "core/cluster/space.h"
#include "core/cluster/steps.h"

/* Up to so many rows, single rows are moved and runs continue to their fixed point. With more, one row hardly
 * counts. */
#define KC_FEW_ROWS 50000

/* One start of one k. It has either seeds, centres or labels; the other two are NULL. */
struct kc_run {
    uint32_t k;
    uint64_t tag;           /* order among the runs of one k: of two equal objectives the lower tag wins */
    const uint32_t *seeds;  /* (k) rows in memory, the first centroids */
    const float *centres;   /* (k, d) the first centroids themselves */
    const uint32_t *labels; /* (n) the partition to start from */
    uint64_t spent;         /* iterations that went into the labels or centres */
    int polish;             /* finish with single-row moves (Hartigan 1975); the stacked engine: only for k < 128 */
};

/* The best partition so far for one k. */
struct kc_best {
    uint32_t k;
    uint32_t *labels; /* (n) */
    float *own;       /* (n) each row's similarity to its own centroid, when it was last computed; or KC_UNSURE */
    double objective; /* sum of |S_c|; negative: no partition yet */
    uint64_t tag, iterations;
    float *centres;    /* (k, d) the columns of the last pass; NULL: not wanted */
    int exact;         /* every row not KC_UNSURE has as its label the arg-max over `centres` */
    uint32_t merge[2]; /* the two clusters whose union loses least of the objective; only when k > 1 */
};

struct kc_run_opts {
    uint64_t max_iter;
    double tol;
    int full; /* for tests: every pass looks at every row; this may change nothing but the time */
    int keep; /* the state within the runs may be saved: a resumed fit can name the same runs again */
};

/* Keep the partition if it is the best so far for its k. Returns its kc_best, whose `merge` the caller must set,
 * or NULL if it was not kept. The caller holds whatever lock is needed. The outcome does not depend on the order
 * of the offers. */
struct kc_best *kc_best_offer(struct kc_best *best, size_t nbest, size_t n, const struct kc_run *run,
                              const uint32_t *labels, const float *own, double objective, uint64_t iterations);

/* Allocate nk of them for n rows, one for each of ks, without a partition. Returns NULL if memory is short. */
struct kc_best *kc_best_new(size_t n, const uint32_t *ks, size_t nk, struct kc_err *e) KC_MUST_USE;
/* Ask the stacked engine to fill `centres` and `exact` of b. */
int kc_best_want_centres(struct kc_best *b, size_t d, struct kc_err *e) KC_MUST_USE;
#define KC_UNSURE (-2.0f) /* in `own`: the bounds do not prove the row's label */
void kc_best_free(struct kc_best *best, size_t nk);
uint64_t kc_best_bytes(size_t n, size_t nk);

/* Return what merging two clusters costs the objective: |A| + |B| - |A + B|, from |A|^2, |B|^2 and A.B. */
double kc_merge_loss(double aa, double bb, double ab);

/* Save or restore the partitions that exist. own: include the similarities, which are still needed. */
int kc_best_visit(struct kc_best *best, size_t nbest, const struct kc_space *space, int own,
                  struct kc_state *s) KC_MUST_USE;

/* Execute all runs and offer the partition of each. Results depend on the space and the runs only. When the space's
 * steps report that time is up, the stacked engine offers the runs that have labels as they are and leaves the others
 * out; if no run has labels yet, it makes one pass first. The Gram engine accepts no centres, and only rows that lie in
 * memory one after the other. */
int kc_gram_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                struct kc_best *best, size_t nbest, struct kc_err *e) KC_MUST_USE;
int kc_stack_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                 struct kc_best *best, size_t nbest, struct kc_err *e) KC_MUST_USE;

/* Compute the Gram matrix of the rows into g: (n, kc_gram_ld(n)) floats. */
size_t kc_gram_ld(size_t n);
int kc_gram_build(const struct kc_space *s, float *g, struct kc_err *e) KC_MUST_USE;

/* Return the peak workspace of the engines in bytes. */
uint64_t kc_gram_bytes(size_t n, uint32_t kmax, unsigned threads);
uint64_t kc_stack_bytes(size_t n, size_t d, int in_memory, int weighted, uint32_t kmax, size_t nruns,
                        unsigned threads);

#endif
