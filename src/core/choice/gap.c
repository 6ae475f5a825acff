/* Tibshirani, Walther & Hastie (2001), with two departures: the references are Gaussian with the data's mean and
 * covariance, scaled to length 1 (references.c says why), and natural logarithms of the inertia of unit rows, which is
 * half the mean of squared distances within the clusters, as in the paper. The rows are clustered as the references
 * are, with as many restarts, so that neither has an advantage. */
#include "core/choice/gap.h"

#include <math.h>
#include <string.h>
#include "base/exp.h"
#include "core/choice/references.h"
#include "core/choice/sample.h"
#include "core/judge/index.h"
#include "core/kmeans/sweep.h"

#define NOTHING 1e-12 /* of the rows: as much inertia may be rounding, where each different row is a cluster */

/* What one gap works with. */
struct gapping {
    const struct kc_ctx *ctx;
    size_t n, d, nk;
    uint32_t *ks;           /* (nk) */
    const struct kc_kmeans_opts *fit;
    double *tight;          /* (nk) ln W of the last rows that were clustered; NAN: fewer different rows */
    double *sum, *squares;  /* (nk) over the references, of their difference to the first */
    double *first;          /* (nk) */
    struct kc_err *e;
};

/* Cluster rows x (n, d) for every k: w->tight. */
static int measure_rows(struct gapping *w, const float *x)
{
    struct kc_space s = {.ctx = w->ctx, .rows = kc_rows_memory(x, w->n, w->d), .n = w->n, .d = w->d};
    struct kc_k_entry *entry = kc_mem_alloc(w->nk, sizeof *entry, w->e);
    struct kc_sweep sweep = {0};
    const double nothing = NOTHING * (double)w->n;
    uint64_t distinct;
    size_t nk = w->nk;
    int rc = entry ? kc_choose_distinct(&s.rows, w->ks[nk - 1], &distinct, w->e) : -1;
    while (rc == 0 && nk > 0 && w->ks[nk - 1] > distinct)
        nk--;
    if (rc == 0 && nk > 0)
        rc = kc_sweep_run(&s, w->ks, nk, w->fit, &sweep, w->e) != 0 ? -1 :
             kc_sweep_judge(&s, sweep.best, nk, entry, w->e);
    for (size_t i = 0; rc == 0 && i < w->nk; i++)
        w->tight[i] = i < nk ? kc_ln(entry[i].inertia > nothing ? entry[i].inertia : nothing) : NAN;
    kc_sweep_free(&sweep);
    kc_mem_free(entry);
    return rc;
}

/* Draw and measure all references: their sums. */
static int measure_references(struct gapping *w, const struct kc_rows *rows, unsigned references)
{
    struct kc_references r;
    float *x = kc_mem_aligned(kc_mem_mul(w->n, w->d), sizeof *x, w->e);
    int rc = kc_references_make(rows, w->fit->seed, &r, w->e);
    for (unsigned b = 0; x && rc == 0 && b < references; b++) {
        rc = kc_references_draw(w->ctx, &r, b, x, w->e) != 0 ? -1 : measure_rows(w, x);
        for (size_t i = 0; rc == 0 && i < w->nk; i++) {
            w->first[i] = b == 0 ? w->tight[i] : w->first[i];
            const double more = w->tight[i] - w->first[i]; /* small: squares of it keep their digits */
            w->sum[i] += more;
            w->squares[i] += more * more;
        }
    }
    kc_references_free(&r);
    kc_mem_free(x);
    return x ? rc : -1;
}

int kc_gap_run(const struct kc_space *s, const struct kc_gap_opts *o, struct kc_k_entry *entry, size_t n,
               struct kc_err *e)
{
    struct gapping w = {.ctx = s->ctx, .d = s->d, .nk = n, .fit = o->fit, .e = e};
    const double count = o->references;
    struct kc_drawn drawn = {0};
    int rc = -1;
    w.ks = kc_mem_alloc(n, sizeof *w.ks, e);
    w.tight = kc_mem_zalloc(kc_mem_mul(4, n), sizeof *w.tight, e);
    if (!w.ks || !w.tight || kc_drawn_make(&s->rows, o->fit->seed, o->most, &drawn, e) != 0)
        goto out;
    w.n = drawn.n;
    w.sum = w.tight + n;
    w.squares = w.sum + n;
    w.first = w.squares + n;
    for (size_t i = 0; i < n; i++)
        w.ks[i] = entry[i].k;
    const struct kc_rows rows = kc_rows_memory(drawn.x, drawn.n, s->d);
    if (measure_references(&w, &rows, o->references) != 0 || measure_rows(&w, drawn.x) != 0)
        goto out;
    for (size_t i = 0; i < n; i++) {
        const double mean = w.sum[i] / count, spread = w.squares[i] / count - mean * mean;
        entry[i].gap = w.first[i] + mean - w.tight[i];
        entry[i].gap_error = sqrt(spread > 0 ? spread : 0) * sqrt(1 + 1 / count);
    }
    rc = 0;
out:
    kc_drawn_free(&drawn);
    kc_mem_free(w.tight);
    kc_mem_free(w.ks);
    return rc;
}

uint64_t kc_gap_bytes(size_t n, size_t d, const struct kc_ks *ks, const struct kc_gap_opts *o, unsigned threads)
{
    const size_t m = n < o->most ? n : o->most;
    const uint64_t draw = kc_references_bytes(m, d, threads);
    const uint64_t sweep = kc_sweep_bytes(m, d, 1, 0, ks, o->fit, 0, threads);
    const uint64_t index = kc_best_bytes(m, ks->n) + kc_index_bytes(m, d, 1, ks->n, ks->max, threads) +
                           ks->n * sizeof(struct kc_scored) + ks->sum * sizeof(double);
    return kc_drawn_bytes(n, d, o->most) + ks->n * (4 * sizeof(double) + sizeof(uint32_t) + sizeof(struct kc_k_entry)) +
           (uint64_t)m * d * sizeof(float) + draw + (sweep > index ? sweep : index);
}
