/* The page as a whole: head, contents, sections, blocks for the script, script.
 *
 * The page is made in memory and written at once: it has at most some 25 MB. Style and script are whole elements, whose
 * SHA-256 the policy at the head names. The policy forbids all else: other scripts, attributes of style, requests. */
#include "page/page.h"

#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/sha256.h"
#include "io/outputs.h"
#include "page/parts.h"
#include "picture/ink.h"

#define TEXT_BYTES_A_ROW 80 /* compressed; a text of 200 bytes takes less */
#define TEXT_BYTES_LEAST ((uint64_t)1 << 20)
#define TEXT_BYTES_MOST ((uint64_t)10 * 1000 * 1000)

static int has_clusters(const struct kc_view *v)
{
    return v->k > 0;
}

static int has_groups(const struct kc_view *v)
{
    return v->group.n > 0 && v->group_figures;
}

static int has_worst(const struct kc_view *v)
{
    return v->nworst > 0;
}

static int has_run(const struct kc_view *v)
{
    return v->command || v->fact.n > 1;
}

/* The sections, in the order of the page. */
static const struct section {
    const char *id, *name;
    int (*has)(const struct kc_view *v); /* NULL: always there */
    void (*put)(struct kc_page *p);
} sections[] = {
    {"summary", "Summary", NULL, kc_page_summary},
    {"map", "Map", kc_page_has_map, kc_page_map},
    {"clusters", "Clusters", has_clusters, kc_page_clusters},
    {"quality", "Quality", kc_page_has_quality, kc_page_quality},
    {"relations", "Similarity", kc_page_has_relations, kc_page_relations},
    {"words", "Words", kc_page_has_words, kc_page_words},
    {"time", "Time", kc_page_has_time, kc_page_time},
    {"groups", "Groups", has_groups, kc_page_groups},
    {"changes", "Changes", kc_page_has_changes, kc_page_changes},
    {"gold", "Gold labels", kc_page_has_gold, kc_page_gold},
    {"worst", "Worst rows", has_worst, kc_page_worst},
    {"run", "This run", has_run, kc_page_run},
};
#define SECTIONS (sizeof sections / sizeof *sections)

/* Append the name that the policy gives a script or a style: its SHA-256. */
static void put_hash(struct kc_page *p, const void *text, size_t n)
{
    unsigned char digest[KC_SHA256_BYTES];
    kc_sha256(digest, text, n);
    kc_html_put(&p->h, " 'sha256-");
    if (!p->h.failed && kc_base64_add(p->h.b, digest, sizeof digest, p->h.e) != 0)
        p->h.failed = 1;
    kc_html_put(&p->h, "'");
}

/* Append the head of the page; css: the whole style sheet. */
static void put_head(struct kc_page *p, const struct kc_buf *css)
{
    kc_html_put(&p->h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src");
    put_hash(p, kc_page_js, kc_page_js_n);
    kc_html_put(&p->h, "; style-src");
    put_hash(p, css->p, css->n);
    kc_html_put(&p->h, "; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<meta name=\"referrer\" content=\"no-referrer\">\n"
                       "<meta name=\"generator\" content=\"kclust " KC_VERSION "\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n<title>");
    kc_html_cstr(&p->h, p->v->title && *p->v->title ? p->v->title : "Clusters");
    kc_html_put(&p->h, "</title>\n<style>");
    kc_html_bytes(&p->h, css->p, css->n);
    kc_html_put(&p->h, "</style>\n</head>\n");
}

/* Append the line of contents. */
static void put_contents(struct kc_page *p)
{
    kc_html_put(&p->h, "<body>\n<a class=\"skip\" href=\"#summary\">Skip to the summary</a>\n<header>\n"
                       "<nav aria-label=\"Sections\" tabindex=\"-1\">\n<ul>\n");
    for (size_t i = 0; i < SECTIONS; i++)
        if (!sections[i].has || sections[i].has(p->v))
            kc_html_putf(&p->h, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id, sections[i].name);
    kc_html_put(&p->h, "</ul>\n</nav>\n<div id=\"theme\" hidden></div>\n</header>\n<main>\n");
}

/* Return the budget of texts. */
static uint64_t text_budget(const struct kc_view *v, const struct kc_page_opts *o)
{
    const uint64_t usual = v->n < TEXT_BYTES_MOST / TEXT_BYTES_A_ROW ? v->n * TEXT_BYTES_A_ROW : TEXT_BYTES_MOST;
    return o && o->text_budget ? o->text_budget : usual < TEXT_BYTES_LEAST ? TEXT_BYTES_LEAST : usual;
}

/* Append everything below the head. */
static void put_body(struct kc_page *p, const struct kc_page_opts *o)
{
    put_contents(p);
    for (size_t i = 0; i < SECTIONS; i++)
        if (!sections[i].has || sections[i].has(p->v))
            sections[i].put(p);
    kc_html_put(&p->h, "</main>\n<footer>\n<p>Made by kclust " KC_VERSION
                       ". This file needs no network and sends nothing.</p>\n"
                       "</footer>\n<p id=\"say\" class=\"unseen\" role=\"status\"></p>\n");
    kc_page_payload(p, text_budget(p->v, o));
    kc_html_put(&p->h, "<script>");
    kc_html_bytes(&p->h, kc_page_js, kc_page_js_n);
    kc_html_put(&p->h, "</script>\n</body>\n</html>\n");
}

/* A cluster in the order of the page. */
struct place {
    uint64_t size;
    uint32_t c;
};

/* Compare places: the larger cluster first, of equals the one with the lower number. */
static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->size != y->size ? (x->size < y->size) - (x->size > y->size) : (x->c > y->c) - (x->c < y->c);
}

/* Order the clusters by size. */
static int order_clusters(struct kc_page *p)
{
    struct place *place = kc_mem_alloc(p->v->k, sizeof *place, p->h.e);
    p->order = kc_mem_alloc(p->v->k, sizeof *p->order, p->h.e);
    if (place && p->order) {
        for (uint32_t c = 0; c < p->v->k; c++)
            place[c] = (struct place){p->v->cluster[c].size, c};
        if (p->v->k > 1)
            qsort(place, p->v->k, sizeof *place, compare_places);
        for (uint32_t i = 0; i < p->v->k; i++)
            p->order[i] = place[i].c;
    }
    kc_mem_free(place);
    return place && p->order ? 0 : -1;
}

int kc_page_make(const struct kc_view *v, const struct kc_page_opts *o, struct kc_buf *html, struct kc_err *e)
{
    struct kc_buf css = {0};
    struct kc_html h = {&css, e, 0};
    struct kc_page p = {v, {html, e, 0}, kc_mem_alloc(v->k, 1, e), NULL, 0};
    kc_page_colours(&h);
    kc_html_bytes(&h, kc_page_css, kc_page_css_n);
    p.h.failed = !p.ink || h.failed || order_clusters(&p) != 0 || kc_ink_choose(v, p.ink, e) != 0;
    if (!p.h.failed) {
        put_head(&p, &css);
        put_body(&p, o);
    }
    kc_mem_free(p.ink);
    kc_mem_free(p.order);
    kc_buf_free(&css);
    return p.h.failed ? -1 : 0;
}

int kc_page_write(const struct kc_view *v, const struct kc_page_opts *o, struct kc_outfile *f, struct kc_err *e)
{
    struct kc_buf html = {0};
    const int rc = kc_page_make(v, o, &html, e) != 0 ? -1 : kc_outfile_write(f, html.p, html.n, e);
    kc_buf_free(&html);
    return rc;
}

/* The buffer grows by half, and both are there while it is copied. */
uint64_t kc_page_bytes(const struct kc_view *v, const struct kc_page_opts *o)
{
    const uint64_t rows = (kc_page_has_map(v) ? v->n * 14 : 0) + (v->text.n ? text_budget(v, o) * 4 / 3 : 0);
    return (rows + (uint64_t)v->k * 4096 + ((uint64_t)4 << 20)) * 5 / 2 + v->n * 4 +
           (v->text.n ? text_budget(v, o) : 0);
}
