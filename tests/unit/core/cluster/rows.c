/* Rows in memory, some rows of a larger matrix, and rows that are read: the same results; a source that fails, fails
 * them. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/cluster/assign.h"
#include "core/cluster/sums.h"
#include "core/kmeans/choose.h"
#include "core/judge/index.h"
#include "core/kmeans/sizes.h"
#include "data.h"
#include "la/product.h"
#include "par/pool.h"
#include "unit.h"

/* A file of rows that breaks after so many reads. */
struct fake {
    const float *x;
    size_t n, d;
    atomic_long left;
    atomic_int broken;
    atomic_int beyond; /* somebody asked for rows that are not there */
};

static int fake_read(void *src, size_t i0, size_t r, float *buf)
{
    struct fake *f = src;
    if (i0 > f->n || r > f->n - i0) {
        atomic_store(&f->beyond, 1);
        return -1;
    }
    if (atomic_fetch_sub(&f->left, 1) <= 0) {
        atomic_store(&f->broken, 1);
        return -1;
    }
    memcpy(buf, f->x + i0 * f->d, r * f->d * sizeof *buf);
    return 0;
}

static int fake_failed(void *src, struct kc_err *e)
{
    struct fake *f = src;
    return atomic_load(&f->broken) ? kc_err_set(e, KC_ESYS, "the disk is gone") : 0;
}

static struct kc_rows fake_rows(struct fake *f, const float *x, size_t n, size_t d, long reads)
{
    f->x = x;
    f->n = n;
    f->d = d;
    atomic_init(&f->left, reads);
    atomic_init(&f->broken, 0);
    atomic_init(&f->beyond, 0);
    return (struct kc_rows){.n = n, .d = d, .read = fake_read, .failed = fake_failed, .src = f};
}

enum { PARTS = 5 };
static const uint32_t parts[PARTS] = {2, 3, 12, 90, 600};

/* All that core asks of rows outside the sweep. */
struct answers {
    struct kc_scored p[PARTS], big;
    float *sil[PARTS];
    double *sums;
    uint64_t *counts;
    uint32_t *labels, *limited;
    float *similarity, *margin, *given, *given_margin;
    uint64_t distinct, few, merged, split;
    uint32_t k;
};

enum { SCORE = 1, SUMS = 2, ASSIGN = 4, GIVEN = 8, DISTINCT = 16, SIZES = 32, ALL = 63 };

static struct answers *answers_new(size_t n, size_t d)
{
    struct answers *a = calloc(1, sizeof *a);
    for (int i = 0; i < PARTS; i++)
        a->sil[i] = calloc(n, sizeof(float));
    a->sums = calloc(600 * d, sizeof *a->sums);
    a->counts = calloc(600, sizeof *a->counts);
    a->labels = calloc(n, sizeof *a->labels);
    a->limited = calloc(n, sizeof *a->limited);
    a->similarity = calloc(n, sizeof *a->similarity);
    a->margin = calloc(n, sizeof *a->margin);
    a->given = calloc(n, sizeof *a->given);
    a->given_margin = calloc(n, sizeof *a->given_margin);
    return a;
}

static void answers_free(struct answers *a)
{
    for (int i = 0; i < PARTS; i++)
        free(a->sil[i]);
    free(a->sums);
    free(a->counts);
    free(a->labels);
    free(a->limited);
    free(a->similarity);
    free(a->margin);
    free(a->given);
    free(a->given_margin);
    free(a);
}

/* Returns which of `what` have failed. */
static int ask(const struct kc_ctx *ctx, const struct kc_rows *rows, uint32_t *const *labels, const float *centroids,
               int what, struct answers *a)
{
    struct kc_space s = {.ctx = ctx, .rows = *rows, .n = rows->n, .d = rows->d};
    struct kc_err e = KC_ERR_INIT;
    int failed = 0;
    for (int i = 0; i < PARTS; i++)
        a->p[i] = (struct kc_scored){.k = parts[i], .labels = labels[i], .row_silhouette = a->sil[i]};
    if ((what & SCORE) && kc_index_score(&s, a->p, PARTS, &e) != 0)
        failed |= SCORE;
    if ((what & SUMS) && kc_sums(&s, labels[4], 600, a->sums, a->counts, &e) != 0)
        failed |= SUMS;
    if ((what & ASSIGN) && kc_assign(ctx, rows, centroids, 600, NULL, a->labels, a->similarity, a->margin, &e) != 0)
        failed |= ASSIGN;
    if ((what & GIVEN) && kc_assign(ctx, rows, centroids, 600, labels[3], NULL, a->given, a->given_margin, &e) != 0)
        failed |= GIVEN;
    if ((what & DISTINCT) && (kc_choose_distinct(rows, rows->n, &a->distinct, &e) != 0 ||
                              kc_choose_distinct(rows, 20, &a->few, &e) != 0))
        failed |= DISTINCT;
    memcpy(a->limited, labels[2], rows->n * sizeof *a->limited);
    a->k = parts[2];
    if ((what & SIZES) && kc_sizes_enforce(&s, a->limited, &a->k, 60, 130, &a->merged, &a->split, &e) != 0)
        failed |= SIZES;
    CHECK((failed != 0) == (e.code != KC_OK));
    CHECK(!failed || strcmp(e.msg, "the disk is gone") == 0);
    return failed;
}

static void same(const struct answers *a, const struct answers *b, size_t n, size_t d)
{
    for (int i = 0; i < PARTS; i++) {
        const struct kc_scored *p = &a->p[i], *q = &b->p[i];
        CHECK(p->silhouette == q->silhouette && p->davies_bouldin == q->davies_bouldin && p->inertia == q->inertia &&
              p->calinski_harabasz == q->calinski_harabasz && p->objective == q->objective);
        CHECK(memcmp(a->sil[i], b->sil[i], n * sizeof(float)) == 0);
    }
    CHECK(memcmp(a->sums, b->sums, 600 * d * sizeof *a->sums) == 0);
    CHECK(memcmp(a->counts, b->counts, 600 * sizeof *a->counts) == 0);
    CHECK(memcmp(a->labels, b->labels, n * sizeof *a->labels) == 0);
    CHECK(memcmp(a->limited, b->limited, n * sizeof *a->limited) == 0);
    CHECK(memcmp(a->similarity, b->similarity, n * sizeof(float)) == 0);
    CHECK(memcmp(a->margin, b->margin, n * sizeof(float)) == 0);
    CHECK(memcmp(a->given, b->given, n * sizeof(float)) == 0);
    CHECK(memcmp(a->given_margin, b->given_margin, n * sizeof(float)) == 0);
    CHECK(a->distinct == b->distinct && a->few == b->few);
    CHECK(a->merged == b->merged && a->split == b->split && a->k == b->k);
}

struct fixture {
    size_t n, d;
    float *x, *centroids;
    uint32_t *labels[PARTS];
};

static struct fixture fixture_new(uint64_t stream, size_t n, size_t d)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, stream, 0);
    struct fixture f = {.n = n, .d = d, .x = data_clustered(&r, n, d, 20, 0.5)};
    f.centroids = data_clustered(&r, 600, d, 40, 0.5);
    for (size_t i = 0; i < n; i += 7) /* equal rows */
        memcpy(f.x + i * d, f.x + i / 14 * d, d * sizeof *f.x);
    for (int i = 0; i < PARTS; i++) {
        f.labels[i] = malloc(n * sizeof *f.labels[i]);
        for (size_t j = 0; j < n; j++)
            f.labels[i][j] = j < parts[i]            ? (uint32_t)j
                             : i == 2 && j > n / 3 ? 1 /* a large one, to be split */
                                                   : (uint32_t)kc_rng_below(&r, parts[i]);
    }
    return f;
}

static void fixture_free(struct fixture *f)
{
    free(f->x);
    free(f->centroids);
    for (int i = 0; i < PARTS; i++)
        free(f->labels[i]);
}

TEST(core_rows_from_anywhere_give_the_same_bits)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 40, 0);
    for (int round = 0; round < 3; round++) {
        size_t n = round == 2 ? 5001 : 1000 + kc_rng_below(&r, 500), d = round == 2 ? 1200 : 5 + kc_rng_below(&r, 60);
        struct fixture f = fixture_new(41 + (uint64_t)round, n, d);
        float *shuffled = malloc(2 * n * d * sizeof *shuffled);
        uint32_t *idx = malloc(n * sizeof *idx);
        memset(shuffled, 0x7f, 2 * n * d * sizeof *shuffled);
        for (size_t i = 0; i < n; i++) { /* every other row of twice as many, backwards */
            idx[i] = (uint32_t)(2 * (n - 1 - i));
            memcpy(shuffled + idx[i] * d, f.x + i * d, d * sizeof *shuffled);
        }
        struct answers *a[3];
        for (int q = 0; q < 3; q++) {
            struct kc_ctx ctx = data_ctx(q == 2 ? 3 : 2);
            struct kc_rows memory = kc_rows_memory(f.x, n, d), twice = kc_rows_memory(shuffled, 2 * n, d);
            struct fake file;
            struct kc_rows rows[3] = {memory, kc_rows_pick(&twice, idx, n), fake_rows(&file, f.x, n, d, 1000000)};
            a[q] = answers_new(n, d);
            CHECK(ask(&ctx, &rows[q], f.labels, f.centroids, ALL, a[q]) == 0);
            CHECK(q == 0 || !atomic_load(&file.beyond));
            same(a[0], a[q], n, d);
            kc_pool_free(ctx.pool);
        }
        CHECK(a[0]->few == 20 && a[0]->distinct < n && a[0]->split > 0 && (a[0]->merged > 0 || round == 2));
        for (int q = 0; q < 3; q++)
            answers_free(a[q]);
        free(idx);
        free(shuffled);
        fixture_free(&f);
    }
}

/* A cluster so large that its halves are found on a part of its rows. */
TEST(core_rows_of_a_large_cluster)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 47, 0);
    enum { N = 5300, D = 2100, BASE = 53, K = 2, SMALL = 200 };
    float *base = data_clustered(&r, BASE, D, 2, 0.3), *x = malloc((size_t)N * D * sizeof *x);
    uint32_t *l[2];
    for (size_t i = 0; i < N; i++) {
        memcpy(x + i * D, base + i % BASE * D, D * sizeof *x);
        x[i * D + i % D] += 0.01f;
    }
    for (int q = 0; q < 2; q++) {
        struct kc_ctx ctx = data_ctx(q ? 3 : 1);
        struct kc_err e = KC_ERR_INIT;
        struct fake file;
        struct kc_space s = {.ctx = &ctx, .rows = kc_rows_memory(x, N, D), .n = N, .d = D};
        uint32_t k = K, sizes[64] = {0};
        uint64_t merged, split;
        if (q)
            s.rows = fake_rows(&file, x, N, D, 1000000);
        l[q] = malloc(N * sizeof *l[q]);
        for (size_t i = 0; i < N; i++)
            l[q][i] = i % (N / SMALL) == 0;
        CHECK(kc_sizes_enforce(&s, l[q], &k, 50, 3000, &merged, &split, &e) == 0);
        CHECK(k < 64 && split == k - K && split > 0);
        for (size_t i = 0; i < N; i++)
            sizes[l[q][i]]++;
        for (uint32_t c = 0; c < k; c++)
            CHECK(sizes[c] >= 50 && sizes[c] <= 3000);
        CHECK(memcmp(l[0], l[q], N * sizeof *l[q]) == 0);
        kc_pool_free(ctx.pool);
    }
    free(l[0]);
    free(l[1]);
    free(x);
    free(base);
}

/* The nearest and the margin are what they are by definition; `given` looks at one more centroid. */
TEST(core_assign_tells_the_margin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 45, 0);
    struct kc_ctx ctx = data_ctx(2);
    struct kc_err e = KC_ERR_INIT;
    enum { N = 250, D = 9, K = 530 };
    float *x = data_clustered(&r, N, D, 9, 0.5), *c = data_clustered(&r, K, D, 90, 0.5);
    float sim[N], margin[N], sim2[N], margin2[N];
    const struct kc_rows rows = kc_rows_memory(x, N, D);
    uint32_t labels[N], given[N];
    memcpy(c + 300 * D, c + 7 * D, D * sizeof *c); /* equal centroids: the first one is meant */
    for (uint32_t k = 1; k <= K; k += k == 1 ? 1 : k == 2 ? K - 2 : 1) {
        for (size_t i = 0; i < N; i++)
            given[i] = (uint32_t)kc_rng_below(&r, k);
        CHECK(kc_assign(&ctx, &rows, c, k, NULL, labels, sim, margin, &e) == 0);
        CHECK(kc_assign(&ctx, &rows, c, k, given, NULL, sim2, margin2, &e) == 0);
        for (size_t i = 0; i < N; i++) {
            float best = -2, second = -2, own = 0, other = -2;
            uint32_t at = 0;
            for (uint32_t j = 0; j < k; j++) {
                float v = 0;
                for (size_t t = 0; t < D; t++)
                    v = fmaf(x[i * D + t], c[j * D + t], v);
                if (v > best) {
                    second = best;
                    best = v;
                    at = j;
                } else if (v > second) {
                    second = v;
                }
                if (j == given[i])
                    own = v;
                else if (v > other)
                    other = v;
            }
            CHECK(labels[i] == at && sim[i] == best && sim2[i] == own);
            CHECK(k == 1 ? isnan(margin[i]) : margin[i] == best - second);
            CHECK(k == 1 ? isnan(margin2[i]) : margin2[i] == own - other);
        }
    }
    free(c);
    free(x);
    kc_pool_free(ctx.pool);
}

/* Whenever the source breaks, what was being done fails, with the source's error. */
TEST(core_rows_that_cannot_be_read)
{
    struct fixture f = fixture_new(46, 1500, 30);
    struct kc_ctx ctx = data_ctx(2);
    struct answers *a = answers_new(f.n, f.d);
    for (int what = 1; what < ALL; what *= 2) {
        struct fake file;
        struct kc_rows rows = fake_rows(&file, f.x, f.n, f.d, 1000000);
        CHECK(ask(&ctx, &rows, f.labels, f.centroids, what, a) == 0);
        long reads = 1000000 - atomic_load(&file.left);
        CHECK(reads > 0);
        for (long ok = 0; ok < reads; ok += 1 + reads / 20) {
            rows = fake_rows(&file, f.x, f.n, f.d, ok);
            CHECK_MSG(ask(&ctx, &rows, f.labels, f.centroids, what, a) == what, "%d went on after %ld of %ld reads",
                      what, ok, reads);
        }
    }
    answers_free(a);
    kc_pool_free(ctx.pool);
    fixture_free(&f);
}
