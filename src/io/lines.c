/* Read a text file line by line into one buffer that grows to the longest line. UTF-8 is checked line by line, so that
 * an error names the line. */
#include "io/lines.h"

#include <string.h>
#include "base/bytes.h"
#include "base/num.h"
#include "base/utf8.h"

#define STEP ((size_t)65536)

void kc_lines_begin(struct kc_lines *l, const char *path, struct kc_source *src)
{
    memset(l, 0, sizeof *l);
    l->name = kc_source_name(path);
    l->next = 1;
    l->src = src;
}

int kc_lines_open(struct kc_lines *l, const char *path, struct kc_err *e)
{
    kc_lines_begin(l, path, NULL);
    return kc_source_open(&l->src, path, e);
}

void kc_lines_free(struct kc_lines *l)
{
    kc_source_free(l->src);
    kc_buf_free(&l->b);
    l->src = NULL;
}

/* Read more bytes after those that are there, which move to the front. */
static int read_more(struct kc_lines *l, struct kc_err *e)
{
    size_t got;
    if (l->begin > 0 && l->b.p) {
        memmove(l->b.p, l->b.p + l->begin, l->b.n - l->begin);
        l->b.n -= l->begin;
        l->begin = 0;
    }
    size_t step = l->b.n > STEP ? l->b.n : STEP; /* as much again: the end of a long line is looked for a few times */
    if (kc_buf_reserve(&l->b, step + KC_NUM_PAD, e) != 0 ||
        kc_source_read(l->src, l->b.p + l->b.n, step, &got, e) != 0)
        return -1;
    if (l->copy && kc_buf_add(l->copy, l->b.p + l->b.n, got, e) != 0)
        return -1;
    l->b.n += got;
    memset(l->b.p + l->b.n, 0, KC_NUM_PAD);
    l->ended = got == 0;
    return 0;
}

/* Find the end of the line that begins at l->begin: its LF, or the end of the text. *breaks: line breaks within
 * quotes. */
static int find_line_end(struct kc_lines *l, size_t *stop, uint64_t *breaks, struct kc_err *e)
{
    size_t seen = 0; /* scanned so far, from l->begin on, which moves */
    int inside = 0;
    *breaks = 0;
    for (;;) {
        const char *from = l->b.p + l->begin + seen, *end = l->b.p + l->b.n, *nl;
        while (from < end && (nl = memchr(from, '\n', (size_t)(end - from))) != NULL) {
            for (const char *q = from; l->quoted && q < nl; q++)
                inside ^= *q == '"';
            if (!inside) {
                *stop = (size_t)(nl - l->b.p);
                return 0;
            }
            ++*breaks;
            from = nl + 1;
        }
        if (l->ended) {
            *stop = l->b.n;
            return 0;
        }
        /* quotes are counted only once their line has a line break */
        seen = (size_t)((l->quoted ? from : end) - l->b.p) - l->begin;
        if (l->limit > 0 && l->b.n - l->begin > l->limit) {
            char most[16];
            kc_num_human(most, l->limit);
            return kc_err_at(e, l->limit_code, l->name, l->next, inside ?
                             "from a quotation mark here on, the line is longer than %s" : "the line is longer than %s",
                             most);
        }
        if (read_more(l, e) != 0)
            return -1;
    }
}

int kc_lines_peek(struct kc_lines *l, size_t want, const char **p, const char **end, int *whole, struct kc_err *e)
{
    while (!l->ended && l->b.n - l->begin < want)
        if (read_more(l, e) != 0)
            return -1;
    if (!l->b.p && read_more(l, e) != 0)
        return -1;
    *p = l->b.p + l->begin;
    *end = l->b.p + l->b.n;
    *whole = l->ended;
    if (l->next == 1 && *end - *p >= 3 && memcmp(*p, "\xEF\xBB\xBF", 3) == 0)
        *p += 3;
    return 0;
}

int kc_lines_next(struct kc_lines *l, char **p, size_t *n, struct kc_err *e)
{
    size_t stop = 0;
    uint64_t breaks;
    if (l->begin == l->b.n && !l->ended && read_more(l, e) != 0)
        return -1;
    if (l->begin == l->b.n && l->ended)
        return 0;
    if (find_line_end(l, &stop, &breaks, e) != 0)
        return -1;
    char *s = l->b.p + l->begin;
    size_t len = stop - l->begin;
    l->line = l->next;
    l->next += 1 + breaks;
    l->begin = stop < l->b.n ? stop + 1 : stop;
    if (l->line == 1 && len >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
        s += 3;
        len -= 3;
    }
    if (len > 0 && s[len - 1] == '\r')
        len--;
    const char *bad = kc_utf8_bad(s, s + len);
    if (bad)
        return kc_err_at(e, KC_EINPUT, l->name, l->line, "not UTF-8: byte 0x%02x at column %zu", (unsigned char)*bad,
                         (size_t)(bad - s) + 1);
    if (!l->quoted && memchr(s, '\0', len))
        return kc_err_at(e, KC_EINPUT, l->name, l->line, "NUL byte at column %zu",
                         (size_t)((char *)memchr(s, '\0', len) - s) + 1);
    s[len] = '\0';
    *p = s;
    *n = len;
    return 1;
}

uint64_t kc_lines_offset(const struct kc_lines *l, const char *p)
{
    return l->copy->n - (size_t)(l->b.p + l->b.n - p);
}

size_t kc_lines_unescape(char *p, size_t n)
{
    size_t o = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '\\') {
            p[o++] = p[i];
            continue;
        }
        char c = ++i < n ? p[i] : '\0';
        if (c == 'x' && n - i > 2 && kc_hex_value(p[i + 1]) >= 0 && kc_hex_value(p[i + 2]) >= 0) {
            p[o++] = (char)(kc_hex_value(p[i + 1]) << 4 | kc_hex_value(p[i + 2]));
            i += 2;
        } else {
            static const char letters[] = "tnr\\bfv", meant[] = "\t\n\r\\\b\f\v";
            const char *at = c ? strchr(letters, c) : NULL;
            if (!at)
                return SIZE_MAX;
            p[o++] = meant[at - letters];
        }
    }
    return o;
}
