/* The flow of rows from old clusters to new ones, as Sankey drew it (1898): bands as wide as their rows. The new
 * clusters are ordered by the mean place of where their rows come from, which keeps crossings few. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/track/lineage.h"
#include "picture/svg.h"

#define NODES_MOST ((size_t)60) /* clusters of a side; the smaller ones are united */
#define GAP 6.0
#define BAR 14.0

/* A side as it is drawn: nodes are clusters, then "others" (if some are united), then "in no cluster", "not there". */
struct side {
    size_t own, n;       /* clusters, and all nodes */
    size_t others, noise; /* their nodes */
    double *rows, *place; /* (n) rows, and where the mean row comes from */
    double *top, *used;  /* (n) y, and rows already drawn */
    uint32_t *order;     /* (n) */
};

/* The picture in the making. */
struct flow {
    struct side side[2];
    double *rows; /* (side[0].n, side[1].n) */
    double all;
};

/* Return the node of a cluster of a stream. */
static size_t find_node(const struct side *d, uint32_t c)
{
    return c == KC_NOISE ? d->noise : c < d->own ? c : d->others;
}

static int begin_side(struct side *d, size_t clusters, struct kc_err *e)
{
    d->own = clusters < NODES_MOST ? clusters : NODES_MOST;
    d->others = d->own;
    d->noise = d->own + 1;
    d->n = d->own + 2;
    d->rows = kc_mem_zalloc(d->n, 4 * sizeof *d->rows, e);
    d->order = kc_mem_alloc(d->n, sizeof *d->order, e);
    if (!d->rows || !d->order)
        return -1;
    d->place = d->rows + d->n;
    d->top = d->place + d->n;
    d->used = d->top + d->n;
    for (size_t i = 0; i < d->n; i++)
        d->order[i] = (uint32_t)i;
    return 0;
}

/* Order the new clusters by where their rows come from. Insertion: few nodes. */
static void order_new(struct flow *f)
{
    struct side *d = &f->side[1];
    for (size_t j = 0; j < d->n; j++) {
        double sum = 0;
        for (size_t i = 0; i < f->side[0].n; i++)
            sum += f->rows[i * d->n + j] * (double)i;
        d->place[j] = j >= d->own ? 1e9 + (double)j : d->rows[j] > 0 ? sum / d->rows[j] : 1e8;
    }
    for (size_t i = 1; i < d->n; i++) {
        const uint32_t o = d->order[i];
        size_t at = i;
        for (; at > 0 && d->place[d->order[at - 1]] > d->place[o]; at--)
            d->order[at] = d->order[at - 1];
        d->order[at] = o;
    }
}

static int gather_flow(const struct kc_view *v, struct flow *f, struct kc_err *e)
{
    const struct kc_view_flow *g = &v->flow;
    if (begin_side(&f->side[0], g->side[0].name.n, e) != 0 || begin_side(&f->side[1], g->side[1].name.n, e) != 0)
        return -1;
    f->rows = kc_mem_zalloc(f->side[0].n * f->side[1].n, sizeof *f->rows, e);
    if (!f->rows)
        return -1;
    for (size_t i = 0; i < g->nstreams; i++) {
        const size_t a = find_node(&f->side[0], g->stream[i].from), b = find_node(&f->side[1], g->stream[i].to);
        const double rows = (double)g->stream[i].rows;
        f->rows[a * f->side[1].n + b] += rows;
        f->side[0].rows[a] += rows;
        f->side[1].rows[b] += rows;
        f->all += rows;
    }
    order_new(f);
    return 0;
}

/* Return the least height of a node with rows, so that its name can be read. */
static double give_height(const struct side *d, size_t i, double scale)
{
    return d->rows[i] > 0 ? fmax(d->rows[i] * scale, 13) : 0;
}

/* Place the nodes of a side below each other. Return where they end. */
static double place_side(struct side *d, double top, double scale)
{
    for (size_t i = 0; i < d->n; i++) {
        const uint32_t o = d->order[i];
        d->top[o] = top;
        if (d->rows[o] > 0)
            top += give_height(d, o, scale) + GAP;
    }
    return top;
}

/* Draw the band from node a to node b, in the colour of `ink`. */
static void draw_band(struct kc_svg *s, struct flow *f, size_t a, size_t b, double scale, double x1, double x2,
                      uint32_t ink)
{
    struct side *p = &f->side[0], *q = &f->side[1];
    const double rows = f->rows[a * q->n + b], h = rows * scale, middle = (x1 + x2) / 2;
    const double y1 = p->top[a] + p->used[a] * scale, y2 = q->top[b] + q->used[b] * scale;
    char class[8], text[64], count[32];
    const double p1[] = {x1, y1, middle, y1, middle, y2, x2, y2};
    const double p2[] = {x2, y2 + h, middle, y2 + h, middle, y1 + h, x1, y1 + h};
    p->used[a] += rows;
    q->used[b] += rows;
    kc_svg_class(s, 'i', ink, class);
    kc_svg_raw(s, "<path fill-opacity=\"0.4\" class=\"");
    kc_svg_raw(s, class);
    kc_svg_raw(s, "\" d=\"");
    for (int half = 0; half < 2; half++)
        for (size_t i = 0; i < 4; i++) {
            kc_svg_raw(s, i == 0 ? half ? "L" : "M" : i == 1 ? "C" : " ");
            kc_svg_number(s, (half ? p2 : p1)[2 * i]);
            kc_svg_raw(s, " ");
            kc_svg_number(s, (half ? p2 : p1)[2 * i + 1]);
        }
    kc_svg_count(count, sizeof count, (uint64_t)rows);
    snprintf(text, sizeof text, "%s rows", count);
    kc_svg_path_end(s, 1, text);
}

/* Say what became of a cluster; NULL if it was kept. A new one (`which` 1) that an old one was split into is a part. */
static const char *describe_fate(enum kc_fate fate, int which)
{
    return fate == KC_FATE_KEPT ? NULL : fate == KC_FATE_SPLIT && which ? "a part" : kc_fate_name(fate);
}

/* Write the name of node i and what became of it, at the outer side. */
static void draw_node(struct kc_svg *s, const struct side *d, int which, size_t i, double x, double scale, double room)
{
    const struct kc_view_side *g = &s->v->flow.side[which];
    const double h = give_height(d, i, scale), y = d->top[i] + fmin(h / 2 + 4, h);
    const enum kc_anchor anchor = which ? KC_START : KC_END;
    const double at = which ? x + BAR + 6 : x - 6;
    char text[96], count[32];
    size_t n;
    if (d->rows[i] <= 0)
        return;
    kc_svg_bar(s, x, d->top[i], BAR, h, which && i < d->own && s->v->k == g->name.n ? (uint32_t)i : KC_NOISE, NULL);
    kc_svg_count(count, sizeof count, (uint64_t)d->rows[i]);
    if (i >= d->own) {
        snprintf(text, sizeof text, "%s (%s)", i == d->others ? "others" : "in no cluster", count);
        kc_svg_words(s, at, y, anchor, 12, "f", text);
        return;
    }
    const char *name = kc_strs_get(&g->name, i, &n);
    const char *fate = g->fate ? describe_fate((enum kc_fate)g->fate[i], which) : NULL;
    struct kc_buf b = {0};
    const size_t fits = kc_svg_fit(name, n, 12, room - (fate ? 90 : 50));
    if (kc_buf_add(&b, name, fits, s->e) != 0 || (fits < n && kc_buf_adds(&b, "\xE2\x80\xA6", s->e) != 0) ||
        kc_buf_printf(&b, s->e, fate ? " (%s, %s)" : " (%s)", count, fate) != 0)
        s->failed = 1;
    else
        kc_svg_text(s, at, y, anchor, 12, "t", b.p, b.n, room);
    kc_buf_free(&b);
}

/* Draw the sides and the bands between them. */
static void draw_flow(struct kc_svg *s, struct flow *f)
{
    const double width = kc_svg_width(s, 860), names = fmin(260, width * .36), height = fmax(360, 24.0 * (double)(
        f->side[0].own > f->side[1].own ? f->side[0].own : f->side[1].own));
    const double scale = height / (f->all > 0 ? f->all : 1), head = s->o->inside ? 8 : 52;
    const double x1 = names, x2 = width - names - BAR;
    const double end1 = place_side(&f->side[0], head + 24, scale), end2 = place_side(&f->side[1], head + 24, scale);
    kc_svg_begin(s, width, fmax(end1, end2) + 8, "From old clusters to new ones");
    for (int i = 0; i < 2; i++) {
        const char *title = s->v->flow.title[i] ? s->v->flow.title[i] : i ? "new" : "old";
        kc_svg_text(s, i ? x2 : x1 + BAR, head + 10, i ? KC_START : KC_END, 12, "f", title, strlen(title), names);
    }
    for (size_t a = 0; a < f->side[0].n; a++)
        for (size_t j = 0; j < f->side[1].n; j++) {
            const uint32_t b = f->side[1].order[j];
            const int own = b < f->side[1].own && s->v->k == s->v->flow.side[1].name.n;
            if (f->rows[a * f->side[1].n + b] > 0)
                draw_band(s, f, a, b, scale, x1 + BAR, x2, own ? b : KC_NOISE);
        }
    for (int i = 0; i < 2; i++)
        for (size_t j = 0; j < f->side[i].n; j++)
            draw_node(s, &f->side[i], i, j, i ? x2 : x1, scale, names - 10);
}

int kc_draw_flow(struct kc_svg *s)
{
    struct flow f = {0};
    int rc = gather_flow(s->v, &f, s->e);
    if (rc == 0) {
        draw_flow(s, &f);
        rc = kc_svg_end(s);
    }
    for (int i = 0; i < 2; i++) {
        kc_mem_free(f.side[i].rows);
        kc_mem_free(f.side[i].order);
    }
    kc_mem_free(f.rows);
    return rc;
}
