/* Models whose rows vote: the vote against its twin, rows that are known, rounding, files, and what they need. */
#include "model/votes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/half.h"
#include "core/algorithms.h"
#include "core/judge/describe.h"
#include "core/graph/neighbours.h"
#include "core/ref/ref.h"
#include "data.h"
#include "la/product.h"
#include "model/assign.h"
#include "par/pool.h"
#include "report_util.h"
#include "unit.h"

#define K 4u

struct world {
    struct kc_ctx ctx;
    struct kc_dataset ds;
    struct kc_clustering fit;
    struct kc_model m;
    struct kc_err e;
};

/* A model of n rows with labels that have little to do with them: 0..K-1 or noise. copies: each row stands so often. */
static void make(struct world *w, struct kc_rng *r, size_t n, size_t d, size_t copies, enum kc_model_form form)
{
    const struct kc_request request = {.want_sums = 1};
    const struct kc_algorithm *a = kc_algorithms[1];
    float *x = data_clustered(r, n, d, 6, 0.6);
    memset(w, 0, sizeof *w);
    w->ctx = data_ctx(2);
    w->ds.x.d = d;
    for (size_t i = 0; i < n; i++)
        CHECK(kc_matrix_append(&w->ds.x, x + i / copies * copies * d, 1, &w->e) == 0);
    free(x);
    w->ds.rows = kc_rows_memory(w->ds.x.x, n, d);
    w->fit = (struct kc_clustering){.n = n, .d = d, .algorithm = a, .labels = malloc(n * sizeof(uint32_t))};
    for (size_t i = 0; i < n; i++)
        w->fit.labels[i] = i < K ? (uint32_t)i : kc_rng_below(r, 4) == 0 ? KC_NOISE : (uint32_t)kc_rng_below(r, K);
    CHECK(kc_describe(&w->ctx, &w->ds.rows, &request, K, &w->fit, &w->e) == 0 && w->fit.k == (n < K ? n : K));
    CHECK(kc_model_make(&w->ctx, &w->m, KC_MODEL_VOTES, &w->ds, &w->fit, a->defaults, NULL, NULL, &w->e) == 0);
    CHECK(kc_model_keep_rows(&w->ctx, &w->m, &w->ds.rows, w->fit.labels, NULL, form, &w->e) == 0);
}

static void drop(struct world *w)
{
    kc_model_free(&w->m);
    kc_clustering_free(&w->fit);
    kc_dataset_free(&w->ds);
    kc_pool_free(w->ctx.pool);
}

static float *widened(const struct kc_model *m)
{
    float *x = malloc(m->rows.n * m->d * sizeof *x);
    kc_model_widen_rows(m, 0, m->rows.n, x);
    return x;
}

/* The rows that vote are the most similar of the model, in that order. rows: all of them. */
static void check_voters(const struct kc_model *m, const float *rows, const float *const *row,
                         const struct kc_neighbours *near)
{
    const size_t n = m->rows.n, want = n < KC_MODEL_NEIGHBOURS ? n : KC_MODEL_NEIGHBOURS;
    float *product = malloc(n * sizeof *product);
    for (size_t i = 0; i < near->n; i += 7) {
        kc_ref_product(rows, n, m->d, row[i], 1, product, n);
        CHECK(near->count[i] == want);
        for (size_t j = 0; j < want; j++) {
            const uint32_t id = near->id[i * near->m + j];
            size_t ahead = 0;
            for (uint32_t o = 0; o < n; o++)
                ahead += product[o] > product[id] || (product[o] >= product[id] && o < id);
            CHECK(ahead == j && near->similarity[i * near->m + j] == product[id]);
        }
    }
    free(product);
}

TEST(votes_are_those_of_the_slow_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 190, 0);
    static const size_t sizes[] = {1, 2, 14, 15, 16, 95, 257, 700}, copies[] = {1, 3};
    for (size_t round = 0; round < 32; round++) {
        struct world w;
        const size_t n = sizes[round % 8], d = 1 + kc_rng_below(&r, round % 3 ? 20 : 1500), asked = 1 + kc_rng_below(&r, 230);
        const size_t top = kc_rng_below(&r, 7);
        make(&w, &r, n, d, copies[round % 2], round < 16 ? KC_MODEL_F16 : KC_MODEL_I8);
        const uint32_t k = (uint32_t)w.m.k;
        float *rows = widened(&w.m), *x = data_clustered(&r, asked, d, 6, 0.9), share[K + 1];
        const float **row = malloc(asked * sizeof *row);
        struct kc_vote *got = malloc(asked * sizeof *got);
        uint32_t *tops = malloc((asked * top + 1) * sizeof *tops), ranked[K + 1];
        float *shares = malloc((asked * top + 1) * sizeof *shares);
        void *work = aligned_alloc(64, (kc_votes_work(&w.m, asked) + 63) / 64 * 64);
        for (size_t i = 0; i < asked; i++)
            row[i] = i % 5 == 0 ? w.ds.x.x + i % n * d : x + i * d;
        struct kc_neighbours near;
        kc_votes_list(&w.m, row, asked, &near, work);
        check_voters(&w.m, rows, row, &near);
        kc_votes_run(&w.m, row, asked, got, top, top ? tops : NULL, shares, work);
        for (size_t i = 0; i < asked; i++) {
            kc_ref_vote(rows, w.m.rows.label, n, d, k, row[i], (uint32_t)KC_MODEL_NEIGHBOURS, ranked, share);
            const float want = ranked[0] == KC_NOISE ? 0 : share[0];
            CHECK_MSG(got[i].label == ranked[0] && memcmp(&got[i].share, &want, sizeof want) == 0,
                      "%zu x %zu, row %zu: %u %g, not %u %g", n, d, i, got[i].label, (double)got[i].share, ranked[0],
                      (double)want);
            size_t at = 0;
            for (uint32_t c = 0; c <= k; c++)
                if (ranked[c] < k && at < top) {
                    CHECK(tops[i * top + at] == ranked[c] && shares[i * top + at] >= share[c] &&
                          shares[i * top + at] <= share[c]);
                    at++;
                }
            for (; at < top; at++)
                CHECK(tops[i * top + at] == KC_NONE && isnan(shares[i * top + at]));
        }
        free(work);
        free(shares);
        free(tops);
        free(got);
        free(row);
        free(x);
        free(rows);
        drop(&w);
    }
}

/* In memory and streamed, with one thread and more, for equal rows with several labels: the fit's labels. */
TEST(votes_give_the_rows_of_the_fit_their_labels)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 191, 0);
    for (int round = 0; round < 8; round++) {
        const size_t n = 400 + kc_rng_below(&r, 1500), d = 2 + kc_rng_below(&r, 30);
        const struct kc_assign_opts o = KC_ASSIGN_OPTS_DEFAULT;
        struct world w;
        make(&w, &r, n, d, round % 2 ? 1 : 7, round % 4 < 2 ? KC_MODEL_F16 : KC_MODEL_I8);
        struct data_behind behind = {w.ds.x.x, d};
        struct kc_rows streamed = {.n = n, .d = d, .read = data_behind_read, .src = &behind};
        struct kc_labelled got = {.labels = malloc(4 * n), .nearest = malloc(4 * n), .similarity = malloc(4 * n),
                                  .margin = malloc(4 * n)};
        for (int how = 0; how < 4; how++) {
            struct kc_labeller *l = NULL;
            struct kc_ctx ctx = data_ctx(how < 2 ? 1 : 3);
            uint64_t most, before = kc_mem_held(&most, 1);
            CHECK(kc_labeller_new(&l, &w.m, &o, &w.e) == 0);
            CHECK(kc_labeller_all(&ctx, l, how % 2 ? &streamed : &w.ds.rows, &got, &w.e) == 0);
            kc_labeller_free(l);
            (void)kc_mem_held(&most, 0);
            CHECK_MSG(most - before + 16 * n <= kc_labeller_all_bytes(&w.m, n, how % 2 == 0, how < 2 ? 1 : 3),
                      "%zu x %zu took %llu bytes, not %llu", n, d, (unsigned long long)(most - before + 16 * n),
                      (unsigned long long)kc_labeller_all_bytes(&w.m, n, how % 2 == 0, how < 2 ? 1 : 3));
            CHECK(memcmp(got.labels, w.fit.labels, n * sizeof *got.labels) == 0);
            for (size_t i = 0; i < n; i++)
                CHECK(isnan(got.similarity[i]) == (got.labels[i] == KC_NOISE));
            kc_pool_free(ctx.pool);
        }
        free(got.margin);
        free(got.similarity);
        free(got.nearest);
        free(got.labels);
        drop(&w);
    }
}

/* What is kept depends on the rows and not on threads, nor on where they lie; and it takes what was said. */
TEST(votes_keep_the_same_rows_however_they_come)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 192, 0);
    for (int round = 0; round < 6; round++) {
        const size_t n = 1 + kc_rng_below(&r, 900), d = 1 + kc_rng_below(&r, 90);
        const enum kc_model_form form = round % 2 ? KC_MODEL_F16 : KC_MODEL_I8;
        struct world w;
        make(&w, &r, n < K ? K : n, d, 1 + (size_t)round / 2, form);
        const struct kc_model_rows kept = w.m.rows;
        struct data_behind behind = {w.ds.x.x, d};
        struct kc_rows streamed = {.n = w.fit.n, .d = d, .read = data_behind_read, .src = &behind};
        struct kc_ctx ctx = data_ctx(3);
        uint64_t most, before = kc_mem_held(&most, 1);
        w.m.rows = (struct kc_model_rows){0};
        CHECK(kc_model_keep_rows(&ctx, &w.m, &streamed, w.fit.labels, NULL, form, &w.e) == 0);
        (void)kc_mem_held(&most, 0);
        CHECK_MSG(most - before <= kc_model_keep_bytes(w.fit.n, d, 0, form, 3) + 64 * 8, "%llu bytes",
                  (unsigned long long)(most - before));
        CHECK(w.m.rows.n == kept.n && memcmp(w.m.rows.hash, kept.hash, kept.n * sizeof *kept.hash) == 0);
        CHECK(memcmp(w.m.rows.label, kept.label, kept.n * sizeof *kept.label) == 0);
        if (form == KC_MODEL_F16)
            CHECK(memcmp(w.m.rows.halves, kept.halves, kept.n * d * sizeof *kept.halves) == 0);
        else
            CHECK(memcmp(w.m.rows.bytes, kept.bytes, kept.n * d) == 0 &&
                  memcmp(w.m.rows.scale, kept.scale, kept.n * sizeof *kept.scale) == 0);
        float *x = widened(&w.m);
        for (size_t p = 0; p < kept.n; p++) {
            double ss = 0;
            for (size_t t = 0; t < d; t++)
                ss += (double)x[p * d + t] * (double)x[p * d + t];
            CHECK_MSG(fabs(ss - 1) < (form == KC_MODEL_F16 ? 2e-3 : 1e-6), "squared length %g", ss);
        }
        free(x);
        struct kc_model other = {.d = d, .k = 1, .kind = KC_MODEL_VOTES, .rows = kept};
        kc_mem_free(other.rows.halves);
        kc_mem_free(other.rows.bytes);
        kc_mem_free(other.rows.scale);
        kc_mem_free(other.rows.label);
        kc_mem_free(other.rows.hash);
        kc_pool_free(ctx.pool);
        drop(&w);
    }
}

TEST(votes_come_back_as_they_were_saved)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 193, 0);
    for (int round = 0; round < 6; round++) {
        struct world w;
        struct kc_model m;
        size_t n, n2;
        make(&w, &r, 4 + kc_rng_below(&r, 90), 1 + kc_rng_below(&r, 9), 1, round % 2 ? KC_MODEL_F16 : KC_MODEL_I8);
        if (round >= 4)
            w.m.kind = KC_MODEL_SMALL;
        char *bytes = out_model(&w.m, &n, &w.e);
        CHECK_MSG(kc_model_parse(&m, bytes, n, "x", &w.e) == 0, "%s", w.e.msg);
        CHECK(m.kind == w.m.kind && m.rows.n == (round < 4 ? w.m.n : 0) && kc_model_version(&m) == 2);
        char *again = out_model(&m, &n2, &w.e);
        CHECK(n == n2 && memcmp(bytes, again, n) == 0);
        CHECK(memmem(bytes, n, "\"version\":\"2\"", 13) || memmem(bytes, n, "\"version\": \"2\"", 14));
        free(again);
        free(bytes);
        kc_model_free(&m);
        drop(&w);
    }
}

/* Cut anywhere it is refused; changed anywhere it is refused or still a model that can label. */
TEST(votes_of_a_damaged_model_are_refused)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 194, 0);
    for (int form = KC_MODEL_F16; form <= KC_MODEL_I8; form++) {
        struct world w;
        size_t n;
        make(&w, &r, 30, 3, 2, (enum kc_model_form)form);
        char *bytes = out_model(&w.m, &n, &w.e);
        for (size_t i = 0; i < n; i++) {
            struct kc_err e = KC_ERR_INIT;
            struct kc_model m;
            char was = bytes[i];
            char *part = malloc(i + 1); /* of this size, so that sanitizers see a byte too far */
            memcpy(part, bytes, i);
            CHECK_MSG(kc_model_parse(&m, part, i, "x", &e) != 0 && e.code == KC_EINPUT, "cut at %zu", i);
            kc_model_free(&m);
            free(part);
            e = (struct kc_err)KC_ERR_INIT;
            bytes[i] = (char)(was ^ 1 << kc_rng_below(&r, 8));
            if (kc_model_parse(&m, bytes, n, "x", &e) == 0) {
                const struct kc_assign_opts o = {{KC_THRESHOLD_MODEL, 0}, -2, 1, 2, 1};
                struct kc_labeller *l = NULL;
                struct kc_buf made = {0};
                if (m.d == 3)
                    CHECK(kc_labeller_new(&l, &m, &o, &e) == 0 &&
                          kc_labeller_each(l, w.ds.x.x, w.fit.n, m.d, &made, &e) == 0);
                kc_labeller_free(l);
                kc_buf_free(&made);
            } else {
                CHECK_MSG(e.code == KC_EINPUT && e.msg[0], "byte %zu", i);
            }
            kc_model_free(&m);
            bytes[i] = was;
        }
        free(bytes);
        drop(&w);
    }
}

/* Every float16 comes back, and what lies between two of them goes to the nearer one, or the even one. */
TEST(votes_round_to_the_nearest_half)
{
    for (unsigned h = 0; h < 0x7C00; h++) {
        const float x = kc_half_widen(h), next = kc_half_widen(h + 1);
        const float middle = h + 1 < 0x7C00 ? (float)(((double)x + (double)next) / 2) : 65520.0f;
        CHECK_MSG(kc_half_of(x) == h && kc_half_of(-x) == (h | 0x8000), "%04x", h);
        CHECK_MSG(kc_half_of(middle) == (h & 1 ? h + 1 : h), "above %04x", h);
        CHECK_MSG(kc_half_of(nextafterf(middle, 0)) == h && kc_half_of(nextafterf(middle, INFINITY)) == h + 1,
                  "beside %04x", h);
    }
    CHECK(kc_half_of(INFINITY) == 0x7C00 && isinf(kc_half_widen(0xFC00)) && isnan(kc_half_widen(kc_half_of(NAN))));
}

TEST(votes_widen_rows_alike_on_every_cpu)
{
    static const char *const kernels[] = {"portable", "avx2", "avx512"};
    char best[16];
    enum { N = 0x10000 };
    uint16_t *halves = malloc(N * sizeof *halves);
    int8_t *bytes = malloc(N);
    float *out = malloc(N * sizeof *out);
    snprintf(best, sizeof best, "%s", kc_la_kernel());
    for (size_t i = 0; i < N; i++) {
        halves[i] = (uint16_t)i;
        bytes[i] = (int8_t)(i % 255 - 127);
    }
    for (size_t q = 0; q < 3; q++) {
        if (kc_la_kernel_force(kernels[q]) != 0)
            continue;
        kc_la_widen_halves(out, halves, N);
        for (unsigned i = 0; i < N; i++) {
            const float want = kc_half_widen(i);
            CHECK(memcmp(&out[i], &want, sizeof want) == 0);
        }
        kc_la_widen_bytes(out, 0.0123f, bytes, N);
        for (size_t i = 0; i < N; i++) {
            const float want = 0.0123f * (float)bytes[i];
            CHECK(memcmp(&out[i], &want, sizeof want) == 0);
        }
    }
    CHECK(kc_la_kernel_force(best) == 0);
    free(out);
    free(bytes);
    free(halves);
}
