/* Keep points apart (separate.h). The points that have pairs are few beside all: they are numbered by themselves, and
 * their similarities to the centroids of the fit without constraints decide where they begin. Sums and lengths of the
 * clusters are kept while chains move, so that a move is judged by what it changes of the objective exactly. */
#include "core/kmeans/separate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/cluster/assign.h"
#include "core/cluster/order.h"
#include "core/cluster/sums.h"

#define ROUNDS 50             /* of moving points and chains */
#define CHAIN ((size_t)1000)  /* points of the longest chain that is swapped */
#define TABU_STEPS 200        /* for each point with pairs */
#define TABU_MOST 200000
#define LEAST 1e-9            /* gain, as a share of the objective, that is worth a move */

struct separating {
    const struct kc_space *s;
    const struct kc_cannot *g;
    uint32_t k;
    size_t m;          /* points that have pairs */
    uint32_t *point;   /* (m) */
    double *loss;      /* (m) what the second nearest centroid costs */
    double *near;      /* (m, k) weighted similarities to the centroids of the beginning */
    uint32_t *label;   /* (n) under way */
    uint64_t *counts;  /* (k) points */
    double *sums;      /* (k, d) */
    double *length;    /* (k) of the sums */
    double *delta;     /* (d) */
    float *centroids;  /* (k, d) */
    uint32_t *nearest; /* (n) */
    float *similarity; /* (n) */
    uint32_t *chain;   /* (CHAIN) points */
    uint32_t *mark;    /* (n) the last chain that a point was in */
    uint32_t turn;
    struct kc_err *e;
};

/* Return 1 if a neighbour of the point is in cluster c. */
static int is_barred(const struct separating *w, uint32_t at, uint32_t c)
{
    for (size_t j = w->g->first[at]; j < w->g->first[at + 1]; j++)
        if (w->label[w->g->other[j]] == c)
            return 1;
    return 0;
}

/* Return how many edges lie in one cluster. */
static size_t count_broken(const struct separating *w)
{
    size_t broken = 0;
    for (size_t i = 0; i < w->m; i++)
        for (size_t j = w->g->first[w->point[i]]; j < w->g->first[w->point[i] + 1]; j++)
            broken += w->g->other[j] > w->point[i] && w->label[w->g->other[j]] == w->label[w->point[i]];
    return broken;
}

/* Compute sums, counts and lengths of the labels. */
static int sum_labels(struct separating *w)
{
    const size_t d = w->s->d;
    if (kc_sums(w->s, w->label, w->k, w->sums, w->counts, w->e) != 0)
        return -1;
    for (uint32_t c = 0; c < w->k; c++)
        w->length[c] = sqrt(kc_la_dotd(w->sums + c * d, w->sums + c * d, d));
    return 0;
}

static double add_lengths(const struct separating *w)
{
    double objective = 0;
    for (uint32_t c = 0; c < w->k; c++)
        objective += w->length[c];
    return objective;
}

/* Compute the similarities of the points that have pairs to the centroids, and what each loses at the second. */
static void compare_points(struct separating *w)
{
    const size_t d = w->s->d;
    for (size_t i = 0; i < w->m; i++) {
        const float *x = kc_rows_at(&w->s->rows, w->point[i]);
        double best = -INFINITY, second = -INFINITY;
        for (uint32_t c = 0; c < w->k; c++) {
            const double v = w->length[c] > 0 ? kc_la_dot(x, w->sums + c * d, d) / w->length[c] : -1;
            w->near[i * w->k + c] = v * kc_space_weight(w->s, w->point[i]);
            second = w->near[i * w->k + c] > best ? best : fmax(second, w->near[i * w->k + c]);
            best = fmax(best, w->near[i * w->k + c]);
        }
        w->loss[i] = w->k > 1 ? best - second : 0;
    }
}

/* Collect the chain of clusters a and b that the point is in, which must be in one of them. Return how many points it
 * has; 0 if they are too many. */
static size_t collect_chain(struct separating *w, uint32_t at, uint32_t a, uint32_t b)
{
    size_t n = 1;
    w->turn++;
    w->chain[0] = at;
    w->mark[at] = w->turn;
    for (size_t i = 0; i < n; i++)
        for (size_t j = w->g->first[w->chain[i]]; j < w->g->first[w->chain[i] + 1]; j++) {
            const uint32_t other = w->g->other[j], c = w->label[other];
            if ((c != a && c != b) || w->mark[other] == w->turn)
                continue;
            if (n == CHAIN)
                return 0;
            w->mark[other] = w->turn;
            w->chain[n++] = other;
        }
    return n;
}

static void swap_chain(struct separating *w, size_t n, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < n; i++)
        w->label[w->chain[i]] = w->label[w->chain[i]] == a ? b : a;
}

/* Try to swap chains so that no neighbour of the point, which has no cluster yet, is in cluster a. */
static int free_cluster(struct separating *w, uint32_t at, uint32_t a)
{
    for (uint32_t b = 0; b < w->k; b++) {
        if (b == a)
            continue;
        int possible = 1;
        for (size_t j = w->g->first[at]; possible && j < w->g->first[at + 1]; j++) {
            const uint32_t other = w->g->other[j];
            if (w->label[other] != a)
                continue;
            const size_t n = collect_chain(w, other, a, b);
            for (size_t i = 0; i < n; i++) /* a neighbour in b would come to a */
                if (w->label[w->chain[i]] == b)
                    for (size_t t = w->g->first[at]; t < w->g->first[at + 1]; t++)
                        possible &= w->g->other[t] != w->chain[i];
            possible &= n > 0;
            if (possible)
                swap_chain(w, n, a, b);
        }
        if (possible)
            return 1;
    }
    return 0;
}

/* Give point i of those with pairs the nearest cluster that is allowed. Return 0 if there is none. */
static int place_point(struct separating *w, size_t i)
{
    const uint32_t at = w->point[i];
    const double *near = w->near + i * w->k;
    uint32_t best = KC_NONE;
    for (uint32_t c = 0; c < w->k; c++)
        if ((best == KC_NONE || near[c] > near[best]) && !is_barred(w, at, c))
            best = c;
    for (uint32_t c = 0; best == KC_NONE && c < w->k; c++)
        if (free_cluster(w, at, c))
            best = c;
    w->label[at] = best == KC_NONE ? KC_NOISE : best;
    return best != KC_NONE;
}

/* Place all points with pairs in that order. Return 0 if one finds no cluster. */
static int place_points(struct separating *w, const uint32_t *order)
{
    for (size_t i = 0; i < w->m; i++)
        w->label[w->point[i]] = KC_NOISE;
    for (size_t i = 0; i < w->m; i++)
        if (!place_point(w, order[i]))
            return 0;
    return 1;
}

/* A colour of a colouring, and how many points have it. */
struct shade {
    uint32_t colour, size;
};

static int by_size(const void *a, const void *b)
{
    const struct shade *p = a, *q = b;
    return p->size != q->size ? (p->size > q->size ? -1 : 1) : p->colour < q->colour ? -1 : p->colour > q->colour;
}

/* Give the points with pairs the clusters of a colouring of at most k colours: the colour of the most points first, to
 * the cluster that suits its points best and is free. near_of (used, k) and the others are scratch. */
static int place_by_colours(struct separating *w, const uint32_t *colour, uint32_t used)
{
    double *fit = kc_mem_zalloc(kc_mem_mul(used, w->k), sizeof *fit, w->e);
    struct shade *shade = kc_mem_zalloc(used, sizeof *shade, w->e);
    uint32_t *to = kc_mem_alloc(used, sizeof *to, w->e);
    unsigned char *taken = kc_mem_zalloc(w->k, 1, w->e);
    const int rc = fit && shade && to && taken ? 0 : -1;
    for (uint32_t c = 0; rc == 0 && c < used; c++)
        shade[c].colour = c;
    for (size_t i = 0; rc == 0 && i < w->m; i++) {
        shade[colour[w->point[i]]].size++;
        for (uint32_t c = 0; c < w->k; c++)
            fit[colour[w->point[i]] * (size_t)w->k + c] += w->near[i * w->k + c];
    }
    if (rc == 0)
        qsort(shade, used, sizeof *shade, by_size);
    for (uint32_t i = 0; rc == 0 && i < used; i++) {
        const double *own = fit + shade[i].colour * (size_t)w->k;
        uint32_t best = KC_NONE;
        for (uint32_t c = 0; c < w->k; c++)
            if (!taken[c] && (best == KC_NONE || own[c] > own[best]))
                best = c;
        taken[best] = 1;
        to[shade[i].colour] = best;
    }
    for (size_t i = 0; rc == 0 && i < w->m; i++)
        w->label[w->point[i]] = to[colour[w->point[i]]];
    kc_mem_free(taken);
    kc_mem_free(to);
    kc_mem_free(shade);
    kc_mem_free(fit);
    return rc;
}

/* The search for fewer broken pairs. */
struct tabu {
    uint32_t *seen;  /* (m, k) neighbours of each point in each cluster */
    uint32_t *until; /* (m, k) the step from which on a point may return to a cluster */
    uint32_t *place; /* (n) of a point among those with pairs */
    uint32_t *best;  /* (m) the labels with the fewest broken pairs */
};

/* Find the move that breaks the fewest pairs: of equal ones that to the nearest centroid. Return 0 if there is none. */
static int find_move(const struct separating *w, const struct tabu *t, uint32_t step, size_t *at, uint32_t *to)
{
    int64_t least = INT64_MAX;
    double best = 0;
    for (size_t i = 0; i < w->m; i++) {
        const uint32_t own = w->label[w->point[i]];
        const uint32_t *seen = t->seen + i * w->k;
        if (seen[own] == 0)
            continue;
        for (uint32_t c = 0; c < w->k; c++) {
            const int64_t change = (int64_t)seen[c] - seen[own];
            const double gain = w->near[i * w->k + c] - w->near[i * w->k + own];
            if (c == own || t->until[i * w->k + c] > step || change > least || (change == least && !(gain > best)))
                continue;
            least = change;
            best = gain;
            *at = i;
            *to = c;
        }
    }
    return least < INT64_MAX;
}

/* Search for labels that break fewer pairs, and take the best. */
static void search_labels(struct separating *w, const struct tabu *t)
{
    const size_t steps = w->m * TABU_STEPS < TABU_MOST ? w->m * TABU_STEPS : TABU_MOST;
    size_t broken = count_broken(w), fewest = broken;
    for (size_t i = 0; i < w->m; i++) {
        t->best[i] = w->label[w->point[i]];
        for (size_t j = w->g->first[w->point[i]]; j < w->g->first[w->point[i] + 1]; j++)
            t->seen[i * w->k + w->label[w->g->other[j]]]++;
    }
    for (uint32_t step = 1; step <= steps && fewest > 0; step++) {
        size_t at = 0;
        uint32_t to = 0;
        if (!find_move(w, t, step, &at, &to))
            continue;
        const uint32_t own = w->label[w->point[at]];
        broken = broken + t->seen[at * w->k + to] - t->seen[at * w->k + own];
        for (size_t j = w->g->first[w->point[at]]; j < w->g->first[w->point[at] + 1]; j++) {
            uint32_t *seen = t->seen + t->place[w->g->other[j]] * (size_t)w->k;
            seen[own]--;
            seen[to]++;
        }
        t->until[at * w->k + own] = step + 7 + step % 10;
        w->label[w->point[at]] = to;
        if (broken >= fewest)
            continue;
        fewest = broken;
        for (size_t i = 0; i < w->m; i++)
            t->best[i] = w->label[w->point[i]];
    }
    for (size_t i = 0; i < w->m; i++)
        w->label[w->point[i]] = t->best[i];
}

/* Break as few pairs as the search finds. Points without a cluster begin in the nearest. */
static int break_few(struct separating *w)
{
    struct tabu t = {NULL, NULL, NULL, NULL};
    t.seen = kc_mem_zalloc(kc_mem_mul(w->m, w->k), sizeof *t.seen, w->e);
    t.until = kc_mem_zalloc(kc_mem_mul(w->m, w->k), sizeof *t.until, w->e);
    t.place = kc_mem_alloc(w->s->n, sizeof *t.place, w->e);
    t.best = kc_mem_alloc(w->m, sizeof *t.best, w->e);
    const int rc = t.seen && t.until && t.place && t.best ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < w->m; i++) {
        const double *near = w->near + i * w->k;
        uint32_t best = 0;
        t.place[w->point[i]] = (uint32_t)i;
        for (uint32_t c = 1; c < w->k; c++)
            best = near[c] > near[best] ? c : best;
        if (w->label[w->point[i]] == KC_NOISE)
            w->label[w->point[i]] = best;
    }
    if (rc == 0)
        search_labels(w, &t);
    kc_mem_free(t.best);
    kc_mem_free(t.place);
    kc_mem_free(t.until);
    kc_mem_free(t.seen);
    return rc;
}

/* Give clusters that have become empty a point each: that which is least similar to its centroid, of clusters of more
 * than one. A point that is alone breaks no pair. */
static int fill_empty(struct separating *w)
{
    if (sum_labels(w) != 0)
        return -1;
    for (uint32_t c = 0; c < w->k; c++) {
        size_t worst = SIZE_MAX;
        double least = INFINITY;
        if (w->counts[c] > 0)
            continue;
        for (size_t i = 0; i < w->s->n; i++) {
            const uint32_t own = w->label[i];
            if (w->counts[own] < 2)
                continue;
            const double v = kc_la_dot(kc_rows_at(&w->s->rows, i), w->sums + own * w->s->d, w->s->d) /
                             fmax(w->length[own], 1e-300);
            if (v < least) {
                least = v;
                worst = i;
            }
        }
        if (worst == SIZE_MAX)
            return 0; /* fewer points than clusters */
        w->label[worst] = c;
        if (sum_labels(w) != 0)
            return -1;
    }
    return 0;
}

/* Move points without pairs to the nearest centroid, as Lloyd does, unless that empties a cluster. */
static int move_free_points(struct separating *w)
{
    const size_t n = w->s->n;
    uint64_t *left = kc_mem_zalloc(w->k, sizeof *left, w->e);
    int rc = left ? 0 : -1, all = 1;
    if (rc == 0)
        rc = kc_order_centre(&w->s->rows, w->label, w->sums, w->k, w->centroids, w->e);
    if (rc == 0)
        rc = kc_assign(w->s->ctx, &w->s->rows, w->centroids, w->k, NULL, w->nearest, w->similarity, NULL, w->e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (w->g->first[i + 1] > w->g->first[i])
            w->nearest[i] = w->label[i];
        left[w->nearest[i]]++;
    }
    for (uint32_t c = 0; rc == 0 && c < w->k; c++)
        all &= left[c] > 0;
    if (rc == 0 && all)
        memcpy(w->label, w->nearest, n * sizeof *w->label);
    kc_mem_free(left);
    return rc;
}

/* Return what swapping the chain of n points between a and b gains, with w->delta set to what comes to b; -1 if it
 * empties a cluster. */
static double judge_chain(struct separating *w, size_t n, uint32_t a, uint32_t b)
{
    const size_t d = w->s->d;
    uint64_t from = 0;
    double one = 0, two = 0;
    memset(w->delta, 0, d * sizeof *w->delta);
    for (size_t i = 0; i < n; i++) {
        const float *x = kc_rows_at(&w->s->rows, w->chain[i]);
        const double by = w->label[w->chain[i]] == a ? kc_space_weight(w->s, w->chain[i]) :
                                                       -kc_space_weight(w->s, w->chain[i]);
        from += w->label[w->chain[i]] == a;
        for (size_t t = 0; t < d; t++)
            w->delta[t] += by * (double)x[t];
    }
    if (w->counts[a] + (n - from) == from || w->counts[b] + from == n - from)
        return -1;
    for (size_t t = 0; t < d; t++) {
        const double p = w->sums[a * d + t] - w->delta[t], q = w->sums[b * d + t] + w->delta[t];
        one += p * p;
        two += q * q;
    }
    return sqrt(one) + sqrt(two) - w->length[a] - w->length[b];
}

/* Swap the chain that w->delta is of. */
static void move_chain(struct separating *w, size_t n, uint32_t a, uint32_t b)
{
    const size_t d = w->s->d;
    for (size_t i = 0; i < n; i++) {
        const int from = w->label[w->chain[i]] == a;
        w->counts[from ? a : b]--;
        w->counts[from ? b : a]++;
    }
    swap_chain(w, n, a, b);
    for (size_t t = 0; t < d; t++) {
        w->sums[a * d + t] -= w->delta[t];
        w->sums[b * d + t] += w->delta[t];
    }
    w->length[a] = sqrt(kc_la_dotd(w->sums + a * d, w->sums + a * d, d));
    w->length[b] = sqrt(kc_la_dotd(w->sums + b * d, w->sums + b * d, d));
}

/* Move the chains of the points with pairs to where they gain most. Return how many moved. */
static size_t move_chains(struct separating *w, double least)
{
    size_t moved = 0;
    for (size_t i = 0; i < w->m; i++) {
        const uint32_t at = w->point[i], a = w->label[at];
        uint32_t best = KC_NONE;
        double most = least;
        for (uint32_t b = 0; b < w->k; b++) {
            const size_t n = b == a ? 0 : collect_chain(w, at, a, b);
            const double gain = n > 0 ? judge_chain(w, n, a, b) : -1;
            if (gain > most) {
                most = gain;
                best = b;
            }
        }
        if (best == KC_NONE)
            continue;
        const size_t n = collect_chain(w, at, a, best);
        (void)judge_chain(w, n, a, best);
        move_chain(w, n, a, best);
        moved++;
    }
    return moved;
}

/* Move points and chains until nothing gains any more. *objective: of the end. */
static int improve_labels(struct separating *w, double *objective)
{
    if (fill_empty(w) != 0)
        return -1;
    *objective = add_lengths(w);
    for (int round = 0; round < ROUNDS; round++) {
        const double before = *objective;
        if (move_free_points(w) != 0 || sum_labels(w) != 0)
            return -1;
        const size_t moved = move_chains(w, LEAST * before);
        *objective = add_lengths(w);
        if (moved == 0 && !(*objective > before * (1 + LEAST)))
            break;
    }
    return 0;
}

struct ranked {
    double loss;
    uint32_t at;
};

static int by_loss(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    if (p->loss < q->loss || p->loss > q->loss)
        return p->loss > q->loss ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

/* Fill order (m) with the points with pairs: those that lose most first. */
static int rank_points(struct separating *w, uint32_t *order)
{
    struct ranked *r = kc_mem_alloc(w->m, sizeof *r, w->e);
    if (!r)
        return -1;
    for (size_t i = 0; i < w->m; i++)
        r[i] = (struct ranked){w->loss[i], (uint32_t)i};
    qsort(r, w->m, sizeof *r, by_loss);
    for (size_t i = 0; i < w->m; i++)
        order[i] = r[i].at;
    kc_mem_free(r);
    return 0;
}

/* Place the points, the first time by their losses, the second in their own order, and improve that; or by colours, or
 * breaking few pairs. Leaves the best in labels. */
static int try_orders(struct separating *w, uint32_t *labels, uint32_t *order, uint32_t *colour, uint32_t *start)
{
    double best = -1;
    size_t fewest = SIZE_MAX;
    uint32_t used;
    memcpy(start, labels, w->s->n * sizeof *start);
    if (kc_cannot_colour(w->g, colour, &used, w->e) != 0 || rank_points(w, order) != 0)
        return -1;
    for (int time = 0; time < 2; time++) {
        double objective;
        for (size_t i = 0; time == 1 && i < w->m; i++)
            order[i] = (uint32_t)i;
        memcpy(w->label, start, w->s->n * sizeof *start);
        if (!place_points(w, order) && (used <= w->k ? place_by_colours(w, colour, used) : break_few(w)) != 0)
            return -1;
        if (improve_labels(w, &objective) != 0)
            return -1;
        const size_t broken = count_broken(w);
        if (broken > fewest || (broken == fewest && !(objective > best)))
            continue;
        fewest = broken;
        best = objective;
        memcpy(labels, w->label, w->s->n * sizeof *labels);
    }
    return 0;
}

static int alloc_work(struct separating *w)
{
    const size_t n = w->s->n, d = w->s->d, k = w->k;
    w->loss = kc_mem_alloc(w->m, sizeof *w->loss, w->e);
    w->near = kc_mem_alloc(kc_mem_mul(w->m, k), sizeof *w->near, w->e);
    w->label = kc_mem_alloc(n, sizeof *w->label, w->e);
    w->counts = kc_mem_alloc(k, sizeof *w->counts, w->e);
    w->sums = kc_mem_aligned(kc_mem_mul(k, d), sizeof *w->sums, w->e);
    w->length = kc_mem_alloc(k, sizeof *w->length, w->e);
    w->delta = kc_mem_alloc(d, sizeof *w->delta, w->e);
    w->centroids = kc_mem_aligned(kc_mem_mul(k, d), sizeof *w->centroids, w->e);
    w->nearest = kc_mem_alloc(n, sizeof *w->nearest, w->e);
    w->similarity = kc_mem_alloc(n, sizeof *w->similarity, w->e);
    w->chain = kc_mem_alloc(CHAIN, sizeof *w->chain, w->e);
    w->mark = kc_mem_zalloc(n, sizeof *w->mark, w->e);
    return w->loss && w->near && w->label && w->counts && w->sums && w->length && w->delta && w->centroids &&
           w->nearest && w->similarity && w->chain && w->mark ? 0 : -1;
}

int kc_separate(const struct kc_space *s, const struct kc_cannot *g, uint32_t k, uint32_t *labels, struct kc_err *e)
{
    struct separating w = {.s = s, .g = g, .k = k, .e = e};
    uint32_t *work = kc_mem_alloc(kc_mem_mul(s->n, 3), sizeof *work, e); /* order, colours, labels of the beginning */
    int rc = -1;
    w.point = kc_mem_alloc(s->n, sizeof *w.point, e);
    if (!work || !w.point)
        goto out;
    for (size_t i = 0; i < s->n; i++)
        if (g->first[i + 1] > g->first[i])
            w.point[w.m++] = (uint32_t)i;
    if (w.m == 0) {
        rc = 0;
        goto out;
    }
    if (alloc_work(&w) != 0)
        goto out;
    memcpy(w.label, labels, s->n * sizeof *labels);
    if (sum_labels(&w) != 0)
        goto out;
    compare_points(&w);
    rc = try_orders(&w, labels, work, work + s->n, work + 2 * s->n);
out:
    kc_mem_free(w.mark);
    kc_mem_free(w.chain);
    kc_mem_free(w.similarity);
    kc_mem_free(w.nearest);
    kc_mem_free(w.centroids);
    kc_mem_free(w.delta);
    kc_mem_free(w.length);
    kc_mem_free(w.sums);
    kc_mem_free(w.counts);
    kc_mem_free(w.label);
    kc_mem_free(w.near);
    kc_mem_free(w.loss);
    kc_mem_free(w.point);
    kc_mem_free(work);
    return rc;
}

uint64_t kc_separate_bytes(size_t n, size_t d, size_t paired, uint64_t k, unsigned threads)
{
    const uint64_t point = 3 * sizeof(uint32_t) + 5 * sizeof(uint32_t) + 2 * sizeof(double);
    const uint64_t cluster = d * (sizeof(double) + sizeof(float)) + 4 * sizeof(double);
    const uint64_t both = kc_mem_mul(paired, (size_t)(k < SIZE_MAX ? k : SIZE_MAX));
    return n * point + k * cluster + kc_mem_mul((size_t)both, sizeof(double) + 2 * sizeof(uint32_t)) +
           paired * 6 * sizeof(uint32_t) + kc_assign_bytes(d, 1, threads) + kc_sums_bytes(n, d, 1, k);
}
