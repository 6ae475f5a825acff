/* The labelling as rows of text: one line a record, in input order. */
#ifndef KC_REPORT_LABELS_H
#define KC_REPORT_LABELS_H

#include "base/label.h"
#include "base/mem.h"
#include "io/outfile.h"

enum kc_out_format { KC_OUT_TSV, KC_OUT_CSV, KC_OUT_JSONL, KC_OUT_FORMATS };

enum kc_column {
    KC_COL_TERM,
    KC_COL_CLUSTER,
    KC_COL_SIMILARITY,
    KC_COL_MARGIN,
    KC_COL_SILHOUETTE,
    KC_COL_ROW,
    KC_COLUMNS
};

struct kc_out_opts {
    enum kc_out_format format;
    size_t ncolumns;
    enum kc_column columns[KC_COLUMNS];
    int annotate; /* JSONL: echo the records with the columns behind their own members, the term left out */
    const char *id_format; /* kc_out_id_format_check has found it right; NULL: the bare number */
};

#define KC_OUT_OPTS_DEFAULT {KC_OUT_TSV, 2, {KC_COL_TERM, KC_COL_CLUSTER}, 0, NULL}

/* How ids are written: text in which one %d, or %0Nd for at least N digits, stands for the number, and %% for a percent
 * sign. No control bytes, quotes, commas or backslashes, so that it needs no escapes in any format. KC_EUSAGE. */
int kc_out_id_format_check(const char *format, const char *option, struct kc_err *e) KC_MUST_USE;
int kc_out_add_id(struct kc_buf *b, const char *format, uint64_t id, struct kc_err *e) KC_MUST_USE;


struct kc_labels {
    size_t n;
    const struct kc_strs *terms;                    /* n; none of them: the numbers of the input rows are the terms */
    const struct kc_strs *raws;                     /* n, or NULL without annotate */
    const uint32_t *labels;                         /* (n) */
    const int64_t *ids;                             /* what to write for label i: ids[i]; NULL: i */
    const float *similarity, *margin, *silhouette;  /* (n) each, or NULL when no such column is asked for */
    const uint64_t *rows;                           /* (n) input rows; NULL: all but those left out, */
    const uint64_t *skipped;                        /* (nskipped) ascending */
    size_t nskipped;
};

int kc_out_format_by_name(const char *name, enum kc_out_format *f) KC_MUST_USE; /* -1: unknown */

/* A comma-separated list of column names into o; KC_EUSAGE on an unknown or repeated name or an empty list. */
int kc_out_columns_parse(const char *list, struct kc_out_opts *o, struct kc_err *e) KC_MUST_USE;
int kc_out_has_column(const struct kc_out_opts *o, enum kc_column c);
/* Some column needs kc_fit's figures for each row. */
int kc_out_wants_figures(const struct kc_out_opts *o);

/* The header, if the format has one; then any number of pieces. */
int kc_out_labels_begin(struct kc_outfile *f, const struct kc_out_opts *o, struct kc_err *e) KC_MUST_USE;
int kc_out_labels_add(struct kc_outfile *f, const struct kc_labels *t, const struct kc_out_opts *o,
                      struct kc_err *e) KC_MUST_USE;
/* All at once. */
int kc_out_labels(struct kc_outfile *f, const struct kc_labels *t, const struct kc_out_opts *o,
                  struct kc_err *e) KC_MUST_USE;

/* Append the term as the tsv writer has it: \t \n \r \\, other control bytes \xHH. */
int kc_out_tsv_escape(struct kc_buf *b, const char *s, size_t n, struct kc_err *e) KC_MUST_USE;

#endif
