/* The quality of a labelling, for people (text) and for programs (JSON). */
#ifndef KC_REPORT_SCORE_H
#define KC_REPORT_SCORE_H

#include "base/mem.h"
#include "core/judge/agreement.h"
#include "core/judge/quality.h"
#include "in/fields/labels.h"

struct kc_score_report {
    const char *labels_name;
    const struct kc_labelling *labels;
    uint64_t n;                     /* rows */
    uint64_t assigned;              /* rows with a label */
    const uint64_t *sizes;          /* (labels->k) rows with each label */
    double variation, gini;         /* of the sizes; NAN if there are no labels */
    const struct kc_quality *quality; /* of the assigned rows; NULL: no vectors, or no row is assigned */
    /* Only with quality: */
    const uint32_t *rows;           /* (quality->n) the assigned rows, as numbers of data rows */
    const uint32_t *row_labels;     /* (quality->n) the labels of these */
    const struct kc_strs *terms;    /* of the data rows */
    const uint64_t *skipped;        /* (nskipped) input rows left out, ascending */
    size_t nskipped;
    const char *gold_name;           /* the file of the gold labels */
    const struct kc_labelling *gold; /* the gold labels; NULL: none, and nothing of what follows */
    const struct kc_table *table;    /* labels by gold labels, over the assigned rows */
    const struct kc_agreement *agreement; /* NULL: no row is assigned */
};

/* Append text of at most 80 columns. Long tables are cut to the largest clusters and classes, and say so. */
int kc_out_score_text(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;
/* Append one JSON object, with all clusters and classes. Undefined figures are null. */
int kc_out_score_json(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;

#endif
