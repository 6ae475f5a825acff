/* The row source: what the algorithms see of the data, (n, d) unit rows. They lie in memory, all of a matrix or some
 * of its rows by number, or they are read piece by piece, from a file of vectors or a spill file. */
#ifndef KC_LA_ROWS_H
#define KC_LA_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct kc_rows {
    size_t n, d;
    const float *x;      /* in memory: (any, d); NULL: rows are read, */
    const uint32_t *idx; /* row i is row idx[i] of these; NULL: i itself */
    /* Unit rows [i0, i0 + r) into buf (r, d). Called by many threads at once. A failure is kept by the source: */
    int (*read)(void *src, size_t i0, size_t r, float *buf);
    int (*failed)(void *src, struct kc_err *e); /* -1 with the first failure in e, 0 when there is none */
    void *src;
};

struct kc_rows kc_rows_memory(const float *x, size_t n, size_t d);
/* The rows idx[0 .. n) of base, which is all of its rows. idx stays the caller's. */
struct kc_rows kc_rows_pick(const struct kc_rows *base, const uint32_t *idx, size_t n);

/* A row in memory. */
static inline const float *kc_rows_at(const struct kc_rows *r, size_t i)
{
    return r->x + (r->idx ? r->idx[i] : i) * r->d;
}

/* Floats that a caller of kc_rows_get must lend for m rows: none for rows in memory. */
static inline size_t kc_rows_buf(const struct kc_rows *r, size_t m)
{
    return r->x ? 0 : m * r->d;
}

/* row[0 .. m): pointers to the rows from i0 on. buf: kc_rows_buf(r, m) floats, where rows that do not lie in memory
 * are put. Rows that cannot be read are zero: whoever walks over the rows asks kc_rows_failed at the end of it. */
void kc_rows_get(const struct kc_rows *r, size_t i0, size_t m, float *buf, const float **row);
/* The rows idx[0 .. m) one behind the other into x (m, d). */
void kc_rows_copy(const struct kc_rows *r, const uint32_t *idx, size_t m, float *x);
int kc_rows_failed(const struct kc_rows *r, struct kc_err *e) KC_MUST_USE;

#endif
