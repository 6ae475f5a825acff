/* How the indices are computed. Internal to index*.c. A batch is a number of partitions that share a pass over the
 * rows.
 *
 * Sums. The partitions of a sweep's neighbouring k are alike: rows that are together in one mostly are in the next.
 * So partitions are bundled: the cells of a bundle are the sets of rows that none of its partitions separates. The
 * rows are added up by cell, once a bundle, and a cluster's sum is the sum of its cells.
 *
 * Products. What is needed of a row are its exact products with its own cluster's sum and with that of the nearest
 * other cluster: two, not k. Where clusters (or a bundle's cells, whose products add up to the clusters') are few,
 * one product in double gives all. Elsewhere a product in float, at twice the speed, ranks the clusters: a chain of d
 * fused multiply-adds is off by at most d 2^-24 |x||m| or so, whatever cannot be the nearest within that is excluded,
 * and the few that are left, mostly one, are computed in double. The columns are the clusters' means less the mean of
 * all rows, which changes no ranking and makes the error as small as the data is tight. Davies-Bouldin's worst
 * neighbours are ranked the same way.
 *
 * The path is a function of the rows and the partitions, never of threads or of where the rows lie. */
#ifndef KC_CORE_JUDGE_INDEX_BATCH_H
#define KC_CORE_JUDGE_INDEX_BATCH_H

#include "core/judge/index.h"
#include "la/product.h"
#include "par/pool.h"

#define KC_INDEX_COLS 256 /* most clusters, and most cells, of a batch of several partitions: products stay in L2 */
#define KC_INDEX_PARTITIONS 32 /* most partitions of a batch */
#define KC_INDEX_JOINTS 4 /* most bundles of several partitions in a batch */
/* A distance (or a squared one) below this is rounding: between rows of floats only 0 is so small. */
#define KC_INDEX_NOTHING 1e-14
/* If a row's fellow members have less than this share of a cluster's weight, rounding drowns them: it counts as
 * alone. */
#define KC_INDEX_ALONE 1e-10

/* A partition of a batch. */
struct kc_index_partition {
    struct kc_scored *p;
    size_t col;         /* its first cluster among those of the batch */
    double *sums;       /* (k, d) */
    float *means;       /* (k, d) means less the mean of all, for products in float; NULL: products are in double */
    uint16_t *of_cell;  /* (bundle's k) the cluster of each cell; NULL: cells are clusters */
    float margin;       /* a mean whose product is smaller than another's by more than this is not the nearer one */
};

/* Partitions that share cells. */
struct kc_bundle {
    const uint32_t *labels; /* (n) the cell of each row, if there is one partition */
    uint16_t *cells;        /* (n) the cell of each row, if there are several: the meet of the partitions */
    size_t k;               /* cells */
    size_t partition0, partitions;    /* the first partition, and how many */
    double *sums;           /* (k, d) of the cells */
    double *mass;           /* (k) weights of the cells' rows */
    int in_double;          /* products are in double */
};

/* A batch. */
struct kc_index_batch {
    const struct kc_space *s;
    struct kc_index_partition partition[KC_INDEX_PARTITIONS];
    struct kc_bundle bundle[KC_INDEX_PARTITIONS];
    size_t partitions, bundles, joints; /* partitions; bundles; bundles of several partitions */
    size_t cols, cells, derived; /* clusters; cells; clusters of bundles of several partitions */
    size_t ranked;               /* clusters whose products are in float */
    size_t room;                 /* capacity of each: cols, cells, ranked */
    /* The terms of the indices, by the batch's clusters: */
    double *mass;  /* weights of the rows; without weights, their number */
    double *nn;    /* |S_c|^2 */
    double *cc;    /* |mean - mean of all|^2 */
    double *scatter; /* mean distance of the members to the mean */
    double *worst;      /* Davies-Bouldin's ratio */
    double *silhouette; /* sum of the members' */
    double *inv;   /* (n) 1 / |x| */
    int have_inv;
    double *cell_sums;    /* (room, d) */
    double *cell_mass;    /* (room) */
    double *derived_sums; /* (KC_INDEX_COLS, d); NULL for a single partition */
    float *means;         /* (room, d) */
    double *mean;         /* (d) of all rows */
    double total;         /* weight of all rows */
    struct kc_lattice lattice; /* that addends of sums are rounded to */
    double copies;        /* effective number of rows: a row of weight w, as given, counts max(w, 1) */
    uint16_t *joint;      /* (KC_INDEX_JOINTS, n); NULL for a single partition, and so the next three: */
    uint16_t *of_cell;    /* (KC_INDEX_PARTITIONS, KC_INDEX_COLS) */
    unsigned char *seen;  /* (KC_INDEX_COLS, KC_INDEX_COLS) pairs of cell and cluster that a row has; atomic access */
    uint16_t *to;         /* (KC_INDEX_COLS, KC_INDEX_COLS) the cells that these pairs become */
    size_t block, blocks; /* rows in a block of rows; number of blocks */
    double *sil, *dist;   /* (threads, 2, room) sums of the members' silhouettes, and of their distances to the mean, in
                           * two parts (base/lattice.h) */
    /* By worker: */
    double *wide;    /* (threads, KC_INDEX_COLS, KC_LA_TILE) */
    float *narrow;   /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch;   /* (threads, KC_LA_SCRATCH) */
    float *rows;     /* (threads, kc_rows_buf of a tile) */
    uint64_t *flops; /* (threads, 8), a cache line each */
};

/* Fill the next batch with the first of np > 0 partitions, as many as fit (index_bundle.c). Fails only if another rank
 * of a team has failed. */
int kc_index_fill_batch(struct kc_index_batch *g, struct kc_scored *p, size_t np, struct kc_err *e) KC_MUST_USE;

/* Compute the sums and weights of cells and clusters, and inv the first time (index_sums.c). */
int kc_index_batch_sums(struct kc_index_batch *g, struct kc_err *e) KC_MUST_USE;

/* Compute sil, dist and the row silhouettes (index_rank.c). */
int kc_index_batch_rows(struct kc_index_batch *g, struct kc_err *e) KC_MUST_USE;

/* Compute the ratio of each cluster to its worst neighbour for Davies-Bouldin, from scatter (index_worst.c). */
void kc_index_batch_worst(struct kc_index_batch *g);

/* Return the error of a product in float of vectors a and b of d dimensions, b having been rounded from double, as
 * a share of |a||b|: it is at most this. Each of the d multiply-adds is off by 2^-24 of its result, which is at
 * most |a||b| all along (Higham 2002, 3.1); the rest covers the rounding of b, lengths that are one to within
 * 1e-6, and comparisons in float. */
static inline double kc_index_error(size_t d)
{
    double u = ((double)d + 8) / 16777216;
    return u < 0.5 ? 1.001 * u / (1 - u) : 1;
}

#endif
