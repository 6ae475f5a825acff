/* Unit rows, lengths and hashes of rows. Sums are in double and in a fixed order, so the bits are the same on every CPU
 * and with every compiler. */
#include <math.h>
#include <string.h>
#include "la/matrix.h"
#include "la/product.h"

/* Return the sum of squares in double, in 8 interleaved chains that are added up in a fixed order: the compiler can put
 * the chains side by side into vector registers without changing a bit. The square of a finite float never overflows a
 * double. */
static double square_sum(const float *x, size_t d)
{
    double s[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    size_t i = 0;
    for (; i + 8 <= d; i += 8)
        for (size_t j = 0; j < 8; j++)
            s[j] += (double)x[i + j] * (double)x[i + j];
    for (; i < d; i++)
        s[0] += (double)x[i] * (double)x[i];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

/* Judge a row by its sum of squares; *at is set to the first element that is not finite. */
static enum kc_row_status row_status(double ss, const float *x, size_t d, size_t *at)
{
    if (isfinite(ss))
        return ss > 0.0 ? KC_ROW_OK : KC_ROW_ZERO;
    for (size_t i = 0; i < d; i++)
        if (!isfinite(x[i])) {
            if (at)
                *at = i;
            break;
        }
    return KC_ROW_NONFINITE;
}

double kc_la_length(const float *x, size_t d)
{
    return sqrt(square_sum(x, d));
}

enum kc_row_status kc_la_check(const float *x, size_t d, size_t *at)
{
    return row_status(square_sum(x, d), x, d, at);
}

enum kc_row_status kc_la_unit(const float *x, size_t d, float *out, size_t *at)
{
    double ss = square_sum(x, d);
    enum kc_row_status st = row_status(ss, x, d, at);
    if (st != KC_ROW_OK || !out)
        return st;
    double inv = 1.0 / sqrt(ss);
    for (size_t i = 0; i < d; i++)
        out[i] = (float)((double)x[i] * inv) + 0.0f; /* + 0: no -0, so equal rows get equal bytes */
    return KC_ROW_OK;
}

static uint64_t mix_in(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

/* Return two floats as the eight bytes that they are in a little-endian file. */
static uint64_t float_pair_bits(const float *x, size_t n)
{
    uint32_t b[2] = {0, 0};
    memcpy(b, x, n * sizeof *x);
    return b[0] | (uint64_t)b[1] << 32;
}

/* Hash the row in four chains, so that the multiplications overlap. */
uint64_t kc_la_hash(const float *x, size_t d)
{
    uint64_t h[4] = {1, 2, 3, 4};
    size_t i = 0;
    for (; i + 8 <= d; i += 8)
        for (size_t j = 0; j < 4; j++)
            h[j] = mix_in(h[j], float_pair_bits(x + i + 2 * j, 2));
    for (; i < d; i++)
        h[0] = mix_in(h[0], float_pair_bits(x + i, 1));
    return mix_in(mix_in(mix_in(mix_in(h[0], h[1]), h[2]), h[3]), d);
}
