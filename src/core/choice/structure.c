/* The rows are clustered for some k, and so are references: Gaussian rows with the same mean and covariance, scaled to
 * length 1. Structure is found if the modularity or the silhouette of the rows is more than Z standard deviations above
 * the references' mean: clusters that a Gaussian's shape does not explain. The best modularity sees few and close
 * clusters, the mean over all k sees weak ones, and the silhouette those that are tight.
 *
 * Six references give a rough standard deviation: by Student's t with five degrees of freedom a figure passes Z = 3.5
 * once in 90 by chance. Of 170 noise sets of a Gaussian or flat shape the largest has 3.3; the least of 30 labelled
 * sets have 5.0 to 5.7, most 15 to 60 (tests/bench/README.md). A standard deviation below a 100th of the mean is taken
 * to be that.
 *
 * Three references are enough where a figure lies 15 of their standard deviations off. Rows and references are
 * clustered in the same cheap way, with two starts and few iterations, and in at most 128 dimensions: it is the
 * difference that counts. */
#include "core/choice/structure.h"

#include <math.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/choice/radii.h"
#include "core/choice/references.h"
#include "core/choice/sample.h"
#include "core/choice/tiles.h"
#include "core/graph/neighbours.h"
#include "core/judge/index.h"
#include "core/kmeans/seed.h"
#include "core/kmeans/sweep.h"
#include "la/matrix.h"

#define Z 3.5
#define FIRST 3u       /* references that are enough */
#define NO_DOUBT 15.0  /* where the deviations from them are above this */
#define LEAST_SPREAD 0.01 /* of the mean: the least standard deviation */
#define EACH 8            /* rows for each cluster, at least */
#define STARTS 2
#define ITERATIONS 15
#define TOL 1e-4
#define DIMS ((size_t)128) /* rows of more are projected */
#define MOST 40 /* clusters */

static const uint32_t tried[] = {2, 3, 4, 6, 9, 13, 20, 30, MOST};
#define TRIED (sizeof tried / sizeof *tried)

/* The figures of one set of rows: the best over the k, and the mean of the modularities. */
struct best {
    double modularity, mean, silhouette;
};

/* Return the modularity of labels (n) below k on the graph in which each row has an edge to each of its neighbours.
 * work (2 k): scratch. */
static double count_modularity(const struct kc_neighbours *g, const uint32_t *labels, uint32_t k, double *work)
{
    double *inside = work, *ends = work + k, edges = 0, sum = 0;
    for (uint32_t c = 0; c < k; c++)
        inside[c] = ends[c] = 0;
    for (size_t i = 0; i < g->n; i++)
        for (uint32_t j = 0; j < g->count[i]; j++) {
            const uint32_t other = labels[g->id[i * g->m + j]];
            ends[labels[i]]++;
            ends[other]++;
            inside[other] += other == labels[i];
            edges++;
        }
    for (uint32_t c = 0; c < k; c++)
        sum += inside[c] / edges - ends[c] / edges * ends[c] / edges / 4;
    return sum;
}

/* Cluster rows x (n, d) for each k that is tried, and find the best figures. */
static int judge_rows(const struct kc_ctx *ctx, const float *x, size_t n, size_t d, uint64_t seed, struct best *out,
                      struct kc_err *e)
{
    struct kc_space s = {.ctx = ctx, .rows = kc_rows_memory(x, n, d), .n = n, .d = d};
    const struct kc_run_opts how = {.max_iter = ITERATIONS, .tol = TOL};
    struct kc_run run[STARTS * TRIED];
    struct kc_best *best = NULL;
    struct kc_neighbours_opts near = KC_NEIGHBOURS_OPTS_DEFAULT;
    struct kc_neighbours graph = {0};
    struct kc_k_entry entry[TRIED];
    uint32_t seeds[STARTS * MOST];
    double work[2 * MOST];
    uint64_t distinct;
    size_t nk = 0;
    *out = (struct best){0, 0, 0};
    if (kc_choose_distinct(&s.rows, tried[TRIED - 1], &distinct, e) != 0)
        return -1;
    while (nk < TRIED && tried[nk] <= distinct && (uint64_t)tried[nk] * EACH <= n)
        nk++;
    if (nk == 0)
        return 0;
    for (size_t i = 0; i < STARTS * nk; i++)
        run[i] = (struct kc_run){.k = tried[i % nk], .tag = i / nk, .seeds = seeds + i / nk * tried[nk - 1]};
    best = kc_best_new(n, tried, nk, e);
    int rc = best && kc_seed_all(&s, seed, STARTS, tried[nk - 1], seeds, e) == 0 &&
             kc_stack_run(&s, run, STARTS * nk, &how, best, nk, e) == 0 &&
             kc_sweep_judge(&s, best, nk, entry, e) == 0 &&
             kc_neighbours_find(ctx, &s.rows, &near, &graph, e) == 0 ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < nk; i++) {
        const double modularity = count_modularity(&graph, best[i].labels, tried[i], work);
        out->modularity = modularity > out->modularity ? modularity : out->modularity;
        out->mean += modularity / (double)nk;
        out->silhouette = entry[i].silhouette > out->silhouette ? entry[i].silhouette : out->silhouette;
    }
    kc_neighbours_free(&graph);
    kc_best_free(best, nk);
    return rc;
}

#define STEP (sizeof(struct best) / sizeof(double))

/* Return how many standard deviations x lies above the mean of n figures, which lie STEP apart from v on. */
static double compare_figure(double x, const double *v, unsigned n, double *mean)
{
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < n; i++)
        sum += v[STEP * i] / n;
    for (unsigned i = 0; i < n; i++)
        squares += (v[STEP * i] - sum) * (v[STEP * i] - sum) / (n - 1);
    const double spread = sqrt(squares), least = LEAST_SPREAD * fabs(sum) + 1e-9;
    *mean = sum;
    return (x - sum) / (spread > least ? spread : least);
}

/* Return the number of dimensions that n rows of d are tested in. */
static size_t count_dims(size_t n, size_t d)
{
    const size_t most = n / 2 < DIMS ? n / 2 : DIMS;
    return d > most ? most : d;
}

/* A tile of rows on its way to fewer dimensions. */
struct projecting {
    const struct kc_drawn *from;
    size_t d;
    size_t dims;
    const float *direction; /* (dims, d) */
    float *x;               /* (n, dims) */
};

/* Project a tile of rows. own: (dims, KC_LA_TILE) products. */
static void project_tile(void *arg, size_t first, size_t rows, void *own, void *scratch)
{
    const struct projecting *w = arg;
    const size_t dims = w->dims;
    const float *out = own, *row[KC_LA_TILE] = {NULL};
    for (size_t i = 0; i < rows; i++)
        row[i] = w->from->x + (first + i) * w->d;
    kc_la_product(row, rows, w->d, w->direction, dims, own, KC_LA_TILE, scratch);
    for (size_t i = 0; i < rows; i++) {
        float *x = w->x + (first + i) * dims;
        for (size_t t = 0; t < dims; t++)
            x[t] = out[t * KC_LA_TILE + i];
        if (kc_la_unit(x, dims, x, NULL) != KC_ROW_OK)
            x[0] = 1;
    }
}

/* Return the bytes of the room of a thread. */
static size_t count_room(size_t dims)
{
    return kc_mem_mul(KC_LA_TILE * sizeof(float), dims);
}

/* Replace rows of more dimensions by their products with few random rows of ones and minus ones, scaled to length 1
 * (Achlioptas 2003). */
static int project_rows(const struct kc_ctx *ctx, struct kc_drawn *drawn, size_t d, uint64_t seed, struct kc_err *e)
{
    struct kc_rng r = kc_rng_stream(seed, KC_RNG_REFERENCES, UINT64_MAX, d);
    const size_t dims = count_dims(drawn->n, d);
    uint64_t bits = 0;
    if (dims == d)
        return 0;
    float *direction = kc_mem_aligned(kc_mem_mul(dims, d), sizeof *direction, e);
    struct projecting w = {drawn, d, dims, direction, kc_mem_aligned(kc_mem_mul(drawn->n, dims), sizeof *w.x, e)};
    int rc = direction && w.x ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < dims * d; i++, bits >>= 1) {
        bits = i % 64 == 0 ? kc_rng_u64(&r) : bits;
        direction[i] = bits & 1 ? 1 : -1;
    }
    if (rc == 0)
        rc = kc_tiles_run(ctx, drawn->n, count_room(dims), project_tile, &w, e);
    if (rc == 0) {
        kc_mem_free(drawn->x);
        drawn->x = w.x;
        w.x = NULL;
    }
    kc_mem_free(w.x);
    kc_mem_free(direction);
    return rc;
}

/* Compare the rows with the first n references. Returns the largest of the deviations, and of both together. */
static double compare_rows(const struct best *own, const struct best *best, unsigned n, struct kc_structure *out)
{
    double mean;
    out->references = n;
    out->modularity_z = compare_figure(own->modularity, &best[0].modularity, n, &out->reference_modularity);
    const double of_mean = compare_figure(own->mean, &best[0].mean, n, &mean);
    out->modularity_z = of_mean > out->modularity_z ? of_mean : out->modularity_z;
    out->silhouette_z = compare_figure(own->silhouette, &best[0].silhouette, n, &out->reference_silhouette);
    const double both = (out->modularity_z + out->silhouette_z) / sqrt(2);
    const double one = out->modularity_z > out->silhouette_z ? out->modularity_z : out->silhouette_z;
    return one > both ? one : both;
}

int kc_structure_test(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_structure_opts *o,
                      struct kc_structure *out, struct kc_err *e)
{
    const size_t d = count_dims(rows->n < o->most ? rows->n : o->most, rows->d);
    struct kc_drawn drawn = {0};
    struct kc_references r = {0};
    struct best own, *best = kc_mem_alloc(o->references, sizeof *best, e);
    float *x = NULL;
    int rc = -1;
    *out = (struct kc_structure){.found = 1};
    if (rows->n < KC_STRUCTURE_FEWEST) {
        rc = best ? 0 : -1;
        goto out;
    }
    if (!best || kc_drawn_make(rows, o->seed, o->most, &drawn, e) != 0 ||
        project_rows(ctx, &drawn, rows->d, o->seed, e) != 0)
        goto out;
    const struct kc_rows some = kc_rows_memory(drawn.x, drawn.n, d);
    x = kc_mem_aligned(kc_mem_mul(drawn.n, d), sizeof *x, e);
    if (!x || judge_rows(ctx, drawn.x, drawn.n, d, o->seed, &own, e) != 0 ||
        kc_radii_scale(ctx, drawn.x, drawn.n, d, e) != 0 || kc_references_make(&some, o->seed, &r, e) != 0)
        goto out;
    out->rows = drawn.n;
    out->modularity = own.modularity;
    out->silhouette = own.silhouette;
    for (unsigned i = 0; i < o->references; i++) {
        if (kc_references_draw(ctx, &r, i, x, e) != 0 || judge_rows(ctx, x, drawn.n, d, o->seed, &best[i], e) != 0)
            goto out;
        if (i + 1 == FIRST && i + 1 < o->references && compare_rows(&own, best, FIRST, out) > NO_DOUBT)
            break; /* out->found is 1 */
        if (i + 1 == o->references)
            out->found = compare_rows(&own, best, o->references, out) > Z;
    }
    rc = 0;
out:
    kc_references_free(&r);
    kc_drawn_free(&drawn);
    kc_mem_free(x);
    kc_mem_free(best);
    return rc;
}

uint64_t kc_structure_bytes(size_t n, size_t d, const struct kc_structure_opts *o, unsigned threads)
{
    const struct kc_neighbours_opts near = KC_NEIGHBOURS_OPTS_DEFAULT;
    const size_t m = n < o->most ? n : o->most;
    if (n < KC_STRUCTURE_FEWEST)
        return 0;
    const uint64_t project =
        count_dims(m, d) < d ? (uint64_t)DIMS * d * sizeof(float) + kc_tiles_bytes(count_room(DIMS), threads) : 0;
    const uint64_t all = kc_drawn_bytes(n, d, o->most) + project;
    d = count_dims(m, d);
    const uint64_t draw = kc_references_bytes(m, d, threads), graph = kc_neighbours_bytes(m, d, &near, threads);
    const uint64_t runs = kc_stack_bytes(m, d, 1, 0, MOST, STARTS * TRIED, threads) +
                          kc_seeder_bytes(m, d, 1, STARTS, kc_seed_width(MOST), threads);
    const uint64_t judge = kc_index_bytes(m, d, 1, TRIED, MOST, threads), work = runs > judge ? runs : judge;
    return all + 2 * (uint64_t)m * d * sizeof(float) + draw + kc_best_bytes(m, TRIED) +
           kc_radii_bytes(m, d, threads) + (work > graph ? work : graph);
}
