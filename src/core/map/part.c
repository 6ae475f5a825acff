/* Rows are placed by the graph that is there already: to compare each with all rows of the part would cost more than
 * the neighbours did. The first round places the rows that have a neighbour in the part, the second those that have a
 * neighbour in the first, and so on; of a part of 2 % some three rounds are enough. Then all of them are smoothed. */
#include "core/map/part.h"

#include <string.h>
#include "base/mem.h"
#include "core/graph/against.h"
#include "core/map/blocks.h"
#include "core/map/descend.h"
#include "core/map/map.h"

#define SMOOTH 2    /* rounds in which all rows but the part's move to the mean of their neighbours */
#define UNPLACED UINT32_MAX

/* The placement under way. */
struct placing {
    const struct kc_affinity *a;
    size_t dims, block;
    uint32_t *round; /* (n) the one in which a row was placed; 0: a row of the part */
    uint32_t now;    /* the round that is under way */
    const float *from;
    float *to;
    int smooth;      /* move the rows that are placed */
};

void kc_part_draw(size_t n, size_t m, uint32_t *row)
{
    /* Multiples of the golden ratio: no two are close, and no period of the rows' order can meet them. To sort them,
     * count: the gaps are at least 1 / (sqrt(5) m), so a place of m * 3 has one at most. */
    const uint64_t ratio = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < m; i++)
        row[i] = (uint32_t)(((((uint64_t)i * ratio) >> 32) * (uint64_t)n) >> 32);
    for (size_t gap = m / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) /* Shell's sort */
        for (size_t i = gap; i < m; i++) {
            const uint32_t x = row[i];
            size_t j = i;
            for (; j >= gap && row[j - gap] > x; j -= gap)
                row[j] = row[j - gap];
            row[j] = x;
        }
}

static void place_rows(void *arg, size_t at, unsigned worker)
{
    struct placing *p = arg;
    const struct kc_affinity *a = p->a;
    const size_t dims = p->dims, end = kc_map_end(a->n, p->block, at);
    (void)worker;
    for (size_t i = at * p->block; i < end; i++) {
        const uint32_t own = __atomic_load_n(&p->round[i], __ATOMIC_RELAXED);
        double sum[KC_MAP_DIMS] = {0}, all = 0;
        memcpy(p->to + i * dims, p->from + i * dims, dims * sizeof *p->to);
        if (p->smooth ? own == 0 : own != UNPLACED)
            continue;
        for (size_t e = a->first[i]; e < a->first[i + 1]; e++) {
            const size_t other = a->id[e];
            if (__atomic_load_n(&p->round[other], __ATOMIC_RELAXED) >= p->now)
                continue;
            all += (double)a->weight[e];
            for (size_t t = 0; t < dims; t++)
                sum[t] += (double)a->weight[e] * (double)p->from[other * dims + t];
        }
        for (size_t t = 0; all > 0 && t < dims; t++)
            p->to[i * dims + t] = (float)(sum[t] / all);
        if (all > 0 && !p->smooth)
            __atomic_store_n(&p->round[i], p->now, __ATOMIC_RELAXED);
    }
}

/* The search for the most similar row of the part. */
struct beside {
    const uint32_t *number; /* (all) of the rows that are compared */
    size_t m;               /* the first m of them are the part */
    size_t dims;
    float *best;            /* (all - m) */
    uint32_t *at;           /* (all - m) its place among the m */
};

/* Take note of the most similar rows of the part. A kc_against_look. */
static void note_best(void *arg, size_t first, size_t rows, size_t from, size_t cols, const float *out, unsigned worker)
{
    const struct beside *b = arg;
    (void)worker;
    for (size_t c = 0; c < cols && from + c < b->m; c++)
        for (size_t r = 0; r < rows; r++)
            if (out[c * KC_LA_TILE + r] > b->best[first + r]) {
                b->best[first + r] = out[c * KC_LA_TILE + r];
                b->at[first + r] = (uint32_t)(from + c);
            }
}

/* Put the rows that were not reached to the most similar row of the part. */
static int place_alone(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *row, const float *place,
                       size_t m, size_t dims, const uint32_t *round, float *y, struct kc_err *e)
{
    size_t alone = 0;
    for (size_t i = 0; i < rows->n; i++)
        alone += round[i] == UNPLACED;
    if (alone == 0)
        return 0;
    uint32_t *number = kc_mem_alloc(m + alone, 2 * sizeof *number, e);
    uint32_t *asked = kc_mem_alloc(alone, 2 * sizeof *asked, e);
    float *best = kc_mem_alloc(alone, sizeof *best, e);
    int rc = -1;
    if (number && asked && best) {
        const struct beside b = {number, m, dims, best, asked + alone};
        memcpy(number, row, m * sizeof *number);
        for (size_t i = 0, k = 0; i < rows->n; i++)
            if (round[i] == UNPLACED) {
                best[k] = -2;
                asked[alone + k] = 0;
                asked[k] = (uint32_t)(m + k);
                number[m + k++] = (uint32_t)i;
            }
        const struct kc_rows some = kc_rows_pick_from(rows, number, m + alone, number + m + alone);
        rc = kc_against_all(ctx, &some, asked, alone, KC_LA_TILE, note_best, (void *)&b, e);
        for (size_t k = 0; rc == 0 && k < alone; k++)
            memcpy(y + number[m + k] * dims, place + b.at[k] * dims, dims * sizeof *y);
    }
    kc_mem_free(best);
    kc_mem_free(asked);
    kc_mem_free(number);
    return rc;
}

int kc_part_place(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_affinity *a,
                  const uint32_t *row, const float *place, size_t m, size_t dims, float *y, struct kc_err *e)
{
    const size_t n = a->n, blocks = kc_map_blocks(n);
    struct placing p = {.a = a, .dims = dims, .block = kc_map_block(n)};
    float *other = kc_mem_alloc(kc_mem_mul(n, dims), sizeof *other, e);
    int rc = -1;
    p.round = kc_mem_alloc(n, sizeof *p.round, e);
    if (!other || !p.round)
        goto out;
    memset(y, 0, n * dims * sizeof *y);
    for (size_t i = 0; i < n; i++)
        p.round[i] = UNPLACED;
    for (size_t j = 0; j < m; j++) {
        p.round[row[j]] = 0;
        memcpy(y + row[j] * dims, place + j * dims, dims * sizeof *y);
    }
    p.from = y;
    p.to = other;
    size_t left = n - m, before = 0;
    for (p.now = 1; left != before; p.now++) {
        before = left;
        kc_pool_for(ctx->pool, blocks, place_rows, &p);
        memcpy(y, other, n * dims * sizeof *y);
        left = 0;
        for (size_t i = 0; i < n; i++)
            left += p.round[i] == UNPLACED;
    }
    if (place_alone(ctx, rows, row, place, m, dims, p.round, y, e) != 0)
        goto out;
    p.smooth = 1;
    for (int step = 0; step < SMOOTH; step++) {
        kc_pool_for(ctx->pool, blocks, place_rows, &p);
        memcpy(y, other, n * dims * sizeof *y);
    }
    rc = 0;
out:
    kc_mem_free(p.round);
    kc_mem_free(other);
    return rc;
}

uint64_t kc_part_bytes(size_t n, size_t d, size_t m, size_t dims, unsigned threads)
{
    return (uint64_t)n * (dims * sizeof(float) + sizeof(uint32_t)) +
           (m + 2 * (uint64_t)n) * 2 * sizeof(uint32_t) + (uint64_t)n * sizeof(float) + kc_against_bytes(d, threads);
}
