/* k-means under pairs (pairs.h): join the rows that must be together to points, fit the points, separate those that
 * must be apart, and describe the clusters of the rows. */
#include "core/kmeans/pairs.h"

#include <math.h>
#include <string.h>
#include "core/cluster/weights.h"
#include "core/judge/describe.h"
#include "core/kmeans/separate.h"
#include "la/rows.h"

struct pairing {
    const struct kc_ctx *ctx;
    const struct kc_rows *rows;
    const struct kc_kmeans_opts *o;
    const struct kc_request *r;
    struct kc_pairs *pairs;
    uint32_t *parent;   /* (n) of the trees of rows that must be together */
    uint32_t *point;    /* (n) of each row, numbered by their first rows */
    size_t m;           /* points */
    float *x;           /* (m, d) their directions; NULL: the rows themselves */
    double *weight;     /* (m) NULL: all 1 */
    struct kc_rows points;
    struct kc_cannot apart;
    struct kc_err *e;
};

/* Return the root of the row's tree. */
static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Join the rows that must be together, the lower number being the root, and number the points. */
static int join_rows(struct pairing *w)
{
    const size_t n = w->rows->n;
    struct kc_pairs *pairs = w->pairs;
    w->parent = kc_mem_alloc(n, sizeof *w->parent, w->e);
    w->point = kc_mem_alloc(n, sizeof *w->point, w->e);
    uint32_t *size = kc_mem_zalloc(n, sizeof *size, w->e);
    if (!w->parent || !w->point || !size) {
        kc_mem_free(size);
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        w->parent[i] = (uint32_t)i;
    for (size_t i = 0; i < pairs->n; i++)
        if (!pairs->pair[i].cannot) {
            const uint32_t a = find_root(w->parent, pairs->pair[i].a), b = find_root(w->parent, pairs->pair[i].b);
            w->parent[a > b ? a : b] = a < b ? a : b;
        }
    for (size_t i = 0; i < n; i++) {
        const uint32_t root = find_root(w->parent, (uint32_t)i);
        w->point[i] = root == i ? (uint32_t)w->m++ : w->point[root];
        size[root]++;
        pairs->groups += size[root] == 2;
        pairs->grouped += size[root] == 2 ? 2 : size[root] > 2;
    }
    kc_mem_free(size);
    return 0;
}

static double weigh_row(const struct pairing *w, size_t i)
{
    return w->r->weights ? w->r->weights[i] : 1;
}

/* Compute the directions of the points, and their weights. Points of rows that cancel out have the direction of the
 * first one and hardly any weight. */
static int make_points(struct pairing *w)
{
    const size_t n = w->rows->n, d = w->rows->d;
    double *sum = kc_mem_zalloc(kc_mem_mul(w->m, d), sizeof *sum, w->e);
    double *all = kc_mem_zalloc(w->m, sizeof *all, w->e);
    w->x = kc_mem_aligned(kc_mem_mul(w->m, d), sizeof *w->x, w->e);
    w->weight = kc_mem_alloc(w->m, sizeof *w->weight, w->e);
    const int rc = sum && all && w->x && w->weight ? 0 : -1;
    for (size_t i = n; rc == 0 && i-- > 0;) { /* the first row of each point last: its direction stays in x */
        const float *x = kc_rows_at(w->rows, i);
        memcpy(w->x + w->point[i] * d, x, d * sizeof *w->x);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const float *x = kc_rows_at(w->rows, i);
        const double by = weigh_row(w, i);
        double *to = sum + w->point[i] * d;
        all[w->point[i]] += by;
        for (size_t t = 0; t < d; t++)
            to[t] += by * (double)x[t];
    }
    for (size_t p = 0; rc == 0 && p < w->m; p++) {
        double length = 0;
        for (size_t t = 0; t < d; t++)
            length += sum[p * d + t] * sum[p * d + t];
        length = sqrt(length);
        w->weight[p] = length > 1e-9 * all[p] ? length : 1e-9 * all[p];
        for (size_t t = 0; length > 1e-9 * all[p] && t < d; t++)
            w->x[p * d + t] = (float)(sum[p * d + t] / length);
    }
    kc_mem_free(all);
    kc_mem_free(sum);
    w->points = kc_rows_memory(w->x, w->m, d);
    return rc;
}

/* Make the graph of the points that must be apart. Pairs within a point contradict those that must be together. */
static int make_graph(struct pairing *w)
{
    const struct kc_pairs *pairs = w->pairs;
    uint32_t *ends = kc_mem_alloc(kc_mem_mul(pairs->n, 2), sizeof *ends, w->e);
    uint32_t *colour = kc_mem_alloc(w->m, sizeof *colour, w->e);
    size_t m = 0, contradicted = 0;
    int rc = ends && colour ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < pairs->n; i++) {
        const struct kc_pair *p = &pairs->pair[i];
        const uint32_t a = w->point[p->a], b = w->point[p->b];
        pairs->fate[i] = p->cannot && a == b ? KC_PAIR_CONTRADICTED : KC_PAIR_KEPT;
        contradicted += pairs->fate[i] == KC_PAIR_CONTRADICTED;
        if (!p->cannot || a == b)
            continue;
        ends[2 * m] = a;
        ends[2 * m++ + 1] = b;
    }
    if (rc == 0)
        rc = kc_cannot_make(&w->apart, w->m, ends, m, w->e);
    if (rc == 0)
        rc = kc_cannot_colour(&w->apart, colour, &w->pairs->needed, w->e);
    if (contradicted > 0)
        kc_ctx_log(w->ctx, KC_LOG_WARN, "%zu cannot-pair%s contradict%s must-pairs, which are kept", contradicted,
                   contradicted == 1 ? "" : "s", contradicted == 1 ? "s" : "");
    kc_mem_free(colour);
    kc_mem_free(ends);
    return rc;
}

/* Let a range of k begin where all pairs can be kept. */
static struct kc_krange raise_range(const struct pairing *w)
{
    struct kc_krange k = w->o->k;
    uint32_t *ks = NULL;
    const size_t n = kc_krange_list(&k, w->m, NULL, 0);
    struct kc_err ignored = KC_ERR_INIT; /* of memory: the range stays, and the fit fails for the same reason */
    if (n < 2 || w->pairs->needed <= k.min || !(ks = kc_mem_alloc(n, sizeof *ks, &ignored)))
        return k;
    kc_krange_list(&k, w->m, ks, n);
    for (size_t i = 0; i < n; i++)
        if (ks[i] >= w->pairs->needed || i + 1 == n) {
            k.min = ks[i];
            break;
        }
    kc_mem_free(ks);
    kc_ctx_log(w->ctx, KC_LOG_INFO, "pairs: %u clusters keep them all, so k begins at %llu", w->pairs->needed,
               (unsigned long long)k.min);
    return k;
}

/* Separate the points of the fit that must be apart, and say which pairs are not. labels (m) */
static int separate_points(struct pairing *w, uint32_t k, uint32_t *labels)
{
    struct kc_space space = {.ctx = w->ctx, .rows = w->points, .n = w->m, .d = w->points.d};
    const struct kc_pairs *pairs = w->pairs;
    double *weights = NULL;
    int rc = kc_weights_make(w->weight ? w->weight : w->r->weights, w->m, &weights, &space.one, w->e);
    space.w = weights;
    if (rc == 0)
        rc = kc_separate(&space, &w->apart, k, labels, w->e);
    for (size_t i = 0; rc == 0 && i < pairs->n; i++)
        if (pairs->pair[i].cannot && pairs->fate[i] == KC_PAIR_KEPT &&
            labels[w->point[pairs->pair[i].a]] == labels[w->point[pairs->pair[i].b]])
            pairs->fate[i] = KC_PAIR_NO_ROOM;
    kc_mem_free(weights);
    return rc;
}

/* Turn a clustering of the points into one of the rows. */
static int spread_labels(struct pairing *w, struct kc_clustering *f)
{
    const uint32_t k = f->k;
    uint32_t *labels = kc_mem_alloc(w->rows->n, sizeof *labels, w->e);
    if (!labels)
        return -1;
    for (size_t i = 0; i < w->rows->n; i++)
        labels[i] = f->labels[w->point[i]];
    kc_mem_free(f->labels);
    kc_mem_free(f->centroids);
    kc_mem_free(f->clusters);
    kc_mem_free(f->similarity);
    f->labels = labels;
    f->n = w->rows->n;
    f->centroids = NULL;
    f->clusters = NULL;
    f->similarity = NULL;
    const struct kc_request request = {.weights = w->r->weights, .want_rows = w->r->want_rows,
                                       .want_sums = w->r->want_sums};
    return kc_describe(w->ctx, w->rows, &request, k, f, w->e);
}

static int run_pairs(struct pairing *w, struct kc_clustering *out)
{
    struct kc_pairs *pairs = w->pairs;
    struct kc_kmeans_opts o = *w->o;
    pairs->groups = pairs->grouped = 0;
    if (join_rows(w) != 0 || (w->m < w->rows->n && make_points(w) != 0) || make_graph(w) != 0)
        return -1;
    if (w->m == w->rows->n)
        w->points = *w->rows;
    kc_mem_free(w->parent);
    w->parent = NULL;
    o.k = raise_range(w);
    const struct kc_request request = {.weights = w->weight ? w->weight : w->r->weights, .judge = w->r->judge,
                                       .part = w->r->part};
    if (kc_kmeans_run(w->ctx, &w->points, &o, &request, out, w->e) != 0 ||
        separate_points(w, out->k, out->labels) != 0)
        return -1;
    return spread_labels(w, out);
}

int kc_kmeans_pairs_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *o,
                        const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    struct kc_kmeans_opts resolved = *o; /* k without shares of the rows */
    struct pairing w = {.ctx = ctx, .rows = rows, .o = &resolved, .r = r, .pairs = r->pairs, .e = e};
    *out = (struct kc_clustering){0};
    resolved.k = kc_krange_for(&o->k, rows->n);
    const int rc = run_pairs(&w, out);
    kc_cannot_free(&w.apart);
    kc_mem_free(w.parent);
    kc_mem_free(w.point);
    kc_mem_free(w.x);
    kc_mem_free(w.weight);
    return rc;
}

uint64_t kc_kmeans_pairs_bytes(size_t n, size_t d, const struct kc_kmeans_opts *o, const struct kc_request *r,
                               unsigned threads)
{
    static const double some = 1; /* stands for the weights of the points */
    const struct kc_request points = {.weights = &some, .judge = r->judge};
    const struct kc_request rows = {.weights = r->weights, .want_rows = r->want_rows, .want_sums = r->want_sums};
    const uint64_t most = kc_krange_for(&o->k, n).max, k = most < n ? most : n;
    const size_t paired = r->pairs->n < n / 2 ? 2 * r->pairs->n : n;
    const uint64_t held = (uint64_t)n * (d * sizeof(float) + sizeof(double) + 2 * sizeof(uint32_t)) +
                          (uint64_t)r->pairs->n * 8 * sizeof(uint32_t);
    const uint64_t make = (uint64_t)n * (d * sizeof(double) + sizeof(double) + sizeof(uint32_t));
    const uint64_t fit = kc_kmeans_bytes(n, d, 1, o, &points, threads);
    const uint64_t apart = kc_separate_bytes(n, d, paired, k, threads) + (uint64_t)n * sizeof(double);
    const uint64_t describe = kc_describe_bytes(n, d, 1, k, &rows, threads) + (uint64_t)n * sizeof(uint32_t);
    uint64_t peak = make > fit ? make : fit;
    peak = apart > peak ? apart : peak;
    return held + (describe > peak ? describe : peak);
}
