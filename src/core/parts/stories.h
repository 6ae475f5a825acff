/* Link the clusters of parts into stories from window to window, and join stories of different groups, by the clusters'
 * sums (the rules: kc_parts_fit). Internal to core. */
#ifndef KC_CORE_PARTS_STORIES_H
#define KC_CORE_PARTS_STORIES_H

#include "core/parts/parts.h"

/* A cluster of a part: one piece of a story. */
struct kc_piece {
    uint32_t part, group;
    uint32_t story;      /* the piece that stands for the story, which is its first; before linking the piece itself */
    uint64_t size;       /* rows */
    int64_t first, last; /* earliest and latest timestamp of its rows; 0 without timestamps */
};

struct kc_pieces {
    struct kc_piece *piece; /* (k) by part */
    uint32_t k;
    size_t d;
    int forgotten;          /* stories that could still be continued were forgotten: there were too many */
    double *sums;           /* (k, d) of the rows; for a piece that stands for a story, of all the story's rows */
};

#define KC_STORIES_TILE 96 /* pieces that are compared at once: KC_LA_TILE */
/* Is called for pieces number j < i of those that are compared, with the similarity of their centroids. */
typedef int (*kc_pair_fn)(void *arg, uint32_t j, uint32_t i, float similarity, struct kc_err *e);
/* Is called before the pairs (j, i) of a tile: i from first to first + n - 1, n <= KC_STORIES_TILE. */
typedef void (*kc_tile_fn)(void *arg, uint32_t first, uint32_t n);

/* What to do with all pairs of some pieces. */
struct kc_comparison {
    kc_pair_fn see_pair;
    kc_tile_fn begin_tile; /* NULL: nothing */
    const float *least;    /* pairs below it are passed over; may change on the way */
    void *arg;
};

/* Compare all pairs of the m pieces id. Stops at the first failure of see_pair. */
int kc_stories_compare(const struct kc_pieces *s, const uint32_t *id, uint32_t m, const struct kc_comparison *how,
                       struct kc_err *e) KC_MUST_USE;
/* Return the bytes that comparing m pieces of d numbers allocates. */
uint64_t kc_stories_compare_bytes(uint64_t m, uint64_t d);

/* So many stories, the latest ones, are kept open at least. */
#define KC_STORIES_OPEN ((size_t)4096)
/* Link the pieces of each group, window after window. *linked: set to the number of pieces that continue an
 * earlier one. */
int kc_stories_link(struct kc_pieces *s, const struct kc_parts *p, const struct kc_parts_opts *o, uint64_t *linked,
                    struct kc_err *e) KC_MUST_USE;
/* Join stories of different groups. *joined: set to the number of stories that were joined with an earlier one. */
int kc_stories_join(struct kc_pieces *s, const struct kc_parts_opts *o, uint64_t *joined, struct kc_err *e) KC_MUST_USE;
/* Return the bytes that joining m stories of so many groups allocates. */
uint64_t kc_stories_join_bytes(uint64_t m, uint64_t groups, uint64_t d);

#endif
