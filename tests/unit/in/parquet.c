/* The decoders of Parquet against slow encoders, on random data: whole, in parts, skipped over, and on bytes cut short. */
#include <lz4.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/rng.h"
#include "in/formats/parquet.h"
#include "unit.h"

#define MOST 4000

struct bits {
    unsigned char p[8 * MOST + 64];
    size_t bit;
};

static void add_bits(struct bits *b, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++, b->bit++)
        b->p[b->bit / 8] |= (unsigned char)((v >> i & 1) << b->bit % 8);
}

static void add_varint(struct bits *b, uint64_t v)
{
    for (; v > 127; v >>= 7)
        add_bits(b, (v & 127) | 128, 8);
    add_bits(b, v, 8);
}

static void add_zigzag(struct bits *b, uint64_t v)
{
    add_varint(b, v << 1 ^ (v >> 63 ? UINT64_MAX : 0));
}

/* Write runs and packed groups as chance has it; v gets the numbers. Return how many. */
static size_t encode_runs(struct kc_rng *r, unsigned width, struct bits *b, uint32_t *v)
{
    uint64_t bound = width == 32 ? (uint64_t)1 << 32 : (uint64_t)1 << width;
    size_t n = 0;
    memset(b, 0, sizeof *b);
    while (n < MOST - 200 && b->bit < 8 * (sizeof b->p - 1200)) {
        if (kc_rng_below(r, 2)) {
            size_t groups = 1 + kc_rng_below(r, 20);
            add_varint(b, groups << 1 | 1);
            int same = (int)kc_rng_below(r, 2);
            uint32_t all = (uint32_t)kc_rng_below(r, bound);
            for (size_t i = 0; i < 8 * groups; i++) {
                v[n] = same && kc_rng_below(r, 30) ? all : (uint32_t)kc_rng_below(r, bound);
                add_bits(b, v[n++], width);
            }
        } else {
            size_t run = kc_rng_below(r, 150);
            uint32_t all = (uint32_t)kc_rng_below(r, bound);
            add_varint(b, run << 1);
            add_bits(b, all, 8 * ((width + 7) / 8));
            for (size_t i = 0; i < run; i++)
                v[n++] = all;
        }
    }
    return n;
}

TEST(in_parquet_runs_are_read_whole_in_parts_and_skipped)
{
    static struct bits b;
    static uint32_t want[MOST], got[MOST];
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 1, 0);
    for (unsigned width = 1; width <= 32; width++) {
        size_t n = encode_runs(&r, width, &b, want);
        struct kc_pq_rle rle;
        kc_pq_rle_begin(&rle, b.p, b.bit / 8, width);
        kc_pq_rle_take(&rle, got, n);
        CHECK_MSG(!rle.bad && memcmp(got, want, n * sizeof *got) == 0, "width %u", width);
        kc_pq_rle_begin(&rle, b.p, b.bit / 8, width);
        for (size_t i = 0; i < n;) { /* a copy goes on from where it was made */
            size_t m = kc_rng_below(&r, 40), equal = 0;
            m = m < n - i ? m : n - i;
            struct kc_pq_rle copy = rle;
            kc_pq_rle_take(&rle, kc_rng_below(&r, 2) ? got : NULL, m);
            memset(got, 0xA5, sizeof got);
            kc_pq_rle_take(&copy, got, m);
            CHECK(memcmp(got, want + i, m * sizeof *got) == 0);
            i += m;
            if (i == n)
                break;
            while (i + equal < n && equal < 60 && want[i + equal] == want[i])
                equal++;
            CHECK_MSG(kc_pq_rle_equal(&rle, want[i], 60 < n - i ? 60 : n - i) == equal, "width %u at %zu", width, i);
            i += equal;
        }
        CHECK(!rle.bad);
        for (size_t cut = 0; cut < b.bit / 8; cut += 1 + cut / 4) { /* what is missing is zero, and noted */
            kc_pq_rle_begin(&rle, b.p, cut, width);
            kc_pq_rle_take(&rle, got, n);
            CHECK(rle.bad);
        }
    }
}

TEST(in_parquet_runs_of_no_bits_are_zeros)
{
    struct kc_pq_rle rle;
    uint32_t got[3] = {7, 7, 7};
    kc_pq_rle_begin(&rle, NULL, 0, 0);
    kc_pq_rle_take(&rle, got, 3);
    CHECK(got[0] == 0 && got[1] == 0 && got[2] == 0 && !rle.bad);
    CHECK(kc_pq_rle_equal(&rle, 0, 1000) == 1000 && kc_pq_rle_equal(&rle, 1, 1000) == 0);
}

TEST(in_parquet_differences_are_read_whole_in_parts_and_skipped)
{
    static struct bits b;
    static int64_t want[MOST], got[MOST];
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 2, 0);
    for (unsigned round = 0; round < 130; round++) {
        unsigned wide = round % 65, mini = 8u << kc_rng_below(&r, 3), minis = 1 + (unsigned)kc_rng_below(&r, 5);
        size_t n = round < 3 ? round : 1 + kc_rng_below(&r, 700), block = mini * minis;
        memset(&b, 0, sizeof b);
        for (size_t i = 0; i < n; i++)
            want[i] = (int64_t)(wide == 0 ? 5 + 3 * i : kc_rng_u64(&r) >> (64 - wide) << (i % 2));
        add_varint(&b, block);
        add_varint(&b, minis);
        add_varint(&b, n);
        add_zigzag(&b, n ? (uint64_t)want[0] : 0);
        for (size_t i = 1; i < n; i += block) {
            uint64_t least = (uint64_t)want[i] - (uint64_t)want[i - 1];
            for (size_t j = i; j < n && j < i + block; j++) {
                uint64_t d = (uint64_t)want[j] - (uint64_t)want[j - 1];
                least = (int64_t)d < (int64_t)least ? d : least;
            }
            add_zigzag(&b, least);
            unsigned width[8] = {0};
            for (unsigned k = 0; k < minis; k++) {
                uint64_t any = 0;
                for (size_t j = i + k * mini; j < n && j < i + (k + 1) * mini; j++)
                    any |= (uint64_t)want[j] - (uint64_t)want[j - 1] - least;
                while (width[k] < 64 && any >> width[k])
                    width[k]++;
                add_bits(&b, width[k], 8);
            }
            for (unsigned k = 0; k < minis && i + k * mini < n; k++)
                for (size_t j = i + k * mini; j < i + (k + 1) * mini; j++)
                    add_bits(&b, j < n ? (uint64_t)want[j] - (uint64_t)want[j - 1] - least : 0, width[k]);
        }
        size_t bytes = b.bit / 8;
        struct kc_pq_delta d;
        kc_pq_delta_begin(&d, b.p, bytes + 20); /* something follows */
        CHECK_MSG(kc_pq_delta_after(&d) == b.p + bytes, "round %u", round);
        kc_pq_delta_take(&d, got, n);
        CHECK_MSG(!d.bad && memcmp(got, want, n * sizeof *got) == 0, "round %u", round);
        kc_pq_delta_take(&d, got, 1);
        CHECK(d.bad);
        kc_pq_delta_begin(&d, b.p, bytes);
        for (size_t i = 0, m; i < n; i += m) {
            m = 1 + kc_rng_below(&r, 50);
            m = m < n - i ? m : n - i;
            struct kc_pq_delta copy = d;
            kc_pq_delta_take(&d, NULL, m);
            kc_pq_delta_take(&copy, got, m);
            CHECK(!d.bad && memcmp(got, want + i, m * sizeof *got) == 0);
        }
        for (size_t cut = 0; cut + mini * 8 + 8 < bytes; cut += 1 + cut / 3) {
            kc_pq_delta_begin(&d, b.p, cut);
            kc_pq_delta_take(&d, got, n);
            CHECK(d.bad);
        }
    }
}

TEST(in_parquet_differences_have_sane_blocks)
{
    static const unsigned char bad[][6] = {{0, 1, 5, 0}, {128, 0, 0, 5, 0}, {8, 0, 5, 0}, {8, 3, 5, 0}, {12, 1, 5, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct kc_pq_delta d;
        int64_t x;
        kc_pq_delta_begin(&d, bad[i], sizeof bad[i]);
        kc_pq_delta_take(&d, &x, 1);
        CHECK_MSG(d.bad, "block %zu", i);
    }
}

/* Write Snappy as chance has it: literals and copies of all kinds. Return its length; out gets what it holds. */
static size_t encode_snappy(struct kc_rng *r, unsigned char *out, size_t n, unsigned char *to)
{
    size_t at = 0, o = 0;
    for (uint64_t v = n;; v >>= 7) {
        to[o++] = (unsigned char)((v & 127) | (v > 127 ? 128 : 0));
        if (v <= 127)
            break;
    }
    while (at < n) {
        size_t left = n - at, kind = at == 0 ? 0 : kc_rng_below(r, 4), len = 1 + kc_rng_below(r, kind ? 64 : 300), from = 0;
        if (kind == 1)
            len = 4 + len % 8;
        len = len < left ? len : left;
        if (kind > 0)
            from = 1 + kc_rng_below(r, kind == 1 && at > 2047 ? 2047 : at < 65535 || kind == 3 ? at : 65535);
        if (kind == 0 || (kind == 1 && len < 4)) {
            for (size_t i = 0; i < len; i++)
                out[at + i] = (unsigned char)kc_rng_u64(r);
            if (len <= 60) {
                to[o++] = (unsigned char)((len - 1) << 2);
            } else {
                to[o++] = len <= 256 ? 60 << 2 : 61 << 2;
                to[o++] = (unsigned char)(len - 1);
                if (len > 256)
                    to[o++] = (unsigned char)((len - 1) >> 8);
            }
            memcpy(to + o, out + at, len);
            o += len;
        } else {
            to[o++] = (unsigned char)(kind == 1 ? 1 | (len - 4) << 2 | from >> 8 << 5 : kind | (len - 1) << 2);
            for (unsigned i = 0; i < (kind == 1 ? 1 : kind == 2 ? 2 : 4); i++)
                to[o++] = (unsigned char)(from >> (8 * i));
            for (size_t i = 0; i < len; i++)
                out[at + i] = out[at + i - from];
        }
        at += len;
    }
    return o;
}

TEST(in_parquet_snappy_is_inflated_whole_and_its_first_bytes)
{
    static unsigned char want[20000], packed[40000], got[20000];
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 3, 0);
    for (int round = 0; round < 300; round++) {
        size_t n = 1 + kc_rng_below(&r, sizeof want - 1), m = encode_snappy(&r, want, n, packed);
        CHECK(kc_pq_snappy(packed, m, got, n, n) == 0 && memcmp(got, want, n) == 0);
        size_t some = kc_rng_below(&r, n);
        got[some] = 77;
        CHECK(kc_pq_snappy(packed, m, got, some, n) == 0 && memcmp(got, want, some) == 0 && got[some] == 77);
        CHECK(kc_pq_snappy(packed, kc_rng_below(&r, m), got, n, n) == 1);
        CHECK(kc_pq_snappy(packed, m + 1, got, n, n) == 1);
        CHECK(kc_pq_snappy(packed, m, got, n, n + 1) == 1);
    }
    static const unsigned char before[] = {4, 0, 'a', 1, 5}, none[] = {4, 0, 'a', 1, 0}; /* a copy of what is not there */
    CHECK(kc_pq_snappy(before, sizeof before, got, 4, 4) == 1 && kc_pq_snappy(none, sizeof none, got, 4, 4) == 1);
}

TEST(in_parquet_codecs_inflate_whole_and_their_first_bytes)
{
    static char want[300000], packed[400000], got[300000];
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 4, 0);
    static const enum kc_pq_codec codecs[] = {KC_PQ_NONE, KC_PQ_GZIP, KC_PQ_ZSTD, KC_PQ_LZ4_RAW};
    for (size_t i = 0; i < sizeof want; i++)
        want[i] = (char)(kc_rng_below(&r, 4) ? i / 7 : kc_rng_u64(&r));
    for (size_t c = 0; c < 4; c++)
        for (size_t n = 1; n <= sizeof want; n = n < sizeof want / 9 ? n * 9 : n < sizeof want ? sizeof want : n + 1) {
            size_t m = 0;
            struct kc_err e = KC_ERR_INIT;
            struct kc_buf b = {NULL, 0, 0};
            z_stream z;
            switch (codecs[c]) {
            case KC_PQ_GZIP:
                memset(&z, 0, sizeof z);
                CHECK(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
                z.next_in = (Bytef *)want;
                z.avail_in = (uInt)n;
                z.next_out = (Bytef *)packed;
                z.avail_out = sizeof packed;
                CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
                m = sizeof packed - z.avail_out;
                deflateEnd(&z);
                break;
            case KC_PQ_ZSTD: m = ZSTD_compress(packed, sizeof packed, want, n, 3); break;
            case KC_PQ_LZ4_RAW: m = (size_t)LZ4_compress_default(want, packed, (int)n, sizeof packed); break;
            default: memcpy(packed, want, m = n);
            }
            CHECK(kc_pq_inflate(codecs[c], packed, m, got, n, n, &e) == 0 && memcmp(got, want, n) == 0);
            for (size_t some = 1; some < n; some *= 5) {
                got[some] = 77;
                CHECK_MSG(kc_pq_inflate(codecs[c], packed, m, got, some, n, &e) == 0 && memcmp(got, want, some) == 0 &&
                          got[some] == 77, "codec %d, %zu of %zu", (int)codecs[c], some, n);
            }
            CHECK(kc_pq_inflate_all(codecs[c], packed, m, &b, n, &e) == 0 && b.n == n && memcmp(b.p, want, n) == 0);
            CHECK(kc_pq_inflate_all(codecs[c], packed, m, &b, n + 1, &e) == 1);
            CHECK(kc_pq_inflate_all(codecs[c], packed, m - 1, &b, n, &e) == 1);
            CHECK(n == 1 || kc_pq_inflate_all(codecs[c], packed, m, &b, n - 1, &e) == 1);
            CHECK(e.code == KC_OK);
            kc_buf_free(&b);
        }
}

TEST(in_parquet_zstd_of_great_claims_gets_no_memory_for_them)
{
    static char zeros[8 << 20];
    static char packed[1 << 16];
    struct kc_buf b = {NULL, 0, 0};
    struct kc_err e = KC_ERR_INIT;
    uint64_t before, most;
    size_t m = ZSTD_compress(packed, sizeof packed, zeros, sizeof zeros, 3);
    CHECK(kc_pq_inflate_all(KC_PQ_ZSTD, packed, m, &b, sizeof zeros, &e) == 0 && memcmp(b.p, zeros, sizeof zeros) == 0);
    kc_buf_free(&b);
    m = ZSTD_compress(packed, sizeof packed, zeros, 100000, 3);
    before = kc_mem_held(&most, 1);
    CHECK(kc_pq_inflate_all(KC_PQ_ZSTD, packed, m, &b, INT32_MAX, &e) == 1);
    (void)kc_mem_held(&most, 0);
    CHECK(most - before < (size_t)4 << 20);
    for (int c = 1; c < 8; c++) /* the others cannot even claim it */
        if (c == KC_PQ_SNAPPY || c == KC_PQ_GZIP || c == KC_PQ_LZ4_RAW)
            CHECK(kc_pq_inflate_all((enum kc_pq_codec)c, packed, m, &b, INT32_MAX, &e) == 1);
    kc_buf_free(&b);
}

TEST(in_parquet_numbers_of_every_type_become_floats)
{
    static const unsigned char bytes[] = {0, 0, 0x80, 0xBF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 0, 0, 0, 0x80};
    float x[8];
    uint32_t bits;
    double large[4] = {1e300, -1e39, 0.1, INFINITY};
    kc_pq_convert(KC_PQ_FLOAT, 0, (const char *)bytes, 1, x);
    CHECK(x[0] == -1);
    kc_pq_convert(KC_PQ_INT32, 0, (const char *)bytes + 4, 1, x);
    CHECK(x[0] == -1);
    kc_pq_convert(KC_PQ_INT32, 1, (const char *)bytes + 4, 1, x);
    CHECK(x[0] == 4294967296.0f);
    kc_pq_convert(KC_PQ_INT64, 0, (const char *)bytes + 8, 1, x);
    CHECK(x[0] == -9223372036854775808.0f);
    kc_pq_convert(KC_PQ_INT64, 1, (const char *)bytes + 8, 1, x);
    CHECK(x[0] == 9223372036854775808.0f);
    kc_pq_convert(KC_PQ_FIXED, 0, "\x00\x3C\x01\x00", 2, x);
    CHECK(x[0] == 1 && x[1] == 0x1p-24f);
    kc_pq_convert(KC_PQ_DOUBLE, 0, (const char *)large, 4, x);
    memcpy(&bits, x, 4);
    CHECK(bits == KC_PQ_BEYOND && isnan(x[1]) && x[2] == 0.1f && isinf(x[3]));
}

TEST(in_parquet_thrift_skips_what_it_does_not_know)
{
    /* a struct: bool, byte, i32, double, string, list of bools, map, struct, long field number, the end */
    static const unsigned char all[] = {0x11, 0x13, 5, 0x15, 0x96, 1, 0x17, 1, 2, 3, 4, 5, 6, 7, 8, 0x18, 2, 'a', 'b', 0x19, 0x31,
                                        1, 2, 1, 0x1B, 2, 0x85, 1, 'x', 2, 1, 'y', 4, 0x1C, 0x15, 2, 0, 0x05, 0xE8, 7, 4, 0, 99};
    struct kc_pq_thrift t = {all, all + sizeof all, 0, 0};
    kc_pq_skip(&t, KC_PQ_WIRE_STRUCT);
    CHECK(!t.bad && *t.p == 99);
    for (size_t n = 0; n + 1 < sizeof all; n++) {
        t = (struct kc_pq_thrift){all, all + n, 0, 0};
        kc_pq_skip(&t, KC_PQ_WIRE_STRUCT);
        CHECK_MSG(t.bad && t.cut, "%zu bytes", n);
    }
    unsigned char deep[100];
    memset(deep, 0x1C, sizeof deep);
    t = (struct kc_pq_thrift){deep, deep + sizeof deep, 0, 0};
    kc_pq_skip(&t, KC_PQ_WIRE_STRUCT);
    CHECK(t.bad && !t.cut);
    static const unsigned char long_list[] = {0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0}, long_number[] = {0x80, 0x80, 0x80, 0x80, 0x80,
                                              0x80, 0x80, 0x80, 0x80, 0x80, 1};
    t = (struct kc_pq_thrift){long_list, long_list + sizeof long_list, 0, 0};
    kc_pq_skip(&t, KC_PQ_WIRE_LIST);
    CHECK(t.bad && t.cut);
    t = (struct kc_pq_thrift){long_number, long_number + sizeof long_number, 0, 0};
    CHECK(kc_pq_varint(&t) == 0 && t.bad && !t.cut);
}
