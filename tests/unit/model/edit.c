#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/assign.h"
#include "model/edit.h"
#include "model_util.h"
#include "par/pool.h"
#include "report_util.h"
#include "unit.h"

static struct kc_edit_opts opts; /* large */

/* Find and do the edits: up to three of kinds and values. */
static int edit(struct model_world *w, const enum kc_edit_kind *kind, const char *const *value, size_t n,
                const struct kc_dataset *ds, struct kc_edits *s)
{
    struct kc_strs ids = {0};
    struct kc_model_edited edited = {0};
    opts.n = 0;
    for (size_t c = 0; c < w->m.k; c++) {
        char id[24];
        const int len = snprintf(id, sizeof id, "%lld", (long long)w->m.ids[c]);
        CHECK(kc_strs_add(&ids, id, (size_t)len, &w->e) == 0);
    }
    for (size_t i = 0; i < n; i++)
        CHECK(kc_edit_parse(&opts, kind[i], value[i], "--x", &w->e) == 0);
    int rc = kc_edits_find(s, &opts, &ids, w->m.counts, "m", &w->e);
    if (rc == 0)
        rc = kc_model_edit(&w->ctx, &w->m, s, ds, &edited, &w->e);
    kc_model_edited_free(&edited);
    kc_strs_free(&ids);
    return rc;
}

/* Label all rows by the model. malloc'd. */
static uint32_t *label(struct model_world *w)
{
    const struct kc_assign_opts o = KC_ASSIGN_OPTS_DEFAULT;
    const size_t n = w->ds.rows.n;
    struct kc_labeller *l;
    uint32_t *labels = malloc(n * sizeof *labels), *nearest = malloc(n * sizeof *nearest);
    float *similarity = malloc(n * sizeof *similarity), *margin = malloc(n * sizeof *margin);
    struct kc_labelled out = {.labels = labels, .nearest = nearest, .similarity = similarity, .margin = margin};
    CHECK(kc_labeller_new(&l, &w->m, &o, &w->e) == 0 && kc_labeller_all(&w->ctx, l, &w->ds.rows, &out, &w->e) == 0);
    kc_labeller_free(l);
    free(margin);
    free(similarity);
    free(nearest);
    return labels;
}

/* Check sums, counts, percentiles, the baseline and the lineage against the rows and their labels, by the definitions. */
static void check_model(const struct model_world *w, const uint32_t *labels, double tolerance)
{
    const struct kc_model *m = &w->m;
    const size_t d = m->d;
    double objective = 0;
    for (size_t c = 0; c < m->k; c++) {
        double sum[64] = {0}, length = 0, least = 2;
        uint64_t count = 0;
        for (size_t i = 0; i < w->ds.rows.n; i++)
            for (size_t t = 0; labels[i] == c && t < d; t++) {
                sum[t] += (double)w->ds.x.x[i * d + t];
                count += t == 0;
            }
        CHECK(count == m->counts[c]);
        for (size_t t = 0; t < d; t++) {
            CHECK(fabs(sum[t] - m->sums[c * d + t]) < tolerance * (double)count);
            length += sum[t] * sum[t];
        }
        objective += sqrt(length);
        for (size_t i = 0; i < w->ds.rows.n; i++) {
            double dot = 0, rest = 0;
            for (size_t t = 0; t < d; t++) {
                const double x = (double)w->ds.x.x[i * d + t];
                dot += x * (sum[t] - x);
                rest += (sum[t] - x) * (sum[t] - x);
            }
            if (labels[i] == c && count > 1)
                least = fmin(least, dot / sqrt(rest));
        }
        CHECK(count < 2 || fabs((double)kc_model_percentile(m, c, 0) - least) < tolerance + 1e-5);
        CHECK(m->rep_first[c + 1] > m->rep_first[c]);
    }
    CHECK(fabs(objective - m->baseline.objective) < tolerance * objective + 1e-6);
    for (size_t i = 1; i < m->nlives; i++)
        CHECK(m->lives[i].id > m->lives[i - 1].id);
}

/* Check that the model can be saved and read again. */
static void check_saved(struct model_world *w)
{
    struct kc_model again;
    size_t n;
    char *bytes = out_model(&w->m, &n, &w->e);
    CHECK_MSG(kc_model_parse(&again, bytes, n, "x", &w->e) == 0, "%s", w->e.msg);
    kc_model_free(&again);
    free(bytes);
}

/* Unite two clusters and cut a third in a model of centroids, with all its rows: it labels them as the edits say, also
 * those that are nearer to another centroid, and its figures are those of the labels. */
TEST(edit_of_centroids_is_that_of_its_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 92, 0);
    for (int round = 0; round < 12; round++) {
        struct model_world w;
        struct kc_edits s;
        char merge[32], split[32], rename[32];
        model_world_make(&w, &r, 90 + kc_rng_below(&r, 60), 6, 6, round % 3 ? 1 : 3, round % 2 ? 0 : 35);
        const uint32_t k = (uint32_t)w.m.k, a = (uint32_t)kc_rng_below(&r, k), parts = 2 + (uint32_t)round % 2;
        if (k < 3) {
            model_world_drop(&w);
            continue;
        }
        const uint32_t b = (a + 1) % k, c = (a + 2) % k;
        const uint32_t kept = w.m.counts[b] > w.m.counts[a] ? b : a;
        snprintf(merge, sizeof merge, "%u,%u", a, b);
        snprintf(split, sizeof split, "%u:%u", c, parts);
        snprintf(rename, sizeof rename, "%u=a name", kept);
        const enum kc_edit_kind kinds[] = {KC_EDIT_SPLIT, KC_EDIT_RENAME, KC_EDIT_MERGE};
        const char *const values[] = {split, rename, merge};
        const uint64_t largest = w.m.counts[c];
        uint32_t *before = label(&w);
        CHECK_MSG(edit(&w, kinds, values, 3, &w.ds, &s) == 0, "%s", w.e.msg);
        uint32_t *after = label(&w);
        CHECK(w.m.k == k - 1 + parts - 1 && w.m.generation == 2 && w.m.next_id == k + parts - 1);
        for (size_t i = 0; i < w.ds.rows.n; i++) {
            const int64_t id = w.m.ids[after[i]], old = before[i];
            CHECK(old == a || old == b ? id == kept : old == c ? id == c || id >= k : id == old);
        }
        for (size_t p = 0; p < w.m.k; p++) {
            const size_t first = kc_model_find(&w.m, c);
            size_t n;
            const char *name = kc_model_label(&w.m, p, &n);
            CHECK(w.m.ids[p] < k || w.m.counts[p] <= w.m.counts[first]);
            CHECK(w.m.ids[p] != kept || (n == 6 && memcmp(name, "a name", 6) == 0));
            CHECK(w.m.counts[first] < largest);
        }
        CHECK(w.m.nlives == k + parts - 1 && kc_model_find(&w.m, kept == a ? b : a) == SIZE_MAX);
        for (size_t i = 0; i < w.m.nlives; i++) {
            const struct kc_model_life *f = &w.m.lives[i];
            CHECK((f->gone == 2) == (f->id == (kept == a ? b : a)) && f->generation == (f->id < k ? 1 : 2));
        }
        check_model(&w, after, 1e-6);
        check_saved(&w);
        free(before);
        free(after);
        kc_edits_free(&s);
        model_world_drop(&w);
    }
}

/* The same for a model of votes, which holds its rows: what was cut and united is so for its rows, and no file is
 * needed. */
TEST(edit_of_votes_needs_no_rows)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 93, 0);
    for (int round = 0; round < 6; round++) {
        const enum kc_model_form form = round % 2 ? KC_MODEL_I8 : KC_MODEL_F16;
        struct model_world w;
        struct kc_edits s;
        model_world_make(&w, &r, 120, 8, 4, round % 3 ? 1 : 2, 45);
        kc_model_free(&w.m);
        CHECK(kc_model_make(&w.ctx, &w.m, KC_MODEL_VOTES, &w.ds, &w.fit, &w.o, NULL, NULL, &w.e) == 0);
        CHECK(kc_model_keep_rows(&w.ctx, &w.m, &w.ds.rows, w.fit.labels, NULL, form, &w.e) == 0);
        const uint32_t k = (uint32_t)w.m.k;
        const enum kc_edit_kind kinds[] = {KC_EDIT_MERGE, KC_EDIT_SPLIT};
        const char *const values[] = {"1,2", "0"};
        uint32_t *before = label(&w);
        CHECK_MSG(edit(&w, kinds, values, k < 3 ? 0 : 2, round > 2 ? &w.ds : NULL, &s) == 0, "%s", w.e.msg);
        uint32_t *after = label(&w);
        for (size_t i = 0; k > 2 && i < w.ds.rows.n; i++) {
            const int64_t id = w.m.ids[after[i]], old = before[i];
            CHECK(old == 1 || old == 2 ? id == 1 : old == 0 ? id == 0 || id == k : id == old);
        }
        if (round > 2 && k > 2)
            check_model(&w, after, form == KC_MODEL_I8 ? 2e-2 : 2e-3);
        check_saved(&w);
        free(before);
        free(after);
        kc_edits_free(&s);
        model_world_drop(&w);
    }
}

/* Without rows a union has the exact sum, and percentiles that are near those of the rows. */
TEST(edit_estimates_the_percentiles_of_a_union)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 94, 0);
    double worst = 0;
    for (int round = 0; round < 10; round++) {
        struct model_world w;
        struct kc_edits s;
        struct kc_model copy;
        const enum kc_edit_kind kind = KC_EDIT_MERGE;
        const char *const value = "0,1";
        size_t n;
        model_world_make(&w, &r, 400, 24, 4, 1, 0);
        char *bytes = out_model(&w.m, &n, &w.e);
        CHECK(edit(&w, &kind, &value, 1, &w.ds, &s) == 0);
        copy = w.m;
        kc_edits_free(&s);
        CHECK(kc_model_parse(&w.m, bytes, n, "x", &w.e) == 0 && edit(&w, &kind, &value, 1, NULL, &s) == 0);
        for (double p = 10; p <= 90; p += 10)
            worst = fmax(worst, fabs((double)kc_model_percentile(&w.m, 0, p) - (double)kc_model_percentile(&copy, 0, p)));
        CHECK(memcmp(w.m.sums, copy.sums, copy.k * copy.d * sizeof *copy.sums) == 0 && isnan(w.m.baseline.silhouette));
        CHECK(fabs(w.m.baseline.similarity - copy.baseline.similarity) < 0.02);
        check_saved(&w);
        kc_edits_free(&s);
        kc_model_free(&copy);
        free(bytes);
        model_world_drop(&w);
    }
    CHECK_MSG(worst < 0.2, "%g", worst);
}
