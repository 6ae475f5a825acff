/* UTF-8 as in RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. */
#ifndef KC_BASE_UTF8_H
#define KC_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Return the length of the sequence at s, where n > 0 bytes remain; 0 if it is malformed. */
static inline size_t kc_utf8_length(const unsigned char *s, size_t n)
{
    unsigned c = s[0];
    if (c < 0x80)
        return 1;
    if (c < 0xE0)
        return c >= 0xC2 && n >= 2 && (s[1] & 0xC0) == 0x80 ? 2 : 0;
    if (c < 0xF0) {
        unsigned low = c == 0xE0 ? 0xA0 : 0x80, high = c == 0xED ? 0x9F : 0xBF;
        return n >= 3 && s[1] >= low && s[1] <= high && (s[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    unsigned low = c == 0xF0 ? 0x90 : 0x80, high = c == 0xF4 ? 0x8F : 0xBF;
    return c <= 0xF4 && n >= 4 && s[1] >= low && s[1] <= high && (s[2] & 0xC0) == 0x80 && (s[3] & 0xC0) == 0x80 ? 4 : 0;
}

/* Decode the sequence of `len` bytes at s, which kc_utf8_length has accepted. */
static inline uint32_t kc_utf8_decode(const unsigned char *s, size_t len)
{
    uint32_t c = len == 1 ? s[0] : s[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (s[i] & 0x3Fu);
    return c;
}

/* Return the first byte of the first malformed sequence in [p, end), or NULL. */
const char *kc_utf8_bad(const char *p, const char *end);

#endif
