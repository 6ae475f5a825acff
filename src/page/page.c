/* The page as a whole: head, contents, sections, blocks for the script, script.
 *
 * The page is made in memory and written at once: it has at most some 25 MB. Style and script are whole elements, whose
 * SHA-256 the policy at the head names. The policy forbids all else: other scripts, attributes of style, any request. */
#include "page/page.h"

#include <stdlib.h>
#include <string.h>
#include "base/base64.h"
#include "base/sha256.h"
#include "io/outputs.h"
#include "page/parts.h"
#include "picture/ink.h"
#include "picture/picture.h"

#define TEXT_BYTES_A_ROW 80             /* compressed; a text of 200 bytes takes less */
#define TEXT_BYTES_LEAST ((uint64_t)1 << 20)
#define TEXT_BYTES_MOST ((uint64_t)10 * 1000 * 1000)
#define HALF_WIDTH 600                  /* px of a chart beside another one; and of one alone (page.css scales them) */
#define WHOLE_WIDTH 1120
#define CLASSES_IN_HALF 9               /* of gold labels, that a chart of half the width has room for */
#define MAP_POINTS 2000                 /* of the map that is shown without a script */

static int has_map(const struct kc_view *v) { return v->xy && v->label && v->n > 0; }
static int has_clusters(const struct kc_view *v) { return v->k > 0; }
static int has_picture(const struct kc_view *v, enum kc_picture kind) { return !kc_picture_lacks(v, kind); }

static int has_quality(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_SILHOUETTE) || has_picture(v, KC_PICTURE_K) || has_picture(v, KC_PICTURE_SIZES);
}

static int has_relations(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_HEAT) || has_picture(v, KC_PICTURE_TREE);
}

static int has_words(const struct kc_view *v) { return has_picture(v, KC_PICTURE_KEYWORDS); }
static int has_time(const struct kc_view *v) { return has_picture(v, KC_PICTURE_TIME); }
static int has_groups(const struct kc_view *v) { return v->group.n > 0 && v->group_figures; }

static int has_changes(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_FLOW) || has_picture(v, KC_PICTURE_HISTORY);
}

static int has_gold(const struct kc_view *v) { return v->gold.n > 0 && v->gold_rows; }
static int has_worst(const struct kc_view *v) { return v->nworst > 0; }
static int has_run(const struct kc_view *v) { return v->command || v->fact.n > 1; }

/* Append a chart in a card of a half or the whole width, if the view has what it shows; more: appends what belongs to
 * it. */
static void put_chart(struct kc_page *p, enum kc_picture kind, int whole, const char *title,
                      void (*more)(struct kc_page *))
{
    const struct kc_picture_opts o = {.inside = 1, .title = title, .width = whole ? WHOLE_WIDTH : HALF_WIDTH};
    if (p->h.failed || kc_picture_lacks(p->v, kind))
        return;
    kc_html_putf(&p->h, "<div class=\"card %s\">\n<h3>%s</h3>\n<p class=\"note\">", whole ? "whole" : "half", title);
    kc_html_cstr(&p->h, kc_picture_caption(kind));
    kc_html_putf(&p->h, "</p>\n<section class=\"chart\" aria-label=\"Chart: %s\" tabindex=\"0\">\n", title);
    if (!p->h.failed && kc_picture_draw(p->v, kind, &o, p->h.b, p->h.e) != 0)
        p->h.failed = 1;
    kc_html_put(&p->h, "\n</section>\n");
    if (more)
        more(p);
    kc_html_put(&p->h, "</div>\n");
}

/* Append the map's place: the script fills it. Without a script there is a picture of a sample. */
static void put_map(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    const struct kc_picture_opts o = {.inside = 1, .title = "Map", .points = MAP_POINTS};
    kc_html_put(&p->h, "<section id=\"map\">\n<h2>Map</h2>\n<p class=\"note\" id=\"map-about\">Each dot is a row: ");
    kc_html_count(&p->h, v->n);
    kc_html_put(&p->h, v->n == 1 ? " row in " : " rows in ");
    kc_html_count(&p->h, v->k);
    kc_html_put(&p->h, v->k == 1 ? " cluster." : " clusters.");
    kc_html_put(&p->h, " Dots that lie close together are alike; how far apart others lie says little.");
    if (v->k > 0)
        kc_html_put(&p->h, " <a href=\"#clusters\">The table</a> lists the clusters.");
    if (v->map_how) {
        kc_html_put(&p->h, " Made by ");
        kc_html_cstr(&p->h, v->map_how);
        kc_html_put(&p->h, ".");
    }
    kc_html_put(&p->h, "</p>\n<div id=\"map-place\" class=\"place\" hidden></div>\n<noscript>\n<div class=\"chart\">\n");
    if (!p->h.failed && !kc_picture_lacks(v, KC_PICTURE_MAP) &&
        kc_picture_draw(v, KC_PICTURE_MAP, &o, p->h.b, p->h.e) != 0)
        p->h.failed = 1;
    kc_html_put(&p->h, "\n</div>\n</noscript>\n</section>\n");
}

/* Begin and end a section of cards. */
static void begin_cards(struct kc_page *p, const char *id, const char *title)
{
    kc_html_putf(&p->h, "<section id=\"%s\">\n<h2>%s</h2>\n<div class=\"cards\">\n", id, title);
}

static void end_cards(struct kc_page *p)
{
    kc_html_put(&p->h, "</div>\n</section>\n");
}

static void put_quality(struct kc_page *p)
{
    begin_cards(p, "quality", "How good the clusters are");
    put_chart(p, KC_PICTURE_SIZES, 0, "Sizes", NULL);
    put_chart(p, KC_PICTURE_SILHOUETTE, 0, "Silhouettes", NULL);
    put_chart(p, KC_PICTURE_K, 1, "The choice of the number of clusters", p->v->nentries ? kc_page_sweep : NULL);
    end_cards(p);
}

static void put_relations(struct kc_page *p)
{
    begin_cards(p, "relations", "Which clusters are alike");
    put_chart(p, KC_PICTURE_HEAT, 0, "Similarity", NULL);
    put_chart(p, KC_PICTURE_TREE, 0, "Tree", NULL);
    end_cards(p);
}

static void put_words(struct kc_page *p)
{
    begin_cards(p, "words", "Words");
    put_chart(p, KC_PICTURE_KEYWORDS, 1, "Keywords", NULL);
    end_cards(p);
}

static void put_time(struct kc_page *p)
{
    begin_cards(p, "time", "Over time");
    put_chart(p, KC_PICTURE_TIME, 1, "Rows over time", NULL);
    end_cards(p);
}

static void put_groups(struct kc_page *p)
{
    kc_html_put(&p->h, "<section id=\"groups\">\n<h2>Groups</h2>\n");
    kc_page_groups(p);
    kc_html_put(&p->h, "</section>\n");
}

static void put_changes(struct kc_page *p)
{
    begin_cards(p, "changes", "What changed");
    put_chart(p, KC_PICTURE_FLOW, 1, "From old clusters to new ones", NULL);
    put_chart(p, KC_PICTURE_HISTORY, 1, "The life of the model", p->v->nevents ? kc_page_events : NULL);
    end_cards(p);
}

static void put_gold(struct kc_page *p)
{
    begin_cards(p, "gold", "Against the gold labels");
    kc_html_put(&p->h, "<div class=\"card half\">\n<h3>Agreement</h3>\n");
    kc_page_gold(p);
    kc_html_put(&p->h, "</div>\n");
    put_chart(p, KC_PICTURE_CONFUSION, p->v->gold.n > CLASSES_IN_HALF, "Clusters and classes", NULL);
    end_cards(p);
}

static void put_worst(struct kc_page *p)
{
    kc_html_put(&p->h, "<section id=\"worst\">\n<h2>Rows that hurt most</h2>\n<p class=\"note\">");
    kc_html_put(&p->h, p->v->gold.n ? "The rows that lower the agreement with the gold labels most.</p>\n" :
                                      "The rows with the lowest silhouettes: another cluster is nearer to them.</p>\n");
    kc_page_worst(p);
    kc_html_put(&p->h, "</section>\n");
}

static void put_run(struct kc_page *p)
{
    kc_html_put(&p->h, "<section id=\"run\">\n<h2>About this run</h2>\n");
    kc_page_run(p);
    kc_html_put(&p->h, "</section>\n");
}

static const struct section {
    const char *id, *name;
    int (*has)(const struct kc_view *v); /* NULL: always there */
    void (*put)(struct kc_page *p);
} sections[] = {
    {"summary", "Summary", NULL, kc_page_summary},
    {"map", "Map", has_map, put_map},
    {"clusters", "Clusters", has_clusters, kc_page_clusters},
    {"quality", "Quality", has_quality, put_quality},
    {"relations", "Similarity", has_relations, put_relations},
    {"words", "Words", has_words, put_words},
    {"time", "Time", has_time, put_time},
    {"groups", "Groups", has_groups, put_groups},
    {"changes", "Changes", has_changes, put_changes},
    {"gold", "Gold labels", has_gold, put_gold},
    {"worst", "Worst rows", has_worst, put_worst},
    {"run", "This run", has_run, put_run},
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
    kc_html_put(&p->h, "</main>\n<footer>\n<p>Made by kclust " KC_VERSION ". This file needs no network and sends nothing.</p>\n"
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
    const uint64_t rows = (has_map(v) ? v->n * 14 : 0) + (v->text.n ? text_budget(v, o) * 4 / 3 : 0);
    return (rows + (uint64_t)v->k * 4096 + ((uint64_t)4 << 20)) * 5 / 2 + v->n * 4 + (v->text.n ? text_budget(v, o) : 0);
}
