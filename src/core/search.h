/* The search for good partitions of one space, every k at once. Internal to core. */
#ifndef KC_CORE_SEARCH_H
#define KC_CORE_SEARCH_H

#include "core/fit.h"
#include "core/space.h"

struct kc_search {
    struct kc_space *s;
    const struct kc_fit_opts *o;
    struct kc_run_opts ro;
    struct kc_best *best; /* (nk) by rising k */
    size_t nk;
    int gram;             /* engine */
    struct kc_progress progress;
    struct kc_k_entry leader; /* of the k that are done, for whoever watches */
};

/* All of it, for rows that lie in memory one behind the other: n_init seedings for each k; then single-row moves on
 * the best of them, and where a much finer partition can be grouped to a better one, that; then, as further
 * candidates, the best partition of the next larger k with its cheapest pairs merged and that of the next smaller
 * one with centres added, and its own merged and added to; fewer of these where n_init is below 4. */
int kc_search_run(struct kc_search *w, struct kc_err *e) KC_MUST_USE;

/* Parts of it. One run for each k from given centres, one (k, d) behind the other by rising k. */
int kc_search_centres(struct kc_search *w, const float *centres, int polish, struct kc_err *e) KC_MUST_USE;
/* For every smaller k, the clusters of one partition grouped anew (core/regroup.h), where that beats what is there. */
int kc_search_regroup(struct kc_search *w, const struct kc_best *from, struct kc_err *e) KC_MUST_USE;
/* Beside one partition for each k. */
uint64_t kc_search_regroup_bytes(size_t d, size_t nk, uint32_t kmax, unsigned threads);
size_t kc_search_candidates(uint32_t k); /* rows that are tried as a centre to be added */
/* Rounds of candidates from the neighbours. */
int kc_search_neighbours(struct kc_search *w, uint64_t rounds, struct kc_err *e) KC_MUST_USE;
uint64_t kc_search_rounds(size_t nk, const struct kc_fit_opts *o); /* as many as kc_search_run has */

void kc_search_tick(void *arg, size_t runs); /* arg: the search; a space's tick */
/* Peak workspace in bytes, best partitions included. */
uint64_t kc_search_bytes(size_t n, size_t d, uint32_t kmax, size_t nk, const struct kc_fit_opts *o, int gram,
                         unsigned threads);

#endif
