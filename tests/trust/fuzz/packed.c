/* gzip and zstd. Stored bytes as they come, against one call of the library for each member; and lines that are packed
 * by us, whole or damaged: they are read as if they were plain, or refused, and never anything else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_getFrameHeader */
#include <zstd.h>
#include <zstd_errors.h>
#include "fuzz.h"
#include "io/source.h"

#define MOST ((size_t)1 << 20) /* inflated bytes that are looked at */

enum verdict { WHOLE, BROKEN, TOO_MUCH };

struct bytes {
    uint8_t p[MOST];
    size_t n;
};

static enum verdict read_all(const char *path, size_t step, struct bytes *out, struct kc_err *e)
{
    static char piece[65536];
    struct kc_source *s = NULL;
    enum verdict v = WHOLE;
    out->n = 0;
    *e = (struct kc_err)KC_ERR_INIT;
    FUZZ_CHECK(kc_source_open(&s, path, e) == 0);
    for (;;) {
        size_t got = 0;
        if (kc_source_read(s, piece, step, &got, e) != 0) {
            FUZZ_CHECK(e->code == KC_EINPUT && e->msg[0] != '\0');
            v = BROKEN;
            break;
        }
        if (got == 0)
            break;
        FUZZ_CHECK(got <= step);
        if (got > MOST - out->n) {
            v = TOO_MUCH;
            break;
        }
        memcpy(out->p + out->n, piece, got);
        out->n += got;
    }
    kc_source_free(s);
    return v;
}

static enum verdict gzip_twin(const uint8_t *p, size_t n, struct bytes *out)
{
    enum verdict v = WHOLE;
    out->n = 0;
    while (n > 0 && v == WHOLE) {
        z_stream z = {0};
        if (n < 2 || p[0] != 0x1F || p[1] != 0x8B || (n > 2 && p[2] != 8))
            return BROKEN;
        if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
            abort();
        z.next_in = (Bytef *)p;
        z.avail_in = (uInt)n;
        z.next_out = out->p + out->n;
        z.avail_out = (uInt)(MOST - out->n);
        int rc = inflate(&z, Z_FINISH);
        v = rc == Z_STREAM_END ? WHOLE : rc == Z_BUF_ERROR && z.avail_out == 0 ? TOO_MUCH : BROKEN;
        out->n = MOST - z.avail_out;
        p += n - z.avail_in;
        n = z.avail_in;
        inflateEnd(&z);
    }
    return v;
}

static enum verdict zstd_twin(const uint8_t *p, size_t n, struct bytes *out)
{
    out->n = 0;
    while (n > 0) {
        size_t size = ZSTD_findFrameCompressedSize(p, n);
        if (ZSTD_isError(size))
            return BROKEN;
        size_t got = ZSTD_decompress(out->p + out->n, MOST - out->n, p, size);
        if (ZSTD_isError(got))
            return ZSTD_getErrorCode(got) == ZSTD_error_dstSize_tooSmall ? TOO_MUCH : BROKEN;
        out->n += got;
        p += size;
        n -= size;
    }
    return WHOLE;
}

/* Return 1 if a frame of p (n) has a block larger than its window allows (RFC 8878, 3.1.1.2.4). The library's streams
 * refuse such a block; its one call takes a repeated byte of any length. */
static int has_large_block(const uint8_t *p, size_t n)
{
    while (n > 0) {
        ZSTD_frameHeader h;
        size_t at, size = ZSTD_findFrameCompressedSize(p, n);
        if (ZSTD_isError(size) || ZSTD_getFrameHeader(&h, p, n) != 0)
            return 0;
        for (at = h.frameType == ZSTD_frame ? h.headerSize : size; at + 3 <= size;) {
            unsigned block = p[at] | (unsigned)p[at + 1] << 8 | (unsigned)p[at + 2] << 16;
            if (block >> 3 > h.blockSizeMax)
                return 1;
            if (block & 1) /* the last one */
                break;
            at += 3 + ((block >> 1 & 3) == 1 ? 1 : block >> 3);
        }
        p += size;
        n -= size;
    }
    return 0;
}

static struct bytes got, again, want;

static void put_file(const uint8_t *p, size_t n)
{
    int fd = memfd_create("packed", 0);
    if (fd < 0 || pwrite(fd, p, n, 0) != (ssize_t)n || dup2(fd, 100) < 0)
        abort();
    close(fd);
}

static int starts_packed(const uint8_t *p, size_t n)
{
    return kc_source_packed((const char *)p, n);
}

static void stored(const uint8_t *p, size_t n, size_t step)
{
    struct kc_err e, e2;
    put_file(p, n);
    enum verdict v = read_all("/proc/self/fd/100", 65536, &got, &e);
    enum verdict v2 = read_all("/proc/self/fd/100", step, &again, &e2);
    close(100);
    if (v != v2) /* in the message the place and the library's reason depend on the pieces */
        fuzz_fail("'%s', and read %zu bytes at a time '%s'", e.msg, step, e2.msg);
    FUZZ_CHECK(v != WHOLE || (got.n == again.n && memcmp(got.p, again.p, got.n) == 0));
    if (v != WHOLE) /* what was inflated before the fault is the same, as far as both had it */
        FUZZ_CHECK(memcmp(got.p, again.p, got.n < again.n ? got.n : again.n) == 0);
    enum kc_source_kind kind = (enum kc_source_kind)starts_packed(p, n);
    if (kind == KC_SOURCE_PLAIN) {
        FUZZ_CHECK(v == WHOLE && got.n == n && memcmp(got.p, p, n) == 0);
        return;
    }
    enum verdict w = kind == KC_SOURCE_GZIP ? gzip_twin(p, n, &want) : zstd_twin(p, n, &want);
    if (w == TOO_MUCH || v == TOO_MUCH || strstr(e.msg, "zstd window"))
        return;
    if (v == BROKEN && w == WHOLE && kind == KC_SOURCE_ZSTD && has_large_block(p, n))
        return;
    if (v != w)
        fuzz_fail("verdict %d (%s), the library says %d", (int)v, e.msg, (int)w);
    if (v == WHOLE)
        FUZZ_CHECK(got.n == want.n && memcmp(got.p, want.p, got.n) == 0);
}

static size_t pack_gzip(uint8_t *out, size_t room, const uint8_t *p, size_t n, int level)
{
    z_stream z = {0};
    if (deflateInit2(&z, level % 10, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = (Bytef *)p;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&z);
    return room - z.avail_out;
}

static size_t pack_zstd(uint8_t *out, size_t room, const uint8_t *p, size_t n, int level)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1 + level % 4);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    size_t got_n = ZSTD_compress2(c, out, room, p, n);
    if (ZSTD_isError(got_n))
        abort();
    ZSTD_freeCCtx(c);
    return got_n;
}

/* b: format and level; where a second member begins; kind of damage; its place (2 bytes). */
static void packed(const uint8_t *b, const uint8_t *p, size_t n)
{
    static uint8_t file[4 * 65536];
    size_t split = b[1] ? n * b[1] / 256 : n, room = sizeof file, m, m1;
    if (n > 65536)
        return;
    size_t (*pack)(uint8_t *, size_t, const uint8_t *, size_t, int) = b[0] & 1 ? pack_zstd : pack_gzip;
    m = m1 = pack(file, room, p, split, b[0] >> 1);
    if (split < n)
        m += pack(file + m, room - m, p + split, n - split, b[0] >> 1);
    unsigned damage = b[2] & 3;
    size_t at = (size_t)(b[3] | b[4] << 8);
    struct kc_err e;
    if (damage == 0) { /* as lines they are what they are when plain */
        struct kc_in_opts o = {.format = KC_IN_JSONL, .max_line = 4096, .skip_bad = b[2] >> 2 & 1,
                               .max_bad = 1};
        struct fuzz_load plain, l;
        if (starts_packed(p, n)) /* packed twice */
            return;
        fuzz_load(&plain, &o, p, n, (struct fuzz_how){16384, 1, 0});
        fuzz_load(&l, &o, file, m, (struct fuzz_how){1 + b[4], 1, b[3] & 1});
        fuzz_same_load(&plain, &l, 1);
        fuzz_load_free(&plain);
        fuzz_load_free(&l);
        return;
    }
    if (damage == 1)
        m = at % m;
    else if (damage == 2)
        file[at / 8 % m] ^= (uint8_t)(1 << at % 8);
    else
        file[m++] = b[3];
    if (!starts_packed(file, m) || m < 4) /* it is another format now */
        return;
    put_file(file, m);
    enum verdict v = read_all("/proc/self/fd/100", 1 + b[4], &got, &e);
    close(100);
    FUZZ_CHECK(damage != 3 || v == BROKEN);
    FUZZ_CHECK(damage != 1 || (v == WHOLE) == (split < n && m == m1));
    if (v == WHOLE && !(damage == 1 && m == m1))
        FUZZ_CHECK(got.n == n && memcmp(got.p, p, n) == 0);
    else
        FUZZ_CHECK(damage == 2 || (got.n <= n && memcmp(got.p, p, got.n) == 0));
}

void fuzz_packed(const uint8_t *p, size_t n)
{
    if (n < 6)
        return;
    if (p[0] & 1)
        packed(p + 1, p + 6, n - 6);
    else
        stored(p + 2, n - 2, 1 + p[1] * (size_t)p[1]);
}
