/* How the rows of a run are shared out to the ranks of a team. Where each rank reads a part of the inputs, it has the
 * rows that follow on those of the rank before it. Where every rank reads all inputs, rows are dealt out KC_SHARE_BLOCK
 * at a time, in turn: so a rank knows its rows before it is known how many there are. In both cases a row's rank and
 * place follow from its number. */
#ifndef KC_PAR_SHARE_H
#define KC_PAR_SHARE_H

#include "par/team.h"

#define KC_SHARE_BLOCK ((size_t)4096)

struct kc_share {
    struct kc_team *team;
    uint64_t all; /* rows on all ranks; of a selection of rows: how many were selected */
    const uint64_t *first; /* (ranks + 1) the number of each rank's first row, and of the row after the last; NULL: they
                            * are dealt out in turn */
};

/* The calls take NULL for rows that are not shared out: the place of a row is then its number. */

/* Return 1 if this rank has row `number`. */
int kc_share_is_mine(const struct kc_share *s, uint64_t number);
/* Return the place of row `number` among those of its rank. */
size_t kc_share_place(const struct kc_share *s, uint64_t number);
/* Return the number of the row that this rank has at a place. */
uint64_t kc_share_number(const struct kc_share *s, size_t place);
/* Gather arrays by row, all of whose rows are shared out: mine (n elements of `size` bytes, this rank's), all (those of
 * all ranks, in the order of the rows; on rank 0, else not looked at). Fails as the calls of par/team.h do. */
int kc_share_gather(const struct kc_share *s, const void *mine, size_t n, size_t size, void *all,
                    struct kc_err *e) KC_MUST_USE;

#endif
