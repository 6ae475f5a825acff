/* Joining stories of many groups, against the plain greedy way: all couples in one list, sorted. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/rng.h"
#include "core/parts/stories.h"

struct pair {
    float similarity;
    uint32_t a, b;
};

/* Pairs of all stories, listed without any limit. */
struct list {
    struct pair *pair;
    size_t n;
    const struct kc_pieces *s;
};

static int by_similarity(const void *x, const void *y)
{
    const struct pair *p = x, *q = y;
    if (p->similarity != q->similarity)
        return p->similarity > q->similarity ? -1 : 1;
    return p->a != q->a ? (p->a < q->a ? -1 : 1) : (p->b > q->b) - (p->b < q->b);
}

static int list_pair(void *arg, uint32_t j, uint32_t i, float similarity, struct kc_err *e)
{
    struct list *w = arg;
    (void)e;
    w->pair[w->n++] = (struct pair){similarity, j, i};
    return 0;
}

/* Join the slow way: set[i] becomes the first story of the set that story i ends in. Returns the number of joins. */
static uint64_t slow_join(const struct kc_pieces *s, double least, uint32_t *set)
{
    const float all = -2;
    struct list w = {malloc((size_t)s->k * s->k / 2 * sizeof *w.pair), 0, s};
    const struct kc_comparison how = {list_pair, NULL, &all, &w};
    uint32_t *id = malloc(s->k * sizeof *id);
    char *has = calloc((size_t)s->k * s->k, 1); /* set x group */
    uint64_t joined = 0;
    struct kc_err e = KC_ERR_INIT;
    for (uint32_t i = 0; i < s->k; i++) {
        set[i] = id[i] = i;
        has[(size_t)i * s->k + s->piece[i].group] = 1;
    }
    CHECK(kc_stories_compare(s, id, s->k, &how, &e) == 0);
    qsort(w.pair, w.n, sizeof *w.pair, by_similarity);
    for (size_t p = 0; p < w.n && (double)w.pair[p].similarity > least; p++) {
        uint32_t a = set[w.pair[p].a], b = set[w.pair[p].b], first = a < b ? a : b, second = a < b ? b : a;
        int shared = a == b;
        for (uint32_t g = 0; g < s->k && !shared; g++)
            shared = has[(size_t)a * s->k + g] && has[(size_t)b * s->k + g];
        if (shared)
            continue;
        for (uint32_t i = 0; i < s->k; i++) {
            set[i] = set[i] == second ? first : set[i];
            has[(size_t)first * s->k + i] |= has[(size_t)second * s->k + i];
        }
        joined++;
    }
    free(has);
    free(id);
    free(w.pair);
    return joined;
}

/* Make k stories of so many groups in a few directions, so that similarities repeat. */
static struct kc_pieces make_pieces(struct kc_rng *r, uint32_t k, size_t d, uint32_t groups, unsigned values)
{
    struct kc_pieces s = {.piece = calloc(k, sizeof *s.piece), .k = k, .d = d, .sums = malloc(k * d * sizeof(double))};
    for (uint32_t i = 0; i < k; i++) {
        s.piece[i] = (struct kc_piece){i, (uint32_t)kc_rng_below(r, groups), i, 1, 0, 0};
        for (size_t t = 0; t < d; t++)
            s.sums[i * d + t] = values ? (double)kc_rng_below(r, values) + (t == 0) : kc_rng_unit(r) - 0.5;
    }
    return s;
}

/* Tells all kinds: distinct and repeated similarities, few and many groups, one pass and several. */
TEST(core_parts_join_as_the_slow_twin)
{
    static const struct { uint32_t k, groups; unsigned values; double least; } kind[] = {
        {40, 5, 0, 0.2}, {40, 40, 3, 0.5}, {200, 30, 0, 0.6}, {600, 600, 0, -1}, {700, 250, 4, -1}, {900, 40, 0, -0.5}, {97, 96, 2, 0},
    };
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 96, 0);
    for (size_t t = 0; t < sizeof kind / sizeof *kind; t++) {
        struct kc_pieces s = make_pieces(&r, kind[t].k, 5, kind[t].groups, kind[t].values);
        const struct kc_parts_opts o = {.merge = kind[t].least};
        uint32_t *set = malloc(s.k * sizeof *set);
        uint64_t joined, most, before = kc_mem_held(&most, 1);
        struct kc_err e = KC_ERR_INIT;
        uint64_t expected = slow_join(&s, o.merge, set);
        CHECK(kc_stories_join(&s, &o, &joined, &e) == 0);
        (void)kc_mem_held(&most, 0);
        uint64_t says = kc_stories_join_bytes(s.k, kind[t].groups, s.d);
        CHECK_MSG(joined == expected, "%zu: %llu joined, expected %llu", t, (unsigned long long)joined, (unsigned long long)expected);
        for (uint32_t i = 0; i < s.k; i++)
            CHECK_MSG(s.piece[i].story == set[i], "%zu: story %u is in %u, expected %u", t, i, s.piece[i].story, set[i]);
        CHECK_MSG(most - before <= says, "%zu: held %llu, said %llu", t, (unsigned long long)(most - before), (unsigned long long)says);
        free(set);
        free(s.sums);
        free(s.piece);
    }
}
