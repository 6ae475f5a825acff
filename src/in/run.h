/* One run over the inputs: what kc_in_stream and kc_in_load have in common, and what only tests set. */
#ifndef KC_IN_RUN_H
#define KC_IN_RUN_H

#include "in/dataset.h"

struct kc_slot; /* in/reader.h */

struct kc_in_tune {
    size_t block; /* bytes of a piece, 0: as measured to be good */
};

struct kc_in_run {
    uint64_t total;     /* stored bytes of all inputs, 0: unknown */
    uint64_t hint_rows; /* rows in all, when known at the first call of the sink; else 0 */
    struct kc_slot *slot; /* the one whose chunk the sink is given, during the call */
    uint64_t metadata;  /* bytes that it takes */
    uint64_t pieces;    /* bytes that decoding takes, about: most of the memory in use beside what the sink keeps */
    uint64_t held;      /* bytes in use at the end, before what only the run needs is freed */
    int want_skipped;   /* set by the caller: */
    uint64_t *skipped;  /* (nskipped) rows left out; freed by the caller */
    size_t nskipped, skipped_cap;
};

/* As kc_in_stream; run (zeroed by the caller) is filled before and while the sink is called. tune may be NULL. */
int kc_in_run(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
              struct kc_in_run *run, kc_in_sink sink, void *arg, struct kc_in_stats *st, struct kc_err *e) KC_MUST_USE;

/* As kc_in_load. */
int kc_in_load_tuned(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
                     struct kc_dataset *ds, struct kc_err *e) KC_MUST_USE;

#endif
