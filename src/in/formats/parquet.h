/* Parquet, inside in/formats: what its files parquet_*.c share. A file is a run of row groups, each with one chunk of
 * pages for every column, and a footer that describes them.
 *
 * Who owns what: the reader's state, and every piece on its way through the pipeline, hold the file (kc_pq_file) and
 * the pages that they need by counted references. The filling thread opens pages and walks through their levels, which
 * say where rows begin; workers inflate pages, once each, and decode the numbers. */
#ifndef KC_IN_FORMATS_PARQUET_H
#define KC_IN_FORMATS_PARQUET_H

#include <pthread.h>
#include "in/formats/parquet_decode.h"
#include "in/formats/parquet_thrift.h"
#include "in/piece/reader.h"

enum kc_pq_type { KC_PQ_BOOLEAN, KC_PQ_INT32, KC_PQ_INT64, KC_PQ_INT96, KC_PQ_FLOAT, KC_PQ_DOUBLE, KC_PQ_BYTES,
                  KC_PQ_FIXED, KC_PQ_TYPES };
enum kc_pq_codec { KC_PQ_NONE = 0, KC_PQ_SNAPPY = 1, KC_PQ_GZIP = 2, KC_PQ_ZSTD = 6, KC_PQ_LZ4_RAW = 7 };
enum kc_pq_encoding { KC_PQ_PLAIN = 0, KC_PQ_PLAIN_DICT = 2, KC_PQ_RLE = 3, KC_PQ_BIT_PACKED = 4, KC_PQ_DELTA = 5,
                      KC_PQ_DELTA_LENGTH = 6, KC_PQ_DELTA_BYTES = 7, KC_PQ_RLE_DICT = 8, KC_PQ_SPLIT = 9 };
/* What a column means, beyond its physical type. TEXT is a string, an enum, JSON; OTHER is not read. */
enum kc_pq_meaning { KC_PQ_PLAINLY, KC_PQ_TEXT, KC_PQ_HALF, KC_PQ_DECIMAL, KC_PQ_DATE, KC_PQ_TIMESTAMP, KC_PQ_UUID,
                     KC_PQ_OTHER };
enum kc_pq_shape { KC_PQ_SCALAR, KC_PQ_LIST, KC_PQ_NESTED };

/* A column: a leaf of the schema. */
struct kc_pq_leaf {
    enum kc_pq_type type;
    uint32_t width;            /* bytes of a value; 0: they vary, or it is a bit */
    enum kc_pq_meaning meaning;
    const char *kind;          /* name of what is not read: "a DECIMAL", "a map", "a list of lists" */
    int is_unsigned;
    int64_t unit;              /* timestamps: units in a second */
    enum kc_pq_shape shape;
    unsigned max_def, max_rep; /* of its levels */
    unsigned list_def;         /* a list: the definition level of a list that has elements; one less is an empty list */
    size_t part, parts;        /* its name: strings [part, part + parts) of the schema's */
};

struct kc_pq_schema {
    struct kc_pq_leaf *leaves; /* (n) */
    size_t n, cap;
    struct kc_strs parts;      /* of the names; lists count as one with their elements */
};

/* The footer. Row groups are parsed one after the other, when they are read. */
struct kc_pq_footer {
    struct kc_buf bytes;
    struct kc_pq_schema schema;
    uint64_t rows, ngroups;
    struct kc_pq_thrift groups; /* at the next row group */
    uint64_t group;             /* its number */
};

/* A column's chunk in a row group. */
struct kc_pq_chunk {
    enum kc_pq_codec codec;
    uint64_t at;     /* offset of its first page */
    uint64_t values; /* with the nulls */
};

#define KC_PQ_SPARES 4
/* The file, shared by all that reads from it. */
struct kc_pq_file {
    int refs;
    char *name;
    int fd;                      /* or -1: */
    struct kc_outfile *spool;    /* what came through a pipe, or was compressed */
    uint64_t base, size;         /* the file begins at `base` of fd */
    uint64_t end;                /* pages end here: where the footer begins */
    uint64_t most;               /* bytes that a page may have; 0: no limit */
    uint64_t most_text;          /* bytes that the text of a value, or the footer, may have */
    struct kc_pq_leaf *leaves;   /* copies of those in use: the vector's, the term's, the attributes' */
    struct kc_strs names;        /* how messages name them */
    pthread_mutex_t lock;        /* of what follows */
    struct kc_buf spare[KC_PQ_SPARES]; /* large buffers that pages have left: new ones would cost more than inflating */
};

int kc_pq_file_read(const struct kc_pq_file *f, uint64_t at, void *p, size_t n, struct kc_err *e) KC_MUST_USE;
void kc_pq_file_free(struct kc_pq_file *f); /* gives a reference back; NULL is fine */
/* Set b to a buffer that was put aside, the largest if it has less than n bytes; to an empty one if n is small. */
void kc_pq_file_take(struct kc_pq_file *f, struct kc_buf *b, size_t n);
void kc_pq_file_give(struct kc_pq_file *f, struct kc_buf *b); /* puts a buffer aside, or frees it */

/* Read the footer. Free it with kc_pq_footer_free, also after a failure. */
int kc_pq_footer_read(struct kc_pq_footer *t, struct kc_pq_file *f, struct kc_err *e) KC_MUST_USE;
void kc_pq_footer_free(struct kc_pq_footer *t);
/* Parse the next row group: its number of rows, and the chunks of the leaves for which use[leaf] is not SIZE_MAX, to
 * chunks[use[leaf]]. */
int kc_pq_footer_group(struct kc_pq_footer *t, const struct kc_pq_file *f, const size_t *use,
                       struct kc_pq_chunk *chunks, uint64_t *rows, struct kc_err *e) KC_MUST_USE;
/* Parse the list of schema elements at t. Return -1 if the footer is damaged or memory is short: see e. */
int kc_pq_schema_parse(struct kc_pq_schema *s, struct kc_pq_thrift *t, const char *file, struct kc_err *e) KC_MUST_USE;
void kc_pq_schema_free(struct kc_pq_schema *s);
/* Append the name of a leaf as a user would write it: a key, or a JSON Pointer. */
int kc_pq_leaf_name(const struct kc_pq_schema *s, size_t leaf, struct kc_buf *b, struct kc_err *e) KC_MUST_USE;
/* Return how messages name column i of those in use. */
const char *kc_pq_name(const struct kc_pq_file *f, size_t i, size_t *n);

/* Return 1 if n bytes of the codec can inflate to `full`. zstd can inflate to anything. */
int kc_pq_inflates_to(enum kc_pq_codec c, size_t n, size_t full);
/* Inflate n bytes of a codec: the first `want` of the `full` bytes that they hold; if that is not all, n bytes need not
 * be all either. Return 0, or 1 if they are damaged or too few; -1 if memory is short. */
int kc_pq_inflate(enum kc_pq_codec c, const char *src, size_t n, char *out, size_t want, size_t full,
                  struct kc_err *e) KC_MUST_USE;
/* Inflate all `full` bytes into b, which grows no faster than they come. */
int kc_pq_inflate_all(enum kc_pq_codec c, const char *src, size_t n, struct kc_buf *b, size_t full,
                      struct kc_err *e) KC_MUST_USE;
/* The same for Snappy alone (snappy.c). */
int kc_pq_snappy(const unsigned char *src, size_t n, unsigned char *out, size_t want, size_t full) KC_MUST_USE;

/* A data page. */
struct kc_pq_page {
    int refs;
    struct kc_pq_file *file;  /* not counted: whoever holds the page holds the file */
    struct kc_pq_page *next;  /* the chunk's next page, once the filling thread has come there */
    int ahead;                /* next was set before any worker saw this page */
    enum kc_pq_codec codec;   /* of the values */
    enum kc_pq_encoding encoding;
    uint64_t at;              /* offset of the bytes that hold the values: with levels in a compressed page of
                                 version 1 */
    size_t stored, full;      /* these bytes, as stored and inflated */
    size_t skip;              /* inflated bytes before the values */
    uint32_t levels;          /* values, with nulls */
    struct kc_buf rep, def;   /* encoded levels */
    pthread_mutex_t lock;     /* of what follows */
    int loaded;
    struct kc_buf data;       /* (full) */
    struct kc_err err;        /* why it could not be loaded */
};

void kc_pq_page_free(struct kc_pq_page *p); /* gives a reference back; NULL is fine */
/* Load the page's values, on any thread, once: *p gets them, *n their bytes. */
int kc_pq_page_load(struct kc_pq_page *page, size_t column, const unsigned char **p, size_t *n,
                    struct kc_err *e) KC_MUST_USE;

/* A dictionary: values as floats, if the column is the vector; else as they are stored. */
struct kc_pq_dict {
    int refs;
    size_t n;
    float *x;         /* (n) */
    struct kc_buf bytes;
    size_t *off;      /* (n + 1) of values whose width varies */
};
void kc_pq_dict_free(struct kc_pq_dict *d);

/* A place in a column chunk. A copy of it, with its references taken, can be read on another thread. */
struct kc_pq_cursor {
    struct kc_pq_file *file;  /* not counted here */
    size_t column;            /* of those in use */
    int is_vector;
    int frozen;               /* a copy: it opens no pages but follows them */
    struct kc_pq_chunk chunk;
    uint64_t next, left;      /* the next page's offset, and the values from there on */
    struct kc_pq_page *page, *ahead; /* ahead: the next page, if it has been opened */
    uint32_t in_page;         /* levels left in the page */
    struct kc_pq_rle rep, def;
    struct kc_pq_dict *dict;
    /* the page's values, once one was asked for */
    int begun;
    const unsigned char *p;   /* PLAIN and SPLIT, unless read straight from the file; bytes: the next */
    size_t n;                 /* bytes there */
    size_t i;                 /* values gone by */
    struct kc_pq_rle index;
    struct kc_pq_delta delta, suffix;
    struct kc_buf before;     /* DELTA_BYTE_ARRAY: the value before; not in a copy */
    char half[2];             /* the same of a float16, which a copy has */
};

static inline const struct kc_pq_leaf *kc_pq_leaf_of(const struct kc_pq_cursor *c)
{
    return &c->file->leaves[c->column];
}

void kc_pq_cursor_begin(struct kc_pq_cursor *c, struct kc_pq_file *f, size_t column, int is_vector,
                        const struct kc_pq_chunk *chunk);
void kc_pq_cursor_end(struct kc_pq_cursor *c);
void kc_pq_cursor_copy(struct kc_pq_cursor *to, const struct kc_pq_cursor *from); /* frozen; end it too */
/* Make sure that the page has levels left. Return 1 if it has, 0 at the end of the chunk, -1 on an error. */
int kc_pq_cursor_more(struct kc_pq_cursor *c, struct kc_err *e) KC_MUST_USE;
/* Report damage in the cursor's column. */
int kc_pq_damaged(const struct kc_pq_file *f, size_t column, struct kc_err *e, const char *fmt, ...) KC_PRINTF(4, 5);
/* The bits of the NaN that a float64 becomes which is finite, but not as a float32. */
#define KC_PQ_BEYOND 0x7FC0BE70u
/* Convert n numbers of a type, as they are stored, to floats. */
void kc_pq_convert(enum kc_pq_type type, int is_unsigned, const char *p, size_t n, float *out);
/* Begin the values of the page, if that is not done. */
int kc_pq_values_begin(struct kc_pq_cursor *c, struct kc_err *e) KC_MUST_USE;
/* Read the next n values as floats (out NULL: skip them); no more than the page has. */
int kc_pq_floats(struct kc_pq_cursor *c, float *out, size_t n, struct kc_err *e) KC_MUST_USE;

/* What became of a row of a list. */
enum kc_pq_row { KC_PQ_ROW_OK, KC_PQ_ROW_NULL, KC_PQ_ROW_EMPTY, KC_PQ_ROW_HOLE };
/* Read one row of a list, at most d of its numbers into `row` (NULL: walk through them). *count is the number of its
 * elements; *hole the first that is null. */
int kc_pq_list_row(struct kc_pq_cursor *c, float *row, size_t d, enum kc_pq_row *what, uint64_t *count,
                   uint64_t *hole, struct kc_err *e) KC_MUST_USE;

/* Append the next row's value as plain text (a term) or as JSON (an attribute, which may be a list). *null is set if it
 * is null, which is appended as "". */
int kc_pq_text_row(struct kc_pq_cursor *c, int json, struct kc_strs *out, struct kc_buf *tmp, int *null,
                   struct kc_err *e) KC_MUST_USE;

/* The columns to read, as leaves of the schema. */
struct kc_pq_choice {
    size_t *vec, nvec;  /* (nvec) one list, or a column for each number */
    int is_list;
    const char *how;    /* why these are the vector */
    size_t term;        /* SIZE_MAX: none */
    size_t *attrs;      /* (want->n); SIZE_MAX: there is no such column */
};
/* Choose them by the options, the usual names, and what is there. */
int kc_pq_choose(struct kc_pq_choice *c, const struct kc_feed *f, const struct kc_pq_schema *s,
                 struct kc_err *e) KC_MUST_USE;
void kc_pq_choice_free(struct kc_pq_choice *c);

/* A piece on its way to a worker (parquet_rows.c): `rows` rows from where its cursors are. */
struct kc_pq_order {
    struct kc_pq_file *file;
    int is_list;
    int regular;              /* a list: every row has all its numbers, so levels need not be looked at */
    size_t rows, ncursors;
    struct kc_pq_cursor *cursors;
    uint64_t no;              /* number of the piece */
    size_t term;              /* column of the term, of those in use; SIZE_MAX: none */
    unsigned char *term_bad;  /* (rows) enum kc_pq_term */
    struct kc_strs attrs;     /* (rows * want->n) */
};
enum kc_pq_term { KC_PQ_TERM_OK, KC_PQ_TERM_NULL, KC_PQ_TERM_TEXT };
void kc_pq_order_free(void *order);
void kc_pq_work(struct kc_slot *s);

#endif
