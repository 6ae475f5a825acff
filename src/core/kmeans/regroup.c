#include "core/kmeans/regroup.h"

#include <math.h>
#include <string.h>

#define SWEEPS 30     /* over all clusters, at most */
#define STARTS 8     /* at random, at most, */
#define EFFORT 400000 /* and fewer when m k of them, some 8 sweeps each, would be more than this */

/* A grouping under way: T[c] = sum of the rows of `dots` in group c, nn[c] = |sum of S in c|^2. */
struct state {
    const double *dots;
    uint32_t m, k;
    double *t;     /* (k, m) */
    double *nn;    /* (k) */
    double *dist;  /* (m) */
    uint32_t *cnt; /* (k) */
    uint32_t *at;  /* (m) */
};

size_t kc_regroup_bytes(uint32_t m)
{
    return (size_t)m * m * sizeof(double) + m * (2 * sizeof(double) + 2 * sizeof(uint32_t)); /* a struct mate is less */
}

static double root(double v)
{
    return v > 0 ? sqrt(v) : 0;
}

static void put(struct state *s, uint32_t i, uint32_t c, double sign)
{
    const double *g = s->dots + (size_t)i * s->m;
    double *t = s->t + (size_t)c * s->m;
    s->nn[c] += sign * 2 * t[i] + g[i];
    for (uint32_t j = 0; j < s->m; j++)
        t[j] += sign * g[j];
    s->cnt[c] += sign > 0 ? 1 : UINT32_MAX;
}

/* Sums from the groups in s->at. */
static void build(struct state *s)
{
    memset(s->t, 0, (size_t)s->k * s->m * sizeof *s->t);
    memset(s->nn, 0, s->k * sizeof *s->nn);
    memset(s->cnt, 0, s->k * sizeof *s->cnt);
    for (uint32_t i = 0; i < s->m; i++)
        put(s, i, s->at[i], 1);
}

/* Move clusters one by one to where the objective gains most, until none gains. */
static double climb(struct state *s)
{
    double sum = 0;
    build(s);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        int moved = 0;
        for (uint32_t i = 0; i < s->m; i++) {
            uint32_t from = s->at[i], to = from;
            double own = s->dots[(size_t)i * s->m + i], most = 1e-9;
            if (s->cnt[from] < 2)
                continue;
            double less = root(s->nn[from] - 2 * s->t[(size_t)from * s->m + i] + own) - root(s->nn[from]);
            for (uint32_t c = 0; c < s->k; c++) {
                double gain = root(s->nn[c] + 2 * s->t[(size_t)c * s->m + i] + own) - root(s->nn[c]) + less;
                if (c != from && gain > most * (1 + 1e-12)) {
                    most = gain;
                    to = c;
                }
            }
            if (to == from)
                continue;
            put(s, i, from, -1);
            put(s, i, to, 1);
            s->at[i] = to;
            moved = 1;
        }
        if (!moved)
            break;
    }
    for (uint32_t c = 0; c < s->k; c++)
        sum += root(s->nn[c]);
    return sum;
}

static double similarity(const struct state *s, uint32_t i, uint32_t j)
{
    double a = s->dots[(size_t)i * s->m + i], b = s->dots[(size_t)j * s->m + j];
    return a > 0 && b > 0 ? s->dots[(size_t)i * s->m + j] / sqrt(a * b) : 0;
}

/* k of the clusters as centres, drawn by weight times distance (k-means++), and every other one to the nearest. */
static void start_random(struct state *s, struct kc_rng *rng)
{
    for (uint32_t i = 0; i < s->m; i++)
        s->dist[i] = 2;
    for (uint32_t c = 0; c < s->k; c++) {
        double total = 0;
        uint32_t pick = 0;
        for (uint32_t i = 0; i < s->m; i++)
            total += s->dist[i] > 0 ? s->dist[i] * root(s->dots[(size_t)i * s->m + i]) : 0;
        double left = kc_rng_unit(rng) * total;
        for (uint32_t i = 0; i < s->m; i++) {
            double mass = s->dist[i] * root(s->dots[(size_t)i * s->m + i]);
            if (!(mass > 0))
                continue;
            pick = i;
            left -= mass;
            if (left < 0)
                break;
        }
        if (!(total > 0)) /* all that are left equal a centre: any that is none itself */
            for (pick = 0; pick + 1 < s->m && s->dist[pick] < 0; pick++)
                ;
        for (uint32_t i = 0; i < s->m; i++) {
            double d = 1 - similarity(s, i, pick);
            d = d > 0 ? d : 0;
            if (i == pick || d < s->dist[i]) {
                s->dist[i] = i == pick ? -1 : d; /* a centre: it is never drawn again, nor leaves its group */
                s->at[i] = c;
            }
        }
    }
}

/* What merging clusters i and j costs, by the dots g of the merged ones. */
static double loss(const double *g, uint32_t m, uint32_t i, uint32_t j)
{
    double ii = g[(size_t)i * m + i], jj = g[(size_t)j * m + j];
    return root(ii) + root(jj) - root(ii + jj + 2 * g[(size_t)i * m + j]);
}

struct mate {
    double loss;
    uint32_t with; /* of a lower number; UINT32_MAX: there is none */
    int gone;
};

static void find_mate(const double *g, uint32_t m, struct mate *mate, uint32_t j)
{
    mate[j].with = UINT32_MAX;
    mate[j].loss = INFINITY;
    for (uint32_t i = 0; i < j; i++) {
        double l = mate[i].gone ? INFINITY : loss(g, m, i, j);
        if (l < mate[j].loss) {
            mate[j].loss = l;
            mate[j].with = i;
        }
    }
}

/* Each cluster remembers its cheapest mate among those before it, so a merge costs some m and seldom m^2. */
void kc_regroup_merges(const double *dots, uint32_t m, uint32_t (*merge)[2], void *work)
{
    double *g = work;
    struct mate *mate = (struct mate *)(g + (size_t)m * m);
    memcpy(g, dots, (size_t)m * m * sizeof *g);
    for (uint32_t j = 0; j < m; j++)
        mate[j].gone = 0;
    for (uint32_t j = 0; j < m; j++)
        find_mate(g, m, mate, j);
    for (uint32_t step = 0; step + 1 < m; step++) {
        uint32_t b = UINT32_MAX, a;
        for (uint32_t j = 0; j < m; j++)
            if (!mate[j].gone && mate[j].with != UINT32_MAX && (b == UINT32_MAX || mate[j].loss < mate[b].loss))
                b = j;
        if (b == UINT32_MAX) /* losses that are no numbers: any two */
            for (b = m - 1; mate[b].gone; b--)
                ;
        a = mate[b].with;
        for (uint32_t i = 0; a == UINT32_MAX && i < b; i++)
            if (!mate[i].gone)
                a = i;
        merge[step][0] = a;
        merge[step][1] = b;
        mate[b].gone = 1;
        for (uint32_t i = 0; i < m; i++)
            g[(size_t)a * m + i] += g[(size_t)b * m + i];
        for (uint32_t i = 0; i < m; i++)
            g[(size_t)i * m + a] += g[(size_t)i * m + b];
        find_mate(g, m, mate, a);
        for (uint32_t j = a + 1; j < m; j++) {
            if (mate[j].gone)
                continue;
            if (mate[j].with == a || mate[j].with == b) {
                find_mate(g, m, mate, j);
            } else if (loss(g, m, a, j) < mate[j].loss) {
                mate[j].loss = loss(g, m, a, j);
                mate[j].with = a;
            }
        }
    }
}

/* The first m - k merges. */
static void start_merged(struct state *s, const uint32_t (*merge)[2])
{
    uint32_t *to = s->cnt, ids = 0; /* (m): free until the sums are built */
    for (uint32_t i = 0; i < s->m; i++)
        s->at[i] = i;
    for (uint32_t step = 0; step < s->m - s->k; step++)
        for (uint32_t i = 0; i < s->m; i++)
            s->at[i] = s->at[i] == merge[step][1] ? merge[step][0] : s->at[i];
    for (uint32_t i = 0; i < s->m; i++) /* a group's number is its lowest member's, met first */
        to[i] = s->at[i] == i ? ids++ : 0;
    for (uint32_t i = 0; i < s->m; i++)
        s->at[i] = to[s->at[i]];
}

double kc_regroup(const double *dots, uint32_t m, const uint32_t (*merge)[2], uint32_t k, struct kc_rng rng,
                  uint32_t *group, void *work)
{
    double *t = work, best;
    struct state s = {dots, m, k, t, t + (size_t)m * m, t + (size_t)m * m + m, NULL, NULL};
    size_t starts = EFFORT / ((size_t)m * k * 8);
    s.cnt = (uint32_t *)(s.dist + m);
    s.at = s.cnt + m;
    start_merged(&s, merge);
    best = climb(&s);
    memcpy(group, s.at, m * sizeof *group);
    for (size_t i = 0; i < STARTS && i < starts; i++) {
        start_random(&s, &rng);
        double v = climb(&s);
        if (v > best * (1 + 1e-12)) {
            best = v;
            memcpy(group, s.at, m * sizeof *group);
        }
    }
    return best;
}
