/* From rows to labels: neighbours, the tree of mutual reachability, the dendrogram, the condensed tree, the selection.
 * Distances are 1 - cosine. A row's core distance is that of its neighbour number --min-samples, without itself, as in
 * the hdbscan package for Python; scikit-learn counts the row itself as the first. */
#include "core/density/hdbscan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "core/density/reach.h"
#include "core/judge/describe.h"
#include "core/kmeans/kmeans.h"
#include "core/near/near.h"

#define NEAR 32u /* neighbours that prove most of the tree */

static const struct kc_hdbscan_opts defaults = KC_HDBSCAN_OPTS_DEFAULT;

/* What a run holds. */
struct dense {
    const struct kc_ctx *ctx;
    const struct kc_rows *rows; /* or the centroids of cells */
    const struct kc_hdbscan_opts *o;
    const struct kc_request *r;
    struct kc_clustering *f;    /* of these */
    struct kc_hdbscan *own;
    struct kc_neighbours near;
    struct kc_affinity graph;
    struct kc_condensed tree;
    const float *core; /* (n) cores of cells, see kc_reach_tree; NULL: the rows are clustered */
    struct kc_err *e;
};

/* Return the fewest rows of a cluster: one row is none, even where --min-size allows it. */
static uint64_t get_least_size(const struct kc_hdbscan_opts *o)
{
    return o->min_size > 2 ? o->min_size : 2;
}

/* Parse one number of clusters. What k-means takes beyond that is refused when this algorithm is chosen. */
static int parse_k(void *base, const char *value, const char *name, struct kc_err *e)
{
    struct kc_hdbscan_opts *o = base;
    (void)name;
    (void)e;
    o->k_range = kc_num_u64(value + (*value == '='), &o->k) != 0 || o->k < 2;
    return 0;
}

static void write_k(const void *base, int brief, char out[KC_OPTION_TEXT_MAX])
{
    const struct kc_hdbscan_opts *o = base;
    (void)brief;
    if (o->k > 0)
        snprintf(out, KC_OPTION_TEXT_MAX, "%llu", (unsigned long long)o->k);
    else
        *out = '\0';
}

#define AT(member) offsetof(struct kc_hdbscan_opts, member)

static const struct kc_option options[] = {
    {.letter = 'k', .arg = "K", .type = KC_OPTION_OWN, .key = "k", .parse = parse_k, .text = write_k,
     .marks = KC_OPTION_RECORD, .help = "take the layer with about K clusters"},
    {.name = "min-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(min_size), .least = 1, .env = "KCLUST_MIN_SIZE",
     .marks = KC_OPTION_RECORD, .help = "make no cluster smaller than N"},
    {.name = "max-size", .arg = "N", .type = KC_OPTION_U64, .at = AT(max_size), .least = 1, .off = "off",
     .env = "KCLUST_MAX_SIZE", .marks = KC_OPTION_RECORD, .help = "make no cluster larger than N"},
    {.name = "min-samples", .arg = "N", .type = KC_OPTION_U64, .at = AT(min_samples), .least = 1,
     .most = KC_HDBSCAN_SAMPLES_MOST, .marks = KC_OPTION_RECORD,
     .help = "measure how densely a row lies by its neighbour number N: more leave more rows out"},
    {.name = "select", .arg = "HOW", .type = KC_OPTION_WORD, .at = AT(select), .words = "auto eom leaf layers",
     .marks = KC_OPTION_RECORD,
     .help = "take the most stable clusters (eom), the finest (leaf), or the best of the layers of ever larger least "
             "sizes; auto: layers in the graph's space, else eom"},
    {.name = "epsilon", .arg = "D", .type = KC_OPTION_REAL, .at = AT(epsilon), .high = 2, .off = "off",
     .shown = "off", .marks = KC_OPTION_RECORD,
     .help = "do not split clusters at distances below D, 1 less the cosine"},
    {.name = "recall", .arg = "SHARE", .type = KC_OPTION_REAL, .at = AT(recall), .high = 1,
     .marks = KC_OPTION_RECORD | KC_OPTION_OPEN_LOW, .expected = "a share above 0 and up to 1, such as 0.97",
     .shown = "1 up to 200000 rows, else 0.97",
     .help = "find about this share of the rows' nearest neighbours, by cells of a k-means: faster, and not exact"},
    {.name = "two-stage", .arg = "N", .type = KC_OPTION_COUNT, .at = AT(cells), .least = 2, .most = KC_K_MOST,
     .off = "off", .expected = "off or a number of cells from 2 up, such as 1000", .marks = KC_OPTION_RECORD,
     .help = "cluster the rows into N cells by k-means first, and find dense clusters of cells"},
    {.name = "seed", .arg = "N", .type = KC_OPTION_U64, .at = AT(seed), .env = "KCLUST_SEED",
     .marks = KC_OPTION_RECORD, .help = "the seed of every random choice"},
    {.name = "allow-one", .type = KC_OPTION_FLAG, .at = AT(allow_one), .set = 1, .marks = KC_OPTION_RECORD,
     .help = "let one cluster of all rows be an answer"},
    {.name = "noise", .arg = "WHAT", .type = KC_OPTION_WORD, .at = AT(noise), .words = "keep nearest",
     .marks = KC_OPTION_RECORD,
     .help = "keep rows that are in no cluster as noise (-1), or give each to the cluster of the nearest centroid"},
    {0}};

static int check_options(const void *opts, struct kc_err *e)
{
    typedef unsigned long long ull;
    const struct kc_hdbscan_opts *o = opts;
    if (o->k_range)
        return kc_err_set(e, KC_EUSAGE, "-k takes one number, at least 2, with --algorithm hdbscan");
    if (o->k > 0 && o->select != KC_SELECT_AUTO && o->select != KC_SELECT_LAYERS)
        return kc_err_set(e, KC_EUSAGE, "-k takes one of the layers: leave out --select %s",
                          o->select == KC_SELECT_EOM ? "eom" : "leaf");
    if (o->max_size && o->max_size < o->min_size)
        return kc_err_set(e, KC_EUSAGE, "the maximum size, %llu, is smaller than the minimum size, %llu",
                          (ull)o->max_size, (ull)o->min_size);
    return 0;
}

static uint64_t count_most_clusters(const void *opts, size_t n)
{
    const struct kc_hdbscan_opts *o = opts;
    return n / get_least_size(o) + 1;
}

static uint64_t count_least_rows(const void *opts)
{
    const struct kc_hdbscan_opts *o = opts;
    return 2 * get_least_size(o);
}

static enum kc_select choose_selection(const struct kc_hdbscan_opts *o, const struct kc_request *r)
{
    return o->select != KC_SELECT_AUTO ? (enum kc_select)o->select :
           o->k > 0 || r->graph        ? KC_SELECT_LAYERS : KC_SELECT_EOM;
}

static struct kc_neighbours_opts choose_neighbours(const struct kc_hdbscan_opts *o, size_t n)
{
    struct kc_neighbours_opts near = KC_NEIGHBOURS_OPTS_DEFAULT;
    const uint64_t want = o->min_samples > NEAR ? o->min_samples : NEAR;
    near.m = (uint32_t)(want < n ? want : n > 1 ? n - 1 : 1);
    return near;
}

static void free_appendix(void *appendix)
{
    struct kc_hdbscan *own = appendix;
    kc_layers_free(&own->layers);
    kc_mem_free(own->tree);
    kc_mem_free(own->tree_id);
    kc_mem_free(own->of);
    kc_mem_free(own->cell);
    kc_mem_free(own->cell_rows);
    kc_mem_free(own->cell_lambda);
    kc_mem_free(own);
}

/* Find neighbours, tree and dendrogram. */
static int make_dendrogram(struct dense *w)
{
    const size_t n = w->rows->n;
    const struct kc_neighbours_opts o = choose_neighbours(w->o, n);
    struct kc_search_report search;
    struct kc_reach_report reach = {0};
    float *core = kc_mem_alloc(n, sizeof *core, w->e);
    struct kc_bridge *tree = kc_mem_alloc(n, sizeof *tree, w->e);
    uint32_t *work = kc_mem_alloc(kc_mem_mul(n, 2), sizeof *work, w->e);
    w->f->merges = kc_mem_alloc(n, sizeof *w->f->merges, w->e);
    w->f->nmerges = n - 1;
    int rc = core && tree && work && w->f->merges ? 0 : -1;
    if (rc == 0)
        rc = kc_near_find(w->ctx, w->rows, &o, w->o->recall, &w->near, &search, w->e);
    if (rc == 0) {
        w->own->recall = search.cells ? search.by_cells.recall : 1;
        rc = kc_reach_tree(w->ctx, w->rows, &w->near, (uint32_t)w->o->min_samples, w->core, search.cells == 0, core,
                           tree, &reach, w->e);
    }
    if (rc == 0) {
        kc_density_merge(tree, n, w->own->cell_rows, w->f->merges, work, work + n);
        for (size_t i = 0; w->core && i < n; i++) {
            const double distance = 1 - (double)core[i];
            w->own->cell_lambda[i] = 1 / (distance > KC_DENSITY_CLOSEST ? distance : KC_DENSITY_CLOSEST);
        }
        w->own->again = reach.again;
        kc_ctx_log(w->ctx, KC_LOG_INFO, "tree: %u rounds over lists of %u, %.3g of the pairs looked at again, %u parts "
                   "joined at the end", reach.rounds, o.m, reach.again, reach.bridged);
    }
    kc_mem_free(work);
    kc_mem_free(tree);
    kc_mem_free(core);
    return rc;
}

/* Choose the least size: that of the best layer, or the one asked for. */
static int choose_size(struct dense *w, const struct kc_selection *s, uint64_t *min_size)
{
    struct kc_layers *l = &w->own->layers;
    struct kc_layers_opts o = {get_least_size(w->o), w->o->k, s, w->r->graph,
                               w->r->original ? w->r->original : w->rows, w->own->cell_rows};
    *min_size = get_least_size(w->o);
    if (w->own->select != KC_SELECT_LAYERS)
        return 0;
    if (!o.graph) {
        if (kc_affinity_make(w->ctx, w->rows, &w->near, &w->graph, w->e) != 0)
            return -1;
        o.graph = &w->graph;
    }
    if (kc_layers_find(w->ctx, w->rows, w->f->merges, &o, &w->tree, l, w->e) != 0)
        return -1;
    if (l->n > 0)
        *min_size = l->layer[l->chosen].min_size;
    return 0;
}

static int warn(struct dense *w, const char *text)
{
    return kc_strs_add(&w->f->warnings, text, strlen(text), w->e);
}

/* Add what the user should know about the result. */
static int add_warnings(struct dense *w)
{
    char text[200];
    const struct kc_clustering *f = w->f;
    const struct kc_hdbscan *own = w->own;
    if (f->k == 0)
        return warn(w, "no cluster was found: all rows are noise (a smaller --min-size or --min-samples finds smaller "
                       "clusters, --allow-one takes all rows as one)");
    if (w->o->k > 0 && f->k != w->o->k) {
        snprintf(text, sizeof text, "no layer has %llu clusters: the nearest has %u", (unsigned long long)w->o->k,
                 f->k);
        if (warn(w, text) != 0)
            return -1;
    }
    if (w->o->noise == KC_NOISE_KEEP && own->noise * 2 > f->n) {
        snprintf(text, sizeof text, "%.0f %% of the rows are noise%s", 100 * (double)own->noise / (double)f->n,
                 w->r->original ? "" : ": --space graph brings clusters out that the cosine hardly tells apart");
        return warn(w, text);
    }
    return 0;
}

/* Return how clusters of a condensed tree are selected. */
static struct kc_selection make_selection(const struct kc_hdbscan_opts *o, enum kc_select select)
{
    return (struct kc_selection){.by = select == KC_SELECT_LEAF ? KC_SELECT_LEAF : KC_SELECT_EOM,
                                 .epsilon = o->epsilon, .max_size = o->max_size, .allow_one = o->allow_one};
}

/* Keep the condensed tree for the reports: the selected clusters are marked. */
static void keep_tree(struct dense *w, const unsigned char *chosen)
{
    struct kc_hdbscan *own = w->own;
    own->ntree = w->tree.nclusters;
    own->tree = w->tree.cluster;
    own->of = w->tree.of;
    w->tree.cluster = NULL;
    w->tree.of = NULL;
    for (uint32_t i = 0; i < own->ntree; i++)
        own->tree_id[i] = chosen[i] ? 0 : KC_NONE;
}

/* Give the selected clusters of the tree the ids that their rows have. */
static void name_tree(struct dense *w)
{
    struct kc_hdbscan *own = w->own;
    for (size_t i = 0; own->ntree && i < w->f->n; i++) {
        uint32_t at = own->of[own->cell ? own->cell[i] : i];
        while (at != KC_NONE && own->tree_id[at] == KC_NONE)
            at = own->tree[at].parent;
        if (at != KC_NONE)
            own->tree_id[at] = w->f->labels[i];
    }
}

/* Begin a condensed tree of n rows or cells. */
static int begin_tree(struct kc_condensed *c, const struct kc_hdbscan *own, size_t n, uint64_t min_size,
                      struct kc_err *e)
{
    const int rc = kc_condensed_begin(c, n, own->cells ? 1 : min_size, e);
    c->sizes = own->cell_rows;
    c->row_lambda = own->cell_lambda;
    return rc;
}

/* Label the rows by the dendrogram. */
static int label_rows(struct dense *w)
{
    struct kc_clustering *f = w->f;
    const size_t n = w->rows->n;
    const struct kc_selection s = make_selection(w->o, w->own->select);
    uint64_t min_size;
    int rc = -1;
    if (begin_tree(&w->tree, w->own, n, get_least_size(w->o), w->e) != 0 || choose_size(w, &s, &min_size) != 0)
        return -1;
    unsigned char *chosen = kc_mem_alloc(w->tree.room, 1, w->e);
    double *work = kc_mem_alloc(w->tree.room, sizeof *work, w->e);
    uint32_t *id = kc_mem_alloc(w->tree.room, sizeof *id, w->e);
    f->probability = kc_mem_alloc(n, sizeof *f->probability, w->e);
    f->outlier = kc_mem_alloc(n, sizeof *f->outlier, w->e);
    w->own->tree_id = kc_mem_alloc(w->tree.room, sizeof *w->own->tree_id, w->e);
    if (w->own->tree_id && chosen && work && id && f->probability && f->outlier) {
        kc_condense(&w->tree, f->merges, min_size);
        kc_condensed_select(&w->tree, &s, chosen, work);
        f->k = kc_condensed_label(&w->tree, chosen, f->labels, f->probability, f->outlier, id, work);
        for (size_t i = 0; i < n; i++)
            w->own->noise += f->labels[i] != KC_NOISE ? 0 : w->own->cell_rows ? w->own->cell_rows[i] : 1;
        keep_tree(w, chosen);
        rc = w->o->noise == KC_NOISE_NEAREST && f->k > 0 ?
             kc_layers_fill(w->ctx, w->rows, f->labels, f->k, w->e) : 0;
    }
    kc_mem_free(id);
    kc_mem_free(work);
    kc_mem_free(chosen);
    return rc;
}

/* Label fewer rows than two clusters need, or a single cell: all are noise, or one cluster. */
static int label_few_rows(struct dense *w)
{
    const size_t n = w->rows->n;
    uint64_t rows = 0; /* that those of this run stand for */
    for (size_t i = 0; i < n; i++)
        rows += w->own->cell_rows ? w->own->cell_rows[i] : 1;
    const int one = w->o->allow_one && rows >= get_least_size(w->o);
    w->f->k = (uint32_t)one;
    w->f->probability = kc_mem_alloc(n, sizeof *w->f->probability, w->e);
    w->f->outlier = kc_mem_zalloc(n, sizeof *w->f->outlier, w->e);
    if (!w->f->probability || !w->f->outlier)
        return -1;
    for (size_t i = 0; i < n; i++) {
        w->f->labels[i] = one ? 0 : KC_NOISE;
        w->f->probability[i] = (float)one;
    }
    w->own->noise = one ? 0 : rows;
    return 0;
}

/* Return 1 if there is a first stage for n rows. */
static int has_cells(const struct kc_hdbscan_opts *o, size_t n)
{
    return o->cells > 0 && o->cells < n;
}

/* Cluster the rows into cells. The neighbours that a row's core goes by are in its cell, if that has as many rows: then
 * the core is how near the rows lie to the centroid. */
static int make_cells(struct dense *w, struct kc_clustering *cells, float **core)
{
    const struct kc_kmeans_opts o = kc_kmeans_cells(w->o->cells, w->o->seed);
    const struct kc_request request = {0};
    struct kc_hdbscan *own = w->own;
    if (kc_kmeans_run(w->ctx, w->rows, &o, &request, cells, w->e) != 0)
        return -1;
    own->cells = cells->k;
    own->cell = cells->labels;
    cells->labels = NULL;
    own->cell_rows = kc_mem_alloc(own->cells, sizeof *own->cell_rows, w->e);
    own->cell_lambda = kc_mem_alloc(own->cells, sizeof *own->cell_lambda, w->e);
    *core = kc_mem_alloc(own->cells, sizeof **core, w->e);
    if (!own->cell_rows || !own->cell_lambda || !*core)
        return -1;
    for (size_t c = 0; c < own->cells; c++) {
        own->cell_rows[c] = cells->clusters[c].size;
        (*core)[c] = own->cell_rows[c] > w->o->min_samples ? (float)cells->clusters[c].cohesion : NAN;
    }
    return 0;
}

/* Give the rows what their cells have. */
static int spread_cells(struct dense *w, struct kc_clustering *of_cells)
{
    struct kc_clustering *f = w->f;
    f->probability = kc_mem_alloc(f->n, sizeof *f->probability, w->e);
    f->outlier = kc_mem_alloc(f->n, sizeof *f->outlier, w->e);
    if (!f->probability || !f->outlier)
        return -1;
    for (size_t i = 0; i < f->n; i++) {
        const uint32_t c = w->own->cell[i];
        f->labels[i] = of_cells->labels[c];
        f->probability[i] = of_cells->probability[c];
        f->outlier[i] = of_cells->outlier[c];
    }
    f->k = of_cells->k;
    f->merges = of_cells->merges;
    f->nmerges = of_cells->nmerges;
    of_cells->merges = NULL;
    return 0;
}

/* Find neighbours, trees and labels of the rows or cells. */
static int cluster_rows(struct dense *w)
{
    const int rc = make_dendrogram(w) != 0 || label_rows(w) != 0 ? -1 : 0;
    kc_condensed_free(&w->tree);
    kc_affinity_free(&w->graph);
    kc_neighbours_free(&w->near);
    return rc;
}

/* Cluster cells instead of the rows. Layers are judged by the cells, each as one row. */
static int cluster_cells(struct dense *w)
{
    static const struct kc_request plain = {0};
    struct kc_clustering cells = {0}, of_cells = {.d = w->rows->d};
    float *core = NULL;
    int rc = make_cells(w, &cells, &core);
    if (rc == 0) {
        const struct kc_rows centroids = kc_rows_memory(cells.centroids, cells.k, cells.d);
        struct dense v = *w;
        v.rows = &centroids;
        v.r = &plain;
        v.f = &of_cells;
        v.core = core;
        of_cells.n = cells.k;
        of_cells.labels = kc_mem_alloc(of_cells.n, sizeof *of_cells.labels, w->e);
        rc = !of_cells.labels ? -1 : cells.k < 2 ? label_few_rows(&v) : cluster_rows(&v);
        rc = rc == 0 ? spread_cells(w, &of_cells) : -1;
    }
    kc_clustering_free(&of_cells);
    kc_clustering_free(&cells);
    kc_mem_free(core);
    return rc;
}

static int run_hdbscan(const struct kc_ctx *ctx, const struct kc_rows *rows, const void *opts,
                       const struct kc_request *r, struct kc_clustering *out, struct kc_err *e)
{
    const struct kc_hdbscan_opts *o = opts;
    struct dense w = {.ctx = ctx, .rows = rows, .o = o, .r = r, .f = out, .e = e};
    *out = (struct kc_clustering){.n = rows->n, .d = rows->d, .algorithm = &kc_algorithm_hdbscan,
                                  .path = "neighbours", .free_appendix = free_appendix};
    out->appendix = w.own = kc_mem_zalloc(1, sizeof *w.own, e);
    out->labels = kc_mem_alloc(rows->n, sizeof *out->labels, e);
    if (!w.own || !out->labels)
        return -1;
    w.own->select = choose_selection(o, r);
    w.own->recall = 1;
    int rc = rows->n < 2 * get_least_size(o) ? label_few_rows(&w) :
             has_cells(o, rows->n) ? cluster_cells(&w) : cluster_rows(&w);
    if (rc == 0)
        rc = kc_describe(ctx, rows, r, out->k, out, e);
    if (rc == 0) {
        name_tree(&w);
        rc = add_warnings(&w);
    }
    snprintf(out->path_why, sizeof out->path_why, "%s", w.own->recall < 1 ? "by cells" : "exact");
    return rc;
}

int kc_hdbscan_layer(const struct kc_clustering *f, const struct kc_hdbscan_opts *o, size_t layer, uint32_t *labels,
                     uint32_t *k, struct kc_err *e)
{
    const struct kc_hdbscan *own = kc_hdbscan_of(f);
    const uint64_t min_size = own->layers.layer[layer].min_size;
    const struct kc_selection s = make_selection(o, own->select);
    const size_t n = own->cells ? own->cells : f->n;
    struct kc_condensed c;
    int rc = begin_tree(&c, own, n, min_size, e);
    unsigned char *chosen = kc_mem_alloc(c.room, 1, e);
    double *work = kc_mem_alloc(c.room, sizeof *work, e);
    uint32_t *id = kc_mem_alloc(c.room, sizeof *id, e);
    if (!chosen || !work || !id)
        rc = -1;
    if (rc == 0) {
        kc_condense(&c, f->merges, min_size);
        kc_condensed_select(&c, &s, chosen, work);
        uint32_t *of = own->cell ? c.part : labels; /* labels of the cells, in scratch */
        *k = kc_condensed_label(&c, chosen, of, NULL, NULL, id, work);
        for (size_t i = 0; own->cell && i < f->n; i++)
            labels[i] = of[own->cell[i]];
    }
    kc_mem_free(id);
    kc_mem_free(work);
    kc_mem_free(chosen);
    kc_condensed_free(&c);
    return rc;
}

const struct kc_hdbscan *kc_hdbscan_of(const struct kc_clustering *c)
{
    return c->algorithm == &kc_algorithm_hdbscan ? c->appendix : NULL;
}

/* Return the bytes that clustering n rows or cells takes until the labels are there. least: the fewest of a cluster. */
static uint64_t count_tree_bytes(size_t n, size_t d, int in_memory, const struct kc_hdbscan_opts *o,
                                 const struct kc_request *r, uint64_t least, unsigned threads)
{
    const struct kc_neighbours_opts near = choose_neighbours(o, n);
    const int layers = choose_selection(o, r) == KC_SELECT_LAYERS;
    const uint64_t lists = (uint64_t)n * (near.m * 8 + 4), merges = (uint64_t)n * sizeof(struct kc_merge);
    const uint64_t tree = (uint64_t)n * (sizeof(float) + sizeof(struct kc_bridge) + 2 * sizeof(uint32_t));
    const uint64_t search = kc_near_bytes(n, d, in_memory, &near, o->recall, threads) + tree + merges;
    const uint64_t reach = lists + tree + merges + kc_reach_bytes(n, d, threads);
    uint64_t choose = lists + merges + kc_condensed_bytes(n, least) + (uint64_t)n * 2 * sizeof(float) +
                      2 * (n / least + 2) * (sizeof(double) + 2 * sizeof(uint32_t) + 1);
    if (layers)
        choose += (r->graph ? 0 : kc_affinity_bytes(n, d, near.m, threads)) +
                  kc_layers_bytes(n, d, r->original ? r->original->d : d, in_memory, least, threads);
    uint64_t most = search > reach ? search : reach;
    return choose > most ? choose : most;
}

static uint64_t count_bytes(size_t n, size_t d, int in_memory, const void *opts, const struct kc_request *r,
                            unsigned threads)
{
    static const struct kc_request plain = {0};
    const struct kc_hdbscan_opts *o = opts;
    const int staged = has_cells(o, n);
    const size_t points = staged ? (size_t)o->cells : n;
    const uint64_t least = staged ? 1 : get_least_size(o);
    const struct kc_kmeans_opts of_cells = kc_kmeans_cells(o->cells, o->seed);
    const uint64_t cells = staged ? n * sizeof(uint32_t) + points * (d * sizeof(float) + 5 * sizeof(double)) : 0;
    const uint64_t make = staged ? kc_kmeans_bytes(n, d, in_memory, &of_cells, &plain, threads) : 0;
    const uint64_t tree =
        cells + count_tree_bytes(points, d, staged || in_memory, o, staged ? &plain : r, least, threads);
    const uint64_t describe = cells + points * sizeof(struct kc_merge) +
                              (uint64_t)n * (2 * sizeof(float) + sizeof(uint32_t)) +
                              2 * (points / least + 2) * (sizeof(struct kc_dense_cluster) + sizeof(uint32_t)) +
                              kc_describe_bytes(n, d, in_memory, count_most_clusters(o, n), r, threads);
    uint64_t most = make > tree ? make : tree;
    most = describe > most ? describe : most;
    return most + (uint64_t)n * sizeof(uint32_t) + sizeof(struct kc_hdbscan);
}

const struct kc_algorithm kc_algorithm_hdbscan = {
    .name = "hdbscan",
    .title = "HDBSCAN*",
    .heading = "Clustering by density (--algorithm hdbscan):",
    .options = options,
    .opts_size = sizeof(struct kc_hdbscan_opts),
    .defaults = &defaults,
    .noise = 1,
    .merges = 1,
    .graph = 1,
    .space_dims = 10,
    .check = check_options,
    .most_clusters = count_most_clusters,
    .least_rows = count_least_rows,
    .bytes = count_bytes,
    .run = run_hdbscan,
};
