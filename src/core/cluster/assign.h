/* Rows to their nearest centroid: the one routine that gives final labels, in fit and wherever a saved clustering is
 * applied, so that a clustering gives its own rows their labels back. */
#ifndef KC_CORE_CLUSTER_ASSIGN_H
#define KC_CORE_CLUSTER_ASSIGN_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"
#include "core/cluster/space.h"
#include "la/product.h"
#include "la/rows.h"

/* rows: (n, d), centroids (k, d) unit rows. labels (n): the arg-max of the similarity, the lowest id of equals.
 * similarity (n): to that centroid, or with given != NULL to centroid given[i] (labels is then not touched and may be
 * NULL). margin (n), may be NULL: that similarity less the best of the other centroids; NAN when k == 1. */
int kc_assign(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
              const uint32_t *given, uint32_t *labels, float *similarity, float *margin, struct kc_err *e) KC_MUST_USE;
/* The same for the `rows` <= KC_LA_TILE rows at row[], by the calling thread alone. work: KC_ASSIGN_WORK bytes, aligned
 * to 64. */
#define KC_ASSIGN_WORK (KC_LA_TILE * KC_TILE_COLUMNS * sizeof(float) + KC_LA_SCRATCH)
void kc_assign_tile(const float *const *row, size_t rows, size_t d, const float *centroids, uint32_t k,
                    const uint32_t *given, uint32_t *labels, float *similarity, float *margin, void *work);
/* similarity (n): to centroid given[i] and no other; the same bits. */
int kc_assign_own(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
                  const uint32_t *given, float *similarity, struct kc_err *e) KC_MUST_USE;
uint64_t kc_assign_bytes(size_t d, int in_memory, unsigned threads);

#endif
