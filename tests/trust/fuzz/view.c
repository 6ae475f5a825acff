/* The summary that report and plot read. Bytes: flags (1: beside labels, 2: show the page, else pictures); then the text.
 * What is shown is well-formed, whatever the texts: elements are closed in order, and no text becomes one. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "page/page.h"
#include "picture/ink.h"
#include "picture/picture.h"
#include "view/fill.h"

#define DEPTH 64

void fuzz_label(struct kc_view *v)
{
    static const uint32_t label[] = {0, 1, 0, KC_NOISE, 2, 3, 1, 0};
    static const char *const names[] = {"0", "1", "7", "x"};
    struct kc_err e = KC_ERR_INIT;
    struct kc_strs s = {0};
    for (size_t i = 0; i < 4; i++)
        if (kc_strs_add(&s, names[i], strlen(names[i]), &e) != 0)
            abort();
    FUZZ_CHECK(kc_view_set_labels(v, label, 8, &s, NULL, &e) == 0);
    kc_strs_free(&s);
}

/* Check characters: UTF-8 without control characters, which neither XML nor HTML may have. */
static void check_characters(const struct kc_buf *b)
{
    FUZZ_CHECK(twin_utf8(b->p, b->p + b->n));
    for (size_t i = 0; i < b->n; i++)
        if ((unsigned char)b->p[i] < ' ' && b->p[i] != '\n' && b->p[i] != '\t' && b->p[i] != '\r')
            fuzz_fail("control character 0x%02x: %.200s", b->p[i], b->p + (i > 60 ? i - 60 : 0));
}

/* Return the first byte behind a tag at p, whose attributes are in quotes. */
static const char *skip_tag(const char *p, const char *end)
{
    char quote = 0;
    for (p++; p < end && (quote || *p != '>'); p++) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        FUZZ_CHECK(*p != '<');
    }
    FUZZ_CHECK(p < end);
    return p + 1;
}

/* Check XML: every element is closed in order, an & begins one of the entities that every reader knows. */
static void check_xml(const struct kc_buf *b)
{
    const char *open[DEPTH], *p = b->p, *end = b->p + b->n;
    size_t depth = 0;
    while (p < end) {
        if (*p == '&') {
            FUZZ_CHECK(strncmp(p, "&amp;", 5) == 0 || strncmp(p, "&lt;", 4) == 0 || strncmp(p, "&gt;", 4) == 0 ||
                       strncmp(p, "&quot;", 6) == 0 || strncmp(p, "&#", 2) == 0);
            p++;
        } else if (*p != '<') {
            p++;
        } else if (p[1] == '/') {
            const char *name = depth > 0 ? open[--depth] : NULL;
            const size_t n = name ? strcspn(name, " />") : 0;
            if (!name || strncmp(p + 2, name, n) != 0 || p[2 + n] != '>')
                fuzz_fail("closed out of order: %.60s", p);
            p = skip_tag(p, end);
        } else {
            const char *past = skip_tag(p, end);
            FUZZ_CHECK(isalpha((unsigned char)p[1]) || p[1] == '?' || strncmp(p, "<!DOCTYPE ", 10) == 0);
            if (past[-2] != '/' && isalpha((unsigned char)p[1])) {
                FUZZ_CHECK(depth < DEPTH);
                open[depth++] = p + 1;
            }
            p = past;
        }
    }
    FUZZ_CHECK(depth == 0);
}

void fuzz_show(struct kc_view *v, unsigned page)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {NULL, 0, 0};
    FUZZ_CHECK(kc_ink_keep(v, &e) == 0);
    if (page) {
        const struct kc_page_opts o = {0};
        FUZZ_CHECK(kc_page_make(v, &o, &b, &e) == 0 && kc_buf_addc(&b, '\0', &e) == 0);
        b.n--;
        check_characters(&b);
        FUZZ_CHECK(!strstr(b.p, "<fuzz")); /* which only a text can have (dict/summary.dict) */
    }
    for (int kind = 0; !page && kind < KC_PICTURES; kind++) {
        const struct kc_picture_opts o = {.inside = kind & 1, .title = kind & 2 ? "a <title>" : NULL};
        if (kc_picture_lacks(v, (enum kc_picture)kind))
            continue;
        b.n = 0;
        FUZZ_CHECK(kc_picture_draw(v, (enum kc_picture)kind, &o, &b, &e) == 0 && kc_buf_addc(&b, '\0', &e) == 0);
        b.n--;
        check_characters(&b);
        check_xml(&b);
    }
    kc_buf_free(&b);
}

void fuzz_summary(const uint8_t *p, size_t n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_view v;
    if (n < 1)
        return;
    const unsigned flags = p[0];
    char *text = fuzz_padded(p + 1, n - 1);
    kc_view_init(&v);
    if (flags & 1)
        fuzz_label(&v);
    const uint32_t k = v.k;
    const int rc = kc_view_read_summary(&v, text, n - 1, "summary", &e);
    FUZZ_CHECK((rc == 0) == (e.code == KC_OK));
    if (rc != 0) {
        fuzz_refusal(&e);
    } else {
        FUZZ_CHECK(v.id.n == v.k && (v.name.n == 0 || v.name.n == v.k) && (k == 0 || v.k == k));
        FUZZ_CHECK(!v.keywords.first || v.keywords.first[v.k] == v.keywords.text.n);
        fuzz_show(&v, flags & 2);
    }
    kc_view_free(&v);
    free(text);
}
