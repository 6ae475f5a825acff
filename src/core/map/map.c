/* t-SNE (van der Maaten & Hinton 2008) on a list of neighbours, over all rows at once: by definition for few rows, on a
 * grid for more (Linderman and others 2019), and for very many from the map of a part. The start is a walk of the
 * principal components (start.h), so there are no random numbers. Exaggeration of the attraction is the one dial
 * between t-SNE and the tight islands of UMAP (Boehm, Berens & Kobak 2022); it rises with the number of rows, for maps
 * of very many rows show no groups without it. */
#include "core/map/map.h"

#include <math.h>
#include <string.h>
#include "base/clock.h"
#include "base/exp.h"
#include "base/mem.h"
#include "core/map/attract.h"
#include "core/map/descend.h"
#include "core/map/part.h"
#include "core/map/start.h"
#include "core/near/near.h"

#define LEAST 8              /* rows that neighbours tell anything of; fewer are shown by their components */
#define EXACT 3000           /* rows up to which the repulsion is computed by definition, in two dimensions */
#define WHOLE 100000         /* rows up to which all are laid out at once, on the grid */
#define PART ((size_t)20000) /* else so many are laid out first */
#define WHOLE3 10000         /* the same in three dimensions, by definition */
#define PART3 ((size_t)10000)
#define EARLY 250            /* iterations */
#define LATE 500
#define LAST 150             /* of all rows after a part was laid out */

#define ISLANDS 4.0            /* exaggeration of MANY rows and more */
#define FEW 20000.0            /* rows up to which there is none */
#define MANY 500000.0

double kc_map_exaggeration(size_t n)
{
    const double share = n > 0 ? kc_ln((double)n / FEW) / kc_ln(MANY / FEW) : 0;
    return share <= 0 ? 1 : share >= 1 ? ISLANDS : 1 + (ISLANDS - 1) * share;
}

/* Return the rows that are laid out first. */
static size_t choose_part(size_t n, size_t dims)
{
    return n <= (dims == 2 ? WHOLE : WHOLE3) ? n : dims == 2 ? PART : PART3;
}

static double choose_exaggeration(const struct kc_map_opts *o, size_t n)
{
    return o->exaggeration > 0 ? o->exaggeration : kc_map_exaggeration(n);
}

/* Return the perplexity for n rows: with one that is near their number all rows would be neighbours. */
static double choose_perplexity(const struct kc_map_opts *o, size_t n)
{
    const double want = o->perplexity > 0 ? o->perplexity : KC_MAP_PERPLEXITY, most = ((double)n - 1) / 3;
    return want < most ? want : most > 1 ? most : 1;
}

/* Return the options of the neighbours of n rows. */
static struct kc_neighbours_opts choose_neighbours(size_t n)
{
    struct kc_neighbours_opts o = KC_NEIGHBOURS_OPTS_DEFAULT;
    o.m = n <= KC_MAP_NEIGHBOURS ? (uint32_t)(n > 1 ? n - 1 : 1) : KC_MAP_NEIGHBOURS;
    return o;
}

/* Return the options of the descent of n rows that start from nowhere. */
static struct kc_descent_opts choose_descent(const struct kc_map_opts *o, size_t n, double exaggeration)
{
    return (struct kc_descent_opts){.dims = o->dims, .early = EARLY, .late = LATE, .exaggeration = exaggeration,
                                    .grid = o->dims == 2 && n > EXACT, .total = EARLY + LATE};
}

/* Lay out all rows of a graph. */
static int lay_out(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a,
                   const struct kc_descent_opts *o, float *y, struct kc_err *e)
{
    return kc_start_walk(ctx, rows, a, o->dims, y, e) != 0 ? -1 : kc_descend(ctx, a, o, y, e);
}

/* Lay out the rows row (m) by themselves: place (m, dims). */
static int lay_out_part(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_map_opts *o,
                        const struct kc_descent_opts *descent, const uint32_t *row, size_t m, float *place,
                        struct kc_err *e)
{
    const struct kc_neighbours_opts near = choose_neighbours(m);
    uint32_t *number = kc_mem_alloc(m, sizeof *number, e);
    struct kc_neighbours g = {.n = 0};
    struct kc_search_report report;
    struct kc_affinity a = {.n = 0};
    int rc = -1;
    if (number) {
        const struct kc_rows part = kc_rows_pick_from(rows, row, m, number);
        rc = kc_near_find(ctx, &part, &near, 1, &g, &report, e) != 0 ||
             kc_attract_make(ctx, &g, near.m, choose_perplexity(o, m), &a, e) != 0 ? -1 : 0;
        kc_neighbours_free(&g);
        rc = rc == 0 ? lay_out(ctx, &part, &a, descent, place, e) : -1;
    }
    kc_affinity_free(&a);
    kc_mem_free(number);
    return rc;
}

/* Lay out a part of the rows, put the others beside it, and move all of them. */
static int lay_out_many(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a,
                        const struct kc_map_opts *o, const struct kc_descent_opts *all, size_t m, float *y,
                        struct kc_err *e)
{
    uint32_t *row = kc_mem_alloc(m, sizeof *row, e);
    float *place = kc_mem_alloc(kc_mem_mul(m, o->dims), sizeof *place, e);
    struct kc_descent_opts first = choose_descent(o, m, all->exaggeration), last = *all;
    int rc = -1;
    if (row && place) {
        last.early = 0;
        last.late = LAST;
        last.done = all->total;
        first.total = last.total = all->total + LAST;
        kc_part_draw(rows->n, m, row);
        if (o->dims > 2) {
            last.source = row;
            last.sources = m;
        }
        rc = lay_out_part(ctx, rows, o, &first, row, m, place, e) != 0 ||
             kc_part_place(ctx, rows, a, row, place, m, o->dims, y, e) != 0 || kc_descend(ctx, a, &last, y, e) != 0 ?
             -1 : 0;
    }
    kc_mem_free(place);
    kc_mem_free(row);
    return rc;
}

/* Turn each axis such that its coordinate of the largest size, the first of equal ones, is positive. */
static void fix_signs(float *y, size_t n, size_t dims)
{
    for (size_t t = 0; t < dims; t++) {
        float most = 0;
        for (size_t i = 0; i < n; i++)
            most = fabsf(y[i * dims + t]) > fabsf(most) ? y[i * dims + t] : most;
        for (size_t i = 0; i < n; i++)
            y[i * dims + t] = most < 0 ? 0 - y[i * dims + t] : y[i * dims + t] + 0;
    }
}

/* Compute a map from the graph of attraction, without its signs. */
static int map_graph(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a,
                     const struct kc_map_opts *o, float *xy, struct kc_map_report *report, struct kc_err *e)
{
    const size_t n = rows->n;
    report->exaggeration = choose_exaggeration(o, n);
    report->perplexity = choose_perplexity(o, n);
    report->laid = choose_part(n, o->dims);
    const struct kc_descent_opts d = choose_descent(o, n, report->exaggeration);
    report->grid = d.grid;
    report->iterations = report->laid < n ? LAST : d.early + d.late;
    kc_ctx_stage(ctx, KC_PHASE_MAP);
    return report->laid < n ? lay_out_many(ctx, rows, a, o, &d, report->laid, xy, e) : lay_out(ctx, rows, a, &d, xy, e);
}

int kc_map_of(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g,
              const struct kc_map_opts *o, float *xy, struct kc_map_report *report, struct kc_err *e)
{
    const double begun = kc_clock_now();
    struct kc_affinity a = {.n = 0};
    int rc;
    *report = (struct kc_map_report){.recall = NAN, .laid = rows->n};
    if (o->method == KC_MAP_PCA || rows->n < LEAST) {
        kc_ctx_stage(ctx, KC_PHASE_MAP);
        rc = kc_start_components(ctx, rows, o->dims, xy, e);
        if (rc == 0)
            kc_descend_centre(xy, rows->n, o->dims);
    } else {
        const uint32_t most = g->m < KC_MAP_NEIGHBOURS ? g->m : KC_MAP_NEIGHBOURS;
        rc = kc_attract_make(ctx, g, most, choose_perplexity(o, rows->n), &a, e) != 0 ||
             map_graph(ctx, rows, &a, o, xy, report, e) != 0 ? -1 : 0;
        kc_affinity_free(&a);
    }
    if (rc == 0)
        fix_signs(xy, rows->n, o->dims);
    report->seconds = kc_clock_now() - begun;
    return rc;
}

int kc_map_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_map_opts *o, float *xy,
               struct kc_map_report *report, struct kc_err *e)
{
    const double begun = kc_clock_now();
    const struct kc_neighbours_opts near = choose_neighbours(rows->n);
    struct kc_neighbours g = {.n = 0};
    struct kc_search_report search = {.cells = 0};
    if (o->method == KC_MAP_PCA || rows->n < LEAST)
        return kc_map_of(ctx, rows, NULL, o, xy, report, e);
    kc_ctx_stage(ctx, KC_PHASE_NEIGHBOURS);
    int rc = kc_near_find(ctx, rows, &near, o->recall, &g, &search, e);
    const double found = kc_clock_now();
    if (rc == 0)
        rc = kc_map_of(ctx, rows, &g, o, xy, report, e);
    report->recall = search.cells ? search.by_cells.recall : 1;
    report->seconds_neighbours = found - begun;
    report->seconds = kc_clock_now() - begun;
    kc_neighbours_free(&g);
    return rc;
}

/* Return the peak of laying out n rows that are all laid out at once, beside their graph. */
static uint64_t lay_out_bytes(size_t n, size_t d, int in_memory, const struct kc_map_opts *o, unsigned threads)
{
    const struct kc_descent_opts descent = choose_descent(o, n, 1);
    const uint64_t start = kc_start_bytes(n, d, in_memory, o->dims, threads);
    const uint64_t work = kc_descend_bytes(n, &descent, threads);
    return start > work ? start : work;
}

uint64_t kc_map_bytes(size_t n, size_t d, int in_memory, const struct kc_map_opts *o, unsigned threads)
{
    const struct kc_neighbours_opts near = choose_neighbours(n);
    const size_t m = choose_part(n, o->dims);
    if (o->method == KC_MAP_PCA)
        return kc_start_bytes(n, d, in_memory, o->dims, threads);
    const uint64_t lists = (uint64_t)n * (near.m * (sizeof(uint32_t) + sizeof(float)) + sizeof(uint32_t));
    const uint64_t graph = kc_attract_bytes(n, near.m);
    const uint64_t search = kc_near_bytes(n, d, in_memory, &near, o->recall, threads);
    uint64_t work = lay_out_bytes(m, d, in_memory, o, threads);
    if (m < n) {
        const struct kc_neighbours_opts of_part = choose_neighbours(m);
        const uint64_t part =
            kc_near_bytes(m, d, in_memory, &of_part, 1, threads) + kc_attract_bytes(m, of_part.m) + work;
        const uint64_t place = kc_part_bytes(n, d, m, o->dims, threads);
        struct kc_descent_opts descent = choose_descent(o, n, 1);
        descent.sources = descent.grid ? 0 : m;
        const uint64_t last = kc_descend_bytes(n, &descent, threads);
        work = part > place ? part : place;
        work = work > last ? work : last;
        work += m * (sizeof(uint32_t) + o->dims * sizeof(float));
    }
    const uint64_t map = lists + graph + work;
    return search > map ? search : map;
}
