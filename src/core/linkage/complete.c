/* Complete linkage: the distance of two clusters is that of one pair of their rows, which no sums tell. So all
 * distances are kept, n (n - 1) / 2 floats, computed in double. A chain from cluster to nearest cluster (Murtagh 1983)
 * ends at two that are each other's nearest; they are joined, and the chain goes on from what is left of it. Each step
 * looks through the distances of one cluster, and there are at most 3 n steps. */
#include <math.h>
#include <string.h>
#include "base/plan.h"
#include "core/linkage/tree.h"

#define COLUMNS ((size_t)64) /* rows that a tile is multiplied with at a time */

/* What a thread works with. */
struct worker {
    double *columns; /* (COLUMNS, d) */
    double *out;     /* (COLUMNS, KC_LA_TILE) */
    char *scratch;   /* KC_LA_SCRATCH */
};

struct chaining {
    const struct kc_points *p;
    float *distance;  /* (n (n - 1) / 2) of i > j: i (i - 1) / 2 + j */
    double *inverse;  /* (n) of the rows' lengths */
    uint32_t *low;    /* (n) the earliest point of each cluster */
    uint32_t *active; /* (nactive) the clusters, ascending */
    size_t nactive;
    uint32_t *chain;  /* (n) */
    struct worker *worker;
};

static float *get_distance(const struct chaining *c, uint32_t a, uint32_t b)
{
    const size_t i = a > b ? a : b, j = a > b ? b : a;
    return &c->distance[i * (i - 1) / 2 + j];
}

/* Compute the distances of a tile of rows to all rows before them. */
static void measure_tile(void *arg, size_t at, unsigned worker)
{
    const struct chaining *c = arg;
    const struct worker *w = &c->worker[worker];
    const size_t n = c->p->n, d = c->p->d, tiles = kc_la_tiles(n);
    const size_t from = (tiles - 1 - at) * KC_LA_TILE, rows = n - from < KC_LA_TILE ? n - from : KC_LA_TILE;
    const float *row[KC_LA_TILE];
    for (size_t r = 0; r < rows; r++)
        row[r] = kc_rows_at(&c->p->rows, from + r);
    for (size_t j = 0; j < from + rows; j += COLUMNS) {
        const size_t cols = from + rows - j < COLUMNS ? from + rows - j : COLUMNS;
        for (size_t i = 0; i < cols; i++) {
            const float *x = kc_rows_at(&c->p->rows, j + i);
            for (size_t t = 0; t < d; t++)
                w->columns[i * d + t] = (double)x[t] * c->inverse[j + i];
        }
        kc_la_productd(row, rows, d, w->columns, cols, w->out, KC_LA_TILE, w->scratch);
        for (size_t i = 0; i < cols; i++)
            for (size_t r = j + i < from ? 0 : j + i - from + 1; r < rows; r++) {
                const double v = 1 - w->out[i * KC_LA_TILE + r] * c->inverse[from + r];
                c->distance[(from + r) * (from + r - 1) / 2 + j + i] = (float)kc_tree_grid(v);
            }
    }
}

/* Find the nearest cluster, of equals that of the earliest point. */
static uint32_t find_nearest(const struct chaining *c, uint32_t a, float *nearest)
{
    uint32_t best = KC_NONE;
    *nearest = INFINITY;
    for (size_t i = 0; i < c->nactive; i++) {
        const uint32_t b = c->active[i];
        if (b == a)
            continue;
        const float v = *get_distance(c, a, b);
        if (v < *nearest || (v <= *nearest && c->low[b] < c->low[best])) {
            *nearest = v;
            best = b;
        }
    }
    return best;
}

/* Join b into a. */
static void join_clusters(struct chaining *c, uint32_t a, uint32_t b)
{
    size_t n = 0;
    for (size_t i = 0; i < c->nactive; i++) {
        const uint32_t o = c->active[i];
        if (o == b)
            continue;
        c->active[n++] = o;
        if (o == a)
            continue;
        float *v = get_distance(c, a, o), other = *get_distance(c, b, o);
        *v = other > *v ? other : *v;
    }
    c->nactive = n;
    c->low[a] = c->low[a] < c->low[b] ? c->low[a] : c->low[b];
}

/* Follow chains until one cluster is left. */
static void follow_chains(struct chaining *c, struct kc_join *joins)
{
    size_t length = 0;
    for (size_t done = 0; c->nactive > 1;) {
        float v;
        if (length == 0)
            c->chain[length++] = c->active[0];
        const uint32_t a = c->chain[length - 1], b = find_nearest(c, a, &v);
        if (length < 2 || c->chain[length - 2] != b) {
            c->chain[length++] = b;
            continue;
        }
        length -= 2;
        const uint32_t p = c->low[a], q = c->low[b];
        joins[done++] = (struct kc_join){p < q ? p : q, p < q ? q : p, (double)v};
        join_clusters(c, a < b ? a : b, a < b ? b : a);
    }
}

static void plan_chaining(struct kc_plan *plan, struct chaining *c, size_t n, unsigned threads)
{
    KC_PLAN(plan, c->distance, n < 2 ? 0 : n % 2 ? kc_mem_mul(n, (n - 1) / 2) : kc_mem_mul(n / 2, n - 1),
            KC_PLAN_PLAIN);
    KC_PLAN(plan, c->inverse, n, KC_PLAN_PLAIN);
    KC_PLAN(plan, c->low, n, KC_PLAN_PLAIN);
    KC_PLAN(plan, c->active, n, KC_PLAN_PLAIN);
    KC_PLAN(plan, c->chain, n, KC_PLAN_PLAIN);
    KC_PLAN(plan, c->worker, threads, KC_PLAN_ZEROED);
}

static void plan_worker(struct kc_plan *plan, struct worker *w, size_t d)
{
    KC_PLAN(plan, w->columns, kc_mem_mul(COLUMNS, d), KC_PLAN_ALIGNED);
    KC_PLAN(plan, w->out, COLUMNS * KC_LA_TILE, KC_PLAN_ALIGNED);
    KC_PLAN(plan, w->scratch, KC_LA_SCRATCH, KC_PLAN_ALIGNED);
}

uint64_t kc_complete_bytes(size_t n, size_t d, unsigned threads)
{
    struct chaining c;
    struct worker w;
    struct kc_plan plan = {.n = 0}, one = {.n = 0};
    plan_chaining(&plan, &c, n, threads);
    plan_worker(&one, &w, d);
    const uint64_t all = kc_plan_bytes(&plan), each = kc_plan_bytes(&one);
    return each > UINT64_MAX / 2 / threads || all > UINT64_MAX / 2 ? UINT64_MAX : all + threads * each;
}

/* Allocate and free all that. These are not inlined: a plan is large, and the stack may be small. */
static __attribute__((noinline)) int hold_memory(struct chaining *c, unsigned threads, struct kc_err *e)
{
    struct kc_plan plan = {.n = 0};
    plan_chaining(&plan, c, c->p->n, threads);
    if (kc_plan_alloc(&plan, e) != 0)
        return -1;
    for (unsigned i = 0; i < threads; i++) {
        plan.n = 0;
        plan_worker(&plan, &c->worker[i], c->p->d);
        if (kc_plan_alloc(&plan, e) != 0)
            return -1; /* the pointers of this one and of those that follow are NULL */
    }
    return 0;
}

static __attribute__((noinline)) void drop_memory(struct chaining *c, unsigned threads)
{
    struct kc_plan plan = {.n = 0};
    for (unsigned i = 0; c->worker && i < threads; i++) {
        plan.n = 0;
        plan_worker(&plan, &c->worker[i], c->p->d);
        kc_plan_free(&plan);
    }
    plan.n = 0;
    plan_chaining(&plan, c, c->p->n, threads);
    kc_plan_free(&plan);
}

int kc_tree_complete(const struct kc_ctx *ctx, const struct kc_points *p, struct kc_join *joins,
                     struct kc_tree_report *report, struct kc_err *e)
{
    const unsigned threads = kc_pool_threads(ctx->pool);
    struct chaining c = {.p = p, .nactive = p->n};
    *report = (struct kc_tree_report){.products = (uint64_t)p->n * (p->n - 1) / 2};
    const int rc = hold_memory(&c, threads, e);
    if (rc == 0) {
        for (size_t i = 0; i < p->n; i++) {
            c.inverse[i] = 1 / kc_la_length(kc_rows_at(&p->rows, i), p->d);
            c.low[i] = c.active[i] = (uint32_t)i;
        }
        kc_pool_for(ctx->pool, kc_la_tiles(p->n), measure_tile, &c);
        follow_chains(&c, joins);
    }
    drop_memory(&c, threads);
    return rc;
}
