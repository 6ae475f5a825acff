/* The first screen: what was found, in sentences; the figures that count; the largest clusters; what to doubt. */
#include "page/parts.h"

#include <math.h>

#define LARGEST 8u /* clusters that the first screen names */
#define TYPICAL_MOST 60 /* bytes of the text of a typical row */

/* Append the sentences of the headline: the first two are the lead. */
static void put_headline(struct kc_page *p)
{
    struct kc_strs s = {0};
    if (!p->h.failed && kc_view_headline(p->v, &s, p->h.e) != 0)
        p->h.failed = 1;
    for (size_t i = 0; !p->h.failed && i < s.n; i++) {
        size_t n;
        const char *t = kc_strs_get(&s, i, &n);
        kc_html_put(&p->h, i == 0 ? "<p class=\"lead\">" : i == 1 ? " " : "<p>");
        kc_html_text(&p->h, t, n, SIZE_MAX);
        if (i > 0 || s.n == 1)
            kc_html_put(&p->h, "</p>\n");
    }
    if (s.n == 0)
        kc_html_put(&p->h, "<p class=\"lead\">There are no rows.</p>\n");
    kc_strs_free(&s);
}

/* Append what to doubt. */
static void put_doubts(struct kc_page *p)
{
    struct kc_strs s = {0};
    if (!p->h.failed && kc_view_doubts(p->v, &s, p->h.e) != 0)
        p->h.failed = 1;
    if (!p->h.failed && s.n > 0) {
        kc_html_put(&p->h, "<div class=\"doubts\">\n<h2>What to doubt</h2>\n<ul>\n");
        for (size_t i = 0; i < s.n; i++) {
            size_t n;
            const char *t = kc_strs_get(&s, i, &n);
            kc_html_put(&p->h, "<li>");
            kc_html_text(&p->h, t, n, SIZE_MAX);
            kc_html_put(&p->h, "</li>\n");
        }
        kc_html_put(&p->h, "</ul>\n</div>\n");
    }
    kc_strs_free(&s);
}

static void begin_figure(struct kc_page *p, const char *what)
{
    kc_html_putf(&p->h, "<div><dt>%s</dt><dd>", what);
}

static void end_figure(struct kc_page *p)
{
    kc_html_put(&p->h, "</dd></div>\n");
}

/* Append the figures that count, as a strip. */
static void put_figures(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    kc_html_put(&p->h, "<dl class=\"strip\">\n");
    begin_figure(p, "Rows");
    kc_html_count(&p->h, v->n);
    end_figure(p);
    begin_figure(p, "Clusters");
    kc_html_count(&p->h, v->k);
    end_figure(p);
    if (v->noise > 0) {
        begin_figure(p, "In no cluster");
        kc_html_share(&p->h, v->noise, v->n);
        end_figure(p);
    }
    if (isfinite(v->silhouette)) {
        begin_figure(p, "Silhouette");
        kc_html_figure(&p->h, v->silhouette, 2);
        end_figure(p);
    }
    if (v->gold.n > 0 && isfinite(v->agreement.ari)) {
        begin_figure(p, "Agreement (ARI)");
        kc_html_figure(&p->h, v->agreement.ari, 2);
        end_figure(p);
    }
    kc_html_put(&p->h, "</dl>\n");
}

/* Append what is typical of a cluster, behind its name: rows, which say more than words do, else keywords. */
static void put_typical(struct kc_page *p, uint32_t c)
{
    const struct kc_view *v = p->v;
    const int rows = v->representatives.first && v->representatives.first[c] < v->representatives.first[c + 1] &&
                     (v->text.n > 0 || !v->label);
    const struct kc_view_lists *l = rows ? &v->representatives : &v->keywords;
    const size_t most = rows ? 3 : 4;
    if (!l->first || l->first[c] == l->first[c + 1])
        return;
    kc_html_put(&p->h, rows ? "<span class=\"words\">such as " : "<span class=\"words\">");
    for (size_t i = l->first[c]; i < l->first[c + 1] && i < l->first[c] + most; i++) {
        size_t n;
        const char *t = kc_strs_get(&l->text, i, &n);
        kc_html_put(&p->h, i > l->first[c] ? ", <bdi>" : "<bdi>");
        kc_html_text(&p->h, t, n, TYPICAL_MOST);
        kc_html_put(&p->h, "</bdi>");
    }
    kc_html_put(&p->h, "</span>");
}

/* Append a list of the largest clusters, with bars. */
static void put_largest(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    const uint32_t most = v->k <= LARGEST + 2 ? v->k : LARGEST;
    if (v->k == 0)
        return;
    kc_html_putf(&p->h, "<div class=\"largest\">\n<h2>%s</h2>\n<ol>\n",
                 most < v->k ? "The largest clusters" : "The clusters");
    for (uint32_t i = 0; i < most; i++) {
        const uint32_t c = p->order[i];
        const double largest = (double)v->cluster[p->order[0]].size;
        const double width = largest > 0 ? 100 * (double)v->cluster[c].size / largest : 0;
        kc_html_putf(&p->h, "<li><a href=\"#c%u\"><span class=\"name\" dir=\"auto\">", (unsigned)c);
        kc_page_called(p, c);
        kc_html_put(&p->h, "</span><span class=\"share\">");
        kc_html_share(&p->h, v->cluster[c].size, v->n);
        kc_html_putf(&p->h,
                     "</span></a><svg class=\"wide\" height=\"6\" aria-hidden=\"true\"><rect class=\"i%u\" "
                     "width=\"%.1f%%\" height=\"6\" rx=\"1\"></rect></svg>",
                     (unsigned)p->ink[c], width);
        put_typical(p, c);
        kc_html_put(&p->h, "</li>\n");
    }
    kc_html_put(&p->h, "</ol>\n");
    if (most < v->k) {
        kc_html_put(&p->h, "<p class=\"note\"><a href=\"#clusters\">All ");
        kc_html_count(&p->h, v->k);
        kc_html_put(&p->h, " clusters</a></p>\n");
    }
    kc_html_put(&p->h, "</div>\n");
}

void kc_page_summary(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    kc_html_put(&p->h, "<section id=\"summary\">\n<h1 dir=\"auto\">");
    if (v->title && *v->title) {
        kc_html_cstr(&p->h, v->title);
    } else if (v->n > 1) {
        kc_html_put(&p->h, "What these ");
        kc_html_count(&p->h, v->n);
        kc_html_put(&p->h, " rows are about");
    } else {
        kc_html_put(&p->h, "Clusters");
    }
    kc_html_put(&p->h, "</h1>\n<div class=\"split\">\n<div class=\"prose\">\n");
    put_headline(p);
    put_figures(p);
    put_doubts(p);
    kc_html_put(&p->h, "</div>\n");
    put_largest(p);
    kc_html_put(&p->h, "</div>\n</section>\n");
}
