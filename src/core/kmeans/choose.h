/* Which k to try, and which to choose. Internal to core. */
#ifndef KC_CORE_KMEANS_CHOOSE_H
#define KC_CORE_KMEANS_CHOOSE_H

#include "core/kmeans/kmeans.h"
#include "la/rows.h"

/* List the k of the range that are at most `limit` into ks (room for `room`). Returns how many there are in all. */
size_t kc_choose_list(const struct kc_krange *r, uint64_t limit, uint32_t *ks, size_t room);

/* A summary of a list of k. */
struct kc_ks {
    size_t n;     /* how many */
    uint32_t max; /* the largest */
    uint64_t sum; /* of all */
};

/* Summarise the k of the range that are at most `limit`, without a list; {0, 0, 0} if there are none. */
struct kc_ks kc_choose_sum(const struct kc_krange *r, uint64_t limit);

/* Return the position of the winning entry of n >= 1: the largest silhouette or Calinski-Harabasz, or the smallest
 * Davies-Bouldin; of equals the smallest k. An entry whose index is NAN wins only if all are. */
size_t kc_choose_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by);

/* Return the entry's value of the index `by`. */
double kc_choose_value(const struct kc_k_entry *s, enum kc_index by);

/* Count the different rows, up to `most` and no further. Of rows that do not lie in memory it keeps that many
 * copies, less than what the sweep needs for as many clusters. */
int kc_choose_distinct(const struct kc_rows *rows, uint64_t most, uint64_t *distinct, struct kc_err *e) KC_MUST_USE;

#endif
