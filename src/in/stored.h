/* Rows that do not stay in memory. Where the inputs are plain regular files of a format whose rows lie at known places
 * they are read again, piece by piece; else unit rows are spilled to a temporary file. Both are row sources, see
 * la/rows.h. */
#ifndef KC_IN_STORED_H
#define KC_IN_STORED_H

#include <stddef.h>
#include <stdint.h>
#include "la/rows.h"

struct kc_slot; /* in/piece/slot.h */

struct kc_reread;

/* No rows, of d numbers. */
struct kc_reread *kc_reread_new(size_t d, struct kc_err *e) KC_MUST_USE;
/* The slot's rows come behind those that are there; takes over the slot's file. Returns 1, with nothing added, when
 * they cannot be read again; -1 when memory is short. */
int kc_reread_add(struct kc_reread *r, struct kc_slot *s, struct kc_err *e) KC_MUST_USE;
uint64_t kc_reread_bytes(const struct kc_reread *r); /* of memory */
/* The rows so far; valid until more are added. Each is made a unit vector again, with the same bits. A file that is not
 * as it was at the first reading is KC_ESYS. */
struct kc_rows kc_reread_rows(struct kc_reread *r);
void kc_reread_free(struct kc_reread *r); /* NULL is fine */

/* Unit rows as float32 in an unlinked file in $TMPDIR (or /tmp): gone however the process ends. */
struct kc_spill;

int kc_spill_new(struct kc_spill **out, size_t d, struct kc_err *e) KC_MUST_USE;
int kc_spill_add(struct kc_spill *s, const float *x, size_t rows, struct kc_err *e) KC_MUST_USE; /* x: (rows, d) */
/* Append all rows of a source: read, or in memory one behind the other. */
int kc_spill_copy(struct kc_spill *s, const struct kc_rows *rows, struct kc_err *e) KC_MUST_USE;
/* Everything is there: the rows can be read. */
int kc_spill_end(struct kc_spill *s, struct kc_rows *rows, struct kc_err *e) KC_MUST_USE;
void kc_spill_free(struct kc_spill *s); /* NULL is fine */

#endif
