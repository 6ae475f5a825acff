/* What the algorithms work on: unit rows, and for small n also their Gram matrix. Internal to core.
 *
 * Weights are part of the space. What finds the nearest centroid does not know them; what adds rows up, or asks
 * what one row changes, multiplies by kc_space_weight, which is 1 without weights: one path through the code for
 * both. */
#ifndef KC_CORE_CLUSTER_SPACE_H
#define KC_CORE_CLUSTER_SPACE_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"
#include "base/lattice.h"
#include "base/label.h"
#include "la/rows.h"

/* Floating-point operations of products, an addition and a multiplication counting as two. */
struct kc_work {
    uint64_t flops;       /* done by the engines and the seeding */
    uint64_t dense_flops; /* what passes over all rows and centroids would have cost for the same iterations */
    uint64_t index_flops; /* done for the indices */
};

struct kc_steps; /* core/cluster/steps.h */

/* Work that is told to the progress bar as it is done, on any thread. */
struct kc_stage {
    enum kc_phase phase;
    uint64_t done, total; /* done is changed atomically */
};

struct kc_space {
    const struct kc_ctx *ctx;
    struct kc_rows rows; /* (n, d) unit rows; with a share, this rank's part of all */
    size_t n, d;
    const double *w; /* (n) the rows' weights, scaled by core/cluster/weights.h; NULL: all 1 */
    double one;      /* what a weight of 1, as given, has become by scaling; 0: 1 */
    uint64_t scaled; /* rows, those of this space among them, over which the weights were scaled; 0: these alone */
    const float *gram; /* (n, ldg): row i's similarities to all rows; NULL outside the Gram path */
    size_t ldg;
    void (*tick)(void *arg, size_t runs); /* called by the engines when `runs` more runs are done; may be NULL */
    void *tick_arg;
    struct kc_stage *stage; /* NULL: the indices tell no progress */
    struct kc_work *work;   /* operations are added here; may be NULL */
    struct kc_steps *steps; /* NULL: nothing is saved, and time is never up */
};

/* Return the number of rows on all ranks; s->n of them are this rank's. */
static inline uint64_t kc_space_all(const struct kc_space *s)
{
    return s->rows.share ? s->rows.share->all : s->n;
}

static inline struct kc_team *kc_space_team(const struct kc_space *s)
{
    return kc_rows_team(&s->rows);
}

static inline double kc_space_weight(const struct kc_space *s, size_t i)
{
    return s->w ? s->w[i] : 1;
}

/* Return 1 if row i at similarity a to its centroid costs the objective more than row j at similarity b. */
static inline int kc_space_worse(const struct kc_space *s, size_t i, float a, size_t j, float b)
{
    return s->w ? s->w[i] * (1 - (double)a) > s->w[j] * (1 - (double)b) : a < b;
}

/* Set *total to the sum of all weights, on all ranks. */
int kc_space_total(const struct kc_space *s, double *total, struct kc_err *e) KC_MUST_USE;
double kc_space_bound(const struct kc_space *s); /* above that, and above any sum of rows by weight; for checks */
/* Return the lattices for sums over the rows, by weight, of what is between -2 and 2. */
struct kc_lattice kc_space_lattice(const struct kc_space *s);

#define KC_TILE_COLUMNS 512 /* columns that one product handles at a time; bounds a worker's tile to 96 x 512 floats */

/* Reductions go over blocks of rows in a fixed order: whole tiles, at most 256 blocks. A function of n alone. */
size_t kc_space_block(size_t n);  /* rows in a block */
size_t kc_space_blocks(size_t n); /* how many */

#endif
