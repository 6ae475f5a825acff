/* Join stories of different groups (parts.h): the most similar couple first, and no two stories of one group into one.
 *
 * All couples above the threshold may be as many as the square of the stories. So a pass over all pairs keeps only the
 * most similar ones that can still be joined, in a buffer whose size is linear in the stories, and joins those. The
 * next pass sees what is left. What a pass has looked at is joined or can never be joined any more: a ring of joined
 * stories only gains groups. One or two passes do in practice. Time is that of all pairs; memory is linear. */
#include "core/parts/stories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

enum { FEWEST = 1 << 16, PER_STORY = 32 }; /* couples that a pass keeps: at least; for each story */

/* Two stories of different groups, by their numbers. */
struct couple {
    float similarity;
    uint32_t a, b; /* a < b */
};

/* Stories that were joined. */
struct ring {
    uint32_t *group; /* (n) their groups, rising */
    uint32_t n;
};

/* A set of stories of a tile: bit r % 64 of word r / 64 for number r. */
struct tile_set {
    uint64_t word[(KC_STORIES_TILE + 63) / 64];
};

/* The joining of stories. */
struct joining {
    const struct kc_pieces *s;
    double least;        /* couples must be more similar than this */
    uint32_t *id;        /* (m) pieces that stand for stories */
    uint32_t m;
    uint32_t *parent;    /* (m) a story of the same ring; the ring's first story has itself */
    struct ring *ring;   /* (m) at a ring's first story: the ring */
    struct tile_set *of_group; /* (groups) stories of the tile whose ring has the group; empty between tiles */
    struct tile_set *barred;   /* (m) at a ring's first story: stories of the tile that it can't be joined with */
    struct couple *kept; /* (room) */
    size_t n, room;
    float floor;         /* couples below it need not be looked at: least, or the last that a full buffer has kept */
    int dropped;         /* couples were dropped: another pass is needed */
};

static int by_similarity(const void *x, const void *y)
{
    const struct couple *p = x, *q = y;
    if (p->similarity != q->similarity)
        return p->similarity > q->similarity ? -1 : 1;
    return p->a != q->a ? (p->a < q->a ? -1 : 1) : (p->b > q->b) - (p->b < q->b);
}

/* Return the most couples that a pass over m stories holds before it drops any. */
static uint64_t count_room(uint64_t m)
{
    uint64_t pairs = m / 2 * m + m, kept = m * PER_STORY < FEWEST ? FEWEST : m * PER_STORY;
    return pairs < 2 * kept ? pairs : 2 * kept;
}

uint64_t kc_stories_join_bytes(uint64_t m, uint64_t groups, uint64_t d)
{
    /* Twice for couples: qsort may sort a copy. */
    uint64_t story = 4 * sizeof(uint32_t) + sizeof(struct ring) + sizeof(struct tile_set);
    return kc_stories_compare_bytes(m, d) + m * story + groups * sizeof(struct tile_set) +
           2 * count_room(m) * sizeof(struct couple);
}

/* Return the first story of the ring that story i is in, and halve the way to it for the next call. */
static uint32_t find_ring(struct joining *w, uint32_t i)
{
    while (w->parent[i] != i)
        i = w->parent[i] = w->parent[w->parent[i]];
    return i;
}

/* Put the groups of the rings of the stories first .. first + n - 1 into w->of_group, or take them out again. */
static void mark_groups_of_tile(struct joining *w, uint32_t first, uint32_t n, int in)
{
    for (uint32_t r = 0; r < n; r++) {
        const struct ring *own = &w->ring[find_ring(w, first + r)];
        const uint64_t bit = (uint64_t)1 << r % 64;
        for (uint32_t g = 0; g < own->n; g++) {
            uint64_t *word = &w->of_group[own->group[g]].word[r / 64];
            *word = in ? *word | bit : 0;
        }
    }
}

/* Find the rings that stories of a tile can't be joined with: those that share a group with their own. A
 * kc_tile_fn. */
static void find_barred_rings(void *arg, uint32_t first, uint32_t n)
{
    struct joining *w = arg;
    memset(w->barred, 0, w->m * sizeof *w->barred);
    mark_groups_of_tile(w, first, n, 1);
    for (uint32_t j = 0; j < w->m; j++) {
        const struct tile_set *group = &w->of_group[w->s->piece[w->id[j]].group];
        struct tile_set *ring = &w->barred[find_ring(w, j)];
        for (size_t i = 0; i < sizeof ring->word / sizeof *ring->word; i++)
            ring->word[i] |= group->word[i];
    }
    mark_groups_of_tile(w, first, n, 0);
}

/* Keep a couple that can be joined, if it is above the threshold and not below what a full buffer has kept.
 * A kc_pair_fn. */
static int keep_couple(void *arg, uint32_t j, uint32_t i, float similarity, struct kc_err *e)
{
    (void)e;
    struct joining *w = arg;
    const struct couple c = {similarity, j, i};
    const size_t most = w->room / 2;
    const uint32_t r = i % KC_STORIES_TILE;
    if (!((double)similarity > w->least) || w->barred[w->parent[j]].word[r / 64] >> r % 64 & 1)
        return 0;
    if (w->dropped && by_similarity(&c, &w->kept[most - 1]) > 0)
        return 0;
    if (w->n == w->room) {
        qsort(w->kept, w->n, sizeof *w->kept, by_similarity);
        w->n = most;
        w->dropped = 1;
        w->floor = w->kept[most - 1].similarity;
        if (by_similarity(&c, &w->kept[most - 1]) > 0)
            return 0;
    }
    w->kept[w->n++] = c;
    return 0;
}

/* Return 1 if two rings have a story of one group each. */
static int share_group(const struct ring *a, const struct ring *b)
{
    const struct ring *few = a->n < b->n ? a : b, *many = a->n < b->n ? b : a;
    uint32_t from = 0;
    for (uint32_t i = 0; i < few->n; i++) {
        uint32_t lo = from, hi = many->n;
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (many->group[mid] < few->group[i])
                lo = mid + 1;
            else
                hi = mid;
        }
        if (lo < many->n && many->group[lo] == few->group[i])
            return 1;
        from = lo;
    }
    return 0;
}

/* Make one ring of two, at the earlier one's place. */
static int join_rings(struct joining *w, uint32_t p, uint32_t q, struct kc_err *e)
{
    uint32_t first = p < q ? p : q, second = p < q ? q : p;
    struct ring *many = &w->ring[w->ring[p].n < w->ring[q].n ? q : p], few = w->ring[many == &w->ring[p] ? q : p];
    uint32_t i = many->n, j = few.n, to = i + j;
    uint32_t *group = kc_mem_realloc(many->group, to, sizeof *group, e);
    if (!group)
        return -1;
    many->group = group;
    while (j > 0)
        group[--to] = i > 0 && group[i - 1] > few.group[j - 1] ? group[--i] : few.group[--j];
    const struct ring both = {group, many->n + few.n};
    kc_mem_free(few.group);
    w->ring[second] = (struct ring){NULL, 0};
    w->ring[first] = both;
    w->parent[second] = first;
    return 0;
}

/* Look at all pairs once, and join what the buffer has kept of them. */
static int run_pass(struct joining *w, uint64_t *joined, struct kc_err *e)
{
    const struct kc_comparison all = {keep_couple, find_barred_rings, &w->floor, w};
    w->n = 0;
    w->floor = nextafterf((float)w->least, -2);
    w->dropped = 0;
    for (uint32_t i = 0; i < w->m; i++)
        w->parent[i] = find_ring(w, i); /* keep_couple reads rings from it directly */
    if (kc_stories_compare(w->s, w->id, w->m, &all, e) != 0)
        return -1;
    qsort(w->kept, w->n, sizeof *w->kept, by_similarity);
    size_t n = w->dropped && w->n > w->room / 2 ? w->room / 2 : w->n;
    for (size_t i = 0; i < n; i++) {
        uint32_t p = find_ring(w, w->kept[i].a), q = find_ring(w, w->kept[i].b);
        if (p == q || share_group(&w->ring[p], &w->ring[q]))
            continue;
        if (join_rings(w, p, q, e) != 0)
            return -1;
        ++*joined;
    }
    return 0;
}

/* Set up the arrays for the stories of s. groups: above the highest group. */
static int prepare_joining(struct joining *w, uint32_t groups, struct kc_err *e)
{
    w->parent = kc_mem_alloc(w->m, sizeof *w->parent, e);
    w->ring = kc_mem_zalloc(w->m, sizeof *w->ring, e);
    w->barred = kc_mem_alloc(w->m, sizeof *w->barred, e);
    w->of_group = kc_mem_zalloc(groups, sizeof *w->of_group, e);
    w->room = (size_t)count_room(w->m);
    w->kept = kc_mem_alloc(w->room, sizeof *w->kept, e);
    if (!w->parent || !w->ring || !w->barred || !w->of_group || !w->kept)
        return -1;
    for (uint32_t i = 0; i < w->m; i++) {
        w->parent[i] = i;
        if (!(w->ring[i].group = kc_mem_alloc(1, sizeof *w->ring[i].group, e)))
            return -1;
        w->ring[i].group[0] = w->s->piece[w->id[i]].group;
        w->ring[i].n = 1;
    }
    return 0;
}

static void free_joining(struct joining *w)
{
    for (uint32_t i = 0; w->ring && i < w->m; i++)
        kc_mem_free(w->ring[i].group);
    kc_mem_free(w->kept);
    kc_mem_free(w->of_group);
    kc_mem_free(w->barred);
    kc_mem_free(w->ring);
    kc_mem_free(w->parent);
    kc_mem_free(w->id);
}

int kc_stories_join(struct kc_pieces *s, const struct kc_parts_opts *o, uint64_t *joined, struct kc_err *e)
{
    struct joining w = {.s = s, .least = o->merge};
    uint32_t groups = 0;
    int rc = -1;
    *joined = 0;
    w.id = kc_mem_alloc(s->k, sizeof *w.id, e);
    if (!w.id)
        return -1;
    for (uint32_t c = 0; c < s->k; c++) {
        groups = s->piece[c].group >= groups ? s->piece[c].group + 1 : groups;
        if (s->piece[c].story == c)
            w.id[w.m++] = c;
    }
    if (prepare_joining(&w, groups, e) != 0)
        goto out;
    do {
        if (run_pass(&w, joined, e) != 0)
            goto out;
    } while (w.dropped);
    for (uint32_t i = 0; i < w.m; i++) /* the first of a ring stands for all of it */
        s->piece[w.id[i]].story = w.id[find_ring(&w, i)];
    for (uint32_t c = 0; c < s->k; c++)
        s->piece[c].story = s->piece[s->piece[c].story].story;
    rc = 0;
out:
    free_joining(&w);
    return rc;
}
