/* The smaller tables: groups, the figures of each k, the life of the model, agreement with gold labels, the rows that
 * hurt most, and how the result was made. */
#include "page/parts.h"

#include <math.h>
#include <string.h>
#include "base/date.h"

/* Begin a table that can be scrolled sideways; heads: words between "|", a "#" before those of figures. */
static void begin_table(struct kc_page *p, const char *what, const char *heads)
{
    kc_html_putf(&p->h, "<section class=\"scroll\" aria-label=\"%s\" tabindex=\"0\">\n<table>\n<thead>\n<tr>", what);
    for (const char *s = heads; *s;) {
        const size_t n = strcspn(s, "|");
        const int figures = *s == '#';
        kc_html_putf(&p->h, "<th scope=\"col\"%s>%.*s</th>", figures ? " class=\"num\"" : "", (int)n - figures,
                     s + figures);
        s += n + (s[n] == '|');
    }
    kc_html_put(&p->h, "</tr>\n</thead>\n<tbody>\n");
}

static void end_table(struct kc_page *p)
{
    kc_html_put(&p->h, "</tbody>\n</table>\n</section>\n");
}

static void put_count(struct kc_page *p, uint64_t v)
{
    kc_html_put(&p->h, "<td class=\"num\">");
    kc_html_count(&p->h, v);
    kc_html_put(&p->h, "</td>");
}

static void put_figure(struct kc_page *p, double v, int decimals)
{
    kc_html_put(&p->h, "<td class=\"num\">");
    kc_html_figure(&p->h, v, decimals);
    kc_html_put(&p->h, "</td>");
}

void kc_page_groups(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    kc_html_put(&p->h, "<section id=\"groups\">\n<h2>Groups</h2>\n");
    begin_table(p, "Table of groups", "Group|#Rows|#Clusters with rows of it|#Silhouette");
    for (uint32_t g = 0; g < v->group.n; g++) {
        size_t n;
        const struct kc_view_group *s = &v->group_figures[g];
        const char *t = kc_strs_get(&v->group, g, &n);
        kc_html_put(&p->h, "<tr><th scope=\"row\" dir=\"auto\">");
        kc_html_text(&p->h, t, n, KC_PAGE_NAME_MOST);
        kc_html_put(&p->h, "</th>");
        put_count(p, s->rows);
        put_count(p, s->clusters);
        put_figure(p, s->silhouette, 2);
        kc_html_put(&p->h, "</tr>\n");
    }
    end_table(p);
    kc_html_put(&p->h, "</section>\n");
}

void kc_page_sweep(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    const int more = (v->evidence & KC_EVIDENCE_MODULARITY) != 0, halves = (v->evidence & KC_EVIDENCE_HALVES) != 0;
    kc_html_put(&p->h, "<details>\n<summary>The figures of each number of clusters</summary>\n");
    begin_table(p, "Figures of each number of clusters",
                more && halves ? "#Clusters|#Silhouette|#Davies-Bouldin|#Calinski-Harabasz|#Modularity|#Stability" :
                more           ? "#Clusters|#Silhouette|#Davies-Bouldin|#Calinski-Harabasz|#Modularity" :
                                 "#Clusters|#Silhouette|#Davies-Bouldin|#Calinski-Harabasz");
    for (size_t i = 0; i < v->nentries; i++) {
        const struct kc_k_entry *s = &v->entry[i];
        kc_html_putf(&p->h, "<tr%s><th scope=\"row\" class=\"num\">%u%s</th>",
                     s->k == v->k_selected ? " class=\"chosen\"" : "", (unsigned)s->k,
                     s->k == v->k_selected ? " (chosen)" : "");
        put_figure(p, s->silhouette, 3);
        put_figure(p, s->davies_bouldin, 3);
        put_figure(p, s->calinski_harabasz, 1);
        if (more)
            put_figure(p, s->modularity, 3);
        if (more && halves)
            put_figure(p, s->stability, 3);
        kc_html_put(&p->h, "</tr>\n");
    }
    end_table(p);
    kc_html_put(&p->h, "</details>\n");
}

void kc_page_events(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    kc_html_put(&p->h, "<details>\n<summary>The fit and the updates, one by one</summary>\n");
    begin_table(p, "Fit and updates",
                "What|Time (UTC)|#Rows|#Joined|#New clusters|#Unassigned|#Clusters|#Similarity");
    for (size_t i = 0; i < v->nevents; i++) {
        const struct kc_view_event *s = &v->event[i];
        char t[KC_DATE_MAX] = "";
        if (s->time >= 0)
            kc_date_format(t, s->time * KC_DATE_SECOND);
        if (s->update == 0)
            kc_html_putf(&p->h, "<tr><th scope=\"row\">fit %llu</th><td>%s</td>", (unsigned long long)s->generation, t);
        else
            kc_html_putf(&p->h, "<tr><th scope=\"row\">update %llu</th><td>%s</td>", (unsigned long long)s->update, t);
        put_count(p, s->rows);
        put_count(p, s->joined);
        put_count(p, s->born);
        put_count(p, s->unassigned);
        put_count(p, s->clusters);
        put_figure(p, s->similarity, 3);
        kc_html_put(&p->h, "</tr>\n");
    }
    end_table(p);
    kc_html_put(&p->h, "</details>\n");
}

void kc_page_agreement(struct kc_page *p)
{
    const struct kc_agreement *a = &p->v->agreement;
    const struct {
        const char *name, *means;
        double v;
    } figure[] = {
        {"Adjusted Rand index", "pairs of rows on which both agree, beyond chance: 1 the same, 0 chance", a->ari},
        {"Adjusted mutual information", "what one labelling tells of the other, beyond chance", a->ami},
        {"V-measure", "homogeneity and completeness together", a->v_measure},
        {"Homogeneity", "1 if each cluster has rows of one class only", a->homogeneity},
        {"Completeness", "1 if each class lies in one cluster", a->completeness},
        {"Purity", "share of rows in their cluster\xE2\x80\x99s most frequent class", a->purity},
    };
    begin_table(p, "Agreement with the gold labels", "Figure|#Value|What it means");
    for (size_t i = 0; i < sizeof figure / sizeof *figure; i++) {
        kc_html_putf(&p->h, "<tr><th scope=\"row\">%s</th>", figure[i].name);
        put_figure(p, figure[i].v, 3);
        kc_html_putf(&p->h, "<td>%s</td></tr>\n", figure[i].means);
    }
    end_table(p);
}

/* Append the class, or the other cluster, of a row that hurts. */
static void put_other(struct kc_page *p, uint32_t other)
{
    kc_html_put(&p->h, "<td dir=\"auto\">");
    if (other < p->v->gold.n) {
        size_t n;
        const char *t = kc_strs_get(&p->v->gold, other, &n);
        kc_html_text(&p->h, t, n, KC_PAGE_NAME_MOST);
    } else if (p->v->gold.n == 0 && other < p->v->k) {
        kc_page_called(p, other);
    }
    kc_html_put(&p->h, "</td>");
}

void kc_page_worst(struct kc_page *p)
{
    const struct kc_view *v = p->v;
    kc_html_put(&p->h, "<section id=\"worst\">\n<h2>Rows that hurt most</h2>\n<p class=\"note\">");
    kc_html_put(&p->h, v->gold.n ? "The rows that lower the agreement with the gold labels most.</p>\n" :
                                   "The rows with the lowest silhouettes: another cluster is nearer to them.</p>\n");
    begin_table(p, "Rows that hurt most",
                v->gold.n ? "Row|Cluster|Class|#Silhouette" : "Row|Cluster|Nearer to|#Silhouette");
    for (size_t i = 0; i < v->nworst; i++) {
        const struct kc_view_worst *w = &v->worst[i];
        kc_html_put(&p->h, "<tr><th scope=\"row\" class=\"text\" dir=\"auto\">");
        kc_page_row(p, w->row);
        kc_html_put(&p->h, "</th><td dir=\"auto\">");
        if (w->cluster < v->k)
            kc_page_called(p, w->cluster);
        else
            kc_html_put(&p->h, "none");
        kc_html_put(&p->h, "</td>");
        put_other(p, w->other);
        put_figure(p, w->silhouette, 2);
        kc_html_put(&p->h, "</tr>\n");
    }
    end_table(p);
    kc_html_put(&p->h, "</section>\n");
}

/* Append pairs of a name and a value. */
static void put_facts(struct kc_page *p)
{
    const struct kc_strs *s = &p->v->fact;
    kc_html_put(&p->h, "<dl class=\"facts\">\n");
    for (size_t i = 0; i + 1 < s->n; i += 2) {
        size_t n, m;
        const char *what = kc_strs_get(s, i, &n), *value = kc_strs_get(s, i + 1, &m);
        kc_html_put(&p->h, "<div><dt>");
        kc_html_text(&p->h, what, n, KC_PAGE_NAME_MOST);
        kc_html_put(&p->h, "</dt><dd dir=\"auto\">");
        kc_html_text(&p->h, value, m, 1000);
        kc_html_put(&p->h, "</dd></div>\n");
    }
    kc_html_put(&p->h, "</dl>\n");
}

void kc_page_run(struct kc_page *p)
{
    kc_html_put(&p->h, "<section id=\"run\">\n<h2>About this run</h2>\n");
    if (p->v->command) {
        kc_html_put(&p->h, "<p>This command repeats the run:</p>\n"
                           "<div class=\"command\"><pre id=\"command\" tabindex=\"0\">");
        kc_html_cstr(&p->h, p->v->command);
        kc_html_put(&p->h, "</pre></div>\n");
    }
    if (p->v->fact.n > 1)
        put_facts(p);
    kc_html_put(&p->h, "</section>\n");
}
