/* The door of the room: vectors from files to rows. kc_in_stream hands decoded pieces in input order to a sink
 * (convert, info, assign, update); kc_in_load stacks them into a data set (fit). */
#ifndef KC_IN_DATASET_H
#define KC_IN_DATASET_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"
#include "base/mem.h"
#include "in/piece/opts.h"
#include "la/matrix.h"
#include "la/rows.h"

/* One piece of decoded input: rows in input order. Owned by the reader, valid during the sink's call. */
struct kc_chunk {
    size_t n, d;
    const float *x;             /* (n, d) */
    const struct kc_strs *terms; /* (n) the terms, or NULL if the input has none */
    const struct kc_strs *raws;  /* n copies of records without their vectors and without an earlier "cluster_id":
                                    compact one-line JSON objects with the closing brace, or with `head` the fields of
                                    the columns, as they are written; or NULL */
    const struct kc_raw_head *head; /* the raws are rows of a table that begins so; NULL: JSON */
    const struct kc_strs *attrs; /* attribute a of row i is string i * stride + a: compact JSON, "" if the row has none;
                                    NULL if no attributes are wanted */
    size_t stride;
    const struct kc_buf *made;   /* what kc_in_opts.each made of these rows; else empty */
    const uint32_t *of;          /* (n) which of the `seen` rows given to kc_in_opts.each these are; NULL: all */
    size_t seen;
    const uint64_t *rows;       /* (n) input row numbers: from 0 over all inputs, skipped records counted */
};

/* Called with one piece after the other, in input order, on one thread at a time. -1, with e set, ends the reading. */
typedef int (*kc_in_sink)(void *arg, const struct kc_chunk *c, struct kc_err *e);

/* Return the bytes of memory that reading needs if nothing is kept, approximately. A record longer than a piece needs
 * more. */
uint64_t kc_in_stream_bytes(const struct kc_ctx *ctx, const struct kc_in_opts *o);
/* Read all inputs and pass their rows to the sink; on the ranks of ctx->team to that of the first rank alone, where x
 * is NULL for rows of others unless relay_rows. st is filled. Return -1 at the first error in input order, also one
 * of the sink. An input without a single good record is KC_EINPUT "no records". */
int kc_in_stream(const struct kc_ctx *ctx, const struct kc_in_opts *o, kc_in_sink sink, void *arg,
                 struct kc_in_stats *st, struct kc_err *e) KC_MUST_USE;

struct kc_reread; /* in/stored.h */
struct kc_spill;

enum kc_storage { KC_STORAGE_MEMORY, KC_STORAGE_FILE, KC_STORAGE_SPILL };

/* With a team, each rank has its share of the rows; the first rank has the texts of all of them, the others none. */
struct kc_dataset {
    struct kc_share share; /* of rows, if ctx->team had several ranks */
    uint64_t *first;       /* what share.first points to */
    uint64_t *read;        /* (ranks + 1) as first, but of the rows that each rank has read; NULL: unknown */
    struct kc_rows rows;   /* (n, d), wherever they are stored; valid as long as the data set */
    enum kc_storage storage; /* where that is: memory, the inputs themselves, or a temporary file */
    struct kc_matrix x;    /* the rows if they are in memory; else empty */
    struct kc_reread *reread;
    struct kc_spill *spill;
    struct kc_strs terms;  /* (n), or n == 0 if no input has terms: then the row numbers are the terms */
    struct kc_strs raws;   /* (n) if want_raw, else n == 0 */
    struct kc_raw_head *head; /* as in kc_chunk; owned */
    struct kc_strs attrs;  /* as in kc_chunk: attribute a of row i is string i * nattrs + a */
    size_t nattrs;
    uint64_t *skipped;     /* input row numbers left out, ascending: bad rows, and those the conditions reject */
    size_t nskipped;
    struct kc_in_stats st;
};

/* Read all inputs into ds, where max_memory says: into memory, or to be read again, or into a temporary file. ds is
 * zero-initialised by the callee; free it with kc_dataset_free, also after a failure. An input without a single good
 * record is KC_EINPUT "no records". */
int kc_in_load(const struct kc_ctx *ctx, const struct kc_in_opts *o, struct kc_dataset *ds,
               struct kc_err *e) KC_MUST_USE;
/* Return the input row number of good row i. skipped (n): the input rows left out, ascending. */
uint64_t kc_in_row_number(const uint64_t *skipped, size_t n, uint64_t i);
/* Return the term of row i and its length in *n. The text may lie in `digits`. */
const char *kc_dataset_term(const struct kc_dataset *ds, size_t i, char digits[20], size_t *n);
/* Make the input row numbers the terms if no input has terms. */
int kc_dataset_number_terms(struct kc_dataset *ds, struct kc_err *e) KC_MUST_USE;
uint64_t kc_dataset_bytes(const struct kc_dataset *ds); /* of memory */
const char *kc_storage_name(enum kc_storage s);         /* "memory", "file", "spill" */
void kc_dataset_free(struct kc_dataset *ds);

#endif
