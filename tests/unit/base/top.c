/* The list of the best against a sort of everything: any number of items, kept all or few, in any order of offers. */
#include "base/top.h"

#include <stdint.h>
#include <stdlib.h>
#include "base/rng.h"
#include "unit.h"

struct item {
    uint32_t key, number;
};

static int is_before(const void *arg, const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    const int falling = *(const int *)arg;
    return x->key != y->key ? (falling ? x->key > y->key : x->key < y->key) : x->number < y->number;
}

static int rising(const void *a, const void *b)
{
    const int no = 0;
    return is_before(&no, a, b) ? -1 : 1;
}

static int falling(const void *a, const void *b)
{
    const int yes = 1;
    return is_before(&yes, a, b) ? -1 : 1;
}

TEST(top_keeps_what_a_sort_puts_first)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 210, 0);
    for (int t = 0; t < 300; t++) {
        const size_t n = kc_rng_below(&r, t % 10 ? 60 : 2000), most = kc_rng_below(&r, t % 3 ? 12 : 100);
        const int down = t % 2;
        struct item *all = malloc((n + 1) * sizeof *all);
        struct kc_top b;
        struct kc_err e = KC_ERR_INIT;
        CHECK(kc_top_init(&b, most, sizeof *all, is_before, &down, &e) == 0);
        for (size_t i = 0; i < n; i++) {
            all[i] = (struct item){(uint32_t)kc_rng_below(&r, 1 + (uint64_t)t), (uint32_t)i};
            kc_top_offer(&b, &all[i]);
        }
        kc_top_sort(&b);
        qsort(all, n, sizeof *all, down ? falling : rising);
        CHECK(b.n == (most < n ? most : n));
        for (size_t i = 0; i < b.n; i++) {
            const struct item *got = (const struct item *)(const void *)b.items + i;
            CHECK_MSG(got->number == all[i].number, "run %d: place %zu of %zu of %zu: %u, not %u", t, i, b.n, n,
                      got->number, all[i].number);
        }
        kc_top_free(&b);
        free(all);
    }
}
