/* Agglomeration by products of sums. The loss of a union follows from S_a.S_a, S_b.S_b and S_a.S_b, and the
 * products of a union are sums of its parts' products: so the rows and their dimensions are needed only once. Each
 * cluster remembers its cheapest partner among those before it; a merge changes few of these, and only they are
 * searched again. */
#include "core/kmeans/agglomerate.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"
#include "core/cluster/sums.h"
#include "core/judge/index.h"
#include "la/product.h"
#include "par/pool.h"

struct pairing {
    const double *sums;    /* (k, d) */
    const double *squares; /* (k), for the cheapest pair alone */
    size_t d, w;           /* w: the length of a row of dots */
    double *dots;          /* (k, w) products of the sums; not for the cheapest pair alone */
    struct kc_partner *best;  /* (k) */
};

static void find_partner_by_sums(void *arg, size_t b, unsigned worker)
{
    struct pairing *p = arg;
    (void)worker;
    p->best[b] = (struct kc_partner){INFINITY, 0};
    for (uint32_t a = 0; a < b; a++) {
        double dot = kc_la_dotd(p->sums + a * p->d, p->sums + b * p->d, p->d);
        double loss = kc_merge_loss(p->squares[a], p->squares[b], dot);
        if (loss < p->best[b].loss)
            p->best[b] = (struct kc_partner){loss, a};
    }
}

/* Return the cluster whose partner is the cheapest, the first of equals. */
static uint32_t find_cheapest(const struct kc_partner *best, uint32_t k)
{
    uint32_t b = 1;
    for (uint32_t i = 2; i < k; i++)
        b = best[i].loss < best[b].loss ? i : b;
    return b;
}

void kc_agglomerate_pair(const struct kc_space *s, const double *sums, const double *squares, uint32_t k,
                         struct kc_partner *work, uint32_t pair[2])
{
    struct pairing p = {.sums = sums, .squares = squares, .d = s->d, .best = work};
    kc_pool_for(s->ctx->pool, k, find_partner_by_sums, &p);
    pair[1] = find_cheapest(work, k);
    pair[0] = work[pair[1]].a;
}

static void multiply_sums(void *arg, size_t i, unsigned worker)
{
    struct pairing *p = arg;
    (void)worker;
    for (size_t j = 0; j <= i; j++)
        p->dots[i * p->w + j] = kc_la_dotd(p->sums + i * p->d, p->sums + j * p->d, p->d);
}

static double compute_loss(const struct pairing *p, size_t i, size_t j)
{
    return kc_merge_loss(p->dots[i * p->w + i], p->dots[j * p->w + j], p->dots[i * p->w + j]);
}

static void find_partner(const struct pairing *p, uint32_t i)
{
    p->best[i] = (struct kc_partner){INFINITY, 0};
    for (uint32_t j = 0; j < i; j++) {
        double loss = compute_loss(p, i, j);
        if (loss < p->best[i].loss)
            p->best[i] = (struct kc_partner){loss, j};
    }
}

/* Make cluster j < i, which has changed, the partner of i if it is cheaper than the present one. */
static void offer_partner(const struct pairing *p, uint32_t i, uint32_t j)
{
    double loss = compute_loss(p, i, j);
    if (loss < p->best[i].loss || (loss == p->best[i].loss && j < p->best[i].a))
        p->best[i] = (struct kc_partner){loss, j};
}

/* Add row and column b of the products to those of a, and move those of the last cluster to b's place. */
static void merge_dots(const struct pairing *p, uint32_t a, uint32_t b, uint32_t last)
{
    const size_t w = p->w;
    double *dots = p->dots;
    for (uint32_t c = 0; c <= last; c++)
        dots[a * w + c] += dots[b * w + c];
    for (uint32_t c = 0; c <= last; c++)
        dots[c * w + a] = c == a ? dots[a * w + a] + dots[a * w + b] : dots[a * w + c];
    for (uint32_t c = 0; c <= last; c++) {
        dots[b * w + c] = dots[last * w + c];
        dots[c * w + b] = dots[c * w + last];
    }
    dots[b * w + b] = dots[last * w + last];
}

/* Update the partners of the `left` clusters after the merge of b into a. */
static void update_partners(const struct pairing *p, uint32_t a, uint32_t b, uint32_t last, uint32_t left)
{
    for (uint32_t i = 1; i < left; i++) {
        uint32_t had = p->best[i].a;
        if (i == a || i == b || had == a || had == b || had == last) {
            find_partner(p, i);
            continue;
        }
        if (a < i)
            offer_partner(p, i, a);
        if (b < i)
            offer_partner(p, i, b);
    }
}

int kc_agglomerate(const struct kc_space *s, const struct kc_best *from, uint32_t k, uint32_t *labels, struct kc_err *e)
{
    uint32_t left = from->k, a = from->merge[0], b = from->merge[1];
    const int many = left > k + 1; /* else the engine has found the only pair already */
    struct pairing p = {.d = s->d, .w = left};
    double *sums = kc_mem_alloc(many ? kc_mem_mul(left, s->d) : 1, sizeof *sums, e);
    uint64_t *counts = kc_mem_alloc(left, sizeof *counts, e);
    int rc = -1;
    p.sums = sums;
    p.dots = kc_mem_alloc(many ? kc_mem_mul(left, left) : 1, sizeof *p.dots, e);
    p.best = kc_mem_alloc(left, sizeof *p.best, e);
    memcpy(labels, from->labels, s->n * sizeof *labels);
    if (!sums || !counts || !p.dots || !p.best || (many && kc_sums(s, labels, left, sums, counts, e) != 0))
        goto out;
    if (many) {
        kc_pool_for(s->ctx->pool, left, multiply_sums, &p);
        for (size_t i = 0; i < left; i++)
            for (size_t j = 0; j < i; j++)
                p.dots[j * left + i] = p.dots[i * left + j];
    }
    /* Merge a and b: b's rows get label a, the last cluster gets label b. Then find the next pair. */
    for (int first = 1;; first = 0) {
        uint32_t last = left - 1;
        for (size_t i = 0; i < s->n; i++)
            labels[i] = labels[i] == b ? a : labels[i] == last ? b : labels[i];
        if (--left == k)
            break;
        merge_dots(&p, a, b, last);
        for (uint32_t i = 1; first && i < left; i++)
            find_partner(&p, i);
        if (!first)
            update_partners(&p, a, b, last, left);
        b = find_cheapest(p.best, left);
        a = p.best[b].a;
    }
    rc = 0;
out:
    kc_mem_free(p.best);
    kc_mem_free(p.dots);
    kc_mem_free(counts);
    kc_mem_free(sums);
    return rc;
}
