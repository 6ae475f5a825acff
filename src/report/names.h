/* What the reports on labellings (score, diff) share: labels and figures as text and as JSON. */
#ifndef KC_REPORT_NAMES_H
#define KC_REPORT_NAMES_H

#include "core/judge/agreement.h"
#include "in/fields/labels.h"
#include "json/jsonw.h"

/* Write label c as a JSON number if all labels of its file are integers from 0 up, else as a string. */
void kc_out_json_label(struct kc_jsonw *w, const char *key, const struct kc_labelling *l, uint32_t c);
/* Write the members ari, ami and nmi. */
void kc_out_json_agreement(struct kc_jsonw *w, const struct kc_agreement *a);

/* Append label c in exactly `columns` columns, right-aligned if `right` is set. With 0 columns it is not padded, but
 * cut at 24. */
int kc_out_add_label(struct kc_buf *b, const struct kc_labelling *l, uint32_t c, unsigned columns, int right,
                     struct kc_err *e) KC_MUST_USE;

/* Append two spaces, then x right-aligned in `width` columns, with so many decimals; "-" if x is NAN. */
int kc_out_add_cell(struct kc_buf *b, double x, int width, int decimals, struct kc_err *e) KC_MUST_USE;
/* Append a line "name   x", with x from column 24 on, with four decimals. */
int kc_out_add_figure(struct kc_buf *b, const char *name, double x, struct kc_err *e) KC_MUST_USE;

/* Sort the numbers 0..k-1 by falling size, ties by the number, into order (k). sizes: (k). */
void kc_out_by_size(const uint64_t *sizes, size_t k, uint32_t *order);

/* A table of more than KC_OUT_MOST lines shows KC_OUT_SOME of them and says how many more there are. */
#define KC_OUT_MOST 25u
#define KC_OUT_SOME 20u

#endif
