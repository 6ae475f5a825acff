/* Spherical k-means on unit rows: the sweep over k, the choice of k, the size limits and the final labels.
 *
 * With weights, centroids are the normalised sums of weight times row, and seeds are drawn and partitions judged
 * by weight: a row of weight 3 is three equal rows, for every figure (of weights below 1, see core/judge/index.h).
 * Sizes, and limits of sizes, count rows. Equal weights scale the objective and the inertia and change nothing
 * else. Weights below 1e-12 of the largest are raised to that. */
#ifndef KC_CORE_KMEANS_KMEANS_H
#define KC_CORE_KMEANS_KMEANS_H

#include <stddef.h>
#include <stdint.h>
#include "core/cluster/algorithm.h"
#include "core/cluster/krange.h"
#include "core/judge/ksweep.h"

struct kc_kmeans_opts {
    struct kc_krange k;
    int k_given;         /* bits KC_K_..._GIVEN: the ends of the range that the user gave; a k that the data cannot have
                          * is then a broken limit, not a warning */
    enum kc_index k_by;
    unsigned evidence;   /* bits KC_EVIDENCE_...: what is computed of each k beside what k_by needs */
    uint64_t min_size, max_size; /* rows; 1 and 0 (off) by default */
    int balanced;        /* sizes differ by at most one: there is one k, and the limits above are not given */
    uint64_t n_init, max_iter;
    double tol;
    uint64_t seed;
    uint64_t sample;     /* most rows that the sweep looks at, drawn at random; 0: all */
};

#define KC_KMEANS_SAMPLE 250000 /* rows above which the sweep runs on a sample, by default */
#define KC_KMEANS_OPTS_DEFAULT \
    {.k = {.min = 2, .max = 20, .step = 1}, .k_by = KC_INDEX_SILHOUETTE, .min_size = 1, .n_init = 10, .max_iter = 100, \
     .tol = 1e-6, .seed = 42, .sample = KC_KMEANS_SAMPLE}

/* The appendix of a clustering by k-means. */
struct kc_kmeans {
    uint32_t k_selected;         /* the k that the sweep chose, before the size limits */
    double silhouette_selected;  /* silhouette of k_selected */
    struct kc_k_entry *sweep;    /* (nsweep) by rising k; empty when there was nothing to sweep */
    size_t nsweep;
    struct kc_ksweep told;       /* the same, as it is reported */
    uint64_t merged, split;      /* clusters merged away / splits made for the size limits */
    double index_seconds;        /* time for the indices of the sweep */
    double final_seconds;        /* time for fitting the chosen k to all rows, its labels and figures */
    double sizes_seconds;        /* time for the size limits */
    uint64_t sweep_flops, sweep_dense_flops, index_flops; /* see struct kc_work in core/cluster/space.h */
};

extern const struct kc_algorithm kc_algorithm_kmeans; /* its options are a struct kc_kmeans_opts */
extern const struct kc_option kc_kmeans_options[];
extern const struct kc_option kc_kmeans_k_options[]; /* of these, what a search for k needs */

/* Check what single options cannot tell. KC_EUSAGE. */
int kc_kmeans_check(const void *opts, struct kc_err *e) KC_MUST_USE;

/* Return the options of a k-means that makes cells for another algorithm: one run, which need not be polished for
 * long. */
struct kc_kmeans_opts kc_kmeans_cells(uint64_t cells, uint64_t seed);

/* If sizes are to be balanced, set the limits for n rows. */
void kc_kmeans_balance(struct kc_kmeans_opts *o, uint64_t n);

/* Return the appendix of a clustering by k-means; NULL if it has none. */
const struct kc_kmeans *kc_kmeans_of(const struct kc_clustering *c);

/* Return the bytes that kc_kmeans_run allocates at its peak beside the rows. See struct kc_algorithm. */
uint64_t kc_kmeans_bytes(size_t n, size_t d, int in_memory, const struct kc_kmeans_opts *o, const struct kc_request *r,
                         unsigned threads);

/* Cluster the rows, at least one. See struct kc_algorithm. */
int kc_kmeans_run(const struct kc_ctx *ctx, const struct kc_rows *rows, const struct kc_kmeans_opts *o,
                  const struct kc_request *r, struct kc_clustering *out, struct kc_err *e) KC_MUST_USE;

#endif
