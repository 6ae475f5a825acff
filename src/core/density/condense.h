/* From the tree of mutual reachability to clusters: the dendrogram, and what is left of it when groups below a least
 * size count as rows that fall out of a cluster (Campello, Moulavi & Sander 2013; McInnes & Healy 2017). */
#ifndef KC_CORE_DENSITY_CONDENSE_H
#define KC_CORE_DENSITY_CONDENSE_H

#include "core/cluster/clustering.h"
#include "core/graph/bridges.h"

/* Set merges (n - 1) to the dendrogram of a tree of n rows; the edges are sorted. The height is the distance 1 -
 * weight, but at least KC_DENSITY_CLOSEST, the rounding of a similarity in float.
 *   sizes (n): how many each row counts for; NULL: 1
 *   parent (n), node (n): scratch */
#define KC_DENSITY_CLOSEST 0x1p-24
void kc_density_merge(struct kc_bridge *tree, size_t n, const uint64_t *sizes, struct kc_merge *merges,
                      uint32_t *parent, uint32_t *node);

/* A cluster of the condensed tree. lambda is 1 / distance: it grows as rows fall out. */
struct kc_dense_cluster {
    uint32_t parent;  /* an earlier cluster; KC_NONE for cluster 0, the root, which has all rows */
    uint32_t children; /* 0, or 2 and more */
    uint32_t size;    /* rows at its birth */
    double birth;     /* lambda at which it split off its parent; 0 for the root */
    double death;     /* the largest lambda at which a row or a child leaves it */
    double stability; /* sum over its rows of (the lambda at which the row leaves it - birth) */
};

struct kc_condensed {
    size_t n;
    uint32_t nclusters;
    struct kc_dense_cluster *cluster; /* (nclusters) parents before children */
    uint32_t *of;   /* (n) the cluster that a row falls out of */
    double *lambda; /* (n) and when */
    uint32_t *node_of;   /* (2 n - 1) scratch */
    double *node_lambda; /* (2 n - 1) scratch: 0: the node has not fallen out */
    uint32_t *part, *stack; /* (n) scratch */
    /* Rows that stand for several, as cells do. Both are NULL after kc_condensed_begin: rows count for one. */
    const uint64_t *sizes;    /* (n) how many each counts for */
    const double *row_lambda; /* (n) when those of one row fall apart */
    uint32_t room;       /* clusters that there is memory for */
};

/* Allocate for n rows and clusters of at least min_size rows; for larger ones there is room, too. min_size 1: a row may
 * be a cluster. Free it with kc_condensed_free, also after a failure. */
int kc_condensed_begin(struct kc_condensed *c, size_t n, uint64_t min_size, struct kc_err *e) KC_MUST_USE;
void kc_condensed_free(struct kc_condensed *c);
uint64_t kc_condensed_bytes(size_t n, uint64_t min_size);
/* Condense the dendrogram merges (n - 1). */
void kc_condense(struct kc_condensed *c, const struct kc_merge *merges, uint64_t min_size);

enum kc_select { KC_SELECT_AUTO, KC_SELECT_EOM, KC_SELECT_LEAF, KC_SELECT_LAYERS };

struct kc_selection {
    enum kc_select by;  /* EOM: the most stable; LEAF: those without children */
    double epsilon;     /* clusters that split off nearer than this distance are their ancestor; 0: none */
    uint64_t max_size;  /* rows: larger ones are not selected; 0: no limit */
    int allow_one;      /* the root may be selected */
};

/* Select clusters, none of which lies in another. chosen (nclusters): set to 1 for the selected. work (nclusters):
 * scratch. */
void kc_condensed_select(const struct kc_condensed *c, const struct kc_selection *s, unsigned char *chosen,
                         double *work);

/* Label the rows with the selected clusters, in the order of the tree. Return how many there are.
 *   labels (n): set; rows that fall out of no selected cluster are KC_NOISE
 *   probability (n): lambda over the largest in the cluster, at most 1; 0 for noise; NULL: not wanted
 *   outlier (n): how early the row falls out, 1 - lambda / the largest below its cluster (Campello et al. 2015);
 *                NULL: not wanted
 *   id (nclusters), most (nclusters): scratch */
uint32_t kc_condensed_label(const struct kc_condensed *c, const unsigned char *chosen, uint32_t *labels,
                            float *probability, float *outlier, uint32_t *id, double *most);

#endif
