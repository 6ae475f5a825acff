/* What changed from one labelling to another, or from one model to another, for people and for programs. */
#ifndef KC_REPORT_DIFF_H
#define KC_REPORT_DIFF_H

#include "base/mem.h"
#include "core/track/kinship.h"
#include "in/fields/labels.h"

struct kc_diff_side {
    const char *name;
    const struct kc_labelling *labels; /* of a model: its ids as names, without rows */
    uint64_t only;        /* rows that the other side has not */
    const uint64_t *rows; /* (k) rows of each cluster that both sides have, */
    const uint64_t *size; /* (k) and all its rows */
};

/* Of models all that is about single rows is absent: only, rows, common, changed, the tables and the agreement. */
struct kc_diff_report {
    struct kc_diff_side old, new;
    const struct kc_kinship *kinship; /* of models; NULL: labellings */
    uint64_t common, changed;  /* rows of both sides; of these, those whose cluster is another one */
    uint64_t renamed;          /* pairs of clusters whose labels differ */
    int same;                  /* the same partition of the common rows; of models: all clusters are kept */
    const struct kc_table *table, *turned; /* old by new, new by old, over the rows that have a label in both */
    const struct kc_agreement *agreement;  /* NULL: there are no such rows */
    const struct kc_lineage *lineage;
    const struct kc_lineage_opts *opts;
};

int kc_out_diff_text(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e) KC_MUST_USE; /* 80 columns */
int kc_out_diff_json(struct kc_buf *b, const struct kc_diff_report *r, struct kc_err *e) KC_MUST_USE;

#endif
