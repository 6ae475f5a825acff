/* Topics by recursive tests (topics.h). All is done in Gram space (gram.c): the products of all rows are computed
 * once, a set's are copied out of them, and those of a reference cloud are W P W' with P the set's products and W
 * its random weights. The largest cost is 20 references a test, of at most 512 rows. */
#include "core/kmeans/topics.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/cluster/space.h"
#include "core/kmeans/runs.h"
#include "la/product.h"

#define TEST_ROWS 512u  /* most rows that a test looks at: what these do not show, more would not */
#define REFERENCES 20   /* reference clouds of a test */
#define SIGNIFICANT 3.0 /* a cut in two must gain the references' mean and so many standard deviations more, */
#define STRIKING 8.0    /* one into 4 or 8 so many: a real topic is no normal cloud, and has some clusters itself */
#define STARTS 4u       /* runs of a cut */
#define MOST_CLUSTERS 8u
#define FEW 4u          /* fewer rows than these are not cut */

struct topics {
    const struct kc_ctx *ctx;
    uint64_t seed, tests;
    float *all;      /* (n, ldg) products of all rows */
    size_t ldg;
    float *g;        /* (m, kc_gram_ld(m)) products of a set's rows, for the engine */
    float *tight;    /* (m, m) products of the rows of a test */
    float *w;        /* (m, m) weights of a reference cloud's rows */
    float *a;        /* (m, kc_gram_ld(m)) their products with tight */
    float *h;        /* (m, kc_gram_ld(m)) products of the reference cloud's rows */
    void *scratch;
    double *far;     /* (n) distances to the seeds */
    uint32_t *rows;  /* (n) all rows, those of each set one after the other */
    uint32_t *some;  /* (n) rows of a test; scratch of a cut */
    uint32_t *to;    /* (n) scratch */
    struct kc_best *best;
    struct kc_err *e;
};

/* Draw a number from a distribution close enough to the normal one. No libm is used: it is the same on every
 * machine. */
static double draw_normal(struct kc_rng *r)
{
    double s = -6;
    for (int i = 0; i < 12; i++)
        s += kc_rng_unit(r);
    return s;
}

/* Choose k seeds among m rows with products g: farthest first, or (draw) drawn by their distance from the present
 * seeds. */
static void choose_seeds(struct topics *t, const float *g, size_t m, uint32_t k, int draw, struct kc_rng *r,
                         uint32_t *seeds)
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

/* Find the best cut of m rows with products g (m, ld) into k clusters, into t->best. *gain: what it gains of the
 * objective, as a share of what could be gained; 0 if no cut gains anything. */
static int cut_rows(struct topics *t, const float *g, size_t m, uint32_t k, struct kc_rng *r, double *gain)
{
    const size_t ld = kc_gram_ld(m);
    uint32_t seeds[STARTS][MOST_CLUSTERS];
    struct kc_run runs[STARTS];
    const struct kc_run_opts o = {50, 0, 0, 0};
    const struct kc_space s = {.ctx = t->ctx, .n = m, .gram = g, .ldg = ld};
    double sum = 0;
    for (uint32_t i = 0; i < STARTS; i++) {
        choose_seeds(t, g, m, k, i > 0, r, seeds[i]);
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

/* Draw m rows from the cloud that has the mean and the covariance of a test's rows, and compute their products
 * t->h (m, ld) from those of the test's rows, t->tight (m, m). Row i is the mean plus the test's rows' differences
 * to it, weighted by normal numbers. */
static void draw_reference(struct topics *t, size_t m, struct kc_rng *r)
{
    const size_t ld = kc_gram_ld(m);
    const double root = sqrt((double)m);
    const float *row[KC_LA_TILE];
    for (size_t i = 0; i < m; i++) {
        float *w = t->w + i * m;
        double mean = 0;
        for (size_t j = 0; j < m; j++) {
            w[j] = (float)draw_normal(r);
            mean += (double)w[j] / (double)m;
        }
        for (size_t j = 0; j < m; j++)
            w[j] = (float)(1 / (double)m + ((double)w[j] - mean) / root);
    }
    /* A product's output lies by column: so it serves as the rows of the next product. */
    for (int step = 0; step < 2; step++)
        for (size_t i = 0; i < m; i += KC_LA_TILE) {
            size_t rows = m - i < KC_LA_TILE ? m - i : KC_LA_TILE;
            for (size_t j = 0; j < rows; j++)
                row[j] = step == 0 ? t->tight + (i + j) * m : t->a + (i + j) * ld;
            kc_la_product(row, rows, m, t->w, m, (step == 0 ? t->a : t->h) + i, ld, t->scratch);
        }
    for (size_t i = 0; i < m; i++) { /* scale the rows to length 1; the diagonal last, since all need it */
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

/* Copy the products of m rows to t->g, each padded with zeros: the engine works in whole vectors. */
static void copy_products(struct topics *t, const uint32_t *rows, size_t m)
{
    const size_t ld = kc_gram_ld(m);
    memset(t->g, 0, m * ld * sizeof *t->g);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            t->g[i * ld + j] = t->all[rows[i] * t->ldg + rows[j]];
}

/* Set *two to 1 if the m rows t->some are more than one cloud by a cut into 2, 4 or 8 clusters. (If many topics lie all
 * round, a cut in two gains little more than in a cloud.) */
static int test_for_two(struct topics *t, size_t m, int *two)
{
    static const uint32_t counts[] = {2, 4, MOST_CLUSTERS};
    enum { CUTS = sizeof counts / sizeof counts[0] };
    const size_t ld = kc_gram_ld(m);
    double gain[CUTS], sum[CUTS] = {0}, squares[CUTS] = {0};
    struct kc_rng r = kc_rng_stream(t->seed, KC_RNG_TOPICS, t->tests++, 0);
    size_t n = 1;
    while (n < CUTS && counts[n] * FEW <= m)
        n++;
    copy_products(t, t->some, m);
    for (size_t i = 0; i < m; i++)
        memcpy(t->tight + i * m, t->g + i * ld, m * sizeof *t->tight);
    for (size_t p = 0; p < n; p++)
        if (cut_rows(t, t->g, m, counts[p], &r, &gain[p]) != 0)
            return -1;
    *two = 0;
    if (!(gain[0] > 0))
        return 0;
    for (int i = 0; i < REFERENCES; i++) {
        draw_reference(t, m, &r);
        for (size_t p = 0; p < n; p++) {
            double v;
            if (cut_rows(t, t->h, m, counts[p], &r, &v) != 0)
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

/* Cut the set t->rows[from .. to) in two, the second beginning at *mid; *mid == to if the set is one topic. */
static int halve_set(struct topics *t, size_t from, size_t to, size_t *mid)
{
    size_t n = to - from, m = n < TEST_ROWS ? n : TEST_ROWS, at = from, other = 0;
    const uint32_t *rows = t->rows + from;
    struct kc_rng r = kc_rng_stream(t->seed, KC_RNG_TOPICS, t->tests, 1);
    double gain;
    int two;
    *mid = to;
    for (size_t i = 0, left = m; left > 0 && i < n; i++) /* draw m of them, all samples equally likely */
        if (kc_rng_below(&r, n - i) < left)
            t->some[m - left--] = rows[i];
    if (test_for_two(t, m, &two) != 0)
        return -1;
    if (!two)
        return 0;
    if (m < n)
        copy_products(t, rows, n);
    if (cut_rows(t, t->g, n, 2, &r, &gain) != 0)
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

/* Cut the rows as long as a test says so, and number the sets that are left. */
static int find_topics(struct topics *t, size_t n, uint64_t least, uint32_t *topic, uint32_t *ntopics)
{
    size_t *end = kc_mem_alloc(n, sizeof *end, t->e), depth = 0, from = 0;
    int rc = end ? 0 : -1;
    *ntopics = 0;
    if (end)
        end[depth++] = n;
    /* The stack holds the ends of the sets that are still to be tested; the one on top begins at `from`. A cut
     * pushes the end of its first half. */
    while (rc == 0 && depth > 0) {
        size_t to = end[depth - 1], mid = to;
        if (to - from >= FEW && to - from >= least)
            rc = halve_set(t, from, to, &mid);
        if (rc == 0 && mid < to) {
            end[depth++] = mid;
            continue;
        }
        for (size_t i = from; i < to; i++)
            topic[t->rows[i]] = *ntopics;
        ++*ntopics;
        from = to;
        depth--;
    }
    kc_mem_free(end);
    return rc;
}

/* Renumber the topics in the order of their earliest rows. to (n): scratch. */
static void renumber_topics(uint32_t *topic, size_t n, uint32_t *to)
{
    uint32_t next = 0;
    memset(to, 0xFF, n * sizeof *to);
    for (size_t i = 0; i < n; i++) {
        if (to[topic[i]] == KC_NONE)
            to[topic[i]] = next++;
        topic[i] = to[topic[i]];
    }
}

int kc_topics_find(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, uint64_t least, uint64_t seed,
                   uint32_t *topic, uint32_t *ntopics, struct kc_err *e)
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
    if (!t.all || !t.g || !t.tight || !t.w || !t.a || !t.h || !t.scratch || !t.far || !t.rows || !t.some || !t.to ||
        !t.best)
        goto out;
    for (size_t i = 0; i < n; i++)
        t.rows[i] = (uint32_t)i;
    if (kc_gram_build(&s, t.all, e) != 0 || find_topics(&t, n, least, topic, ntopics) != 0)
        goto out;
    renumber_topics(topic, n, t.to);
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
