/* Inside src/model: the state of an update, shared by update.c and topics.c. */
#ifndef KC_MODEL_UPDATING_H
#define KC_MODEL_UPDATING_H

#include "model/update.h"

/* An update in progress. Its rows are numbered 0 .. all - 1: those of the pool first, then the batch. */
struct kc_updating {
    const struct kc_ctx *ctx;
    struct kc_model *m;
    const struct kc_dataset *ds;
    const struct kc_update_opts *o;
    struct kc_update *u;
    struct kc_err *e;
    size_t k, d;             /* clusters before the update, dimensions */
    size_t pool, all;        /* rows of the pool, rows in all */
    uint64_t min_new;        /* least rows of a new cluster */
    struct kc_rows source[2]; /* the pool, the batch */
    struct kc_labelled old;  /* (all) labels by the model before the update */
    uint32_t *label;         /* (all) labels; k + j: new cluster j */
    float *centroids;        /* (nnew, d) of the new clusters */
    double *sums;            /* (nnew, d) of the new clusters */
    uint64_t *counts;        /* (nnew) of the new clusters */
    size_t nnew, cap;        /* new clusters, and room for them */
    float usual_fence;       /* median of the old clusters' fences (kc_model_fence) */
};

/* Return row i: of the pool, or of the batch. */
static inline const float *kc_updating_row(const struct kc_updating *w, size_t i)
{
    return i < w->pool ? w->m->pool.x + i * w->d : w->ds->x.x + (i - w->pool) * w->d;
}

/* Scale a sum (d) to a unit vector. Return 0 if it is too short to have a direction. */
int kc_updating_direction(const double *sum, size_t d, float *out) KC_MUST_USE;

/* Find new clusters among the rows that joined no old one. Their sums, counts and centroids are added to w, and the
 * labels of their rows, k + j, are set in w->label. */
int kc_updating_topics(struct kc_updating *w) KC_MUST_USE;

#endif
