/* Inflate pages: all of one, or its first bytes only, which is enough for the levels that say where rows begin. A size
 * that no such data can inflate to is refused before memory is taken for it; zstd, which can inflate to anything, is
 * given memory as its bytes come. */
#include "in/formats/parquet.h"

#include <limits.h>
#include <lz4.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#define FIRST_STEP ((size_t)1 << 20) /* memory that zstd begins with if it claims more than 64 times its size */

int kc_pq_inflates_to(enum kc_pq_codec c, size_t n, size_t full)
{
    switch (c) {
    case KC_PQ_NONE: return n == full;
    case KC_PQ_SNAPPY: return full / 32 <= n; /* 64 bytes of 3 */
    case KC_PQ_GZIP: return full / 1040 <= n; /* 258 bytes of 2 bits */
    case KC_PQ_LZ4_RAW: return full / 256 <= n;
    case KC_PQ_ZSTD: break;
    }
    return 1;
}

/* Inflate gzip, or zlib, which some writers take for it. */
static int inflate_gzip(const char *src, size_t n, char *out, size_t want, size_t full, struct kc_err *e)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    if (n > UINT_MAX || want > UINT_MAX)
        return 1;
    if (inflateInit2(&z, 15 + 32) != Z_OK)
        return kc_mem_fail(e, 1 << 16);
    z.next_in = (const Bytef *)src;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)want;
    int rc = Z_OK;
    while (rc == Z_OK && z.avail_out > 0) {
        rc = inflate(&z, Z_NO_FLUSH);
        if (rc == Z_STREAM_END && z.avail_out > 0 && z.avail_in > 0)
            rc = inflateReset(&z); /* another member */
    }
    int bad = z.avail_out > 0 || (rc != Z_OK && rc != Z_STREAM_END) || (rc == Z_STREAM_END && z.avail_in > 0);
    if (!bad && want == full && rc == Z_OK) { /* nothing may follow */
        char more;
        z.next_out = (Bytef *)&more;
        z.avail_out = 1;
        rc = inflate(&z, Z_FINISH);
        bad = rc != Z_STREAM_END || z.avail_out == 0;
    }
    inflateEnd(&z);
    return rc == Z_MEM_ERROR ? kc_mem_fail(e, 1 << 16) : bad;
}

/* Inflate the first bytes of zstd's. */
static int inflate_zstd_head(const char *src, size_t n, char *out, size_t want, struct kc_err *e)
{
    ZSTD_DCtx *z = ZSTD_createDCtx();
    if (!z)
        return kc_mem_fail(e, 1 << 17);
    ZSTD_inBuffer in = {src, n, 0};
    ZSTD_outBuffer to = {out, want, 0};
    size_t rc = 0, before;
    do {
        before = in.pos + to.pos;
        rc = ZSTD_decompressStream(z, &to, &in);
    } while (!ZSTD_isError(rc) && to.pos < want && in.pos + to.pos > before);
    ZSTD_freeDCtx(z);
    return ZSTD_isError(rc) || to.pos < want;
}

/* Inflate all bytes of zstd's. */
static int inflate_zstd(const char *src, size_t n, char *out, size_t full, struct kc_err *e)
{
    ZSTD_DCtx *z = ZSTD_createDCtx();
    if (!z)
        return kc_mem_fail(e, 1 << 17);
    size_t got = ZSTD_decompressDCtx(z, out, full, src, n);
    ZSTD_freeDCtx(z);
    return ZSTD_isError(got) || got != full;
}

int kc_pq_inflate(enum kc_pq_codec c, const char *src, size_t n, char *out, size_t want, size_t full,
                  struct kc_err *e)
{
    switch (c) {
    case KC_PQ_NONE: memcpy(out, src, want); return 0;
    case KC_PQ_SNAPPY: return kc_pq_snappy((const unsigned char *)src, n, (unsigned char *)out, want, full);
    case KC_PQ_GZIP: return inflate_gzip(src, n, out, want, full, e);
    case KC_PQ_ZSTD: return want < full ? inflate_zstd_head(src, n, out, want, e) : inflate_zstd(src, n, out, full, e);
    case KC_PQ_LZ4_RAW:
        if (n > INT_MAX || full > INT_MAX)
            return 1;
        return want < full ? LZ4_decompress_safe_partial(src, out, (int)n, (int)want, (int)want) != (int)want :
                             LZ4_decompress_safe(src, out, (int)n, (int)full) != (int)full;
    }
    return 1;
}

/* Inflate zstd into memory that grows as its bytes come. */
static int inflate_slowly(const char *src, size_t n, struct kc_buf *b, size_t full, struct kc_err *e)
{
    for (size_t have = FIRST_STEP;; have *= 2) { /* from the beginning each time: such pages are rare, or hostile */
        have = have < full ? have : full;
        b->n = 0;
        if (kc_buf_reserve(b, have, e) != 0)
            return -1;
        int rc = have == full ? inflate_zstd(src, n, b->p, full, e) : inflate_zstd_head(src, n, b->p, have, e);
        if (rc != 0)
            return rc;
        if (have == full)
            return 0;
    }
}

int kc_pq_inflate_all(enum kc_pq_codec c, const char *src, size_t n, struct kc_buf *b, size_t full, struct kc_err *e)
{
    int rc;
    b->n = 0;
    if (!kc_pq_inflates_to(c, n, full))
        return 1;
    if (full == 0)
        return kc_buf_reserve(b, 1, e);
    if (c == KC_PQ_ZSTD && full > FIRST_STEP && full / 64 > n)
        rc = inflate_slowly(src, n, b, full, e);
    else
        rc = kc_buf_reserve(b, full, e) != 0 ? -1 : kc_pq_inflate(c, src, n, b->p, full, full, e);
    b->n = rc == 0 ? full : 0;
    return rc;
}
