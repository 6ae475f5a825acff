/* Each kind of evidence is computed on as many rows as its cost allows: neighbours on some ten thousand, fits on some
 * thousand. What is drawn is a function of the numbers of rows and the seed. */
#include "core/choice/evidence.h"

#include <math.h>
#include "base/mem.h"
#include "core/choice/gap.h"
#include "core/choice/graph_of.h"
#include "core/choice/halves.h"
#include "core/choice/sample.h"
#include "core/graph/modularity.h"
#include "core/judge/indices.h"
#include "core/judge/judging.h"

#define HALF_STARTS 2u      /* restarts of a half's fit, at most: its clusters need not be the last word */
#define REFERENCE_STARTS 1u /* of a reference's */
#define FEWEST 20          /* rows that are worth halving */
#define SEED 42             /* of the draw of rows, for algorithms without a seed of fits */

/* The graph, and the rows that it is of, from one call to the next. */
struct kept {
    struct kc_affinity own;
    const struct kc_affinity *graph;
    uint32_t *row;    /* (graph->n) the place of each row of the graph in the space; NULL: its own */
    uint32_t *labels; /* (graph->n) scratch */
};

/* Return how many rows modularities are computed on. */
static size_t count_rows(size_t n, size_t most)
{
    most = most ? most : KC_CHOICE_ROWS;
    return n < most ? n : most;
}

/* Make the graph of the rows' neighbours, unless it is known. */
static struct kept *make_graph(struct kc_judging *j, struct kc_err *e)
{
    const struct kc_space *s = j->space;
    const struct kc_rows *original = j->original ? j->original : &s->rows;
    struct kept *g = kc_mem_zalloc(1, sizeof *g, e);
    const size_t all = (size_t)kc_space_all(s), m = count_rows(all, j->most);
    uint32_t *number = NULL;
    if (!g)
        return NULL;
    j->kept = g;
    g->labels = kc_mem_alloc(m, sizeof *g->labels, e);
    if (!g->labels)
        return NULL;
    if (j->graph && m == all && j->graph->n == all) {
        g->graph = j->graph;
        return g;
    }
    g->graph = &g->own;
    if (m < all) {
        g->row = kc_mem_alloc(m, sizeof *g->row, e);
        if (!g->row)
            return NULL;
        kc_drawn_numbers(all, j->fit ? j->fit->seed : SEED, m, g->row);
    }
    if (m < all || (j->original && j->row)) { /* their numbers among the original rows */
        number = kc_mem_alloc(m, sizeof *number, e);
        for (size_t i = 0; number && i < m; i++) {
            const uint32_t at = g->row ? g->row[i] : (uint32_t)i;
            number[i] = j->original && j->row ? j->row[at] : at;
        }
        if (!number)
            return NULL;
    }
    const int rc = kc_graph_of(s->ctx, original, number, m, &g->own, e);
    kc_mem_free(number);
    return rc == 0 ? g : NULL;
}

/* Set g->labels to those of the graph's rows, whichever rank has them. labels (s->n) */
static int pick_labels(const struct kc_space *s, const uint32_t *labels, struct kept *g, struct kc_err *e)
{
    const struct kc_share *share = s->rows.share;
    for (size_t r = 0; r < g->graph->n; r++)
        g->labels[r] = kc_share_is_mine(share, g->row[r]) ? labels[kc_share_place(share, g->row[r])] : 0;
    return kc_team_union(kc_space_team(s), g->labels, g->graph->n * sizeof *g->labels, e);
}

/* Compute the modularity of each partition. */
static int judge_modularity(struct kc_judging *j, const uint32_t *const *labels, struct kc_k_entry *entry, size_t nk,
                            struct kc_err *e)
{
    struct kept *g = j->kept ? j->kept : make_graph(j, e);
    double *work = g ? kc_mem_alloc(2 * (size_t)entry[nk - 1].k, sizeof *work, e) : NULL;
    int rc = -1;
    if (!work)
        return -1;
    for (size_t i = 0; i < nk; i++) {
        if (g->row && pick_labels(j->space, labels[i], g, e) != 0)
            goto out;
        entry[i].modularity = kc_modularity(g->graph, g->row ? g->labels : labels[i], entry[i].k, work);
    }
    rc = 0;
out:
    kc_mem_free(work);
    return rc;
}

/* Let each half choose a k by its own figures: entry[].support, and the means of the figures. A half with fewer
 * different rows than the smallest k chooses none; if all do so, there is no support. */
static int count_votes(const struct kc_halves *h, struct kc_k_entry *entry, size_t nk, struct kc_err *e)
{
    struct kc_k_entry *own = kc_mem_alloc(nk, sizeof *own, e);
    unsigned votes = 0;
    if (!own)
        return -1;
    for (size_t i = 0; i < nk; i++)
        entry[i].support = entry[i].halves_silhouette = entry[i].halves_modularity = 0;
    for (unsigned half = 0; half < h->halves; half++) {
        size_t best = 0;
        for (size_t i = 0; i < nk; i++) {
            own[i] = kc_k_entry_of(entry[i].k, h->rows, 0);
            own[i].silhouette = h->silhouette[half * nk + i];
            own[i].modularity = h->modularity[half * nk + i];
            entry[i].halves_silhouette += own[i].silhouette / h->halves;
            entry[i].halves_modularity += own[i].modularity / h->halves;
        }
        kc_combine(own, nk);
        for (size_t i = 1; i < nk; i++)
            if (!isnan(own[i].merit) && (isnan(own[best].merit) || own[i].merit > own[best].merit))
                best = i;
        if (isnan(own[best].merit))
            continue;
        entry[best].support++;
        votes++;
    }
    for (size_t i = 0; i < nk; i++)
        entry[i].support = votes ? entry[i].support / h->halves : NAN;
    kc_mem_free(own);
    return 0;
}

/* Return the options of a fit with at most so many starts. */
static struct kc_kmeans_opts choose_fit(const struct kc_kmeans_opts *fit, unsigned starts)
{
    struct kc_kmeans_opts o = *fit;
    o.n_init = o.n_init < starts ? o.n_init ? o.n_init : 1 : starts;
    return o;
}

/* Fit halves of the rows, and compare them. */
static int judge_halves(struct kc_judging *j, struct kc_k_entry *entry, size_t nk, struct kc_err *e)
{
    const struct kc_kmeans_opts fit = choose_fit(j->fit, HALF_STARTS);
    const struct kc_space *s = j->space;
    struct kc_halves_opts o = {.fit = &fit, .splits = KC_CHOICE_SPLITS, .most = KC_CHOICE_HALF,
                               .judge = (j->wanted & KC_EVIDENCE_MODULARITY) != 0};
    struct kc_rows original = {0};
    struct kc_halves h = {0};
    uint32_t *ks = kc_mem_alloc(nk, sizeof *ks, e), *number = NULL;
    int rc = ks ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < nk; i++)
        ks[i] = entry[i].k;
    if (rc == 0 && j->original) {
        o.original = j->original;
        if (j->row) {
            number = kc_mem_alloc(s->n, sizeof *number, e);
            rc = number ? 0 : -1;
            if (rc == 0)
                original = kc_rows_pick_from(j->original, j->row, s->n, number);
            o.original = &original;
        }
    }
    if (rc == 0)
        rc = kc_halves_run(s, ks, nk, &o, &h, e);
    for (size_t i = 0; rc == 0 && i < nk; i++) {
        entry[i].stability = h.entry[i].stability;
        entry[i].strength = h.entry[i].strength;
    }
    if (rc == 0 && o.judge)
        rc = count_votes(&h, entry, nk, e);
    kc_halves_free(&h);
    kc_mem_free(number);
    kc_mem_free(ks);
    return rc;
}

static int judge_gap(struct kc_judging *j, struct kc_k_entry *entry, size_t nk, struct kc_err *e)
{
    const struct kc_kmeans_opts fit = choose_fit(j->fit, REFERENCE_STARTS);
    const struct kc_gap_opts o = {&fit, KC_CHOICE_REFERENCES, KC_CHOICE_GAP_ROWS};
    return kc_gap_run(j->space, &o, entry, nk, e);
}

static int run_judge(struct kc_judging *j, const uint32_t *const *labels, struct kc_k_entry *entry, size_t nk,
                     struct kc_err *e)
{
    if ((j->wanted & KC_EVIDENCE_MODULARITY) && judge_modularity(j, labels, entry, nk, e) != 0)
        return -1;
    if (!j->fit)
        return 0;
    if ((j->wanted & KC_EVIDENCE_HALVES) && j->space->n >= FEWEST && judge_halves(j, entry, nk, e) != 0)
        return -1;
    return (j->wanted & KC_EVIDENCE_GAP) ? judge_gap(j, entry, nk, e) : 0;
}

static void end_judge(struct kc_judging *j)
{
    struct kept *g = j->kept;
    j->kept = NULL;
    if (!g)
        return;
    kc_affinity_free(&g->own);
    kc_mem_free(g->labels);
    kc_mem_free(g->row);
    kc_mem_free(g);
}

static uint64_t count_bytes(size_t n, size_t d, size_t original_d, uint64_t kmax, uint64_t ksum, size_t nk,
                            const struct kc_kmeans_opts *fit, unsigned wanted, size_t of_most, int weighted,
                            unsigned threads)
{
    const struct kc_ks ks = {nk, (uint32_t)kmax, ksum};
    const size_t m = count_rows(n, of_most);
    const uint64_t graph =
        kc_graph_of_bytes(m, original_d, threads) + m * 3 * sizeof(uint32_t) + 2 * kmax * sizeof(double);
    uint64_t most = 0;
    if (fit && (wanted & KC_EVIDENCE_HALVES)) {
        const struct kc_kmeans_opts few = choose_fit(fit, HALF_STARTS);
        const struct kc_halves_opts o = {.fit = &few, .splits = KC_CHOICE_SPLITS, .most = KC_CHOICE_HALF,
                                         .judge = (wanted & KC_EVIDENCE_MODULARITY) != 0};
        most = kc_halves_bytes(n, d, original_d, &ks, &o, weighted, threads) + n * sizeof(uint32_t);
    }
    if (fit && (wanted & KC_EVIDENCE_GAP)) {
        const struct kc_kmeans_opts few = choose_fit(fit, REFERENCE_STARTS);
        const struct kc_gap_opts o = {&few, KC_CHOICE_REFERENCES, KC_CHOICE_GAP_ROWS};
        const uint64_t gap = kc_gap_bytes(n, d, &ks, &o, threads);
        most = gap > most ? gap : most;
    }
    return most + ((wanted & KC_EVIDENCE_MODULARITY) ? graph : 0);
}

const struct kc_judge kc_choice_judge = {run_judge, end_judge, count_bytes};
