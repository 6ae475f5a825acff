/* Each split draws two halves without a row in common, clusters both for every k, and gives the rows of each half to
 * the centroids of the other. Where k is right, the two clusterings of a half are nearly the same.
 *
 * Stability follows Lange, Roth, Braun & Buhmann (2004), but for the measure: they match the clusters one to one and
 * divide by what random labels give; here it is adjusted mutual information, which needs no matching and is 0 by chance
 * for every k. Prediction strength follows Tibshirani & Walther (2005); a cluster of one row has no pairs and is left
 * out. Both directions of each split are used. */
#include "core/choice/halves.h"

#include <math.h>
#include <string.h>
#include "base/rng.h"
#include "core/choice/graph_of.h"
#include "core/cluster/assign.h"
#include "core/cluster/weights.h"
#include "core/graph/modularity.h"
#include "core/judge/agreement.h"
#include "core/judge/index.h"
#include "core/kmeans/sweep.h"

/* One half. */
struct half {
    uint32_t *row;   /* (m) numbers of its rows in the space */
    float *x;        /* (m, d) copies of them */
    double *weights; /* (m); NULL: none */
    struct kc_space space;
    size_t nk;       /* k that it has rows for */
    struct kc_sweep sweep;
    float *centres;  /* (k, d) for each k, one after the other */
    uint32_t *other; /* (m) its rows by the centroids of the other half, for one k */
};

struct splitting {
    const struct kc_space *s;
    const uint32_t *ks;
    size_t nk, m;       /* rows of a half */
    const struct kc_halves_opts *o;
    struct half half[2];
    double *sums;       /* (largest k, d) */
    uint64_t *counts;   /* (largest k) */
    float *similarity;  /* (m) */
    struct kc_halves *out;
    struct kc_err *e;
};

/* Return the rows of a half of n. */
static size_t count_half(size_t n, size_t most)
{
    return n / 2 < most ? n / 2 : most;
}

/* Draw the rows of both halves, each in rising order: all pairs of sets are equally likely. */
static void draw_halves(struct splitting *w, unsigned split)
{
    struct kc_rng r = kc_rng_stream(w->o->fit->seed, KC_RNG_HALVES, split, w->s->n);
    size_t have[2] = {0, 0};
    for (size_t i = 0; have[0] + have[1] < 2 * w->m; i++) {
        const size_t left = 2 * w->m - have[0] - have[1];
        if (kc_rng_below(&r, w->s->n - i) >= left)
            continue;
        const unsigned h = kc_rng_below(&r, left) >= w->m - have[0];
        w->half[h].row[have[h]++] = (uint32_t)i;
    }
}

/* Cluster a half for every k that it has rows for. */
static int fit_half(struct splitting *w, struct half *h)
{
    uint64_t distinct;
    kc_rows_copy(&w->s->rows, h->row, w->m, h->x);
    kc_mem_free(h->weights);
    h->weights = NULL;
    if (kc_rows_failed(&w->s->rows, w->e) != 0 || kc_weights_pick(w->s->w, h->row, w->m, &h->weights, w->e) != 0)
        return -1;
    h->space = (struct kc_space){.ctx = w->s->ctx, .rows = kc_rows_memory(h->x, w->m, w->s->d), .n = w->m, .d = w->s->d,
                                 .w = h->weights, .one = w->s->one};
    if (kc_choose_distinct(&h->space.rows, w->ks[w->nk - 1], &distinct, w->e) != 0)
        return -1;
    for (h->nk = w->nk; h->nk > 0 && w->ks[h->nk - 1] > distinct;)
        h->nk--;
    kc_sweep_free(&h->sweep);
    h->sweep = (struct kc_sweep){0};
    return h->nk == 0 ? 0 :
           kc_sweep_run(&h->space, w->ks, h->nk, w->o->fit, &h->sweep, w->e) != 0 ? -1 :
           kc_sweep_centres(&h->space, h->sweep.best, h->nk, w->sums, w->counts, h->centres, w->e);
}

/* Compute the silhouettes and modularities of a half's own clusters. number: of the half among all. */
static int judge_half(struct splitting *w, const struct half *h, size_t number)
{
    double *silhouette = w->out->silhouette + number * w->nk, *modularity = w->out->modularity + number * w->nk;
    struct kc_k_entry *entries = kc_mem_zalloc(w->nk, sizeof *entries, w->e);
    double *work = kc_mem_alloc(2 * (size_t)w->ks[w->nk - 1], sizeof *work, w->e);
    struct kc_affinity graph = {0};
    int rc = entries && work && kc_sweep_judge(&h->space, h->sweep.best, h->nk, entries, w->e) == 0 &&
             kc_graph_of(w->s->ctx, w->o->original ? w->o->original : &w->s->rows, h->row, w->m, &graph, w->e) == 0 ?
             0 : -1;
    for (size_t i = 0; rc == 0 && i < h->nk; i++) {
        silhouette[i] = entries[i].silhouette;
        modularity[i] = kc_modularity(&graph, h->sweep.best[i].labels, w->ks[i], work);
    }
    kc_affinity_free(&graph);
    kc_mem_free(work);
    kc_mem_free(entries);
    return rc;
}

double kc_halves_strength(const struct kc_table *t)
{
    double least = 1;
    for (uint32_t c = 0; c < t->rows; c++) {
        const double n = (double)t->row_sum[c], pairs = n * (n - 1);
        double together = 0;
        for (size_t i = t->first[c]; i < t->first[c + 1]; i++)
            together += (double)t->count[i] * ((double)t->count[i] - 1);
        if (pairs > 0 && together / pairs < least)
            least = together / pairs;
    }
    return least;
}

/* Compare a half's own clusters for the i-th k with those by the other half's centroids. */
static int compare_half(struct splitting *w, struct half *h, size_t i, const float *centres)
{
    const uint32_t k = w->ks[i];
    struct kc_halves_entry *entry = &w->out->entry[i];
    struct kc_table t = {0};
    struct kc_agreement a;
    int rc = -1;
    if (kc_assign(w->s->ctx, &h->space.rows, centres, k, NULL, h->other, w->similarity, NULL, w->e) == 0 &&
        kc_table_build(&t, h->sweep.best[i].labels, k, h->other, k, w->m, w->e) == 0 &&
        kc_agreement_compute(&t, &a, w->e) == 0) {
        entry->stability += a.ami;
        entry->strength += kc_halves_strength(&t);
        rc = 0;
    }
    kc_table_free(&t);
    return rc;
}

/* Fit and compare the halves of one split. */
static int run_split(struct splitting *w, unsigned split)
{
    size_t at = 0, both;
    draw_halves(w, split);
    for (unsigned h = 0; h < 2; h++)
        if (fit_half(w, &w->half[h]) != 0 ||
            (w->o->judge && judge_half(w, &w->half[h], 2 * (size_t)split + h) != 0))
            return -1;
    both = w->half[0].nk < w->half[1].nk ? w->half[0].nk : w->half[1].nk;
    for (size_t i = 0; i < both; at += (size_t)w->ks[i] * w->s->d, i++)
        for (unsigned h = 0; h < 2; h++)
            if (compare_half(w, &w->half[h], i, w->half[1 - h].centres + at) != 0)
                return -1;
    for (size_t i = both; i < w->nk; i++)
        w->out->entry[i] = (struct kc_halves_entry){NAN, NAN};
    return 0;
}

static int allocate_halves(struct splitting *w, size_t columns)
{
    struct kc_halves *out = w->out;
    const size_t d = w->s->d, all = out->halves * w->nk, most = w->ks[w->nk - 1];
    w->sums = kc_mem_alloc(kc_mem_mul(most, d), sizeof *w->sums, w->e);
    w->counts = kc_mem_alloc(most, sizeof *w->counts, w->e);
    w->similarity = kc_mem_alloc(w->m, sizeof *w->similarity, w->e);
    out->entry = kc_mem_zalloc(w->nk, sizeof *out->entry, w->e);
    out->silhouette = kc_mem_alloc(all, sizeof *out->silhouette, w->e);
    out->modularity = kc_mem_alloc(all, sizeof *out->modularity, w->e);
    int ok = w->sums && w->counts && w->similarity && out->entry && out->silhouette && out->modularity;
    for (size_t i = 0; ok && i < all; i++)
        out->silhouette[i] = out->modularity[i] = NAN;
    for (unsigned h = 0; ok && h < 2; h++) {
        struct half *half = &w->half[h];
        half->row = kc_mem_alloc(w->m, sizeof *half->row, w->e);
        half->x = kc_mem_aligned(kc_mem_mul(w->m, d), sizeof *half->x, w->e);
        half->centres = kc_mem_aligned(kc_mem_mul(columns, d), sizeof *half->centres, w->e);
        half->other = kc_mem_alloc(w->m, sizeof *half->other, w->e);
        ok = half->row && half->x && half->centres && half->other;
    }
    return ok ? 0 : -1;
}

int kc_halves_run(const struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_halves_opts *o,
                  struct kc_halves *out, struct kc_err *e)
{
    struct splitting w = {.s = s, .ks = ks, .nk = nk, .m = count_half(s->n, o->most), .o = o, .out = out,
                          .e = e};
    size_t columns = 0;
    for (size_t i = 0; i < nk; i++)
        columns += ks[i];
    *out = (struct kc_halves){.nk = nk, .halves = 2 * o->splits, .rows = w.m};
    int rc = allocate_halves(&w, columns);
    for (unsigned split = 0; rc == 0 && split < o->splits; split++)
        rc = run_split(&w, split);
    for (size_t i = 0; rc == 0 && i < nk; i++) {
        out->entry[i].stability /= out->halves;
        out->entry[i].strength /= out->halves;
    }
    for (unsigned h = 0; h < 2; h++) {
        kc_sweep_free(&w.half[h].sweep);
        kc_mem_free(w.half[h].other);
        kc_mem_free(w.half[h].centres);
        kc_mem_free(w.half[h].weights);
        kc_mem_free(w.half[h].x);
        kc_mem_free(w.half[h].row);
    }
    kc_mem_free(w.similarity);
    kc_mem_free(w.counts);
    kc_mem_free(w.sums);
    return rc;
}

void kc_halves_free(struct kc_halves *h)
{
    kc_mem_free(h->entry);
    kc_mem_free(h->silhouette);
    kc_mem_free(h->modularity);
    *h = (struct kc_halves){0};
}

uint64_t kc_halves_bytes(size_t n, size_t d, size_t original_d, const struct kc_ks *ks, const struct kc_halves_opts *o,
                         int weighted, unsigned threads)
{
    const size_t m = count_half(n, o->most);
    const uint64_t row = 2 * sizeof(uint32_t) + d * sizeof(float) + (weighted ? sizeof(double) : 0);
    const uint64_t half = m * row + ks->sum * d * sizeof(float) + kc_best_bytes(m, ks->n);
    const uint64_t sweep = kc_sweep_bytes(m, d, 1, 0, ks, o->fit, weighted, threads);
    const uint64_t graph = kc_graph_of_bytes(m, original_d, threads);
    const uint64_t index = kc_index_bytes(m, d, 1, ks->n, ks->max, threads) + ks->sum * sizeof(double) +
                           ks->n * (sizeof(struct kc_scored) + sizeof(struct kc_k_entry));
    const uint64_t table = m * 5 * sizeof(uint32_t) + (uint64_t)ks->max * 8 * sizeof(uint64_t);
    const uint64_t judge = !o->judge ? 0 : graph > index ? graph : index;
    const uint64_t compare = kc_assign_bytes(d, 1, threads) + table, after = judge > compare ? judge : compare;
    return 2 * half + m * sizeof(float) + ks->max * (d * sizeof(double) + sizeof(uint64_t)) +
           ks->n * (sizeof(struct kc_halves_entry) + 4 * (uint64_t)o->splits * sizeof(double)) +
           (sweep > after ? sweep : after);
}
