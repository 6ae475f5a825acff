/* Comparisons of two labellings or two models, for diff and for reports. */
#ifndef KC_JOB_COMPARE_H
#define KC_JOB_COMPARE_H

#include "core/judge/agreement.h"
#include "report/diff.h"

struct kc_model;

/* What a comparison's report points to. Zero-initialise; free with kc_comparison_free, also after a failure. */
struct kc_comparison {
    uint32_t *old_of;        /* (rows of new) the old row of each new one; KC_INTERN_NONE: none */
    uint32_t *a, *b;         /* (rows of new) old and new labels of the common rows; KC_NOISE for all others */
    uint64_t *old_rows, *new_rows; /* (k) common rows of each cluster */
    uint64_t *old_size, *new_size; /* (k) all rows of each cluster */
    struct kc_table table, turned;
    struct kc_agreement agreement;
    struct kc_lineage lineage;
    struct kc_kinship kinship;
};

/* Compare the two labellings that p names, with p's options, and complete p. Rows are matched by their terms, or row by
 * row if one side has none. KC_EINPUT if no row is on both sides. */
int kc_compare_labels(struct kc_comparison *c, struct kc_diff_report *p, struct kc_err *e) KC_MUST_USE;
/* Compare two models of the same dimensions with p's options, and complete p. old_ids, new_ids: the labellings that p
 * names; they receive the ids as names; free them with kc_labelling_free. */
int kc_compare_models(struct kc_comparison *c, const struct kc_model *old, const struct kc_model *new,
                      struct kc_labelling *old_ids, struct kc_labelling *new_ids, struct kc_diff_report *p,
                      struct kc_err *e) KC_MUST_USE;
void kc_comparison_free(struct kc_comparison *c);

#endif
