/* Which k to try and which to take. Internal to core. */
#ifndef KC_CORE_KMEANS_CHOOSE_H
#define KC_CORE_KMEANS_CHOOSE_H

#include "core/kmeans/kmeans.h"
#include "la/rows.h"

/* The k of the range that are at most `limit`, into ks (room for `room`); returns how many there are in all. */
size_t kc_choose_list(const struct kc_krange *r, uint64_t limit, uint32_t *ks, size_t room);

/* What a list of k comes to: how many, the largest, their sum. */
struct kc_ks {
    size_t n;
    uint32_t max;
    uint64_t sum;
};

/* The same of the k of the range that are at most `limit`, without a list: of none of them {0, 0, 0}. */
struct kc_ks kc_choose_sum(const struct kc_krange *r, uint64_t limit);

/* The index of the winning entry by `by`: the largest silhouette or Calinski-Harabasz, the smallest Davies-Bouldin, of
 * equals the smallest k; entries whose index is NAN only when all are. n >= 1. */
size_t kc_choose_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by);

/* The entry's index. */
double kc_choose_value(const struct kc_k_entry *s, enum kc_index by);

/* How many different rows there are, counted up to `most` and no further. Of rows that do not lie in memory it keeps
 * that many copies, less than what the sweep takes for as many clusters. */
int kc_choose_distinct(const struct kc_rows *rows, uint64_t most, uint64_t *distinct, struct kc_err *e) KC_MUST_USE;

#endif
