/* The internal indices of a partition of unit rows, exact and linear in n: all that is reported is computed in double.
 *
 * With S_c the sum of cluster c's rows and n_c its size, the mean cosine distance of x to c is 1 - x.S_c/n_c, so the
 * silhouette (Rousseeuw 1987) of all rows is one (n x d x k) product instead of n x n x d; Calinski-Harabasz (1974),
 * Davies-Bouldin (1979) and the inertia, all on the unit rows with Euclidean distance, follow from the same numbers.
 * They equal scikit-learn's silhouette_score(metric="cosine"), calinski_harabasz_score, davies_bouldin_score and
 * KMeans.inertia_. Rows of floats are unit only to 6e-8, and in a tight cluster the distances are no larger: so each
 * row is divided by its exact length first.
 *
 * With weights, a row of weight w > 1, as given, stands for w equal rows, and every figure is what it would be for
 * these: W_c, the sum of the weights, replaces n_c, sums are weighted, mean silhouettes are weighted by w, and a row's
 * copies are among the others of its cluster. A row of w < 1 counts for less: it has no copy, so its a is the mean over
 * the weights of the others. So a = (W_A - x.S_A) / (W_A - min(w, 1)), 0 / 0 for a row that is alone, and
 * Calinski-Harabasz's n is the sum of max(w, 1). The objective and the inertia, W - sum |S_c|^2/W_c, are linear in
 * the weights, as is scikit-learn's KMeans.inertia_ with sample_weight.
 *
 * Internal to core. How the work is done: index_batch.h. */
#ifndef KC_CORE_JUDGE_INDEX_H
#define KC_CORE_JUDGE_INDEX_H

#include "core/cluster/space.h"
#include "core/judge/entry.h"

struct kc_scored {
    uint32_t k;             /* clusters 0..k-1, none empty */
    const uint32_t *labels; /* (n) */
    /* Set by kc_index_score; NAN where undefined (k == 1). */
    double silhouette, calinski_harabasz, davies_bouldin, inertia, objective;
    int no_davies_bouldin;      /* do not compute it: it costs k^2 d */
    double *cluster_silhouette; /* (k) (weighted) mean over the members; NULL: not wanted */
    float *row_silhouette;      /* (n); NULL: not wanted */
    uint32_t *row_nearest;      /* (n) the other cluster of the least mean distance, of several the lowest; KC_NONE if
                                 * k == 1; NULL: not wanted */
};

/* Score np partitions in as few passes over the rows as the workspace allows. The results are functions of the
 * rows and of all of p, in its order; scored alone, a partition's figures may differ in the last bits. */
int kc_index_score(const struct kc_space *s, struct kc_scored *p, size_t np, struct kc_err *e) KC_MUST_USE;
/* Copy the figures into an entry; the macro silhouette only if the clusters' silhouettes were computed. */
void kc_scored_fill(const struct kc_scored *p, struct kc_k_entry *entry);
/* Return its workspace in bytes, for np partitions of up to kmax clusters. */
uint64_t kc_index_bytes(size_t n, size_t d, int in_memory, size_t np, uint32_t kmax, unsigned threads);

#endif
