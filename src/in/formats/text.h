/* Lines and records of text formats other than JSON: how they are cut out of the bytes, and how a row is read. */
#ifndef KC_IN_FORMATS_TEXT_H
#define KC_IN_FORMATS_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "in/piece/layout.h"

struct kc_feed; /* in/reader.h */
struct kc_slot;
struct kc_span;
struct kc_in_opts;

/* Where pieces of text may be cut: behind a line break that is not within quotes. Zero-initialised, but for sep. */
struct kc_cut {
    char sep;        /* of csv: a '"' behind it, or at a record's beginning, opens quotes; 0: a record is a line */
    int inside;      /* quotes are open */
    char before;     /* the byte before the text, 0 at a record's beginning */
    size_t at;       /* bytes of the text that have been looked at */
    int discarding;  /* in a record that is too long: up to its end nothing counts */
    uint64_t lost;   /* line breaks within one that was discarded */
    uint64_t line;   /* csv: lines that have been handed out, or discarded */
};

/* Whole records into s->buf; *eof when there is none. One that is longer than max_line is left out, as s->overlong
 * tells. */
int kc_cut_fill(struct kc_feed *f, struct kc_slot *s, struct kc_cut *c, int *eof, struct kc_err *e) KC_MUST_USE;

/* The end of the record of csv at p: of its line break, or `end`. */
const char *kc_cut_end(const char *p, const char *end, char sep);

enum kc_term_how { KC_TERM_NONE, KC_TERM_PLAIN, KC_TERM_QUOTED, KC_TERM_ESCAPED };

/* A row as it is read. */
struct kc_text_row {
    /* set by the caller */
    float *row;         /* (d), or NULL with d == 0: any number of numbers will do, they are only counted */
    size_t d;
    const char *d_from; /* the input that set d when it is another one; else NULL */
    const char *floor;  /* from here on the text before the row can be read */
    /* filled */
    size_t count;       /* numbers */
    enum kc_term_how how;
    const char *term;   /* (term_n), without its quotes */
    size_t term_n;
    char msg[512];      /* bad: what was found, what was expected */
};

/* 0, or -1 when the row in [p, end) is bad. Behind end there is a line break or a NUL, and KC_NUM_PAD readable
 * bytes. */
typedef int kc_text_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r);

/* `term f f ... f`, blanks between: the last r->d words are the numbers, with d == 0 all but the first. */
int kc_words_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r) KC_MUST_USE;
/* A record with columns. */
int kc_columns_parse(const struct kc_columns *c, const char *p, const char *end, struct kc_text_row *r) KC_MUST_USE;

/* Numbers of a row, for messages: the word or field [p, end) that is no number, or one beyond float32; `what` and no
 * name its place. Returns -1. */
int kc_text_bad_number(struct kc_text_row *r, const char *what, size_t no, const char *p, const char *end);
int kc_text_bad_count(struct kc_text_row *r);
/* The text at [p, end) for a message, cut where it is long. */
#define KC_TEXT_SHOWN 56
const char *kc_text_show(char out[KC_TEXT_SHOWN], const char *p, const char *end);
/* All of [p, end) as a number, blanks around it allowed: KC_NUM_OK, ... */
int kc_text_number(const char *p, const char *end, float *out);

/* The next record of the slot from *at on that is not blank: 1 and its span; 0 when there is none. *line counts the
 * lines of the slot that are behind. */
int kc_text_next(const struct kc_slot *s, size_t *at, uint64_t *line, struct kc_span *span);
/* Settle f->d by the first good row of the slot. Those before it are bad, and counted: work goes on behind them. */
void kc_text_decide(struct kc_feed *f, struct kc_slot *s, kc_text_parse *parse);
/* The term of the row that kc_slot_check has counted last, as r has it, to s->terms. Else the row counts no more: 1, it
 * is bad, with the reason in r->msg; -1, no memory. */
int kc_text_term(struct kc_slot *s, struct kc_text_row *r) KC_MUST_USE;
/* A slot's work, rows by parse. */
void kc_text_work(struct kc_slot *s, kc_text_parse *parse);

/* csv and tsv: a record's fields, without quotes and escapes. 1, with the reason in msg, when they are damaged. */
int kc_columns_split(const struct kc_columns *c, const char *p, const char *end, struct kc_strs *fields, char msg[512],
                     struct kc_err *e) KC_MUST_USE;

enum kc_first { KC_FIRST_HEADER, KC_FIRST_ROW, KC_FIRST_UNCLEAR };
/* What the first record is, by its fields. */
enum kc_first kc_columns_first(const struct kc_in_opts *o, const struct kc_strs *fields);
/* What the columns are, by the header's names (NULL: none) and the first row. 0; 1: this row does not do, -1: no row
 * will, with the reason in msg. */
int kc_columns_resolve(struct kc_columns *c, const struct kc_in_opts *o, const struct kc_strs *names,
                       const struct kc_strs *row, char msg[512]) KC_MUST_USE;
size_t kc_columns_dim(const struct kc_columns *c); /* numbers in a row; 0 when the rows tell */

/* The first line of word2vec: 1 and its numbers, *behind it; 0 when it is none. */
int kc_word2vec_header(const char *p, const char *end, uint64_t *rows, uint64_t *d, const char **behind);

#endif
