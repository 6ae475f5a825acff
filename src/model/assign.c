/* Labels by a model: by the routine of core/cluster/assign.h or by votes (model/votes.h), then thresholds. Rows of the
 * fit that these would put elsewhere get the labels that the fit gave them, by a hash of the row: those that size
 * limits moved, or, if the rows vote, all. If equal rows went to several clusters, their order decides: so the parallel
 * part (kc_labeller_each) only notes the entry of such a row, and the part that runs in input order (kc_labeller_take)
 * resolves it. */
#include "model/assign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/cluster/assign.h"
#include "core/judge/nonmembers.h"
#include "model/votes.h"
#include "par/pool.h"

#define ALIGN ((size_t)64) /* bytes */
#define ONE UINT64_MAX
#define UNKNOWN (KC_NONE - 1) /* no row of the fit: the vote decides */
#define PRODUCTS (KC_ASSIGN_WORK > KC_NONMEMBER_WORK ? KC_ASSIGN_WORK : KC_NONMEMBER_WORK)
#define WORK (PRODUCTS + sizeof(struct judged_rows))

/* The rows of a tile that are in clusters, and their figures; behind the scratch of the products, as it is too large
 * for a small stack. */
struct judged_rows {
    const float *row[KC_LA_TILE];
    double silhouette[KC_LA_TILE];
    uint32_t at[KC_LA_TILE], given[KC_LA_TILE];
    float similarity[KC_LA_TILE], margin[KC_LA_TILE];
};

struct kc_labeller {
    const struct kc_model *m;
    struct kc_assign_opts o;
    float *least;   /* (k) least similarity of a row that joins the cluster */
    uint64_t *used; /* (m->moved.n) rows that were labelled by the entry; or, if equal rows of the model have several
                     * labels, (m->rows.n) rows that were labelled by the run of equal rows that begins here, ONE for a
                     * run of one label */
    int mixed;      /* there are such rows */
    void *work;     /* (WORK) scratch of kc_labeller_take */
};

/* Offsets in `made`: the arrays, then, during kc_labeller_each, the scratch of the products and of the votes. */
struct layout {
    size_t n, labels, nearest, similarity, margin, entry, silhouette, top, top_similarity, probability;
    size_t work, asked, row, vote, vote_top, vote_share, search, end;
};

static size_t round_up(size_t n)
{
    return (n + ALIGN - 1) & ~(ALIGN - 1);
}

static struct layout compute_layout(size_t n, const struct kc_labeller *l)
{
    const struct kc_assign_opts *o = &l->o;
    struct layout t = {.n = n, .labels = 0};
    const int votes = l->m->kind == KC_MODEL_VOTES;
    const size_t four = round_up(kc_mem_mul(n, 4)), tops = round_up(kc_mem_mul(kc_mem_mul(n, o->top), 4));
    t.nearest = t.labels + four;
    t.similarity = t.nearest + four;
    t.margin = t.similarity + four;
    t.entry = t.margin + four; /* (n) 1 + the row's entry in m->moved; 0: none */
    t.silhouette = t.entry + 2 * four;
    t.top = t.silhouette + (o->want_silhouette ? 2 * four : 0);
    t.top_similarity = t.top + tops;
    t.probability = t.top_similarity + tops;
    t.work = t.probability + (o->want_probability ? four : 0);
    t.end = t.asked = t.work + WORK;
    if (!votes)
        return t;
    t.row = t.asked + four; /* (n) pointers; asked: (n) the rows that are put to the vote */
    t.vote = t.row + round_up(kc_mem_mul(n, sizeof(float *)));
    t.vote_top = t.vote + round_up(kc_mem_mul(n, sizeof(struct kc_vote)));
    t.vote_share = t.vote_top + tops;
    t.search = t.vote_share + tops;
    t.end = kc_mem_add(t.search, kc_votes_work(l->m, n));
    return t;
}

/* Return the first aligned byte of `made`, from which the offsets count. */
static char *get_base(const struct kc_buf *made)
{
    return made->p + (round_up((size_t)made->p) - (size_t)made->p);
}

static struct kc_labelled locate_arrays(const struct layout *t, const struct kc_buf *made, const struct kc_labeller *l)
{
    const struct kc_assign_opts *o = &l->o;
    char *p = get_base(made);
    return (struct kc_labelled){(uint32_t *)(void *)(p + t->labels), (uint32_t *)(void *)(p + t->nearest),
                                (float *)(void *)(p + t->similarity), (float *)(void *)(p + t->margin),
                                o->want_silhouette ? (double *)(void *)(p + t->silhouette) : NULL,
                                o->top ? (uint32_t *)(void *)(p + t->top) : NULL,
                                (float *)(void *)(p + t->top_similarity),
                                o->want_probability && l->m->kind == KC_MODEL_VOTES ?
                                    (float *)(void *)(p + t->probability) : NULL};
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
    case KC_THRESHOLD_MODEL:
        break;
    }
    return -2;
}

/* Return 1 if row i of the model equals the one before it; and if it has another label, too. */
static int is_repeated(const struct kc_model_rows *t, size_t i)
{
    return i > 0 && t->hash[i] == t->hash[i - 1];
}

static int is_mixed(const struct kc_model_rows *t, size_t i)
{
    return is_repeated(t, i) && t->label[i] != t->label[i - 1];
}

/* Find the runs of equal rows that have several labels. */
static void mark_runs(struct kc_labeller *l)
{
    const struct kc_model_rows *t = &l->m->rows;
    for (size_t i = 0, first = 0; i < t->n; i++) {
        first = is_repeated(t, i) ? first : i;
        if (first == i)
            l->used[i] = ONE;
        else if (is_mixed(t, i))
            l->used[first] = 0;
    }
}

int kc_labeller_new(struct kc_labeller **out, const struct kc_model *m, const struct kc_assign_opts *o,
                    struct kc_err *e)
{
    struct kc_labeller *l = *out = kc_mem_zalloc(1, sizeof *l, e);
    const struct kc_threshold own = {KC_THRESHOLD_PERCENTILE, KC_MODEL_SMALL_PERCENTILE};
    if (!l)
        return -1;
    l->m = m;
    l->o = *o;
    if (o->threshold.kind == KC_THRESHOLD_MODEL && m->kind == KC_MODEL_SMALL)
        l->o.threshold = own;
    l->least = kc_mem_alloc(m->k, sizeof *l->least, e);
    for (size_t i = 1; i < m->rows.n && !l->mixed; i++)
        l->mixed = is_mixed(&m->rows, i);
    l->used = kc_mem_zalloc(l->mixed ? m->rows.n : m->moved.n, sizeof *l->used, e);
    l->work = kc_mem_aligned(WORK, 1, e);
    if (!l->least || !l->used || !l->work)
        return -1;
    for (size_t c = 0; c < m->k; c++)
        l->least[c] = kc_threshold_of(m->quantiles + c * KC_MODEL_PERCENTILES, &l->o.threshold);
    if (l->mixed)
        mark_runs(l);
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

double kc_labeller_least(const struct kc_labeller *l, size_t c)
{
    return (double)l->least[c];
}

/* Return the label of a row: its nearest cluster, or KC_NOISE. */
static uint32_t apply_thresholds(const struct kc_labeller *l, uint32_t nearest, float similarity, float margin)
{
    /* With one cluster the margin is NaN, which is not too small. */
    return nearest == KC_NOISE || similarity < l->least[nearest] || (double)margin < l->o.min_margin ? KC_NOISE :
                                                                                                       nearest;
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

/* Look up which of the n rows are rows of the fit: set `nearest` to their labels, or `entry` (plus 1) if their order
 * decides; rows that are unknown get entry 0. List those that are put to the vote, all or the unknown ones. */
static size_t look_up_rows(const struct kc_labeller *l, const float *x, size_t n, int all, uint32_t *nearest,
                           uint64_t *entry, float *probability, uint32_t *asked)
{
    const struct kc_model_rows *t = &l->m->rows;
    size_t nasked = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t at = kc_model_find_row(l->m, kc_la_hash(x + i * l->m->d, l->m->d));
        entry[i] = 0;
        if (all || at == SIZE_MAX)
            asked[nasked++] = (uint32_t)i;
        if (at == SIZE_MAX) {
            nearest[i] = UNKNOWN;
            continue;
        }
        if (l->mixed && l->used[at] != ONE)
            entry[i] = at + 1;
        nearest[i] = t->label[at];
        if (probability)
            probability[i] = t->label[at] == KC_NOISE ? 0 : 1;
    }
    return nasked;
}

/* Set `nearest` of n rows, and what is told of the votes. */
static void vote_labels(const struct kc_labeller *l, const struct layout *t, const float *x, size_t n,
                        const struct kc_labelled *a, char *base)
{
    const size_t top = l->o.top;
    uint32_t *asked = (uint32_t *)(void *)(base + t->asked), *vote_top = (uint32_t *)(void *)(base + t->vote_top);
    const float **row = (const float **)(void *)(base + t->row);
    struct kc_vote *vote = (struct kc_vote *)(void *)(base + t->vote);
    float *vote_share = (float *)(void *)(base + t->vote_share);
    const size_t nasked = look_up_rows(l, x, n, top > 0, a->nearest, (uint64_t *)(void *)(base + t->entry),
                                       a->probability, asked);
    if (nasked == 0)
        return;
    for (size_t j = 0; j < nasked; j++)
        row[j] = x + asked[j] * l->m->d;
    kc_votes_run(l->m, row, nasked, vote, top, a->top ? vote_top : NULL, vote_share, base + t->search);
    for (size_t j = 0; j < nasked; j++) {
        const uint32_t i = asked[j];
        if (a->nearest[i] == UNKNOWN) {
            a->nearest[i] = vote[j].label;
            if (a->probability)
                a->probability[i] = vote[j].share;
        }
        if (top > 0) {
            memcpy(a->top + i * top, vote_top + j * top, top * sizeof *vote_top);
            memcpy(a->top_similarity + i * top, vote_share + j * top, top * sizeof *vote_share);
        }
    }
}

/* Compute similarity, margin and silhouette of rows whose clusters are known. Noise gets NAN. */
static void judge_tile(const struct kc_labeller *l, const float *const *row, size_t rows, const uint32_t *nearest,
                       float *similarity, float *margin, double *silhouette, void *work)
{
    const struct kc_model *m = l->m;
    struct judged_rows *in = (struct judged_rows *)(void *)((char *)work + PRODUCTS);
    size_t n = 0;
    for (size_t r = 0; r < rows; r++) {
        similarity[r] = margin[r] = NAN;
        if (silhouette)
            silhouette[r] = NAN;
        if (nearest[r] == KC_NOISE)
            continue;
        in->row[n] = row[r];
        in->given[n] = nearest[r];
        in->at[n++] = (uint32_t)r;
    }
    if (n == 0)
        return;
    kc_assign_tile(in->row, n, m->d, m->centroids, (uint32_t)m->k, in->given, NULL, in->similarity, in->margin, work);
    if (silhouette)
        kc_nonmember_silhouettes(in->row, n, m->d, m->sums, m->counts, m->k, in->given, in->silhouette, work);
    for (size_t j = 0; j < n; j++) {
        similarity[in->at[j]] = in->similarity[j];
        margin[in->at[j]] = in->margin[j];
        if (silhouette)
            silhouette[in->at[j]] = in->silhouette[j];
    }
}

/* Label a tile by the nearest centroids, and compute what is told of it. */
static void label_tile(const struct kc_labeller *l, const float *const *row, size_t rows, size_t i0,
                       const struct kc_labelled *a, uint64_t *entry, void *work)
{
    const struct kc_model *m = l->m;
    const uint32_t k = (uint32_t)m->k;
    const size_t d = m->d, top = l->o.top;
    kc_assign_tile(row, rows, d, m->centroids, k, NULL, a->nearest + i0, a->similarity + i0, a->margin + i0, work);
    if (m->moved.n > 0 && look_up_moved(l, row, rows, d, a->nearest + i0, entry + i0))
        kc_assign_tile(row, rows, d, m->centroids, k, a->nearest + i0, NULL, a->similarity + i0, a->margin + i0, work);
    if (a->top)
        kc_assign_top_tile(row, rows, d, m->centroids, k, top, a->top + i0 * top, a->top_similarity + i0 * top, work);
    if (a->silhouette)
        kc_nonmember_silhouettes(row, rows, d, m->sums, m->counts, k, a->nearest + i0, a->silhouette + i0, work);
}

int kc_labeller_each(void *labeller, const float *x, size_t n, size_t d, struct kc_buf *made, struct kc_err *e)
{
    const struct kc_labeller *l = labeller;
    const int votes = l->m->kind == KC_MODEL_VOTES;
    const struct layout t = compute_layout(n, l);
    made->n = 0;
    if (kc_buf_reserve(made, kc_mem_add(t.end, ALIGN), e) != 0)
        return -1;
    const struct kc_labelled a = locate_arrays(&t, made, l);
    char *base = get_base(made);
    if (votes)
        vote_labels(l, &t, x, n, &a, base);
    for (size_t i0 = 0; i0 < n; i0 += KC_LA_TILE) {
        const float *row[KC_LA_TILE];
        size_t rows = n - i0 < KC_LA_TILE ? n - i0 : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++)
            row[r] = x + (i0 + r) * d;
        if (votes)
            judge_tile(l, row, rows, a.nearest + i0, a.similarity + i0, a.margin + i0,
                       a.silhouette ? a.silhouette + i0 : NULL, base + t.work);
        else
            label_tile(l, row, rows, i0, &a, (uint64_t *)(void *)(base + t.entry), base + t.work);
    }
    for (size_t i = 0; i < n; i++)
        a.labels[i] = apply_thresholds(l, a.nearest[i], a.similarity[i], a.margin[i]);
    made->n = (size_t)(base - made->p) + t.work; /* the scratch behind it does not count */
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

/* Return the label of the next of the rows of the fit that equal the one at `at`, and count it. When all are used up it
 * is the last one. */
static uint32_t use_next_row(struct kc_labeller *l, size_t at)
{
    const struct kc_model_rows *t = &l->m->rows;
    const size_t next = at + (size_t)l->used[at];
    if (next + 1 < t->n && t->hash[next + 1] == t->hash[at])
        l->used[at]++;
    return t->label[next];
}

/* Label row i of a piece by the next of its entries. */
static void resolve_entry(struct kc_labeller *l, const float *row, uint64_t entry, size_t i,
                          const struct kc_labelled *out)
{
    const size_t at = (size_t)entry - 1;
    out->nearest[i] = l->m->kind == KC_MODEL_VOTES ? use_next_row(l, at) :
                                                     (uint32_t)l->m->moved.place[use_next_entry(l, at)];
    judge_tile(l, &row, 1, out->nearest + i, out->similarity + i, out->margin + i,
               out->silhouette ? out->silhouette + i : NULL, l->work);
    if (out->probability)
        out->probability[i] = out->nearest[i] == KC_NOISE ? 0 : 1;
    out->labels[i] = apply_thresholds(l, out->nearest[i], out->similarity[i], out->margin[i]);
}

int kc_labeller_needs_rows(const struct kc_labeller *l)
{
    return l->m->moved.n > 0 || l->m->rows.n > 0;
}

void kc_labeller_take(struct kc_labeller *l, const float *x, size_t n, const uint32_t *of, size_t seen,
                      const struct kc_buf *made, struct kc_labelled *out)
{
    const struct layout t = compute_layout(seen, l);
    uint64_t *entry = (uint64_t *)(void *)(get_base(made) + t.entry);
    *out = locate_arrays(&t, made, l);
    for (size_t i = 0; of && i < n; i++) {
        out->labels[i] = out->labels[of[i]];
        out->nearest[i] = out->nearest[of[i]];
        out->similarity[i] = out->similarity[of[i]];
        out->margin[i] = out->margin[of[i]];
        entry[i] = entry[of[i]];
        if (out->silhouette)
            out->silhouette[i] = out->silhouette[of[i]];
        if (out->probability)
            out->probability[i] = out->probability[of[i]];
        for (size_t j = 0; j < l->o.top; j++) {
            out->top[i * l->o.top + j] = out->top[of[i] * l->o.top + j];
            out->top_similarity[i * l->o.top + j] = out->top_similarity[of[i] * l->o.top + j];
        }
    }
    for (size_t i = 0; kc_labeller_needs_rows(l) && i < n; i++)
        if (entry[i])
            resolve_entry(l, x + i * l->m->d, entry[i], i, out);
}

#define PIECE (10 * KC_LA_TILE) /* rows that a task labels */

/* The labelling of a whole source. */
struct source_labelling {
    struct kc_labeller *l;
    const struct kc_rows *rows;
    struct kc_labelled *out;
    uint64_t *entry;     /* (n) */
    float *buf;          /* (threads, PIECE, d) for rows that are not in memory */
    struct kc_buf *made; /* (threads) */
    struct kc_err *err;  /* (threads) */
};

/* Return n rows from i0 on, one after the other, in buf if they are not in memory so. */
static const float *get_piece(const struct kc_rows *rows, size_t i0, size_t n, float *buf)
{
    const float *row[KC_LA_TILE];
    if (rows->x)
        return kc_rows_at(rows, i0);
    for (size_t i = 0; i < n; i += KC_LA_TILE)
        kc_rows_get(rows, i0 + i, n - i < KC_LA_TILE ? n - i : KC_LA_TILE, buf + i * rows->d, row);
    return buf;
}

static void label_piece(void *arg, size_t t, unsigned worker)
{
    struct source_labelling *a = arg;
    struct kc_buf *made = &a->made[worker];
    size_t d = a->rows->d, i0 = t * PIECE, n = a->rows->n - i0 < PIECE ? a->rows->n - i0 : PIECE;
    const float *x = get_piece(a->rows, i0, n, a->buf + worker * kc_rows_buf(a->rows, PIECE));
    if (kc_labeller_each(a->l, x, n, d, made, &a->err[worker]) != 0)
        return;
    const struct layout lay = compute_layout(n, a->l);
    const struct kc_labelled got = locate_arrays(&lay, made, a->l);
    memcpy(a->out->labels + i0, got.labels, n * sizeof *got.labels);
    memcpy(a->out->nearest + i0, got.nearest, n * sizeof *got.nearest);
    memcpy(a->out->similarity + i0, got.similarity, n * sizeof *got.similarity);
    memcpy(a->out->margin + i0, got.margin, n * sizeof *got.margin);
    if (got.silhouette)
        memcpy(a->out->silhouette + i0, got.silhouette, n * sizeof *got.silhouette);
    if (kc_labeller_needs_rows(a->l))
        memcpy(a->entry + i0, get_base(made) + lay.entry, n * sizeof *a->entry);
}

int kc_labeller_all(const struct kc_ctx *ctx, struct kc_labeller *l, const struct kc_rows *rows,
                    struct kc_labelled *out, struct kc_err *e)
{
    unsigned threads = kc_pool_threads(ctx->pool);
    struct source_labelling a = {.l = l, .rows = rows, .out = out};
    int rc = -1;
    a.entry = kc_mem_zalloc(kc_labeller_needs_rows(l) ? rows->n : 0, sizeof *a.entry, e);
    a.buf = kc_mem_aligned(kc_mem_mul(threads, kc_rows_buf(rows, PIECE)), sizeof *a.buf, e);
    a.made = kc_mem_zalloc(threads, sizeof *a.made, e);
    a.err = kc_mem_zalloc(threads, sizeof *a.err, e);
    if (!a.entry || !a.buf || !a.made || !a.err)
        goto out;
    kc_pool_for(ctx->pool, rows->n / PIECE + (rows->n % PIECE != 0), label_piece, &a);
    for (unsigned i = 0; i < threads; i++)
        if (a.err[i].code != KC_OK) {
            *e = a.err[i];
            goto out;
        }
    for (size_t i = 0; kc_labeller_needs_rows(l) && i < rows->n; i++)
        if (a.entry[i])
            resolve_entry(l, get_piece(rows, i, 1, a.buf), a.entry[i], i, out);
    rc = kc_rows_failed(rows, e);
out:
    for (unsigned i = 0; a.made && i < threads; i++)
        kc_buf_free(&a.made[i]);
    kc_mem_free(a.err);
    kc_mem_free(a.made);
    kc_mem_free(a.buf);
    kc_mem_free(a.entry);
    return rc;
}

uint64_t kc_labeller_all_bytes(const struct kc_model *m, size_t n, int in_memory, unsigned threads)
{
    const struct kc_labeller l = {.m = m, .o = KC_ASSIGN_OPTS_DEFAULT};
    const uint64_t piece = compute_layout(n < PIECE ? n : PIECE, &l).end + ALIGN;
    const uint64_t rows = in_memory ? 0 : PIECE * (uint64_t)m->d * sizeof(float);
    const uint64_t entries = m->moved.n > m->rows.n ? m->moved.n : m->rows.n;
    return (uint64_t)n * 24 + threads * (piece + rows + sizeof(struct kc_err) + sizeof(struct kc_buf)) +
           entries * sizeof(uint64_t) + m->k * sizeof(float) + WORK + sizeof l + 10 * ALIGN; /* what alignment costs */
}
