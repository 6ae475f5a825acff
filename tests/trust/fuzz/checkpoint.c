/* The state that a fit goes on from, its hashes forged. Bytes: the fit, the step at which it is saved; then, eleven bytes
 * each, elements that are others: the array, the element (two bytes), its bits (eight). Refused, or a clustering comes of
 * it. (The container's own header is that of the model, and fuzzed there.) */
#include "../../unit/kept.h"
#include "base/bytes.h"
#include "base/rng.h"
#include "fuzz.h"
#include "par/pool.h"

#define ROWS 90
#define CHANGE 11

static const float *rows_of(size_t d)
{
    static float x[ROWS * 64];
    struct kc_rng r = kc_rng_stream(1, KC_RNG_TEST, d, 0);
    for (size_t i = 0; i < ROWS; i++) {
        double ss = 0;
        for (size_t j = 0; j < d; j++) {
            x[i * d + j] = (float)(kc_rng_unit(&r) - 0.5 + (i % 3 == j % 3 ? 1 : 0));
            ss += (double)x[i * d + j] * (double)x[i * d + j];
        }
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = (float)((double)x[i * d + j] / __builtin_sqrt(ss));
    }
    return x;
}

void fuzz_checkpoint(const uint8_t *p, size_t n)
{
    static struct kc_pool *pool;
    struct kc_err e = KC_ERR_INIT;
    struct kept k = {.step = 0}, other = {.step = 0};
    struct kc_clustering f;
    if (n < 2)
        return;
    if (!pool && !(pool = kc_pool_new(1, &e)))
        abort();
    const struct kc_ctx ctx = {.pool = pool};
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    const size_t d = p[0] & 1 ? 64 : 5; /* in Gram space, on the rows */
    const struct kc_rows rows = kc_rows_memory(rows_of(d), ROWS, d);
    o.k.max = p[0] & 2 ? 42 : 4;
    o.k.min = o.k.max - 2;
    o.n_init = p[0] & 4 ? 1 : 2;
    o.sample = p[0] & 8 ? 70 : 0;
    o.max_size = p[0] & 16 ? 25 : 0;
    o.max_iter = 10;
    FUZZ_CHECK(kept_run(&k, NULL, 1 + p[1], 0, &ctx, &rows, &o, NULL, &f, &e) == 0);
    kc_clustering_free(&f);
    for (size_t at = 2; at + CHANGE <= n && k.st.n; at += CHANGE) {
        const struct kc_st_tensor *t = &k.st.tensors[p[at] % k.st.n];
        size_t one = t->type == KC_ST_F32 || t->type == KC_ST_U32 ? 4 : 8;
        memcpy((char *)(uintptr_t)t->data + one * (kc_le16(p + at + 1) % t->shape[0]), p + at + 3, one);
    }
    if (k.st.n) {
        int rc = kept_run(&other, &k.st, 0, p[0] >> 5 & 1, &ctx, &rows, &o, NULL, &f, &e);
        FUZZ_CHECK(rc == 0 || (e.code == KC_EINPUT && strcmp(e.file, "state") == 0));
        for (size_t i = 0; rc == 0 && i < f.n; i++)
            FUZZ_CHECK(f.labels[i] < f.k);
        kc_clustering_free(&f);
    }
    kept_forget(&k);
}
