/* Clusters as lists of rows: a counting sort by label. The mean cosine of all pairs of a cluster needs only its sum, as
 * |S|^2 is the sum over all pairs of rows, and each row's product with itself is 1. */
#include "core/cluster/members.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/cluster/sums.h"

int kc_members_make(struct kc_members *m, const uint32_t *labels, size_t n, uint32_t k, struct kc_err *e)
{
    m->k = k;
    m->first = kc_mem_zalloc((size_t)k + 2, sizeof *m->first, e);
    m->row = kc_mem_alloc(n, sizeof *m->row, e);
    if (!m->first || !m->row)
        return -1;
    /* next[c] is first[c] until the rows of cluster c are placed, and then first[c + 1]. */
    size_t *next = m->first + 1;
    for (size_t i = 0; i < n; i++)
        if (labels[i] < k)
            next[labels[i] + 1]++;
    for (uint32_t c = 0; c < k; c++)
        next[c + 1] += next[c];
    for (size_t i = 0; i < n; i++)
        if (labels[i] < k)
            m->row[next[labels[i]]++] = (uint32_t)i;
    return 0;
}

struct keyed {
    int64_t key;
    uint32_t row;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *p = a, *q = b;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

int kc_members_sort(struct kc_members *m, const int64_t *key, struct kc_err *e)
{
    size_t most = 0;
    for (uint32_t c = 0; c < m->k; c++)
        most = m->first[c + 1] - m->first[c] > most ? m->first[c + 1] - m->first[c] : most;
    struct keyed *t = kc_mem_alloc(most, sizeof *t, e);
    if (!t)
        return -1;
    for (uint32_t c = 0; c < m->k; c++) {
        uint32_t *row = m->row + m->first[c];
        size_t n = m->first[c + 1] - m->first[c];
        for (size_t i = 0; i < n; i++)
            t[i] = (struct keyed){key[row[i]], row[i]};
        qsort(t, n, sizeof *t, by_key);
        for (size_t i = 0; i < n; i++)
            row[i] = t[i].row;
    }
    kc_mem_free(t);
    return 0;
}

void kc_members_free(struct kc_members *m)
{
    kc_mem_free(m->first);
    kc_mem_free(m->row);
    *m = (struct kc_members){0};
}

double kc_members_pairs(const double *sum, size_t d, uint64_t size)
{
    double n = (double)size, ss = 0;
    for (size_t t = 0; t < d; t++)
        ss += sum[t] * sum[t];
    return size < 2 ? NAN : (ss - n) / (n * (n - 1));
}

int kc_members_similarity(const struct kc_ctx *ctx, const struct kc_rows *rows, const uint32_t *labels, uint32_t k,
                          double *similarity, struct kc_err *e)
{
    const struct kc_space space = {.ctx = ctx, .rows = *rows, .n = rows->n, .d = rows->d};
    /* Noise goes into one more cluster. */
    uint32_t *all = kc_mem_alloc(rows->n, sizeof *all, e);
    double *sums = kc_mem_aligned(kc_mem_mul((size_t)k + 1, rows->d), sizeof *sums, e);
    uint64_t *counts = kc_mem_alloc((size_t)k + 1, sizeof *counts, e);
    int rc = all && sums && counts ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < rows->n; i++)
        all[i] = labels[i] < k ? labels[i] : k;
    if (rc == 0)
        rc = kc_sums(&space, all, k + 1, sums, counts, e);
    for (uint32_t c = 0; rc == 0 && c < k; c++)
        similarity[c] = kc_members_pairs(sums + (size_t)c * rows->d, rows->d, counts[c]);
    kc_mem_free(counts);
    kc_mem_free(sums);
    kc_mem_free(all);
    return rc;
}

size_t kc_members_best(const uint32_t *row, size_t m, const float *score, size_t most, uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m; i++) {
        size_t at = n < most ? n : most;
        while (at > 0 && score[row[i]] > score[out[at - 1]])
            at--;
        if (at == most)
            continue;
        n += n < most;
        memmove(out + at + 1, out + at, (n - 1 - at) * sizeof *out);
        out[at] = row[i];
    }
    return n;
}

uint64_t kc_members_bytes(size_t n, size_t d, uint32_t k)
{
    return (uint64_t)n * 2 * sizeof(uint32_t) + ((uint64_t)k + 2) * (d * sizeof(double) + 3 * sizeof(double)) +
           kc_sums_bytes(n, d, 1, (size_t)k + 1);
}
