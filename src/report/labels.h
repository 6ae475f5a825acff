/* The labels of the rows: one record each, in input order, as text, as Parquet, or as a vector of integers. */
#ifndef KC_REPORT_LABELS_H
#define KC_REPORT_LABELS_H

#include "base/label.h"
#include "base/mem.h"
#include "in/piece/copy.h"
#include "io/outfile.h"

enum kc_out_format { KC_OUT_TSV, KC_OUT_CSV, KC_OUT_JSONL, KC_OUT_NPY, KC_OUT_PARQUET, KC_OUT_FORMATS };
#define KC_OUT_WORDS "tsv csv jsonl npy parquet" /* their names, in the same order */

enum kc_column {
    KC_COL_TERM,
    KC_COL_CLUSTER,
    KC_COL_SIMILARITY,
    KC_COL_MARGIN,
    KC_COL_SILHOUETTE,
    KC_COL_ROW,
    KC_COL_LABEL,
    KC_COL_PURITY,
    KC_COL_PROBABILITY,
    KC_COL_OUTLIER,
    KC_COL_STABILITY,
    KC_COLUMNS
};

#define KC_TOP_MOST 100
#define KC_LABELS_LEVELS_MOST 64 /* as many as core/cluster/clustering.h allows */

struct kc_out_opts {
    enum kc_out_format format;
    size_t ncolumns;
    enum kc_column columns[KC_COLUMNS];
    enum kc_raw annotate; /* copy the records in this form, and add the columns other than the term after their own */
    const char *id_format; /* accepted by kc_out_id_format_check; NULL: the bare number */
    uint64_t top; /* so many nearest clusters, with their similarities, follow the columns; at most KC_TOP_MOST */
    int csv_bom;  /* csv: begin with a byte order mark */
    int csv_safe; /* csv: no text that a spreadsheet takes for a formula */
    size_t nlevels; /* so many levels of coarser clusters follow the columns, before the nearest ones; at most
                     * KC_LABELS_LEVELS_MOST */
};

#define KC_OUT_OPTS_DEFAULT {KC_OUT_TSV, 2, {KC_COL_TERM, KC_COL_CLUSTER}, KC_RAW_NONE, NULL, 0, 0, 0, 0}

/* Check a format of ids: text in which one %d, or %0Nd for at least N digits, stands for the number, and %% for a
 * percent sign. It may have no control bytes, quotes, commas or backslashes, so that no output has to escape it.
 * KC_EUSAGE if it is wrong; the message names the option. */
int kc_out_id_format_check(const char *format, const char *option, struct kc_err *e) KC_MUST_USE;
/* Append an id. format: as above, or NULL: the bare number. */
int kc_out_add_id(struct kc_buf *b, const char *format, uint64_t id, struct kc_err *e) KC_MUST_USE;

struct kc_labels {
    size_t n;
    const struct kc_strs *terms;                    /* (n), or empty: the numbers of the input rows are the terms */
    const struct kc_strs *raws;                     /* (n) the input records; NULL without annotate */
    const struct kc_raw_head *head;                 /* they are rows of a table that begins so; NULL: JSON */
    const uint32_t *labels;                         /* (n) clusters, or KC_NOISE */
    const int64_t *ids;                             /* (k) cluster c is written as ids[c]; NULL: as c */
    const struct kc_strs *names;                    /* (k) labels of the clusters; NULL if there is no such column */
    /* (n) each; NULL if there is no such column */
    const float *similarity, *margin, *silhouette, *purity, *probability, *outlier, *stability;
    const uint32_t *level[KC_LABELS_LEVELS_MOST];   /* (n) each: its cluster at each level, the coarsest first */
    const uint32_t *top;                            /* (n, top of the options) the nearest clusters; or NULL */
    const float *top_similarity;                    /* the similarities to them; KC_NONE: there are fewer */
    const uint64_t *rows;                           /* (n) numbers of the input rows; NULL: all but `skipped` */
    const uint64_t *skipped;                        /* (nskipped) input rows left out, ascending; unused with `rows` */
    size_t nskipped;
};

/* Find a format by its name. Return 0, or -1 if there is none. */
int kc_out_format_by_name(const char *name, enum kc_out_format *f) KC_MUST_USE;

/* Set the format by the suffix of an output, if its name has one (io/suffix.h). words: the suffixes in the order of the
 * formats, as in KC_OUT_SUFFIXES. KC_EUSAGE, naming the option and the cure (or NULL), for another one. */
int kc_out_format_by_suffix(const char *path, const char *option, const char *words, const char *cure,
                            enum kc_out_format *format, struct kc_err *e) KC_MUST_USE;
#define KC_OUT_SUFFIXES "tsv/tab csv jsonl/ndjson npy parquet"
#define KC_OUT_TEXT_SUFFIXES "tsv/tab csv jsonl/ndjson" /* of tables that are text */

/* Parse a comma-separated list of column names into o. KC_EUSAGE on an unknown or repeated name or an empty list. */
int kc_out_columns_parse(const char *list, struct kc_out_opts *o, struct kc_err *e) KC_MUST_USE;
/* Return 1 if c is among the columns. */
int kc_out_has_column(const struct kc_out_opts *o, enum kc_column c);
/* Return 1 if some column needs figures of each row that its algorithm computes: similarity, margin or silhouette. */
int kc_out_wants_figures(const struct kc_out_opts *o);

struct kc_label_file; /* labels being written */

/* Begin to write labels to f, and write the header, if the format has one. o lives as long as the writing. Free it with
 * kc_out_labels_free, also after a failure. */
int kc_out_labels_begin(struct kc_label_file **out, struct kc_outfile *f, const struct kc_out_opts *o,
                        struct kc_err *e) KC_MUST_USE;
/* Write the rows of one piece. May be called any number of times. */
int kc_out_labels_add(struct kc_label_file *w, const struct kc_labels *t, struct kc_err *e) KC_MUST_USE;
/* Write what comes after the last row. The output itself is committed by the caller. */
int kc_out_labels_end(struct kc_label_file *w, struct kc_err *e) KC_MUST_USE;
void kc_out_labels_free(struct kc_label_file *w); /* NULL is fine */
/* Write all that a file of labels has. */
int kc_out_labels(struct kc_outfile *f, const struct kc_labels *t, const struct kc_out_opts *o,
                  struct kc_err *e) KC_MUST_USE;

/* Append a term (n bytes) escaped as in tsv: \t \n \r \\, other control bytes as \xHH. */
int kc_out_tsv_escape(struct kc_buf *b, const char *s, size_t n, struct kc_err *e) KC_MUST_USE;

#endif
