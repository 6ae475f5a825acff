/* How good a labelling of the rows is by itself: the internal indices of any partition, whoever made it. */
#ifndef KC_CORE_JUDGE_QUALITY_H
#define KC_CORE_JUDGE_QUALITY_H

#include "base/ctx.h"
#include "la/rows.h"

struct kc_quality_cluster {
    uint64_t size;
    double silhouette; /* mean over the members; NAN when k == 1 */
    double similarity; /* mean over the pairs of members, (|S|^2 - n)/(n(n - 1)); NAN for one member */
};

struct kc_quality {
    size_t n, d;
    uint32_t k;
    double silhouette, calinski_harabasz, davies_bouldin, inertia, objective; /* as core/judge/index.h; NAN when k == 1 */
    struct kc_quality_cluster *clusters; /* (k) */
    float *row_silhouette; /* (n) NAN when k == 1 */
    uint32_t *worst;       /* (nworst) rows of the lowest silhouettes, ascending, ties by the row; none when k == 1 */
    size_t nworst;
};

/* rows: n >= 1 unit rows; labels (n) 0..k-1, no cluster empty. At most `worst` of the worst rows. Fills *q (free with
 * kc_quality_free, also after a failure), a function of rows and labels alone. */
int kc_quality_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                   size_t worst, struct kc_quality *q, struct kc_err *e) KC_MUST_USE;
uint64_t kc_quality_bytes(size_t n, size_t d, int in_memory, uint32_t k, unsigned threads); /* of memory, about */
void kc_quality_free(struct kc_quality *q);

#endif
