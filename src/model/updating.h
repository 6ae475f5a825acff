/* Inside model/update: an update under way. */
#ifndef KC_MODEL_UPDATING_H
#define KC_MODEL_UPDATING_H

#include "model/update.h"

/* An update under way. All rows, those of the pool first, then the batch, are rows 0 .. all - 1. */
struct kc_updating {
    const struct kc_ctx *ctx;
    struct kc_model *m;
    const struct kc_dataset *ds;
    const struct kc_update_opts *o;
    struct kc_update *u;
    struct kc_err *e;
    size_t k, d, pool, all; /* k: clusters before */
    uint64_t min_new;
    struct kc_rows part[2];  /* the pool, the batch */
    struct kc_labelled old;  /* (all) by the model as it was */
    uint32_t *label;         /* (all) */
    float *centroids;        /* (nnew, d) of new clusters */
    double *sums;            /* (nnew, d) */
    uint64_t *counts;        /* (nnew) */
    size_t nnew, cap;
    float usual;             /* see find_usual */
};

static inline const float *kc_updating_row(const struct kc_updating *w, size_t i)
{
    return i < w->pool ? w->m->pool.x + i * w->d : w->ds->x.x + (i - w->pool) * w->d;
}

/* The unit vector of a sum (d); 0 when it has no direction. */
int kc_updating_direction(const double *sum, size_t d, float *out) KC_MUST_USE;

/* New clusters among the rows that no cluster has taken: their sums, counts and centroids into w, and the labels of their
 * rows, k + j, into w->label. */
int kc_updating_topics(struct kc_updating *w) KC_MUST_USE;

#endif
