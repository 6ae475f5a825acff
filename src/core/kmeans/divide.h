/* Cut some of the rows into parts, by a k-means of their own. */
#ifndef KC_CORE_KMEANS_DIVIDE_H
#define KC_CORE_KMEANS_DIVIDE_H

#include "base/ctx.h"
#include "la/rows.h"

/* Cut the rows idx[0 .. m) of `rows`, which has all rows of its source, into parts.
 *
 * parts   2 or more
 * part    (m) set to the part of each row: 0 for the largest, then by falling size, of equally large ones the one whose
 *         first row comes earlier
 * nearest (parts) set to the place in idx of the row nearest to each part's centroid; NULL: not wanted
 * made    set to the number of parts: fewer than asked for if the rows differ too little; the labels are then useless
 *
 * The result is a function of the rows in their order, of parts and seed. */
int kc_kmeans_divide(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *idx, size_t m,
                     uint32_t parts, uint64_t seed, uint32_t *part, uint32_t *nearest, uint32_t *made,
                     struct kc_err *e) KC_MUST_USE;

#endif
