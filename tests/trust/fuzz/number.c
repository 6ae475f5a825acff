/* Numbers: text to float against the C library, arrays against single numbers, and text that is made read back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/num_simd.h"
#include "fuzz.h"

static uint32_t bits(float f)
{
    uint32_t b;
    memcpy(&b, &f, sizeof b);
    return b;
}

static float reference(const char *p, const char *behind)
{
    char *text = strndup(p, (size_t)(behind - p)), *end;
    float f = (float)strtod(text, &end);
    FUZZ_CHECK(*end == '\0');
    if (strcmp(text, "-0") == 0) /* Python's integer */
        f = 0;
    free(text);
    return f;
}

/* The number at p; what kclust makes of it. */
static const char *one(const char *p, const char *end, float *out, enum kc_num_status *st)
{
    const char *behind = twin_number(p, end), *q = p, *bad = NULL, *skipped = kc_num_skip(p, &bad);
    *out = 7;
    *st = kc_num_float(&q, out);
    if (!behind) {
        FUZZ_CHECK(*st == KC_NUM_SYNTAX && !skipped && bad >= p && bad <= end && q == bad);
        return NULL;
    }
    float want = reference(p, behind);
    FUZZ_CHECK(skipped == behind && q == behind);
    if (!isfinite(want))
        FUZZ_CHECK(*st == KC_NUM_RANGE);
    else if (*st != KC_NUM_OK || bits(*out) != bits(want))
        fuzz_fail("%.*s: %.9g, status %d, strtod says %.9g", (int)(behind - p), p, (double)*out, (int)*st,
                  (double)want);
    return behind;
}

static const char *blanks(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

/* Many at once, into room for `room`, against one after the other. */
static void array(const char *begin, const char *floor, const char *end, size_t room)
{
    float got[64], want[64];
    enum kc_num_status st, want_st = KC_NUM_OK;
    const char *p = begin, *q = begin, *at = begin;
    size_t n = kc_num_floats(&p, floor, got, room, &st), m = 0;
    for (;;) {
        const char *behind = one(q, end, &want[m], &want_st);
        at = q;
        if (!behind || want_st != KC_NUM_OK)
            break;
        m++;
        q = at = blanks(behind);
        if (*q != ',' || m == room)
            break;
        q = blanks(q + 1);
    }
    if (n != m || st != want_st || p != at)
        fuzz_fail("array: %zu numbers, status %d at %zd; one by one %zu, %d at %zd", n, (int)st, p - begin, m,
                  (int)want_st, at - begin);
    for (size_t i = 0; i < n; i++)
        FUZZ_CHECK(bits(got[i]) == bits(want[i]));
}

/* Lists with other separators: four at once against one by one, and each number loosely read. */
static void lists(const char *begin, const char *floor, size_t room)
{
    static const struct kc_num_list kinds[] = {{',', '\n'}, {'\t', '\n'}, {' ', '\n'}, {';', ']'}};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        float got[64], want[64], f;
        enum kc_num_status st, want_st;
        const char *p = begin, *q = begin;
        if (*begin == ' ') /* no list begins so */
            return;
        size_t n = kc_num_listed(&p, floor, got, room, &kinds[k], &st);
        size_t m = kc_num_listed_plain(&q, want, 0, room, &kinds[k], &want_st);
        if (n != m || st != want_st || p != q)
            fuzz_fail("list: %zu numbers, status %d at %zd; one by one %zu, %d at %zd", n, (int)st, p - begin, m,
                      (int)want_st, q - begin);
        for (size_t i = 0; i < n; i++)
            FUZZ_CHECK(bits(got[i]) == bits(want[i]));
        q = begin;
        if (n > 0 && kc_num_loose(&q, &f) == KC_NUM_OK) /* what JSON writes is the same to all */
            FUZZ_CHECK(bits(f) == bits(got[0]));
    }
}

static void to_text(const uint8_t *p, size_t n)
{
    char t[64], u[64];
    float f, g;
    double d;
    if (n >= sizeof f) {
        memcpy(&f, p, sizeof f);
        if (isfinite(f)) {
            size_t len = kc_num_format_float(t, f);
            FUZZ_CHECK(len <= KC_NUM_FLOAT_MAX);
            memset(t + len, 0, 8);
            g = strtof(t, NULL);
            FUZZ_CHECK(bits(f) == bits(g) && bits((float)strtod(t, NULL)) == bits(f));
            FUZZ_CHECK(twin_number(t, t + len) == t + len);
            int digits = 0, need = 1; /* no other decimal with fewer digits reads back */
            for (const char *c = t; *c && *c != 'e'; c++)
                digits += *c >= '0' && *c <= '9';
            for (; need < 9; need++) {
                snprintf(u, sizeof u, "%.*e", need - 1, (double)f);
                if (bits(strtof(u, NULL)) == bits(f) && bits((float)strtod(u, NULL)) == bits(f))
                    break;
            }
            if (strchr(t, 'e') && digits > need && !(need == 1 && digits == 2)) /* elsewhere zeros pad it */
                fuzz_fail("%s is not the shortest: %s", t, u);
        }
    }
    if (n >= sizeof d) {
        memcpy(&d, p, sizeof d);
        size_t len = kc_num_format_double(t, d);
        FUZZ_CHECK(len == strlen(t) && len < KC_NUM_DOUBLE_MAX);
        if (!isfinite(d)) {
            FUZZ_CHECK(strcmp(t, "null") == 0);
        } else {
            double back = strtod(t, NULL);
            FUZZ_CHECK(memcmp(&back, &d, sizeof d) == 0 && twin_number(t, t + len) == t + len);
        }
    }
}

/* Numbers as options have them: the whole string or nothing. */
static void whole(const char *s)
{
    uint64_t u = 0, size = 0;
    double d = 0;
    const char *end = s + strlen(s), *digits = s + strspn(s, "0123456789");
    int all = digits == end && end > s;
    if (kc_num_u64(s, &u) == 0)
        FUZZ_CHECK(all && strtoull(s, NULL, 10) == u);
    else
        FUZZ_CHECK(!all || end - s > 19);
    if (kc_num_size(s, &size) == 0) {
        uint64_t unit = 1, v = strtoull(s, NULL, 10);
        char c = *digits;
        unit = c == 'k' || c == 'K' ? 1024 : c == 'm' || c == 'M' ? 1 << 20 : c == 'g' || c == 'G' ? 1 << 30 : 1;
        FUZZ_CHECK(digits > s && size == v * unit && (v == 0 || size / v == unit));
    } else {
        FUZZ_CHECK(!all || end - s > 19);
    }
    if (kc_num_double(s, &d) == 0) {
        double want = strtod(s, NULL);
        FUZZ_CHECK(twin_number(s, end) == end && isfinite(d));
        FUZZ_CHECK(d == want);
    } else {
        FUZZ_CHECK(twin_number(s, end) != end || !isfinite(strtod(s, NULL)) || end - s > KC_NUM_STRING_MAX);
    }
    char human[16];
    kc_num_human(human, u);
    FUZZ_CHECK(strlen(human) <= 9);
}

void fuzz_number(const uint8_t *p, size_t n)
{
    float f;
    enum kc_num_status st;
    to_text(p, n);
    if (n == 0)
        return;
    size_t room = 1 + p[0] % 64;
    char *text = fuzz_padded(p + 1, n - 1), *end = text + n - 1;
    one(text, end, &f, &st);
    array(text, text, end, room);
    lists(text, text, room);
    for (char *c = text + 1; c < end; c++) /* from another start, with bytes before it that may be read */
        if (c[-1] == ',' || c[-1] == '[') {
            array(blanks(c), text, end, room); /* an array begins with a number: its readers skip blanks */
            lists(c, text, room);
            break;
        }
    whole(text);
    free(text);
}
