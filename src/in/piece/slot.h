/* A slot: one piece of the input on its way through the pipeline. A reader fills it with bytes and marks the records in
 * them; a worker decodes these into rows, terms and bad records. */
#ifndef KC_IN_PIECE_SLOT_H
#define KC_IN_PIECE_SLOT_H

#include "in/fields/attrs.h"
#include "in/fields/fields.h"
#include "in/piece/layout.h"
#include "in/piece/opts.h"

#define KC_SLOT_SPANS 16384 /* no slot has more: of the shortest records they would take far more than the text */
#define KC_BAD_SHOWN 5      /* bad records that are reported one by one when they are skipped */

/* A record inside a slot's text. */
struct kc_span {
    size_t off, n;
    uint64_t line; /* of its first byte, from 1; 0: none */
    size_t column; /* bytes before it on that line */
};

/* Bad records: one, or several in a row of which nothing need be said. */
struct kc_bad {
    size_t index;  /* record of the slot */
    size_t count;  /* so many, from that one on */
    uint64_t line; /* 0: none */
    size_t msg;    /* string of slot.msgs, SIZE_MAX: not kept */
};

struct kc_reopened; /* in/piece/reopened.h */
struct kc_reader; /* in/piece/reader.h */

/* One piece on its way through the pipeline: filled with bytes and spans, decoded into rows and bad records. */
struct kc_slot {
    const struct kc_in_opts *o;
    const struct kc_reader *rd;
    const struct kc_fields *given;  /* the fields as the options say, */
    const struct kc_fields *fields; /* and as decided, for the records */
    size_t undecided;               /* behind the first so many, which are all bad */
    const char *file, *d_from;      /* d_from: as kc_record's */
    int first;          /* the first slot of its file, which begins behind line0 lines */
    uint64_t line0;
    uint64_t bytes;     /* stored bytes read when this slot was filled */
    uint64_t hint_rows; /* rows in all, when known; else 0 */
    size_t d;           /* 0: not known */
    struct kc_buf buf;  /* KC_NUM_PAD readable bytes behind it */
    struct kc_span *spans;
    size_t nspans, span_cap;
    int whole_lines;    /* buf holds lines, not spans */
    struct kc_columns columns; /* text other than JSON */
    size_t before;      /* the same: so many records at its beginning are a header, or bad ones that were counted */
    int overlong;       /* behind what is in here came a record longer than max_line, */
    uint64_t overlong_line; /* on this line; whole_lines: on the next one */
    struct kc_layout layout; /* of plain rows */

    size_t n, cap;      /* rows */
    float *x;           /* (n, d) */
    size_t records;     /* good and bad ones */
    uint64_t lines;     /* line breaks in here */
    struct kc_strs terms, raws, attrs;
    const struct kc_where *where; /* (nwhere) the conditions, whose fields follow them: for records that need not be right */
    size_t nwhere;
    struct kc_attrs_work check;
    const struct kc_attrs *want; /* the attributes; attrs has want->n strings for each row */
    int has_terms;
    struct kc_bad *bads;
    size_t nbads, bad_cap;
    struct kc_strs msgs;
    size_t no;          /* its file is operand `no`, from 1 */
    struct kc_reopened *reopened; /* the file, in the first slot of one that can be read again; else NULL. The slot's own. */
    uint64_t at, end;   /* what buf holds of it: [at, end) */
    struct kc_buf tmp;
    struct kc_buf made; /* by kc_in_opts.each */
    struct kc_err err;  /* memory was short */
};

void kc_slot_clear(struct kc_slot *s);
void kc_slot_free(struct kc_slot *s);
/* Whether it takes much more memory than an ordinary piece; and let that go, with what is in it. */
int kc_slot_is_large(const struct kc_slot *s);
void kc_slot_trim(struct kc_slot *s);
int kc_slot_span(struct kc_slot *s, const struct kc_span *span) KC_MUST_USE; /* -1: s->err */
/* Room for one more row of s->d at s->x + s->n * s->d; NULL: s->err. */
float *kc_slot_row(struct kc_slot *s);
/* The row is there: check it (and make it a unit vector), and count it. -1, with the reason in msg, when it is bad. */
int kc_slot_check(struct kc_slot *s, const char *name, char *msg, size_t size) KC_MUST_USE;
/* Record `s->records` is bad. Returns 1 when the run must go on, 0 when it ends here (bad records are fatal). */
int kc_slot_bad(struct kc_slot *s, uint64_t line, const char *msg);

#endif
