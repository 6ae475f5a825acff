/* Near-duplicates come in groups, and a group may be larger than a list of neighbours: then some of its pairs are in no
 * list. A pair of which one row has a list that is not full is in that list. So only pairs of rows with full lists are
 * looked for once more, among all such rows: these are few, unless most rows are near-duplicates of many. */
#include "core/graph/apart.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/top.h"
#include "core/graph/against.h"
#include "core/graph/offer.h"

/* What a thread has found among the rows with full lists. */
struct finder {
    struct kc_top top;
    uint64_t total;
};

struct search {
    const struct kc_neighbours *g;
    const uint32_t *labels;
    float least;
    uint32_t *full;   /* (nfull) the rows with full lists */
    size_t nfull;
    struct finder *finder; /* (threads) */
};

/* Return 1 if pair a is listed before pair b. A kc_top_before. */
static int is_before(const void *arg, const void *a, const void *b)
{
    const struct kc_apart_pair *x = a, *y = b;
    (void)arg;
    if (x->similarity > y->similarity || y->similarity > x->similarity)
        return x->similarity > y->similarity;
    return x->a != y->a ? x->a < y->a : x->b < y->b;
}

static int is_full(const struct kc_neighbours *g, uint32_t i)
{
    return g->count[i] == g->m;
}

/* Return 1 if row j is in the list of row i. */
static int has_neighbour(const struct kc_neighbours *g, uint32_t i, uint32_t j)
{
    const uint32_t *id = g->id + (size_t)i * g->m;
    uint32_t at = 0;
    while (at < g->count[i] && id[at] != j)
        at++;
    return at < g->count[i];
}

/* Count the pairs that the lists which are not full have; a pair that two of them have counts once. top: offered all of
 * them; or NULL. */
static uint64_t take_lists(const struct search *s, struct kc_top *top)
{
    const struct kc_neighbours *g = s->g;
    uint64_t total = 0;
    for (uint32_t i = 0; i < g->n; i++)
        for (uint32_t at = 0; !is_full(g, i) && at < g->count[i]; at++) {
            const uint32_t j = g->id[(size_t)i * g->m + at];
            if (s->labels[i] == s->labels[j] || (j < i && !is_full(g, j) && has_neighbour(g, j, i)))
                continue;
            const struct kc_apart_pair pair = {i < j ? i : j, i < j ? j : i, g->similarity[(size_t)i * g->m + at]};
            if (top)
                kc_top_offer(top, &pair);
            total++;
        }
    return total;
}

/* Look at products of rows with full lists. A kc_against_look. */
static void look_at_full(void *arg, size_t first, size_t rows, size_t from, size_t cols, const float *out,
                         unsigned worker)
{
    const struct search *s = arg;
    struct finder *f = &s->finder[worker];
    for (size_t c = 0; c < cols; c++)
        for (size_t r = 0; r < rows && first + r < from + c; r++) {
            const float similarity = out[c * KC_LA_TILE + r];
            const struct kc_apart_pair pair = {s->full[first + r], s->full[from + c], similarity};
            if (!(similarity >= s->least) || s->labels[pair.a] == s->labels[pair.b])
                continue;
            f->total++;
            kc_top_offer(&f->top, &pair);
        }
}

/* Compare the rows with full lists with each other, and add what was found to out and top. */
static int compare_full(const struct kc_ctx *ctx, struct search *s, const struct kc_rows *rows, struct kc_top *top,
                        struct kc_apart *out, struct kc_err *e)
{
    const unsigned threads = kc_pool_threads(ctx->pool);
    uint32_t *mine = kc_mem_alloc(s->nfull, 2 * sizeof *mine, e);
    int rc = -1;
    s->finder = kc_mem_zalloc(threads, sizeof *s->finder, e);
    if (!mine || !s->finder)
        goto out;
    for (unsigned t = 0; t < threads; t++)
        if (kc_top_init(&s->finder[t].top, top->most, sizeof(struct kc_apart_pair), is_before, NULL, e) != 0)
            goto out;
    for (size_t i = 0; i < s->nfull; i++)
        mine[s->nfull + i] = (uint32_t)i;
    const struct kc_rows full = kc_rows_pick_from(rows, s->full, s->nfull, mine);
    rc = kc_against_all(ctx, &full, mine + s->nfull, s->nfull, KC_LA_TILE, look_at_full, s, e);
    for (unsigned t = 0; rc == 0 && t < threads; t++) {
        const struct finder *f = &s->finder[t];
        out->total += f->total;
        for (size_t i = 0; i < f->top.n; i++)
            kc_top_offer(top, f->top.items + i * f->top.size);
    }
out:
    for (unsigned t = 0; s->finder && t < threads; t++)
        kc_top_free(&s->finder[t].top);
    kc_mem_free(s->finder);
    kc_mem_free(mine);
    return rc;
}

int kc_apart_find(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_neighbours *g, double least,
                  const uint32_t *labels, size_t most, struct kc_apart *out, struct kc_err *e)
{
    struct search s = {.g = g, .labels = labels, .least = kc_neighbours_least(least)};
    struct kc_top top = {0};
    int rc = -1;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < g->n; i++)
        s.nfull += is_full(g, i) ? 1 : 0;
    s.full = kc_mem_alloc(s.nfull, sizeof *s.full, e);
    if (!s.full)
        return -1;
    for (uint32_t i = 0, at = 0; i < g->n; i++)
        if (is_full(g, i))
            s.full[at++] = i;
    const uint64_t possible = take_lists(&s, NULL) + (uint64_t)s.nfull * s.nfull / 2;
    if (kc_top_init(&top, most < possible ? most : (size_t)possible, sizeof *out->pair, is_before, NULL, e) == 0) {
        out->total = take_lists(&s, &top);
        rc = s.nfull > 1 ? compare_full(ctx, &s, rows, &top, out, e) : 0;
        kc_top_sort(&top);
    }
    out->pair = (struct kc_apart_pair *)(void *)top.items;
    out->n = top.n;
    kc_mem_free(s.full);
    return rc;
}

uint64_t kc_apart_bytes(size_t n, size_t d, unsigned threads)
{
    return (uint64_t)n * 3 * sizeof(uint32_t) + threads * sizeof(struct finder) + kc_against_bytes(d, threads);
}

void kc_apart_free(struct kc_apart *a)
{
    kc_mem_free(a->pair);
    memset(a, 0, sizeof *a);
}
