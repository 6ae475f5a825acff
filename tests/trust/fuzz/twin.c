/* JSON by recursive descent, byte by byte, with every bound checked: slow, and easy to see through. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "json/json.h"
#include "fuzz.h"

static const char *blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static int digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static const char *digits(const char *p, const char *end)
{
    while (digit(p, end))
        p++;
    return p;
}

const char *twin_number(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    if (!digit(p, end))
        return NULL;
    if (*p == '0' && digit(p + 1, end))
        return NULL;
    p = digits(p, end);
    if (p < end && *p == '.') {
        if (!digit(p + 1, end))
            return NULL;
        p = digits(p + 1, end);
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (!digit(p, end))
            return NULL;
        p = digits(p, end);
    }
    return p;
}

static int hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *string(const char *p, const char *end)
{
    if (p == end || *p != '"')
        return NULL;
    for (p++; p < end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20)
            return NULL;
        if (*p != '\\')
            continue;
        if (++p == end)
            return NULL;
        if (*p == 'u') {
            for (int i = 0; i < 4; i++)
                if (++p == end || !hex(*p))
                    return NULL;
        } else if (*p == '\0' || !strchr("\"\\/bfnrt", *p)) {
            return NULL;
        }
    }
    return p < end ? p + 1 : NULL;
}

static const char *word(const char *p, const char *end, const char *w)
{
    size_t n = strlen(w);
    return (size_t)(end - p) >= n && memcmp(p, w, n) == 0 ? p + n : NULL;
}

const char *twin_value(const char *p, const char *end, unsigned depth)
{
    if (p == end)
        return NULL;
    switch (*p) {
    case '"': return string(p, end);
    case 't': return word(p, end, "true");
    case 'f': return word(p, end, "false");
    case 'n': return word(p, end, "null");
    case '[':
    case '{': break;
    default: return twin_number(p, end);
    }
    int object = *p == '{';
    char close = object ? '}' : ']';
    if (depth >= KC_JSON_DEPTH)
        return NULL;
    p = blanks(p + 1, end);
    if (p < end && *p == close)
        return p + 1;
    for (;;) {
        if (object) {
            p = string(p, end);
            if (!p)
                return NULL;
            p = blanks(p, end);
            if (p == end || *p != ':')
                return NULL;
            p = blanks(p + 1, end);
        }
        p = twin_value(p, end, depth + 1);
        if (!p)
            return NULL;
        p = blanks(p, end);
        if (p == end)
            return NULL;
        if (*p == close)
            return p + 1;
        if (*p != ',')
            return NULL;
        p = blanks(p + 1, end);
    }
}

int twin_utf8(const char *p, const char *end)
{
    while (p < end) {
        unsigned char c = (unsigned char)*p++;
        if (c < 0x80)
            continue;
        int more = c >= 0xC0 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF8 ? 3 : 0;
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        uint32_t v = c & (0x3Fu >> more);
        if (more == 0)
            return 0;
        for (int i = 0; i < more; i++) {
            if (p == end || ((unsigned char)*p & 0xC0) != 0x80)
                return 0;
            v = v << 6 | ((unsigned char)*p++ & 0x3F);
        }
        if (v < least[more] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))
            return 0;
    }
    return 1;
}

static void put(struct kc_buf *b, unsigned c)
{
    struct kc_err e = KC_ERR_INIT;
    if (kc_buf_addc(b, (char)c, &e) != 0)
        abort();
}

static uint32_t code(const char *p)
{
    char t[5] = {p[0], p[1], p[2], p[3], 0};
    return (uint32_t)strtoul(t, NULL, 16);
}

int twin_decode(const char *p, struct kc_buf *out)
{
    for (p++; *p != '"'; p++) {
        if (*p != '\\') {
            put(out, (unsigned char)*p);
            continue;
        }
        switch (*++p) {
        case 'b': put(out, '\b'); break;
        case 'f': put(out, '\f'); break;
        case 'n': put(out, '\n'); break;
        case 'r': put(out, '\r'); break;
        case 't': put(out, '\t'); break;
        default: put(out, (unsigned char)*p); break;
        case 'u': {
            uint32_t c = code(p + 1);
            p += 4;
            if (c >= 0xDC00 && c <= 0xDFFF)
                return 1;
            if (c >= 0xD800 && c <= 0xDBFF) {
                if (p[1] != '\\' || p[2] != 'u' || code(p + 3) < 0xDC00 || code(p + 3) > 0xDFFF)
                    return 1;
                c = 0x10000 + (c - 0xD800) * 0x400 + (code(p + 3) - 0xDC00);
                p += 6;
            }
            if (c < 0x80) {
                put(out, c);
            } else if (c < 0x800) {
                put(out, 0xC0 + c / 64);
                put(out, 0x80 + c % 64);
            } else if (c < 0x10000) {
                put(out, 0xE0 + c / 4096);
                put(out, 0x80 + c / 64 % 64);
                put(out, 0x80 + c % 64);
            } else {
                put(out, 0xF0 + c / 262144);
                put(out, 0x80 + c / 4096 % 64);
                put(out, 0x80 + c / 64 % 64);
                put(out, 0x80 + c % 64);
            }
        }
        }
    }
    return 0;
}

/* The decoded key at p is the one letter k. */
static int is_key(const char *p, char k)
{
    struct kc_buf b = {NULL, 0, 0};
    int yes = twin_decode(p, &b) == 0 && b.n == 1 && b.p[0] == k;
    kc_buf_free(&b);
    return yes;
}

static int take_term(const char *p, const char *end, struct twin_record *r)
{
    struct kc_err e = KC_ERR_INIT;
    r->term.n = 0;
    if (*p == '"')
        return twin_decode(p, &r->term);
    const char *q = twin_number(p, end);
    return !q || kc_buf_add(&r->term, p, (size_t)(q - p), &e) != 0;
}

static int take_vec(const char *p, const char *end, struct twin_record *r)
{
    r->n = 0;
    if (*p != '[')
        return 1;
    p = blanks(p + 1, end);
    if (*p == ']')
        return 1;
    for (;;) {
        const char *q = twin_number(p, end);
        if (!q)
            return 1;
        double v = strtod(p, NULL); /* the text ends before anything that strtod would take and JSON would not */
        if (q - p == 2 && p[0] == '-' && p[1] == '0')
            v = 0; /* the integer -0 has no sign */
        if (!isfinite((float)v))
            return 1;
        if (r->n < r->room)
            r->x[r->n] = (float)v;
        r->n++;
        p = blanks(q, end);
        if (*p == ']')
            return 0;
        p = blanks(p + 1, end);
    }
}

int twin_record(const char *p, const char *end, struct twin_record *r)
{
    const char *term = NULL, *vec = NULL, *begin = p = blanks(p, end);
    const char *behind = twin_utf8(p, end) ? twin_value(p, end, 0) : NULL;
    if (!behind || blanks(behind, end) != end || *begin != '{')
        return 1;
    p = blanks(p + 1, end);
    while (*p != '}') { /* it is known to be an object */
        const char *key = p;
        p = blanks(string(p, end), end);
        p = blanks(p + 1, end);
        if (is_key(key, 't'))
            term = p;
        if (is_key(key, 'v'))
            vec = p;
        p = blanks(twin_value(p, end, 1), end);
        if (*p == ',')
            p = blanks(p + 1, end);
    }
    return !term || !vec || take_vec(vec, end, r) || take_term(term, end, r);
}
