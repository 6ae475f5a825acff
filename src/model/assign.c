/* Labels by a model: the routine of core/cluster/assign.h, then thresholds. Rows that size limits put elsewhere
 * than into the nearest cluster get the labels that the fit gave them, by a hash of the row. If equal rows went to
 * several clusters, their order decides: so the parallel part (kc_labeller_each) only notes the entry of such a
 * row, and the part that runs in input order (kc_labeller_take) resolves it. */
#include "model/assign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "core/judge/nonmembers.h"
#include "par/pool.h"

#define ALIGN ((size_t)64) /* bytes */
#define WORK (KC_ASSIGN_WORK > KC_NONMEMBER_WORK ? KC_ASSIGN_WORK : KC_NONMEMBER_WORK)

struct kc_labeller {
    const struct kc_model *m;
    struct kc_assign_opts o;
    float *least;   /* (k) least similarity of a row that joins the cluster */
    uint64_t *used; /* (m->moved.n) rows that were labelled by the entry */
    void *work;     /* (WORK) scratch of kc_labeller_take */
};

/* Offsets in `made`: the arrays, then, during kc_labeller_each, the scratch of the products. */
struct layout {
    size_t n, labels, nearest, similarity, margin, entry, silhouette, top, top_similarity, work, end;
};

static size_t round_up(size_t n)
{
    return (n + ALIGN - 1) & ~(ALIGN - 1);
}

static struct layout compute_layout(size_t n, const struct kc_assign_opts *o)
{
    struct layout t = {.n = n, .labels = 0};
    size_t four = round_up(kc_mem_mul(n, 4));
    t.nearest = t.labels + four;
    t.similarity = t.nearest + four;
    t.margin = t.similarity + four;
    t.entry = t.margin + four; /* (n) 1 + the row's entry in m->moved; 0: none */
    t.silhouette = t.entry + 2 * four;
    t.top = t.silhouette + (o->want_silhouette ? 2 * four : 0);
    t.top_similarity = t.top + round_up(kc_mem_mul(kc_mem_mul(n, o->top), 4));
    t.work = t.top_similarity + round_up(kc_mem_mul(kc_mem_mul(n, o->top), 4));
    t.end = t.work + WORK;
    return t;
}

/* Return the first aligned byte of `made`, from which the offsets count. */
static char *get_base(const struct kc_buf *made)
{
    return made->p + (round_up((size_t)made->p) - (size_t)made->p);
}

static struct kc_labelled locate_arrays(const struct layout *t, const struct kc_buf *made,
                                        const struct kc_assign_opts *o)
{
    char *p = get_base(made);
    return (struct kc_labelled){(uint32_t *)(void *)(p + t->labels), (uint32_t *)(void *)(p + t->nearest),
                                (float *)(void *)(p + t->similarity), (float *)(void *)(p + t->margin),
                                o->want_silhouette ? (double *)(void *)(p + t->silhouette) : NULL,
                                o->top ? (uint32_t *)(void *)(p + t->top) : NULL,
                                (float *)(void *)(p + t->top_similarity)};
}

#define FENCE 2.0 /* interquartile ranges below the first quartile */

float kc_model_fence(const float *quantiles)
{
    double first = (double)quantiles[25], third = (double)quantiles[75];
    return (float)(first - FENCE * (third - first));
}

float kc_threshold_of(const float *quantiles, const struct kc_threshold *t)
{
    switch (t->kind) {
    case KC_THRESHOLD_SIMILARITY:
        return (float)t->value;
    case KC_THRESHOLD_PERCENTILE:
        return kc_model_quantile(quantiles, t->value);
    case KC_THRESHOLD_OUTLIER:
        return fminf(quantiles[0], kc_model_fence(quantiles));
    case KC_THRESHOLD_NONE:
        break;
    }
    return -2;
}

int kc_labeller_new(struct kc_labeller **out, const struct kc_model *m, const struct kc_assign_opts *o,
                    struct kc_err *e)
{
    struct kc_labeller *l = *out = kc_mem_zalloc(1, sizeof *l, e);
    if (!l)
        return -1;
    l->m = m;
    l->o = *o;
    l->least = kc_mem_alloc(m->k, sizeof *l->least, e);
    l->used = kc_mem_zalloc(m->moved.n, sizeof *l->used, e);
    l->work = kc_mem_aligned(WORK, 1, e);
    if (!l->least || !l->used || !l->work)
        return -1;
    for (size_t c = 0; c < m->k; c++)
        l->least[c] = kc_threshold_of(m->quantiles + c * KC_MODEL_PERCENTILES, &o->threshold);
    return 0;
}

void kc_labeller_free(struct kc_labeller *l)
{
    if (!l)
        return;
    kc_mem_free(l->least);
    kc_mem_free(l->used);
    kc_mem_free(l->work);
    kc_mem_free(l);
}

/* Return the label of a row: its nearest cluster, or KC_NOISE. */
static uint32_t apply_thresholds(const struct kc_labeller *l, uint32_t nearest, float similarity, float margin)
{
    /* With one cluster the margin is NaN, which is not too small. */
    return similarity < l->least[nearest] || (double)margin < l->o.min_margin ? KC_NOISE : nearest;
}

/* Look up which rows of a tile size limits moved: set `nearest` to where they went, or `entry` (plus 1) if that
 * depends on their order. Returns 1 if any `nearest` was changed. */
static int look_up_moved(const struct kc_labeller *l, const float *const *row, size_t rows, size_t d, uint32_t *nearest,
                         uint64_t *entry)
{
    const struct kc_model_moved *t = &l->m->moved;
    int changed = 0;
    for (size_t r = 0; r < rows; r++) {
        uint64_t h = kc_la_hash(row[r], d);
        size_t at = kc_model_moved(t, h);
        entry[r] = 0;
        if (at == SIZE_MAX)
            continue;
        if (at + 1 < t->n && t->hash[at + 1] == h) { /* it depends on how many equal rows came before */
            entry[r] = at + 1;
        } else {
            nearest[r] = (uint32_t)t->place[at];
            changed = 1;
        }
    }
    return changed;
}

int kc_labeller_each(void *labeller, const float *x, size_t n, size_t d, struct kc_buf *made, struct kc_err *e)
{
    const struct kc_labeller *l = labeller;
    const struct kc_model *m = l->m;
    const uint32_t k = (uint32_t)m->k;
    const struct layout t = compute_layout(n, &l->o);
    if (kc_buf_reserve(made, t.end + ALIGN, e) != 0)
        return -1;
    const struct kc_labelled a = locate_arrays(&t, made, &l->o);
    uint64_t *entry = (uint64_t *)(void *)(get_base(made) + t.entry);
    void *work = get_base(made) + t.work;
    for (size_t i0 = 0; i0 < n; i0 += KC_LA_TILE) {
        const float *row[KC_LA_TILE];
        size_t rows = n - i0 < KC_LA_TILE ? n - i0 : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++)
            row[r] = x + (i0 + r) * d;
        kc_assign_tile(row, rows, d, m->centroids, k, NULL, a.nearest + i0, a.similarity + i0, a.margin + i0, work);
        if (m->moved.n > 0 && look_up_moved(l, row, rows, d, a.nearest + i0, entry + i0))
            kc_assign_tile(row, rows, d, m->centroids, k, a.nearest + i0, NULL, a.similarity + i0, a.margin + i0, work);
        if (a.top)
            kc_assign_top_tile(row, rows, d, m->centroids, k, l->o.top, a.top + i0 * l->o.top,
                               a.top_similarity + i0 * l->o.top, work);
        if (a.silhouette)
            kc_nonmember_silhouettes(row, rows, d, m->sums, m->counts, k, a.nearest + i0, a.silhouette + i0, work);
    }
    for (size_t i = 0; i < n; i++)
        a.labels[i] = apply_thresholds(l, a.nearest[i], a.similarity[i], a.margin[i]);
    return 0;
}

/* Return the entry, of those with one hash from `at` on, that the next such row belongs to, and count the row.
 * When all are used up it is the last one. */
static size_t use_next_entry(struct kc_labeller *l, size_t at)
{
    const struct kc_model_moved *t = &l->m->moved;
    while (l->used[at] == t->count[at] && at + 1 < t->n && t->hash[at + 1] == t->hash[at])
        at++;
    if (l->used[at] < t->count[at])
        l->used[at]++;
    return at;
}

/* Label row i of a piece by the next of its entries. */
static void resolve_moved(struct kc_labeller *l, const float *row, uint64_t entry, size_t i,
                          const struct kc_labelled *out)
{
    const struct kc_model *m = l->m;
    out->nearest[i] = (uint32_t)m->moved.place[use_next_entry(l, (size_t)entry - 1)];
    kc_assign_tile(&row, 1, m->d, m->centroids, (uint32_t)m->k, out->nearest + i, NULL, out->similarity + i,
                   out->margin + i, l->work);
    if (out->silhouette)
        kc_nonmember_silhouettes(&row, 1, m->d, m->sums, m->counts, m->k, out->nearest + i, out->silhouette + i,
                                 l->work);
    out->labels[i] = apply_thresholds(l, out->nearest[i], out->similarity[i], out->margin[i]);
}

void kc_labeller_take(struct kc_labeller *l, const float *x, size_t n, const uint32_t *of, size_t seen,
                      const struct kc_buf *made, struct kc_labelled *out)
{
    const struct layout t = compute_layout(seen, &l->o);
    uint64_t *entry = (uint64_t *)(void *)(get_base(made) + t.entry);
    *out = locate_arrays(&t, made, &l->o);
    for (size_t i = 0; of && i < n; i++) {
        out->labels[i] = out->labels[of[i]];
        out->nearest[i] = out->nearest[of[i]];
        out->similarity[i] = out->similarity[of[i]];
        out->margin[i] = out->margin[of[i]];
        entry[i] = entry[of[i]];
        if (out->silhouette)
            out->silhouette[i] = out->silhouette[of[i]];
        for (size_t j = 0; j < l->o.top; j++) {
            out->top[i * l->o.top + j] = out->top[of[i] * l->o.top + j];
            out->top_similarity[i * l->o.top + j] = out->top_similarity[of[i] * l->o.top + j];
        }
    }
    for (size_t i = 0; l->m->moved.n > 0 && i < n; i++)
        if (entry[i])
            resolve_moved(l, x + i * l->m->d, entry[i], i, out);
}

#define PIECE (10 * KC_LA_TILE) /* rows that a task labels */

/* The labelling of a whole source. */
struct source_labelling {
    struct kc_labeller *l;
    const struct kc_rows *rows;
    struct kc_labelled *out;
    uint64_t *entry;     /* (n) */
    struct kc_buf *made; /* (threads) */
    struct kc_err *err;  /* (threads) */
};

static void label_piece(void *arg, size_t t, unsigned worker)
{
    struct source_labelling *a = arg;
    struct kc_buf *made = &a->made[worker];
    size_t d = a->rows->d, i0 = t * PIECE, n = a->rows->n - i0 < PIECE ? a->rows->n - i0 : PIECE;
    const float *x = a->rows->x + i0 * d;
    if (kc_labeller_each(a->l, x, n, d, made, &a->err[worker]) != 0)
        return;
    const struct layout lay = compute_layout(n, &a->l->o);
    const struct kc_labelled got = locate_arrays(&lay, made, &a->l->o);
    memcpy(a->out->labels + i0, got.labels, n * sizeof *got.labels);
    memcpy(a->out->nearest + i0, got.nearest, n * sizeof *got.nearest);
    memcpy(a->out->similarity + i0, got.similarity, n * sizeof *got.similarity);
    memcpy(a->out->margin + i0, got.margin, n * sizeof *got.margin);
    if (got.silhouette)
        memcpy(a->out->silhouette + i0, got.silhouette, n * sizeof *got.silhouette);
    if (a->l->m->moved.n > 0)
        memcpy(a->entry + i0, get_base(made) + lay.entry, n * sizeof *a->entry);
}

int kc_labeller_all(const struct kc_ctx *ctx, struct kc_labeller *l, const struct kc_rows *rows,
                    struct kc_labelled *out, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(ctx->pool);
    struct source_labelling a = {.l = l, .rows = rows, .out = out};
    int rc = -1;
    a.entry = kc_mem_zalloc(l->m->moved.n > 0 ? rows->n : 0, sizeof *a.entry, e);
    a.made = kc_mem_zalloc(threads, sizeof *a.made, e);
    a.err = kc_mem_zalloc(threads, sizeof *a.err, e);
    if (!a.entry || !a.made || !a.err)
        goto out;
    kc_pool_for(ctx->pool, rows->n / PIECE + (rows->n % PIECE != 0), label_piece, &a);
    for (unsigned i = 0; i < threads; i++)
        if (a.err[i].code != KC_OK) {
            *e = a.err[i];
            goto out;
        }
    for (size_t i = 0; l->m->moved.n > 0 && i < rows->n; i++)
        if (a.entry[i])
            resolve_moved(l, rows->x + i * rows->d, a.entry[i], i, out);
    rc = 0;
out:
    for (unsigned i = 0; a.made && i < threads; i++)
        kc_buf_free(&a.made[i]);
    kc_mem_free(a.err);
    kc_mem_free(a.made);
    kc_mem_free(a.entry);
    return rc;
}
