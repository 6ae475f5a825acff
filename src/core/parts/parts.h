/* Rows in parts: groups, and windows of time within them. Each part is clustered by itself; clusters of neighbouring
 * windows that are about the same become one story, clusters of different groups that are alike may be joined, and what
 * pauses for too long is split. The result is one clustering of all rows. */
#ifndef KC_CORE_PARTS_PARTS_H
#define KC_CORE_PARTS_PARTS_H

#include "base/label.h"
#include "core/cluster/algorithm.h"

struct kc_parts_opts {
    const struct kc_algorithm *algorithm; /* clusters each part, */
    const void *opts;          /* by these options; what is a share of the rows in them is a share of the part's rows */
    const double *weights;     /* (n) of the rows, as in struct kc_request; NULL: all 1 */
    const uint32_t *group;     /* (n) NULL: one group */
    const int64_t *time;       /* (n) moments (base/date.h); NULL: none, and no windows, gaps */
    int64_t window;            /* length of a window, which begins at a multiple of it since 1970; 0: no windows */
    int64_t max_gap;           /* a cluster whose members pause for longer is split; negative: none is */
    double link;               /* clusters whose centroids are at least as similar are linked; NAN: as kc_parts_fit says */
    double merge;              /* clusters of different groups are joined above this similarity; NAN: none are */
    uint64_t min_rows;         /* smaller groups are too small to cluster; 0: the algorithm's least_rows */
    int small_none;            /* the rows of these are in no cluster; else each such group is one cluster */
};

struct kc_part {
    uint32_t group;
    int64_t window;            /* its number: it begins at window * length; 0 without windows */
    size_t first, n;           /* its rows are row[first .. first + n) of kc_parts */
    uint32_t k;                /* clusters, as they were in the part */
    int small;
    double silhouette, objective; /* of the part; NAN where it was not clustered or has one cluster */
};

struct kc_parts {
    struct kc_part *part;      /* (nparts) by group, then window */
    size_t nparts;
    uint32_t *row;             /* (n) */
    uint32_t *group;           /* (k) of each cluster; KC_NONE: joined of several */
    uint64_t small_rows;       /* in groups that were too small, */
    uint32_t small_groups;     /* of which there are so many */
    uint64_t linked, joined, gaps; /* clusters that went on as stories; that were joined over groups; splits made */
};

/* Which rows are in which part, of n >= 1. Fills *p (free with kc_parts_free, also after a failure) but for what has been
 * found. KC_EINPUT: more rows than labels can count. */
int kc_parts_cut(size_t n, const struct kc_parts_opts *o, struct kc_parts *p, struct kc_err *e) KC_MUST_USE;

/* p: what kc_parts_cut has made of these rows by these options. Fills the rest of it, and *out (kc_clustering_free), also for the caller to free after a failure.
 * In *out: labels, centroids and clusters of the whole (ids by falling size, ties by the earliest member; rows in no
 * cluster have KC_NOISE), similarity, and margin and row_silhouette, objective, inertia. Silhouettes
 * and margins are those of the part that a row was clustered in, before anything was linked, joined or split; the mean
 * silhouette is that of the rows that have one. There is no sweep, and no sums. Of limits that were not kept and of warnings
 * that of the first part is told, and how many parts have one.
 *
 * With o->link, clusters of a group in the same window or in neighbouring ones are one story when their centroids have at
 * least that similarity, and so is whatever is connected by such pairs. Without it a cluster goes on a story when the mean similarity of its rows to the story's of its last window lies
 * more than half the way up from that of all the group's rows to that within the two (the lower one; of single rows the
 * mean of the group's clusters). Of several stories the one whose centroid is nearest has it; several clusters of one
 * window may go on the same story. Windows are neighbours when one follows the other, or with max_gap when no more
 * than that lies between the last row of the one and the first of the other. Of a window that is too small to cluster, each row
 * is a cluster of its own.
 *
 * With weights centroids and figures are weighted, as in core/kmeans/kmeans.h; and so are the means
 * that tell whether a story goes on, within each cluster.
 *
 * Joined over groups are the most similar first, and none that would bring two clusters of one group together.
 *
 * Small parts run side by side, each on one thread. The result is a function of rows and o alone. */
int kc_parts_fit(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_parts_opts *o, struct kc_parts *p,
                 struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;
void kc_parts_free(struct kc_parts *p);
/* Allocated memory at its peak, about. p: as kc_parts_cut has it; NULL while that is not known: as if all rows were one part. */
uint64_t kc_parts_bytes(size_t n, size_t d, int in_memory, const struct kc_parts_opts *o, const struct kc_parts *p,
                        unsigned threads);

#endif
