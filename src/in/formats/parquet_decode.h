/* The encodings of Parquet's numbers: runs (levels, dictionary indices) and differences. A decoder is a value: a copy
 * of it goes on from the same place, on any thread. It reads bytes that nobody vouches for; bad is set when they end
 * too early or make no sense, and zeros follow. */
#ifndef KC_IN_FORMATS_PARQUET_DECODE_H
#define KC_IN_FORMATS_PARQUET_DECODE_H

#include <stddef.h>
#include <stdint.h>

/* Runs of equal numbers, mixed with packed ones ("RLE/bit-packing hybrid"). */
struct kc_pq_rle {
    const unsigned char *p, *end; /* after the present run */
    unsigned width;               /* bits of a number, at most 32 */
    int packed, bad;
    uint64_t left;                /* numbers left in the run */
    uint32_t value;               /* if not packed */
    const unsigned char *bits;    /* packed: they begin here; they end at p */
    uint64_t bit;                 /* the next */
};

void kc_pq_rle_begin(struct kc_pq_rle *r, const void *p, size_t n, unsigned width);
/* Pass over numbers equal to v, at most `most` of them. Return how many. */
size_t kc_pq_rle_equal(struct kc_pq_rle *r, uint32_t v, size_t most);
/* Read n numbers (out NULL: skip them). */
void kc_pq_rle_take(struct kc_pq_rle *r, uint32_t *out, size_t n);

/* Differences ("DELTA_BINARY_PACKED"). */
struct kc_pq_delta {
    const unsigned char *p, *end; /* after the present miniblock */
    int bad;
    size_t mini;                  /* numbers of a miniblock */
    unsigned minis, next_mini;    /* miniblocks of a block */
    const unsigned char *widths;  /* (minis) */
    const unsigned char *bits;    /* of the present miniblock */
    uint64_t bit;
    size_t in_mini;               /* numbers left in it */
    unsigned width;
    uint64_t least;               /* the block's smallest difference */
    uint64_t last;
    uint64_t left;                /* numbers left in all */
    int first;                    /* the first one has not been read */
};

void kc_pq_delta_begin(struct kc_pq_delta *d, const void *p, size_t n);
void kc_pq_delta_take(struct kc_pq_delta *d, int64_t *out, size_t n); /* out NULL: skip them */
/* Return what follows all the numbers, which are walked through; NULL if they are bad. */
const unsigned char *kc_pq_delta_after(const struct kc_pq_delta *d);

#endif
