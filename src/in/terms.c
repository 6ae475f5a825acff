/* Files of terms, one a line. */
#include <stdio.h>
#include <string.h>
#include "base/bytes.h"
#include "base/num.h"
#include "base/utf8.h"
#include "in/reader.h"

#define STEP ((size_t)65536)

void kc_in_sizes(char need[32], uint64_t bytes, char most[32], uint64_t limit)
{
    kc_num_human(need, bytes);
    kc_num_human(most, limit);
    if (strcmp(need, most) == 0) { /* people's units are too coarse */
        snprintf(need, 32, "%llu bytes", (unsigned long long)bytes);
        snprintf(most, 32, "%llu", (unsigned long long)limit);
    }
}

/* Decode \t \n \r \\ \xHH in place. Returns the new length, SIZE_MAX at any other escape. */
static size_t unescape(char *p, size_t n)
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
        } else if (c == 't' || c == 'n' || c == 'r' || c == '\\') {
            p[o++] = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : '\\';
        } else {
            return SIZE_MAX;
        }
    }
    return o;
}

/* One line, as it stands in the buffer (which may be changed). */
static int add_line(struct kc_strs *terms, char *p, size_t n, int escapes, const char *name, struct kc_err *e)
{
    uint64_t line = (uint64_t)terms->n + 1;
    if (line == 1 && n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        p += 3;
        n -= 3;
    }
    if (n > 0 && p[n - 1] == '\r')
        n--;
    const char *bad = kc_utf8_bad(p, p + n);
    if (bad)
        return kc_err_at(e, KC_EINPUT, name, line, "not UTF-8: byte 0x%02x at column %zu", (unsigned char)*bad,
                         (size_t)(bad - p) + 1);
    if (memchr(p, '\0', n))
        return kc_err_at(e, KC_EINPUT, name, line, "NUL byte at column %zu",
                         (size_t)((char *)memchr(p, '\0', n) - p) + 1);
    if (escapes && memchr(p, '\\', n)) {
        n = unescape(p, n);
        if (n == SIZE_MAX)
            return kc_err_at(e, KC_EINPUT, name, line, "an escape that is none of \\t \\n \\r \\\\ \\xHH");
    }
    return kc_strs_add(terms, p, n, e);
}

int kc_terms_load(const char *path, int escapes, uint64_t max, struct kc_strs *terms, struct kc_err *e)
{
    const char *name = kc_source_name(path);
    struct kc_source *src;
    struct kc_buf b = {NULL, 0, 0};
    size_t got, seen = 0;
    int rc = -1;
    if (kc_source_open(&src, path, e) != 0)
        return -1;
    for (;;) {
        if (kc_buf_reserve(&b, STEP, e) != 0 || kc_source_read(src, b.p + b.n, STEP, &got, e) != 0)
            goto out;
        b.n += got;
        if (got == 0)
            break;
        size_t begin = 0;
        char *nl;
        while ((nl = memchr(b.p + seen, '\n', b.n - seen)) != NULL) {
            size_t stop = (size_t)(nl - b.p);
            if (add_line(terms, b.p + begin, stop - begin, escapes, name, e) != 0)
                goto out;
            begin = seen = stop + 1;
        }
        memmove(b.p, b.p + begin, b.n - begin);
        b.n -= begin;
        seen = b.n;
        if (max > 0 && terms->bytes.n + b.n + terms->n * sizeof *terms->off > max) {
            char need[32], most[32];
            kc_in_sizes(need, terms->bytes.n + b.n + terms->n * sizeof *terms->off, most, max);
            kc_err_at(e, KC_ESYS, name, 0, "the first %zu term%s take%s %s, more than --max-memory %s allows", terms->n,
                      terms->n == 1 ? "" : "s", terms->n == 1 ? "s" : "", need, most);
            goto out;
        }
    }
    if (b.n > 0 && add_line(terms, b.p, b.n, escapes, name, e) != 0)
        goto out;
    rc = 0;
out:
    kc_buf_free(&b);
    kc_source_free(src);
    return rc;
}
