/* The graph of points that must not be together (separate.h), and how many clusters suffice for it. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/kmeans/separate.h"

static int by_ends(const void *a, const void *b)
{
    const uint32_t *p = a, *q = b;
    if (p[0] != q[0])
        return p[0] < q[0] ? -1 : 1;
    return p[1] < q[1] ? -1 : p[1] > q[1];
}

int kc_cannot_make(struct kc_cannot *g, size_t n, const uint32_t *pair, size_t m, struct kc_err *e)
{
    uint32_t *ends = kc_mem_alloc(kc_mem_mul(m, 4), sizeof *ends, e); /* (2 m, 2) each edge from both ends */
    size_t edges = 0;
    *g = (struct kc_cannot){.n = n};
    g->first = kc_mem_zalloc(n + 1, sizeof *g->first, e);
    g->other = kc_mem_alloc(kc_mem_mul(m, 2), sizeof *g->other, e);
    if (!ends || !g->first || !g->other) {
        kc_mem_free(ends);
        return -1;
    }
    for (size_t i = 0; i < m; i++) {
        ends[4 * i] = ends[4 * i + 3] = pair[2 * i];
        ends[4 * i + 1] = ends[4 * i + 2] = pair[2 * i + 1];
    }
    if (m > 0)
        qsort(ends, 2 * m, 2 * sizeof *ends, by_ends);
    for (size_t i = 0; i < 2 * m; i++) {
        if (i > 0 && by_ends(ends + 2 * i, ends + 2 * i - 2) == 0)
            continue;
        g->other[edges++] = ends[2 * i + 1];
        g->first[ends[2 * i] + 1] = edges;
    }
    for (size_t i = 0; i < n; i++) /* points without edges have the ends of those before */
        if (g->first[i + 1] < g->first[i])
            g->first[i + 1] = g->first[i];
    kc_mem_free(ends);
    return 0;
}

void kc_cannot_free(struct kc_cannot *g)
{
    kc_mem_free(g->first);
    kc_mem_free(g->other);
    *g = (struct kc_cannot){0};
}

/* A point that waits for its colour: entries that are out of date stay in the heap. */
struct waiting {
    uint32_t seen, degree, at; /* colours of its neighbours; its neighbours; the point */
};

/* The colouring under way. */
struct colouring {
    const struct kc_cannot *g;
    uint32_t *colour;     /* KC_NONE: it waits */
    uint32_t *seen;       /* (g->n) colours of a point's neighbours */
    uint32_t *mark;       /* (most neighbours + 2) the last point that saw this colour as taken */
    struct waiting *heap; /* the one that comes next is the first */
    size_t n;
};

static int comes_first(const struct waiting *a, const struct waiting *b)
{
    if (a->seen != b->seen)
        return a->seen > b->seen;
    return a->degree != b->degree ? a->degree > b->degree : a->at < b->at;
}

static void push_point(struct colouring *w, uint32_t at)
{
    const struct waiting p = {w->seen[at], (uint32_t)(w->g->first[at + 1] - w->g->first[at]), at};
    size_t i = w->n++;
    for (; i > 0 && comes_first(&p, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = p;
}

/* Remove the first entry and return its point. */
static uint32_t pop_point(struct colouring *w)
{
    const uint32_t at = w->heap[0].at;
    const struct waiting p = w->heap[--w->n];
    size_t i = 0;
    for (size_t c = 1; c < w->n; c = 2 * i + 1) {
        c += c + 1 < w->n && comes_first(&w->heap[c + 1], &w->heap[c]);
        if (!comes_first(&w->heap[c], &p))
            break;
        w->heap[i] = w->heap[c];
        i = c;
    }
    w->heap[i] = p;
    return at;
}

/* Return the least colour that no neighbour of the point has. */
static uint32_t find_colour(const struct colouring *w, uint32_t at)
{
    uint32_t c = 0;
    for (size_t j = w->g->first[at]; j < w->g->first[at + 1]; j++)
        if (w->colour[w->g->other[j]] != KC_NONE)
            w->mark[w->colour[w->g->other[j]]] = at + 1;
    while (w->mark[c] == at + 1)
        c++;
    return c;
}

/* Return 1 if a neighbour of the point has that colour. */
static int sees_colour(const struct colouring *w, uint32_t at, uint32_t colour)
{
    for (size_t j = w->g->first[at]; j < w->g->first[at + 1]; j++)
        if (w->colour[w->g->other[j]] == colour)
            return 1;
    return 0;
}

static void colour_points(struct colouring *w, uint32_t *used)
{
    while (w->n > 0) {
        const uint32_t at = pop_point(w);
        if (w->colour[at] != KC_NONE)
            continue;
        const uint32_t c = find_colour(w, at);
        for (size_t j = w->g->first[at]; j < w->g->first[at + 1]; j++) {
            const uint32_t other = w->g->other[j];
            if (w->colour[other] != KC_NONE || sees_colour(w, other, c))
                continue;
            w->seen[other]++;
            push_point(w, other);
        }
        w->colour[at] = c;
        *used = c + 1 > *used ? c + 1 : *used;
    }
}

int kc_cannot_colour(const struct kc_cannot *g, uint32_t *colour, uint32_t *used, struct kc_err *e)
{
    struct colouring w = {.g = g, .colour = colour};
    size_t most = 0;
    for (size_t i = 0; i < g->n; i++)
        most = g->first[i + 1] - g->first[i] > most ? g->first[i + 1] - g->first[i] : most;
    w.seen = kc_mem_zalloc(g->n, sizeof *w.seen, e);
    w.mark = kc_mem_zalloc(most + 2, sizeof *w.mark, e);
    w.heap = kc_mem_alloc(g->n + g->first[g->n] + 1, sizeof *w.heap, e);
    const int rc = w.seen && w.mark && w.heap ? 0 : -1;
    *used = 1;
    for (size_t i = 0; rc == 0 && i < g->n; i++) {
        const int apart = g->first[i + 1] > g->first[i];
        colour[i] = apart ? KC_NONE : 0;
        if (apart)
            push_point(&w, (uint32_t)i);
    }
    if (rc == 0)
        colour_points(&w, used);
    kc_mem_free(w.heap);
    kc_mem_free(w.mark);
    kc_mem_free(w.seen);
    return rc;
}
