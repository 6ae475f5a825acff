/* Greedy k-means++ for many states at once (seed.h). A state is one restart, or one partition that gets more
 * centres; the candidates of all states are columns of one product over the rows, which is read once a pass. Sums
 * go over blocks of rows in a fixed order, so the draw of a row by distance does not depend on threads. Distances
 * to the candidates are kept where they take at most 16 MiB: then adding the winner, and further winners, needs no
 * product. */
#include "core/kmeans/seed.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "la/product.h"
#include "par/pool.h"

/* A distance below this is rounding: float similarities of equal rows are within a few 1e-7 of 1. */
#define TINY 1e-6f
#define KEPT ((size_t)16 << 20) /* most bytes of candidates' distances that are kept rather than computed again */
#define MANY 256                /* from so many seeds on a pass serves several */
#define PANELS 2                /* up to so many times 16 columns it is faster to transpose these than the rows */

struct kc_seeder {
    const struct kc_space *s;
    size_t m, cand;       /* states; most candidates of each */
    size_t block, blocks; /* rows in a block of rows; number of blocks */
    size_t pass_states; /* states whose candidates fit into one product */
    float *dist;        /* (m, n) distance to the nearest centre so far; below TINY it is 0 */
    double *mass;       /* (m, blocks) sums of dist, weighted */
    double *pot;        /* (blocks, pass_states * cand) the sums that each candidate would leave */
    float *columns;     /* (ncols, d) the rows whose similarities are computed; not used in Gram space */
    float *out;         /* (threads, KC_TILE_COLUMNS, KC_LA_TILE) */
    char *scratch;      /* (threads, KC_LA_SCRATCH) */
    uint32_t *drawn;    /* (m, cand) */
    float *kept;        /* (m * cand, n) distances to the candidates drawn last; NULL: they would take too much room */
    uint32_t *chosen;   /* (m) the candidate that has won; KC_NONE: none, or the distances are not kept */
    float *read;        /* (threads, KC_LA_TILE, d) rows that do not lie in memory */
    float *near;        /* (threads, KC_LA_TILE) */
    float *panel;       /* (PANELS, d, KC_LA_LANES) columns packed, where they are few */
    uint64_t *flops;    /* (threads) */
    /* The present pass. */
    size_t first, states;   /* the first state, and how many */
    size_t width;           /* candidates of each */
    const uint32_t *winner; /* (m) */
    const uint32_t *cols;   /* (ncols) rows */
    size_t ncols;
    uint32_t *const *labels;
    const uint32_t *id;
    int stored;  /* the distances to the winners are among those kept */
    int reweigh; /* the candidates are weighed once more, by the distances kept */
};

size_t kc_seed_candidates(uint32_t step)
{
    return 2 + (size_t)log((double)step + 1.0);
}

size_t kc_seed_width(uint32_t kmax)
{
    size_t cand = kc_seed_candidates(kmax);
    return kmax > MANY && cand < KC_LA_LANES ? KC_LA_LANES : cand;
}

static size_t count_pass_states(size_t cand)
{
    return cand <= KC_TILE_COLUMNS ? KC_TILE_COLUMNS / cand : 1;
}

/* Return the bytes of the distances to the candidates; 0 if they are too many to keep. */
static size_t kept_bytes(size_t n, size_t m, size_t cand)
{
    size_t bytes = kc_mem_mul(kc_mem_mul(m, cand), kc_mem_mul(n, sizeof(float)));
    return bytes <= KEPT ? bytes : 0;
}

/* List the memory of a seeder of m states. gram: the space has a Gram matrix. */
static void plan_seeder(struct kc_plan *p, struct kc_seeder *q, size_t n, size_t d, int in_memory, int gram, size_t m,
                        size_t cand, size_t threads)
{
    const size_t states = count_pass_states(cand), blocks = kc_space_blocks(n),
                 kept = gram ? 0 : kept_bytes(n, m, cand);
    size_t cols = (states < m ? states : m) * cand;
    if (cols < KC_TILE_COLUMNS && m > cols)
        cols = m < KC_TILE_COLUMNS ? m : KC_TILE_COLUMNS; /* kc_seeder_add has one column a state */
    KC_PLAN(p, q->dist, kc_mem_mul(m, n), KC_PLAN_PLAIN);
    KC_PLAN(p, q->mass, kc_mem_mul(m, blocks), KC_PLAN_PLAIN);
    KC_PLAN(p, q->pot, kc_mem_mul(blocks, cols), KC_PLAN_PLAIN);
    KC_PLAN(p, q->columns, gram ? 1 : kc_mem_mul(cols, d), KC_PLAN_ALIGNED);
    KC_PLAN(p, q->scratch, threads * KC_LA_SCRATCH, KC_PLAN_ALIGNED);
    KC_PLAN(p, q->out, threads * KC_LA_TILE * KC_TILE_COLUMNS, KC_PLAN_ALIGNED);
    KC_PLAN(p, q->flops, threads, KC_PLAN_ZEROED);
    KC_PLAN(p, q->drawn, kc_mem_mul(m, cand), KC_PLAN_PLAIN);
    KC_PLAN(p, q->chosen, m, KC_PLAN_PLAIN);
    KC_PLAN(p, q->near, threads * KC_LA_TILE, KC_PLAN_PLAIN);
    KC_PLAN(p, q->read, kc_mem_mul(threads * KC_LA_TILE, in_memory ? 0 : d) + 1, KC_PLAN_PLAIN);
    if (!gram)
        KC_PLAN(p, q->panel, kc_mem_mul(PANELS * KC_LA_LANES, d), KC_PLAN_ALIGNED);
    if (kept)
        KC_PLAN(p, q->kept, kept / sizeof(float), KC_PLAN_PLAIN);
}

uint64_t kc_seeder_bytes(size_t n, size_t d, int in_memory, size_t m, size_t cand, unsigned threads)
{
    struct kc_seeder q;
    struct kc_plan plan = {.n = 0};
    plan_seeder(&plan, &q, n, d, in_memory, 0, m, cand, threads);
    return kc_plan_bytes(&plan) + sizeof q;
}

static void plan_own(struct kc_plan *p, struct kc_seeder *q)
{
    plan_seeder(p, q, q->s->n, q->s->d, q->s->rows.x != NULL, q->s->gram != NULL, q->m, q->cand,
                kc_pool_threads(q->s->ctx->pool));
}

struct kc_seeder *kc_seeder_new(const struct kc_space *s, size_t m, size_t cand, struct kc_err *e)
{
    struct kc_seeder *q = kc_mem_zalloc(1, sizeof *q, e);
    struct kc_plan plan = {.n = 0};
    if (!q)
        return NULL;
    size_t n = s->n;
    q->s = s;
    q->m = m;
    q->cand = cand;
    q->block = kc_space_block(n);
    q->blocks = kc_space_blocks(n);
    q->pass_states = count_pass_states(cand);
    plan_own(&plan, q);
    if (kc_plan_alloc(&plan, e) != 0) {
        kc_mem_free(q);
        return NULL;
    }
    /* No centre yet: all rows at the largest distance. */
    for (size_t i = 0; i < m * n; i++)
        q->dist[i] = 2.0f;
    for (size_t i = 0; i < m; i++)
        q->chosen[i] = KC_NONE;
    for (size_t i = 0; i < m; i++)
        for (size_t b = 0; b < q->blocks; b++) {
            size_t end = b + 1 < q->blocks ? (b + 1) * q->block : n;
            double rows = s->w ? 0 : (double)(end - b * q->block);
            for (size_t r = b * q->block; s->w && r < end; r++)
                rows += s->w[r];
            q->mass[i * q->blocks + b] = 2.0 * rows;
        }
    return q;
}

void kc_seeder_free(struct kc_seeder *q)
{
    struct kc_plan plan = {.n = 0};
    if (!q)
        return;
    for (unsigned i = 0; q->s->work && i < kc_pool_threads(q->s->ctx->pool); i++)
        q->s->work->flops += q->flops[i];
    plan_own(&plan, q);
    kc_plan_free(&plan);
    kc_mem_free(q);
}

static float compute_distance(float sim)
{
    float v = 1.0f - sim;
    return v < TINY ? 0.0f : v;
}

void kc_seeder_start(struct kc_seeder *q, size_t i, const float *own)
{
    size_t n = q->s->n;
    float *dist = q->dist + i * n;
    for (size_t b = 0; b < q->blocks; b++) {
        size_t end = (b + 1) * q->block < n ? (b + 1) * q->block : n;
        double sum = 0;
        for (size_t r = b * q->block; r < end; r++) {
            dist[r] = compute_distance(own[r]);
            sum += kc_space_weight(q->s, r) * (double)dist[r];
        }
        q->mass[i * q->blocks + b] = sum;
    }
}

/* Set out[j * KC_LA_TILE + r] to column j's similarity to row r of a tile. In Gram space there is nothing to do: see
 * get_column. */
static void compute_similarities(const struct kc_seeder *q, size_t i0, size_t rows, float *out, unsigned worker)
{
    const struct kc_space *s = q->s;
    const float *row[KC_LA_TILE];
    if (s->gram)
        return;
    kc_rows_get(&s->rows, i0, rows, q->read + worker * kc_rows_buf(&s->rows, KC_LA_TILE), row);
    if (q->ncols <= PANELS * KC_LA_LANES)
        for (size_t j = 0; j < q->ncols; j += KC_LA_LANES) {
            float *by_row = (float *)(q->scratch + worker * KC_LA_SCRATCH); /* (rows, KC_LA_LANES) */
            kc_la_product_packed(q->panel + j * s->d, row, rows, s->d, by_row);
            for (size_t c = j; c < q->ncols && c < j + KC_LA_LANES; c++)
                for (size_t r = 0; r < rows; r++)
                    out[c * KC_LA_TILE + r] = by_row[r * KC_LA_LANES + c - j];
        }
    else
        kc_la_product(row, rows, s->d, q->columns, q->ncols, out, KC_LA_TILE, q->scratch + worker * KC_LA_SCRATCH);
    q->flops[worker] += 2 * (uint64_t)rows * s->d * q->ncols;
}

/* Return column j's similarities to the rows of the tile that begins at row i0. */
static const float *get_column(const struct kc_seeder *q, size_t i0, const float *out, size_t j)
{
    const struct kc_space *s = q->s;
    return s->gram ? s->gram + (size_t)q->cols[j] * s->ldg + i0 : out + j * KC_LA_TILE;
}

/* Set the columns of the next pass. */
static void set_columns(struct kc_seeder *q, const uint32_t *cols, size_t ncols)
{
    const struct kc_space *s = q->s;
    q->cols = cols;
    q->ncols = ncols;
    if (!s->gram)
        for (size_t j = 0; j < ncols; j++)
            kc_rows_copy(&s->rows, &cols[j], 1, q->columns + j * s->d);
    for (size_t j = 0; !s->gram && ncols <= PANELS * KC_LA_LANES && j < ncols; j += KC_LA_LANES) {
        const float *col[KC_LA_LANES];
        size_t m = ncols - j < KC_LA_LANES ? ncols - j : KC_LA_LANES;
        for (size_t c = 0; c < m; c++)
            col[c] = q->columns + (j + c) * s->d;
        kc_la_pack(col, m, s->d, q->panel + j * s->d);
    }
}

/* Compute the sum of distances that each candidate would leave in block b. */
static void compute_potentials(void *arg, size_t b, unsigned worker)
{
    struct kc_seeder *q = arg;
    size_t n = q->s->n;
    size_t end = (b + 1) * q->block < n ? (b + 1) * q->block : n;
    float *out = q->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS;
    double *pot = q->pot + b * q->ncols;
    const double *weight = q->s->w;
    memset(pot, 0, q->ncols * sizeof *pot);
    for (size_t i = b * q->block; i < end; i += KC_LA_TILE) {
        size_t rows = end - i < KC_LA_TILE ? end - i : KC_LA_TILE;
        if (!q->reweigh)
            compute_similarities(q, i, rows, out, worker);
        for (size_t j = 0; j < q->ncols; j++) {
            const float *have = q->dist + (q->first + j / q->width) * n + i;
            float *near = q->kept ? q->kept + (q->first * q->width + j) * n + i : q->near + worker * KC_LA_TILE;
            double p[4] = {0, 0, 0, 0};
            if (!q->reweigh) {
                const float *o = get_column(q, i, out, j);
                for (size_t r = 0; r < rows; r++)
                    near[r] = compute_distance(o[r]);
            }
            for (size_t r = 0; !weight && r < rows; r++)
                p[r & 3] += (double)(near[r] < have[r] ? near[r] : have[r]);
            for (size_t r = 0; weight && r < rows; r++)
                p[r & 3] += weight[i + r] * (double)(near[r] < have[r] ? near[r] : have[r]);
            pot[j] += (p[0] + p[1]) + (p[2] + p[3]);
        }
    }
}

/* Add the winners as centres: update distances, their sums and labels in block b. */
static void add_centres(void *arg, size_t b, unsigned worker)
{
    struct kc_seeder *q = arg;
    size_t n = q->s->n;
    size_t end = (b + 1) * q->block < n ? (b + 1) * q->block : n;
    float *out = q->out + (size_t)worker * KC_LA_TILE * KC_TILE_COLUMNS;
    const double *weight = q->s->w;
    for (size_t st = 0; st < q->states; st++)
        if (q->winner[q->first + st] != KC_NONE)
            q->mass[(q->first + st) * q->blocks + b] = 0;
    for (size_t i = b * q->block; i < end; i += KC_LA_TILE) {
        size_t rows = end - i < KC_LA_TILE ? end - i : KC_LA_TILE;
        if (!q->stored)
            compute_similarities(q, i, rows, out, worker);
        for (size_t st = 0; st < q->states; st++) {
            if (q->winner[q->first + st] == KC_NONE)
                continue;
            float *dist = q->dist + (q->first + st) * n + i;
            uint32_t *labels = q->labels ? q->labels[q->first + st] + i : NULL;
            const float *o = q->stored ? NULL : get_column(q, i, out, st);
            const float *near = o ? NULL : q->kept + ((q->first + st) * q->width + q->chosen[q->first + st]) * n + i;
            double sum = q->mass[(q->first + st) * q->blocks + b];
            for (size_t r = 0; r < rows; r++) {
                float v = o ? compute_distance(o[r]) : near[r];
                if (v < dist[r]) {
                    dist[r] = v;
                    if (labels)
                        labels[r] = q->id[q->first + st];
                }
                sum += weight ? weight[i + r] * (double)dist[r] : (double)dist[r];
            }
            q->mass[(q->first + st) * q->blocks + b] = sum;
        }
    }
}

/* Draw a row by weight and distance, given u in 0..1: the block by the blocks' sums, then the row inside it.
 * Returns KC_NONE if all rows are at distance 0. */
static uint32_t draw_row(const struct kc_seeder *q, size_t state, double u)
{
    const double *mass = q->mass + state * q->blocks;
    const float *dist = q->dist + state * q->s->n;
    double total = 0, left;
    size_t b = 0, r;
    uint32_t last = KC_NONE;
    for (size_t i = 0; i < q->blocks; i++)
        total += mass[i];
    if (!(total > 0))
        return KC_NONE;
    left = u * total;
    while (b + 1 < q->blocks && left >= mass[b])
        left -= mass[b++];
    /* Rounding can carry `left` past the block's end: then draw the last row with any mass, of an earlier block if
     * need be. */
    for (r = b * q->block; r < q->s->n && r < (b + 1) * q->block; r++) {
        const double much = kc_space_weight(q->s, r) * (double)dist[r];
        if (dist[r] > 0) {
            last = (uint32_t)r;
            if (left < much)
                break;
            left -= much;
        }
    }
    for (r = b * q->block; last == KC_NONE && r-- > 0;)
        if (dist[r] > 0)
            last = (uint32_t)r;
    return last;
}

/* Find for each state the drawn candidate that lowers the sum of distances most. When the candidates are weighed
 * again, one that does not lower it any more (it is a centre now, or is equal to one) cannot win. */
static void weigh_candidates(struct kc_seeder *q, uint32_t *winner)
{
    size_t cand = q->width;
    for (q->first = 0; q->first < q->m; q->first += q->states) {
        q->states = q->m - q->first < q->pass_states ? q->m - q->first : q->pass_states;
        if (q->reweigh)
            q->ncols = q->states * cand;
        else
            set_columns(q, q->drawn + q->first * cand, q->states * cand);
        kc_pool_for(q->s->ctx->pool, q->blocks, compute_potentials, q);
        for (size_t st = 0; st < q->states; st++) {
            size_t i = q->first + st;
            double least = INFINITY;
            if (q->reweigh) {
                least = 0;
                for (size_t b = 0; b < q->blocks; b++)
                    least += q->mass[i * q->blocks + b];
                least *= 1 - 1e-9;
            } else if (winner[i] == KC_NONE) {
                continue;
            }
            for (size_t c = 0; c < cand; c++) {
                double sum = 0;
                for (size_t b = 0; b < q->blocks; b++)
                    sum += q->pot[b * q->ncols + st * cand + c];
                if (sum < least) {
                    least = sum;
                    q->chosen[i] = q->kept ? (uint32_t)c : KC_NONE;
                    winner[i] = q->drawn[i * cand + c];
                }
            }
        }
    }
}

void kc_seeder_pick(struct kc_seeder *q, size_t cand, struct kc_rng *rng, uint32_t *winner)
{
    for (size_t i = 0; i < q->m; i++)
        for (size_t c = 0; c < cand; c++) {
            uint32_t r = draw_row(q, i, kc_rng_unit(&rng[i]));
            q->drawn[i * cand + c] = r == KC_NONE ? 0 : r;
            if (c == 0)
                winner[i] = r;
        }
    for (size_t i = 0; i < q->m; i++)
        q->chosen[i] = KC_NONE;
    q->width = cand;
    q->reweigh = 0;
    weigh_candidates(q, winner);
}

/* Return 1 if the candidates drawn last are kept for another choice among them. */
static int keeps_candidates(const struct kc_seeder *q)
{
    return q->kept != NULL;
}

/* Pick again among the candidates drawn last, now that centres have been added; only if keeps_candidates().
 * winner[i] is KC_NONE where none of them lowers the sum any more. */
static void pick_again(struct kc_seeder *q, uint32_t *winner)
{
    q->reweigh = 1;
    for (size_t i = 0; i < q->m; i++)
        winner[i] = KC_NONE;
    weigh_candidates(q, winner);
}

void kc_seeder_add(struct kc_seeder *q, const uint32_t *winner, uint32_t *const *labels, const uint32_t *id)
{
    size_t most = q->pass_states * q->cand < q->m ? q->pass_states * q->cand : q->m;
    q->winner = winner;
    q->labels = labels;
    q->id = id;
    q->stored = q->kept != NULL;
    for (size_t i = 0; i < q->m && q->stored; i++)
        q->stored = winner[i] == KC_NONE ||
                    (q->chosen[i] != KC_NONE && q->drawn[i * q->width + q->chosen[i]] == winner[i]);
    /* There must be a column for each state; that of a state without a winner may be any row. */
    for (size_t i = 0; i < q->m && !q->stored; i++)
        q->drawn[i] = winner[i] == KC_NONE ? 0 : winner[i];
    for (q->first = 0; q->first < q->m; q->first += q->states) {
        q->states = q->m - q->first < most ? q->m - q->first : most;
        if (!q->stored)
            set_columns(q, q->drawn + q->first, q->states);
        kc_pool_for(q->s->ctx->pool, q->blocks, add_centres, q);
    }
}

/* Return the first row that differs from all seeds so far. */
static uint32_t find_distinct_row(const struct kc_space *s, const uint32_t *seeds, uint32_t have)
{
    for (size_t i = 0; i < s->n; i++) {
        uint32_t j = 0;
        while (j < have && memcmp(kc_rows_at(&s->rows, i), kc_rows_at(&s->rows, seeds[j]), s->d * sizeof(float)) != 0)
            j++;
        if (j == have)
            return (uint32_t)i;
    }
    return 0;
}

/* Return the number of seeds that one pass over the rows serves: where there are many seeds already, a few new
 * ones hardly influence each other. */
static uint32_t count_pass_seeds(const struct kc_seeder *q, uint32_t step)
{
    return step < MANY || !keeps_candidates(q) ? 1 : step < 4 * MANY ? 4 : 8;
}

int kc_seed_all(const struct kc_space *s, uint64_t seed, size_t restarts, uint32_t kmax, uint32_t *seeds,
                struct kc_err *e)
{
    int rc = -1;
    struct kc_seeder *q = kc_seeder_new(s, restarts, kc_seed_width(kmax), e);
    struct kc_rng *rng = kc_mem_alloc(restarts, sizeof *rng, e);
    uint32_t *winner = kc_mem_alloc(restarts, sizeof *winner, e);
    if (!q || !rng || !winner)
        goto out;
    for (uint32_t step = 0, left = 0; step < kmax; step++) {
        int fresh = left == 0;
        if (!fresh) { /* the next one from the candidates of the last pass */
            pick_again(q, winner);
            for (size_t i = 0; i < restarts; i++)
                fresh |= winner[i] == KC_NONE;
            left = fresh ? 0 : left - 1;
        }
        if (fresh) {
            for (size_t i = 0; i < restarts; i++)
                rng[i] = kc_rng_stream(seed, KC_RNG_SEEDING, i, step);
            if (step == 0)
                for (size_t i = 0; i < restarts; i++)
                    winner[i] = s->w ? draw_row(q, i, kc_rng_unit(&rng[i])) : (uint32_t)kc_rng_below(&rng[i], s->n);
            else
                kc_seeder_pick(q, count_pass_seeds(q, step) > 1 ? KC_LA_LANES : kc_seed_candidates(step), rng, winner);
            left = count_pass_seeds(q, step) - 1;
        }
        for (size_t i = 0; i < restarts; i++) {
            if (winner[i] == KC_NONE) { /* all rows within rounding of a seed */
                winner[i] = find_distinct_row(s, seeds + i * kmax, step);
                left = 0; /* it is no candidate: adding it overwrites those drawn */
            }
            seeds[i * kmax + step] = winner[i];
        }
        if (step + 1 < kmax)
            kc_seeder_add(q, winner, NULL, NULL);
    }
    rc = 0;
out:
    kc_mem_free(winner);
    kc_mem_free(rng);
    kc_seeder_free(q);
    return rc;
}
