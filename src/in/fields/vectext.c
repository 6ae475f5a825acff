/* Parse vectors that are written as a text: lists of numbers with commas or blanks, and bytes as base64 (RFC 4648, also
 * its alphabet for URLs) or hexadecimal.
 *
 * Programs that have no type for vectors write them so: pandas and DuckDB into csv, PostgREST and `sqlite3 -json` into
 * JSON strings, the clients of embedding services as base64. A word may look like base64 by chance. So base64 and
 * hexadecimal count only if they hold four numbers or more, and each is 0 or between 1e-20 and 1e6 in size. */
#include "in/fields/vectext.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"

#define LEAST_NUMBERS 4 /* in base64 and hexadecimal */
#define SMALLEST 1e-20f /* number but 0 that is believed there */
#define LARGEST 1e6f

const char *kc_text_show(char out[KC_TEXT_SHOWN], const char *p, const char *end)
{
    size_t n = (size_t)(end - p), most = KC_TEXT_SHOWN - 16;
    if (n > most) {
        n = most;
        while (n > most - 4 && ((unsigned char)p[n] & 0xC0) == 0x80) /* not within a character */
            n--;
    }
    snprintf(out, KC_TEXT_SHOWN, "'%.*s'%s", (int)n, p, p + n < end ? "..." : "");
    return out;
}

int kc_text_number(const char *p, const char *end, float *out)
{
    while (p < end && *p == ' ')
        p++;
    while (p < end && end[-1] == ' ')
        end--;
    const char *q = p;
    enum kc_num_status st = kc_num_loose(&q, out);
    return st == KC_NUM_SYNTAX || q != end ? KC_NUM_SYNTAX : (int)st;
}

/* Skip white space, and in a JSON string the escapes that stand for it. */
static const char *skip_space(const char *p, const char *end)
{
    for (;;) {
        if (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
            p++;
        else if (end - p > 1 && *p == '\\' && (p[1] == 'n' || p[1] == 't' || p[1] == 'r'))
            p += 2;
        else
            return p;
    }
}

/* Return 1 if the numbers of the list at p, after its bracket, are separated by blanks. */
static int has_blank_separators(const char *p, const char *end)
{
    p = skip_space(p, end);
    while (p < end && (unsigned char)*p > ' ' && *p != ',' && *p != ']' && *p != '}' && *p != '\\')
        p++;
    p = skip_space(p, end);
    return p < end && *p != ',' && *p != ']' && *p != '}';
}

/* Report what stands in the list at p instead of a number. */
static int refuse_element(const char *p, const char *end, size_t no, const char *what, char *msg, size_t size)
{
    char shown[KC_TEXT_SHOWN];
    const char *stop = p;
    float x;
    while (stop < end && (unsigned char)*stop > ' ' && *stop != ',' && *stop != ']' && *stop != '}')
        stop++;
    const char *colon = memchr(p, ':', (size_t)(stop - p));
    if (stop - p >= 3 && memcmp(p, "...", 3) == 0)
        snprintf(msg, size,
                 "%s: '...' stands for numbers that are missing: numpy prints long arrays so; write "
                 "x.tolist() in place of str(x)",
                 what);
    else if (p == end)
        snprintf(msg, size, "%s: its vector has no closing bracket", what);
    else if (stop == p)
        snprintf(msg, size, "%s: number %zu is missing", what, no);
    else if (kc_text_number(p, stop, &x) == KC_NUM_RANGE)
        snprintf(msg, size, "%s: number %zu is %s, beyond the range of float32", what, no,
                 kc_text_show(shown, p, stop));
    else if (colon && kc_text_number(p, colon, &x) == KC_NUM_OK)
        snprintf(msg, size, "%s: number %zu is %s, expected a number: sparse vectors are not read", what, no,
                 kc_text_show(shown, p, stop));
    else
        snprintf(msg, size, "%s: number %zu is %s, expected a number", what, no, kc_text_show(shown, p, stop));
    return -1;
}

/* Parse a list in brackets or braces. */
static int parse_list(const char *p, const char *end, char close, const char *what, struct kc_vectext_row *r, char *msg,
                      size_t size)
{
    float beyond[64] = {0};
    int blanks = has_blank_separators(p + 1, end);
    const struct kc_num_list listed = {blanks ? ' ' : ',', close};
    const char *q = skip_space(p + 1, end);
    if (q < end && *q == close)
        return snprintf(msg, size, "%s: its vector is empty", what), -1;
    for (;;) {
        enum kc_num_status st;
        float *to = r->count < r->d ? r->row + r->count : beyond;
        size_t room = r->count < r->d ? r->d - r->count : sizeof beyond / sizeof beyond[0];
        size_t n = kc_num_listed(&q, r->floor, to, room, &listed, &st);
        r->count += n;
        if (st != KC_NUM_OK && !blanks && n > 0 && q[-1] == ',' && skip_space(q, end) != q) { /* a line break */
            q = skip_space(q, end);
            continue;
        }
        if (st != KC_NUM_OK && !(blanks && n > 0 && skip_space(q, end) != q)) { /* a number as Python and C write it? */
            const char *stop = q;
            float x;
            while (stop < end && (unsigned char)*stop > ' ' && *stop != ',' && *stop != close && *stop != '\\')
                stop++;
            if (stop == q || kc_text_number(q, stop, &x) != KC_NUM_OK) {
                if (stop == q && q < end && *q == close && r->count > 0 && blanks)
                    break;
                return refuse_element(q, end, r->count + 1, what, msg, size);
            }
            if (r->count < r->d)
                r->row[r->count] = x;
            r->count++;
            q = stop;
        }
        q = skip_space(q, end);
        if (q >= end || *q == close)
            break;
        if (!blanks) {
            if (*q != ',')
                break;
            q = skip_space(q + 1, end);
        }
    }
    if (q < end && *q == ':') {
        snprintf(msg, size, "%s is a sparse vector, which is not read: expected all its numbers", what);
        return -1;
    }
    if (q >= end || *q != close) {
        snprintf(msg, size, "%s: number %zu is followed by %s, expected ',' or '%c'", what, r->count,
                 q < end ? "something else" : "the end of the text", close);
        return -1;
    }
    q = skip_space(q + 1, end);
    if (q != end) {
        if (close == '}' && *q == '/')
            snprintf(msg, size, "%s: {...}/N is a sparse vector, which is not read", what);
        else
            snprintf(msg, size, "%s: the text continues after the '%c' of its vector", what, close);
        return -1;
    }
    return 0;
}

/* Return the value of a digit of base64 or of its alphabet for URLs, -1 if it is none. */
static int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Skip what announces hexadecimal: \x (in a JSON string \\x), 0x, or X' with the quote at the end. */
static const char *skip_hex_prefix(const char *p, const char **end)
{
    if (*end - p > 3 && memcmp(p, "\\\\x", 3) == 0)
        return p + 3;
    if (*end - p > 2 && (p[0] == '\\' || p[0] == '0') && (p[1] | 0x20) == 'x')
        return p + 2;
    if (*end - p > 3 && (p[0] | 0x20) == 'x' && p[1] == '\'' && (*end)[-1] == '\'') {
        --*end;
        return p + 2;
    }
    return p;
}

/* Add the float32 whose bits these are. Return -1 if no embedding has such a number. */
static int add_bits(struct kc_vectext_row *r, uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    if (!isfinite(x) || fabsf(x) > LARGEST || (x < SMALLEST && x > -SMALLEST && bits << 1 != 0))
        return -1;
    if (r->count < r->d)
        r->row[r->count] = x;
    r->count++;
    return 0;
}

/* Decode bytes into float32. how: base64 or hexadecimal. Return 0; 1 if the text has other bytes or another length;
 * 2 if a number is none that embeddings have. */
static int decode_bytes(enum kc_vectext how, const char *p, const char *end, struct kc_vectext_row *r)
{
    uint32_t bits = 0, word = 0;
    unsigned have = 0, bytes = 0, per = how == KC_VECTEXT_HEX ? 4 : 6;
    if (how == KC_VECTEXT_HEX)
        p = skip_hex_prefix(p, &end);
    else
        for (int i = 0; i < 2 && end > p && end[-1] == '='; i++)
            end--;
    for (; p < end; p++) {
        if (*p == '\\' && end - p > 1 && p[1] == '/' && per == 6) /* as JSON may write a slash */
            p++;
        int v = per == 4 ? hex_value((unsigned char)*p) : base64_value((unsigned char)*p);
        if (v < 0)
            return 1;
        word = word << per | (uint32_t)v;
        have += per;
        if (have < 8)
            continue;
        have -= 8;
        bits |= (word >> have & 0xFF) << (8 * bytes);
        if (++bytes < 4)
            continue;
        if (add_bits(r, bits) != 0)
            return 2;
        bits = bytes = 0;
    }
    return bytes == 0 && have < per ? 0 : 1;
}

size_t kc_vectext_wrapper(const char *p, const char *end)
{
    static const char *const names[] = {"array(", "np.array(", "tensor("};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i]);
        if ((size_t)(end - p) > n && memcmp(p, names[i], n) == 0 && p[n] == '[')
            return n;
    }
    return 0;
}

/* Take off blanks, and what Python's repr puts around a list: array([...]), tensor([...], device='cpu'). */
static void unwrap(const char **pp, const char **endp)
{
    const char *p = *pp, *end = *endp;
    while (p < end && *p == ' ')
        p++;
    while (p < end && end[-1] == ' ')
        end--;
    size_t n = kc_vectext_wrapper(p, end);
    if (n > 0 && end[-1] == ')') {
        const char *close = end;
        while (close > p && close[-1] != ']')
            close--;
        p += close > p + n ? n : 0;
        end = close > p ? close : end;
    }
    *pp = p;
    *endp = end;
}

enum kc_vectext kc_vectext_of(const char *p, const char *end)
{
    unwrap(&p, &end);
    if (p == end)
        return KC_VECTEXT_NONE;
    if (*p == '[')
        return KC_VECTEXT_LIST;
    if (*p == '{') {
        const char *q = skip_space(p + 1, end);
        return q < end && (*q == '-' || *q == '+' || *q == '.' || (*q >= '0' && *q <= '9')) ? KC_VECTEXT_BRACES :
                                                                                              KC_VECTEXT_NONE;
    }
    for (enum kc_vectext how = KC_VECTEXT_HEX; how >= KC_VECTEXT_BASE64; how--) {
        struct kc_vectext_row r = {NULL, 0, p, 0};
        if (decode_bytes(how, p, end, &r) == 0 && r.count >= LEAST_NUMBERS)
            return how;
    }
    return KC_VECTEXT_NONE;
}

int kc_vectext_parse(enum kc_vectext how, const char *p, const char *end, const char *what, struct kc_vectext_row *r,
                     char *msg, size_t size)
{
    char shown[KC_TEXT_SHOWN];
    r->count = 0;
    unwrap(&p, &end);
    if (how == KC_VECTEXT_LIST || how == KC_VECTEXT_BRACES) {
        if (p == end || *p != (how == KC_VECTEXT_LIST ? '[' : '{')) {
            if (p == end)
                snprintf(msg, size, "%s is empty, expected a vector", what);
            else
                snprintf(msg, size, "%s is %s, expected a vector", what, kc_text_show(shown, p, end));
            return -1;
        }
        return parse_list(p, end, how == KC_VECTEXT_LIST ? ']' : '}', what, r, msg, size);
    }
    int rc = p == end ? 1 : decode_bytes(how, p, end, r);
    if (p == end)
        snprintf(msg, size, "%s is empty, expected a vector", what);
    else if (rc == 2)
        snprintf(msg, size, "%s: number %zu of its bytes is out of range: are they float32?", what, r->count + 1);
    else if (rc == 1)
        snprintf(msg, size, "%s is %s, expected %s of float32", what, kc_text_show(shown, p, end),
                 how == KC_VECTEXT_HEX ? "hexadecimal" : "base64");
    return rc == 0 ? 0 : -1;
}
