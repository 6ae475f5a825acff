/* A resample draws as many rows as there are (or `most`), with replacement; a row that is drawn several times counts
 * once for the comparison, and as often for an algorithm that knows weights. Hennig (2007) names this the bootstrap
 * without multiple points; the threshold of 0.6 and 0.75 are his. */
#include "core/choice/trust.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/judge/agreement.h"

/* What one run works with; m: draws of a resample. */
struct trusting {
    const struct kc_rows *rows;
    const uint32_t *labels;
    uint32_t k;
    const struct kc_trust_opts *o;
    size_t n, m;
    uint32_t *times;     /* (n) how often each row is drawn */
    uint32_t *row, *own; /* (m) the rows that are drawn, rising, and their clusters */
    uint32_t *source, *source2; /* (m) their numbers in the bases of the rows */
    double *weights;     /* (m) */
    uint32_t *found;     /* (k) resamples that have rows of a cluster */
};

/* Draw the rows of a resample. Returns how many there are. */
static size_t draw_rows(struct trusting *w, uint32_t resample)
{
    struct kc_rng r = kc_rng_stream(w->o->seed, KC_RNG_TRUST, resample, w->n);
    size_t have = 0;
    memset(w->times, 0, w->n * sizeof *w->times);
    for (size_t i = 0; i < w->m; i++)
        w->times[kc_rng_below(&r, w->n)]++;
    for (size_t i = 0; i < w->n; i++)
        if (w->times[i]) {
            w->row[have] = (uint32_t)i;
            w->own[have] = w->labels[i];
            w->weights[have++] = (double)w->times[i] * (w->o->weights ? w->o->weights[i] : 1);
        }
    return have;
}

/* Add each cluster's largest Jaccard coefficient with one of the fit's. inside (k): drawn rows of each cluster. */
static int add_jaccard(struct trusting *w, const struct kc_clustering *f, double *stability, struct kc_err *e)
{
    struct kc_table t = {0};
    const uint32_t cols = f->k ? f->k : 1;
    uint64_t *mine = kc_mem_zalloc(w->k, sizeof *mine, e), *theirs = kc_mem_zalloc(cols, sizeof *theirs, e);
    int rc = mine && theirs ? kc_table_build(&t, w->own, w->k, f->labels, cols, f->n, e) : -1;
    for (size_t i = 0; rc == 0 && i < f->n; i++) { /* noise of the one side counts in the union, too */
        if (w->own[i] != KC_NOISE)
            mine[w->own[i]]++;
        if (f->labels[i] != KC_NOISE)
            theirs[f->labels[i]]++;
    }
    for (uint32_t c = 0; rc == 0 && c < w->k; c++) {
        double best = 0;
        for (size_t i = t.first[c]; i < t.first[c + 1]; i++) {
            const double both = (double)t.count[i], all = (double)(mine[c] + theirs[t.col[i]]) - both;
            best = both / all > best ? both / all : best;
        }
        stability[c] += best;
        w->found[c] += mine[c] > 0;
    }
    kc_table_free(&t);
    kc_mem_free(theirs);
    kc_mem_free(mine);
    return rc;
}

/* Cluster a resample and compare. */
static int run_resample(const struct kc_ctx *ctx, struct trusting *w, uint32_t resample, double *stability,
                        struct kc_err *e)
{
    const struct kc_algorithm *a = w->o->algorithm;
    struct kc_request r = {.part = 1};
    struct kc_clustering f = {0};
    struct kc_rows original;
    const size_t m = draw_rows(w, resample);
    const struct kc_rows rows = kc_rows_pick_from(w->rows, w->row, m, w->source);
    if (w->o->original) {
        original = kc_rows_pick_from(w->o->original, w->row, m, w->source2);
        r.original = &original;
    }
    r.weights = a->weights ? w->weights : NULL;
    int rc = a->run(ctx, &rows, w->o->opts, &r, &f, e) != 0 ? -1 : add_jaccard(w, &f, stability, e);
    kc_clustering_free(&f);
    return rc;
}

int kc_trust_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                 const struct kc_trust_opts *o, double *stability, size_t *used, struct kc_err *e)
{
    const size_t n = rows->n, m = n < o->most ? n : o->most;
    struct trusting w = {.rows = rows, .labels = labels, .k = k, .o = o, .n = n, .m = m};
    *used = m;
    w.times = kc_mem_alloc(n, sizeof *w.times, e);
    w.row = kc_mem_alloc(m, sizeof *w.row, e);
    w.own = kc_mem_alloc(m, sizeof *w.own, e);
    w.source = kc_mem_alloc(m, sizeof *w.source, e);
    w.source2 = kc_mem_alloc(m, sizeof *w.source2, e);
    w.weights = kc_mem_alloc(m, sizeof *w.weights, e);
    w.found = kc_mem_zalloc(k, sizeof *w.found, e);
    int rc = w.times && w.row && w.own && w.source && w.source2 && w.weights && w.found ? 0 : -1;
    memset(stability, 0, k * sizeof *stability);
    for (uint32_t i = 0; rc == 0 && i < o->resamples; i++)
        rc = run_resample(ctx, &w, i, stability, e);
    for (uint32_t c = 0; rc == 0 && c < k; c++)
        stability[c] = w.found[c] ? stability[c] / w.found[c] : NAN;
    kc_mem_free(w.found);
    kc_mem_free(w.weights);
    kc_mem_free(w.source2);
    kc_mem_free(w.source);
    kc_mem_free(w.own);
    kc_mem_free(w.row);
    kc_mem_free(w.times);
    return rc;
}

uint64_t kc_trust_bytes(size_t n, size_t d, const struct kc_trust_opts *o, unsigned threads)
{
    static const double some = 1;
    const size_t m = n < o->most ? n : o->most;
    const struct kc_request r = {.weights = o->algorithm->weights ? &some : NULL, .original = o->original, .part = 1};
    const uint64_t k = o->algorithm->most_clusters(o->opts, m);
    return n * sizeof(uint32_t) + m * (4 * sizeof(uint32_t) + sizeof(double)) + k * 4 * sizeof(uint64_t) +
           m * (3 * sizeof(uint32_t) + 2 * sizeof(float)) + k * d * 2 * sizeof(double) +
           o->algorithm->bytes(m, d, 0, o->opts, &r, threads);
}
