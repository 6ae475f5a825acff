/* HDBSCAN*: clusters of rows that lie more densely together than what is around them, and noise (Campello, Moulavi &
 * Sander 2013; McInnes & Healy 2017), by the exact neighbours of all rows. */
#ifndef KC_CORE_DENSITY_HDBSCAN_H
#define KC_CORE_DENSITY_HDBSCAN_H

#include "core/cluster/algorithm.h"
#include "core/density/condense.h"
#include "core/density/layers.h"

enum kc_noise_to { KC_NOISE_KEEP, KC_NOISE_NEAREST };

struct kc_hdbscan_opts {
    uint64_t min_size;    /* the fewest rows of a cluster; 1 is 2 */
    uint64_t min_samples; /* the neighbour whose distance is a row's core distance */
    int select;           /* enum kc_select */
    double epsilon;       /* see struct kc_selection */
    int allow_one;
    uint64_t max_size;
    int noise;            /* enum kc_noise_to */
    uint64_t k;           /* take the layer with about so many clusters; 0: the best layer */
    double recall;        /* share of the neighbours to find; 0: all of up to 200,000 rows, see core/near/near.h */
    uint64_t cells;       /* of a k-means that are clustered instead of the rows; 0: there are none */
    uint64_t seed;        /* of that */
    int k_range;          /* more than one k was asked for, which cannot be */
};

#define KC_HDBSCAN_SAMPLES_MOST 512
#define KC_HDBSCAN_OPTS_DEFAULT {.min_size = 10, .min_samples = 5, .seed = 42}

/* The appendix of a clustering by HDBSCAN*. */
struct kc_hdbscan {
    enum kc_select select;   /* what was done: EOM, LEAF or LAYERS */
    struct kc_layers layers; /* of LAYERS; else empty */
    struct kc_dense_cluster *tree; /* (ntree) the condensed tree of the chosen least size */
    uint32_t *tree_id;       /* (ntree) the id of a selected cluster; KC_NONE: it is not selected */
    uint32_t *of;            /* (n, or cells) the cluster of the tree that a row, or a cell, falls out of */
    size_t cells;            /* that were clustered; 0: the rows were */
    uint32_t *cell;          /* (n) the cell of each row; NULL: there are none */
    uint64_t *cell_rows;     /* (cells) */
    double *cell_lambda;     /* (cells) when the rows of a cell fall apart, see struct kc_condensed */
    uint32_t ntree;          /* 0: there were too few rows for a tree */
    uint64_t noise;          /* rows that were noise, before any was given to the nearest cluster */
    double recall;           /* of the neighbours; 1: they are exact */
    double again;            /* pairs of rows that were multiplied again for the tree, as in struct kc_reach_report */
};

extern const struct kc_algorithm kc_algorithm_hdbscan; /* its options are a struct kc_hdbscan_opts */

/* Label the rows (n) by one layer of a clustering whose appendix has it. o: the options of the fit. *k: set to the
 * number of clusters. */
int kc_hdbscan_layer(const struct kc_clustering *f, const struct kc_hdbscan_opts *o, size_t layer, uint32_t *labels,
                     uint32_t *k, struct kc_err *e) KC_MUST_USE;

/* Return the appendix of a clustering by HDBSCAN*; NULL if it has none. */
const struct kc_hdbscan *kc_hdbscan_of(const struct kc_clustering *c);

#endif
