/* An update under way: what update.c and topics.c share. */
#ifndef KC_MODEL_UPDATING_H
#define KC_MODEL_UPDATING_H

#include "model/update.h"

/* The rows of an update are numbered 0 .. all - 1: those of the pool first, then those of the batch. */
struct kc_updating {
    const struct kc_ctx *ctx;
    struct kc_model *m;
    const struct kc_dataset *ds;
    const struct kc_update_opts *o;
    struct kc_update *u;
    struct kc_err *e;
    size_t k;                /* clusters before the update */
    size_t d, pool, all;     /* dimensions; rows of the pool; all rows */
    uint64_t min_new;
    struct kc_rows source[2]; /* the pool, the batch */
    struct kc_labelled old;  /* (all) by the model before the update */
    uint32_t *label;         /* (all) old cluster, k + j for new cluster j, or KC_NOISE */
    float *centroids;        /* (nnew, d) of new clusters */
    double *sums;            /* (nnew, d) */
    uint64_t *counts;        /* (nnew) */
    size_t nnew, cap;
    float usual_fence;       /* median fence of the old clusters */
};

static inline const float *kc_updating_row(const struct kc_updating *w, size_t i)
{
    return i < w->pool ? w->m->pool.x + i * w->d : w->ds->x.x + (i - w->pool) * w->d;
}

/* Set out (d) to the unit vector of a sum (d). Returns 0 if the sum has no direction. */
int kc_updating_direction(const double *sum, size_t d, float *out) KC_MUST_USE;

/* Find new clusters among the unassigned rows (topics.c): set their sums, counts and centroids in w, and w->label. */
int kc_updating_topics(struct kc_updating *w) KC_MUST_USE;

#endif
