/* Update a model by a batch of rows. Old ids keep their meaning; new clusters get new ids.
 *
 * Rows that are not outliers of the nearest cluster join it, and move its centroid as an exact running mean. The
 * others, those that earlier updates left in the pool, and the least similar of those that would join are searched
 * for topics (core/kmeans/topics.h): a topic whose rows are nearer to each other than to any old cluster becomes a
 * cluster, which also gets the rows that are nearer to it than to any old centroid. Unassigned rows wait in the
 * pool. */
#ifndef KC_MODEL_UPDATE_H
#define KC_MODEL_UPDATE_H

#include "model/assign.h"

#define KC_UPDATE_SUSPECT 1 /* rows below this percentile of their cluster are searched for topics, too */
#define KC_UPDATE_MIN_NEW 5 /* default of min_new, unless the fit's min-size is larger */

struct kc_update_opts {
    struct kc_threshold threshold; /* KC_THRESHOLD_NONE: all rows join */
    uint64_t min_new;              /* least rows of a new cluster; 0: the larger of the fit's min-size and 5 */
};

#define KC_UPDATE_OPTS_DEFAULT {{KC_THRESHOLD_OUTLIER, 0}, 0}

struct kc_update {
    size_t n;
    uint32_t *labels;          /* (n) row of the updated model, or KC_NOISE */
    float *similarity, *margin; /* (n) by the updated model: to the centroid of the label, for noise to the nearest */
    uint64_t *rows;            /* (k of the updated model) rows of the batch in each cluster */
    uint64_t joined, born, unassigned; /* rows of the batch: in old clusters, in new ones, noise */
    size_t nnew;               /* new clusters: the last rows of the model */
    struct kc_strs late_terms; /* terms of the pool's rows that are now in a cluster */
    uint32_t *late;            /* the clusters of these rows */
    uint64_t dropped;          /* rows that the pool had no room for */
    double similarity_before, silhouette_before; /* means over the batch, by the model before the update */
};

/* Update m. The result is a function of model, rows and options alone.
 *   m: changed; after a failure it can only be freed
 *   ds: the batch, in memory
 *   u: what became of the batch; free it with kc_update_free, also after a failure */
int kc_model_update(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_dataset *ds,
                    const struct kc_update_opts *o, struct kc_update *u, struct kc_err *e) KC_MUST_USE;
void kc_update_free(struct kc_update *u);
/* Return about the most bytes that kc_model_update allocates beside the rows. */
uint64_t kc_model_update_bytes(size_t n, size_t d, size_t k, unsigned threads);

#endif
