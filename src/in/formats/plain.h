/* Rows of numbers that lie one after the other, as in most binary formats: what their readers share. */
#ifndef KC_IN_FORMATS_PLAIN_H
#define KC_IN_FORMATS_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/fields/terms.h"
#include "in/piece/layout.h"

struct kc_feed;
struct kc_outfile;
struct kc_slot;

/* Return the bytes of a number. */
size_t kc_cell_bytes(enum kc_cell c);
/* Convert n numbers from p, which need not be aligned. A float64 beyond the range of float32 becomes infinity. */
void kc_cell_floats(float *out, const char *p, size_t n, const struct kc_layout *l);

/* The rows of a file. It is the first member of a reader's state. */
struct kc_plain {
    struct kc_layout layout;
    uint64_t rows;  /* as the header says; UINT64_MAX: as many as there are */
    uint64_t after; /* bytes after the rows that are not rows */
    uint64_t done;  /* rows cut so far, or left out at the beginning */
    int narrow;     /* rows from `end` on are left out, too */
    uint64_t end;
    uint64_t at;    /* offset in the file of row 0, if it can be read again */
    size_t stride;  /* bytes from one row to the next */
    struct kc_outfile *spool; /* if not NULL, it holds the rows and what follows, not the feed; owned by the reader */
    int apart;     /* the rows will be in the spool, not in the feed */
    int by_column; /* the numbers lie column by column (Fortran order): rows are gathered from the spool or from fd */
    int fd;        /* by_column: a descriptor on the file, -1: the spool holds it */
    uint64_t spool_at; /* bytes before the rows in the spool */
    uint64_t base; /* by_column: offset of the first number there */
    struct kc_terms terms; /* from FILE.terms */
    int has_terms;
    struct kc_buf terms_path; /* its name, for messages */
};

/* Begin the rows, after the header. layout, rows and after are set, all else is zero. d: numbers per row. Check that a
 * regular file has exactly the size that they take. `what`: the format, for messages. */
int kc_plain_begin(struct kc_feed *f, struct kc_plain *p, uint64_t d, const char *what, struct kc_err *e) KC_MUST_USE;
struct kc_npy_header;
/* Begin the rows of an npy file by its header (npy.c). bytes: of the numbers that follow it; UINT64_MAX: not known. The
 * rows of an array by columns are not made ready. */
int kc_npy_begin_rows(struct kc_feed *f, struct kc_plain *p, const struct kc_npy_header *h, uint64_t bytes,
                      struct kc_err *e) KC_MUST_USE;
/* Make rows that lie by columns ready to be gathered; after kc_plain_begin. What cannot be read at any offset goes to a
 * temporary file. */
int kc_plain_by_column(struct kc_feed *f, struct kc_plain *p, struct kc_err *e) KC_MUST_USE;
/* Read the next `total` bytes of the feed into p->spool, a temporary file. */
int kc_plain_spool(struct kc_feed *f, struct kc_plain *p, uint64_t total, struct kc_err *e) KC_MUST_USE;
/* Read the terms of FILE.terms beside FILE, unless terms come from elsewhere. */
int kc_plain_terms(struct kc_feed *f, struct kc_plain *p, struct kc_err *e) KC_MUST_USE;
/* Restrict the rows to this rank's: a kc_reader.narrow for readers whose state begins with a kc_plain. */
int kc_plain_narrow(struct kc_feed *f, struct kc_slot *s, struct kc_err *e) KC_MUST_USE;
/* Fill the slot with the next whole rows and their terms; *rows is their number. 0: there are no more, and nothing but
 * `after` bytes follows. */
int kc_plain_fill(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t *rows,
                  struct kc_err *e) KC_MUST_USE;
/* Give the slot's rows from its row n on back to the feed. */
int kc_plain_back(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t n, struct kc_err *e) KC_MUST_USE;

/* Fill a slot, and end the reader. For readers whose state is a kc_plain and needs nothing else. */
int kc_plain_next(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e) KC_MUST_USE;
void kc_plain_end(struct kc_feed *f);
/* Decode a slot whose buf holds rows in s->layout, and whose s->terms holds the terms of all of them if
 * s->has_terms. */
void kc_plain_work(struct kc_slot *s);

#endif
