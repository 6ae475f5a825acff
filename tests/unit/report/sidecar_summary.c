/* The sidecar and the text summary of a made-up fit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "report/report.h"
#include "report_util.h"
#include "unit.h"

#define KS 30

static struct kc_k_entry sweep[KS];
static struct kc_cluster clusters[KS];

struct made {
    struct kc_clustering fit;
    struct kc_kmeans own;
    struct kc_kmeans_opts opts;
    struct kc_strs terms, warnings;
    struct kc_report report;
};

static void make(struct made *m, uint32_t k, size_t nsweep)
{
    struct kc_err e = KC_ERR_INIT;
    memset(m, 0, sizeof *m);
    m->opts = (struct kc_kmeans_opts)KC_KMEANS_OPTS_DEFAULT;
    for (uint32_t i = 0; i < KS; i++) {
        sweep[i] = kc_k_entry_of(i + 2, 40, 3);
        sweep[i].silhouette = 0.5 - 0.01 * i;
        sweep[i].inertia = 10;
        sweep[i].objective = 30.125;
        sweep[i].calinski_harabasz = 7.5;
        sweep[i].davies_bouldin = 1.25;
        clusters[i] = (struct kc_cluster){KS - i, 0.75, 0.125, i};
        const char *term = i ? "term" : "a term that is much too long for the table \"\n";
        CHECK(kc_strs_add(&m->terms, term, strlen(term), &e) == 0);
    }
    m->fit = (struct kc_clustering){.n = 40, .d = 3, .k = k, .clusters = clusters, .silhouette = 0.25, .objective = 30.125,
                                    .inertia = 10, .path = "gram", .algorithm = &kc_algorithm_kmeans,
                                    .appendix = &m->own};
    m->own = (struct kc_kmeans){.k_selected = 4, .silhouette_selected = 0.5, .sweep = sweep, .nsweep = nsweep,
                                .sweep_flops = 1250000000, .sweep_dense_flops = 5000000000, .index_flops = 400000};
    m->own.told = (struct kc_ksweep){sweep, nsweep, KC_INDEX_SILHOUETTE, 4, 0.5, 1, 0, 0, 0};
    m->fit.ksweep = &m->own.told;
    CHECK(kc_strs_add(&m->warnings, "odd \"data\"", 10, &e) == 0);
    m->report = (struct kc_report){.fit = &m->fit, .opts = &m->opts, .kernel = "portable", .terms = &m->terms, .warnings = &m->warnings,
                                   .dim = 3, .silhouette = 0.25,
                                   .seconds = {.read = 0.5, .sweep = 1.25, .index = 0.0625, .final = 0.375, .write = 0.125,
                                               .total = 2},
                                   .storage = "spill",
                                   .peak_rss = 41000000};
}

static void unmake(struct made *m)
{
    kc_strs_free(&m->terms);
    kc_strs_free(&m->warnings);
}

TEST(sidecar_is_the_documented_object)
{
    static const uint64_t skipped[2] = {0, 2};
    struct kc_err e = KC_ERR_INIT;
    struct kc_outfile *f;
    struct made m;
    make(&m, 2, 1);
    m.report.skipped = skipped;
    m.report.nskipped = 2;
    m.report.bad = m.report.unmet = 1;
    clusters[1].silhouette = (double)NAN;
    m.fit.limit_broken = 1;
    strcpy(m.fit.limit_reason, "why");
    const char *path = out_path("sidecar");
    CHECK(kc_outfile_open(&f, path, &e) == 0 && kc_out_sidecar(f, &m.report, &e) == 0 && kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    CHECK(out_is(path,
                 "{\n  \"version\": \"" KC_VERSION "\",\n  \"n\": 40,\n  \"dim\": 3,\n  \"k\": 2,\n"
                 "  \"silhouette\": 0.25,\n  \"objective\": 30.125,\n  \"inertia\": 10.0,\n  \"k_selected\": 4,\n"
                 "  \"silhouette_selected\": 0.5,\n  \"seed\": 42,\n  \"k_by\": \"silhouette\",\n  \"sweep\": [\n"
                 "    {\"k\": 2, \"rows\": 40, \"silhouette\": 0.5, \"inertia\": 10.0, \"objective\": 30.125, "
                 "\"calinski_harabasz\": 7.5, \"davies_bouldin\": 1.25, \"iterations\": 3}\n  ],\n  \"clusters\": [\n"
                 "    {\"id\": 0, \"size\": 30, \"cohesion\": 0.75, \"silhouette\": 0.125, "
                 "\"representative\": \"a term that is much too long for the table \\\"\\n\", "
                 "\"representative_row\": 1},\n"
                 "    {\"id\": 1, \"size\": 29, \"cohesion\": 0.75, \"silhouette\": null, "
                 "\"representative\": \"term\", \"representative_row\": 3}\n  ],\n"
                 "  \"merged\": 0,\n  \"split\": 0,\n  \"limit_broken\": \"why\",\n  \"skipped\": 1,\n  \"unmet\": 1,\n"
                 "  \"warnings\": [\n    \"odd \\\"data\\\"\"\n  ],\n  \"kernel\": \"portable\",\n"
                 "  \"storage\": \"spill\",\n"
                 "  \"work\": {\"sweep_gflop\": 1.250, \"sweep_dense_gflop\": 5.000, \"index_gflop\": 0.000},\n"
                 "  \"seconds\": {\"read\": 0.500, \"sweep\": 1.250, "
                 "\"index\": 0.062, \"final\": 0.375, \"sizes\": 0.000, \"write\": 0.125, "
                 "\"total\": 2.000},\n  \"peak_rss\": 41000000\n}\n"));
    unmake(&m);
}

/* Where /proc is not mounted, or no descriptor is to be had. */
TEST(a_peak_that_is_not_known_is_not_told)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct kc_outfile *f;
    struct made m;
    make(&m, 2, 1);
    m.report.peak_rss = 0;
    const char *path = out_path("no-peak");
    CHECK(kc_outfile_open(&f, path, &e) == 0 && kc_out_sidecar(f, &m.report, &e) == 0 && kc_outfile_commit(f, &e) == 0);
    kc_outfile_free(f);
    char *text = out_slurp(path, NULL);
    CHECK(text && strstr(text, ",\n  \"peak_rss\": null\n}\n"));
    free(text);
    CHECK(kc_out_summary(&b, &m.report, &e) == 0 && kc_buf_addc(&b, '\0', &e) == 0);
    CHECK_MSG(strstr(b.p, ", 2.00 s (read 0.50, sweep 1.25)\n"), "got:\n%s", b.p);
    kc_buf_free(&b);
    unmake(&m);
}

/* How many lines, and the characters of the longest. */
static size_t count_lines(const char *s, size_t n, size_t *longest)
{
    size_t lines = 0, width = 0;
    *longest = 0;
    for (size_t i = 0; i < n; i++) {
        width += ((unsigned char)s[i] & 0xC0) != 0x80; /* characters, not bytes */
        if (s[i] == '\n') {
            lines++;
            *longest = width - 1 > *longest ? width - 1 : *longest;
            width = 0;
        }
    }
    return lines;
}

TEST(summary_is_aligned_and_complete)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct made m;
    make(&m, 2, 3);
    m.own.told.merged = 2;
    sweep[0].silhouette = (double)NAN;
    CHECK(kc_out_summary(&b, &m.report, &e) == 0 && kc_buf_addc(&b, '\0', &e) == 0);
    static const char expected[] =
        "      k  silhouette  calinski-harabasz  davies-bouldin   objective  iterations\n"
        "      2           -               7.50          1.2500       30.12           3\n"
        "      3      0.4900               7.50          1.2500       30.12           3\n"
        "*     4      0.4800               7.50          1.2500       30.12           3\n"
        "\n"
        "     id      size  cohesion  silhouette  representative\n"
        "      0        30    0.7500      0.1250  a term that is much too long for the t\xE2\x80\xA6\n"
        "      1        29    0.7500      0.1250  term\n"
        "\n"
        "kclust: 40 rows x 3, k = 2 (4 before size limits: 2 merged, 0 split), silhouette 0.2500, 2.00 s "
        "(read 0.50, sweep 1.25), peak 41.0 MB\n";
    CHECK_MSG(strcmp(b.p, expected) == 0, "got:\n%s", b.p);
    kc_buf_free(&b);
    unmake(&m);
}

TEST(summary_of_much_shows_the_best_and_says_so)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct made m;
    make(&m, KS, KS);
    m.own.told.selected = KS + 1; /* the last and, by the index, worst of them: it is shown all the same */
    size_t longest;
    CHECK(kc_out_summary(&b, &m.report, &e) == 0 && kc_buf_addc(&b, '\0', &e) == 0);
    CHECK(strstr(b.p, "\n     21 ") && !strstr(b.p, "\n     22 ") && strstr(b.p, "\n*    31 "));
    CHECK(strstr(b.p, "the best 20 of 30 values of k\n") != NULL);
    CHECK(strstr(b.p, "and 10 more, of 1 to 10 rows\n") != NULL);
    char *last = strstr(b.p, "kclust: ");
    CHECK(last != NULL);
    CHECK(last && count_lines(b.p, (size_t)(last - b.p), &longest) == 1 + 21 + 1 + 1 + 1 + 20 + 1 + 1 && longest <= 80);
    kc_buf_free(&b);
    unmake(&m);
}
