/* The sweep on levels of rows. The first level, some thousand rows, is searched with all restarts (search.h); its
 * centroids start one run for each k on the next level, of eight times as many rows, and so on up to all. On
 * 20,000 x 768, k = 2..40, the search on 2,048 rows and five to ten passes over all cost a fifth of the search on
 * all rows and end no lower: restarts, regrouping and neighbours are cheap where rows are few, and what is left
 * for the many is the descent. */
#include "core/kmeans/sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/judge/index.h"
#include "core/kmeans/search.h"
#include "core/kmeans/seed.h"
#include "la/product.h"

#define GRAM_MAX 4096    /* rows: a Gram matrix of 64 MiB */
#define COARSE 2048 /* least rows of the first level (a third more or less costs time or objective on 20,000 x 768) */
#define COARSE_EACH 32   /* rows of the first level for each cluster of the largest k */
#define COARSE_MANY 8192 /* beyond so many rows only half as many for each cluster, but never fewer than this */
#define LOOSE 3e-5       /* tol for choosing a k quickly */
#define LEVEL 8          /* the next level has so many times as many rows */

/* Estimate the costs of both engines in fused multiply-adds at full vector speed. An addition on the Gram matrix counts
 * for three of them (it is bound by the loads), one of the sums in double for two; 12 iterations a run is what text
 * embeddings take. */
static void estimate_costs(size_t n, size_t d, const struct kc_ks *ks, const struct kc_kmeans_opts *o, double *gram,
                           double *stack)
{
    double rows = (double)n, dim = (double)d;
    double runs = (double)o->n_init * (double)ks->n, cols = (double)o->n_init * (double)ks->sum;
    *gram = rows * rows * dim / 2 + runs * 4 * 3 * rows * rows;
    *stack = 12 * rows * dim * cols + runs * 2 * 2 * rows * dim;
}

static int gram_is_cheaper(size_t n, size_t d, const struct kc_ks *ks, const struct kc_kmeans_opts *o)
{
    double gram, stack;
    estimate_costs(n, d, ks, o, &gram, &stack);
    return n <= GRAM_MAX && gram < stack;
}

/* Return the rows of the first level: all if a smaller level would have more than half of them. */
static size_t count_coarse_rows(size_t n, uint32_t kmax)
{
    uint64_t m = (uint64_t)COARSE_EACH * kmax;
    if (m > COARSE_MANY)
        m = m / 2 > COARSE_MANY ? m / 2 : COARSE_MANY;
    m = m < COARSE ? COARSE : m;
    return n / 2 < m ? n : (size_t)m;
}

/* Return the rows of the level after one of m rows: all if a smaller level would have more than half of them. */
static size_t count_next_level(size_t m, size_t n)
{
    return n / (2 * LEVEL) < m ? n : m * LEVEL;
}

static struct kc_ks summarise_ks(const uint32_t *ks, size_t nk)
{
    struct kc_ks all = {nk, ks[nk - 1], 0};
    for (size_t i = 0; i < nk; i++)
        all.sum += ks[i];
    return all;
}

void kc_sweep_path(size_t n, size_t d, const uint32_t *k, size_t nk, const struct kc_kmeans_opts *o,
                   struct kc_sweep *sw)
{
    const struct kc_ks all = summarise_ks(k, nk), *ks = &all;
    size_t first = count_coarse_rows(n, all.max);
    double gram, stack;
    char on[64] = "";
    sw->gram = gram_is_cheaper(first, d, ks, o);
    estimate_costs(first, d, ks, o, &gram, &stack);
    if (first < n)
        snprintf(on, sizeof on, "first on %zu of %zu rows; ", first, n);
    if (first > GRAM_MAX)
        snprintf(sw->why, sizeof sw->why, "%s%zu rows, more than the %d that a Gram matrix is built for", on, first,
                 GRAM_MAX);
    else
        snprintf(sw->why, sizeof sw->why, "%sestimated %.3g GFMA in Gram space, %.3g on the rows", on, gram * 1e-9,
                 stack * 1e-9);
}

/* Return 1 if runs may stop before tol, because there are few restarts and the runs only serve to choose a k; the
 * chosen one continues. On 20,000 x 768, k = 2..40, that halved the passes and cost 3e-5 of the objective. */
static int may_stop_early(size_t nk, const struct kc_kmeans_opts *o)
{
    return nk > 1 && o->n_init < 4 && o->tol < LOOSE;
}

uint64_t kc_sweep_bytes(size_t n, size_t d, int in_memory, int picked, const struct kc_ks *ks,
                        const struct kc_kmeans_opts *o, int weighted, unsigned threads)
{
    uint32_t kmax = ks->max;
    size_t nk = ks->n;
    size_t first = count_coarse_rows(n, kmax);
    uint64_t search = kc_search_bytes(first, d, kmax, nk, o, gram_is_cheaper(first, d, ks, o), weighted, threads);
    const size_t weight = weighted ? sizeof(double) : 0;
    if (first == n)
        return search + (in_memory && !picked ? 0 : (uint64_t)n * (d * sizeof(float) + sizeof(uint32_t) + weight));
    uint64_t copy = (uint64_t)first * (d * sizeof(float) + sizeof(uint32_t) + weight);
    uint64_t centres = ks->sum * d * sizeof(float);
    uint64_t peak = copy + search;
    for (size_t level = first; level < n;) {
        size_t before = level;
        int last = (level = count_next_level(level, n)) == n, more = last && n <= KC_FEW_ROWS && !may_stop_early(nk, o);
        uint64_t rows = last || in_memory ? 0 : (uint64_t)level * d * sizeof(float);
        uint64_t labels = (more ? 3 : 1) * (uint64_t)nk * level * sizeof(uint32_t);
        uint64_t seeding = more ? kc_seeder_bytes(n, d, in_memory, 2 * nk, kc_search_candidates(kmax), threads) : 0;
        uint64_t need = kc_best_bytes(level, nk) + kc_best_bytes(before, nk) +
                        (uint64_t)level * (sizeof(uint32_t) + weight) + rows +
                        labels + seeding + kc_search_regroup_bytes(d, nk, kmax, threads) +
                        kc_stack_bytes(level, d, in_memory || !last, weighted, kmax, (more ? 3 : 1) * nk, threads);
        peak = peak > need ? peak : need;
    }
    return centres + kmax * d * sizeof(double) + kc_sums_bytes(n, d, 1, kmax) +
           nk * (sizeof(struct kc_k_entry) + sizeof(uint64_t)) + peak;
}

/* Knuth, TAOCP 2, 3.4.2, algorithm S. */
void kc_sample_numbers(uint64_t seed, uint64_t stage, size_t n, size_t m, uint32_t *idx)
{
    struct kc_rng r = kc_rng_stream(seed, KC_RNG_SAMPLE, stage, n);
    size_t have = 0;
    for (size_t i = 0; have < m; i++)
        if (kc_rng_below(&r, n - i) < m - have)
            idx[have++] = (uint32_t)i;
}

/* Make s a space of copies of the drawn rows of->idx (m), each on the rank that has the row. */
static int copy_own(const struct kc_space *all, size_t m, struct kc_sample *of, struct kc_space *s, struct kc_err *e)
{
    const struct kc_share *share = all->rows.share;
    const unsigned ranks = kc_team_size(share->team), me = kc_team_rank(share->team);
    of->first = kc_mem_alloc(ranks + 1, sizeof *of->first, e);
    if (!of->first)
        return -1;
    for (size_t i = 0, r = 0; r <= ranks; of->first[r++] = i) /* both rise */
        while (i < m && of->idx[i] < share->first[r])
            i++;
    const uint32_t *own = of->idx + of->first[me];
    const size_t mine = (size_t)(of->first[me + 1] - of->first[me]);
    uint32_t *at = kc_mem_alloc(mine, sizeof *at, e);
    of->x = kc_mem_aligned(kc_mem_mul(mine > 0 ? mine : 1, all->d), sizeof *of->x, e);
    int rc = at && of->x ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < mine; i++)
        at[i] = (uint32_t)kc_share_place(share, own[i]);
    if (rc == 0) {
        kc_rows_copy(&all->rows, at, mine, of->x);
        rc = kc_rows_failed(&all->rows, e) != 0 ? -1 : kc_weights_pick(all->w, at, mine, &of->weights, e);
    }
    kc_mem_free(at);
    of->share = (struct kc_share){share->team, m, of->first};
    s->n = mine;
    s->w = of->weights;
    s->rows = kc_rows_memory(of->x, mine, all->d);
    s->rows.share = &of->share;
    s->work = all->work;
    return rc;
}

/* Make s a space of the drawn rows of->idx (m) of rows that are shared out. copy: every rank gets all of them; the
 * first one counts the work on them. */
static int draw_shared(const struct kc_space *all, size_t m, int copy, struct kc_sample *of, struct kc_space *s,
                       struct kc_err *e)
{
    const struct kc_share *share = all->rows.share;
    size_t mine = 0;
    if (copy && m > KC_FEW_ROWS && share->first)
        return copy_own(all, m, of, s, e);
    if (copy) {
        of->x = kc_mem_aligned(kc_mem_mul(m, all->d), sizeof *of->x, e);
        if (!of->x || kc_rows_copy_shared(&all->rows, of->idx, m, of->x, e) != 0 ||
            kc_weights_pick_shared(all, of->idx, m, &of->weights, e) != 0)
            return -1;
        s->n = m;
        s->w = of->weights;
        s->rows = kc_rows_memory(of->x, m, all->d);
        s->work = kc_team_rank(share->team) == 0 ? all->work : NULL;
        return 0;
    }
    for (size_t i = 0; i < m; i++)
        if (kc_share_is_mine(share, of->idx[i]))
            of->idx[mine++] = (uint32_t)kc_share_place(share, of->idx[i]);
    if (kc_weights_pick(all->w, of->idx, mine, &of->weights, e) != 0)
        return -1;
    s->w = of->weights;
    of->share = *share;
    of->share.all = m;
    s->n = mine;
    s->rows = kc_rows_pick(&all->rows, of->idx, mine);
    s->rows.share = &of->share;
    s->work = all->work;
    return 0;
}

int kc_sample_draw(const struct kc_space *all, uint64_t seed, uint64_t stage, size_t m, int copy,
                   struct kc_sample *of, struct kc_space *s, struct kc_err *e)
{
    const struct kc_rows *rows = &all->rows;
    const size_t d = all->d;
    of->idx = kc_mem_alloc(m, sizeof *of->idx, e);
    if (!of->idx)
        return -1;
    kc_sample_numbers(seed, stage, (size_t)kc_space_all(all), m, of->idx);
    if (rows->share)
        return draw_shared(all, m, copy, of, s, e);
    if (kc_weights_pick(all->w, of->idx, m, &of->weights, e) != 0)
        return -1;
    s->n = m;
    s->w = of->weights;
    if (rows->x && !copy) {
        for (size_t i = 0; rows->idx && i < m; i++)
            of->idx[i] = rows->idx[of->idx[i]];
        s->rows = (struct kc_rows){.n = m, .d = d, .x = rows->x, .idx = of->idx};
        return 0;
    }
    of->x = kc_mem_aligned(kc_mem_mul(m, d), sizeof *of->x, e);
    if (!of->x)
        return -1;
    kc_rows_copy(rows, of->idx, m, of->x);
    s->rows = kc_rows_memory(of->x, m, d);
    return kc_rows_failed(rows, e);
}

void kc_sample_free(struct kc_sample *of)
{
    kc_mem_free(of->weights);
    kc_mem_free(of->first);
    kc_mem_free(of->x);
    kc_mem_free(of->idx);
    memset(of, 0, sizeof *of);
}

int kc_sweep_centres(const struct kc_space *s, const struct kc_best *best, size_t nk, double *sums, uint64_t *counts,
                     float *centres, struct kc_err *e)
{
    for (size_t i = 0; i < nk; i++) {
        if (kc_sums(s, best[i].labels, best[i].k, sums, counts, e) != 0)
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

int kc_sweep_judge(const struct kc_space *s, const struct kc_best *best, size_t nk, struct kc_k_entry *entries,
                   struct kc_err *e)
{
    struct kc_scored *p = kc_mem_zalloc(nk, sizeof *p, e);
    size_t clusters = 0;
    int rc = -1;
    for (size_t i = 0; i < nk; i++)
        clusters += best[i].k;
    double *silhouette = kc_mem_alloc(clusters, sizeof *silhouette, e), *at = silhouette;
    if (!p || !silhouette)
        goto out;
    for (size_t i = 0; i < nk; at += best[i].k, i++) {
        p[i].k = best[i].k;
        p[i].labels = best[i].labels;
        p[i].cluster_silhouette = at;
    }
    rc = kc_index_score(s, p, nk, e);
    for (size_t i = 0; rc == 0 && i < nk; i++) {
        entries[i] = kc_k_entry_of(p[i].k, kc_space_all(s), best[i].iterations);
        kc_scored_fill(&p[i], &entries[i]);
    }
out:
    kc_mem_free(silhouette);
    kc_mem_free(p);
    return rc;
}

int kc_sweep_visit_entries(struct kc_state *s, struct kc_k_entry *entries, size_t n)
{
    enum { COUNTS = 3, FIGURES = 5 }; /* the macro silhouette is part of the evidence */
    uint64_t *counts = kc_state_lend(s, n, COUNTS * sizeof *counts), *c = counts;
    double *figures = kc_state_lend(s, n, FIGURES * sizeof *figures), *f = figures;
    if (!counts || !figures)
        return -1;
    for (size_t i = 0; !s->reading && i < n; i++, c += COUNTS, f += FIGURES) {
        const struct kc_k_entry *t = &entries[i];
        memcpy(c, (uint64_t[COUNTS]){t->k, t->rows, t->iterations}, COUNTS * sizeof *c);
        memcpy(f, (double[FIGURES]){t->silhouette, t->inertia, t->objective, t->calinski_harabasz, t->davies_bouldin},
               FIGURES * sizeof *f);
    }
    if (kc_state_u64(s, "entries", counts, COUNTS * n, UINT64_MAX / 2) != 0 ||
        kc_state_f64(s, "figures", figures, FIGURES * n, INFINITY, 1) != 0)
        return -1;
    for (size_t i = 0; s->reading && i < n; i++, c += COUNTS, f += FIGURES) {
        if (c[0] < 1 || c[0] > INT32_MAX || (i > 0 && c[0] <= c[-COUNTS]))
            return kc_state_bad(s, "the k do not increase");
        entries[i] = kc_k_entry_of((uint32_t)c[0], c[1], c[2]);
        entries[i].silhouette = f[0];
        entries[i].inertia = f[1];
        entries[i].objective = f[2];
        entries[i].calinski_harabasz = f[3];
        entries[i].davies_bouldin = f[4];
    }
    return 0;
}

int kc_sweep_visit_evidence(struct kc_state *s, struct kc_k_entry *entries, size_t n)
{
    enum { EACH = KC_ENTRY_EVIDENCE + 1 };
    double *figures = kc_state_lend(s, n, EACH * sizeof *figures), *f = figures;
    if (!figures)
        return -1;
    for (size_t i = 0; !s->reading && i < n; i++, f += EACH)
        memcpy(f, &entries[i].macro_silhouette, EACH * sizeof *f);
    if (kc_state_f64(s, "evidence", figures, EACH * n, INFINITY, 1) != 0)
        return -1;
    for (size_t i = 0; s->reading && i < n; i++, f += EACH)
        memcpy(&entries[i].macro_silhouette, f, EACH * sizeof *f);
    return 0;
}

/* A sweep under way. */
struct sweeping {
    struct kc_sweep *sw;
    const struct kc_kmeans_opts *o;
    size_t n, d;
    struct kc_ks all;
    struct kc_search w;
    uint64_t level;    /* rows of the present level */
    uint64_t climbing; /* 1: it is not the first level; the next three are of the level before */
    float *centres;    /* the centroids: (k, d) for each k, one after the other */
    uint64_t *spent;   /* (nk) the iterations that went into them */
    uint64_t judged;   /* 1: sw->judged holds their figures */
    struct kc_sample sample; /* the rows of the level, if they are not all */
    double *sums;      /* (largest k, d) scratch */
    uint64_t *counts;  /* (largest k) scratch */
};

/* Save or restore the level and the centroids of the one before. A kc_frame.visit. */
static int visit_sweep(void *arg, struct kc_state *s)
{
    struct sweeping *g = arg;
    if (kc_state_u64(s, "level", &g->level, 1, g->n) != 0 || kc_state_u64(s, "climbing", &g->climbing, 1, 1) != 0)
        return -1;
    if (s->reading) {
        size_t m = count_coarse_rows(g->n, g->all.max);
        int first = 1;
        for (; m < g->n && m != g->level; first = 0)
            m = count_next_level(m, g->n);
        if (m != g->level || first == (int)g->climbing)
            return kc_state_bad(s, "it names a level that does not exist");
    }
    if (!g->climbing)
        return 0;
    if (kc_state_f32(s, "level centres", g->centres, (size_t)g->all.sum * g->d, 1.1, 0) != 0 ||
        kc_state_u64(s, "spent", g->spent, g->w.nk, UINT64_MAX / 2) != 0 ||
        kc_state_u64(s, "judged", &g->judged, 1, 1) != 0)
        return -1;
    return g->judged ? kc_sweep_visit_entries(s, g->sw->judged, g->w.nk) : 0;
}

/* Make s the space of the present level: a sample of the rows, or all. */
static int draw_level(struct sweeping *g, const struct kc_space *all, struct kc_space *s, struct kc_err *e)
{
    size_t m = (size_t)g->level;
    /* where single rows are moved, in order, every rank needs all of them */
    const int copy = !g->climbing || (all->rows.share && m <= KC_FEW_ROWS);
    kc_sample_free(&g->sample); /* the level before has been left */
    if (m < g->n || (!g->climbing && (!all->rows.x || all->rows.idx || all->rows.share)))
        return kc_sample_draw(all, g->o->seed, g->climbing ? m : 0, m, copy, &g->sample, s, e);
    s->n = all->n;
    s->rows = all->rows;
    s->w = all->w;
    s->work = all->work;
    return 0;
}

/* Search the first level, or continue on a later one from the centres of the level before. */
static int search_level(struct sweeping *g, struct kc_space *s, const uint32_t *ks, struct kc_err *e)
{
    struct kc_search *w = &g->w;
    const int last = kc_space_all(s) == g->n, strict = !may_stop_early(w->nk, w->o);
    w->s = s;
    w->best = kc_best_new(s->n, ks, w->nk, e);
    if (!w->best)
        return -1;
    if (!g->climbing)
        return kc_search_run(w, e);
    if (last && w->nk == 1 && g->n > KC_FEW_ROWS && kc_best_want_centres(w->best, s->d, e) != 0)
        return -1;
    w->gram = 0;
    w->ro.tol = last && strict ? w->o->tol : last ? LOOSE : 1e-4;
    w->ro.tol = w->ro.tol > w->o->tol ? w->ro.tol : w->o->tol;
    return kc_search_climb(w, g->centres, g->spent, last && g->n <= KC_FEW_ROWS && strict, e);
}

/* Leave a level: keep its centres and, if time may be up before the next level is done, its figures. */
static int leave_level(struct sweeping *g, int judge, struct kc_err *e)
{
    struct kc_search *w = &g->w;
    struct kc_space unseen = *w->s;
    unseen.work = NULL;
    if (judge && kc_sweep_judge(&unseen, w->best, w->nk, g->sw->judged, e) != 0)
        return -1;
    g->judged = judge != 0;
    for (size_t i = 0; i < w->nk; i++)
        g->spent[i] = w->best[i].iterations;
    if (kc_sweep_centres(w->s, w->best, w->nk, g->sums, g->counts, g->centres, e) != 0)
        return -1;
    kc_best_free(w->best, w->nk);
    w->best = NULL;
    return 0;
}

/* End a sweep whose time was up within a level: leave in sw what k can be chosen from. A k without a partition is
 * dropped, unless the level before had a partition of each k: then that level is used. */
static int end_sweep_early(struct sweeping *g, struct kc_err *e)
{
    struct kc_search *w = &g->w;
    struct kc_sweep *sw = g->sw;
    size_t have = 0;
    for (size_t i = 0; i < w->nk; i++)
        have += w->best[i].objective >= 0 ? 1u : 0u;
    if (have == 0 && !g->judged)
        return kc_steps_bad(w->s->steps, "no k has a partition", e);
    if (have == w->nk || !g->judged) {
        have = 0;
        for (size_t i = 0; i < w->nk; i++) {
            struct kc_best t = w->best[have];
            if (w->best[i].objective < 0)
                continue;
            w->best[have++] = w->best[i];
            if (have - 1 != i)
                w->best[i] = t;
        }
        for (size_t i = have; i < w->nk; i++) {
            kc_mem_free(w->best[i].labels);
            kc_mem_free(w->best[i].own);
            kc_mem_free(w->best[i].centres);
        }
        sw->nk = w->nk = have;
        if (kc_space_all(w->s) == g->n)
            return 0;
        if (leave_level(g, 1, e) != 0)
            return -1;
    }
    sw->rows = (size_t)sw->judged[0].rows;
    sw->centres = g->centres;
    g->centres = NULL;
    return 0;
}

int kc_sweep_run(struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_kmeans_opts *o, struct kc_sweep *sw,
                 struct kc_err *e)
{
    size_t n = (size_t)kc_space_all(s), d = s->d, first = count_coarse_rows(n, ks[nk - 1]);
    struct kc_space on = *s;
    struct sweeping g = {.sw = sw, .o = o, .n = n, .d = d, .all = summarise_ks(ks, nk), .level = first,
                         .w = {.s = s, .o = o, .ro = {.max_iter = o->max_iter, .tol = o->tol}, .nk = nk}};
    struct kc_search *w = &g.w;
    struct kc_frame frame = {visit_sweep, &g, NULL};
    int rc = -1;
    /* The path, and how much work there is for the progress bar. */
    *sw = (struct kc_sweep){.nk = nk};
    kc_sweep_path(n, d, ks, nk, o, sw);
    s->tick = on.tick = kc_search_tick;
    s->tick_arg = on.tick_arg = w;
    w->gram = sw->gram;
    w->progress = (struct kc_progress){.phase = KC_PHASE_SWEEP, .k_all = (unsigned)nk};
    /* a run counts by the rows of its level: those on the last one, all rows, take most of the time */
    w->progress.total = (nk * (o->n_init + 1) + 3 * nk * kc_search_rounds(nk, o)) * (first < n ? first : n);
    for (size_t level = first; level < n;) {
        level = count_next_level(level, n);
        int more = level == n && n <= KC_FEW_ROWS && !may_stop_early(nk, o); /* neighbours on the last level, too */
        w->progress.total += nk * level * (more ? 4 : 1);
    }
    /* What is carried from level to level. */
    if (first < n) {
        sw->loose = may_stop_early(nk, o);
        g.centres = kc_mem_aligned(kc_mem_mul((size_t)g.all.sum, d), sizeof *g.centres, e);
        g.sums = kc_mem_alloc(kc_mem_mul(g.all.max, d), sizeof *g.sums, e);
        g.counts = kc_mem_alloc(g.all.max, sizeof *g.counts, e);
        g.spent = kc_mem_zalloc(nk, sizeof *g.spent, e);
        sw->judged = kc_mem_zalloc(nk, sizeof *sw->judged, e);
        if (!g.centres || !g.sums || !g.counts || !g.spent || !sw->judged)
            goto out;
    }
    if (kc_steps_enter(s->steps, &frame, e) < 0)
        goto out;
    /* Level by level, from the first or from the one that a resumed fit was in. */
    for (;;) {
        if (draw_level(&g, s, &on, e) != 0)
            goto out;
        if (search_level(&g, &on, ks, e) != 0)
            goto out;
        if (w->late) {
            rc = end_sweep_early(&g, e);
            goto out;
        }
        if (g.level == n)
            break;
        if (leave_level(&g, s->steps && s->steps->timed, e) != 0)
            goto out;
        g.climbing = 1;
        g.level = count_next_level((size_t)g.level, n);
    }
    rc = 0;
out:
    kc_steps_leave(s->steps, &frame);
    sw->best = w->best;
    kc_mem_free(g.spent);
    kc_mem_free(g.counts);
    kc_mem_free(g.sums);
    kc_mem_free(g.centres);
    kc_sample_free(&g.sample);
    return rc;
}

void kc_sweep_free(struct kc_sweep *sw)
{
    kc_best_free(sw->best, sw->nk);
    kc_mem_free(sw->judged);
    kc_mem_free(sw->centres);
    sw->best = NULL;
    sw->judged = NULL;
    sw->centres = NULL;
}
