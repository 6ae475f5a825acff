/* The worker pool. A parallel-for hands out tiles 0..tiles-1 in order to the workers; which worker gets which tile is
 * chance, so results must be stored by tile, never by worker (scratch space may be by worker). */
#ifndef KC_PAR_POOL_H
#define KC_PAR_POOL_H

#include <stddef.h>
#include "base/err.h"

struct kc_pool;

/* threads workers in all, the caller being one of them (so 1 starts none). Where the system refuses a thread, the pool
 * is smaller: results do not depend on it. NULL and e only when memory is short. */
struct kc_pool *kc_pool_new(unsigned threads, struct kc_err *e) KC_MUST_USE;
void kc_pool_free(struct kc_pool *p);
unsigned kc_pool_threads(const struct kc_pool *p); /* as asked for: what per-worker scratch is sized by */

/* Runs fn(arg, tile, worker) for every tile; worker < kc_pool_threads(p). Returns when all are done. Not reentrant:
 * fn must not call kc_pool_for on the same pool. */
void kc_pool_for(struct kc_pool *p, size_t tiles, void (*fn)(void *arg, size_t tile, unsigned worker), void *arg);

unsigned kc_pool_cpus(void); /* CPUs this process may run on, at least 1 */

#endif
