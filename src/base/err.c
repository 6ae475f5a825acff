#include "base/err.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 sequence that starts at s (n bytes left), 0 when it is not valid or is a C1 control. */
static unsigned utf8_len(const unsigned char *s, unsigned long n)
{
    unsigned c = s[0], len, min, v;
    if (c < 0x80)
        return 1;
    if (c >= 0xC2 && c <= 0xDF) {
        len = 2, min = 0xA0, v = c & 0x1F;
    } else if (c >= 0xE0 && c <= 0xEF) {
        len = 3, min = 0x800, v = c & 0x0F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        len = 4, min = 0x10000, v = c & 0x07;
    } else {
        return 0;
    }
    if (n < len)
        return 0;
    for (unsigned i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        v = v << 6 | (s[i] & 0x3Fu);
    }
    return v >= min && v <= 0x10FFFF && !(v >= 0xD800 && v <= 0xDFFF) ? len : 0;
}

void kc_err_escape(char *dst, unsigned long size, const char *src, unsigned long n)
{
    static const char hex[] = "0123456789abcdef";
    unsigned long o = 0, i = 0;
    if (size == 0)
        return;
    while (i < n) {
        const unsigned char *s = (const unsigned char *)src + i;
        unsigned len = utf8_len(s, n - i);
        if (len == 0 || *s < 0x20 || *s == 0x7F) {
            if (o + 4 >= size)
                break;
            dst[o++] = '\\';
            dst[o++] = 'x';
            dst[o++] = hex[*s >> 4];
            dst[o++] = hex[*s & 15];
            i++;
        } else {
            if (o + len >= size)
                break;
            memcpy(dst + o, s, len);
            o += len;
            i += len;
        }
    }
    dst[o] = '\0';
}

static int set(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt, va_list ap)
    KC_PRINTF(5, 0);

static int set(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt, va_list ap)
{
    if (e->code != KC_OK)
        return -1;
    e->code = code;
    e->line = line;
    e->file[0] = '\0';
    if (file) {
        size_t n = strlen(file);
        if (n >= sizeof e->file) /* the end of a long path says more than its beginning */
            file += n - (sizeof e->file - 1);
        strcpy(e->file, file);
    }
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    return -1;
}

int kc_err_set(struct kc_err *e, enum kc_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set(e, code, NULL, 0, fmt, ap);
    va_end(ap);
    return -1;
}

int kc_err_at(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    set(e, code, file, line, fmt, ap);
    va_end(ap);
    return -1;
}

int kc_err_sys(struct kc_err *e, const char *file, int errnum, const char *fmt, ...)
{
    char what[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kc_err_at(e, KC_ESYS, file, 0, "%s: %s", what, strerror(errnum));
}

int kc_err_nomem(struct kc_err *e, uint64_t bytes)
{
    return kc_err_set(e, KC_ESYS, "out of memory: %llu more bytes were needed", (unsigned long long)bytes);
}

void kc_err_format(const struct kc_err *e, char *out, unsigned long size)
{
    char raw[sizeof e->file + sizeof e->msg + 32];
    if (e->file[0] && e->line)
        snprintf(raw, sizeof raw, "%s:%llu: %s", e->file, (unsigned long long)e->line, e->msg);
    else if (e->file[0])
        snprintf(raw, sizeof raw, "%s: %s", e->file, e->msg);
    else
        snprintf(raw, sizeof raw, "%s", e->msg);
    kc_err_escape(out, size, raw, strlen(raw));
}
