/* The search for good partitions of one space, every k at once. Internal to core. */
#ifndef KC_CORE_KMEANS_SEARCH_H
#define KC_CORE_KMEANS_SEARCH_H

#include "core/cluster/space.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/runs.h"

/* Where a search is. */
enum kc_search_stage { KC_SEARCH_RUNS, KC_SEARCH_POLISH, KC_SEARCH_REGROUP, KC_SEARCH_NEIGHBOURS, KC_SEARCH_STAGES };

struct kc_search {
    struct kc_space *s;
    const struct kc_kmeans_opts *o;
    struct kc_run_opts ro;
    struct kc_best *best; /* (nk) by rising k */
    size_t nk;
    int gram;             /* engine */
    struct kc_progress progress;
    struct kc_k_entry leader; /* of the k that are done, for whoever watches */
    int late;                 /* time was up: what was left is not done */
    /* What its state is made of, beside the partitions. */
    uint64_t stage;           /* enum kc_search_stage */
    int own;                  /* the partitions' similarities are still needed */
    uint64_t next_k, next_run; /* RUNS: where the next wave of restarts begins, */
    uint32_t *seeds, *more;   /* (n_init, largest k); (fine->k) what they start from; NULL: from centres */
    struct kc_best *fine;     /* RUNS to REGROUP: the partition to be regrouped; NULL: there is none */
    int beside;               /* it stands behind the partitions now, one more of them */
    uint64_t round;           /* NEIGHBOURS: rounds that are done, */
    uint32_t *changed;        /* (nk) and which k have news for the next */
};

/* Both are functions with steps (core/cluster/steps.h), and end early when time is up: then at least one k has a partition.
 * All of it, for rows that lie in memory one behind the other: n_init seedings for each k; then single-row moves on
 * the best of them, and where a much finer partition can be grouped to a better one, that; then, as further
 * candidates, the best partition of the next larger k with its cheapest pairs merged and that of the next smaller
 * one with centres added, and its own merged and added to; fewer of these where n_init is below 4. */
int kc_search_run(struct kc_search *w, struct kc_err *e) KC_MUST_USE;

/* One run for each k from given centres, one (k, d) behind the other by rising k; spent (nk): iterations that went into
 * these. Then the largest partition regrouped; then, with more, a round of candidates from the neighbours. */
int kc_search_climb(struct kc_search *w, const float *centres, const uint64_t *spent, int more,
                    struct kc_err *e) KC_MUST_USE;

/* Parts of them. How hard to look for better partitions after the restarts. */
int kc_search_thorough(const struct kc_kmeans_opts *o);
/* The engine's runs, and whether time was up in them. */
int kc_search_engine(struct kc_search *w, const struct kc_run *runs, size_t nruns, struct kc_err *e) KC_MUST_USE;
/* For every smaller k, the clusters of one partition grouped anew (core/kmeans/regroup.h), where that beats what is there. */
int kc_search_regroup(struct kc_search *w, const struct kc_best *from, struct kc_err *e) KC_MUST_USE;
uint64_t kc_search_grouping_bytes(size_t d, size_t nk, uint32_t m, unsigned threads); /* its workspace */
/* Beside one partition for each k. */
uint64_t kc_search_regroup_bytes(size_t d, size_t nk, uint32_t kmax, unsigned threads);
size_t kc_search_candidates(uint32_t k); /* rows that are tried as a centre to be added */
uint64_t kc_search_rounds(size_t nk, const struct kc_kmeans_opts *o); /* of candidates from the neighbours, in kc_search_run */

void kc_search_tick(void *arg, size_t runs); /* arg: the search; a space's tick */
/* Peak workspace in bytes, best partitions included. */
uint64_t kc_search_bytes(size_t n, size_t d, uint32_t kmax, size_t nk, const struct kc_kmeans_opts *o, int gram,
                         unsigned threads);

#endif
