/* Inside core/graph: some rows against all rows, a tile at a time. */
#ifndef KC_CORE_GRAPH_AGAINST_H
#define KC_CORE_GRAPH_AGAINST_H

#include "base/ctx.h"
#include "la/rows.h"

#define KC_AGAINST_MOST 480 /* rows that a tile meets at once: it is turned once for all of them */

/* Look at the products of some of the rows asked about, from place `first` on, with cols <= KC_AGAINST_MOST rows from
 * number `from` on.
 *   out (cols, KC_LA_TILE): that of place first + r with row from + c is at c * KC_LA_TILE + r
 *   worker: the number of the thread */
typedef void kc_against_look(void *arg, size_t first, size_t rows, size_t from, size_t cols, const float *out,
                             unsigned worker);

/* Call `look` for all products of the rows row[0 .. m) with all rows, in tiles of `tile` <= KC_LA_TILE places. A tile
 * meets the rows in their order, on one thread; tiles meet them at once. Returns -1 if memory is short or the rows
 * cannot be read. */
int kc_against_all(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, size_t m, size_t tile,
                   kc_against_look *look, void *arg, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak. */
uint64_t kc_against_bytes(size_t d, unsigned threads);

#endif
