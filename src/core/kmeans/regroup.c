/* Regrouping by products of sums. A small cluster moves like a row in Hartigan's method (1975): with T[c] the sum
 * of the rows of the product matrix over the clusters of c, a move is judged in O(k) and made in O(m). Starts:
 * Ward's merges, and k-means++ draws of small clusters as centres. */
#include "core/kmeans/regroup.h"

#include <math.h>
#include <string.h>

#define SWEEPS 30     /* most sweeps over all small clusters */
#define STARTS 8      /* most random starts */
#define EFFORT 400000 /* there are fewer starts where starts x m x k, with some 8 sweeps each, would exceed this */

/* A grouping under way. */
struct regrouping {
    const double *dots;
    uint32_t m, k;
    double *t;     /* (k, m) sum of the rows of `dots` over the small clusters in c */
    double *nn;    /* (k) |sum of S_i over the small clusters i in c|^2 */
    double *dist;  /* (m) distance to the nearest centre, while starts are drawn; -1: is a centre */
    uint32_t *cnt; /* (k) small clusters in c */
    uint32_t *at;  /* (m) cluster of each small one */
};

size_t kc_regroup_bytes(uint32_t m)
{
    return (size_t)m * m * sizeof(double) + m * (2 * sizeof(double) + 2 * sizeof(uint32_t)); /* a struct mate is less */
}

static double clamped_sqrt(double v)
{
    return v > 0 ? sqrt(v) : 0;
}

/* Add small cluster i to cluster c (sign 1), or take it out (sign -1). */
static void add_signed(struct regrouping *s, uint32_t i, uint32_t c, double sign)
{
    const double *g = s->dots + (size_t)i * s->m;
    double *t = s->t + (size_t)c * s->m;
    s->nn[c] += sign * 2 * t[i] + g[i];
    for (uint32_t j = 0; j < s->m; j++)
        t[j] += sign * g[j];
    s->cnt[c] += sign > 0 ? 1 : UINT32_MAX;
}

/* Compute the sums of the clusters in s->at. */
static void build_sums(struct regrouping *s)
{
    memset(s->t, 0, (size_t)s->k * s->m * sizeof *s->t);
    memset(s->nn, 0, s->k * sizeof *s->nn);
    memset(s->cnt, 0, s->k * sizeof *s->cnt);
    for (uint32_t i = 0; i < s->m; i++)
        add_signed(s, i, s->at[i], 1);
}

/* Move small clusters one by one to where the objective gains most, until none gains. Returns the objective. */
static double improve_by_moves(struct regrouping *s)
{
    double sum = 0;
    build_sums(s);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        int moved = 0;
        for (uint32_t i = 0; i < s->m; i++) {
            uint32_t from = s->at[i], to = from;
            double own = s->dots[(size_t)i * s->m + i], most = 1e-9;
            if (s->cnt[from] < 2)
                continue;
            double less =
                clamped_sqrt(s->nn[from] - 2 * s->t[(size_t)from * s->m + i] + own) - clamped_sqrt(s->nn[from]);
            for (uint32_t c = 0; c < s->k; c++) {
                double gain =
                    clamped_sqrt(s->nn[c] + 2 * s->t[(size_t)c * s->m + i] + own) - clamped_sqrt(s->nn[c]) + less;
                if (c != from && gain > most * (1 + 1e-12)) {
                    most = gain;
                    to = c;
                }
            }
            if (to == from)
                continue;
            add_signed(s, i, from, -1);
            add_signed(s, i, to, 1);
            s->at[i] = to;
            moved = 1;
        }
        if (!moved)
            break;
    }
    for (uint32_t c = 0; c < s->k; c++)
        sum += clamped_sqrt(s->nn[c]);
    return sum;
}

static double compute_cosine(const struct regrouping *s, uint32_t i, uint32_t j)
{
    double a = s->dots[(size_t)i * s->m + i], b = s->dots[(size_t)j * s->m + j];
    return a > 0 && b > 0 ? s->dots[(size_t)i * s->m + j] / sqrt(a * b) : 0;
}

/* Draw k small clusters as centres by weight times distance (k-means++), and assign every other one to the nearest. */
static void draw_start(struct regrouping *s, struct kc_rng *rng)
{
    for (uint32_t i = 0; i < s->m; i++)
        s->dist[i] = 2;
    for (uint32_t c = 0; c < s->k; c++) {
        double total = 0;
        uint32_t pick = 0;
        for (uint32_t i = 0; i < s->m; i++)
            total += s->dist[i] > 0 ? s->dist[i] * clamped_sqrt(s->dots[(size_t)i * s->m + i]) : 0;
        double left = kc_rng_unit(rng) * total;
        for (uint32_t i = 0; i < s->m; i++) {
            double mass = s->dist[i] * clamped_sqrt(s->dots[(size_t)i * s->m + i]);
            if (!(mass > 0))
                continue;
            pick = i;
            left -= mass;
            if (left < 0)
                break;
        }
        if (!(total > 0)) /* all that are left equal a centre: pick any that is not a centre itself */
            for (pick = 0; pick + 1 < s->m && s->dist[pick] < 0; pick++)
                ;
        for (uint32_t i = 0; i < s->m; i++) {
            double d = 1 - compute_cosine(s, i, pick);
            d = d > 0 ? d : 0;
            if (i == pick || d < s->dist[i]) {
                s->dist[i] = i == pick ? -1 : d; /* a centre is never drawn again, and stays in its cluster */
                s->at[i] = c;
            }
        }
    }
}

/* Return what merging clusters i and j costs, by the products g of the clusters as merged so far. */
static double compute_loss(const double *g, uint32_t m, uint32_t i, uint32_t j)
{
    double ii = g[(size_t)i * m + i], jj = g[(size_t)j * m + j];
    return clamped_sqrt(ii) + clamped_sqrt(jj) - clamped_sqrt(ii + jj + 2 * g[(size_t)i * m + j]);
}

/* The cheapest partner of a cluster among those before it. */
struct mate {
    double loss;
    uint32_t with; /* the partner; UINT32_MAX: there is none */
    int gone;      /* the cluster was merged into another */
};

static void find_mate(const double *g, uint32_t m, struct mate *mate, uint32_t j)
{
    mate[j].with = UINT32_MAX;
    mate[j].loss = INFINITY;
    for (uint32_t i = 0; i < j; i++) {
        double l = mate[i].gone ? INFINITY : compute_loss(g, m, i, j);
        if (l < mate[j].loss) {
            mate[j].loss = l;
            mate[j].with = i;
        }
    }
}

/* Merge pair by pair. Each cluster remembers its cheapest partner among those before it, so a merge costs some m steps
 * and seldom m^2. */
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
        if (b == UINT32_MAX) /* no loss is a number: merge any two */
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
            } else if (compute_loss(g, m, a, j) < mate[j].loss) {
                mate[j].loss = compute_loss(g, m, a, j);
                mate[j].with = a;
            }
        }
    }
}

/* Start from the first m - k merges. */
static void apply_merges(struct regrouping *s, const uint32_t (*merge)[2])
{
    uint32_t *to = s->cnt, ids = 0; /* (m): free until the sums are built */
    for (uint32_t i = 0; i < s->m; i++)
        s->at[i] = i;
    for (uint32_t step = 0; step < s->m - s->k; step++)
        for (uint32_t i = 0; i < s->m; i++)
            s->at[i] = s->at[i] == merge[step][1] ? merge[step][0] : s->at[i];
    for (uint32_t i = 0; i < s->m; i++) /* a union is named by its lowest member, which comes first here */
        to[i] = s->at[i] == i ? ids++ : 0;
    for (uint32_t i = 0; i < s->m; i++)
        s->at[i] = to[s->at[i]];
}

double kc_regroup(const double *dots, uint32_t m, const uint32_t (*merge)[2], uint32_t k, struct kc_rng rng,
                  uint32_t *cluster_of, void *work)
{
    double *t = work, best;
    struct regrouping s = {dots, m, k, t, t + (size_t)m * m, t + (size_t)m * m + m, NULL, NULL};
    size_t starts = EFFORT / ((size_t)m * k * 8);
    s.cnt = (uint32_t *)(s.dist + m);
    s.at = s.cnt + m;
    apply_merges(&s, merge);
    best = improve_by_moves(&s);
    memcpy(cluster_of, s.at, m * sizeof *cluster_of);
    for (size_t i = 0; i < STARTS && i < starts; i++) {
        draw_start(&s, &rng);
        double v = improve_by_moves(&s);
        if (v > best * (1 + 1e-12)) {
            best = v;
            memcpy(cluster_of, s.at, m * sizeof *cluster_of);
        }
    }
    return best;
}
