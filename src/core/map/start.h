/* Inside core/map: where the rows of a map start from, and principal components as a map. */
#ifndef KC_CORE_MAP_START_H
#define KC_CORE_MAP_START_H

#include "core/graph/affinity.h"
#include "la/rows.h"

/* Set y (n, dims) to the coordinates of unit rows on their leading principal components; on those that there are not,
 * to 0. Returns -1 if memory is short or the rows cannot be read. */
int kc_start_components(const struct kc_ctx *ctx, const struct kc_rows *rows, size_t dims, float *y,
                        struct kc_err *e) KC_MUST_USE;
/* Set y (n, dims) to where t-SNE starts from: the leading coordinates of a random walk on the graph a of the rows, as
 * far as a walk from their principal components finds them. -1: as before. */
int kc_start_walk(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a, size_t dims,
                  float *y, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that both allocate at the peak. */
uint64_t kc_start_bytes(size_t n, size_t d, int in_memory, size_t dims, unsigned threads);

#endif
