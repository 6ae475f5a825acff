/* Ward's and average linkage without a matrix of distances: with cosine, both distances of two clusters follow from the
 * product of their means. Rounds of reciprocal nearest neighbours (Murtagh 1983; RAC: Sumengen et al. 2021): all
 * clusters that are each other's nearest are joined at once. Both distances are reducible: a join is no nearer to a
 * third cluster than the nearer of its two parts. So the tree is that of joining the nearest pair again and again, and
 * a cluster whose nearest neighbour was not joined keeps it.
 *
 * Here we go further than these papers. Each cluster has a list of a few near clusters, and a bound: no cluster outside
 * of the list is nearer. Reducibility keeps lists and bounds true when others are joined, and the formula of Lance and
 * Williams (1967) gives list and bound of a join from those of its parts. Only where a list no longer proves who is the
 * nearest are rows multiplied again, and only when no other pair can be joined without: by then many wait, and fewer
 * clusters are left to compare them with.
 *
 * Products are in float and only choose whom to measure: a bound of their error leaves few, which are measured in
 * double, on a grid that hides the rounding of double. So the tree depends neither on the order of the work nor on the
 * kernel. Ties go to the cluster with the earliest point, which is an order without circles: there is always a pair.
 *
 * Floor: n^2 d flops at the kernel's rate (la/product.h) for the first lists, which are half of all pairs. Multiplied
 * in all: .55 to .73 n^2 pairs on real sets of 524 to 1,870 rows, .79 to .87 n^2 on 20,000 x 768 of noisy groups, where
 * rounds without lists take 2.4 to 2.9 n^2. Two thirds of the time are in the kernel. */
#include "core/linkage/rounds.h"

#include <math.h>
#include <string.h>

#define SHARE 32 /* clusters that a thread takes at a time */

double kc_tree_grid(double v)
{
    const double fine = 17592186044416.0; /* 2^44 */
    return v > 0 ? rint(v * fine) / fine : 0;
}

float kc_rounds_below(double v)
{
    return nextafterf((float)v, -INFINITY);
}

const float *kc_rounds_mean(const struct kc_rounds *r, uint32_t id)
{
    const uint32_t slot = r->cell[id].slot;
    return slot == KC_NONE ? kc_rows_at(&r->p->rows, id) : r->means + (size_t)slot * r->p->d;
}

/* Return what turns the squared distance of two means into Ward's; 1 for average linkage. */
static double weigh_pair(const struct kc_rounds *r, double a, double b)
{
    return r->how == KC_LINKAGE_WARD ? 2 * (a * b / (a + b)) : 1;
}

/* Return the distance, by the product of the means and their squares. */
static double distance_of(const struct kc_rounds *r, const struct kc_cell *a, const struct kc_cell *b, double product)
{
    return r->how == KC_LINKAGE_WARD ?
               weigh_pair(r, a->weight, b->weight) * ((a->square + b->square) - 2 * product) :
               1 - product;
}

double kc_rounds_least(const struct kc_rounds *r, const struct kc_cell *a, const struct kc_cell *b, float product)
{
    const double most = (double)product + r->error * (double)a->norm * (double)b->norm;
    return distance_of(r, a, b, most) - KC_ROUNDING;
}

double kc_rounds_measure(const struct kc_rounds *r, uint32_t a, uint32_t b, double *wide)
{
    const size_t d = r->p->d;
    const struct kc_cell *p = &r->cell[a], *q = &r->cell[b];
    double dot;
    if (p->slot == KC_NONE && q->slot == KC_NONE) {
        const float *x = kc_rounds_mean(r, a);
        for (size_t t = 0; t < d; t++)
            wide[t] = (double)x[t];
        dot = kc_la_dot(kc_rounds_mean(r, b), wide, d);
    } else if (p->slot == KC_NONE) {
        dot = kc_la_dot(kc_rounds_mean(r, a), r->sums + (size_t)q->slot * d, d);
    } else if (q->slot == KC_NONE) {
        dot = kc_la_dot(kc_rounds_mean(r, b), r->sums + (size_t)p->slot * d, d);
    } else {
        dot = kc_la_dotd(r->sums + (size_t)p->slot * d, r->sums + (size_t)q->slot * d, d);
    }
    return kc_tree_grid(distance_of(r, p, q, dot * (p->scale * q->scale)));
}

void kc_rounds_offer(struct kc_near *list, uint8_t *n, struct kc_near x)
{
    unsigned at = *n;
    for (; at > 0 && (list[at - 1].least > x.least || (list[at - 1].least >= x.least && list[at - 1].id > x.id)); at--)
        if (at < KC_LIST)
            list[at] = list[at - 1];
    if (at < KC_LIST) {
        list[at] = x;
        *n = (uint8_t)(*n < KC_LIST ? *n + 1 : KC_LIST);
    }
}

/* Look at the list of a cluster again: find its nearest neighbour if the list proves who that is. */
static void look_at_list(struct kc_rounds *r, uint32_t id, struct kc_rounds_worker *w)
{
    struct kc_cell *c = &r->cell[id];
    struct kc_near *list = r->near + (size_t)id * KC_LIST, now[KC_LIST];
    uint8_t n = 0;
    for (unsigned i = 0; i < c->listed; i++) { /* who was listed is now in another cluster, or in this one */
        struct kc_near x = {kc_rounds_root(r, list[i].id), list[i].least};
        int have = x.id == id;
        for (unsigned j = 0; !have && j < n; j++)
            have = now[j].id == x.id; /* the first is the lower bound */
        if (!have)
            kc_rounds_offer(now, &n, x);
    }
    const uint32_t had = c->to == KC_NONE ? KC_NONE : kc_rounds_root(r, c->to); /* it need not be in the list */
    const double first = had == KC_NONE ? INFINITY : kc_rounds_measure(r, id, had, w->wide);
    uint32_t to = had;
    double nearest = first;
    for (unsigned i = 0; i < n && !((double)now[i].least > nearest); i++) {
        const double v = now[i].id == had ? first : kc_rounds_measure(r, id, now[i].id, w->wide);
        w->exact++;
        now[i].least = kc_rounds_below(v);
        if (v < nearest || (v <= nearest && r->cell[now[i].id].low < r->cell[to].low)) {
            nearest = v;
            to = now[i].id;
        }
    }
    c->listed = 0;
    for (unsigned i = 0; i < n; i++)
        if ((double)now[i].least < c->bound)
            kc_rounds_offer(list, &c->listed, now[i]);
    /* a join that is as near as the neighbour was that it holds: nobody is nearer */
    const int still = had != KC_NONE && to == had && nearest <= c->nearest;
    c->known = KC_WAITING;
    if (to != KC_NONE && (nearest < c->bound || still)) {
        c->to = to;
        c->nearest = nearest;
        c->known = KC_KNOWN;
    }
}

static void look_at_lists(void *arg, size_t at, unsigned worker)
{
    struct kc_rounds *r = arg;
    const size_t to = r->ntodo - at * SHARE < SHARE ? r->ntodo : (at + 1) * SHARE;
    for (size_t i = at * SHARE; i < to; i++)
        look_at_list(r, r->todo[i], &r->worker[worker]);
}

/* Collect the clusters of one kind in todo. */
static void collect(struct kc_rounds *r, enum kc_known known)
{
    r->ntodo = 0;
    for (size_t i = 0; i < r->nactive; i++)
        if (r->cell[r->active[i]].known == known)
            r->todo[r->ntodo++] = r->active[i];
}

/* Prepare the join of two clusters. The one with more points gives the number, so that chains of joins stay short. */
static void pair_up(struct kc_rounds *r, uint32_t a, uint32_t b)
{
    const struct kc_cell *p = &r->cell[a], *q = &r->cell[b];
    const double apart = p->nearest;
    if (q->count > p->count || (q->count == p->count && q->low < p->low)) {
        const uint32_t swap = a;
        a = b;
        b = swap;
        p = &r->cell[a];
        q = &r->cell[b];
    }
    struct kc_pair pair = {a, b, p->slot, KC_NONE, apart, apart > p->height ? apart : p->height,
                           p->weight + q->weight};
    pair.height = q->height > pair.height ? q->height : pair.height;
    if (pair.slot == KC_NONE)
        pair.slot = q->slot != KC_NONE ? q->slot : r->free_slot[--r->nfree];
    else
        pair.from = q->slot;
    r->pair[r->npairs++] = pair;
}

/* Find the clusters that are each other's nearest, by the number of the earlier one. */
static void find_pairs(struct kc_rounds *r)
{
    r->npairs = 0;
    for (size_t i = 0; i < r->nactive; i++) {
        const uint32_t a = r->active[i], b = r->cell[a].to;
        if (r->cell[a].known == KC_KNOWN && a < b && r->cell[b].known == KC_KNOWN && r->cell[b].to == a)
            pair_up(r, a, b);
    }
}

/* Prepare the join of the nearest pair. Rounding could make a circle of neighbours after all; this ends it. */
static void force_pair(struct kc_rounds *r)
{
    uint32_t best = r->active[0];
    for (size_t i = 1; i < r->nactive; i++)
        if (r->cell[r->active[i]].nearest < r->cell[best].nearest)
            best = r->active[i];
    pair_up(r, best, r->cell[best].to);
}

/* Return what the distance of the join of a and b, which are `height` apart, to a cluster of weight c is at least, if
 * they are at least p and q from it, p and q >= height. It grows with c. */
static double join_bounds(const struct kc_rounds *r, double a, double b, double height, double p, double q, double c)
{
    if (r->how == KC_LINKAGE_WARD)
        return ((a + c) * p + (b + c) * q - c * height) / (a + b + c);
    return (a * p + b * q) / (a + b);
}

/* Add the list of one of a pair to that of the join. first: the other's list comes later; else it was entered. bound:
 * is lowered to what had no place. */
static void join_list(const struct kc_rounds *r, const struct kc_pair *p, uint32_t of, uint32_t with, int first,
                      struct kc_near *list, uint8_t *n, double *bound)
{
    const struct kc_cell *c = &r->cell[of], *o = &r->cell[with];
    const double height = p->apart, beyond = o->bound > height ? o->bound : height;
    const struct kc_near *from = r->near + (size_t)of * KC_LIST, *others = r->near + (size_t)with * KC_LIST;
    for (unsigned i = 0; i < c->listed; i++) {
        const uint32_t id = kc_rounds_root(r, from[i].id);
        double mine = (double)from[i].least > height ? (double)from[i].least : height, far = beyond;
        int have = id == p->a || id == p->b;
        for (unsigned j = 0; !have && j < *n; j++)
            have = list[j].id == id;
        for (unsigned j = 0; !have && j < o->listed; j++)
            if (kc_rounds_root(r, others[j].id) == id) {
                have = !first;
                far = (double)others[j].least > height ? (double)others[j].least : height;
                break;
            }
        if (have)
            continue;
        const float least =
            kc_rounds_below(join_bounds(r, c->weight, o->weight, height, mine, far, r->cell[id].weight) - KC_ROUNDING);
        const float last = *n == KC_LIST ? list[KC_LIST - 1].least : INFINITY; /* one of the two has no place then */
        const float dropped = *n < KC_LIST ? INFINITY : least > last ? least : last;
        *bound = (double)dropped < *bound ? (double)dropped : *bound;
        kc_rounds_offer(list, n, (struct kc_near){id, least});
    }
}

/* Make the list and the bound of a join from those of its parts. */
static void join_lists(struct kc_rounds *r, const struct kc_pair *p)
{
    struct kc_cell *a = &r->cell[p->a], *b = &r->cell[p->b];
    struct kc_near list[KC_LIST];
    const double height = p->apart, beyond = a->bound > height ? a->bound : height;
    const double other = b->bound > height ? b->bound : height;
    double bound = INFINITY;
    uint8_t n = 0;
    if (a->bound < INFINITY || b->bound < INFINITY)
        bound = (double)kc_rounds_below(join_bounds(r, a->weight, b->weight, height, beyond, other, r->lightest) -
                                        KC_ROUNDING);
    join_list(r, p, p->a, p->b, 1, list, &n, &bound);
    join_list(r, p, p->b, p->a, 0, list, &n, &bound);
    memcpy(r->near + (size_t)p->a * KC_LIST, list, n * sizeof *list);
    a->listed = n;
    a->bound = bound;
}

/* Add cluster `id` to `to` (d). */
static void add_sum(const struct kc_rounds *r, uint32_t id, double *to)
{
    const struct kc_cell *c = &r->cell[id];
    const size_t d = r->p->d;
    if (c->slot == KC_NONE)
        kc_la_axpyd(to, c->weight * c->scale, kc_rounds_mean(r, id), d);
    else if (r->sums + (size_t)c->slot * d != to)
        for (size_t t = 0; t < d; t++)
            to[t] += r->sums[(size_t)c->slot * d + t];
}

/* Join the sums and the lists of a pair. Of other clusters only what does not change meanwhile is read. */
static void join_pair(void *arg, size_t at, unsigned worker)
{
    struct kc_rounds *r = arg;
    const struct kc_pair *p = &r->pair[at];
    const size_t d = r->p->d;
    struct kc_cell *a = &r->cell[p->a];
    double *sum = r->sums + (size_t)p->slot * d;
    float *mean = r->means + (size_t)p->slot * d;
    (void)worker;
    if (a->slot == KC_NONE && r->cell[p->b].slot == KC_NONE)
        memset(sum, 0, d * sizeof *sum);
    add_sum(r, p->a, sum);
    add_sum(r, p->b, sum);
    for (size_t t = 0; t < d; t++)
        mean[t] = (float)(sum[t] / p->weight);
    join_lists(r, p);
    a->square = kc_la_dotd(sum, sum, d) / p->weight / p->weight;
}

/* Enter a join that was made: from now on b is in a. */
static void enter_join(struct kc_rounds *r, const struct kc_pair *p, struct kc_join *join)
{
    struct kc_cell *a = &r->cell[p->a], *b = &r->cell[p->b];
    *join = (struct kc_join){a->low < b->low ? a->low : b->low, a->low < b->low ? b->low : a->low, p->height};
    if (p->from != KC_NONE)
        r->free_slot[r->nfree++] = p->from;
    b->into = p->a;
    b->known = KC_GONE;
    a->slot = p->slot;
    a->weight = p->weight;
    a->scale = 1 / p->weight;
    a->norm = (float)(sqrt(a->square) * 1.000001);
    a->height = p->height;
    a->count += b->count;
    a->low = join->a;
    a->to = KC_NONE;
    a->known = KC_STALE;
    a->round = r->round;
}

/* Drop the clusters that are gone from the active ones, and mark those whose neighbour was joined. */
static void mark_stale(struct kc_rounds *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->nactive; i++) {
        struct kc_cell *c = &r->cell[r->active[i]];
        if (c->known == KC_GONE)
            continue;
        if (c->known == KC_KNOWN && r->cell[kc_rounds_root(r, c->to)].round == r->round)
            c->known = KC_STALE;
        r->active[n++] = r->active[i];
    }
    r->nactive = n;
}

/* Search all pairs for the first lists: by halves, as each product serves both of its points. */
static int make_first_lists(struct kc_rounds *r, struct kc_err *e)
{
    const size_t n = r->p->n;
    const struct kc_neighbours_opts o = {.m = KC_LIST, .least = -2};
    struct kc_neighbours g;
    int rc = kc_neighbours_find(r->ctx, &r->p->rows, &o, &g, e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct kc_cell *c = &r->cell[i], far = {.weight = r->lightest, .square = 1, .norm = c->norm};
        const float *similarity = g.similarity + i * KC_LIST;
        for (uint32_t j = 0; j < g.count[i]; j++) {
            const uint32_t id = g.id[i * KC_LIST + j];
            kc_rounds_offer(r->near + i * KC_LIST, &c->listed,
                            (struct kc_near){id, kc_rounds_below(kc_rounds_least(r, c, &r->cell[id], similarity[j]))});
        }
        if (n - 1 > KC_LIST) /* the lightest point, as similar as the last of the list, would be as near as this */
            c->bound = (double)kc_rounds_below(kc_rounds_least(r, c, &far, similarity[KC_LIST - 1]));
        c->known = KC_STALE;
    }
    r->report->products += (uint64_t)n * (n - 1) / 2;
    kc_neighbours_free(&g);
    return rc;
}

/* Make a cluster of each point. */
static void begin_points(struct kc_rounds *r)
{
    const struct kc_points *p = r->p;
    const size_t n = p->n, d = p->d;
    r->lightest = INFINITY;
    for (size_t i = 0; i < n; i++) {
        struct kc_cell c = {.weight = p->weight ? p->weight[i] : 1, .square = 1, .nearest = 0, .bound = INFINITY,
                            .norm = 1.000001F, .to = KC_NONE, .low = (uint32_t)i, .count = 1, .slot = KC_NONE,
                            .into = (uint32_t)i, .known = KC_WAITING};
        if (p->sums) {
            double *sum = r->sums + i * d;
            memcpy(sum, p->sums + i * d, d * sizeof *sum);
            for (size_t t = 0; t < d; t++)
                r->means[i * d + t] = (float)(sum[t] / c.weight);
            c.slot = (uint32_t)i;
            c.scale = 1 / c.weight;
            c.square = kc_la_dotd(sum, sum, d) / c.weight / c.weight;
            c.norm = (float)(sqrt(c.square) * 1.000001);
        } else {
            c.scale = 1 / kc_la_length(kc_rows_at(&p->rows, i), d);
        }
        r->lightest = c.weight < r->lightest ? c.weight : r->lightest;
        r->cell[i] = c;
        r->active[i] = (uint32_t)i;
    }
    r->nactive = n;
    for (size_t i = 0; !p->sums && i < r->slots; i++)
        r->free_slot[r->nfree++] = (uint32_t)(r->slots - 1 - i);
}

/* Join pairs until one cluster is left. */
static void join_all(struct kc_rounds *r, struct kc_join *joins)
{
    for (size_t done = 0; r->nactive > 1;) {
        collect(r, KC_STALE);
        kc_pool_for(r->ctx->pool, r->ntodo / SHARE + (r->ntodo % SHARE != 0), look_at_lists, r);
        find_pairs(r);
        if (r->npairs == 0) {
            collect(r, KC_WAITING);
            if (r->ntodo > 0) {
                r->report->searches += r->ntodo;
                kc_rounds_search(r);
                find_pairs(r);
            }
            if (r->npairs == 0)
                force_pair(r);
        }
        r->round++;
        kc_pool_for(r->ctx->pool, r->npairs, join_pair, r);
        for (size_t i = 0; i < r->npairs; i++)
            enter_join(r, &r->pair[i], &joins[done++]);
        mark_stale(r);
    }
}

/* List the memory. */
static void plan_rounds(struct kc_plan *plan, struct kc_rounds *r, size_t n, size_t d, int cells, unsigned threads)
{
    r->slots = cells ? n : n / 2;
    KC_PLAN(plan, r->cell, n, KC_PLAN_ZEROED);
    KC_PLAN(plan, r->near, kc_mem_mul(n, KC_LIST), KC_PLAN_PLAIN);
    KC_PLAN(plan, r->active, n, KC_PLAN_PLAIN);
    KC_PLAN(plan, r->todo, n, KC_PLAN_PLAIN);
    KC_PLAN(plan, r->pair, n / 2 + 1, KC_PLAN_PLAIN);
    KC_PLAN(plan, r->sums, kc_mem_mul(r->slots, d), KC_PLAN_ALIGNED);
    KC_PLAN(plan, r->means, kc_mem_mul(r->slots, d), KC_PLAN_ALIGNED);
    KC_PLAN(plan, r->free_slot, r->slots, KC_PLAN_PLAIN);
    KC_PLAN(plan, r->query_rows, kc_mem_mul(KC_QUERIES, d), KC_PLAN_ALIGNED);
    KC_PLAN(plan, r->query, KC_QUERIES, KC_PLAN_PLAIN);
    KC_PLAN(plan, r->worker, threads, KC_PLAN_ZEROED);
}

/* List the memory of a thread. */
static void plan_worker(struct kc_plan *plan, struct kc_rounds_worker *w, size_t d)
{
    KC_PLAN(plan, w->wide, d, KC_PLAN_ALIGNED);
    KC_PLAN(plan, w->out, (size_t)KC_QUERIES * KC_LA_TILE, KC_PLAN_ALIGNED);
    KC_PLAN(plan, w->scratch, KC_LA_SCRATCH, KC_PLAN_ALIGNED);
    KC_PLAN(plan, w->near, KC_QUERIES * KC_LIST, KC_PLAN_PLAIN);
    KC_PLAN(plan, w->listed, KC_QUERIES, KC_PLAN_PLAIN);
    KC_PLAN(plan, w->nearest, KC_QUERIES, KC_PLAN_PLAIN);
    KC_PLAN(plan, w->to, KC_QUERIES, KC_PLAN_PLAIN);
}

uint64_t kc_rounds_bytes(size_t n, size_t d, int cells, unsigned threads)
{
    struct kc_rounds r;
    struct kc_rounds_worker w;
    struct kc_plan plan = {.n = 0}, one = {.n = 0};
    const struct kc_neighbours_opts o = {.m = KC_LIST, .least = -2};
    plan_rounds(&plan, &r, n, d, cells, threads);
    plan_worker(&one, &w, d);
    const uint64_t all = kc_plan_bytes(&plan), each = kc_plan_bytes(&one);
    const uint64_t first = cells ? 0 : kc_neighbours_bytes(n, d, &o, threads);
    return each > UINT64_MAX / 4 / threads || all > UINT64_MAX / 4 ? UINT64_MAX : all + threads * each + first;
}

/* Return the error of a product in float of two means, as a share of their lengths: each of d fused multiply-adds is
 * off by 2^-24 of its result at most (Higham 2002, 3.1), means are rounded to float, and rows are unit to 1e-6. */
static double bound_error(size_t d)
{
    const double u = ((double)d + 8) / 16777216;
    return u < 0.5 ? 1.001 * u / (1 - u) + 2e-6 : 1;
}

/* Allocate and free what the threads share, and what each works with. These are not inlined: a plan is large, and the
 * stack may be small while the tree is built. */
static __attribute__((noinline)) int hold_memory(struct kc_rounds *r, unsigned threads, struct kc_err *e)
{
    struct kc_plan plan = {.n = 0};
    plan_rounds(&plan, r, r->p->n, r->p->d, r->p->sums != NULL, threads);
    return kc_plan_alloc(&plan, e);
}

static __attribute__((noinline)) void drop_memory(struct kc_rounds *r, unsigned threads)
{
    struct kc_plan plan = {.n = 0};
    plan_rounds(&plan, r, r->p->n, r->p->d, r->p->sums != NULL, threads);
    kc_plan_free(&plan);
}

static __attribute__((noinline)) int prepare_workers(struct kc_rounds *r, unsigned threads, struct kc_err *e)
{
    for (unsigned i = 0; i < threads; i++) {
        struct kc_plan one = {.n = 0};
        plan_worker(&one, &r->worker[i], r->p->d);
        if (kc_plan_alloc(&one, e) != 0)
            return -1; /* the pointers of this one and of those that follow are NULL */
    }
    return 0;
}

static __attribute__((noinline)) void free_workers(struct kc_rounds *r, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++) {
        struct kc_plan one = {.n = 0};
        plan_worker(&one, &r->worker[i], r->p->d);
        kc_plan_free(&one);
    }
}

/* Build the tree in what was allocated. */
static int build_tree(struct kc_rounds *r, struct kc_join *joins, struct kc_err *e)
{
    const struct kc_points *p = r->p;
    begin_points(r);
    if (!p->sums && p->n > 1 && make_first_lists(r, e) != 0)
        return -1;
    join_all(r, joins);
    if (r->how == KC_LINKAGE_WARD) /* distances are compared by squares, which are cheaper */
        for (size_t i = 0; i + 1 < p->n; i++)
            joins[i].height = sqrt(joins[i].height);
    r->report->rounds = r->round;
    for (unsigned i = 0; i < kc_pool_threads(r->ctx->pool); i++)
        r->report->exact += r->worker[i].exact;
    return 0;
}

int kc_tree_rounds(const struct kc_ctx *ctx, const struct kc_points *p, enum kc_linkage how, struct kc_join *joins,
                   struct kc_tree_report *report, struct kc_err *e)
{
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct kc_rounds r = {.ctx = ctx, .p = p, .how = how, .error = bound_error(p->d), .report = report};
    *report = (struct kc_tree_report){0};
    const int rc = hold_memory(&r, threads, e) == 0 && prepare_workers(&r, threads, e) == 0 ?
                       build_tree(&r, joins, e) : -1;
    if (r.worker)
        free_workers(&r, threads);
    drop_memory(&r, threads);
    return rc;
}
