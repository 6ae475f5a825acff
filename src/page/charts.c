/* The sections that are made of charts: the map's place, and cards with a chart each (picture/picture.h). A card has
 * half the width of the page or all of it; page.css scales the chart to that. */
#include "page/parts.h"

#include "picture/picture.h"

#define HALF_WIDTH 600    /* px of a chart beside another one, and of one alone */
#define WHOLE_WIDTH 1120
#define CLASSES_IN_HALF 9 /* of gold labels, that a chart of half the width has room for */
#define MAP_POINTS 2000   /* of the map that is shown without a script */

/* Return 1 if the view has what a picture needs. */
static int has_picture(const struct kc_view *v, enum kc_picture kind)
{
    return !kc_picture_lacks(v, kind);
}

int kc_page_has_map(const struct kc_view *v)
{
    return v->xy && v->label && v->n > 0;
}

int kc_page_has_quality(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_SILHOUETTE) || has_picture(v, KC_PICTURE_K) || has_picture(v, KC_PICTURE_SIZES);
}

int kc_page_has_relations(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_HEAT) || has_picture(v, KC_PICTURE_TREE);
}

int kc_page_has_words(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_KEYWORDS);
}

int kc_page_has_time(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_TIME);
}

int kc_page_has_changes(const struct kc_view *v)
{
    return has_picture(v, KC_PICTURE_FLOW) || has_picture(v, KC_PICTURE_HISTORY);
}

int kc_page_has_gold(const struct kc_view *v)
{
    return v->gold.n > 0 && v->gold_rows;
}

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

/* The script fills the map's place. Without a script there is a picture of a sample. */
void kc_page_map(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    const struct kc_picture_opts o = {.inside = 1, .title = "Map", .points = MAP_POINTS};
    kc_html_put(&p->h, "<section id=\"map\">\n<h2>Map</h2>\n<p class=\"note\" id=\"map-about\">Each dot is a row: ");
    kc_html_count(&p->h, v->n);
    kc_html_put(&p->h, v->n == 1 ? " row in " : " rows in ");
    kc_html_count(&p->h, v->k);
    kc_html_put(&p->h, v->k == 1 ? " cluster." : " clusters.");
    kc_html_put(&p->h, " Dots that lie close together are alike; distances between groups of dots say little. A dot of "
                        "another colour within a group is a row on the border.");
    if (v->k > 0)
        kc_html_put(&p->h, " <a href=\"#clusters\">A table</a> below lists the clusters.");
    if (v->map_how) {
        kc_html_put(&p->h, " Made by ");
        kc_html_cstr(&p->h, v->map_how);
        kc_html_put(&p->h, ".");
    }
    kc_html_put(&p->h,
                "</p>\n<div id=\"map-place\" class=\"place\" hidden></div>\n<noscript>\n<div class=\"chart\">\n");
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

void kc_page_quality(struct kc_page *p)
{
    begin_cards(p, "quality", "How good the clusters are");
    put_chart(p, KC_PICTURE_SIZES, 0, "Sizes", NULL);
    put_chart(p, KC_PICTURE_SILHOUETTE, 0, "Silhouettes", NULL);
    put_chart(p, KC_PICTURE_K, 1, "The choice of the number of clusters", p->v->nentries ? kc_page_sweep : NULL);
    end_cards(p);
}

void kc_page_relations(struct kc_page *p)
{
    begin_cards(p, "relations", "Which clusters are alike");
    put_chart(p, KC_PICTURE_HEAT, 0, "Similarity", NULL);
    put_chart(p, KC_PICTURE_TREE, 0, "Tree", NULL);
    end_cards(p);
}

void kc_page_words(struct kc_page *p)
{
    begin_cards(p, "words", "Words");
    put_chart(p, KC_PICTURE_KEYWORDS, 1, "Keywords", NULL);
    end_cards(p);
}

void kc_page_time(struct kc_page *p)
{
    begin_cards(p, "time", "Over time");
    put_chart(p, KC_PICTURE_TIME, 1, "Rows over time", NULL);
    end_cards(p);
}

void kc_page_changes(struct kc_page *p)
{
    begin_cards(p, "changes", "What changed");
    put_chart(p, KC_PICTURE_FLOW, 1, "From old clusters to new ones", NULL);
    put_chart(p, KC_PICTURE_HISTORY, 1, "The life of the model", p->v->nevents ? kc_page_events : NULL);
    end_cards(p);
}

void kc_page_gold(struct kc_page *p)
{
    begin_cards(p, "gold", "Against the gold labels");
    kc_html_put(&p->h, "<div class=\"card half\">\n<h3>Agreement</h3>\n");
    kc_page_agreement(p);
    kc_html_put(&p->h, "</div>\n");
    put_chart(p, KC_PICTURE_CONFUSION, p->v->gold.n > CLASSES_IN_HALF, "Clusters and classes", NULL);
    end_cards(p);
}
