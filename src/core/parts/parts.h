/* Cluster rows in parts: groups, and windows of time within them. Each part is clustered by itself. Clusters of
 * neighbouring windows that are about the same become one story, clusters of different groups that are alike may be
 * joined, and clusters that pause for too long are split. The result is one clustering of all rows. */
#ifndef KC_CORE_PARTS_PARTS_H
#define KC_CORE_PARTS_PARTS_H

#include "base/label.h"
#include "core/cluster/algorithm.h"

struct kc_parts_opts {
    const struct kc_algorithm *algorithm; /* clusters each part */
    const void *opts;          /* its options; what is a share of the rows there is a share of the part's rows */
    const struct kc_judge *judge; /* as in struct kc_request */
    const double *weights;     /* (n) of the rows, as in struct kc_request; NULL: all 1 */
    const uint32_t *group;     /* (n) NULL: one group */
    const int64_t *time;       /* (n) timestamps (base/date.h); NULL: none, and so no windows and no gaps */
    int64_t window;            /* length of a window, which begins at a multiple of it since 1970; 0: no windows */
    int64_t max_gap;           /* split a cluster whose members pause for longer; negative: split none */
    double link;               /* link clusters whose centroids are at least as similar; NAN: see kc_parts_fit */
    double merge;              /* join clusters of different groups above this similarity; NAN: join none */
    uint64_t min_rows;         /* smaller parts are too small to cluster; 0: the algorithm's least_rows */
    int small_none;            /* 1: rows of small groups are noise; 0: each small group is one cluster */
};

/* One part, and what was found in it. */
struct kc_part {
    uint32_t group;
    int64_t window;            /* number of the window, which begins at window * length; 0 without windows */
    size_t first, n;           /* its rows are row[first .. first + n) of kc_parts */
    uint32_t k;                /* clusters that were found in the part */
    int small;                 /* too small to cluster */
    double silhouette, objective; /* of the part; NAN if it was not clustered or has one cluster */
};

struct kc_parts {
    struct kc_part *part;      /* (nparts) by group, then window */
    size_t nparts;
    uint32_t *row;             /* (n) the rows, part after part */
    uint32_t *group;           /* (k) group of each cluster; KC_NONE: joined from several */
    uint64_t small_rows;       /* rows in groups that were too small */
    uint32_t small_groups;     /* groups that were too small */
    uint64_t linked, joined, gaps; /* clusters that continue a story; that were joined over groups; splits made */
};

/* Cut n >= 1 rows into parts. Fills what is known of *p before clustering; free it with kc_parts_free, also after a
 * failure. KC_EINPUT: more rows than labels can count. */
int kc_parts_cut(size_t n, const struct kc_parts_opts *o, struct kc_parts *p, struct kc_err *e) KC_MUST_USE;

/* Cluster the parts, link, join and split their clusters. The result is a function of rows and o alone. Small parts
 * run side by side, each on one thread.
 *   p: made by kc_parts_cut from these rows and options; the rest of it is filled
 *   out: the clustering of all rows; free it with kc_clustering_free, also after a failure
 *
 * In *out ids go by falling size, ties by the earliest member. Silhouettes and margins are those of the part that a
 * row was clustered in, before anything was linked, joined or split; the mean silhouette is that of the rows that
 * have one. There are no sums. If parts break a limit or warn, the first part's message is kept, with the number of
 * parts affected.
 *
 * Linking. Windows are neighbours if one follows the other, or with max_gap if no more than that lies between the
 * last row of the one and the first of the other. In a window that is too small to cluster, each row is a cluster of
 * its own. With o->link, clusters of a group in the same or in neighbouring windows are one story if their centroids
 * have at least that similarity; what is connected by such pairs is one story, too. Without it a cluster continues a
 * story if the mean similarity between its rows and the story's rows of its latest window is closer to the mean
 * similarity within the two (the lower one; for single rows the mean of the group's clusters) than to that of all
 * rows of the group. If several stories qualify, the one with the nearest centroid is continued; several clusters of
 * one window may continue the same story.
 *
 * Joining. Stories of different groups are joined in the order of falling similarity, but never so that two stories
 * of one group come together.
 *
 * Weights. Centroids and figures are weighted, as in core/kmeans/kmeans.h, and within each cluster so are the
 * means by which a story continues. */
int kc_parts_fit(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_parts_opts *o,
                 struct kc_parts *p, struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;
void kc_parts_free(struct kc_parts *p);
/* Return the bytes allocated at the peak, about. p: made by kc_parts_cut; NULL if it is not known yet: as if all
 * rows were one part. */
uint64_t kc_parts_bytes(size_t n, size_t d, int in_memory, const struct kc_parts_opts *o, const struct kc_parts *p,
                        unsigned threads);

#endif
