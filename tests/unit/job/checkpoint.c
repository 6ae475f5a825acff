/* A checkpoint knows the weights of the rows that it is of. */
#include <stdlib.h>
#include <string.h>

#include "core/kmeans/kmeans.h"
#include "core/cluster/steps.h"
#include "data.h"
#include "job/checkpoint.h"
#include "report_util.h"
#include "par/pool.h"
#include "unit.h"

/* Begin a fit with the checkpoint at path, saved at once when it is a new one. */
static int begin(const struct kc_ctx *ctx, const char *path, int resume, const struct kc_rows *rows, const double *weights,
                 struct kc_err *e)
{
    const struct kc_checkpoint_opts o = {.file = path, .resume = resume, .every = KC_CHECKPOINT_EVERY};
    struct kc_kmeans_opts f = KC_KMEANS_OPTS_DEFAULT;
    struct kc_checkpoint *c = NULL;
    uint64_t number = 7;
    struct kc_st_tensor t = {.name = "number", .type = KC_ST_U64, .ndims = 1, .shape = {1}, .data = &number};
    const struct kc_rows *by_row = NULL;
    struct kc_request r = {.weights = weights};
    int rc = kc_checkpoint_open(&c, ctx, &o, e) != 0 || kc_checkpoint_begin(c, rows, &kc_algorithm_kmeans, &f, &r, e) != 0 ? -1 : 0;
    if (rc == 0 && !resume)
        rc = r.steps->save(r.steps->arg, &t, &by_row, 1, e);
    kc_checkpoint_free(c);
    return rc;
}

TEST(job_checkpoint_is_of_the_same_weights)
{
    enum { N = 50, D = 4 };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 99, 0);
    struct kc_ctx ctx = data_ctx(1);
    float *x = data_clustered(&r, N, D, 3, 0.5);
    double *a = data_weights(&r, N, DATA_MIXED), *b = malloc(N * sizeof *b);
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    const double *ways[] = {NULL, a, b};
    char path[256];
    snprintf(path, sizeof path, "%s", out_path("weights.ckpt"));
    memcpy(b, a, N * sizeof *b);
    b[N - 1] *= 1 + 1e-15; /* the last bit of the last one */
    for (int was = 0; was < 3; was++) {
        struct kc_err e = KC_ERR_INIT;
        CHECK_MSG(begin(&ctx, path, 0, &rows, ways[was], &e) == 0, "%s", e.msg);
        for (int is = 0; is < 3; is++) {
            e = (struct kc_err)KC_ERR_INIT;
            int rc = begin(&ctx, path, 1, &rows, ways[is], &e);
            CHECK_MSG(is == was ? rc == 0 : rc != 0 && e.code == KC_EINPUT && strstr(e.msg, "another run: weights of the rows"),
                      "%d after %d: %s", is, was, e.msg);
        }
    }
    free(b);
    free(a);
    free(x);
    kc_pool_free(ctx.pool);
}
