/* Stories. Without a threshold a cluster is compared with the stories that it may continue, by the mean
 * similarities of their rows, which follow from sums and sizes alone (kc_members_pairs). With one, all pairs of a
 * group's clusters are compared by their centroids, and what is connected becomes one story, as in single linkage.
 * Stories of different groups are joined greedily, the most similar couple first. */
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
        if (at != SIZE_MAX) {
            piece->story = w->story[at].id;
            ++*linked;
        }
    }
    /* Only now update the stories: all clusters of the window are compared with the stories before it. */
    for (uint32_t c = from; c < to; c++) {
        struct kc_piece *piece = &s->piece[c];
        size_t at = before;
        for (size_t i = 0; piece->story != c && i < before; i++)
            at = w->story[i].id == piece->story ? i : at;
        if (at == before) {
            double *sum = kc_mem_alloc(d, sizeof *sum, e);
            if (!sum)
                return -1;
            memcpy(sum, get_sum(s, c), d * sizeof *sum);
            w->story[w->n++] = (struct story){c, window, piece->last, piece->size, sum, 0};
            continue;
        }
        struct story *a = &w->story[at];
        if (a->window != window)
            memset(a->sum, 0, d * sizeof *a->sum);
        a->size = piece->size + (a->window == window ? a->size : 0);
        a->last = a->last > piece->last ? a->last : piece->last;
        a->window = window;
        for (size_t t = 0; t < d; t++)
            a->sum[t] += get_sum(s, c)[t];
    }
    for (size_t i = 0; i < w->n; i++)
        w->story[i].length = sqrt(kc_la_dotd(w->story[i].sum, w->story[i].sum, d));
    return 0;
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
    if (!w.story)
        return -1;
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

/* What is called for pieces j < i, of those that are compared, and the similarity of their centroids. */
typedef int (*pair_fn)(void *arg, uint32_t j, uint32_t i, float similarity, struct kc_err *e);

/* Call fn with all pairs of m pieces. */
static int compare_all_pairs(const struct kc_pieces *s, const uint32_t *id, uint32_t m, pair_fn fn, void *arg,
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
        for (uint32_t j = 0; j < i + rows; j++)
            for (uint32_t r = 0; rc == 0 && r < rows; r++)
                if (j < i + r)
                    rc = fn(arg, j, i + r, out[j * ldo + r], e);
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

/* Return the piece that stands for the story of piece c. */
static uint32_t find_story(const struct kc_pieces *s, uint32_t c)
{
    while (s->piece[c].story != c)
        c = s->piece[c].story;
    return c;
}

/* Make two pieces one story if they are alike and near each other in time. A pair_fn. */
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
    uint32_t *id = kc_mem_alloc(s->k, sizeof *id, e);
    int rc = id ? 0 : -1;
    for (uint32_t c = 0, m; rc == 0 && c < s->k; c += m) {
        for (m = 0; c + m < s->k && s->piece[c + m].group == s->piece[c].group; m++)
            id[m] = c + m;
        w.id = id;
        rc = compare_all_pairs(s, id, m, link_pair, &w, e);
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

/* Two stories of different groups. */
struct couple {
    float similarity;
    uint32_t a, b; /* a < b */
};

static int by_similarity(const void *x, const void *y)
{
    const struct couple *p = x, *q = y;
    if (p->similarity != q->similarity)
        return p->similarity > q->similarity ? -1 : 1;
    return p->a != q->a ? (p->a < q->a ? -1 : 1) : (p->b > q->b) - (p->b < q->b);
}

/* The joining of stories. */
struct joining {
    uint32_t *id;     /* (m) pieces that stand for stories */
    uint32_t m;
    const struct kc_pieces *s;
    double least;     /* couples must be more similar than this */
    uint32_t *next;   /* (m) joined stories are in a ring: the next one in it */
    struct kc_buf couples; /* of struct couple */
};

/* List a couple if it is above the threshold. A pair_fn. */
static int list_couple(void *arg, uint32_t j, uint32_t i, float similarity, struct kc_err *e)
{
    struct joining *w = arg;
    const struct couple c = {similarity, j, i};
    if (!((double)similarity > w->least) || w->s->piece[w->id[j]].group == w->s->piece[w->id[i]].group)
        return 0;
    return kc_buf_add(&w->couples, &c, sizeof c, e);
}

/* Return 1 if the rings of a and b both have a story of one group, or are the same ring. */
static int share_group(const struct joining *w, const struct kc_pieces *s, uint32_t a, uint32_t b)
{
    uint32_t i = a, j = b;
    do {
        do {
            if (s->piece[w->id[i]].group == s->piece[w->id[j]].group)
                return 1;
            j = w->next[j];
        } while (j != b);
        i = w->next[i];
    } while (i != a);
    return 0;
}

int kc_stories_join(struct kc_pieces *s, const struct kc_parts_opts *o, uint64_t *joined, struct kc_err *e)
{
    struct joining w = {.s = s, .least = o->merge};
    int rc = -1;
    *joined = 0;
    w.id = kc_mem_alloc(s->k, sizeof *w.id, e);
    w.next = kc_mem_alloc(s->k, sizeof *w.next, e);
    if (!w.id || !w.next)
        goto out;
    for (uint32_t c = 0; c < s->k; c++)
        if (s->piece[c].story == c) {
            w.next[w.m] = w.m;
            w.id[w.m++] = c;
        }
    if (compare_all_pairs(s, w.id, w.m, list_couple, &w, e) != 0)
        goto out;
    struct couple *couple = (struct couple *)(void *)w.couples.p;
    size_t n = w.couples.n / sizeof *couple;
    if (n > 0)
        qsort(couple, n, sizeof *couple, by_similarity);
    for (size_t i = 0; i < n; i++) {
        uint32_t a = couple[i].a, b = couple[i].b, swap = w.next[a];
        if (share_group(&w, s, a, b))
            continue;
        w.next[a] = w.next[b]; /* two rings become one */
        w.next[b] = swap;
        ++*joined;
    }
    for (uint32_t i = 0; i < w.m; i++) { /* the first of a ring stands for all of it */
        uint32_t least = i;
        for (uint32_t j = w.next[i]; j != i; j = w.next[j])
            least = j < least ? j : least;
        s->piece[w.id[i]].story = w.id[least];
    }
    for (uint32_t c = 0; c < s->k; c++)
        s->piece[c].story = s->piece[s->piece[c].story].story;
    rc = 0;
out:
    kc_buf_free(&w.couples);
    kc_mem_free(w.next);
    kc_mem_free(w.id);
    return rc;
}
