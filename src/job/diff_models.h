/* The comparison of two models, for diff and for reports. */
#ifndef KC_JOB_DIFF_MODELS_H
#define KC_JOB_DIFF_MODELS_H

#include "model/model.h"
#include "report/diff.h"
#include "view/view.h"

/* Compare two models of the same dimensions by their centroids. old_labels, new_labels: receive the ids as names; free
 * them with kc_labelling_free. Fills the kinship, and what of the report follows from models. */
int kc_job_compare_models(const struct kc_model *old, const struct kc_model *new, const struct kc_lineage_opts *o,
                          struct kc_labelling *old_labels, struct kc_labelling *new_labels, struct kc_kinship *kinship,
                          struct kc_diff_report *p, struct kc_err *e) KC_MUST_USE;
/* Set the view's flow from one model to another. Models of different dimensions have none. */
int kc_job_view_models(const struct kc_model *old, const char *old_name, const struct kc_model *new,
                       const char *new_name, const struct kc_lineage_opts *o, struct kc_view *v,
                       struct kc_err *e) KC_MUST_USE;

#endif
