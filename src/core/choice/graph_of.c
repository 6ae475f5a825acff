/* The rows are copied together, so that they lie in memory, and their neighbours are found by kc_neighbours_find. */
#include "core/choice/graph_of.h"

#include "base/mem.h"

/* Return how many neighbours each of m rows has. */
static uint32_t count_neighbours(size_t m)
{
    return m > KC_GRAPH_OF_NEIGHBOURS ? KC_GRAPH_OF_NEIGHBOURS : (uint32_t)(m > 1 ? m - 1 : 1);
}

int kc_graph_of(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, size_t m,
                struct kc_affinity *out, struct kc_err *e)
{
    struct kc_neighbours_opts o = KC_NEIGHBOURS_OPTS_DEFAULT;
    struct kc_neighbours near = {0};
    struct kc_rows picked = *rows;
    float *x = NULL;
    int rc = -1;
    *out = (struct kc_affinity){0};
    o.m = count_neighbours(m);
    if (row) {
        x = kc_mem_aligned(kc_mem_mul(m, rows->d), sizeof *x, e);
        if (!x)
            return -1;
        if (kc_rows_copy_shared(rows, row, m, x, e) != 0)
            goto out;
        picked = kc_rows_memory(x, m, rows->d);
    }
    if (kc_rows_failed(rows, e) == 0 && kc_neighbours_find(ctx, &picked, &o, &near, e) == 0)
        rc = kc_affinity_make(ctx, &picked, &near, out, e);
out:
    kc_neighbours_free(&near);
    kc_mem_free(x);
    return rc;
}

uint64_t kc_graph_of_bytes(size_t m, size_t d, unsigned threads)
{
    struct kc_neighbours_opts o = KC_NEIGHBOURS_OPTS_DEFAULT;
    o.m = count_neighbours(m);
    const uint64_t search = kc_neighbours_bytes(m, d, &o, threads);
    const uint64_t lists = (uint64_t)m * (o.m * (sizeof(uint32_t) + sizeof(float)) + sizeof(uint32_t));
    const uint64_t graph = lists + kc_affinity_bytes(m, d, o.m, threads);
    return (uint64_t)m * d * sizeof(float) + (search > graph ? search : graph);
}
