/* Label a batch of rows with a model and let the model learn from them. Old ids keep their meaning; new clusters get
 * new ids.
 *
 * Rows that are no outliers of the nearest cluster join it, and move its centroid as an exact running mean. The
 * outliers, the rows that earlier updates left in the pool, and the least similar of the rows that would join are
 * searched for new topics (core/kmeans/topics.h): groups whose rows are nearer to each other than to any cluster
 * become clusters, and get the rows of the batch that are nearer to them than to any old centroid. Rows left over
 * stay in the pool. */
#ifndef KC_MODEL_UPDATE_H
#define KC_MODEL_UPDATE_H

#include "model/assign.h"

#define KC_UPDATE_SUSPECT 1 /* percentile below which a row that joins is searched for new topics too */
#define KC_UPDATE_MIN_NEW 5 /* least rows of a new cluster by default */

struct kc_update_opts {
    struct kc_threshold threshold; /* rows beyond it do not join; KC_THRESHOLD_NONE: all rows join */
    uint64_t min_new;              /* least rows of a new cluster; 0: the larger of the fit's min-size and 5 */
};

#define KC_UPDATE_OPTS_DEFAULT {{KC_THRESHOLD_OUTLIER, 0}, 0}

struct kc_update {
    size_t n;
    uint32_t *labels;          /* (n) cluster of the updated model, or KC_NOISE */
    float *similarity, *margin; /* (n) by the updated model, to the own centroid; for noise, to the nearest */
    uint64_t *rows;            /* (k of the updated model) rows of the batch in each cluster */
    uint64_t joined;           /* rows that joined an old cluster */
    uint64_t born;             /* rows in new clusters */
    uint64_t unassigned;       /* rows without a cluster */
    size_t nnew;               /* new clusters: the last ones of the model */
    struct kc_strs late_terms; /* terms of the pool's rows that got a cluster */
    uint32_t *late;            /* (late_terms.n) the clusters of these rows */
    uint64_t dropped;          /* oldest rows of the pool, for which there was no room */
    double similarity_before, silhouette_before; /* means over the batch, by the model before the update */
};

/* Update m with the rows of ds, which must be in memory. After a failure m can only be freed. The result depends on
 * model, rows and options alone. Free u with kc_update_free, also after a failure. */
int kc_model_update(const struct kc_ctx *ctx, struct kc_model *m, const struct kc_dataset *ds,
                    const struct kc_update_opts *o, struct kc_update *u, struct kc_err *e) KC_MUST_USE;
void kc_update_free(struct kc_update *u);
/* Return the bytes that an update needs at most beside the rows, approximately. */
uint64_t kc_model_update_bytes(size_t n, size_t d, size_t k, unsigned threads);

#endif
