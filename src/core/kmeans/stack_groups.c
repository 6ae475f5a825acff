/* Passes of runs with many clusters. One bound a row is used up by the fastest of many centroids, and what it does
 * not save costs all k columns; so here the columns go in groups of neighbours, and each row keeps, beside the
 * distance to its own centroid, a bound for each group (Ding et al. 2015, "Yinyang k-means"). A row whose bounds do
 * not hold any more looks at its own group first, and then only at the groups that can still hold a nearer centroid:
 * of 1,000 columns a row meets some 60 a pass (200,000 x 384). So few rows meet a group that they would not fill
 * vectors: there the 16 columns of a group are the lanes, and the rows come one by one. */
#include <math.h>
#include <stdlib.h>
#include "core/kmeans/stack.h"

static float lower(const struct kc_stack *st, float sim)
{
    float dist = kc_stack_distance(sim);
    return dist - 2 * kc_stack_slack(st, dist);
}

static float upper(const struct kc_stack *st, float sim)
{
    float dist = kc_stack_distance(sim);
    return dist + 4 * kc_stack_slack(st, dist);
}

static size_t group_columns(const struct kc_active *p, size_t g)
{
    size_t first = g * KC_LA_LANES, k = p->run->k;
    return k - first < KC_LA_LANES ? k - first : KC_LA_LANES;
}

/* A row has met group g: its best there, and the next. The row's winner so far is in best and at. */
static void met(const struct kc_stack *st, struct kc_active *p, size_t g, size_t i, float top, float second,
                uint32_t id, float *best, uint32_t *at)
{
    if (top > *best || (top == *best && id < *at)) {
        if (*at != KC_NONE)
            p->far[*at / KC_LA_LANES][i] = lower(st, *best);
        *best = top;
        *at = id;
        p->far[g][i] = lower(st, second);
    } else {
        p->far[g][i] = lower(st, top);
    }
}

/* Rows meet group g; out (columns, ldo) their products with its columns. */
static void meet(const struct kc_stack *st, struct kc_active *p, size_t g, const uint32_t *id, size_t rows, size_t i0,
                 const float *out, size_t ldo, const struct kc_stack_winners *w)
{
    float top[KC_LA_TILE], second[KC_LA_TILE];
    uint32_t at[KC_LA_TILE];
    for (size_t r = 0; r < rows; r++) {
        top[r] = second[r] = -INFINITY;
        at[r] = (uint32_t)(g * KC_LA_LANES);
    }
    for (size_t c = 0; c < group_columns(p, g); c++)
        kc_la_arg_max2(out + c * ldo, (uint32_t)(g * KC_LA_LANES + c), top, second, at, rows);
    for (size_t r = 0; r < rows; r++)
        met(st, p, g, id[r], top[r], second[r], at[r], &w->best[id[r] - i0], &w->at[id[r] - i0]);
}

/* m rows from anywhere against the columns of group g, which are packed. */
static void evaluate(struct kc_stack *st, struct kc_active *p, size_t g, const uint32_t *id, size_t m, size_t i0,
                     const struct kc_stack_winners *w, unsigned worker)
{
    size_t d = st->s->d, cols = group_columns(p, g);
    float *out = st->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS, turned[KC_LA_LANES * KC_LA_LANES];
    const float *row[KC_LA_TILE], *panel = st->packed + (p->panel + g) * KC_LA_LANES * d;
    for (size_t j = 0; j < m; j += KC_LA_TILE) {
        size_t rows = m - j < KC_LA_TILE ? m - j : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++)
            row[r] = kc_stack_row(st, id[j + r]);
        kc_la_product_packed(panel, row, rows, d, out);
        for (size_t r = 0; r < rows; r += KC_LA_LANES) { /* turned back, so that the arg-max runs along the rows */
            size_t few = rows - r < KC_LA_LANES ? rows - r : KC_LA_LANES;
            for (size_t i = 0; i < few; i++)
                row[i] = out + (r + i) * KC_LA_LANES;
            kc_la_pack(row, few, KC_LA_LANES, turned);
            meet(st, p, g, id + j + r, few, i0, turned, KC_LA_LANES, w);
        }
    }
    st->flops[worker] += 2 * (uint64_t)m * d * cols;
}

/* The first pass: every row against all columns. */
static void evaluate_all(struct kc_stack *st, struct kc_active *p, size_t i0, size_t end,
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
        for (size_t c = 0; c < k; c += KC_TILE_COLUMNS) { /* a multiple of the group */
            size_t cols = k - c < KC_TILE_COLUMNS ? k - c : KC_TILE_COLUMNS;
            kc_la_product(row, rows, d, st->unit + (p->col + c) * d, cols, out, KC_LA_TILE,
                          st->scratch + worker * KC_LA_SCRATCH);
            for (size_t g = c / KC_LA_LANES; g * KC_LA_LANES < c + cols; g++)
                meet(st, p, g, id, rows, i0, out + (g * KC_LA_LANES - c) * KC_LA_TILE, KC_LA_TILE, w);
        }
    }
    st->flops[worker] += 2 * (uint64_t)(end - i0) * d * k;
}

/* The rows whose bounds do not hold any more, into id; how many. Bounds follow the centroids' moves: the largest in
 * each group. */
static size_t look_at(const struct kc_stack *st, struct kc_active *p, size_t i0, size_t end, float *least, uint32_t *id)
{
    const float *shift = st->shift + p->col;
    int full = st->o->full;
    size_t m = 0;
    for (size_t i = i0; i < end; i++)
        least[i - i0] = INFINITY;
    for (size_t g = 0; g < p->groups; g++) {
        float most = 0, *far = p->far[g];
        for (size_t c = 0; c < group_columns(p, g); c++)
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

static void group_strip(void *arg, size_t strip, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = st->grouped;
    const struct kc_stack_winners w = {st->best + worker * KC_STACK_LONG, st->at + worker * KC_STACK_LONG};
    int full = st->o->full;
    uint32_t *id = st->ids + worker * 3 * KC_STACK_LONG, *some = id + KC_STACK_LONG, *own = some + KC_STACK_LONG;
    float *near = st->near + worker * KC_STACK_LONG;
    size_t i0 = st->span0 + strip * KC_STACK_LONG, end = kc_stack_span_end(st), m;
    if (end > i0 + KC_STACK_LONG)
        end = i0 + KC_STACK_LONG;
    for (size_t t = i0 / KC_LA_TILE; t * KC_LA_TILE < end; t++)
        p->moved[t] = 0;
    if (p->fresh) {
        m = end - i0;
        for (size_t j = 0; j < m; j++) {
            id[j] = (uint32_t)(i0 + j);
            w.best[j] = -INFINITY;
            w.at[j] = KC_NONE;
        }
        evaluate_all(st, p, i0, end, &w, worker);
    } else {
        m = look_at(st, p, i0, end, w.best, id);
        for (size_t j = 0; j < m; j++) {
            w.best[id[j] - i0] = -INFINITY;
            w.at[id[j] - i0] = KC_NONE;
        }
        for (size_t j = 0; j < m; j++)
            own[j] = p->lab[id[j]] / (uint32_t)KC_LA_LANES;
        for (size_t g = 0; g < p->groups; g++) { /* the own group */
            size_t n = 0;
            for (size_t j = 0; j < m; j++) {
                some[n] = id[j];
                n += own[j] == g;
            }
            evaluate(st, p, g, some, n, i0, &w, worker);
        }
        for (size_t j = 0; j < m; j++)
            near[j] = upper(st, w.best[id[j] - i0]);
        for (size_t g = 0; g < p->groups; g++) { /* the others that may hold a nearer one */
            size_t n = 0;
            const float *far = p->far[g];
            for (size_t j = 0; j < m; j++) {
                some[n] = id[j];
                n += (own[j] != g ? 1u : 0u) & (full || !(near[j] < far[id[j]]) ? 1u : 0u);
            }
            evaluate(st, p, g, some, n, i0, &w, worker);
        }
    }
    for (size_t j = 0; j < m; j++) {
        size_t i = id[j];
        p->next[i] = w.at[i - i0];
        p->own[i] = w.best[i - i0];
        p->gap[i] = upper(st, p->own[i]);
        if (p->next[i] != p->lab[i])
            p->moved[i / KC_LA_TILE]++;
    }
}

static void pack_group(void *arg, size_t g, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = st->grouped;
    size_t d = st->s->d;
    const float *col[KC_LA_LANES];
    (void)worker;
    for (size_t c = 0; c < group_columns(p, g); c++)
        col[c] = st->unit + (p->col + g * KC_LA_LANES + c) * d;
    kc_la_pack(col, group_columns(p, g), d, st->packed + (p->panel + g) * KC_LA_LANES * d);
}

void kc_stack_pack(struct kc_stack *st)
{
    size_t panel = 0;
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        p->panel = panel;
        panel += p->groups;
        st->grouped = p;
        kc_pool_for(st->s->ctx->pool, p->groups, pack_group, st);
    }
}

void kc_stack_groups(struct kc_stack *st, struct kc_active *p)
{
    size_t rows = kc_stack_span_end(st) - st->span0;
    st->grouped = p;
    kc_pool_for(st->s->ctx->pool, rows / KC_STACK_LONG + (rows % KC_STACK_LONG != 0), group_strip, st);
}

void kc_stack_join(struct kc_stack *st, struct kc_active *p)
{
    for (size_t i = 0; i < st->s->n; i++) {
        float least = INFINITY;
        for (size_t g = 0; g < p->groups; g++)
            least = p->far[g][i] < least ? p->far[g][i] : least;
        p->gap[i] = least - p->gap[i];
    }
    kc_stack_release(st, p);
}

void kc_stack_release(struct kc_stack *st, struct kc_active *p)
{
    for (; p->groups; p->groups--)
        st->plane[--st->used] = p->far[p->groups - 1];
}

static int by_place(const void *a, const void *b)
{
    const struct kc_stack_place *p = a, *q = b;
    if (p->at != q->at)
        return p->at < q->at ? -1 : 1;
    return p->c < q->c ? -1 : p->c > q->c;
}

/* The centre among m that u is least similar to. */
static uint32_t farthest(const float *centres, size_t d, const struct kc_stack_place *p, size_t m, const double *u)
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

/* Halved along the line through two centres far apart, again and again: neighbours come to lie side by side. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as log2(m) */
static void halve(const float *centres, size_t d, struct kc_stack_place *p, size_t m, double *u)
{
    if (m <= KC_LA_LANES)
        return;
    for (size_t t = 0; t < d; t++)
        u[t] = 0;
    for (size_t i = 0; i < m; i++)
        kc_la_addd(u, centres + p[i].c * d, d);
    const float *one = centres + farthest(centres, d, p, m, u) * d;
    for (size_t t = 0; t < d; t++)
        u[t] = (double)one[t];
    const float *other = centres + farthest(centres, d, p, m, u) * d;
    for (size_t t = 0; t < d; t++)
        u[t] -= (double)other[t];
    for (size_t i = 0; i < m; i++)
        p[i].at = kc_la_dot(centres + p[i].c * d, u, d);
    qsort(p, m, sizeof *p, by_place);
    size_t first = (m / 2 + KC_LA_LANES - 1) / KC_LA_LANES * KC_LA_LANES;
    halve(centres, d, p, first, u);
    halve(centres, d, p + first, m - first, u);
}

void kc_stack_order(const float *centres, uint32_t k, size_t d, struct kc_stack_place *place, double *work)
{
    for (uint32_t c = 0; c < k; c++)
        place[c] = (struct kc_stack_place){0, c};
    halve(centres, d, place, k, work);
}
