/* Inside src/model: the state of an edit, shared by edit.c and edit_rows.c. */
#ifndef KC_MODEL_EDITING_H
#define KC_MODEL_EDITING_H

#include "model/edit.h"

/* An edit in progress. */
struct kc_editing {
    const struct kc_ctx *ctx;
    struct kc_model *m;
    const struct kc_edits *edits;
    const struct kc_dataset *ds;
    struct kc_model_edited *out;
    struct kc_err *e;
    size_t k;             /* clusters afterwards */
    struct kc_rows rows;  /* (n) rows at hand: of a model of votes its own, else those of ds; n may be 0 */
    float *x;             /* (n, d) own memory of rows */
    uint32_t *label;      /* (n) the cluster of each row at hand: before, and from kc_editing_cut on afterwards */
    uint32_t *of_ds;      /* (n) model of votes: which row of ds each is; KC_NONE: none */
    uint64_t *have;       /* (k) rows at hand of each cluster afterwards */
    struct kc_strs labels; /* (m->k) the names before */
    /* What takes the place of the model's. */
    int64_t *ids;
    float *centroids, *quantiles;
    double *sums;
    uint64_t *counts;
};

/* Gather the rows at hand with their labels. */
int kc_editing_gather(struct kc_editing *w) KC_MUST_USE;
/* Cut the clusters that are to be cut, and give the rows at hand their labels of afterwards. */
int kc_editing_cut(struct kc_editing *w) KC_MUST_USE;
/* Compute percentiles and baseline, as far as the rows at hand tell them. similarity (n): to the own centroid. */
int kc_editing_judge(struct kc_editing *w, const float *similarity) KC_MUST_USE;
/* Choose the representatives of the clusters. */
int kc_editing_represent(struct kc_editing *w, const float *similarity) KC_MUST_USE;
/* Record the given rows of a model of centroids that are not in the cluster of the nearest. The model has its new
 * clusters, and the old entries with their new places. */
int kc_editing_record_moved(struct kc_editing *w) KC_MUST_USE;

/* Return the product of the centroids of old cluster a and new cluster c. */
double kc_editing_product(const struct kc_editing *w, size_t a, size_t c);

#endif
