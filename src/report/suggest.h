/* What suggest found, for people (text) and for programs (JSON). */
#ifndef KC_REPORT_SUGGEST_H
#define KC_REPORT_SUGGEST_H

#include "core/choice/structure.h"
#include "core/judge/ksweep.h"

/* One way to cluster the rows that was tried. */
struct kc_suggestion {
    char options[240];   /* of kclust */
    uint32_t k;          /* clusters; 0: none, or it was not tried */
    uint64_t noise;      /* rows in no cluster */
    double silhouette, modularity; /* of the rows as read, noise with the nearest centroid */
    double score;        /* by which the ways are compared */
    double ari, ami;     /* agreement with the gold labels, each row of noise as a cluster of its own; NAN: none */
    double seconds;
    int tried;           /* 0: the budget was used up before */
};

struct kc_suggest_report {
    size_t n, dim;
    const char *space;                /* "cosine", "graph:40" */
    struct kc_structure structure;
    size_t judged;                    /* rows that modularities were computed on */
    /* The choice of k; NULL: algorithms were compared. */
    const struct kc_ksweep *tried;
    const struct kc_clustering *fit;  /* at the chosen k, with the clusters' stability; NULL: no structure */
    const struct kc_strs *terms;      /* as in struct kc_report */
    const uint64_t *skipped;
    size_t nskipped;
    uint64_t resamples;
    /* Or the ways that were compared. */
    const struct kc_suggestion *way;  /* (nways) */
    size_t nways, best;               /* best: nways if none gave clusters */
    const char *gold;                 /* file of gold labels; NULL: none */
    uint64_t gold_rows;               /* rows that have one */
    const char *options;              /* of the recommended command, and what follows them */
    const char *reading;
};

int kc_out_suggest_text(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e) KC_MUST_USE;
int kc_out_suggest_json(struct kc_buf *b, const struct kc_suggest_report *r, struct kc_err *e) KC_MUST_USE;

#endif
