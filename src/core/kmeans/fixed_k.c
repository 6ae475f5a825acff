/* k clusters of min..max rows, k given. As in Bradley, Bennett & Demiriz (Constrained k-means clustering, 2000), the
 * assignment of Lloyd's algorithm becomes a transportation problem (transport.h), and takes turns with the centroids
 * until nothing changes. Each step raises the objective, so that ends.
 *
 * Departures: up to EXACT_CELLS rows times clusters, the assignment is the best there is for its centroids. Beyond,
 * only the NEAR nearest clusters of each row are looked at. What lies near is judged by similarity and price, and
 * prices that fill the clusters evenly are found on a sample first: so in a crowded place the nearest clusters are not
 * the same for all. Up to KC_EXCHANGE_ROWS rows, moves and swaps of single rows follow, which plain turns miss, and
 * several starts compete.
 *
 * Of rows that are shared out to ranks each rank finds what is listed for its own ones. All ranks get the lists and
 * labels of all rows, and find the same assignment. Where starts from seeds compete, there are few rows (or too few
 * centroids for k, which is rare): every rank gets all of them. */
#include "core/kmeans/fixed_k.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/cluster/order.h"
#include "core/cluster/steps.h"
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/kmeans/exchange.h"
#include "core/kmeans/seed.h"
#include "core/kmeans/transport.h"
#include "la/product.h"
#include "par/lists.h"
#include "par/pool.h"

#define EXACT_CELLS ((uint64_t)1 << 22)
#define NEAR 12
#define SAMPLE_ROUNDS 50 /* of tuning prices */
#define ROUNDS 40
#define LATER_ROUNDS 8   /* once there are prices of the turn before */
#define LATER_STEP 0.1
#define MANY_GAIN 5e-5   /* a turn that raises the objective by less of itself is the last one, */
#define MANY_TURNS 25 /* with more cells than EXACT_CELLS */
#define MANY_STARTS_ROWS 512
#define SOME_STARTS_CELLS ((uint64_t)1 << 19)
#define SOME_STARTS 3
#define KICKS 4 /* for each restart */

struct fixing {
    const struct kc_space *s;
    const struct kc_kmeans_opts *o;
    size_t n;        /* rows, on all ranks; arrays of (n) are by their numbers */
    uint32_t k, m;
    uint64_t min, max;
    int exact;
    int labelled;    /* `now` has labels */
    double unit;     /* the value of similarity 1 and weight 1 */
    size_t sample;   /* rows for the first prices */
    uint32_t *near;  /* (n, m); unused if all clusters are listed */
    int64_t *value;  /* (n, m), and of the sample (sample, k) */
    int64_t *bonus;  /* (k) */
    uint32_t *next;  /* (n) labels of the present turn */
    uint32_t *now;   /* (n) labels of the present start */
    uint32_t *best;  /* (n) labels of the best start */
    uint64_t *sizes; /* (k) */
    double *sums;    /* (k, d), then the centroids of the exact case */
    float *centres;  /* (k, d) */
    char *work;      /* (threads, WORK) */
    float *read;     /* (threads, a tile of rows that do not lie in memory) */
    uint32_t *seeds; /* (starts, k) */
    float *row;      /* (d) */
    float *rows;     /* (n, d) for exchanges, if the rows do not lie in memory one after the other */
    struct kc_exchange *exchange;
    size_t starts;             /* the present partition, and seeds */
    size_t tries;              /* starts and what follows them */
    size_t count, step; /* the rows of a pass: 0, step, 2 step, ...; of them this rank has `count` */
    uint32_t *pick;     /* (s->n) these, where rows are shared out */
    uint32_t *own;      /* (s->n) labels of this rank's rows, where rows are shared out */
};

/* The rows of a tile of a pass. */
struct tile {
    size_t n;
    const float *row[KC_LA_TILE];
    size_t at[KC_LA_TILE];    /* their places among this rank's rows */
    size_t place[KC_LA_TILE]; /* and among the rows of the pass, on all ranks */
};

#define WORK (KC_LA_TILE * KC_TILE_COLUMNS * sizeof(double) + KC_LA_SCRATCH)

int kc_fixed_k_feasible(uint64_t n, uint64_t k, uint64_t min, uint64_t max)
{
    return k >= 1 && k <= n && min <= n / k && (!max || n / k < max || (n / k == max && n % k == 0));
}

static int is_exact(uint64_t n, uint32_t k)
{
    return n <= EXACT_CELLS / k && k <= KC_TRANSPORT_MOST;
}

static size_t count_sample(size_t n, uint32_t k)
{
    size_t m = (size_t)(EXACT_CELLS / k), least = 4 * (size_t)k;
    m = m < least ? least : m;
    return m < n ? m : n;
}

static size_t count_starts(uint64_t n, uint32_t k, uint64_t n_init)
{
    uint64_t most = n <= MANY_STARTS_ROWS ? n_init : n <= SOME_STARTS_CELLS / k ? SOME_STARTS : 0;
    return 1 + (size_t)(most < n_init ? most : n_init);
}

/* shared: the rows that this rank has of those that are shared out; 0: all are its own. */
static void plan_fixing(struct kc_plan *p, struct fixing *w, size_t n, size_t shared, size_t d, int in_memory,
                        uint32_t k, unsigned threads)
{
    const int exact = is_exact(n, k);
    const size_t m = exact || k < NEAR ? k : NEAR;
    size_t values = kc_mem_mul(n, m), few = exact ? 0 : kc_mem_mul(count_sample(n, k), k);
    KC_PLAN(p, w->near, exact ? 0 : kc_mem_mul(n, m), KC_PLAN_PLAIN);
    KC_PLAN(p, w->value, values > few ? values : few, KC_PLAN_PLAIN);
    KC_PLAN(p, w->bonus, k, KC_PLAN_ZEROED);
    KC_PLAN(p, w->next, n, KC_PLAN_PLAIN);
    KC_PLAN(p, w->now, n, KC_PLAN_PLAIN);
    KC_PLAN(p, w->best, n, KC_PLAN_PLAIN);
    KC_PLAN(p, w->sizes, k, KC_PLAN_PLAIN);
    KC_PLAN(p, w->sums, kc_mem_mul(k, d), KC_PLAN_PLAIN);
    KC_PLAN(p, w->centres, kc_mem_mul(k, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, w->work, kc_mem_mul(threads, WORK), KC_PLAN_ALIGNED);
    KC_PLAN(p, w->read, in_memory ? 0 : kc_mem_mul((size_t)threads * KC_LA_TILE, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, w->seeds, kc_mem_mul(w->starts, k), KC_PLAN_PLAIN);
    KC_PLAN(p, w->row, d, KC_PLAN_PLAIN);
    KC_PLAN(p, w->rows, n <= KC_EXCHANGE_ROWS ? kc_mem_mul(n, d) : 0, KC_PLAN_PLAIN);
    KC_PLAN(p, w->pick, shared, KC_PLAN_PLAIN);
    KC_PLAN(p, w->own, shared, KC_PLAN_PLAIN);
}

uint64_t kc_fixed_k_bytes(size_t n, size_t d, int in_memory, uint32_t k, unsigned threads)
{
    struct fixing w = {.starts = count_starts(n, k, 10)};
    struct kc_plan plan = {.n = 0};
    plan_fixing(&plan, &w, n, 0, d, in_memory, k, threads);
    kc_plan_add_other(&plan, kc_sums_bytes(n, d, 1, k));
    kc_plan_add_other(&plan, kc_transport_bytes(n, k, is_exact(n, k) || k < NEAR ? k : NEAR));
    kc_plan_add_other(&plan, kc_seeder_bytes(n, d, in_memory, w.starts, kc_seed_width(k), threads));
    if (n <= KC_EXCHANGE_ROWS)
        kc_plan_add_other(&plan, kc_exchange_bytes(n, d, k));
    return kc_plan_bytes(&plan);
}

static int64_t value_of(const struct fixing *w, size_t row, double similarity)
{
    double v = w->unit * kc_space_weight(w->s, row) * similarity;
    return (int64_t)(v < 0 ? v - 0.5 : v + 0.5);
}

/* Point at the rows of a tile of the pass. */
static void get_tile(const struct fixing *w, size_t t, unsigned worker, struct tile *tile)
{
    const struct kc_space *s = w->s;
    const size_t first = t * KC_LA_TILE;
    float *buf = w->read + (size_t)worker * kc_rows_buf(&s->rows, KC_LA_TILE);
    tile->n = w->count - first < KC_LA_TILE ? w->count - first : KC_LA_TILE;
    for (size_t q = 0; q < tile->n; q++) {
        const size_t at = s->rows.share ? w->pick[first + q] : (first + q) * w->step;
        tile->at[q] = at;
        tile->place[q] = s->rows.share ? (size_t)(kc_rows_number(&s->rows, at) / w->step) : first + q;
        if (s->rows.x)
            tile->row[q] = kc_rows_at(&s->rows, at);
    }
    if (s->rows.x)
        return;
    if (w->step == 1) {
        kc_rows_get(&s->rows, first, tile->n, buf, tile->row);
        return;
    }
    uint32_t idx[KC_LA_TILE];
    for (size_t q = 0; q < tile->n; q++) {
        idx[q] = (uint32_t)tile->at[q];
        tile->row[q] = buf + q * s->d;
    }
    kc_rows_copy(&s->rows, idx, tile->n, buf);
}

/* Compute the values in all clusters, in double. */
static void value_tile(void *arg, size_t t, unsigned worker)
{
    const struct fixing *w = arg;
    struct tile tile;
    const size_t d = w->s->d;
    double *out = (double *)(void *)(w->work + (size_t)worker * WORK);
    get_tile(w, t, worker, &tile);
    for (uint32_t c0 = 0; c0 < w->k; c0 += KC_TILE_COLUMNS) {
        uint32_t cols = w->k - c0 < KC_TILE_COLUMNS ? w->k - c0 : KC_TILE_COLUMNS;
        kc_la_productd(tile.row, tile.n, d, w->sums + (size_t)c0 * d, cols, out, KC_LA_TILE,
                       out + KC_LA_TILE * KC_TILE_COLUMNS);
        for (uint32_t c = 0; c < cols; c++)
            for (size_t q = 0; q < tile.n; q++)
                w->value[tile.place[q] * w->k + c0 + c] = value_of(w, tile.at[q], out[c * KC_LA_TILE + q]);
    }
}

/* List the nearest clusters, by similarity and bonus, and the values in them. The row's present cluster is always
 * listed, so that the present assignment remains one of those that can be found. */
static void near_tile(void *arg, size_t t, unsigned worker)
{
    const struct fixing *w = arg;
    struct tile tile;
    const size_t d = w->s->d;
    const uint32_t m = w->m;
    float *out = (float *)(void *)(w->work + (size_t)worker * WORK);
    double score[KC_LA_TILE][NEAR] = {{0}}; /* similarity and bonus, the best first */
    float similarity[KC_LA_TILE][NEAR] = {{0}}, own[KC_LA_TILE] = {0};
    double worst[KC_LA_TILE], scale[KC_LA_TILE];
    uint32_t now[KC_LA_TILE];
    get_tile(w, t, worker, &tile);
    const size_t r = tile.n;
    for (size_t q = 0; q < r; q++) {
        for (uint32_t j = 0; j < NEAR; j++)
            score[q][j] = -INFINITY;
        worst[q] = -INFINITY;
        scale[q] = 1 / (w->unit * kc_space_weight(w->s, tile.at[q]));
        now[q] = w->labelled ? w->now[tile.place[q]] : KC_NONE;
    }
    for (uint32_t c0 = 0; c0 < w->k; c0 += KC_TILE_COLUMNS) {
        uint32_t cols = w->k - c0 < KC_TILE_COLUMNS ? w->k - c0 : KC_TILE_COLUMNS;
        kc_la_product(tile.row, r, d, w->centres + (size_t)c0 * d, cols, out, KC_LA_TILE,
                      out + KC_LA_TILE * KC_TILE_COLUMNS);
        for (uint32_t c = 0; c < cols; c++) {
            const double bonus = (double)w->bonus[c0 + c];
            for (size_t q = 0; q < r; q++) {
                uint32_t *near = w->near + tile.place[q] * m, at = m - 1;
                float s = out[c * KC_LA_TILE + q];
                double all = (double)s + bonus * scale[q];
                if (all <= worst[q])
                    continue;
                for (; at > 0 && score[q][at - 1] < all; at--) {
                    score[q][at] = score[q][at - 1];
                    similarity[q][at] = similarity[q][at - 1];
                    near[at] = near[at - 1];
                }
                score[q][at] = all;
                similarity[q][at] = s;
                near[at] = c0 + c;
                worst[q] = score[q][m - 1];
            }
        }
        for (size_t q = 0; q < r; q++)
            if (w->labelled && now[q] >= c0 && now[q] < c0 + cols)
                own[q] = out[(now[q] - c0) * KC_LA_TILE + q];
    }
    for (size_t q = 0; q < r; q++) {
        uint32_t *near = w->near + tile.place[q] * m, j = 0;
        for (; w->labelled && j + 1 < m && near[j] != now[q]; j++)
            ;
        if (w->labelled) {
            near[j] = now[q];
            similarity[q][j] = own[q];
        }
        for (j = 0; j < m; j++)
            w->value[tile.place[q] * m + j] = value_of(w, tile.at[q], (double)similarity[q][j]);
    }
}

/* Set what fn finds of `count` rows, `step` apart: the values in m clusters, and, with near_tile, which these are. */
static int run_pass(struct fixing *w, size_t count, size_t step, uint32_t m, void (*fn)(void *, size_t, unsigned),
                    struct kc_err *e)
{
    const struct kc_rows *rows = &w->s->rows;
    const size_t cells = count * m;
    w->count = count;
    w->step = step;
    if (rows->share) {
        w->count = 0;
        for (size_t i = 0; i < rows->n; i++)
            if (kc_rows_number(rows, i) % step == 0)
                w->pick[w->count++] = (uint32_t)i;
        memset(w->value, 0, cells * sizeof *w->value);
        if (fn == near_tile)
            memset(w->near, 0, cells * sizeof *w->near);
    }
    kc_pool_for(w->s->ctx->pool, kc_la_tiles(w->count), fn, w);
    if (kc_rows_failed(rows, e) != 0 || kc_team_union(kc_rows_team(rows), w->value, cells * sizeof *w->value, e) != 0)
        return -1;
    return fn == near_tile ? kc_team_union(kc_rows_team(rows), w->near, cells * sizeof *w->near, e) : 0;
}

static int tune_prices(struct fixing *w, const struct kc_transport *t, int rounds, struct kc_err *e)
{
    return kc_transport_tune(w->s->ctx->pool, kc_pool_for, t, w->labelled ? LATER_ROUNDS : rounds,
                             w->labelled ? LATER_STEP : 1, w->bonus, e);
}

/* Find prices for the present centroids on a sample of the rows. */
static int tune_on_sample(struct fixing *w, struct kc_err *e)
{
    size_t step = (w->n + w->sample - 1) / w->sample, count = (w->n + step - 1) / step;
    double share = (double)count / (double)w->n;
    struct kc_transport t = {.n = count, .k = w->k, .m = w->k, .value = w->value};
    t.min = (uint64_t)((double)w->min * share);
    t.max = (uint64_t)((double)w->max * share) + 1;
    for (size_t i = 0; i < (size_t)w->k * w->s->d; i++)
        w->sums[i] = (double)w->centres[i];
    return run_pass(w, count, step, w->k, value_tile, e) != 0 ? -1 : tune_prices(w, &t, SAMPLE_ROUNDS, e);
}

struct offer {
    double loss;
    uint32_t row;
};

static int by_loss(const void *a, const void *b)
{
    const struct offer *p = a, *q = b;
    return p->loss != q->loss ? (p->loss < q->loss ? -1 : 1) : p->row < q->row ? -1 : p->row > q->row;
}

/* Return the cluster that needs rows most urgently: below min, else, if another is above max, the one with most room.
 * *giving: the size above which clusters give rows. KC_NONE: all keep the limits. */
static uint32_t find_neediest(const struct fixing *w, uint64_t *giving)
{
    uint32_t least = 0;
    uint64_t most = 0;
    for (uint32_t c = 0; c < w->k; c++) {
        least = w->sizes[c] < w->sizes[least] ? c : least;
        most = w->sizes[c] > most ? w->sizes[c] : most;
    }
    *giving = most > w->max ? w->max : w->min;
    return w->sizes[least] < w->min || most > w->max ? least : KC_NONE;
}

/* Move rows to clusters that are not listed for them, where nothing else is left. */
static int place_left(struct fixing *w, struct kc_err *e)
{
    const struct kc_space *s = w->s;
    float *x = kc_mem_alloc(s->d, sizeof *x, e);
    uint64_t giving;
    int rc = x ? 0 : -1;
    for (uint32_t b; rc == 0 && (b = find_neediest(w, &giving)) != KC_NONE;) {
        struct offer *offer = kc_mem_alloc(s->n, sizeof *offer, e);
        void *all = offer;
        size_t n = 0;
        for (size_t i = 0; offer && i < s->n; i++) {
            const uint32_t at = (uint32_t)i, row = s->rows.share ? (uint32_t)kc_rows_number(&s->rows, i) : at;
            const uint32_t a = w->next[row];
            if (w->sizes[a] <= giving || a == b)
                continue;
            kc_rows_copy(&s->rows, &at, 1, x);
            double loss = 0;
            for (size_t q = 0; q < s->d; q++)
                loss += (double)x[q] * ((double)w->centres[a * s->d + q] - (double)w->centres[b * s->d + q]);
            offer[n++] = (struct offer){loss * kc_space_weight(s, i), row};
        }
        rc = offer && kc_rows_failed(&s->rows, e) == 0 ? kc_lists_join(kc_space_team(s), &all, &n, sizeof *offer, e) :
                                                         -1;
        offer = all;
        if (rc != 0)
            n = 0;
        if (n)
            qsort(offer, n, sizeof *offer, by_loss);
        for (size_t i = 0; i < n && w->sizes[b] < (giving == w->max ? w->max : w->min); i++) {
            uint32_t a = w->next[offer[i].row];
            if (w->sizes[a] <= giving)
                continue;
            w->next[offer[i].row] = b;
            w->sizes[a]--;
            w->sizes[b]++;
        }
        kc_mem_free(offer);
    }
    kc_mem_free(x);
    return rc;
}

/* Set w->next to the assignment for the present centroids. */
static int assign_rows(struct fixing *w, struct kc_err *e)
{
    struct kc_transport t = {.n = w->n,
                             .k = w->k,
                             .m = w->m,
                             .near = w->exact ? NULL : w->near,
                             .value = w->value,
                             .min = w->min,
                             .max = w->max};
    uint64_t left;
    if (w->exact) {
        return run_pass(w, t.n, 1, w->k, value_tile, e) != 0 ?
                   -1 : kc_transport_solve(&t, w->bonus, w->next, w->sizes, &left, e);
    }
    if (tune_on_sample(w, e) != 0)
        return -1;
    if (run_pass(w, t.n, 1, w->m, near_tile, e) != 0 || tune_prices(w, &t, ROUNDS, e) != 0)
        return -1;
    if (w->k <= KC_TRANSPORT_MOST) {
        if (kc_transport_solve(&t, w->bonus, w->next, w->sizes, &left, e) != 0)
            return -1;
    } else {
        kc_transport_label(&t, w->bonus, w->next, w->sizes);
        if (kc_transport_repair(&t, w->bonus, w->next, w->sizes, &left, e) != 0)
            return -1;
    }
    return left ? place_left(w, e) : 0;
}

/* Set the centroids of labels. Return their objective; negative after a failure. */
static double update_centres(struct fixing *w, const uint32_t *labels, struct kc_err *e)
{
    const size_t d = w->s->d;
    double objective = 0;
    if (w->s->rows.share) {
        kc_rows_own(&w->s->rows, labels, sizeof *labels, w->own);
        labels = w->own;
    }
    if (kc_sums(w->s, labels, w->k, w->sums, w->sizes, e) != 0)
        return -1;
    if (kc_order_centre(&w->s->rows, labels, w->sums, w->k, w->centres, e) != 0)
        return -1;
    for (uint32_t c = 0; c < w->k; c++) {
        double *u = w->sums + c * d, len = sqrt(kc_la_dotd(u, u, d));
        objective += len;
        for (size_t t = 0; t < d; t++)
            u[t] = len > 0 ? u[t] / len : (double)w->centres[c * d + t];
    }
    return objective;
}

static void set_centre(struct fixing *w, uint32_t c, const float *x)
{
    memcpy(w->centres + c * w->s->d, x, w->s->d * sizeof *x);
    for (size_t t = 0; t < w->s->d; t++)
        w->sums[c * w->s->d + t] = (double)x[t];
}

/* Begin a try: 0 with the partition that there is; then with seeds as centroids; then with rows drawn evenly; then with
 * the centroids of the best partition, one of them replaced by a row. The last ones find what restarts seldom do. */
static int begin_try(struct fixing *w, size_t try, const uint32_t *labels, struct kc_err *e)
{
    const size_t even = 2 * w->starts - 1;
    struct kc_rng rng = kc_rng_stream(w->o->seed, KC_RNG_SIZES, try, 0);
    memset(w->bonus, 0, w->k * sizeof *w->bonus);
    if (try == 0 && labels)
        return update_centres(w, labels, e) < 0 ? -1 : 0;
    if (try >= even && update_centres(w, w->best, e) < 0)
        return -1;
    uint32_t first = try < even ? 0 : (uint32_t)kc_rng_below(&rng, w->k), last = try < even ? w->k : first + 1;
    for (uint32_t c = first; c < last; c++) {
        uint32_t row = try < w->starts ? w->seeds[(try - 1) * w->k + c] : (uint32_t)kc_rng_below(&rng, w->n);
        kc_rows_copy(&w->s->rows, &row, 1, w->row);
        set_centre(w, c, w->row);
    }
    return kc_rows_failed(&w->s->rows, e);
}

/* Take turns until nothing changes. Returns the objective of w->now; negative after a failure. */
static double take_turns(struct fixing *w, struct kc_err *e)
{
    const size_t n = w->n;
    const uint64_t most = w->exact ? w->o->max_iter : MANY_TURNS < w->o->max_iter ? MANY_TURNS : w->o->max_iter;
    const double gain = w->exact ? 0 : w->o->tol > MANY_GAIN ? w->o->tol : MANY_GAIN;
    double objective = -1;
    w->labelled = 0;
    for (uint64_t turn = 0; turn < most || objective < 0; turn++) {
        if (assign_rows(w, e) != 0)
            return -1;
        if (objective >= 0 && memcmp(w->next, w->now, n * sizeof *w->now) == 0)
            break;
        double next = update_centres(w, w->next, e);
        if (next < 0)
            return -1;
        int better = next > objective, enough = next <= objective * (1 + gain);
        if (better) {
            memcpy(w->now, w->next, n * sizeof *w->now);
            objective = next;
            w->labelled = 1;
        }
        if (!better || enough)
            break;
        const int late = kc_steps_late(w->s->steps, e);
        if (late < 0)
            return -1;
        if (late)
            break;
    }
    if (w->exchange && kc_exchange_run(w->exchange, w->now)) {
        objective = update_centres(w, w->now, e);
        for (;;) { /* what is best for these centroids may still differ */
            if (objective < 0 || assign_rows(w, e) != 0)
                return -1;
            double next = update_centres(w, w->next, e);
            if (next < 0)
                return -1;
            if (next <= objective * (1 + 1e-13))
                break;
            memcpy(w->now, w->next, n * sizeof *w->now);
            objective = next;
        }
    }
    return objective;
}

/* Give every rank all rows, and find the clusters of each on its own; the arguments are those of kc_fixed_k_run. That
 * is called with rows that are not shared out, so it does not come back here.
 * NOLINTNEXTLINE(misc-no-recursion) */
static int run_on_every_rank(const struct kc_space *s, const struct kc_kmeans_opts *o, uint32_t k, uint64_t min,
                             uint64_t max, uint32_t have, uint32_t *labels, int *changed, struct kc_err *e)
{
    const size_t n = (size_t)kc_space_all(s);
    float *x = kc_mem_aligned(kc_mem_mul(n, s->d), sizeof *x, e);
    uint32_t *of = kc_mem_alloc(n, sizeof *of, e);
    double *weights = NULL;
    int rc = -1;
    if (!x || !of)
        goto out;
    for (size_t i = 0; i < n; i++)
        of[i] = (uint32_t)i;
    if (kc_rows_copy_shared(&s->rows, of, n, x, e) != 0 || kc_weights_pick_shared(s, of, n, &weights, e) != 0 ||
        kc_rows_join(&s->rows, labels, sizeof *of, of, e) != 0)
        goto out;
    struct kc_space all = *s;
    all.n = n;
    all.rows = kc_rows_memory(x, n, s->d);
    all.work = kc_team_rank(kc_space_team(s)) == 0 ? s->work : NULL;
    all.w = weights;
    rc = kc_fixed_k_run(&all, o, k, min, max, have, of, changed, e);
    kc_rows_own(&s->rows, of, sizeof *of, labels);
out:
    kc_mem_free(weights);
    kc_mem_free(of);
    kc_mem_free(x);
    return rc;
}

/* NOLINTNEXTLINE(misc-no-recursion): as said above */
int kc_fixed_k_run(const struct kc_space *s, const struct kc_kmeans_opts *o, uint32_t k, uint64_t min, uint64_t max,
                   uint32_t have, uint32_t *labels, int *changed, struct kc_err *e)
{
    const size_t n = (size_t)kc_space_all(s);
    struct fixing w = {.s = s, .o = o, .n = n, .k = k, .min = min ? min : 1, .max = max && max < n ? max : n};
    struct kc_plan plan = {.n = 0};
    double most = -1, heaviest;
    int rc = -1;
    w.exact = is_exact(n, k);
    w.m = w.exact || k < NEAR ? k : NEAR;
    w.sample = count_sample(n, k);
    w.starts = count_starts(n, k, o->n_init < 10 ? o->n_init : 10);
    if (have != k && w.starts == 1)
        w.starts = 2;
    if (s->rows.share && w.starts > 1)
        return run_on_every_rank(s, o, k, min, max, have, labels, changed, e);
    plan_fixing(&plan, &w, n, s->rows.share ? s->n : 0, s->d, s->rows.x != NULL, k, kc_pool_threads(s->ctx->pool));
    if (kc_plan_alloc(&plan, e) != 0)
        return -1;
    if (kc_weights_most(s, &heaviest, e) != 0)
        goto out;
    w.unit = KC_TRANSPORT_ONE / heaviest;
    if (n <= KC_EXCHANGE_ROWS) {
        for (uint32_t i = 0; i < n; i++)
            kc_rows_copy(&s->rows, &i, 1, w.rows + i * s->d);
        if (kc_rows_failed(&s->rows, e) != 0 ||
            !(w.exchange = kc_exchange_new(w.rows, s->w, n, s->d, k, w.min, w.max, e)))
            goto out;
    }
    if (w.starts > 1 && kc_seed_all(s, o->seed, w.starts - 1, k, w.seeds, e) != 0)
        goto out;
    /* with few rows, as many even starts as seeded ones, and kicks */
    w.tries = w.starts + (w.exchange ? (1 + KICKS) * (w.starts - 1) : 0);
    if (kc_rows_join(&s->rows, labels, sizeof *labels, w.now, e) != 0)
        goto out;
    for (size_t try = have == k ? 0 : 1; try < w.tries; try++) {
        double objective = begin_try(&w, try, have == k ? w.now : NULL, e) == 0 ? take_turns(&w, e) : -1;
        if (objective < 0)
            goto out;
        if (objective > most * (1 + 1e-12)) {
            memcpy(w.best, w.now, n * sizeof *w.best);
            most = objective;
        }
        const int late = kc_steps_late(s->steps, e);
        if (late < 0)
            goto out;
        if (late)
            break;
    }
    if (kc_rows_join(&s->rows, labels, sizeof *labels, w.now, e) != 0)
        goto out;
    *changed = have != k || memcmp(w.now, w.best, n * sizeof *labels) != 0;
    kc_rows_own(&s->rows, w.best, sizeof *labels, labels);
    rc = 0;
out:
    kc_exchange_free(w.exchange);
    kc_plan_free(&plan);
    return rc;
}
