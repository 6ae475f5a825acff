/* Slow, obvious twins of the fast functions of core: each follows its definition in the plainest way. For tests
 * only; they are not in libkclust.a. */
#ifndef KC_CORE_REF_REF_H
#define KC_CORE_REF_REF_H

#include <stddef.h>
#include <stdint.h>

/* Set out[j * ldo + i] to the chain of fmaf over t of x[i][t], c[j][t]; x (n, d), c (k, d). */
void kc_ref_product(const float *x, size_t n, size_t d, const float *c, size_t k, float *out, size_t ldo);

/* Compute silhouettes sil (n) by all n x n cosine distances. Returns the mean; NAN if k < 2. */
double kc_ref_silhouette(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k, double *sil);

/* Return an index of the rows as they are (not scaled to length 1), Euclidean, straight from its paper. */
double kc_ref_inertia(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k);
double kc_ref_calinski_harabasz(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k);
double kc_ref_davies_bouldin(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k);
double kc_ref_objective(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k);

/* Divide the rows by their length and sum them by cluster, all in double; then compute sil (n) by the mean
 * distances to all clusters, and Davies-Bouldin by all pairs. Returns the mean silhouette. */
double kc_ref_exact(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t k, double *sil,
                    double *davies_bouldin);

/* Return the mean cosine distance of a row to the rows of cluster c but itself, of rows divided by their lengths. */
double kc_ref_distance(const float *x, size_t n, size_t d, const uint32_t *labels, size_t row, uint32_t c);

/* Run Lloyd's spherical k-means from the given seed rows until no row moves, at most 1000 iterations, into labels (n).
 * Returns the objective. */
double kc_ref_kmeans(const float *x, size_t n, size_t d, const uint32_t *seeds, uint32_t k, uint32_t *labels);

/* With weights w (n) of the rows. The figures come from weighted means and all n x n distances of the rows,
 * divided by their length, in double; sil (n). */
struct kc_ref_figures {
    double silhouette, calinski_harabasz, davies_bouldin, inertia, objective;
};
void kc_ref_weighted(const float *x, const double *w, size_t n, size_t d, const uint32_t *labels, uint32_t k,
                     double *sil, struct kc_ref_figures *f);
double kc_ref_kmeans_weighted(const float *x, const double *w, size_t n, size_t d, const uint32_t *seeds, uint32_t k,
                              uint32_t *labels);

/* Return the largest sum of w (rows, cols) over pairs that share no row and no column, by trying all sets of rows
 * <= 16. */
double kc_ref_match(const double *w, size_t rows, size_t cols);

/* Return the largest sum of value (n, k) over assignments of n <= 32 rows to k <= 16 clusters of min..max rows, by
 * trying all; a value of INT64_MIN: the row may not go there. INT64_MIN if there is no such assignment. */
int64_t kc_ref_transport(const int64_t *value, size_t n, uint32_t k, uint64_t min, uint64_t max);

/* Find the m most similar other rows of one of n unit rows, at least `least` similar, ties by number: count, id (m) and
 * similarity (m), a float chain of fused multiply-adds. decay > 0: a similarity above 0 counts exp(-|dt| / decay)
 * times. */
void kc_ref_neighbours(const float *x, size_t n, size_t d, const int64_t *time, double decay, double least,
                       uint32_t row, uint32_t m, uint32_t *count, uint32_t *id, float *similarity);
/* Return the share of the m most similar other rows of a row that have its label; NAN for noise, and for one row. */
double kc_ref_purity(const float *x, size_t n, size_t d, const uint32_t *labels, uint32_t row, uint32_t m);
/* Let the m rows most similar to x vote, of n rows in k clusters or KC_NOISE, of equally similar ones the lower number:
 * ranked (k + 1) receives the labels, the most votes first, then the larger sum of similarities, then the lower label,
 * noise last, and KC_NONE - 1 for labels without votes; share (k + 1) their shares of the votes. */
void kc_ref_vote(const float *rows, const uint32_t *labels, size_t n, size_t d, uint32_t k, const float *x, uint32_t m,
                 uint32_t *ranked, float *share);
/* Set mean (d) to the mean row, and m (d, d) to the mean of x x', or if `centre` of (x - mean) (x - mean)'. */
void kc_ref_moments(const float *x, size_t n, size_t d, int centre, double *mean, double *m);
/* List the edges from[e], to[e] < from[e] between parts of the maximum spanning tree of n rows in which rows of equal
 * part (n) are the most similar of all. Of equal edges the lower pair of numbers is taken. Return how many. */
size_t kc_ref_join(const float *x, size_t n, size_t d, const uint32_t *part, uint32_t *from, uint32_t *to);
/* Set w (n, n) to the weights of the graph of the m nearest rows, before its parts are joined. */
void kc_ref_affinity(const float *x, size_t n, size_t d, uint32_t m, double *w);
/* Set core (n) to the similarity of each row's neighbour number `samples`, or the last, and weight (n - 1) to the
 * weights of the maximum spanning tree in which a pair weighs its similarity, but no more than either core. */
void kc_ref_reach(const float *x, size_t n, size_t d, uint32_t samples, float *core, float *weight);
/* Cluster by HDBSCAN* as the paper defines it: single linkage of the mutual reachability distances, and a walk down its
 * tree that calls itself. leaves: the clusters without children instead of the most stable ones. labels (n),
 * probability (n), outlier (n): set. Returns the number of clusters. */
uint32_t kc_ref_hdbscan(const float *x, size_t n, size_t d, uint32_t samples, uint64_t min_size, int leaves,
                        uint32_t *labels, float *probability, float *outlier);

/* Join the nearest two of n clusters until one is left, by the definition of an enum kc_linkage, with weights w (n;
 * NULL: all 1): joins (n - 1), of the earliest rows of two clusters. Of equal distances, up to the grid of
 * core/linkage/tree.h, the one of the earliest rows comes first. */
struct kc_join;
void kc_ref_linkage(const float *x, const double *w, size_t n, size_t d, int how, struct kc_join *joins);

/* Compute the agreement of two labellings, a (n) 0..rows-1 and b (n) 0..cols-1: the pairs by looking at all of
 * them, the expected mutual information by the factorials of Vinh, Epps & Bailey (2010), over all counts. */
struct kc_agreement;
void kc_ref_agreement(const uint32_t *a, uint32_t rows, const uint32_t *b, uint32_t cols, size_t n,
                      struct kc_agreement *out);

/* Return the knee of a falling curve over k (n, rising) by the steps of Kneedle (Satopaa and others 2011) with
 * sensitivity 1: the position; where there is none, that of the largest height. dents: a lower maximum neither ends the
 * wait for a fall below the threshold of a higher one, nor does the rise to it. */
size_t kc_ref_elbow(const uint32_t *k, const double *inertia, size_t n, int dents);
/* Return the prediction strength of the clusters own (n), 0..k-1, by the labels other (n), from all pairs of rows. */
double kc_ref_strength(const uint32_t *own, uint32_t k, const uint32_t *other, size_t n);
/* Return the largest Jaccard coefficient of cluster c of labels (n) with one of the k clusters of other (n). */
double kc_ref_jaccard(const uint32_t *labels, uint32_t c, const uint32_t *other, uint32_t k, size_t n);
/* Scale n unit rows x (n, d) by the lengths that core/choice/radii.h speaks of, with the inverse of the covariance by
 * elimination, in `rounds` rounds. */
void kc_ref_radii(float *x, size_t n, size_t d, unsigned rounds);

/* Set force (n, dims) to the sum over j of (y_i - y_j) / (1 + |y_i - y_j|^2)^2, and return that of 1 / (1 + |y_i -
 * y_j|^2) over all pairs of different rows: the repulsion of t-SNE. */
double kc_ref_repel(const float *y, size_t n, size_t dims, double *force);
/* Compute the discrete Fourier transform of n complex numbers. */
void kc_ref_fourier(const double *re, const double *im, size_t n, double *out_re, double *out_im);

#endif
