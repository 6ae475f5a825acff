/* How many topics are in some rows, from one up: a question that silhouettes cannot answer, which know no k = 1.
 *
 * A group is cut in two by 2-means where such a cut, or one in 4 or 8 parts, gains more of the objective than it gains in clouds without any clusters
 * and with the same mean and covariance (SigClust, Liu, Hayes, Nobel and Marron 2008; the gain over a reference, as the gap
 * statistic of Tibshirani, Walther and Hastie 2001 has it); then its halves, and so on. The clouds are mixtures of the
 * group's own rows with normal weights: so their covariance is its covariance, in any dimension, and all is done on
 * products of rows. With more rows than dimensions or fewer: an elongated or a sparse cloud is cut easily, but so are
 * its references. */
#ifndef KC_CORE_KMEANS_TOPICS_H
#define KC_CORE_KMEANS_TOPICS_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"

#define KC_TOPICS_ROWS 2048 /* looked at, at most */

/* x: (n, d) unit rows, n at least 1 and at most KC_TOPICS_ROWS. group (n): 0.. *ngroups - 1, by their earliest rows.
 * Groups of fewer than `least` rows are not cut. A function of the rows and the seed alone. */
int kc_topics_find(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, uint64_t least, uint64_t seed,
                   uint32_t *group, uint32_t *ngroups, struct kc_err *e) KC_MUST_USE;

#endif
