/* Inside src/report: what a writer of labels consists of, and what the writers share. */
#ifndef KC_REPORT_WRITER_H
#define KC_REPORT_WRITER_H

#include "json/jsonw.h"
#include "report/labels.h"

struct kc_out_writer {
    const char *name;
    /* Append the line before the rows. NULL: there is none. */
    int (*header)(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e);
    /* Append row i of t, which is row `row` of the input, with its newline. NULL: it is no text. */
    int (*row)(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t row, const struct kc_out_opts *o,
               struct kc_err *e);
};

extern const struct kc_out_writer kc_out_writer_tsv, kc_out_writer_csv, kc_out_writer_jsonl, kc_out_writer_npy,
    kc_out_writer_parquet;

/* Write an npy file of the labels in b, which are int32 in the order of this machine. (labels_npy.c) */
int kc_out_npy_end(struct kc_outfile *f, struct kc_buf *b, struct kc_err *e) KC_MUST_USE;

/* Write the records of a table back, with the columns added: the header, if the input has one; row i of t.
 * (annotated.c) */
int kc_out_table_begin(struct kc_buf *b, const struct kc_raw_head *head, const struct kc_out_opts *o,
                       struct kc_err *e) KC_MUST_USE;
int kc_out_table_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number,
                     const struct kc_out_opts *o, struct kc_err *e) KC_MUST_USE;

struct kc_parquet; /* report/parquet.h */
/* Begin a Parquet file of labels, with names of columns that the caller frees after it; add row i of t, with tmp for
 * what is between. (labels_parquet.c) */
int kc_out_parquet_begin(struct kc_parquet **out, char **names, struct kc_outfile *f, const struct kc_out_opts *o,
                         struct kc_err *e) KC_MUST_USE;
int kc_out_parquet_row(struct kc_parquet *p, const struct kc_labels *t, size_t i, uint64_t number,
                       const struct kc_out_opts *o, struct kc_buf *tmp, struct kc_err *e) KC_MUST_USE;

/* Return the name of a column in a header or as a key: as on the command line, but cluster_id for cluster,
 * and cluster_label for label. */
const char *kc_out_column_key(enum kc_column c);

/* Return the figure of row i in column c; NAN if it is not defined. */
double kc_out_figure(const struct kc_labels *t, size_t i, enum kc_column c);

/* Format x with six decimals, rounded half to even, never as -0, without a NUL. Return the bytes written: 0 if x is not
 * finite or above 1e12 in size. */
#define KC_OUT_REAL_MAX 32
size_t kc_out_real(char out[KC_OUT_REAL_MAX], double x);

/* Return the term of row i, which is row `row` of the input. Its *n bytes may lie in digits. */
const char *kc_out_term(const struct kc_strs *terms, size_t i, uint64_t row, char digits[20], size_t *n);

/* Return the label of the cluster of row i, of *n bytes: 0 if the row is unassigned or the cluster has none. */
const char *kc_out_name(const struct kc_labels *t, size_t i, size_t *n);

/* Append a text, quoted as RFC 4180 needs where `sep` separates the fields, or anyway. */
int kc_out_csv_quote(struct kc_buf *b, const char *s, size_t n, char sep, int anyway, struct kc_err *e) KC_MUST_USE;
/* Append the byte order mark, if o asks for it. */
int kc_out_csv_begin(struct kc_buf *b, const struct kc_out_opts *o, struct kc_err *e) KC_MUST_USE;
int kc_out_add_u64(struct kc_buf *b, uint64_t v, struct kc_err *e) KC_MUST_USE;
/* Append the id of the cluster of row i; -1 if the row is unassigned. */
int kc_out_add_cluster(struct kc_buf *b, const struct kc_labels *t, size_t i, const struct kc_out_opts *o,
                       struct kc_err *e) KC_MUST_USE;

/* Append the names of the columns of levels to a header, each after the separator. */
int kc_out_level_names(struct kc_buf *b, const struct kc_out_opts *o, char separator, struct kc_err *e) KC_MUST_USE;
/* Append the number of row i's cluster at level j; -1 if it is in none. */
int kc_out_add_level(struct kc_buf *b, const struct kc_labels *t, size_t i, size_t j, const struct kc_out_opts *o,
                     struct kc_err *e) KC_MUST_USE;
/* Return the cluster that is the (j + 1)th nearest of row i, and the similarity to it; KC_NONE if there are fewer. */
uint32_t kc_out_top(const struct kc_labels *t, size_t i, uint64_t j, const struct kc_out_opts *o, float *similarity);
/* Append the id of cluster c. */
int kc_out_add_top_id(struct kc_buf *b, const struct kc_labels *t, uint32_t c, const struct kc_out_opts *o,
                      struct kc_err *e) KC_MUST_USE;

/* Appends a term, escaped or quoted as its format needs. */
typedef int (*kc_out_add_term)(struct kc_buf *b, const char *s, size_t n, struct kc_err *e);
/* Return what appends texts in csv as o asks for: quoted as RFC 4180 needs; safe ones with an apostrophe first if a
 * spreadsheet would take them for a formula. */
kc_out_add_term kc_out_csv_text(const struct kc_out_opts *o);
/* Append the columns of row i, which is row `number` of the input, with a separator between them and a newline. */
int kc_out_add_row(struct kc_buf *b, const struct kc_labels *t, size_t i, uint64_t number, const struct kc_out_opts *o,
                   char separator, kc_out_add_term term, struct kc_err *e) KC_MUST_USE;

#endif
