/* Go through the bytes of strings and of elements. A string outside the elements is checked byte by byte. Within the
 * elements only quotes and brackets are looked for (16 bytes at a time with SSE2), because each element is parsed as a
 * record later. */
#include <string.h>
#include "in/formats/split_cursor.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

void kc_split_count_bytes(struct kc_split *s, const char *p, const char *end)
{
    const char *nl;
    while ((nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        s->line++;
        s->column = 0;
        p = nl + 1;
    }
    s->column += (size_t)(end - p);
}

/* Find the next quote, brace or bracket, outside of strings. '[' and '{', and ']' and '}', differ in one bit only. */
static const char *find_structural(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i bit = _mm_set1_epi8(0x20), quote = _mm_set1_epi8('"');
    const __m128i open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p), w = _mm_or_si128(v, bit);
        __m128i m = _mm_or_si128(_mm_cmpeq_epi8(w, open), _mm_cmpeq_epi8(w, close));
        int mask = _mm_movemask_epi8(_mm_or_si128(m, _mm_cmpeq_epi8(v, quote)));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
        p++;
    return p;
}

/* Find the next quote or backslash, inside a string. */
static const char *find_quote(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* Begin a UTF-8 sequence of several bytes. Return -1 if b begins none. */
static int begin_sequence(struct kc_split *s, unsigned char b)
{
    if (b < 0xC2 || b > 0xF4)
        return -1;
    s->utf8_left = b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
    s->utf8_low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    s->utf8_high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    return 0;
}

int kc_split_string(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    for (; c->p < c->end; kc_split_step(c)) {
        unsigned char b = (unsigned char)*c->p;
        if (s->utf8_left > 0) {
            if (b < s->utf8_low || b > s->utf8_high)
                return kc_split_refuse(c, "the rest of a UTF-8 sequence", NULL);
            s->utf8_left--;
            s->utf8_low = 0x80;
            s->utf8_high = 0xBF;
        } else if (s->escape == 1) {
            if (b == '\0' || !strchr("\"\\/bfnrtu", b))
                return kc_split_refuse(c, "an escape's letter", NULL);
            s->escape = b == 'u' ? 5 : 0;
        } else if (s->escape > 1) {
            if (!((b >= '0' && b <= '9') || ((b | 0x20) >= 'a' && (b | 0x20) <= 'f')))
                return kc_split_refuse(c, "a hexadecimal digit", NULL);
            s->escape = s->escape == 2 ? 0 : s->escape - 1;
        } else if (b == '"') {
            return 1;
        } else if (b == '\\') {
            s->escape = 1;
        } else if (b < 0x20) {
            return kc_split_refuse(c, NULL, "a string has an unescaped control byte");
        } else if (b >= 0x80 && begin_sequence(s, b) != 0) {
            return kc_split_refuse(c, NULL, "not UTF-8");
        }
        if (s->key_fits) {
            if (s->pair && s->token.n > s->max)
                return kc_split_refuse(c, NULL, "a key is longer than --max-line");
            if (!s->pair && s->token.n > 6 * sizeof s->path.text) /* too long, even if all of it were \uXXXX */
                s->key_fits = 0;
            else if (kc_buf_addc(&s->token, (char)b, c->e) != 0)
                return -1;
        }
    }
    return 0;
}

int kc_split_element(struct split_cursor *c)
{
    struct kc_split *s = c->s;
    const char *p = c->p, *end = c->end;
    if (s->scalar) {
        while (p < end && *p != ',' && *p != ']' && *p != '}' && (unsigned char)*p > ' ')
            p++;
        c->p = p;
        return p < end;
    }
    while (p < end) {
        if (s->quoted) {
            if (s->escape) {
                s->escape = 0;
                p++;
                continue;
            }
            p = find_quote(p, end);
            if (p == end)
                break;
            if (*p++ == '\\') {
                s->escape = 1;
                continue;
            }
            s->quoted = 0;
        } else {
            p = find_structural(p, end);
            if (p == end)
                break;
            char b = *p++;
            s->quoted = b == '"';
            if (b == '{' || b == '[')
                s->nesting++;
            else if (b != '"')
                s->nesting--;
        }
        if (s->nesting == 0 && !s->quoted) {
            c->p = p;
            return 1;
        }
    }
    c->p = end;
    return 0;
}
