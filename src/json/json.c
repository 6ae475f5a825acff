/* A scanner for JSON that keeps no tree and does not recurse: nesting is one bit per open container. Strings are
 * scanned 8 bytes at a time with integer arithmetic (the zero-byte test of Alan Mycroft, 1987); texts are padded, so
 * that no such load needs a bounds check. */
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"

#define ONES 0x0101010101010101u
#define HIGH 0x8080808080808080u

/* Set the high bit of every byte of v that is 0. Bytes above the first such byte may be set by mistake. */
static inline uint64_t zero_bytes(uint64_t v)
{
    return (v - ONES) & ~v & HIGH;
}

/* Mark the bytes of a string that need a closer look: a quote, a backslash, a control byte. */
static inline uint64_t special_bytes(uint64_t v)
{
    return zero_bytes(v ^ ONES * '"') | zero_bytes(v ^ ONES * '\\') | ((v - ONES * 0x20) & ~v & HIGH);
}

static const char *set_fault(struct kc_json_fault *f, const char *at, const char *expected, const char *what)
{
    f->at = at;
    f->expected = expected;
    f->what = what;
    return NULL;
}

const char *kc_json_string(const char *p, const char *end, struct kc_json_str *s, struct kc_json_fault *f)
{
    s->p = ++p;
    s->escaped = 0;
    for (;;) {
        uint64_t m = special_bytes(kc_le64(p));
        if (m == 0) {
            p += 8;
            continue;
        }
        p += kc_ctz64(m) >> 3;
        if (*p == '"') {
            s->n = (size_t)(p - s->p);
            return p + 1;
        }
        if (*p != '\\') {
            if (p == end || *p == '\0')
                return set_fault(f, p, "the string's closing quote", NULL);
            return set_fault(f, p, NULL, "a string has an unescaped control byte");
        }
        s->escaped = 1;
        p++;
        if (*p == 'u') {
            for (int i = 1; i <= 4; i++)
                if (kc_hex_value(p[i]) < 0)
                    return set_fault(f, p + i, "a hexadecimal digit", NULL);
            p += 5;
        } else if (*p == '"' || *p == '\\' || *p == '/' || *p == 'b' || *p == 'f' || *p == 'n' || *p == 'r' ||
                   *p == 't') {
            p++;
        } else {
            return set_fault(f, p, "an escape's letter", NULL);
        }
    }
}

/* Accept a literal at p. At any other word return NULL; the words that other programs write for missing numbers get a
 * message of their own. */
static const char *accept_literal(const char *p, struct kc_json_fault *f)
{
    if (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)
        return p + 4;
    if (memcmp(p, "false", 5) == 0)
        return p + 5;
    if (memcmp(p, "NaN", 3) == 0)
        return set_fault(f, p, NULL, "NaN is not JSON");
    if (memcmp(p, "Infinity", 8) == 0 || memcmp(p, "-Infinity", 9) == 0)
        return set_fault(f, p, NULL, "Infinity is not JSON");
    return set_fault(f, p, "a value", NULL);
}

/* Accept a string, number or literal at p. */
static const char *accept_scalar(const char *p, const char *end, struct kc_json_fault *f)
{
    if (*p == '"') {
        struct kc_json_str s;
        return kc_json_string(p, end, &s, f);
    }
    if ((*p >= '0' && *p <= '9') || (*p == '-' && p[1] != 'I')) {
        const char *bad, *q = kc_num_skip(p, &bad);
        return q ? q : set_fault(f, bad, "a digit", bad > p && bad[-1] == '0' && *bad >= '0' && *bad <= '9' ?
                                 "a number has a leading zero" : NULL);
    }
    return accept_literal(p, f);
}

const char *kc_json_skip(const char *p, const char *end, unsigned depth, struct kc_json_fault *f)
{
    uint64_t object[KC_JSON_DEPTH / 64]; /* bit i: container i of those opened in this call is an object */
    unsigned open = 0;
    struct kc_json_str key;
    for (;;) {
        /* p is at a value */
        if (*p == '{' || *p == '[') {
            int is_object = *p == '{';
            if (depth + open >= KC_JSON_DEPTH)
                return set_fault(f, p, NULL, "nested deeper than 512 levels");
            uint64_t bit = (uint64_t)1 << (open & 63);
            object[open >> 6] = is_object ? (open & 63 ? object[open >> 6] : 0) | bit
                                          : (open & 63 ? object[open >> 6] : 0) & ~bit;
            open++;
            p = kc_json_ws(p + 1);
            if (*p != (is_object ? '}' : ']')) {
                if (!is_object)
                    continue;
                if (*p != '"')
                    return set_fault(f, p, "a key or '}'", NULL);
                goto at_key;
            }
            p++;
            open--;
        } else {
            p = accept_scalar(p, end, f);
            if (!p)
                return NULL;
        }
        /* p is after a value */
        for (;;) {
            if (open == 0)
                return p;
            int is_object = (object[(open - 1) >> 6] >> ((open - 1) & 63) & 1) != 0;
            p = kc_json_ws(p);
            if (*p == ',') {
                p = kc_json_ws(p + 1);
                if (!is_object)
                    break;
                if (*p != '"')
                    return set_fault(f, p, "a key", NULL);
                goto at_key;
            }
            if (*p != (is_object ? '}' : ']'))
                return set_fault(f, p, is_object ? "',' or '}'" : "',' or ']'", NULL);
            p++;
            open--;
        }
        continue;
at_key:
        p = kc_json_string(p, end, &key, f);
        if (!p)
            return NULL;
        p = kc_json_ws(p);
        if (*p != ':')
            return set_fault(f, p, "':'", NULL);
        p = kc_json_ws(p + 1);
    }
}

/* Return the value of four hexadecimal digits that have been checked. */
static unsigned hex4(const char *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 4 | (unsigned)kc_hex_value(p[i]);
    return v;
}

/* Decode the escape at *pp (after the backslash) as UTF-8 into out (4 bytes), and move *pp past it. Return its length,
 * 0 for a lone surrogate. */
static size_t decode_escape(const char **pp, const char *end, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *p = *pp;
    if (*p != 'u') {
        out[0] = to[strchr(from, *p) - from];
        *pp = p + 1;
        return 1;
    }
    unsigned c = hex4(p + 1);
    p += 5;
    if (c >= 0xD800 && c <= 0xDFFF) {
        if (c >= 0xDC00 || end - p < 6 || p[0] != '\\' || p[1] != 'u')
            return 0;
        unsigned low = hex4(p + 2);
        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        p += 6;
    }
    *pp = p;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (char)((0xF00u >> n & 0xF0u) | c);
    return n;
}

int kc_json_decode(const struct kc_json_str *s, struct kc_buf *out, struct kc_err *e)
{
    const char *p = s->p, *end = s->p + s->n;
    size_t before = out->n;
    if (kc_buf_reserve(out, s->n, e) != 0) /* decoding never makes it longer */
        return -1;
    while (p < end) {
        const char *q = s->escaped ? memchr(p, '\\', (size_t)(end - p)) : NULL;
        size_t plain = (size_t)((q ? q : end) - p);
        memcpy(out->p + out->n, p, plain);
        out->n += plain;
        if (!q)
            break;
        p = q + 1;
        char c[4];
        size_t n = decode_escape(&p, end, c);
        if (n == 0) {
            out->n = before;
            return 1;
        }
        memcpy(out->p + out->n, c, n);
        out->n += n;
    }
    return 0;
}

int kc_json_equals(const struct kc_json_str *s, const char *key, size_t n)
{
    if (!s->escaped)
        return s->n == n && memcmp(s->p, key, n) == 0;
    const char *p = s->p, *end = s->p + s->n, *k = key, *key_end = key + n;
    while (p < end) {
        char c[4];
        size_t len = 1;
        if (*p == '\\') {
            p++;
            len = decode_escape(&p, end, c);
            if (len == 0)
                return 0;
        } else {
            c[0] = *p++;
        }
        if ((size_t)(key_end - k) < len || memcmp(k, c, len) != 0)
            return 0;
        k += len;
    }
    return k == key_end;
}

const char *kc_json_first(const char *p)
{
    p = kc_json_ws(p + 1);
    return *p == '}' || *p == ']' ? NULL : p;
}

const char *kc_json_past(const char *p)
{
    struct kc_json_fault f;
    return kc_json_skip(p, NULL, 0, &f); /* the end matters only if the text is malformed */
}

const char *kc_json_next(const char *p)
{
    p = kc_json_ws(p);
    return *p == ',' ? kc_json_ws(p + 1) : NULL;
}

const char *kc_json_member(const char *p, struct kc_json_str *key)
{
    struct kc_json_fault f;
    p = kc_json_ws(kc_json_string(p, NULL, key, &f));
    return kc_json_ws(p + 1); /* after the colon */
}

const char *kc_json_find(const char *p, const char *key)
{
    const char *found = NULL;
    if (!p || *p != '{')
        return NULL;
    for (const char *q = kc_json_first(p); q; q = kc_json_next(kc_json_past(q))) {
        struct kc_json_str s;
        q = kc_json_member(q, &s);
        if (kc_json_equals(&s, key, strlen(key)))
            found = q;
    }
    return found;
}

int kc_json_u64(const char *p, uint64_t *out)
{
    char digits[24];
    size_t n = p ? strspn(p, "0123456789") : 0;
    if (n == 0 || n >= sizeof digits || p[n] == '.' || p[n] == 'e' || p[n] == 'E')
        return -1;
    memcpy(digits, p, n);
    digits[n] = '\0';
    return kc_num_u64(digits, out);
}

int kc_json_double(const char *p, double *out)
{
    char digits[512];
    const char *bad, *q = p && *p != 'n' ? kc_num_skip(p, &bad) : NULL;
    if (p && *p == 'n') {
        *out = NAN;
        return 0;
    }
    if (!q || (size_t)(q - p) >= sizeof digits)
        return -1;
    memcpy(digits, p, (size_t)(q - p));
    digits[q - p] = '\0';
    return kc_num_double(digits, out);
}

int kc_json_text(const char *p, struct kc_json_str *out)
{
    struct kc_json_fault f;
    if (!p || *p != '"')
        return -1;
    kc_json_string(p, NULL, out, &f);
    return 0;
}

const char *kc_json_kind(char first)
{
    switch (first) {
    case '"': return "a string";
    case '{': return "an object";
    case '[': return "an array";
    case 't': return "true";
    case 'f': return "false";
    case 'n': return "null";
    default: return "a number";
    }
}

void kc_json_explain(const struct kc_json_fault *f, size_t column, const char *end, const char *unit, char *out,
                     size_t size)
{
    unsigned char c = (unsigned char)*f->at;
    if (f->at >= end && f->expected)
        snprintf(out, size, "unexpected end of %s, expected %s", unit, f->expected);
    else if (f->at < end && c == 0)
        snprintf(out, size, "NUL byte at column %zu", column);
    else if (f->what)
        snprintf(out, size, "%s, at column %zu", f->what, column);
    else if (c > 0x20 && c < 0x7F)
        snprintf(out, size, "unexpected '%c' at column %zu, expected %s", c, column, f->expected);
    else
        snprintf(out, size, "unexpected byte 0x%02x at column %zu, expected %s", c, column, f->expected);
}
