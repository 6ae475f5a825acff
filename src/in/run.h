/* One run over the inputs: what kc_in_stream and kc_in_load share, and a setting for tests. */
#ifndef KC_IN_RUN_H
#define KC_IN_RUN_H

#include "in/dataset.h"

struct kc_slot; /* in/piece/slot.h */

struct kc_in_tune {
    size_t block; /* bytes of a piece; 0: the default, measured to be good */
};

struct kc_in_run {
    size_t d;           /* numbers per row, also where every row was left out */
    uint64_t total;     /* stored bytes of all inputs; 0: unknown */
    uint64_t hint_rows; /* rows in all if known at the first call of the sink; else 0 */
    struct kc_slot *slot; /* the slot whose chunk the sink is given, during the call */
    uint64_t metadata;  /* bytes of memory that the metadata take */
    uint64_t pieces;    /* about the bytes that decoding takes: most of the memory in use beside what the sink keeps */
    uint64_t held;      /* bytes in use at the end of the run, before its own memory is freed */
    uint64_t *first;    /* a team: (ranks + 1) the number of each rank's first good row; freed by the caller */
    uint64_t row0;      /* the number of the first row of this rank among all rows of the input */
    int named;          /* a rank has rows with terms */
    uint64_t *begin;    /* (files) this rank's first row with a term in each file; UINT64_MAX: none; NULL: not wanted;
                         * freed by the caller */
    struct kc_strs terms; /* a team: on the first rank, the terms of --terms, of all rows; freed by the caller */
    int want_skipped;   /* set by the caller to have skipped filled */
    uint64_t *skipped;  /* (nskipped) rows left out; freed by the caller */
    size_t nskipped, skipped_cap;
};

/* Read as kc_in_stream does. run, zeroed by the caller, is filled before and while the sink is called. tune may be
 * NULL. */
int kc_in_run(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
              struct kc_in_run *run, kc_in_sink sink, void *arg, struct kc_in_stats *st, struct kc_err *e) KC_MUST_USE;

/* Refuse to join what is in one file to the rows of --local. Return -1. */
int kc_in_refuse_local(struct kc_err *e);

/* Append as terms the numbers of the good rows at .. at + n of those that follow row number row0. skipped (nskipped):
 * the rows among these that were left out, counted from row0. */
int kc_in_add_numbers(struct kc_strs *terms, uint64_t row0, size_t at, size_t n, const uint64_t *skipped,
                      size_t nskipped, struct kc_err *e) KC_MUST_USE;

/* Load as kc_in_load does. tune may be NULL. */
int kc_in_load_tuned(const struct kc_ctx *ctx, const struct kc_in_opts *o, const struct kc_in_tune *tune,
                     struct kc_dataset *ds, struct kc_err *e) KC_MUST_USE;

#endif
