/* Random numbers. A stream is a pure function of (seed, stage, a, b): neither what runs before, beside or after it nor
 * the number of threads changes its values. */
#ifndef KC_BASE_RNG_H
#define KC_BASE_RNG_H

#include <stdint.h>

struct kc_rng {
    uint64_t state;
};

enum kc_rng_stage { KC_RNG_SEEDING = 1, KC_RNG_NEIGHBOUR = 2, KC_RNG_SPLIT = 3, KC_RNG_SAMPLE = 4,
                    KC_RNG_REGROUP = 5, KC_RNG_TOPICS = 6, KC_RNG_SIZES = 7, KC_RNG_HALVES = 8,
                    KC_RNG_REFERENCES = 9, KC_RNG_TRUST = 10, KC_RNG_TEST = 99 };

/* Return the stream of these four numbers, at its beginning. */
struct kc_rng kc_rng_stream(uint64_t seed, enum kc_rng_stage stage, uint64_t a, uint64_t b);
uint64_t kc_rng_u64(struct kc_rng *r);
double kc_rng_unit(struct kc_rng *r);                    /* uniform in [0, 1), 53 bits */
uint64_t kc_rng_below(struct kc_rng *r, uint64_t bound); /* uniform in [0, bound), bound > 0, unbiased */

#endif
