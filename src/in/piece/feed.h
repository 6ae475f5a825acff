/* The feed: the inputs, one after the other, as bytes. It knows files and buffers; what a file holds is found by
 * in/formats. */
#ifndef KC_IN_PIECE_FEED_H
#define KC_IN_PIECE_FEED_H

#include "in/fields/attrs.h"
#include "in/fields/fields.h"
#include "in/piece/opts.h"
#include "io/source.h"

struct kc_reopened; /* in/piece/reopened.h */
struct kc_reader; /* in/piece/reader.h */

/* The inputs, one after the other, as bytes. Only fill touches it. */
struct kc_feed {
    const struct kc_in_opts *o;
    size_t block;           /* bytes of a slot */
    const char *const *files;
    size_t nfiles, next;    /* the file that is opened next */
    const char *path, *name; /* of the open one */
    struct kc_source *src;
    int src_eof;
    struct kc_err broken;   /* why the source ended early; what was read before comes first */
    struct kc_reopened *reopened; /* set by the reader's begin when the file can be read again; goes to its first slot */
    struct kc_buf carry;    /* bytes read and not yet taken: carry_at .. n */
    size_t carry_at;
    const struct kc_reader *rd;
    void *state;
    int fresh;              /* no slot of this file so far */
    uint64_t line0;         /* lines that were skipped at its beginning */
    int array;              /* it begins with '[' */
    int stop;               /* a slot that cannot but fail has been filled: there is nothing behind it */
    uint64_t hint_rows;
    uint64_t bytes;         /* stored bytes of the files before */
    struct kc_fields given, fields;
    struct kc_attrs attrs;  /* those that are wanted, then those of the conditions */
    int decided;
    size_t d;               /* 0: not known */
    const char *d_name;     /* the input that set it */
    struct kc_in_stats *st;
};

void kc_feed_close(struct kc_feed *f); /* the open file; none is fine */
void kc_feed_free(struct kc_feed *f);
uint64_t kc_feed_bytes(const struct kc_feed *f);

/* Nothing is left to be taken. */
static inline int kc_feed_ended(const struct kc_feed *f)
{
    return f->src_eof && f->carry_at == f->carry.n;
}
/* At the end of the source: -1 when it ended for an error. */
int kc_feed_broken(const struct kc_feed *f, struct kc_err *e) KC_MUST_USE;

/* At least n bytes at f->carry.p + f->carry_at, fewer only at the end. */
int kc_feed_peek(struct kc_feed *f, size_t n, struct kc_err *e) KC_MUST_USE;
/* What there is to be had without waiting further, at most n bytes, behind what f->carry holds. */
int kc_feed_more(struct kc_feed *f, size_t n, struct kc_err *e) KC_MUST_USE;
/* Bytes into b until it holds `want`, fewer only at the end; KC_NUM_PAD NULs behind. */
int kc_feed_take(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e) KC_MUST_USE;
/* The same, that stops as soon as there is a line and nothing more to be had without waiting. */
int kc_feed_take_lines(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e) KC_MUST_USE;
/* b's bytes from `at` on are to be taken again. */
int kc_feed_back(struct kc_feed *f, struct kc_buf *b, size_t at, struct kc_err *e) KC_MUST_USE;
/* Leave out n bytes; *missing is how many there were fewer. */
int kc_feed_skip(struct kc_feed *f, uint64_t n, uint64_t *missing, struct kc_err *e) KC_MUST_USE;
/* Rows of d numbers are coming: the first input sets the number, the others must agree. */
int kc_feed_dim(struct kc_feed *f, uint64_t d, struct kc_err *e) KC_MUST_USE;

#endif
