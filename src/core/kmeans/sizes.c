/* Size limits: merge first, then split; see sizes.h why that ends. Merging works on the clusters' sums alone. A
 * split is spherical 2-means from two rows far apart, on a sample of a very large cluster's rows; then all members
 * are sorted by their pull, the similarity to the first centre less that to the second, and the cut is moved to
 * where both halves can keep the limits.
 *
 * Of rows that are shared out to ranks every rank gets the sample, and the pulls of all members of the cluster, of
 * which each finds those of its own rows: so all of them cut it alike. */
#include "core/kmeans/sizes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/judge/index.h"
#include "core/kmeans/runs.h"
#include "la/product.h"
#include "par/pool.h"

#define ITERATIONS 20 /* of 2-means; the cut is moved to fit the limits anyway */
#define TASK 256      /* members in a task */
#define GAP 8         /* up to so many rows between two members are read along with them */
#define SAMPLE_ROWS 4096
#define SAMPLE_BYTES ((size_t)32 << 20)

/* Return the least number of pieces of at most max rows that m rows can be cut into. */
static uint64_t count_pieces(uint64_t m, uint64_t max)
{
    return max ? m / max + (m % max != 0) : 1;
}

/* Return 1 if m rows can be cut into pieces that keep both limits: F(m) of sizes.h. */
static int can_be_cut(uint64_t m, uint64_t min, uint64_t max)
{
    return m >= min && count_pieces(m, max) <= m / min;
}

uint64_t kc_sizes_feasible_min(uint64_t n, uint64_t min, uint64_t max)
{
    uint64_t most = n / count_pieces(n, max);
    return min < most ? min : most;
}

/* Choose the cluster that c is merged into: where the objective loses least by the union, |S_j| + |S_c| - |S_j +
 * S_c|, of those whose union with c can keep the limits if there are any. For a c that is small beside j that is
 * the nearest centroid. Between clusters of like size the centroid alone misleads: the larger a merged one grows,
 * the nearer it is to all the rest, and it draws them in one after the other. */
static uint32_t choose_merge(const double *sums, const uint64_t *cnt, uint32_t k, size_t d, uint32_t c, uint64_t min,
                             uint64_t max)
{
    uint32_t best = KC_NONE;
    int best_joint = -1;
    double least = 0, cc = kc_la_dotd(sums + c * d, sums + c * d, d);
    for (uint32_t j = 0; j < k; j++) {
        if (j == c)
            continue;
        /* Below the minimum a union can still grow; above it must be possible to cut it. */
        int joint = cnt[j] + cnt[c] < min || can_be_cut(cnt[j] + cnt[c], min, max);
        double jj = kc_la_dotd(sums + j * d, sums + j * d, d);
        double loss = kc_merge_loss(jj, cc, kc_la_dotd(sums + j * d, sums + c * d, d));
        if (joint > best_joint || (joint == best_joint && loss < least)) {
            best = j;
            best_joint = joint;
            least = loss;
        }
    }
    return best;
}

/* Merge until every cluster can keep both limits by splitting alone. to (k): set to the new id of each old
 * cluster. Returns the number of clusters left. */
static uint32_t merge_clusters(double *sums, uint64_t *cnt, uint32_t *to, uint32_t k, size_t d, uint64_t min,
                               uint64_t max, uint64_t *merged)
{
    uint32_t left = k;
    for (uint32_t c = 0; c < k; c++)
        to[c] = c;
    while (left > 1) {
        uint32_t c = KC_NONE;
        for (uint32_t j = 0; j < left; j++)
            if (!can_be_cut(cnt[j], min, max) && (c == KC_NONE || cnt[j] < cnt[c]))
                c = j;
        if (c == KC_NONE)
            break;
        uint32_t h = choose_merge(sums, cnt, left, d, c, min, max), last = left - 1;
        for (size_t t = 0; t < d; t++)
            sums[h * d + t] += sums[c * d + t];
        cnt[h] += cnt[c];
        for (uint32_t j = 0; j < k; j++) {
            if (to[j] == c)
                to[j] = h;
            if (to[j] == last) /* the last one moves into the gap */
                to[j] = c;
        }
        if (c != last) {
            memcpy(sums + c * d, sums + last * d, d * sizeof *sums);
            cnt[c] = cnt[last];
        }
        left--;
        (*merged)++;
    }
    return left;
}

struct member {
    double pull; /* similarity to the first centre less that to the second */
    uint32_t row; /* its number, among the rows of all ranks */
};

struct splitting {
    const struct kc_space *s;
    struct member *all; /* (largest cluster) room for members */
    struct member *m;   /* (count) of the cluster, in all, by rising row while centres are sought */
    size_t count, most; /* members; most members of a sample */
    const float **x;    /* (most) rows of the sample */
    double *pull;       /* (most) pulls of the sample */
    uint32_t *idx;      /* (most) row numbers of the sample */
    double *weights;    /* (sample) their weights, where rows are shared out; NULL: none, or those of the space */
    float *read;        /* (most, or a tile for each worker, d) rows that do not lie in memory, or are shared out;
                         * NULL: they all do */
    uint32_t *here;     /* (largest cluster) the members' places on this rank, where rows are shared out, or KC_NONE */
    double *pulls;      /* (largest cluster) then, what the ranks bring together */
    double *u;          /* (2, d) centres, then (1, d) their difference */
    size_t sample;      /* members of the present sample */
};

/* Return the most rows of a sample: two centres need no more to find their places, and these can be held in memory. */
static size_t count_sample_rows(size_t n, size_t d)
{
    size_t m = SAMPLE_BYTES / (d * sizeof(float));
    m = m < SAMPLE_ROWS ? SAMPLE_ROWS : m;
    return m < n ? m : n;
}

static size_t count_read_rows(size_t n, size_t d, unsigned threads)
{
    size_t m = count_sample_rows(n, d), tiles = (size_t)threads * KC_LA_TILE;
    return m > tiles ? m : tiles;
}

/* What merging needs. */
struct merging {
    double *sums;  /* (k, d) */
    uint64_t *cnt; /* (k) */
    uint32_t *to;  /* (k) what becomes of each cluster */
};

static void plan_merging(struct kc_plan *p, struct merging *g, size_t d, uint32_t k)
{
    KC_PLAN(p, g->sums, kc_mem_mul(k, d), KC_PLAN_PLAIN);
    KC_PLAN(p, g->cnt, k, KC_PLAN_PLAIN);
    KC_PLAN(p, g->to, k, KC_PLAN_PLAIN);
}

/* List what splitting clusters of up to `largest` rows needs. */
static void plan_splitting(struct kc_plan *p, struct splitting *g, size_t n, size_t d, int in_memory, int shared,
                           size_t largest, unsigned threads)
{
    const size_t sample = count_sample_rows(n, d);
    KC_PLAN(p, g->all, largest, KC_PLAN_PLAIN);
    KC_PLAN(p, g->x, sample, KC_PLAN_PLAIN);
    KC_PLAN(p, g->pull, sample, KC_PLAN_PLAIN);
    KC_PLAN(p, g->idx, sample, KC_PLAN_PLAIN);
    KC_PLAN(p, g->u, kc_mem_mul(3, d), KC_PLAN_PLAIN);
    if (shared) {
        KC_PLAN(p, g->here, largest, KC_PLAN_PLAIN);
        KC_PLAN(p, g->pulls, largest, KC_PLAN_PLAIN);
    }
    if (!in_memory || shared)
        KC_PLAN(p, g->read, kc_mem_mul(count_read_rows(n, d, threads), d), KC_PLAN_ALIGNED);
    kc_plan_add_other(p, (uint64_t)largest * sizeof *g->all); /* qsort takes as much again */
}

uint64_t kc_sizes_bytes(size_t n, size_t d, int in_memory, uint32_t k, uint64_t max, unsigned threads)
{
    struct merging merging;
    struct splitting splitting;
    struct kc_plan plan = {.n = 0};
    plan_merging(&plan, &merging, d, k);
    if (max)
        plan_splitting(&plan, &splitting, n, d, in_memory, 0, n, threads);
    kc_plan_add_other(&plan, kc_sums_bytes(n, d, 1, k));
    return kc_plan_bytes(&plan);
}

/* Fill idx and x for the members of the sample, at even distances among all. */
static void list_sample(void *arg, size_t task, unsigned worker)
{
    struct splitting *p = arg;
    size_t d = p->s->d, end = (task + 1) * TASK < p->sample ? (task + 1) * TASK : p->sample;
    (void)worker;
    for (size_t i = task * TASK; i < end; i++) {
        p->idx[i] = p->m[(size_t)((uint64_t)i * p->count / p->sample)].row;
        p->x[i] = p->read ? p->read + i * d : kc_rows_at(&p->s->rows, p->idx[i]);
    }
    if (p->read && !p->here && task * TASK < end)
        kc_rows_copy(&p->s->rows, p->idx + task * TASK, end - task * TASK, p->read + task * TASK * d);
}

/* Compute the pulls of the sample. */
static void pull_sample(void *arg, size_t task, unsigned worker)
{
    struct splitting *p = arg;
    size_t d = p->s->d, end = (task + 1) * TASK < p->sample ? (task + 1) * TASK : p->sample;
    (void)worker;
    for (size_t i = task * TASK; i < end; i++)
        p->pull[i] = kc_la_dot(p->x[i], p->u + 2 * d, d);
}

/* Compute the pulls of the members that this rank has. */
static void pull_own_members(void *arg, size_t task, unsigned worker)
{
    struct splitting *p = arg;
    size_t end = (task + 1) * TASK < p->count ? (task + 1) * TASK : p->count;
    (void)worker;
    for (size_t i = task * TASK; i < end; i++)
        p->pulls[i] = p->here[i] == KC_NONE ? 0 :
                      kc_la_dot(kc_rows_at(&p->s->rows, p->here[i]), p->u + 2 * p->s->d, p->s->d);
}

/* Compute the pulls of all members; those that lie close to each other are read together. */
static void pull_members(void *arg, size_t task, unsigned worker)
{
    struct splitting *p = arg;
    size_t d = p->s->d, end = (task + 1) * TASK < p->count ? (task + 1) * TASK : p->count;
    float *buf = p->read ? p->read + (size_t)worker * KC_LA_TILE * d : NULL;
    const float *row[KC_LA_TILE];
    for (size_t i = task * TASK, j; i < end; i = j) {
        size_t first = p->m[i].row;
        for (j = i + 1; j < end && p->m[j].row < p->m[j - 1].row + GAP && p->m[j].row < first + KC_LA_TILE; j++)
            ;
        kc_rows_get(&p->s->rows, first, p->m[j - 1].row - first + 1, buf, row);
        for (size_t q = i; q < j; q++)
            p->m[q].pull = kc_la_dot(row[p->m[q].row - first], p->u + 2 * d, d);
    }
}

static void run_tasks(struct splitting *p, size_t count, void (*fn)(void *arg, size_t task, unsigned worker))
{
    kc_pool_for(p->s->ctx->pool, (count + TASK - 1) / TASK, fn, p);
}

static void set_centre(struct splitting *p, int which, const float *x)
{
    for (size_t t = 0; t < p->s->d; t++)
        p->u[(size_t)which * p->s->d + t] = (double)x[t];
}

static void update_difference(struct splitting *p)
{
    size_t d = p->s->d;
    for (size_t t = 0; t < d; t++)
        p->u[2 * d + t] = p->u[t] - p->u[d + t];
}

/* Return the row of the sample that is least similar to u[2]. */
static const float *find_least_pulled(struct splitting *p)
{
    size_t at = 0;
    run_tasks(p, p->sample, pull_sample);
    for (size_t i = 1; i < p->sample; i++)
        if (p->pull[i] < p->pull[at])
            at = i;
    return p->x[at];
}

static int by_row(const void *a, const void *b)
{
    const struct member *p = a, *q = b;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* Compute the pulls of all members on all ranks. */
static int pull_shared_members(struct splitting *p, struct kc_err *e)
{
    const struct kc_rows *rows = &p->s->rows;
    size_t at = 0;
    for (size_t i = 0; i < p->count; i++) { /* both rise */
        while (at < rows->n && kc_rows_number(rows, at) < p->m[i].row)
            at++;
        p->here[i] = at < rows->n && kc_rows_number(rows, at) == p->m[i].row ? (uint32_t)at : KC_NONE;
    }
    run_tasks(p, p->count, pull_own_members);
    if (kc_team_union(kc_rows_team(rows), p->pulls, p->count * sizeof *p->pulls, e) != 0)
        return -1;
    for (size_t i = 0; i < p->count; i++)
        p->m[i].pull = p->pulls[i];
    return 0;
}

/* Give every rank the rows of the sample, and their weights. */
static int share_sample(struct splitting *p, struct kc_err *e)
{
    kc_mem_free(p->weights);
    p->weights = NULL;
    return kc_rows_copy_shared(&p->s->rows, p->idx, p->sample, p->read, e) != 0 ?
               -1 : kc_weights_pick_shared(p->s, p->idx, p->sample, &p->weights, e);
}

static double weight_of(const struct splitting *p, size_t i)
{
    return p->weights ? p->weights[i] : p->here ? 1 : kc_space_weight(p->s, p->idx[i]);
}

/* Run spherical 2-means on the members or a sample of them, from two rows far apart; then compute all members'
 * pulls. */
static int run_two_means(struct splitting *p, struct kc_err *e)
{
    size_t d = p->s->d, last = 0;
    double *u = p->u;
    qsort(p->m, p->count, sizeof *p->m, by_row);
    p->sample = p->count < p->most ? p->count : p->most;
    run_tasks(p, p->sample, list_sample);
    if (p->here && share_sample(p, e) != 0)
        return -1;
    memset(u + 2 * d, 0, d * sizeof *u);
    for (size_t i = 0; i < p->sample; i++)
        kc_la_axpyd(u + 2 * d, weight_of(p, i), p->x[i], d);
    const float *first = find_least_pulled(p);
    for (size_t t = 0; t < d; t++)
        u[2 * d + t] = (double)first[t];
    set_centre(p, 0, first);
    set_centre(p, 1, find_least_pulled(p));
    update_difference(p);
    for (int it = 0; it < ITERATIONS; it++) {
        size_t near = 0;
        run_tasks(p, p->sample, pull_sample);
        memset(u, 0, 2 * d * sizeof *u);
        for (size_t i = 0; i < p->sample; i++) {
            near += p->pull[i] >= 0;
            kc_la_axpyd(p->pull[i] >= 0 ? u : u + d, weight_of(p, i), p->x[i], d);
        }
        if (near == 0 || near == p->sample || (it > 0 && near == last))
            break;
        last = near;
        for (int w = 0; w < 2; w++) {
            double len = sqrt(kc_la_dotd(u + (size_t)w * d, u + (size_t)w * d, d));
            for (size_t t = 0; len > 0 && t < d; t++)
                u[(size_t)w * d + t] /= len;
        }
        update_difference(p);
    }
    if (p->here)
        return pull_shared_members(p, e);
    run_tasks(p, p->count, pull_members);
    return kc_rows_failed(&p->s->rows, e);
}

static int by_pull(const void *a, const void *b)
{
    const struct member *p = a, *q = b;
    if (p->pull != q->pull)
        return p->pull > q->pull ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

/* Return the size of the first half, nearest to `natural`, with which both halves can be cut into pieces that keep the
 * limits. There is one whenever can_be_cut(m): see the header. */
static size_t choose_cut(size_t m, size_t natural, uint64_t min, uint64_t max)
{
    for (size_t off = 0; off <= m; off++) {
        if (off < natural && natural - off < m && can_be_cut(natural - off, min, max) &&
            can_be_cut(m - natural + off, min, max))
            return natural - off;
        if (natural + off > 0 && natural + off < m && can_be_cut(natural + off, min, max) &&
            can_be_cut(m - natural - off, min, max))
            return natural + off;
    }
    return m / 2;
}

/* Split p's members [0, count) until all pieces are within max. The new ones get ids from *k on. */
static int split_cluster(struct splitting *p, uint32_t *labels, uint32_t *k, uint64_t min, uint64_t max,
                         uint64_t *split, struct kc_err *e)
{
    struct member *base = p->m;
    size_t end = p->count;
    /* A stack of pieces in the array itself, told apart by their labels: the last one is split until it keeps the
     * limit, then the one in front of it. */
    while (end > 0) {
        uint32_t id = labels[base[end - 1].row];
        size_t start = end;
        while (start > 0 && labels[base[start - 1].row] == id)
            start--;
        size_t m = end - start;
        if (m <= max) {
            end = start;
            continue;
        }
        p->m = base + start;
        p->count = m;
        if (run_two_means(p, e) != 0)
            return -1;
        size_t natural = 0;
        for (size_t i = 0; i < m; i++)
            natural += p->m[i].pull >= 0;
        qsort(p->m, m, sizeof *p->m, by_pull);
        /* Where 2-means has found nothing to cut (equal rows) or only an outlier, each half still gets at least half of
         * a fair share, lest a cluster crumble row by row. */
        size_t least = (size_t)((uint64_t)m / count_pieces(m, max) / 2);
        natural = natural == 0 || natural == m ? (size_t)(count_pieces(m, max) / 2 * max) : natural;
        natural = natural < least ? least : natural > m - least ? m - least : natural;
        size_t first = choose_cut(m, natural, min, max);
        for (size_t i = first; i < m; i++)
            labels[p->m[i].row] = *k;
        (*k)++;
        (*split)++;
    }
    return 0;
}

/* Split the clusters [0, k) that have more than max rows, of which the largest has `largest`. labels: of the rows of
 * all ranks. */
static int split_clusters(const struct kc_space *s, const uint64_t *cnt, uint32_t *labels, uint32_t *k, uint64_t min,
                          uint64_t max, size_t largest, uint64_t *split, struct kc_err *e)
{
    const size_t d = s->d, n = (size_t)kc_space_all(s);
    const uint32_t before = *k;
    struct splitting p = {.s = s, .most = count_sample_rows(n, d)};
    struct kc_plan plan = {.n = 0};
    int rc = 0;
    plan_splitting(&plan, &p, n, d, s->rows.x != NULL, s->rows.share != NULL, largest,
                   kc_pool_threads(s->ctx->pool));
    if (kc_plan_alloc(&plan, e) != 0)
        return -1;
    for (uint32_t c = 0; rc == 0 && c < before; c++) {
        if (cnt[c] <= max)
            continue;
        p.m = p.all;
        p.count = 0;
        for (size_t i = 0; i < n; i++)
            if (labels[i] == c)
                p.m[p.count++] = (struct member){0, (uint32_t)i};
        rc = split_cluster(&p, labels, k, min, max, split, e);
    }
    kc_mem_free(p.weights);
    kc_plan_free(&plan);
    return rc;
}

int kc_sizes_enforce(const struct kc_space *s, uint32_t *labels, uint32_t *k, uint64_t min, uint64_t max,
                     uint64_t *merged, uint64_t *split, struct kc_err *e)
{
    const size_t d = s->d;
    const struct kc_rows *rows = &s->rows;
    struct merging g;
    struct kc_plan merging = {.n = 0};
    uint32_t *all = NULL;
    int rc = -1;
    plan_merging(&merging, &g, d, *k);
    if (kc_plan_alloc(&merging, e) != 0)
        return -1;
    *merged = *split = 0;
    if (min < 1)
        min = 1;
    if (kc_sums(s, labels, *k, g.sums, g.cnt, e) != 0)
        goto out;
    uint32_t left = merge_clusters(g.sums, g.cnt, g.to, *k, d, min, max, merged);
    uint64_t largest = 0;
    for (size_t i = 0; i < s->n; i++)
        labels[i] = g.to[labels[i]];
    *k = left;
    for (uint32_t c = 0; c < left; c++)
        largest = g.cnt[c] > largest ? g.cnt[c] : largest;
    if (!max || largest <= max) {
        rc = 0;
        goto out;
    }
    if (rows->share) {
        all = kc_mem_alloc((size_t)kc_rows_all(rows), sizeof *all, e);
        if (!all || kc_rows_join(rows, labels, sizeof *all, all, e) != 0)
            goto out;
    }
    rc = split_clusters(s, g.cnt, all ? all : labels, k, min, max, (size_t)largest, split, e);
    if (all)
        kc_rows_own(rows, all, sizeof *all, labels);
out:
    kc_mem_free(all);
    kc_plan_free(&merging);
    return rc;
}
