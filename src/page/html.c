/* The writer of HTML, and the only place where texts of the user are escaped.
 *
 * A text is walked character by character (kc_utf8_length). Each way of writing differs only in what stands for the
 * characters that mean something where the text goes. */
#include "page/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

void kc_html_bytes(struct kc_html *h, const void *p, size_t n)
{
    if (!h->failed && kc_buf_add(h->b, p, n, h->e) != 0)
        h->failed = 1;
}

void kc_html_put(struct kc_html *h, const char *markup)
{
    kc_html_bytes(h, markup, strlen(markup));
}

void kc_html_putf(struct kc_html *h, const char *fmt, ...)
{
    char t[512];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(t, sizeof t, fmt, ap);
    va_end(ap);
    kc_html_bytes(h, t, n < 0 ? 0 : (size_t)n < sizeof t ? (size_t)n : sizeof t - 1);
}

/* Return what stands for an ASCII character in HTML; NULL: itself. */
static const char *escape_html(unsigned char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return c < 0x20 || c == 0x7F ? " " : NULL;
    }
}

/* Return what stands for an ASCII character in a JSON string within a <script>. */
static const char *escape_json(unsigned char c)
{
    switch (c) {
    case '<': return "\\u003c";
    case '>': return "\\u003e";
    case '&': return "\\u0026";
    case '"': return "\\\"";
    case '\\': return "\\\\";
    default: return c < 0x20 || c == 0x7F ? " " : NULL;
    }
}

/* Return what stands for an ASCII character in a line of plain text. */
static const char *escape_line(unsigned char c)
{
    return c < 0x20 || c == 0x7F ? " " : NULL;
}

/* Return what stands for the character of `len` bytes at p, 0 if it is malformed; NULL: itself. C1 controls, line
 * separators and noncharacters are not for pages. */
static const char *stand_in(const unsigned char *p, size_t len, const char *(*escape)(unsigned char))
{
    if (len == 0)
        return "\xEF\xBF\xBD";
    if (len == 1)
        return escape(*p);
    const uint32_t c = kc_utf8_decode(p, len);
    if (c < 0xA0 || c == 0x2028 || c == 0x2029)
        return " ";
    return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF) ? "\xEF\xBF\xBD" : NULL;
}

/* Append a text with stand-ins, cut after the last character that ends within `most` bytes. */
static void append_text(struct kc_html *h, const char *s, size_t n, size_t most, const char *(*escape)(unsigned char))
{
    const unsigned char *p = (const unsigned char *)s;
    size_t done = 0, i = 0;
    while (i < n) {
        const size_t len = kc_utf8_length(p + i, n - i), step = len ? len : 1;
        if (n > most && i + step > most)
            break;
        const char *other = stand_in(p + i, len, escape);
        if (other) {
            kc_html_bytes(h, s + done, i - done);
            kc_html_put(h, other);
            done = i + step;
        }
        i += step;
    }
    kc_html_bytes(h, s + done, i - done);
    if (i < n)
        kc_html_put(h, "\xE2\x80\xA6");
}

void kc_html_text(struct kc_html *h, const char *s, size_t n, size_t most)
{
    append_text(h, s, n, most, escape_html);
}

void kc_html_cstr(struct kc_html *h, const char *s)
{
    append_text(h, s, strlen(s), SIZE_MAX, escape_html);
}

void kc_html_json(struct kc_html *h, const char *s, size_t n, size_t most)
{
    kc_html_put(h, "\"");
    append_text(h, s, n, most, escape_json);
    kc_html_put(h, "\"");
}

void kc_html_line(struct kc_html *h, const char *s, size_t n, size_t most)
{
    append_text(h, s, n, most, escape_line);
}

void kc_html_count(struct kc_html *h, uint64_t v)
{
    char t[32];
    const int n = snprintf(t, sizeof t, "%llu", (unsigned long long)v);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            kc_html_put(h, ",");
        kc_html_bytes(h, t + i, 1);
    }
}

void kc_html_figure(struct kc_html *h, double v, int decimals)
{
    char t[64];
    if (!isfinite(v) || fabs(v) > 1e15) {
        kc_html_put(h, "\xE2\x80\x93");
        return;
    }
    snprintf(t, sizeof t, "%.*f", decimals, v);
    const char *digits = t[0] == '-' ? t + 1 : t;
    if (t[0] == '-' && strspn(digits, "0.") < strlen(digits))
        kc_html_put(h, "\xE2\x88\x92"); /* a true minus, and none before a zero */
    kc_html_put(h, digits);
}

void kc_html_share(struct kc_html *h, uint64_t part, uint64_t whole)
{
    const double share = whole ? 100.0 * (double)part / (double)whole : 0;
    if (share > 0 && share < 0.1)
        kc_html_put(h, "&lt;\xC2\xA0" "0.1\xC2\xA0%");
    else
        kc_html_putf(h, "%.*f\xC2\xA0%%", share < 10 && part ? 1 : 0, share);
}
