/* The ordered pipeline read | decode | append over a ring of slots: fill and drain each run one at a time and in order,
 * work runs on as many slots at once as there are workers. (The shape is that of minimap2's kt_pipeline.) */
#ifndef KC_PAR_PIPE_H
#define KC_PAR_PIPE_H

#include "par/pool.h"

struct kc_pipe_ops {
    /* Fill the slot with the next piece. If there is none, set *eof to 1 and leave the slot empty. */
    int (*fill)(void *arg, void *slot, int *eof, struct kc_err *e);
    /* Return 1 if fill would not have to wait. NULL: fill is always called. If it returns 0, pieces that are there
     * already are decoded and drained before fill is called to wait. Never called during fill. */
    int (*ready)(void *arg);
    /* Decode the slot. Never fails: an error is kept in the slot, and drain reports it in order. */
    void (*work)(void *arg, void *slot);
    /* Consume the decoded slot. */
    int (*drain)(void *arg, void *slot, struct kc_err *e);
    /* Return 1 if nothing may be filled after this filled slot until it is drained, because it is large. NULL: no slot
     * is. */
    int (*alone)(const void *slot);
};

/* Run until fill sets eof and all slots are drained, or until the first failure of fill or drain. A failure of fill is
 * reported only after every piece before it has been drained without one, so that the first error in input order wins.
 * slots: nslots pointers owned by the caller; 2 * threads is a good number. Return 0 or -1. */
int kc_pipe_run(struct kc_pool *p, const struct kc_pipe_ops *ops, void *arg, void **slots, size_t nslots,
                struct kc_err *e) KC_MUST_USE;

#endif
