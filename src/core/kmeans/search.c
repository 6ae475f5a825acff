/* The search on one set of rows: restarts, polishing, regrouping, candidates from neighbouring k (search.h). The
 * last come after the restarts and for all k at once: k gets the best partition of k+1 with its cheapest pair
 * merged and that of k-1 with a centre added; a chain from k to k would leave the stack empty.
 *
 * State is saved between waves of restarts, within waves of the stacked engine, and between stages. Within polishing,
 * regrouping and a round of neighbours nothing is saved: these are short, and a resumed search starts them again. */
#include "core/kmeans/search.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "core/judge/index.h"
#include "core/kmeans/agglomerate.h"
#include "core/kmeans/choose.h"
#include "core/kmeans/regroup.h"
#include "core/kmeans/seed.h"

#define WAVE 2048        /* columns of all runs in a wave: several stacks full, so that its thin end weighs little */
#define MERGE_MAX 2048   /* most clusters to merge from: their products take 32 MiB */
#define ADD_MAX 16       /* most centres to add: each is two passes */
#define FINE_MAX 160     /* most clusters of the fine partition */

/* Return 1 to look hard for better partitions after the restarts, if many restarts were asked for. With few, there is
 * one round of candidates from neighbouring k only. A k that is alone has only its own candidate, one a round. */
int kc_search_thorough(const struct kc_kmeans_opts *o)
{
    return o->n_init >= 4;
}

uint64_t kc_search_rounds(size_t nk, const struct kc_kmeans_opts *o)
{
    return (nk > 1 ? 1u : 2u) * (kc_search_thorough(o) ? 2u : 1u);
}

size_t kc_search_candidates(uint32_t k)
{
    return kc_seed_candidates(k) + 2;
}

/* Return the number of clusters of the fine partition, several times as many as the largest k, to be regrouped. */
static uint32_t choose_fine_k(size_t n, uint32_t kmax)
{
    uint64_t k = 4 * (uint64_t)kmax;
    k = k < 48 ? 48 : k > FINE_MAX ? FINE_MAX : k;
    return k > n / 8 ? (uint32_t)(n / 8) : (uint32_t)k;
}

uint64_t kc_search_bytes(size_t n, size_t d, uint32_t kmax, size_t nk, const struct kc_kmeans_opts *o, int gram,
                         int weighted, unsigned threads)
{
    uint64_t seeds = (uint64_t)o->n_init * (kmax * sizeof(uint32_t) + nk * sizeof(struct kc_run));
    uint64_t seeding = kc_seeder_bytes(n, d, 1, o->n_init, kc_seed_width(kmax), threads);
    uint64_t adding = kc_seeder_bytes(n, d, 1, 2 * nk, kc_search_candidates(kmax), threads);
    uint32_t fine = choose_fine_k(n, kmax), widest = fine > kmax ? fine : kmax;
    uint64_t engine = gram ? kc_gram_bytes(n, widest, threads)
                           : kc_stack_bytes(n, d, 1, weighted, widest, nk * (o->n_init > 3 ? o->n_init : 3) + 1,
                                            threads);
    uint64_t merge = kmax < MERGE_MAX ? kmax : MERGE_MAX;
    uint64_t labels = 3 * nk * n * sizeof(uint32_t) + merge * (merge + 2 * d + 4) * sizeof(double);
    uint64_t peak = seeding > adding ? seeding : adding;
    if (gram)
        peak += engine; /* the Gram matrix stays */
    else
        peak = peak > engine ? peak : engine;
    uint32_t m = fine > kmax ? fine : kmax < KC_REGROUP_MAX ? kmax : 1;
    uint64_t regroup = kc_best_bytes(n, 1) + m * sizeof(uint32_t) + kc_search_grouping_bytes(d, nk, m, threads) +
                       (uint64_t)nk * n * sizeof(uint32_t);
    return kc_best_bytes(n, nk) + seeds + labels + regroup + peak;
}

void kc_search_tick(void *arg, size_t runs)
{
    struct kc_search *w = arg;
    const struct kc_ctx *ctx = w->s->ctx;
    w->progress.done += runs * kc_space_all(w->s);
    if (ctx->progress)
        ctx->progress(ctx->arg, &w->progress);
}

int kc_search_engine(struct kc_search *w, const struct kc_run *runs, size_t nruns, struct kc_err *e)
{
    w->ro.keep = w->stage == KC_SEARCH_RUNS; /* only then can a resumed search name the same runs again */
    int rc = w->gram ? kc_gram_run(w->s, runs, nruns, &w->ro, w->best, w->nk, e)
                     : kc_stack_run(w->s, runs, nruns, &w->ro, w->best, w->nk, e);
    w->late |= w->s->steps && w->s->steps->cut;
    return rc;
}

/* Report to the progress bar which k leads. It costs a pass, so it is done only if there is a bar; no result depends on
 * it. */
static int report_leader(struct kc_search *w, size_t first, size_t end, struct kc_err *e)
{
    struct kc_space unseen = *w->s;
    unseen.work = NULL;
    for (size_t i = first; i < end; i++) {
        struct kc_scored p = {.k = w->best[i].k, .labels = w->best[i].labels};
        if (w->best[i].objective < 0) /* time was up before it had a partition */
            continue;
        if (kc_index_score(&unseen, &p, 1, e) != 0)
            return -1;
        struct kc_k_entry pair[2] = {w->leader,
                                     {.k = p.k, .silhouette = p.silhouette, .calinski_harabasz = p.calinski_harabasz,
                                      .davies_bouldin = p.davies_bouldin}};
        w->leader = pair[w->leader.k == 0 || kc_ksweep_best(pair, 2, w->o->k_by) == 1];
        w->progress.best = kc_ksweep_value(&w->leader, w->o->k_by);
        w->progress.best_k = w->leader.k;
    }
    w->progress.k_done = (unsigned)end;
    return 0;
}

/* Run a wave of restarts together with the run of the fine partition, which alone would keep only one thread busy. */
static int run_wave_with_fine(struct kc_search *w, struct kc_run *runs, size_t nruns, struct kc_err *e)
{
    struct kc_best *both = kc_mem_alloc(w->nk + 1, sizeof *both, e), *best = w->best;
    if (!both)
        return -1;
    memcpy(both, best, w->nk * sizeof *both);
    both[w->nk] = *w->fine;
    w->fine_appended = 1;
    /* The longest run is among the first tasks. */
    runs[nruns] = (struct kc_run){.k = w->fine->k, .seeds = w->fine_seeds};
    w->best = both;
    w->nk++;
    int rc = kc_search_engine(w, runs, nruns + 1, e);
    w->nk--;
    w->fine_appended = 0;
    w->best = best;
    memcpy(best, both, w->nk * sizeof *both);
    *w->fine = both[w->nk];
    kc_mem_free(both);
    return rc;
}

/* List the runs of the wave that begins at next_k, next_run, and return how many: up to WAVE columns of
 * neighbouring k, at least one run. In the stacked engine a wave may end within a k; in Gram space it may not, as
 * the restarts of neighbouring k share their beginnings. */
static size_t list_next_wave(struct kc_search *w, uint32_t kmax, struct kc_run *runs)
{
    const size_t n_init = (size_t)w->o->n_init;
    size_t nruns = 0, cols = 0;
    while (w->next_k < w->nk && (cols < WAVE || (w->gram && w->next_run > 0))) {
        uint32_t k = w->best[w->next_k].k;
        size_t r = (size_t)w->next_run;
        runs[nruns++] =
            (struct kc_run){.k = k, .tag = r, .seeds = w->seeds + r * kmax, .polish = w->gram || n_init == 1};
        cols += k;
        if (++w->next_run == n_init) {
            w->next_run = 0;
            w->next_k++;
        }
    }
    return nruns;
}

/* Run all restarts of all k, in waves. In Gram space single-row moves cost next to nothing, so every run has them;
 * in the stacked engine only the best of each k has. */
static int run_restarts(struct kc_search *w, uint32_t kmax, struct kc_err *e)
{
    size_t most = kc_mem_add(kc_mem_mul(w->nk, (size_t)w->o->n_init), 1);
    struct kc_run *runs = kc_mem_alloc(most, sizeof *runs, e);
    int rc = runs ? 0 : -1;
    while (rc == 0 && w->next_k < w->nk) {
        const uint64_t first = w->next_k, first_run = w->next_run;
        int late = kc_steps_resuming(w->s->steps) ? 0 : kc_steps_at(w->s->steps, e); /* resuming within the wave */
        if (late < 0)
            rc = -1;
        if (late < 0 || (late && first + first_run > 0)) { /* the first wave is always run */
            if (late > 0)
                w->late = w->s->steps->cut = 1;
            break;
        }
        size_t nruns = list_next_wave(w, kmax, runs);
        const uint64_t next_k = w->next_k, next_run = w->next_run;
        w->next_k = first; /* until the wave is done: a state that is saved within it names its beginning */
        w->next_run = first_run;
        rc = w->fine && first + first_run == 0 ? run_wave_with_fine(w, runs, nruns, e) :
                                                 kc_search_engine(w, runs, nruns, e);
        w->next_k = next_k;
        w->next_run = next_run;
        if (rc == 0 && w->s->ctx->progress)
            rc = report_leader(w, (size_t)first, (size_t)next_k, e);
    }
    kc_mem_free(runs);
    return rc;
}

/* Move single rows of the best partition of each k. */
static int polish_best(struct kc_search *w, struct kc_err *e)
{
    struct kc_run *runs = kc_mem_alloc(w->nk, sizeof *runs, e);
    int rc;
    if (!runs)
        return -1;
    for (size_t i = 0; i < w->nk; i++)
        runs[i] = (struct kc_run){.k = w->best[i].k, .tag = w->o->n_init, .labels = w->best[i].labels,
                                  .spent = w->best[i].iterations, .polish = 1};
    rc = kc_search_engine(w, runs, w->nk, e);
    kc_mem_free(runs);
    return rc;
}

/* A partition to which centres are added. */
struct growth {
    uint32_t *labels;  /* (n) */
    const float *own;  /* (n) similarity to the own centroid, before */
    uint32_t k, want;  /* clusters in labels now; clusters wanted */
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
        kc_seeder_start(q, j, g[j].own);
        labels[j] = g[j].labels;
        id[j] = g[j].k;
    }
    while (more) {
        more = 0;
        kc_seeder_pick(q, cand, rng, winner);
        for (size_t j = 0; j < m; j++)
            if (id[j] == g[j].want)
                winner[j] = KC_NONE; /* it has all that are wanted */
        kc_seeder_add(q, winner, labels, id);
        for (size_t j = 0; j < m; j++) {
            if (id[j] == g[j].want)
                continue;
            if (winner[j] != KC_NONE)
                labels[j][winner[j]] = id[j]; /* without a winner the cluster is empty, and the engine reseeds it */
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

/* Make one round of candidates from neighbouring k: every k tries the partition of the next larger one with pairs
 * merged, that of the next smaller one with centres added and, if it is alone or in the first round of a thorough
 * search, its own with the cheapest pair merged and a centre added. changed (nk): 1 if the k has improved since
 * its neighbours last tried it; updated. */
static int try_neighbours(struct kc_search *w, uint64_t round, uint32_t *changed, struct kc_err *e)
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
        /* Each kind of candidate has a tag of its own in each round. */
        struct kc_run r = {.k = b->k, .tag = w->o->n_init + 1 + 3 * round, .polish = 1};
        before[i] = b->objective;
        if (more && more->k <= MERGE_MAX && changed[i + 1]) {
            r.labels = labels + nruns * n;
            r.spent = more->iterations;
            if (kc_agglomerate(w->s, more, b->k, labels + nruns * n, e) != 0)
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
        if (b->k > 2 && (w->nk == 1 || (kc_search_thorough(w->o) && round == 0))) {
            if (kc_agglomerate(w->s, b, b->k - 1, labels + nruns * n, e) != 0)
                goto out;
            rng[ngrow] = kc_rng_stream(w->o->seed, KC_RNG_SPLIT, b->k, round);
            grow[ngrow++] = (struct growth){labels + nruns * n, b->own, b->k - 1, b->k};
            r.labels = labels + nruns * n;
            r.spent = b->iterations;
            runs[nruns++] = r;
        }
    }
    /* All centres in the same passes, then all runs in one stack. */
    if ((ngrow && add_centres(w, grow, ngrow, rng, e) != 0) || kc_search_engine(w, runs, nruns, e) != 0)
        goto out;
    for (size_t i = 0; i < w->nk; i++)
        changed[i] = w->best[i].objective > before[i];
    rc = 0;
out:
    kc_mem_free(before);
    kc_mem_free(rng);
    kc_mem_free(grow);
    kc_mem_free(runs);
    kc_mem_free(labels);
    return rc;
}

/* Make k seeds for the fine partition: those of all restarts in turn if they are enough, else a list of its own. */
static int make_fine_seeds(struct kc_search *w, const uint32_t *seeds, uint32_t kmax, uint32_t k, uint32_t *to,
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

/* Run each k from given centres. */
static int run_from_centres(struct kc_search *w, const float *centres, const uint64_t *spent, int polish,
                            struct kc_err *e)
{
    struct kc_run *runs = kc_mem_alloc(w->nk, sizeof *runs, e);
    int rc;
    if (!runs)
        return -1;
    for (size_t i = 0; i < w->nk; centres += w->best[i++].k * w->s->d)
        runs[i] = (struct kc_run){.k = w->best[i].k, .centres = centres, .spent = spent[i], .polish = polish};
    rc = kc_search_engine(w, runs, w->nk, e);
    kc_mem_free(runs);
    return rc;
}

/* Enter a stage, unless the search is past it. Returns 1: do it, 0: leave it out, as it is done or time is up, -1:
 * failed. */
static int enter_stage(struct kc_search *w, enum kc_search_stage stage, struct kc_err *e)
{
    if (w->stage < (uint64_t)stage) {
        w->stage = (uint64_t)stage;
        for (size_t i = 0; stage == KC_SEARCH_NEIGHBOURS && i < w->nk; i++)
            w->changed[i] = 1;
    }
    for (size_t i = 0; i < w->nk && !w->late; i++)
        if (w->best[i].objective < 0)
            return kc_steps_bad(w->s->steps, "a k has no partition", e);
    if (w->late || w->stage > (uint64_t)stage)
        return 0;
    int late = kc_steps_at(w->s->steps, e);
    if (late > 0)
        w->late = w->s->steps->cut = 1;
    return late < 0 ? -1 : !late;
}

static int run_neighbour_rounds(struct kc_search *w, uint64_t rounds, struct kc_err *e)
{
    while (w->round < rounds) {
        int go = enter_stage(w, KC_SEARCH_NEIGHBOURS, e);
        if (go <= 0)
            return go;
        if (try_neighbours(w, w->round, w->changed, e) != 0)
            return -1;
        w->round++;
    }
    return 0;
}

/* Save or restore a search. A kc_frame.visit. */
static int visit_search(void *arg, struct kc_state *s)
{
    struct kc_search *w = arg;
    size_t nk = w->nk - (size_t)w->fine_appended, n = w->s->n, n_init = (size_t)w->o->n_init;
    struct kc_best *fine = w->fine && w->fine_appended ? &w->best[nk] : w->fine;
    if (kc_state_u64(s, "stage", &w->stage, 1, KC_SEARCH_STAGES - 1) != 0 ||
        kc_state_u64(s, "progress", &w->progress.done, 1, UINT64_MAX) != 0 ||
        kc_best_visit(w->best, nk, w->s, w->own, s) != 0)
        return -1;
    if (w->seeds && w->stage == KC_SEARCH_RUNS &&
        (kc_state_u64(s, "next k", &w->next_k, 1, nk - 1) != 0 ||
         kc_state_u64(s, "next run", &w->next_run, 1, n_init - 1) != 0 ||
         kc_state_u32(s, "seeds", w->seeds, n_init * w->best[nk - 1].k, (uint32_t)(n - 1)) != 0 ||
         (fine && kc_state_u32(s, "more seeds", w->fine_seeds, fine->k, (uint32_t)(n - 1)) != 0)))
        return -1;
    if (fine && w->stage <= KC_SEARCH_REGROUP && kc_best_visit(fine, 1, w->s, 0, s) != 0)
        return -1;
    if (w->stage != KC_SEARCH_NEIGHBOURS)
        return 0;
    return kc_state_u64(s, "round", &w->round, 1, UINT32_MAX) != 0 ? -1 : kc_state_u32(s, "changed", w->changed, nk, 1);
}

int kc_search_climb(struct kc_search *w, const float *centres, const uint64_t *spent, int more, struct kc_err *e)
{
    struct kc_frame frame = {visit_search, w, NULL};
    int rc = -1, go = 0;
    w->stage = KC_SEARCH_RUNS;
    w->own = more;
    w->round = 0;
    w->changed = kc_mem_alloc(w->nk, sizeof *w->changed, e);
    if (!w->changed || kc_steps_enter(w->s->steps, &frame, e) < 0)
        goto out;
    if (w->stage == KC_SEARCH_RUNS && run_from_centres(w, centres, spent, more, e) != 0)
        goto out;
    if ((go = enter_stage(w, KC_SEARCH_REGROUP, e)) < 0 || (go && kc_search_regroup(w, &w->best[w->nk - 1], e) != 0))
        goto out;
    rc = more ? run_neighbour_rounds(w, 1, e) : 0;
out:
    kc_steps_leave(w->s->steps, &frame);
    kc_mem_free(w->changed);
    w->changed = NULL;
    return rc;
}

/* Make the seeds of the restarts and of the fine partition. */
static int make_seeds(struct kc_search *w, uint32_t kmax, struct kc_err *e)
{
    kc_search_tick(w, 0);
    if (kc_seed_all(w->s, w->o->seed, (size_t)w->o->n_init, kmax, w->seeds, e) != 0)
        return -1;
    return w->fine ? make_fine_seeds(w, w->seeds, kmax, w->fine->k, w->fine_seeds, e) : 0;
}

int kc_search_run(struct kc_search *w, struct kc_err *e)
{
    struct kc_space *s = w->s;
    const struct kc_kmeans_opts *o = w->o;
    struct kc_frame frame = {visit_search, w, NULL};
    uint32_t kmax = w->best[w->nk - 1].k, k = choose_fine_k(s->n, kmax);
    uint64_t distinct = 0;
    float *gram = NULL;
    int rc = -1, go;
    w->stage = KC_SEARCH_RUNS;
    w->own = 1;
    w->next_k = w->next_run = w->round = 0;
    w->changed = kc_mem_alloc(w->nk, sizeof *w->changed, e);
    w->seeds = kc_mem_alloc(kc_mem_mul((size_t)o->n_init, kmax), sizeof *w->seeds, e);
    if (!w->changed || !w->seeds || (k > kmax && kc_choose_distinct(&s->rows, k, &distinct, e) != 0))
        goto out;
    if (w->gram) {
        s->ldg = kc_gram_ld(s->n);
        gram = kc_mem_aligned(kc_mem_mul(s->n, s->ldg), sizeof *gram, e);
        if (!gram || kc_gram_build(s, gram, e) != 0)
            goto out;
        s->gram = gram;
    }
    /* The fine partition, if there are enough distinct rows for it. */
    if (k > kmax && distinct == k) {
        w->fine_seeds = kc_mem_alloc(k, sizeof *w->fine_seeds, e);
        w->fine = kc_best_new(s->n, &k, 1, e);
        if (!w->fine_seeds || !w->fine)
            goto out;
    }
    if ((go = kc_steps_enter(s->steps, &frame, e)) < 0 || (go == 0 && make_seeds(w, kmax, e) != 0) ||
        (w->stage == KC_SEARCH_RUNS && run_restarts(w, kmax, e) != 0))
        goto out;
    if ((go = enter_stage(w, KC_SEARCH_POLISH, e)) < 0 || (go && !w->gram && o->n_init > 1 && polish_best(w, e) != 0))
        goto out;
    if ((go = enter_stage(w, KC_SEARCH_REGROUP, e)) < 0 ||
        (go && (k <= kmax || w->fine) && kc_search_regroup(w, w->fine ? w->fine : &w->best[w->nk - 1], e) != 0))
        goto out;
    rc = run_neighbour_rounds(w, kc_search_rounds(w->nk, o), e);
out:
    kc_steps_leave(s->steps, &frame);
    s->gram = NULL;
    kc_best_free(w->fine, 1);
    kc_mem_free(w->fine_seeds);
    kc_mem_free(gram);
    kc_mem_free(w->seeds);
    kc_mem_free(w->changed);
    w->fine = NULL;
    w->seeds = w->fine_seeds = w->changed = NULL;
    return rc;
}
