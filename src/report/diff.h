/* What changed from one labelling to another, or from one model to another, for people and for programs. */
#ifndef KC_REPORT_DIFF_H
#define KC_REPORT_DIFF_H

#include "base/mem.h"
#include "core/track/kinship.h"
#include "in/fields/labels.h"

struct kc_diff_side {
    const char *name;
    const struct kc_labelling *labels; /* for a model: no rows, and its ids as the names */
    uint64_t only;        /* rows that the other side does not have */
    const uint64_t *rows; /* (k) rows of each cluster that the other side has too */
    const uint64_t *size; /* (k) all rows of each cluster */
};

/* The report that compares two labellings or two models. For models, whose rows are not known, these are absent: only,
 * rows, common, changed, the tables and the agreement. */
struct kc_diff_report {
    struct kc_diff_side old, new;
    const struct kc_kinship *kinship; /* for models; NULL: labellings are compared */
    uint64_t common;           /* rows that both sides have */
    uint64_t changed;          /* common rows whose two clusters are not partners, or that have only one */
    uint64_t renamed;          /* pairs of partner clusters whose labels differ */
    int same;                  /* 1 if the common rows are partitioned alike; for models, if all clusters are kept */
    const struct kc_table *table;  /* old by new clusters, over the rows that have a label on both sides */
    const struct kc_table *turned; /* the same, new by old */
    const struct kc_agreement *agreement;  /* NULL: no row has a label on both sides */
    const struct kc_lineage *lineage;
    const struct kc_lineage_opts *opts;
};

/* Append the report as text of at most 80 columns. */
int kc_out_diff_text(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e) KC_MUST_USE;
/* Append the report as one JSON object. */
int kc_out_diff_json(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e) KC_MUST_USE;

#endif
