/* The stacked engine's state, and the passes over the rows. Internal to stack*.c. */
#ifndef KC_CORE_KMEANS_STACK_H
#define KC_CORE_KMEANS_STACK_H

#include <math.h>
#include "core/cluster/space.h"
#include "core/kmeans/agglomerate.h"
#include "la/product.h"
#include "par/pool.h"

#define KC_STACK_SLOTS 48 /* runs at a time, at most */
#define KC_STACK_STRIP 8  /* tiles a strip, at most */
#define KC_STACK_GROUPED 40  /* clusters from which on a run keeps bounds for groups of them */
#define KC_STACK_POLISH 127  /* and up to which single rows are moved: that takes k^2 d a round for their distances */
#define KC_STACK_LONG ((size_t)64 * KC_LA_TILE) /* rows of a strip for such runs */

enum kc_mode { LLOYD, POLISH };

/* Which of the given centres stands at a column. */
struct kc_stack_place {
    double at; /* scratch */
    uint32_t c;
};

struct kc_active {
    const struct kc_run *run;
    size_t col;      /* its first column in the stack */
    uint32_t *lab;   /* (n) labels that the sums stand for; KC_NONE before the first */
    uint32_t *next;  /* (n) labels of the pass in work; equal to lab but for rows that move */
    float *own;      /* (n) similarity to the own centroid, when it was last looked at */
    float *gap;      /* (n) at least so much nearer is the own centroid than any other; in a run with groups: the
                      * most that the distance to the own centroid can be */
    float **far;     /* (groups of KC_LA_LANES columns) of (n): the least that the distance to any other centroid of
                      * the group can be */
    struct kc_stack_place *place; /* (k) given centres in the order of their groups; in a run with groups */
    size_t groups;   /* 0: one bound a row */
    size_t panel;    /* the first of its groups' packed columns */
    int polish;      /* as asked for, and the clusters are few enough */
    uint16_t *moved; /* (tiles) rows with next != lab */
    enum kc_mode mode;
    int fresh;       /* no pass yet: there is no bound */
    int from_start;  /* the centroids are rows or given ones: no sums yet */
    int fill;        /* the sums of the labels it started from are still to be made */
    int exact;       /* the labels are the arg-max over the columns as they are */
    int done;
    uint64_t iter;
    int rounds;
    double last, gained;
    double heavy;    /* POLISH: rows of more weight are always looked at */
};

struct kc_stack {
    const struct kc_space *s;
    const struct kc_run_opts *o;
    size_t tiles, slots, cap; /* cap: columns */
    size_t strip;       /* tiles a task of a pass */
    size_t span, span0; /* rows worked off at a time, and the first of them */
    size_t nact, cols;
    int filling;        /* the walk over the rows only makes the sums of runs that start from labels */
    struct kc_active *act; /* (slots) */
    double *sum;        /* (cap, d) */
    double *nn;         /* (cap) |S_c|^2 */
    struct kc_partner *partner; /* (kmax) for finding the cheapest union */
    float *len;         /* (cap) |S_c| */
    uint64_t *cnt;      /* (cap) */
    float *unit;        /* (cap, d) centroids, or the rows that stand in for them */
    float *shift;       /* (cap) what a pass takes off the gap of the column's rows */
    float *need;        /* (cap) rows of the column with a larger gap are left out */
    float *read;        /* (span, d) rows that do not lie in memory */
    size_t planes;      /* bounds for groups, (n) each, that all runs can have together; */
    float **plane;      /* the free ones lie at the end, from plane[used] on */
    size_t used;
    float *packed;      /* (planes, d, KC_LA_LANES) columns of groups */
    struct kc_active *grouped; /* the run in work */
    float *best;        /* (threads, KC_STACK_LONG) scratch of runs with groups, */
    uint32_t *at;       /* (threads, KC_STACK_LONG) */
    uint32_t *ids;      /* (threads, 3, KC_STACK_LONG) */
    float *near;        /* (threads, KC_STACK_LONG) */
    float *out;         /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch;      /* (threads, KC_LA_SCRATCH) */
    uint64_t *flops;    /* (threads) done in products */
    uint64_t dense_flops; /* what full passes would have done */
    const struct kc_run *runs; /* (nruns) */
    size_t nruns, waiting; /* waiting: the first that is not in the stack yet */
    size_t offered;     /* runs that have ended, and been offered */
};

/* By row of a strip: the best similarity seen so far, and whose. */
struct kc_stack_winners {
    float *best;
    uint32_t *at;
};

static inline size_t kc_stack_span_end(const struct kc_stack *st)
{
    return st->span0 + st->span < st->s->n ? st->span0 + st->span : st->s->n;
}

static inline const float *kc_stack_row(const struct kc_stack *st, size_t i)
{
    return st->read ? st->read + (i - st->span0) * st->s->d : kc_rows_at(&st->s->rows, i);
}

/* Pack the columns of runs with groups. */
void kc_stack_pack(struct kc_stack *st);
/* The chord distance that goes with a similarity. */
static inline float kc_stack_distance(float sim)
{
    float v = 2 - 2 * sim;
    return sqrtf(v > 0 ? v : 0);
}

/* What it can be off by: similarities are off by d half ulps at most, distances by that over themselves. */
static inline float kc_stack_slack(const struct kc_stack *st, float dist)
{
    const float err = (float)st->s->d * 6e-8f + 1e-6f, least = sqrtf(err);
    return err / (dist > least ? dist : least);
}

/* The pass of a run with groups over the rows of the span. */
void kc_stack_groups(struct kc_stack *st, struct kc_active *p);

/* Give the bounds of groups back; kc_stack_join: and make one bound a row of them. */
void kc_stack_release(struct kc_stack *st, struct kc_active *p);
void kc_stack_join(struct kc_stack *st, struct kc_active *p);
uint32_t kc_stack_group_count(uint32_t k); /* 0: one bound a row */
/* The state between two passes; arg: the stack. A kc_frame.visit. */
int kc_stack_visit(void *arg, struct kc_state *s) KC_MUST_USE;
/* Order the centres (k, d) so that those of a group are near to each other: place (k). work: (d). */
void kc_stack_order(const float *centres, uint32_t k, size_t d, struct kc_stack_place *place, double *work);

/* All rows once, a span at a time. filling: only make the sums of runs that start from labels. Otherwise label the rows
 * by the columns that kc_stack_prepare has set, and take what moved into sums and labels. */
void kc_stack_walk(struct kc_stack *st, int filling);
void kc_stack_prepare(struct kc_stack *st);
/* Row i, x, goes to cluster `to` at once. */
void kc_stack_move(struct kc_stack *st, struct kc_active *p, size_t i, const float *x, uint32_t to);

#endif
