#include "core/search.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "core/choose.h"
#include "core/index.h"
#include "core/regroup.h"
#include "core/seed.h"
#include "la/product.h"
#include "par/pool.h"

#define WAVE 2048        /* columns of all runs in a wave: several stacks full, so that its thin end weighs little */
#define MERGE_MAX 2048   /* clusters to merge from, at most: their products take 32 MiB */
#define ADD_MAX 16       /* centres to add, at most: each is two passes */
#define FINE_MAX 160     /* clusters to regroup, at most */

/* How hard to look for better partitions after the restarts goes by how many of these were asked for: with few, one
 * round of candidates from the neighbours only. A k that is alone has nothing but its own candidate, one a round. */
static int thorough(const struct kc_fit_opts *o)
{
    return o->n_init >= 4;
}

uint64_t kc_search_rounds(size_t nk, const struct kc_fit_opts *o)
{
    return (nk > 1 ? 1u : 2u) * (thorough(o) ? 2u : 1u);
}

size_t kc_search_candidates(uint32_t k)
{
    return kc_seed_candidates(k) + 2;
}

static uint64_t regroup_bytes(size_t d, size_t nk, uint32_t m, unsigned threads)
{
    uint64_t work = threads * (uint64_t)kc_regroup_bytes(m), sums = (uint64_t)m * d * sizeof(double);
    return (work > sums ? work : sums) + (uint64_t)m * m * sizeof(double) + (uint64_t)m * 3 * sizeof(uint64_t) +
           nk * ((uint64_t)m * sizeof(uint32_t) + sizeof(double) + sizeof(struct kc_run));
}

uint64_t kc_search_regroup_bytes(size_t d, size_t nk, uint32_t kmax, unsigned threads)
{
    return kmax > KC_REGROUP_MAX ? 0 : regroup_bytes(d, nk, kmax, threads);
}

/* A partition into several times as many clusters as are asked for, to be regrouped. */
static uint32_t fine_k(size_t n, uint32_t kmax)
{
    uint64_t k = 4 * (uint64_t)kmax;
    k = k < 48 ? 48 : k > FINE_MAX ? FINE_MAX : k;
    return k > n / 8 ? (uint32_t)(n / 8) : (uint32_t)k;
}

uint64_t kc_search_bytes(size_t n, size_t d, uint32_t kmax, size_t nk, const struct kc_fit_opts *o, int gram,
                         unsigned threads)
{
    uint64_t seeds = (uint64_t)o->n_init * (kmax * sizeof(uint32_t) + nk * sizeof(struct kc_run));
    uint64_t seeding = kc_seeder_bytes(n, d, 1, o->n_init, kc_seed_width(kmax), threads);
    uint64_t adding = kc_seeder_bytes(n, d, 1, 2 * nk, kc_search_candidates(kmax), threads);
    uint32_t fine = fine_k(n, kmax), widest = fine > kmax ? fine : kmax;
    uint64_t engine = gram ? kc_gram_bytes(n, widest, threads)
                           : kc_stack_bytes(n, d, 1, widest, nk * (o->n_init > 3 ? o->n_init : 3) + 1, threads);
    uint64_t merge = kmax < MERGE_MAX ? kmax : MERGE_MAX;
    uint64_t labels = 3 * nk * n * sizeof(uint32_t) + merge * (merge + d) * sizeof(double);
    uint64_t peak = seeding > adding ? seeding : adding;
    if (gram)
        peak += engine; /* the Gram matrix stays */
    else
        peak = peak > engine ? peak : engine;
    uint32_t m = fine > kmax ? fine : kmax < KC_REGROUP_MAX ? kmax : 1;
    uint64_t regroup = kc_best_bytes(n, 1) + m * sizeof(uint32_t) + regroup_bytes(d, nk, m, threads) +
                       (uint64_t)nk * n * sizeof(uint32_t);
    return kc_best_bytes(n, nk) + seeds + labels + regroup + peak;
}

void kc_search_tick(void *arg, size_t runs)
{
    struct kc_search *w = arg;
    const struct kc_ctx *ctx = w->s->ctx;
    w->progress.done += runs;
    if (ctx->progress)
        ctx->progress(ctx->arg, &w->progress);
}

static int run(struct kc_search *w, const struct kc_run *runs, size_t nruns, struct kc_err *e)
{
    return w->gram ? kc_gram_run(w->s, runs, nruns, &w->ro, w->best, w->nk, e)
                   : kc_stack_run(w->s, runs, nruns, &w->ro, w->best, w->nk, e);
}

/* Somebody is watching: tell which k leads. Costs a pass, so it is not done unseen; no result depends on it. */
static int watch(struct kc_search *w, size_t first, size_t end, struct kc_err *e)
{
    for (size_t i = first; i < end; i++) {
        struct kc_scored p = {.k = w->best[i].k, .labels = w->best[i].labels};
        if (kc_index_score(w->s, &p, 1, e) != 0)
            return -1;
        struct kc_k_entry pair[2] = {w->leader,
                                     {.k = p.k, .silhouette = p.silhouette, .calinski_harabasz = p.calinski_harabasz,
                                      .davies_bouldin = p.davies_bouldin}};
        w->leader = pair[w->leader.k == 0 || kc_choose_best(pair, 2, w->o->k_by) == 1];
        w->progress.best = kc_choose_value(&w->leader, w->o->k_by);
        w->progress.best_k = w->leader.k;
    }
    w->progress.k_done = (unsigned)end;
    return 0;
}

/* A wave of restarts, and beside them the fine partition, if there is one to be made: alone it would keep one thread
 * busy. */
static int run_beside(struct kc_search *w, struct kc_run *runs, size_t nruns, struct kc_best *fine,
                      const uint32_t *seeds, struct kc_err *e)
{
    struct kc_best *both = kc_mem_alloc(w->nk + 1, sizeof *both, e), *best = w->best;
    if (!both)
        return -1;
    memcpy(both, best, w->nk * sizeof *both);
    both[w->nk] = *fine;
    runs[nruns] = (struct kc_run){.k = fine->k, .seeds = seeds}; /* among the first tasks, being the longest */
    w->best = both;
    w->nk++;
    int rc = run(w, runs, nruns + 1, e);
    w->nk--;
    w->best = best;
    memcpy(best, both, w->nk * sizeof *both);
    *fine = both[w->nk];
    kc_mem_free(both);
    return rc;
}

/* All restarts of all k, in waves of neighbouring k. In Gram space single-row moves cost next to nothing, so every
 * run has them; on the rows only the best of each k has. */
static int from_seeds(struct kc_search *w, const uint32_t *seeds, uint32_t kmax, struct kc_best *fine,
                      const uint32_t *fine_seeds, struct kc_err *e)
{
    size_t n_init = (size_t)w->o->n_init, nruns = 0;
    struct kc_run *runs = kc_mem_alloc(kc_mem_add(kc_mem_mul(w->nk, n_init), 1), sizeof *runs, e);
    int rc = -1;
    if (!runs)
        return -1;
    for (size_t first = 0, i = 0; i < w->nk; i++) {
        for (size_t r = 0; r < n_init; r++)
            runs[nruns++] = (struct kc_run){.k = w->best[i].k, .tag = r, .seeds = seeds + r * kmax,
                                              .polish = w->gram || n_init == 1};
        size_t cols = 0;
        for (size_t q = first; q <= i; q++)
            cols += w->best[q].k * n_init;
        if (cols < WAVE && i + 1 < w->nk)
            continue;
        if ((fine && first == 0 ? run_beside(w, runs, nruns, fine, fine_seeds, e) : run(w, runs, nruns, e)) != 0 ||
            (w->s->ctx->progress && watch(w, first, i + 1, e) != 0))
            goto out;
        first = i + 1;
        nruns = 0;
    }
    rc = 0;
out:
    kc_mem_free(runs);
    return rc;
}

static int polish_best(struct kc_search *w, struct kc_err *e)
{
    struct kc_run *runs = kc_mem_alloc(w->nk, sizeof *runs, e);
    int rc;
    if (!runs)
        return -1;
    for (size_t i = 0; i < w->nk; i++)
        runs[i] = (struct kc_run){.k = w->best[i].k, .tag = w->o->n_init, .labels = w->best[i].labels,
                                  .spent = w->best[i].iterations, .polish = 1};
    rc = run(w, runs, w->nk, e);
    kc_mem_free(runs);
    return rc;
}

/* Labels for k out of those of a larger k: as long as there are too many clusters, the pair whose union loses least of
 * the objective becomes one (Ward's way, with this objective). For k + 1 the engine has found the pair already. */
static int merged_labels(const struct kc_space *s, const struct kc_best *from, uint32_t k, uint32_t *labels,
                         struct kc_err *e)
{
    uint32_t left = from->k, a = from->merge[0], b = from->merge[1];
    double *sums = NULL, *dots = NULL; /* (from->k, d); (from->k, from->k) */
    uint64_t *counts = NULL;
    int rc = -1;
    memcpy(labels, from->labels, s->n * sizeof *labels);
    if (left > k + 1) {
        sums = kc_mem_alloc(kc_mem_mul(left, s->d), sizeof *sums, e);
        dots = kc_mem_alloc(kc_mem_mul(left, left), sizeof *dots, e);
        counts = kc_mem_alloc(left, sizeof *counts, e);
        if (!sums || !dots || !counts)
            goto out;
        if (kc_index_sums(s, labels, left, sums, counts, e) != 0)
            goto out;
        for (uint32_t i = 0; i < left; i++)
            for (uint32_t j = 0; j <= i; j++)
                dots[(size_t)i * from->k + j] = dots[(size_t)j * from->k + i] =
                    kc_la_dotd(sums + (size_t)i * s->d, sums + (size_t)j * s->d, s->d);
    }
    for (;;) {
        uint32_t last = left - 1;
        for (size_t i = 0; i < s->n; i++)
            labels[i] = labels[i] == b ? a : labels[i] == last ? b : labels[i];
        if (--left == k)
            break;
        /* row and column b join a's, the last ones move to b's place */
        const size_t w = from->k;
        for (uint32_t c = 0; c <= last; c++)
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): they are there when more than one is to go */
            dots[a * w + c] += dots[b * w + c];
        for (uint32_t c = 0; c <= last; c++)
            dots[c * w + a] = c == a ? dots[a * w + a] + dots[a * w + b] : dots[a * w + c];
        for (uint32_t c = 0; c <= last; c++) {
            dots[b * w + c] = dots[last * w + c];
            dots[c * w + b] = dots[c * w + last];
        }
        dots[b * w + b] = dots[last * w + last];
        double least = INFINITY;
        for (uint32_t i = 1; i < left; i++)
            for (uint32_t j = 0; j < i; j++) {
                double loss = kc_merge_loss(dots[i * w + i], dots[j * w + j], dots[i * w + j]);
                if (loss < least) {
                    least = loss;
                    a = j;
                    b = i;
                }
            }
    }
    rc = 0;
out:
    kc_mem_free(counts);
    kc_mem_free(dots);
    kc_mem_free(sums);
    return rc;
}

/* A partition that is to get more centres. */
struct growth {
    uint32_t *labels;  /* (n) */
    const float *own;  /* (n) similarity to the centroid before */
    uint32_t k, want;  /* clusters in labels now; wanted */
};

/* Give each of the m partitions the centres it lacks, all in the same passes. */
static int add_centres(struct kc_search *w, const struct growth *g, size_t m, struct kc_rng *rng, struct kc_err *e)
{
    size_t cand = kc_search_candidates(w->best[w->nk - 1].k);
    uint32_t *id = kc_mem_alloc(m, sizeof *id, e), *winner = kc_mem_alloc(m, sizeof *winner, e);
    uint32_t **labels = kc_mem_alloc(m, sizeof *labels, e);
    struct kc_seeder *q = kc_seeder_new(w->s, m, cand, e);
    int rc = -1, more = 1;
    if (!id || !winner || !labels || !q)
        goto out;
    for (size_t j = 0; j < m; j++) {
        kc_seeder_own(q, j, g[j].own);
        labels[j] = g[j].labels;
        id[j] = g[j].k;
    }
    while (more) {
        more = 0;
        kc_seeder_pick(q, cand, rng, winner);
        for (size_t j = 0; j < m; j++)
            if (id[j] == g[j].want)
                winner[j] = KC_NONE; /* has all it wants */
        kc_seeder_take(q, winner, labels, id);
        for (size_t j = 0; j < m; j++) {
            if (id[j] == g[j].want)
                continue;
            if (winner[j] != KC_NONE)
                labels[j][winner[j]] = id[j]; /* the engine reseeds a cluster that no row has come to */
            id[j]++;
            more |= id[j] < g[j].want;
        }
    }
    rc = 0;
out:
    kc_seeder_free(q);
    kc_mem_free(labels);
    kc_mem_free(winner);
    kc_mem_free(id);
    return rc;
}

/* One round: every k gets what its neighbours suggest; one that lacks a neighbour also its own partition with the
 * cheapest pair merged and a centre added. changed (nk): who has news for its neighbours; updated. */
static int neighbours(struct kc_search *w, uint64_t round, char *changed, struct kc_err *e)
{
    size_t n = w->s->n, nruns = 0, ngrow = 0;
    int rc = -1;
    uint32_t *labels = kc_mem_alloc(kc_mem_mul(3 * w->nk, n), sizeof *labels, e);
    struct kc_run *runs = kc_mem_alloc(3 * w->nk, sizeof *runs, e);
    struct growth *grow = kc_mem_alloc(2 * w->nk, sizeof *grow, e);
    struct kc_rng *rng = kc_mem_alloc(2 * w->nk, sizeof *rng, e);
    double *before = kc_mem_alloc(w->nk, sizeof *before, e);
    if (!labels || !runs || !grow || !rng || !before)
        goto out;
    for (size_t i = 0; i < w->nk; i++) {
        const struct kc_best *b = &w->best[i], *less = i > 0 ? b - 1 : NULL, *more = i + 1 < w->nk ? b + 1 : NULL;
        struct kc_run r = {.k = b->k, .tag = w->o->n_init + 1 + 3 * round, .polish = 1};
        before[i] = b->objective;
        if (more && more->k <= MERGE_MAX && changed[i + 1]) {
            r.labels = labels + nruns * n;
            r.spent = more->iterations;
            if (merged_labels(w->s, more, b->k, labels + nruns * n, e) != 0)
                goto out;
            runs[nruns++] = r;
        }
        r.tag++;
        if (less && b->k - less->k <= ADD_MAX && changed[i - 1]) {
            memcpy(labels + nruns * n, less->labels, n * sizeof *labels);
            rng[ngrow] = kc_rng_stream(w->o->seed, KC_RNG_NEIGHBOUR, b->k, round);
            grow[ngrow++] = (struct growth){labels + nruns * n, less->own, less->k, b->k};
            r.labels = labels + nruns * n;
            r.spent = less->iterations;
            runs[nruns++] = r;
        }
        r.tag++;
        if (b->k > 2 && (w->nk == 1 || (thorough(w->o) && round == 0))) {
            if (merged_labels(w->s, b, b->k - 1, labels + nruns * n, e) != 0)
                goto out;
            rng[ngrow] = kc_rng_stream(w->o->seed, KC_RNG_SPLIT, b->k, round);
            grow[ngrow++] = (struct growth){labels + nruns * n, b->own, b->k - 1, b->k};
            r.labels = labels + nruns * n;
            r.spent = b->iterations;
            runs[nruns++] = r;
        }
    }
    if ((ngrow && add_centres(w, grow, ngrow, rng, e) != 0) || run(w, runs, nruns, e) != 0)
        goto out;
    for (size_t i = 0; i < w->nk; i++)
        changed[i] = (char)(w->best[i].objective > before[i]);
    rc = 0;
out:
    kc_mem_free(before);
    kc_mem_free(rng);
    kc_mem_free(grow);
    kc_mem_free(runs);
    kc_mem_free(labels);
    return rc;
}

/* Groupings of one partition's clusters for every smaller k. */
struct regroup {
    const struct kc_search *w;
    uint32_t m;
    double *dots;          /* (m, m) */
    uint32_t (*merge)[2];  /* (m - 1) */
    uint32_t *group;       /* (nk, m) */
    double *objective;     /* (nk) */
    char *work;            /* (threads, kc_regroup_bytes(m)) */
};

static void dot_row(void *arg, size_t i, unsigned worker)
{
    struct regroup *g = arg;
    const double *sums = (const double *)g->work; /* for now */
    size_t d = g->w->s->d;
    (void)worker;
    for (size_t j = 0; j <= i; j++)
        g->dots[i * g->m + j] = g->dots[j * g->m + i] = kc_la_dotd(sums + i * d, sums + j * d, d);
}

static void regroup_k(void *arg, size_t task, unsigned worker)
{
    struct regroup *g = arg;
    size_t i = g->w->nk - 1 - task; /* the longest first */
    uint32_t k = g->w->best[i].k;
    if (k < g->m)
        g->objective[i] = kc_regroup(g->dots, g->m, (const uint32_t (*)[2])g->merge, k,
                                     kc_rng_stream(g->w->o->seed, KC_RNG_REGROUP, k, g->m), g->group + i * g->m,
                                     g->work + worker * kc_regroup_bytes(g->m));
}

int kc_search_regroup(struct kc_search *w, const struct kc_best *from, struct kc_err *e)
{
    struct kc_pool *pool = w->s->ctx->pool;
    size_t n = w->s->n, d = w->s->d, nk = w->nk, nruns = 0, threads = kc_pool_threads(pool);
    uint32_t m = from->k, *labels = NULL;
    uint64_t *counts = NULL;
    struct kc_run *runs = NULL;
    struct regroup g = {.w = w, .m = m};
    const double least = thorough(w->o) ? 1 + 1e-7 : 1 + 1e-5; /* worth a run */
    int rc = -1;
    if (m > KC_REGROUP_MAX || m <= w->best[0].k)
        return 0;
    size_t work = kc_mem_mul(threads, kc_regroup_bytes(m)), sums = kc_mem_mul(kc_mem_mul(m, d), sizeof(double));
    g.work = kc_mem_aligned(work > sums ? work : sums, 1, e);
    g.dots = kc_mem_alloc((size_t)m * m, sizeof *g.dots, e);
    g.merge = kc_mem_alloc(m, sizeof *g.merge, e);
    g.group = kc_mem_alloc(kc_mem_mul(nk, m), sizeof *g.group, e);
    g.objective = kc_mem_alloc(nk, sizeof *g.objective, e);
    counts = kc_mem_alloc(m, sizeof *counts, e);
    runs = kc_mem_alloc(nk, sizeof *runs, e);
    if (!g.work || !g.dots || !g.merge || !g.group || !g.objective || !counts || !runs)
        goto out;
    if (kc_index_sums(w->s, from->labels, m, (double *)g.work, counts, e) != 0)
        goto out;
    kc_pool_for(pool, m, dot_row, &g);
    kc_regroup_merges(g.dots, m, g.merge, g.work);
    kc_pool_for(pool, nk, regroup_k, &g);
    for (size_t i = 0; i < nk; i++)
        nruns += w->best[i].k < m && g.objective[i] > w->best[i].objective * least;
    labels = kc_mem_alloc(kc_mem_mul(nruns ? nruns : 1, n), sizeof *labels, e);
    if (!labels)
        goto out;
    nruns = 0;
    for (size_t i = 0; i < nk; i++) {
        if (!(w->best[i].k < m && g.objective[i] > w->best[i].objective * least))
            continue;
        uint32_t *to = labels + nruns * n;
        for (size_t r = 0; r < n; r++)
            to[r] = g.group[i * m + from->labels[r]];
        runs[nruns++] = (struct kc_run){.k = w->best[i].k, .tag = UINT64_MAX, .labels = to, .spent = from->iterations,
                                          .polish = w->gram || (n <= KC_FEW_ROWS && thorough(w->o))};
    }
    rc = run(w, runs, nruns, e);
out:
    kc_mem_free(labels);
    kc_mem_free(runs);
    kc_mem_free(counts);
    kc_mem_free(g.objective);
    kc_mem_free(g.group);
    kc_mem_free(g.merge);
    kc_mem_free(g.dots);
    kc_mem_free(g.work);
    return rc;
}

/* Seeds for it: those of all the restarts in turn, where they are enough; else a list of its own. */
static int fine_seeds(struct kc_search *w, const uint32_t *seeds, uint32_t kmax, uint32_t k, uint32_t *to,
                      struct kc_err *e)
{
    size_t n_init = (size_t)w->o->n_init, have = 0;
    char *taken = n_init > 1 ? kc_mem_zalloc(w->s->n, 1, e) : NULL;
    if (n_init > 1 && !taken)
        return -1;
    for (size_t i = 0; n_init > 1 && i < kmax * n_init && have < k; i++) {
        uint32_t row = seeds[i % n_init * kmax + i / n_init];
        if (!taken[row])
            to[have++] = row;
        taken[row] = 1;
    }
    kc_mem_free(taken);
    return have == k ? 0 : kc_seed_all(w->s, w->o->seed, 1, k, to, e);
}

int kc_search_centres(struct kc_search *w, const float *centres, int polish, struct kc_err *e)
{
    struct kc_run *runs = kc_mem_alloc(w->nk, sizeof *runs, e);
    int rc;
    if (!runs)
        return -1;
    for (size_t i = 0; i < w->nk; centres += w->best[i++].k * w->s->d)
        runs[i] = (struct kc_run){.k = w->best[i].k, .centres = centres, .spent = w->best[i].iterations,
                                  .polish = polish};
    rc = run(w, runs, w->nk, e);
    kc_mem_free(runs);
    return rc;
}

int kc_search_neighbours(struct kc_search *w, uint64_t rounds, struct kc_err *e)
{
    char *changed = kc_mem_alloc(w->nk, 1, e);
    int rc = changed ? 0 : -1;
    if (rc == 0)
        memset(changed, 1, w->nk);
    for (uint64_t round = 0; rc == 0 && round < rounds; round++)
        rc = neighbours(w, round, changed, e);
    kc_mem_free(changed);
    return rc;
}

int kc_search_run(struct kc_search *w, struct kc_err *e)
{
    struct kc_space *s = w->s;
    const struct kc_fit_opts *o = w->o;
    uint32_t kmax = w->best[w->nk - 1].k, k = fine_k(s->n, kmax), *seeds = NULL, *more = NULL;
    struct kc_best *fine = NULL;
    uint64_t distinct = 0;
    float *gram = NULL;
    int rc = -1;
    seeds = kc_mem_alloc(kc_mem_mul((size_t)o->n_init, kmax), sizeof *seeds, e);
    if (!seeds || (k > kmax && kc_choose_distinct(&s->rows, k, &distinct, e) != 0))
        goto out;
    if (w->gram) {
        s->ldg = kc_gram_ld(s->n);
        gram = kc_mem_aligned(kc_mem_mul(s->n, s->ldg), sizeof *gram, e);
        if (!gram || kc_gram_build(s, gram, e) != 0)
            goto out;
        s->gram = gram;
    }
    kc_search_tick(w, 0);
    if (kc_seed_all(s, o->seed, (size_t)o->n_init, kmax, seeds, e) != 0)
        goto out;
    if (k > kmax && distinct == k) {
        more = kc_mem_alloc(k, sizeof *more, e);
        fine = kc_best_new(s->n, &k, 1, e);
        if (!more || !fine || fine_seeds(w, seeds, kmax, k, more, e) != 0)
            goto out;
    }
    if (from_seeds(w, seeds, kmax, fine, more, e) == 0 && (w->gram || o->n_init == 1 || polish_best(w, e) == 0) &&
        (k > kmax && !fine ? 0 : kc_search_regroup(w, fine ? fine : &w->best[w->nk - 1], e)) == 0)
        rc = kc_search_neighbours(w, kc_search_rounds(w->nk, o), e);
out:
    s->gram = NULL;
    kc_best_free(fine, 1);
    kc_mem_free(more);
    kc_mem_free(gram);
    kc_mem_free(seeds);
    return rc;
}
