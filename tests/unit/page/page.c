/* Pages of made-up views: texts stay data, the markup is sound, the blocks hold the rows, sizes are kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/base64.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "page/html.h"
#include "page/page.h"
#include "unit.h"
#include "view_util.h"

#define DEEPEST 64

/* Make the page of a recipe, with a NUL behind it (free it), and its view. */
static char *page_of(const struct view_recipe *r, const struct kc_page_opts *o, struct kc_view *v, size_t *n)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf html = {0};
    CHECK_MSG(view_make(v, r, &e) == 0, "%s", e.msg);
    CHECK_MSG(kc_page_make(v, o, &html, &e) == 0, "%s", e.msg);
    CHECK(kc_buf_addc(&html, '\0', &e) == 0);
    *n = html.n - 1;
    return html.p;
}

static size_t occurrences(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

static int is_void(const char *name)
{
    static const char *const names[] = {"meta", "link", "br", "img", "input", "hr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return 1;
    return 0;
}

/* Step over the attributes of a tag, at *pp: each has a name and a value in double quotes, or a name alone. Return 1 if
 * all is as it should be; *closed: it ends by itself. */
static int step_over_attributes(const char **pp, int *closed)
{
    const char *p = *pp;
    *closed = 0;
    while (*p == ' ') {
        p += strspn(p, " \n");
        const size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzBD-0123456789");
        if (strncmp(p, "style=", 6) == 0 || strncmp(p, "on", 2) == 0)
            return 0;
        p += n;
        if (*p == '=') {
            if (p[1] != '"' || !(p = strchr(p + 2, '"')))
                return 0;
            p++;
        }
    }
    if (*p == '/') {
        *closed = 1;
        p++;
    }
    *pp = p + 1;
    return *p == '>';
}

/* Return NULL if all elements are closed in their order, and all attributes in quotes, else the place of the fault. */
static const char *find_fault(const char *p)
{
    char open[DEEPEST][24];
    size_t depth = 0;
    while ((p = strchr(p, '<'))) {
        const char *tag = p;
        char name[24] = "";
        int closed;
        if (strncmp(p, "<!DOCTYPE html>", 15) == 0) {
            p += 15;
            continue;
        }
        const int end = p[1] == '/';
        p += 1 + end;
        const size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (n == 0 || n >= sizeof name)
            return tag;
        memcpy(name, p, n);
        p += n;
        if (end) {
            if (*p != '>' || depth == 0 || strcmp(open[--depth], name) != 0)
                return tag;
            continue;
        }
        if (!step_over_attributes(&p, &closed))
            return tag;
        if (!closed && !is_void(name)) {
            if (depth == DEEPEST)
                return tag;
            strcpy(open[depth++], name);
        }
        if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0) { /* raw text: up to its end */
            char close[32];
            snprintf(close, sizeof close, "</%s", name);
            p = strstr(p, close);
            if (!p)
                return tag;
        }
    }
    return depth == 0 ? NULL : "an element is not closed";
}

/* Check what holds for every page. */
static void check_page(const char *what, const char *html, size_t n)
{
    const char *fault = find_fault(html);
    CHECK_MSG(!fault, "%s: %.80s", what, fault);
    CHECK_MSG(strlen(html) == n, "%s has a NUL", what);
    CHECK_MSG(!kc_utf8_bad(html, html + n), "%s is not UTF-8", what);
    const char *data = strstr(html, "id=\"kc-data\">");
    CHECK_MSG(data && !strstr(data, "\xE2\x80\xA8") && !strstr(data, "\xE2\x80\xA9"), "%s has a line separator in a script", what);
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)html[i] < 0x20 && html[i] != '\n') || html[i] == 0x7F) {
            CHECK_MSG(0, "%s has a control byte %d at %zu", what, html[i], i);
            break;
        }
    CHECK_MSG(occurrences(html, "http://") + occurrences(html, "https://") == 0, "%s names an address", what);
}

/* Return what stands between the two texts, in memory of its own; NULL if they are not there. */
static char *between(const char *html, const char *begin, const char *end, size_t *n)
{
    const char *from = strstr(html, begin);
    if (!from)
        return NULL;
    from += strlen(begin);
    const char *to = strstr(from, end);
    *n = (size_t)(to - from);
    char *copy = malloc(*n + 1);
    if (copy) {
        memcpy(copy, from, *n);
        copy[*n] = '\0';
    }
    return copy;
}

/* Decode a block of the page. */
static unsigned char *block(const char *html, const char *id, size_t *n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char begin[64];
    size_t m;
    snprintf(begin, sizeof begin, "<script type=\"text/plain\" id=\"%s\">", id);
    char *text = between(html, begin, "</script>", &m);
    if (!text)
        return NULL;
    unsigned char *out = malloc(m + 1);
    uint32_t v = 0;
    *n = 0;
    for (size_t i = 0; out && i < m && text[i] != '='; i++) {
        v = v << 6 | (uint32_t)(strchr(digits, text[i]) - digits);
        if (i % 4 != 0)
            out[(*n)++] = (unsigned char)(v >> (6 - i % 4 * 2));
    }
    free(text);
    return out;
}

static const struct view_recipe all = VIEW_RECIPE_ALL;

TEST(html_texts_are_escaped_and_cut_at_characters)
{
    struct kc_err e = KC_ERR_INIT;
    struct kc_buf b = {0};
    struct kc_html h = {&b, &e, 0};
    kc_html_text(&h, "<a href=\"x\">&'\0\x1f\x7f\xc2\x85\xe2\x80\xa8\xff", 23, SIZE_MAX);
    kc_html_json(&h, "</script>\"\\&\n\xe2\x80\xa9\xc3", 17, SIZE_MAX);
    kc_html_line(&h, "\xd0\x96\xd0\x96\xd0\x96", 6, 3);
    kc_html_line(&h, "\xd0\x96\xd0\x96", 4, 4);
    kc_html_count(&h, 1234567);
    kc_html_figure(&h, -0.001, 2);
    kc_html_figure(&h, -1.5, 1);
    kc_html_figure(&h, (double)NAN, 1);
    kc_html_share(&h, 1, 8);
    kc_html_share(&h, 1, 100000);
    CHECK(kc_buf_addc(&b, '\0', &e) == 0 && !h.failed);
    const char *expected = "&lt;a href=&quot;x&quot;&gt;&amp;&#39;     \xEF\xBF\xBD\"\\u003c/script\\u003e\\\"\\\\\\u0026  \xEF\xBF\xBD\""
                           "\xd0\x96\xE2\x80\xA6\xd0\x96\xd0\x96" "1,234,567" "0.00" "\xE2\x88\x92" "1.5" "\xE2\x80\x93"
                           "12\xC2\xA0%" "&lt;\xC2\xA0" "0.1\xC2\xA0%";
    CHECK_MSG(strcmp(b.p, expected) == 0, "got      %s\nexpected %s", b.p, expected);
    kc_buf_free(&b);
}

TEST(page_of_every_kind_of_view_is_sound)
{
    const struct {
        const char *what;
        uint64_t n;
        uint32_t k;
        int texts, plain;
    } kind[] = {{"all", 2000, 24, 1, 0}, {"plain", 300, 5, 1, 1}, {"no texts", 300, 5, 0, 0}, {"hostile", 400, 40, 2, 0},
                {"right to left", 300, 5, 3, 0}, {"Chinese", 300, 5, 4, 0}, {"no rows", 0, 0, 1, 0}, {"no clusters", 50, 0, 1, 0},
                {"one row", 1, 1, 1, 0}, {"one cluster", 200, 1, 1, 0}, {"10,000 clusters", 20000, 10000, 2, 0}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        struct view_recipe r = all;
        struct kc_view v;
        size_t n;
        r.n = kind[i].n;
        r.k = kind[i].k;
        r.texts = kind[i].texts;
        if (kind[i].plain)
            r.levels = r.groups = r.times = r.gold = r.flow = r.events = r.sweep = r.heat = r.facets = 0;
        char *html = page_of(&r, NULL, &v, &n);
        check_page(kind[i].what, html, n);
        kc_view_free(&v);
        free(html);
    }
}

TEST(page_keeps_hostile_texts_as_data)
{
    struct view_recipe r = all;
    struct kc_view v;
    size_t n;
    r.n = 400;
    r.k = 40;
    r.texts = 2;
    char *html = page_of(&r, NULL, &v, &n);
    char *lower = malloc(n + 1);
    for (size_t i = 0; lower && i <= n; i++)
        lower[i] = (char)(html[i] >= 'A' && html[i] <= 'Z' ? html[i] + 32 : html[i]);
    if (lower) {
        CHECK(occurrences(lower, "<script") == 6 && occurrences(lower, "</script") == 6);
        CHECK(occurrences(lower, "<style") == 1 && occurrences(lower, "</style") == 1);
        CHECK(occurrences(lower, "<noscript") == 1 && occurrences(lower, "</noscript") == 1);
        CHECK(occurrences(lower, "<title>") == occurrences(lower, "</title>"));
        CHECK(!strstr(lower, "<!--") && !strstr(lower, "<img"));
    }
    kc_view_free(&v);
    free(html);
    free(lower);
}

TEST(page_names_its_script_and_style_by_their_digests)
{
    const char *const ends[2][3] = {{"<style>", "</style>", "style-src 'sha256-"}, {"</script>\n<script>", "</script>", "script-src 'sha256-"}};
    struct view_recipe r = all;
    struct kc_err e = KC_ERR_INIT;
    struct kc_view v;
    size_t n;
    r.n = 50;
    r.k = 3;
    char *html = page_of(&r, NULL, &v, &n);
    for (size_t i = 0; i < 2; i++) {
        unsigned char d[KC_SHA256_BYTES];
        struct kc_buf b = {0};
        char *text = between(html, ends[i][0], ends[i][1], &n);
        CHECK(text != NULL);
        if (!text)
            continue;
        kc_sha256(d, text, n);
        CHECK(kc_buf_adds(&b, ends[i][2], &e) == 0 && kc_base64_add(&b, d, sizeof d, &e) == 0 && kc_buf_addc(&b, '\0', &e) == 0);
        CHECK_MSG(strstr(html, b.p) != NULL, "not in the head: %s", b.p);
        kc_buf_free(&b);
        free(text);
    }
    CHECK(strstr(html, "default-src 'none'") && !strstr(html, "unsafe"));
    kc_view_free(&v);
    free(html);
}

/* Inflate a block of texts; a NUL is behind it. */
static char *inflate_texts(const unsigned char *p, size_t n, size_t *m)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    char *out = malloc(16 << 20);
    if (!out || inflateInit2(&z, -15) != Z_OK)
        return out;
    z.next_in = (unsigned char *)p;
    z.avail_in = (unsigned)n;
    z.next_out = (unsigned char *)out;
    z.avail_out = (16 << 20) - 1;
    CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
    *m = (size_t)((16 << 20) - 1 - z.avail_out);
    out[*m] = '\0';
    inflateEnd(&z);
    return out;
}

TEST(page_has_all_rows_in_its_blocks)
{
    struct view_recipe r = all;
    struct kc_view v;
    size_t n, m, bytes;
    r.n = 3000;
    r.k = 300; /* two bytes a label */
    char *html = page_of(&r, NULL, &v, &n);
    unsigned char *label = block(html, "kc-label", &n);
    unsigned char *xy = block(html, "kc-xy", &m);
    CHECK(label && n == 2 * v.n && xy && m == 4 * v.n);
    for (size_t i = 0; label && i < v.n; i++)
        CHECK((label[2 * i] | label[2 * i + 1] << 8) == (int)(v.label[i] & 0xFFFF));
    unsigned least = 65535, most = 0;
    for (size_t i = 0; xy && i < v.n; i++) {
        const unsigned q = xy[4 * i] | (unsigned)xy[4 * i + 1] << 8;
        least = q < least ? q : least;
        most = q > most ? q : most;
    }
    CHECK(least == 0 && most == 65535); /* x is the longer axis */
    unsigned char *sil = block(html, "kc-sil", &m);
    CHECK(sil && m == v.n);
    for (size_t i = 0; sil && i < v.n; i++)
        CHECK(v.label[i] == KC_NOISE ? sil[i] == 255 : fabs((sil[i] - 127) / 127.0 - (double)v.row_silhouette[i]) < 0.005);
    unsigned char *packed = block(html, "kc-texts", &n);
    char *texts = packed ? inflate_texts(packed, n, &bytes) : NULL;
    const char *line = texts;
    for (size_t i = 0; line && i < v.n; i++) {
        size_t len;
        const char *t = kc_strs_get(&v.text, i, &len), *end = strchr(line, '\n');
        CHECK(end && (size_t)(end - line) == len && memcmp(line, t, len) == 0);
        line = end ? end + 1 : NULL;
    }
    CHECK(line && *line == '\0');
    kc_view_free(&v);
    free(html);
    free(label);
    free(xy);
    free(sil);
    free(packed);
    free(texts);
}

TEST(page_keeps_the_texts_of_a_sample_within_the_budget)
{
    static const uint64_t budgets[] = {100000, 20000, 4000, 300, 1};
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        const struct kc_page_opts o = {.text_budget = budgets[i]};
        struct view_recipe r = all;
        struct kc_view v;
        size_t n, m = 0, kept = 0;
        r.n = 20000;
        char *html = page_of(&r, &o, &v, &n), *count = between(html, "\"texts\":", ",", &n);
        unsigned char *packed = block(html, "kc-texts", &n);
        CHECK(packed ? n <= budgets[i] : budgets[i] == 1);
        if (packed) {
            char *texts = inflate_texts(packed, n, &m);
            CHECK(occurrences(texts, "\n") == v.n);
            kept = v.n - occurrences(texts, "\n\n"); /* but for runs of empty lines, of which this counts half */
            CHECK(kept > 0 || budgets[i] < 1000);
            CHECK_MSG(budgets[i] < 20000 || n > budgets[i] * 8 / 10, "%zu of %llu bytes are used", n, (unsigned long long)budgets[i]);
            free(texts);
        }
        CHECK(count && strtoull(count, NULL, 10) < v.n);
        kc_view_free(&v);
        free(packed);
        free(count);
        free(html);
    }
}

TEST(page_is_small_and_the_same_each_time)
{
    struct kc_view v;
    size_t n, m;
    char *first = page_of(&all, NULL, &v, &n);
    CHECK_MSG(n <= 3000000, "20,000 rows take %zu bytes", n);
    CHECK(n <= kc_page_bytes(&v, NULL));
    kc_view_free(&v);
    char *second = page_of(&all, NULL, &v, &m);
    CHECK(n == m && memcmp(first, second, n) == 0);
    kc_view_free(&v);
    free(first);
    free(second);
}
