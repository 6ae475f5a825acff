/* Cuts against a naive walk, and fits by the four linkages: equal rows, few rows, limits, weights, cells, storage,
 * threads and memory. */
#include "core/linkage/linkage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/linkage/cut.h"
#include "core/linkage/tree.h"
#include "data.h"
#include "unit.h"

static const struct kc_algorithm *const algorithms[] = {&kc_algorithm_ward, &kc_algorithm_average,
                                                        &kc_algorithm_complete, &kc_algorithm_single};

/* Make a random tree of `leaves` leaves of 1 to 3 rows. merges (leaves - 1), rows (leaves) */
static void make_tree(struct kc_rng *r, size_t leaves, struct kc_merge *merges, uint64_t *rows)
{
    uint32_t *root = malloc(leaves * sizeof *root);
    uint64_t *size = malloc(2 * leaves * sizeof *size);
    for (size_t i = 0; i < leaves; i++) {
        root[i] = (uint32_t)i;
        size[i] = rows[i] = 1 + kc_rng_below(r, 3);
    }
    for (size_t i = 0, n = leaves; n > 1; i++, n--) {
        size_t a = (size_t)kc_rng_below(r, n), b = (size_t)kc_rng_below(r, n - 1);
        b += b >= a;
        const uint32_t p = root[a] < root[b] ? root[a] : root[b], q = root[a] < root[b] ? root[b] : root[a];
        size[leaves + i] = size[p] + size[q];
        merges[i] = (struct kc_merge){p, q, (double)(i / 2), size[leaves + i]};
        root[a] = (uint32_t)(leaves + i);
        root[b] = root[n - 1];
    }
    free(size);
    free(root);
}

/* Give all leaves below a node a label. */
static void paint(const struct kc_merge *merges, size_t leaves, uint32_t node, uint32_t label, uint32_t *labels)
{
    if (node < leaves) {
        labels[node] = label;
        return;
    }
    paint(merges, leaves, merges[node - leaves].a, label, labels);
    paint(merges, leaves, merges[node - leaves].b, label, labels);
}

/* Cut by the definition: from the top, the smaller side of each merge that counts gets a label of its own. */
static uint32_t cut_naively(const struct kc_tree *t, const struct kc_cut *c, uint32_t *labels)
{
    const size_t leaves = t->leaves;
    uint32_t k = 1;
    paint(t->merges, leaves, (uint32_t)(2 * leaves - 2), 0, labels);
    for (size_t i = leaves - 1; i-- > t->equal;) {
        uint64_t side[2] = {0, 0}, all = 0;
        uint32_t *below[2], own = 0;
        for (int s = 0; s < 2; s++) {
            below[s] = calloc(leaves, sizeof **below);
            paint(t->merges, leaves, s ? t->merges[i].b : t->merges[i].a, 1, below[s]);
            for (size_t j = 0; j < leaves; j++)
                side[s] += below[s][j] ? t->rows[j] : 0;
        }
        /* the cluster of the node is that of its largest part: walk down to a leaf of it */
        uint32_t at = (uint32_t)(leaves + i);
        while (at >= leaves) {
            const struct kc_merge *m = &t->merges[at - leaves];
            const uint64_t a = m->a < leaves ? t->rows[m->a] : t->merges[m->a - leaves].size;
            const uint64_t b = m->b < leaves ? t->rows[m->b] : t->merges[m->b - leaves].size;
            at = a < b ? m->b : m->a;
        }
        own = labels[at];
        for (size_t j = 0; j < leaves; j++)
            all += labels[j] == own ? t->rows[j] : 0;
        const int wanted = (c->k ? k < c->k : t->merges[i].height > c->above) || (c->max_size && all > c->max_size);
        if (wanted && side[0] >= c->min_size && side[1] >= c->min_size) {
            for (size_t j = 0; j < leaves; j++)
                labels[j] = below[side[0] < side[1] ? 0 : 1][j] ? k : labels[j];
            k++;
        }
        free(below[0]);
        free(below[1]);
    }
    return k;
}

TEST(cuts_are_those_of_the_naive_walk)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 303, 0);
    for (size_t t = 0; t < 200; t++) {
        const size_t leaves = 1 + kc_rng_below(&r, 60);
        struct kc_merge *merges = malloc(leaves * sizeof *merges);
        uint64_t *rows = malloc(leaves * sizeof *rows), *size = malloc(leaves * sizeof *size);
        uint32_t *node = malloc(2 * leaves * sizeof *node), *want = malloc(leaves * sizeof *want), more;
        make_tree(&r, leaves, merges, rows);
        const struct kc_tree tree = {merges, leaves, rows, t % 3 ? 0 : leaves / 5};
        struct kc_cut c = {.min_size = 1 + (t % 2) * kc_rng_below(&r, 8), .above = (double)kc_rng_below(&r, 30)};
        const uint32_t most = kc_cut_most(&tree, c.min_size);
        c.k = t % 4 == 1 ? 0 : 1 + (uint32_t)kc_rng_below(&r, most);
        c.max_size = t % 5 == 2 ? c.min_size + kc_rng_below(&r, 20) : 0;
        const uint32_t k = kc_cut(&tree, &c, node, size, &more), naive = cut_naively(&tree, &c, want);
        CHECK_MSG(k == naive && memcmp(node, want, leaves * sizeof *want) == 0, "%zu leaves: %u, %u clusters", leaves, k,
                  naive);
        CHECK(c.k == 0 || c.max_size || k == c.k);
        CHECK(k <= most && (c.max_size || more == 0));
        for (uint32_t i = 0; i < k; i++) {
            uint64_t of = 0;
            for (size_t j = 0; j < leaves; j++)
                of += node[j] == i ? rows[j] : 0;
            CHECK(of == size[i] && of > 0 && (k == 1 || of >= c.min_size));
        }
        free(want);
        free(node);
        free(size);
        free(rows);
        free(merges);
    }
}

/* Fit with some threads; check the memory that it takes. */
static struct kc_clustering fit(const struct kc_rows *rows, const struct kc_linkage_opts *o, const struct kc_request *r,
                                unsigned threads)
{
    struct kc_ctx ctx = data_ctx(threads);
    struct kc_err e = KC_ERR_INIT;
    struct kc_clustering f;
    uint64_t most, before = kc_mem_held(&most, 1);
    CHECK(kc_linkage_check(o, &e) == 0);
    CHECK_MSG(kc_linkage_run(&ctx, rows, o, r, &f, &e) == 0, "%s", e.msg);
    (void)kc_mem_held(&most, 0);
    const uint64_t says = kc_linkage_bytes(rows->n, rows->d, rows->x != NULL, o, r, kc_pool_threads(ctx.pool));
    CHECK_MSG(most - before <= says + 16384, "%s, n %zu, d %zu: held %llu, said %llu", algorithms[o->how]->name, rows->n,
              rows->d, (unsigned long long)(most - before), (unsigned long long)says);
    kc_pool_free(ctx.pool);
    return f;
}

static const struct kc_linkage_opts by_default[] = {KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_WARD),
                                                    KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_AVERAGE),
                                                    KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_COMPLETE),
                                                    KC_LINKAGE_OPTS_DEFAULT(KC_LINKAGE_SINGLE)};

static int is_same(const struct kc_clustering *a, const struct kc_clustering *b)
{
    return a->k == b->k && memcmp(a->labels, b->labels, a->n * sizeof *a->labels) == 0 && a->nmerges == b->nmerges &&
           memcmp(a->merges, b->merges, a->nmerges * sizeof *a->merges) == 0 && a->objective <= b->objective &&
           a->objective >= b->objective;
}

TEST(linkages_do_not_depend_on_threads_or_storage)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 304, 0);
    for (size_t t = 0; t < 24; t++) {
        const size_t n = t < 4 ? 1 + t % 2 : 30 + kc_rng_below(&r, 400), d = 2 + kc_rng_below(&r, 40);
        float *x = data_clustered(&r, n, d, 1 + n / 40, 0.6);
        for (size_t i = 1; i < n; i++)
            if (kc_rng_below(&r, 3) == 0) /* equal rows */
                memcpy(x + i * d, x + kc_rng_below(&r, i) * d, d * sizeof *x);
        double *w = t % 3 == 2 ? data_weights(&r, n, (enum data_weights)(t % DATA_KINDS)) : NULL;
        uint32_t *idx = malloc(n * sizeof *idx);
        struct data_behind behind = {x, d};
        struct kc_rows rows = kc_rows_memory(x, n, d);
        const struct kc_rows read = {.n = n, .d = d, .read = data_behind_read, .src = &behind};
        struct kc_linkage_opts o = by_default[t % 4];
        const struct kc_request q = {.weights = w, .want_rows = t % 2, .want_sums = t % 2};
        o.cells = t % 5 == 4 ? 2 + n / 10 : 0;
        if (t % 6 == 5)
            o.cut = 0.4;
        else
            o.k = (struct kc_krange){.min = 2, .max = t % 2 ? 50 : 7, .step = 1};
        if (o.cells && o.k.min > o.cells)
            o.k.min = o.cells;
        o.min_size = 1 + t % 4;
        o.max_size = t % 7 == 6 ? 20 : 0;
        struct kc_clustering f = fit(&rows, &o, &q, 1), g = fit(&rows, &o, &q, 4), h = fit(&read, &o, &q, 3);
        for (size_t i = 0; i < n; i++)
            idx[i] = (uint32_t)i;
        rows.idx = idx;
        struct kc_clustering p = fit(&rows, &o, &q, 2);
        CHECK_MSG(is_same(&f, &g) && is_same(&f, &h) && is_same(&f, &p), "%s, n %zu, d %zu", algorithms[o.how]->name, n,
                  d);
        CHECK(f.k >= 1 && f.algorithm == algorithms[o.how] && kc_linkage_of(&f)->cells <= n);
        kc_clustering_free(&p);
        kc_clustering_free(&h);
        kc_clustering_free(&g);
        kc_clustering_free(&f);
        free(idx);
        free(w);
        free(x);
    }
}

TEST(linkage_of_weighted_rows_is_that_of_copies)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 305, 0);
    for (size_t t = 0; t < 12; t++) {
        const size_t n = 20 + kc_rng_below(&r, 80), d = 3 + kc_rng_below(&r, 20);
        float *x = data_clustered(&r, n, d, 4, 0.7), *copies = malloc(3 * n * d * sizeof *copies);
        double *w = malloc(n * sizeof *w);
        size_t m = 0;
        uint32_t *of = malloc(3 * n * sizeof *of);
        for (size_t i = 0; i < n; i++) {
            w[i] = (double)(1 + kc_rng_below(&r, 3));
            for (int c = 0; c < (int)w[i]; c++, m++) {
                memcpy(copies + m * d, x + i * d, d * sizeof *x);
                of[m] = (uint32_t)i;
            }
        }
        const struct kc_rows rows = kc_rows_memory(x, n, d), all = kc_rows_memory(copies, m, d);
        struct kc_linkage_opts o = by_default[t % 4];
        const struct kc_request weighted = {.weights = w}, plain = {0};
        o.k = (struct kc_krange){.min = 4, .max = 4, .step = 1};
        struct kc_clustering f = fit(&rows, &o, &weighted, 2), g = fit(&all, &o, &plain, 2);
        uint32_t to[4] = {KC_NONE, KC_NONE, KC_NONE, KC_NONE}; /* ids go by rows, so they may differ */
        CHECK(f.k == 4 && g.k == 4 && fabs(f.silhouette - g.silhouette) < 1e-9);
        for (size_t i = 0; i < m; i++) {
            uint32_t *p = &to[f.labels[of[i]]];
            *p = *p == KC_NONE ? g.labels[i] : *p;
            CHECK_MSG(*p == g.labels[i], "%s, row %zu", algorithms[o.how]->name, i);
        }
        for (size_t i = 0; i + 1 < n; i++) /* without those of the copies */
            CHECK(fabs(f.merges[i].height - g.merges[m - n + i].height) < 1e-6 * (1 + f.merges[i].height));
        kc_clustering_free(&g);
        kc_clustering_free(&f);
        free(of);
        free(w);
        free(copies);
        free(x);
    }
}

TEST(linkage_says_what_cannot_be_had)
{
    float x[6 * 2] = {1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0};
    const struct kc_rows rows = kc_rows_memory(x, 6, 2), one = kc_rows_memory(x, 1, 2), same = kc_rows_memory(x, 2, 2);
    const struct kc_request r = {0};
    for (int how = 0; how < 4; how++) {
        struct kc_linkage_opts o = by_default[how];
        o.k = (struct kc_krange){.min = 3, .max = 3, .step = 1};
        o.k_given = KC_K_MIN_GIVEN | KC_K_MAX_GIVEN;
        struct kc_clustering f = fit(&rows, &o, &r, 1);
        CHECK(f.k == 2 && f.limit_broken && strstr(f.limit_reason, "only 2 different rows"));
        CHECK(f.labels[0] == 0 && f.labels[1] == 0 && f.labels[2] == 1 && f.labels[5] == 0 && f.nmerges == 5);
        CHECK(f.merges[3].height <= 0 && f.merges[4].height > 0.9);
        kc_clustering_free(&f);
        o = by_default[how];
        f = fit(&one, &o, &r, 1);
        CHECK(f.k == 1 && f.nmerges == 0 && !f.limit_broken && f.warnings.n == 1);
        kc_clustering_free(&f);
        f = fit(&same, &o, &r, 1);
        CHECK(f.k == 1 && f.nmerges == 1 && !f.limit_broken && f.warnings.n == 1);
        kc_clustering_free(&f);
        o.cut = 0;
        f = fit(&rows, &o, &r, 1);
        CHECK(f.k == 2 && !f.ksweep);
        kc_clustering_free(&f);
        o.max_size = 3;
        f = fit(&rows, &o, &r, 1);
        CHECK(f.k == 2 && f.limit_broken && strstr(f.limit_reason, "--max-size 3: they are the same"));
        kc_clustering_free(&f);
        o = by_default[how];
        o.min_size = 3;
        f = fit(&rows, &o, &r, 1);
        CHECK(f.k == 1 && f.warnings.n == 1);
        kc_clustering_free(&f);
    }
}
