/* The ordered pipeline read | decode | append over a ring of slots: fill and drain each run one at a time and in
 * order, work runs on as many slots at once as there are workers. (The shape is that of minimap2's kt_pipeline.) */
#ifndef KC_PAR_PIPE_H
#define KC_PAR_PIPE_H

#include "par/pool.h"

struct kc_pipe_ops {
    /* Fill the slot with the next piece; set *eof to 1 (with nothing in the slot) when there is none. */
    int (*fill)(void *arg, void *slot, int *eof, struct kc_err *e);
    /* Whether fill would find something without waiting; NULL: nobody asks. When it says 0, pieces that are there already
     * are decoded and drained before fill is called to wait. Never called during fill. */
    int (*ready)(void *arg);
    /* Decode the slot. Never fails: what goes wrong is kept in the slot for drain to report in order. */
    void (*work)(void *arg, void *slot);
    /* Take the decoded slot. */
    int (*drain)(void *arg, void *slot, struct kc_err *e);
    /* Whether nothing may be filled behind this filled slot before it is drained: it is large. NULL: none is. */
    int (*alone)(const void *slot);
};

/* Runs until fill says eof and all slots are drained, or until the first failure of fill or drain. A failure of fill is
 * reported only after every piece before it has been drained without one, so that the first error in input order wins.
 * slots: nslots pointers owned by the caller; 2 * threads is a good number. Returns 0 or -1. */
int kc_pipe_run(struct kc_pool *p, const struct kc_pipe_ops *ops, void *arg, void **slots, size_t nslots,
                struct kc_err *e) KC_MUST_USE;

#endif
