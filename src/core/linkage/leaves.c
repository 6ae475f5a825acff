/* Equal rows are found by a hash table. As one heavier point they cost nothing, where as points they would be joined
 * one by one, all being equally near. Rows are equal if all their numbers are, so 0 and -0 are told apart; such rows
 * are two points at distance 0. */
#include "core/linkage/leaves.h"

#include <string.h>
#include "base/hash.h"

static size_t count_slots(size_t n)
{
    size_t slots = 64;
    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

/* Copy rows that do not lie in memory. */
static int copy_rows(const struct kc_rows *rows, struct kc_leaves *l, struct kc_err *e)
{
    const float *row[KC_LA_TILE];
    l->copy = kc_mem_aligned(kc_mem_mul(rows->n, rows->d), sizeof *l->copy, e);
    if (!l->copy)
        return -1;
    for (size_t i = 0; i < rows->n; i += KC_LA_TILE) {
        const size_t m = rows->n - i < KC_LA_TILE ? rows->n - i : KC_LA_TILE;
        kc_rows_get(rows, i, m, l->copy + i * rows->d, row);
    }
    return kc_rows_failed(rows, e);
}

/* Number the points. */
static int find_points(const struct kc_rows *x, struct kc_leaves *l, struct kc_err *e)
{
    const size_t bytes = x->d * sizeof(float), slots = count_slots(l->n);
    uint32_t *slot = kc_mem_zalloc(slots, sizeof *slot, e); /* 0: free, else 1 + a point */
    if (!slot)
        return -1;
    kc_hash_begin();
    for (size_t i = 0; i < l->n; i++) {
        const float *row = kc_rows_at(x, i);
        size_t at = (size_t)kc_hash_bytes(row, bytes) & (slots - 1);
        while (slot[at] && memcmp(kc_rows_at(x, l->first[slot[at] - 1]), row, bytes) != 0)
            at = (at + 1) & (slots - 1);
        if (!slot[at]) {
            l->first[l->p.n++] = (uint32_t)i;
            slot[at] = (uint32_t)l->p.n;
        }
        l->point[i] = slot[at] - 1;
    }
    kc_mem_free(slot);
    return 0;
}

int kc_leaves_of_rows(const struct kc_rows *rows, const double *weight, struct kc_leaves *l, struct kc_err *e)
{
    struct kc_rows x = *rows;
    *l = (struct kc_leaves){.n = rows->n, .p = {.d = rows->d}};
    l->first = kc_mem_alloc(l->n, sizeof *l->first, e);
    l->point = kc_mem_alloc(l->n, sizeof *l->point, e);
    if (!l->first || !l->point)
        return -1;
    if (!rows->x) {
        if (copy_rows(rows, l, e) != 0)
            return -1;
        x = kc_rows_memory(l->copy, rows->n, rows->d);
    }
    if (find_points(&x, l, e) != 0)
        return -1;
    const size_t m = l->p.n;
    l->p.rows = (struct kc_rows){.n = m, .d = x.d, .x = x.x, .idx = x.idx};
    if (m < l->n) {
        l->idx = kc_mem_alloc(m, sizeof *l->idx, e);
        if (!l->idx)
            return -1;
        for (size_t i = 0; i < m; i++)
            l->idx[i] = x.idx ? x.idx[l->first[i]] : l->first[i];
        l->p.rows.idx = l->idx;
    }
    if (m == l->n && !weight)
        return 0;
    l->weight = kc_mem_zalloc(m, sizeof *l->weight, e);
    if (!l->weight)
        return -1;
    for (size_t i = 0; i < l->n; i++)
        l->weight[l->point[i]] += weight ? weight[i] : 1;
    l->p.weight = l->weight;
    return 0;
}

uint64_t kc_leaves_bytes(size_t n, size_t d, int in_memory, uint64_t *kept)
{
    *kept = (uint64_t)n * (3 * sizeof(uint32_t) + sizeof(double)) +
            (in_memory ? 0 : (uint64_t)kc_mem_mul(kc_mem_mul(n, d), sizeof(float)));
    return *kept + count_slots(n) * sizeof(uint32_t);
}

void kc_leaves_free(struct kc_leaves *l)
{
    kc_mem_free(l->first);
    kc_mem_free(l->point);
    kc_mem_free(l->copy);
    kc_mem_free(l->idx);
    kc_mem_free(l->weight);
    memset(l, 0, sizeof *l);
}

void kc_leaves_join(const struct kc_leaves *l, struct kc_join *joins)
{
    const size_t equal = l->n - l->p.n;
    if (equal == 0)
        return;
    for (size_t i = l->p.n - 1; i-- > 0;)
        joins[equal + i] = (struct kc_join){l->first[joins[i].a], l->first[joins[i].b], joins[i].height};
    for (size_t i = 0, done = 0; i < l->n; i++)
        if (l->first[l->point[i]] != i)
            joins[done++] = (struct kc_join){l->first[l->point[i]], (uint32_t)i, 0};
}
