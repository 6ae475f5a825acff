/* Read numbers. The hot loop of the program is kc_num_floats: nearly all of an input is digits. Most numbers take one
 * division of doubles; where its rounding could change the float, which a test of the quotient's low bits shows, the
 * number is converted again with strtod. So the result is always that of numpy.float32(json.loads(text)). */
#include "base/num.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num_simd.h"

_Static_assert(FLT_EVAL_METHOD == 0, "double must be computed as double: on i386 build with -msse2 -mfpmath=sse");

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Significant digits passed to strtod. 768 digits decide how a double is rounded, together with whether any later digit
 * is not 0 (a sticky 1). */
#define EXACT_DIGITS 800

static const double pow10d[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35,
    1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47, 1e48, 1e49, 1e50, 1e51, 1e52, 1e53,
    1e54, 1e55, 1e56, 1e57, 1e58, 1e59, 1e60, 1e61, 1e62, 1e63, 1e64, 1e65, 1e66, 1e67, 1e68, 1e69, 1e70};
#define POW10_MAX 70   /* w < 10^19, so anything below w * 10^-70 is 0 as a float */
#define POW10_EXACT 22 /* 5^22 < 2^53 */

static const uint64_t pow10u[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
static const uint64_t below18[] = { /* 10^(18 - n): w below it has room for n more digits below 10^18 */
    1000000000000000000u, 100000000000000000u, 10000000000000000u, 1000000000000000u,
    100000000000000u,     10000000000000u,     1000000000000u,     100000000000u};

/* Load eight text bytes, the first in the lowest, as digit values. */
static inline uint64_t load_digits(const char *p)
{
    return kc_le64(p) ^ 0x3030303030303030u;
}

/* Mark the first byte of t that is no digit by its high bit. Bits of bytes after it are not reliable: the sum may
 * carry. */
static inline uint64_t mark_non_digits(uint64_t t)
{
    return ((t + 0x7676767676767676u) | t) & 0x8080808080808080u;
}

/* Convert eight digit values to their number: neighbours are joined to pairs, pairs to fours, and fours to eight. */
static inline uint64_t join8(uint64_t t)
{
    t = t * 10 + (t >> 8);
    uint64_t even = t & 0x000000FF000000FFu, odd = (t >> 16) & 0x000000FF000000FFu;
    return (even * 0x000F424000000064u + odd * 0x0000271000000001u) >> 32;
}

/* Convert the first n (0..7) of eight digit values: shifted up, with zeros before them. */
static inline uint64_t join_n(uint64_t t, unsigned n)
{
    return join8(t << (56 - 8 * n) << 8);
}

/* Return f with the sign bit set if `negative` is 1. */
static inline float with_sign(float f, uint64_t negative)
{
    uint32_t b;
    memcpy(&b, &f, sizeof b);
    b |= (uint32_t)negative << 31;
    memcpy(&f, &b, sizeof f);
    return f;
}

/* Return 1 if a double is close to the midpoint of two neighbouring floats (29 low bits 1000...). A decimal
 * approximated by two or three rounded double operations is within 4 units of the double nearest to it. Both round to
 * the same float unless such a midpoint is close, so otherwise the exact double is not needed. */
static inline int near_midpoint(double d)
{
    uint64_t b;
    memcpy(&b, &d, sizeof b);
    return (b & 0x1FFFFFFFu) - (0x10000000u - 8) <= 16;
}

/* Convert `digits` (with or without a point; `end` is after the last) times 10^exp to the nearest double. */
static double convert_exactly(const char *digits, const char *end, int64_t exp)
{
    char buf[EXACT_DIGITS + 32];
    size_t n = 0;
    int seen_point = 0, sticky = 0;
    for (const char *p = digits; p < end; p++) {
        if (*p == '.') {
            seen_point = 1;
            continue;
        }
        exp -= seen_point;
        if (n == 0 && *p == '0')
            continue;
        if (n < EXACT_DIGITS) {
            buf[n++] = *p;
        } else {
            sticky |= *p != '0';
            exp++;
        }
    }
    if (n == 0)
        return 0.0;
    if (sticky) {
        buf[n++] = '1';
        exp--;
    }
    if (exp > 100000)
        exp = 100000;
    if (exp < -100000)
        exp = -100000;
    snprintf(buf + n, sizeof buf - n, "e%d", (int)exp);
    return strtod(buf, NULL);
}

/* A number as written: w (its first 19 significant digits) times 10^exp. cut: not all digits left out are zeros. */
struct decimal {
    uint64_t w;
    int64_t exp;     /* includes the digits that were left out */
    int64_t written; /* the exponent after the e */
    const char *digits, *digits_end;
    int negative, cut;
    int integer; /* no point and no exponent */
};

/* Scan a number of RFC 8259, of any length; loose: also those of kc_num_loose. On failure *pp is at the offending
 * byte. */
static enum kc_num_status scan_number(const char **pp, int loose, struct decimal *d)
{
    const char *p = *pp;
    uint64_t w = 0;
    int64_t exp = 0;
    unsigned room = 19; /* digits that w has room for */
    int cut = 0;
    d->written = 0;
    d->integer = 1;
    d->negative = *p == '-';
    p += d->negative || (loose && *p == '+');
    while (loose && p[0] == '0' && p[1] >= '0' && p[1] <= '9')
        p++;
    d->digits = p;
    *pp = p;
    if (loose && p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
        /* nothing before the point */
    } else if (*p == '0') {
        p++;
        if (*p >= '0' && *p <= '9') {
            *pp = p;
            return KC_NUM_SYNTAX;
        }
    } else if (*p >= '1' && *p <= '9') {
        for (; *p >= '0' && *p <= '9'; p++) {
            if (room > 0) {
                w = w * 10 + (uint64_t)(*p - '0');
                room--;
            } else {
                cut |= *p != '0';
                exp++;
            }
        }
    } else {
        return KC_NUM_SYNTAX;
    }
    if (*p == '.') {
        d->integer = 0;
        const char *first = ++p;
        for (;;) {
            uint64_t t = load_digits(p);
            if (room < 8 || mark_non_digits(t) != 0)
                break;
            uint64_t v = join8(t);
            if (w == 0 && v != 0 && v < 10000000) /* leading zeros must use no room: one by one */
                break;
            w = w * 100000000u + v;
            room -= w != 0 ? 8 : 0;
            exp -= 8;
            p += 8;
        }
        for (; *p >= '0' && *p <= '9'; p++) {
            if (room > 0) {
                w = w * 10 + (uint64_t)(*p - '0');
                room -= w != 0;
                exp--;
            } else {
                cut |= *p != '0';
            }
        }
        if (p == first && !loose) {
            *pp = p;
            return KC_NUM_SYNTAX;
        }
    }
    d->digits_end = p;
    if ((*p | 0x20) == 'e') {
        int64_t x = 0;
        d->integer = 0;
        p++;
        int minus = *p == '-';
        p += *p == '-' || *p == '+';
        if (*p < '0' || *p > '9') {
            *pp = p;
            return KC_NUM_SYNTAX;
        }
        for (; *p >= '0' && *p <= '9'; p++)
            if (x < INT64_MAX / 100) /* beyond any text's length: whatever follows, the number is 0 or too large */
                x = x * 10 + (*p - '0');
        d->written = minus ? -x : x;
    }
    d->w = w;
    d->exp = exp + d->written;
    d->cut = cut;
    *pp = p;
    return KC_NUM_OK;
}

/* Convert a number of any form. */
static enum kc_num_status convert_any(const char **pp, int loose, float *out)
{
    struct decimal t;
    enum kc_num_status st = scan_number(pp, loose, &t);
    if (st != KC_NUM_OK)
        return st;
    double d;
    if (t.w == 0 || t.exp < -POW10_MAX) {
        d = 0.0;
    } else if (t.exp > POW10_MAX) {
        return KC_NUM_RANGE;
    } else {
        d = t.exp < 0 ? (double)t.w / pow10d[-t.exp] : (double)t.w * pow10d[t.exp];
        int certain = !t.cut && t.w >> 53 == 0 && t.exp >= -POW10_EXACT && t.exp <= POW10_EXACT;
        if (!certain && (d < 1.2e-38 /* floats are sparser from FLT_MIN down */ || near_midpoint(d)))
            d = convert_exactly(t.digits, t.digits_end, t.written);
    }
    if (d >= 0x1.ffffffp127) /* the midpoint after the largest float, from which on rounding goes to infinity */
        return KC_NUM_RANGE;
    /* The integer -0 has no sign in Python; -0.0 is a float and has one */
    *out = with_sign((float)d, (uint64_t)(t.negative && !(t.integer && d == 0.0)));
    return KC_NUM_OK;
}

/* Convert a number that the fast paths leave: long ones, those with an exponent, and errors. */
static enum kc_num_status __attribute__((noinline)) convert_slowly(const char **pp, float *out)
{
    return convert_any(pp, 0, out);
}

enum kc_num_status kc_num_loose(const char **pp, float *out)
{
    return convert_any(pp, 1, out);
}

/* Convert up to seven digits, or up to seven on both sides of a point: integers, pixels, quantised vectors. */
static enum kc_num_status __attribute__((noinline)) convert_few_digits(const char **pp, float *out)
{
    const char *p = *pp;
    uint64_t negative = *p == '-';
    p += negative;
    uint64_t t = load_digits(p), m = mark_non_digits(t);
    unsigned n = m == 0 ? 8 : kc_ctz64(m) >> 3, f = 0;
    if (n == 0 || n > 7 || (*p == '0' && (n > 1 || negative))) /* -0: see convert_any */
        return convert_slowly(pp, out);
    uint64_t w = join_n(t, n);
    p += n;
    if (*p == '.') {
        t = load_digits(p + 1);
        m = mark_non_digits(t);
        f = m == 0 ? 8 : kc_ctz64(m) >> 3;
        if (f == 0 || f > 7)
            return convert_slowly(pp, out);
        w = w * pow10u[f] + join_n(t, f);
        p += 1 + f;
    }
    if ((*p | 0x20) == 'e')
        return convert_slowly(pp, out);
    *out = with_sign((float)((double)(int64_t)w / pow10d[f]), negative); /* both exact: the quotient is rounded once */
    *pp = p;
    return KC_NUM_OK;
}

/* Convert the common form: one digit, a point and up to 23 digits, without an exponent. Other forms, and too many
 * digits, are left to convert_slowly. */
static inline __attribute__((always_inline)) enum kc_num_status convert_fast(const char **pp, float *out)
{
    const char *p = *pp;
    uint64_t negative = *p == '-';
    p += negative;
    uint64_t w = (uint64_t)(unsigned char)(*p - '0');
    if (UNLIKELY(w > 9 || p[1] != '.'))
        return convert_few_digits(pp, out);
    p += 2;
    uint64_t t = load_digits(p), m = mark_non_digits(t);
    unsigned n, f;
    if (LIKELY(m == 0)) {
        w = w * 100000000u + join8(t);
        t = load_digits(p + 8);
        m = mark_non_digits(t);
        if (LIKELY(m != 0)) {
            n = kc_ctz64(m) >> 3;
            f = 8 + n;
            w = w * pow10u[n] + join_n(t, n); /* below 10^16 */
        } else {
            w = w * 100000000u + join8(t);
            t = load_digits(p + 16);
            m = mark_non_digits(t);
            if (UNLIKELY(m == 0))
                return convert_slowly(pp, out);
            n = kc_ctz64(m) >> 3;
            if (UNLIKELY(w >= below18[n]))
                return convert_slowly(pp, out);
            f = 16 + n;
            w = w * pow10u[n] + join_n(t, n);
        }
    } else {
        n = kc_ctz64(m) >> 3;
        if (UNLIKELY(n == 0))
            return convert_slowly(pp, out);
        f = n;
        w = w * pow10u[n] + join_n(t, n);
    }
    p += f;
    if (UNLIKELY((*p | 0x20) == 'e'))
        return convert_slowly(pp, out);
    double d = (double)(int64_t)w / pow10d[f];
    if (UNLIKELY((w >> 53 != 0 || f > POW10_EXACT) && near_midpoint(d)))
        return convert_slowly(pp, out);
    *out = with_sign((float)d, negative);
    *pp = p;
    return KC_NUM_OK;
}

enum kc_num_status kc_num_float(const char **pp, float *out)
{
    return convert_fast(pp, out);
}

static const struct kc_num_list json = {',', ']'};

/* Skip JSON's white space; in other lists only blanks, unless these separate the numbers. */
static inline __attribute__((always_inline)) const char *skip_blanks(const char *p, const struct kc_num_list *list)
{
    if (list == &json)
        while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
            p++;
    else if (list->sep != ' ')
        while (*p == ' ')
            p++;
    return p;
}

/* Read numbers one by one, as kc_num_listed_plain. */
static inline __attribute__((always_inline)) size_t read_plain(const char **pp, float *out, size_t done, size_t room,
                                                               const struct kc_num_list *list,
                                                               enum kc_num_status *status)
{
    const char *p = *pp;
    size_t i = done;
    *status = KC_NUM_OK;
    while (i <= room) {
        if (i > 0) {
            if (UNLIKELY(*p != list->sep)) {
                p = skip_blanks(p, list);
                if (*p != list->sep)
                    break;
            }
            if (UNLIKELY(i == room))
                break;
            p++;
            if (UNLIKELY((unsigned char)*p <= ' '))
                p = skip_blanks(p, list);
        }
        const char *q = p;
        enum kc_num_status st = convert_fast(&q, out + i);
        if (UNLIKELY(st != KC_NUM_OK)) {
            *status = st;
            break;
        }
        p = q;
        i++;
    }
    *pp = p;
    return i;
}

size_t kc_num_floats_plain(const char **pp, float *out, size_t done, size_t room, enum kc_num_status *status)
{
    return read_plain(pp, out, done, room, &json, status);
}

size_t kc_num_listed_plain(const char **pp, float *out, size_t done, size_t room, const struct kc_num_list *list,
                           enum kc_num_status *status)
{
    return list == &json ? read_plain(pp, out, done, room, &json, status) :
           read_plain(pp, out, done, room, list, status);
}

size_t kc_num_listed(const char **pp, const char *floor, float *out, size_t room, const struct kc_num_list *list,
                     enum kc_num_status *status)
{
    size_t done = 0;
#if defined(__x86_64__)
    if (kc_num_has_avx2()) {
        size_t more = kc_num_listed_avx2(pp, floor, out, room, list), few = 4;
        /* Where four at a time fail, read the next few one by one, and more of them each time this happens again. */
        for (;;) {
            done += more;
            few = more > 0 ? 4 : few < 64 ? 2 * few : few;
            size_t want = room - done < few ? room : done + few;
            done = kc_num_listed_plain(pp, out, done, want, list, status);
            if (done < want || done == room || **pp != list->sep)
                return done;
            const char *p = *pp + 1;
            more = kc_num_listed_avx2(&p, floor, out + done, room - done, list);
            if (more > 0)
                *pp = p;
        }
    }
#else
    (void)floor;
#endif
    return kc_num_listed_plain(pp, out, done, room, list, status);
}

size_t kc_num_floats(const char **pp, const char *floor, float *out, size_t room, enum kc_num_status *status)
{
    return kc_num_listed(pp, floor, out, room, &json, status);
}

static const char *skip_digits(const char *p)
{
    uint64_t m;
    while ((m = mark_non_digits(load_digits(p))) == 0)
        p += 8;
    return p + (kc_ctz64(m) >> 3);
}

/* Skip a number of scan_number's grammar whose value is not wanted: nothing is computed. */
const char *kc_num_skip(const char *p, const char **bad)
{
    p += *p == '-';
    const char *q = skip_digits(p);
    if (q == p || (*p == '0' && q > p + 1)) {
        *bad = q == p ? p : p + 1;
        return NULL;
    }
    if (*q == '.') {
        p = q + 1;
        q = skip_digits(p);
        if (q == p) {
            *bad = p;
            return NULL;
        }
    }
    if ((*q | 0x20) == 'e') {
        p = q + 1;
        p += *p == '-' || *p == '+';
        q = skip_digits(p);
        if (q == p) {
            *bad = p;
            return NULL;
        }
    }
    return q;
}

int kc_num_u64(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    if (*s == '\0')
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
            return -1;
    }
    *out = v;
    return 0;
}

int kc_num_size(const char *s, uint64_t *out)
{
    char digits[24];
    size_t n = strspn(s, "0123456789");
    unsigned shift = 0;
    uint64_t v;
    if (n >= sizeof digits)
        return -1;
    memcpy(digits, s, n);
    digits[n] = '\0';
    if (kc_num_u64(digits, &v) != 0)
        return -1;
    s += n;
    switch (*s | 0x20) {
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    default: break;
    }
    if (shift != 0) {
        s++;
        s += (*s | 0x20) == 'i' && (s[1] | 0x20) == 'b';
    }
    s += (*s | 0x20) == 'b';
    if (*s != '\0' || v > UINT64_MAX >> shift)
        return -1;
    *out = v << shift;
    return 0;
}

int kc_num_double(const char *s, double *out)
{
    struct decimal t;
    /* scan_number reads ahead by up to eight bytes, which a caller's string need not have */
    char copy[KC_NUM_STRING_MAX + 1 + KC_NUM_PAD];
    size_t n = strlen(s);
    if (n > KC_NUM_STRING_MAX)
        return -1;
    memset(copy, 0, sizeof copy);
    memcpy(copy, s, n);
    const char *p = copy;
    if (scan_number(&p, 0, &t) != KC_NUM_OK || *p != '\0')
        return -1;
    double d = strtod(copy, NULL);
    if (d > DBL_MAX || d < -DBL_MAX)
        return -1;
    *out = d;
    return 0;
}

void kc_num_human(char out[16], uint64_t bytes)
{
    static const char unit[] = "BkMGTPE";
    unsigned u = 0;
    double v = (double)bytes;
    if (bytes < 1000) {
        snprintf(out, 16, "%u B", (unsigned)bytes);
        return;
    }
    while (v >= 999.95) { /* what would print as 1000.0 belongs to the next unit */
        v /= 1000;
        u++;
    }
    /* whole and tenth as integers, so that the compiler sees their width */
    unsigned tenths = (unsigned)(v * 10 + 0.5);
    snprintf(out, 16, "%u.%u %cB", tenths / 10 % 1000, tenths % 10, unit[u]);
}
