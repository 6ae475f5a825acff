#include "model_util.h"

#include <stdlib.h>
#include <string.h>

#include "par/pool.h"
#include "unit.h"

void model_world_make(struct model_world *w, struct kc_rng *r, size_t n, size_t d, size_t centres, size_t copies,
                      uint64_t max_size)
{
    float *x = data_clustered(r, n, d, centres, 0.6);
    memset(w, 0, sizeof *w);
    w->ctx = data_ctx(2);
    w->ds.x.d = d;
    for (size_t i = 0; i < n; i++)
        CHECK(kc_matrix_append(&w->ds.x, x + i / copies * copies * d, 1, &w->e) == 0);
    free(x);
    w->ds.rows = kc_rows_memory(w->ds.x.x, n, d);
    w->o = (struct kc_kmeans_opts)KC_KMEANS_OPTS_DEFAULT;
    w->o.k = (struct kc_krange){2, 6, 1, 0, 0, 0};
    w->o.n_init = 2;
    w->o.max_size = max_size;
    const struct kc_request request = {.want_sums = 1};
    CHECK(kc_kmeans_run(&w->ctx, &w->ds.rows, &w->o, &request, &w->fit, &w->e) == 0);
    CHECK(kc_model_make(&w->ctx, &w->m, KC_MODEL_CENTROIDS, &w->ds, &w->fit, &w->o, NULL, NULL, &w->e) == 0);
}

void model_world_drop(struct model_world *w)
{
    kc_model_free(&w->m);
    kc_clustering_free(&w->fit);
    kc_dataset_free(&w->ds);
    kc_pool_free(w->ctx.pool);
}
