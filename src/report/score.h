/* The quality of a labelling, for people (text) and for programs (JSON). */
#ifndef KC_REPORT_SCORE_H
#define KC_REPORT_SCORE_H

#include "base/mem.h"
#include "core/graph/apart.h"
#include "core/judge/confusions.h"
#include "core/judge/quality.h"
#include "in/fields/labels.h"
#include "json/jsonw.h"

struct kc_score_report {
    const char *labels_name;
    const struct kc_labelling *labels;
    uint64_t n;                     /* rows */
    uint64_t assigned;              /* rows with a label */
    const uint64_t *sizes;          /* (labels->k) rows with each label */
    double variation, gini;         /* of the sizes; NAN if there are no labels */
    const struct kc_quality *quality; /* of the assigned rows; NULL: no vectors, or no row is assigned */
    uint64_t most;                  /* most lines of each list of what lowers the figures; JSON has all clusters */
    const uint32_t *of_row;         /* (n) the labels of the data rows */
    const uint32_t *rows;           /* (assigned) the assigned rows, as numbers of data rows */
    const struct kc_strs *terms;    /* of the data rows; or none */
    const uint64_t *skipped;        /* (nskipped) input rows left out, ascending */
    size_t nskipped;
    const struct kc_apart *apart;   /* similar rows, by places in rows, with different labels; NULL: not looked for */
    double least, recall;           /* their least similarity; the share of all neighbours that were found */
    const char *gold_name;           /* the file of the gold labels */
    const struct kc_labelling *gold; /* the gold labels; NULL: none, and nothing of what follows */
    const struct kc_table *table;    /* labels by gold labels, over the assigned rows */
    const struct kc_agreement *agreement; /* NULL: no row is assigned */
    const uint32_t *gold_of_row;          /* (n) the gold labels of the data rows */
    const struct kc_confusions *confusions; /* with agreement: rows are those of the data */
};

/* Append text of at most 80 columns. Long tables are cut to the largest clusters and classes, and say so. */
int kc_out_score_text(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;
/* Append one JSON object, with all clusters and classes. Undefined figures are null. */
int kc_out_score_json(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;

/* For these two: append what lowers the figures most (score_errors.c). */
int kc_out_errors_text(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;
void kc_out_errors_json(struct kc_jsonw *w, const struct kc_score_report *r);
void kc_out_confusions_json(struct kc_jsonw *w, const struct kc_score_report *r);

#endif
