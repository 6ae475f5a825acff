/* Cut some of the rows into parts (divide.h): a fit of these rows with one k. Its clusters are numbered by falling size
 * already. */
#include "core/kmeans/divide.h"

#include <string.h>
#include "core/kmeans/kmeans.h"

int kc_kmeans_divide(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *idx, size_t m,
                     uint32_t parts, uint64_t seed, uint32_t *part, uint32_t *nearest, uint32_t *made,
                     struct kc_err *e)
{
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    const struct kc_rows some = kc_rows_pick(rows, idx, m);
    const struct kc_request request = {.part = 1}; /* fewer clusters are the caller's to report */
    struct kc_clustering c = {0};
    o.k.min = o.k.max = parts;
    o.seed = seed;
    *made = 0;
    if (m < parts)
        return 0;
    const int rc = kc_kmeans_run(ctx, &some, &o, &request, &c, e);
    if (rc == 0) {
        memcpy(part, c.labels, m * sizeof *part);
        *made = c.k;
        for (uint32_t p = 0; nearest && p < c.k && p < parts; p++)
            nearest[p] = (uint32_t)c.clusters[p].representative;
    }
    kc_clustering_free(&c);
    return rc;
}
