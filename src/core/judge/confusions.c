/* All follows from the table. A cluster of n rows, n_j of them in class j, has (n^2 - sum n_j^2) / 2 wrong pairs, and a
 * row of it in class j is in n - n_j of them; the same of a class and its clusters. So rows of one cell of the table
 * cost equally much, and their silhouettes decide which of them are named. */
#include "core/judge/confusions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/top.h"

/* Return the pairs of rows of the data that are in this row of the table, and in different columns. */
static uint64_t count_mixed(const struct kc_table *t, uint32_t row)
{
    uint64_t pairs = 0, before = 0;
    for (size_t p = t->first[row]; p < t->first[row + 1]; p++) {
        pairs += before * t->count[p];
        before += t->count[p];
    }
    return pairs;
}

/* Return the count of a cell that is in the table. */
static uint64_t find_count(const struct kc_table *t, uint32_t row, uint32_t col)
{
    size_t lo = t->first[row], hi = t->first[row + 1];
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if (t->col[mid] <= col)
            lo = mid;
        else
            hi = mid;
    }
    return t->count[lo];
}

static int by_pairs(const void *a, const void *b)
{
    const struct kc_confusion *x = a, *y = b;
    if (x->pairs != y->pairs)
        return x->pairs > y->pairs ? -1 : 1;
    if (x->is_class != y->is_class)
        return x->is_class - y->is_class;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Append the rows of a table that are mixed to the list. Return their pairs. */
static uint64_t add_mixed(struct kc_confusions *c, const struct kc_table *t, int is_class)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < t->rows; i++) {
        const uint64_t pairs = count_mixed(t, i);
        if (pairs > 0)
            c->list[c->n++] = (struct kc_confusion){is_class, i, pairs};
        sum += pairs;
    }
    return sum;
}

/* Return 1 if row a is listed before row b. A kc_top_before. */
static int is_worse(const void *arg, const void *a, const void *b)
{
    const struct kc_confused_row *x = a, *y = b;
    (void)arg;
    if (x->pairs != y->pairs)
        return x->pairs > y->pairs;
    if (x->silhouette < y->silhouette || y->silhouette < x->silhouette)
        return x->silhouette < y->silhouette;
    return x->row < y->row;
}

static int find_worst(const struct kc_table *t, const uint32_t *a, const uint32_t *b, size_t n,
                      const float *silhouette, size_t worst, struct kc_confusions *c, struct kc_err *e)
{
    struct kc_top top;
    size_t at = 0;
    if (kc_top_init(&top, worst < n ? worst : n, sizeof *c->worst, is_worse, NULL, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (a[i] == KC_NOISE || b[i] == KC_NOISE)
            continue;
        const uint64_t both = find_count(t, a[i], b[i]);
        const struct kc_confused_row row = {i, t->row_sum[a[i]] + t->col_sum[b[i]] - 2 * both,
                                            silhouette ? silhouette[at] : NAN};
        at++;
        if (row.pairs > 0)
            kc_top_offer(&top, &row);
    }
    kc_top_sort(&top);
    c->worst = (struct kc_confused_row *)(void *)top.items;
    c->nworst = top.n;
    return 0;
}

int kc_confusions_find(const struct kc_table *t, const uint32_t *a, const uint32_t *b, size_t n,
                       const float *silhouette, size_t worst, struct kc_confusions *c, struct kc_err *e)
{
    memset(c, 0, sizeof *c);
    if (kc_table_build(&c->classes, b, t->cols, a, t->rows, n, e) != 0)
        return -1;
    c->list = kc_mem_alloc((size_t)t->rows + t->cols, sizeof *c->list, e);
    if (!c->list)
        return -1;
    c->wrong = add_mixed(c, t, 0);
    c->missed = add_mixed(c, &c->classes, 1);
    qsort(c->list, c->n, sizeof *c->list, by_pairs);
    return find_worst(t, a, b, n, silhouette, worst, c, e);
}

uint64_t kc_confusions_bytes(size_t n, uint64_t k)
{
    const uint64_t cell = sizeof(uint32_t) + sizeof(uint64_t);
    return n * (cell + 2 * sizeof(uint32_t)) + k * (2 * sizeof(uint64_t) + sizeof(struct kc_confusion));
}

void kc_confusions_free(struct kc_confusions *c)
{
    kc_table_free(&c->classes);
    kc_mem_free(c->list);
    kc_mem_free(c->worst);
    memset(c, 0, sizeof *c);
}

size_t kc_confusions_largest(const struct kc_table *t, uint32_t row, size_t *cell, size_t most)
{
    size_t n = 0;
    for (size_t p = t->first[row]; p < t->first[row + 1]; p++) {
        size_t at = n < most ? n++ : most;
        for (; at > 0 && t->count[p] > t->count[cell[at - 1]]; at--)
            if (at < most)
                cell[at] = cell[at - 1];
        if (at < most)
            cell[at] = p;
    }
    return n;
}
