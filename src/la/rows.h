/* The row source: how the algorithms see the data, as (n, d) unit rows. These are in memory (all rows of a matrix, or
 * some of them by number), or are read piece by piece from a file of vectors or a spill file. */
#ifndef KC_LA_ROWS_H
#define KC_LA_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "par/share.h"

struct kc_rows {
    size_t n, d;
    const float *x;      /* (any, d) in memory; NULL: rows are read */
    const uint32_t *idx; /* row i is row idx[i] of x, or of the source; NULL: row i itself */
    /* Read unit rows [i0, i0 + r) into buf (r, d). Called by many threads at once. A failure is kept by the source. */
    int (*read)(void *src, size_t i0, size_t r, float *buf);
    int (*failed)(void *src, struct kc_err *e); /* returns -1 with the first failure in e, 0 if there is none */
    void *src;
    const struct kc_share *share; /* the n rows are this rank's part of share->all; NULL: they are all */
};

/* Return the number of all rows, on all ranks. */
static inline uint64_t kc_rows_all(const struct kc_rows *r)
{
    return r->share ? r->share->all : r->n;
}

static inline struct kc_team *kc_rows_team(const struct kc_rows *r)
{
    return r->share ? r->share->team : NULL;
}

/* Return the number, among the rows that were read, of row i of a source in memory. */
uint64_t kc_rows_number(const struct kc_rows *r, size_t i);

/* Return a source of n rows in memory; x stays the caller's. */
struct kc_rows kc_rows_memory(const float *x, size_t n, size_t d);
/* Return a source of the rows idx[0 .. n) of base, which must have all its rows (no idx). idx stays the caller's. */
struct kc_rows kc_rows_pick(const struct kc_rows *base, const uint32_t *idx, size_t n);
/* Return the rows at[0 .. n) of r, which may have some of its base's rows only. idx (n): set, may be `at`, and kept by
 * the result. */
struct kc_rows kc_rows_pick_from(const struct kc_rows *r, const uint32_t *at, size_t n, uint32_t *idx);

/* Return a row in memory. */
static inline const float *kc_rows_at(const struct kc_rows *r, size_t i)
{
    return r->x + (r->idx ? r->idx[i] : i) * r->d;
}

/* Return the floats that a caller of kc_rows_get must lend for m rows: none for rows in memory. */
static inline size_t kc_rows_buf(const struct kc_rows *r, size_t m)
{
    return r->x ? 0 : m * r->d;
}

/* Set row[0 .. m) to pointers to the rows from i0 on. buf: kc_rows_buf(r, m) floats, for rows that are not in memory.
 * Rows that cannot be read are zero: whoever walks over the rows calls kc_rows_failed at the end. */
void kc_rows_get(const struct kc_rows *r, size_t i0, size_t m, float *buf, const float **row);
/* Copy the rows with the numbers idx[0 .. m), among those of all ranks, to x (m, d) on every rank. r, if it is shared
 * out, has all rows of its ranks, by their numbers. */
int kc_rows_copy_shared(const struct kc_rows *r, const uint32_t *idx, size_t m, float *x, struct kc_err *e) KC_MUST_USE;
/* Bring an array by row of this rank's rows (n elements of `size` bytes) to that of all rows, in their order, on every
 * rank. r has all rows of its ranks. */
int kc_rows_join(const struct kc_rows *r, const void *mine, size_t size, void *all, struct kc_err *e) KC_MUST_USE;
/* Copy from an array of all rows the elements of this rank's; mine may be where all is. */
void kc_rows_own(const struct kc_rows *r, const void *all, size_t size, void *mine);
/* Copy the rows idx[0 .. m), one after the other, to x (m, d). */
void kc_rows_copy(const struct kc_rows *r, const uint32_t *idx, size_t m, float *x);
/* Return -1 with the first failure of the source in e, 0 if there is none. */
int kc_rows_failed(const struct kc_rows *r, struct kc_err *e) KC_MUST_USE;

#endif
