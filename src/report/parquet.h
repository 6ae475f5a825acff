/* Write Parquet: columns of texts, numbers and lists of floats, row by row, in row groups of zstd pages. A row group is
 * held in memory, compressed, until it is whole. */
#ifndef KC_REPORT_PARQUET_H
#define KC_REPORT_PARQUET_H

#include "base/mem.h"
#include "io/outfile.h"

enum kc_parquet_type { KC_PARQUET_TEXT, KC_PARQUET_INT, KC_PARQUET_REAL, KC_PARQUET_LIST };

struct kc_parquet_column {
    const char *name; /* lives as long as the file is written */
    enum kc_parquet_type type;
    int nullable;     /* a TEXT or an INT may be null; a REAL always may, a LIST never */
};

struct kc_parquet; /* a file being written */

/* Begin a file of n columns at the beginning of f. Free it with kc_parquet_free, also after a failure. */
int kc_parquet_begin(struct kc_parquet **out, struct kc_outfile *f, const struct kc_parquet_column *columns, size_t n,
                     struct kc_err *e) KC_MUST_USE;
/* Add the value of a column of the present row. Each column gets one for each row. Bytes of a text that are not UTF-8
 * become U+FFFD; a real that is not finite becomes null. */
int kc_parquet_text(struct kc_parquet *p, size_t column, const char *s, size_t n, struct kc_err *e) KC_MUST_USE;
int kc_parquet_int(struct kc_parquet *p, size_t column, int64_t v, struct kc_err *e) KC_MUST_USE;
int kc_parquet_real(struct kc_parquet *p, size_t column, float v, struct kc_err *e) KC_MUST_USE;
int kc_parquet_list(struct kc_parquet *p, size_t column, const float *x, size_t d, struct kc_err *e) KC_MUST_USE;
/* Add a null to a column that may have it. */
int kc_parquet_null(struct kc_parquet *p, size_t column, struct kc_err *e) KC_MUST_USE;
/* End the row. */
int kc_parquet_row(struct kc_parquet *p, struct kc_err *e) KC_MUST_USE;
/* Write what is left, and the footer. The output itself is committed by the caller. */
int kc_parquet_end(struct kc_parquet *p, struct kc_err *e) KC_MUST_USE;
void kc_parquet_free(struct kc_parquet *p); /* NULL is fine */

#endif
