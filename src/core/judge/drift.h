/* Drift: whether rows still look like those that a clustering was fitted to. */
#ifndef KC_CORE_JUDGE_DRIFT_H
#define KC_CORE_JUDGE_DRIFT_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

/* Limits: figures above these are reported. */
struct kc_drift_limits {
    double unassigned; /* share of the rows that are unassigned */
    double silhouette; /* fall of the mean silhouette since the fit */
    double cv;         /* coefficient of variation of the clusters' sizes */
    double rows;       /* rows since the fit, as a share of those of the fit; reported, but never drift by itself */
};

#define KC_DRIFT_LIMITS_DEFAULT {0.30, 0.15, 1.5, 0.05}

struct kc_drift {
    uint64_t rows, unassigned; /* of this run */
    double silhouette_fit, silhouette; /* mean; NAN where not defined */
    double similarity_fit, similarity; /* mean similarity to the nearest centroid */
    double cv, gini;           /* of the clusters' sizes, these rows included */
    uint64_t rows_fit, rows_since; /* rows of the fit; rows seen since then, these included */
    struct kc_drift_limits limits;
    int many_unassigned, silhouette_fell, unbalanced; /* a limit was crossed: there is drift */
    int many_rows;             /* the limit of rows was crossed, which alone is no drift */
};

/* Set the flags from the figures. Returns 1 if there is drift. */
int kc_drift_judge(struct kc_drift *d);

/* Compute the coefficient of variation (of the population) and the Gini coefficient (Gini 1912) of k > 0 sizes. */
int kc_balance(const uint64_t *counts, size_t k, double *cv, double *gini, struct kc_err *e) KC_MUST_USE;

#endif
