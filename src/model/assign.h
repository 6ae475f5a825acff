/* Label rows with a model, piece by piece. */
#ifndef KC_MODEL_ASSIGN_H
#define KC_MODEL_ASSIGN_H

#include "base/label.h"
#include "model/model.h"

/* What makes a row unassigned. OUTLIER: it is less similar than every row of the cluster, and lies below the first
 * quartile by more than twice the interquartile range (a fence as in Tukey 1977): in a cluster of few rows, the
 * least similar one alone says little. */
enum kc_threshold_kind {
    KC_THRESHOLD_NONE, KC_THRESHOLD_SIMILARITY, KC_THRESHOLD_PERCENTILE, KC_THRESHOLD_OUTLIER,
    KC_THRESHOLD_MODEL /* that of the model: KC_MODEL_SMALL_PERCENTILE of a small one, else none */
};

struct kc_threshold {
    enum kc_threshold_kind kind;
    double value; /* SIMILARITY: -1 to 1; PERCENTILE: 0 to 100, of the similarities of the cluster's own rows */
};

/* Return the similarity below which a row is an OUTLIER of a cluster with these percentiles (KC_MODEL_PERCENTILES). */
float kc_model_fence(const float *quantiles);

/* Return the least similarity with which a row may join a cluster with these percentiles, which are read only for
 * PERCENTILE and OUTLIER. */
float kc_threshold_of(const float *quantiles, const struct kc_threshold *t);

struct kc_assign_opts {
    struct kc_threshold threshold; /* rows less similar than this are left unassigned */
    double min_margin;             /* rows with a smaller margin are left unassigned; -2: none */
    int want_silhouette;           /* compute silhouettes */
    size_t top;                    /* list so many nearest clusters; of a model of votes, those with the most votes */
    int want_probability;          /* compute shares of votes, if the model is one of votes */
};

#define KC_ASSIGN_OPTS_DEFAULT {{KC_THRESHOLD_MODEL, 0}, -2, 0, 0, 0}

struct kc_labeller;

/* Make a labeller. m must outlive it. */
int kc_labeller_new(struct kc_labeller **out, const struct kc_model *m, const struct kc_assign_opts *o,
                    struct kc_err *e) KC_MUST_USE;
/* Free l, which may be NULL. */
void kc_labeller_free(struct kc_labeller *l);

/* Return the least similarity to its centroid with which a row may join cluster c; below -1: there is no threshold. */
double kc_labeller_least(const struct kc_labeller *l, size_t c);

/* Compute the figures of n unit rows into `made`. Any number of threads may call it at once. A kc_in_opts.each. */
int kc_labeller_each(void *labeller, const float *x, size_t n, size_t d, struct kc_buf *made,
                     struct kc_err *e) KC_MUST_USE;

/* The labels of a piece. The arrays lie in `made`. */
struct kc_labelled {
    uint32_t *labels;   /* (n) cluster, 0..k-1, or KC_NOISE */
    uint32_t *nearest;  /* (n) the same without thresholds; KC_NOISE if noise has won the vote */
    float *similarity;  /* (n) to the centroid of nearest; NAN without one, here and below */
    float *margin;      /* (n) similarity less that to the best of the other centroids */
    double *silhouette; /* (n) in nearest, see core/judge/nonmembers.h; NULL if not wanted */
    uint32_t *top;         /* (n, top) as in kc_assign_top or kc_votes_run; NULL if not wanted */
    float *top_similarity; /* (n, top) similarities, or shares of the votes */
    float *probability;    /* (n) share of the votes for nearest, 0 for noise; 1 for rows of the fit in clusters; NULL
                            * if not wanted, or the model is none of votes */
};

/* Return 1 if kc_labeller_take needs the rows themselves. */
int kc_labeller_needs_rows(const struct kc_labeller *l);
/* Finish a piece. Call it for the pieces in the order of the input: equal rows that size limits put into several
 * clusters are distinguished by their order.
 *
 * x     (n, d) the rows that passed the filters; NULL if they are not needed
 * of    (n, ascending) their indices among the rows given to kc_labeller_each; NULL: all of these passed
 * seen  rows given to kc_labeller_each
 * made  what that call has filled
 * out   the labels; its arrays lie in made */
void kc_labeller_take(struct kc_labeller *l, const float *x, size_t n, const uint32_t *of, size_t seen,
                      const struct kc_buf *made, struct kc_labelled *out);

/* Label all rows of a source at once. The arrays of out, (n) each, are the caller's; silhouette may be NULL, and top
 * and probability are not filled. */
int kc_labeller_all(const struct kc_ctx *ctx, struct kc_labeller *l, const struct kc_rows *rows,
                    struct kc_labelled *out, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that this allocates at the peak, the labeller and arrays of labels, nearest, similarity and margin
 * for n rows included, for default options. */
uint64_t kc_labeller_all_bytes(const struct kc_model *m, size_t n, int in_memory, unsigned threads);

#endif
