/* Lines and records of text formats other than JSON: cutting them out of the bytes, and parsing a row. */
#ifndef KC_IN_FORMATS_TEXT_H
#define KC_IN_FORMATS_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/fields/vectext.h"
#include "in/piece/layout.h"

struct kc_feed; /* in/piece/feed.h */
struct kc_slot;
struct kc_span;
struct kc_in_opts;

/* Where pieces of text may be cut: after a line break that is not within quotes. Zero-initialised, but for sep. */
struct kc_cut {
    char sep;        /* csv: a '"' after it, or at a record's beginning, opens quotes; 0: a record is a line */
    int inside;      /* quotes are open */
    char before;     /* the byte before the text, 0 at a record's beginning */
    size_t at;       /* bytes of the text that have been scanned */
    int discarding;  /* in a record that is too long: skip to its end */
    uint64_t lost;   /* line breaks within a record that was discarded */
    uint64_t line;   /* csv: lines that have been passed on or discarded */
};

/* Fill s->buf with whole records; set *eof if there are none. A record longer than max_line is left out, and
 * s->overlong is set. */
int kc_cut_fill(struct kc_feed *f, struct kc_slot *s, struct kc_cut *c, int *eof, struct kc_err *e) KC_MUST_USE;

/* Return the end of the csv record at p: its line break, or `end`. */
const char *kc_cut_end(const char *p, const char *end, char sep);

enum kc_term_how { KC_TERM_NONE, KC_TERM_PLAIN, KC_TERM_QUOTED, KC_TERM_ESCAPED };

/* A row while it is parsed. */
struct kc_text_row {
    /* set by the caller */
    float *row;         /* (d), or NULL with d == 0: any number of numbers is fine, they are only counted */
    size_t d;
    const char *d_from; /* the input that set d if it is another one; else NULL */
    const char *floor;  /* the text is readable from here on, before the row */
    /* set by the parser */
    size_t count;       /* numbers */
    enum kc_term_how how;
    const char *term;   /* (term_n), without its quotes */
    size_t term_n;
    char msg[512];      /* if bad: what was found and what was expected */
};

/* Parse the row in [p, end). Return 0, or -1 if it is bad. At end there is a line break or a NUL, and KC_NUM_PAD
 * readable bytes. */
typedef int kc_text_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r);

/* Parse `term f f ... f`, separated by blanks: the last r->d words are the numbers; with d == 0 all words but the
 * first. */
int kc_words_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r) KC_MUST_USE;
/* Parse a record with columns. */
int kc_columns_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r) KC_MUST_USE;

/* Set r->msg for a bad number: the word or field [p, end) is no number, or beyond float32. `what` ("number", "column")
 * and its number `no` say where it is. Return -1. */
int kc_text_bad_number(struct kc_text_row *r, const char *what, size_t no, const char *p, const char *end);
int kc_text_bad_count(struct kc_text_row *r);
/* Find the next record of the slot from *at on that is not blank. Return 1 and its span, 0 if there is none. *line
 * counts the lines of the slot so far. */
int kc_text_next(const struct kc_slot *s, size_t *at, uint64_t *line, struct kc_span *span);
/* Set f->d by the first good row of the slot. Rows before it are bad and are counted here; decoding starts after
 * them. */
void kc_text_decide(struct kc_feed *f, struct kc_slot *s, kc_text_parse *parse);
/* Append the term of the row that kc_slot_check counted last, as parsed into r, to s->terms. On failure the row no
 * longer counts. Return 1 if the term is bad, with the reason in r->msg; -1 if memory is short. */
int kc_text_term(struct kc_slot *s, struct kc_text_row *r) KC_MUST_USE;
/* Decode a slot, row by row with `parse`. */
void kc_text_work(struct kc_slot *s, kc_text_parse *parse);

/* Split a csv or tsv record into fields without quotes and escapes. Return 1, with the reason in msg, if they are
 * damaged. */
int kc_columns_split(const struct kc_columns *c, const char *p, const char *end, struct kc_strs *fields, char msg[512],
                     struct kc_err *e) KC_MUST_USE;

enum kc_first { KC_FIRST_HEADER, KC_FIRST_ROW, KC_FIRST_UNCLEAR };
/* Decide what the first record is, by its fields. */
enum kc_first kc_columns_first(const struct kc_in_opts *o, const struct kc_strs *fields);
/* Decide what the columns are, by the header's names (NULL: no header) and the first row. Return 0; 1 if this row is
 * bad; -1 if every row would be; with the reason in msg. */
int kc_columns_resolve(struct kc_columns *c, const struct kc_in_opts *o, const struct kc_strs *names,
                       const struct kc_strs *row, char msg[512]) KC_MUST_USE;
size_t kc_columns_dim(const struct kc_columns *c); /* numbers per row; 0 if only the rows tell */

/* Parse the first line of word2vec. Return 1 with its numbers and *after, the text after it; else 0. */
int kc_word2vec_header(const char *p, const char *end, uint64_t *rows, uint64_t *d, const char **after);

#endif
