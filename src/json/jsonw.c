/* Write JSON as text: the layout (commas, line breaks, indentation by two blanks) follows from the calls alone, so the
 * same values give the same bytes. */
#include "json/jsonw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"

size_t kc_jsonw_digits(char *out, uint64_t v)
{
    char t[20];
    size_t n = 0;
    do {
        t[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = t[n - 1 - i];
    return n;
}

/* Append a byte that cannot stand in a string as it is. */
static int quote_special(struct kc_buf *b, unsigned char c, struct kc_err *e)
{
    static const char *const names[32] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r",
    };
    if (c >= 0x80)
        return kc_buf_adds(b, "\xEF\xBF\xBD", e);
    if (c == '"' || c == '\\') {
        char t[2] = {'\\', (char)c};
        return kc_buf_add(b, t, 2, e);
    }
    if (c < 0x20 && names[c])
        return kc_buf_adds(b, names[c], e);
    return kc_buf_printf(b, e, "\\u%04x", c);
}

int kc_jsonw_quote(struct kc_buf *b, const char *s, size_t n, struct kc_err *e)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t done = 0;
    if (kc_buf_addc(b, '"', e) != 0)
        return -1;
    for (size_t i = 0; i < n;) {
        size_t len = p[i] < 0x20 || p[i] == '"' || p[i] == '\\' || p[i] == 0x7F ? 0 : kc_utf8_length(p + i, n - i);
        if (len > 0) {
            i += len;
            continue;
        }
        if (kc_buf_add(b, s + done, i - done, e) != 0 || quote_special(b, p[i], e) != 0)
            return -1;
        done = ++i;
    }
    return kc_buf_add(b, s + done, n - done, e) != 0 ? -1 : kc_buf_addc(b, '"', e);
}

/* Append n bytes, unless something failed before. */
static void append_bytes(struct kc_jsonw *w, const char *p, size_t n)
{
    if (!w->failed && kc_buf_add(w->b, p, n, w->e) != 0)
        w->failed = 1;
}

static void break_line(struct kc_jsonw *w, unsigned depth)
{
    append_bytes(w, "\n", 1);
    for (unsigned i = 0; i < depth; i++)
        append_bytes(w, "  ", 2);
}

/* Write what comes before a value: the comma, the line break and the key. */
static void begin_value(struct kc_jsonw *w, const char *key)
{
    uint32_t bit = (uint32_t)1 << w->depth;
    if (w->filled & bit)
        append_bytes(w, ",", 1);
    if (w->depth > 0 && w->flat == 0)
        break_line(w, w->depth);
    else if (w->filled & bit)
        append_bytes(w, " ", 1);
    w->filled |= bit;
    if (!key)
        return;
    if (!w->failed && kc_jsonw_quote(w->b, key, strlen(key), w->e) != 0)
        w->failed = 1;
    append_bytes(w, ": ", 2);
}

void kc_jsonw_open(struct kc_jsonw *w, const char *key, char bracket, int flat)
{
    begin_value(w, key);
    append_bytes(w, &bracket, 1);
    w->depth++;
    w->filled &= ~((uint32_t)1 << w->depth);
    if (flat && w->flat == 0)
        w->flat = w->depth;
}

void kc_jsonw_close(struct kc_jsonw *w, char bracket)
{
    int filled = (w->filled >> w->depth & 1) != 0;
    int flat = w->flat != 0;
    if (w->flat == w->depth)
        w->flat = 0;
    w->depth--;
    if (filled && !flat)
        break_line(w, w->depth);
    append_bytes(w, &bracket, 1);
}

void kc_jsonw_u64(struct kc_jsonw *w, const char *key, uint64_t v)
{
    char t[20];
    begin_value(w, key);
    append_bytes(w, t, kc_jsonw_digits(t, v));
}

void kc_jsonw_double(struct kc_jsonw *w, const char *key, double v)
{
    char t[KC_NUM_DOUBLE_MAX];
    begin_value(w, key);
    append_bytes(w, t, kc_num_format_double(t, v));
}

void kc_jsonw_float(struct kc_jsonw *w, const char *key, float v)
{
    char t[KC_NUM_FLOAT_MAX];
    begin_value(w, key);
    append_bytes(w, t, kc_num_format_float(t, v));
}

void kc_jsonw_fixed(struct kc_jsonw *w, const char *key, double v, int decimals)
{
    char t[400];
    int n = isfinite(v) ? snprintf(t, sizeof t, "%.*f", decimals, v) : snprintf(t, sizeof t, "null");
    begin_value(w, key);
    append_bytes(w, t, n > 0 && (size_t)n < sizeof t ? (size_t)n : 0);
}

void kc_jsonw_bool(struct kc_jsonw *w, const char *key, int v)
{
    begin_value(w, key);
    append_bytes(w, v ? "true" : "false", v ? 4 : 5);
}

void kc_jsonw_null(struct kc_jsonw *w, const char *key)
{
    begin_value(w, key);
    append_bytes(w, "null", 4);
}

void kc_jsonw_str(struct kc_jsonw *w, const char *key, const char *s, size_t n)
{
    begin_value(w, key);
    if (!w->failed && kc_jsonw_quote(w->b, s, n, w->e) != 0)
        w->failed = 1;
}

void kc_jsonw_cstr(struct kc_jsonw *w, const char *key, const char *s)
{
    if (s)
        kc_jsonw_str(w, key, s, strlen(s));
    else
        kc_jsonw_null(w, key);
}

void kc_jsonw_raw(struct kc_jsonw *w, const char *key, const char *json, size_t n)
{
    begin_value(w, key);
    append_bytes(w, json, n);
}

int kc_jsonw_end(struct kc_jsonw *w)
{
    append_bytes(w, "\n", 1);
    return w->failed ? -1 : 0;
}
