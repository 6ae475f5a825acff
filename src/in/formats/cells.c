/* Convert the numbers of binary files to float32: other widths (float64, float16, bfloat16, bytes) and big-endian ones.
 * Every value of float16, and of bfloat16, is exact as a float32. */
#include <string.h>
#include "base/bytes.h"
#include "base/half.h"
#include "in/formats/plain.h"

size_t kc_cell_bytes(enum kc_cell c)
{
    static const size_t bytes[] = {
        [KC_CELL_F32] = 4, [KC_CELL_F64] = 8, [KC_CELL_F16] = 2, [KC_CELL_BF16] = 2, [KC_CELL_U8] = 1,
        [KC_CELL_I8] = 1, [KC_CELL_U16] = 2, [KC_CELL_I16] = 2, [KC_CELL_U32] = 4, [KC_CELL_I32] = 4,
        [KC_CELL_U64] = 8, [KC_CELL_I64] = 8};
    return bytes[c];
}

static float float_from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float float_from_double(uint64_t b)
{
    double d;
    memcpy(&d, &b, sizeof d);
    return (float)d;
}

/* Read a 16-bit number, byte-swapped if swap. */
static unsigned two_bytes(const char *p, int swap)
{
    unsigned h = kc_le16(p);
    return swap ? (h >> 8 | h << 8) & 0xFFFF : h;
}

static uint32_t four_bytes(const char *p, int swap)
{
    return swap ? __builtin_bswap32(kc_le32(p)) : kc_le32(p);
}

static uint64_t eight_bytes(const char *p, int swap)
{
    return swap ? __builtin_bswap64(kc_le64(p)) : kc_le64(p);
}

/* Convert integers: each becomes the nearest float, ties to even, as numpy.astype makes it. */
static void floats_from_integers(float *out, const char *p, size_t n, const struct kc_layout *l)
{
    int swap = l->swap;
    for (size_t i = 0; i < n; i++)
        switch (l->cell) {
        case KC_CELL_I8: out[i] = (float)(int8_t)p[i]; break;
        case KC_CELL_U16: out[i] = (float)two_bytes(p + 2 * i, swap); break;
        case KC_CELL_I16: out[i] = (float)(int16_t)two_bytes(p + 2 * i, swap); break;
        case KC_CELL_U32: out[i] = (float)four_bytes(p + 4 * i, swap); break;
        case KC_CELL_I32: out[i] = (float)(int32_t)four_bytes(p + 4 * i, swap); break;
        case KC_CELL_U64: out[i] = (float)eight_bytes(p + 8 * i, swap); break;
        default: out[i] = (float)(int64_t)eight_bytes(p + 8 * i, swap); break;
        }
}

void kc_cell_floats(float *out, const char *p, size_t n, const struct kc_layout *l)
{
    int swap = l->swap;
    switch (l->cell) {
    case KC_CELL_F32:
        if (!swap)
            kc_le_floats(out, p, n);
        for (size_t i = 0; swap && i < n; i++)
            out[i] = float_from_bits(__builtin_bswap32(kc_le32(p + 4 * i)));
        break;
    case KC_CELL_F64:
        for (size_t i = 0; i < n; i++) {
            uint64_t b = kc_le64(p + 8 * i);
            out[i] = float_from_double(swap ? __builtin_bswap64(b) : b);
        }
        break;
    case KC_CELL_F16:
        for (size_t i = 0; i < n; i++)
            out[i] = kc_half_widen(two_bytes(p + 2 * i, swap));
        break;
    case KC_CELL_BF16:
        for (size_t i = 0; i < n; i++)
            out[i] = float_from_bits((uint32_t)two_bytes(p + 2 * i, swap) << 16);
        break;
    case KC_CELL_U8:
        for (size_t i = 0; i < n; i++)
            out[i] = (float)(unsigned char)p[i];
        break;
    default:
        floats_from_integers(out, p, n, l);
    }
}
