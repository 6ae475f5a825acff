/* The JSON scanner, UTF-8 and what messages escape, each against the slow twin. */
#include <stdlib.h>
#include <string.h>
#include "json/json.h"
#include "json/jsonw.h"
#include "base/utf8.h"
#include "fuzz.h"

static void scanner(const char *text, const char *end)
{
    struct kc_json_fault f = {NULL, NULL, NULL};
    for (unsigned depth = 0; depth <= KC_JSON_DEPTH; depth += KC_JSON_DEPTH - 2) {
        const char *got = kc_json_skip(text, end, depth, &f), *want = twin_value(text, end, depth);
        if (got != want)
            fuzz_fail("skipped to %zd, expected %zd (-1: a fault)", got ? got - text : -1, want ? want - text : -1);
        if (got)
            continue;
        FUZZ_CHECK(f.at >= text && f.at <= end && (f.what || f.expected));
        char msg[512];
        kc_json_explain(&f, (size_t)(f.at - text) + 1, end, "line", msg, sizeof msg);
        FUZZ_CHECK(msg[0] != '\0' && twin_utf8(msg, msg + strlen(msg)));
    }
}

static void string(const char *text, const char *end)
{
    struct kc_json_str s;
    struct kc_json_fault f;
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf a = {NULL, 0, 0}, b = {NULL, 0, 0};
    const char *behind = kc_json_string(text, end, &s, &f);
    FUZZ_CHECK(behind == twin_value(text, end, 0));
    if (!behind)
        return;
    FUZZ_CHECK(s.p == text + 1 && s.n == (size_t)(behind - text) - 2);
    int lone = kc_json_decode(&s, &a, &e);
    FUZZ_CHECK(lone == twin_decode(text, &b));
    if (lone == 0) {
        FUZZ_CHECK(a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0));
        FUZZ_CHECK(kc_json_equals(&s, b.p ? b.p : "", b.n));
        FUZZ_CHECK(b.n == 0 || !kc_json_equals(&s, b.p, b.n - 1));
        if (twin_utf8(text, behind)) { /* written again it is the same string */
            struct kc_buf q = {NULL, 0, 0}, c = {NULL, 0, 0};
            FUZZ_CHECK(kc_jsonw_quote(&q, a.p ? a.p : "", a.n, &e) == 0);
            FUZZ_CHECK(twin_value(q.p, q.p + q.n, 0) == q.p + q.n && twin_decode(q.p, &c) == 0);
            FUZZ_CHECK(c.n == a.n && (c.n == 0 || memcmp(c.p, a.p, c.n) == 0));
            kc_buf_free(&q);
            kc_buf_free(&c);
        }
    }
    kc_buf_free(&a);
    kc_buf_free(&b);
}

/* Nothing that moves a cursor gets through, and nothing that is no UTF-8. */
static void escape(const char *p, size_t n, size_t size)
{
    char out[300];
    kc_err_escape(out, size, p, n);
    size_t len = strlen(out);
    FUZZ_CHECK(len < size && twin_utf8(out, out + len));
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)out[i];
        FUZZ_CHECK(c >= 0x20 && c != 0x7F && !(c == 0xC2 && (unsigned char)out[i + 1] < 0xA0));
    }
}

void fuzz_json(const uint8_t *p, size_t n)
{
    char *text = fuzz_padded(p, n), *end = text + n;
    const char *bad = kc_utf8_bad(text, end);
    FUZZ_CHECK((bad == NULL) == twin_utf8(text, end));
    FUZZ_CHECK(!bad || twin_utf8(text, bad));
    scanner(text, end);
    if (n > 0 && *text == '"')
        string(text, end);
    escape(text, n, 300);
    escape(text, n, 1 + n % 40);
    free(text);
}
