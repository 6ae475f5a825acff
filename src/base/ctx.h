/* The run context: what every long-running function is handed instead of globals. */
#ifndef KC_BASE_CTX_H
#define KC_BASE_CTX_H

#include <stdint.h>
#include "base/err.h"

struct kc_pool; /* par/pool.h */

enum kc_log { KC_LOG_WARN, KC_LOG_INFO /* only with -v */ };

enum kc_phase { KC_PHASE_READ, KC_PHASE_SWEEP, KC_PHASE_WRITE };

struct kc_progress {
    enum kc_phase phase;
    uint64_t done, total; /* READ: bytes read of the inputs (total 0: unknown, a pipe); SWEEP: work units */
    uint64_t records;     /* READ: records so far */
    unsigned k_done, k_all; /* SWEEP: values of k finished, of how many */
    unsigned best_k;        /* SWEEP: the best k so far, 0 while none */
    double best;            /* SWEEP: its index */
};

struct kc_ctx {
    struct kc_pool *pool; /* never NULL */
    /* One line, no newline, no "kclust: ". May be called from the thread that called into the library only. */
    void (*log)(void *arg, enum kc_log level, const char *line);
    void (*progress)(void *arg, const struct kc_progress *p); /* NULL: nobody is looking */
    void *arg;
};

/* printf to ctx->log; lines longer than 1000 bytes are cut. */
void kc_ctx_log(const struct kc_ctx *ctx, enum kc_log level, const char *fmt, ...) KC_PRINTF(3, 4);

#endif
