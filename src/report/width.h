/* The width of text on a terminal, independent of the locale: East Asian wide characters and most emoji take two
 * columns, combining marks none, all others one. */
#ifndef KC_REPORT_WIDTH_H
#define KC_REPORT_WIDTH_H

#include "base/mem.h"

/* Append s (n bytes) cut to at most `columns` columns, with an ellipsis if something was cut off. Control characters
 * and bytes that are not UTF-8 are written \xHH, and marks that change the writing direction are left out, so that a
 * term cannot disturb the terminal. */
int kc_out_add_cut(struct kc_buf *b, const char *s, size_t n, unsigned columns, struct kc_err *e) KC_MUST_USE;
/* The same, padded with spaces to exactly `columns` columns: after the text, or before it if `right` is set. */
int kc_out_add_field(struct kc_buf *b, const char *s, size_t n, unsigned columns, int right, struct kc_err *e)
    KC_MUST_USE;

/* Return the columns of text that the two have written. */
unsigned kc_out_columns(const char *s, size_t n);

#endif
