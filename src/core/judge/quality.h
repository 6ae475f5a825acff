/* The quality of a labelling by itself: the internal indices of any partition, whoever made it. */
#ifndef KC_CORE_JUDGE_QUALITY_H
#define KC_CORE_JUDGE_QUALITY_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_quality_cluster {
    uint64_t size;
    double silhouette; /* mean over the members; NAN when k == 1 */
    double similarity; /* mean over the pairs of members, (|S|^2 - n)/(n(n - 1)); NAN for one member */
    uint64_t strays;   /* members with a silhouette below 0 */
};

/* The rows of a cluster with a silhouette below 0 for which one other cluster is the nearest. */
struct kc_strays {
    uint32_t cluster, nearest;
    uint64_t rows;
    double silhouette; /* mean over these rows */
};

struct kc_quality {
    size_t n, d;
    uint32_t k;
    double silhouette, calinski_harabasz, davies_bouldin, inertia, objective; /* see index.h; NAN when k == 1 */
    struct kc_quality_cluster *clusters; /* (k) */
    float *row_silhouette; /* (n) NAN when k == 1 */
    uint32_t *row_nearest; /* (n) the nearest other cluster; KC_NONE when k == 1 */
    uint64_t below;        /* rows with a silhouette below 0 */
    struct kc_strays *strays; /* (nstrays) these rows by cluster and nearest, the lowest sum of silhouettes first */
    size_t nstrays;
    uint32_t *worst;       /* (nworst) the rows of the lowest silhouettes, lowest first, ties by row; none if k == 1 */
    size_t nworst;
};

/* Judge a labelling. The result is a function of rows and labels alone.
 *   rows: n >= 1 unit rows
 *   labels (n): 0..k-1, no cluster empty
 *   worst: how many of the worst rows to list, at most
 *   q: set; free it with kc_quality_free, also after a failure */
int kc_quality_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                   size_t worst, struct kc_quality *q, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that kc_quality_run allocates at its peak, about. */
uint64_t kc_quality_bytes(size_t n, size_t d, int in_memory, uint32_t k, unsigned threads);
void kc_quality_free(struct kc_quality *q);

#endif
