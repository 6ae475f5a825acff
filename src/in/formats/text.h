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
    int part;        /* the text is a part of its file */
};

/* Fill s->buf with whole records; set *eof if there are none. A record longer than max_line is left out, and
 * s->overlong is set. */
int kc_cut_fill(struct kc_feed *f, struct kc_slot *s, struct kc_cut *c, int *eof, struct kc_err *e) KC_MUST_USE;

/* Restrict the open file, which is cut by c, to this rank's records. Return 0; *first: they begin with the file's first
 * one. Else as kc_reader.narrow. */
int kc_cut_narrow(struct kc_feed *f, struct kc_cut *c, int *first, struct kc_err *e) KC_MUST_USE;

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
/* With --on-bad skip, set f->d to the number of numbers that most of the first rows of the open file have. header: the
 * first record is one. */
int kc_text_vote(struct kc_feed *f, const struct kc_columns *c, int header, kc_text_parse *parse, struct kc_err *e)
    KC_MUST_USE;
/* Set f->d by the first good row of the slot. Rows before it are bad and are counted here; decoding starts after
 * them. */
void kc_text_decide(struct kc_feed *f, struct kc_slot *s, kc_text_parse *parse);
/* Append the term of the row that kc_slot_check counted last, as parsed into r, to s->terms. On failure the row no
 * longer counts. Return 1 if the term is bad, with the reason in r->msg; -1 if memory is short. */
int kc_text_term(struct kc_slot *s, struct kc_text_row *r) KC_MUST_USE;
/* Decode a slot, row by row with `parse`. */
void kc_text_work(struct kc_slot *s, kc_text_parse *parse);

/* A field as it is written in a record. */
struct kc_field {
    const char *p, *end; /* without its quotes */
    const char *after;  /* the separator after it, or the record's end */
    int quoted;
};
/* Find the field at p, which is that of column `column` (for the message). Return -1, with the reason in msg, if its
 * quotes are damaged; in tsv they are then ordinary text. */
int kc_columns_field(const struct kc_columns *c, const char *p, const char *end, size_t column, struct kc_field *f,
                     char msg[512]) KC_MUST_USE;
/* Append a field as compact JSON: a number as it is written, `none` for an empty field, else a string. Return 1 if it
 * has a backslash that may be an escape or not. */
int kc_columns_value(const struct kc_columns *c, const struct kc_field *f, const char *none, struct kc_buf *out,
                     struct kc_err *e) KC_MUST_USE;
/* Make each two quotes in the n bytes at p one. Return how many bytes are left. */
size_t kc_columns_unquote(char *p, size_t n);
/* Split a csv or tsv record into fields without quotes and escapes. Return 1, with the reason in msg, if they are
 * damaged. */
int kc_columns_split(const struct kc_columns *c, const char *p, const char *end, struct kc_strs *fields, char msg[512],
                     struct kc_err *e) KC_MUST_USE;

/* The first records of a table, split into fields. */
#define KC_SAMPLE 17
struct kc_table_sample {
    struct kc_strs rec[KC_SAMPLE];
    size_t n;
    size_t damaged; /* records whose quotes are damaged: they count as far as they go */
};
void kc_table_sample_free(struct kc_table_sample *s);

/* What a table is, by its first records. */
struct kc_table {
    int header;           /* the first record has names */
    int shifted;          /* it has none for the first column, as R leaves it out */
    uint32_t *dim;        /* for kc_columns; owned by the caller, may be NULL */
    char term[256], vec[256]; /* the columns, for people */
    char how[128];        /* why these */
};

enum kc_table_verdict {
    KC_TABLE_YES,
    KC_TABLE_DOUBT, /* it is one, but the options must say more: see msg */
    KC_TABLE_NO     /* it has no vectors */
};

/* Decide what the columns are, by the options, the header and the first rows: c->term, first, last, text, count. c->sep
 * is set. KC_TABLE_... or -1 if memory is short. (in/formats/table.c) */
int kc_table_decide(const struct kc_in_opts *o, const struct kc_table_sample *s, struct kc_columns *c,
                    struct kc_table *t, char msg[512], struct kc_err *e) KC_MUST_USE;
/* Return the column of this name, compared without regard to case if no other has it; SIZE_MAX: none. */
size_t kc_table_find(const struct kc_table_sample *s, const struct kc_table *t, const char *name);
/* Write that no column has this name, and which there are. names: the header, or NULL. */
void kc_table_no_column(const struct kc_strs *names, const char *name, char msg[512]);

/* Read the first records in [p, end) into s, which is empty. whole: the input ends there. Return 1 if they are enough
 * to decide by, 0 if more bytes must be seen, -1 if memory is short. */
int kc_table_sample_read(struct kc_table_sample *s, const struct kc_columns *c, const char *p, const char *end,
                         int whole, struct kc_err *e) KC_MUST_USE;

/* Tell the separator of a table that begins with [p, end), by its first records. whole: the input ends there, or no
 * more of it is to be looked at. sure: it is known to be a table. Set *sep. (in/formats/dialect.c) */
enum { KC_DIALECT_FOUND = 16, KC_DIALECT_MORE, KC_DIALECT_NONE }; /* more: bytes must be seen */
int kc_dialect_find(const struct kc_in_opts *o, int sure, const char *p, const char *end, int whole, char *sep,
                    struct kc_err *e) KC_MUST_USE;
/* Set c for a table with this separator: what quotes and backslashes are. */
int kc_dialect_set(const struct kc_in_opts *o, char sep, const char *p, const char *end, int whole,
                   struct kc_columns *c, struct kc_err *e) KC_MUST_USE;

/* Parse a line of numbers separated by blanks, without a term. */
int kc_numbers_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r) KC_MUST_USE;

/* Append the attributes of the record [p, end) to out, as compact JSON: a number as it is written, "" for an empty
 * field, else a string. Return 1, with the reason in r->msg, if a backslash may be an escape or not. */
int kc_columns_attrs(const struct kc_columns *c, const char *p, const char *end, struct kc_buf *tmp,
                     struct kc_strs *out, struct kc_text_row *r, struct kc_err *e) KC_MUST_USE;
/* Set r->msg for a column with a backslash that may be an escape or not. Return -1. */
int kc_columns_unclear(struct kc_text_row *r, size_t column);

/* Prepare the copies of records for --annotate: set c->keep, and f->head or c->keys. [p, end) begins with the first
 * record. (in/formats/table_copy.c) */
int kc_table_copy_set(struct kc_feed *f, struct kc_columns *c, const struct kc_table_sample *s,
                      const struct kc_table *t, const char *p, const char *end, struct kc_err *e) KC_MUST_USE;
/* Append the copy of the record [p, end), which is good, to out. Return 1 as kc_columns_attrs does. */
int kc_columns_copy(const struct kc_columns *c, const char *p, const char *end, struct kc_buf *tmp,
                    struct kc_strs *out, struct kc_text_row *r, struct kc_err *e) KC_MUST_USE;

/* Parse the first line of word2vec. Return 1 with its numbers and *after, the text after it; else 0. */
int kc_word2vec_header(const char *p, const char *end, uint64_t *rows, uint64_t *d, const char **after);

#endif
