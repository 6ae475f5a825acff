/* SplitMix64 (Steele, Lea and Flood 2014), counter-based: all streams are on one cycle of length 2^64 and differ by
 * where they start. The start is a hash of (seed, stage, a, b). */
#include "base/rng.h"

static const uint64_t golden = 0x9E3779B97F4A7C15u; /* 2^64 over the golden ratio */

/* Mix the bits of z by SplitMix64's finaliser, a bijection that spreads every input bit. */
static uint64_t mix_bits(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

struct kc_rng kc_rng_stream(uint64_t seed, enum kc_rng_stage stage, uint64_t a, uint64_t b)
{
    uint64_t h = mix_bits(seed + golden);
    h = mix_bits(h ^ mix_bits((uint64_t)stage + 2 * golden));
    h = mix_bits(h ^ mix_bits(a + 3 * golden));
    h = mix_bits(h ^ mix_bits(b + 4 * golden));
    /* the stream's place on the cycle of length 2^64 */
    return (struct kc_rng){h};
}

uint64_t kc_rng_u64(struct kc_rng *r)
{
    r->state += golden;
    return mix_bits(r->state);
}

double kc_rng_unit(struct kc_rng *r)
{
    return (double)(kc_rng_u64(r) >> 11) * 0x1p-53;
}

uint64_t kc_rng_below(struct kc_rng *r, uint64_t bound)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound; /* draws from here on would make small remainders more probable */
    uint64_t v;
    do
        v = kc_rng_u64(r);
    while (v >= limit);
    return v % bound;
}
