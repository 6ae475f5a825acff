/* What the parts of this room share: the feed (fill's side of the pipeline), the slots that go through it, and the
 * readers, one for each format. */
#ifndef KC_IN_READER_H
#define KC_IN_READER_H

#include "in/dataset.h"
#include "in/attrs.h"
#include "in/plain.h"
#include "in/source.h"
#include "in/stored.h"
#include "in/text.h"

#define KC_KVEC_TERM_MAX ((uint32_t)1 << 28) /* "KCV1" read as a length is above it */
#define KC_SLOT_SPANS 16384 /* no slot has more: of the shortest records they would take far more than the text */
#define KC_SEEN 16 /* bytes by which formats are told apart; no less than the longest magic number */
#define KC_SHOWN 5                   /* bad records that are reported one by one when they are skipped */

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

struct kc_reader;
struct kc_feed;

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
    struct kc_again *again; /* the file, in the first slot of one that can be read again; else NULL. The slot's own. */
    uint64_t at, end;   /* what buf holds of it: [at, end) */
    struct kc_buf tmp;
    struct kc_buf made; /* by kc_in_opts.each */
    struct kc_err err;  /* memory was short */
};

/* A reader for one format. */
struct kc_reader {
    enum kc_in_format format;
    const char *name;
    const char *magic; /* how every such file begins (magic_n bytes), or NULL */
    size_t magic_n;
    int (*is)(const struct kc_feed *f); /* whether the file is one, by its first KC_SEEN bytes at carry_at; or NULL */
    int binary;        /* a bad record is named by its row, not by its line */
    /* A new file begins; f->state is the reader's own (freed by kc_mem_free after end). */
    int (*begin)(struct kc_feed *f, struct kc_err *e);
    /* The next piece of the file; *eof with an empty slot when there is none. */
    int (*fill)(struct kc_feed *f, struct kc_slot *s, int *eof, struct kc_err *e);
    void (*work)(struct kc_slot *s);
    void (*end)(struct kc_feed *f);
};

extern const struct kc_reader kc_reader_jsonl, kc_reader_kvec, kc_reader_npy, kc_reader_raw, kc_reader_faiss,
    kc_reader_fvecs, kc_reader_bvecs, kc_reader_safetensors;
extern const struct kc_reader kc_reader_word2vec, kc_reader_word2vec_bin, kc_reader_glove, kc_reader_csv, kc_reader_tsv;
/* By the format; NULL for KC_IN_AUTO. */
extern const struct kc_reader *const kc_readers[KC_IN_FORMATS];

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
    struct kc_again *again; /* set by the reader's begin when the file can be read again; goes to its first slot */
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

/* The text format that the beginning of the file is in, beyond doubt; *rd NULL: none. */
int kc_detect_text(struct kc_feed *f, const struct kc_reader **rd, struct kc_err *e) KC_MUST_USE;

/* The next file with anything in it, its format found, its reader begun; *none when there is no other. */
int kc_feed_next(struct kc_feed *f, int *none, struct kc_err *e) KC_MUST_USE;
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

/* What is needed and what --max-memory allows, less than that, for a message: two texts that differ. */
void kc_in_sizes(char need[32], uint64_t bytes, char most[32], uint64_t limit);

/* The lines of a file of terms. escapes: \t \n \r \\ \xHH are decoded. max_line: bytes of the longest; max:
 * bytes that all may take, 0 for no limit. */
int kc_terms_load(const char *path, int escapes, uint64_t max_line, uint64_t max, struct kc_strs *terms,
                  struct kc_err *e) KC_MUST_USE;

#endif
