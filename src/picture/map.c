/* The map: a dot for each row in the colour of its cluster, and the clusters' names where there is room, the largest
 * first. Dots of a cluster are one path, each a line of no length with round ends, some ten bytes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture/place.h"
#include "picture/svg.h"

#define NAMES_MOST ((size_t)300)

/* Where the rows are on the paper. */
struct sheet {
    double scale, left, top, width, height, bottom;
    float low[2];
    size_t drawn;
};

/* Return 1 if row i is drawn: `most` of n rows, evenly through the input. */
static int is_drawn(size_t i, size_t n, size_t most)
{
    return n <= most || (uint64_t)(i + 1) * most / n > (uint64_t)i * most / n;
}

/* Fit the rows' bounding box into the sheet. */
static void fit_sheet(const struct kc_view *v, struct sheet *p)
{
    float high[2];
    for (size_t j = 0; j < 2; j++)
        p->low[j] = high[j] = v->xy[j];
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; j < 2; j++) {
            p->low[j] = fminf(p->low[j], v->xy[2 * i + j]);
            high[j] = fmaxf(high[j], v->xy[2 * i + j]);
        }
    const double w = fmax((double)(high[0] - p->low[0]), 1e-9), h = fmax((double)(high[1] - p->low[1]), 1e-9);
    p->scale = fmin(p->width / w, p->height / h);
    p->left += (p->width - w * p->scale) / 2;
    p->bottom = p->top + p->height - (p->height - h * p->scale) / 2;
}

static double find_x(const struct kc_view *v, const struct sheet *p, size_t i)
{
    return p->left + (double)(v->xy[2 * i] - p->low[0]) * p->scale;
}

/* Up is up: the second coordinate grows upwards. */
static double find_y(const struct kc_view *v, const struct sheet *p, size_t i)
{
    return p->bottom - (double)(v->xy[2 * i + 1] - p->low[1]) * p->scale;
}

/* Gather the rows of each cluster that are drawn: row (drawn), first (k + 2); noise comes first. */
static int gather_rows(const struct kc_view *v, size_t most, uint32_t *row, size_t *first, struct kc_err *e)
{
    const size_t slots = (size_t)v->k + 1;
    size_t *at = kc_mem_zalloc(slots + 1, sizeof *at, e);
    if (!at)
        return -1;
    memset(first, 0, (slots + 1) * sizeof *first);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < v->n; i++) {
            const size_t slot = !v->label || v->label[i] == KC_NOISE ? 0 : (size_t)v->label[i] + 1;
            if (!is_drawn(i, (size_t)v->n, most))
                continue;
            if (pass == 0)
                first[slot + 1]++;
            else
                row[at[slot]++] = (uint32_t)i;
        }
        for (size_t c = 0; pass == 0 && c < slots; c++) {
            first[c + 1] += first[c];
            at[c] = first[c];
        }
    }
    kc_mem_free(at);
    return 0;
}

/* Draw the dots of a cluster, or of noise. */
static void draw_dots(struct kc_svg *s, const struct sheet *p, uint32_t c, const uint32_t *row, size_t n, double size)
{
    char class[8];
    if (n == 0)
        return;
    kc_svg_class(s, 's', c, class);
    kc_svg_raw(s, "<path class=\"");
    kc_svg_raw(s, class);
    kc_svg_raw(s, "\" fill=\"none\" stroke-linecap=\"round\" stroke-opacity=\"0.75\"");
    kc_svg_attribute(s, "stroke-width", size);
    kc_svg_raw(s, " d=\"");
    for (size_t i = 0; i < n; i++) {
        char text[48];
        snprintf(text, sizeof text, "M%.1f %.1fh0", find_x(s->v, p, row[i]), find_y(s->v, p, row[i]));
        kc_svg_raw(s, text);
    }
    kc_svg_raw(s, "\"/>\n");
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Return the median of a coordinate of the rows. of: find_x or find_y. */
static double find_median(const struct kc_svg *s, const struct sheet *p, const uint32_t *row, size_t n, double *work,
                          double (*of)(const struct kc_view *, const struct sheet *, size_t))
{
    for (size_t i = 0; i < n; i++)
        work[i] = of(s->v, p, row[i]);
    qsort(work, n, sizeof *work, by_value);
    return work[n / 2];
}

/* Draw the names: in the order of the clusters, which is that of their sizes. Larger clusters have larger names. */
static int draw_names(struct kc_svg *s, const struct sheet *p, const uint32_t *row, const size_t *first)
{
    const struct kc_view *v = s->v;
    const size_t n = v->k < NAMES_MOST ? v->k : NAMES_MOST;
    struct kc_place *place = kc_mem_zalloc(n, sizeof *place, s->e);
    double *size = kc_mem_alloc(n, sizeof *size, s->e), *work = kc_mem_alloc(p->drawn, sizeof *work, s->e);
    uint64_t most = 1;
    int rc = place && size && work ? 0 : -1;
    for (size_t c = 0; rc == 0 && c < n; c++)
        most = v->cluster[c].size > most ? v->cluster[c].size : most;
    for (size_t c = 0; rc == 0 && c < n; c++) {
        size_t bytes;
        const char *name = kc_view_called(v, (uint32_t)c, &bytes);
        const size_t members = first[c + 2] - first[c + 1];
        size[c] = (s->width < 480 ? 9 : 11) + 5 * sqrt((double)v->cluster[c].size / (double)most);
        place[c].width = fmin(kc_svg_measure(name, bytes, size[c]), 26 * size[c]) + 4;
        place[c].height = size[c] * 1.1;
        place[c].x = members ? find_median(s, p, row + first[c + 1], members, work, find_x) : -1e6;
        place[c].y = members ? find_median(s, p, row + first[c + 1], members, work, find_y) : 0;
        if (!members)
            place[c].width = 1e9; /* never shown */
    }
    if (rc == 0)
        kc_place_labels(place, n, s->width, s->height);
    for (size_t c = 0; rc == 0 && c < n; c++)
        for (int front = 0; front < 2 && place[c].shown; front++) {
            kc_svg_raw(s, front ? "<g font-weight=\"600\">" :
                                  "<g font-weight=\"600\" stroke-width=\"3\" stroke-linejoin=\"round\">");
            kc_svg_called(s, place[c].left + place[c].width / 2, place[c].top + size[c] * .92, KC_MIDDLE, size[c],
                          front ? "t" : "p halo", (uint32_t)c, 26 * size[c]);
            kc_svg_raw(s, "</g>\n");
        }
    kc_mem_free(work);
    kc_mem_free(size);
    kc_mem_free(place);
    return rc;
}

/* Write how the map was made, and how much of it is drawn. */
static void write_caption(struct kc_svg *s, const struct sheet *p)
{
    char drawn[32], all[32], text[256];
    kc_svg_count(drawn, sizeof drawn, p->drawn);
    kc_svg_count(all, sizeof all, s->v->n);
    if (p->drawn < s->v->n)
        snprintf(text, sizeof text, "%s; a sample of %s of %s rows", s->v->map_how ? s->v->map_how : "map", drawn, all);
    else
        snprintf(text, sizeof text, "%s; %s rows", s->v->map_how ? s->v->map_how : "map", all);
    kc_svg_words(s, s->width - 14, s->height - 10, KC_END, 11, "f", text);
}

/* Draw the map from the rows of each cluster. */
static int draw_rows(struct kc_svg *s, struct sheet *p, const uint32_t *row, const size_t *first)
{
    const double size = fmin(fmax(170 / sqrt((double)p->drawn + 1) * (s->width / 900), 1.4), 7);
    draw_dots(s, p, KC_NOISE, row + first[0], first[1] - first[0], size);
    for (uint32_t c = 0; c < s->v->k; c++)
        draw_dots(s, p, c, row + first[c + 1], first[c + 2] - first[c + 1], size);
    const int rc = draw_names(s, p, row, first);
    write_caption(s, p);
    return rc == 0 ? kc_svg_end(s) : -1;
}

int kc_draw_map(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const size_t most = s->o->points ? s->o->points : KC_PICTURE_POINTS;
    const double width = kc_svg_width(s, 960), height = s->o->height > 0 ? s->o->height : width * .78;
    kc_svg_begin(s, width, height, v->title ? v->title : "Map of the rows");
    struct sheet p = {.left = 24, .top = s->top + 8, .width = width - 48, .height = height - s->top - 40,
                      .drawn = v->n < most ? (size_t)v->n : most};
    uint32_t *row = kc_mem_alloc(p.drawn, sizeof *row, s->e);
    size_t *first = kc_mem_alloc((size_t)v->k + 2, sizeof *first, s->e);
    int rc = row && first ? gather_rows(v, most, row, first, s->e) : -1;
    if (rc == 0) {
        fit_sheet(v, &p);
        rc = draw_rows(s, &p, row, first);
    }
    kc_mem_free(first);
    kc_mem_free(row);
    return rc;
}
