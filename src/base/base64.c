/* Bytes as text of 64 characters, three as four. */
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int kc_base64_add(struct kc_buf *b, const void *p, size_t n, struct kc_err *e)
{
    const unsigned char *s = p;
    if (kc_buf_reserve(b, kc_mem_mul(kc_mem_add(n, 2) / 3, 4), e) != 0)
        return -1;
    char *to = b->p + b->n;
    for (size_t i = 0; i < n; i += 3, to += 4) {
        const size_t left = n - i;
        const uint32_t v = (uint32_t)s[i] << 16 | (left > 1 ? (uint32_t)s[i + 1] << 8 : 0) | (left > 2 ? s[i + 2] : 0);
        to[0] = digits[v >> 18];
        to[1] = digits[v >> 12 & 63];
        to[2] = left > 1 ? digits[v >> 6 & 63] : '=';
        to[3] = left > 2 ? digits[v & 63] : '=';
    }
    b->n += (n + 2) / 3 * 4;
    return 0;
}
