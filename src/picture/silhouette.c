/* The silhouette plot (Rousseeuw 1987): the rows of each cluster by falling silhouette, from the top down. A cluster is
 * one path of at most a step for each pixel, whatever its size. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture/svg.h"

#define CLUSTERS_MOST 60u
#define LEAST 16.0 /* px of a cluster */
#define GAP 4.0

static int by_falling(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return x > y ? -1 : x < y;
}

/* Gather the silhouettes by cluster, falling: value (n), first (k + 1). */
static int sort_silhouettes(const struct kc_view *v, float *value, size_t *first, struct kc_err *e)
{
    size_t *at = kc_mem_alloc(v->k, sizeof *at, e);
    if (!at)
        return -1;
    memset(first, 0, ((size_t)v->k + 1) * sizeof *first);
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE && !isnan(v->row_silhouette[i]))
            first[v->label[i] + 1]++;
    for (uint32_t c = 0; c < v->k; c++) {
        first[c + 1] += first[c];
        at[c] = first[c];
    }
    for (size_t i = 0; i < v->n; i++)
        if (v->label[i] != KC_NOISE && !isnan(v->row_silhouette[i]))
            value[at[v->label[i]]++] = v->row_silhouette[i];
    for (uint32_t c = 0; c < v->k; c++)
        qsort(value + first[c], first[c + 1] - first[c], sizeof *value, by_falling);
    kc_mem_free(at);
    return 0;
}

/* Draw the silhouettes (n) of cluster c from y on, h high. */
static void draw_cluster(struct kc_svg *s, const struct kc_scale *x, uint32_t c, const float *value, size_t n, double y,
                         double h)
{
    const size_t steps = n < (size_t)h ? n : (size_t)h;
    char class[8];
    kc_svg_class(s, 'i', c, class);
    kc_svg_path_begin(s, class, 0);
    kc_svg_path_to(s, 1, kc_scale_at(x, 0), y);
    for (size_t i = 0; i < steps; i++) {
        const double at = kc_scale_at(x, (double)value[(2 * i + 1) * n / (2 * steps)]);
        kc_svg_path_to(s, 0, at, y + h * (double)i / (double)steps);
        kc_svg_path_to(s, 0, at, y + h * (double)(i + 1) / (double)steps);
    }
    kc_svg_path_to(s, 0, kc_scale_at(x, 0), y + h);
    kc_svg_path_end(s, 1, NULL);
}

/* Return the height of cluster c. */
static double choose_height(const size_t *first, uint32_t c, uint32_t drawn, double room)
{
    return fmax(LEAST, room * (double)(first[c + 1] - first[c]) / (double)(first[drawn] > 0 ? first[drawn] : 1));
}

/* Draw the clusters below each other, names at the left, the scale and the mean. */
static int draw_all(struct kc_svg *s, const float *value, const size_t *first)
{
    const struct kc_view *v = s->v;
    const uint32_t drawn = v->k < CLUSTERS_MOST ? v->k : CLUSTERS_MOST;
    const double width = kc_svg_width(s, 720), names = fmin(200, width * .34), head = s->o->inside ? 8 : 52;
    const double room = fmax(320, drawn * 24.0);
    double least = 0, total = 0, y;
    for (size_t i = 0; i < first[drawn]; i++)
        least = fmin(least, (double)value[i]);
    for (uint32_t c = 0; c < drawn; c++)
        total += choose_height(first, c, drawn, room) + GAP;
    kc_svg_begin(s, width, head + total + 30 + (drawn < v->k ? 18 : 0), "Silhouettes of the rows");
    const struct kc_scale x = kc_scale_make(least, 1, names, width - 56, width < 480 ? 4 : 8, 1);
    y = s->top;
    kc_scale_draw_x(s, &x, y + total, y);
    for (uint32_t c = 0; c < drawn; c++) {
        const double h = choose_height(first, c, drawn, room);
        char text[32];
        kc_svg_called(s, names - 8, y + h / 2 + 4, KC_END, 12, "t", c, names - 16);
        if (first[c + 1] > first[c])
            draw_cluster(s, &x, c, value + first[c], first[c + 1] - first[c], y, h);
        snprintf(text, sizeof text, "%.2f", fabs(v->cluster[c].silhouette) < .005 ? 0 : v->cluster[c].silhouette);
        if (!isnan(v->cluster[c].silhouette))
            kc_svg_words(s, width - 4, y + h / 2 + 4, KC_END, 11, "f", text);
        y += h + GAP;
    }
    if (!isnan(v->silhouette)) {
        const double at = kc_scale_at(&x, v->silhouette);
        kc_svg_raw(s, "<g stroke-dasharray=\"4 3\">");
        kc_svg_line(s, at, s->top, at, y, "k", 1);
        kc_svg_raw(s, "</g>\n");
    }
    if (drawn < v->k) {
        char text[80];
        snprintf(text, sizeof text, "the first %u of %u clusters", drawn, v->k);
        kc_svg_words(s, names, y + 34, KC_START, 12, "f", text);
    }
    return kc_svg_end(s);
}

int kc_draw_silhouette(struct kc_svg *s)
{
    float *value = kc_mem_alloc((size_t)s->v->n, sizeof *value, s->e);
    size_t *first = kc_mem_alloc((size_t)s->v->k + 1, sizeof *first, s->e);
    int rc = value && first ? sort_silhouettes(s->v, value, first, s->e) : -1;
    if (rc == 0)
        rc = draw_all(s, value, first);
    kc_mem_free(first);
    kc_mem_free(value);
    return rc;
}
