/* k-means as one of the algorithms (core/cluster/algorithm.h): adapters from the table's untyped options to
 * kmeans.h. */
#include "core/kmeans/choose.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/pairs.h"

static const struct kc_kmeans_opts defaults = KC_KMEANS_OPTS_DEFAULT;

struct kc_kmeans_opts kc_kmeans_cells(uint64_t cells, uint64_t seed)
{
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    o.k = (struct kc_krange){.min = cells, .max = cells, .step = 1};
    o.n_init = 1;
    o.max_iter = 20;
    o.seed = seed;
    return o;
}

static void resolve_range(void *opts, size_t n)
{
    struct kc_kmeans_opts *o = opts;
    o->k = kc_krange_for(&o->k, n);
}

static uint64_t count_most_clusters(const void *opts, size_t n)
{
    const struct kc_kmeans_opts *o = opts;
    uint64_t k = kc_krange_for(&o->k, n).max;
    return k < n ? k : n;
}

/* Return the larger of the minimum size and twice the smallest k: fewer rows cannot form k clusters of two. */
static uint64_t count_least_rows(const void *opts)
{
    const struct kc_kmeans_opts *o = opts;
    const struct kc_krange *k = &o->k;
    uint64_t least = k->least > 0 ? 4 : k->min > UINT64_MAX / 2 ? UINT64_MAX : 2 * k->min;
    return least > o->min_size ? least : o->min_size;
}

static uint64_t count_bytes(size_t n, size_t d, int in_memory, const void *opts, const struct kc_request *r,
                            unsigned threads)
{
    return r->pairs ? kc_kmeans_pairs_bytes(n, d, opts, r, threads) :
                      kc_kmeans_bytes(n, d, in_memory, opts, r, threads);
}

static unsigned list_evidence(const void *opts)
{
    const struct kc_kmeans_opts *o = opts;
    return kc_index_evidence(o->k_by) | o->evidence;
}

static int run_kmeans(const struct kc_ctx *ctx, const struct kc_rows *rows, const void *opts,
                      const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    return r->pairs ? kc_kmeans_pairs_run(ctx, rows, opts, r, out, e) : kc_kmeans_run(ctx, rows, opts, r, out, e);
}

const struct kc_algorithm kc_algorithm_kmeans = {
    .name = "kmeans",
    .title = "spherical k-means",
    .options = kc_kmeans_options,
    .opts_size = sizeof(struct kc_kmeans_opts),
    .defaults = &defaults,
    .resumable = 1,
    .weights = 1,
    .pairs = 1,
    .space_dims = 40,
    .centroids = 1,
    .check = kc_kmeans_check,
    .evidence = list_evidence,
    .resolve = resolve_range,
    .most_clusters = count_most_clusters,
    .least_rows = count_least_rows,
    .bytes = count_bytes,
    .run = run_kmeans,
};
