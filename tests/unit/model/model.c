#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/algorithms.h"
#include "core/kmeans/kmeans.h"
#include "core/cluster/assign.h"
#include "core/judge/drift.h"
#include "data.h"
#include "io/source.h"
#include "model_util.h"
#include "report_util.h"
#include "par/pool.h"
#include "unit.h"

TEST(model_comes_back_as_it_was_saved)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 70, 0);
    for (int round = 0; round < 6; round++) {
        struct model_world w;
        struct kc_model m;
        size_t n, n2;
        model_world_make(&w, &r, 40 + kc_rng_below(&r, 200), 1 + kc_rng_below(&r, 40), 4, round % 2 ? 1 : 5, round % 3 ? 0 : 30);
        char *bytes = out_model(&w.m, &n, &w.e);
        CHECK(kc_model_parse(&m, bytes, n, "x", &w.e) == 0);
        CHECK_MSG(w.e.code == KC_OK, "%s", w.e.msg);
        CHECK(m.k == w.m.k && m.d == w.m.d && m.next_id == w.m.next_id && m.n == w.m.n && m.created == -1);
        CHECK(memcmp(m.centroids, w.m.centroids, m.k * m.d * sizeof *m.centroids) == 0);
        CHECK(memcmp(m.sums, w.m.sums, m.k * m.d * sizeof *m.sums) == 0);
        char *again = out_model(&m, &n2, &w.e);
        CHECK(n == n2 && memcmp(bytes, again, n) == 0);
        free(again);
        free(bytes);
        kc_model_free(&m);
        model_world_drop(&w);
    }
}

/* By the definition: every member against the sum of the others. */
TEST(model_quantiles_leave_the_member_out)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 71, 0);
    struct model_world w;
    model_world_make(&w, &r, 150, 12, 3, 1, 0);
    size_t d = w.m.d;
    double total = 0;
    for (size_t c = 0; c < w.m.k; c++) {
        float least = 2, most = -2;
        for (size_t i = 0; i < w.fit.n; i++) {
            if (w.fit.labels[i] != c)
                continue;
            double dot = 0, len = 0;
            for (size_t t = 0; t < d; t++) {
                double x = (double)w.ds.x.x[i * d + t], rest = w.m.sums[c * d + t] - x;
                dot += x * rest;
                len += rest * rest;
            }
            float v = (float)(dot / sqrt(len));
            total += (double)v;
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        CHECK(fabsf(kc_model_percentile(&w.m, c, 0) - least) < 1e-5f);
        CHECK(fabsf(kc_model_percentile(&w.m, c, 100) - most) < 1e-5f);
        CHECK(kc_model_percentile(&w.m, c, 50.5) >= kc_model_percentile(&w.m, c, 50));
    }
    CHECK(fabs(total / (double)w.fit.n - w.m.baseline.similarity) < 1e-5);
    model_world_drop(&w);
}

/* Equal rows in several clusters too: read in order, the table gives each its label. */
TEST(model_remembers_rows_that_size_limits_moved)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 72, 0);
    for (int round = 0; round < 8; round++) {
        struct model_world w;
        model_world_make(&w, &r, 120, 8, 2, round % 2 ? 1 : 20, 13);
        size_t n = w.fit.n, d = w.m.d;
        uint32_t *labels = malloc(n * sizeof *labels);
        float *similarity = malloc(n * sizeof *similarity);
        uint64_t *used = calloc(w.m.moved.n + 1, sizeof *used);
        CHECK(kc_assign(&w.ctx, &w.ds.rows, w.m.centroids, (uint32_t)w.m.k, NULL, labels, similarity, NULL, &w.e) == 0);
        for (size_t i = 0; i < n; i++) {
            uint64_t h = kc_la_hash(w.ds.x.x + i * d, d);
            size_t at = kc_model_moved(&w.m.moved, h);
            while (at != SIZE_MAX && at + 1 < w.m.moved.n && used[at] == w.m.moved.count[at] &&
                   w.m.moved.hash[at + 1] == h)
                at++;
            if (at != SIZE_MAX) {
                labels[i] = (uint32_t)w.m.moved.place[at];
                used[at]++;
            }
            CHECK(labels[i] == w.fit.labels[i]);
        }
        CHECK(round % 2 || w.m.moved.n > 0);
        free(used);
        free(similarity);
        free(labels);
        model_world_drop(&w);
    }
}

TEST(drift_balance_is_that_of_the_definitions)
{
    struct kc_err e = KC_ERR_INIT;
    const uint64_t even[] = {5, 5, 5}, odd[] = {1, 2, 3, 10};
    double cv, gini;
    CHECK(kc_balance(even, 3, &cv, &gini, &e) == 0 && fabs(cv) < 1e-15 && fabs(gini) < 1e-15);
    CHECK(kc_balance(odd, 4, &cv, &gini, &e) == 0);
    CHECK(fabs(cv - sqrt(12.5) / 4) < 1e-12);
    double differences = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            differences += fabs((double)odd[i] - (double)odd[j]);
    CHECK(fabs(gini - differences / (2 * 16 * 4.0)) < 1e-12);
}

/* Weights are gone from a model: its sums are as long as those of so many rows, and point where the centroids do. */
TEST(model_of_weighted_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 76, 0);
    for (int kind = 0; kind < DATA_KINDS; kind++) {
        struct model_world w;
        struct kc_model m;
        size_t n, rows = 400, d = 12;
        model_world_make(&w, &r, rows, d, 5, 1, kind == DATA_MIXED ? 120 : 0);
        kc_model_free(&w.m);
        kc_clustering_free(&w.fit);
        double *weights = data_weights(&r, rows, (enum data_weights)kind);
        const struct kc_request request = {.weights = weights, .want_sums = 1};
        CHECK(kc_kmeans_run(&w.ctx, &w.ds.rows, &w.o, &request, &w.fit, &w.e) == 0);
        CHECK(kc_model_make(&w.ctx, &w.m, KC_MODEL_CENTROIDS, &w.ds, &w.fit, &w.o, NULL, NULL, &w.e) == 0);
        char *bytes = out_model(&w.m, &n, &w.e);
        CHECK_MSG(kc_model_parse(&m, bytes, n, "x", &w.e) == 0, "%s", w.e.msg);
        for (size_t c = 0; c < m.k; c++) {
            double len = 0;
            for (size_t t = 0; t < d; t++)
                len += m.sums[c * d + t] * m.sums[c * d + t];
            len = sqrt(len);
            CHECK(len > 0 && len <= (double)m.counts[c] * (1 + 1e-6));
            for (size_t t = 0; t < d; t++)
                CHECK(fabs(m.sums[c * d + t] / len - (double)m.centroids[c * d + t]) < 1e-5);
        }
        kc_model_free(&m);
        free(bytes);
        free(weights);
        model_world_drop(&w);
    }
}

/* Cut anywhere it is refused; changed anywhere it is refused or still a model that holds together. */
TEST(model_damaged_is_refused)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 73, 0);
    struct model_world w;
    size_t n;
    model_world_make(&w, &r, 60, 5, 3, 1, 25);
    char *bytes = out_model(&w.m, &n, &w.e);
    for (size_t cut = 0; cut < n; cut++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_model m;
        char *part = malloc(cut + 1); /* of this size, so that sanitizers see a byte too far */
        memcpy(part, bytes, cut);
        CHECK_MSG(kc_model_parse(&m, part, cut, "x", &e) != 0 && e.code == KC_EINPUT, "cut at %zu", cut);
        kc_model_free(&m);
        free(part);
    }
    for (size_t i = 0; i < n; i++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_model m;
        char was = bytes[i];
        bytes[i] = (char)(was ^ 1 << kc_rng_below(&r, 8));
        if (kc_model_parse(&m, bytes, n, "x", &e) == 0) {
            size_t n2;
            char *again = out_model(&m, &n2, &e);
            CHECK(m.k >= 1 && m.ids[0] >= 0 && m.next_id > m.ids[m.k - 1]);
            free(again);
        } else {
            CHECK_MSG(e.code == KC_EINPUT && e.msg[0], "byte %zu", i);
        }
        kc_model_free(&m);
        bytes[i] = was;
    }
    free(bytes);
    model_world_drop(&w);
}

/* A model names its algorithm if it is not the first one, and is refused where that is not known. */
TEST(model_names_its_algorithm)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 74, 0);
    struct model_world w;
    model_world_make(&w, &r, 40, 4, 3, 1, 0);
    struct kc_algorithm other = *kc_algorithms[0];
    w.m.algorithm = &other;
    static const char *const names[] = {"kmeans", "toy"};
    for (size_t i = 0; i < 2; i++) {
        struct kc_err e = KC_ERR_INIT;
        struct kc_model m;
        size_t n;
        other.name = names[i];
        char *bytes = out_model(&w.m, &n, &w.e);
        int rc = kc_model_parse(&m, bytes, n, "x", &e);
        if (i == 0)
            CHECK_MSG(rc == 0 && m.algorithm == kc_algorithms[0] && m.k == w.m.k, "%s", e.msg);
        else
            CHECK_MSG(rc == -1 && e.code == KC_EINPUT && strstr(e.msg, "options.algorithm is none that this kclust has"),
                      "%s", e.msg);
        kc_model_free(&m);
        free(bytes);
    }
    w.m.algorithm = kc_algorithms[0];
    model_world_drop(&w);
}

/* Write n bytes to path and return whether that is a model; the bytes are still there to be read. */
static int told(const char *path, const char *bytes, size_t n, int gzip)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_source *src = NULL;
    char back[64];
    size_t got = 0, all = 0;
    gzFile z = gzopen(path, gzip ? "wb" : "wbT");
    CHECK(z && gzwrite(z, bytes, (unsigned)n) == (int)n && gzclose(z) == Z_OK);
    CHECK(kc_source_open(&src, path, &e) == 0);
    int is = kc_model_is(src, &e);
    CHECK(is >= 0 && (gzip || kc_source_left(src) == n));
    do
        CHECK(kc_source_read(src, back + all, sizeof back - all, &got, &e) == 0);
    while (got > 0 && (all += got) < sizeof back);
    CHECK(all == n && memcmp(back, bytes, n) == 0);
    kc_source_free(src);
    CHECK(unlink(path) == 0);
    return is;
}

TEST(model_is_told_by_its_first_bytes)
{
    const char *path = out_path("looked-at");
    for (int gzip = 0; gzip <= 1; gzip++) {
        CHECK(told(path, "\2\0\0\0\0\0\0\0{}", 10, gzip) == 1); /* damaged */
        CHECK(told(path, "\7\0\0\0\0\0\0\0{}", 10, gzip) == 1); /* cut short */
        CHECK(told(path, "\2\0\0\0\0\0\0\0", 8, gzip) == 0);
        CHECK(told(path, "\2\0\0\0\0\0\0\0[]", 10, gzip) == 0);
        CHECK(told(path, "x", 1, gzip) == 0);
    }
}
