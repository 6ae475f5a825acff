/* One walk from the highest merge to the lowest: merges are cut in the order of their heights, so those for k come
 * before those for a largest size. The larger side keeps the number of the cluster. */
#include "core/linkage/cut.h"

static uint64_t count_rows(const struct kc_tree *t, uint32_t node)
{
    return node >= t->leaves ? t->merges[node - t->leaves].size : t->rows ? t->rows[node] : 1;
}

/* Return 1 if a merge may be cut. */
static int may_cut(const struct kc_tree *t, size_t i, uint64_t min_size)
{
    return i >= t->equal && count_rows(t, t->merges[i].a) >= min_size && count_rows(t, t->merges[i].b) >= min_size;
}

uint32_t kc_cut_most(const struct kc_tree *t, uint64_t min_size)
{
    uint32_t k = 1;
    for (size_t i = 0; i + 1 < t->leaves; i++)
        k += (uint32_t)may_cut(t, i, min_size);
    return k;
}

uint32_t kc_cut(const struct kc_tree *t, const struct kc_cut *c, uint32_t *node, uint64_t *size, uint32_t *more)
{
    const size_t leaves = t->leaves;
    uint32_t k = 1;
    *more = 0;
    node[2 * leaves - 2] = 0;
    size[0] = count_rows(t, (uint32_t)(2 * leaves - 2));
    for (size_t i = leaves - 1; i-- > 0;) {
        const struct kc_merge *m = &t->merges[i];
        const uint32_t own = node[leaves + i];
        const int wanted = c->k ? k < c->k : m->height > c->above;
        const int too_large = c->max_size && size[own] > c->max_size;
        node[m->a] = node[m->b] = own;
        if ((!wanted && !too_large) || !may_cut(t, i, c->min_size))
            continue;
        const uint64_t a = count_rows(t, m->a), b = count_rows(t, m->b);
        node[a < b ? m->a : m->b] = k;
        size[k] = a < b ? a : b;
        size[own] -= size[k++];
        *more += !wanted;
    }
    return k;
}
