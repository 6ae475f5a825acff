/* Errors as values. The first failure is kept, because later ones are mostly its consequences. Names in messages come
 * from files, so everything is escaped on the way out. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>
#include "base/utf8.h"

void kc_err_escape(char *dst, unsigned long size, const char *src, unsigned long n)
{
    static const char hex[] = "0123456789abcdef";
    unsigned long o = 0, i = 0;
    if (size == 0)
        return;
    while (i < n) {
        const unsigned char *s = (const unsigned char *)src + i;
        size_t len = kc_utf8_length(s, n - i);
        int c1 = len == 2 && *s == 0xC2 && s[1] < 0xA0; /* control characters that some terminals obey */
        if (len == 0 || *s < 0x20 || *s == 0x7F || c1) {
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

/* Record a failure. */
static int record_error(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt,
                        va_list ap)
    KC_PRINTF(5, 0);

static int record_error(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt,
                        va_list ap)
{
    if (e->code != KC_OK)
        return -1;
    e->code = code;
    e->line = line;
    e->short_of = 0;
    e->file[0] = '\0';
    if (file) {
        size_t n = strlen(file);
        size_t over = n >= sizeof e->file ? n - (sizeof e->file - 1) : 0; /* the end of a long path says more */
        memcpy(e->file, file + over, n - over + 1);
    }
    vsnprintf(e->msg, sizeof e->msg, fmt, ap);
    return -1;
}

int kc_err_set(struct kc_err *e, enum kc_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    record_error(e, code, NULL, 0, fmt, ap);
    va_end(ap);
    return -1;
}

int kc_err_at(struct kc_err *e, enum kc_code code, const char *file, uint64_t line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    record_error(e, code, file, line, fmt, ap);
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

void kc_err_more(struct kc_err *e, const char *fmt, ...)
{
    size_t n = strlen(e->msg);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->msg + n, sizeof e->msg - n, fmt, ap);
    va_end(ap);
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
