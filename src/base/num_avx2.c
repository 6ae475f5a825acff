/* Arrays of numbers, four at once.
 *
 * Number after number, the CPU waits: where one ends is known only when its digits have been looked at, and a guess at
 * their count is wrong for one number in three (35 cycles a number of 12 bytes). So 64 bytes are searched for
 * separators, signs and points first; the four numbers whose ends are known then are converted side by side, with no
 * branch on their lengths. That takes 160 instructions for four numbers of up to 15 bytes, 10 cycles a number at 4 a
 * cycle. Measured are 15 (Zen 3): the chain from the text to the four floats is 80 cycles long, and the reorder buffer
 * of 256 holds hardly more than one and a half of them. */
#include "base/num_simd.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define AVX2_INLINE static inline __attribute__((target("avx2,bmi,bmi2,popcnt"), always_inline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

#define FRACTION 22 /* digits after the point: 10^22 is the last power of ten that is a double */
#define NO_POINT 23

/* Powers of ten, by digits after the point. */
static const double scale[NO_POINT + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                           1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1};

/* 32 bytes from edges + n: the last n are set. 16 bytes from edges + 48 + n: all but the last n are set. */
static const unsigned char edges[96] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

/* By length, for numbers of one digit, a point and more digits: the shuffle that drops the point and what comes before
 * the number. */
#define N 0x80
static const unsigned char drop_point[16][16] = {
    {N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N},
    {N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N},
    {N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N},
    {N, N, N, N, N, N, N, N, N, N, N, N, N, N, 13, 15},
    {N, N, N, N, N, N, N, N, N, N, N, N, N, 12, 14, 15},
    {N, N, N, N, N, N, N, N, N, N, N, N, 11, 13, 14, 15},
    {N, N, N, N, N, N, N, N, N, N, N, 10, 12, 13, 14, 15},
    {N, N, N, N, N, N, N, N, N, N, 9, 11, 12, 13, 14, 15},
    {N, N, N, N, N, N, N, N, N, 8, 10, 11, 12, 13, 14, 15},
    {N, N, N, N, N, N, N, N, 7, 9, 10, 11, 12, 13, 14, 15},
    {N, N, N, N, N, N, N, 6, 8, 9, 10, 11, 12, 13, 14, 15},
    {N, N, N, N, N, N, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {N, N, N, N, N, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {N, N, N, N, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {N, N, N, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {N, N, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
};
#undef N

AVX2_INLINE __m256i load32(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* Load 16 bytes from each. */
AVX2_INLINE __m256i load16x2(const void *low, const void *high)
{
    __m128i a = _mm_loadu_si128((const __m128i *)low), b = _mm_loadu_si128((const __m128i *)high);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
}

/* Return the high bits of 64 bytes, one bit each. */
AVX2_INLINE uint64_t bits64(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* Kept in memory, behind a pointer: the compiler would otherwise build each anew, in three instructions, at every
 * use. */
struct constants {
    __m256i sep, blank, minus, point, naught, nine, tens, hundreds, myriads, two52, iota;
    uint64_t blanks; /* all ones where a blank may come before a number, 0 where blanks separate them */
};

/* Return the positions of byte c in the 64 bytes a, b. */
AVX2_INLINE uint64_t positions_of(__m256i a, __m256i b, __m256i c)
{
    return bits64(_mm256_cmpeq_epi8(a, c), _mm256_cmpeq_epi8(b, c));
}

/* Four numbers without their signs, as offsets from p. */
struct four {
    const char *p;
    size_t begin[4], end[4], len[4];
    size_t f[4];       /* digits after the point, NO_POINT if there is none */
    unsigned negative; /* bit i: number i is negative */
};

/* Round four doubles to floats and store them with their signs. */
AVX2_INLINE void store_floats(float *out, __m256d d, unsigned negative)
{
    __m128i sign = _mm_sllv_epi32(_mm_set1_epi32((int)negative), _mm_setr_epi32(31, 30, 29, 28));
    sign = _mm_and_si128(sign, _mm_set1_epi32((int)0x80000000u));
    _mm_storeu_ps(out, _mm_or_ps(_mm256_cvtpd_ps(d), _mm_castsi128_ps(sign)));
}

/* Convert digit values to numbers of four digits, in 32 bits each. */
AVX2_INLINE __m256i join4(__m256i v, const struct constants *k)
{
    return _mm256_madd_epi16(_mm256_maddubs_epi16(v, k->tens), k->hundreds);
}

/* Convert to numbers of eight digits: in each 128-bit lane the two of a, then the two of b. */
AVX2_INLINE __m256i join8(__m256i a, __m256i b, const struct constants *k)
{
    return _mm256_madd_epi16(_mm256_packus_epi32(a, b), k->myriads);
}

/* Convert the lower (upper) halves of 64-bit lanes to doubles: they are put below the exponent of 2^52, which is then
 * subtracted. */
AVX2_INLINE __m256d low_double(__m256i v, const struct constants *k)
{
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_blend_epi32(v, k->two52, 0xAA)), _mm256_castsi256_pd(k->two52));
}

AVX2_INLINE __m256d high_double(__m256i v, const struct constants *k)
{
    return low_double(_mm256_srli_epi64(v, 32), k);
}

/* Return the four powers of ten to divide by. */
AVX2_INLINE __m256d divisor(const size_t f[4])
{
    return _mm256_setr_pd(scale[f[0]], scale[f[1]], scale[f[2]], scale[f[3]]);
}

AVX2_INLINE int all_digits(__m256i v, const struct constants *k)
{
    __m256i over = _mm256_subs_epu8(v, k->nine);
    return _mm256_testz_si256(over, over);
}

/* Convert four numbers of 1 to 15 bytes. one_digit: each has one digit before the point and at least one after it. The
 * 16 bytes before each end are readable. Return 0, with out untouched, if one of them is no number, or not one for this
 * way. */
AVX2_INLINE int convert16(const struct four *t, int one_digit, float *out, const struct constants *k)
{
    __m256i v[2];
    UNROLL for (int i = 0; i < 2; i++) { /* numbers i and i + 2, so that join8 leaves the four in order */
        v[i] = _mm256_xor_si256(load16x2(t->p + t->end[i] - 16, t->p + t->end[i + 2] - 16), k->naught);
        if (one_digit) {
            v[i] = _mm256_shuffle_epi8(v[i], load16x2(drop_point[t->len[i]], drop_point[t->len[i + 2]]));
        } else { /* move up what is before the point */
            __m256i back = load16x2(edges + 48 + t->f[i], edges + 48 + t->f[i + 2]);
            v[i] = _mm256_and_si256(v[i], load16x2(edges + 16 + t->len[i], edges + 16 + t->len[i + 2]));
            v[i] = _mm256_shuffle_epi8(v[i], _mm256_add_epi8(k->iota, back));
        }
    }
    __m256i w = join8(join4(v[0], k), join4(v[1], k), k);
    /* exact: at most 15 digits */
    __m256d d = _mm256_add_pd(_mm256_mul_pd(low_double(w, k), _mm256_set1_pd(1e8)), high_double(w, k));
    if (UNLIKELY(!all_digits(_mm256_max_epu8(v[0], v[1]), k)))
        return 0;
    if (!one_digit) {
        unsigned zero = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(d, _mm256_setzero_pd(), _CMP_EQ_OQ));
        if (UNLIKELY(zero & t->negative)) /* the integer -0 is 0 */
            return 0;
    }
    /* by a power of ten that is a double, so the quotient is the double nearest to the decimal */
    store_floats(out, _mm256_div_pd(d, divisor(t->f)), t->negative);
    return 1;
}

/* Convert four numbers of one digit, a point and 1 to 22 digits. The 32 bytes before each end are readable. Return 0 as
 * convert16. */
AVX2_INLINE int convert32(const struct four *t, float *out, const struct constants *k)
{
    const char *p = t->p;
    __m256i v[4];
    UNROLL for (int i = 0; i < 4; i++) {
        v[i] = _mm256_xor_si256(load32(p + t->end[i] - 32), k->naught);
        v[i] = _mm256_and_si256(v[i], load32(edges + t->f[i]));
    }
    __m256i first = _mm256_setr_epi64x(p[t->begin[0]] - '0', p[t->begin[1]] - '0', p[t->begin[2]] - '0',
                                       p[t->begin[3]] - '0');
    __m256i most = _mm256_max_epu8(_mm256_max_epu8(v[0], v[1]), _mm256_max_epu8(v[2], v[3]));
    __m256i a = join8(join4(v[0], k), join4(v[1], k), k), b = join8(join4(v[2], k), join4(v[3], k), k);
    __m256i top = _mm256_permute2x128_si256(a, b, 0x20), low = _mm256_permute2x128_si256(a, b, 0x31);
    __m256d d = _mm256_add_pd(_mm256_mul_pd(low_double(low, k), _mm256_set1_pd(1e8)), high_double(low, k));
    d = _mm256_add_pd(_mm256_mul_pd(high_double(top, k), _mm256_set1_pd(1e16)), d);
    d = _mm256_add_pd(_mm256_div_pd(d, divisor(t->f)), low_double(first, k));
    /* Five roundings leave d within 5 units of the double nearest to the decimal. Both round to the same float unless a
     * midpoint of two floats (the 29 low bits are 1000...) is near: see num.c. The upper halves never match. */
    __m256i tail = _mm256_and_si256(_mm256_castpd_si256(d), _mm256_set1_epi64x(0x1FFFFFFF));
    tail = _mm256_abs_epi32(_mm256_sub_epi32(tail, _mm256_set1_epi64x(0x7FFFFFFF10000000)));
    __m256i near = _mm256_cmpgt_epi32(_mm256_set1_epi32(9), tail);
    if (UNLIKELY(!all_digits(_mm256_max_epu8(most, first), k) || !_mm256_testz_si256(near, near)))
        return 0;
    store_floats(out, d, t->negative);
    return 1;
}

/* Convert the four elements at p, which end where the lowest four bits of `ends` say, counted from p. a, b: the 64
 * bytes at p. Return the first byte after the fourth; NULL if convert16 and convert32 return 0. */
AVX2_INLINE const char *near4(const char *p, __m256i a, __m256i b, uint64_t ends, float *out,
                              const struct constants *k)
{
    struct four t = {.p = p};
    uint64_t e[4] = {ends, _blsr_u64(ends), 0, 0};
    e[2] = _blsr_u64(e[1]);
    e[3] = _blsr_u64(e[2]);
    uint64_t inside = _blsmsk_u64(e[3]);
    /* From where the elements begin, past a blank and past the sign: adding a bit to itself moves it up. */
    uint64_t begins = (ends << 1 | 1) & inside;
    begins += begins & positions_of(a, b, k->blank) & k->blanks;
    uint64_t negative = begins & positions_of(a, b, k->minus);
    begins += negative;
    t.negative = (unsigned)_pext_u64(negative << 1, begins);
    uint64_t u = begins;
    UNROLL for (int i = 0; i < 4; i++) {
        t.begin[i] = _tzcnt_u64(u);
        t.end[i] = _tzcnt_u64(e[i]);
        t.len[i] = t.end[i] - t.begin[i];
        u = _blsr_u64(u);
    }
    if (UNLIKELY(begins & ends)) /* empty */
        return NULL;
    size_t longest = t.len[0] | t.len[1] | t.len[2] | t.len[3];
    uint64_t point = positions_of(a, b, k->point);
    int good;
    if (LIKELY(((begins << 1 & inside & ~point) | (begins << 2 & ends)) == 0)) {
        /* each is one digit, a point, and one digit or more */
        UNROLL for (int i = 0; i < 4; i++)
            t.f[i] = t.len[i] - 2;
        if (LIKELY(longest < 16)) {
            good = convert16(&t, 1, out, k);
        } else {
            size_t most = 0;
            for (int i = 0; i < 4; i++)
                most = t.f[i] > most ? t.f[i] : most;
            good = most <= FRACTION && convert32(&t, out, k);
        }
    } else {
        /* .5, 5. and 05 are no numbers */
        uint64_t stops = point | ends, leading = begins & positions_of(a, b, k->naught);
        uint64_t bad = (begins & point) | (point << 1 & ends & inside) | (leading << 1 & ~stops);
        UNROLL for (int i = 0; i < 4; i++) {
            size_t whole = _tzcnt_u64(point >> t.begin[i]);
            t.f[i] = whole < t.len[i] ? t.len[i] - whole - 1 : NO_POINT;
        }
        good = !bad && longest < 16 && convert16(&t, 0, out, k);
    }
    return good ? p + t.end[3] + 1 : NULL;
}

/* Convert four elements as near4 does, but spanning up to 128 bytes. Bit i of ends2 stands for byte 64 + i. */
AVX2_INLINE const char *far4(const char *p, uint64_t ends, uint64_t ends2, float *out, const struct constants *k)
{
    struct four t = {.p = p};
    size_t at = 0;
    unsigned other = 0;
    UNROLL for (int i = 0; i < 4; i++) {
        at += (p[at] == ' ') & k->blanks;
        unsigned negative = p[at] == '-';
        t.negative |= negative << i;
        t.begin[i] = at + negative;
        t.end[i] = ends ? _tzcnt_u64(ends) : 64 + _tzcnt_u64(ends2);
        t.len[i] = t.end[i] - t.begin[i];
        t.f[i] = t.len[i] - 2;
        other |= (unsigned)(p[t.begin[i] + 1] != '.') | (unsigned)(t.len[i] - 3 >= FRACTION);
        at = t.end[i] + 1;
        ends2 = ends ? ends2 : _blsr_u64(ends2);
        ends = _blsr_u64(ends);
    }
    return !other && convert32(&t, out, k) ? p + at : NULL;
}

int kc_num_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

AVX2 size_t kc_num_listed_avx2(const char **pp, const char *floor, float *out, size_t room,
                               const struct kc_num_list *list)
{
    const struct constants c = {
        _mm256_set1_epi8(list->sep), _mm256_set1_epi8(' '), _mm256_set1_epi8('-'), _mm256_set1_epi8('.'),
        _mm256_set1_epi8('0'), _mm256_set1_epi8(9), _mm256_set1_epi16(0x010A), _mm256_set1_epi32(0x00010064),
        _mm256_set1_epi32(0x00012710), _mm256_set1_epi64x(0x4330000000000000),
        _mm256_set_epi64x(0x0F0E0D0C0B0A0908, 0x0706050403020100, 0x0F0E0D0C0B0A0908, 0x0706050403020100),
        list->sep == ' ' ? 0 : UINT64_MAX};
    const struct constants *k = &c;
    const char *p = *pp;
    size_t n = 0;
    __asm__("" : "+r"(k) : : "memory"); /* from here on the compiler does not know what k points to */
    if (p - floor < 32)
        return 0;
    while (room - n >= 4) {
        __m256i a = load32(p), b = load32(p + 32);
        uint64_t ends = positions_of(a, b, k->sep);
        const char *next = NULL;
        if (LIKELY(_mm_popcnt_u64(ends) >= 4))
            next = near4(p, a, b, ends, out + n, k);
        if (UNLIKELY(!next)) {
            uint64_t close = positions_of(a, b, _mm256_set1_epi8(list->close));
            uint64_t stop = close | positions_of(a, b, _mm256_setzero_si256());
            if (stop) { /* what follows it does not matter: are these the last four? */
                uint64_t first = stop & (~stop + 1);
                ends = (ends & (first - 1)) | (close & first);
                if (_mm_popcnt_u64(ends) == 4)
                    next = near4(p, a, b, ends, out + n, k);
                room = n + 4;
            } else if (_mm_popcnt_u64(ends) < 4) { /* no NUL so far: the next 64 bytes are readable too */
                uint64_t ends2 = positions_of(load32(p + 64), load32(p + 96), k->sep);
                if (_mm_popcnt_u64(ends) + _mm_popcnt_u64(ends2) >= 4)
                    next = far4(p, ends, ends2, out + n, k);
            }
            if (!next)
                break;
        }
        n += 4;
        p = next;
    }
    *pp = n > 0 ? p - 1 : p;
    return n;
}

#endif
