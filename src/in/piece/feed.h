/* The feed: the inputs as bytes, one after the other. It knows files and buffers only; in/formats recognises what a
 * file holds. */
#ifndef KC_IN_PIECE_FEED_H
#define KC_IN_PIECE_FEED_H

#include "in/fields/attrs.h"
#include "in/fields/fields.h"
#include "in/piece/opts.h"
#include "in/piece/part.h"
#include "io/source.h"

struct kc_reopened; /* in/piece/reopened.h */
struct kc_reader; /* in/piece/reader.h */
struct kc_kept;

/* The inputs, one after the other, as bytes. Only the filling side of the pipeline touches it. */
struct kc_feed {
    const struct kc_in_opts *o;
    size_t block;           /* bytes of a slot, about */
    const char *const *files;
    size_t nfiles, next;    /* next: the file that is opened next */
    const char *path, *name; /* of the open file */
    struct kc_source *first; /* the next file, if it is open already; or NULL */
    struct kc_source *src;
    int src_eof;
    struct kc_err broken;   /* why the source ended early; counts after what was read before */
    struct kc_reopened *reopened; /* set by the reader's begin if the file can be read again; goes to its first slot */
    struct kc_buf carry;    /* bytes read and not yet used: carry_at .. n */
    size_t carry_at;
    char sep;               /* of the open file's columns, if a table has been recognised; else 0 */
    const struct kc_raw_head *head; /* of the copies of tables, kept until the end; NULL: none, or they are JSON */
    const struct kc_reader *raw_from; /* --annotate: the reader of the first file, and its name */
    const char *raw_name;
    struct kc_kept *kept;   /* memory that slots may point to until the end */
    const struct kc_reader *rd;
    /* Check that the options fit the file's format, before its reader looks at it; NULL: they do. */
    int (*accepts)(const void *choice, const struct kc_feed *f, struct kc_err *e);
    const void *choice;
    void *state;            /* the reader's own */
    int fresh;              /* no slot of this file has been filled yet */
    uint64_t line0;         /* lines that were skipped at its beginning */
    int stop;               /* a slot that must fail has been filled: nothing after it is read */
    uint64_t hint_rows;
    struct kc_part part;    /* what of the files this rank reads */
    uint64_t bytes;         /* stored bytes of the files before the open one */
    struct kc_fields given;  /* the fields as the options name them */
    struct kc_fields fields; /* as decided by the first good record, once `decided` */
    struct kc_attrs attrs;  /* those that are wanted, then those of the conditions */
    int decided;
    size_t d;               /* numbers per row; 0: not known */
    const char *d_name;     /* the input that set d */
    struct kc_in_stats *st;
};

void kc_feed_close(struct kc_feed *f); /* closes the open file, if any */
void kc_feed_free(struct kc_feed *f);
uint64_t kc_feed_bytes(const struct kc_feed *f); /* stored bytes read so far, of all files */
uint64_t kc_feed_size(const struct kc_feed *f); /* stored bytes of all files; 0: that of one is unknown */

/* Keep p, which was allocated by base/mem.h, until kc_feed_free. On a failure it is freed. */
int kc_feed_keep(struct kc_feed *f, void *p, struct kc_err *e) KC_MUST_USE;

/* Return 1 if no byte remains. */
static inline int kc_feed_ended(const struct kc_feed *f)
{
    return f->src_eof && f->carry_at == f->carry.n;
}
/* Return -1 and set e if the source ended by an error. Call it at the end of the source. */
int kc_feed_broken(const struct kc_feed *f, struct kc_err *e) KC_MUST_USE;

/* Look ahead: provide n bytes at f->carry.p + f->carry_at, fewer only at the end. */
int kc_feed_peek(struct kc_feed *f, size_t n, struct kc_err *e) KC_MUST_USE;
/* Append to f->carry what one read gives without waiting further, at most n bytes. */
int kc_feed_more(struct kc_feed *f, size_t n, struct kc_err *e) KC_MUST_USE;
/* Append bytes to b until it holds `want`, fewer only at the end. KC_NUM_PAD NULs follow them. */
int kc_feed_take(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e) KC_MUST_USE;
/* Take bytes as kc_feed_take does, but if o->prompt stop as soon as b has a whole line and no more can be read without
 * waiting. */
int kc_feed_take_lines(struct kc_feed *f, struct kc_buf *b, size_t want, struct kc_err *e) KC_MUST_USE;
/* Give b's bytes from `at` on back to the feed: they will be read again. */
int kc_feed_back(struct kc_feed *f, struct kc_buf *b, size_t at, struct kc_err *e) KC_MUST_USE;
/* Skip n bytes. *missing is the number of bytes by which the input was too short. */
int kc_feed_skip(struct kc_feed *f, uint64_t n, uint64_t *missing, struct kc_err *e) KC_MUST_USE;
/* Check that rows have d numbers: the first input sets the number, the others must agree. */
int kc_feed_dim(struct kc_feed *f, uint64_t d, struct kc_err *e) KC_MUST_USE;

#endif
