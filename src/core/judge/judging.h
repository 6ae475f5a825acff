/* What an algorithm asks to be computed of the partitions of several k, beyond what follows from their labels: a
 * function that it is given, so that the rooms of graphs and references need not lie below it. */
#ifndef KC_CORE_JUDGE_JUDGING_H
#define KC_CORE_JUDGE_JUDGING_H

#include "base/err.h"
#include "core/judge/entry.h"

struct kc_space;       /* core/cluster/space.h */
struct kc_rows;        /* la/rows.h */
struct kc_affinity;    /* core/graph/affinity.h */
struct kc_kmeans_opts; /* core/kmeans/kmeans.h */

#define KC_OPINION_ROWS 1000 /* rows for a second opinion on the silhouette, which must cost next to nothing */

/* One question. The caller sets it, and calls judge->end at the last. */
struct kc_judging {
    const struct kc_space *space;    /* the rows whose partitions these are */
    const struct kc_rows *original;  /* what was read, if the rows are coordinates of a space; NULL: they are that */
    const struct kc_affinity *graph; /* of the neighbours of all original rows; NULL: none is known */
    const uint32_t *row;             /* (space->n) the number of each row in those two; NULL: its own */
    const struct kc_kmeans_opts *fit; /* how the clusters were found; NULL: not so that halves could be fitted, too */
    unsigned wanted;                 /* bits KC_EVIDENCE_... (core/judge/indices.h) */
    size_t most;                     /* rows for modularities: of more, as many are drawn; 0: the usual number */
    void *kept;                      /* NULL at first: what the judge keeps from one call to the next */
};

struct kc_judge {
    /* Compute what is wanted into entry (nk, by rising k); labels: (space->n) of each k. An algorithm without fits may
     * ask for some k after the others. The result is a function of the arguments. */
    int (*run)(struct kc_judging *j, const uint32_t *const *labels, struct kc_k_entry *entry, size_t nk,
               struct kc_err *e);
    void (*end)(struct kc_judging *j);
    /* Return the bytes that this allocates at its peak, for n rows of d numbers that were read with original_d. most:
     * as in struct kc_judging. */
    uint64_t (*bytes)(size_t n, size_t d, size_t original_d, uint64_t kmax, uint64_t ksum, size_t nk,
                      const struct kc_kmeans_opts *fit, unsigned wanted, size_t most, int weighted,
                      unsigned threads);
};

#endif
