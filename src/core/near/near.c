/* Exact up to some hundred thousand rows; beyond that the square of their number is too much, and a k-means makes cells
 * that narrow the search. */
#include "core/near/near.h"

#include <math.h>
#include "core/kmeans/kmeans.h"

#define CELLS_LEAST 1000 /* rows: with fewer, cells cost more than they spare */
#define CELLS_SAMPLE 64  /* rows for each cell that its centroid is made from, at most */

/* Return the recall that is asked for of n rows; 1: an exact search. */
static double choose_recall(const struct kc_neighbours_opts *o, double recall, size_t n)
{
    if (o->decay > 0 || n < CELLS_LEAST)
        return 1;
    return recall > 0 ? recall : n <= KC_NEIGHBOURS_EXACT ? 1 : KC_NEIGHBOURS_RECALL;
}

/* Return the options of the k-means that makes the cells: as many as each has rows, and quickly. */
static struct kc_kmeans_opts choose_cells(size_t n)
{
    struct kc_kmeans_opts o = KC_KMEANS_OPTS_DEFAULT;
    const uint64_t k = (uint64_t)ceil(sqrt((double)n));
    o.k.min = o.k.max = k;
    o.n_init = 1;
    o.max_iter = 10;
    o.sample = k * CELLS_SAMPLE;
    return o;
}

int kc_near_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours_opts *o,
                  double recall, struct kc_neighbours *g, struct kc_search_report *report, struct kc_err *e)
{
    const struct kc_kmeans_opts of_cells = choose_cells(rows->n);
    const struct kc_request request = {0};
    struct kc_clustering cells = {0};
    *report = (struct kc_search_report){0};
    *g = (struct kc_neighbours){0};
    recall = choose_recall(o, recall, rows->n);
    if (recall >= 1)
        return kc_neighbours_find(ctx, rows, o, g, e);
    int rc = kc_kmeans_run(ctx, rows, &of_cells, &request, &cells, e);
    if (rc == 0) {
        const struct kc_cells_opts c = {cells.centroids, cells.k, recall};
        report->cells = cells.k;
        kc_ctx_log(ctx, KC_LOG_INFO, "cells: %u of a k-means", cells.k);
        rc = kc_cells_find(ctx, rows, o, &c, g, &report->by_cells, e);
    }
    kc_clustering_free(&cells);
    return rc;
}

uint64_t kc_near_bytes(size_t n, size_t d, int in_memory, const struct kc_neighbours_opts *o, double recall,
                             unsigned threads)
{
    if (choose_recall(o, recall, n) >= 1)
        return kc_neighbours_bytes(n, d, o, threads);
    const struct kc_kmeans_opts of_cells = choose_cells(n);
    const struct kc_request request = {0};
    const uint64_t make = kc_kmeans_bytes(n, d, in_memory, &of_cells, &request, threads);
    const uint64_t use = kc_cells_bytes(n, d, o, (uint32_t)of_cells.k.max, threads) + (uint64_t)n * sizeof(uint32_t) +
                         of_cells.k.max * d * sizeof(float);
    return make > use ? make : use;
}
