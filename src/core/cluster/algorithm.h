/* The interface of a clustering algorithm. An algorithm is one constant of this type and one row in core/algorithms.c;
 * jobs, groups and models know nothing else of it. Algorithms never see files, standard error or argv. */
#ifndef KC_CORE_CLUSTER_ALGORITHM_H
#define KC_CORE_CLUSTER_ALGORITHM_H

#include "base/ctx.h"
#include "base/option.h"
#include "core/cluster/clustering.h"
#include "la/rows.h"

struct kc_steps;    /* core/cluster/steps.h */
struct kc_affinity; /* core/graph/affinity.h */
struct kc_judge;    /* core/judge/judging.h */
struct kc_pairs;    /* core/cluster/pairs.h */

/* What the caller wants beside the labels, the same for every algorithm. */
struct kc_request {
    const double *weights;  /* (n) of the rows, each > 0 and finite; NULL: all 1 */
    int want_rows;          /* fill margin and row_silhouette */
    int want_sums;          /* fill sums, and every index whatever it costs */
    const float *centroids; /* (ncentroids, d) unit rows to start from, for algorithms with `centroids`, whose options
                             * ask for as many clusters; NULL: the algorithm finds its own */
    uint32_t ncentroids;
    const struct kc_rows *original; /* (n) what was read, if the rows are coordinates of a space; NULL: they are that */
    const struct kc_affinity *graph; /* the graph of the rows' neighbours that the space is made from; NULL: none is
                             * known */
    const struct kc_judge *judge; /* computes what an index of k needs beside labels; NULL: only indices that need
                             * nothing can choose k */
    struct kc_pairs *pairs; /* of rows that must, or must not, be in one cluster, for algorithms with `pairs`; their
                             * fates are set. The rows are in memory. NULL: none */
    int part;               /* the rows are one part of many: what they cannot have is a warning, not a broken limit */
    struct kc_steps *steps; /* saving on the way, and an end when time is up; NULL: run to the end */
};

struct kc_algorithm {
    const char *name;      /* in options and files: "kmeans" */
    const char *title;     /* in records: "spherical k-means" */
    const char *heading;   /* of its options in help; NULL: it is the default */
    const struct kc_option *options; /* the rows of its options (base/option.h) */
    size_t opts_size;      /* bytes of the struct that the rows are about; the functions below get such a struct */
    const void *defaults;  /* a struct with the defaults */
    int resumable;         /* it honours kc_request.steps: checkpoints, and an end when time is up */
    const char *less_memory; /* what the user can do if bytes are too many, for a message; NULL: nothing */
    int weights;           /* it honours kc_request.weights */
    int noise;             /* it leaves rows in no cluster, and fills probability and outlier */
    int merges;            /* its clusterings have a hierarchy */
    int pairs;             /* it honours kc_request.pairs, without steps and size limits */
    int graph;             /* it uses kc_request.graph */
    uint32_t space_dims;   /* as many coordinates of the graph's space suit it */
    int centroids;         /* each row is in the cluster of the centroid nearest to it, and there are sums, if asked
                            * for: a model needs both */
    /* Check what single options cannot tell: KC_EUSAGE. */
    int (*check)(const void *opts, struct kc_err *e);
    /* Return what the index that chooses k needs: bits KC_EVIDENCE_... (core/judge/indices.h). NULL: nothing. */
    unsigned (*evidence)(const void *opts);
    /* Settle what depends on the number of rows, e.g. a k that is a share of them. NULL: nothing does. */
    void (*resolve)(void *opts, size_t n);
    /* Return the most clusters that can come out of n rows. */
    uint64_t (*most_clusters)(const void *opts, size_t n);
    /* Return the fewest rows that are worth clustering: a smaller group is not clustered. */
    uint64_t (*least_rows)(const void *opts);
    /* Return the bytes that run allocates at its peak beside the rows, which lie in memory or are read piece by piece.
     * Of r->weights it only matters whether there are any. A function of the arguments alone. */
    uint64_t (*bytes)(size_t n, size_t d, int in_memory, const void *opts, const struct kc_request *r,
                      unsigned threads);
    /* Cluster the rows (at least one). Fills *out; the caller frees it, also after a failure. The result is a
     * function of the rows, opts and r alone: of no thread count, and of no interruption, unless time was up. */
    int (*run)(const struct kc_ctx *ctx, const struct kc_rows *rows, const void *opts, const struct kc_request *r,
               struct kc_clustering *out, struct kc_err *e);
};

#endif
