/* The table of clusters: the largest ones as HTML. The script adds the others, in rows like these. */
#include "page/parts.h"

#include <math.h>
#include "base/date.h"

void kc_page_called(struct kc_page *p, uint32_t c)
{
    size_t n;
    const char *t = kc_view_called(p->v, c, &n);
    kc_html_text(&p->h, t, n, KC_PAGE_NAME_MOST);
}

void kc_page_row(struct kc_page *p, uint64_t row)
{
    if (p->v->text.n > row) {
        size_t n;
        const char *t = kc_strs_get(&p->v->text, (size_t)row, &n);
        kc_html_text(&p->h, t, n, KC_PAGE_TEXT_MOST);
    } else {
        kc_html_putf(&p->h, "row %llu", (unsigned long long)row + 1);
    }
}

/* Which columns the table has. */
struct columns {
    int cohesion, silhouette, stability, group, times, keywords, examples, facets;
};

static struct columns find_columns(const struct kc_view *v)
{
    struct columns k = {0};
    for (uint32_t c = 0; c < v->k; c++) {
        k.cohesion |= isfinite(v->cluster[c].cohesion) != 0;
        k.silhouette |= isfinite(v->cluster[c].silhouette) != 0;
        k.stability |= isfinite(v->cluster[c].stability) != 0;
        k.group |= v->cluster[c].group < v->group.n;
    }
    k.times = v->time != NULL;
    k.keywords = v->keywords.first && v->keywords.text.n > 0;
    k.examples = v->representatives.first && v->representatives.text.n > 0;
    k.facets = v->nfacets > 0;
    return k;
}

/* Append the heads: data-key names what the script sorts by. */
static void put_heads(struct kc_page *p, const struct columns *k)
{
    kc_html_put(&p->h, "<thead>\n<tr><th scope=\"col\" data-key=\"name\">Cluster</th>"
                       "<th scope=\"col\" class=\"num\" data-key=\"size\">Rows</th>");
    if (k->cohesion)
        kc_html_put(&p->h, "<th scope=\"col\" class=\"num\" data-key=\"coh\">Cohesion</th>");
    if (k->silhouette)
        kc_html_put(&p->h, "<th scope=\"col\" class=\"num\" data-key=\"sil\">Silhouette</th>");
    if (k->stability)
        kc_html_put(&p->h, "<th scope=\"col\" class=\"num\" data-key=\"stab\">Stability</th>");
    if (k->examples)
        kc_html_put(&p->h, "<th scope=\"col\">Typical rows</th>");
    if (k->group)
        kc_html_put(&p->h, "<th scope=\"col\" data-key=\"group\">Group</th>");
    if (k->times)
        kc_html_put(&p->h, "<th scope=\"col\">First and last</th>");
    if (k->facets)
        kc_html_put(&p->h, "<th scope=\"col\">Facets</th>");
    kc_html_put(&p->h, "</tr>\n</thead>\n");
}

/* Append texts of a list, each in an element of its own. */
static void put_list(struct kc_page *p, const struct kc_view_lists *l, uint32_t c, unsigned most, const char *tag)
{
    for (size_t i = l->first[c]; i < l->first[c + 1] && i < l->first[c] + most; i++) {
        size_t n;
        const char *t = kc_strs_get(&l->text, i, &n);
        kc_html_putf(&p->h, "<%s dir=\"auto\">", tag);
        kc_html_text(&p->h, t, n, KC_PAGE_TEXT_MOST);
        kc_html_putf(&p->h, "</%s> ", tag);
    }
}

/* Append the most frequent values of each facet. */
static void put_facets(struct kc_page *p, uint32_t c)
{
    for (size_t f = 0; f < p->v->nfacets; f++) {
        const struct kc_view_lists *l = &p->v->facet[f].values;
        if (!l->first || l->first[c] == l->first[c + 1])
            continue;
        kc_html_put(&p->h, "<p><span class=\"what\" dir=\"auto\">");
        kc_html_cstr(&p->h, p->v->facet[f].name);
        kc_html_put(&p->h, "</span> ");
        for (size_t i = l->first[c]; i < l->first[c + 1] && i < l->first[c] + KC_PAGE_EXAMPLES_MOST; i++) {
            size_t n;
            const char *t = kc_strs_get(&l->text, i, &n);
            kc_html_put(&p->h, i > l->first[c] ? ", <bdi>" : "<bdi>");
            kc_html_text(&p->h, t, n, KC_PAGE_NAME_MOST);
            kc_html_put(&p->h, "</bdi>");
            if (l->weight) {
                kc_html_put(&p->h, "\xC2\xA0<span class=\"count\">");
                kc_html_count(&p->h, l->weight[i] > 0 ? (uint64_t)l->weight[i] : 0);
                kc_html_put(&p->h, "</span>");
            }
        }
        kc_html_put(&p->h, "</p>");
    }
}

/* Append a cell with a figure. */
static void put_cell(struct kc_page *p, int wanted, double v)
{
    if (!wanted)
        return;
    kc_html_put(&p->h, "<td class=\"num\">");
    kc_html_figure(&p->h, v, 2);
    kc_html_put(&p->h, "</td>");
}

/* Append the days of a cluster's first and last rows. */
static void put_times(struct kc_page *p, const struct kc_view_cluster *s)
{
    char begin[KC_DATE_MAX], end[KC_DATE_MAX];
    kc_date_format(begin, s->begin);
    kc_date_format(end, s->end);
    kc_html_putf(&p->h, "<td class=\"when\"><span>%.10s \xE2\x80\x93</span> <span>%.10s</span></td>", begin, end);
}

/* Append the cells of texts. */
static void put_texts(struct kc_page *p, uint32_t c, const struct columns *k)
{
    const struct kc_view *v = p->v;
    if (k->examples) {
        kc_html_put(&p->h, "<td class=\"examples\">");
        put_list(p, &v->representatives, c, KC_PAGE_EXAMPLES_MOST, "p");
        kc_html_put(&p->h, "</td>");
    }
    if (k->group) {
        size_t n = 0;
        const uint32_t g = v->cluster[c].group;
        const char *t = g < v->group.n ? kc_strs_get(&v->group, g, &n) : "";
        kc_html_put(&p->h, "<td class=\"group\" dir=\"auto\">");
        kc_html_text(&p->h, t, n, KC_PAGE_NAME_MOST);
        kc_html_put(&p->h, "</td>");
    }
    if (k->times)
        put_times(p, &v->cluster[c]);
    if (k->facets) {
        kc_html_put(&p->h, "<td class=\"facets\">");
        put_facets(p, c);
        kc_html_put(&p->h, "</td>");
    }
}

/* Append the row of a cluster. */
static void put_cluster(struct kc_page *p, uint32_t c, const struct columns *k)
{
    const struct kc_view_cluster *s = &p->v->cluster[c];
    const double largest = (double)p->v->cluster[p->order[0]].size,
                 width = largest > 0 ? 64 * (double)s->size / largest : 0;
    kc_html_putf(&p->h,
                 "<tr id=\"c%u\"><th scope=\"row\"><span class=\"b i%u\"></span><span class=\"name\" dir=\"auto\">",
                 (unsigned)c, (unsigned)p->ink[c]);
    kc_page_called(p, c);
    kc_html_put(&p->h, "</span>");
    if (k->keywords) {
        kc_html_put(&p->h, "<span class=\"words\">");
        put_list(p, &p->v->keywords, c, KC_PAGE_KEYWORDS_MOST, "span");
        kc_html_put(&p->h, "</span>");
    }
    kc_html_put(&p->h, "</th><td class=\"num size\"><span class=\"count\">");
    kc_html_count(&p->h, s->size);
    kc_html_putf(&p->h,
                 "</span><svg width=\"64\" height=\"4\" aria-hidden=\"true\"><rect class=\"i%u\" width=\"%.1f\" "
                 "height=\"4\"></rect></svg></td>",
                 (unsigned)p->ink[c], width);
    put_cell(p, k->cohesion, s->cohesion);
    put_cell(p, k->silhouette, s->silhouette);
    put_cell(p, k->stability, s->stability);
    put_texts(p, c, k);
    kc_html_put(&p->h, "</tr>\n");
}

/* Append what the columns mean. */
static void put_meanings(struct kc_page *p, const struct columns *k)
{
    kc_html_put(&p->h, "<p class=\"note\">");
    if (k->cohesion)
        kc_html_put(&p->h,
                    "<b>Cohesion</b> is the mean similarity of a cluster\xE2\x80\x99s rows to its centre: 1 if all "
                    "are alike. ");
    if (k->silhouette)
        kc_html_put(&p->h,
                    "<b>Silhouette</b> compares a row\xE2\x80\x99s own cluster with the next one: near 1 it is well "
                    "apart, near 0 between the two, below 0 nearer to the other. ");
    if (k->stability)
        kc_html_put(&p->h,
                    "<b>Stability</b> is how much of a cluster comes back when other rows are clustered: below 0.5 "
                    "it may be chance. ");
    if (p->v->noise > 0) {
        kc_html_count(&p->h, p->v->noise);
        kc_html_put(&p->h, p->v->noise == 1 ? " row is" : " rows are");
        kc_html_put(&p->h, " in no cluster. ");
    }
    if (p->v->k > KC_PAGE_CLUSTERS_MOST) {
        kc_html_putf(&p->h, "The %u largest of ", KC_PAGE_CLUSTERS_MOST);
        kc_html_count(&p->h, p->v->k);
        kc_html_put(&p->h,
                    " clusters are shown; the filter finds the others, and the button below the table shows more.");
    }
    kc_html_put(&p->h, "</p>\n");
}

void kc_page_clusters(struct kc_page *p)
{
    const struct columns k = find_columns(p->v);
    const uint32_t most = p->v->k < KC_PAGE_CLUSTERS_MOST ? p->v->k : KC_PAGE_CLUSTERS_MOST;
    kc_html_put(&p->h, "<section id=\"clusters\">\n<h2>Clusters</h2>\n");
    put_meanings(p, &k);
    kc_html_put(&p->h, "<div id=\"table-tools\" class=\"tools\" hidden></div>\n<section class=\"scroll\" "
                       "aria-label=\"Table of clusters\" tabindex=\"0\">\n<table id=\"table\">\n");
    put_heads(p, &k);
    kc_html_put(&p->h, "<tbody>\n");
    for (uint32_t i = 0; i < most; i++)
        put_cluster(p, p->order[i], &k);
    kc_html_put(&p->h,
                "</tbody>\n</table>\n</section>\n<div id=\"table-more\" class=\"tools\" hidden></div>\n</section>\n");
}
