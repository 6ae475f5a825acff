/* k-means on the rows themselves, for any n. The centroids of all unfinished runs are stacked into one tall matrix,
 * and one pass over the rows serves them all: a pass for a single k of 8 is bound by memory, one for 500 columns by
 * the FMA units. A run's course does not depend on what is stacked beside it, as each product is a chain of its own
 * (la/product.h).
 *
 * Late passes are cheap. Each row keeps, for each run, how much nearer its own centroid was than the next best one,
 * less what the centroids have moved since (one bound a row, Hamerly 2010, on the chord distance sqrt(2 - 2 s),
 * which obeys the triangle inequality). While that is positive its label cannot change, and the row is skipped: the
 * other rows of a strip are gathered and multiplied with that run's columns alone. The rounding of the products is
 * taken off the bound, so the labels are those of full passes, bit for bit. Departure from Hamerly's and Elkan's loops
 * over single rows: these lose to a blocked product on dense embeddings.
 *
 * Cluster sums are kept in double, on a lattice that makes them exact (base/lattice.h), and changed by the moved rows
 * only, cut by dimension. Beside heavy rows one lattice would drown light ones: with weights the sums have two parts.
 * Rows that do not lie in memory are read a span at a time, and a pass does all its work on a span before the next.
 * Floor of a full pass: 2 n d columns flops; of the first sums: n d runs additions. */
#include "core/kmeans/stack.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"

#define ROUNDS 50 /* most rounds of single-row moves */
#define SPAN_BYTES ((size_t)32 << 20) /* bytes of rows read at a time */

/* Return the most runs in the stack at a time. */
static size_t count_slots(size_t n, size_t d)
{
    /* A slot holds four words a row. Let the slots take up to an eighth of the rows' own bytes, or 16 MiB. */
    size_t by_rows = d / 32, by_floor = ((size_t)16 << 20) / (16 * n + 1);
    size_t m = by_rows > by_floor ? by_rows : by_floor;
    return m < 4 ? 4 : m > KC_STACK_SLOTS ? KC_STACK_SLOTS : m;
}

/* Return the tiles of a strip: long enough that the few rows left late in a run fill a vector, short enough that the
 * threads get equal shares. */
static size_t choose_strip(size_t n)
{
    return n < 50000 ? KC_STACK_STRIP / 2 : KC_STACK_STRIP;
}

static size_t count_span_rows(size_t n, size_t d, int in_memory)
{
    size_t strip = KC_STACK_LONG, m = SPAN_BYTES / (d * sizeof(float)) / strip * strip;
    m = m < strip ? strip : m;
    return in_memory || m > n ? n : m;
}

uint32_t kc_stack_block_count(uint32_t k)
{
    return k < KC_STACK_BLOCKED ? 0 : k / (uint32_t)KC_LA_LANES + (k % KC_LA_LANES != 0);
}

/* Return the number of bounds for column blocks that the runs in the stack can need at once. */
static size_t count_planes(uint32_t kmax, size_t cap, size_t nruns)
{
    return nruns == 1 || kmax < KC_STACK_BLOCKED ? kc_stack_block_count(kmax)
                                                 : cap / KC_LA_LANES + cap / KC_STACK_BLOCKED;
}

/* Set what the stack is cut to: rows and columns at a time, runs, bounds. each: the rows of a rank, about; n if there
 * is only one. All ranks must come to as many runs at a time. */
static void measure_stack(struct kc_stack *st, size_t n, size_t each, size_t d, int in_memory, uint32_t kmax,
                          size_t nruns)
{
    size_t slots = count_slots(each, d);
    st->tiles = kc_la_tiles(n);
    st->strip = choose_strip(n);
    st->span = count_span_rows(n, d, in_memory);
    st->cap = kmax > KC_TILE_COLUMNS ? kmax : KC_TILE_COLUMNS;
    st->slots = slots < nruns ? slots : nruns;
    st->planes = count_planes(kmax, st->cap, nruns);
}

/* List the memory of a measured stack. */
static void plan_stack(struct kc_plan *p, struct kc_stack *st, size_t n, size_t d, int in_memory, int weighted,
                       uint32_t kmax, size_t threads)
{
    const size_t rows = kc_mem_mul(st->slots, n);
    /* By column, and scratch by thread. */
    KC_PLAN(p, st->sum, kc_mem_mul(st->cap, d), KC_PLAN_ALIGNED);
    if (weighted) {
        KC_PLAN(p, st->high, kc_mem_mul(st->cap, d), KC_PLAN_ALIGNED);
        KC_PLAN(p, st->low, kc_mem_mul(st->cap, d), KC_PLAN_ALIGNED);
    }
    KC_PLAN(p, st->row, d, KC_PLAN_PLAIN);
    KC_PLAN(p, st->nn, st->cap, KC_PLAN_PLAIN);
    KC_PLAN(p, st->partner, kmax, KC_PLAN_PLAIN);
    KC_PLAN(p, st->len, st->cap, KC_PLAN_PLAIN);
    KC_PLAN(p, st->cnt, st->cap, KC_PLAN_PLAIN);
    KC_PLAN(p, st->unit, kc_mem_mul(st->cap, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, st->shift, st->cap, KC_PLAN_PLAIN);
    KC_PLAN(p, st->need, st->cap, KC_PLAN_PLAIN);
    KC_PLAN(p, st->scratch, threads * KC_LA_SCRATCH, KC_PLAN_ALIGNED);
    KC_PLAN(p, st->out, threads * KC_LA_TILE * KC_TILE_COLUMNS, KC_PLAN_ALIGNED);
    KC_PLAN(p, st->flops, threads, KC_PLAN_ZEROED);
    if (!in_memory)
        KC_PLAN(p, st->read, kc_mem_mul(st->span, d), KC_PLAN_ALIGNED);
    /* By run and row. */
    KC_PLAN(p, st->act, st->slots, KC_PLAN_ZEROED);
    KC_PLAN(p, st->all.lab, rows, KC_PLAN_PLAIN);
    KC_PLAN(p, st->all.next, rows, KC_PLAN_PLAIN);
    KC_PLAN(p, st->all.own, rows, KC_PLAN_PLAIN);
    KC_PLAN(p, st->all.gap, rows, KC_PLAN_PLAIN);
    KC_PLAN(p, st->all.moved, kc_mem_mul(st->slots, st->tiles), KC_PLAN_PLAIN);
    if (st->planes == 0)
        return;
    /* For runs with column blocks. */
    KC_PLAN(p, st->plane, st->planes, KC_PLAN_PLAIN);
    KC_PLAN(p, st->all.plane, kc_mem_mul(st->planes, n), KC_PLAN_PLAIN);
    KC_PLAN(p, st->best, threads * KC_STACK_LONG, KC_PLAN_PLAIN);
    KC_PLAN(p, st->at, threads * KC_STACK_LONG, KC_PLAN_PLAIN);
    KC_PLAN(p, st->ids, threads * 3 * KC_STACK_LONG, KC_PLAN_PLAIN);
    KC_PLAN(p, st->near, threads * KC_STACK_LONG, KC_PLAN_PLAIN);
    KC_PLAN(p, st->packed, kc_mem_mul(st->planes, KC_LA_LANES * d), KC_PLAN_ALIGNED);
    KC_PLAN(p, st->all.far, kc_mem_mul(st->slots, st->planes), KC_PLAN_PLAIN);
    KC_PLAN(p, st->all.place, kc_mem_mul(st->slots, kmax), KC_PLAN_PLAIN);
}

uint64_t kc_stack_bytes(size_t n, size_t d, int in_memory, int weighted, uint32_t kmax, size_t nruns,
                        unsigned threads)
{
    struct kc_stack st;
    struct kc_plan plan = {.n = 0};
    measure_stack(&st, n, n, d, in_memory, kmax, nruns);
    plan_stack(&plan, &st, n, d, in_memory, weighted, kmax, threads);
    return kc_plan_bytes(&plan);
}

/* Give each slot, and each plane, its part of the memory. */
static void share_memory(struct kc_stack *st, size_t n, uint32_t kmax)
{
    for (size_t i = 0; i < st->slots; i++) {
        struct kc_active *p = &st->act[i];
        p->lab = st->all.lab + i * n;
        p->next = st->all.next + i * n;
        p->own = st->all.own + i * n;
        p->gap = st->all.gap + i * n;
        p->moved = st->all.moved + i * st->tiles;
        if (st->planes) {
            p->far = st->all.far + i * st->planes;
            p->place = st->all.place + i * kmax;
        }
    }
    for (size_t i = 0; i < st->planes; i++)
        st->plane[i] = st->all.plane + i * n;
}

int kc_stack_alloc(struct kc_stack *st, struct kc_err *e)
{
    const struct kc_space *s = st->s;
    plan_stack(&st->plan, st, s->n, s->d, s->rows.x != NULL, s->w != NULL, st->kmax, kc_pool_threads(s->ctx->pool));
    if (kc_plan_alloc(&st->plan, e) != 0)
        return -1;
    share_memory(st, s->n, st->kmax);
    return 0;
}

/* Take the runs that are done, and their columns, out of the stack. */
static void remove_done_runs(struct kc_stack *st)
{
    size_t d = st->s->d, keep = 0;
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        uint32_t k = p->run->k;
        if (p->done) {
            kc_stack_release(st, p);
            size_t end = p->col + k, left = st->cols - end;
            memmove(st->sum + p->col * d, st->sum + end * d, left * d * sizeof *st->sum);
            if (st->low) {
                memmove(st->high + p->col * d, st->high + end * d, left * d * sizeof *st->high);
                memmove(st->low + p->col * d, st->low + end * d, left * d * sizeof *st->low);
            }
            memmove(st->unit + p->col * d, st->unit + end * d, left * d * sizeof *st->unit);
            memmove(st->nn + p->col, st->nn + end, left * sizeof *st->nn);
            memmove(st->len + p->col, st->len + end, left * sizeof *st->len);
            memmove(st->cnt + p->col, st->cnt + end, left * sizeof *st->cnt);
            st->cols -= k;
            for (size_t b = a + 1; b < st->nact; b++)
                st->act[b].col -= k;
        } else {
            struct kc_active t = st->act[keep]; /* swap, so that every slot keeps its buffers */
            st->act[keep++] = *p;
            if (keep - 1 != a)
                *p = t;
        }
    }
    st->nact = keep;
}

/* Put a run into the stack, after the others. */
static void admit_run(struct kc_stack *st, const struct kc_run *run)
{
    const struct kc_space *s = st->s;
    struct kc_active *p = &st->act[st->nact++];
    p->run = run;
    p->col = st->cols;
    st->cols += run->k;
    p->mode = LLOYD;
    p->polish = run->polish && run->k <= KC_STACK_POLISH;
    for (p->blocks = 0; p->blocks < kc_stack_block_count(run->k); p->blocks++)
        p->far[p->blocks] = st->plane[st->used++];
    if (p->blocks && run->centres)
        kc_stack_order(run->centres, run->k, s->d, p->place, st->sum + p->col * s->d); /* the sums are not in use yet */
    p->fresh = 1;
    p->from_start = run->seeds != NULL || run->centres != NULL;
    p->fill = !p->from_start;
    p->done = 0;
    p->iter = 0;
    p->rounds = 0;
    p->last = p->gained = 0;
    for (size_t i = 0; i < s->n; i++)
        p->lab[i] = KC_NONE;
    if (p->fill) {
        memcpy(p->next, run->labels, s->n * sizeof *p->next);
        for (size_t i = 0; i < s->n; i++)
            p->own[i] = 1.0f;
    }
    for (size_t t = 0; t < st->tiles; t++)
        p->moved[t] = 1;
    memset(st->sum + p->col * s->d, 0, (size_t)run->k * s->d * sizeof *st->sum);
    if (st->low) {
        memset(st->high + p->col * s->d, 0, (size_t)run->k * s->d * sizeof *st->high);
        memset(st->low + p->col * s->d, 0, (size_t)run->k * s->d * sizeof *st->low);
    }
    memset(st->cnt + p->col, 0, run->k * sizeof *st->cnt);
    memset(st->nn + p->col, 0, run->k * sizeof *st->nn);
}

static void compute_norm(void *arg, size_t c, unsigned worker)
{
    struct kc_stack *st = arg;
    const double *v = st->sum + c * st->s->d;
    (void)worker;
    st->nn[c] = kc_la_dotd(v, v, st->s->d);
    st->len[c] = (float)sqrt(st->nn[c]);
}

/* Compute all rows' similarities to their present centroids: those of rows that passes have skipped are old. */
static void refresh_own_similarities(struct kc_stack *st, struct kc_active *p)
{
    size_t n = st->s->n, d = st->s->d;
    for (uint32_t c = 0; c < p->run->k; c++) {
        const double *v = st->sum + (p->col + c) * d;
        st->nn[p->col + c] = kc_la_dotd(v, v, d);
    }
    for (size_t i0 = 0; i0 < n; i0 += KC_LA_TILE) {
        size_t rows = n - i0 < KC_LA_TILE ? n - i0 : KC_LA_TILE;
        const float *row[KC_LA_TILE];
        kc_rows_get(&st->s->rows, i0, rows, st->read, row); /* between walks the span's buffer is free */
        for (size_t r = 0; r < rows; r++) {
            size_t c = p->col + p->lab[i0 + r];
            p->own[i0 + r] = (float)(kc_la_dot(row[r], st->sum + c * d, d) / sqrt(st->nn[c] > 0 ? st->nn[c] : 1));
        }
    }
}

/* Set *row to that of the rank with the largest cost; of equal costs to the first row. */
static int choose_costliest(struct kc_team *team, double cost, uint64_t *row, struct kc_err *e)
{
    const double number = cost + 0.0; /* (there is one zero) */
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    const uint64_t order = ~(bits >> 63 ? ~bits : bits | UINT64_C(1) << 63); /* rises as the cost falls */
    uint64_t least = order;
    if (kc_team_least(team, &least, 1, e) != 0)
        return -1;
    *row = order == least ? *row : UINT64_MAX;
    return kc_team_least(team, row, 1, e);
}

/* Find the row that is least like its own centroid, of clusters of at least two, over all ranks. *row: its number among
 * all; UINT64_MAX: there is none. *here: its place on this rank; s->n: it is another's. */
static int find_worst_row(struct kc_stack *st, const struct kc_active *p, uint64_t *row, size_t *here, struct kc_err *e)
{
    const struct kc_space *s = st->s;
    size_t worst = s->n;
    for (size_t i = 0; i < s->n; i++)
        if (st->cnt[p->col + p->lab[i]] > 1 &&
            (worst == s->n || kc_space_worse(s, i, p->own[i], worst, p->own[worst])))
            worst = i;
    *row = worst == s->n ? UINT64_MAX : worst;
    *here = worst;
    if (!kc_space_team(s))
        return 0;
    *row = worst == s->n ? UINT64_MAX : kc_rows_number(&s->rows, worst);
    /* what it costs the objective; without weights, as compared above: by similarity */
    const double cost = worst == s->n ? -INFINITY :
                        s->w ? s->w[worst] * (1 - (double)p->own[worst]) : -(double)p->own[worst];
    const uint64_t mine = *row;
    if (choose_costliest(kc_space_team(s), cost, row, e) != 0)
        return -1;
    *here = mine == *row ? worst : s->n;
    return 0;
}

/* Copy the row that this rank has at `here`, if it has it, to every rank: x, its weight m, and the cluster that it is
 * in. */
static int copy_row(struct kc_stack *st, const struct kc_active *p, size_t here, const float **x, double *m,
                    uint32_t *from, struct kc_err *e)
{
    struct kc_team *team = kc_space_team(st->s);
    float *buf = st->row;
    *from = 0;
    *m = 0;
    if (here < st->s->n) {
        *from = p->lab[here];
        *m = kc_space_weight(st->s, here);
        kc_rows_get(&st->s->rows, here, 1, st->read, x);
    }
    if (!team)
        return 0;
    if (here < st->s->n)
        memcpy(buf, *x, st->s->d * sizeof *buf);
    else
        memset(buf, 0, st->s->d * sizeof *buf);
    *x = buf;
    return kc_team_union(team, buf, st->s->d * sizeof *buf, e) != 0 || kc_team_union(team, m, sizeof *m, e) != 0 ?
               -1 : kc_team_union(team, from, sizeof *from, e);
}

/* Give each empty cluster the row that is least like its own centroid, from a cluster of at least two. */
static int reseed_empty_clusters(struct kc_stack *st, struct kc_active *p, struct kc_err *e)
{
    int looked = 0;
    for (uint32_t c = 0; c < p->run->k; c++) {
        uint64_t row;
        uint32_t from;
        size_t worst;
        const float *x = NULL;
        double m = 1;
        if (st->cnt[p->col + c] != 0)
            continue;
        if (!looked)
            refresh_own_similarities(st, p);
        looked = 1;
        if (find_worst_row(st, p, &row, &worst, e) != 0)
            return -1;
        if (row == UINT64_MAX)
            return 0;
        if (copy_row(st, p, worst, &x, &m, &from, e) != 0)
            return -1;
        kc_stack_move_sums(st, p, m, x, from, c);
        if (worst == st->s->n)
            continue;
        kc_stack_move_label(p, worst, c);
        p->own[worst] = 1.0f;
    }
    return 0;
}

static double compute_objective(const struct kc_stack *st, const struct kc_active *p)
{
    double sum = 0;
    for (uint32_t c = 0; c < p->run->k; c++)
        sum += sqrt(st->nn[p->col + c]);
    return sum;
}

static void join_column(void *arg, size_t c, unsigned worker)
{
    (void)worker;
    kc_stack_join_parts(arg, c);
}

/* Go over all rows, and bring the sums of all ranks together: the first one has them from the passes before, the others
 * only what they add. */
static int walk_rows(struct kc_stack *st, int filling, struct kc_err *e)
{
    struct kc_team *team = kc_space_team(st->s);
    const size_t n = st->cols * st->s->d;
    if (kc_team_rank(team) > 0) {
        memset(st->low ? st->high : st->sum, 0, n * sizeof *st->sum);
        memset(st->cnt, 0, st->cols * sizeof *st->cnt);
        if (st->low)
            memset(st->low, 0, n * sizeof *st->low);
    }
    kc_stack_walk(st, filling);
    kc_team_count_pass(team);
    if (kc_team_sum(team, st->low ? st->high : st->sum, n, e) != 0 ||
        (st->low && kc_team_sum(team, st->low, n, e) != 0) || kc_team_count(team, st->cnt, st->cols, e) != 0)
        return -1;
    if (st->low)
        kc_pool_for(st->s->ctx->pool, st->cols, join_column, st);
    return 0;
}

/* Compute the sums of runs that start from labels, reseed empty clusters, and compute the norms of all columns. */
static int complete_sums(struct kc_stack *st, struct kc_err *e)
{
    int fill = 0;
    for (size_t a = 0; a < st->nact; a++)
        fill |= st->act[a].fill;
    if (fill && walk_rows(st, 1, e) != 0)
        return -1;
    for (size_t a = 0; a < st->nact; a++) {
        st->act[a].fill = 0;
        if (!st->act[a].from_start && reseed_empty_clusters(st, &st->act[a], e) != 0)
            return -1;
    }
    kc_pool_for(st->s->ctx->pool, st->cols, compute_norm, st);
    return 0;
}

/* End Lloyd's iterations of a run: it is done, or continues with single-row moves. */
static void end_lloyd(struct kc_stack *st, struct kc_active *p)
{
    p->done = !p->polish;
    p->mode = POLISH;
    if (p->polish && p->blocks)
        kc_stack_join(st, p);
}

/* Decide what each run does after a pass. */
static int advance_runs(struct kc_stack *st, struct kc_err *e)
{
    uint64_t moved[KC_STACK_SLOTS] = {0};
    for (size_t a = 0; a < st->nact; a++)
        for (size_t t = 0; t < st->tiles; t++)
            moved[a] += st->act[a].moved[t];
    if (kc_team_count(kc_space_team(st->s), moved, st->nact, e) != 0)
        return -1;
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        p->fresh = 0;
        p->exact = p->mode == LLOYD;
        st->dense_flops += 2 * (uint64_t)st->s->n * st->s->d * p->run->k;
        if (p->mode == POLISH) {
            p->rounds++;
            p->done = p->gained <= st->o->tol * compute_objective(st, p) || p->rounds >= ROUNDS;
            p->gained = 0;
            continue;
        }
        if (p->from_start) {
            p->from_start = 0;
            continue;
        }
        p->iter++;
        if (moved[a] == 0)
            end_lloyd(st, p);
    }
    return 0;
}

/* End the iterations of runs whose objective has stopped growing, or that have had max_iter of them. */
static void end_converged_runs(struct kc_stack *st)
{
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        if (p->mode == POLISH || p->from_start)
            continue;
        double obj = compute_objective(st, p);
        if (p->iter >= st->o->max_iter || (p->iter > 0 && obj - p->last <= st->o->tol * obj)) {
            end_lloyd(st, p);
        }
        p->last = obj;
    }
}

/* Keep the run's columns in `to`, and mark the rows whose labels the bounds do not prove. */
static void keep_centres(const struct kc_stack *st, const struct kc_active *p, struct kc_best *to)
{
    to->exact = p->exact;
    memcpy(to->centres, st->unit + p->col * st->s->d, (size_t)p->run->k * st->s->d * sizeof *to->centres);
    for (size_t i = 0; i < st->s->n; i++) {
        int sure = p->blocks ? 1 : p->gap[i] > 0;
        for (size_t g = 0; g < p->blocks && sure; g++)
            sure = p->gap[i] < p->far[g][i];
        if (!sure)
            to->own[i] = KC_UNSURE;
    }
}

/* Offer the runs that are done and take them out of the stack. Returns how many ended. */
static size_t offer_done_runs(struct kc_stack *st, struct kc_best *best, size_t nbest)
{
    size_t ended = 0;
    for (size_t a = 0; a < st->nact; a++) {
        struct kc_active *p = &st->act[a];
        if (p->done && p->from_start) { /* time was up before it had labels */
            ended++;
        } else if (p->done) {
            struct kc_best *kept = kc_best_offer(best, nbest, st->s->n, p->run, p->lab, p->own,
                                                 compute_objective(st, p), p->run->spent + p->iter);
            if (kept && p->run->k > 1)
                kc_agglomerate_pair(st->s, st->sum + p->col * st->s->d, st->nn + p->col, p->run->k, st->partner,
                                    kept->merge);
            if (kept && kept->centres && p->fresh)
                kept->exact = 0; /* time was up before a pass */
            else if (kept && kept->centres)
                keep_centres(st, p, kept);
            ended++;
            st->offered++;
        }
    }
    if (ended)
        remove_done_runs(st);
    return ended;
}

/* Take a step between two passes, with the counters up to date. Returns 1 if time is up, -1 after a failure. */
static int take_step(struct kc_stack *st, struct kc_err *e)
{
    struct kc_work *work = st->s->work;
    for (unsigned i = 0; work && i < kc_pool_threads(st->s->ctx->pool); i++) {
        work->flops += st->flops[i];
        st->flops[i] = 0;
    }
    if (work)
        work->dense_flops += st->dense_flops;
    st->dense_flops = 0;
    return st->o->keep ? kc_steps_at(st->s->steps, e) : kc_steps_late(st->s->steps, e);
}

/* End all runs because time is up: those with labels keep them, the others are left out. Does nothing if there
 * would be no partition at all: then one more pass is made. */
static void end_all_runs(struct kc_stack *st)
{
    size_t ready = 0;
    for (size_t a = 0; a < st->nact; a++) {
        st->act[a].done = !st->act[a].from_start;
        ready += st->act[a].done ? 1u : 0u;
    }
    if (ready + st->offered == 0)
        return;
    st->waiting = st->nruns;
    st->s->steps->cut = 1;
    for (size_t a = 0; a < st->nact; a++)
        st->act[a].done = 1; /* those without labels are not offered, see offer_done_runs */
}

int kc_stack_run(const struct kc_space *s, const struct kc_run *runs, size_t nruns, const struct kc_run_opts *o,
                 struct kc_best *best, size_t nbest, struct kc_err *e)
{
    struct kc_stack st = {.s = s, .o = o, .runs = runs, .nruns = nruns, .lattice = kc_space_lattice(s)};
    struct kc_steps *steps = o->keep ? s->steps : NULL;
    struct kc_frame frame = {kc_stack_visit, &st, NULL};
    int rc = -1, late;
    for (size_t i = 0; i < nruns; i++)
        st.kmax = runs[i].k > st.kmax ? runs[i].k : st.kmax;
    if (nruns == 0)
        return 0;
    struct kc_team *team = kc_space_team(s);
    const size_t ranks = kc_team_size(team);
    measure_stack(&st, s->n, ((size_t)kc_space_all(s) + ranks - 1) / ranks, s->d, s->rows.x != NULL, st.kmax, nruns);
    if (!kc_steps_resuming(steps) && kc_stack_alloc(&st, e) != 0)
        return -1;
    const enum kc_sent_for before = kc_team_send_for(team, KC_SENT_PASSES);
    if (kc_steps_enter(steps, &frame, e) < 0)
        goto out;
    while (st.waiting < nruns || st.nact) {
        if ((late = take_step(&st, e)) < 0)
            goto out;
        while (st.waiting < nruns && st.nact < st.slots && (st.nact == 0 || st.cols + runs[st.waiting].k <= st.cap))
            admit_run(&st, &runs[st.waiting++]);
        if (complete_sums(&st, e) != 0)
            goto out;
        end_converged_runs(&st);
        if (late)
            end_all_runs(&st);
        size_t ended = offer_done_runs(&st, best, nbest);
        if (st.nact) {
            kc_stack_prepare(&st);
            if (walk_rows(&st, 0, e) != 0 || advance_runs(&st, e) != 0)
                goto out;
            ended += offer_done_runs(&st, best, nbest);
        }
        if (kc_rows_failed(&s->rows, e) != 0)
            goto out;
        if (s->tick)
            s->tick(s->tick_arg, ended);
    }
    rc = take_step(&st, e) < 0 ? -1 : 0;
out:
    kc_team_send_for(team, before);
    kc_steps_leave(steps, &frame);
    kc_plan_free(&st.plan);
    return rc;
}
