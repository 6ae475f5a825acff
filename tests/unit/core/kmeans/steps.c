/* A fit that is saved at each step into memory, and taken up again from there; and from what is not as it was saved. */
#include <stdlib.h>
#include <string.h>
#include "core/kmeans/kmeans.h"
#include "data.h"
#include "kept.h"
#include "par/pool.h"
#include "unit.h"

static int same(const struct kc_clustering *a, const struct kc_clustering *b)
{
    const struct kc_kmeans *p = kc_kmeans_of(a), *q = kc_kmeans_of(b);
    return a->k == b->k && memcmp(a->labels, b->labels, a->n * sizeof *a->labels) == 0 &&
           memcmp(a->centroids, b->centroids, a->k * a->d * sizeof *a->centroids) == 0 &&
           memcmp(a->similarity, b->similarity, a->n * sizeof *a->similarity) == 0 &&
           memcmp(&a->silhouette, &b->silhouette, sizeof a->silhouette) == 0 && p->nsweep == q->nsweep &&
           p->sweep_flops == q->sweep_flops && p->sweep_dense_flops == q->sweep_dense_flops &&
           p->index_flops == q->index_flops && p->merged == q->merged && p->split == q->split;
}

/* One element of one array is another: refused as bad input, or taken, and then the run comes to its end. */
static void damage(struct kc_rng *r, struct kept *k, const struct kc_ctx *ctx, const struct kc_rows *rows,
                   const struct kc_kmeans_opts *o, const double *weights)
{
    static const uint64_t values[] = {0, 1, 2, UINT32_MAX, UINT64_MAX, 0x7FC00000u, 0x7F800000u, 0x7FF8000000000000u,
                                      0x7FF0000000000000u, 0x4900000000000000u, 0x49000000u, 1000};
    const struct kc_st_tensor *t = &k->st.tensors[kc_rng_below(r, k->st.n)];
    size_t one = t->type == KC_ST_F32 || t->type == KC_ST_U32 ? 4 : 8;
    char *at = (char *)(uintptr_t)t->data + one * kc_rng_below(r, t->shape[0]), was[8];
    uint64_t v = values[kc_rng_below(r, sizeof values / sizeof values[0])];
    struct kept other = {.step = 0};
    struct kc_err e = KC_ERR_INIT;
    struct kc_clustering f;
    memcpy(was, at, one);
    memcpy(at, &v, one);
    int rc = kept_run(&other, &k->st, 0, 1, ctx, rows, o, weights, &f, &e);
    CHECK_MSG(rc == 0 || (e.code == KC_EINPUT && strcmp(e.file, "state") == 0), "%s: %s", t->name, e.msg);
    for (size_t i = 0; rc == 0 && i < f.n; i++)
        CHECK(f.labels[i] < f.k);
    kc_clustering_free(&f);
    memcpy(at, was, one);
}

static const struct {
    size_t n, d;
    uint64_t min, max, n_init, sample, max_size;
    double spread;
} shapes[] = {
    {260, 64, 2, 6, 2, 0, 0, 0.7},     {900, 8, 2, 5, 2, 0, 0, 0.7},      {5000, 6, 3, 5, 4, 0, 0, 0.9},
    {5000, 6, 3, 5, 1, 0, 0, 0.9},     {5000, 6, 2, 4, 1, 1200, 900, 0.9}, {1500, 6, 44, 46, 1, 0, 0, 0.9},
    {52000, 4, 5, 5, 1, 0, 0, 0.9},
};

static void same_result(uint64_t stream, int weighted)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, stream, 0);
    for (size_t q = 0; q < sizeof shapes / sizeof shapes[0]; q++) {
        struct kc_ctx ctx = data_ctx(1 + (unsigned)q % 3);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        float *x = data_clustered(&r, shapes[q].n, shapes[q].d, 7, shapes[q].spread);
        struct kc_rows rows = kc_rows_memory(x, shapes[q].n, shapes[q].d);
        struct kc_err e = KC_ERR_INIT;
        struct kept k = {.step = 0};
        struct kc_clustering whole, f;
        double *w = weighted ? data_weights(&r, shapes[q].n, (enum data_weights)(q % DATA_KINDS)) : NULL;
        o.k.min = shapes[q].min;
        o.k.max = shapes[q].max;
        o.n_init = shapes[q].n_init;
        o.sample = shapes[q].sample;
        o.max_size = shapes[q].max_size;
        CHECK(kept_run(&k, NULL, 0, 0, &ctx, &rows, &o, w, &whole, &e) == 0);
        size_t steps = k.step, by = 1 + steps / (shapes[q].n > 9000 ? 4 : 12);
        CHECK(steps > 3);
        for (size_t at = 1; at <= steps; at += by) {
            CHECK(kept_run(&k, NULL, at, 0, &ctx, &rows, &o, w, &f, &e) == 0);
            CHECK(same(&f, &whole));
            kc_clustering_free(&f);
            if (k.st.n == 0) /* a step where only the time is looked at */
                continue;
            struct kept again = {.step = 0};
            CHECK_MSG(kept_run(&again, &k.st, 0, 0, &ctx, &rows, &o, w, &f, &e) == 0, "step %zu of %zu: %s", at, steps, e.msg);
            CHECK_MSG(same(&f, &whole), "shape %zu, step %zu of %zu", q, at, steps);
            kc_clustering_free(&f);
            for (int i = 0; i < 12; i++)
                damage(&r, &k, &ctx, &rows, &o, w);
            kept_forget(&k);
        }
        kc_clustering_free(&whole);
        kc_pool_free(ctx.pool);
        free(w);
        free(x);
    }
}

TEST(core_steps_lead_to_the_same_result)
{
    same_result(71, 0);
}

TEST(core_weighted_steps_lead_to_the_same_result)
{
    same_result(73, 1);
}

/* Time is up at each step: an answer for every row, and it is said. */
TEST(core_steps_late)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 72, 0);
    for (size_t q = 0; q < sizeof shapes / sizeof shapes[0]; q++) {
        struct kc_ctx ctx = data_ctx(1 + (unsigned)q % 3);
        struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
        float *x = data_clustered(&r, shapes[q].n, shapes[q].d, 7, shapes[q].spread);
        struct kc_rows rows = kc_rows_memory(x, shapes[q].n, shapes[q].d);
        struct kc_err e = KC_ERR_INIT;
        struct kept k = {.step = 0};
        struct kc_clustering f;
        o.k.min = shapes[q].min;
        o.k.max = shapes[q].max;
        o.n_init = shapes[q].n_init;
        o.sample = shapes[q].sample;
        o.max_size = shapes[q].max_size;
        CHECK(kept_run(&k, NULL, 0, 0, &ctx, &rows, &o, NULL, &f, &e) == 0);
        size_t steps = k.step, by = 1 + steps / 10;
        kc_clustering_free(&f);
        for (size_t at = 1; at <= steps; at += by) {
            CHECK_MSG(kept_run(&k, NULL, at, 1, &ctx, &rows, &o, NULL, &f, &e) == 0, "step %zu of %zu: %s", at, steps, e.msg);
            CHECK(f.k >= 1 && kc_kmeans_of(&f)->nsweep >= 1 && f.limit_broken == (k.steps.cut != 0) && (at > 1 || k.steps.cut));
            for (size_t i = 0; i < f.n; i++)
                CHECK(f.labels[i] < f.k);
            for (uint32_t c = 0; c < f.k; c++)
                CHECK(f.clusters[c].size >= 1 && (!o.max_size || f.clusters[c].size <= o.max_size));
            kc_clustering_free(&f);
            kept_forget(&k);
        }
        kc_pool_free(ctx.pool);
        free(x);
    }
}
