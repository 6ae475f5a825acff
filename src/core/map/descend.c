/* Gradient descent with momentum and gains (van der Maaten & Hinton 2008, after Jacobs 1988), over all rows at once.
 * The learning rates are those of Belkina and others (2019): the rows' number over the exaggeration. Written for
 * weights n p_ij, so that the number of rows is in no factor.
 *
 * A row's attraction is added up in the order of its edges, and means over blocks of rows; so the bytes depend on
 * nothing but the start and the graph.
 *
 * Floor: for each edge 8 flops, a division and a random access to 8 bytes, which caches hold up to a million rows. */
#include "core/map/descend.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "base/plan.h"
#include "core/map/blocks.h"
#include "core/map/map.h"
#include "core/map/repel.h"

#define EARLY 12.0    /* exaggeration of the early iterations */
#define LONGEST 5.0f  /* step of a row */
#define LEAST 0.01f   /* gain */

/* The descent under way. */
struct descent {
    const struct kc_affinity *a;
    size_t n, dims, block, blocks;
    float *y;
    float *force, *speed, *gain; /* (n, dims) */
    double (*sum)[KC_MAP_DIMS];  /* (blocks) of the places */
    float mean[KC_MAP_DIMS];
    float exaggeration, rate, momentum, push; /* push: 1 / z, for weights n p_ij */
};

/* Add up the attraction of a row's neighbours. dims is a constant wherever this is called. */
static inline __attribute__((always_inline)) void pull_row(const struct descent *s, size_t i, size_t dims, float *pull)
{
    const struct kc_affinity *a = s->a;
    const float *self = s->y + i * dims;
    float sum[KC_MAP_DIMS] = {0};
    for (size_t e = a->first[i]; e < a->first[i + 1]; e++) {
        const float *other = s->y + (size_t)a->id[e] * dims;
        float delta[KC_MAP_DIMS], length = 1;
        for (size_t t = 0; t < dims; t++) {
            delta[t] = self[t] - other[t];
            length += delta[t] * delta[t];
        }
        const float weight = a->weight[e] / length;
        for (size_t t = 0; t < dims; t++)
            sum[t] += weight * delta[t];
    }
    for (size_t t = 0; t < dims; t++)
        pull[t] = sum[t];
}

/* Turn the force on some rows into the step that they take. */
static void find_steps(void *arg, size_t at, unsigned worker)
{
    struct descent *s = arg;
    const size_t dims = s->dims == 2 ? 2 : KC_MAP_DIMS, end = kc_map_end(s->n, s->block, at);
    (void)worker;
    for (size_t i = at * s->block; i < end; i++) {
        float pull[KC_MAP_DIMS], length = 0;
        if (dims == 2)
            pull_row(s, i, 2, pull);
        else
            pull_row(s, i, 3, pull);
        for (size_t t = 0; t < dims; t++) {
            const size_t c = i * dims + t;
            const float slope = s->exaggeration * pull[t] - s->push * s->force[c];
            const float gain = (slope > 0) != (s->speed[c] > 0) ? s->gain[c] + 0.2f : s->gain[c] * 0.8f;
            s->gain[c] = gain < LEAST ? LEAST : gain;
            s->speed[c] = s->momentum * s->speed[c] - s->rate * s->gain[c] * slope;
            length += s->speed[c] * s->speed[c];
        }
        for (size_t t = 0; length > LONGEST * LONGEST && t < dims; t++)
            s->speed[i * dims + t] *= LONGEST / sqrtf(length);
    }
}

/* Take the steps of some rows. */
static void take_steps(void *arg, size_t at, unsigned worker)
{
    struct descent *s = arg;
    const size_t dims = s->dims, end = kc_map_end(s->n, s->block, at);
    (void)worker;
    for (size_t t = 0; t < dims; t++)
        s->sum[at][t] = 0;
    for (size_t i = at * s->block; i < end; i++)
        for (size_t t = 0; t < dims; t++) {
            s->y[i * dims + t] += s->speed[i * dims + t] - s->mean[t];
            s->sum[at][t] += (double)s->y[i * dims + t];
        }
}

void kc_descend_centre(float *y, size_t n, size_t dims)
{
    for (size_t t = 0; t < dims; t++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)y[i * dims + t];
        for (size_t i = 0; i < n; i++)
            y[i * dims + t] = (float)((double)y[i * dims + t] - sum / (double)n);
    }
}

/* Compute force and z in one of the ways. */
static int repel(const struct kc_ctx *ctx, const struct descent *s, struct kc_grid *grid, struct kc_exact *exact,
                 double *z, struct kc_err *e)
{
    if (grid)
        return kc_grid_repel(ctx, grid, s->y, s->force, z, e);
    *z = kc_exact_repel(ctx, exact, s->y, s->force);
    return 0;
}

/* Do all iterations. */
static int iterate(const struct kc_ctx *ctx, struct descent *s, const struct kc_descent_opts *o, struct kc_grid *grid,
                   struct kc_exact *exact, struct kc_err *e)
{
    struct kc_progress p = {.phase = KC_PHASE_MAP, .total = o->total};
    for (uint32_t step = 0; step < o->early + o->late; step++) {
        const int early = step < o->early;
        const double exaggeration = early ? EARLY : o->exaggeration;
        double z;
        if (repel(ctx, s, grid, exact, &z, e) != 0)
            return -1;
        s->exaggeration = (float)exaggeration;
        s->rate = (float)(1 / exaggeration);
        s->momentum = early ? 0.5f : 0.8f;
        s->push = z > 0 ? (float)((double)s->n / z) : 0;
        kc_pool_for(ctx->pool, s->blocks, find_steps, s);
        kc_pool_for(ctx->pool, s->blocks, take_steps, s);
        for (size_t t = 0; t < s->dims; t++) {
            double sum = 0;
            for (size_t b = 0; b < s->blocks; b++)
                sum += s->sum[b][t];
            s->mean[t] = (float)(sum / (double)s->n);
        }
        p.done = o->done + step + 1;
        if (ctx->progress)
            ctx->progress(ctx->arg, &p);
    }
    return 0;
}

static void plan_descent(struct kc_plan *p, struct descent *s, size_t n, size_t dims)
{
    s->n = n;
    s->dims = dims;
    s->block = kc_map_block(n);
    s->blocks = kc_map_blocks(n);
    KC_PLAN(p, s->force, kc_mem_mul(n, dims), KC_PLAN_ALIGNED);
    KC_PLAN(p, s->speed, kc_mem_mul(n, dims), KC_PLAN_ZEROED);
    KC_PLAN(p, s->gain, kc_mem_mul(n, dims), KC_PLAN_ALIGNED);
    KC_PLAN(p, s->sum, s->blocks, KC_PLAN_PLAIN);
}

int kc_descend(const struct kc_ctx *ctx, const struct kc_affinity *a, const struct kc_descent_opts *o, float *y,
               struct kc_err *e)
{
    struct descent s = {.a = a, .y = y};
    struct kc_plan p = {.n = 0};
    struct kc_exact exact = {.n = 0};
    struct kc_grid *grid = NULL;
    int rc = -1;
    plan_descent(&p, &s, a->n, o->dims);
    if (kc_plan_alloc(&p, e) != 0)
        return -1;
    for (size_t i = 0; i < s.n * s.dims; i++)
        s.gain[i] = 1;
    if (o->grid ? !!(grid = kc_grid_new(s.n, e)) :
        kc_exact_new(&exact, s.n, s.dims, o->source, o->sources ? o->sources : s.n, e) == 0)
        rc = iterate(ctx, &s, o, grid, &exact, e);
    kc_grid_free(grid);
    kc_exact_free(&exact);
    kc_plan_free(&p);
    kc_descend_centre(y, a->n, o->dims);
    return rc;
}

uint64_t kc_descend_bytes(size_t n, const struct kc_descent_opts *o, unsigned threads)
{
    struct descent s = {.n = 0};
    struct kc_plan p = {.n = 0};
    plan_descent(&p, &s, n, o->dims);
    return kc_plan_bytes(&p) + (o->grid ? kc_grid_bytes(n, threads) :
                                          kc_exact_bytes(n, o->dims, o->sources ? o->sources : n));
}
