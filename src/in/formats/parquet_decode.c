/* Decode runs and differences, the encodings of Parquet's levels, dictionary indices and integers (parquet-format's
 * Encodings.md, 2.11). Levels are not unpacked: whether the next thousand of them say "goes on" is found out by
 * comparing words of 64 bits with a pattern, or at once where they are a run. */
#include "in/formats/parquet_decode.h"

#include "base/bytes.h"

/* Load 64 bits at p, of which those from `end` on are zero. */
static uint64_t load_word(const unsigned char *p, const unsigned char *end)
{
    uint64_t v = 0;
    if (end - p >= 8)
        return kc_le64(p);
    for (unsigned i = 0; p + i < end; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* Read a varint of up to 32 (or 64) bits. Return -1 if there is none. */
static int read_varint(const unsigned char **p, const unsigned char *end, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
        unsigned b = *(*p)++;
        *out |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80))
            return 0;
    }
    return -1;
}

void kc_pq_rle_begin(struct kc_pq_rle *r, const void *p, size_t n, unsigned width)
{
    *r = (struct kc_pq_rle){.p = p, .end = n ? (const unsigned char *)p + n : p, .width = width};
}

/* Begin the next run that is not empty. Return 0 if there is none. */
static int next_run(struct kc_pq_rle *r)
{
    while (r->left == 0) {
        uint64_t head, n;
        if (r->bad || read_varint(&r->p, r->end, &head) != 0 || head > UINT32_MAX) {
            r->bad = 1;
            return 0;
        }
        n = (uint64_t)(r->end - r->p);
        r->packed = head & 1;
        r->left = head >> 1;
        if (r->packed) {
            uint64_t bytes = r->left * r->width;
            r->left *= 8;
            r->bits = r->p;
            r->bit = 0;
            if (bytes > n) { /* some writers leave out the bytes that pad the last run */
                bytes = n;
                r->left = n * 8 / r->width;
            }
            r->p += bytes;
        } else {
            unsigned bytes = (r->width + 7) / 8;
            if (bytes > n) {
                r->bad = 1;
                return 0;
            }
            r->value = 0;
            for (unsigned i = 0; i < bytes; i++)
                r->value |= (uint32_t)r->p[i] << (8 * i);
            r->p += bytes;
        }
    }
    return 1;
}

/* Return v repeated in all 64 bits, as far as it fits. */
static uint64_t repeat_value(uint32_t v, unsigned width)
{
    uint64_t all = v;
    for (unsigned w = width; w < 64; w *= 2)
        all |= all << w;
    return all;
}

size_t kc_pq_rle_equal(struct kc_pq_rle *r, uint32_t v, size_t most)
{
    size_t n = 0;
    if (r->width == 0)
        return v == 0 ? most : 0;
    uint64_t pattern = repeat_value(v, r->width);
    while (n < most && next_run(r)) {
        size_t take = r->left < most - n ? (size_t)r->left : most - n;
        if (!r->packed) {
            if (r->value != v)
                return n;
            r->left -= take;
            n += take;
            continue;
        }
        while (take > 0) {
            unsigned off = (unsigned)(r->bit & 7), fits = (64 - off) / r->width;
            fits = fits < take ? fits : (unsigned)take;
            uint64_t diff = (load_word(r->bits + (r->bit >> 3), r->p) >> off) ^ pattern;
            diff &= fits * r->width < 64 ? ((uint64_t)1 << (fits * r->width)) - 1 : UINT64_MAX;
            unsigned same = diff ? kc_ctz64(diff) / r->width : fits;
            r->bit += (uint64_t)same * r->width;
            r->left -= same;
            take -= same;
            n += same;
            if (same < fits)
                return n;
        }
    }
    return n;
}

void kc_pq_rle_take(struct kc_pq_rle *r, uint32_t *out, size_t n)
{
    if (r->width == 0) {
        for (size_t i = 0; out && i < n; i++)
            out[i] = 0;
        return;
    }
    uint64_t mask = ((uint64_t)1 << r->width) - 1;
    while (n > 0) {
        if (!next_run(r)) {
            for (size_t i = 0; out && i < n; i++)
                out[i] = 0;
            return;
        }
        size_t take = r->left < n ? (size_t)r->left : n;
        if (out && r->packed) {
            uint64_t bit = r->bit;
            for (size_t i = 0; i < take; i++, bit += r->width)
                out[i] = (uint32_t)((load_word(r->bits + (bit >> 3), r->p) >> (bit & 7)) & mask);
        } else if (out) {
            for (size_t i = 0; i < take; i++)
                out[i] = r->value;
        }
        r->bit += take * r->width;
        r->left -= take;
        out = out ? out + take : NULL;
        n -= take;
    }
}

#define MOST_IN_BLOCK 65536 /* numbers of a block; writers use 128 to 2048 */

void kc_pq_delta_begin(struct kc_pq_delta *d, const void *p, size_t n)
{
    uint64_t block, minis, first;
    *d = (struct kc_pq_delta){.p = p, .end = n ? (const unsigned char *)p + n : p, .first = 1};
    d->bad = read_varint(&d->p, d->end, &block) != 0 || read_varint(&d->p, d->end, &minis) != 0 ||
             read_varint(&d->p, d->end, &d->left) != 0 || read_varint(&d->p, d->end, &first) != 0 || block == 0 ||
             block > MOST_IN_BLOCK || minis == 0 || block % minis != 0 || block / minis % 8 != 0;
    if (d->bad)
        return;
    d->mini = (size_t)(block / minis);
    d->minis = d->next_mini = (unsigned)minis;
    d->last = (first >> 1) ^ (0 - (first & 1));
}

/* Begin the next miniblock. Return 0 if there is none. */
static int next_mini(struct kc_pq_delta *d)
{
    if (d->next_mini == d->minis) {
        uint64_t least;
        if (read_varint(&d->p, d->end, &least) != 0 || (size_t)(d->end - d->p) < d->minis) {
            d->bad = 1;
            return 0;
        }
        d->least = (least >> 1) ^ (0 - (least & 1));
        d->widths = d->p;
        d->p += d->minis;
        d->next_mini = 0;
    }
    d->width = d->widths[d->next_mini++];
    size_t bytes = d->mini / 8 * d->width, most = (size_t)(d->end - d->p);
    /* the last one need not be whole */
    if (d->width > 64 || (bytes > most && (d->left > d->mini || most < (d->left * d->width + 7) / 8))) {
        d->bad = 1;
        return 0;
    }
    d->bits = d->p;
    d->bit = 0;
    d->in_mini = d->mini;
    d->p += bytes < most ? bytes : most;
    return 1;
}

/* Read the next packed number of the miniblock. */
static uint64_t next_packed(struct kc_pq_delta *d)
{
    const unsigned char *p = d->bits + (d->bit >> 3);
    unsigned off = (unsigned)(d->bit & 7);
    if (d->width == 0)
        return 0;
    uint64_t v = load_word(p, d->p) >> off;
    if (off + d->width > 64 && d->p - p > 8)
        v |= (uint64_t)p[8] << (64 - off);
    d->bit += d->width;
    return d->width == 64 ? v : v & (((uint64_t)1 << d->width) - 1);
}

void kc_pq_delta_take(struct kc_pq_delta *d, int64_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (d->bad || d->left == 0) {
            d->bad = 1;
            for (; out && i < n; i++)
                out[i] = 0;
            return;
        }
        if (d->first) {
            d->first = 0;
        } else {
            if (d->in_mini == 0 && !next_mini(d)) {
                i--;
                continue;
            }
            d->last += d->least + next_packed(d);
            d->in_mini--;
        }
        d->left--;
        if (out)
            out[i] = (int64_t)d->last;
    }
}

const unsigned char *kc_pq_delta_after(const struct kc_pq_delta *d)
{
    struct kc_pq_delta walk = *d;
    if (walk.first && walk.left > 0) {
        walk.first = 0;
        walk.left--;
    }
    for (; !walk.bad && walk.left > 0; walk.in_mini = 0) {
        size_t n = walk.in_mini;
        if (n == 0 && next_mini(&walk))
            n = walk.in_mini;
        walk.left -= n < walk.left ? n : walk.left;
    }
    return walk.bad ? NULL : walk.p;
}
