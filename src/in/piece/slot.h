/* A slot: one piece of the input on its way through the pipeline. A reader fills it with bytes and marks the records in
 * them; a worker decodes these into rows, terms and bad records. */
#ifndef KC_IN_PIECE_SLOT_H
#define KC_IN_PIECE_SLOT_H

#include "in/fields/attrs.h"
#include "in/fields/fields.h"
#include "in/piece/layout.h"
#include "in/piece/opts.h"

#define KC_SLOT_SPANS 16384 /* spans per slot: for the shortest records they take far more memory than the text */
#define KC_BAD_SHOWN 5      /* bad records that are reported one by one if they are skipped; others are counted */

/* A record within a slot's text. */
struct kc_span {
    size_t off, n;
    uint64_t line; /* of its first byte, from 1; 0: none */
    size_t column; /* bytes before it on that line */
    uint64_t no, base; /* its number among the elements of its file, and that of the first in its text; lines: 0 */
};

/* Bad records: one, or several in sequence whose reasons are not kept. */
struct kc_bad {
    size_t index;  /* record of the slot */
    size_t count;  /* number of records, from that one on */
    uint64_t line; /* 0: none */
    size_t msg;    /* string of slot.msgs; SIZE_MAX: not kept */
};

struct kc_reopened; /* in/piece/reopened.h */
struct kc_reader; /* in/piece/reader.h */

/* One piece on its way through the pipeline. A reader fills it with bytes and spans; a worker decodes these into rows
 * and bad records. */
struct kc_slot {
    const struct kc_in_opts *o;
    const struct kc_reader *rd;
    const struct kc_fields *given;  /* the fields as the options name them */
    const struct kc_fields *fields; /* as decided, for the records after the first `undecided` ones */
    size_t undecided;               /* records at the beginning that were bad, so that nothing was decided by them */
    const char *file, *d_from;      /* d_from: as in kc_record */
    int first;          /* the first slot of its file, which begins after line0 lines */
    uint64_t line0;
    uint64_t bytes;     /* stored bytes read when this slot was filled */
    uint64_t hint_rows; /* rows in all if known; else 0 */
    uint64_t begin, row0; /* the first slot: as in struct kc_part */
    size_t d;           /* numbers per row; 0: not known */
    struct kc_buf buf;  /* KC_NUM_PAD readable bytes follow it */
    struct kc_span *spans;
    size_t nspans, span_cap;
    int whole_lines;    /* buf holds whole lines, and spans is not used */
    struct kc_columns columns; /* for text other than JSON */
    const struct kc_raw_head *head; /* of raws, if these are the rows of a table; else NULL */
    size_t before;      /* text other than JSON: records at the beginning that are a header or were counted as bad */
    int bare_ok;        /* a record may be a vector and nothing else; 2: as numpy prints it */
    int by_index;       /* records say by "index" which place in their text is theirs */
    uint64_t *places;   /* by_index: (n) the place of each row in its file, from 0 */
    size_t nplaces, places_cap;
    int overlong;       /* the input continued with a record longer than max_line, which is not in here */
    uint64_t overlong_line; /* its line; if whole_lines, it is the next line instead */
    struct kc_layout layout; /* for plain rows */

    size_t n, cap;      /* n: rows */
    float *x;           /* (n, d) */
    size_t records;     /* records, good and bad */
    uint64_t lines;     /* line breaks in buf */
    struct kc_strs terms, raws, attrs;
    const struct kc_where *where; /* (nwhere) the conditions; their fields follow the wanted ones in want. Records that
                                     do not meet them need not have valid attributes */
    size_t nwhere;
    struct kc_attrs_work check;
    const struct kc_attrs *want; /* the fields to read; attrs has want->n strings per row */
    int has_terms;
    struct kc_bad *bads;
    size_t nbads, bad_cap;
    struct kc_strs msgs;
    size_t no;          /* the slot's file is operand `no`, from 1 */
    struct kc_reopened *reopened; /* the slot's own: the file, in its first slot, if it can be read again; else NULL */
    uint64_t at, end;   /* offsets in that file of what buf holds: [at, end) */
    void *order;        /* a reader's own description of the piece, for its work; or NULL */
    void (*order_free)(void *order);
    struct kc_buf tmp;
    struct kc_buf made; /* what kc_in_opts.each made */
    struct kc_err err;  /* memory was short, or kc_in_opts.each failed */
};

void kc_slot_clear(struct kc_slot *s); /* memory kept */
void kc_slot_free(struct kc_slot *s);
/* Return 1 if the slot takes much more memory than an ordinary piece. */
int kc_slot_is_large(const struct kc_slot *s);
/* Clear the slot and free the memory beyond that of an ordinary piece. */
void kc_slot_trim(struct kc_slot *s);
int kc_slot_place(struct kc_slot *s, uint64_t place) KC_MUST_USE; /* appends the place of a row; -1: see s->err */
int kc_slot_span(struct kc_slot *s, const struct kc_span *span) KC_MUST_USE; /* appends a span; -1: see s->err */
/* Make room for one more row of s->d numbers and return it: s->x + s->n * s->d. NULL: see s->err. */
float *kc_slot_row(struct kc_slot *s);
/* Check the row that has been written there, make it a unit vector if that is wanted, and count it. Return -1 with the
 * reason in msg if the row is bad. */
int kc_slot_check(struct kc_slot *s, const char *name, char *msg, size_t size) KC_MUST_USE;
/* Make rows of the first o->dims numbers, which kc_slot_check has made unit vectors. */
void kc_slot_shorten(struct kc_slot *s);
/* Count record `s->records` as bad. Return 1 if reading continues, 0 if it ends here (bad records are fatal). */
int kc_slot_bad(struct kc_slot *s, uint64_t line, const char *msg);

#endif
