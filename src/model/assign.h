/* A model applied to rows, piece by piece. */
#ifndef KC_MODEL_ASSIGN_H
#define KC_MODEL_ASSIGN_H

#include "base/label.h"
#include "model/model.h"


/* OUTLIER: less similar than any row of the cluster itself, and also by more than twice the quartiles' distance below
 * the first quartile: in a cluster of few rows the least similar one says little (the fence is Tukey's, 1977). */
enum kc_threshold_kind { KC_THRESHOLD_NONE, KC_THRESHOLD_SIMILARITY, KC_THRESHOLD_PERCENTILE, KC_THRESHOLD_OUTLIER };

struct kc_threshold {
    enum kc_threshold_kind kind;
    double value; /* a similarity, or a percentile of the cluster's own rows' */
};

/* Below it lies what is far from the rows of these percentiles (KC_MODEL_PERCENTILES). */
float kc_model_fence(const float *quantiles);

struct kc_assign_opts {
    struct kc_threshold threshold; /* less similar rows are in no cluster, */
    double min_margin;             /* nor are those with less of a margin; -2: whatever it is */
    int want_silhouette;
};

#define KC_ASSIGN_OPTS_DEFAULT {{KC_THRESHOLD_NONE, 0}, -2, 0}

struct kc_labeller;

/* m is used until the end. */
int kc_labeller_new(struct kc_labeller **out, const struct kc_model *m, const struct kc_assign_opts *o,
                    struct kc_err *e) KC_MUST_USE;
void kc_labeller_free(struct kc_labeller *l); /* NULL is fine */

/* A kc_in_opts.each, by any number of threads at once: the figures of n unit rows into made. */
int kc_labeller_each(void *labeller, const float *x, size_t n, size_t d, struct kc_buf *made,
                     struct kc_err *e) KC_MUST_USE;

/* What became of a piece; the arrays lie in made. */
struct kc_labelled {
    uint32_t *labels;   /* (n) row of the model, or KC_NOISE */
    uint32_t *nearest;  /* (n) the same without thresholds */
    float *similarity;  /* (n) to that centroid */
    float *margin;      /* (n) */
    double *silhouette; /* (n) against the nearest, see core/judge/nonmembers.h; NULL when not wanted */
};

/* The pieces one after the other, in the order of the input: equal rows that size limits put into several clusters are
 * told apart by their order. x, n: the rows, of those given to kc_labeller_each the ones at of (n, ascending), or NULL:
 * all of them; seen: how many were given; made: by it. out's arrays lie in made. */
void kc_labeller_take(struct kc_labeller *l, const float *x, size_t n, const uint32_t *of, size_t seen,
                      const struct kc_buf *made, struct kc_labelled *out);

/* All rows of a source in memory at once; out's arrays (n) are the caller's, silhouette may be NULL. */
int kc_labeller_all(const struct kc_ctx *ctx, struct kc_labeller *l, const struct kc_rows *rows,
                    struct kc_labelled *out, struct kc_err *e) KC_MUST_USE;

#endif
