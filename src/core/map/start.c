/* The start of t-SNE decides how groups lie to each other (Kobak & Linderman 2021). Principal components know the large
 * directions but mix groups; the leading eigenvectors of the random walk (diffusion coordinates) know the groups, but
 * say nothing of parts of the graph that no edge connects: there all of a part would be one point. So the components
 * are walked: each step sets a row to the mean of itself and its neighbours', and makes the coordinates orthogonal.
 * That is the power iteration for those eigenvectors, stopped when the groups have come out; parts without edges
 * between them stay where their components have them. */
#include "core/map/start.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "core/map/blocks.h"
#include "core/graph/project.h"
#include "core/map/map.h"

#define WALK 50      /* steps */
#define NOTHING 1e-6f /* of a coordinate of unit rows */
#define SIZE 1e-4    /* of the start: the deviation of the first coordinate */

/* A walk under way. */
struct walk {
    const struct kc_affinity *a;
    size_t dims, block, blocks;
    const float *from;
    float *to;
};

/* Set an axis to 0 if there is nothing on it but the rounding of the rows, which are floats. */
static void clean_axis(float *y, size_t n, size_t dims)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabsf(y[i * dims]) > most ? fabsf(y[i * dims]) : most;
    for (size_t i = 0; most < NOTHING && i < n; i++)
        y[i * dims] = 0;
}

int kc_start_components(const struct kc_ctx *ctx, const struct kc_rows *rows, size_t dims, float *y, struct kc_err *e)
{
    const size_t n = rows->n, have = rows->d < dims ? rows->d : dims;
    const struct kc_project_opts o = {.dims = (uint32_t)have, .centre = 1, .plain = 1};
    struct kc_project_report report;
    if (kc_project_run(ctx, rows, &o, y, &report, e) != 0)
        return -1;
    for (size_t i = n; have < dims && i-- > 0;)
        for (size_t t = dims; t-- > 0;)
            y[i * dims + t] = t < have ? y[i * have + t] : 0;
    for (size_t t = 0; t < dims; t++)
        clean_axis(y + t, n, dims);
    return 0;
}

/* Bend a map whose axis t is empty along its first axis: what starts on a line would stay on it. */
static void bend_axis(float *y, size_t n, size_t dims, size_t t)
{
    for (size_t i = 0; i < n; i++)
        if (fabsf(y[i * dims + t]) > 0)
            return;
    for (size_t i = 0; i < n; i++) {
        float power = y[i * dims];
        for (size_t s = 0; s < t; s++)
            power *= y[i * dims];
        y[i * dims + t] = power;
    }
}

/* Set some rows to the mean of themselves and the mean of their neighbours. */
static void walk_rows(void *arg, size_t at, unsigned worker)
{
    const struct walk *w = arg;
    const struct kc_affinity *a = w->a;
    const size_t dims = w->dims, end = kc_map_end(a->n, w->block, at);
    (void)worker;
    for (size_t i = at * w->block; i < end; i++) {
        double sum[KC_MAP_DIMS] = {0};
        for (size_t e = a->first[i]; e < a->first[i + 1]; e++)
            for (size_t t = 0; t < dims; t++)
                sum[t] += (double)a->weight[e] * (double)w->from[(size_t)a->id[e] * dims + t];
        for (size_t t = 0; t < dims; t++) {
            const double self = (double)w->from[i * dims + t];
            w->to[i * dims + t] = (float)(a->degree[i] > 0 ? (self + sum[t] / a->degree[i]) / 2 : self);
        }
    }
}

/* Add up v and, if u is given, v u over rows, each by its weight; all of stride dims. */
static double add_rows(const struct kc_affinity *a, const float *v, const float *u, size_t dims)
{
    double sum = 0;
    for (size_t i = 0; i < a->n; i++)
        sum += a->degree[i] * (double)v[i * dims] * (u ? (double)u[i * dims] : 1);
    return sum;
}

/* Make the coordinates orthogonal to the constant and to each other, in the metric of the walk, and scale each to the
 * deviation `size` of a row. */
static void make_orthogonal(const struct kc_affinity *a, float *y, size_t dims, double size)
{
    double all = 0;
    for (size_t i = 0; i < a->n; i++)
        all += a->degree[i];
    for (size_t t = 0; t < dims && all > 0; t++) {
        const double mean = add_rows(a, y + t, NULL, dims) / all;
        for (size_t i = 0; i < a->n; i++)
            y[i * dims + t] = (float)((double)y[i * dims + t] - mean);
        for (size_t s = 0; s < t; s++) {
            const double square = add_rows(a, y + s, y + s, dims);
            const double part = square > 0 ? add_rows(a, y + t, y + s, dims) / square : 0;
            for (size_t i = 0; i < a->n; i++)
                y[i * dims + t] = (float)((double)y[i * dims + t] - part * (double)y[i * dims + s]);
        }
        const double deviation = sqrt(add_rows(a, y + t, y + t, dims) / all);
        for (size_t i = 0; i < a->n; i++)
            y[i * dims + t] = deviation > 0 ? (float)((double)y[i * dims + t] / deviation * size) : 0;
    }
}

int kc_start_walk(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a, size_t dims,
                  float *y, struct kc_err *e)
{
    const size_t n = rows->n;
    if (kc_start_components(ctx, rows, dims, y, e) != 0)
        return -1;
    float *other = kc_mem_alloc(kc_mem_mul(n, dims), sizeof *other, e);
    if (!other)
        return -1;
    for (size_t t = 1; t < dims; t++)
        bend_axis(y, n, dims, t);
    struct walk w = {a, dims, kc_map_block(n), kc_map_blocks(n), y, other};
    make_orthogonal(a, y, dims, 1);
    for (int step = 0; step < WALK; step++) {
        kc_pool_for(ctx->pool, w.blocks, walk_rows, &w);
        memcpy(y, other, n * dims * sizeof *y);
        make_orthogonal(a, y, dims, 1);
    }
    make_orthogonal(a, y, dims, SIZE);
    kc_mem_free(other);
    return 0;
}

uint64_t kc_start_bytes(size_t n, size_t d, int in_memory, size_t dims, unsigned threads)
{
    const struct kc_project_opts o = {.dims = (uint32_t)(d < dims ? d : dims), .centre = 1, .plain = 1};
    const uint64_t components = kc_project_bytes(d, in_memory, &o, threads), walk = (uint64_t)n * dims * sizeof(float);
    return components > walk ? components : walk;
}
