/* A window over a JSON text that may be far larger than memory: a buffer that holds the present value and grows only
 * with it. A value that does not end within the buffer is scanned again when the buffer has doubled, so that each byte
 * is scanned a few times at most. */
#include "json/window.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/num.h"
#include "base/utf8.h"
#include "json/jsonw.h"

#define BLOCK ((size_t)1 << 20)
#define LOOK 64 /* a fault this close to the end may be none once more of the text is there */

/* Read more of the text, at least a whole block, because the first one shows what the file is. Bytes that were used are
 * dropped. */
static int read_more(struct kc_window *w, struct kc_err *e)
{
    size_t left = w->b.n - w->at, got;
    if (left > w->limit)
        return kc_window_bad(w, w->b.p + w->at, e, "a value longer than %llu bytes; --max-line raises the limit",
                             (unsigned long long)w->limit);
    if (w->at > 0) {
        memmove(w->b.p, w->b.p + w->at, left);
        w->before += w->at;
        w->b.n = left;
        w->at = 0;
    }
    /* as much again as there is, so that a long value is scanned a few times only */
    size_t want = left > BLOCK ? left : BLOCK;
    if (kc_buf_reserve(&w->b, kc_mem_add(want, KC_NUM_PAD), e) != 0)
        return -1;
    for (; want > 0 && !w->ended; want -= got, w->b.n += got) {
        if (kc_source_read(w->src, w->b.p + w->b.n, want, &got, e) != 0)
            return -1;
        w->ended = got == 0;
    }
    memset(w->b.p + w->b.n, 0, KC_NUM_PAD);
    return 0;
}

/* Skip white space. Return the next byte; 0 at the end; -1 on an error. */
static int next_byte(struct kc_window *w, struct kc_err *e)
{
    for (;;) {
        w->at = (size_t)(kc_json_ws(w->b.p + w->at) - w->b.p);
        if (w->at < w->b.n || w->ended)
            return (unsigned char)w->b.p[w->at];
        if (read_more(w, e) != 0)
            return -1;
    }
}

int kc_window_bad(const struct kc_window *w, const char *p, struct kc_err *e, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return kc_err_at(e, KC_EINPUT, w->name, 0, "byte %llu: %s",
                     (unsigned long long)(w->before + (uint64_t)(p - w->b.p) + 1), text);
}

/* Report a fault of the text, with its byte offset instead of a column. */
static int report_fault(const struct kc_window *w, const struct kc_json_fault *f, struct kc_err *e)
{
    char msg[512];
    const char *end = w->b.p + w->b.n;
    kc_json_explain(f, 0, end, "file", msg, sizeof msg);
    char *column = strstr(msg, " at column 0"); /* the byte offset is given instead */
    if (column)
        memmove(column, column + strlen(" at column 0"), strlen(column + strlen(" at column 0")) + 1);
    return kc_window_bad(w, f->at, e, "%s", msg);
}

/* Report that something else was expected at the present place. */
static int report_expected(const struct kc_window *w, const char *what, struct kc_err *e)
{
    const struct kc_json_fault f = {w->b.p + w->at, what, NULL};
    return report_fault(w, &f, e);
}

int kc_window_begin(struct kc_window *w, const char *path, struct kc_source *src, uint64_t limit, struct kc_err *e)
{
    memset(w, 0, sizeof *w);
    w->name = kc_source_name(path);
    w->limit = limit;
    w->src = src;
    if (read_more(w, e) != 0)
        return -1;
    if (w->b.n >= 3 && memcmp(w->b.p, "\xEF\xBB\xBF", 3) == 0)
        w->at = 3;
    return next_byte(w, e) < 0 ? -1 : 0;
}

void kc_window_free(struct kc_window *w)
{
    kc_source_free(w->src);
    kc_buf_free(&w->b);
    kc_buf_free(&w->quoted);
    memset(w, 0, sizeof *w);
}

/* Find the end of the value (or of the string, if s) at w->at, reading more as needed. Return what follows it. */
static const char *read_whole(struct kc_window *w, unsigned depth, struct kc_json_str *s, struct kc_err *e)
{
    for (;;) {
        struct kc_json_fault f;
        const char *p = w->b.p + w->at, *end = w->b.p + w->b.n;
        const char *q = s ? kc_json_string(p, end, s, &f) : kc_json_skip(p, end, depth, &f);
        if (q && (q < end || w->ended)) { /* a number at the end may continue */
            const char *bad = kc_utf8_bad(p, q);
            if (!bad)
                return q;
            kc_window_bad(w, bad, e, "not UTF-8: byte 0x%02x", (unsigned char)*bad);
            return NULL;
        }
        if (w->ended || (!q && end - f.at > LOOK)) {
            report_fault(w, &f, e);
            return NULL;
        }
        if (read_more(w, e) != 0)
            return NULL;
    }
}

int kc_window_member(struct kc_window *w, int first, struct kc_buf *key, struct kc_err *e)
{
    int c = next_byte(w, e);
    if (c < 0)
        return -1;
    if (c == '}' && !first) {
        w->at++;
        return 0;
    }
    if (c != (first ? '{' : ','))
        return report_expected(w, first ? "an object" : "',' or '}'", e);
    w->at++;
    c = next_byte(w, e);
    if (c == '}' && first) {
        w->at++;
        return 0;
    }
    if (c != '"')
        return c < 0 ? -1 : report_expected(w, "a key", e);
    struct kc_json_str s;
    const char *q = read_whole(w, 0, &s, e);
    if (!q)
        return -1;
    key->n = 0;
    int rc = kc_json_decode(&s, key, e);
    if (rc != 0)
        return rc < 0 ? -1 : kc_window_bad(w, q, e, "a key has a lone surrogate, which UTF-8 cannot write");
    w->at = (size_t)(q - w->b.p);
    c = next_byte(w, e);
    if (c != ':')
        return c < 0 ? -1 : report_expected(w, "':'", e);
    w->at++;
    return next_byte(w, e) < 0 ? -1 : 1;
}

int kc_window_value(struct kc_window *w, unsigned depth, const char **p, const char **end, struct kc_err *e)
{
    const char *q = read_whole(w, depth, NULL, e);
    if (!q)
        return -1;
    *p = w->b.p + w->at;
    *end = q;
    w->at = (size_t)(q - w->b.p);
    return 0;
}

int kc_window_enter(struct kc_window *w, struct kc_err *e)
{
    int c = next_byte(w, e);
    return c == '{' ? 0 : c < 0 ? -1 : report_expected(w, "an object", e);
}

int kc_window_end(struct kc_window *w, struct kc_err *e)
{
    int c = next_byte(w, e);
    if (c < 0)
        return -1;
    return w->at == w->b.n ? 0 : report_expected(w, "the file's end", e);
}

int kc_window_quoted(struct kc_window *w, const struct kc_buf *s, struct kc_err *e)
{
    struct kc_jsonw j = KC_JSONW(&w->quoted, e);
    w->quoted.n = 0;
    kc_jsonw_str(&j, NULL, s->p ? s->p : "", s->n);
    if (kc_jsonw_end(&j) != 0)
        return -1;
    w->quoted.n--; /* without the final newline */
    return 0;
}
