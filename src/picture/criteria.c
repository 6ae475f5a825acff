/* Pictures of lines: the criteria of each k, and the history of a model. Each figure has a panel of its own, since
 * their scales have nothing in common. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "picture/svg.h"

#define PANEL 150.0

/* A figure over k or over time. */
struct panel {
    const char *title, *note;
    size_t at;        /* of the double in the entry */
    unsigned needs;   /* bits KC_EVIDENCE_... */
    enum kc_index by; /* the index that uses it */
};

static const struct panel k_panels[] = {
    {"combined merit", "higher is better", offsetof(struct kc_k_entry, merit), KC_EVIDENCE_AUTO, KC_INDEX_AUTO},
    {"silhouette", "higher is better", offsetof(struct kc_k_entry, silhouette), 0, KC_INDEX_SILHOUETTE},
    {"modularity", "higher is better", offsetof(struct kc_k_entry, modularity), KC_EVIDENCE_MODULARITY,
     KC_INDEX_MODULARITY},
    {"stability", "higher is better", offsetof(struct kc_k_entry, stability), KC_EVIDENCE_HALVES, KC_INDEX_STABILITY},
    {"prediction strength", "higher is better", offsetof(struct kc_k_entry, strength), KC_EVIDENCE_HALVES,
     KC_INDEX_PREDICTION_STRENGTH},
    {"gap", "higher is better", offsetof(struct kc_k_entry, gap), KC_EVIDENCE_GAP, KC_INDEX_GAP},
    {"macro silhouette", "higher is better", offsetof(struct kc_k_entry, macro_silhouette), 0,
     KC_INDEX_MACRO_SILHOUETTE},
    {"Davies-Bouldin", "lower is better", offsetof(struct kc_k_entry, davies_bouldin), 0, KC_INDEX_DAVIES_BOULDIN},
    {"Calinski-Harabasz", "higher is better", offsetof(struct kc_k_entry, calinski_harabasz), 0,
     KC_INDEX_CALINSKI_HARABASZ},
    {"inertia", "a bend is good", offsetof(struct kc_k_entry, inertia), 0, KC_INDEX_ELBOW},
};

static double get_value(const struct panel *p, const struct kc_k_entry *e)
{
    double x;
    memcpy(&x, (const char *)e + p->at, sizeof x);
    return x;
}

/* Return 1 if at least two entries have the figure. */
static int is_known(const struct kc_view *v, const struct panel *p)
{
    size_t n = 0;
    for (size_t i = 0; i < v->nentries; i++)
        n += isfinite(get_value(p, &v->entry[i])) ? 1 : 0;
    return n > 1 && (p->needs & v->evidence) == p->needs;
}

/* Draw a line of values over x (n), leaving out those that are not known, with a ring at the marked one. */
static void draw_line(struct kc_svg *s, const struct kc_scale *x, const struct kc_scale *y, const double *at,
                      const double *value, size_t n, size_t marked)
{
    int first = 1;
    kc_svg_path_begin(s, "s0", 2);
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i])) {
            kc_svg_path_to(s, first, kc_scale_at(x, at[i]), kc_scale_at(y, value[i]));
            first = 0;
        }
    kc_svg_path_end(s, 0, NULL);
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i]) && (n <= 40 || i == marked))
            kc_svg_circle(s, kc_scale_at(x, at[i]), kc_scale_at(y, value[i]), i == marked ? 5 : 2.5,
                          i == marked ? "i2" : "i0");
}

/* Draw a panel: its title, its scales and its line. value (n), with a line at the marked place unless that is n. */
static void draw_panel(struct kc_svg *s, const char *title, const char *note, const double *at, const double *value,
                       size_t n, size_t marked, double left, double top, double w)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i])) {
            low = fmin(low, value[i]);
            high = fmax(high, value[i]);
        }
    const struct kc_scale y = kc_scale_make(low, high, top + PANEL - 30, top + 26, 4, 1);
    struct kc_scale x = kc_scale_make(at[0], at[n - 1], left + 44, left + w - 16, w < 260 ? 4 : 6, 0);
    kc_svg_words(s, left + 4, top + 12, KC_START, 13, "t", title);
    kc_svg_words(s, left + w - 12, top + 12, KC_END, 11, "f", note);
    kc_scale_draw_y(s, &y, left + 44, left + w - 12);
    for (x.decimals = 0; x.step < 1;) /* k are whole numbers */
        x.step = 1, x.first = ceil(x.low), x.ticks = (int)(x.high - x.first) + 1;
    kc_scale_draw_x(s, &x, top + PANEL - 30, top + PANEL - 30);
    if (marked < n)
        kc_svg_line(s, kc_scale_at(&x, at[marked]), top + 24, kc_scale_at(&x, at[marked]), top + PANEL - 30, "s2", 1);
    draw_line(s, &x, &y, at, value, n, marked);
}

/* Where panels go. */
struct grid {
    size_t across, drawn;
    double side, width;
};

/* Begin a picture of n panels. */
static struct grid begin_panels(struct kc_svg *s, size_t n, const char *title)
{
    const double width = kc_svg_width(s, 900), side = s->o->inside ? 0 : 16;
    struct grid g = {.across = width < 520 ? 1 : width < 1000 ? 2 : 3, .side = side};
    g.width = (width - 2 * side) / (double)g.across;
    kc_svg_begin(s, width, (s->o->inside ? 8 : 52) + (double)((n + g.across - 1) / g.across) * (PANEL + 10) + 4, title);
    return g;
}

/* Draw the next panel. */
static void add_panel(struct kc_svg *s, struct grid *g, const char *title, const char *note, const double *at,
                      const double *value, size_t n, size_t marked)
{
    draw_panel(s, title, note, at, value, n, marked, g->side + (double)(g->drawn % g->across) * g->width,
               s->top + (double)(g->drawn / g->across) * (PANEL + 10), g->width);
    g->drawn++;
}

/* Draw the panel of a criterion. */
static void add_criterion(struct kc_svg *s, struct grid *g, const struct panel *p, const double *at, double *value,
                          size_t marked)
{
    const struct kc_view *v = s->v;
    char title[64];
    for (size_t i = 0; i < v->nentries; i++)
        value[i] = get_value(p, &v->entry[i]);
    snprintf(title, sizeof title, p->by == v->k_by ? "%s (chooses k)" : "%s", p->title);
    add_panel(s, g, title, p->note, at, value, v->nentries, marked);
}

int kc_draw_k(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const size_t n = v->nentries, kinds = sizeof k_panels / sizeof *k_panels;
    double *at = kc_mem_alloc(n, 2 * sizeof *at, s->e);
    size_t known = 0, marked = n;
    if (!at)
        return -1;
    for (size_t p = 0; p < kinds; p++)
        known += is_known(v, &k_panels[p]) ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        at[i] = v->entry[i].k;
        marked = v->entry[i].k == v->k_selected ? i : marked;
    }
    struct grid g = begin_panels(s, known, "Criteria by the number of clusters k");
    for (int others = 0; others < 2; others++) /* the one that chooses comes first */
        for (size_t p = 0; p < kinds; p++)
            if (is_known(v, &k_panels[p]) && (k_panels[p].by != v->k_by) == others)
                add_criterion(s, &g, &k_panels[p], at, at + n, marked);
    kc_mem_free(at);
    return kc_svg_end(s);
}

/* The figures of an event. */
static double get_event(const struct kc_view_event *e, int which)
{
    switch (which) {
    case 0:
        return (double)e->rows;
    case 1:
        return e->update == 0 ? NAN : e->rows > 0 ? (double)e->unassigned / (double)e->rows : 0;
    case 2:
        return e->similarity;
    case 3:
        return (double)e->clusters;
    default:
        return e->variation;
    }
}

int kc_draw_history(struct kc_svg *s)
{
    static const char *const titles[] = {"rows", "share unassigned", "mean similarity", "clusters",
                                         "variation of sizes"};
    static const char *const notes[] = {"0: the fit, then each update", "drift if it rises", "drift if it falls", "",
                                        ""};
    const size_t n = s->v->nevents;
    double *at = kc_mem_alloc(n, 2 * sizeof *at, s->e);
    if (!at)
        return -1;
    double *value = at + n;
    struct grid g = begin_panels(s, sizeof titles / sizeof *titles, "History of the model");
    for (size_t i = 0; i < n; i++)
        at[i] = (double)i;
    for (int p = 0; p < (int)(sizeof titles / sizeof *titles); p++) {
        size_t known = 0;
        for (size_t i = 0; i < n; i++) {
            value[i] = get_event(&s->v->event[i], p);
            known += isfinite(value[i]) ? 1 : 0;
        }
        if (known > 0)
            add_panel(s, &g, titles[p], notes[p], at, value, n, n);
    }
    kc_mem_free(at);
    return kc_svg_end(s);
}
