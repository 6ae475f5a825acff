/* Lists that the ranks of a team have made, each of its own rows, brought together. */
#ifndef KC_PAR_LISTS_H
#define KC_PAR_LISTS_H

#include "par/team.h"

/* Replace *list, n elements of `size` bytes from kc_mem_alloc, by the lists of all ranks, one after the other, on every
 * rank. Does nothing for a team of one. As the calls of par/team.h. */
int kc_lists_join(struct kc_team *t, void **list, size_t *n, size_t size, struct kc_err *e) KC_MUST_USE;

#endif
