/* The part of the inputs that a rank of a team reads. All bytes of the inputs, one file after the other, are shared out
 * evenly: a rank has the records that begin in its stretch of them. What cannot be cut (compressed, or a text whose
 * records depend on what comes before) belongs as a whole to the rank that has its first byte. So the rows of a rank
 * follow on those of the rank before it, wherever the files lie. */
#ifndef KC_IN_PIECE_PART_H
#define KC_IN_PIECE_PART_H

#include <stdint.h>
#include "base/err.h"

struct kc_feed; /* in/piece/feed.h */
struct kc_slot; /* in/piece/slot.h */

struct kc_part {
    int on;              /* inputs are shared out by bytes */
    int exact;           /* csv: find where records begin from the file's first byte on, not from a line break on */
    uint64_t low, high;  /* this rank's stretch */
    uint64_t before;     /* bytes of the files before the open one */
    uint64_t from, to, size; /* of the open file: its stretch, and its bytes */
    uint64_t at;         /* where its first record is */
    uint64_t begin;      /* text: bytes before the first line that is read, if these have not been counted in line0 */
    uint64_t row0;       /* binary: rows before the first that is read */
};

/* Return the first of `all` bytes, or rows, that a rank has if they are shared out evenly. */
uint64_t kc_part_even(uint64_t all, unsigned rank, unsigned ranks);
/* Begin: share out the feed's files. */
void kc_part_init(struct kc_feed *f, unsigned rank, unsigned ranks);
/* Turn to the feed's next file, before it is opened. Return 1 if there is nothing in it that this rank must see. */
int kc_part_skips(struct kc_feed *f);
/* Restrict the file that has been opened and begun to its stretch. s: an empty slot to work with. Set *none if nothing
 * of it is this rank's. */
int kc_part_narrow(struct kc_feed *f, struct kc_slot *s, int *none, struct kc_err *e) KC_MUST_USE;

/* What readers need to restrict themselves.
 * Fill pieces and drop them until f->d is decided, and *decided is true (NULL: that is enough), or the file ends. */
int kc_part_decide(struct kc_feed *f, struct kc_slot *s, const int *decided, struct kc_err *e) KC_MUST_USE;
/* Go on with the bytes [from, to) of the file and nothing else. */
int kc_part_window(struct kc_feed *f, uint64_t from, uint64_t to, struct kc_err *e) KC_MUST_USE;

/* Count the line breaks in the first n bytes of a file. */
int kc_part_count_lines(const char *path, uint64_t n, uint64_t *lines, struct kc_err *e) KC_MUST_USE;

#endif
