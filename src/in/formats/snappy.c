/* Inflate Snappy (format_description.txt of google/snappy). Debian's libsnappy would do it, but it is C++: loading its
 * runtime takes half as long as all of `kclust --version`. Unlike it, this can stop after the first `want` bytes, which
 * is how the levels at the head of a page are read without the numbers after them. */
#include "in/formats/parquet.h"

#include <string.h>

/* Copy n bytes within the output from `offset` before it. They may overlap, and then repeat. */
static void copy_back(unsigned char *out, size_t offset, size_t n)
{
    const unsigned char *from = out - offset;
    if (offset >= n) {
        memcpy(out, from, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = from[i];
}

/* Read the bytes of a little-endian number. */
static size_t read_number(const unsigned char *p, unsigned bytes)
{
    size_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (size_t)p[i] << (8 * i);
    return v;
}

int kc_pq_snappy(const unsigned char *src, size_t n, unsigned char *out, size_t want, size_t full)
{
    const unsigned char *end = src + n;
    struct kc_pq_thrift head = {src, end, 0, 0}; /* the same varint */
    size_t at = 0;
    if (kc_pq_varint(&head) != full || head.bad)
        return 1;
    for (src = head.p; at < want;) {
        if (src == end)
            return 1;
        unsigned tag = *src++;
        size_t len = (tag >> 2) + 1, left = want - at;
        unsigned extra = tag & 3 ? (tag & 3) == 3 ? 4 : tag & 3 : len > 60 ? (unsigned)len - 60 : 0;
        if (extra > (size_t)(end - src))
            return 1;
        size_t number = read_number(src, extra);
        src += extra;
        if ((tag & 3) == 0) { /* a literal */
            len = extra ? number + 1 : len;
            size_t take = len < left ? len : left;
            if (take > (size_t)(end - src))
                return 1;
            memcpy(out + at, src, take);
            src += take;
            at += take;
            continue;
        }
        if ((tag & 3) == 1) {
            number |= (size_t)(tag >> 5) << 8;
            len = (tag >> 2 & 7) + 4;
        }
        if (number == 0 || number > at)
            return 1;
        len = len < left ? len : left;
        copy_back(out + at, number, len);
        at += len;
    }
    return want == full && src != end;
}
