/* Views filled from rows, labels, summaries and models. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/rng.h"
#include "la/rows.h"
#include "par/pool.h"
#include "unit.h"
#include "view/fill.h"

#define N 300
#define D 6

/* Unit rows around a few directions, with labels, some of them noise. */
struct rows {
    float x[N * D];
    uint32_t label[N];
    struct kc_strs names;
    struct kc_ctx ctx;
};

static int is_text(const struct kc_strs *s, size_t i, const char *text)
{
    size_t n;
    const char *p = kc_strs_get(s, i, &n);
    return n == strlen(text) && memcmp(p, text, n) == 0;
}

static void make_rows(struct rows *r, uint32_t k, unsigned threads)
{
    struct kc_rng rng;
    struct kc_err e = KC_ERR_INIT;
    memset(r, 0, sizeof *r);
    rng = kc_rng_stream(unit_seed(), KC_RNG_TEST, 1, 0);
    r->ctx.pool = kc_pool_new(threads, &e);
    for (uint32_t c = 0; c < k; c++) {
        const char name[3] = {'c', (char)('a' + c), '\0'};
        CHECK(kc_strs_add(&r->names, name, 2, &e) == 0);
    }
    for (size_t i = 0; i < N; i++) {
        const uint32_t c = (uint32_t)(kc_rng_below(&rng, k * (uint64_t)k)); /* of very different sizes */
        double square = 0;
        r->label[i] = i % 11 == 0 ? KC_NOISE : (uint32_t)sqrt((double)c);
        for (size_t t = 0; t < D; t++) {
            r->x[i * D + t] = (float)((t == r->label[i] % D ? 1.5 : 0) + kc_rng_unit(&rng) - .5);
            square += (double)r->x[i * D + t] * (double)r->x[i * D + t];
        }
        for (size_t t = 0; t < D; t++)
            r->x[i * D + t] = (float)((double)r->x[i * D + t] / sqrt(square));
    }
}

static void free_rows(struct rows *r)
{
    kc_strs_free(&r->names);
    kc_pool_free(r->ctx.pool);
}

TEST(a_view_orders_clusters_by_size_and_leaves_empty_ones_out)
{
    struct rows r;
    struct kc_view v;
    struct kc_err e = KC_ERR_INIT;
    uint32_t of[7];
    make_rows(&r, 7, 1);
    for (size_t i = 0; i < N; i++)
        r.label[i] = r.label[i] == 3 ? KC_NOISE : r.label[i]; /* nobody is in the fourth */
    kc_view_init(&v);
    CHECK(kc_view_set_labels(&v, r.label, N, &r.names, of, &e) == 0);
    CHECK(v.k == 6 && of[3] == KC_NONE);
    uint64_t rows = v.noise;
    for (uint32_t c = 0; c < v.k; c++) {
        rows += v.cluster[c].size;
        CHECK(c == 0 || v.cluster[c].size <= v.cluster[c - 1].size);
    }
    CHECK(rows == N);
    for (size_t i = 0; i < N; i++)
        CHECK(r.label[i] == KC_NOISE ? v.label[i] == KC_NOISE : v.label[i] == of[r.label[i]]);
    for (uint32_t c = 0; c < 7; c++) {
        const char name[3] = {'c', (char)('a' + c), '\0'};
        CHECK(of[c] == KC_NONE || is_text(&v.id, of[c], name));
    }
    kc_view_free(&v);
    free_rows(&r);
}

TEST(figures_of_a_view_are_those_of_score_and_by_definition_for_any_threads)
{
    struct kc_view v[2];
    for (int run = 0; run < 2; run++) {
        struct rows r;
        struct kc_err e = KC_ERR_INIT;
        make_rows(&r, 5, run ? 4 : 1);
        const struct kc_rows rows = kc_rows_memory(r.x, N, D);
        kc_view_init(&v[run]);
        CHECK(kc_view_set_labels(&v[run], r.label, N, &r.names, NULL, &e) == 0);
        CHECK(kc_view_measure(&r.ctx, &rows, &v[run], &e) == 0);
        const struct kc_view *w = &v[run];
        for (uint32_t c = 0; c < w->k; c++) { /* by the definition: mean similarity to the scaled mean */
            double sum[D] = {0}, square = 0, similar = 0, best = -2;
            size_t nearest = 0;
            for (size_t i = 0; i < N; i++)
                for (size_t t = 0; w->label[i] == c && t < D; t++)
                    sum[t] += (double)r.x[i * D + t];
            for (size_t t = 0; t < D; t++)
                square += sum[t] * sum[t];
            for (size_t i = 0; i < N; i++) {
                double dot = 0;
                for (size_t t = 0; t < D; t++)
                    dot += (double)r.x[i * D + t] * sum[t] / sqrt(square);
                if (w->label[i] != c)
                    continue;
                similar += dot;
                if (dot > best + 1e-6) {
                    best = dot;
                    nearest = i;
                }
            }
            CHECK(fabs(w->cluster[c].cohesion - similar / (double)w->cluster[c].size) < 1e-6);
            char text[32];
            snprintf(text, sizeof text, "row %zu", nearest + 1);
            CHECK(is_text(&w->representatives.text, w->representatives.first[c], text));
        }
        free_rows(&r);
    }
    CHECK(memcmp(v[0].row_silhouette, v[1].row_silhouette, N * sizeof(float)) == 0);
    CHECK(memcmp(v[0].heat, v[1].heat, v[0].nheat * v[0].nheat * sizeof(float)) == 0);
    kc_view_free(&v[0]);
    kc_view_free(&v[1]);
}

TEST(the_tree_of_a_view_is_average_linkage_by_definition)
{
    struct kc_rng rng;
    struct kc_view v;
    struct kc_err e = KC_ERR_INIT;
    float x[12 * D];
    uint32_t of[12];
    rng = kc_rng_stream(unit_seed(), KC_RNG_TEST, 1, 0);
    kc_view_init(&v);
    for (size_t i = 0; i < 12; i++) {
        double square = 0;
        for (size_t t = 0; t < D; t++) {
            x[i * D + t] = (float)(kc_rng_unit(&rng) - .3);
            square += (double)x[i * D + t] * (double)x[i * D + t];
        }
        for (size_t t = 0; t < D; t++)
            x[i * D + t] = (float)((double)x[i * D + t] / sqrt(square));
        of[i] = (uint32_t)i;
    }
    v.k = 12;
    CHECK(kc_view_set_heat(&v, x, D, &e) == 0);
    for (size_t m = 0; m < 11; m++) { /* the pair of parts with the least mean distance, which are then one */
        double least = 9;
        uint32_t a = 0, b = 0;
        for (uint32_t p = 0; p < 12 + m; p++)
            for (uint32_t q = p + 1; q < 12 + m; q++) {
                double sum = 0, pairs = 0;
                for (size_t i = 0; i < 12; i++)
                    for (size_t j = 0; j < 12; j++)
                        if (of[i] == p && of[j] == q) {
                            sum += 1 - (double)v.heat[i * 12 + j];
                            pairs++;
                        }
                if (pairs > 0 && sum / pairs < least - 1e-12) {
                    least = sum / pairs;
                    a = p;
                    b = q;
                }
            }
        CHECK(v.merge[m].a == a && v.merge[m].b == b && fabs(v.merge[m].height - least) < 1e-9);
        for (size_t i = 0; i < 12; i++)
            if (of[i] == a || of[i] == b)
                of[i] = (uint32_t)(12 + m);
    }
    unsigned seen = 0;
    for (size_t i = 0; i < 12; i++)
        seen |= 1u << v.heat_order[i];
    CHECK(seen == 4095);
    v.k = 0; /* there are no clusters to free */
    kc_view_free(&v);
}

TEST(bins_of_time_are_days_weeks_months_or_years_in_utc_without_gaps)
{
    static const struct {
        int64_t seconds[3];
        enum kc_view_bin bins;
        const char *first, *last;
        size_t n;
    } cases[] = {
        {{0, 86399, 86400}, KC_VIEW_DAY, "1970-01-01", "1970-01-02", 2},
        {{0, 3 * 86400, 4 * 86400}, KC_VIEW_WEEK, "1969-12-29", "1970-01-05", 2}, /* Monday was the fifth */
        {{-1, 0, 86400 * 31}, KC_VIEW_MONTH, "1969-12", "1970-02", 3},
        {{-1, 0, 86400 * 800}, KC_VIEW_YEAR, "1969", "1972", 4},
        {{0, 1, 86400 * 119}, KC_VIEW_AUTO, "1970-01-01", "1970-04-30", 120},
        {{0, 1, 86400 * 120}, KC_VIEW_AUTO, "1969-12-29", "1970-04-27", 18},
        {{0, 1, (int64_t)86400 * 366 * 200}, KC_VIEW_AUTO, "1970", "2170", 201},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kc_view v;
        struct kc_err e = KC_ERR_INIT;
        struct kc_strs names = {{0}, 0, 0, 0};
        const uint32_t label[3] = {0, KC_NOISE, 0};
        kc_view_init(&v);
        CHECK(kc_strs_add(&names, "0", 1, &e) == 0 && kc_view_set_labels(&v, label, 3, &names, NULL, &e) == 0);
        v.time = kc_mem_alloc(3, sizeof *v.time, &e);
        uint64_t rows = 0;
        for (size_t j = 0; j < 3; j++)
            v.time[j] = cases[i].seconds[j] * 1000000;
        CHECK(kc_view_set_bins(&v, cases[i].bins, &e) == 0);
        CHECK_MSG(v.bin.n == cases[i].n, "case %zu: %zu bins", i, v.bin.n);
        CHECK(is_text(&v.bin, 0, cases[i].first) && is_text(&v.bin, v.bin.n - 1, cases[i].last));
        for (size_t j = 0; j < 2 * v.bin.n; j++)
            rows += v.bin_rows[j];
        CHECK(rows == 3 && v.cluster[0].begin == v.time[0] && v.cluster[0].end == v.time[2]);
        kc_strs_free(&names);
        kc_view_free(&v);
    }
}

/* Read a text as a summary. */
static int read_summary(struct kc_view *v, const char *text, struct kc_err *e)
{
    struct kc_buf b = {0};
    int rc = kc_buf_adds(&b, text, e) != 0 || kc_buf_reserve(&b, KC_NUM_PAD, e) != 0 ? -1 : 0;
    if (rc == 0) {
        memset(b.p + b.n, 0, KC_NUM_PAD);
        rc = kc_view_read_summary(v, b.p, b.n, "s.json", e);
    }
    kc_buf_free(&b);
    return rc;
}

TEST(a_summary_gives_clusters_criteria_levels_warnings_and_the_command)
{
    struct kc_view v;
    struct kc_err e = KC_ERR_INIT;
    kc_view_init(&v);
    CHECK(read_summary(&v, "{\"version\": \"9\", \"n\": 10, \"dim\": 4, \"k\": 2, \"silhouette\": 0.25, \"k_selected\": 2, "
                       "\"k_by\": \"modularity\", \"sweep\": [{\"k\": 2, \"silhouette\": 0.25, \"modularity\": 0.5}, "
                       "{\"k\": 3, \"silhouette\": null, \"modularity\": 0.4}], \"clusters\": [{\"id\": 7, \"size\": 6, "
                       "\"cohesion\": 0.5, \"silhouette\": 0.3, \"stability\": 0.9, \"representative\": \"a\", \"label\": "
                       "\"x, y\", \"keywords\": [{\"word\": \"x\", \"weight\": 0.5}, {\"word\": \"y\", \"weight\": 0.25}]}, "
                       "{\"id\": 3, \"size\": 3, \"cohesion\": 0.4, \"silhouette\": null, \"label\": null, \"representative\": "
                       "\"b\"}], \"levels\": [{\"k\": 1, \"parents\": [0, null]}], \"unassigned\": 1, \"warnings\": [\"w\"], "
                       "\"limit_broken\": \"l\", \"command\": \"kclust fit\"}", &e) == 0);
    CHECK(v.n == 10 && v.d == 4 && v.k == 2 && v.noise == 1 && v.silhouette == .25);
    CHECK(v.nentries == 2 && v.k_by == KC_INDEX_MODULARITY && v.k_selected == 2 && v.evidence == KC_EVIDENCE_MODULARITY);
    CHECK(isnan(v.entry[1].silhouette) && v.entry[1].modularity == .4 && isnan(v.entry[0].gap));
    CHECK(is_text(&v.id, 0, "7") && is_text(&v.id, 1, "3"));
    struct kc_view_index index = {0};
    CHECK(kc_view_index_make(&index, &v, &e) == 0 && kc_view_find(&index, 3) == 1 && kc_view_find(&index, 4) == KC_NONE);
    kc_view_index_free(&index);
    CHECK(v.cluster[0].stability == .9 && isnan(v.cluster[1].stability) && isnan(v.cluster[1].silhouette));
    CHECK(v.keywords.first[1] == 2 && v.keywords.first[2] == 2 && is_text(&v.keywords.text, 1, "y"));
    size_t n;
    CHECK(memcmp(kc_view_called(&v, 0, &n), "x, y", 4) == 0 && memcmp(kc_view_called(&v, 1, &n), "b", 1) == 0);
    CHECK(v.nlevels == 1 && v.level[0].parent[0] == 0 && v.level[0].parent[1] == KC_NOISE);
    CHECK(v.doubt.n == 2 && is_text(&v.doubt, 0, "w") && is_text(&v.doubt, 1, "l") && strcmp(v.command, "kclust fit") == 0);
    kc_view_free(&v);
}

TEST(what_is_no_summary_is_refused)
{
    static const char *const bad[] = {"", "[]", "{", "{\"k\": 1}", "{\"clusters\": []}", "{\"k\": 1, \"clusters\": [",
                                      "{\"k\": 2, \"clusters\": []} x", "{\"k\": 1, \"clusters\": 3, \"levels\": [1]}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct kc_view v;
        struct kc_err e = KC_ERR_INIT;
        kc_view_init(&v);
        CHECK_MSG(read_summary(&v, bad[i], &e) != 0 && e.code == KC_EINPUT, "%s", bad[i]);
        kc_view_free(&v);
    }
}

TEST(sentences_tell_what_was_found_and_what_to_doubt)
{
    struct rows r;
    struct kc_view v;
    struct kc_err e = KC_ERR_INIT;
    struct kc_strs said = {{0}, 0, 0, 0}, doubts = {{0}, 0, 0, 0};
    make_rows(&r, 3, 1);
    kc_view_init(&v);
    CHECK(kc_view_set_labels(&v, r.label, N, &r.names, NULL, &e) == 0);
    v.silhouette = .04;
    v.structure = 0;
    v.cluster[2].stability = .3;
    CHECK(kc_view_headline(&v, &said, &e) == 0 && kc_view_doubts(&v, &doubts, &e) == 0);
    CHECK(is_text(&said, 0, "300 rows fall into 3 clusters."));
    CHECK(said.n == 3 && memmem(said.bytes.p, said.bytes.n, "hardly apart", 12));
    CHECK(doubts.n >= 3 && memmem(doubts.bytes.p, doubts.bytes.n, "no more structure than noise", 28));
    CHECK(memmem(doubts.bytes.p, doubts.bytes.n, "60 % of such a cluster", 22));
    kc_strs_free(&said);
    kc_strs_free(&doubts);
    kc_view_free(&v);
    free_rows(&r);
}
