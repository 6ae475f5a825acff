/* Write numbers: the shortest decimal that reads back. float32 by Schubfach (Giulietti 2020) in integers, because
 * millions are written; double by trying printf's precisions, because few are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/num_pow10.h"

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

/* Return floor(log10(2^q)), floor(log10(3/4 * 2^q)) and floor(log2(10^k)): exact for |q| <= 1500, |k| <= 1200. */
static inline int log10_pow2(int q)
{
    return (q * 1262611) >> 22;
}

static inline int log10_three_quarters_pow2(int q)
{
    return (q * 1262611 - 524031) >> 22;
}

static inline int log2_pow10(int k)
{
    return (k * 1741647) >> 19;
}

/* Return the upper bits of sig * c (sig scaled by 2^64), with the lowest bit set if anything that matters is below. */
static inline uint32_t mul_odd(uint64_t sig, uint32_t c)
{
    uint64_t low = (sig & 0xFFFFFFFFu) * c, high = (sig >> 32) * c + (low >> 32);
    return (uint32_t)(high >> 32) | ((uint32_t)high > 1);
}

/* Find the shortest decimal that rounds to the float, and of those the nearest to it: *digits * 10^*exp. Raffaello
 * Giulietti, "The Schubfach way to render doubles" (2020), for 24 bits: everything is in units of a quarter of 10^k,
 * where 10^k is the largest power of ten that fits into the interval of decimals that round to the float. So the
 * interval holds at most one multiple of 10^(k+1), and if it does, that is the answer. bits: of a float that is
 * positive and finite. */
static void find_shortest(uint32_t bits, uint32_t *digits, int *exp)
{
    uint32_t frac = bits & 0x7FFFFFu, biased = bits >> 23;
    uint32_t c = biased != 0 ? frac | 0x800000u : frac;
    int q = (biased != 0 ? (int)biased : 1) - 150;
    uint32_t odd = c & 1;                               /* the interval includes its ends if c is even */
    uint32_t closer = frac == 0 && biased > 1 ? 1 : 0;  /* below a power of two the floats are twice as dense */
    int k = closer ? log10_three_quarters_pow2(q) : log10_pow2(q);
    int h = q + log2_pow10(-k) + 1;
    uint64_t sig = kc_pow10_sig[-k - KC_POW10_LOW];
    uint32_t low = mul_odd(sig, (4 * c - 2 + closer) << h) + odd;
    uint32_t mid = mul_odd(sig, (4 * c) << h);
    uint32_t high = mul_odd(sig, (4 * c + 2) << h) - odd;
    uint32_t s = mid / 4;
    if (s >= 10) {
        uint32_t t = s / 10;
        int down = low <= 40 * t, up = 40 * t + 40 <= high;
        if (down != up) {
            *digits = t + (uint32_t)up;
            *exp = k + 1;
            return;
        }
    }
    int down = low <= 4 * s, up = 4 * s + 4 <= high;
    uint32_t half = 4 * s + 2;
    if (down == up)
        up = mid > half || (mid == half && (s & 1) != 0);
    *digits = s + (uint32_t)up;
    *exp = k;
}

/* Write n digits with the point after the first `point` of them, in the layout of Python's repr. */
static size_t lay_out(char *out, const char *digits, int n, int point)
{
    char *o = out;
    if (point > 16 || point < -3) {
        int e = point - 1;
        *o++ = digits[0]; /* NOLINT(clang-analyzer-core.uninitialized.Assign): n >= 1 of them are there */
        if (n > 1) {
            *o++ = '.';
            memcpy(o, digits + 1, (size_t)(n - 1));
            o += n - 1;
        }
        *o++ = 'e';
        *o++ = e < 0 ? '-' : '+';
        e = e < 0 ? -e : e;
        if (e >= 100) {
            *o++ = (char)('0' + e / 100);
            e %= 100;
        }
        memcpy(o, pairs + 2 * e, 2);
        return (size_t)(o + 2 - out);
    }
    if (point <= 0) {
        memcpy(o, "0.000", 5);
        o += 2 - point;
        memcpy(o, digits, (size_t)n);
        return (size_t)(o + n - out);
    }
    if (point >= n) {
        memcpy(o, digits, (size_t)n);
        memset(o + n, '0', (size_t)(point - n));
        memcpy(o + point, ".0", 2);
        return (size_t)(o + point + 2 - out);
    }
    memcpy(o, digits, (size_t)point);
    o[point] = '.';
    memcpy(o + point + 1, digits + point, (size_t)(n - point));
    return (size_t)(o + n + 1 - out);
}

size_t kc_num_format_float(char *out, float x)
{
    uint32_t bits, v;
    char digits[10];
    char *o = out;
    int exp, n = 10, first = 10;
    memcpy(&bits, &x, sizeof bits);
    if (bits >> 31) {
        *o++ = '-';
        bits &= 0x7FFFFFFFu;
    }
    if (bits == 0) {
        memcpy(o, "0.0", 3);
        return (size_t)(o + 3 - out);
    }
    find_shortest(bits, &v, &exp);
    if (bits == 0x15AE43FDu) {
        /* The one float of all 2^32 (they were all tried) whose shortest decimal, 7.038531e-26, reads back as its
         * neighbour when it is rounded to a double first: that decimal is too close to the middle of the two. */
        v = 70385307;
        exp = -33;
    }
    while (v >= 100) {
        first -= 2;
        memcpy(digits + first, pairs + 2 * (v % 100), 2);
        v /= 100;
    }
    if (v >= 10) {
        first -= 2;
        memcpy(digits + first, pairs + 2 * v, 2);
    } else {
        digits[--first] = (char)('0' + v);
    }
    int point = n - first + exp;
    while (digits[n - 1] == '0') /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult): filled from the end */
        n--;
    return (size_t)(o - out) + lay_out(o, digits + first, n - first, point);
}

/* Return 1 if `digits` * 10^exp, of at most 16 digits, reads back as x. */
static int reads_back(uint64_t digits, int exp, double x)
{
    char s[40];
    snprintf(s, sizeof s, "%llue%d", (unsigned long long)digits, exp);
    return strtod(s, NULL) >= x && strtod(s, NULL) <= x;
}

size_t kc_num_format_double(char *out, double x)
{
    char s[40], digits[24];
    char *o = out;
    if (!isfinite(x)) {
        memcpy(out, "null", 5);
        return 4;
    }
    if (signbit(x)) {
        *o++ = '-';
        x = -x;
    }
    if (!(x > 0)) {
        memcpy(o, "0.0", 4);
        return (size_t)(o + 3 - out);
    }
    /* If a decimal of up to 15 digits reads back as x, it is the nearest one of its length, so %e finds it. A subnormal
     * may need fewer digits, so it begins with one. */
    int prec = x < 2.3e-308 ? 1 : 15;
    for (; prec < 17; prec++) {
        snprintf(s, sizeof s, "%.*e", prec - 1, x);
        double back = strtod(s, NULL);
        if (back >= x && back <= x)
            break;
    }
    snprintf(s, sizeof s, "%.*e", prec - 1, x);
    int n = 0, e = (int)strtol(strchr(s, 'e') + 1, NULL, 10);
    for (const char *p = s; *p != 'e'; p++)
        if (*p != '.')
            digits[n++] = *p;
    if (prec == 17) {
        /* At a power of two the interval is lopsided: it may hold the second nearest decimal of 16 digits and not the
         * nearest. */
        digits[n] = '\0';
        uint64_t v = strtoull(digits, NULL, 10) / 10;
        for (uint64_t c = v; c <= v + 1; c++) {
            if (reads_back(c, e - 15, x)) {
                n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)c);
                break;
            }
        }
    }
    while (n > 1 && digits[n - 1] == '0')
        n--;
    size_t len = (size_t)(o - out) + lay_out(o, digits, n, e + 1);
    out[len] = '\0';
    return len;
}

void kc_num_human_pair(char need[32], uint64_t bytes, char most[32], uint64_t limit)
{
    kc_num_human(need, bytes);
    kc_num_human(most, limit);
    if (strcmp(need, most) == 0) { /* the units for people are too coarse */
        snprintf(need, 32, "%llu bytes", (unsigned long long)bytes);
        snprintf(most, 32, "%llu", (unsigned long long)limit);
    }
}
