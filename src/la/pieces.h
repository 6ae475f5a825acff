/* Arrays by row in the order of all rows, a piece at a time, also where the rows are shared out to ranks (par/share.h):
 * so what is written of them does not depend on how many ranks there are, and no rank needs memory for all of it. */
#ifndef KC_LA_PIECES_H
#define KC_LA_PIECES_H

#include "la/rows.h"

struct kc_row_pieces {
    const struct kc_rows *rows;
    size_t size;      /* bytes of an element */
    size_t n;         /* rows of the present piece, on all ranks */
    uint64_t done;    /* rows of the pieces before it */
    size_t at, mine;  /* this rank's first row of the piece, and how many it has */
    uint64_t number, next; /* the least number that a row of the piece may have, and one of the next piece */
    char *buf;        /* the piece's elements, of rows that are shared out; else unused */
    unsigned char *there; /* the piece's numbers that a row has, a bit each; NULL: all */
};

/* Begin to walk over an array of elements of `size` bytes. All ranks make this call and the next ones, in the same
 * order. Free p after it, also after a failure. */
int kc_row_pieces_begin(struct kc_row_pieces *p, const struct kc_rows *rows, size_t size, struct kc_err *e) KC_MUST_USE;
/* Go to the next piece, which may have no rows. Return 1, 0 if there is none, -1 after a failure. */
int kc_row_pieces_next(struct kc_row_pieces *p, struct kc_err *e) KC_MUST_USE;
/* Set *all to the n elements of the present piece, on every rank. mine: the array, of this rank's rows. */
int kc_row_pieces_gather(struct kc_row_pieces *p, const void *mine, const void **all, struct kc_err *e) KC_MUST_USE;
/* Return where the first rank puts the n elements of the present piece; then give every rank its own ones, in mine. */
void *kc_row_pieces_room(struct kc_row_pieces *p, void *mine);
int kc_row_pieces_spread(struct kc_row_pieces *p, void *mine, struct kc_err *e) KC_MUST_USE;
void kc_row_pieces_free(struct kc_row_pieces *p);

#endif
