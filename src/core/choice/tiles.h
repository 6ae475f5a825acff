/* A pass over tiles of rows, on all threads, each of which has room of its own. */
#ifndef KC_CORE_CHOICE_TILES_H
#define KC_CORE_CHOICE_TILES_H

#include "base/ctx.h"
#include "la/product.h"

/* Run fn for each tile of n rows: `rows` <= KC_LA_TILE of them from row `first` on. own: `bytes` of the thread, aligned
 * to 64; scratch: KC_LA_SCRATCH bytes of it. What fn writes must depend on the tile alone. Returns -1 if memory is
 * short. */
int kc_tiles_run(const struct kc_ctx *ctx, size_t n, size_t bytes,
                 void (*fn)(void *arg, size_t first, size_t rows, void *own, void *scratch), void *arg,
                 struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates. */
uint64_t kc_tiles_bytes(uint64_t bytes, unsigned threads);

#endif
