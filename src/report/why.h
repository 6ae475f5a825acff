/* Why rows are where a model has put them, for people (text) and for programs (JSON). */
#ifndef KC_REPORT_WHY_H
#define KC_REPORT_WHY_H

#include "core/graph/neighbours.h"
#include "in/dataset.h"

#define KC_WHY_WORDS 2 /* clusters whose keywords are compared with a row's text: its own, and the next */

/* What is said of one row. Clusters are places in the model. */
struct kc_why_row {
    size_t at;              /* the data row */
    uint32_t label;         /* its cluster, or KC_NOISE */
    uint32_t nearest;       /* the same without thresholds; KC_NOISE if noise has won the vote */
    float similarity;       /* to the centroid of nearest; NAN without one, here and in the next */
    float margin;           /* that less the similarity to the best of the other centroids; NAN also if there is none */
    double least;           /* the similarity that the threshold asks for; below -1: none */
    int percentile;         /* of the similarities of nearest's own rows: the highest that the row reaches; -1: none */
    int known;              /* the model has kept what cluster the fit gave this row */
    uint32_t *cluster;      /* (nclusters) of the most similar centroids, the nearest first */
    float *cluster_similarity; /* (nclusters) */
    size_t nclusters;
    uint32_t *voter_label;  /* (nvoters) labels of the fit's rows that vote, the most similar first */
    float *voter_similarity; /* (nvoters) */
    size_t nvoters;         /* 0: the model is none of votes */
    uint32_t compared[KC_WHY_WORDS]; /* clusters whose keywords the row's text was compared with, or KC_NONE */
    struct kc_strs shared[KC_WHY_WORDS]; /* the keywords that the text has, the best first */
};

struct kc_why {
    const char *model, *kind; /* the model's file, and how it labels rows */
    size_t k;
    const int64_t *ids;          /* (k) */
    const struct kc_strs *names; /* (k) labels of the clusters, "": none */
    const struct kc_dataset *ds; /* the rows */
    const uint32_t *labels;      /* (rows) of all of them */
    double min_margin;           /* rows of a smaller margin are unassigned; -2: none */
    uint64_t keywords;           /* keywords of each cluster that texts were compared with; 0: they were not */
    const struct kc_neighbours *near; /* (nrows) the most similar other rows of each */
    const struct kc_why_row *row; /* (nrows) */
    size_t nrows;
};

/* Append text of at most 80 columns. */
int kc_out_why_text(struct kc_buf *b, const struct kc_why *y, struct kc_err *e) KC_MUST_USE;
/* Append one JSON object. What is not defined is null. */
int kc_out_why_json(struct kc_buf *b, const struct kc_why *y, struct kc_err *e) KC_MUST_USE;

#endif
