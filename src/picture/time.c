/* Rows over time: a stack of bars by cluster, and below a strip for each cluster, as high as its share of its busiest
 * bin, so that small clusters are seen too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture/svg.h"

#define SHOWN 12u        /* clusters with a colour of their own in the stack; the rest is grey */
#define STRIPS_MOST 40u
#define BINS_MOST ((size_t)400) /* neighbouring bins are united beyond */
#define STACK 200.0
#define STRIP 18.0

/* The counts as they are drawn. */
struct bins {
    size_t n, each;   /* bins, and bins of the view in each */
    uint64_t *rows;   /* (n, k + 1) */
    uint64_t most;    /* rows of the fullest bin */
};

/* Unite bins until few enough are left. */
static int gather_bins(const struct kc_view *v, struct bins *b, struct kc_err *e)
{
    const size_t wide = (size_t)v->k + 1;
    b->each = (v->bin.n + BINS_MOST - 1) / BINS_MOST;
    b->n = (v->bin.n + b->each - 1) / b->each;
    b->rows = kc_mem_zalloc(kc_mem_mul(b->n, wide), sizeof *b->rows, e);
    for (size_t i = 0; b->rows && i < v->bin.n; i++)
        for (size_t c = 0; c < wide; c++)
            b->rows[i / b->each * wide + c] += v->bin_rows[i * wide + c];
    for (size_t i = 0; b->rows && i < b->n; i++) {
        uint64_t sum = 0;
        for (size_t c = 0; c < wide; c++)
            sum += b->rows[i * wide + c];
        b->most = sum > b->most ? sum : b->most;
    }
    return b->rows ? 0 : -1;
}

/* Write the names of some bins below y. */
static void draw_names(struct kc_svg *s, const struct bins *b, double left, double w, double y)
{
    const size_t fit = (size_t)fmax(1, (w * (double)b->n) / 84);
    const size_t step = (b->n + fit - 1) / fit;
    for (size_t i = 0; i < b->n; i += step) {
        size_t n;
        const char *name = kc_strs_get(&s->v->bin, i * b->each, &n);
        kc_svg_text(s, left + (double)i * w + w / 2, y + 14, KC_MIDDLE, 11, "f", name, n, 0);
    }
}

/* Draw the stack of a bin: the largest clusters from below, then all others together. */
static void draw_stack(struct kc_svg *s, const struct bins *b, size_t i, const struct kc_scale *y, double x, double w)
{
    const struct kc_view *v = s->v;
    const uint64_t *row = b->rows + i * ((size_t)v->k + 1);
    const uint32_t shown = v->k < SHOWN ? v->k : SHOWN;
    uint64_t below = 0, rest = row[v->k];
    for (uint32_t c = shown; c < v->k; c++)
        rest += row[c];
    for (uint32_t c = 0; c <= shown; c++) {
        const uint64_t rows = c < shown ? row[c] : rest;
        const double high = kc_scale_at(y, (double)(below + rows)), low = kc_scale_at(y, (double)below);
        if (rows > 0)
            kc_svg_bar(s, x, high, w, low - high, c < shown ? c : KC_NOISE, NULL);
        below += rows;
    }
}

/* Draw the strip of cluster c. */
static void draw_strip(struct kc_svg *s, const struct bins *b, uint32_t c, double left, double w, double y)
{
    const size_t wide = (size_t)s->v->k + 1;
    uint64_t most = 1;
    char class[8];
    for (size_t i = 0; i < b->n; i++)
        most = b->rows[i * wide + c] > most ? b->rows[i * wide + c] : most;
    kc_svg_class(s, 'i', c, class);
    for (size_t i = 0; i < b->n; i++) {
        const uint64_t rows = b->rows[i * wide + c];
        const double h = (STRIP - 4) * (double)rows / (double)most;
        if (rows > 0)
            kc_svg_rect(s, left + (double)i * w, y + STRIP - 3 - fmax(h, 1), fmax(w - .5, .5), fmax(h, 1), class);
    }
    kc_svg_line(s, left, y + STRIP - 2.5, left + w * (double)b->n, y + STRIP - 2.5, "r", 1);
}

int kc_draw_time(struct kc_svg *s)
{
    const struct kc_view *v = s->v;
    struct bins b = {0};
    const double width = kc_svg_width(s, 900), names = fmin(200, width * .34);
    const uint32_t strips = v->k < STRIPS_MOST ? v->k : STRIPS_MOST;
    if (gather_bins(v, &b, s->e) != 0)
        return -1;
    const double w = (width - names - 20) / (double)b.n, head = s->o->inside ? 8 : 52;
    kc_svg_begin(s, width, head + STACK + 36 + strips * STRIP + (strips < v->k ? 20 : 6), "Rows over time");
    const struct kc_scale y = kc_scale_make(0, (double)b.most, s->top + STACK, s->top, 5, 1);
    kc_scale_draw_y(s, &y, names, width - 20);
    for (size_t i = 0; i < b.n; i++)
        draw_stack(s, &b, i, &y, names + (double)i * w, fmax(w - .5, .5));
    draw_names(s, &b, names, w, s->top + STACK);
    for (uint32_t c = 0; c < strips; c++) {
        const double at = s->top + STACK + 36 + c * STRIP;
        kc_svg_called(s, names - 8, at + 13, KC_END, 11, "t", c, names - 16);
        draw_strip(s, &b, c, names, w, at);
    }
    if (strips < v->k) {
        char text[80];
        snprintf(text, sizeof text, "the first %u of %u clusters", strips, v->k);
        kc_svg_words(s, names, s->top + STACK + 50 + strips * STRIP, KC_START, 11, "f", text);
    }
    kc_mem_free(b.rows);
    return kc_svg_end(s);
}
