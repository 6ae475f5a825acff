/* The worker pool. A parallel-for hands out tiles 0..tiles-1 in order to the workers. Which worker gets which tile is
 * chance, so results must be stored by tile, never by worker (scratch space may be per worker). */
#ifndef KC_PAR_POOL_H
#define KC_PAR_POOL_H

#include <stddef.h>
#include "base/err.h"

struct kc_pool;

/* Start a pool of `threads` workers in all, of which the caller is one (so 1 starts none). If the system refuses a
 * thread, the pool is smaller; results do not depend on it. Threads start when a parallel-for has work for them, and no
 * more than four for each processor. NULL and e only if memory is short. */
struct kc_pool *kc_pool_new(unsigned threads, struct kc_err *e) KC_MUST_USE;
void kc_pool_free(struct kc_pool *p);
unsigned kc_pool_threads(const struct kc_pool *p); /* as asked for: the size of per-worker scratch */

/* Run fn(arg, tile, worker) for every tile, with worker < kc_pool_threads(p). Return when all are done. Not reentrant:
 * fn must not call kc_pool_for on the same pool. */
void kc_pool_for(struct kc_pool *p, size_t tiles, void (*fn)(void *arg, size_t tile, unsigned worker), void *arg);

unsigned kc_pool_cpus(void); /* CPUs that this process may run on, by its affinity and its control groups; at least 1 */

#endif
