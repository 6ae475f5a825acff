/* Pictures of bars: sizes of the clusters, and their keywords. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "picture/svg.h"

#define BARS_MOST 60u  /* clusters that are drawn; the rest is told as a number */
#define LINE 22.0

/* Return how many clusters are drawn: the largest, since a view orders them by size. */
static uint32_t count_drawn(const struct kc_svg *s)
{
    return s->v->k < BARS_MOST ? s->v->k : BARS_MOST;
}

/* Say how many clusters are not drawn, at y. */
static void tell_rest(struct kc_svg *s, uint32_t drawn, double x, double y)
{
    char text[80], more[32];
    if (drawn == s->v->k)
        return;
    kc_svg_count(more, sizeof more, s->v->k - drawn);
    snprintf(text, sizeof text, "and %s more clusters", more);
    kc_svg_words(s, x, y, KC_START, 12, "f", text);
}

int kc_draw_sizes(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const uint32_t drawn = count_drawn(s);
    const double width = kc_svg_width(s, 720), names = fmin(220, width * .4), room = width - names - 80;
    const double head = s->o->inside ? 8 : 52, rest = drawn < v->k || v->noise > 0 ? LINE : 0;
    uint64_t most = v->noise > 0 ? v->noise : 1;
    for (uint32_t c = 0; c < drawn; c++)
        most = v->cluster[c].size > most ? v->cluster[c].size : most;
    kc_svg_begin(s, width, head + (drawn + (v->noise > 0)) * LINE + (drawn < v->k ? rest : 0) + 12,
                 "Sizes of the clusters");
    double y = s->top;
    for (uint32_t c = 0; c < drawn + (v->noise > 0); c++, y += LINE) {
        const uint32_t own = c < drawn ? c : KC_NOISE;
        const uint64_t size = c < drawn ? v->cluster[c].size : v->noise;
        const double w = fmax(room * (double)size / (double)most, size > 0 ? 1 : 0);
        char text[32];
        if (own == KC_NOISE)
            kc_svg_words(s, names - 8, y + 14, KC_END, 12, "f", "in no cluster");
        else
            kc_svg_called(s, names - 8, y + 14, KC_END, 12, "t", c, names - 20);
        kc_svg_bar(s, names, y + 3, w, LINE - 7, own, NULL);
        kc_svg_count(text, sizeof text, size);
        kc_svg_words(s, names + w + 6, y + 14, KC_START, 11, "f", text);
    }
    tell_rest(s, drawn, names, y + 14);
    return kc_svg_end(s);
}

/* Draw the keywords of a cluster into a cell. */
static void draw_words(struct kc_svg *s, uint32_t c, double x, double y, double w, size_t most)
{
    const struct kc_view_lists *l = &s->v->keywords;
    const size_t first = l->first[c], n = l->first[c + 1] - first;
    double top = 0;
    char class[8];
    for (size_t i = 0; i < n; i++)
        top = l->weight ? fmax(top, l->weight[first + i]) : 1;
    kc_svg_class(s, 'i', c, class);
    kc_svg_rect(s, x, y + 3, 10, 10, class);
    kc_svg_called(s, x + 16, y + 13, KC_START, 13, "t", c, w - 34);
    for (size_t i = 0; i < n && i < most; i++) {
        size_t bytes;
        const char *word = kc_strs_get(&l->text, first + i, &bytes);
        const double share = l->weight && top > 0 ? l->weight[first + i] / top : 1, at = y + 22 + (double)i * 18;
        kc_svg_bar(s, x, at, fmax((w - 16) * .42 * share, 1), 13, c, NULL);
        kc_svg_text(s, x + (w - 16) * .42 * share + 6, at + 11, KC_START, 12, "t", word, bytes,
                    (w - 16) * (1 - .42 * share) - 6);
    }
}

int kc_draw_keywords(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    const uint32_t drawn = count_drawn(s);
    const double width = kc_svg_width(s, 960);
    const uint32_t across = width < 480 ? 1 : (uint32_t)(width / 235);
    size_t most = 1;
    for (uint32_t c = 0; c < drawn; c++) {
        const size_t n = v->keywords.first[c + 1] - v->keywords.first[c];
        most = n > most ? n : most;
    }
    most = most < 8 ? most : 8;
    const double cell = 22 + (double)most * 18 + 18, side = s->o->inside ? 0 : 20;
    const double head = s->o->inside ? 8 : 52, w = (width - 2 * side) / across;
    const uint32_t down = (drawn + across - 1) / across;
    kc_svg_begin(s, width, head + down * cell + (drawn < v->k ? LINE : 0) + 4, "Keywords of the clusters");
    for (uint32_t c = 0; c < drawn; c++)
        draw_words(s, c, side + c % across * w, s->top + c / across * cell, w, most);
    tell_rest(s, drawn, side, s->top + down * cell + 10);
    return kc_svg_end(s);
}
