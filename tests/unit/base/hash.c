/* The hash of tables: no pattern of bytes makes its values meet. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>
#include "unit.h"

static int by_value(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Pairs of words that cancel each other in a multiply and xor-shift, whatever its seed: 12 bits, 4096 strings. */
TEST(hash_has_no_words_that_cancel)
{
    enum { PAIRS = 12, N = 1 << PAIRS };
    uint64_t *seen = malloc(N * sizeof *seen), words[2 * PAIRS];
    kc_hash_begin();
    for (unsigned i = 0; i < N; i++) {
        for (unsigned p = 0; p < PAIRS; p++) {
            words[2 * p] = 0x4142434445464748u ^ (uint64_t)(i >> p & 1) << 63;
            words[2 * p + 1] = 0x6162636465666768u ^ (i >> p & 1 ? (uint64_t)1 << 63 | (uint64_t)1 << 31 : 0);
        }
        seen[i] = kc_hash_bytes(words, sizeof words);
    }
    qsort(seen, N, sizeof *seen, by_value);
    for (unsigned i = 1; i < N; i++)
        CHECK(seen[i] != seen[i - 1]);
    free(seen);
}

/* All lengths and all numbers differ, also in the bits that a table uses. */
TEST(hash_uses_all_bytes)
{
    unsigned char text[40] = {0};
    unsigned used[64] = {0};
    kc_hash_begin();
    for (size_t n = 0; n < sizeof text; n++)
        for (size_t m = 0; m < n; m++)
            CHECK(kc_hash_bytes(text, n) != kc_hash_bytes(text, m));
    for (size_t i = 0; i < sizeof text; i++) {
        uint64_t before = kc_hash_bytes(text, sizeof text);
        text[i] ^= 1;
        CHECK(kc_hash_bytes(text, sizeof text) != before);
    }
    for (uint64_t i = 0; i < 6400; i++)
        used[kc_hash_number(i << 20) & 63]++;
    for (size_t i = 0; i < 64; i++)
        CHECK_MSG(used[i] > 40 && used[i] < 180, "slot %zu has %u of 6400", i, used[i]);
}
