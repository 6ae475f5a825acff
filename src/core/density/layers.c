/* Least sizes grow by 15 % from layer to layer, as the groups that they tell apart do (PLSCAN: Bot, McInnes & Aerts
 * 2025). Unlike there, a layer has the most stable clusters and not the leaves, and it is chosen by how good it is as a
 * partition of all rows: by the sum of modularity and silhouette. On 22 labelled sets that found the classes better
 * than either alone, than both as shares of their maxima, than persistence, and than leaves. */
#include "core/density/layers.h"

#include <math.h>
#include <string.h>
#include "base/label.h"
#include "base/mem.h"
#include "core/cluster/assign.h"
#include "core/graph/modularity.h"
#include "core/judge/index.h"

#define GROWTH 1.15
#define BATCH 8             /* layers whose silhouettes share a pass at most, */
#define BATCH_CLUSTERS 4096 /* unless they have more clusters than this together */

/* Layers under way. */
struct peeling {
    const struct kc_ctx *ctx;
    const struct kc_rows *rows;
    const struct kc_layers_opts *o;
    struct kc_condensed *c;
    unsigned char *chosen; /* (c->room) */
    uint32_t *id;          /* (c->room) */
    double *work;          /* (2, c->room) */
    uint32_t *last;        /* (n) labels of the layer before */
    uint32_t *labels;      /* (BATCH, n) all rows labelled */
    size_t waiting;        /* layers in labels, */
    size_t clusters;       /* and clusters in these */
    struct kc_layers *out;
    struct kc_err *e;
};

/* Add the rows of each cluster up. sums (k, d): set */
static int add_rows(const struct kc_rows *rows, const uint32_t *labels, uint32_t k, double *sums, struct kc_err *e)
{
    float *buf = kc_mem_aligned(kc_rows_buf(rows, KC_LA_TILE), sizeof *buf, e);
    const float *row[KC_LA_TILE];
    if (!buf)
        return -1;
    memset(sums, 0, (size_t)k * rows->d * sizeof *sums);
    for (size_t i = 0; i < rows->n; i += KC_LA_TILE) {
        const size_t m = rows->n - i < KC_LA_TILE ? rows->n - i : KC_LA_TILE;
        kc_rows_get(rows, i, m, buf, row);
        for (size_t r = 0; r < m; r++)
            if (labels[i + r] != KC_NOISE)
                kc_la_addd(sums + labels[i + r] * rows->d, row[r], rows->d);
    }
    kc_mem_free(buf);
    return kc_rows_failed(rows, e);
}

/* Scale sums (k, d) to unit centroids. A sum of zero stays zero: no row is nearest to it. */
static void scale_sums(const double *sums, uint32_t k, size_t d, float *centroids)
{
    for (uint32_t c = 0; c < k; c++) {
        const double *s = sums + (size_t)c * d, length = sqrt(kc_la_dotd(s, s, d));
        for (size_t t = 0; t < d; t++)
            centroids[(size_t)c * d + t] = length > 0 ? (float)(s[t] / length) : 0;
    }
}

int kc_layers_fill(const struct kc_ctx *ctx, const struct kc_rows *rows, uint32_t *labels, uint32_t k, struct kc_err *e)
{
    const size_t n = rows->n;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        m += labels[i] == KC_NOISE;
    if (m == 0)
        return 0;
    uint32_t *row = kc_mem_alloc(m, sizeof *row, e), *source = kc_mem_alloc(m, sizeof *source, e);
    uint32_t *nearest = kc_mem_alloc(m, sizeof *nearest, e);
    float *similarity = kc_mem_alloc(m, sizeof *similarity, e);
    double *sums = kc_mem_aligned(kc_mem_mul(k, rows->d), sizeof *sums, e);
    float *centroids = kc_mem_aligned(kc_mem_mul(k, rows->d), sizeof *centroids, e);
    int rc = row && source && nearest && similarity && sums && centroids &&
             add_rows(rows, labels, k, sums, e) == 0 ? 0 : -1;
    if (rc == 0) {
        scale_sums(sums, k, rows->d, centroids);
        m = 0;
        for (size_t i = 0; i < n; i++)
            if (labels[i] == KC_NOISE)
                row[m++] = (uint32_t)i;
        const struct kc_rows some = kc_rows_pick_from(rows, row, m, source);
        rc = kc_assign(ctx, &some, centroids, k, NULL, nearest, similarity, NULL, e);
    }
    for (size_t j = 0; rc == 0 && j < m; j++)
        labels[row[j]] = nearest[j];
    kc_mem_free(centroids);
    kc_mem_free(sums);
    kc_mem_free(similarity);
    kc_mem_free(nearest);
    kc_mem_free(source);
    kc_mem_free(row);
    return rc;
}

/* Judge the layers that wait. */
static int judge_layers(struct peeling *w)
{
    const size_t n = w->rows->n;
    struct kc_space space = {.ctx = w->ctx, .rows = *w->o->judged, .n = n, .d = w->o->judged->d};
    struct kc_scored p[BATCH];
    struct kc_layer *layer = w->out->layer + w->out->n - w->waiting;
    for (size_t i = 0; i < w->waiting; i++) {
        p[i] = (struct kc_scored){.k = layer[i].k, .labels = w->labels + i * n, .no_davies_bouldin = 1};
        layer[i].modularity = kc_modularity(w->o->graph, p[i].labels, p[i].k, w->work);
    }
    const int rc = w->waiting ? kc_index_score(&space, p, w->waiting, w->e) : 0;
    for (size_t i = 0; rc == 0 && i < w->waiting; i++)
        layer[i].silhouette = p[i].silhouette;
    w->waiting = w->clusters = 0;
    return rc;
}

/* Add the layer of a least size, if it has other clusters than the one before. */
static int add_layer(struct peeling *w, const struct kc_merge *merges, uint64_t min_size)
{
    const size_t n = w->rows->n;
    uint32_t *labels = w->labels + w->waiting * n;
    struct kc_layer layer = {.min_size = min_size};
    kc_condense(w->c, merges, min_size);
    kc_condensed_select(w->c, w->o->select, w->chosen, w->work);
    layer.k = kc_condensed_label(w->c, w->chosen, labels, NULL, NULL, w->id, w->work);
    if (layer.k < 2 || memcmp(labels, w->last, n * sizeof *labels) == 0)
        return 0;
    memcpy(w->last, labels, n * sizeof *labels);
    for (size_t i = 0; i < n; i++)
        layer.assigned += labels[i] == KC_NOISE ? 0 : w->o->sizes ? w->o->sizes[i] : 1;
    if (kc_layers_fill(w->ctx, w->rows, labels, layer.k, w->e) != 0)
        return -1;
    if (w->waiting > 0 && w->clusters + layer.k > BATCH_CLUSTERS) {
        if (judge_layers(w) != 0)
            return -1;
        memcpy(w->labels, labels, n * sizeof *labels);
    }
    w->out->layer[w->out->n++] = layer;
    w->clusters += layer.k;
    return ++w->waiting == BATCH ? judge_layers(w) : 0;
}

/* Return how good a layer is. */
static double rate_layer(const struct kc_layer *l)
{
    return l->modularity + l->silhouette;
}

/* Choose the layer. Of equals the one of the larger least size. */
static void choose_layer(struct kc_layers *l, uint64_t k)
{
    for (size_t i = 1; i < l->n; i++) {
        const struct kc_layer *a = &l->layer[i], *b = &l->layer[l->chosen];
        const uint64_t far = a->k > k ? a->k - k : k - a->k, best = b->k > k ? b->k - k : k - b->k;
        if (k > 0 && far != best ? far < best : rate_layer(a) >= rate_layer(b))
            l->chosen = i;
    }
}

/* Return the least size after this one. */
static uint64_t grow_size(uint64_t size)
{
    const uint64_t more = (uint64_t)((double)size * GROWTH);
    return more > size ? more : size + 1;
}

/* Return how many least sizes there are from min_size to half of n rows. */
static size_t count_sizes(uint64_t n, uint64_t min_size)
{
    size_t sizes = 0;
    for (uint64_t size = min_size; size <= n / 2; size = grow_size(size))
        sizes++;
    return sizes;
}

int kc_layers_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_merge *merges,
                   const struct kc_layers_opts *o, struct kc_condensed *c, struct kc_layers *out, struct kc_err *e)
{
    const size_t n = rows->n;
    struct peeling w = {.ctx = ctx, .rows = rows, .o = o, .c = c, .out = out, .e = e};
    int rc = -1;
    *out = (struct kc_layers){0};
    uint64_t total = o->sizes ? 0 : n;
    for (size_t i = 0; o->sizes && i < n; i++)
        total += o->sizes[i];
    out->layer = kc_mem_alloc(count_sizes(total, o->min_size), sizeof *out->layer, e);
    w.chosen = kc_mem_alloc(c->room, 1, e);
    w.id = kc_mem_alloc(c->room, sizeof *w.id, e);
    w.work = kc_mem_alloc(kc_mem_mul(c->room, 2), sizeof *w.work, e);
    w.last = kc_mem_zalloc(n, sizeof *w.last, e);
    w.labels = kc_mem_alloc(kc_mem_mul(n, BATCH), sizeof *w.labels, e);
    if (out->layer && w.chosen && w.id && w.work && w.last && w.labels) {
        rc = 0;
        for (uint64_t size = o->min_size; rc == 0 && size <= total / 2; size = grow_size(size))
            rc = add_layer(&w, merges, size);
        if (rc == 0)
            rc = judge_layers(&w);
    }
    if (rc == 0)
        choose_layer(out, o->k);
    kc_mem_free(w.labels);
    kc_mem_free(w.last);
    kc_mem_free(w.work);
    kc_mem_free(w.id);
    kc_mem_free(w.chosen);
    return rc;
}

void kc_layers_free(struct kc_layers *l)
{
    kc_mem_free(l->layer);
    *l = (struct kc_layers){0};
}

uint64_t kc_layers_bytes(size_t n, size_t d, size_t judged_d, int in_memory, uint64_t min_size, unsigned threads)
{
    const uint64_t k = n / (min_size > 1 ? min_size : 1) + 1, room = 2 * k + 1;
    const uint64_t fill = (uint64_t)n * 16 + k * d * (sizeof(double) + sizeof(float)) +
                          kc_assign_bytes(d, in_memory, threads);
    const uint64_t together = k > BATCH_CLUSTERS ? k : BATCH_CLUSTERS;
    const uint64_t judge = kc_index_bytes(n, judged_d, in_memory, 1, (uint32_t)together, threads);
    return (uint64_t)n * (BATCH + 1) * sizeof(uint32_t) + room * (2 * sizeof(double) + sizeof(uint32_t) + 1) +
           count_sizes(n, min_size) * sizeof(struct kc_layer) + (fill > judge ? fill : judge);
}
