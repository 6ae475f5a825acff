/* Rows of numbers that lie one behind the other, as most binary formats have them: what their readers share. */
#ifndef KC_IN_FORMATS_PLAIN_H
#define KC_IN_FORMATS_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/piece/layout.h"

struct kc_feed;
struct kc_outfile;
struct kc_slot;

size_t kc_cell_bytes(enum kc_cell c);
/* n numbers from p, which may lie at any byte. A float64 beyond float32 gives infinity. */
void kc_cell_floats(float *out, const char *p, size_t n, const struct kc_layout *l);

/* Rows of a file: the first member of a reader's state. */
struct kc_plain {
    struct kc_layout layout;
    uint64_t rows;  /* that the header says; UINT64_MAX: all that there are */
    uint64_t after; /* bytes of something else behind them */
    uint64_t done;  /* cut so far */
    uint64_t at;    /* the place in the file of row 0, where it can be read again */
    size_t stride;  /* bytes from row to row */
    struct kc_outfile *spool; /* if not NULL, it has the rows and what is behind them, not the feed; its owner's */
    struct kc_strs terms; /* of FILE.terms */
    int has_terms;
};

/* Behind the header, with layout, rows and after set and all else zero: the rows have d numbers. A file's size must be
 * what they take. `what`: the format, for messages. */
int kc_plain_begin(struct kc_feed *f, struct kc_plain *p, uint64_t d, const char *what, struct kc_err *e) KC_MUST_USE;
/* The terms of FILE.terms beside FILE, unless terms come from elsewhere. */
int kc_plain_terms(struct kc_feed *f, struct kc_plain *p, struct kc_err *e) KC_MUST_USE;
/* The next whole rows into the slot, with their terms; *rows is how many. 0: these were all, and nothing but `after`
 * follows. */
int kc_plain_fill(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t *rows,
                  struct kc_err *e) KC_MUST_USE;
/* The slot's rows from its row n on are to be taken again. */
int kc_plain_back(struct kc_feed *f, struct kc_plain *p, struct kc_slot *s, size_t n, struct kc_err *e) KC_MUST_USE;

/* A reader's fill and end where its state is a kc_plain and all is said by that. */
int kc_plain_next(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e) KC_MUST_USE;
void kc_plain_end(struct kc_feed *f);
/* A slot's work whose buf holds rows in s->layout, and s->terms the terms of all of them if s->has_terms. */
void kc_plain_work(struct kc_slot *s);

#endif
