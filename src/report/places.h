/* The places of rows on a map: a line, an object or a record for each row, or one array of npy. */
#ifndef KC_REPORT_PLACES_H
#define KC_REPORT_PLACES_H

#include "report/labels.h"

enum kc_place_column { KC_PLACE_TERM, KC_PLACE_X, KC_PLACE_Y, KC_PLACE_Z, KC_PLACE_CLUSTER, KC_PLACE_LABEL,
                       KC_PLACE_ROW, KC_PLACE_COLUMNS };
#define KC_PLACE_WORDS "term x y z cluster label row" /* their names, in the same order */

struct kc_place_opts {
    enum kc_out_format format;
    size_t ncolumns;        /* of all formats but npy, which has the places alone */
    enum kc_place_column columns[KC_PLACE_COLUMNS];
    int integers;           /* Parquet: all clusters are whole numbers */
    struct kc_out_opts csv; /* csv: csv_bom and csv_safe */
};

/* Parse a comma-separated list of columns into o. KC_EUSAGE on an unknown or repeated name or an empty list. */
int kc_place_columns_parse(const char *list, struct kc_place_opts *o, const char *option, struct kc_err *e) KC_MUST_USE;
/* Return 1 if c is among the columns. */
int kc_place_has_column(const struct kc_place_opts *o, enum kc_place_column c);

/* Some rows. */
struct kc_places {
    size_t n, dims;              /* dims: 2 or 3 */
    const float *xy;             /* (n, dims) */
    const struct kc_strs *terms; /* (n), or empty: the numbers of the input rows are the terms */
    const uint64_t *rows;        /* (n) numbers of the input rows; NULL: all but `skipped` */
    const uint64_t *skipped;     /* (nskipped) input rows left out, ascending; unused with `rows` */
    size_t nskipped;
    const uint32_t *cluster, *label;       /* (n) which of the names, or KC_NOISE; NULL if there is no such column */
    const struct kc_strs *clusters, *labels; /* the names */
};

struct kc_place_file; /* places being written */

/* Begin to write places to f. o lives as long as the writing. Free it with kc_out_places_free, also after a failure. */
int kc_out_places_begin(struct kc_place_file **out, struct kc_outfile *f, const struct kc_place_opts *o,
                        struct kc_err *e) KC_MUST_USE;
/* Write some rows. May be called any number of times. */
int kc_out_places_add(struct kc_place_file *w, const struct kc_places *t, struct kc_err *e) KC_MUST_USE;
/* Write what is left. The output itself is committed by the caller. */
int kc_out_places_end(struct kc_place_file *w, struct kc_err *e) KC_MUST_USE;
void kc_out_places_free(struct kc_place_file *w); /* NULL is fine */

#endif
