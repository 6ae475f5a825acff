/* Fit: unit rows to a clustering. The sweep over k, the choice of k, the size limits, the final labels. */
#ifndef KC_CORE_KMEANS_FIT_H
#define KC_CORE_KMEANS_FIT_H

#include <stddef.h>
#include <stdint.h>
#include "base/ctx.h"
#include "base/mem.h"
#include "core/judge/indices.h"
#include "la/rows.h"

/* The k to try: min, then += step (factor == 0) or the next integer at least k * factor, while <= max. */
struct kc_krange {
    uint64_t min, max, step; /* step >= 1 */
    double factor;           /* 0, or > 1 */
    double share;            /* max is this share of the rows, and no less than min; 0: max is as it stands */
    double least;            /* the same of min, and no less than 2 */
};

/* The range for n rows, without shares. */
struct kc_krange kc_krange_for(const struct kc_krange *r, size_t n);

struct kc_steps;

struct kc_fit_opts {
    struct kc_krange k;  /* without a share, for kc_fit_bytes and kc_fit_run */
    int k_given;         /* the user asked for this range: what cannot be given is a broken limit, not a warning */
    enum kc_index k_by;
    uint64_t min_size, max_size; /* 1 and 0 (off) by default */
    uint64_t n_init, max_iter;
    double tol;
    uint64_t seed;
    uint64_t sample;     /* the sweep looks at no more rows than these, drawn at random; 0: at all */
    int want_rows;       /* fill similarity, margin, silhouettes of the result */
    int want_sums;       /* fill sums, and Davies-Bouldin whatever it takes */
    struct kc_steps *steps; /* core/cluster/steps.h: saving on the way, and an end when time is up; NULL: done in one go */
    const double *weights;  /* (n) of the rows, each > 0 and finite; NULL: all 1 */
};

/* With weights, centroids are the normalised sums of weight times row, and seeds are drawn and partitions judged by weight:
 * a row of weight 3 is three equal rows, for every figure (of weights below 1, see core/judge/index.h). Sizes, and the limits
 * of these, count rows. Weights that are all equal are the unit of the objective and the inertia, and else as none. Of
 * weights below 1e-12 of the largest nobody can tell how small they are: they count as that. */

#define KC_FIT_SAMPLE 250000 /* rows above which the sweep runs on a sample, by default */
#define KC_FIT_OPTS_DEFAULT {{2, 20, 1, 0.0, 0.0, 0.0}, 0, KC_INDEX_SILHOUETTE, 1, 0, 10, 100, 1e-6, 42, KC_FIT_SAMPLE, 0, 0, NULL, \
                             NULL}

/* One k of the sweep; a figure that is not defined is NAN (written as null). */
struct kc_k_entry {
    uint32_t k;
    uint64_t rows;  /* rows it was judged on */
    double silhouette, inertia, objective, calinski_harabasz, davies_bouldin;
    uint64_t iterations; /* of the run that won this k */
};

struct kc_cluster {
    uint64_t size;
    double cohesion;         /* (weighted) mean similarity of the members to the centroid */
    double silhouette;       /* (weighted) mean over the members; NAN when k == 1 */
    uint64_t representative; /* index (0..n-1) of the member most similar to the centroid */
};

struct kc_fit {
    size_t n, d;
    uint32_t k;
    uint32_t *labels;            /* (n) 0..k-1, ids by falling size, ties by the earliest member */
    float *centroids;            /* (k, d) unit rows */
    struct kc_cluster *clusters; /* (k) */
    double silhouette;           /* of the final labels; NAN when k == 1 */
    double objective, inertia;   /* of the final labels, */
    double calinski_harabasz, davies_bouldin; /* and NAN where not worked out */
    double *sums;                /* (k, d) of the final labels, when want_sums; weights are scaled to mean 1 in each
                                  * cluster for these, so that they are as long as those of so many rows */
    uint32_t k_selected;         /* what the sweep chose, before the size limits */
    double silhouette_selected;
    struct kc_k_entry *sweep;    /* (nsweep) by rising k; empty when there was nothing to sweep */
    size_t nsweep;
    uint64_t merged, split;      /* clusters merged away / splits made for the size limits */
    int limit_broken;            /* exit 3: limit_reason says why */
    char limit_reason[512];
    struct kc_strs warnings;
    float *similarity;           /* (n) to the own centroid */
    float *margin, *row_silhouette; /* (n) each, when want_rows; NAN when k == 1 */
    const char *kernel;          /* "avx512", "avx2", "portable" */
    const char *path;            /* what the cost model chose: "gram", "stacked" */
    char path_why[160];
    double index_seconds;        /* spent on the indices of the sweep, */
    double final_seconds;        /* on fitting the chosen k to all rows, its labels and figures, */
    double sizes_seconds;        /* and on the size limits */
    uint64_t sweep_flops, sweep_dense_flops, index_flops; /* see struct kc_work in core/cluster/space.h */
};

/* Allocated memory, in bytes, that kc_fit_run takes at its peak beside the rows themselves, which lie in memory or are
 * read piece by piece. Of o->weights it only matters whether there are any. Pure. */
uint64_t kc_fit_bytes(size_t n, size_t d, int in_memory, const struct kc_fit_opts *o, unsigned threads);

/* rows: at least one. Fills *out (free with kc_fit_free, also after a failure). The result is a function of the rows
 * and o alone, whatever the number of threads, and however often it was interrupted and taken up again; unless time was
 * up, which is a broken limit. */
int kc_fit_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_fit_opts *o,
               struct kc_fit *out, struct kc_err *e) KC_MUST_USE;
void kc_fit_free(struct kc_fit *f);

#endif
