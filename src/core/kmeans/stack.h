/* The state of the stacked engine, and the passes over the rows. Internal to stack*.c. */
#ifndef KC_CORE_KMEANS_STACK_H
#define KC_CORE_KMEANS_STACK_H

#include <math.h>
#include "base/plan.h"
#include "core/cluster/space.h"
#include "core/kmeans/agglomerate.h"
#include "la/product.h"
#include "par/pool.h"

#define KC_STACK_SLOTS 48   /* most runs in the stack at a time */
#define KC_STACK_STRIP 8    /* most tiles of a strip: the rows that one task of a pass looks at */
#define KC_STACK_BLOCKED 40 /* from so many clusters on, a run has bounds by row and column block */
#define KC_STACK_POLISH 127 /* up to so many clusters single rows are moved: their distances cost k^2 d a round */
#define KC_STACK_LONG ((size_t)64 * KC_LA_TILE) /* rows of a strip for runs with column blocks */

enum kc_mode { LLOYD, POLISH };

/* Which of the given centres stands at a column. */
struct kc_stack_place {
    double at; /* scratch */
    uint32_t c;
};

/* A run in the stack. A column block is KC_LA_LANES neighbouring columns of one run. */
struct kc_active {
    const struct kc_run *run;
    size_t col;      /* its first column in the stack */
    uint32_t *lab;   /* (n) labels that the sums stand for; KC_NONE before the first */
    uint32_t *next;  /* (n) labels of the present pass; equal to lab but for rows that move */
    float *own;      /* (n) similarity to the own centroid, when it was last computed */
    float *gap;      /* (n) one bound a row: any other centroid is farther than the own one by at least this. With
                      * column blocks: the distance to the own centroid is at most this */
    float **far;     /* (blocks) of (n): the distance to any centroid of the block, the own one excepted, is at least
                      * this */
    struct kc_stack_place *place; /* (k) with blocks: the given centres in the order of their columns */
    size_t blocks;   /* number of column blocks; 0: the run keeps one bound a row */
    size_t panel;    /* place of its first block among the packed ones */
    int polish;      /* single rows are to be moved: asked for, and the clusters are few enough */
    uint16_t *moved; /* (tiles) rows with next != lab */
    enum kc_mode mode;
    int fresh;       /* there was no pass yet: there are no bounds */
    int from_start;  /* the centroids are rows or given ones: there are no sums yet */
    int fill;        /* the sums of the labels it started from are still to be computed */
    int exact;       /* the labels are the arg-max over the present columns */
    int done;
    uint64_t iter;   /* iterations of Lloyd's algorithm */
    int rounds;      /* rounds of single-row moves */
    double last;     /* the objective after the last iteration */
    double gained;   /* by the single-row moves of this round */
    double heavy;    /* POLISH: rows of more weight are always looked at */
};

struct kc_stack {
    struct kc_plan plan; /* of its memory */
    const struct kc_space *s;
    const struct kc_run_opts *o;
    size_t tiles;       /* of all rows */
    size_t slots;       /* runs that the stack can hold */
    size_t cap;         /* columns that the stack can hold */
    size_t strip;       /* tiles a task of a pass */
    size_t span, span0; /* rows processed at a time, and the first of them */
    size_t nact, cols;  /* runs and columns in the stack */
    int filling;        /* the walk over the rows only computes the sums of runs that start from labels */
    struct kc_active *act; /* (slots) */
    struct {               /* the arrays of all slots and planes, which point into these */
        uint32_t *lab, *next; /* (slots, n) */
        float *own, *gap;     /* (slots, n) */
        uint16_t *moved;      /* (slots, tiles) */
        float **far;          /* (slots, planes) */
        struct kc_stack_place *place; /* (slots, kmax) */
        float *plane;         /* (planes, n) */
    } all;
    struct kc_lattice lattice; /* that what is added to the sums is rounded to */
    double *sum;        /* (cap, d); with weights what is added goes to the parts, and their sums are here */
    double *high, *low; /* (cap, d) the parts; NULL: there are no weights, and one part will do */
    float *row;         /* (d) scratch */
    double *nn;         /* (cap) |S_c|^2 */
    struct kc_partner *partner; /* (kmax) scratch, to find the cheapest union */
    float *len;         /* (cap) |S_c| */
    uint64_t *cnt;      /* (cap) */
    float *unit;        /* (cap, d) centroids, or the rows that stand in for them */
    float *shift;       /* (cap) what a pass takes off the gap of the column's rows */
    float *need;        /* (cap) rows of the column with a larger gap are left out */
    float *read;        /* (span, d) rows that do not lie in memory; NULL: they do */
    size_t planes;      /* most bounds for column blocks, (n) each, that all runs have together */
    float **plane;      /* (planes) the free ones are those from plane[used] on */
    size_t used;
    float *packed;      /* (planes, d, KC_LA_LANES) the column blocks, packed */
    struct kc_active *blocked; /* the run with column blocks that a task works on */
    float *best;        /* (threads, KC_STACK_LONG) scratch of runs with column blocks, as are the next three */
    uint32_t *at;       /* (threads, KC_STACK_LONG) */
    uint32_t *ids;      /* (threads, 3, KC_STACK_LONG) */
    float *near;        /* (threads, KC_STACK_LONG) */
    float *out;         /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch;      /* (threads, KC_LA_SCRATCH) */
    uint64_t *flops;    /* (threads) done in products */
    uint64_t dense_flops; /* what full passes would have done */
    const struct kc_run *runs; /* (nruns) */
    size_t nruns;
    uint32_t kmax;      /* the largest k of the runs */
    size_t waiting;     /* the first run that is not in the stack yet */
    size_t offered;     /* runs that have ended and were offered */
};

/* For each row of a strip: the best similarity so far, and its column. */
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

/* Set the sums of column c to those of their parts, if they have parts. */
void kc_stack_join_parts(struct kc_stack *st, size_t c);
/* Pack the columns of the runs with column blocks. */
void kc_stack_pack(struct kc_stack *st);
/* Return the chord distance for a similarity. */
static inline float kc_stack_distance(float sim)
{
    float v = 2 - 2 * sim;
    return sqrtf(v > 0 ? v : 0);
}

/* Return the largest error of a chord distance: similarities are off by d half ulps at most, distances by that
 * divided by the distance. */
static inline float kc_stack_slack(const struct kc_stack *st, float dist)
{
    const float err = (float)st->s->d * 6e-8f + 1e-6f, least = sqrtf(err);
    return err / (dist > least ? dist : least);
}

/* Label the rows of the span in a run with column blocks. */
void kc_stack_label_blocks(struct kc_stack *st, struct kc_active *p);

/* Return the number of column blocks of a run; 0: it keeps one bound a row. */
uint32_t kc_stack_block_count(uint32_t k);
/* Give the bounds of a run's column blocks back. */
void kc_stack_release(struct kc_stack *st, struct kc_active *p);
/* Make one bound a row of the bounds of a run's column blocks, and give these back. */
void kc_stack_join(struct kc_stack *st, struct kc_active *p);
/* Order the centres (k, d) so that those of a column block are near to each other: place (k). work (d): scratch. */
void kc_stack_order(const float *centres, uint32_t k, size_t d, struct kc_stack_place *place, double *work);

/* Allocate the memory of a stack, after it has been measured. */
int kc_stack_alloc(struct kc_stack *st, struct kc_err *e) KC_MUST_USE;
/* Save or restore the state between two passes. A kc_frame.visit; arg: the stack, which has no memory when it is
 * restored. */
int kc_stack_visit(void *arg, struct kc_state *s) KC_MUST_USE;

/* Set the columns of the next pass, and how far they have moved. */
void kc_stack_prepare(struct kc_stack *st);
/* Go over all rows once, a span at a time. filling: only compute the sums of runs that start from labels.
 * Otherwise label the rows by the columns that kc_stack_prepare has set, and bring what moved into sums and
 * labels. */
void kc_stack_walk(struct kc_stack *st, int filling);
/* Move a row to another cluster at once: x, of weight m, in sums and counts; and the label of row i. */
void kc_stack_move_sums(struct kc_stack *st, struct kc_active *p, double m, const float *x, uint32_t from,
                        uint32_t to);
void kc_stack_move_label(struct kc_active *p, size_t i, uint32_t to);

#endif
