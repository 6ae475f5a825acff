/* The growable row-major float matrix, (n, d), rows tightly packed. */
#ifndef KC_LA_MATRIX_H
#define KC_LA_MATRIX_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct kc_matrix {
    float *x;    /* (n, d) */
    size_t n, d; /* d is set by the owner before the first append */
    size_t cap;  /* rows allocated */
};

/* Reserve room for exactly `rows` rows in all. */
int kc_matrix_reserve(struct kc_matrix *m, size_t rows, struct kc_err *e) KC_MUST_USE;
/* Append r rows (r, d). The matrix grows by half, by mremap where the system has it, so that nothing is held twice. */
int kc_matrix_append(struct kc_matrix *m, const float *rows, size_t r, struct kc_err *e) KC_MUST_USE;
/* Release the memory that is not used. */
void kc_matrix_trim(struct kc_matrix *m);
void kc_matrix_free(struct kc_matrix *m);

/* Hash a row's bits; -0 and 0 differ. The hash is stored in files, so it must never change. */
uint64_t kc_la_hash(const float *x, size_t d);

enum kc_row_status { KC_ROW_OK = 0, KC_ROW_ZERO, KC_ROW_NONFINITE };

/* Check one row (d) and, if out is not NULL, write the unit row there (out may be x): the norm is computed in double,
 * and -0 becomes +0. *at (may be NULL): the first element that is not finite. On failure out is untouched. */
enum kc_row_status kc_la_unit(const float *x, size_t d, float *out, size_t *at);
/* Check a row as kc_la_unit does, without writing: finite, and not all zero. */
enum kc_row_status kc_la_check(const float *x, size_t d, size_t *at);

#endif
