/* Different strings, and lists brought together. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/rng.h"
#include "unit.h"

TEST(base_intern_numbers_strings)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 90, 0);
    struct kc_err e = KC_ERR_INIT;
    struct kc_intern t = {0};
    uint32_t first[5000], number;
    memset(first, 0xff, sizeof first);
    CHECK(kc_intern_find(&t, "0", 1) == KC_INTERN_NONE);
    for (int i = 0; i < 20000; i++) {
        char s[32];
        uint64_t v = kc_rng_below(&r, 5000);
        size_t n = v == 0 ? 0 : (size_t)snprintf(s, sizeof s, "%*llu", (int)(v % 19), (unsigned long long)v);
        uint32_t before = (uint32_t)t.strs.n, found = kc_intern_find(&t, s, n);
        CHECK(found == first[v]);
        CHECK(kc_intern_add(&t, s, n, &number, &e) == 0 && number == (found == KC_INTERN_NONE ? before : found));
        first[v] = number;
        size_t len;
        const char *p = kc_strs_get(&t.strs, number, &len);
        CHECK(len == n && memcmp(p, s, n) == 0);
    }
    kc_intern_free(&t);
}

static void fill(struct kc_strs *s, const uint32_t *v, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    for (size_t i = 0; i < n; i++) {
        char t[16];
        CHECK(kc_strs_add(s, t, (size_t)snprintf(t, sizeof t, "term %u", v[i]), &e) == 0);
    }
}

/* Against looking through all of a for each of b. */
TEST(base_intern_align)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 91, 0);
    struct kc_err e = KC_ERR_INIT;
    for (int q = 0; q < 2000; q++) {
        uint32_t a[40], b[40], got[40];
        char taken[40] = {0};
        size_t na = kc_rng_below(&r, 40), nb = kc_rng_below(&r, 40), left = 99, want_left = na;
        uint64_t values = 1 + kc_rng_below(&r, 30);
        for (size_t i = 0; i < 40; i++) {
            a[i] = (uint32_t)kc_rng_below(&r, values);
            b[i] = q % 3 == 0 && i < 20 ? a[i] : (uint32_t)kc_rng_below(&r, values);
        }
        struct kc_strs sa = {0}, sb = {0};
        fill(&sa, a, na);
        fill(&sb, b, nb);
        CHECK(kc_intern_align(&sa, &sb, got, &left, &e) == 0);
        for (size_t j = 0; j < nb; j++) {
            uint32_t want = KC_INTERN_NONE;
            for (size_t i = na; i-- > 0;)
                if (!taken[i] && a[i] == b[j])
                    want = (uint32_t)i;
            CHECK(got[j] == want);
            if (want != KC_INTERN_NONE) {
                taken[want] = 1;
                want_left--;
            }
        }
        CHECK(left == want_left);
        kc_strs_free(&sa);
        kc_strs_free(&sb);
    }
}
