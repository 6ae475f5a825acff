#include "core/parts/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/kmeans/kmeans.h"
#include "base/mem.h"
#include "data.h"
#include "par/pool.h"
#include "unit.h"

#define HOUR 3600000000ll

/* Rows of some topics, each with a group; the topics wander over the days. */
struct world {
    size_t n, d;
    float *x;
    uint32_t *group;
    int64_t *time;
};

static struct world world_new(struct kc_rng *r, size_t n, size_t d, uint32_t groups, int64_t span)
{
    struct world w = {.n = n, .d = d, .x = data_clustered(r, n, d, 12, 0.35)};
    w.group = malloc(n * sizeof *w.group);
    w.time = malloc(n * sizeof *w.time);
    for (size_t i = 0; i < n; i++) {
        w.group[i] = i < groups ? (uint32_t)i : (uint32_t)(kc_rng_below(r, groups) * kc_rng_below(r, groups) / groups);
        w.time[i] = (int64_t)kc_rng_below(r, (uint64_t)span) - span / 3;
    }
    return w;
}

static void world_free(struct world *w)
{
    free(w->x);
    free(w->group);
    free(w->time);
}

static struct kc_parts_opts opts_of(const struct world *w, const struct kc_kmeans_opts *fit)
{
    return (struct kc_parts_opts){.algorithm = &kc_algorithm_kmeans, .opts = fit, .group = w->group, .time = w->time, .max_gap = -1, .link = NAN, .merge = NAN};
}

/* The slow twin: parts one after the other, everything by pairs of rows. */

static double pairs_mean(const struct world *w, const uint32_t *of, uint32_t a, uint32_t b)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; of[i] == a && j < w->n; j++) {
            if (of[j] != b || i == j)
                continue;
            for (size_t t = 0; t < w->d; t++)
                sum += (double)w->x[i * w->d + t] * (double)w->x[j * w->d + t];
            n++;
        }
    return n > 0 ? sum / n : NAN;
}

static double cosine(const struct world *w, const uint32_t *of, uint32_t a, uint32_t b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t t = 0; t < w->d; t++) {
        double p = 0, q = 0;
        for (size_t i = 0; i < w->n; i++) {
            p += of[i] == a ? (double)w->x[i * w->d + t] : 0;
            q += of[i] == b ? (double)w->x[i * w->d + t] : 0;
        }
        ab += p * q;
        aa += p * p;
        bb += q * q;
    }
    return ab / sqrt(aa * bb);
}

static int64_t window_of(int64_t t, int64_t length)
{
    return (int64_t)floor((double)t / (double)length);
}

struct slow {
    const struct world *w;
    const struct kc_parts_opts *o;
    uint32_t *label;   /* (n) the cluster of its part, over all */
    uint32_t *story;   /* (n) the first cluster of its story */
    uint32_t k;
    int unclear;       /* a decision that hung on the last bits */
};

/* Cluster each part, and count the clusters through. */
static void slow_fit(struct slow *s, const struct kc_ctx *ctx, uint32_t groups, int64_t first, int64_t last)
{
    const struct world *w = s->w;
    const struct kc_request request = {.part = 1};
    const struct kc_kmeans_opts *opts = s->o->opts;
    uint32_t *row = malloc(w->n * sizeof *row);
    for (uint32_t g = 0; g < groups; g++)
        for (int64_t v = first; v <= last; v++) {
            uint32_t m = 0;
            struct kc_clustering f;
            struct kc_err e = KC_ERR_INIT;
            for (uint32_t i = 0; i < w->n; i++)
                if (w->group[i] == g && (s->o->window == 0 || window_of(w->time[i], s->o->window) == v))
                    row[m++] = i;
            if (m < 2 * opts->k.min) {
                for (uint32_t i = 0; i < m; i++)
                    s->label[row[i]] = s->k + (s->o->window ? i : 0);
                s->k += s->o->window ? m : m > 0;
                continue;
            }
            const struct kc_rows all = kc_rows_memory(w->x, w->n, w->d), rows = kc_rows_pick(&all, row, m);
            CHECK(kc_kmeans_run(ctx, &rows, s->o->opts, &request, &f, &e) == 0);
            for (uint32_t i = 0; i < m; i++)
                s->label[row[i]] = s->k + f.labels[i];
            s->k += f.k;
            kc_clustering_free(&f);
        }
    free(row);
}

/* The rows that a story had in its last window before `before`, as labels 1 in `of`; the times of its last row, and of
 * that window. */
static void slow_last(const struct slow *s, uint32_t story, int64_t before, uint32_t *of, int64_t *last, int64_t *window)
{
    const struct world *w = s->w;
    *last = *window = INT64_MIN / 4;
    for (size_t i = 0; i < w->n; i++) {
        int64_t v = window_of(w->time[i], s->o->window);
        if (s->story[i] != story || v >= before)
            continue;
        *last = w->time[i] > *last ? w->time[i] : *last;
        *window = v > *window ? v : *window;
    }
    for (size_t i = 0; i < w->n; i++)
        of[i] = s->story[i] == story && window_of(w->time[i], s->o->window) == *window ? 1 : of[i];
}

static int slow_alike(struct slow *s, const uint32_t *of, double all, double usual)
{
    double between = pairs_mean(s->w, of, 1, 2), one = pairs_mean(s->w, of, 1, 1), two = pairs_mean(s->w, of, 2, 2);
    double within = fmin(one, two); /* of a NAN and a number the number */
    within = isnan(within) ? usual : within;
    s->unclear |= fabs(between - (all + within) / 2) < 1e-6;
    return within > all && between > (all + within) / 2;
}

/* With a threshold: two clusters at a time, until nothing changes. */
static void slow_chain(struct slow *s)
{
    const struct world *w = s->w;
    struct span {
        int64_t first, last, window;
        uint32_t group;
    } *span = malloc(s->k * sizeof *span);
    for (uint32_t c = 0; c < s->k; c++) {
        span[c] = (struct span){INT64_MAX, INT64_MIN, 0, 0};
        for (size_t i = 0; i < w->n; i++)
            if (s->label[i] == c)
                span[c] = (struct span){w->time[i] < span[c].first ? w->time[i] : span[c].first,
                                        w->time[i] > span[c].last ? w->time[i] : span[c].last,
                                        window_of(w->time[i], s->o->window), w->group[i]};
    }
    memcpy(s->story, s->label, w->n * sizeof *s->story);
    for (uint32_t a = 0; a < s->k; a++)
        for (uint32_t b = 0; b < s->k; b++) {
            if (a == b || span[a].group != span[b].group || span[b].window < span[a].window)
                continue;
            int64_t apart = span[b].window - span[a].window;
            if (s->o->max_gap < 0 ? apart > 1 : apart > 0 && span[b].first - span[a].last > s->o->max_gap)
                continue;
            double near = cosine(w, s->label, a, b);
            s->unclear |= fabs(near - s->o->link) < 1e-6;
            uint32_t p = 0, q = 0;
            for (size_t i = 0; i < w->n; i++) {
                p = s->label[i] == a ? s->story[i] : p;
                q = s->label[i] == b ? s->story[i] : q;
            }
            for (size_t i = 0; near >= s->o->link && i < w->n; i++)
                s->story[i] = s->story[i] == q ? p : s->story[i];
        }
    free(span);
}

static void slow_link(struct slow *s, uint32_t groups)
{
    const struct world *w = s->w;
    uint32_t *of = malloc(w->n * sizeof *of), *story = malloc(s->k * sizeof *story);
    memcpy(s->story, s->label, w->n * sizeof *s->story);
    for (uint32_t g = 0; g < groups; g++) {
        double within = 0, pairs = 0;
        for (size_t i = 0; i < w->n; i++)
            of[i] = w->group[i] == g;
        double all = pairs_mean(w, of, 1, 1);
        for (uint32_t c = 0; c < s->k; c++) {
            double n = 0;
            for (size_t i = 0; i < w->n; i++)
                n += s->label[i] == c && w->group[i] == g;
            if (n > 1)
                within += pairs_mean(w, s->label, c, c) * n * (n - 1);
            pairs += n > 1 ? n * (n - 1) : 0;
        }
        double usual = pairs > 0 ? within / pairs : NAN;
        for (uint32_t c = 0; c < s->k; c++) { /* they go by window */
            int64_t first = INT64_MAX, window = 0;
            int here = 0;
            for (size_t i = 0; i < w->n; i++)
                if (s->label[i] == c && w->group[i] == g) {
                    here = 1;
                    window = window_of(w->time[i], s->o->window);
                    first = w->time[i] < first ? w->time[i] : first;
                }
            story[c] = here ? c : story[c];
            double best = -2, second = -2;
            for (uint32_t a = 0; here && a < c; a++) {
                int64_t last, at;
                memset(of, 0, w->n * sizeof *of);
                slow_last(s, a, window, of, &last, &at);
                int mine = 0;
                for (size_t i = 0; i < w->n; i++) {
                    mine |= of[i] == 1 && w->group[i] == g;
                    of[i] = s->label[i] == c ? 2 : of[i];
                }
                if (!mine || (s->o->max_gap < 0 ? at + 1 != window : first - last > s->o->max_gap))
                    continue;
                double near = cosine(w, of, 1, 2);
                if (!slow_alike(s, of, all, usual))
                    continue;
                second = near > best ? best : near > second ? near : second;
                story[c] = near > best ? a : story[c];
                best = near > best ? near : best;
            }
            s->unclear |= best > -2 && best - second < 1e-6;
            for (size_t i = 0; here && i < w->n; i++)
                s->story[i] = s->label[i] == c ? story[c] : s->story[i];
        }
    }
    free(story);
    free(of);
}

/* The same partition, whatever the labels are called. */
static int same(const uint32_t *a, const uint32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if ((a[i] == a[j]) != (b[i] == b[j]))
                return 0;
    return 1;
}

TEST(core_parts_windows_as_the_slow_twin)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 93, 0);
    int clear = 0;
    for (int round = 0; round < 24; round++) {
        const uint32_t groups = 1 + (uint32_t)round % 3;
        struct world w = world_new(&r, 60 + (size_t)kc_rng_below(&r, 90), 3 + (size_t)kc_rng_below(&r, 14), groups, 200 * HOUR);
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        fit.k = (struct kc_krange){2, 6, 1, 0, 0, 0};
        struct kc_parts_opts o = opts_of(&w, &fit);
        o.window = (int64_t)(20 + kc_rng_below(&r, 40)) * HOUR;
        o.max_gap = round % 2 ? (int64_t)kc_rng_below(&r, 90) * HOUR : -1;
        o.link = round % 4 < 2 ? NAN : 0.5 + 0.5 * kc_rng_unit(&r);
        struct kc_ctx ctx = data_ctx(1 + (unsigned)round % 3);
        const struct kc_rows rows = kc_rows_memory(w.x, w.n, w.d);
        struct kc_parts p;
        struct kc_clustering f;
        struct kc_err e = KC_ERR_INIT;
        struct slow s = {.w = &w, .o = &o, .label = malloc(w.n * sizeof *s.label), .story = malloc(w.n * sizeof *s.story)};
        struct kc_parts_opts whole = o;
        whole.max_gap = -1; /* gaps are looked at below */
        const struct kc_parts_opts *used = o.max_gap < 0 ? &whole : &o;
        CHECK(kc_parts_cut(rows.n, used, &p, &e) == 0 && kc_parts_fit(&ctx, &rows, used, &p, &f, &e) == 0);
        slow_fit(&s, &ctx, groups, window_of(-200 * HOUR, o.window), window_of(200 * HOUR, o.window));
        if (isnan(o.link))
            slow_link(&s, groups);
        else
            slow_chain(&s);
        if (o.max_gap >= 0) /* the slow way: a pause is where nobody of the story is within reach */
            for (size_t i = 0, again = 1; again; i = 0)
                for (again = 0; i < w.n; i++) {
                    int64_t next = INT64_MAX;
                    for (size_t j = 0; j < w.n; j++)
                        if (s.story[j] == s.story[i] && (w.time[j] > w.time[i] || (w.time[j] == w.time[i] && j > i)) &&
                            w.time[j] < next)
                            next = w.time[j];
                    if (next == INT64_MAX || next - w.time[i] <= o.max_gap)
                        continue;
                    again = 1;
                    const uint32_t old = s.story[i], fresh = s.k++;
                    for (size_t j = 0; j < w.n; j++)
                        s.story[j] = s.story[j] == old && w.time[j] >= next ? fresh : s.story[j];
                }
        clear += !s.unclear;
        CHECK_MSG(s.unclear || same(f.labels, s.story, w.n), "round %d", round);
        free(s.label);
        free(s.story);
        kc_parts_free(&p);
        kc_clustering_free(&f);
        kc_pool_free(ctx.pool);
        world_free(&w);
    }
    CHECK(clear > 18);
}

/* The same bytes for any number of threads, and from rows that do not lie in memory; large parts and small ones. */
TEST(core_parts_do_not_depend_on_threads)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 94, 0);
    struct world w = world_new(&r, 9000, 12, 9, 500 * HOUR);
    struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
    fit.k = (struct kc_krange){2, INT32_MAX, 1, 1.5, 0.01, 0};
    fit.n_init = 2;
    struct kc_parts_opts o = opts_of(&w, &fit);
    o.merge = 0.9;
    struct kc_clustering first = {0};
    for (unsigned i = 0; i < 6; i++) {
        struct kc_ctx ctx = data_ctx(1 + i % 3);
        struct data_behind b = {w.x, w.d};
        const struct kc_rows rows = i < 3 ? kc_rows_memory(w.x, w.n, w.d) :
                                    (struct kc_rows){.n = w.n, .d = w.d, .read = data_behind_read, .src = &b};
        struct kc_parts p;
        struct kc_clustering f;
        struct kc_err e = KC_ERR_INIT;
        CHECK(kc_parts_cut(rows.n, &o, &p, &e) == 0 && kc_parts_fit(&ctx, &rows, &o, &p, &f, &e) == 0);
        uint32_t covered = 0;
        for (size_t q = 0; q < p.nparts; q++)
            covered += (uint32_t)p.part[q].n;
        CHECK(covered == w.n && p.joined > 0);
        if (i == 0) {
            first = f;
        } else {
            CHECK(f.k == first.k && memcmp(f.labels, first.labels, w.n * sizeof *f.labels) == 0);
            CHECK(memcmp(f.centroids, first.centroids, (size_t)f.k * w.d * sizeof *f.centroids) == 0);
            CHECK(memcmp(f.similarity, first.similarity, w.n * sizeof *f.similarity) == 0);
            CHECK(memcmp(f.row_silhouette, first.row_silhouette, w.n * sizeof *f.similarity) == 0);
            CHECK(memcmp(f.clusters, first.clusters, f.k * sizeof *f.clusters) == 0);
            kc_clustering_free(&f);
        }
        kc_parts_free(&p);
        kc_pool_free(ctx.pool);
    }
    kc_clustering_free(&first);
    world_free(&w);
}

/* Joined are the most alike of different groups, and nothing that would bring two of a group together. */
TEST(core_parts_join_groups)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 95, 0);
    for (int round = 0; round < 10; round++) {
        struct world w = world_new(&r, 400, 6, 4, HOUR);
        struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
        struct kc_parts_opts o = opts_of(&w, &fit), apart = o;
        struct kc_ctx ctx = data_ctx(2);
        const struct kc_rows rows = kc_rows_memory(w.x, w.n, w.d);
        struct kc_parts p, q;
        struct kc_clustering f, g;
        struct kc_err e = KC_ERR_INIT;
        o.merge = 0.7 + 0.02 * round;
        CHECK(kc_parts_cut(rows.n, &apart, &q, &e) == 0 && kc_parts_fit(&ctx, &rows, &apart, &q, &g, &e) == 0);
        CHECK(kc_parts_cut(rows.n, &o, &p, &e) == 0 && kc_parts_fit(&ctx, &rows, &o, &p, &f, &e) == 0);
        CHECK(f.k + p.joined == g.k);
        /* the slow way: again and again the most alike two, sets of clusters by their number */
        uint32_t *set = malloc(g.k * sizeof *set), *of = malloc(w.n * sizeof *of);
        for (uint32_t c = 0; c < g.k; c++)
            set[c] = c;
        double *near = malloc((size_t)g.k * g.k * sizeof *near);
        for (uint32_t a = 0; a < g.k; a++)
            for (uint32_t b = 0; b < a; b++)
                near[a * g.k + b] = cosine(&w, g.labels, a, b);
        for (;;) {
            double best = o.merge;
            uint32_t from = 0, to = 0;
            for (uint32_t a = 0; a < g.k; a++)
                for (uint32_t b = 0; b < a; b++) {
                    int meets = set[a] == set[b];
                    for (uint32_t i = 0; i < g.k; i++)
                        for (uint32_t j = 0; j < g.k; j++)
                            meets |= set[i] == set[a] && set[j] == set[b] && q.group[i] == q.group[j];
                    if (!meets && near[a * g.k + b] > best) {
                        best = near[a * g.k + b];
                        from = set[a];
                        to = set[b];
                    }
                }
            if (from == to)
                break;
            for (uint32_t c = 0; c < g.k; c++)
                set[c] = set[c] == from ? to : set[c];
        }
        for (size_t i = 0; i < w.n; i++)
            of[i] = set[g.labels[i]];
        CHECK(same(of, f.labels, w.n));
        free(near);
        free(of);
        free(set);
        kc_parts_free(&p);
        kc_parts_free(&q);
        kc_clustering_free(&f);
        kc_clustering_free(&g);
        kc_pool_free(ctx.pool);
        world_free(&w);
    }
}

/* One group and no time: the fit of all rows, label for label, and its figures. */
TEST(core_parts_of_one_are_a_fit)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 96, 0);
    float *x = data_clustered(&r, 700, 20, 5, 0.5);
    struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
    const struct kc_request request = {.want_rows = 1};
    const struct kc_parts_opts o = {.algorithm = &kc_algorithm_kmeans, .opts = &fit, .max_gap = -1, .link = NAN, .merge = NAN};
    struct kc_ctx ctx = data_ctx(2);
    const struct kc_rows rows = kc_rows_memory(x, 700, 20);
    struct kc_parts p;
    struct kc_clustering f, g;
    struct kc_err e = KC_ERR_INIT;
    CHECK(kc_parts_cut(rows.n, &o, &p, &e) == 0 && kc_parts_fit(&ctx, &rows, &o, &p, &f, &e) == 0 && kc_kmeans_run(&ctx, &rows, &fit, &request, &g, &e) == 0);
    CHECK(f.k == g.k && memcmp(f.labels, g.labels, 700 * sizeof *f.labels) == 0);
    CHECK(memcmp(f.row_silhouette, g.row_silhouette, 700 * sizeof *f.margin) == 0);
    CHECK(memcmp(f.margin, g.margin, 700 * sizeof *f.margin) == 0);
    CHECK(fabs(f.objective - g.objective) < 1e-6 && fabs(f.inertia - g.inertia) < 1e-4);
    CHECK(fabs(f.silhouette - g.silhouette) < 1e-6);
    for (uint32_t c = 0; c < f.k; c++)
        CHECK(f.clusters[c].size == g.clusters[c].size && fabs(f.clusters[c].cohesion - g.clusters[c].cohesion) < 1e-6 &&
              fabs(f.clusters[c].silhouette - g.clusters[c].silhouette) < 1e-6);
    kc_parts_free(&p);
    kc_clustering_free(&f);
    kc_clustering_free(&g);
    kc_pool_free(ctx.pool);
    free(x);
}

/* What is held at most is what kc_parts_bytes says, or less; many tiny windows too, where each row is a cluster. */
TEST(core_parts_take_what_they_say)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 95, 0);
    struct world w = world_new(&r, 3000, 64, 5, 3000 * HOUR);
    struct kc_kmeans_opts fit = KC_KMEANS_OPTS_DEFAULT;
    fit.k = (struct kc_krange){2, 6, 1, 0, 0, 0};
    fit.n_init = 1;
    const int64_t windows[] = {0, HOUR / 4, 300 * HOUR};
    for (unsigned i = 0; i < 6; i++) {
        struct kc_parts_opts o = opts_of(&w, &fit);
        struct kc_ctx ctx = data_ctx(1 + i / 3);
        const struct kc_rows rows = kc_rows_memory(w.x, w.n, w.d);
        struct kc_parts p;
        struct kc_clustering f;
        struct kc_err e = KC_ERR_INIT;
        o.window = windows[i % 3];
        uint64_t most, before = kc_mem_held(&most, 1);
        CHECK(kc_parts_cut(rows.n, &o, &p, &e) == 0);
        uint64_t says = kc_parts_bytes(w.n, w.d, 1, &o, &p, 1 + i / 3);
        CHECK(kc_parts_fit(&ctx, &rows, &o, &p, &f, &e) == 0);
        (void)kc_mem_held(&most, 0);
        CHECK_MSG(most - before <= says && says < 4 * (most - before) + (8u << 20), "window %u: held %llu, said %llu", i,
                  (unsigned long long)(most - before), (unsigned long long)says);
        kc_clustering_free(&f);
        kc_parts_free(&p);
        kc_pool_free(ctx.pool);
    }
    world_free(&w);
}
