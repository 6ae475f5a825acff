/* The sweep: the best partition found for each k. Internal to core. */
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
    int gram;      /* the path taken, */
    char why[160]; /* and why */
    /* Time was up before all of the rows were reached. Then there may be no partitions; nk counts these instead: */
    size_t rows;   /* rows of the level that k is to be chosen on; 0: time was not up */
    struct kc_k_entry *judged; /* (nk) by rising k, judged there */
    float *centres; /* the centroids there, one (k, d) behind the other */
};

/* ks (nk): rising, each at most the number of distinct rows. The search (core/kmeans/search.h) is made on a random part of
 * the rows first, when these are many; its partitions then start one run for each k on more rows, at last on all. sw
 * is zero-initialised here; free it also after a failure. */
int kc_sweep_run(struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_kmeans_opts *o, struct kc_sweep *sw,
                 struct kc_err *e) KC_MUST_USE;
void kc_sweep_free(struct kc_sweep *sw);
/* The path that it takes, and why, into sw. Pure. */
void kc_sweep_path(size_t n, size_t d, const uint32_t *ks, size_t nk, const struct kc_kmeans_opts *o, struct kc_sweep *sw);
/* The figures of nk partitions into entries (nk), for what they are to be chosen by. */
int kc_sweep_judge(const struct kc_space *s, const struct kc_best *best, size_t nk, struct kc_k_entry *entries,
                   struct kc_err *e) KC_MUST_USE;

/* Peak workspace in bytes, best partitions included. picked: the rows are some of a matrix, by number. Pure. */
uint64_t kc_sweep_bytes(size_t n, size_t d, int in_memory, int picked, const struct kc_ks *ks,
                        const struct kc_kmeans_opts *o, int weighted, unsigned threads);
/* For a state. */
int kc_sweep_visit_entries(struct kc_state *s, struct kc_k_entry *entries, size_t n) KC_MUST_USE;

/* The unit centroids of nk partitions, one (k, d) behind the other, into centres. sums and counts: for the largest k. */
int kc_sweep_centres(const struct kc_space *s, const struct kc_best *best, size_t nk, double *sums, uint64_t *counts,
                     float *centres, struct kc_err *e) KC_MUST_USE;

/* s: m rows of `all`, drawn at random (all sets as likely, a function of the arguments), with their weights; by number where they lie in memory and no copy is asked for. What they
 * take is in `of` (zero before): free it when s has served, also after a failure. */
struct kc_sample {
    uint32_t *idx;   /* (m) */
    float *x;        /* (m, d); NULL: by number */
    double *weights; /* (m); NULL: none */
};
int kc_sample_draw(const struct kc_space *all, uint64_t seed, uint64_t stage, size_t m, int copy,
                   struct kc_sample *of, struct kc_space *s, struct kc_err *e) KC_MUST_USE;
void kc_sample_free(struct kc_sample *of);

#endif
