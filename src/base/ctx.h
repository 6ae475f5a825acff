/* The run context: passed to every long-running function instead of globals. */
#ifndef KC_BASE_CTX_H
#define KC_BASE_CTX_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct kc_pool; /* par/pool.h */
struct kc_team; /* par/team.h */

enum kc_log { KC_LOG_ALWAYS /* with -q, too */, KC_LOG_WARN, KC_LOG_INFO /* only with -v */ };

/* The stages of a run. */
enum kc_phase { KC_PHASE_READ, KC_PHASE_SWEEP, KC_PHASE_INDEX, KC_PHASE_FINAL, KC_PHASE_SIZES, KC_PHASE_WORDS,
                KC_PHASE_NEIGHBOURS, KC_PHASE_SPACE, KC_PHASE_TREE, KC_PHASE_MAP, KC_PHASE_WRITE };

struct kc_progress {
    enum kc_phase phase;
    uint64_t done, total; /* READ: bytes read of the inputs; others: units of work. total 0: unknown */
    uint64_t records;     /* READ: records so far */
    unsigned k_done, k_all; /* SWEEP: values of k finished, and in all */
    unsigned best_k;        /* SWEEP: the best k so far, 0 if none */
    double best;            /* SWEEP: the value of its index */
};

/* Events, for logs that machines read: a step of the work begins or is done, with its counts and figures. */
struct kc_fact {
    const char *name;
    double value; /* exact for whole numbers up to 2^53; NAN: not defined */
};

struct kc_ctx {
    struct kc_pool *pool; /* never NULL */
    struct kc_team *team; /* the ranks of the run; NULL: there is only this one */
    /* Write one line (no newline, no "kclust: "). Called only from the thread that called into the library. */
    void (*log)(void *arg, enum kc_log level, const char *line);
    void (*progress)(void *arg, const struct kc_progress *p); /* NULL: nobody is watching */
    void *arg;
    /* As log; NULL if nobody reads it. phase: one word that names the present step, and holds until the next event.
     * message: what has happened. */
    void (*event)(void *arg, const char *phase, const char *message, const struct kc_fact *facts, size_t n);
    const char *command; /* that repeats the run, as a shell reads it; NULL: not known */
};

/* Tell that a stage begins whose work cannot be counted. */
void kc_ctx_stage(const struct kc_ctx *ctx, enum kc_phase phase);

/* Pass an event on, if anybody reads them. */
void kc_ctx_event(const struct kc_ctx *ctx, const char *phase, const char *message, const struct kc_fact *facts,
                  size_t n);

/* Format a line for ctx->log, as printf; lines longer than 1000 bytes are cut. */
void kc_ctx_log(const struct kc_ctx *ctx, enum kc_log level, const char *fmt, ...) KC_PRINTF(3, 4);

#endif
