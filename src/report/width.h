/* How wide text is on a terminal, without the locale: East Asian wide characters and most emoji take two columns,
 * combining marks none, all others one. */
#ifndef KC_REPORT_WIDTH_H
#define KC_REPORT_WIDTH_H

#include "base/mem.h"

/* Append s (n bytes) cut to at most `columns` columns, with an ellipsis where something was cut off. Controls and bytes
 * that are not UTF-8 are written \xHH, marks that turn the writing direction are left out: a term cannot disturb the
 * terminal. */
int kc_out_add_cut(struct kc_buf *b, const char *s, size_t n, unsigned columns, struct kc_err *e) KC_MUST_USE;
/* The same, filled with spaces to exactly `columns` columns, behind the text, or before it where right is set. */
int kc_out_add_field(struct kc_buf *b, const char *s, size_t n, unsigned columns, int right, struct kc_err *e)
    KC_MUST_USE;

#endif
