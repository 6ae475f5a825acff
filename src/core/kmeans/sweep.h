/* The sweep: find the best partition for each k. Internal to core. */
#ifndef KC_CORE_KMEANS_SWEEP_H
#define KC_CORE_KMEANS_SWEEP_H

#include "core/cluster/space.h"
#include "core/cluster/steps.h"
#include "core/kmeans/choose.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/runs.h"

struct kc_sweep {
    struct kc_best *best; /* (nk) by rising k */
    size_t nk;
    int loose;     /* runs have ended before tol */
    int gram;      /* the first level is searched in Gram space */
    char why[160]; /* the reason, for the report */
    /* If time was up before all rows were reached, there may be no partitions. Then nk counts the entries of these: */
    size_t rows;   /* rows of the level on which k must be chosen; 0: time was not up */
    struct kc_k_entry *judged; /* (nk) the figures of each k on that level, by rising k */
    float *centres; /* the centroids of that level: (k, d) for each k, one after the other */
};

/* Search all k, first on a random part of the rows if these are many (core/kmeans/search.h). Its partitions then
 * start one run for each k on more rows, at last on all.
 *   ks (nk): rising, each at most the number of distinct rows
 *   sw: initialised here; free it also after a failure */
int kc_sweep_run(struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_kmeans_opts *o, struct kc_sweep *sw,
                 struct kc_err *e) KC_MUST_USE;
void kc_sweep_free(struct kc_sweep *sw);
/* Set sw->gram and sw->why for a sweep of n rows. Pure. */
void kc_sweep_path(size_t n, size_t d, const uint32_t *ks, size_t nk, const struct kc_kmeans_opts *o,
                   struct kc_sweep *sw);
/* Compute the figures of nk partitions, by which k is chosen, into entries (nk). */
int kc_sweep_judge(const struct kc_space *s, const struct kc_best *best, size_t nk, struct kc_k_entry *entries,
                   struct kc_err *e) KC_MUST_USE;

/* Return the peak workspace in bytes, the best partitions included. picked: the rows are some of a matrix, by number.
 * Pure. */
uint64_t kc_sweep_bytes(size_t n, size_t d, int in_memory, int picked, const struct kc_ks *ks,
                        const struct kc_kmeans_opts *o, int weighted, unsigned threads);
/* Save or restore n entries. */
int kc_sweep_visit_entries(struct kc_state *s, struct kc_k_entry *entries, size_t n) KC_MUST_USE;
/* Save or restore what k is chosen by beside these. */
int kc_sweep_visit_evidence(struct kc_state *s, struct kc_k_entry *entries, size_t n) KC_MUST_USE;

/* Compute the unit centroids of nk partitions.
 *   sums, counts: scratch for the largest k
 *   centres: set to (k, d) for each partition, one after the other */
int kc_sweep_centres(const struct kc_space *s, const struct kc_best *best, size_t nk, double *sums, uint64_t *counts,
                     float *centres, struct kc_err *e) KC_MUST_USE;

/* Draw m of n numbers into idx (m), rising, all sets equally likely. The draw is a function of the arguments. stage:
 * 0, 1 and the numbers of rows of its levels are the sweep's own. */
void kc_sample_numbers(uint64_t seed, uint64_t stage, size_t n, size_t m, uint32_t *idx);

/* What a space of sampled rows owns. */
struct kc_sample {
    uint32_t *idx;   /* (m) the rows that were drawn */
    float *x;        /* (m, d) copies of them; NULL: the space refers to them by number */
    double *weights; /* (m); NULL: none */
    struct kc_share share; /* of the space, if its rows are shared out */
    uint64_t *first;       /* what share.first points to, if the copies are shared out; or NULL */
};
/* Draw m rows of `all` at random, with their weights, and make s a space of them, which may refer to `of`. All sets
 * are equally likely; the draw is a function of the arguments.
 *   copy: copy the rows; 0: refer to them by number if they lie in memory. Of rows that are shared out every rank gets
 *         all copies, unless they are so many that passes over them are shared: then each copies its own
 *   of: zero before; free it when s is no longer used, also after a failure */
int kc_sample_draw(const struct kc_space *all, uint64_t seed, uint64_t stage, size_t m, int copy,
                   struct kc_sample *of, struct kc_space *s, struct kc_err *e) KC_MUST_USE;
void kc_sample_free(struct kc_sample *of);

#endif
