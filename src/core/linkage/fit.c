/* From rows to labels: the leaves, their tree, the choice of a cut, the labels and figures of that. The cuts at all k
 * of the range are judged by the same indices as the sweep of k-means. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/cluster/sums.h"
#include "core/cluster/weights.h"
#include "core/judge/describe.h"
#include "core/judge/index.h"
#include "core/judge/judging.h"
#include "core/kmeans/kmeans.h"
#include "core/linkage/cut.h"
#include "core/linkage/leaves.h"
#include "core/linkage/linkage.h"

#define CUTS 32 /* cuts that are judged at a time: the indices share passes among so many */

/* A run under way. */
struct run {
    const struct kc_linkage_opts *o; /* for these rows: k without shares */
    const struct kc_request *r;
    struct kc_clustering *f;
    struct kc_linkage_fit *own;
    struct kc_space space;
    double *weights;       /* (n) space.w; NULL: none */
    struct kc_leaves leaves;
    float *centroids;      /* (cells, d) of the first stage */
    double *sums, *mass;   /* (cells, d), (cells) */
    struct kc_tree tree;
    uint32_t *node;        /* (2 leaves) */
    uint64_t *size;        /* (leaves) */
    uint32_t *labels;      /* (CUTS, n) */
    struct kc_scored *scored; /* (CUTS) */
    double *silhouette;    /* of the clusters of CUTS cuts */
    struct kc_judging judging; /* for modularities */
    struct kc_err *e;
};

/* Return 1 if there is a first stage for n rows. */
static int has_cells(const struct kc_linkage_opts *o, size_t n)
{
    return o->cells > 0 && o->cells < n;
}

/* Cluster the rows into cells, and add each cell's rows up. */
static int make_cells(struct run *w)
{
    const struct kc_kmeans_opts of_cells = kc_kmeans_cells(w->o->cells, w->o->seed);
    const struct kc_request request = {.weights = w->r->weights};
    struct kc_linkage_fit *own = w->own;
    struct kc_clustering cells = {0};
    kc_ctx_stage(w->space.ctx, KC_PHASE_SWEEP);
    int rc = kc_kmeans_run(w->space.ctx, &w->space.rows, &of_cells, &request, &cells, w->e);
    if (rc == 0) {
        own->cells = cells.k;
        own->cell = cells.labels;
        w->centroids = cells.centroids;
        cells.labels = NULL;
        cells.centroids = NULL;
    }
    kc_clustering_free(&cells);
    if (rc != 0)
        return -1;
    own->cell_rows = kc_mem_alloc(own->cells, sizeof *own->cell_rows, w->e);
    w->sums = kc_mem_aligned(kc_mem_mul(own->cells, w->space.d), sizeof *w->sums, w->e);
    w->mass = kc_mem_alloc(own->cells, sizeof *w->mass, w->e);
    if (!own->cell_rows || !w->sums || !w->mass ||
        kc_sums(&w->space, own->cell, (uint32_t)own->cells, w->sums, own->cell_rows, w->e) != 0)
        return -1;
    return kc_weights_sum(&w->space, own->cell, (uint32_t)own->cells, w->mass, w->e);
}

/* Return 1 if the linkage needs rows, so that cells are represented by their centroids. */
static int needs_rows(const struct kc_linkage_opts *o)
{
    return o->how == KC_LINKAGE_COMPLETE || o->how == KC_LINKAGE_SINGLE;
}

/* Make the leaves and their points. */
static int make_leaves(struct run *w)
{
    if (!has_cells(w->o, w->space.n))
        return kc_leaves_of_rows(&w->space.rows, w->space.w, &w->leaves, w->e);
    if (make_cells(w) != 0)
        return -1;
    const size_t cells = w->own->cells;
    if (needs_rows(w->o)) {
        const struct kc_rows rows = kc_rows_memory(w->centroids, cells, w->space.d);
        return kc_leaves_of_rows(&rows, NULL, &w->leaves, w->e);
    }
    w->leaves = (struct kc_leaves){
        .n = cells, .p = {.n = cells, .d = w->space.d, .sums = w->sums, .weight = w->mass}};
    return 0;
}

/* Undo the scale of the weights in the heights of Ward's linkage, which grow with the root of the weights. */
static void scale_heights(const struct run *w, struct kc_join *joins)
{
    const double scale = w->o->how == KC_LINKAGE_WARD ? sqrt(w->space.one) : 1;
    for (size_t i = 0; i + 1 < w->leaves.p.n; i++)
        joins[i].height /= scale;
}

/* Build the tree: f->merges. */
static int build_tree(struct run *w)
{
    const size_t leaves = w->leaves.n;
    struct kc_join *joins = kc_mem_alloc(leaves, sizeof *joins, w->e);
    struct kc_tree_report report;
    int rc = -1;
    w->f->merges = kc_mem_alloc(leaves, sizeof *w->f->merges, w->e);
    if (!joins || !w->f->merges)
        goto out;
    kc_ctx_stage(w->space.ctx, KC_PHASE_TREE);
    if ((w->o->how == KC_LINKAGE_COMPLETE ? kc_tree_complete(w->space.ctx, &w->leaves.p, joins, &report, w->e) :
         w->o->how == KC_LINKAGE_SINGLE ? kc_tree_single(w->space.ctx, &w->leaves.p, joins, &report, w->e) :
         kc_tree_rounds(w->space.ctx, &w->leaves.p, (enum kc_linkage)w->o->how, joins, &report, w->e)) != 0)
        goto out;
    scale_heights(w, joins);
    w->tree.equal = leaves - w->leaves.p.n;
    kc_leaves_join(&w->leaves, joins);
    if (kc_tree_order(joins, leaves, w->f->merges, w->e) != 0)
        goto out;
    w->f->nmerges = leaves - 1;
    w->tree.merges = w->f->merges;
    w->tree.leaves = leaves;
    w->tree.rows = w->own->cell_rows;
    for (size_t i = 0; w->own->cells && i + 1 < leaves; i++) { /* count rows, not cells */
        struct kc_merge *m = &w->f->merges[i];
        m->size = (m->a < leaves ? w->own->cell_rows[m->a] : w->f->merges[m->a - leaves].size) +
                  (m->b < leaves ? w->own->cell_rows[m->b] : w->f->merges[m->b - leaves].size);
    }
    snprintf(w->f->path_why, sizeof w->f->path_why, "%zu %s, %llu rounds, %.3g n^2 products", w->leaves.p.n,
             w->own->cells ? "cells" : "different rows", (unsigned long long)report.rounds,
             (double)report.products / (double)w->leaves.p.n / (double)w->leaves.p.n);
    rc = 0;
out:
    kc_mem_free(joins);
    return rc;
}

/* Label the rows by a cut. Returns the number of clusters. */
static uint32_t label_rows(struct run *w, const struct kc_cut *c, uint32_t *labels)
{
    uint32_t more;
    const uint32_t k = kc_cut(&w->tree, c, w->node, w->size, &more);
    w->own->told.split = more;
    for (size_t i = 0; i < w->space.n; i++)
        labels[i] = w->node[w->own->cell ? w->own->cell[i] : i];
    return k;
}

/* Judge the cuts at all k that are listed. */
static int judge_cuts(struct run *w, const uint32_t *ks)
{
    struct kc_scored *p = w->scored = kc_mem_alloc(CUTS, sizeof *p, w->e);
    struct kc_ksweep *told = &w->own->told;
    const size_t n = w->space.n, most = told->n < CUTS ? told->n : CUTS;
    const uint32_t *labels[CUTS];
    size_t clusters = 0;
    kc_ctx_stage(w->space.ctx, KC_PHASE_INDEX);
    w->labels = kc_mem_alloc(kc_mem_mul(most, n), sizeof *w->labels, w->e);
    for (size_t i = 0; i < told->n; i++) /* the CUTS largest k have the most */
        clusters += i + CUTS >= told->n ? ks[i] : 0;
    w->silhouette = kc_mem_alloc(clusters, sizeof *w->silhouette, w->e);
    if (!p || !w->labels || !w->silhouette)
        return -1;
    for (size_t from = 0; from < told->n; from += CUTS) {
        const size_t m = told->n - from < CUTS ? told->n - from : CUTS;
        double *silhouette = w->silhouette;
        for (size_t i = 0; i < m; silhouette += p[i].k, i++) {
            const struct kc_cut c = {.k = ks[from + i], .min_size = w->o->min_size};
            labels[i] = w->labels + i * n;
            p[i] = (struct kc_scored){.k = label_rows(w, &c, w->labels + i * n), .labels = labels[i],
                                      .cluster_silhouette = silhouette};
        }
        if (kc_index_score(&w->space, p, m, w->e) != 0)
            return -1;
        for (size_t i = 0; i < m; i++) {
            w->own->entry[from + i] = kc_k_entry_of(p[i].k, n, 0);
            kc_scored_fill(&p[i], &w->own->entry[from + i]);
        }
        if (told->evidence && w->r->judge &&
            w->r->judge->run(&w->judging, labels, w->own->entry + from, m, w->e) != 0)
            return -1;
    }
    if (told->evidence)
        kc_combine(w->own->entry, told->n);
    kc_mem_free(w->silhouette);
    kc_mem_free(w->labels);
    kc_mem_free(w->scored);
    w->silhouette = NULL;
    w->labels = NULL;
    w->scored = NULL;
    return 0;
}

/* Say that the smallest k of the range cannot be had. */
static int tell_too_few(struct run *w, uint32_t have)
{
    const char *s = have == 1 ? "" : "s", *are = have == 1 ? "is" : "are";
    const int equal = kc_cut_most(&w->tree, 1) == have;
    if (w->o->k_given && !w->r->part && equal)
        kc_clustering_limit(w->f, "k = %llu was asked for, but there %s only %u %s%s", (unsigned long long)w->o->k.min,
                            are, have, w->own->cells ? "cell" : have == w->f->n ? "row" : "different row", s);
    else if (w->o->k_given && !w->r->part)
        kc_clustering_limit(w->f, "k = %llu was asked for, but the tree has only %u cluster%s of at least %llu rows",
                            (unsigned long long)w->o->k.min, have, s, (unsigned long long)w->o->min_size);
    else if (have == 1)
        return kc_clustering_warn(w->f, w->e, equal ? w->f->n == 1 ? "there is only one row: one cluster" :
                                                                     "all rows are the same: one cluster" :
                                                      "no two clusters reach --min-size: one cluster");
    return 0;
}

/* Choose one of the k of the range: w->own->told. */
static int choose_k(struct run *w)
{
    struct kc_ksweep *told = &w->own->told;
    const uint32_t most = kc_cut_most(&w->tree, w->o->min_size);
    size_t chosen = 0;
    const size_t n = kc_krange_list(&w->o->k, most, NULL, 0);
    const int cut = n > 0 && kc_krange_list(&w->o->k, UINT64_MAX, NULL, 0) > n;
    uint32_t *ks = kc_mem_alloc(n ? n : 1, sizeof *ks, w->e);
    int rc = -1;
    told->by = (enum kc_index)w->o->k_by;
    told->evidence = kc_index_evidence(told->by) & KC_EVIDENCE_MODULARITY;
    w->judging = (struct kc_judging){.space = &w->space, .original = w->r->original, .graph = w->r->graph,
                                     .wanted = told->evidence};
    told->n = n ? n : 1;
    told->entry = w->own->entry = kc_mem_zalloc(told->n, sizeof *w->own->entry, w->e);
    if (!ks || !w->own->entry)
        goto out;
    ks[0] = most;
    kc_krange_list(&w->o->k, most, ks, n);
    if ((n == 0 && tell_too_few(w, most) != 0) ||
        (cut && kc_clustering_warn(w->f, w->e, "the tree can be cut into %u clusters at most: k can be at most %u, not "
                                   "%llu", most, ks[n - 1], (unsigned long long)w->o->k.max) != 0))
        goto out;
    if ((told->n > 1 || w->o->max_size) && judge_cuts(w, ks) != 0) /* else the figures of the fit are those */
        goto out;
    if (told->n > 1) {
        chosen = kc_ksweep_best(w->own->entry, told->n, told->by);
        if (kc_ksweep_doubts(w->f, w->own->entry, told->n, chosen, told->by, cut, w->e) != 0)
            goto out;
    }
    told->selected = ks[chosen];
    told->silhouette = w->own->entry[chosen].silhouette;
    rc = 0;
out:
    if (w->r->judge)
        w->r->judge->end(&w->judging);
    kc_mem_free(ks);
    return rc;
}

/* Report limits of sizes that could not be kept. size (k) */
static void check_sizes(struct run *w, uint32_t k)
{
    typedef unsigned long long ull;
    const struct kc_linkage_opts *o = w->o;
    uint64_t most = 0;
    if (w->r->part)
        return;
    for (uint32_t c = 0; c < k; c++)
        most = w->size[c] > most ? w->size[c] : most;
    if (o->min_size > w->f->n)
        kc_clustering_limit(w->f, "there are only %zu rows, fewer than --min-size %llu", w->f->n, (ull)o->min_size);
    if (o->max_size && most > o->max_size)
        kc_clustering_limit(w->f, "a cluster has %llu rows, more than --max-size %llu: %s", (ull)most, (ull)o->max_size,
                            o->min_size > 1 ? "the tree has no cut below that leaves --min-size rows on both sides" :
                            w->own->cells ? "its cells hold so many" : "they are the same");
    if (w->own->told.split && o->k_given && o->k.min == o->k.max)
        kc_clustering_limit(w->f, "k = %llu was asked for, but --max-size %llu makes %u clusters", (ull)o->k.min,
                            (ull)o->max_size, k);
}

/* Cut the tree and compute what is reported. */
static int cut_tree(struct run *w)
{
    struct kc_clustering *f = w->f;
    struct kc_ksweep *told = &w->own->told;
    const int by_height = !isnan(w->o->cut);
    w->node = kc_mem_alloc(kc_mem_mul(2, w->tree.leaves), sizeof *w->node, w->e);
    w->size = kc_mem_alloc(w->tree.leaves, sizeof *w->size, w->e);
    f->labels = kc_mem_alloc(f->n, sizeof *f->labels, w->e);
    if (!w->node || !w->size || !f->labels || (!by_height && choose_k(w) != 0))
        return -1;
    const struct kc_cut c = {.k = by_height ? 0 : told->selected, .above = w->o->cut, .min_size = w->o->min_size,
                             .max_size = w->o->max_size};
    const uint32_t k = label_rows(w, &c, f->labels);
    check_sizes(w, k);
    kc_mem_free(w->size);
    kc_mem_free(w->node);
    w->size = NULL;
    w->node = NULL;
    kc_ctx_stage(w->space.ctx, KC_PHASE_FINAL);
    if (kc_describe(w->space.ctx, &w->space.rows, w->r, k, f, w->e) != 0 || kc_ksweep_unbalanced(f, w->e) != 0)
        return -1;
    if (told->n == 1 && !w->o->max_size) {
        told->silhouette = f->silhouette;
        w->own->entry[0] = kc_k_entry_of(f->k, f->n, 0);
        w->own->entry[0].silhouette = f->silhouette;
        w->own->entry[0].inertia = f->inertia;
        w->own->entry[0].objective = f->objective;
        w->own->entry[0].calinski_harabasz = f->calinski_harabasz;
        w->own->entry[0].davies_bouldin = f->davies_bouldin;
    }
    f->ksweep = by_height ? NULL : told;
    return 0;
}

static void free_appendix(void *appendix)
{
    struct kc_linkage_fit *own = appendix;
    kc_mem_free(own->entry);
    kc_mem_free(own->cell);
    kc_mem_free(own->cell_rows);
    kc_mem_free(own);
}

const struct kc_linkage_fit *kc_linkage_of(const struct kc_clustering *c)
{
    return c->algorithm && c->algorithm->options == kc_linkage_options ? c->appendix : NULL;
}

int kc_linkage_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_linkage_opts *opts,
                   const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    static const struct kc_algorithm *const algorithms[] = {&kc_algorithm_ward, &kc_algorithm_average,
                                                            &kc_algorithm_complete, &kc_algorithm_single};
    static const char *const paths[] = {"rounds", "rounds", "chain", "spanning tree"};
    struct kc_linkage_opts o = *opts;
    struct run w = {.o = &o, .r = r, .f = out, .e = e,
                    .space = {.ctx = ctx, .rows = *rows, .n = rows->n, .d = rows->d}};
    *out = (struct kc_clustering){.n = rows->n, .d = rows->d, .algorithm = algorithms[o.how], .path = paths[o.how],
                                  .silhouette = NAN, .free_appendix = free_appendix};
    if (rows->n >= UINT32_MAX / 2)
        return kc_err_set(e, KC_EINPUT, "%zu rows, expected fewer than 2,147,483,647", rows->n);
    out->appendix = w.own = kc_mem_zalloc(1, sizeof *w.own, e);
    if (!w.own)
        return -1;
    o.k = kc_krange_for(&o.k, rows->n);
    int rc = kc_weights_make(r->weights, rows->n, &w.weights, &w.space.one, e);
    w.space.w = w.weights;
    rc = rc == 0 && make_leaves(&w) == 0 ? build_tree(&w) : -1;
    kc_leaves_free(&w.leaves);
    kc_mem_free(w.mass);
    kc_mem_free(w.sums);
    kc_mem_free(w.centroids);
    if (rc == 0)
        rc = cut_tree(&w);
    kc_mem_free(w.silhouette);
    kc_mem_free(w.labels);
    kc_mem_free(w.scored);
    kc_mem_free(w.size);
    kc_mem_free(w.node);
    kc_mem_free(w.weights);
    return rc;
}

uint64_t kc_linkage_bytes(size_t n, size_t d, int in_memory, const struct kc_linkage_opts *o,
                          const struct kc_request *r, unsigned threads)
{
    const int staged = has_cells(o, n);
    const size_t leaves = staged ? (size_t)o->cells : n;
    const struct kc_kmeans_opts of_cells = kc_kmeans_cells(o->cells, o->seed);
    const struct kc_krange range = kc_krange_for(&o->k, n);
    const struct kc_ks ks = kc_krange_sum(&range, leaves);
    const size_t cuts = isnan(o->cut) ? ks.n < CUTS ? ks.n : CUTS : 0;
    const uint64_t k = kc_algorithm_ward.most_clusters(o, n), weights = r->weights ? n * sizeof(double) : 0;
    uint64_t kept = 0, points = 0;
    if (!staged || needs_rows(o))
        points = kc_leaves_bytes(leaves, d, in_memory || staged, &kept);
    /* the first stage; what it leaves are the cells and their sums */
    const uint64_t cells =
        staged ? n * sizeof(uint32_t) + leaves * (d * (sizeof(float) + sizeof(double)) + 2 * sizeof(double)) +
                     kc_sums_bytes(n, d, 1, leaves) : 0;
    uint64_t most = staged ? kc_kmeans_bytes(n, d, in_memory, &of_cells, r, threads) : 0;
    most = cells + points > most ? cells + points : most;
    const uint64_t joins = leaves * (sizeof(struct kc_join) + sizeof(struct kc_merge));
    const uint64_t order = kc_tree_order_bytes(leaves);
    uint64_t tree = o->how == KC_LINKAGE_COMPLETE ? kc_complete_bytes(leaves, d, threads) :
                    o->how == KC_LINKAGE_SINGLE ? kc_single_bytes(leaves, d, threads) :
                    kc_rounds_bytes(leaves, d, staged, threads);
    tree = tree > order ? tree : order;
    tree = tree < UINT64_MAX / 2 ? tree + joins + cells + kept : UINT64_MAX;
    most = tree > most ? tree : most;
    const uint64_t stays = leaves * sizeof(struct kc_merge) + n * sizeof(uint32_t) + ks.n * sizeof(struct kc_k_entry) +
                           (staged ? n * sizeof(uint32_t) + leaves * sizeof(uint64_t) : 0);
    const uint64_t nodes = leaves * (2 * sizeof(uint32_t) + sizeof(uint64_t)) + ks.n * sizeof(uint32_t);
    const uint64_t tried = CUTS * sizeof(struct kc_scored) + cuts * n * sizeof(uint32_t) +
                           kc_index_bytes(n, d, in_memory, cuts, ks.max, threads) +
                           CUTS * (uint64_t)ks.max * sizeof(double) +
                           (r->judge ? r->judge->bytes(n, d, r->original ? r->original->d : d, ks.max, ks.sum, ks.n,
                                                       NULL, kc_algorithm_ward.evidence(o), 0, weights > 0,
                                                       threads) : 0);
    const uint64_t judge = stays + nodes + (cuts > 1 || o->max_size ? tried : 0);
    most = judge > most ? judge : most;
    const uint64_t describe = stays + kc_describe_bytes(n, d, in_memory, k, r, threads);
    most = describe > most ? describe : most;
    return most < UINT64_MAX - weights ? most + weights + sizeof(struct kc_linkage_fit) : UINT64_MAX;
}
