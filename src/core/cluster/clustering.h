/* A clustering: what every algorithm hands over, and all that models, reports, records, keywords and labels read.
 * It does not say how the clusters were found; what only one algorithm knows is in its appendix. */
#ifndef KC_CORE_CLUSTER_CLUSTERING_H
#define KC_CORE_CLUSTER_CLUSTERING_H

#include <stddef.h>
#include <stdint.h>
#include "base/label.h"
#include "base/mem.h"

struct kc_algorithm; /* core/cluster/algorithm.h */

/* The figures of one cluster. */
struct kc_cluster {
    uint64_t size;           /* rows */
    double cohesion;         /* (weighted) mean similarity of the members to the centroid */
    double silhouette;       /* (weighted) mean over the members; NAN when there is no other cluster */
    uint64_t representative; /* index (0..n-1) of the member most similar to the centroid */
};

/* One merge of a hierarchy, as in scipy's linkage matrix: nodes 0..n-1 are the rows, merge i makes node n + i. */
struct kc_merge {
    uint32_t a, b;
    double height; /* distance at which they merge; rising */
    uint64_t size; /* rows below the new node */
};

#define KC_LEVELS_MOST 64

/* A level of coarser clusters above those of a clustering. */
struct kc_cluster_level {
    uint32_t k;
    uint32_t *labels; /* (n) by falling size */
    uint32_t *parent; /* (k of the clustering) the level's cluster that each cluster lies in; KC_NOISE: none */
};

struct kc_clustering {
    size_t n, d;
    uint32_t k;
    uint32_t *labels;            /* (n) 0..k-1 or KC_NOISE; ids by falling size, ties by the earliest member */
    float *centroids;            /* (k, d) unit rows; NULL: the algorithm has none */
    double *sums;                /* (k, d) sums of the members' rows, if asked for; weights are scaled to mean 1 in each
                                  * cluster, so that a sum is as long as that of as many rows */
    struct kc_cluster *clusters; /* (k) */
    float *similarity;           /* (n) to the own centroid; NAN for noise */
    float *margin;               /* (n) similarity to the own centroid less that to the nearest other; if asked for */
    float *row_silhouette;       /* (n) if asked for */
    float *probability;          /* (n) how sure the algorithm is that the row is in its cluster, 0 .. 1, 0 for noise;
                                  * NULL: it does not know */
    float *outlier;              /* (n) how much the row is an outlier, 0 .. 1; NULL: the algorithm does not know */
    double *stability;           /* (k) how much of each cluster comes back when other rows are clustered
                                  * (core/choice/trust.h); NULL: it was not asked for */
    double silhouette;           /* mean over the assigned rows; NAN when k < 2 */
    double objective;            /* sum of the lengths of the clusters' sums */
    double inertia;              /* sum of squared distances to the clusters' means */
    double calinski_harabasz, davies_bouldin; /* NAN where not computed */
    struct kc_merge *merges;     /* (nmerges) the hierarchy; NULL: the algorithm has none */
    size_t nmerges;
    const struct kc_ksweep *ksweep; /* the k that were tried (core/judge/ksweep.h), in the appendix; NULL: none were */
    int limit_broken;            /* a requested limit could not be kept (exit 3): limit_reason says which and why */
    char limit_reason[512];
    struct kc_strs warnings;
    const char *path;            /* how the algorithm computed it, for the log; static text */
    char path_why[160];          /* why the algorithm chose that */
    const struct kc_algorithm *algorithm;
    void *appendix;              /* what only the algorithm knows, e.g. the sweep of k-means; NULL: nothing */
    void (*free_appendix)(void *appendix);
};

/* Add a warning, or a requested limit that could not be kept; several limits are joined in one line. */
int kc_clustering_warn(struct kc_clustering *c, struct kc_err *e, const char *fmt, ...) KC_PRINTF(3, 4) KC_MUST_USE;
void kc_clustering_limit(struct kc_clustering *c, const char *fmt, ...) KC_PRINTF(2, 3);

/* Free all that the clustering holds and clear it. A clustering of zeros is fine. */
void kc_clustering_free(struct kc_clustering *c);

#endif
