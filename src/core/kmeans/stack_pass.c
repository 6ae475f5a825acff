/* The passes of the stacked engine over the rows. A pass labels the rows strip by strip (of runs with one bound a
 * row here, with bounds for column blocks in stack_blocks.c), then brings the rows that moved into sums, counts
 * and labels; in runs that are polished, the pass only proposes moves (Hartigan 1975), and each is judged exactly,
 * in row order, before it is made. The results of a strip depend on nothing but the columns, and sums are exact on
 * their lattice (base/lattice.h): so neither threads nor spans change a bit. */
#include <math.h>
#include <string.h>
#include "core/kmeans/stack.h"

#define SLICE 64    /* dimensions in a task of the sums: 64 x 96 floats of X and 512 x 64 doubles of sums stay in L2 */
#define AHEAD 8     /* rows to prefetch by */
#define PACKING 10  /* columns that cost as much as gathering and transposing a row */

/* Return 1 if the rows that have moved must be brought into the run's sums now. */
static int sums_due(const struct kc_stack *st, const struct kc_active *p)
{
    return st->filling ? p->fill : p->mode == LLOYD && !p->fill;
}

/* Add m x to n coordinates of a sum, from the one at `at` of st->sum on. */
static void add_row(const struct kc_stack *st, size_t at, double m, const float *x, size_t n)
{
    if (st->low)
        kc_la_add_parts(st->high + at, st->low + at, m, x, &st->lattice, n);
    else
        kc_la_add_rounded(st->sum + at, m, x, st->lattice.high, n);
}

void kc_stack_join_parts(struct kc_stack *st, size_t c)
{
    const size_t d = st->s->d;
    for (size_t t = c * d; st->low && t < (c + 1) * d; t++)
        st->sum[t] = st->high[t] + st->low[t];
}

/* Bring the rows that have moved into one slice of dimensions of the sums. */
static void update_sums_slice(void *arg, size_t slice, unsigned worker)
{
    struct kc_stack *st = arg;
    size_t d = st->s->d, t0 = slice * SLICE, len = d - t0 < SLICE ? d - t0 : SLICE, last = kc_stack_span_end(st);
    (void)worker;
    for (size_t i0 = st->span0; i0 < last; i0 += KC_LA_TILE)
        for (size_t a = 0; a < st->nact; a++) {
            const struct kc_active *p = &st->act[a];
            if (!sums_due(st, p) || !p->moved[i0 / KC_LA_TILE])
                continue;
            size_t end = i0 + KC_LA_TILE < last ? i0 + KC_LA_TILE : last;
            for (size_t i = i0; i < end; i++) {
                uint32_t from = p->lab[i], to = p->next[i];
                if (i + AHEAD < end && p->lab[i + AHEAD] != p->next[i + AHEAD])
                    kc_la_prefetch(kc_stack_row(st, i + AHEAD) + t0, len);
                if (from == to)
                    continue;
                const float *x = kc_stack_row(st, i) + t0;
                const double m = kc_space_weight(st->s, i);
                if (from != KC_NONE)
                    add_row(st, (p->col + from) * d + t0, -m, x, len);
                add_row(st, (p->col + to) * d + t0, m, x, len);
            }
        }
}

/* Bring the counts and labels of one run up to its sums. */
static void update_labels(void *arg, size_t a, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = &st->act[a];
    size_t end = kc_stack_span_end(st);
    (void)worker;
    if (!sums_due(st, p))
        return;
    for (size_t i = st->span0; i < end; i++)
        if (p->lab[i] != p->next[i]) {
            if (p->lab[i] != KC_NONE)
                st->cnt[p->col + p->lab[i]]--;
            st->cnt[p->col + p->next[i]]++;
            p->lab[i] = p->next[i];
        }
}

void kc_stack_move_sums(struct kc_stack *st, struct kc_active *p, double m, const float *x, uint32_t from, uint32_t to)
{
    size_t d = st->s->d;
    add_row(st, (p->col + from) * d, -m, x, d);
    add_row(st, (p->col + to) * d, m, x, d);
    kc_stack_join_parts(st, p->col + from);
    kc_stack_join_parts(st, p->col + to);
    st->cnt[p->col + from]--;
    st->cnt[p->col + to]++;
    p->exact = 0;
}

void kc_stack_move_label(struct kc_active *p, size_t i, uint32_t to)
{
    if (p->blocks)
        p->far[p->lab[i] / KC_LA_LANES][i] = -INFINITY; /* the bound excepted the own centroid, which is another now */
    p->lab[i] = p->next[i] = to;
    p->gap[i] = p->blocks ? INFINITY : -INFINITY; /* look at it next time */
}

/* Set column u to centroid c of a run that has had no pass: a given row or centre, or the unit sum of its labels. */
static void copy_start_column(struct kc_stack *st, const struct kc_active *p, uint32_t c, float *u)
{
    size_t d = st->s->d;
    const double *v = st->sum + (p->col + c) * d;
    double nn = st->nn[p->col + c], inv = nn > 0 ? 1.0 / sqrt(nn) : 0.0;
    if (p->from_start)
        memcpy(u, p->run->centres ? p->run->centres + (p->blocks ? p->place[c].c : c) * d
                                  : kc_rows_at(&st->s->rows, p->run->seeds[c]), d * sizeof *u);
    else
        for (size_t j = 0; j < d; j++)
            u[j] = (float)(v[j] * inv);
}

/* Compute for each column the gap above which a single-row move cannot gain. A row moves only if its similarities
 * to the two centroids differ by less than 1/(2(|S_a| - 1)) + 1/(2(|S_b| - 1)), since joining gains at most
 * s + 1/(2(|S| - 1)) and leaving costs at least s - 1/(2(|S| - 1)). Two distances that differ by g differ in similarity
 * by g times their mean, which is at least half the distance of the centroids.
 *
 * For a row of weight w, |S| becomes |S| / w. Up to p->heavy, half the shortest sum, 1/(2(|S| / w - 1)) is at most
 * w / |S|, so `need` is per unit of weight; heavier rows are always looked at. */
static void compute_needs(struct kc_stack *st, struct kc_active *p)
{
    size_t d = st->s->d;
    uint32_t k = p->run->k;
    float *need = st->need + p->col;
    double shortest = INFINITY;
    for (uint32_t c = 0; c < k; c++) {
        need[c] = 0;
        shortest = (double)st->len[p->col + c] < shortest ? (double)st->len[p->col + c] : shortest;
    }
    p->heavy = p->mode == LLOYD ? INFINITY : shortest / 2;
    if (p->mode == LLOYD)
        return;
    for (uint32_t a = 0; a < k; a++) {
        double sep = 4, la = sqrt(st->nn[p->col + a]);
        for (uint32_t b = 0; b < k; b++) {
            double lb = sqrt(st->nn[p->col + b]);
            if (b == a || !(la > 0) || !(lb > 0))
                continue;
            double s = kc_la_dotd(st->sum + (p->col + a) * d, st->sum + (p->col + b) * d, d) / (la * lb);
            sep = 2 - 2 * s < sep ? 2 - 2 * s : sep;
        }
        double h = shortest > 2 ? 0.5 / (la - 1) + 0.5 / (shortest - 1) : INFINITY;
        if (st->s->w)
            h = 1 / la + 1 / shortest;
        need[a] = sep > 1e-9 ? (float)(2.02 * h / sqrt(sep)) : INFINITY;
    }
}

/* Set one run's centroids as the columns of the next pass, and compute what their moves take off its rows' gaps:
 * the own centroid's move and the largest of the others'. A little is added for the rounding of the subtraction. */
static void prepare_columns(void *arg, size_t a, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = &st->act[a];
    size_t d = st->s->d;
    float *u = st->unit + p->col * d, *shift = st->shift + p->col, most = 0, other = 0;
    uint32_t at = 0, k = p->run->k;
    double was[64];
    (void)worker;
    for (uint32_t c = 0; c < k; c++, u += d) {
        double moved = 0;
        if (p->fresh) {
            copy_start_column(st, p, c, u);
        } else {
            const double *v = st->sum + (p->col + c) * d;
            double nn = st->nn[p->col + c], inv = nn > 0 ? 1.0 / sqrt(nn) : 0.0;
            for (size_t j0 = 0; j0 < d; j0 += 64) {
                size_t m = d - j0 < 64 ? d - j0 : 64;
                for (size_t j = 0; j < m; j++) {
                    was[j] = (double)u[j0 + j];
                    u[j0 + j] = (float)(v[j0 + j] * inv);
                }
                for (size_t j = 0; j < m; j++)
                    moved += (was[j] - (double)u[j0 + j]) * (was[j] - (double)u[j0 + j]);
            }
        }
        shift[c] = (float)(sqrt(moved) * (1 + 1e-6) + 2e-7);
        if (shift[c] > most) {
            other = most;
            most = shift[c];
            at = c;
        } else if (shift[c] > other) {
            other = shift[c];
        }
    }
    if (p->blocks)
        return;
    for (uint32_t c = 0; c < k; c++)
        shift[c] += c == at ? other : most;
    compute_needs(st, p);
}

void kc_stack_prepare(struct kc_stack *st)
{
    kc_pool_for(st->s->ctx->pool, st->nact, prepare_columns, st);
    kc_stack_pack(st);
}

/* Set the labels and bounds of rows that were compared with all of the run's columns. Two equal similarities must never
 * pass for different: so four times the slack, for both distances, now and when they are compared. */
static void update_bounds(const struct kc_stack *st, struct kc_active *p, const uint32_t *id, size_t rows,
                          const float *best, const float *second, const uint32_t *at)
{
    for (size_t r = 0; r < rows; r++) {
        float near = kc_stack_distance(best[r]);
        size_t i = id[r];
        p->next[i] = at[r];
        p->own[i] = best[r];
        p->gap[i] = kc_stack_distance(second[r]) - near - 4 * kc_stack_slack(st, near);
    }
}

/* The comparison of a tile's rows with one run's columns, as far as it has come. */
struct tile_winners {
    double weight[KC_LA_TILE];
    float best[KC_LA_TILE], second[KC_LA_TILE];
    uint32_t at[KC_LA_TILE], lab[KC_LA_TILE];
};

/* Compare rows with one run's columns c0 .. c1, whose products are in `out`; after the last column set their labels. */
static void compare_with_columns(struct kc_stack *st, struct kc_active *p, size_t c0, size_t c1, const uint32_t *id,
                                 size_t rows, const float *out, struct tile_winners *v)
{
    const float *first = out;
    if (c0 == 0)
        for (size_t r = 0; r < rows; r++) {
            v->best[r] = v->second[r] = -INFINITY;
            v->lab[r] = p->lab[id[r]];
            v->at[r] = p->mode == LLOYD ? 0 : v->lab[r];
            if (st->s->w)
                v->weight[r] = st->s->w[id[r]];
        }
    for (size_t c = c0; c < c1; c++, out += KC_LA_TILE) {
        if (p->mode == LLOYD) {
            kc_la_arg_max2(out, (uint32_t)c, v->best, v->second, v->at, rows);
            continue;
        }
        if (st->s->w)
            kc_la_gain_weighted(out, 1.0f, st->len[p->col + c], v->weight, (uint32_t)c, v->lab, v->best, v->at, rows);
        else
            kc_la_gain(out, 1.0f, st->len[p->col + c], (uint32_t)c, v->lab, v->best, v->at, rows);
    }
    for (size_t r = 0; p->mode != LLOYD && r < rows; r++)
        if (v->lab[r] >= c0 && v->lab[r] < c1)
            p->own[id[r]] = first[(v->lab[r] - c0) * KC_LA_TILE + r];
    if (c1 < p->run->k)
        return;
    if (p->mode == LLOYD)
        update_bounds(st, p, id, rows, v->best, v->second, v->at);
    else
        for (size_t r = 0; r < rows; r++)
            p->next[id[r]] = v->at[r];
    for (size_t r = 0; r < rows; r++)
        if (p->next[id[r]] != p->lab[id[r]])
            p->moved[id[r] / KC_LA_TILE]++;
}

/* Compare some rows of a strip with all columns of some runs, KC_TILE_COLUMNS at a time. */
static void evaluate_rows(struct kc_stack *st, struct kc_active *const *run, size_t nrun, const uint32_t *id,
                          size_t rows, unsigned worker)
{
    struct kc_la_columns set[KC_STACK_SLOTS];
    const float *row[KC_LA_TILE];
    struct tile_winners v;
    float *out = st->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS;
    size_t d = st->s->d, q = 0, c = 0;
    for (size_t r = 0; r < rows; r++)
        row[r] = kc_stack_row(st, id[r]); /* NOLINT(clang-analyzer-core.CallAndMessage): rows of them are filled */
    while (q < nrun) {
        size_t q0 = q, c0 = c, cols = 0, nset = 0, at = 0;
        while (q < nrun && cols < KC_TILE_COLUMNS) {
            size_t k = run[q]->run->k, take = k - c < KC_TILE_COLUMNS - cols ? k - c : KC_TILE_COLUMNS - cols;
            const float *u = st->unit + (run[q]->col + c) * d;
            if (nset && set[nset - 1].c + set[nset - 1].k * d == u)
                set[nset - 1].k += take;
            else
                set[nset++] = (struct kc_la_columns){u, take};
            cols += take;
            c += take;
            if (c == k) {
                q++;
                c = 0;
            }
        }
        kc_la_product_sets(row, rows, d, set, nset, out, KC_LA_TILE, st->scratch + worker * KC_LA_SCRATCH);
        st->flops[worker] += 2 * (uint64_t)rows * d * cols;
        for (size_t p = q0; at < cols; p++, c0 = 0) {
            size_t end = p == q ? c : run[p]->run->k;
            compare_with_columns(st, run[p], c0, end, id, rows, out + at * KC_LA_TILE, &v);
            at += end - c0;
        }
    }
}

/* List the rows of a strip that a run must look at into id, and return how many. First the gaps are lowered by what the
 * centroids have moved. */
static size_t list_unsure_rows(const struct kc_stack *st, struct kc_active *p, size_t i0, size_t end, uint32_t *id)
{
    const float *shift = st->shift + p->col, *need = st->need + p->col;
    const double *w = p->mode == LLOYD ? NULL : st->s->w;
    int full = st->o->full;
    size_t m = 0;
    for (size_t i = i0; i < end; i++) {
        uint32_t own = p->lab[i];
        float g = p->gap[i] - shift[own];
        p->gap[i] = g;
        id[m] = (uint32_t)i;
        int sure = w ? (double)g > (double)need[own] * w[i] && w[i] <= p->heavy : g > need[own];
        m += sure && !full ? 0u : 1u; /* a gap that is NaN (an infinite bound that moved) is not sure */
    }
    return m;
}

/* Label the rows of a strip in all runs with one bound a row. A run that must look at most of the rows looks at
 * all, in one product with the other such runs. */
static void label_strip(void *arg, size_t strip, unsigned worker)
{
    struct kc_stack *st = arg;
    size_t i0 = st->span0 + strip * st->strip * KC_LA_TILE, end = i0 + st->strip * KC_LA_TILE, ndense = 0;
    struct kc_active *dense[KC_STACK_SLOTS];
    uint32_t id[KC_STACK_STRIP * KC_LA_TILE];
    if (end > kc_stack_span_end(st))
        end = kc_stack_span_end(st);
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        size_t k = p->run->k;
        if (p->blocks)
            continue;
        for (size_t t = i0 / KC_LA_TILE; t * KC_LA_TILE < end; t++)
            p->moved[t] = 0;
        size_t m = p->fresh ? end - i0 : list_unsure_rows(st, p, i0, end, id);
        if (m * (k + PACKING) >= (end - i0) * k)
            dense[ndense++] = p;
        else
            for (size_t i = 0; i < m; i += KC_LA_TILE)
                evaluate_rows(st, &p, 1, id + i, m - i < KC_LA_TILE ? m - i : KC_LA_TILE, worker);
    }
    if (ndense == 0)
        return;
    for (size_t i = i0; i < end; i += KC_LA_TILE) {
        size_t rows = end - i < KC_LA_TILE ? end - i : KC_LA_TILE;
        for (size_t r = 0; r < rows; r++)
            id[r] = (uint32_t)(i + r);
        evaluate_rows(st, dense, ndense, id, rows, worker);
    }
}

/* Make Hartigan's moves in the span: the pass has proposed them (all against the same centroids), here each proposal is
 * weighed exactly against the present sums, in row order. */
static void apply_moves(void *arg, size_t a, unsigned worker)
{
    struct kc_stack *st = arg;
    struct kc_active *p = &st->act[a];
    size_t d = st->s->d, last = kc_stack_span_end(st);
    (void)worker;
    if (p->mode != POLISH)
        return;
    for (size_t i0 = st->span0; i0 < last; i0 += KC_LA_TILE) {
        if (!p->moved[i0 / KC_LA_TILE])
            continue;
        for (size_t i = i0; i < i0 + KC_LA_TILE && i < last; i++) {
            size_t from = p->col + p->lab[i], to = p->col + p->next[i];
            if (from == to)
                continue;
            const float *x = kc_stack_row(st, i);
            const double m = kc_space_weight(st->s, i);
            double less = st->nn[from] - 2 * m * kc_la_dot(x, st->sum + from * d, d) + m * m;
            double more = st->nn[to] + 2 * m * kc_la_dot(x, st->sum + to * d, d) + m * m;
            double gain = sqrt(more) - sqrt(st->nn[to]) + sqrt(less > 0 ? less : 0) - sqrt(st->nn[from]);
            if (st->cnt[from] > 1 && gain > 1e-7 * m) {
                kc_stack_move_sums(st, p, m, x, p->lab[i], p->next[i]);
                kc_stack_move_label(p, i, p->next[i]);
                st->nn[from] = less > 0 ? less : 0;
                st->nn[to] = more;
                p->gained += gain;
            } else {
                p->next[i] = p->lab[i];
            }
        }
    }
}

static void read_tile(void *arg, size_t t, unsigned worker)
{
    struct kc_stack *st = arg;
    size_t i0 = st->span0 + t * KC_LA_TILE, end = kc_stack_span_end(st);
    const float *row[KC_LA_TILE];
    (void)worker;
    kc_rows_get(&st->s->rows, i0, end - i0 < KC_LA_TILE ? end - i0 : KC_LA_TILE,
                st->read + t * KC_LA_TILE * st->s->d, row);
}

void kc_stack_walk(struct kc_stack *st, int filling)
{
    struct kc_pool *pool = st->s->ctx->pool;
    st->filling = filling;
    for (st->span0 = 0; st->span0 < st->s->n; st->span0 += st->span) {
        size_t rows = kc_stack_span_end(st) - st->span0, strip = st->strip * KC_LA_TILE;
        if (st->read)
            kc_pool_for(pool, kc_la_tiles(rows), read_tile, st);
        if (!filling) {
            kc_pool_for(pool, rows / strip + (rows % strip != 0), label_strip, st);
            for (size_t a = 0; a < st->nact; a++)
                if (st->act[a].blocks)
                    kc_stack_label_blocks(st, &st->act[a]);
            for (size_t a = 0; a < st->nact; a++) {
                const struct kc_active *p = &st->act[a];
                for (uint32_t c = 0; p->from_start && p->run->seeds && c < p->run->k; c++) {
                    size_t i = p->run->seeds[c];
                    if (i < st->span0 || i >= st->span0 + rows || p->next[i] == c)
                        continue;
                    if (p->blocks)
                        p->far[p->next[i] / KC_LA_LANES][i] = -INFINITY; /* the winner is not the own centroid */
                    p->next[i] = c; /* a seed that ties with another keeps its own cluster */
                }
            }
        }
        kc_pool_for(pool, (st->s->d + SLICE - 1) / SLICE, update_sums_slice, st);
        kc_pool_for(pool, st->nact, update_labels, st);
        if (!filling)
            kc_pool_for(pool, st->nact, apply_moves, st);
    }
}
