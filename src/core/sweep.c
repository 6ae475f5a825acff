#include "core/sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "core/index.h"
#include "core/search.h"
#include "core/seed.h"
#include "la/product.h"

#define GRAM_MAX 4096    /* rows: a Gram matrix of 64 MiB */
#define COARSE 2048      /* rows of the first level (a third more or less costs time or objective on 20,000 x 768), */
#define COARSE_EACH 32   /* so many a cluster, */
#define COARSE_MANY 8192 /* but beyond these half as many */
#define LOOSE 3e-5       /* tol for choosing a k quickly */
#define LEVEL 8          /* times as many rows on the next level */

/* Cost in fused multiply-adds at full vector speed. An addition on the Gram matrix counts for three of them (it is
 * bound by the loads), one of the sums in double for two; 12 iterations a run is what text embeddings take. */
static void cost(size_t n, size_t d, const struct kc_ks *ks, const struct kc_fit_opts *o, double *gram, double *stack)
{
    double rows = (double)n, dim = (double)d;
    double runs = (double)o->n_init * (double)ks->n, cols = (double)o->n_init * (double)ks->sum;
    *gram = rows * rows * dim / 2 + runs * 4 * 3 * rows * rows;
    *stack = 12 * rows * dim * cols + runs * 2 * 2 * rows * dim;
}

static int takes_gram(size_t n, size_t d, const struct kc_ks *ks, const struct kc_fit_opts *o)
{
    double gram, stack;
    cost(n, d, ks, o, &gram, &stack);
    return n <= GRAM_MAX && gram < stack;
}

/* Rows of the first level: all of them when a level below would not be much smaller. */
static size_t coarse_rows(size_t n, uint32_t kmax)
{
    uint64_t m = (uint64_t)COARSE_EACH * kmax;
    if (m > COARSE_MANY)
        m = m / 2 > COARSE_MANY ? m / 2 : COARSE_MANY;
    m = m < COARSE ? COARSE : m;
    return n / 2 < m ? n : (size_t)m;
}

static size_t next_level(size_t m, size_t n)
{
    return n / (2 * LEVEL) < m ? n : m * LEVEL;
}

static void explain(struct kc_sweep *sw, size_t n, size_t first, size_t d, const struct kc_ks *ks,
                    const struct kc_fit_opts *o)
{
    double gram, stack;
    char on[64] = "";
    cost(first, d, ks, o, &gram, &stack);
    if (first < n)
        snprintf(on, sizeof on, "first on %zu of %zu rows; ", first, n);
    if (first > GRAM_MAX)
        snprintf(sw->why, sizeof sw->why, "%s%zu rows are more than the %d of a Gram matrix", on, first, GRAM_MAX);
    else
        snprintf(sw->why, sizeof sw->why, "%sestimated %.3g GFMA in Gram space, %.3g on the rows", on, gram * 1e-9,
                 stack * 1e-9);
}

static struct kc_ks all_of(const uint32_t *ks, size_t nk)
{
    struct kc_ks all = {nk, ks[nk - 1], 0};
    for (size_t i = 0; i < nk; i++)
        all.sum += ks[i];
    return all;
}

/* With few restarts, runs that only serve to choose a k end earlier than tol says; the chosen one goes on. On 20,000
 * x 768, k = 2..40, that halved the passes and cost 3e-5 of the objective. */
static int loose(size_t nk, const struct kc_fit_opts *o)
{
    return nk > 1 && o->n_init < 4 && o->tol < LOOSE;
}

uint64_t kc_sweep_bytes(size_t n, size_t d, int in_memory, int picked, const struct kc_ks *ks,
                        const struct kc_fit_opts *o, unsigned threads)
{
    uint32_t kmax = ks->max;
    size_t nk = ks->n;
    size_t first = coarse_rows(n, kmax);
    uint64_t search = kc_search_bytes(first, d, kmax, nk, o, takes_gram(first, d, ks, o), threads);
    if (first == n)
        return search + (in_memory && !picked ? 0 : (uint64_t)n * (d * sizeof(float) + sizeof(uint32_t)));
    uint64_t copy = (uint64_t)first * (d * sizeof(float) + sizeof(uint32_t));
    uint64_t centres = ks->sum * d * sizeof(float);
    uint64_t peak = copy + search;
    for (size_t level = first; level < n;) {
        size_t before = level;
        int last = (level = next_level(level, n)) == n, more = last && n <= KC_FEW_ROWS && !loose(nk, o);
        uint64_t rows = last || in_memory ? 0 : (uint64_t)level * d * sizeof(float);
        uint64_t labels = (more ? 3 : 1) * (uint64_t)nk * level * sizeof(uint32_t);
        uint64_t seeding = more ? kc_seeder_bytes(n, d, in_memory, 2 * nk, kc_search_candidates(kmax), threads) : 0;
        uint64_t need = kc_best_bytes(level, nk) + kc_best_bytes(before, nk) + (uint64_t)level * sizeof(uint32_t) +
                        rows +
                        labels + seeding + kc_search_regroup_bytes(d, nk, kmax, threads) +
                        kc_stack_bytes(level, d, in_memory || !last, kmax, (more ? 3 : 1) * nk, threads);
        peak = peak > need ? peak : need;
    }
    return centres + kmax * d * sizeof(double) + peak;
}

/* m of n rows, every set of them as likely as any other, in rising order (Knuth, TAOCP 2, 3.4.2, algorithm S). */
void kc_sweep_draw(uint64_t seed, uint64_t stage, size_t n, size_t m, uint32_t *idx)
{
    struct kc_rng r = kc_rng_stream(seed, KC_RNG_SAMPLE, stage, n);
    size_t have = 0;
    for (size_t i = 0; have < m; i++)
        if (kc_rng_below(&r, n - i) < m - have)
            idx[have++] = (uint32_t)i;
}

int kc_sweep_centres(const struct kc_space *s, const struct kc_best *best, size_t nk, double *sums, uint64_t *counts,
                     float *centres, struct kc_err *e)
{
    for (size_t i = 0; i < nk; i++) {
        if (kc_index_sums(s, best[i].labels, best[i].k, sums, counts, e) != 0)
            return -1;
        for (uint32_t c = 0; c < best[i].k; c++, centres += s->d) {
            const double *v = sums + c * s->d;
            double nn = kc_la_dotd(v, v, s->d), inv = nn > 0 ? 1 / sqrt(nn) : 0;
            for (size_t t = 0; t < s->d; t++)
                centres[t] = (float)(v[t] * inv);
        }
    }
    return 0;
}

/* On to a level of more rows: s, whose rows are all of them or some; centres are those of the best partitions of the
 * level before, which are freed. */
static int climb(struct kc_search *w, struct kc_space *s, const float *centres, const uint32_t *ks, int last,
                 struct kc_err *e)
{
    struct kc_best *best = kc_best_new(s->n, ks, w->nk, e);
    if (!best)
        return -1;
    for (size_t i = 0; i < w->nk; i++)
        best[i].iterations = w->best[i].iterations;
    if (last && w->nk == 1 && s->n > KC_FEW_ROWS && kc_best_want_centres(best, s->d, e) != 0) {
        kc_best_free(best, 1);
        return -1;
    }
    kc_best_free(w->best, w->nk);
    w->best = best;
    w->s = s;
    w->gram = 0;
    w->ro.tol = last && !loose(w->nk, w->o) ? w->o->tol : last ? LOOSE : 1e-4;
    w->ro.tol = w->ro.tol > w->o->tol ? w->ro.tol : w->o->tol;
    int more = last && s->n <= KC_FEW_ROWS && !loose(w->nk, w->o);
    if (kc_search_centres(w, centres, more, e) != 0 || kc_search_regroup(w, &w->best[w->nk - 1], e) != 0)
        return -1;
    return more ? kc_search_neighbours(w, 1, e) : 0;
}

int kc_sweep_run(struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_fit_opts *o, struct kc_sweep *sw,
                 struct kc_err *e)
{
    const struct kc_ks all = all_of(ks, nk);
    size_t n = s->n, d = s->d, first = coarse_rows(n, all.max), level;
    uint32_t kmax = all.max, *idx = NULL;
    uint64_t *counts = NULL;
    float *x = NULL, *centres = NULL;
    double *sums = NULL;
    int rc = -1;
    struct kc_space coarse = *s, between = *s;
    struct kc_search w = {.s = s, .o = o, .ro = {o->max_iter, o->tol, 0}, .nk = nk};
    *sw = (struct kc_sweep){.nk = nk};
    s->tick = coarse.tick = between.tick = kc_search_tick;
    s->tick_arg = coarse.tick_arg = between.tick_arg = &w;
    if (first < n || !s->rows.x || s->rows.idx) {
        x = kc_mem_aligned(kc_mem_mul(first, d), sizeof *x, e);
        idx = kc_mem_alloc(first, sizeof *idx, e);
        if (!x || !idx)
            goto out;
        kc_sweep_draw(o->seed, 0, n, first, idx);
        kc_rows_copy(&s->rows, idx, first, x);
        coarse.rows = kc_rows_memory(x, first, d);
        coarse.n = first;
        if (kc_rows_failed(&s->rows, e) != 0)
            goto out;
        w.s = &coarse;
    }
    sw->gram = w.gram = takes_gram(first, d, &all, o);
    explain(sw, n, first, d, &all, o);
    w.progress = (struct kc_progress){.phase = KC_PHASE_SWEEP, .k_all = (unsigned)nk};
    w.progress.total = nk * (o->n_init + 1) + 3 * nk * kc_search_rounds(nk, o);
    for (level = first; level < n; level = next_level(level, n))
        w.progress.total += nk;
    w.best = kc_best_new(w.s->n, ks, nk, e);
    if (!w.best || kc_search_run(&w, e) != 0)
        goto out;
    if (first < n) {
        centres = kc_mem_aligned(kc_mem_mul((size_t)all.sum, d), sizeof *centres, e);
        sums = kc_mem_alloc(kc_mem_mul(kmax, d), sizeof *sums, e);
        counts = kc_mem_alloc(kmax, sizeof *counts, e);
        if (!centres || !sums || !counts)
            goto out;
    }
    for (level = first; level < n;) {
        if (kc_sweep_centres(w.s, w.best, nk, sums, counts, centres, e) != 0)
            goto out;
        kc_mem_free(x); /* the level before has been left */
        x = NULL;
        level = next_level(level, n);
        sw->loose = loose(nk, o);
        if (level < n) {
            kc_mem_free(idx);
            idx = kc_mem_alloc(level, sizeof *idx, e);
            if (!idx)
                goto out;
            kc_sweep_draw(o->seed, level, n, level, idx);
            between.n = level;
            if (s->rows.x) {
                for (size_t i = 0; s->rows.idx && i < level; i++)
                    idx[i] = s->rows.idx[idx[i]];
                between.rows = (struct kc_rows){.n = level, .d = d, .x = s->rows.x, .idx = idx};
            } else {
                x = kc_mem_aligned(kc_mem_mul(level, d), sizeof *x, e);
                if (!x)
                    goto out;
                kc_rows_copy(&s->rows, idx, level, x);
                between.rows = kc_rows_memory(x, level, d);
            }
        }
        if (climb(&w, level < n ? &between : s, centres, ks, level == n, e) != 0)
            goto out;
    }
    rc = 0;
out:
    sw->best = w.best;
    kc_mem_free(counts);
    kc_mem_free(sums);
    kc_mem_free(centres);
    kc_mem_free(idx);
    kc_mem_free(x);
    return rc;
}

void kc_sweep_free(struct kc_sweep *sw)
{
    kc_best_free(sw->best, sw->nk);
    sw->best = NULL;
}
