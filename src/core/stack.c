/* k-means on the rows themselves, for any n. The centroids of all runs still going are stacked into one tall matrix, and
 * one pass over X serves them all: a pass for a single k of 8 is bound by memory, one for 500 columns by the FMA units.
 * A run's course does not depend on what is stacked beside it, as each product is a chain of its own (la/product.h).
 *
 * Cluster sums are kept in double and changed by the moved rows only, cut by dimension: each element sums its rows in row
 * order whoever does it. Floor of a pass: 2 n d columns flops; of the first sums: n d runs additions. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "core/space.h"
#include "la/product.h"
#include "par/pool.h"

#define SLICE 64    /* dimensions a task of the sums: 64 x 96 floats of X and some 512 x 64 doubles of sums stay in L2 */
#define AHEAD 8     /* rows to prefetch by */
#define ROUNDS 50   /* of single-row moves, at most */

enum mode { LLOYD, POLISH };

struct active {
    const struct kc_run *run;
    size_t col;      /* its first column in the stack */
    uint32_t *lab;   /* (n) labels that the sums stand for; KC_NONE before the first */
    uint32_t *next;  /* (n) labels of the last pass */
    float *own;      /* (n) similarity to the own centroid */
    uint16_t *moved; /* (tiles) rows with next != lab */
    enum mode mode;
    int from_seeds;  /* the centroids are the seed rows: no sums yet */
    int dirty;       /* next is to be taken over into lab and the sums */
    int done;
    uint64_t iter;
    int rounds;
    double last;
};

struct stack {
    const struct kc_space *s;
    const struct kc_run_opts *o;
    size_t tiles, slots, cap; /* cap: columns */
    size_t nact, cols;
    struct active *act; /* (slots) */
    double *sum;        /* (cap, d) */
    double *nn;         /* (cap) |S_c|^2 */
    float *len;         /* (cap) |S_c| */
    uint64_t *cnt;      /* (cap) */
    float *unit;        /* (cap, d) centroids, or the rows that stand in for them */
    float *out;         /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch;      /* (threads, KC_LA_SCRATCH) */
};

static size_t slots_for(size_t n, size_t d)
{
    /* A slot holds three words a row. Let the slots take up to an eighth of the rows' own bytes, or 16 MiB. */
    size_t by_rows = d / 24, by_floor = ((size_t)16 << 20) / (12 * n + 1);
    size_t m = by_rows > by_floor ? by_rows : by_floor;
    return m < 4 ? 4 : m > 48 ? 48 : m;
}

static size_t tiles_of(size_t n)
{
    return n / KC_LA_TILE + (n % KC_LA_TILE != 0);
}

uint64_t kc_stack_bytes(size_t n, size_t d, uint32_t kmax, size_t nruns, unsigned threads)
{
    uint64_t cap = kmax > KC_TILE_COLUMNS ? kmax : KC_TILE_COLUMNS;
    uint64_t slots = slots_for(n, d);
    if (slots > nruns)
        slots = nruns;
    return slots * (n * (2 * sizeof(uint32_t) + sizeof(float)) + tiles_of(n) * sizeof(uint16_t)) +
           cap * (d * (sizeof(double) + sizeof(float)) + sizeof(double) + sizeof(float) + sizeof(uint64_t)) +
           threads * (KC_LA_TILE * KC_TILE_COLUMNS * sizeof(float) + KC_LA_SCRATCH);
}

/* Take a finished run's columns out of the stack. */
static void remove_done(struct stack *st)
{
    size_t d = st->s->d, keep = 0;
    for (size_t a = 0; a < st->nact; a++) {
        struct active *p = &st->act[a];
        uint32_t k = p->run->k;
        if (p->done) {
            size_t end = p->col + k;
            memmove(st->sum + p->col * d, st->sum + end * d, (st->cols - end) * d * sizeof *st->sum);
            memmove(st->nn + p->col, st->nn + end, (st->cols - end) * sizeof *st->nn);
            memmove(st->len + p->col, st->len + end, (st->cols - end) * sizeof *st->len);
            memmove(st->cnt + p->col, st->cnt + end, (st->cols - end) * sizeof *st->cnt);
            st->cols -= k;
            for (size_t b = a + 1; b < st->nact; b++)
                st->act[b].col -= k;
        } else {
            struct active t = st->act[keep]; /* swap, so that every slot keeps its buffers */
            st->act[keep++] = *p;
            if (keep - 1 != a)
                *p = t;
        }
    }
    st->nact = keep;
}

static void admit(struct stack *st, const struct kc_run *run)
{
    const struct kc_space *s = st->s;
    struct active *p = &st->act[st->nact++];
    p->run = run;
    p->col = st->cols;
    st->cols += run->k;
    p->mode = LLOYD;
    p->from_seeds = run->seeds != NULL;
    p->dirty = !p->from_seeds;
    p->done = 0;
    p->iter = 0;
    p->rounds = 0;
    p->last = 0;
    for (size_t i = 0; i < s->n; i++)
        p->lab[i] = KC_NONE;
    if (!p->from_seeds) {
        memcpy(p->next, run->labels, s->n * sizeof *p->next);
        for (size_t t = 0; t < st->tiles; t++)
            p->moved[t] = 1;
        for (size_t i = 0; i < s->n; i++)
            p->own[i] = 1.0f;
    }
    memset(st->sum + p->col * s->d, 0, (size_t)run->k * s->d * sizeof *st->sum);
    memset(st->cnt + p->col, 0, run->k * sizeof *st->cnt);
    memset(st->nn + p->col, 0, run->k * sizeof *st->nn);
}

/* One slice of dimensions of all dirty runs' sums, rows in order. */
static void sum_slice(void *arg, size_t slice, unsigned worker)
{
    struct stack *st = arg;
    size_t d = st->s->d, t0 = slice * SLICE, len = d - t0 < SLICE ? d - t0 : SLICE;
    (void)worker;
    for (size_t t = 0; t < st->tiles; t++)
        for (size_t a = 0; a < st->nact; a++) {
            const struct active *p = &st->act[a];
            if (!p->dirty || !p->moved[t])
                continue;
            size_t end = (t + 1) * KC_LA_TILE < st->s->n ? (t + 1) * KC_LA_TILE : st->s->n;
            for (size_t i = t * KC_LA_TILE; i < end; i++) {
                uint32_t from = p->lab[i], to = p->next[i];
                const float *x = st->s->x + i * d + t0;
                if (i + AHEAD < end && p->lab[i + AHEAD] != p->next[i + AHEAD])
                    kc_la_prefetch(x + AHEAD * d, len);
                if (from == to)
                    continue;
                if (from != KC_NONE)
                    kc_la_subd(st->sum + (p->col + from) * d + t0, x, len);
                kc_la_addd(st->sum + (p->col + to) * d + t0, x, len);
            }
        }
}

/* Counts and labels of one dirty run follow its sums. */
static void take_labels(void *arg, size_t a, unsigned worker)
{
    struct stack *st = arg;
    struct active *p = &st->act[a];
    (void)worker;
    if (!p->dirty)
        return;
    for (size_t i = 0; i < st->s->n; i++)
        if (p->lab[i] != p->next[i]) {
            if (p->lab[i] != KC_NONE)
                st->cnt[p->col + p->lab[i]]--;
            st->cnt[p->col + p->next[i]]++;
            p->lab[i] = p->next[i];
        }
    p->dirty = 0;
}

static void norm_column(void *arg, size_t c, unsigned worker)
{
    struct stack *st = arg;
    const double *v = st->sum + c * st->s->d;
    (void)worker;
    st->nn[c] = kc_la_dotd(v, v, st->s->d);
    st->len[c] = (float)sqrt(st->nn[c]);
}

static void move_row(struct stack *st, struct active *p, size_t i, uint32_t to)
{
    size_t d = st->s->d;
    const float *x = st->s->x + i * d;
    kc_la_subd(st->sum + (p->col + p->lab[i]) * d, x, d);
    kc_la_addd(st->sum + (p->col + to) * d, x, d);
    st->cnt[p->col + p->lab[i]]--;
    st->cnt[p->col + to]++;
    p->lab[i] = p->next[i] = to;
}

/* An empty cluster gets the row that is least like its own centroid, from a cluster that can spare one. */
static void reseed(struct stack *st, struct active *p)
{
    for (uint32_t c = 0; c < p->run->k; c++) {
        size_t worst = st->s->n;
        if (st->cnt[p->col + c] != 0)
            continue;
        for (size_t i = 0; i < st->s->n; i++)
            if (st->cnt[p->col + p->lab[i]] > 1 && (worst == st->s->n || p->own[i] < p->own[worst]))
                worst = i;
        if (worst == st->s->n)
            return;
        move_row(st, p, worst, c);
        p->own[worst] = 1.0f;
    }
}

static double objective(const struct stack *st, const struct active *p)
{
    double sum = 0;
    for (uint32_t c = 0; c < p->run->k; c++)
        sum += sqrt(st->nn[p->col + c]);
    return sum;
}

/* Bring sums, counts, labels and norms of the dirty runs up to date. */
static void settle(struct stack *st)
{
    struct kc_pool *pool = st->s->ctx->pool;
    kc_pool_for(pool, (st->s->d + SLICE - 1) / SLICE, sum_slice, st);
    kc_pool_for(pool, st->nact, take_labels, st);
    for (size_t a = 0; a < st->nact; a++)
        if (!st->act[a].from_seeds)
            reseed(st, &st->act[a]);
    kc_pool_for(pool, st->cols, norm_column, st);
}

/* One run's centroids as the columns of the next pass. */
static void unit_columns(void *arg, size_t a, unsigned worker)
{
    struct stack *st = arg;
    const struct active *p = &st->act[a];
    size_t d = st->s->d;
    (void)worker;
    for (uint32_t c = 0; c < p->run->k; c++) {
        float *u = st->unit + (p->col + c) * d;
        const double *v = st->sum + (p->col + c) * d;
        double nn = st->nn[p->col + c], inv = nn > 0 ? 1.0 / sqrt(nn) : 0.0;
        if (p->from_seeds)
            memcpy(u, st->s->x + (size_t)p->run->seeds[c] * d, d * sizeof *u);
        else
            for (size_t j = 0; j < d; j++)
                u[j] = (float)(v[j] * inv);
    }
}

static void pass_tile(void *arg, size_t t, unsigned worker)
{
    struct stack *st = arg;
    const struct kc_space *s = st->s;
    size_t i0 = t * KC_LA_TILE, rows = s->n - i0 < KC_LA_TILE ? s->n - i0 : KC_LA_TILE, a = 0;
    float *out = st->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS;
    float gain[KC_LA_TILE]; /* of the run that is under way; it may go on in the next chunk of columns */
    for (size_t c0 = 0; c0 < st->cols; c0 += KC_TILE_COLUMNS) {
        size_t cols = st->cols - c0 < KC_TILE_COLUMNS ? st->cols - c0 : KC_TILE_COLUMNS;
        kc_la_product(s->x + i0 * s->d, rows, s->d, st->unit + c0 * s->d, cols, out, KC_LA_TILE,
                      st->scratch + worker * KC_LA_SCRATCH);
        for (; a < st->nact && st->act[a].col < c0 + cols; a++) {
            struct active *p = &st->act[a];
            size_t from = p->col > c0 ? p->col : c0, end = p->col + p->run->k;
            size_t to = end < c0 + cols ? end : c0 + cols;
            float *best = p->mode == LLOYD ? p->own + i0 : gain;
            if (from == p->col)
                for (size_t r = 0; r < rows; r++) {
                    best[r] = -INFINITY;
                    p->next[i0 + r] = p->mode == LLOYD ? 0 : p->lab[i0 + r];
                }
            for (size_t c = from; c < to; c++) {
                const float *v = out + (c - c0) * KC_LA_TILE;
                if (p->mode == LLOYD)
                    kc_la_arg_max(v, 1.0f, (uint32_t)(c - p->col), best, p->next + i0, rows);
                else
                    kc_la_gain(v, 1.0f, st->len[c], (uint32_t)(c - p->col), p->lab + i0, best, p->next + i0, rows);
            }
            if (p->mode == POLISH)
                for (size_t r = 0; r < rows; r++) {
                    size_t c = p->col + p->lab[i0 + r];
                    if (c >= from && c < to)
                        p->own[i0 + r] = out[(c - c0) * KC_LA_TILE + r];
                }
            if (to < end)
                break;
            uint16_t moved = 0;
            for (size_t r = 0; r < rows; r++)
                moved = (uint16_t)(moved + (p->next[i0 + r] != p->lab[i0 + r]));
            p->moved[t] = moved;
        }
    }
}

/* Hartigan's moves: the pass proposes (all against the same centroids), here each proposal is weighed exactly against
 * the sums as they now are, in row order. */
static void polish_run(void *arg, size_t a, unsigned worker)
{
    struct stack *st = arg;
    struct active *p = &st->act[a];
    size_t d = st->s->d;
    double gained = 0;
    (void)worker;
    if (p->mode != POLISH)
        return;
    if (p->rounds++ < 0)
        return;
    for (size_t t = 0; t < st->tiles; t++) {
        size_t end = (t + 1) * KC_LA_TILE < st->s->n ? (t + 1) * KC_LA_TILE : st->s->n;
        if (!p->moved[t])
            continue;
        for (size_t i = t * KC_LA_TILE; i < end; i++) {
            size_t from = p->col + p->lab[i], to = p->col + p->next[i];
            if (from == to)
                continue;
            const float *x = st->s->x + i * d;
            double less = st->nn[from] - 2 * kc_la_dot(x, st->sum + from * d, d) + 1;
            double more = st->nn[to] + 2 * kc_la_dot(x, st->sum + to * d, d) + 1;
            double gain = sqrt(more) - sqrt(st->nn[to]) + sqrt(less > 0 ? less : 0) - sqrt(st->nn[from]);
            if (st->cnt[from] > 1 && gain > 1e-7) {
                move_row(st, p, i, p->next[i]);
                st->nn[from] = less > 0 ? less : 0;
                st->nn[to] = more;
                gained += gain;
            } else {
                p->next[i] = p->lab[i];
            }
        }
    }
    p->done = gained <= st->o->tol * objective(st, p) || p->rounds >= ROUNDS;
}

/* After a pass: what each run does next. */
static void decide(struct stack *st)
{
    for (size_t a = 0; a < st->nact; a++) {
        struct active *p = &st->act[a];
        size_t moved = 0;
        if (p->mode == POLISH)
            continue;
        for (size_t t = 0; t < st->tiles; t++)
            moved += p->moved[t];
        if (p->from_seeds) {
            for (uint32_t c = 0; c < p->run->k; c++)
                p->next[p->run->seeds[c]] = c; /* a seed that ties with another keeps its own cluster */
            p->from_seeds = 0;
            p->dirty = 1;
        } else {
            p->iter++;
            p->dirty = moved != 0;
            if (moved == 0) {
                p->done = !p->run->polish;
                p->mode = POLISH;
                p->rounds = -1; /* this pass was Lloyd's: it proposes nothing */
            }
        }
    }
}

/* A run whose objective has stopped growing, or that has had its iterations, ends (or goes on to single-row moves). */
static void converge(struct stack *st)
{
    for (size_t a = 0; a < st->nact; a++) {
        struct active *p = &st->act[a];
        if (p->mode == POLISH || p->from_seeds)
            continue;
        double obj = objective(st, p);
        if (p->iter >= st->o->max_iter || (p->iter > 0 && obj - p->last <= st->o->tol * obj)) {
            p->done = !p->run->polish;
            p->mode = POLISH;
        }
        p->last = obj;
    }
}

static void find_merge(const struct stack *st, const struct active *p, uint32_t merge[2])
{
    size_t d = st->s->d;
    double least = INFINITY;
    merge[0] = 0;
    merge[1] = p->run->k > 1;
    for (uint32_t b = 1; b < p->run->k; b++)
        for (uint32_t a = 0; a < b; a++) {
            const double *u = st->sum + (p->col + a) * d, *v = st->sum + (p->col + b) * d;
            double loss = kc_merge_loss(st->nn[p->col + a], st->nn[p->col + b], kc_la_dotd(u, v, d));
            if (loss < least) {
                least = loss;
                merge[0] = a;
                merge[1] = b;
            }
        }
}

static size_t finish(struct stack *st, struct kc_best *best, size_t nbest)
{
    size_t ended = 0;
    for (size_t a = 0; a < st->nact; a++) {
        struct active *p = &st->act[a];
        if (p->done) {
            struct kc_best *kept =
                kc_best_offer(best, nbest, st->s->n, p->run, p->lab, p->own, objective(st, p),
                              p->run->spent + p->iter);
            if (kept)
                find_merge(st, p, kept->merge);
            ended++;
        }
    }
    if (ended)
        remove_done(st);
    return ended;
}

static void stack_free(struct stack *st)
{
    for (size_t i = 0; st->act && i < st->slots; i++) {
        kc_mem_free(st->act[i].lab);
        kc_mem_free(st->act[i].next);
        kc_mem_free(st->act[i].own);
        kc_mem_free(st->act[i].moved);
    }
    kc_mem_free(st->act);
    kc_mem_free(st->out);
    kc_mem_free(st->scratch);
    kc_mem_free(st->unit);
    kc_mem_free(st->cnt);
    kc_mem_free(st->len);
    kc_mem_free(st->nn);
    kc_mem_free(st->sum);
}

static int stack_alloc(struct stack *st, uint32_t kmax, size_t nruns, struct kc_err *e)
{
    size_t n = st->s->n, d = st->s->d;
    unsigned threads = kc_pool_threads(st->s->ctx->pool);
    st->tiles = tiles_of(n);
    st->cap = kmax > KC_TILE_COLUMNS ? kmax : KC_TILE_COLUMNS;
    st->slots = slots_for(n, d) < nruns ? slots_for(n, d) : nruns;
    st->sum = kc_mem_aligned(kc_mem_mul(st->cap, d), sizeof *st->sum, e);
    st->nn = kc_mem_alloc(st->cap, sizeof *st->nn, e);
    st->len = kc_mem_alloc(st->cap, sizeof *st->len, e);
    st->cnt = kc_mem_alloc(st->cap, sizeof *st->cnt, e);
    st->unit = kc_mem_aligned(kc_mem_mul(st->cap, d), sizeof *st->unit, e);
    st->scratch = kc_mem_aligned(threads, KC_LA_SCRATCH, e);
    st->out = kc_mem_aligned(threads, KC_LA_TILE * KC_TILE_COLUMNS * sizeof *st->out, e);
    st->act = kc_mem_zalloc(st->slots, sizeof *st->act, e);
    if (!st->sum || !st->nn || !st->len || !st->cnt || !st->unit || !st->scratch || !st->out || !st->act)
        return -1;
    for (size_t i = 0; i < st->slots; i++) {
        struct active *p = &st->act[i];
        p->lab = kc_mem_alloc(n, sizeof *p->lab, e);
        p->next = kc_mem_alloc(n, sizeof *p->next, e);
        p->own = kc_mem_alloc(n, sizeof *p->own, e);
        p->moved = kc_mem_alloc(st->tiles, sizeof *p->moved, e);
        if (!p->lab || !p->next || !p->own || !p->moved)
            return -1;
    }
    return 0;
}

int kc_stack_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                 struct kc_best *best, size_t nbest, struct kc_err *e)
{
    struct stack st = {.s = s, .o = o};
    struct kc_pool *pool = s->ctx->pool;
    uint32_t kmax = 1;
    size_t waiting = 0;
    for (size_t i = 0; i < nruns; i++)
        kmax = runs[i].k > kmax ? runs[i].k : kmax;
    if (nruns == 0)
        return 0;
    if (stack_alloc(&st, kmax, nruns, e) != 0) {
        stack_free(&st);
        return -1;
    }
    while (waiting < nruns || st.nact) {
        while (waiting < nruns && st.nact < st.slots && (st.nact == 0 || st.cols + runs[waiting].k <= st.cap))
            admit(&st, &runs[waiting++]);
        settle(&st);
        converge(&st);
        size_t ended = finish(&st, best, nbest);
        if (st.nact) {
            kc_pool_for(pool, st.nact, unit_columns, &st);
            kc_pool_for(pool, st.tiles, pass_tile, &st);
            decide(&st);
            kc_pool_for(pool, st.nact, polish_run, &st);
            ended += finish(&st, best, nbest);
        }
        s->tick(s->tick_arg, ended);
    }
    stack_free(&st);
    return 0;
}
