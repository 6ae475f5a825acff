#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/rng.h"
#include "unit.h"

static uint32_t bits_of(float f)
{
    uint32_t b;
    memcpy(&b, &f, sizeof b);
    return b;
}

static float float_of(uint32_t b)
{
    float f;
    memcpy(&f, &b, sizeof f);
    return f;
}

/* A copy of the text with what kc_num_float wants behind it. */
static const char *padded(const char *s, size_t n)
{
    static char *buf;
    static size_t cap;
    if (cap < n + KC_NUM_PAD) {
        cap = n + KC_NUM_PAD;
        free(buf);
        buf = malloc(cap);
        if (!buf)
            abort();
    }
    memcpy(buf, s, n);
    memset(buf + n, 0, KC_NUM_PAD);
    return buf;
}

/* The same float, range verdict and end as by strtod. */
static void same_as_strtod(const char *s)
{
    const char *begin = padded(s, strlen(s)), *p = begin;
    float got = 0, want = (float)strtod(s, NULL);
    enum kc_num_status st = kc_num_float(&p, &got);
    if (!isfinite(want)) {
        CHECK_MSG(st == KC_NUM_RANGE, "%.60s: status %d, expected out of range", s, st);
        return;
    }
    CHECK_MSG(st == KC_NUM_OK && bits_of(got) == bits_of(want) && *p == '\0',
              "%.60s: status %d, %.9g, strtod says %.9g", s,
              st, (double)got, (double)want);
    CHECK_MSG(kc_num_skip(begin, &p) == begin + strlen(s), "%.60s: not skipped to its end", s);
}

/* json.loads gives the integer 0 for -0, which has no sign, and floats for the others. */
TEST(num_negative_zero)
{
    static const struct {
        const char *text;
        int negative;
    } t[] = {{"-0", 0}, {"0", 0}, {"-0.0", 1}, {"-0e5", 1}, {"-0.000", 1}, {"-1e-60", 1}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const char *p = padded(t[i].text, strlen(t[i].text));
        float x = 7;
        CHECK(kc_num_float(&p, &x) == KC_NUM_OK && x == 0 && *p == '\0');
        CHECK_MSG(!signbit(x) == !t[i].negative, "%s", t[i].text);
    }
}

TEST(num_float_table)
{
    static const char *const t[] = {
        "0", "0.0", "-0.0", "1", "-1", "1.5", "10", "123456789", "0.013310636", "-0.00016963482",
        "-0.013310636393725872", "1E+5", "1e5", "1e-5", "1.25E-3", "0e999", "-0e999", "0.0e-999999999999999999999",
        "1e-400",
        "-1e-400", "1e38", "3.4e38", "3.4028234663852886e38", "3.4028235e38", "3.4028235677973362e38",
        "3.40282356779733661637539395458142568447e38", "3.40282356779733661637539395458142568448e38",
        "3.4028235677973367e38", "1e39", "-1e39", "1e999", "1e99999999999999999999", "1e-99999999999999999999",
        "1.17549435e-38", "1.17549429e-38", "1.1754942e-38", "1.4e-45", "7.0064923216240853e-46",
        "7.0064923216240854e-46",
        "7.0064923216240862e-46", "7e-46", "2.1019476964872256e-45", "2.10194769648722561e-45", "1e-46",
        "9007199254740993",
        "9007199254740992", "9007199254740991", "18446744073709551615", "18446744073709551616", "99999999999999999999",
        "0.1", "0.12345678", "0.123456789", "0.1234567890123456", "0.12345678901234567", "0.123456789012345678901234",
        "0.000000000000000000000000000000000000000000000001", "0.00000000000000000000000123456789012345678901234567890",
        "12345678.12345678", "100000000000000000000000000000000000000", "340282356779733661637539395458142568447",
        "340282356779733661637539395458142568448", "16777217", "16777217.0000001", "16777216.9999999", "33554435e-1",
        "1.00000005960464477539062500", "1.00000005960464477539062501", "1.00000005960464477539062499",
        "1.0000000596046448", "1.0000000596046447"};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        same_as_strtod(t[i]);
}

TEST(num_float_syntax)
{
    /* the text and where the offending byte is */
    static const struct { const char *s; size_t at; } t[] = {
        {"", 0}, {"+1", 0}, {"-", 1}, {".5", 0}, {"-.5", 1}, {"1.", 2}, {"1.e5", 2}, {"1e", 2}, {"1e+", 3}, {"1e-", 3},
        {"1e+x", 3}, {"01", 1}, {"-01", 2}, {"00", 1}, {"00.5", 1}, {"NaN", 0}, {"-Infinity", 1}, {"inf", 0},
        {"--1", 1},
        {"1.5e", 4}, {"0.5E", 4}, {"0.x", 2}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        const char *begin = padded(t[i].s, strlen(t[i].s)), *p = begin, *bad = NULL;
        float f;
        enum kc_num_status st = kc_num_float(&p, &f);
        CHECK_MSG(st == KC_NUM_SYNTAX && p == begin + t[i].at, "'%s': status %d at %d", t[i].s, st, (int)(p - begin));
        CHECK_MSG(!kc_num_skip(begin, &bad) && bad == begin + t[i].at, "'%s': skipped", t[i].s);
    }
    /* a number ends where it can end: what follows is the caller's */
    const char *begin = padded("0x10", 4), *p = begin;
    float f;
    CHECK(kc_num_float(&p, &f) == KC_NUM_OK && p == begin + 1);
    begin = p = padded("1.5.5", 5);
    CHECK(kc_num_float(&p, &f) == KC_NUM_OK && p == begin + 3);
}

static size_t put_digits(struct kc_rng *r, char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        s[i] = (char)('0' + kc_rng_below(r, 10));
    return n;
}

static void random_text(struct kc_rng *r, char *s)
{
    char *o = s;
    uint64_t shape = kc_rng_below(r, 10);
    float f = float_of((uint32_t)kc_rng_u64(r) & 0x7FFFFFFFu);
    if (!isfinite(f))
        f = 1.0f;
    if (kc_rng_below(r, 2))
        *o++ = '-';
    if (shape == 0) { /* a float printed with 1 to 20 digits */
        sprintf(o, "%.*g", (int)kc_rng_below(r, 20) + 1, (double)f);
    } else if (shape == 1) { /* a midpoint of two floats, exactly, and its neighbours */
        double mid = ((double)f + (double)nextafterf(f, 0)) / 2;
        sprintf(o, "%.*e", (int)kc_rng_below(r, 60) + 1, mid);
        if (kc_rng_below(r, 2))
            sprintf(o, "%.150e", mid);
        if (kc_rng_below(r, 2))
            o[strcspn(o, "e") - 1] = (char)('0' + kc_rng_below(r, 10));
        if (kc_rng_below(r, 3) == 0) { /* behind zeros, and cut after enough digits to tell */
            f = (float)((1 + kc_rng_unit(r)) * pow(10, -(double)kc_rng_below(r, 12)));
            mid = ((double)f + (double)nextafterf(f, 0)) / 2;
            sprintf(o, "%.*f", (int)kc_rng_below(r, 15) + 16, mid);
        }
    } else if (shape == 2) { /* a midpoint of two doubles */
        double x = (double)f * (1 + kc_rng_unit(r));
        sprintf(o, "%.*Le", (int)kc_rng_below(r, 120), ((long double)x + (long double)nextafter(x, 0)) / 2);
    } else if (shape == 3) { /* a double as Python writes it */
        char t[KC_NUM_DOUBLE_MAX];
        kc_num_format_double(t, (kc_rng_unit(r) - 0.5) * pow(10, (double)kc_rng_below(r, 8) - 5));
        strcpy(o, t[0] == '-' ? t + 1 : t);
    } else { /* digits */
        static const unsigned ints[] = {1, 1, 1, 2, 8, 9, 19, 20, 40},
        fracs[] = {1, 7, 8, 9, 12, 16, 17, 18, 20, 24, 25, 60};
        if (shape < 7) {
            *o++ = '0';
        } else {
            *o++ = (char)('1' + kc_rng_below(r, 9));
            o += put_digits(r, o, ints[kc_rng_below(r, 9)] - 1);
        }
        if (shape != 9 || kc_rng_below(r, 2)) {
            *o++ = '.';
            size_t zeros = shape == 5 ? kc_rng_below(r, 50) : kc_rng_below(r, 4);
            memset(o, '0', zeros);
            o += zeros;
            o += put_digits(r, o, fracs[kc_rng_below(r, 12)]);
        }
        *o = '\0';
        if (shape == 8)
            sprintf(o, "e%d", (int)kc_rng_below(r, 90) - 50);
        else if (shape == 9)
            sprintf(o, "%c%s%d", kc_rng_below(r, 2) ? 'E' : 'e', kc_rng_below(r, 2) ? "+" : "-",
                    (int)kc_rng_below(r, 60));
    }
}

TEST(num_float_random)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 1, 0);
    char s[512];
    for (int i = 0; i < 1500000; i++) {
        random_text(&r, s);
        same_as_strtod(s);
    }
}

TEST(num_float_long)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 2, 0);
    static char s[40000];
    for (int i = 0; i < 3000; i++) {
        char *o = s;
        *o++ = (char)('1' + kc_rng_below(&r, 9));
        *o++ = '.';
        o += put_digits(&r, o, 400 + kc_rng_below(&r, 800));
        sprintf(o, "e%d", (int)kc_rng_below(&r, 80) - 45);
        same_as_strtod(s);
    }
    /* a midpoint, told from its neighbour by one digit far behind all that counts */
    sprintf(s, "1.000000059604644775390625%030000d1", 0);
    same_as_strtod(s);
    sprintf(s, "1.000000059604644775390625%030000d", 0);
    same_as_strtod(s);
    /* the same for a midpoint of two doubles, the lower of which is a midpoint of two floats */
    const char *mid = "1.00000005960464488641292746251565404236316680908203125";
    sprintf(s, "%s%030000d1", mid, 0);
    same_as_strtod(s);
    sprintf(s, "%s%030000d", mid, 0);
    same_as_strtod(s);
    sprintf(s, "0.%030000d1e30001", 0);
    same_as_strtod(s);
    sprintf(s, "1%030000de-30000", 0);
    same_as_strtod(s);
}

TEST(num_floats)
{
    enum kc_num_status st;
    float x[4];
    const char *begin = padded("1,2 , 3.5,\n-4]", 14), *p = begin;
    CHECK(kc_num_floats(&p, begin, x, 4, &st) == 4 && st == KC_NUM_OK && *p == ']' && x[0] == 1 && x[2] == 3.5f && x[3] == -4);
    p = begin;
    CHECK(kc_num_floats(&p, begin, x, 2, &st) == 2 && st == KC_NUM_OK && *p == ',' && p == begin + 4);
    begin = p = padded("1,2,x]", 6);
    CHECK(kc_num_floats(&p, begin, x, 4, &st) == 2 && st == KC_NUM_SYNTAX && p == begin + 4);
    begin = p = padded("1, 1e39]", 8);
    CHECK(kc_num_floats(&p, begin, x, 4, &st) == 1 && st == KC_NUM_RANGE && p == begin + 3);
    begin = p = padded("1,]", 3);
    CHECK(kc_num_floats(&p, begin, x, 1, &st) == 1 && st == KC_NUM_OK && *p == ',');
    p = begin;
    CHECK(kc_num_floats(&p, begin, x, 2, &st) == 1 && st == KC_NUM_SYNTAX && *p == ']');
}

/* Any decimal of n digits that reads back as the float f? */
static int has_shorter(float f, int n)
{
    char s[64];
    snprintf(s, sizeof s, "%.*e", n - 1, (double)f);
    char *e = strchr(s, 'e');
    long exp = strtol(e + 1, NULL, 10);
    unsigned long long v = 0;
    for (char *p = s; p < e; p++)
        if (*p != '.' && *p != '-')
            v = v * 10 + (unsigned)(*p - '0');
    for (unsigned long long c = v - 1; c <= v + 1; c++) {
        snprintf(s, sizeof s, "%llue%ld", c, exp - n + 1);
        if (bits_of((float)strtod(s, NULL)) == (bits_of(f) & 0x7FFFFFFFu))
            return 1;
    }
    return 0;
}

static int significant(const char *s)
{
    int n = 0, zeros = 0;
    for (; *s && *s != 'e'; s++) {
        if (*s < '0' || *s > '9' || (n == 0 && *s == '0'))
            continue;
        n++;
        zeros = *s == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

static void check_format(float f)
{
    char s[KC_NUM_FLOAT_MAX + 1];
    size_t n = kc_num_format_float(s, f);
    CHECK(n <= KC_NUM_FLOAT_MAX);
    s[n] = '\0';
    const char *p = padded(s, n);
    float back = 0;
    CHECK_MSG(kc_num_float(&p, &back) == KC_NUM_OK && *p == '\0' && bits_of(back) == bits_of(f), "%a is written %s",
              (double)f, s);
    int digits = significant(s);
    CHECK_MSG(digits <= 9 && (digits < 2 || !has_shorter(f, digits - 1)), "%a is written %s, not the shortest",
              (double)f, s);
    char near[64];
    snprintf(near, sizeof near, "%.*e", digits > 0 ? digits - 1 : 0, (double)f);
    if (bits_of((float)strtod(near, NULL)) == bits_of(f)) /* of the shortest the nearest */
        CHECK_MSG(strtod(near, NULL) == strtod(s, NULL), "%a is written %s, nearer is %s", (double)f, s, near);
}

TEST(num_format_float)
{
    static const struct { float f; const char *s; } t[] = {
        {0.0f, "0.0"}, {-0.0f, "-0.0"}, {1.0f, "1.0"}, {-1.5f, "-1.5"}, {1e-7f, "1e-07"}, {0.0001f, "0.0001"},
        {0.00001f, "1e-05"}, {0.00012345678f, "0.00012345678"}, {1e15f, "999999986991104.0"}, {1e16f, "1e+16"},
        {1.5e20f, "1.5e+20"},
        {FLT_MAX, "3.4028235e+38"}, {FLT_MIN, "1.1754944e-38"}, {1.4e-45f, "1e-45"}, {16777216.0f, "16777216.0"},
        {0x1.5c87fap-84f, "7.0385307e-26"}, {-0x1.5c87fap-84f, "-7.0385307e-26"},
        {0.1f, "0.1"}, {0.3f, "0.3"}, {123.456f, "123.456"}, {0.013310636f, "0.013310636"}, {1e10f, "10000000000.0"}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char s[KC_NUM_FLOAT_MAX + 1];
        s[kc_num_format_float(s, t[i].f)] = '\0';
        if (t[i].f > 9e14f && t[i].f < 2e15f)
            continue; /* checked by reading back, below */
        CHECK_MSG(strcmp(s, t[i].s) == 0, "%s, expected %s", s, t[i].s);
    }
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 3, 0);
    for (uint32_t e = 0; e < 255; e++) /* powers of two and their neighbours: where the interval is lopsided */
        for (uint32_t d = 0; d < 3; d++)
            check_format(float_of((e << 23) + d - (e > 0)));
    for (int i = 0; i < 200000; i++) {
        float f = float_of((uint32_t)kc_rng_u64(&r));
        if (isfinite(f))
            check_format(f);
        check_format((float)(kc_rng_unit(&r) - 0.5));
    }
}

TEST(num_format_double)
{
    static const struct { double x; const char *s; } t[] = {
        {0.0, "0.0"}, {-0.0, "-0.0"}, {1.0, "1.0"}, {0.1, "0.1"}, {1e22, "1e+22"}, {1e16, "1e+16"},
        {123456.789, "123456.789"},
        {5e-324, "5e-324"}, {DBL_MAX, "1.7976931348623157e+308"}, {DBL_MIN, "2.2250738585072014e-308"},
        {5.684341886080802e-14, "5.684341886080802e-14"}, {0.30000000000000004, "0.30000000000000004"}, {1e-5, "1e-05"},
        {9007199254740993.0, "9007199254740992.0"}, {100.0, "100.0"}, {-2.5e-100, "-2.5e-100"}};
    char s[KC_NUM_DOUBLE_MAX];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        size_t n = kc_num_format_double(s, t[i].x);
        CHECK_MSG(strcmp(s, t[i].s) == 0 && n == strlen(s), "%s, expected %s", s, t[i].s);
    }
    kc_num_format_double(s, NAN);
    CHECK(strcmp(s, "null") == 0);
    kc_num_format_double(s, -INFINITY);
    CHECK(strcmp(s, "null") == 0);
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 4, 0);
    for (int i = 0; i < 50000; i++) {
        double x, back;
        uint64_t b = kc_rng_u64(&r);
        memcpy(&x, &b, sizeof x);
        if (!isfinite(x))
            continue;
        size_t n = kc_num_format_double(s, x);
        CHECK(n < KC_NUM_DOUBLE_MAX);
        back = strtod(s, NULL);
        CHECK_MSG(memcmp(&back, &x, sizeof x) == 0, "%a is written %s", x, s);
    }
}

TEST(num_sizes)
{
    static const struct { const char *s; int rc; uint64_t v; } t[] = {
        {"0", 0, 0}, {"17", 0, 17}, {"1K", 0, 1024}, {"1k", 0, 1024}, {"2M", 0, 2097152}, {"3G", 0, 3221225472u},
        {"1KB", 0, 1024},
        {"1KiB", 0, 1024}, {"1kib", 0, 1024}, {"5B", 0, 5}, {"", -1, 0}, {"K", -1, 0}, {"-1", -1, 0}, {"1.5M", -1, 0},
        {"1 K", -1, 0},
        {"1Ki", -1, 0}, {"1T", -1, 0}, {"1KK", -1, 0}, {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -1, 0},
        {"17179869184G", -1, 0}, {"17179869183G", 0, 17179869183u << 30}, {"1BB", -1, 0}, {"iB", -1, 0},
        {"1iB", -1, 0}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        uint64_t v = 0;
        int rc = kc_num_size(t[i].s, &v);
        CHECK_MSG(rc == t[i].rc && (rc != 0 || v == t[i].v), "'%s': %d, %llu", t[i].s, rc, (unsigned long long)v);
    }
    uint64_t v;
    double x;
    CHECK(kc_num_u64("18446744073709551615", &v) == 0 && v == UINT64_MAX);
    CHECK(kc_num_u64("18446744073709551616", &v) == -1 && kc_num_u64("", &v) == -1 && kc_num_u64(" 1", &v) == -1);
    CHECK(kc_num_u64("1 ", &v) == -1 && kc_num_u64("+1", &v) == -1 && kc_num_u64("99999999999999999999", &v) == -1);
    CHECK(kc_num_double("1e-6", &x) == 0 && x == 1e-6);
    CHECK(kc_num_double("-2.5", &x) == 0 && x == -2.5);
    CHECK(kc_num_double("1e999", &x) == -1 && kc_num_double("nan", &x) == -1 && kc_num_double("1x", &x) == -1);
    CHECK(kc_num_double("", &x) == -1 && kc_num_double("0x10", &x) == -1 && kc_num_double("inf", &x) == -1);
}

TEST(num_human)
{
    static const struct { uint64_t v; const char *s; } t[] = {
        {0, "0 B"}, {999, "999 B"}, {1000, "1.0 kB"}, {12345678, "12.3 MB"}, {999949, "999.9 kB"}, {999950, "1.0 MB"},
        {999999, "1.0 MB"}, {UINT64_MAX, "18.4 EB"}, {29000000, "29.0 MB"}, {1000000000, "1.0 GB"}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char s[16];
        kc_num_human(s, t[i].v);
        CHECK_MSG(strcmp(s, t[i].s) == 0, "%llu: %s, expected %s", (unsigned long long)t[i].v, s, t[i].s);
    }
}
