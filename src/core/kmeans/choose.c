/* The list of k to try, and the choice by an index. A k beyond the number of distinct rows would leave clusters
 * empty, so these are counted first: by bytes, in a hash table, no further than the largest k. */
#include "core/kmeans/choose.h"

#include <math.h>
#include <string.h>
#include "base/hash.h"
#include "base/mem.h"

#define TILE 64 /* rows read at a time */

/* Return the largest k to list. */
static uint64_t limit_max(const struct kc_krange *r, uint64_t limit)
{
    uint64_t max = r->max < limit ? r->max : limit;
    return max < UINT32_MAX - 1 ? max : UINT32_MAX - 1;
}

/* Return the k after k; 0 if that was the last. */
static uint64_t next_k(const struct kc_krange *r, uint64_t k, uint64_t max)
{
    if (r->factor <= 0)
        return max - k < r->step ? 0 : k + r->step;
    double next = ceil((double)k * r->factor);
    if (next > (double)max || k == max)
        return 0;
    return next > (double)k + 1 ? (uint64_t)next : k + 1;
}

struct kc_krange kc_krange_for(const struct kc_krange *r, size_t n)
{
    struct kc_krange out = *r;
    out.share = out.least = 0;
    if (r->least > 0) {
        double least = ceil(r->least * (double)n);
        out.min = least < 2 ? 2 : least > (double)INT32_MAX ? INT32_MAX : (uint64_t)least;
        out.max = out.max < out.min ? out.min : out.max;
    }
    if (r->share > 0) {
        double share = floor(r->share * (double)n);
        out.max = share > (double)INT32_MAX ? INT32_MAX : (uint64_t)share;
        out.max = out.max < out.min ? out.min : out.max;
    }
    return out;
}

size_t kc_choose_list(const struct kc_krange *r, uint64_t limit, uint32_t *ks, size_t room)
{
    uint64_t max = limit_max(r, limit);
    size_t n = 0;
    for (uint64_t k = r->min <= max ? r->min : 0; k > 0; k = next_k(r, k, max)) {
        if (n < room)
            ks[n] = (uint32_t)k;
        n++;
        if (n >= room && r->factor <= 0) /* the rest need only be counted */
            return n + (size_t)((max - k) / r->step);
    }
    return n;
}

struct kc_ks kc_choose_sum(const struct kc_krange *r, uint64_t limit)
{
    uint64_t max = limit_max(r, limit);
    struct kc_ks s = {0, 0, 0};
    for (uint64_t k = r->min <= max ? r->min : 0; k > 0; k = next_k(r, k, max))
        s = (struct kc_ks){s.n + 1, (uint32_t)k, s.sum + k};
    return s;
}

double kc_choose_value(const struct kc_k_entry *s, enum kc_index by)
{
    return by == KC_INDEX_SILHOUETTE          ? s->silhouette
           : by == KC_INDEX_CALINSKI_HARABASZ ? s->calinski_harabasz
                                              : s->davies_bouldin;
}

/* Return the entry's index turned so that larger is better; NAN becomes the worst. */
static double compute_merit(const struct kc_k_entry *s, enum kc_index by)
{
    double v = kc_choose_value(s, by);
    return isnan(v) ? -INFINITY : by == KC_INDEX_DAVIES_BOULDIN ? -v : v;
}

size_t kc_choose_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (compute_merit(&sweep[i], by) > compute_merit(&sweep[best], by))
            best = i;
    return best;
}

/* The different rows found so far: their numbers if the rows lie in memory, else copies. */
struct distinct {
    const struct kc_rows *rows;
    uint32_t *slot; /* (mask + 1) hash table with open addressing; 0 is free, else 1 + the number of a row or copy */
    size_t mask, have, room;
    float *copy;    /* (room, d) grows */
};

/* Add row i, which is x, if it differs from all rows so far. */
static int add_if_new(struct distinct *s, size_t i, const float *x, struct kc_err *e)
{
    size_t d = s->rows->d, at = (size_t)kc_hash_bytes(x, d * sizeof *x) & s->mask;
    for (; s->slot[at] != 0; at = (at + 1) & s->mask) {
        size_t id = s->slot[at] - 1;
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): what has an id has been copied */
        if (memcmp(s->rows->x ? kc_rows_at(s->rows, id) : s->copy + id * d, x, d * sizeof *x) == 0)
            return 0;
    }
    if (!s->rows->x) {
        if (s->have == s->room) {
            size_t room = s->room ? 2 * s->room : 64;
            float *more = kc_mem_realloc(s->copy, kc_mem_mul(room, d), sizeof *more, e);
            if (!more)
                return -1;
            s->copy = more;
            s->room = room;
        }
        memcpy(s->copy + s->have * d, x, d * sizeof *x);
        i = s->have;
    }
    s->slot[at] = (uint32_t)i + 1;
    s->have++;
    return 0;
}

int kc_choose_distinct(const struct kc_rows *rows, uint64_t most, uint64_t *distinct, struct kc_err *e)
{
    size_t cap = 64, n = rows->n;
    const float *row[TILE];
    float *buf = NULL;
    int rc = -1;
    kc_hash_begin();
    if (most > n)
        most = n;
    while (cap < 2 * most)
        cap *= 2;
    struct distinct s = {.rows = rows, .slot = kc_mem_zalloc(cap, sizeof *s.slot, e), .mask = cap - 1};
    buf = kc_mem_alloc(kc_rows_buf(rows, TILE), sizeof *buf, e);
    if (!s.slot || !buf)
        goto out;
    for (size_t i0 = 0; i0 < n && s.have < most; i0 += TILE) {
        size_t m = n - i0 < TILE ? n - i0 : TILE;
        kc_rows_get(rows, i0, m, buf, row);
        for (size_t i = 0; i < m && s.have < most; i++)
            if (add_if_new(&s, i0 + i, row[i], e) != 0)
                goto out;
    }
    *distinct = s.have;
    rc = kc_rows_failed(rows, e);
out:
    kc_mem_free(buf);
    kc_mem_free(s.copy);
    kc_mem_free(s.slot);
    return rc;
}
