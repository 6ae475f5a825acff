/* Label rows by a model, piece by piece. */
#ifndef KC_MODEL_ASSIGN_H
#define KC_MODEL_ASSIGN_H

#include "base/label.h"
#include "model/model.h"

/* OUTLIER: a row that is less similar than every row of the cluster and also lies more than twice the
 * interquartile range below the first quartile: in a cluster of few rows the least similar one says little (the
 * fence is Tukey's, 1977). */
enum kc_threshold_kind { KC_THRESHOLD_NONE, KC_THRESHOLD_SIMILARITY, KC_THRESHOLD_PERCENTILE, KC_THRESHOLD_OUTLIER };

struct kc_threshold {
    enum kc_threshold_kind kind;
    double value; /* a similarity, or a percentile of the similarities of the cluster's own rows */
};

/* Return the fence of a cluster: a similarity below which a row is far from the cluster's rows, whose percentiles
 * are given (KC_MODEL_PERCENTILES). */
float kc_model_fence(const float *quantiles);

struct kc_assign_opts {
    struct kc_threshold threshold; /* less similar rows are noise */
    double min_margin;             /* rows with a smaller margin are noise; -2: any margin will do */
    int want_silhouette;
};

#define KC_ASSIGN_OPTS_DEFAULT {{KC_THRESHOLD_NONE, 0}, -2, 0}

struct kc_labeller;

/* Create a labeller. It refers to m, which must not change until it is freed. Free *out also after a failure. */
int kc_labeller_new(struct kc_labeller **out, const struct kc_model *m, const struct kc_assign_opts *o,
                    struct kc_err *e) KC_MUST_USE;
void kc_labeller_free(struct kc_labeller *l); /* NULL is fine */

/* Compare n unit rows with the model, and leave the figures in `made`, for kc_labeller_take. Any number of threads
 * may call it at once. A kc_in_opts.each. */
int kc_labeller_each(void *labeller, const float *x, size_t n, size_t d, struct kc_buf *made,
                     struct kc_err *e) KC_MUST_USE;

/* The labels and figures of n rows. */
struct kc_labelled {
    uint32_t *labels;   /* (n) row of the model, or KC_NOISE */
    uint32_t *nearest;  /* (n) row of the model, whatever the thresholds */
    float *similarity;  /* (n) to the centroid of `nearest` */
    float *margin;      /* (n) that similarity less the best of the other centroids */
    double *silhouette; /* (n) as members of `nearest`, see core/judge/nonmembers.h; NULL: not wanted */
};

/* Finish one piece. Call it for the pieces in input order: equal rows that size limits split are distinguished by
 * position.
 *   x (n, d): the rows that passed the filters
 *   of (n, ascending): their indices among the `seen` rows given to kc_labeller_each; NULL if all passed
 *   made: what that call filled
 *   out: set; its arrays lie in `made` */
void kc_labeller_take(struct kc_labeller *l, const float *x, size_t n, const uint32_t *of, size_t seen,
                      const struct kc_buf *made, struct kc_labelled *out);

/* Label all rows of a source in memory. The arrays (n) of out are the caller's; silhouette may be NULL. */
int kc_labeller_all(const struct kc_ctx *ctx, struct kc_labeller *l, const struct kc_rows *rows,
                    struct kc_labelled *out, struct kc_err *e) KC_MUST_USE;

#endif
