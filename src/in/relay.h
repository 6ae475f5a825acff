/* The relay: rows that the ranks of a team have read, each its part, come to the sink of the first rank in input order.
 * The other ranks decode, and do what kc_in_opts.each does; the first rank writes. */
#ifndef KC_IN_RELAY_H
#define KC_IN_RELAY_H

#include "in/run.h"

struct kc_relay;

/* Begin a relay on a rank other than the first: pieces are kept in a temporary file until the first asks for them.
 * rows: the vectors go along. */
int kc_relay_new(struct kc_relay **out, int rows, struct kc_err *e) KC_MUST_USE;
/* Keep a piece. A kc_in_sink. */
int kc_relay_add(void *relay, const struct kc_chunk *c, struct kc_err *e) KC_MUST_USE;
/* Pass all pieces on. Every rank calls it: r is NULL on the first rank, where the sink is called. row0: the number of
 * this rank's first row. */
int kc_relay_run(struct kc_relay *r, struct kc_team *t, uint64_t row0, kc_in_sink sink, void *arg,
                 struct kc_err *e) KC_MUST_USE;
void kc_relay_free(struct kc_relay *r); /* NULL is fine */

#endif
