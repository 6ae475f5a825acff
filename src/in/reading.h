/* A reading under way: the two ends of the pipeline (stream.c), and what happens at its end (ending.c), also between
 * the ranks of a team (meet.c). */
#ifndef KC_IN_READING_H
#define KC_IN_READING_H

#include "in/choice.h"
#include "in/fields/terms.h"
#include "in/run.h"
#include "in/watch.h"

/* The drain's side. fill_slot and drain_slot may run at the same time, on any thread: they share nothing but the
 * slots. */
struct kc_drain {
    const struct kc_ctx *ctx;
    const struct kc_in_opts *o;
    struct kc_in_run *run;
    kc_in_sink sink;
    void *arg;
    uint64_t rows;     /* input rows so far */
    uint64_t row0;     /* rows before this file: a message that names the file counts its rows from 0 */
    uint64_t line;     /* lines of the file so far, without those before its part (struct kc_part), which are counted
                        * when one is needed: */
    uint64_t begin;    /* the bytes before the part, if its lines have not been counted yet; else 0 */
    size_t file;       /* the operand that has been come to, from 1 */
    int failed;        /* the failure was met there */
    uint64_t records, skipped;
    double last;       /* when progress was last reported */
    uint64_t *numbers; /* numbers of a slot's rows */
    size_t numbers_cap;
    uint64_t *places;  /* rows of the terms and of the metadata that are theirs */
    size_t places_cap;
    struct kc_intern used; /* the places that rows have taken, if records say theirs by "index" */
    struct kc_choice choice;
    struct kc_watch watch;
    struct kc_terms file_terms; /* the terms of --terms */
    int named;                 /* rows with terms were passed on */
    struct kc_strs terms;      /* the terms of a slot's rows if they come from there or from the metadata */
    struct kc_strs shown; /* the first bad records as log lines; only the calling thread may log, so they wait */
};

/* The two ends of the pipeline, as its argument. */
struct kc_reading {
    struct kc_in_opts o; /* as the readers see them: without a --term-field that the metadata have */
    struct kc_feed feed;
    struct kc_drain drain;
};

/* Log what was skipped, and check what can be checked only at the end: the number of terms, of metadata, of records. */
int kc_reading_check(struct kc_reading *b, struct kc_err *e) KC_MUST_USE;
/* Set the fields in st, and log what was taken for terms and vectors. */
void kc_reading_tell(const struct kc_ctx *ctx, struct kc_reading *b, struct kc_in_stats *st);
/* Bring together what the ranks of b->o.team have read. rc: how this rank's reading has ended. Return -1 on all ranks
 * if one has failed. */
int kc_reading_meet(struct kc_reading *b, int rc, struct kc_err *e) KC_MUST_USE;

#endif
