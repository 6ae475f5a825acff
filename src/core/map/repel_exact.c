/* The repulsion by definition. All ordered pairs are computed: half of them would spare half of the divisions, but
 * scatter sums over threads.
 *
 * Floor: 12 operations and a division for each pair in two dimensions, 8 at once; a division of 8 floats takes 5 cycles
 * or more on the CPUs of today, so 1.5 to 2.5 pairs a cycle. */
#include "core/map/repel.h"

#include <string.h>
#include "base/mem.h"
#include "core/map/blocks.h"
#include "core/map/lanes.h"
#include "core/map/map.h"

int kc_exact_new(struct kc_exact *x, size_t n, size_t dims, const uint32_t *row, size_t m, struct kc_err *e)
{
    *x = (struct kc_exact){.n = n, .m = m, .dims = dims, .row = row, .ld = m, .mass = (double)n / (double)m};
    x->lanes = kc_map_lanes_get();
    x->source = kc_mem_aligned(kc_mem_mul(dims, m), sizeof *x->source, e);
    x->z = kc_mem_alloc(kc_map_blocks(n), sizeof *x->z, e);
    return x->source && x->z ? 0 : -1;
}

void kc_exact_free(struct kc_exact *x)
{
    kc_mem_free(x->source);
    kc_mem_free(x->z);
    memset(x, 0, sizeof *x);
}

/* Compute the force on some rows, at most KC_MAP_TARGETS, and return their part of z with the sources themselves. */
static double push_rows(const struct kc_exact *x, size_t from, size_t rows)
{
    const size_t dims = x->dims;
    float target[KC_MAP_DIMS * KC_MAP_TARGETS];
    double force[KC_MAP_DIMS * KC_MAP_TARGETS], z[KC_MAP_TARGETS], sum = 0;
    for (size_t i = 0; i < KC_MAP_TARGETS; i++)
        for (size_t t = 0; t < dims; t++)
            target[t * KC_MAP_TARGETS + i] = x->y[(from + (i < rows ? i : 0)) * dims + t];
    (dims == 2 ? x->lanes->repel2 : x->lanes->repel3)(x->source, x->ld, x->m, target, force, z);
    for (size_t i = 0; i < rows; i++) {
        for (size_t t = 0; t < dims; t++)
            x->force[(from + i) * dims + t] = (float)(x->mass * force[t * KC_MAP_TARGETS + i]);
        sum += z[i];
    }
    return sum;
}

static void push_block(void *arg, size_t at, unsigned worker)
{
    const struct kc_exact *x = arg;
    const size_t block = kc_map_block(x->n), end = kc_map_end(x->n, block, at);
    (void)worker;
    x->z[at] = 0;
    for (size_t from = at * block; from < end; from += KC_MAP_TARGETS)
        x->z[at] += push_rows(x, from, end - from < KC_MAP_TARGETS ? end - from : KC_MAP_TARGETS);
}

double kc_exact_repel(const struct kc_ctx *ctx, struct kc_exact *x, const float *y, float *force)
{
    const size_t blocks = kc_map_blocks(x->n);
    double z = -(double)x->m; /* each source meets itself once */
    x->y = y;
    x->force = force;
    for (size_t j = 0; j < x->m; j++)
        for (size_t t = 0; t < x->dims; t++)
            x->source[t * x->ld + j] = y[(x->row ? x->row[j] : j) * x->dims + t];
    kc_pool_for(ctx->pool, blocks, push_block, x);
    for (size_t b = 0; b < blocks; b++)
        z += x->z[b];
    return x->mass * z;
}

uint64_t kc_exact_bytes(size_t n, size_t dims, size_t m)
{
    return (uint64_t)dims * m * sizeof(float) + (kc_map_blocks(n)) * sizeof(double);
}
