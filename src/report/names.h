/* What the reports about labellings share: labels as people and programs are shown them. */
#ifndef KC_REPORT_NAMES_H
#define KC_REPORT_NAMES_H

#include "core/judge/agreement.h"
#include "in/fields/labels.h"
#include "json/jsonw.h"

/* Label c as a JSON number when all of its file are integers from 0 up, else as a string. */
void kc_out_json_label(struct kc_jsonw *w, const char *key, const struct kc_labelling *l, uint32_t c);
/* The members ari, ami and nmi. */
void kc_out_json_agreement(struct kc_jsonw *w, const struct kc_agreement *a);

/* Append label c in exactly `columns` columns, right-aligned where right is set; 0: as wide as it is, up to 24. */
int kc_out_add_label(struct kc_buf *b, const struct kc_labelling *l, uint32_t c, unsigned columns, int right,
                     struct kc_err *e) KC_MUST_USE;

/* Append x with some decimals, right-aligned behind two spaces in `width` columns; "-" when it is not defined. */
int kc_out_add_cell(struct kc_buf *b, double x, int width, int decimals, struct kc_err *e) KC_MUST_USE;
/* Append a line "name   x", the figure with four decimals in column 24. */
int kc_out_add_figure(struct kc_buf *b, const char *name, double x, struct kc_err *e) KC_MUST_USE;

/* The numbers 0..k-1 by falling size, ties by the number, into order (k); sizes (k). */
void kc_out_by_size(const uint64_t *sizes, size_t k, uint32_t *order);

/* Longer tables show KC_OUT_SOME lines and say how many more there are. */
#define KC_OUT_MOST 25u
#define KC_OUT_SOME 20u

#endif
