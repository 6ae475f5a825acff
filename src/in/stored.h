/* Rows that do not stay in memory, in two ways: plain regular files whose rows lie at known offsets are read again,
 * piece by piece; otherwise unit rows are spilled to a temporary file. Both are row sources (la/rows.h). */
#ifndef KC_IN_STORED_H
#define KC_IN_STORED_H

#include <stddef.h>
#include <stdint.h>
#include "la/rows.h"

struct kc_slot; /* in/piece/slot.h */

/* The rows of files that are read again. */
struct kc_reread;

/* Return an empty source of rows of d numbers; NULL if memory is short. */
struct kc_reread *kc_reread_new(size_t d, struct kc_err *e) KC_MUST_USE;
/* Append the slot's rows; the slot's open file now belongs to r. Return 0; 1, with nothing added, if these rows cannot
 * be read again; -1 if memory is short. */
int kc_reread_add(struct kc_reread *r, struct kc_slot *s, struct kc_err *e) KC_MUST_USE;
uint64_t kc_reread_bytes(const struct kc_reread *r); /* of memory */
/* Return the rows so far; valid until more are added. Reading makes each a unit vector again, with the same bits. A
 * file that changed since its first reading is KC_ESYS. */
struct kc_rows kc_reread_rows(struct kc_reread *r);
void kc_reread_free(struct kc_reread *r); /* NULL is fine */

/* Unit rows as float32 in an unlinked file in $TMPDIR (or /tmp): gone however the process ends. */
struct kc_spill;

/* Make an empty spill file of rows of d numbers. KC_ESYS if the file cannot be made. */
int kc_spill_new(struct kc_spill **out, size_t d, struct kc_err *e) KC_MUST_USE;
/* Append unit rows. */
int kc_spill_add(struct kc_spill *s, const float *x, size_t rows, struct kc_err *e) KC_MUST_USE; /* x: (rows, d) */
/* Append all rows of a source, which are read piece by piece if they are not in memory. */
int kc_spill_copy(struct kc_spill *s, const struct kc_rows *rows, struct kc_err *e) KC_MUST_USE;
/* End the writing: the rows can be read through *rows. */
int kc_spill_end(struct kc_spill *s, struct kc_rows *rows, struct kc_err *e) KC_MUST_USE;
void kc_spill_free(struct kc_spill *s); /* NULL is fine */

#endif
