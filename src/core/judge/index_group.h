/* How the indices are worked out. Internal to core/index*.c.
 *
 * Sums. The partitions of a sweep's neighbouring k are alike: rows that go together in one mostly do in the next. So
 * they are bundled: the cells of a bundle are the sets of rows that none of its partitions takes apart. The rows are
 * added up by cell, once a bundle, and a cluster's sum is the sum of its cells.
 *
 * Products. A row must know its exact products with its own cluster's sum and with the nearest other cluster's: two,
 * not k. Where clusters (or a bundle's cells, whose products add up to the clusters') are few, one product in double
 * gives all. Elsewhere a product in float, at twice the speed, ranks the clusters: a chain of d fused multiply-adds is
 * off by at most d 2^-24 |x||m| or so, whatever cannot be the nearest within that is out, and the few that are left,
 * mostly one, are worked out in double. The columns are the clusters' means less the mean of all rows, which changes
 * no ranking and makes the error as small as the data is tight. Davies-Bouldin's worst neighbours are ranked the same
 * way.
 *
 * The path is a function of the rows and the partitions, never of threads or of where the rows lie. */
#ifndef KC_CORE_JUDGE_INDEX_GROUP_H
#define KC_CORE_JUDGE_INDEX_GROUP_H

#include "core/judge/index.h"
#include "la/product.h"

#define KC_INDEX_COLS 256 /* clusters, and cells, of a group of several partitions: their products stay in L2 */
#define KC_INDEX_PARTS 32 /* partitions of a group */
#define KC_INDEX_JOINTS 4 /* bundles of a group that have cells of their own */
/* A distance (or squared one) below this is rounding: between rows of floats none is so small but 0. */
#define KC_INDEX_NOTHING 1e-14
#define KC_INDEX_ALONE 1e-10 /* others of less than this share of a cluster's weight are drowned by rounding: as if alone */

struct kc_index_part {
    struct kc_scored *p;
    size_t col;         /* its first cluster among the group's */
    double *sums;       /* (k, d) */
    float *means;       /* (k, d) means less the mean of all, for products in float; NULL: in double */
    uint16_t *of_cell;  /* (bundle's k) the cluster of each cell; NULL: cells are clusters */
    float margin;       /* a mean whose product is smaller than another's by more than this is not the nearer one */
};

struct kc_bundle {
    const uint32_t *labels; /* (n) cells: of its single partition, */
    uint16_t *cells;        /* or of their meet */
    size_t k, part0, parts; /* cells; its partitions */
    double *sums;           /* (k, d) of the cells, */
    double *mass;           /* (k) weights of their rows */
    int in_double;
};

/* Partitions that share a pass. */
struct kc_index_group {
    const struct kc_space *s;
    struct kc_index_part part[KC_INDEX_PARTS];
    struct kc_bundle bundle[KC_INDEX_PARTS];
    size_t parts, bundles, joints;
    size_t cols, cells, derived; /* clusters; cells; clusters of bundles of several partitions */
    size_t ranked;               /* clusters whose products are in float */
    size_t room;                 /* for each of cols, cells and ranked */
    /* What an index is made of, by the group's clusters: */
    double *mass;  /* weights of the rows: without weights, how many they are */
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
    double total, copies; /* weights of all rows; rows, were each of more than weight 1 so many */
    uint16_t *joint;      /* (KC_INDEX_JOINTS, n); NULL for a single partition, and so the next three: */
    uint16_t *of_cell;    /* (KC_INDEX_PARTS, KC_INDEX_COLS) */
    unsigned char *seen;  /* (KC_INDEX_COLS, KC_INDEX_COLS) pairs of cell and cluster that a row has; atomic access */
    uint16_t *to;         /* the cells they become */
    size_t block, blocks;
    double *sil, *dist;   /* (blocks, room) sums of the members' silhouettes, and distances to the mean */
    /* By worker: */
    double *wide;    /* (threads, KC_INDEX_COLS, KC_LA_TILE) */
    float *narrow;   /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch;   /* (threads, KC_LA_SCRATCH) */
    float *rows;     /* (threads, kc_rows_buf of a tile) */
    uint64_t *flops; /* (threads, 8), a cache line each */
};

/* index_bundle.c: the next group of p (np > 0), from its first on. */
void kc_index_gather(struct kc_index_group *g, struct kc_scored *p, size_t np);

/* index_sums.c: sums of cells and clusters, counts; inv too the first time. */
int kc_index_group_sums(struct kc_index_group *g, struct kc_err *e) KC_MUST_USE;

/* index_rank.c: sil, dist and row silhouettes. */
int kc_index_group_rows(struct kc_index_group *g, struct kc_err *e) KC_MUST_USE;

/* index_worst.c: each cluster's worst neighbour for Davies-Bouldin, from scatter. */
void kc_index_group_worst(struct kc_index_group *g);

/* A product in float of vectors a and b of d dimensions is off by no more than this times |a||b|, b having been
 * rounded from double. Each of the d multiply-adds is off by 2^-24 of what it gives, which is at most |a||b| as it
 * grows (Higham 2002, 3.1); the rest covers the rounding of b, lengths that are one to within 1e-6, and comparisons in
 * float. */
static inline double kc_index_error(size_t d)
{
    double u = ((double)d + 8) / 16777216;
    return u < 0.5 ? 1.001 * u / (1 - u) : 1;
}

#endif
