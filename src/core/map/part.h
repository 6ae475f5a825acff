/* Inside core/map: maps of very many rows, of which a part is laid out first. */
#ifndef KC_CORE_MAP_PART_H
#define KC_CORE_MAP_PART_H

#include "core/graph/affinity.h"
#include "la/rows.h"

/* Set row (m) to numbers of n rows, rising, spread evenly, n >= 3 m. */
void kc_part_draw(size_t n, size_t m, uint32_t *row);
/* Set y (n, dims) of the rows that are not among row (m): to the mean of the places of their neighbours in a, as these
 * are placed one after the other. place (m, dims): those of row (m). Rows that no edges connect with any of them are
 * put beside the most similar of them. Returns -1 if memory is short or the rows cannot be read. */
int kc_part_place(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a,
                  const uint32_t *row, const float *place, size_t m, size_t dims, float *y,
                  struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak. */
uint64_t kc_part_bytes(size_t n, size_t d, size_t m, size_t dims, unsigned threads);

#endif
