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
    uint64_t n, assigned;           /* rows, and those with a label */
    const uint64_t *sizes;          /* (labels->k) rows with each label */
    double variation, gini;         /* of the sizes; NAN without any */
    /* with vectors, and some rows assigned: */
    const struct kc_quality *quality; /* of the assigned rows; else NULL */
    const uint32_t *rows;           /* (quality->n) data rows they are, */
    const uint32_t *row_labels;     /* (quality->n) and their labels */
    const struct kc_strs *terms;    /* of the data rows */
    const uint64_t *skipped;        /* (nskipped) input rows left out, ascending */
    size_t nskipped;
    /* with gold labels: */
    const char *gold_name;
    const struct kc_labelling *gold; /* else NULL */
    const struct kc_table *table;    /* labels by gold labels, over the assigned rows */
    const struct kc_agreement *agreement; /* NULL: no row is assigned */
};

/* No wider than 80 columns; long tables are cut to the largest clusters and classes, and say so. */
int kc_out_score_text(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;
/* One JSON object, complete; what is undefined is null. */
int kc_out_score_json(struct kc_buf *b, const struct kc_score_report *r, struct kc_err *e) KC_MUST_USE;

#endif
