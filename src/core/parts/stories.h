/* What becomes of the clusters of parts: they go on as stories from window to window, and are joined over groups, by
 * their sums. Internal to core. */
#ifndef KC_CORE_PARTS_STORIES_H
#define KC_CORE_PARTS_STORIES_H

#include "core/parts/parts.h"

/* A cluster of a part; after kc_stories_link and kc_stories_join one of several that are one story. */
struct kc_piece {
    uint32_t part, group;
    uint32_t story;      /* the piece that stands for the story: the first one of it */
    uint64_t size;       /* rows */
    int64_t first, last; /* times of its rows; 0 without times */
};

struct kc_pieces {
    struct kc_piece *piece; /* (k) by part */
    uint32_t k;
    size_t d;
    double *sums;           /* (k, d) of the rows; of a piece that stands for a story, of all of it */
};

/* Clusters of the parts of a group, window after window. *linked: pieces that now belong to an earlier one. */
int kc_stories_link(struct kc_pieces *s, const struct kc_parts *p, const struct kc_parts_opts *o, uint64_t *linked,
                    struct kc_err *e) KC_MUST_USE;
/* Stories of different groups. *joined: that now belong to an earlier one. */
int kc_stories_join(struct kc_pieces *s, const struct kc_parts_opts *o, uint64_t *joined, struct kc_err *e) KC_MUST_USE;

#endif
