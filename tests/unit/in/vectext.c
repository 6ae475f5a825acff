/* Vectors that are written as a text: random ones in every notation against the numbers they were made of, and texts
 * that are none. */
#include "in/fields/vectext.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/num.h"
#include "base/rng.h"
#include "unit.h"

/* Parse a text of its own, with what the parser may read around it. Return the count, SIZE_MAX if it is bad. */
static size_t parse(const char *text, size_t n, float *row, size_t d, char msg[200])
{
    char *buf = calloc(64 + n + KC_NUM_PAD, 1), *p = buf + 64;
    memcpy(p, text, n);
    enum kc_vectext how = kc_vectext_of(p, p + n);
    struct kc_vectext_row r = {row, d, buf, 0};
    strcpy(msg, "no vector");
    size_t got = how != KC_VECTEXT_NONE && kc_vectext_parse(how, p, p + n, "it", &r, msg, 200) == 0 ? r.count : SIZE_MAX;
    free(buf);
    return got;
}

/* The obvious encoder of base64. */
static size_t encode_base64(const unsigned char *b, size_t n, char *out, int url, int pad)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t o = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)b[i] << 16 | (i + 1 < n ? (uint32_t)b[i + 1] << 8 : 0) | (i + 2 < n ? b[i + 2] : 0);
        for (int k = 0; k < 4; k++)
            if (k < 2 || i + (size_t)k - 1 < n) {
                char c = digits[v >> (18 - 6 * k) & 63];
                out[o++] = url && c == '+' ? '-' : url && c == '/' ? '_' : c;
            } else if (pad) {
                out[o++] = '=';
            }
    }
    return o;
}

static float random_float(struct kc_rng *rng)
{
    uint64_t r = kc_rng_u64(rng);
    return (r & 15) == 0 ? 0 : (float)((double)(int64_t)kc_rng_u64(rng) * 0x1p-63 * pow(10, (double)(r >> 8 & 7) - 4));
}

TEST(in_vectext_random)
{
    struct kc_rng rng = kc_rng_stream(unit_seed(), KC_RNG_TEST, 77, 0);
    for (int round = 0; round < 600; round++) {
        size_t d = 4 + kc_rng_u64(&rng) % 40, n = 0;
        float x[44], y[44] = {0};
        char text[44 * 40], msg[200];
        for (size_t j = 0; j < d; j++)
            x[j] = random_float(&rng);
        int kind = round % 6;
        if (kind < 3) { /* [1, 2], {1,2}, [1  2\n] */
            text[n++] = kind == 1 ? '{' : '[';
            for (size_t j = 0; j < d; j++) {
                if (j > 0 || kind == 2)
                    n += (size_t)sprintf(text + n, "%s", kind == 1 ? "," : kind == 0 ? ", " : j % 5 == 4 ? "\n  " : " ");
                n += (size_t)sprintf(text + n, "%.9g", (double)x[j]);
            }
            text[n++] = kind == 1 ? '}' : ']';
        } else if (kind < 5) {
            n = encode_base64((const unsigned char *)x, d * sizeof *x, text, kind == 4, kind == 3);
        } else {
            n += (size_t)sprintf(text, "%s", round % 4 ? "\\x" : "");
            for (size_t j = 0; j < d * sizeof *x; j++)
                n += (size_t)sprintf(text + n, round % 3 ? "%02x" : "%02X", ((const unsigned char *)x)[j]);
        }
        size_t got = parse(text, n, y, d, msg);
        CHECK_MSG(got == d && memcmp(x, y, d * sizeof *x) == 0, "round %d: %zu of %zu: %s: %.*s", round, got, d, msg,
                  (int)n, text);
        CHECK(parse(text, n, NULL, 0, msg) == d); /* counted only */
        CHECK(parse(text, n, y, d - 1, msg) == d); /* too many: the caller compares */
    }
}

TEST(in_vectext_none)
{
    static const struct { const char *text, *msg; } t[] = {
        {"", "no vector"}, {"river", "no vector"}, {"internationalisation", "no vector"}, {"AAAA", "no vector"},
        {"{a,b}", "no vector"}, {"deadbeef", "no vector"},
        {"[]", "it: its vector is empty"}, {"[1,2", "it: number 2 is followed by the end of the text, expected ',' or ']'"},
        {"[1,,2]", "it: number 2 is missing"}, {"[1,2]x", "it: the text continues after the ']' of its vector"},
        {"[1 2 x]", "it: number 3 is 'x', expected a number"}, {"[1,nan]", "it: number 2 is 'nan', expected a number"},
        {"[1,1e39]", "it: number 2 is '1e39', beyond the range of float32"},
        {"{1:0.5}/8", "it is a sparse vector, which is not read: expected all its numbers"},
        {"{1,2}/8", "it: {...}/N is a sparse vector, which is not read"},
        {"[0.1 ... 0.2]", "it: '...' stands for numbers that are missing: numpy prints long arrays so; write x.tolist() "
                          "in place of str(x)"},
        {"[0.1, 0.2, ..., 0.3]", "it: '...' stands for numbers that are missing: numpy prints long arrays so; write "
                                 "x.tolist() in place of str(x)"},
    };
    char msg[200];
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        size_t got = parse(t[i].text, strlen(t[i].text), NULL, 0, msg);
        CHECK_MSG(got == SIZE_MAX && strcmp(msg, t[i].msg) == 0, "%s\n  gives    %zu %s\n  expected %s", t[i].text, got,
                  msg, t[i].msg);
    }
}

/* Bytes of float64 are no float32 that anybody would believe: such a text is refused, not misread. */
TEST(in_vectext_float64)
{
    struct kc_rng rng = kc_rng_stream(unit_seed(), KC_RNG_TEST, 78, 0);
    int taken = 0;
    for (int round = 0; round < 200; round++) {
        double x[32];
        char text[32 * 12], msg[200];
        for (int j = 0; j < 32; j++)
            x[j] = (double)(int64_t)kc_rng_u64(&rng) * 0x1p-63;
        size_t n = encode_base64((const unsigned char *)x, sizeof x, text, 0, 1);
        taken += parse(text, n, NULL, 0, msg) != SIZE_MAX;
    }
    CHECK_MSG(taken == 0, "%d of 200", taken);
}
