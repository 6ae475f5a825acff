/* Reading vectors: bytes to rows. kc_in_stream hands decoded chunks in input order to a sink (convert, info, later
 * assign); kc_in_load stacks them into a data set (fit). */
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
    const struct kc_strs *terms; /* n terms, or NULL when the input carries none */
    const struct kc_strs *raws;  /* n compact one-line JSON objects without the vector member and without any earlier
                                    "cluster_id" member, closing brace included; or NULL */
    const struct kc_strs *attrs; /* attribute a of row i is string i * stride + a: compact JSON, "" for what is not there;
                                    NULL when none is wanted */
    size_t stride;
    const struct kc_buf *made;   /* by kc_in_opts.each; else empty */
    const uint32_t *of;          /* (n) which of the `seen` rows of kc_in_opts.each these are; NULL: all of them */
    size_t seen;
    const uint64_t *rows;       /* n input row numbers: from 0 over all inputs, skipped records counted */
};

typedef int (*kc_in_sink)(void *arg, const struct kc_chunk *c, struct kc_err *e);

/* Bytes that reading takes while nothing is kept, about, unless a record is longer than a piece. */
uint64_t kc_in_stream_bytes(const struct kc_ctx *ctx, const struct kc_in_opts *o);
int kc_in_stream(const struct kc_ctx *ctx, const struct kc_in_opts *o, kc_in_sink sink, void *arg,
                 struct kc_in_stats *st, struct kc_err *e) KC_MUST_USE;

struct kc_reread; /* in/stored.h */
struct kc_spill;

enum kc_storage { KC_STORAGE_MEMORY, KC_STORAGE_FILE, KC_STORAGE_SPILL };

struct kc_dataset {
    struct kc_rows rows;   /* (n, d), wherever they are; valid as long as the data set */
    enum kc_storage storage; /* memory, the inputs themselves, or a temporary file */
    struct kc_matrix x;    /* the rows in memory; else without rows */
    struct kc_reread *reread;
    struct kc_spill *spill;
    struct kc_strs terms;  /* n entries; none (n == 0) where no input carries any: the row numbers are the terms */
    struct kc_strs raws;   /* n entries when want_raw, else n == 0 */
    struct kc_strs attrs;  /* attribute a of row i is string i * nattrs + a, as kc_chunk's */
    size_t nattrs;
    uint64_t *skipped;     /* input row numbers left out, ascending: bad ones, and those that met no condition */
    size_t nskipped;
    struct kc_in_stats st;
};

/* All inputs into ds: into memory, or as max_memory has it. ds is zero-initialised by the callee; free it with
 * kc_dataset_free, also after a failure. Input without a single good record is KC_EINPUT "no records". */
int kc_in_load(const struct kc_ctx *ctx, const struct kc_in_opts *o, struct kc_dataset *ds,
               struct kc_err *e) KC_MUST_USE;
/* The row of the input that good row i is, `skipped` (n) being the input rows left out, ascending. */
uint64_t kc_in_row_number(const uint64_t *skipped, size_t n, uint64_t i);
/* The term of row i; its n bytes may lie in digits. */
const char *kc_dataset_term(const struct kc_dataset *ds, size_t i, char digits[20], size_t *n);
/* Where no input carries terms, let the numbers of the input rows be them. */
int kc_dataset_number_terms(struct kc_dataset *ds, struct kc_err *e) KC_MUST_USE;
uint64_t kc_dataset_bytes(const struct kc_dataset *ds); /* of memory */
const char *kc_storage_name(enum kc_storage s);         /* "memory", "file", "spill" */
void kc_dataset_free(struct kc_dataset *ds);

#endif
