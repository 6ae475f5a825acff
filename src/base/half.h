/* float16 (IEEE 754 binary16): eleven bits of precision in two bytes. Every value of it is exact as a float32. */
#ifndef KC_BASE_HALF_H
#define KC_BASE_HALF_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Return the float32 of a float16. Infinity and NaN stay what they are. There is no branch, so that loops can be made
 * into vectors. */
static inline float kc_half_widen(unsigned h)
{
    const uint32_t sign = (h & 0x8000u) << 16, mag = h & 0x7FFFu;
    const float low = (float)(int32_t)mag * 0x1p-24f; /* subnormal */
    uint32_t bits;
    float f;
    memcpy(&bits, &low, sizeof bits);
    bits = mag < 0x0400 ? bits : (mag << 13) + (mag < 0x7C00 ? 112u << 23 : 224u << 23); /* the exponent's bias */
    bits |= sign;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* Return the float16 nearest to x, of two equally near ones the even one; infinity for what is too large. */
static inline uint16_t kc_half_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u, mag = bits & 0x7FFFFFFFu;
    if (mag >= 0x477FF000u) /* rounds to 65536 or more, or is infinite or NaN */
        return (uint16_t)(sign | 0x7C00u | (mag > 0x7F800000u ? 0x0200u : 0));
    if (mag < 0x38800000u) /* below 2^-14: a multiple of 2^-24 */
        return (uint16_t)(sign | (uint32_t)rintf(fabsf(x) * 0x1p24f));
    return (uint16_t)(sign | (mag - (112u << 23) + 0x0FFFu + (mag >> 13 & 1)) >> 13);
}

#endif
