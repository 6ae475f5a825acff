#include "json/json.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/rng.h"
#include "unit.h"

static char text[1 << 16];

/* The text as the scanner wants it, behind bytes that make a wrong look back show. Garbage follows the NUL. */
static const char *put(const char *s, size_t n)
{
    memset(text, '"', sizeof text);
    memcpy(text + 8, s, n);
    text[8 + n] = '\0';
    return text + 8;
}

static int valid(const char *s)
{
    size_t n = strlen(s);
    struct kc_json_fault f = {NULL, NULL, NULL};
    const char *p = put(s, n), *q = kc_json_skip(p, p + n, 0, &f);
    if (!q) {
        CHECK_MSG(f.at >= p && f.at <= p + n && (f.expected || f.what), "%s: fault at %d", s, (int)(f.at - p));
        return 0;
    }
    return q == p + n;
}

TEST(json_values)
{
    static const char *const good[] = {
        "0", "-1.5e3", "true", "false", "null", "\"\"", "\"a\\n\\u00e9\\\\\\\"\\/\"", "[]", "{}", "[1]", "[ ]", "{ }",
        "[[],[[]],{}]",
        "{\"a\":1,\"b\":[true,false,null]}", "{\"\":{\"\":{}}}", "[1 , 2\n,\t3\r]", "{\"a\" : 1 , \"b\" : 2 }",
        "\"\xd0\xa0\"", "[1e999]", "{\"a\":1,\"a\":2}", "\"\\ud800\""};
    static const char *const bad[] = {
        "", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        "{\"a\":1,}", "{a:1}",
        "{\"a\" 1}", "{1:2}", "{\"a\":1 \"b\":2}", "[1}", "{\"a\":1]", "01", "-", "1.", ".1", "+1", "1e", "tru", "nul",
        "True",
        "NaN", "Infinity", "-Infinity", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u123g\"", "\"\t\"", "\"\n\"",
        "'a'", "[1]]",
        "{}{}", "1 2", "nulll", "/**/1", "[\"a\",\n]", "\"\x1f\""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK_MSG(valid(good[i]), "refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_MSG(!valid(bad[i]), "accepted: %s", bad[i]);
}

TEST(json_depth)
{
    char s[2 * KC_JSON_DEPTH + 8];
    for (int n = KC_JSON_DEPTH - 2; n <= KC_JSON_DEPTH + 2; n++) {
        memset(s, '[', (size_t)n);
        memset(s + n, ']', (size_t)n);
        s[2 * n] = '\0';
        CHECK_MSG(valid(s) == (n <= KC_JSON_DEPTH), "depth %d", n);
    }
    struct kc_json_fault f;
    const char *p = put("[[]]", 4);
    CHECK(kc_json_skip(p, p + 4, KC_JSON_DEPTH - 2, &f) != NULL);
    CHECK(kc_json_skip(p, p + 4, KC_JSON_DEPTH - 1, &f) == NULL);
}

/* Every text cut short is refused; whatever is put into it, nothing outside is read (the sanitizers watch). */
TEST(json_mutations)
{
    static const char whole[] = "{\"a\":[1,-2.5e+3,{\"b\\u00e9\":\"x\\n\"}],\"c\":null,\"d\":[true,false,[[]]]}";
    static const char some[] = "\"\\[]{}:,0-.eE+tfnu \n\x01\xff";
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 11, 0);
    char s[sizeof whole + 4];
    CHECK(valid(whole));
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        memcpy(s, whole, n);
        s[n] = '\0';
        CHECK_MSG(!valid(s), "accepted: %s", s);
    }
    for (int i = 0; i < 20000; i++) {
        memcpy(s, whole, sizeof whole);
        for (uint64_t k = kc_rng_below(&r, 3) + 1; k > 0; k--)
            s[kc_rng_below(&r, sizeof whole - 1)] = some[kc_rng_below(&r, sizeof some - 1)];
        (void)valid(s);
    }
}

static int decode(const char *s, struct kc_buf *b)
{
    struct kc_json_str str;
    struct kc_json_fault f;
    struct kc_err e = KC_ERR_INIT;
    size_t n = strlen(s);
    const char *p = put(s, n);
    if (kc_json_string(p, p + n, &str, &f) != p + n)
        return -2;
    b->n = 0;
    if (kc_buf_reserve(b, 1, &e) != 0) /* so that b->p is never NULL */
        abort();
    int rc = kc_json_decode(&str, b, &e);
    if (rc == 0)
        CHECK_MSG(kc_json_equals(&str, b->p, b->n) == 1 && (b->n == 0 || kc_json_equals(&str, b->p, b->n - 1) == 0),
                  "%s does not equal what it decodes to", s);
    return rc;
}

TEST(json_decode)
{
    static const struct { const char *s, *want; size_t n; } t[] = {
        {"\"\"", "", 0}, {"\"abc\"", "abc", 3}, {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
        {"\"a\\u0000b\"", "a\0b", 3}, {"\"\\u00e9\\u20ac\\ud83d\\ude00\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9},
        {"\"\\uFFFF\\u0800\\u07ff\\u0080\\u007f\"", "\xef\xbf\xbf\xe0\xa0\x80\xdf\xbf\xc2\x80\x7f", 11},
        {"\"\\uDBFF\\uDFFF\"", "\xf4\x8f\xbf\xbf", 4}, {"\"long enough to take more than one word\\n\"",
         "long enough to take more than one word\n", 39}};
    static const char *const lone[] = {"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\n\"",
                                       "\"\\ud800\\ud800\"",
                                       "\"\\ude00\\ud83d\"", "\"\\ud83d\\u0041\""};
    struct kc_buf b = {NULL, 0, 0};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        CHECK_MSG(decode(t[i].s, &b) == 0 && b.n == t[i].n && memcmp(b.p, t[i].want, b.n) == 0, "%s", t[i].s);
    }
    for (size_t i = 0; i < sizeof lone / sizeof lone[0]; i++)
        CHECK_MSG(decode(lone[i], &b) == 1 && b.n == 0, "%s is not refused", lone[i]);
    kc_buf_free(&b);
}

/* A string's end is found at every offset, whatever lies around. */
TEST(json_string_offsets)
{
    char s[128];
    struct kc_json_str str;
    struct kc_json_fault f;
    for (size_t n = 0; n < 40; n++) {
        s[0] = '"';
        memset(s + 1, 0xC3, n);
        for (size_t i = 2; i <= n; i += 2)
            s[i] = (char)0xA9;
        strcpy(s + 1 + n, "\"rest");
        const char *p = put(s, strlen(s));
        CHECK(kc_json_string(p, p + strlen(s), &str, &f) == p + n + 2 && str.n == n && !str.escaped);
        s[1 + n] = '\x1f';
        p = put(s, strlen(s));
        CHECK(kc_json_string(p, p + strlen(s), &str, &f) == NULL && f.at == p + 1 + n);
        s[1 + n] = '\0';
        p = put(s, n + 3);
        CHECK(kc_json_string(p, p + n + 3, &str, &f) == NULL && f.at == p + 1 + n);
    }
}

/* The definition, by code points. */
static int utf8_slow(const unsigned char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned c = s[i], len = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
        static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
        unsigned v = len == 1 ? c : c & (0x7Fu >> len);
        if (len == 0 || len > n - i)
            return 0;
        for (unsigned j = 1; j < len; j++) {
            if (s[i + j] >> 6 != 2)
                return 0;
            v = v << 6 | (s[i + j] & 0x3Fu);
        }
        if (v < least[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
            return 0;
        i += len;
    }
    return 1;
}

TEST(utf8_bad)
{
    unsigned char s[96];
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 12, 0);
    for (unsigned a = 0x80; a < 0x100; a++) /* every pair, and every third and fourth byte that is a border */
        for (unsigned b = 0; b < 0x100; b++) {
            static const unsigned char last[][2] = {{0x80, 0x80}, {0xBF, 0xBF}, {0x7F, 0x80}, {0x80, 0x7F},
                                                    {0xC0, 0x80}, {0x80, 0xC0}};
            for (size_t k = 0; k < 6; k++) {
                s[0] = (unsigned char)a;
                s[1] = (unsigned char)b;
                s[2] = last[k][0];
                s[3] = last[k][1];
                for (size_t n = 1; n <= 4; n++)
                    CHECK_MSG((kc_utf8_bad((char *)s, (char *)s + n) == NULL) == utf8_slow(s, n),
                              "%02x %02x %02x %02x, %zu bytes",
                              s[0], s[1], s[2], s[3], n);
            }
        }
    for (int i = 0; i < 50000; i++) { /* one wrong byte, anywhere in text of mixed kinds */
        size_t n = 0;
        while (n < 90) {
            uint64_t k = kc_rng_below(&r, 8);
            if (k == 0) {
                memcpy(s + n, "\xd0\x96", 2);
                n += 2;
            } else if (k == 1) {
                memcpy(s + n, "\xe2\x82\xac", 3);
                n += 3;
            } else if (k == 2) {
                memcpy(s + n, "\xf0\x9f\x98\x80", 4);
                n += 4;
            } else {
                s[n++] = (unsigned char)(' ' + kc_rng_below(&r, 90));
            }
        }
        CHECK(kc_utf8_bad((char *)s, (char *)s + n) == NULL);
        s[kc_rng_below(&r, n)] = (unsigned char)kc_rng_below(&r, 256);
        n = kc_rng_below(&r, n + 1);
        CHECK((kc_utf8_bad((char *)s, (char *)s + n) == NULL) == utf8_slow(s, n));
    }
    const char bad[] = "0123456789012345678901234567890123456789\xff";
    CHECK(kc_utf8_bad(bad, bad + 41) == bad + 40);
}
