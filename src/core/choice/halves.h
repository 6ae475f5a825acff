/* Fits of random halves of the rows: how much of a clustering comes back when it is made again of other rows. */
#ifndef KC_CORE_CHOICE_HALVES_H
#define KC_CORE_CHOICE_HALVES_H

#include "core/cluster/space.h"
#include "core/judge/agreement.h"
#include "core/kmeans/kmeans.h"

struct kc_halves_opts {
    const struct kc_kmeans_opts *fit; /* how each half is clustered; its seed is that of the splits, too */
    const struct kc_rows *original;   /* (n) what the neighbours are those of; NULL: the rows of the space */
    unsigned splits;                  /* times that the rows are split into two halves */
    int judge;                        /* compute the figures of each half's own clusters */
    size_t most;                      /* rows of a half: halves of more rows are drawn from 2 * most random ones */
};

/* What is known of one k. NAN: a half has fewer different rows than k. */
struct kc_halves_entry {
    double stability; /* mean agreement of a half's own clusters with those of the other half's fit (Lange 2004), as
                       * adjusted mutual information: 0 by chance, 1 if they are the same */
    double strength;  /* prediction strength (Tibshirani & Walther 2005): of the pairs of rows in a cluster, the share
                       * that the other half's fit puts together, in the worst cluster; mean over the halves */
};

struct kc_halves {
    size_t nk;
    unsigned halves;               /* two for each split */
    size_t rows;                   /* of a half */
    struct kc_halves_entry *entry; /* (nk) */
    double *silhouette, *modularity; /* (halves, nk) of each half's own clusters; NAN as above, or not wanted */
};

/* Fit 2 * o->splits halves for each of ks (nk, rising). The result is a function of the rows, ks and o. Free it with
 * kc_halves_free, also after a failure. */
int kc_halves_run(const struct kc_space *s, const uint32_t *ks, size_t nk, const struct kc_halves_opts *o,
                  struct kc_halves *out, struct kc_err *e) KC_MUST_USE;
/* Return the prediction strength of the clusters that are the table's rows, by those that are its columns; 1 if no
 * cluster has two rows. */
double kc_halves_strength(const struct kc_table *t);
void kc_halves_free(struct kc_halves *h);
/* Return the bytes that this allocates at its peak. */
uint64_t kc_halves_bytes(size_t n, size_t d, size_t original_d, const struct kc_ks *ks, const struct kc_halves_opts *o,
                         int weighted, unsigned threads);

#endif
