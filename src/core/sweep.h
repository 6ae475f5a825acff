/* The sweep: the best partition found for each k. Internal to core. */
#ifndef KC_CORE_SWEEP_H
#define KC_CORE_SWEEP_H

#include "core/fit.h"
#include "core/space.h"

struct kc_sweep {
    struct kc_best *best; /* (nk) by rising k */
    size_t nk;
    int gram;      /* the path taken, */
    char why[160]; /* and why */
};

/* ks (nk): rising, each at most the number of distinct rows. Starts for each k: n_init seedings; then single-row moves on the
 * best of them, and as further candidates the best partition of the next larger k with its cheapest pairs merged and that
 * of the next smaller one with centres added, and its own merged and added to; fewer of these where n_init is below 4. sw is zero-initialised here; free it also after a failure. */
int kc_sweep_run(struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_fit_opts *o, struct kc_sweep *sw,
                 struct kc_err *e) KC_MUST_USE;
void kc_sweep_free(struct kc_sweep *sw);

/* Whether the Gram path is taken, and the peak workspace in bytes (engines, seeding, best partitions). Pure. */
int kc_sweep_gram(size_t n, size_t d, const uint32_t *ks, size_t nk, const struct kc_fit_opts *o);
uint64_t kc_sweep_bytes(size_t n, size_t d, const uint32_t *ks, size_t nk, const struct kc_fit_opts *o, unsigned threads);

#endif
