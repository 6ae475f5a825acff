/* The table of algorithms. */
#ifndef KC_CORE_ALGORITHMS_H
#define KC_CORE_ALGORITHMS_H

#include "core/cluster/algorithm.h"

#define KC_ALGORITHM_WORDS "kmeans hdbscan ward average complete single" /* their names, in the order of the table */
extern const struct kc_algorithm *const kc_algorithms[]; /* ended by NULL; the first is the default */

/* Return the algorithm of that name (n bytes), or NULL. */
const struct kc_algorithm *kc_algorithm_find(const char *name, size_t n);

#endif
