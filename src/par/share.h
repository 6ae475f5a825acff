/* How the rows of a run are shared out to the ranks of a team: KC_SHARE_BLOCK at a time, in turn. So a row's rank and
 * place follow from its number, and every rank knows its rows before it is known how many there are. */
#ifndef KC_PAR_SHARE_H
#define KC_PAR_SHARE_H

#include "par/team.h"

#define KC_SHARE_BLOCK ((size_t)4096)
struct kc_share {
    struct kc_team *team;
    uint64_t all; /* rows on all ranks */
};

/* Return the rank that has row `number` of all. */
unsigned kc_share_rank(const struct kc_team *t, uint64_t number);
/* Return the place of row `number` among those of its rank. */
size_t kc_share_place(const struct kc_team *t, uint64_t number);
/* Return the number of the row that this rank has at a place. */
uint64_t kc_share_number(const struct kc_team *t, size_t place);
/* Return how many of the first `all` rows a rank has. */
size_t kc_share_count(const struct kc_team *t, unsigned rank, uint64_t all);

#endif
