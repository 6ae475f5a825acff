/* Which k there can be. Internal to core. */
#ifndef KC_CORE_KMEANS_CHOOSE_H
#define KC_CORE_KMEANS_CHOOSE_H

#include "core/kmeans/kmeans.h"
#include "la/rows.h"

/* Count the different rows, up to `most` and no further. Of rows that do not lie in memory it keeps that many
 * copies, less than what the sweep needs for as many clusters. */
int kc_choose_distinct(const struct kc_rows *rows, uint64_t most, uint64_t *distinct, struct kc_err *e) KC_MUST_USE;

#endif
