/* The assignment of least loss, as a flow: successive shortest paths (Ahuja, Magnanti & Orlin, Network Flows, 1993, ch.
 * 9.7). Rows go to clusters, and clusters to a sink that takes min..max from each.
 *
 * Departure: rows are no nodes. Where cluster a has a row that could go to b, there is an edge from a to b, and it
 * costs what the best such row loses. For each pair a heap gives that row. So there are k + 1 nodes however many rows,
 * and a shortest path moves one row along each of its edges. The start needs no path at all: rows go where value and
 * bonus are largest, which is optimal without limits; only what is too much, or missing, is sent along paths.
 * Potentials keep all costs at or above zero (Dijkstra); they begin as the bonuses. */
#include "core/kmeans/transport.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/label.h"
#include "base/mem.h"
#include "base/plan.h"
#include "core/cluster/space.h"

#define UNLISTED INT64_MIN
#define FAR INT64_MAX

/* Rows of a cluster by what they lose in another one, the least first. Rows that have left stay until they are on
 * top. */
struct member {
    int64_t loss;
    uint32_t row;
};
struct heap {
    struct member *m;
    uint32_t n, cap;
};

struct flow {
    const struct kc_transport *t;
    int64_t *potential;      /* (k + 1) the last one is the sink's */
    uint32_t *labels;        /* (n) */
    uint64_t *sizes;         /* (k) rows that are there */
    uint64_t *out;           /* (k) rows that go on to the sink */
    struct heap *heap;       /* (k, k) that of a pair is at a * k + b */
    uint32_t *head;          /* (k) first member of each cluster */
    uint32_t *next, *before; /* (n) its neighbours in the list of members */
    unsigned char *built;    /* (k) the cluster has its heaps */
    int64_t *dist;           /* (k + 1) */
    uint32_t *from;          /* (k + 1) */
    unsigned char *done;     /* (k + 1) */
    struct kc_err *e;
};

static int64_t value_of(const struct kc_transport *t, size_t i, uint32_t c)
{
    const int64_t *v = t->value + i * t->m;
    if (!t->near)
        return v[c];
    const uint32_t *near = t->near + i * t->m;
    for (uint32_t j = 0; j < t->m; j++)
        if (near[j] == c)
            return v[j];
    return UNLISTED;
}

static uint32_t cluster_at(const struct kc_transport *t, size_t i, uint32_t j)
{
    return t->near ? t->near[i * t->m + j] : j;
}

static uint32_t choose_cluster(const struct kc_transport *t, const int64_t *bonus, size_t i)
{
    uint32_t best = KC_NONE;
    int64_t most = 0;
    for (uint32_t j = 0; j < t->m; j++) {
        uint32_t c = cluster_at(t, i, j);
        int64_t v = t->value[i * t->m + j] + bonus[c];
        if (best == KC_NONE || v > most || (v == most && c < best)) {
            best = c;
            most = v;
        }
    }
    return best;
}

void kc_transport_label(const struct kc_transport *t, const int64_t *bonus, uint32_t *labels, uint64_t *sizes)
{
    memset(sizes, 0, t->k * sizeof *sizes);
    for (size_t i = 0; i < t->n; i++) {
        labels[i] = choose_cluster(t, bonus, i);
        sizes[labels[i]]++;
    }
}

static int is_above(const struct member *p, const struct member *q)
{
    return p->loss != q->loss ? p->loss < q->loss : p->row < q->row;
}

static void sift_down(struct heap *h, uint32_t at)
{
    const struct member x = h->m[at];
    for (uint32_t child; (child = 2 * at + 1) < h->n; at = child) {
        if (child + 1 < h->n && is_above(&h->m[child + 1], &h->m[child]))
            child++;
        if (!is_above(&h->m[child], &x))
            break;
        h->m[at] = h->m[child];
    }
    h->m[at] = x;
}

static int reserve(struct heap *h, uint32_t want, struct kc_err *e)
{
    if (want <= h->cap)
        return 0;
    uint32_t cap = want + want / 4 + 4;
    struct member *m = kc_mem_realloc(h->m, cap, sizeof *m, e);
    if (!m)
        return -1;
    h->m = m;
    h->cap = cap;
    return 0;
}

/* Add a member of a to the heaps of (a, other clusters listed for it). */
static int push_member(struct flow *w, uint32_t a, uint32_t row)
{
    const int64_t *v = w->t->value + (size_t)row * w->t->m, here = value_of(w->t, row, a);
    for (uint32_t j = 0; j < w->t->m; j++) {
        uint32_t b = cluster_at(w->t, row, j);
        struct heap *h = &w->heap[(size_t)a * w->t->k + b];
        const struct member x = {here - v[j], row};
        if (b == a)
            continue;
        if (reserve(h, h->n + 1, w->e) != 0)
            return -1;
        uint32_t at = h->n++;
        for (uint32_t up; at > 0 && is_above(&x, &h->m[up = (at - 1) / 2]); at = up)
            h->m[at] = h->m[up];
        h->m[at] = x;
    }
    return 0;
}

/* Make the heaps of a cluster from its members. */
static int build_heaps(struct flow *w, uint32_t a)
{
    const uint32_t k = w->t->k;
    struct heap *h = w->heap + (size_t)a * k;
    if (w->built[a])
        return 0;
    for (uint32_t i = w->head[a]; i != KC_NONE; i = w->next[i])
        for (uint32_t j = 0; j < w->t->m; j++)
            h[cluster_at(w->t, i, j)].cap++;
    for (uint32_t b = 0; b < k; b++) {
        uint32_t want = b == a ? 0 : h[b].cap;
        h[b].cap = 0;
        if (want && reserve(&h[b], want, w->e) != 0)
            return -1;
    }
    for (uint32_t i = w->head[a]; i != KC_NONE; i = w->next[i]) {
        const int64_t *v = w->t->value + (size_t)i * w->t->m, here = value_of(w->t, i, a);
        for (uint32_t j = 0; j < w->t->m; j++) {
            uint32_t b = cluster_at(w->t, i, j);
            if (b != a)
                h[b].m[h[b].n++] = (struct member){here - v[j], i};
        }
    }
    for (uint32_t b = 0; b < k; b++)
        for (uint32_t at = h[b].n / 2; at-- > 0;)
            sift_down(&h[b], at);
    w->built[a] = 1;
    return 0;
}

/* Return the member of a that loses least by going to b; NULL if b is listed for none. */
static const struct member *find_best_member(const struct flow *w, uint32_t a, uint32_t b)
{
    struct heap *h = &w->heap[(size_t)a * w->t->k + b];
    while (h->n > 0 && w->labels[h->m[0].row] != a) {
        h->m[0] = h->m[--h->n];
        if (h->n > 0)
            sift_down(h, 0);
    }
    return h->n > 0 ? &h->m[0] : NULL;
}

static void link_member(struct flow *w, uint32_t c, uint32_t row)
{
    w->next[row] = w->head[c];
    w->before[row] = KC_NONE;
    if (w->head[c] != KC_NONE)
        w->before[w->head[c]] = row;
    w->head[c] = row;
    w->labels[row] = c;
    w->sizes[c]++;
}

static int move_member(struct flow *w, uint32_t row, uint32_t to)
{
    uint32_t c = w->labels[row], next = w->next[row], before = w->before[row];
    if (before != KC_NONE)
        w->next[before] = next;
    else
        w->head[c] = next;
    if (next != KC_NONE)
        w->before[next] = before;
    w->sizes[c]--;
    link_member(w, to, row);
    return w->built[to] ? push_member(w, to, row) : 0;
}

/* Return how many rows are too many at a node; negative: how many are missing. */
static int64_t excess_at(const struct flow *w, uint32_t node)
{
    const uint32_t k = w->t->k;
    if (node < k)
        return (int64_t)w->sizes[node] - (int64_t)w->out[node];
    int64_t sum = 0;
    for (uint32_t c = 0; c < k; c++)
        sum += (int64_t)w->out[c];
    return sum - (int64_t)w->t->n;
}

static void relax(struct flow *w, uint32_t a, uint32_t b, int64_t cost)
{
    cost += w->dist[a] + w->potential[a] - w->potential[b];
    if (cost < w->dist[b]) {
        w->dist[b] = cost;
        w->from[b] = a;
    }
}

/* Find the shortest path from any node with too many rows to one where rows are missing. Returns its last node, KC_NONE
 * if there is none, KC_NONE - 1 after a failure. Potentials are brought up to date. */
static uint32_t find_path(struct flow *w)
{
    const uint32_t k = w->t->k;
    for (uint32_t v = 0; v <= k; v++) {
        w->done[v] = 0;
        w->from[v] = KC_NONE;
        w->dist[v] = excess_at(w, v) > 0 ? 0 : FAR;
    }
    for (;;) {
        uint32_t a = KC_NONE;
        for (uint32_t v = 0; v <= k; v++)
            if (!w->done[v] && w->dist[v] < FAR && (a == KC_NONE || w->dist[v] < w->dist[a]))
                a = v;
        if (a == KC_NONE)
            return KC_NONE;
        if (excess_at(w, a) < 0) {
            int64_t most = w->dist[a];
            for (uint32_t v = 0; v <= k; v++)
                if (w->dist[v] < most)
                    w->potential[v] += w->dist[v] - most;
            return a;
        }
        w->done[a] = 1;
        if (a == k) {
            for (uint32_t c = 0; c < k; c++)
                if (!w->done[c] && w->out[c] > w->t->min)
                    relax(w, k, c, 0);
            continue;
        }
        if (build_heaps(w, a) != 0)
            return KC_NONE - 1;
        if (!w->done[k] && w->out[a] < w->t->max)
            relax(w, a, k, 0);
        for (uint32_t b = 0; b < k; b++) {
            const struct member *best = w->done[b] ? NULL : find_best_member(w, a, b);
            if (best)
                relax(w, a, b, best->loss);
        }
    }
}

/* Send one row along the path that ends at b. */
static int send_along(struct flow *w, uint32_t b)
{
    const uint32_t k = w->t->k;
    for (uint32_t a; (a = w->from[b]) != KC_NONE; b = a) {
        if (b == k)
            w->out[a]++;
        else if (a == k)
            w->out[b]--;
        else if (move_member(w, find_best_member(w, a, b)->row, b) != 0)
            return -1;
    }
    return 0;
}

static void plan_flow(struct kc_plan *p, struct flow *w, size_t n, uint32_t k)
{
    const size_t nodes = (size_t)k + 1;
    KC_PLAN(p, w->potential, nodes, KC_PLAN_PLAIN);
    KC_PLAN(p, w->out, k, KC_PLAN_PLAIN);
    KC_PLAN(p, w->heap, kc_mem_mul(k, k), KC_PLAN_ZEROED);
    KC_PLAN(p, w->head, k, KC_PLAN_PLAIN);
    KC_PLAN(p, w->next, n, KC_PLAN_PLAIN);
    KC_PLAN(p, w->before, n, KC_PLAN_PLAIN);
    KC_PLAN(p, w->built, k, KC_PLAN_ZEROED);
    KC_PLAN(p, w->dist, nodes, KC_PLAN_PLAIN);
    KC_PLAN(p, w->from, nodes, KC_PLAN_PLAIN);
    KC_PLAN(p, w->done, nodes, KC_PLAN_PLAIN);
}

struct repair {
    int64_t loss;
    uint32_t row, to;
};

uint64_t kc_transport_bytes(size_t n, uint32_t k, uint32_t m)
{
    struct flow w;
    struct kc_plan plan = {.n = 0};
    if (k > KC_TRANSPORT_MOST) /* qsort takes as much again */
        return 2 * (uint64_t)n * m * sizeof(struct repair);
    plan_flow(&plan, &w, n, k);
    kc_plan_add_other(&plan, 2 * (uint64_t)n * m * sizeof(struct member)); /* heaps, and rows that have joined */
    return kc_plan_bytes(&plan);
}

int kc_transport_solve(const struct kc_transport *t, int64_t *bonus, uint32_t *labels, uint64_t *sizes, uint64_t *left,
                       struct kc_err *e)
{
    const uint32_t k = t->k;
    struct flow w = {.t = t, .labels = labels, .sizes = sizes, .e = e};
    struct kc_plan plan = {.n = 0};
    uint32_t end = KC_NONE;
    int rc = -1;
    plan_flow(&plan, &w, t->n, k);
    if (kc_plan_alloc(&plan, e) != 0)
        return -1;
    memcpy(w.potential, bonus, k * sizeof *bonus);
    w.potential[k] = 0;
    for (uint32_t c = 0; c < k; c++)
        w.head[c] = KC_NONE;
    memset(sizes, 0, k * sizeof *sizes);
    for (size_t i = t->n; i-- > 0;)
        link_member(&w, choose_cluster(t, bonus, i), (uint32_t)i);
    for (uint32_t c = 0; c < k; c++) {
        uint64_t s = sizes[c] < t->min ? t->min : sizes[c] > t->max ? t->max : sizes[c];
        w.out[c] = bonus[c] > 0 ? t->min : bonus[c] < 0 ? t->max : s;
    }
    while ((end = find_path(&w)) < KC_NONE - 1)
        if (send_along(&w, end) != 0)
            goto out;
    if (end != KC_NONE)
        goto out;
    *left = 0;
    for (uint32_t c = 0; c <= k; c++)
        *left += excess_at(&w, c) > 0 ? (uint64_t)excess_at(&w, c) : 0;
    for (uint32_t c = 0; c < k; c++)
        bonus[c] = w.potential[c] - w.potential[k];
    rc = 0;
out:
    for (size_t i = 0; i < (size_t)k * k; i++)
        kc_mem_free(w.heap[i].m);
    kc_plan_free(&plan);
    return rc;
}

/* Counting of where rows go, in blocks. */
struct counting {
    const struct kc_transport *t;
    const int64_t *bonus;
    uint32_t *count; /* (blocks, k) */
};

static void count_block(void *arg, size_t b, unsigned worker)
{
    const struct counting *p = arg;
    size_t step = kc_space_block(p->t->n), end = (b + 1) * step < p->t->n ? (b + 1) * step : p->t->n;
    uint32_t *count = p->count + b * p->t->k;
    (void)worker;
    memset(count, 0, p->t->k * sizeof *count);
    for (size_t i = b * step; i < end; i++)
        count[choose_cluster(p->t, p->bonus, i)]++;
}

/* Return the scale of the bonuses: half the mean difference between a row's best value and its third, or last. */
static double measure_spread(const struct kc_transport *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->n; i++) {
        const int64_t *v = t->value + i * t->m;
        int64_t best = INT64_MIN, second = INT64_MIN, third = INT64_MIN;
        for (uint32_t j = 0; j < t->m; j++) {
            third = v[j] > second ? second : v[j] > third ? v[j] : third;
            second = v[j] > best ? best : v[j] > second ? v[j] : second;
            best = v[j] > best ? v[j] : best;
        }
        sum += t->m == 1 ? 0 : (double)best - (double)(t->m == 2 ? second : third);
    }
    return sum / (2 * (double)t->n);
}

int kc_transport_tune(struct kc_pool *pool, kc_transport_each *each, const struct kc_transport *t, int rounds,
                      double first, int64_t *bonus, struct kc_err *e)
{
    const size_t blocks = kc_space_blocks(t->n), k = t->k;
    struct counting p = {t, bonus, kc_mem_alloc(kc_mem_mul(blocks, k), sizeof *p.count, e)};
    double step = first * measure_spread(t);
    if (!p.count)
        return -1;
    for (int round = 0; round < rounds; round++, step *= 0.9) {
        each(pool, blocks, count_block, &p);
        for (size_t c = 0; c < k; c++) {
            uint64_t size = 0;
            for (size_t b = 0; b < blocks; b++)
                size += p.count[b * k + c];
            /* the limit that binds: max where there is a malus, min where there is a bonus, else the broken one */
            double had = (double)size + 0.5, limit = bonus[c] < 0 || size > t->max ? (double)t->max : (double)t->min;
            if (bonus[c] == 0 && size >= t->min && size <= t->max)
                continue;
            double by = log((limit + 0.5) / had);
            double next = (double)bonus[c] + step * (by > 2 ? 2 : by < -2 ? -2 : by);
            int crosses = (bonus[c] < 0 && next > 0) || (bonus[c] > 0 && next < 0);
            bonus[c] = crosses && t->min < t->max ? 0 : (int64_t)next;
        }
    }
    kc_mem_free(p.count);
    return 0;
}

static int by_loss(const void *a, const void *b)
{
    const struct repair *p = a, *q = b;
    if (p->loss != q->loss)
        return p->loss < q->loss ? -1 : 1;
    return p->row != q->row ? (p->row < q->row ? -1 : 1) : p->to < q->to ? -1 : p->to > q->to;
}

/* Return 1 if a row should go from cluster a to b: in the first turn out of what is too large, then into what is too
 * small. */
static int should_move(const struct kc_transport *t, const uint64_t *sizes, uint32_t a, uint32_t b, int turn)
{
    if (a == b || sizes[b] >= t->max)
        return 0;
    return turn == 0 ? sizes[a] > t->max : sizes[b] < t->min && sizes[a] > t->min;
}

int kc_transport_repair(const struct kc_transport *t, const int64_t *bonus, uint32_t *labels, uint64_t *sizes,
                        uint64_t *left, struct kc_err *e)
{
    *left = 0;
    for (int turn = 0; turn < 2; turn++) {
        struct repair *r = NULL;
        size_t n = 0;
        for (int fill = 0; fill <= 1; fill++) {
            if (fill && !(r = kc_mem_alloc(n, sizeof *r, e)))
                return -1;
            n = 0;
            for (size_t i = 0; i < t->n; i++)
                for (uint32_t j = 0; j < t->m; j++) {
                    uint32_t a = labels[i], b = cluster_at(t, i, j);
                    if (!should_move(t, sizes, a, b, turn))
                        continue;
                    if (fill)
                        r[n] = (struct repair){value_of(t, i, a) + bonus[a] - t->value[i * t->m + j] - bonus[b],
                                               (uint32_t)i, b};
                    n++;
                }
        }
        qsort(r, n, sizeof *r, by_loss);
        for (size_t i = 0; i < n; i++) {
            uint32_t a = labels[r[i].row], b = r[i].to;
            if (!should_move(t, sizes, a, b, turn))
                continue;
            labels[r[i].row] = b;
            sizes[a]--;
            sizes[b]++;
        }
        kc_mem_free(r);
    }
    for (uint32_t c = 0; c < t->k; c++)
        *left += sizes[c] > t->max ? sizes[c] - t->max : sizes[c] < t->min ? t->min - sizes[c] : 0;
    return 0;
}
