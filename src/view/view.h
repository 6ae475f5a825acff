/* The view: what pictures and reports show of a clustering, as figures, texts and coordinates, without vectors.
 *
 * A view is filled from what is there: a run, or files of earlier runs. What is not known stays empty (NULL, a count of
 * 0, NAN), and the pictures that need it are left out. All texts are data of the user: whoever writes them escapes
 * them. The view owns all that it points to. */
#ifndef KC_VIEW_VIEW_H
#define KC_VIEW_VIEW_H

#include "core/judge/agreement.h"
#include "core/judge/ksweep.h"

/* Lists of texts: cluster (or whatever else) i has the texts first[i] .. first[i + 1). */
struct kc_view_lists {
    size_t *first;       /* (n + 1); NULL: no lists */
    struct kc_strs text;
    double *weight;      /* (text.n) of keywords their weights, of facets their counts; NULL: none */
};

struct kc_view_cluster {
    uint64_t size;       /* rows */
    double cohesion, silhouette, stability; /* as in struct kc_cluster; NAN: not known */
    uint32_t group;      /* its place among the view's groups; KC_NONE: none */
    int64_t begin, end;  /* times of its first and last row (base/date.h); only with v->time */
};

/* A level of coarser clusters. */
struct kc_view_level {
    uint32_t k;
    uint32_t *parent;    /* (k of the view) or KC_NOISE */
    struct kc_strs name; /* (k) "": none */
};

#define KC_VIEW_FACETS_MOST 16
struct kc_view_facet {
    char *name;
    struct kc_view_lists values; /* of the clusters, the most frequent first */
};

/* Rows that went from an old cluster to a new one. */
struct kc_view_stream {
    uint32_t from, to;   /* KC_NOISE: unassigned; KC_NONE: the row is not there on that side */
    uint64_t rows;
};

/* What became of clusters: columns[0] are the old ones, columns[1] the new ones. */
struct kc_view_flow {
    struct kc_view_side {
        struct kc_strs name; /* (n) of the clusters, ids or labels; n == 0 on both sides: there is no flow */
        uint64_t *size;      /* (n) rows */
        unsigned char *fate; /* (n) enum kc_fate (core/track/lineage.h); NULL: not known */
    } side[2];
    char *title[2];          /* what the sides are called: names of files or runs */
    struct kc_view_stream *stream; /* (nstreams) by from, then by to */
    size_t nstreams;
};

/* One event in the life of a model: its fit, or an update. */
struct kc_view_event {
    uint64_t generation, update; /* update 0: the fit */
    int64_t time;                /* seconds since 1970; -1: not known */
    uint64_t rows, joined, born, unassigned; /* of the batch */
    uint64_t clusters;           /* of the model after it */
    double similarity, silhouette, variation; /* mean of the batch, and of the sizes; NAN: not known */
};

/* A row that lowers the agreement with gold labels most, or one with the lowest silhouette. */
struct kc_view_worst {
    uint64_t row;
    uint32_t cluster, other; /* other: the class, or the cluster that the row is nearer to; KC_NONE */
    double silhouette;
};

struct kc_view {
    char *title;            /* NULL: none */
    uint64_t n, d;          /* rows, and numbers of a vector; d 0: not known */
    uint64_t noise;         /* rows in no cluster */
    double silhouette;      /* mean over the rows in clusters */

    uint32_t k;
    struct kc_view_cluster *cluster; /* (k) */
    struct kc_strs id;               /* (k) as labels have them */
    struct kc_strs name;             /* (k) "": none; what a picture calls a cluster: kc_view_called */
    struct kc_view_lists keywords, representatives; /* of the clusters */
    struct kc_view_facet facet[KC_VIEW_FACETS_MOST];
    size_t nfacets;
    struct kc_view_level *level;     /* (nlevels) the coarsest first */
    size_t nlevels;
    struct kc_strs group;            /* what groups are called; n == 0: there are none */
    struct kc_view_group {
        uint64_t rows;
        uint32_t clusters;           /* that have rows of the group */
        double silhouette;           /* mean of its rows; NAN: not known */
    } *group_figures;                /* (group.n) */

    /* The rows. */
    uint32_t *label;        /* (n) 0 .. k-1 or KC_NOISE; NULL: the rows are not known, and nothing of what follows */
    struct kc_strs text;    /* (n) what a row is called; n == 0: by its number, from 1 */
    float *row_silhouette;  /* (n) NAN for noise */
    float *xy;              /* (n, 2) */
    char *map_how;          /* how the map was made, "t-SNE, exaggeration 1"; with xy */
    int64_t *time;          /* (n) */

    /* The choice of k. */
    struct kc_k_entry *entry; /* (nentries) by rising k */
    size_t nentries;
    enum kc_index k_by;
    uint32_t k_selected;    /* before size limits; 0: there was no choice */
    double confidence;      /* share of random halves of the rows that choose it or one near it; NAN: not known */
    uint32_t runner_up;     /* the next best k that is not near it; 0: not known */
    unsigned evidence;      /* bits KC_EVIDENCE_...: the figures that the entries have */
    int structure;          /* 1 there is some, 0 none was found, -1 not tested */

    /* Similarities of the clusters' centroids, and the tree of them. */
    size_t nheat;           /* the largest clusters only, if there are many */
    uint32_t *heat_cluster; /* (nheat) ascending */
    float *heat;            /* (nheat, nheat) */
    uint32_t *heat_order;   /* (nheat) places among the nheat in the order of the tree */
    struct kc_merge *merge; /* (nheat - 1) of the places, as in core/cluster/clustering.h; heights are distances */

    /* Rows of each cluster in bins of time. */
    struct kc_strs bin;     /* "2026-11", or for a model the updates; n == 0: there are no times */
    uint64_t *bin_rows;     /* (bin.n, k + 1) the last column: noise */

    struct kc_view_flow flow;
    struct kc_view_event *event; /* (nevents) the oldest first */
    size_t nevents;

    /* Gold labels. */
    struct kc_strs gold;    /* names of the classes; n == 0: none */
    uint64_t *gold_rows;    /* (k + 1, gold.n + 1) rows of cluster and class; the last: unassigned, without class */
    struct kc_agreement agreement; /* figures alone; only with gold */
    struct kc_view_worst *worst; /* (nworst) */
    size_t nworst;

    unsigned char *ink;     /* (k) the clusters' colours (picture/ink.h), once they are chosen; or NULL */

    /* How it was made. */
    struct kc_strs fact;    /* pairs: "rows", "1503"; names of options, versions, input */
    struct kc_strs doubt;   /* warnings, and what else to doubt, as sentences */
    char *command;          /* that repeats the run; NULL: not known */
};

/* Set all to empty. Free what it holds. */
void kc_view_init(struct kc_view *v);
void kc_view_free(struct kc_view *v);

/* Return what cluster c is called: its name, else its first representative, else its id. *n: its bytes. */
const char *kc_view_called(const struct kc_view *v, uint32_t c, size_t *n);
/* Append a list's next text; the list of i ends with kc_view_lists_end, called for 0, 1, ... in turn. */
int kc_view_lists_begin(struct kc_view_lists *l, size_t n, struct kc_err *e) KC_MUST_USE;
void kc_view_lists_end(struct kc_view_lists *l, size_t i);
void kc_view_lists_free(struct kc_view_lists *l);

/* Append sentences that say what was found, for a reader who has never seen kclust: how many clusters, how good they
 * are, and what each figure means. One string a sentence. */
int kc_view_headline(const struct kc_view *v, struct kc_strs *out, struct kc_err *e) KC_MUST_USE;
/* Append sentences that say what to doubt: the view's own doubts, and what its figures give reason for. */
int kc_view_doubts(const struct kc_view *v, struct kc_strs *out, struct kc_err *e) KC_MUST_USE;

#endif
