/* Count the topics in some rows, from one up: a question that silhouettes cannot answer, which know no k = 1.
 *
 * A set of rows is cut in two by 2-means if such a cut, or one into 4 or 8 clusters, gains more of the objective
 * than it gains in reference clouds without any clusters and with the same mean and covariance (SigClust: Liu,
 * Hayes, Nobel and Marron 2008; the gain over a reference as in the gap statistic: Tibshirani, Walther and Hastie
 * 2001). Then its halves are tested, and so on. The clouds are mixtures of the set's own rows with normal weights:
 * so their covariance is that of the set, in any dimension, and everything is computed from products of rows. This
 * holds for more rows than dimensions and for fewer: an elongated or a sparse cloud is cut easily, but so are its
 * references. */
#ifndef KC_CORE_KMEANS_TOPICS_H
#define KC_CORE_KMEANS_TOPICS_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"

#define KC_TOPICS_ROWS 2048 /* most rows of kc_topics_find */

/* Find the topics. The result is a function of the rows and the seed alone.
 *   x (n, d): unit rows, 1 <= n <= KC_TOPICS_ROWS
 *   least: sets of fewer rows are not cut
 *   topic (n): set to each row's topic, 0..*ntopics - 1 in the order of their earliest rows */
int kc_topics_find(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, uint64_t least, uint64_t seed,
                   uint32_t *topic, uint32_t *ntopics, struct kc_err *e) KC_MUST_USE;

#endif
