/* Little-endian loads from unaligned bytes, hexadecimal digits, bit counts. */
#ifndef KC_BASE_BYTES_H
#define KC_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define KC_BIG_ENDIAN 1
#else
#define KC_BIG_ENDIAN 0
#endif

static inline uint32_t kc_le32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return KC_BIG_ENDIAN ? __builtin_bswap32(v) : v;
}

static inline uint64_t kc_le64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return KC_BIG_ENDIAN ? __builtin_bswap64(v) : v;
}

static inline uint16_t kc_le16(const void *p)
{
    const unsigned char *b = p;
    return (uint16_t)(b[0] | b[1] << 8);
}

/* Load n little-endian float32. */
static inline void kc_le_floats(float *out, const void *p, size_t n)
{
    if (!KC_BIG_ENDIAN) {
        memcpy(out, p, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t b = kc_le32((const char *)p + 4 * i);
        memcpy(out + i, &b, sizeof b);
    }
}

/* Return the value of a hexadecimal digit, -1 for anything else. */
static inline int kc_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Count the trailing zero bits of v, which must not be 0. */
static inline unsigned kc_ctz64(uint64_t v)
{
    return (unsigned)__builtin_ctzll(v);
}

#endif
