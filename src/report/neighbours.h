/* Lists of neighbours as text, one line a pair or one object a row, or as one array of npy. */
#ifndef KC_REPORT_NEIGHBOURS_H
#define KC_REPORT_NEIGHBOURS_H

#include "core/graph/neighbours.h"
#include "report/labels.h"

enum kc_near_column { KC_NEAR_TERM, KC_NEAR_NEIGHBOUR, KC_NEAR_SIMILARITY, KC_NEAR_RANK, KC_NEAR_ROW,
                      KC_NEAR_NEIGHBOUR_ROW, KC_NEAR_COLUMNS };
#define KC_NEAR_WORDS "term neighbour similarity rank row neighbour_row" /* their names, in the same order */
#define KC_NEAR_FORMATS "tsv csv jsonl npy"

struct kc_near_opts {
    enum kc_out_format format; /* any but Parquet */
    size_t ncolumns;           /* tsv and csv: the columns */
    enum kc_near_column columns[KC_NEAR_COLUMNS];
    int pairs;                 /* tsv and csv: write each pair once, from the row that comes first */
    struct kc_out_opts csv;    /* csv: csv_bom and csv_safe */
};
#define KC_NEAR_OPTS_DEFAULT {KC_OUT_TSV, 3, {KC_NEAR_TERM, KC_NEAR_NEIGHBOUR, KC_NEAR_SIMILARITY}, 0, {0}}

/* Parse a comma-separated list of columns into o. KC_EUSAGE on an unknown or repeated name or an empty list. */
int kc_near_columns_parse(const char *list, struct kc_near_opts *o, const char *option, struct kc_err *e) KC_MUST_USE;

struct kc_near {
    const struct kc_neighbours *g;
    const struct kc_strs *terms; /* (n), or empty: the numbers of the input rows are the terms */
    const uint64_t *skipped;     /* (nskipped) input rows left out, ascending */
    size_t nskipped;
};

/* Write the lists. *lines: set to how many neighbours were written. npy is a vector of n records, which name neighbours
 * by their position in it; -1 and NaN stand where a list ends. */
int kc_out_near(struct kc_outfile *f, const struct kc_near *t, const struct kc_near_opts *o, uint64_t *lines,
                struct kc_err *e) KC_MUST_USE;

#endif
