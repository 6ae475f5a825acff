/* Assign rows to their nearest centroid: the one routine that makes final labels, in fit and wherever a saved
 * clustering is applied, so that a clustering gives its own rows the same labels again. */
#ifndef KC_CORE_CLUSTER_ASSIGN_H
#define KC_CORE_CLUSTER_ASSIGN_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"
#include "core/cluster/space.h"
#include "la/product.h"
#include "la/rows.h"

/* Assign all rows.
 *   rows (n, d), centroids (k, d): unit rows
 *   given (n): compare each row with this centroid; NULL: with the nearest one
 *   labels (n): set to the nearest centroid, the lowest id of equals; not touched if there is `given`, may be NULL then
 *   similarity (n): set to the similarity to the given or nearest centroid
 *   margin (n): set to that similarity less the best of the other centroids, NAN if k == 1; NULL: not wanted */
int kc_assign(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
              const uint32_t *given, uint32_t *labels, float *similarity, float *margin, struct kc_err *e) KC_MUST_USE;
/* Assign the `rows` <= KC_LA_TILE rows at row[] in the calling thread. work: KC_ASSIGN_WORK bytes, aligned to 64. */
#define KC_ASSIGN_WORK (KC_LA_TILE * KC_TILE_COLUMNS * sizeof(float) + KC_LA_SCRATCH)
void kc_assign_tile(const float *const *row, size_t rows, size_t d, const float *centroids, uint32_t k,
                    const uint32_t *given, uint32_t *labels, float *similarity, float *margin, void *work);
/* Set similarity (n) to each row's similarity to centroid given[i]: the same bits as from kc_assign, but faster. */
int kc_assign_own(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k,
                  const uint32_t *given, float *similarity, struct kc_err *e) KC_MUST_USE;
/* List the `top` nearest centroids of each row, the nearest first, of equals the lowest id first.
 *   top_ids (n, top), top_similarity (n, top): set; places beyond k get KC_NONE and NAN */
int kc_assign_top(const struct kc_ctx *ctx, const struct kc_rows *rows, const float *centroids, uint32_t k, size_t top,
                  uint32_t *top_ids, float *top_similarity, struct kc_err *e) KC_MUST_USE;
/* Do the same for the `rows` <= KC_LA_TILE rows at row[] in the calling thread; work as in kc_assign_tile. */
void kc_assign_top_tile(const float *const *row, size_t rows, size_t d, const float *centroids, uint32_t k, size_t top,
                        uint32_t *top_ids, float *top_similarity, void *work);
uint64_t kc_assign_bytes(size_t d, int in_memory, unsigned threads);

#endif
