/* The team: the processes (ranks) that work on one run together, by MPI. All of them execute the same steps on rows of
 * their own; what they find is brought together by the calls below, which all ranks make in the same order.
 *
 * A team of one is NULL, and these calls then do nothing: the program that is built without MPI has no other team. So
 * there is one way through the algorithms. Sums are exact (base/lattice.h), so that their bits do not depend on the
 * number of ranks. This is the only room that knows of MPI. */
#ifndef KC_PAR_TEAM_H
#define KC_PAR_TEAM_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct kc_team;

/* Join the ranks that were started with this one. Return NULL if there are none. Once, before anything else. */
struct kc_team *kc_team_join(int *argc, char ***argv);
/* Return 1 if the processes were started as ranks, but by another MPI than this program's: each would take itself for
 * the only one. */
int kc_team_is_split(const struct kc_team *t);
/* Leave the team at the very end. */
void kc_team_leave(struct kc_team *t);
unsigned kc_team_rank(const struct kc_team *t); /* 0 .. size - 1 */
unsigned kc_team_size(const struct kc_team *t); /* at least 1 */
uint64_t kc_team_bytes(const struct kc_team *t); /* that this rank has given to the others so far */

/* All of these return -1 on every rank if any rank has failed, with the first failure: that of the first row of the
 * input (kc_err.order), else that of the first rank.
 * A rank that has failed must therefore end its work and call kc_team_end. */

/* Replace v (n) by the sums over the ranks: of doubles whose sums are exact, or of integers modulo 2^64. */
int kc_team_sum(struct kc_team *t, double *v, size_t n, struct kc_err *e) KC_MUST_USE;
int kc_team_count(struct kc_team *t, uint64_t *v, size_t n, struct kc_err *e) KC_MUST_USE;
/* Replace v (n) by the least over the ranks. */
int kc_team_least(struct kc_team *t, uint64_t *v, size_t n, struct kc_err *e) KC_MUST_USE;
/* Replace n bytes by those of all ranks, ORed. */
int kc_team_union(struct kc_team *t, void *v, size_t n, struct kc_err *e) KC_MUST_USE;
/* Replace key (n) by the largest over the ranks, and id (n) by the id that belongs to it: of equal keys the least. */
int kc_team_largest(struct kc_team *t, float *key, uint64_t *id, size_t n, struct kc_err *e) KC_MUST_USE;
/* Gather n elements of `size` bytes of each rank to rank 0: mine (this rank's), all (those of all ranks, one rank after
 * the other; on rank 0, else not looked at). Those of rank r are numbers first[r] .. first[r + 1], on every rank. */
int kc_team_gather(struct kc_team *t, const void *mine, size_t n, size_t size, void *all, const uint64_t *first,
                   struct kc_err *e) KC_MUST_USE;

/* Share out elements of `size` bytes anew: mine (first[r] .. first[r + 1] on rank r), out (even[r] .. even[r + 1]). */
int kc_team_move(struct kc_team *t, const void *mine, const uint64_t *first, void *out, const uint64_t *even,
                 size_t size, struct kc_err *e) KC_MUST_USE;

/* Find out together how a step has ended that may fail on some ranks: rc, with the failure in e. Return 0 if no rank
 * has failed, else -1 on all of them, with the first failure in e. Unlike after the calls above the ranks may go on
 * together. Waits without taking processor time. */
int kc_team_agree(struct kc_team *t, int rc, struct kc_err *e) KC_MUST_USE;

/* End the run together: with the failure in e (rc not 0), or without one. Return 0 if no rank has failed; else -1, with
 * the failure of the first rank that has one in e. Waits without taking processor time. */
int kc_team_end(struct kc_team *t, int rc, struct kc_err *e);

#endif
