/* The best assignment of rows to clusters of limited size: a transportation problem, and its prices. Internal to core.
 *
 * Each row has a value in each of the clusters that are listed for it. Wanted are labels with the largest sum of values
 * such that each cluster gets min..max rows. Values are whole numbers, so every comparison is exact. */
#ifndef KC_CORE_KMEANS_TRANSPORT_H
#define KC_CORE_KMEANS_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

#define KC_TRANSPORT_ONE ((double)((int64_t)1 << 44)) /* the number that stands for a value of 1, the largest */

#define KC_TRANSPORT_MOST 2048 /* clusters that kc_transport_solve can serve: it has a heap for each pair */

struct kc_pool; /* par/pool.h */

struct kc_transport {
    size_t n;             /* rows */
    uint32_t k;           /* clusters */
    uint32_t m;           /* clusters listed for each row */
    const uint32_t *near; /* (n, m) the clusters listed; NULL: all, in order, and m = k */
    const int64_t *value; /* (n, m) the row's value in each of them */
    uint64_t min, max;    /* rows of a cluster; k * min <= n <= k * max */
};

/* Assign by least loss. Exact for the clusters listed: the sum of values is the largest there is.
 *   bonus (k): what counts beside the values at the start, for speed: any numbers, such as those of
 *              kc_transport_tune; changed
 *   labels (n), sizes (k): set
 *   left: set to the number of rows that cannot be moved within what is listed, so that limits are broken; 0 if m = k
 * k is at most KC_TRANSPORT_MOST. */
int kc_transport_solve(const struct kc_transport *t, int64_t *bonus, uint32_t *labels, uint64_t *sizes, uint64_t *left,
                       struct kc_err *e) KC_MUST_USE;
/* Return the bytes that it needs; with more clusters, those that kc_transport_repair needs. */
uint64_t kc_transport_bytes(size_t n, uint32_t k, uint32_t m);

/* What runs a pass: kc_pool_for. */
typedef void kc_transport_each(struct kc_pool *pool, size_t tasks, void (*fn)(void *arg, size_t task, unsigned worker),
                               void *arg);

/* Change the bonuses (k) so that rows that go where value and bonus are largest nearly keep the limits. A cluster has a
 * bonus other than 0 only to keep one.
 *   rounds: passes over the rows; the steps become smaller from round to round
 *   first: the first step, 1 if bonuses are far from good */
int kc_transport_tune(struct kc_pool *pool, kc_transport_each *each, const struct kc_transport *t, int rounds,
                      double first, int64_t *bonus, struct kc_err *e) KC_MUST_USE;

/* Set labels and sizes by value and bonus alone, whatever the limits. */
void kc_transport_label(const struct kc_transport *t, const int64_t *bonus, uint32_t *labels, uint64_t *sizes);

/* Move rows out of clusters above max, then into clusters below min, within what is listed, those of least loss first.
 * Sets *left as above. For more clusters than kc_transport_solve can serve; near the optimum if the bonuses are tuned.
 */
int kc_transport_repair(const struct kc_transport *t, const int64_t *bonus, uint32_t *labels, uint64_t *sizes,
                        uint64_t *left, struct kc_err *e) KC_MUST_USE;

#endif
