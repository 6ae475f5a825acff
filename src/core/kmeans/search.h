/* The search for good partitions of one space, for every k at once. Internal to core. */
#ifndef KC_CORE_KMEANS_SEARCH_H
#define KC_CORE_KMEANS_SEARCH_H

#include "core/cluster/space.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/runs.h"

/* The stages of a search, in order. */
enum kc_search_stage { KC_SEARCH_RUNS, KC_SEARCH_POLISH, KC_SEARCH_REGROUP, KC_SEARCH_NEIGHBOURS, KC_SEARCH_STAGES };

struct kc_search {
    struct kc_space *s;
    const struct kc_kmeans_opts *o;
    struct kc_run_opts ro;
    struct kc_best *best; /* (nk) by rising k */
    size_t nk;
    int gram;             /* use the Gram engine; 0: the stacked one */
    struct kc_progress progress;
    struct kc_k_entry leader; /* the best of the k that are done, for the progress bar */
    int late;                 /* time was up: the rest of the search has been left out */
    /* From here on: the state that is saved beside the partitions. */
    uint64_t stage;           /* enum kc_search_stage */
    int own;                  /* the partitions' similarities are still needed */
    uint64_t next_k;          /* RUNS: the next wave of restarts begins with best[next_k], */
    uint64_t next_run;        /* RUNS: and with this restart */
    uint32_t *seeds;          /* RUNS: (n_init, largest k) seeds of the restarts; NULL: the runs start from centres */
    uint32_t *fine_seeds;     /* RUNS: (fine->k) seeds of the fine partition */
    struct kc_best *fine;     /* RUNS to REGROUP: the fine partition, to be regrouped; NULL: there is none */
    int fine_appended;        /* for now the fine partition is best[nk - 1], and counted in nk */
    uint64_t round;           /* NEIGHBOURS: rounds that are done */
    uint32_t *changed;        /* NEIGHBOURS: (nk) 1: this k was improved by the last round */
};

/* kc_search_run and kc_search_climb are functions with steps (core/cluster/steps.h). They end early when time is
 * up; then at least one k has a partition. */

/* Search thoroughly, on rows that lie in memory one after the other:
 *   1. n_init restarts for each k, from seeds
 *   2. single-row moves on the best of them
 *   3. if a much finer partition can be grouped into better ones, these
 *   4. rounds of candidates from neighbouring k: the best partition of the next larger k with its cheapest pairs
 *     merged, that of the next smaller k with centres added, and the own one merged and added to.
 * With n_init below 4 there are fewer rounds. */
int kc_search_run(struct kc_search *w, struct kc_err *e) KC_MUST_USE;

/* Continue from partitions of fewer rows: one run for each k from given centres, then regroup the largest partition.
 *   centres: (k, d) for each k, one after the other by rising k
 *   spent (nk): the iterations that went into these
 *   more: also make one round of candidates from neighbouring k */
int kc_search_climb(struct kc_search *w, const float *centres, const uint64_t *spent, int more,
                    struct kc_err *e) KC_MUST_USE;

/* Parts of both. */

/* Return 1 to look hard for better partitions after the restarts, 0 to look once. */
int kc_search_thorough(const struct kc_kmeans_opts *o);
/* Execute the runs on the engine; set w->late if time was up in them. */
int kc_search_engine(struct kc_search *w, const struct kc_run *runs, size_t nruns, struct kc_err *e) KC_MUST_USE;
/* Regroup the clusters of one partition for every smaller k (core/kmeans/regroup.h), and run k-means from each
 * grouping that beats the partition of its k. */
int kc_search_regroup(struct kc_search *w, const struct kc_best *from, struct kc_err *e) KC_MUST_USE;
/* Return the workspace of regrouping m clusters, in bytes. */
uint64_t kc_search_grouping_bytes(size_t d, size_t nk, uint32_t m, unsigned threads);
/* Return the same for the largest partition of a sweep; 0 if it has too many clusters. One partition for each k is not
 * counted. */
uint64_t kc_search_regroup_bytes(size_t d, size_t nk, uint32_t kmax, unsigned threads);
/* Return the number of rows that are tried as a centre to be added. */
size_t kc_search_candidates(uint32_t k);
/* Return the number of rounds of candidates from neighbouring k in kc_search_run. */
uint64_t kc_search_rounds(size_t nk, const struct kc_kmeans_opts *o);

void kc_search_tick(void *arg, size_t runs); /* a kc_space.tick; arg: the search */
/* Return the peak workspace in bytes, the best partitions included. */
uint64_t kc_search_bytes(size_t n, size_t d, uint32_t kmax, size_t nk, const struct kc_kmeans_opts *o, int gram,
                         int weighted, unsigned threads);

#endif
