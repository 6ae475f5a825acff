/* Pictures in a grid or a tree: similarities of the clusters, how they merge, and clusters against known classes. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "picture/svg.h"

/* Draw a cell shaded by a share of 0 .. 1. */
static void draw_cell(struct kc_svg *s, double x, double y, double w, double h, double share, const char *title)
{
    char class[8];
    const int step = (int)(fmin(fmax(share, 0), 1) * (KC_HEATS - 1) + .5);
    snprintf(class, sizeof class, "h%d", step);
    kc_svg_raw(s, "<g>");
    kc_svg_rect(s, x, y, w, h, class);
    if (title) {
        kc_svg_raw(s, "<title>");
        kc_svg_escape(s, title, strlen(title));
        kc_svg_raw(s, "</title>");
    }
    kc_svg_raw(s, "</g>\n");
}

/* Draw the scale of the shades from low to high, its left end at x. */
static void draw_ramp(struct kc_svg *s, double x, double y, double low, double high)
{
    char text[32];
    for (int i = 0; i < KC_HEATS; i++) {
        snprintf(text, sizeof text, "h%d", i);
        kc_svg_rect(s, x + i * 16, y, 16, 10, text);
    }
    snprintf(text, sizeof text, "%.2f", low);
    kc_svg_words(s, x, y + 24, KC_START, 11, "f", text);
    snprintf(text, sizeof text, "%.2f", high);
    kc_svg_words(s, x + KC_HEATS * 16, y + 24, KC_END, 11, "f", text);
}

int kc_draw_heat(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const size_t n = v->nheat;
    const double width = kc_svg_width(s, 720), names = fmin(200, width * .36), side = s->o->inside ? 0 : 12;
    const double cell = fmin((width - names - 2 * side) / (double)n, 36), line = fmax(cell, 1);
    const double text = fmin(12, line - 1);
    double low = 1, high = -1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j) {
                low = fmin(low, (double)v->heat[i * n + j]);
                high = fmax(high, (double)v->heat[i * n + j]);
            }
    kc_svg_begin(s, width, (s->o->inside ? 8 : 52) + line * (double)n + 48, "Similarity of the clusters");
    for (size_t i = 0; i < n; i++) {
        const size_t a = v->heat_order[i];
        if (text >= 6)
            kc_svg_called(s, side + names - 8, s->top + (double)i * line + line / 2 + text * .36, KC_END, text, "t",
                          v->heat_cluster[a], names - 10);
        for (size_t j = 0; j < n; j++) {
            const size_t b = v->heat_order[j];
            char title[32];
            const double x = (double)v->heat[a * n + b];
            snprintf(title, sizeof title, "%.3f", x);
            draw_cell(s, side + names + (double)j * cell, s->top + (double)i * line, cell - .5, line - .5,
                      a == b ? 1 : high > low ? (x - low) / (high - low) * .9 : 0, n <= 40 ? title : NULL);
        }
    }
    draw_ramp(s, side + names, s->top + line * (double)n + 12, low, high);
    return kc_svg_end(s);
}

int kc_draw_tree(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const size_t n = v->nheat;
    const double width = kc_svg_width(s, 720), names = fmin(240, width * .4), line = n > 60 ? 14 : 20;
    double *x = kc_mem_alloc(2 * n, 2 * sizeof *x, s->e);
    if (!x)
        return -1;
    double *y = x + 2 * n;
    kc_svg_begin(s, width, (s->o->inside ? 8 : 52) + line * (double)n + 40, "Tree of the clusters");
    const double bottom = s->top + line * (double)n;
    const struct kc_scale a = kc_scale_make(0, v->merge[n - 2].height, names + 8, width - 20, width < 480 ? 4 : 8, 1);
    kc_scale_draw_x(s, &a, bottom, s->top);
    for (size_t i = 0; i < n; i++) {
        const size_t leaf = v->heat_order[i];
        char class[8];
        x[leaf] = kc_scale_at(&a, 0);
        y[leaf] = s->top + (double)i * line + line / 2;
        kc_svg_class(s, 'i', v->heat_cluster[leaf], class);
        kc_svg_called(s, names - 10, y[leaf] + 4, KC_END, line > 16 ? 12 : 10, "t", v->heat_cluster[leaf], names - 16);
        kc_svg_circle(s, names, y[leaf], 4, class);
    }
    for (size_t i = 0; i < n - 1; i++) {
        const struct kc_merge *m = &v->merge[i];
        x[n + i] = kc_scale_at(&a, m->height);
        y[n + i] = (y[m->a] + y[m->b]) / 2;
        kc_svg_path_begin(s, "k", 1.5);
        kc_svg_path_to(s, 1, x[m->a], y[m->a]);
        kc_svg_path_to(s, 0, x[n + i], y[m->a]);
        kc_svg_path_to(s, 0, x[n + i], y[m->b]);
        kc_svg_path_to(s, 0, x[m->b], y[m->b]);
        kc_svg_path_end(s, 0, NULL);
    }
    kc_svg_words(s, width - 20, bottom + 32, KC_END, 11, "f", "distance: 1 - similarity of the centroids");
    kc_mem_free(x);
    return kc_svg_end(s);
}

#define CLASSES_MOST ((size_t)40)

/* Order the classes so that each stands near the cluster that has most of it: order (gold.n). */
static void order_classes(const struct kc_view *v, uint32_t clusters, uint32_t *order)
{
    const size_t m = v->gold.n;
    size_t n = 0;
    for (uint32_t c = 0; c <= clusters; c++)
        for (size_t g = 0; g < m; g++) {
            uint32_t best = clusters;
            for (uint32_t o = 0; o < clusters; o++)
                if (v->gold_rows[o * (m + 1) + g] > 0 &&
                    (best == clusters || v->gold_rows[o * (m + 1) + g] > v->gold_rows[best * (m + 1) + g]))
                    best = o;
            if (best == c)
                order[n++] = (uint32_t)g;
        }
}

/* Write a class's name upwards above its column. */
static void write_class(struct kc_svg *s, size_t g, double x, double y)
{
    size_t n;
    const char *name = kc_strs_get(&s->v->gold, g, &n);
    kc_svg_raw(s, "<g transform=\"translate(");
    kc_svg_number(s, x);
    kc_svg_raw(s, " ");
    kc_svg_number(s, y);
    kc_svg_raw(s, ") rotate(-50)\">");
    kc_svg_text(s, 0, 0, KC_START, 11, "t", name, n, 120);
    kc_svg_raw(s, "</g>\n");
}

int kc_draw_confusion(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const size_t m = v->gold.n, across = m < CLASSES_MOST ? m : CLASSES_MOST;
    const uint32_t down = v->k < 60 ? v->k : 60;
    const double width = kc_svg_width(s, 780), names = fmin(200, width * .3), line = 24;
    const double cell = fmin((width - names - 90) / (double)(across > 0 ? across : 1), 48);
    double heads = 0;
    uint32_t *order = kc_mem_alloc(m, sizeof *order, s->e);
    if (!order)
        return -1;
    order_classes(v, v->k, order);
    for (size_t g = 0; g < across; g++) { /* they are written at 50 degrees, whose sine is .77 */
        size_t n;
        const char *name = kc_strs_get(&v->gold, order[g], &n);
        heads = fmax(heads, fmin(kc_svg_measure(name, n, 11), 120) * .77 + 16);
    }
    kc_svg_begin(s, width, (s->o->inside ? 8 : 52) + heads + line * down + 36, "Clusters and known classes");
    const double top = s->top + heads;
    for (size_t g = 0; g < across; g++)
        write_class(s, order[g], names + (double)g * cell + cell / 2, top - 6);
    for (uint32_t c = 0; c < down; c++) {
        const uint64_t *row = v->gold_rows + (size_t)c * (m + 1);
        kc_svg_called(s, names - 8, top + c * line + 16, KC_END, 12, "t", c, names - 12);
        for (size_t g = 0; g < across; g++) {
            const double share = (double)row[order[g]] / (double)(v->cluster[c].size ? v->cluster[c].size : 1);
            const double x = names + (double)g * cell, y = top + c * line;
            char text[32];
            draw_cell(s, x, y, cell - 1, line - 1, share, NULL);
            kc_svg_count(text, sizeof text, row[order[g]]);
            const double size = fmin(11, (cell - 3) / (.62 * (double)strlen(text)));
            if (row[order[g]] > 0 && size >= 7)
                kc_svg_words(s, x + cell / 2, y + 16, KC_MIDDLE, size, share > .5 ? "p" : "t", text);
        }
    }
    if (across < m || down < v->k) {
        char text[100];
        snprintf(text, sizeof text, "%u of %u clusters, %zu of %zu classes", down, v->k, across, m);
        kc_svg_words(s, names, top + down * line + 20, KC_START, 12, "f", text);
    }
    kc_mem_free(order);
    return kc_svg_end(s);
}
