/* Passes of runs with many clusters. One bound a row is used up by the fastest of many centroids, and a row that
 * it does not save costs all k columns. So here each row keeps, beside the distance to its own centroid, one bound
 * for each column block: 16 neighbouring columns (Ding et al. 2015, "Yinyang k-means", whose groups have no fixed
 * size). A row whose bounds do not hold any more is compared with its own block first, and then only with the
 * blocks that can still hold a nearer centroid: of 1,000 columns a row meets some 60 a pass (200,000 x 384). So
 * few rows meet a block that they would not fill vectors: therefore the 16 columns of a block are the lanes, and
 * the rows come one by one. */
#include <math.h>
#include <stdlib.h>
#include "core/kmeans/stack.h"

/* Return a distance that is certainly not above that of the similarity, whatever the rounding. */
static float bound_from_below(const struct kc_stack *st, float sim)
{
    float dist = kc_stack_distance(sim);
    return dist - 2 * kc_stack_slack(st, dist);
}

/* Return a distance that is certainly not below that of the similarity. */
static float bound_from_above(const struct kc_stack *st, float sim)
{
    float dist = kc_stack_distance(sim);
    return dist + 4 * kc_stack_slack(st, dist);
}

static size_t block_columns(const struct kc_active *p, size_t g)
{
    size_t first = g * KC_LA_LANES, k = p->run->k;
    return k - first < KC_LA_LANES ? k - first : KC_LA_LANES;
}

/* Record the result of comparing row i with column block g: `top` and `second` are its two best similarities there, and
 * `id` is the column of the best. Updates the row's best so far (*best, *at) and the bounds of the blocks. */
static void record_block(const struct kc_stack *st, struct kc_active *p, size_t g, size_t i, float top, float second,
                         uint32_t id, float *best, uint32_t *at)
{
    if (top > *best || (top == *best && id < *at)) {
        if (*at != KC_NONE)
            p->far[*at / KC_LA_LANES][i] = bound_from_below(st, *best);
        *best = top;
        *at = id;
        p->far[g][i] = bound_from_below(st, second);
    } else {
        p->far[g][i] = bound_from_below(st, top);
    }
}

/* Compare rows with column block g. out (columns, ldo): their products with its columns. */
static void compare_with_block(const struct kc_stack *st, struct kc_active *p, size_t g, const uint32_t *id,
                               size_t rows, size_t i0, const float *out, size_t ldo, const struct kc_stack_winners *w)
{
    float top[KC_LA_TILE], second[KC_LA_TILE];
    uint32_t at[KC_LA_TILE];
    for (size_t r = 0; r < rows; r++) {
        top[r] = second[r] = -INFINITY;
        at[r] = (uint32_t)(g * KC_LA_LANES);
    }
    for (size_t c = 0; c < block_columns(p, g); c++)
        kc_la_arg_max2(out + c * ldo, (uint32_t)(g * KC_LA_LANES + c), top, second, at, rows);
    for (size_t r = 0; r < rows; r++)
        record_block(st, p, g, id[r], top[r], second[r], at[r], &w->best[id[r] - i0], &w->at[id[r] - i0]);
}

/* Multiply m rows from anywhere with the packed columns of block g, and compare them. */
static void evaluate_block(struct kc_stack *st, struct kc_active *p, size_t g, const uint32_t *id, size_t m, size_t i0,
                           const struct kc_stack_winners *w, unsigned worker)
{
    size_t d = st->s->d, cols = block_columns(p, g);
    float *out = st->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS, turned[KC_LA_LANES * KC_LA_LANES];
    const float *row[KC_LA_TILE], *panel = st->packed + (p->panel + g) * KC_LA_LANES * d;
    for (size_t j = 0; j < m; j += KC_LA_TILE) {
        size_t rows = m - j < KC_LA_TILE ? m - j : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++)
            row[r] = kc_stack_row(st, id[j + r]);
        kc_la_product_packed(panel, row, rows, d, out);
        for (size_t r = 0; r < rows; r += KC_LA_LANES) { /* transposed back, so that the arg-max runs along the rows */
            size_t few = rows - r < KC_LA_LANES ? rows - r : KC_LA_LANES;
            for (size_t i = 0; i < few; i++)
                row[i] = out + (r + i) * KC_LA_LANES;
            kc_la_pack(row, few, KC_LA_LANES, turned);
            compare_with_block(st, p, g, id + j + r, few, i0, turned, KC_LA_LANES, w);
        }
    }
    st->flops[worker] += 2 * (uint64_t)m * d * cols;
}

/* Compare every row with all columns, in the first pass. */
static void evaluate_all_blocks(struct kc_stack *st, struct kc_active *p, size_t i0, size_t end,
                                const struct kc_stack_winners *w, unsigned worker)
{
    size_t d = st->s->d, k = p->run->k;
    float *out = st->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS;
    const float *row[KC_LA_TILE];
    uint32_t id[KC_LA_TILE];
    for (size_t i = i0; i < end; i += KC_LA_TILE) {
        size_t rows = end - i < KC_LA_TILE ? end - i : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++) {
            id[r] = (uint32_t)(i + r);
            row[r] = kc_stack_row(st, i + r);
        }
        for (size_t c = 0; c < k; c += KC_TILE_COLUMNS) { /* a multiple of the block */
            size_t cols = k - c < KC_TILE_COLUMNS ? k - c : KC_TILE_COLUMNS;
            kc_la_product(row, rows, d, st->unit + (p->col + c) * d, cols, out, KC_LA_TILE,
                          st->scratch + worker * KC_LA_SCRATCH);
            for (size_t g = c / KC_LA_LANES; g * KC_LA_LANES < c + cols; g++)
                compare_with_block(st, p, g, id, rows, i0, out + (g * KC_LA_LANES - c) * KC_LA_TILE, KC_LA_TILE, w);
        }
    }
    st->flops[worker] += 2 * (uint64_t)(end - i0) * d * k;
}

/* List the rows whose bounds do not hold any more into id, and return how many. First the bounds are lowered by
 * what the centroids have moved: by the largest move in each block. least: scratch for a strip. */
static size_t list_unsure_rows(const struct kc_stack *st, struct kc_active *p, size_t i0, size_t end, float *least,
                               uint32_t *id)
{
    const float *shift = st->shift + p->col;
    int full = st->o->full;
    size_t m = 0;
    for (size_t i = i0; i < end; i++)
        least[i - i0] = INFINITY;
    for (size_t g = 0; g < p->blocks; g++) {
        float most = 0, *far = p->far[g];
        for (size_t c = 0; c < block_columns(p, g); c++)
            most = shift[g * KC_LA_LANES + c] > most ? shift[g * KC_LA_LANES + c] : most;
        for (size_t i = i0; i < end; i++) {
            far[i] -= most;
            least[i - i0] = far[i] < least[i - i0] ? far[i] : least[i - i0];
        }
    }
    for (size_t i = i0; i < end; i++) {
        p->gap[i] += shift[p->lab[i]];
        id[m] = (uint32_t)i;
        m += p->gap[i] < least[i - i0] && !full ? 0u : 1u;
    }
    return m;
}

/* Label the rows of a strip. */
static void label_strip(void *arg, size_t strip, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = st->blocked;
    const struct kc_stack_winners w = {st->best + worker * KC_STACK_LONG, st->at + worker * KC_STACK_LONG};
    int full = st->o->full;
    uint32_t *id = st->ids + worker * 3 * KC_STACK_LONG, *some = id + KC_STACK_LONG, *own = some + KC_STACK_LONG;
    float *near = st->near + worker * KC_STACK_LONG;
    size_t i0 = st->span0 + strip * KC_STACK_LONG, end = kc_stack_span_end(st), m;
    if (end > i0 + KC_STACK_LONG)
        end = i0 + KC_STACK_LONG;
    for (size_t t = i0 / KC_LA_TILE; t * KC_LA_TILE < end; t++)
        p->moved[t] = 0;
    if (p->fresh) { /* the first pass: all rows, all columns */
        m = end - i0;
        for (size_t j = 0; j < m; j++) {
            id[j] = (uint32_t)(i0 + j);
            w.best[j] = -INFINITY;
            w.at[j] = KC_NONE;
        }
        evaluate_all_blocks(st, p, i0, end, &w, worker);
    } else {
        /* Which rows, and what their own blocks are. */
        m = list_unsure_rows(st, p, i0, end, w.best, id);
        for (size_t j = 0; j < m; j++) {
            w.best[id[j] - i0] = -INFINITY;
            w.at[id[j] - i0] = KC_NONE;
        }
        for (size_t j = 0; j < m; j++)
            own[j] = p->lab[id[j]] / (uint32_t)KC_LA_LANES;
        for (size_t g = 0; g < p->blocks; g++) { /* compare each row with its own block */
            size_t n = 0;
            for (size_t j = 0; j < m; j++) {
                some[n] = id[j];
                n += own[j] == g;
            }
            evaluate_block(st, p, g, some, n, i0, &w, worker);
        }
        for (size_t j = 0; j < m; j++)
            near[j] = bound_from_above(st, w.best[id[j] - i0]);
        for (size_t g = 0; g < p->blocks; g++) { /* and with those others that may hold a nearer centroid */
            size_t n = 0;
            const float *far = p->far[g];
            for (size_t j = 0; j < m; j++) {
                some[n] = id[j];
                n += (own[j] != g ? 1u : 0u) & (full || !(near[j] < far[id[j]]) ? 1u : 0u);
            }
            evaluate_block(st, p, g, some, n, i0, &w, worker);
        }
    }
    /* The new labels. */
    for (size_t j = 0; j < m; j++) {
        size_t i = id[j];
        p->next[i] = w.at[i - i0];
        p->own[i] = w.best[i - i0];
        p->gap[i] = bound_from_above(st, p->own[i]);
        if (p->next[i] != p->lab[i])
            p->moved[i / KC_LA_TILE]++;
    }
}

static void pack_block(void *arg, size_t g, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = st->blocked;
    size_t d = st->s->d;
    const float *col[KC_LA_LANES];
    (void)worker;
    for (size_t c = 0; c < block_columns(p, g); c++)
        col[c] = st->unit + (p->col + g * KC_LA_LANES + c) * d;
    kc_la_pack(col, block_columns(p, g), d, st->packed + (p->panel + g) * KC_LA_LANES * d);
}

void kc_stack_pack(struct kc_stack *st)
{
    size_t panel = 0;
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        p->panel = panel;
        panel += p->blocks;
        st->blocked = p;
        kc_pool_for(st->s->ctx->pool, p->blocks, pack_block, st);
    }
}

void kc_stack_label_blocks(struct kc_stack *st, struct kc_active *p)
{
    size_t rows = kc_stack_span_end(st) - st->span0;
    st->blocked = p;
    kc_pool_for(st->s->ctx->pool, rows / KC_STACK_LONG + (rows % KC_STACK_LONG != 0), label_strip, st);
}

void kc_stack_join(struct kc_stack *st, struct kc_active *p)
{
    for (size_t i = 0; i < st->s->n; i++) {
        float least = INFINITY;
        for (size_t g = 0; g < p->blocks; g++)
            least = p->far[g][i] < least ? p->far[g][i] : least;
        p->gap[i] = least - p->gap[i];
    }
    kc_stack_release(st, p);
}

void kc_stack_release(struct kc_stack *st, struct kc_active *p)
{
    for (; p->blocks; p->blocks--)
        st->plane[--st->used] = p->far[p->blocks - 1];
}

static int by_place(const void *a, const void *b)
{
    const struct kc_stack_place *p = a, *q = b;
    if (p->at != q->at)
        return p->at < q->at ? -1 : 1;
    return p->c < q->c ? -1 : p->c > q->c;
}

/* Return that of m centres which is least similar to u. */
static uint32_t find_farthest(const float *centres, size_t d, const struct kc_stack_place *p, size_t m, const double *u)
{
    double least = INFINITY;
    uint32_t at = p[0].c;
    for (size_t i = 0; i < m; i++) {
        double s = kc_la_dot(centres + p[i].c * d, u, d);
        if (s < least) {
            least = s;
            at = p[i].c;
        }
    }
    return at;
}

/* Sort m centres so that neighbours lie side by side: halve them along the line through two centres far apart, then the
 * halves, down to column blocks. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as log2(m) */
static void halve_centres(const float *centres, size_t d, struct kc_stack_place *p, size_t m, double *u)
{
    if (m <= KC_LA_LANES)
        return;
    for (size_t t = 0; t < d; t++)
        u[t] = 0;
    for (size_t i = 0; i < m; i++)
        kc_la_addd(u, centres + p[i].c * d, d);
    const float *one = centres + find_farthest(centres, d, p, m, u) * d;
    for (size_t t = 0; t < d; t++)
        u[t] = (double)one[t];
    const float *other = centres + find_farthest(centres, d, p, m, u) * d;
    for (size_t t = 0; t < d; t++)
        u[t] -= (double)other[t];
    for (size_t i = 0; i < m; i++)
        p[i].at = kc_la_dot(centres + p[i].c * d, u, d);
    qsort(p, m, sizeof *p, by_place);
    size_t first = (m / 2 + KC_LA_LANES - 1) / KC_LA_LANES * KC_LA_LANES;
    halve_centres(centres, d, p, first, u);
    halve_centres(centres, d, p + first, m - first, u);
}

void kc_stack_order(const float *centres, uint32_t k, size_t d, struct kc_stack_place *place, double *work)
{
    for (uint32_t c = 0; c < k; c++)
        place[c] = (struct kc_stack_place){0, c};
    halve_centres(centres, d, place, k, work);
}
