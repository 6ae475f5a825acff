/* A model meets a batch of rows and learns from it. Old ids stay what they are; what is new gets new ones.
 *
 * Rows that are no outliers of the nearest cluster join it, and move its centroid as an exact running mean. The others,
 * with those that earlier updates left in the pool and with the least similar of those that would join, are looked at
 * by themselves (core/kmeans/topics.h): groups of them whose rows are nearer to each other than to any cluster there is become clusters, and take from the batch the rows that
 * are nearer to them than to any old centroid. What is left waits in the pool. */
#ifndef KC_MODEL_UPDATE_H
#define KC_MODEL_UPDATE_H

#include "model/assign.h"

#define KC_UPDATE_SUSPECT 1 /* percentile below which a row that joins is looked at as well when topics are sought */
#define KC_UPDATE_MIN_NEW 5

struct kc_update_opts {
    struct kc_threshold threshold; /* KC_THRESHOLD_NONE: everything joins */
    uint64_t min_new;              /* rows of a new cluster, at least; 0: the larger of the fit's min-size and 5 */
};

#define KC_UPDATE_OPTS_DEFAULT {{KC_THRESHOLD_OUTLIER, 0}, 0}

struct kc_update {
    size_t n;
    uint32_t *labels;          /* (n) row of the model as it is afterwards, or KC_NOISE */
    float *similarity, *margin; /* (n) by the model as it is afterwards: to that centroid, or the nearest */
    uint64_t *rows;            /* (k afterwards) of the batch */
    uint64_t joined, born, unassigned;
    size_t nnew;               /* new clusters: the last rows of the model */
    struct kc_strs late_terms; /* rows of the pool that have come into a cluster, */
    uint32_t *late;            /* and into which */
    uint64_t dropped;          /* rows that the pool had no room for */
    double similarity_before, silhouette_before; /* means over the batch, by the model as it was */
};

/* ds: rows in memory. m is changed; what u tells refers to it as it is afterwards. After a failure m is only good to
 * be freed. A function of model, rows and options alone. Free u with kc_update_free, also after a failure. */
int kc_model_update(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_dataset *ds,
                    const struct kc_update_opts *o, struct kc_update *u, struct kc_err *e) KC_MUST_USE;
void kc_update_free(struct kc_update *u);
uint64_t kc_model_update_bytes(size_t n, size_t d, size_t k, unsigned threads); /* beside the rows, roughly, at most */

#endif
