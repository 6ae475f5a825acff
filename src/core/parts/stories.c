/* Stories. Without a threshold a cluster is compared with the stories that it may continue, by the mean
 * similarities of their rows, which follow from sums and sizes alone (kc_members_pairs). With one, all pairs of a
 * group's clusters are compared by their centroids, and what is connected becomes one story, as in single linkage. */
#include "core/parts/stories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "core/cluster/members.h"
#include "la/product.h"

/* A story that may still be continued. */
struct story {
    uint32_t id;
    int64_t window, last; /* its latest window; its latest timestamp */
    uint64_t size;  /* its rows in that window */
    double *sum;    /* (d) sum of these rows */
    double length;  /* length of the sum */
};

/* The linking of one group's pieces without a threshold. */
struct linking {
    struct kc_pieces *s;
    const struct kc_parts_opts *o;
    struct story *story; /* (k) */
    size_t n;            /* stories */
    size_t *continued;   /* (k) of the window's clusters: the story that each continues; SIZE_MAX: none */
    double all;          /* mean similarity of all pairs of the group's rows */
    double within;       /* mean similarity of pairs in one cluster; NAN: there are none */
};

static double *get_sum(const struct kc_pieces *s, uint32_t c)
{
    return s->sums + (size_t)c * s->d;
}

/* Compute w->all and w->within for the group whose pieces are from .. to - 1. */
static int compute_usual(struct linking *w, uint32_t from, uint32_t to, struct kc_err *e)
{
    const size_t d = w->s->d;
    double *all = kc_mem_zalloc(d, sizeof *all, e);
    double within = 0, pairs = 0;
    uint64_t n = 0;
    if (!all)
        return -1;
    for (uint32_t c = from; c < to; c++) {
        const double *sum = get_sum(w->s, c);
        double size = (double)w->s->piece[c].size;
        for (size_t t = 0; t < d; t++)
            all[t] += sum[t];
        n += w->s->piece[c].size;
        if (size > 1) {
            within += kc_members_pairs(sum, d, w->s->piece[c].size) * size * (size - 1);
            pairs += size * (size - 1);
        }
    }
    w->all = kc_members_pairs(all, d, n);
    w->within = pairs > 0 ? within / pairs : NAN;
    kc_mem_free(all);
    return 0;
}

/* Return 1 if a cluster of this sum and size is closer to the story than the group is on average. */
static int is_alike(const struct linking *w, const struct story *a, const double *sum, uint64_t size)
{
    const size_t d = w->s->d;
    double between = kc_la_dotd(a->sum, sum, d) / ((double)a->size * (double)size);
    double one = kc_members_pairs(a->sum, d, a->size), other = kc_members_pairs(sum, d, size);
    double within = isnan(one) ? (isnan(other) ? w->within : other) : isnan(other) || one < other ? one : other;
    return within > w->all && between - w->all > 0.5 * (within - w->all);
}

/* Return 1 if a cluster in this window, whose first row is at `first`, is near enough in time to continue the story. */
static int is_near(const struct linking *w, const struct story *a, int64_t window, int64_t first)
{
    return w->o->max_gap < 0 ? a->window + 1 == window : first - a->last <= w->o->max_gap;
}

/* Link the clusters of one window, from .. to - 1, to the stories. */
static int link_window(struct linking *w, uint32_t from, uint32_t to, int64_t window, uint64_t *linked,
                       struct kc_err *e)
{
    struct kc_pieces *s = w->s;
    const size_t d = s->d, before = w->n;
    size_t fresh = before;
    for (uint32_t c = from; c < to; c++) {
        struct kc_piece *piece = &s->piece[c];
        const double *sum = get_sum(s, c);
        double length = sqrt(kc_la_dotd(sum, sum, d)), best = -2;
        size_t at = SIZE_MAX;
        for (size_t i = 0; i < before && length > 0; i++) {
            const struct story *a = &w->story[i];
            double cosine = a->length > 0 && is_near(w, a, window, piece->first)
                                ? kc_la_dotd(a->sum, sum, d) / (a->length * length)
                                : -2;
            if (cosine > best && is_alike(w, a, sum, piece->size)) {
                best = cosine;
                at = i;
            }
        }
        w->continued[c - from] = at;
        if (at != SIZE_MAX) {
            piece->story = w->story[at].id;
            ++*linked;
        }
    }
    /* Only now update the stories: all clusters of the window are compared with the stories before it. */
    for (uint32_t c = from; c < to; c++) {
        struct kc_piece *piece = &s->piece[c];
        if (w->continued[c - from] == SIZE_MAX) {
            double *sum = kc_mem_alloc(d, sizeof *sum, e);
            if (!sum)
                return -1;
            memcpy(sum, get_sum(s, c), d * sizeof *sum);
            w->story[w->n++] = (struct story){c, window, piece->last, piece->size, sum, 0};
            continue;
        }
        struct story *a = &w->story[w->continued[c - from]];
        if (a->window != window)
            memset(a->sum, 0, d * sizeof *a->sum);
        a->size = piece->size + (a->window == window ? a->size : 0);
        a->last = a->last > piece->last ? a->last : piece->last;
        a->window = window;
        for (size_t t = 0; t < d; t++)
            a->sum[t] += get_sum(s, c)[t];
    }
    for (uint32_t c = from; c < to; c++) {
        size_t at = w->continued[c - from];
        struct story *a = &w->story[at == SIZE_MAX ? fresh++ : at];
        a->length = sqrt(kc_la_dotd(a->sum, a->sum, d));
    }
    return 0;
}

/* Order stories from the latest on; of two that are equally late, the later one made comes first. */
static int by_lateness(const void *x, const void *y)
{
    const struct story *a = x, *b = y;
    if (a->window != b->window)
        return a->window > b->window ? -1 : 1;
    if (a->last != b->last)
        return a->last > b->last ? -1 : 1;
    return a->id > b->id ? -1 : a->id < b->id;
}

static int by_id(const void *x, const void *y)
{
    const struct story *a = x, *b = y;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* Forget all but the latest stories, if there are very many: the time for a window must not grow with all that came
 * before it. Half are forgotten at once, so that sorting is rare. */
static void forget_surplus_stories(struct linking *w)
{
    if (w->n <= 2 * KC_STORIES_OPEN)
        return;
    qsort(w->story, w->n, sizeof *w->story, by_lateness);
    for (size_t i = KC_STORIES_OPEN; i < w->n; i++)
        kc_mem_free(w->story[i].sum);
    w->n = KC_STORIES_OPEN;
    qsort(w->story, w->n, sizeof *w->story, by_id);
    w->s->forgotten = 1;
}

/* Forget the stories that no cluster from this window on can continue. */
static void forget_old_stories(struct linking *w, int64_t window, int64_t begins)
{
    size_t m = 0;
    for (size_t i = 0; i < w->n; i++) {
        struct story *a = &w->story[i];
        if (w->o->max_gap < 0 ? a->window + 1 >= window : begins - a->last <= w->o->max_gap)
            w->story[m++] = *a;
        else
            kc_mem_free(a->sum);
    }
    w->n = m;
    forget_surplus_stories(w);
}

static void forget_all_stories(struct linking *w)
{
    for (size_t i = 0; i < w->n; i++)
        kc_mem_free(w->story[i].sum);
    w->n = 0;
}

/* Add the sums of pieces to those of the pieces that stand for their stories. */
static void add_sums_to_stories(struct kc_pieces *s)
{
    for (uint32_t c = 0; c < s->k; c++) {
        uint32_t story = s->piece[c].story;
        for (size_t t = 0; story != c && t < s->d; t++)
            get_sum(s, story)[t] += get_sum(s, c)[t];
    }
}

/* Link without a threshold: each cluster continues the nearest of the stories that it is alike with. */
static int link_to_nearest(struct kc_pieces *s, const struct kc_parts *p, const struct kc_parts_opts *o,
                           uint64_t *linked, struct kc_err *e)
{
    struct linking w = {.s = s, .o = o};
    int rc = -1;
    w.story = kc_mem_alloc(s->k, sizeof *w.story, e);
    w.continued = kc_mem_alloc(s->k, sizeof *w.continued, e);
    if (!w.story || !w.continued)
        goto out;
    for (uint32_t c = 0, to; c < s->k; c = to) {
        const struct kc_part *part = &p->part[s->piece[c].part];
        if (c == 0 || s->piece[c - 1].group != part->group) {
            for (to = c; to < s->k && s->piece[to].group == part->group; to++)
                ;
            forget_all_stories(&w);
            if (compute_usual(&w, c, to, e) != 0)
                goto out;
        }
        int64_t begins = INT64_MAX;
        for (to = c; to < s->k && s->piece[to].part == s->piece[c].part; to++)
            begins = s->piece[to].first < begins ? s->piece[to].first : begins;
        forget_old_stories(&w, part->window, begins);
        if (link_window(&w, c, to, part->window, linked, e) != 0)
            goto out;
    }
    rc = 0;
out:
    forget_all_stories(&w);
    kc_mem_free(w.continued);
    kc_mem_free(w.story);
    return rc;
}

/* Return the unit sums of m of the pieces; NULL if memory is short. */
static float *compute_centroids(const struct kc_pieces *s, const uint32_t *id, uint32_t m, struct kc_err *e)
{
    float *out = kc_mem_aligned(kc_mem_mul(m, s->d), sizeof *out, e);
    for (uint32_t i = 0; out && i < m; i++) {
        const double *sum = get_sum(s, id[i]);
        double length = sqrt(kc_la_dotd(sum, sum, s->d));
        for (size_t t = 0; t < s->d; t++)
            out[(size_t)i * s->d + t] = length > 0 ? (float)(sum[t] / length) : 0;
    }
    return out;
}

_Static_assert(KC_STORIES_TILE == KC_LA_TILE, "a tile of the comparison is a tile of the products");

uint64_t kc_stories_compare_bytes(uint64_t m, uint64_t d)
{
    return m * (d + KC_LA_TILE) * sizeof(float) + KC_LA_SCRATCH;
}

int kc_stories_compare(const struct kc_pieces *s, const uint32_t *id, uint32_t m, const struct kc_comparison *how,
                       struct kc_err *e)
{
    const size_t d = s->d, ldo = KC_LA_TILE;
    const float *row[KC_LA_TILE];
    float *c = compute_centroids(s, id, m, e), *out = kc_mem_aligned(kc_mem_mul(m, ldo), sizeof *out, e);
    char *scratch = kc_mem_aligned(KC_LA_SCRATCH, 1, e);
    int rc = c && out && scratch ? 0 : -1;
    for (uint32_t i = 0; rc == 0 && i < m; i += KC_LA_TILE) {
        uint32_t rows = m - i < KC_LA_TILE ? m - i : KC_LA_TILE;
        for (uint32_t r = 0; r < rows; r++)
            row[r] = c + (size_t)(i + r) * d;
        kc_la_product(row, rows, d, c, i + rows, out, ldo, scratch);
        if (how->begin_tile)
            how->begin_tile(how->arg, i, rows);
        for (uint32_t j = 0; j < i + rows; j++)
            for (uint32_t r = 0; rc == 0 && r < rows; r++)
                if (out[j * ldo + r] >= *how->least && j < i + r)
                    rc = how->see_pair(how->arg, j, i + r, out[j * ldo + r], e);
    }
    kc_mem_free(scratch);
    kc_mem_free(out);
    kc_mem_free(c);
    return rc;
}

/* The linking of one group's pieces by a threshold. */
struct chaining {
    struct kc_pieces *s;
    const struct kc_parts *p;
    const struct kc_parts_opts *o;
    const uint32_t *id;
};

/* Return the piece that stands for the story of piece c, and halve the way to it for the next call. */
static uint32_t find_story(struct kc_pieces *s, uint32_t c)
{
    while (s->piece[c].story != c)
        c = s->piece[c].story = s->piece[s->piece[c].story].story;
    return c;
}

/* Make two pieces one story if they are alike and near each other in time. A kc_pair_fn. */
static int link_pair(void *arg, uint32_t j, uint32_t i, float similarity, struct kc_err *e)
{
    struct chaining *w = arg;
    const struct kc_piece *a = &w->s->piece[w->id[j]], *b = &w->s->piece[w->id[i]];
    (void)e;
    if ((double)similarity < w->o->link)
        return 0;
    int64_t apart = w->p->part[b->part].window - w->p->part[a->part].window; /* not negative: pieces go by window */
    if (w->o->max_gap < 0 ? apart > 1 : apart > 0 && b->first - a->last > w->o->max_gap)
        return 0;
    uint32_t p = find_story(w->s, w->id[j]), q = find_story(w->s, w->id[i]);
    uint32_t first = p < q ? p : q;
    w->s->piece[p].story = w->s->piece[q].story = first;
    w->s->piece[w->id[j]].story = w->s->piece[w->id[i]].story = first;
    return 0;
}

/* Link by a threshold: all pieces that are connected by pairs above it are one story. */
static int link_by_threshold(struct kc_pieces *s, const struct kc_parts *p, const struct kc_parts_opts *o,
                             uint64_t *linked, struct kc_err *e)
{
    struct chaining w = {s, p, o, NULL};
    const float least = nextafterf((float)o->link, -2);
    const struct kc_comparison all = {link_pair, NULL, &least, &w};
    uint32_t *id = kc_mem_alloc(s->k, sizeof *id, e);
    int rc = id ? 0 : -1;
    for (uint32_t c = 0, m; rc == 0 && c < s->k; c += m) {
        for (m = 0; c + m < s->k && s->piece[c + m].group == s->piece[c].group; m++)
            id[m] = c + m;
        w.id = id;
        rc = kc_stories_compare(s, id, m, &all, e);
    }
    for (uint32_t c = 0; rc == 0 && c < s->k; c++) {
        s->piece[c].story = find_story(s, c);
        *linked += s->piece[c].story != c;
    }
    kc_mem_free(id);
    return rc;
}

int kc_stories_link(struct kc_pieces *s, const struct kc_parts *p, const struct kc_parts_opts *o, uint64_t *linked,
                    struct kc_err *e)
{
    *linked = 0;
    if ((isnan(o->link) ? link_to_nearest(s, p, o, linked, e) : link_by_threshold(s, p, o, linked, e)) != 0)
        return -1;
    add_sums_to_stories(s);
    return 0;
}
