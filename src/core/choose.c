#include "core/choose.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static const char *const names[KC_INDICES] = {"silhouette", "calinski-harabasz", "davies-bouldin"};

const char *kc_index_name(enum kc_index i)
{
    return names[i];
}

int kc_index_by_name(const char *s, enum kc_index *i)
{
    for (int j = 0; j < KC_INDICES; j++)
        if (strcmp(s, names[j]) == 0) {
            *i = (enum kc_index)j;
            return 0;
        }
    return -1;
}

size_t kc_choose_list(const struct kc_krange *r, uint64_t limit, uint32_t *ks, size_t room)
{
    uint64_t max = r->max < limit ? r->max : limit;
    size_t n = 0;
    if (max > UINT32_MAX - 1)
        max = UINT32_MAX - 1;
    for (uint64_t k = r->min; k <= max;) {
        if (n < room)
            ks[n] = (uint32_t)k;
        n++;
        if (r->factor > 0) {
            double next = ceil((double)k * r->factor);
            if (next > (double)max)
                break;
            k = next > (double)k + 1 ? (uint64_t)next : k + 1;
        } else {
            k += r->step;
        }
    }
    return n;
}

double kc_choose_value(const struct kc_k_entry *s, enum kc_index by)
{
    return by == KC_INDEX_SILHOUETTE          ? s->silhouette
           : by == KC_INDEX_CALINSKI_HARABASZ ? s->calinski_harabasz
                                              : s->davies_bouldin;
}

static double merit(const struct kc_k_entry *s, enum kc_index by)
{
    double v = kc_choose_value(s, by);
    return isnan(v) ? -INFINITY : by == KC_INDEX_DAVIES_BOULDIN ? -v : v;
}

size_t kc_choose_best(const struct kc_k_entry *sweep, size_t n, enum kc_index by)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (merit(&sweep[i], by) > merit(&sweep[best], by))
            best = i;
    return best;
}

static uint64_t hash_row(const float *x, size_t d)
{
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < d; i++) {
        uint32_t w;
        memcpy(&w, x + i, sizeof w);
        h = (h ^ w) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
    }
    return h;
}

int kc_choose_distinct(const struct kc_rows *rows, uint64_t most, uint64_t *distinct, struct kc_err *e)
{
    size_t cap = 64, have = 0, n = rows->n, d = rows->d;
    if (most > n)
        most = n;
    while (cap < 2 * most)
        cap *= 2;
    uint32_t *slot = kc_mem_alloc(cap, sizeof *slot, e); /* open addressing; row + 1, 0 is free */
    if (!slot)
        return -1;
    memset(slot, 0, cap * sizeof *slot);
    for (size_t i = 0; i < n && have < most; i++) {
        const float *x = kc_rows_at(rows, i);
        size_t at = (size_t)hash_row(x, d) & (cap - 1);
        while (slot[at] != 0 && memcmp(kc_rows_at(rows, slot[at] - 1), x, d * sizeof *x) != 0)
            at = (at + 1) & (cap - 1);
        if (slot[at] == 0) {
            slot[at] = (uint32_t)i + 1;
            have++;
        }
    }
    kc_mem_free(slot);
    *distinct = have;
    return 0;
}
