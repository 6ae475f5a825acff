/* Density the obvious way: Prim's tree on all pairs (1957), and HDBSCAN* (Campello, Moulavi & Sander 2013) by walks
 * that call themselves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/label.h"
#include "core/ref/ref.h"

static float multiply(const float *x, size_t d, size_t i, size_t j)
{
    float s = 0;
    for (size_t t = 0; t < d; t++)
        s = fmaf(x[i * d + t], x[j * d + t], s);
    return s;
}

static int falling(const void *x, const void *y)
{
    const float *a = x, *b = y;
    return (*a < *b) - (*a > *b);
}

void kc_ref_reach(const float *x, size_t n, size_t d, uint32_t samples, float *core, float *weight)
{
    float *all = malloc(n * sizeof *all), *best = malloc(n * sizeof *best);
    unsigned char *done = calloc(n, 1);
    for (size_t i = 0; i < n; i++)
        core[i] = -1;
    for (size_t i = 0; all && i < n; i++) {
        size_t m = 0;
        for (size_t j = 0; j < n; j++)
            if (j != i)
                all[m++] = multiply(x, d, i, j);
        qsort(all, m, sizeof *all, falling);
        core[i] = m ? all[(m < samples ? m : samples) - 1] : -1;
    }
    for (size_t i = 0; best && i < n; i++)
        best[i] = -INFINITY;
    for (size_t at = 0, step = 0; best && done && step + 1 < n; step++) {
        size_t next = n;
        done[at] = 1;
        for (size_t j = 0; j < n; j++) {
            if (done[j])
                continue;
            const float s = fminf(multiply(x, d, at, j), fminf(core[at], core[j]));
            best[j] = s > best[j] ? s : best[j];
            next = next == n || best[j] > best[next] ? j : next;
        }
        weight[step] = best[next];
        at = next;
    }
    free(done);
    free(best);
    free(all);
}

/* A node of the single linkage tree: a row, or two nodes that merge. */
struct node {
    double distance;
    size_t left, right, size; /* of a row: size 1 */
    int gone;                 /* merged */
};

struct cluster {
    double birth, death, stability, deepest; /* deepest: the largest death in it */
    size_t parent, *child, children;
    int chosen;
};

struct walk {
    struct node *node;
    struct cluster *cluster;
    size_t n, nclusters;
    uint64_t min_size;
    size_t *of;
    double *lambda;
};

/* Let all rows below a node leave a cluster. */
/* NOLINTNEXTLINE(misc-no-recursion): a twin of few rows */
static void drop_rows(struct walk *w, size_t node, size_t c, double lambda)
{
    if (w->node[node].size > 1) {
        drop_rows(w, w->node[node].left, c, lambda);
        drop_rows(w, w->node[node].right, c, lambda);
        return;
    }
    w->of[node] = c;
    w->lambda[node] = lambda;
    w->cluster[c].stability += lambda - w->cluster[c].birth;
    w->cluster[c].death = fmax(w->cluster[c].death, lambda);
}

/* List what a node falls apart into when all edges of its distance are removed. */
/* NOLINTNEXTLINE(misc-no-recursion): a twin of few rows */
static void list_sides(const struct walk *w, size_t node, double distance, size_t *side, size_t *parts)
{
    const size_t child[2] = {w->node[node].left, w->node[node].right};
    for (int i = 0; i < 2; i++)
        if (w->node[child[i]].size > 1 && w->node[child[i]].distance >= distance)
            list_sides(w, child[i], distance, side, parts);
        else
            side[(*parts)++] = child[i];
}

/* Follow a cluster down from a node. */
/* NOLINTNEXTLINE(misc-no-recursion): a twin of few rows */
static void follow_cluster(struct walk *w, size_t node, size_t c)
{
    const double lambda = 1 / w->node[node].distance;
    size_t *side = malloc(w->n * sizeof *side), parts = 0, large = 0;
    list_sides(w, node, w->node[node].distance, side, &parts);
    for (size_t i = 0; i < parts; i++)
        large += w->node[side[i]].size >= w->min_size;
    for (size_t i = 0; i < parts; i++) {
        const int is_large = w->node[side[i]].size >= w->min_size;
        if (is_large && large > 1) {
            const size_t child = w->nclusters++;
            const double size = (double)w->node[side[i]].size;
            w->cluster[child] = (struct cluster){.birth = lambda, .parent = c, .child = malloc(w->n * sizeof child)};
            w->cluster[c].child[w->cluster[c].children++] = child;
            w->cluster[c].stability += size * (lambda - w->cluster[c].birth);
            w->cluster[c].death = fmax(w->cluster[c].death, lambda);
            follow_cluster(w, side[i], child);
        } else if (is_large) {
            follow_cluster(w, side[i], c);
        } else {
            drop_rows(w, side[i], c, lambda);
        }
    }
    free(side);
}

/* Choose the most stable clusters in c; return their stability. */
/* NOLINTNEXTLINE(misc-no-recursion): a twin of few rows */
static double choose_clusters(struct walk *w, size_t c, int leaves)
{
    struct cluster *k = &w->cluster[c];
    double below = 0;
    k->deepest = k->death;
    for (size_t i = 0; i < k->children; i++) {
        below += choose_clusters(w, k->child[i], leaves);
        k->deepest = fmax(k->deepest, w->cluster[k->child[i]].deepest);
    }
    k->chosen = c > 0 && (leaves ? k->children == 0 : k->stability >= below);
    return k->chosen ? k->stability : below;
}

/* Merge the two nearest nodes until one is left: single linkage of the distances (n, n). */
static void merge_nodes(struct walk *w, const double *distance)
{
    const size_t n = w->n;
    double *between = malloc(4 * n * n * sizeof *between); /* (2 n, 2 n) of the nodes */
    for (size_t i = 0; i < n; i++) {
        w->node[i] = (struct node){.size = 1};
        for (size_t j = 0; j < n; j++)
            between[2 * n * i + j] = distance[n * i + j];
    }
    for (size_t t = n; t < 2 * n - 1; t++) {
        size_t a = 0, b = 0;
        double best = INFINITY;
        for (size_t i = 0; i < t; i++)
            for (size_t j = 0; j < i && !w->node[i].gone; j++)
                if (!w->node[j].gone && between[2 * n * i + j] < best) {
                    best = between[2 * n * i + j];
                    a = j;
                    b = i;
                }
        w->node[t] = (struct node){best, a, b, w->node[a].size + w->node[b].size, 0};
        w->node[a].gone = w->node[b].gone = 1;
        for (size_t i = 0; i < t; i++)
            between[2 * n * t + i] = between[2 * n * i + t] = fmin(between[2 * n * a + i], between[2 * n * b + i]);
    }
    free(between);
}

uint32_t kc_ref_hdbscan(const float *x, size_t n, size_t d, uint32_t samples, uint64_t min_size, int leaves,
                        uint32_t *labels, float *probability, float *outlier)
{
    float *core = calloc(n, sizeof *core), *weight = calloc(n, sizeof *weight);
    double *distance = malloc(n * n * sizeof *distance);
    struct walk w = {malloc(2 * n * sizeof *w.node), malloc(2 * n * sizeof *w.cluster), n, 1, min_size,
                     malloc(n * sizeof *w.of), malloc(n * sizeof *w.lambda)};
    uint32_t k = 0;
    kc_ref_reach(x, n, d, samples, core, weight);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            distance[n * i + j] = fmax(1 - (double)fminf(multiply(x, d, i, j), fminf(core[i], core[j])), 0x1p-24);
    merge_nodes(&w, distance);
    w.cluster[0] = (struct cluster){.child = malloc(n * sizeof(size_t))};
    follow_cluster(&w, 2 * n - 2, 0);
    choose_clusters(&w, 0, leaves);
    for (size_t c = 0; c < w.nclusters; c++) { /* the outermost chosen cluster is the one */
        for (size_t at = w.cluster[c].parent; c > 0 && at > 0; at = w.cluster[at].parent)
            w.cluster[c].chosen &= !w.cluster[at].chosen;
        k += (uint32_t)w.cluster[c].chosen;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = w.of[i];
        outlier[i] = (float)(1 - w.lambda[i] / w.cluster[at].deepest);
        while (at > 0 && !w.cluster[at].chosen)
            at = w.cluster[at].parent;
        labels[i] = at > 0 ? (uint32_t)at : KC_NOISE;
        probability[i] = at > 0 ? (float)fmin(w.lambda[i] / w.cluster[at].death, 1) : 0;
    }
    for (size_t c = 0; c < w.nclusters; c++)
        free(w.cluster[c].child);
    free(w.lambda);
    free(w.of);
    free(w.cluster);
    free(w.node);
    free(distance);
    free(weight);
    free(core);
    return k;
}
