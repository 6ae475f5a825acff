/* Arrays of numbers: four at a time and one by one must agree in everything, and with strtod. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/num.h"
#include "base/num_simd.h"
#include "base/rng.h"
#include "unit.h"

#define MOST 70 /* numbers of an array */
#define LONGEST 96

static const struct kc_num_list json = {',', ']'};

static uint32_t bits_of(float f)
{
    uint32_t b;
    memcpy(&b, &f, sizeof b);
    return b;
}

/* Two pages between two that cannot be touched: what reads too far before or behind a text crashes. */
static char *fenced(size_t *size)
{
    static char *p;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *size = 2 * page;
    if (!p) {
        p = mmap(NULL, 4 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED || mprotect(p + page, 2 * page, PROT_READ | PROT_WRITE) != 0)
            abort();
        p += page;
    }
    return p;
}

enum shape { FLOAT32, DOUBLE, INTEGER, SHORT, DIGITS, TINY, SHAPES, MIXED = SHAPES, ALL };

static size_t put_number(struct kc_rng *r, unsigned shape, char *s)
{
    static const unsigned wholes[] = {1, 1, 1, 2, 3, 8};
    static const unsigned parts[] = {1, 2, 7, 8, 9, 12, 13, 14, 15, 16, 17, 20, 21, 22, 23, 30};
    double x = (kc_rng_unit(r) - 0.5) * (kc_rng_below(r, 8) == 0 ? 30.0 : 0.5);
    char *o = s;
    size_t n;
    if (shape == MIXED)
        shape = (unsigned)kc_rng_below(r, SHAPES);
    switch (shape) {
    case FLOAT32:
        return kc_num_format_float(s, (float)x);
    case DOUBLE:
        return kc_num_format_double(s, x);
    case INTEGER:
        return (size_t)sprintf(s, "%d", (int)kc_rng_below(r, 256) - 128);
    case SHORT:
        return (size_t)sprintf(s, "%.*f", (int)kc_rng_below(r, 6), x);
    case TINY:
        return (size_t)sprintf(s, "%.*g", (int)kc_rng_below(r, 18) + 1, x * pow(10, -(double)kc_rng_below(r, 12)));
    default:
        break;
    }
    o += kc_rng_below(r, 2) ? sprintf(o, "-") : 0;
    n = wholes[kc_rng_below(r, sizeof wholes / sizeof wholes[0])];
    for (size_t i = 0; i < n; i++)
        *o++ = (char)('0' + (i == 0 && n > 1 ? 1 + kc_rng_below(r, 9) : kc_rng_below(r, 10)));
    if (kc_rng_below(r, 4) == 0)
        return (size_t)(o - s);
    *o++ = '.';
    n = parts[kc_rng_below(r, sizeof parts / sizeof parts[0])];
    for (size_t i = 0; i < n; i++)
        *o++ = (char)('0' + kc_rng_below(r, 10));
    return (size_t)(o - s);
}

/* A midpoint of two floats, or as near as 17 digits come to it. */
static size_t put_midpoint(struct kc_rng *r, char *s)
{
    float f = (float)(0.1 + kc_rng_unit(r) * 9);
    double mid = ((double)f + (double)nextafterf(f, 10)) / 2;
    return (size_t)sprintf(s, "%.*f", (int)kc_rng_below(r, 10) + 13, mid);
}

/* The text of n numbers, each as strtod has it in want; without what stands around them. sep: NULL for JSON's. */
static size_t put_array(struct kc_rng *r, size_t n, char *s, const char *sep, float *want)
{
    static const char *const between[] = {",", ", ", " , ", ",\n    "};
    unsigned shape = (unsigned)kc_rng_below(r, ALL), pick = (unsigned)kc_rng_below(r, 12);
    char *o = s;
    if (!sep)
        sep = between[pick < 6 ? 0 : pick < 10 ? 1 : pick - 8];
    for (size_t i = 0; i < n; i++) {
        char *number = o;
        if (i > 0) {
            o = stpcpy(o, sep);
            number = o;
        }
        o += kc_rng_below(r, 40) == 0 ? put_midpoint(r, o) : put_number(r, shape, o);
        *o = '\0';
        want[i] = (float)strtod(number, NULL);
        if (want[i] == 0 && !strpbrk(number, ".e")) /* the integer 0 has no sign */
            want[i] = 0;
    }
    return (size_t)(o - s);
}

static void same(const char *begin, const char *floor, size_t room, const struct kc_num_list *list, const float *want,
                 size_t n)
{
    float fast[MOST + 1], plain[MOST + 1];
    enum kc_num_status fast_st, plain_st;
    const char *fast_p = begin, *plain_p = begin;
    memset(fast, 0x55, sizeof fast);
    size_t got = list ? kc_num_listed(&fast_p, floor, fast, room, list, &fast_st) :
                 kc_num_floats(&fast_p, floor, fast, room, &fast_st);
    size_t expected = list ? kc_num_listed_plain(&plain_p, plain, 0, room, list, &plain_st) :
                      kc_num_floats_plain(&plain_p, plain, 0, room, &plain_st);
    CHECK_MSG(got == expected && fast_st == plain_st && fast_p == plain_p,
              "%.300s: %zu numbers, status %d, at %zd; one by one %zu, %d, %zd", begin, got, fast_st, fast_p - begin,
              expected, plain_st, plain_p - begin);
    for (size_t i = 0; i < got && i < expected; i++)
        CHECK_MSG(bits_of(fast[i]) == bits_of(plain[i]), "%.300s: number %zu is %.9g, one by one %.9g", begin, i,
                  (double)fast[i], (double)plain[i]);
    CHECK_MSG(bits_of(fast[room]) == 0x55555555, "%.300s: more than %zu were written", begin, room);
    if (!want)
        return;
    CHECK_MSG(got == (n < room ? n : room) && plain_st == KC_NUM_OK, "%.300s: %zu of %zu numbers", begin, got, n);
    for (size_t i = 0; i < got; i++)
        CHECK_MSG(bits_of(fast[i]) == bits_of(want[i]), "%.300s: number %zu is %.9g, strtod says %.9g", begin, i,
                  (double)fast[i], (double)want[i]);
}

/* Behind the array comes what may: another line's text, which must not be looked at as numbers. */
TEST(num_arrays)
{
    static const char *const behind[] = {"]", "]", "]}", " ]", "],[1,2,3,4,5,6,7,8]",
                                         "]}\n{\"a\":[0.5,0.25,0.125,1,2,3,4]"};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 5, 0);
    static char text[MOST * LONGEST + 200];
    float want[MOST];
    size_t size;
    char *area = fenced(&size);
    for (int i = 0; i < 25000; i++) {
        size_t n = 1 + (size_t)kc_rng_below(&r, MOST), len = put_array(&r, n, text, NULL, want);
        size_t room = kc_rng_below(&r, 4) ? n : 1 + (size_t)kc_rng_below(&r, MOST);
        if (len + KC_NUM_PAD + 80 > size)
            continue;
        len += (size_t)sprintf(text + len, "%s", behind[kc_rng_below(&r, 6)]);
        /* at the very beginning, and at the very end, of what can be read */
        memcpy(area, text, len);
        memset(area + len, 0, KC_NUM_PAD);
        same(area, area, room, NULL, want, n);
        char *p = area + size - KC_NUM_PAD - len;
        memcpy(p, text, len);
        memset(p + len, 0, KC_NUM_PAD);
        same(p, area, room, NULL, want, n);
        same(p, p, room, NULL, want, n);
        /* one byte behind the first, or a few, are others */
        for (int k = 0; k < 3; k++) {
            static const char others[] = "0123456789..--,,]]  eE+x\"\t\n\0\xC3";
            p[1 + kc_rng_below(&r, len - 1)] = others[kc_rng_below(&r, sizeof others - 1)];
            same(p, area, room, NULL, NULL, 0);
        }
    }
}

/* Lists with other separators, a line each: the next line's numbers are none of theirs. */
TEST(num_lists)
{
    static const struct kc_num_list lists[] = {{',', '\n'}, {'\t', '\n'}, {' ', '\n'}, {';', '\n'}, {' ', ']'}};
    static const char *const spaced[] = {" , ", " \t", NULL, "; ", NULL};
    static const char *const behind[] = {"", "\n", "\r\n", "\nterm", " \n"};
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 7, 0);
    static char text[MOST * LONGEST + 400];
    float want[MOST];
    size_t size;
    char *area = fenced(&size);
    for (int i = 0; i < 25000; i++) {
        size_t k = (size_t)kc_rng_below(&r, 5), n = 1 + (size_t)kc_rng_below(&r, MOST);
        const struct kc_num_list *list = &lists[k];
        const char alone[2] = {list->sep, '\0'}, *sep = spaced[k] && kc_rng_below(&r, 4) == 0 ? spaced[k] : alone;
        size_t room = kc_rng_below(&r, 4) ? n : 1 + (size_t)kc_rng_below(&r, MOST), b = (size_t)kc_rng_below(&r, 5);
        size_t len = put_array(&r, n, text, sep, want);
        int clean = !(list->sep == ' ' && behind[b][0] == ' '); /* there, a blank says that another number follows */
        len += (size_t)sprintf(text + len, "%s", list->close == ']' ? "]" : behind[b]);
        clean |= list->close == ']';
        if (len + KC_NUM_PAD + 80 > size)
            continue;
        for (int more = 0; more < 8 && kc_rng_below(&r, 4) && behind[b][0]; more++)
            len += (size_t)sprintf(text + len, "%c0.5", list->sep);
        char *p = area + size - KC_NUM_PAD - len;
        memcpy(p, text, len);
        memset(p + len, 0, KC_NUM_PAD);
        same(p, area, room, list, clean ? want : NULL, n);
        for (int e = 0; e < 3 && len > 1; e++) { /* not the first byte: no blank may stand there */
            static const char others[] = "0123456789..--,, \t\n;]eE+x\0\xC3";
            p[1 + kc_rng_below(&r, len - 1)] = others[kc_rng_below(&r, sizeof others - 1)];
            same(p, area, room, list, NULL, 0);
        }
    }
}

TEST(num_loose)
{
    static const struct {
        const char *text;
        size_t n; /* bytes of the number; 0: there is none */
        float is;
    } t[] = {{"+1.5,", 4, 1.5f}, {".5", 2, 0.5f}, {"-.5e1 ", 5, -5}, {"5.", 2, 5}, {"-007.250x", 8, -7.25f}, {"5.e-1", 5, 0.5f},
             {"000", 3, 0}, {"0.1", 3, 0.1f}, {".", 0, 0}, {"+", 0, 0}, {"-", 0, 0}, {"+-1", 0, 0}, {"e5", 0, 0}, {"", 0, 0},
             {".e5", 0, 0}, {" 1", 0, 0}, {"0x10", 1, 0}, {"00000000000000000000000012345678901234567890.", 45, 1.2345679e19f}};
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char text[64 + KC_NUM_PAD] = {0};
        float x = 7;
        const char *p = strcpy(text, t[i].text);
        enum kc_num_status st = kc_num_loose(&p, &x);
        CHECK_MSG((st == KC_NUM_OK) == (t[i].n > 0), "%s: status %d", text, st);
        CHECK_MSG(t[i].n == 0 || (p == text + t[i].n && x == t[i].is), "%s: %.9g, %zd bytes", text, (double)x, p - text);
    }
}

/* The text ends anywhere. */
TEST(num_arrays_cut)
{
    struct kc_rng r = kc_rng_stream(unit_seed(), KC_RNG_TEST, 6, 0);
    static char text[MOST * LONGEST + 200];
    float want[MOST];
    size_t size;
    char *area = fenced(&size);
    for (int i = 0; i < 60; i++) {
        size_t len = put_array(&r, 12, text, NULL, want);
        for (size_t cut = 0; cut <= len; cut++) {
            char *p = area + size - KC_NUM_PAD - cut;
            memcpy(p, text, cut);
            memset(p + cut, 0, KC_NUM_PAD);
            same(p, area, 12, NULL, NULL, 0);
        }
    }
}

#if defined(__x86_64__)
/* The fast way is taken: all of these, but the first, before which nothing can be read. */
TEST(num_arrays_fast)
{
    static const char *const numbers[] = {"-0.013310636", "0.013310636393725872", "-128", "13.0"};
    for (size_t k = 0; kc_num_has_avx2() && k < sizeof numbers / sizeof numbers[0]; k++) {
        char text[64 * 24 + 64 + KC_NUM_PAD] = {0}, *o = text;
        float x[64], want = strtof(numbers[k], NULL);
        for (int i = 0; i < 64; i++)
            o += sprintf(o, "%s%s", numbers[k], i == 63 ? "]" : k % 2 ? ", " : ",");
        const char *p = text;
        CHECK(kc_num_listed_avx2(&p, text, x, 64, &json) == 0 && p == text);
        for (int i = 0; i < 32 || p[-1] != ','; i++)
            p++;
        size_t left = 1;
        for (const char *q = p; *q; q++)
            left += *q == ',';
        size_t got = kc_num_listed_avx2(&p, text, x, left & ~(size_t)3, &json);
        CHECK_MSG(got == (left & ~(size_t)3), "%s: %zu of %zu", numbers[k], got, left);
        for (size_t i = 0; i < got; i++)
            CHECK(bits_of(x[i]) == bits_of(want));
    }
}
#endif
