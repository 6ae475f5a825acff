#include "core/kmeans/topics.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/cluster/space.h"
#include "core/kmeans/runs.h"
#include "la/product.h"

#define TEST_ROWS 512u /* rows a test looks at: what they do not tell, more would not */
#define REFERENCES 20
#define SIGNIFICANT 3.0  /* standard deviations of the references' gains above their mean, */
#define STRIKING 8.0     /* and where it takes more than two parts: a real topic is no normal cloud, and has some itself */
#define STARTS 4u
#define MOST_PARTS 8u
#define FEW 4u /* rows that say nothing about being two groups */

struct topics {
    const struct kc_ctx *ctx;
    uint64_t seed, tests;
    float *all;      /* (n, ldg) products of all rows */
    size_t ldg;
    float *g;        /* (m, kc_gram_ld(m)) of a group's rows, for the engine, */
    float *tight;    /* (m, m) of those of a test, */
    float *w, *a, *h; /* the weights, their products with tight, the reference's products */
    void *scratch;
    double *far;      /* (n) distances to the seeds */
    uint32_t *rows, *some, *to; /* (n) */
    struct kc_best *best;
    struct kc_err *e;
};

/* Close enough to normal, and the same on every machine: no libm in it. */
static double normal(struct kc_rng *r)
{
    double s = -6;
    for (int i = 0; i < 12; i++)
        s += kc_rng_unit(r);
    return s;
}

/* k seeds among m rows with products g: farthest first, or drawn by their distance from those that are there. */
static void seed_runs(struct topics *t, const float *g, size_t m, uint32_t k, int draw, struct kc_rng *r, uint32_t *seeds)
{
    const size_t ld = kc_gram_ld(m);
    for (uint32_t c = 0; c < k; c++) {
        size_t next = (size_t)kc_rng_below(r, m);
        double sum = 0, at;
        for (size_t j = 0; c > 0 && j < m; j++)
            sum += t->far[j];
        at = kc_rng_unit(r) * sum;
        for (size_t j = 0; c > 0 && j < m; j++) {
            if (!draw && (j == 0 || t->far[j] > t->far[next]))
                next = j;
            if (draw && t->far[j] > 0 && at >= 0)
                next = j;
            at -= t->far[j];
        }
        seeds[c] = (uint32_t)next;
        for (size_t j = 0; j < m; j++) {
            double far = fmax(1 - (double)g[next * ld + j], 0);
            t->far[j] = c == 0 || far < t->far[j] ? far : t->far[j];
        }
    }
}

/* The best cut of m rows with products g (m, ld) in k parts, into t->best; *gain: what it gains, as a share of what
 * could be gained: 0 where there is no cut to be made. */
static int cut(struct topics *t, const float *g, size_t m, uint32_t k, struct kc_rng *r, double *gain)
{
    const size_t ld = kc_gram_ld(m);
    uint32_t seeds[STARTS][MOST_PARTS];
    struct kc_run runs[STARTS];
    const struct kc_run_opts o = {50, 0, 0, 0};
    const struct kc_space s = {.ctx = t->ctx, .n = m, .gram = g, .ldg = ld};
    double sum = 0;
    for (uint32_t i = 0; i < STARTS; i++) {
        seed_runs(t, g, m, k, i > 0, r, seeds[i]);
        runs[i] = (struct kc_run){.k = k, .tag = i, .seeds = seeds[i], .polish = 1};
    }
    t->best->k = k;
    t->best->objective = -1;
    if (kc_gram_run(&s, runs, STARTS, &o, t->best, 1, t->e) != 0)
        return -1;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            sum += (double)g[i * ld + j];
    double one = sqrt(fmax(sum, 0)), room = (double)m - one;
    *gain = room > 1e-9 * (double)m && t->best->objective > one ? (t->best->objective - one) / room : 0;
    return 0;
}

/* h: products (m, ld) of m rows drawn from the cloud that has the mean and the covariance of the rows of which t->tight
 * (m, m) are the products: row i is the mean and their differences to it weighed by normal numbers. */
static void draw(struct topics *t, size_t m, struct kc_rng *r)
{
    const size_t ld = kc_gram_ld(m);
    const double root = sqrt((double)m);
    const float *row[KC_LA_TILE];
    for (size_t i = 0; i < m; i++) {
        float *w = t->w + i * m;
        double mean = 0;
        for (size_t j = 0; j < m; j++) {
            w[j] = (float)normal(r);
            mean += (double)w[j] / (double)m;
        }
        for (size_t j = 0; j < m; j++)
            w[j] = (float)(1 / (double)m + ((double)w[j] - mean) / root);
    }
    /* with rows as columns, what comes out by columns is the next product's rows */
    for (int step = 0; step < 2; step++)
        for (size_t i = 0; i < m; i += KC_LA_TILE) {
            size_t rows = m - i < KC_LA_TILE ? m - i : KC_LA_TILE;
            for (size_t j = 0; j < rows; j++)
                row[j] = step == 0 ? t->tight + (i + j) * m : t->a + (i + j) * ld;
            kc_la_product(row, rows, m, t->w, m, (step == 0 ? t->a : t->h) + i, ld, t->scratch);
        }
    for (size_t i = 0; i < m; i++) { /* to length 1; the diagonal last, since all need it */
        double len = 1 / sqrt(fmax((double)t->h[i * ld + i], 1e-12));
        for (size_t j = 0; j < m; j++)
            if (j != i) {
                t->h[i * ld + j] = (float)((double)t->h[i * ld + j] * len);
                t->h[j * ld + i] = (float)((double)t->h[j * ld + i] * len);
            }
    }
    for (size_t i = 0; i < m; i++)
        t->h[i * ld + i] = 1;
}

/* The products of some rows (m) into t->g, with what is behind a row zero: the engine works in whole vectors. */
static void gather(struct topics *t, const uint32_t *rows, size_t m)
{
    const size_t ld = kc_gram_ld(m);
    memset(t->g, 0, m * ld * sizeof *t->g);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            t->g[i * ld + j] = t->all[rows[i] * t->ldg + rows[j]];
}

/* Whether the m rows t->some are more than one cloud: whether a cut in 2, 4 or 8 parts says so. (Of many topics that lie
 * all round, a cut in two gains little more than it does of a cloud.) */
static int is_two(struct topics *t, size_t m, int *two)
{
    static const uint32_t parts[] = {2, 4, MOST_PARTS};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    const size_t ld = kc_gram_ld(m);
    double gain[PARTS], sum[PARTS] = {0}, squares[PARTS] = {0};
    struct kc_rng r = kc_rng_stream(t->seed, KC_RNG_TOPICS, t->tests++, 0);
    size_t n = 1;
    while (n < PARTS && parts[n] * FEW <= m)
        n++;
    gather(t, t->some, m);
    for (size_t i = 0; i < m; i++)
        memcpy(t->tight + i * m, t->g + i * ld, m * sizeof *t->tight);
    for (size_t p = 0; p < n; p++)
        if (cut(t, t->g, m, parts[p], &r, &gain[p]) != 0)
            return -1;
    *two = 0;
    if (!(gain[0] > 0))
        return 0;
    for (int i = 0; i < REFERENCES; i++) {
        draw(t, m, &r);
        for (size_t p = 0; p < n; p++) {
            double v;
            if (cut(t, t->h, m, parts[p], &r, &v) != 0)
                return -1;
            sum[p] += v;
            squares[p] += v * v;
        }
    }
    for (size_t p = 0; p < n; p++) {
        double mean = sum[p] / REFERENCES, deviation = sqrt(fmax(squares[p] / REFERENCES - mean * mean, 0));
        *two |= gain[p] > mean + (p ? STRIKING : SIGNIFICANT) * fmax(deviation, 1e-9);
    }
    return 0;
}

/* Cut the group t->rows[from .. to) in two parts of it, *mid between them; *mid == to where it is one topic. */
static int halve(struct topics *t, size_t from, size_t to, size_t *mid)
{
    size_t n = to - from, m = n < TEST_ROWS ? n : TEST_ROWS, at = from, other = 0;
    const uint32_t *rows = t->rows + from;
    struct kc_rng r = kc_rng_stream(t->seed, KC_RNG_TOPICS, t->tests, 1);
    double gain;
    int two;
    *mid = to;
    for (size_t i = 0, left = m; left > 0 && i < n; i++) /* m of them, all sets as likely */
        if (kc_rng_below(&r, n - i) < left)
            t->some[m - left--] = rows[i];
    if (is_two(t, m, &two) != 0)
        return -1;
    if (!two)
        return 0;
    if (m < n)
        gather(t, rows, n);
    if (cut(t, t->g, n, 2, &r, &gain) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (t->best->labels[i] == t->best->labels[0])
            t->to[at++ - from] = rows[i];
        else
            t->some[other++] = rows[i];
    memcpy(t->to + (at - from), t->some, other * sizeof *t->some);
    memcpy(t->rows + from, t->to, n * sizeof *t->to);
    *mid = at;
    return 0;
}

static int find(struct topics *t, size_t n, uint64_t least, uint32_t *group, uint32_t *ngroups)
{
    size_t *end = kc_mem_alloc(n, sizeof *end, t->e), depth = 0, from = 0;
    int rc = end ? 0 : -1;
    *ngroups = 0;
    if (end)
        end[depth++] = n;
    /* the part from `from` on that ends at the top of the stack is looked at; a cut puts an end before it */
    while (rc == 0 && depth > 0) {
        size_t to = end[depth - 1], mid = to;
        if (to - from >= FEW && to - from >= least)
            rc = halve(t, from, to, &mid);
        if (rc == 0 && mid < to) {
            end[depth++] = mid;
            continue;
        }
        for (size_t i = from; i < to; i++)
            group[t->rows[i]] = *ngroups;
        ++*ngroups;
        from = to;
        depth--;
    }
    kc_mem_free(end);
    return rc;
}

/* By the earliest rows. */
static void number(uint32_t *group, size_t n, uint32_t *to)
{
    uint32_t next = 0;
    memset(to, 0xFF, n * sizeof *to);
    for (size_t i = 0; i < n; i++) {
        if (to[group[i]] == KC_NONE)
            to[group[i]] = next++;
        group[i] = to[group[i]];
    }
}

int kc_topics_find(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, uint64_t least, uint64_t seed,
                   uint32_t *group, uint32_t *ngroups, struct kc_err *e)
{
    static const uint32_t two = 2;
    struct topics t = {.ctx = ctx, .seed = seed, .ldg = kc_gram_ld(n), .e = e};
    const struct kc_space s = {.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
    size_t m = n < TEST_ROWS ? n : TEST_ROWS, square = kc_mem_mul(m, kc_gram_ld(m));
    int rc = -1;
    t.all = kc_mem_aligned(kc_mem_mul(n, t.ldg), sizeof *t.all, e);
    t.g = kc_mem_aligned(kc_mem_mul(n, t.ldg), sizeof *t.g, e);
    t.tight = kc_mem_aligned(square, sizeof *t.tight, e);
    t.w = kc_mem_aligned(square, sizeof *t.w, e);
    t.a = kc_mem_aligned(square, sizeof *t.a, e);
    t.h = kc_mem_aligned(square, sizeof *t.h, e);
    t.scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
    t.far = kc_mem_alloc(n, sizeof *t.far, e);
    t.rows = kc_mem_alloc(n, sizeof *t.rows, e);
    t.some = kc_mem_alloc(n, sizeof *t.some, e);
    t.to = kc_mem_alloc(n, sizeof *t.to, e);
    t.best = kc_best_new(n, &two, 1, e);
    if (!t.all || !t.g || !t.tight || !t.w || !t.a || !t.h || !t.scratch || !t.far || !t.rows || !t.some || !t.to || !t.best)
        goto out;
    for (size_t i = 0; i < n; i++)
        t.rows[i] = (uint32_t)i;
    if (kc_gram_build(&s, t.all, e) != 0 || find(&t, n, least, group, ngroups) != 0)
        goto out;
    number(group, n, t.to);
    rc = 0;
out:
    if (t.best)
        kc_best_free(t.best, 1);
    kc_mem_free(t.to);
    kc_mem_free(t.some);
    kc_mem_free(t.rows);
    kc_mem_free(t.far);
    kc_mem_free(t.scratch);
    kc_mem_free(t.h);
    kc_mem_free(t.a);
    kc_mem_free(t.w);
    kc_mem_free(t.tight);
    kc_mem_free(t.g);
    kc_mem_free(t.all);
    return rc;
}
