/* Inside src/out: what a writer of labels is made of. */
#ifndef KC_REPORT_WRITER_H
#define KC_REPORT_WRITER_H

#include "report/labels.h"

struct kc_out_writer {
    const char *name;
    /* The line before the rows; NULL: none. */
    int (*header)(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e);
    /* Row i of t, which is row `row` of the input, with its newline. */
    int (*row)(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t row, const struct kc_out_opts *o,
               struct kc_err *e);
};

extern const struct kc_out_writer kc_out_writer_tsv, kc_out_writer_csv, kc_out_writer_jsonl;

/* How a column is called in a header or as a key: as on the command line, but cluster_id for cluster. */
const char *kc_out_column_key(enum kc_column c);

/* The figure (a real) of row i in column c; NAN when it is not defined. */
double kc_out_figure(const struct kc_labels *t, size_t i, enum kc_column c);

/* Six decimals, rounded half to even, never -0; no NUL. 0 bytes when x is not finite. */
#define KC_OUT_REAL_MAX 32
size_t kc_out_real(char out[KC_OUT_REAL_MAX], double x);

/* The term of row i, which is row `row` of the input; its n bytes may lie in digits. */
const char *kc_out_term(const struct kc_strs *terms, size_t i, uint64_t row, char digits[20], size_t *n);

/* Append an unsigned integer or a real (nothing when it is not finite). */
int kc_out_add_u64(struct kc_buf *b, uint64_t v, struct kc_err *e) KC_MUST_USE;
int kc_out_add_cluster(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                       struct kc_err *e) KC_MUST_USE;

/* Append row i's columns with a separator between them and a newline; terms by way of `term`. */
typedef int (*kc_out_add_term)(struct kc_buf *b, const char *s, size_t n, struct kc_err *e);
int kc_out_add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
                   char separator, kc_out_add_term term, struct kc_err *e) KC_MUST_USE;

#endif
