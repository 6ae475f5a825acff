/* A fit by k-means, from the rows to the figures of the final labels: list the k, sweep them, choose one, make
 * labels and centroids agree on all rows (settle.h), enforce the size limits, compute what is reported. Each stage
 * that ends is noted in w->stage, so that a resumed fit continues after it (core/cluster/steps.h); what follows
 * from labels and data is computed again rather than saved. A limit that cannot be kept, or time that is up, does
 * not fail the fit: there is always a clustering, and the reason is in limit_reason. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "core/cluster/assign.h"
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/judge/index.h"
#include "core/judge/judging.h"
#include "core/kmeans/choose.h"
#include "core/kmeans/kmeans.h"
#include "core/kmeans/settle.h"
#include "core/kmeans/sweep.h"

#define DENSE 2e8      /* multiplications of a dense pass that are worth keeping bounds to avoid */

/* List the k that the data allow into *ks. If even the smallest is too many, list the number of distinct rows
 * instead. */
static int list_ks(struct kc_fitting *w, uint32_t **ks, size_t *nk)
{
    const struct kc_krange *r = &w->o->k;
    uint64_t distinct;
    *ks = NULL;
    if (kc_choose_distinct(&w->space.rows, r->max, &distinct, w->e) != 0)
        return -1;
    *nk = kc_krange_list(r, distinct, NULL, 0);
    *ks = kc_mem_alloc(*nk ? *nk : 1, sizeof **ks, w->e);
    if (!*ks)
        return -1;
    kc_krange_list(r, distinct, *ks, *nk);
    const char *rows = distinct == w->f->n ? "row" : "different row";
    const char *s = distinct == 1 ? "" : "s";
    unsigned long long have = (unsigned long long)distinct;
    if (*nk == 0) { /* even the smallest k is too many */
        (*ks)[0] = (uint32_t)distinct;
        *nk = 1;
        if (w->o->k_given)
            kc_fitting_limit(w, "k = %llu was asked for, but there %s only %llu %s%s", (unsigned long long)r->min,
                                distinct == 1 ? "is" : "are", have, rows, s);
        else if (distinct == 1)
            return kc_fitting_warn(w, "%s: one cluster",
                                   w->f->n == 1 ? "there is only one row" : "all rows are the same");
        return 0;
    }
    w->cut = kc_krange_list(r, UINT64_MAX, NULL, 0) > *nk;
    if (w->cut)
        return kc_fitting_warn(w, "only %llu %s%s: k can be at most %u, not %llu", have, rows, s, (*ks)[*nk - 1],
                           (unsigned long long)r->max);
    return 0;
}

/* Compute the figures of the sweep's entries; if there is nothing to choose, leave them to compute_figures. */
static int score_sweep_entries(struct kc_fitting *w, const struct kc_space *s, const struct kc_sweep *sw)
{
    int later = sw->nk == 1 && kc_space_all(s) == w->f->n;
    w->own->sweep = kc_mem_zalloc(sw->nk, sizeof *w->own->sweep, w->e);
    if (!w->own->sweep)
        return -1;
    w->own->nsweep = sw->nk;
    if (!later) {
        struct kc_space told = *s;
        struct kc_stage stage = {KC_PHASE_INDEX, 0, 0};
        for (size_t i = 0; i < sw->nk; i++)
            stage.total += (uint64_t)sw->best[i].k * kc_space_blocks(s->n);
        told.stage = &stage;
        return kc_sweep_judge(&told, sw->best, sw->nk, w->own->sweep, w->e);
    }
    w->own->sweep[0] = kc_k_entry_of(sw->best[0].k, kc_space_all(s), sw->best[0].iterations);
    return 0;
}

/* Refresh the chosen k's sweep entry so that it describes the settled labels of all rows. */
static int refresh_chosen_entry(struct kc_fitting *w, size_t chosen)
{
    struct kc_scored p = {.k = w->f->k, .labels = w->f->labels};
    if (kc_index_score(&w->space, &p, 1, w->e) != 0)
        return -1;
    kc_scored_fill(&p, &w->own->sweep[chosen]);
    w->own->silhouette_selected = p.silhouette;
    return 0;
}

int kc_fitting_alloc(struct kc_fitting *w, uint32_t k)
{
    struct kc_clustering *f = w->f;
    kc_mem_free(w->sums);
    kc_mem_free(w->counts);
    kc_mem_free(f->centroids);
    w->sums = kc_mem_alloc(kc_mem_mul(k, f->d), sizeof *w->sums, w->e);
    w->counts = kc_mem_alloc(k, sizeof *w->counts, w->e);
    f->centroids = kc_mem_alloc(kc_mem_mul(k, f->d), sizeof *f->centroids, w->e);
    return w->sums && w->counts && f->centroids ? 0 : -1;
}

/* Warn if all rows are nearly the same: similarities are then floats of about 1, whose rounding is a few 1e-7. */
static int warn_if_too_tight(struct kc_fitting *w)
{
    const size_t d = w->f->d;
    double *sum = kc_mem_zalloc(d, sizeof *sum, w->e);
    if (!sum)
        return -1;
    for (uint32_t c = 0; c < w->f->k; c++)
        for (size_t t = 0; t < d; t++)
            sum[t] += w->sums[c * d + t];
    /* the mean cosine distance to the centre of all rows */
    double total;
    const int rc = kc_space_total(&w->space, &total, w->e);
    const double spread = rc == 0 ? 1 - sqrt(kc_la_dotd(sum, sum, d)) / total : 1;
    kc_mem_free(sum);
    if (rc != 0)
        return -1;
    return spread > 4e-6 ? 0 :
           kc_fitting_warn(w, "all rows point nearly the same way (mean cosine distance %.1e): too close to be "
                              "clustered well; subtracting their mean first would help", spread > 0 ? spread : 0);
}

/* Compute every figure reported for the final labels. If `entry` is not NULL it is the chosen k's sweep entry, which
 * describes the same labels, and is updated too. */
static int compute_figures(struct kc_fitting *w, struct kc_k_entry *entry)
{
    struct kc_clustering *f = w->f;
    struct kc_scored p = {.k = f->k, .labels = f->labels, .row_silhouette = f->row_silhouette,
                          .no_davies_bouldin = !entry && !w->r->want_sums};
    int rc = -1;
    if (w->own->k_selected > 1 && warn_if_too_tight(w) != 0)
        return -1;
    f->clusters = kc_mem_zalloc(f->k, sizeof *f->clusters, w->e);
    p.cluster_silhouette = kc_mem_alloc(f->k, sizeof *p.cluster_silhouette, w->e);
    double *mass = kc_mem_alloc(f->k, sizeof *mass, w->e);
    if (!f->clusters || !p.cluster_silhouette || !mass || kc_index_score(&w->space, &p, 1, w->e) != 0)
        goto out;
    if (entry) {
        kc_scored_fill(&p, entry);
        w->own->silhouette_selected = p.silhouette;
    }
    f->silhouette = p.silhouette;
    f->objective = p.objective;
    f->inertia = p.inertia;
    f->calinski_harabasz = p.calinski_harabasz;
    f->davies_bouldin = p.no_davies_bouldin ? NAN : p.davies_bouldin;
    if (kc_weights_sum(&w->space, f->labels, f->k, mass, w->e) != 0)
        goto out;
    for (uint32_t c = 0; c < f->k; c++) {
        double dot = 0;
        for (size_t t = 0; t < f->d; t++)
            dot += w->sums[(size_t)c * f->d + t] * (double)f->centroids[(size_t)c * f->d + t];
        f->clusters[c] = (struct kc_cluster){w->counts[c], dot / mass[c], f->k > 1 ? p.cluster_silhouette[c] : NAN,
                                             UINT64_MAX};
        for (size_t t = 0; w->space.w && t < f->d; t++)
            w->sums[(size_t)c * f->d + t] *= (double)w->counts[c] / mass[c];
    }
    if (kc_fitting_representatives(w) != 0)
        goto out;
    rc = kc_ksweep_unbalanced(f, w->e);
out:
    kc_mem_free(mass);
    kc_mem_free(p.cluster_silhouette);
    return rc;
}

/* Make a partition's labels the result's. Take its centroids, too, if the labels are the arg-max over them but for few
 * rows, which are listed in w->unsure. */
static int adopt_partition(struct kc_fitting *w, struct kc_best *b)
{
    struct kc_clustering *f = w->f;
    size_t m = 0;
    kc_mem_free(f->labels);
    f->labels = b->labels;
    b->labels = NULL;
    kc_mem_free(w->unsure);
    w->unsure = NULL;
    w->nunsure = 0;
    if (!b->exact)
        return 0;
    for (size_t i = 0; i < w->space.n; i++)
        m += b->own[i] == KC_UNSURE;
    uint64_t all = m;
    if (kc_team_count(kc_space_team(&w->space), &all, 1, w->e) != 0)
        return -1;
    if (all > f->n / 4) /* then all rows may as well be assigned again */
        return 0;
    w->unsure = kc_mem_alloc(m, sizeof *w->unsure, w->e);
    if (!w->unsure)
        return -1;
    for (size_t i = 0; i < w->space.n; i++)
        if (b->own[i] == KC_UNSURE)
            w->unsure[w->nunsure++] = (uint32_t)i;
    memcpy(f->centroids, b->centres, (size_t)f->k * f->d * sizeof *f->centroids);
    return 0;
}

/* Choose one of the k that have a sweep entry. */
static void choose_k(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    w->chosen = kc_ksweep_best(w->own->sweep, w->own->nsweep, w->o->k_by);
    w->own->k_selected = f->k = w->own->sweep[w->chosen].k;
    w->own->silhouette_selected = w->own->sweep[w->chosen].silhouette;
}

/* Compute what the index that k is chosen by needs beside the labels; or, where its choice is doubtful, what a second
 * opinion needs. row: numbers of the rows of s among all; NULL: all. */
static int gather_evidence(struct kc_fitting *w, const struct kc_space *s, const struct kc_sweep *sw,
                           const uint32_t *row)
{
    const unsigned needed = kc_index_evidence(w->o->k_by) | w->o->evidence;
    const size_t first = kc_ksweep_best(w->own->sweep, w->own->nsweep, w->o->k_by);
    struct kc_judging j = {.space = s, .original = w->r->original, .graph = w->r->graph, .row = row, .wanted = needed,
                           .fit = w->o};
    const uint32_t **labels = NULL;
    w->evidence = w->o->k_by == KC_INDEX_MACRO_SILHOUETTE; /* a checkpoint has it then, too */
    if (sw->nk < 2 || !w->r->judge)
        return 0;
    if (!needed && !kc_ksweep_doubtful(w->own->sweep, w->own->nsweep, first, w->o->k_by))
        return 0;
    if (!needed) {
        j.wanted = KC_EVIDENCE_MODULARITY;
        j.fit = NULL;
        j.most = KC_OPINION_ROWS;
    }
    const int late = kc_steps_late(s->steps, w->e);
    if (late > 0)
        s->steps->cut = 1;
    if (late != 0)
        return late < 0 ? -1 : 0;
    labels = kc_mem_alloc(sw->nk, sizeof *labels, w->e);
    if (!labels)
        return -1;
    for (size_t i = 0; i < sw->nk; i++)
        labels[i] = sw->best[i].labels;
    kc_ctx_stage(w->space.ctx, KC_PHASE_INDEX);
    const int rc = w->r->judge->run(&j, labels, w->own->sweep, sw->nk, w->e);
    w->r->judge->end(&j);
    kc_mem_free(labels);
    kc_combine(w->own->sweep, w->own->nsweep);
    w->evidence = 1;
    return rc;
}

/* Choose k by the level that a sweep, when time was up, has judged, and start from the centroids of that level. */
static int choose_from_last_level(struct kc_fitting *w, struct kc_sweep *sw)
{
    struct kc_clustering *f = w->f;
    const float *centres = sw->centres;
    w->own->sweep = sw->judged;
    w->own->nsweep = sw->nk;
    sw->judged = NULL;
    choose_k(w);
    w->level = sw->rows;
    w->refine = 1;
    if (kc_fitting_alloc(w, f->k) != 0)
        return -1;
    for (size_t i = 0; i < w->chosen; i++)
        centres += (size_t)w->own->sweep[i].k * f->d;
    memcpy(f->centroids, centres, (size_t)f->k * f->d * sizeof *f->centroids);
    return 0;
}

/* Sweep all k and choose one. Sets in w->f the winner's labels of all rows, or its centroids if the sweep has seen only
 * some of the rows. */
static int sweep_and_choose(struct kc_fitting *w, uint32_t *ks, size_t nk)
{
    struct kc_clustering *f = w->f;
    struct kc_space s = w->space; /* the rows that the sweep looks at */
    struct kc_sweep sw = {.nk = 0};
    struct kc_sample sample = {0};
    uint64_t distinct;
    double began = 0;
    int rc = -1;
    if (w->o->sample && w->o->sample < f->n &&
        kc_sample_draw(&w->space, w->o->seed, 1, (size_t)w->o->sample, w->space.rows.share != NULL, &sample, &s,
                       w->e) != 0)
        goto out;
    if (kc_space_all(&s) < f->n) { /* the sample may hold fewer different rows */
        if (kc_choose_distinct(&s.rows, ks[nk - 1], &distinct, w->e) != 0)
            goto out;
        while (nk > 1 && ks[nk - 1] > distinct) {
            nk--;
            w->cut = 1;
        }
    }
    if (kc_sweep_run(&s, ks, nk, w->o, &sw, w->e) != 0)
        goto out;
    w->untried = sw.nk < nk ? ks[sw.nk] : 0;
    if (sw.rows) {
        rc = choose_from_last_level(w, &sw);
        goto out;
    }
    began = kc_clock_now();
    if (score_sweep_entries(w, &s, &sw) != 0)
        goto out;
    if (gather_evidence(w, &s, &sw, sample.idx) != 0)
        goto out;
    w->own->index_seconds = kc_clock_now() - began;
    choose_k(w);
    w->refine = sw.loose || kc_space_all(&s) < f->n;
    if (kc_fitting_alloc(w, f->k) != 0)
        goto out;
    if (kc_space_all(&s) < f->n) {
        if (kc_sweep_centres(&s, &sw.best[w->chosen], 1, w->sums, w->counts, f->centroids, w->e) != 0)
            goto out;
    } else if (adopt_partition(w, &sw.best[w->chosen]) != 0) {
        goto out;
    }
    rc = 0;
out:
    kc_sweep_free(&sw);
    kc_sample_free(&sample);
    return rc;
}

/* Take the centroids that are given for those of the only k. */
static int take_given_centroids(struct kc_fitting *w, uint32_t k)
{
    struct kc_clustering *f = w->f;
    if (k != w->r->ncentroids)
        return kc_err_set(w->e, KC_EINPUT, "%u centroids were given, but there %s only %u different row%s",
                          w->r->ncentroids, k == 1 ? "is" : "are", k, k == 1 ? "" : "s");
    w->own->sweep = kc_mem_zalloc(1, sizeof *w->own->sweep, w->e);
    if (!w->own->sweep)
        return -1;
    w->own->nsweep = 1;
    w->own->sweep[0] = kc_k_entry_of(k, f->n, 0);
    choose_k(w);
    w->refine = 1;
    if (kc_fitting_alloc(w, k) != 0)
        return -1;
    memcpy(f->centroids, w->r->centroids, (size_t)k * f->d * sizeof *f->centroids);
    return 0;
}

static int visit_chosen_run(void *arg, struct kc_state *s)
{
    const struct kc_fitting *w = arg;
    return kc_best_visit(w->best, 1, &w->space, 1, s);
}

/* Continue the chosen k's run on all rows, because the sweep has not seen all of them or has stopped before tol.
 * With few rows, continue to the fixed point: kc_settle would go there too, but by dense passes. */
static int refine_chosen_run(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    struct kc_best *best = w->best = kc_best_new(w->space.n, &f->k, 1, w->e);
    struct kc_frame frame = {visit_chosen_run, w, NULL};
    const int few = f->n <= KC_FEW_ROWS;
    const struct kc_run_opts ro = {few ? KC_SETTLE_ROUNDS : w->o->max_iter, few ? 0 : w->o->tol, 0, 1};
    const struct kc_run run = {.k = f->k, .labels = f->labels, .centres = f->labels ? NULL : f->centroids,
                               .polish = few};
    int rc = -1;
    if (best && (few || kc_best_want_centres(best, f->d, w->e) == 0) &&
        kc_steps_enter(w->space.steps, &frame, w->e) >= 0 &&
        kc_stack_run(&w->space, &run, 1, &ro, best, 1, w->e) == 0)
        rc = best->objective < 0 ? kc_steps_bad(w->space.steps, "no partition of all rows", w->e) :
                                   adopt_partition(w, best);
    if (rc == 0 && w->r->centroids)
        w->own->sweep[0].iterations = best->iterations;
    kc_steps_leave(w->space.steps, &frame);
    kc_best_free(best, 1);
    w->best = NULL;
    return rc;
}

/* Resume after the labels have settled: recompute what is derived from them (sums, similarities, margins). */
static int recompute_settled(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    const struct kc_space *s = &w->space;
    if (kc_fitting_resized(w)) /* the centroids are computed later, by fit_rows */
        return 0;
    if (kc_sums(s, f->labels, f->k, w->sums, w->counts, w->e) != 0)
        return -1;
    return f->margin ? kc_assign(s->ctx, &s->rows, f->centroids, f->k, f->labels, NULL, f->similarity, f->margin, w->e)
                     : kc_assign_own(s->ctx, &s->rows, f->centroids, f->k, f->labels, f->similarity, w->e);
}

/* Make labels and centroids of the chosen k agree on all rows. */
static int settle_labels(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    int refine = w->refine || (f->n <= KC_FEW_ROWS && (double)f->n * (double)f->d * f->k > DENSE);
    if (w->stage == KC_FIT_CHOSEN && refine && refine_chosen_run(w) != 0)
        return -1;
    f->similarity = kc_mem_alloc(w->space.n, sizeof *f->similarity, w->e);
    if (!f->similarity)
        return -1;
    if (w->r->want_rows) {
        f->margin = kc_mem_alloc(w->space.n, sizeof *f->margin, w->e);
        f->row_silhouette = kc_mem_alloc(w->space.n, sizeof *f->row_silhouette, w->e);
        if (!f->margin || !f->row_silhouette)
            return -1;
    }
    if (w->stage > KC_FIT_CHOSEN)
        return recompute_settled(w);
    if (kc_settle(w) != 0)
        return -1;
    w->stage = KC_FIT_SETTLED;
    w->settled = f->k;
    return kc_steps_at(w->space.steps, w->e) < 0 ? -1 : 0;
}

/* Report what was left out because time was up. */
static void report_time_up(struct kc_fitting *w)
{
    char untried[48] = "", level[96] = "";
    if (!w->space.steps || !w->space.steps->cut)
        return;
    if (w->untried)
        snprintf(untried, sizeof untried, ", no k from %u on was tried", w->untried);
    if (w->level)
        snprintf(level, sizeof level, ", k was chosen by %zu of %zu rows", w->level, w->f->n);
    kc_fitting_limit(w, "time was up: the search was cut short%s%s", untried, level);
}

/* Make the last step, only to honour a pending save request. A resumed run recomputes the figures, so the flop counter
 * is set back to `flops`, its value before them, while saving. */
static int honour_late_save(struct kc_fitting *w, uint64_t flops)
{
    struct kc_work *work = w->space.work;
    const uint64_t now = work->index_flops;
    work->index_flops = flops;
    int rc = kc_steps_at(w->space.steps, w->e);
    work->index_flops = now;
    return rc < 0 ? -1 : 0;
}

/* Fit the rows, or resume a fit: from the list of k to what is reported. */
static int fit_rows(struct kc_fitting *w)
{
    struct kc_clustering *f = w->f;
    struct kc_steps *steps = w->space.steps;
    struct kc_frame frame = {kc_fitting_visit, w, NULL};
    struct kc_sweep path;
    double began;
    uint32_t *ks = NULL;
    size_t nk, rows = w->o->sample && w->o->sample < f->n ? (size_t)w->o->sample : f->n;
    int rc = -1;
    /* Which k there are, and what has been done before, if the fit is resumed. */
    if (list_ks(w, &ks, &nk) != 0)
        goto out;
    w->nks = nk;
    if (kc_steps_enter(steps, &frame, w->e) < 0)
        goto out;
    kc_sweep_path(rows, f->d, ks, nk, w->o, &path);
    f->path = path.gram ? "gram" : "stacked";
    memcpy(f->path_why, path.why, sizeof f->path_why);
    /* The sweep and the choice. */
    if (w->stage == KC_FIT_SWEEP) {
        if ((w->r->centroids ? take_given_centroids(w, ks[0]) : sweep_and_choose(w, ks, nk)) != 0)
            goto out;
        w->stage = KC_FIT_CHOSEN;
    }
    if (kc_ksweep_doubts(f, w->own->sweep, w->own->nsweep, (size_t)w->chosen, w->o->k_by, w->cut,
                         w->e) != 0)
        goto out;
    /* Labels and centroids of the chosen k on all rows. */
    began = kc_clock_now();
    kc_ctx_stage(w->space.ctx, KC_PHASE_FINAL);
    if (settle_labels(w) != 0)
        goto out;
    struct kc_k_entry *chosen = &w->own->sweep[w->chosen];
    struct kc_k_entry *entry = f->k == w->own->k_selected && chosen->rows == f->n ? chosen : NULL;
    if (w->settled < w->own->k_selected) { /* rows so close that float32 centroids cannot tell them apart */
        if (w->o->k_given)
            kc_fitting_limit(w, "k = %u was chosen, but only %u clusters are distinct", w->own->k_selected,
                                (uint32_t)w->settled);
        else if (kc_fitting_warn(w, "k = %u was chosen, but only %u clusters are distinct", w->own->k_selected,
                             (uint32_t)w->settled) != 0)
            goto out;
    }
    w->own->final_seconds = kc_clock_now() - began;
    /* The size limits. If they changed anything, the sweep's entry keeps the figures of the labels before. */
    began = kc_clock_now();
    if (w->stage == KC_FIT_SIZED || !kc_fitting_sizes_hold(w) || kc_fitting_seeks_better(w)) {
        kc_ctx_stage(w->space.ctx, KC_PHASE_SIZES);
        if ((w->stage == KC_FIT_SETTLED && entry && refresh_chosen_entry(w, (size_t)w->chosen) != 0) ||
            kc_fitting_enforce_sizes(w) != 0)
            goto out;
        if (kc_fitting_resized(w)) {
            entry = NULL;
            if (kc_fitting_alloc(w, f->k) != 0 || kc_settle_order(w, 0, NULL) != 0 || kc_settle_centre(w) != 0 ||
                kc_assign(w->space.ctx, &w->space.rows, f->centroids, f->k, f->labels, NULL, f->similarity, f->margin,
                          w->e) != 0)
                goto out;
        }
    }
    w->own->sizes_seconds = kc_clock_now() - began;
    /* What is reported. */
    began = kc_clock_now();
    const uint64_t flops = w->space.work->index_flops;
    if (compute_figures(w, entry) != 0 || honour_late_save(w, flops) != 0)
        goto out;
    report_time_up(w);
    rc = 0;
    w->own->final_seconds += kc_clock_now() - began;
out:
    kc_steps_leave(steps, &frame);
    kc_mem_free(ks);
    return rc;
}

static void free_appendix(void *appendix)
{
    struct kc_kmeans *own = appendix;
    kc_mem_free(own->sweep);
    kc_mem_free(own);
}

const struct kc_kmeans *kc_kmeans_of(const struct kc_clustering *c)
{
    return c->algorithm == &kc_algorithm_kmeans ? c->appendix : NULL;
}

int kc_kmeans_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *opts,
                  const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    if (rows->share && rows->share->all <= KC_FEW_ROWS)
        return kc_kmeans_on_every_rank(ctx, rows, opts, r, out, e);
    const size_t n = (size_t)kc_rows_all(rows), d = rows->d;
    struct kc_kmeans_opts o = *opts;
    struct kc_work work = {0, 0, 0};
    struct kc_fitting w = {.space = {.ctx = ctx, .rows = *rows, .n = rows->n, .d = d}, .o = &o, .r = r, .f = out,
                           .e = e};
    kc_team_send_for(kc_rows_team(rows), KC_SENT_FIGURES);
    *out = (struct kc_clustering){.n = n, .d = d, .path = "stacked", .silhouette = NAN};
    if (n >= UINT32_MAX)
        return kc_err_set(e, KC_EINPUT, "%zu rows, expected fewer than 4,294,967,295", n);
    w.own = kc_mem_zalloc(1, sizeof *w.own, e);
    if (!w.own)
        return -1;
    w.own->silhouette_selected = NAN;
    out->algorithm = &kc_algorithm_kmeans;
    out->appendix = w.own;
    out->free_appendix = free_appendix;
    o.k = kc_krange_for(&o.k, n);
    o.k_given = o.k_given && !r->part;
    kc_kmeans_balance(&o, n);
    o.n_init = r->centroids ? 0 : o.n_init; /* size limits start from them alone, too */
    w.space.work = &work;
    w.space.steps = r->steps;
    if (r->steps) {
        r->steps->work = &work;
        r->steps->team = kc_rows_team(rows);
    }
    int rc = kc_weights_make_shared(r->weights, rows, &w.weights, &w.space.one, e);
    w.space.w = w.weights;
    w.space.scaled = n;
    if (rc == 0)
        rc = fit_rows(&w);
    w.own->told = (struct kc_ksweep){w.own->sweep, w.own->nsweep, o.k_by, w.own->k_selected,
                                     w.own->silhouette_selected, 1,
                                     kc_index_evidence(o.k_by) | o.evidence, w.own->merged, w.own->split};
    out->ksweep = &w.own->told;
    if (rc == 0)
        rc = kc_fitting_work(rows, &work, e);
    w.own->sweep_flops = work.flops;
    w.own->sweep_dense_flops = work.dense_flops;
    w.own->index_flops = work.index_flops;
    if (r->want_sums)
        out->sums = w.sums;
    else
        kc_mem_free(w.sums);
    kc_mem_free(w.counts);
    kc_mem_free(w.unsure);
    kc_mem_free(w.weights);
    return rc;
}
